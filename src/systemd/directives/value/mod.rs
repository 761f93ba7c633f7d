//! Whether systemd accepts a value of a directive, or would log an error and ignore the line.
//!
//! Each module reads a family of values like systemd's parsers (`load-fragment.c`, tried on 247, 252, 257 and 262). A
//! value with a warning counts as invalid.

mod network;
pub(super) mod numbers;
mod paths;
mod rules;
mod specifiers;
mod system;
mod units;

use super::{Directive, Kind, Section};
use crate::systemd::calendar;
use crate::systemd::names::is_variable;
use crate::systemd::size::size;
use crate::systemd::timespan::TimeSpan;
use crate::systemd::words::{self, Style, all};
use numbers::{is_limit, is_share, share, unsigned, within};
use specifiers::{is_resolved, resolves};

/// The systemd that will read the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reader {
    /// Its version, such as 252.
    pub release: u32,
    /// True for a user manager.
    pub of_user: bool,
}

/// Where a value is.
#[derive(Debug, Clone, Copy)]
pub struct Context {
    kind: &'static Kind,
    section: Section,
    release: u32,
    of_user: bool,
}

/// True if systemd accepts the value without a warning.
pub fn accepts(directive: &Directive, section: Section, value: &str, reader: Reader) -> bool {
    // systemd lists these for sockets as well, but rejects them there.
    const NOT_FOR_SOCKETS: [&str; 7] =
        ["Delegate", "ManagedOom", "OomDuration", "OomRules", "Permille", "Subgroup", "WholePercent"];
    let kind = directive.kind;
    if section == Section::Socket && NOT_FOR_SOCKETS.contains(&kind.name) {
        return false;
    }
    let Reader { release, of_user } = reader;
    if value.is_empty() {
        return kind.accepts_empty(release);
    }
    (kind.syntax)(value, &Context { kind, section, release, of_user })
}

/// A boolean (systemd.syntax(7)).
pub fn boolean(text: &str) -> Option<bool> {
    let is_one_of = |words: [&str; 6]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    match () {
        () if is_one_of(["1", "yes", "y", "true", "t", "on"]) => Some(true),
        () if is_one_of(["0", "no", "n", "false", "f", "off"]) => Some(false),
        () => None,
    }
}

/// Whether a value, which is not empty, has the syntax.
pub type Syntax = fn(&str, &Context) -> bool;

/// The syntax of this name in `data/systemd/kinds.txt`.
pub fn syntax(name: &str) -> Option<Syntax> {
    SYNTAXES.iter().find(|(known, _)| *known == name).map(|(_, syntax)| *syntax)
}

const SYNTAXES: &[(&str, Syntax)] = &[
    ("none", |_, _| false),
    ("anything", |_, _| true),
    ("choice", is_choice),
    ("switch", is_choice),
    ("switch or words", |value, it| boolean(value).is_some() || rules::are_controllers(value, it.release)),
    ("words", |value, it| all(value, Style::QUOTED, |word| it.kind.has_word(word, it.release))),
    ("action", |value, it| {
        // A user manager can only exit.
        let for_users = ["none", "exit", "exit-force", "soft-reboot", "soft-reboot-force"];
        is_choice(value, it) && (!it.of_user || for_users.contains(&value))
    }),
    ("text", |value, it| resolves(value, it.release)),
    ("escaped text", |value, it| words::unescaped(value).is_ok() && resolves(value, it.release)),
    ("label", |value, it| resolves(value.strip_prefix('-').unwrap_or(value), it.release)),
    ("condition", |value, it| {
        let value = value.strip_prefix('|').unwrap_or(value).trim_start();
        resolves(value.strip_prefix('!').unwrap_or(value).trim_start(), it.release)
    }),
    ("virtualization condition", |value, it| {
        let value = value.strip_prefix('|').unwrap_or(value).trim_start();
        let value = value.strip_prefix('!').unwrap_or(value).trim_start();
        value.contains('%') && resolves(value, it.release)
            || boolean(value).is_some()
            || it.kind.has_word(value, it.release)
    }),
    ("reboot argument", |value, it| {
        let any = it.section == Section::Service || it.release < 248;
        is_resolved(value, it.release, |text| any || text.is_ascii() && text.len() <= 255)
    }),
    ("Base64", |value, _| rules::is_base64(value)),
    // Paths.
    ("path", |value, it| paths::is_path(value, it.release)),
    ("path or nothing", |value, it| {
        is_resolved(value, it.release, |path| path.is_empty() || paths::is_absolute(path, it.release))
    }),
    ("optional path", |value, it| paths::is_path(value.strip_prefix('-').unwrap_or(value), it.release)),
    ("ordinary path", |value, it| is_resolved(value, it.release, |path| paths::is_ordinary(path, false, it.release))),
    ("working directory", |value, it| {
        let path = value.strip_prefix('-').unwrap_or(value);
        path == "~" || paths::is_path(path, it.release)
    }),
    ("path condition", |value, it| {
        let path = value.strip_prefix('|').unwrap_or(value);
        paths::is_path(path.strip_prefix('!').unwrap_or(path), it.release)
    }),
    ("paths", |value, it| all(value, Style::QUOTED, |path| paths::is_path(path, it.release))),
    ("paths, each with - or +", |value, it| {
        all(value, Style::QUOTED, |path| {
            let path = path.strip_prefix('-').unwrap_or(path);
            paths::is_path(path.strip_prefix('+').unwrap_or(path), it.release)
        })
    }),
    ("search path", |value, it| all(value, Style::COLONS, |path| paths::is_path(path, it.release))),
    ("bind paths", |value, it| paths::is_bind_list(value, it.release).is_some()),
    ("temporary file systems", |value, it| paths::is_temporary_list(value, it.release)),
    ("directories", |value, it| paths::are_directories(value, true, it.release)),
    ("directories without links", |value, it| paths::are_directories(value, false, it.release)),
    ("PID file", |value, it| paths::is_pid_file(value, it.release)),
    ("open file", |value, it| paths::is_open_file(value, it.release)),
    ("file name", |value, it| is_resolved(value, it.release, paths::is_file_name)),
    ("input", |value, it| is_stream(value, it, &["file:"])),
    ("output", |value, it| {
        const TRUNCATES: u32 = 248;
        let files = ["file:", "append:", "truncate:"];
        is_stream(value, it, if it.release >= TRUNCATES { &files } else { &files[..2] })
    }),
    // Units.
    ("units", |value, it| all(value, Style::RAW, |word| units::is_dependency(word, it.release))),
    ("installed units", |value, it| units::are_installed(value, it.release)),
    ("instance", |value, it| is_resolved(value, it.release, units::is_instance)),
    ("slice", |value, it| units::is_slice(value, it.release)),
    ("sockets", |value, it| units::are_sockets(value, it.release)),
    ("service", |value, it| units::is_service(value, it.release)),
    ("triggered unit", |value, it| units::is_dependency(value, it.release)),
    // Times.
    ("span", |value, _| is_span(value)),
    ("span with specifiers", |value, it| is_resolved(value, it.release, is_span)),
    ("nanoseconds", |value, _| numbers::is_nanoseconds(value)),
    ("calendar event", |value, it| is_resolved(value, it.release, calendar::is_event)),
    // Numbers.
    ("unsigned", |value, _| unsigned(value).is_some_and(|number| u32::try_from(number).is_ok())),
    ("signed", |value, _| numbers::signed(value).is_some()),
    ("file mode", |value, _| numbers::is_mode(value)),
    ("size", |value, _| size(value, 1024).is_some()),
    ("share", |value, it| is_share(value, it.release)),
    // Deprecated.
    ("whole percent", |value, it| !value.contains(['.', '‰']) && is_share(value, it.release)),
    ("CPU quota", |value, it| share(value, it.release).is_some_and(|share| share > 0)),
    ("quota", |value, it| is_share(value, it.release) || size(value, 1024).is_some() || value == "off"),
    ("tasks", |value, it| {
        let is_count = || unsigned(value).is_some_and(|count| count > 0 && count < u64::MAX);
        value == "infinity" || is_share(value, it.release) || is_count()
    }),
    ("memory", |value, it| numbers::is_memory(value, 1, it.release)),
    ("memory or zero", |value, it| numbers::is_memory(value, 0, it.release)),
    ("number limit", |value, _| is_limit(value, |text| unsigned(text).filter(|number| *number < u64::MAX))),
    ("size limit", |value, _| is_limit(value, |text| size(text, 1024).filter(|bytes| *bytes < u64::MAX))),
    ("seconds limit", |value, _| is_limit(value, numbers::limit_seconds)),
    ("microseconds limit", |value, _| is_limit(value, numbers::limit_micros)),
    ("nice limit", |value, _| !value.contains("infinity") && is_limit(value, numbers::nice_limit)),
    // The machine and the kernel.
    ("signal", |value, it| system::is_signal(value, it.release)),
    ("statuses", |value, it| {
        all(value, Style::PLAIN, |word| is_choice(word, it) || system::is_signal(word, it.release))
    }),
    ("error", |value, it| system::is_error(value, 1, it.release)),
    ("capabilities", |value, it| {
        let list = value.strip_prefix('~').unwrap_or(value);
        all(list, Style::QUOTED, |word| is_choice(&word.to_ascii_uppercase(), it))
    }),
    ("core dump filter", |value, it| {
        all(value, Style::PLAIN, |word| it.kind.has_word(word, it.release) || numbers::is_hexadecimal(word))
    }),
    ("CPU set", |value, it| it.kind.has_word(value, it.release) || system::is_resolved_cpu_set(value, it.release)),
    ("NUMA mask", |value, it| it.kind.has_word(value, it.release) || system::is_cpu_set(value)),
    ("user", |value, it| system::is_user(value, it.release)),
    ("users", |value, it| all(value, Style::PLAIN, |word| system::is_user(word, it.release))),
    ("assignments", |value, it| are_resolved(value, Style::ESCAPED, it, system::is_assignment)),
    ("variables", |value, it| are_resolved(value, Style::QUOTED, it, |name| is_variable(name.as_bytes()))),
    ("assignments or variables", |value, it| {
        are_resolved(value, Style::ESCAPED, it, |word| system::is_assignment(word) || is_variable(word.as_bytes()))
    }),
    ("journal fields", |value, it| are_resolved(value, Style::ESCAPED, it, system::is_log_field)),
    ("log namespace", |value, it| is_resolved(value, it.release, rules::is_log_namespace)),
    ("bus name", |value, it| is_resolved(value, it.release, system::is_bus_name)),
    ("URIs", |value, it| are_resolved(value, Style::QUOTED, it, |uri| uri.is_empty() || system::is_uri(uri))),
    ("cgroup", |value, _| rules::is_subgroup(value)),
    // Commands and sandboxing.
    ("command", |value, it| rules::is_command(value, it.release)),
    ("system calls", |value, it| rules::is_system_call_filter(value, false, it.release)),
    ("system calls with errors", |value, it| rules::is_system_call_filter(value, true, it.release)),
    ("namespaces", |value, it| {
        let list = value.strip_prefix('~').unwrap_or(value);
        boolean(value).is_some() || all(list, Style::PLAIN, |word| it.kind.has_word(word, it.release))
    }),
    ("address families", |value, it| {
        const NONE: u32 = 249;
        let list = value.strip_prefix('~').unwrap_or(value);
        match value {
            "none" => it.release >= NONE,
            _ => all(list, Style::QUOTED, |word| it.kind.has_word(word, it.release)),
        }
    }),
    ("file systems", |value, it| {
        // Which file systems exist depends on the kernel.
        all(value.strip_prefix('~').unwrap_or(value), Style::QUOTED, |word| {
            it.kind.has_word(word, it.release) || !word.starts_with('@')
        })
    }),
    ("BPF program", |value, it| {
        let parts = value.split_once(':');
        parts.is_some_and(|(kind, path)| it.kind.has_word(kind, it.release) && paths::is_path(path, it.release))
    }),
    // Credentials, images and devices.
    ("credential", |value, it| rules::is_set_credential(value, false, it.release)),
    ("encrypted credential", |value, it| rules::is_set_credential(value, true, it.release)),
    ("credential file", |value, it| rules::is_load_credential(value, it.release)),
    ("credential pattern", |value, it| rules::is_import_credential(value, it.release)),
    ("root hash", |value, _| rules::is_root_hash(value)),
    ("root hash signature", |value, _| {
        value.strip_prefix("base64:").map_or_else(|| value.starts_with('/'), rules::is_base64)
    }),
    ("image options", |value, it| rules::are_image_options(value, it.release)),
    ("images", |value, it| rules::are_images(value, false, it.release)),
    ("mounted images", |value, it| rules::are_images(value, true, it.release)),
    ("device rule", |value, it| rules::is_device_rule(value, it.release)),
    ("disk weight", |value, it| rules::is_for_disk(value, it.release, |weight| within(weight, 1, 10_000))),
    ("disk bandwidth", |value, it| {
        let is_bandwidth = |text: &str| text == "infinity" || size(text, 1000).is_some_and(|bytes| bytes > 0);
        rules::is_for_disk(value, it.release, is_bandwidth)
    }),
    ("disk latency", |value, it| rules::is_for_disk(value, it.release, is_span)),
    // The network.
    ("prefixes", |value, _| all(value, Style::PLAIN, network::is_prefix)),
    ("bind rule", |value, it| network::is_bind_rule(value, it.release)),
    ("interface", |value, _| value == "*" || network::is_interface(value, 16)),
    ("interfaces", |value, it| {
        // The kernel's own names have at most 15 characters; alternative ones were added later.
        let length = if it.release < 254 { 16 } else { 128 };
        let list = value.strip_prefix('~').unwrap_or(value);
        all(list, Style::QUOTED, |word| network::is_interface(word, length))
    }),
    ("firewall sets", |value, _| all(value, Style::QUOTED, network::is_firewall_set)),
    ("address", |value, it| is_resolved(value, it.release, |text| network::is_listen_address(text, it.release))),
    // A sequential packet socket: a path or an abstract name.
    ("packet address", |value, it| {
        let is_valid = |text: &str| text.starts_with(['/', '@']) && network::is_listen_address(text, it.release);
        is_resolved(value, it.release, is_valid)
    }),
    ("socket protocol", |value, it| {
        let is_number = |number: &i64| {
            ["udplite", "sctp", "mptcp"]
                .iter()
                .zip([136, 132, 262])
                .any(|(name, of_name)| *number == of_name && it.kind.has_word(name, it.release))
        };
        it.kind.has_word(&value.to_ascii_lowercase(), it.release)
            || numbers::signed(value).as_ref().is_some_and(is_number)
    }),
    ("netlink", |value, it| {
        let is_family = |word: &str| it.kind.has_word(word, it.release);
        is_resolved(value, it.release, |text| network::is_netlink(text, is_family))
    }),
];

/// One of the kind's words or numbers, or a boolean.
fn is_choice(value: &str, it: &Context) -> bool {
    it.kind.has_word(value, it.release)
        || it.kind.numbers.as_ref().is_some_and(|range| within(value, *range.start(), *range.end()))
        || (it.kind.is_switch && boolean(value).is_some())
}

/// Words of which each is valid once its specifiers are replaced.
fn are_resolved(value: &str, style: Style, it: &Context, is_valid: impl Fn(&str) -> bool) -> bool {
    all(value, style, |word| is_resolved(word, it.release, &is_valid))
}

fn is_stream(value: &str, it: &Context, files: &[&str]) -> bool {
    if let Some(name) = value.strip_prefix("fd:") {
        return is_resolved(name, it.release, paths::is_file_name);
    }
    let path = files.iter().find_map(|prefix| value.strip_prefix(prefix));
    path.map_or_else(|| is_choice(value, it), |path| paths::is_path(path, it.release))
}

fn is_span(text: &str) -> bool {
    TimeSpan::parse(text).is_ok()
}

//! Whether systemd accepts a value of a directive, or would log an error and ignore the line.
//!
//! Each module reads a family of values like systemd's parsers (`load-fragment.c`, tried on 247, 252, 257 and 262). A
//! value with a warning counts as invalid.

mod choices;
mod expected;
mod network;
mod numbers;
mod paths;
mod rules;
mod specifiers;
mod system;
mod units;
mod words;

use super::{Directive, Kind, Section};
use crate::systemd::calendar;
use crate::systemd::names::is_variable;
pub use choices::boolean;
use choices::takes_boolean;
pub use expected::{example, expected};
use numbers::{is_limit, is_span, share, size, unsigned, within};
use specifiers::resolved;
use words::{Style, split};

/// The systemd that will read the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reader {
    /// Its version, such as 252.
    pub release: u32,
    /// True for a user manager.
    pub of_user: bool,
}

/// The words that a kind accepts; empty for kinds that are no choice of words.
pub fn words_of(kind: Kind, release: u32) -> Vec<&'static str> {
    let own = choices::of(kind).unwrap_or_default().iter().filter(|(_, since)| release >= *since);
    let switches: &[&str] = if takes_boolean(kind) { &["yes", "no"] } else { &[] };
    switches.iter().copied().chain(own.map(|(word, _)| *word)).collect()
}

/// The first version that accepts a word, if it is newer than this one.
pub fn newer_word(kind: Kind, word: &str, release: u32) -> Option<u32> {
    let found = choices::of(kind)?.iter().find(|(known, _)| *known == word)?;
    (found.1 > release).then_some(found.1)
}

/// True if systemd accepts the value without a warning.
pub fn is_taken(directive: &Directive, section: Section, value: &str, reader: Reader) -> bool {
    if section == Section::Socket && is_for_services(directive.kind) {
        return false;
    }
    if value.is_empty() {
        return takes_nothing(directive, reader.release);
    }
    let name = directive.name;
    let release = reader.release;
    match directive.kind {
        Kind::Elsewhere | Kind::Obsolete => false,
        Kind::Boolean => boolean(value).is_some(),
        Kind::BooleanOrNothing | Kind::Tristate => boolean(value).is_some(),
        Kind::Action => is_action(value, reader),
        Kind::Text | Kind::Condition => resolved(behind_signs(directive.kind, value), release).is_some(),
        Kind::RebootArgument => {
            let plain = |text: String| text.is_ascii() && text.len() <= 255;
            let any = section == Section::Service || release < 248;
            resolved(value, release).is_some_and(|text| any || plain(text))
        }
        Kind::PlainText | Kind::LogPattern | Kind::OomRules | Kind::XAttrs | Kind::ImagePolicy | Kind::BpfDelegate => {
            true
        }
        Kind::Label => resolved(value.strip_prefix('-').unwrap_or(value), release).is_some(),
        Kind::Path | Kind::PathOrNothing => {
            resolved(value, release).is_some_and(|path| path.is_empty() || paths::is_absolute(&path))
        }
        Kind::BpfPaths | Kind::WatchedPath => paths::is_path(value, release),
        Kind::PathList => paths::is_list(value, "-+", release),
        Kind::MountsFor | Kind::Symlinks => paths::is_list(value, "", release),
        Kind::SearchPaths => paths::is_search_path(value, release),
        Kind::ConditionPath => paths::is_condition(value, release),
        Kind::BindPaths => paths::is_bind_list(value, release, false),
        Kind::TemporaryFileSystems => paths::is_temporary_list(value, release),
        Kind::Directories => paths::are_directories(name, value, release),
        Kind::WorkingDirectory => paths::is_working_directory(value, release),
        Kind::EnvironmentFile => paths::is_environment_file(value, release),
        Kind::PidFile => paths::is_pid_file(value, release),
        Kind::OpenFile => paths::is_open_file(value),
        Kind::FdName => resolved(value, release).is_some_and(|name| paths::is_file_name(&name)),
        Kind::Input => is_input(value, release),
        Kind::Output => is_output(value, release),
        Kind::InputText => words::unescaped(value).is_some() && resolved(value, release).is_some(),
        Kind::Base64 => rules::is_base64(value),
        Kind::Units => units::is_list(value, release),
        Kind::InstallUnits => units::are_installed(value, release),
        Kind::Instance => units::is_instance(value, release),
        Kind::Slice => units::is_slice(value, release),
        Kind::Sockets => units::is_list_of(".socket", value, release),
        Kind::ServiceUnit => units::is_service(value, release),
        Kind::TriggeredUnit => units::is_triggered(value, release),
        Kind::Span | Kind::SpanOrNothing | Kind::Timeout | Kind::TimeoutAbort => is_span(value),
        Kind::TimerSpan => resolved(value, release).is_some_and(|span| is_span(&span)),
        Kind::OomDuration => is_span(value),
        Kind::Calendar => resolved(value, release).is_some_and(|event| calendar::is_event(&event)),
        Kind::Nanoseconds => numbers::is_nanoseconds(value),
        Kind::Unsigned | Kind::TtySize => unsigned(value).is_some_and(|number| u32::try_from(number).is_ok()),
        Kind::Integer => within(value, i32::MIN.into(), i32::MAX.into()),
        Kind::Long => numbers::signed(value).is_some(),
        Kind::MessageSize => numbers::signed(value).is_some(),
        Kind::Mode => numbers::is_mode(value),
        Kind::ExitByte => within(value, 0, 255),
        Kind::Nice => within(value, -20, 19),
        Kind::OomScore => within(value, -1000, 1000),
        Kind::IoPriority => within(value, 0, 7),
        Kind::CpuPriority => within(value, 0, 99),
        Kind::IoWeight => rules::is_weight(value),
        Kind::CpuWeight => rules::is_weight(value) || (value == "idle" && release >= 252),
        Kind::CpuQuota => share(value, release).is_some_and(|share| share > 0),
        // The deprecated form accepts whole percents only.
        Kind::Permille if name.ends_with("Percent") => !value.contains(['.', '‰']) && is_share_of_whole(value, release),
        Kind::Permille => is_share_of_whole(value, release),
        Kind::Tasks => value == "infinity" || is_share_of_whole(value, release) || is_count(value),
        Kind::Memory => is_memory(name, value, release),
        Kind::IecSize => size(value, 1024).is_some(),
        Kind::Quota => is_share_of_whole(value, release) || size(value, 1024).is_some() || value == "off",
        Kind::LimitNumber => is_limit(value, |text| unsigned(text).filter(|number| *number < u64::MAX)),
        Kind::LimitSize => is_limit(value, |text| size(text, 1024).filter(|bytes| *bytes < u64::MAX)),
        Kind::LimitSpan => is_limit(value, numbers::limit_seconds),
        Kind::LimitMicros => is_limit(value, numbers::limit_micros),
        Kind::LimitNice => !value.contains("infinity") && is_limit(value, numbers::nice_limit),
        Kind::Signal => system::is_signal(value),
        Kind::Statuses => system::are_statuses(value, release),
        Kind::Errno => system::is_error(value, 1),
        Kind::Capabilities => system::are_capabilities(value),
        Kind::SecureBits => system::are_secure_bits(value),
        Kind::CpuAffinity => value == "numa" || is_cpu_set(value, release),
        Kind::CpuSet | Kind::NodeSet => is_cpu_set(value, release),
        Kind::NumaMask => value == "all" || system::is_cpu_set(value),
        Kind::CoredumpFilter => system::is_coredump_filter(value),
        Kind::Account => system::is_account(value, release),
        Kind::Accounts => system::are_accounts(value, release),
        Kind::Assignments => system::are_variables(value, release, system::is_assignment),
        Kind::VariableNames => split(value, Style::QUOTED).is_some_and(|words| {
            let is_one = |word: &String| resolved(word, release).is_some_and(|name| is_variable(name.as_bytes()));
            words.iter().all(is_one)
        }),
        Kind::Unset => {
            system::are_variables(value, release, |word| system::is_assignment(word) || is_variable(word.as_bytes()))
        }
        Kind::LogFields => system::are_variables(value, release, system::is_log_field),
        Kind::LogNamespace => rules::is_log_namespace(value, release),
        Kind::BusName => system::is_bus_name(value, release),
        Kind::Urls => split(value, Style::QUOTED).is_some_and(|words| {
            words
                .iter()
                .all(|word| resolved(word, release).is_some_and(|word| word.is_empty() || system::is_url(&word)))
        }),
        Kind::Command => rules::is_command(value, release),
        Kind::SystemCalls => rules::is_system_call_filter(value, name == "SystemCallFilter"),
        Kind::Architectures => rules::are_architectures(value),
        Kind::Namespaces => boolean(value).is_some() || rules::are_namespaces(value, release),
        Kind::AddressFamilies => network::are_families(value, release),
        Kind::FileSystems => rules::are_file_systems(value),
        Kind::SetCredential => rules::is_set_credential(value, false, release),
        Kind::SetCredentialEncrypted => rules::is_set_credential(value, true, release),
        Kind::LoadCredential => rules::is_load_credential(value, release),
        Kind::ImportCredential => rules::is_import_credential(value, release),
        Kind::RootHash => rules::is_root_hash(value),
        Kind::RootHashSignature => rules::is_root_hash_signature(value),
        Kind::ImageOptions => rules::are_image_options(value, release),
        Kind::Images => rules::are_images(value, false, release),
        Kind::MountImages => rules::are_images(value, true, release),
        Kind::DeviceAllow => rules::is_device_rule(value, release),
        Kind::DeviceWeight => rules::is_for_disk(value, release, rules::is_weight),
        Kind::DeviceBandwidth => rules::is_for_disk(value, release, rules::is_bandwidth),
        Kind::DeviceLatency => rules::is_for_disk(value, release, rules::is_latency),
        Kind::Delegate => boolean(value).is_some() || rules::are_controllers(value, release),
        Kind::Controllers => rules::are_controllers(value, release),
        Kind::Subgroup => rules::is_subgroup(value),
        Kind::BpfProgram => rules::is_bpf_program(value, release),
        Kind::IpPrefixes => network::are_prefixes(value),
        Kind::SocketBind => network::is_bind_rule(value),
        Kind::Interfaces => network::are_interfaces(value, release),
        Kind::Interface => value == "*" || network::is_interface(value, 16),
        Kind::NftSet => network::are_firewall_sets(value),
        Kind::ListenAddress => resolved(value, release).is_some_and(|it| network::is_listen_address(&it, release)),
        Kind::ListenPacket => resolved(value, release).is_some_and(|it| network::is_packet_address(&it, release)),
        Kind::ListenNetlink => resolved(value, release).is_some_and(|it| network::is_netlink(&it)),
        Kind::ListenPath => resolved(value, release).is_some_and(|path| paths::is_ordinary(&path, false, release)),
        Kind::ListenSpecial => paths::is_path(value, release),
        Kind::IpTos | Kind::IoClass | Kind::CpuPolicy | Kind::Level | Kind::Facility => {
            is_word(directive.kind, value, release) || is_known_by_number(directive.kind, value)
        }
        kind => is_word(kind, value, release),
    }
}

fn is_word(kind: Kind, value: &str, release: u32) -> bool {
    let known = choices::of(kind).unwrap_or_default();
    known.iter().any(|(word, since)| *word == value && release >= *since)
        || (takes_boolean(kind) && boolean(value).is_some())
}

/// Numbers and ranges; old versions do not expand specifiers in them.
fn is_cpu_set(value: &str, release: u32) -> bool {
    let value = if release < 252 { Some(value.to_owned()) } else { resolved(value, release) };
    value.is_some_and(|set| system::is_cpu_set(&set))
}

/// Some words have numbers, which are accepted too.
fn is_known_by_number(kind: Kind, value: &str) -> bool {
    let most = match kind {
        Kind::IpTos => 255,
        Kind::IoClass => 7,
        Kind::CpuPolicy => i32::MAX.into(),
        Kind::Level => 7,
        _ => 127,
    };
    within(value, 0, most)
}

/// The part after `|` and `!`.
fn behind_signs(kind: Kind, value: &str) -> &str {
    if kind != Kind::Condition {
        return value;
    }
    let value = value.strip_prefix('|').unwrap_or(value).trim_start();
    value.strip_prefix('!').unwrap_or(value).trim_start()
}

/// A user manager can only exit.
fn is_action(value: &str, reader: Reader) -> bool {
    let known = is_word(Kind::Action, value, reader.release);
    known && (!reader.of_user || matches!(value, "none" | "exit" | "exit-force" | "soft-reboot" | "soft-reboot-force"))
}

fn is_input(value: &str, release: u32) -> bool {
    if let Some(name) = value.strip_prefix("fd:") {
        return resolved(name, release).is_some_and(|name| paths::is_file_name(&name));
    }
    value
        .strip_prefix("file:")
        .map_or_else(|| is_word(Kind::Input, value, release), |path| paths::is_path(path, release))
}

fn is_output(value: &str, release: u32) -> bool {
    const TRUNCATES: u32 = 248;
    if let Some(name) = value.strip_prefix("fd:") {
        return resolved(name, release).is_some_and(|name| paths::is_file_name(&name));
    }
    let truncated = value.strip_prefix("truncate:").filter(|_| release >= TRUNCATES);
    let path = truncated.or_else(|| value.strip_prefix("file:")).or_else(|| value.strip_prefix("append:"));
    path.map_or_else(|| is_word(Kind::Output, value, release), |path| paths::is_path(path, release))
}

fn is_share_of_whole(value: &str, release: u32) -> bool {
    share(value, release).is_some_and(|share| share <= 10_000)
}

fn is_count(value: &str) -> bool {
    unsigned(value).is_some_and(|count| count > 0 && count < u64::MAX)
}

/// A size, a percentage of memory, or `infinity`. Zero is only accepted for swap and protection.
fn is_memory(name: &str, value: &str, release: u32) -> bool {
    let may_be_none = name.contains("Swap") || name.contains("Low") || name.contains("Min");
    let some = |bytes: u64| bytes > 0 || may_be_none;
    match share(value, release) {
        Some(share) if share <= 10_000 => some(share),
        _ => value == "infinity" || size(value, 1024).is_some_and(|bytes| some(bytes) && bytes < u64::MAX),
    }
}

/// systemd lists these for sockets as well, but rejects them there.
fn is_for_services(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Delegate | Kind::Subgroup | Kind::ManagedOom | Kind::Permille | Kind::OomDuration | Kind::OomRules
    )
}

/// True if systemd accepts the empty value, which resets lists and choices.
fn takes_nothing(directive: &Directive, release: u32) -> bool {
    match directive.kind {
        Kind::Elsewhere
        | Kind::Obsolete
        | Kind::Boolean
        | Kind::Span
        | Kind::Timeout
        | Kind::Unsigned
        | Kind::Integer
        | Kind::Long
        | Kind::MessageSize
        | Kind::Mode
        | Kind::Nanoseconds
        | Kind::IecSize
        | Kind::LimitNumber
        | Kind::LimitSize
        | Kind::LimitSpan
        | Kind::LimitMicros
        | Kind::LimitNice
        | Kind::Signal
        | Kind::Slice
        | Kind::BusName
        | Kind::CpuPriority
        | Kind::Input
        | Kind::Output
        | Kind::Action
        | Kind::TriggeredUnit
        | Kind::ServiceUnit => false,
        Kind::BooleanOrNothing => release >= if directive.name == "PrivateMounts" { 253 } else { 248 },
        Kind::ProtectHostname => release >= 258,
        Kind::Type
        | Kind::ExitType
        | Kind::Restart
        | Kind::RestartMode
        | Kind::FailureMode
        | Kind::NotifyAccess
        | Kind::OomPolicy
        | Kind::OomPreference
        | Kind::CollectMode
        | Kind::JobMode
        | Kind::KeyringMode
        | Kind::ProtectProc
        | Kind::ProcSubset
        | Kind::ProtectSystem
        | Kind::ProtectHome
        | Kind::PrivateTmp
        | Kind::PrivateUsers
        | Kind::PrivatePids
        | Kind::PrivateBpf
        | Kind::ProtectControlGroups
        | Kind::PressureWatch
        | Kind::MemoryThp
        | Kind::PreserveMode
        | Kind::UtmpMode
        | Kind::DevicePolicy
        | Kind::BindIpv6Only
        | Kind::SocketProtocol
        | Kind::Timestamping
        | Kind::DeferTrigger
        | Kind::Level
        | Kind::Facility => false,
        _ => true,
    }
}

//! Values with a grammar of their own: commands, filters, credentials, images and devices.

use super::numbers::{size, within};
use super::paths::{is_credential, is_device, is_ordinary, is_path};
use super::specifiers::resolved;
use super::system::is_error;
use super::words::{Style, next, split, unescaped};
use crate::systemd::timespan::TimeSpan;

/// A command (systemd.service(5)): prefixes, an absolute path or a name, arguments.
pub fn is_command(text: &str, release: u32) -> bool {
    /// The first version with `|`, which runs the command in the user's shell.
    const BY_SHELL: u32 = 258;
    let mut rest = text;
    let mut first = true;
    let mut wants_argument = false;
    loop {
        rest = rest.trim_start_matches([' ', '\t']);
        if !first
            && let Some(behind) = rest.strip_prefix("\\;").filter(|it| it.is_empty() || it.starts_with([' ', '\t']))
        {
            rest = behind;
            wants_argument = false;
            continue;
        }
        let Some(read) = next(&mut rest, Style::ESCAPED) else { return false };
        let Some((word, _)) = read else { return !first && !wants_argument };
        if first {
            let path = &word[prefixes(&word, release >= BY_SHELL)..];
            let before = &word[..word.len() - path.len()];
            wants_argument = before.contains('@');
            if !before.contains('|') && !is_executable(path, release) {
                return false;
            }
            first = false;
        } else if word == ";" {
            first = true;
        } else {
            wants_argument = false;
            if resolved(&word, release).is_none() {
                return false;
            }
        }
    }
}

/// The number of prefix characters: each once, `!` at most twice and not with `+`.
fn prefixes(word: &str, with_shell: bool) -> usize {
    let mut seen = String::new();
    for c in word.chars() {
        let count = |c: char| seen.matches(c).count();
        let fits = match c {
            '-' | '@' | ':' => count(c) == 0,
            '|' => with_shell && count(c) == 0,
            '+' => count('+') == 0 && count('!') == 0,
            '!' => count('!') < 2 && count('+') == 0,
            _ => false,
        };
        if !fits {
            break;
        }
        seen.push(c);
    }
    seen.len()
}

fn is_executable(path: &str, release: u32) -> bool {
    let Some(path) = resolved(path, release) else { return false };
    let is_safe = !path.contains(|c: char| c.is_control() || matches!(c, '"' | '\'' | '\\'));
    let is_name = !path.contains('/') && !path.is_empty() && !matches!(path.as_str(), "." | "..") && path.len() <= 255;
    let is_whole = path.starts_with('/') && path.len() < 4096 && !path.ends_with('/') && !path.ends_with("/.");
    is_safe && (is_name || is_whole) && !path.ends_with("/..")
}

/// System calls and `@groups` after an optional `~`, with `:ERROR` in a deny list. Which system calls exist depends on
/// the kernel; only their form is checked.
pub fn is_system_call_filter(text: &str, errors: bool) -> bool {
    let (forbids, list) = text.strip_prefix('~').map_or((false, text), |list| (true, list));
    let is_one = |word: &String| {
        let (name, error) = word.split_once(':').map_or((word.as_str(), None), |(name, error)| (name, Some(error)));
        let plain = name.strip_prefix('@').unwrap_or(name);
        let is_name = plain.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
            && plain
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-'));
        let group = !name.starts_with('@') || GROUPS.split_whitespace().any(|known| known == plain);
        !plain.is_empty() && is_name && group && error.is_none_or(|error| errors && forbids && is_error(error, 0))
    };
    split(list, Style::PLAIN).is_some_and(|words| words.iter().all(is_one))
}

/// The groups of `systemd-analyze syscall-filter`.
const GROUPS: &str = "default aio basic-io chown clock cpu-emulation debug file-system io-event ipc keyring memlock module \
    mount network-io obsolete pkey privileged process raw-io reboot resources sandbox setuid signal swap sync \
    system-service timer known";

pub fn are_architectures(text: &str) -> bool {
    const KNOWN: &str = "native x86 x86-64 x32 arm arm64 loongarch64 mips mips-le mips64 mips64-le mips64-n32 mips64-le-n32 \
        parisc parisc64 ppc ppc64 ppc64-le riscv64 s390 s390x m68k arc sh";
    let is_one = |word: &String| KNOWN.split_whitespace().any(|known| known == word);
    split(text, Style::QUOTED).is_some_and(|words| words.iter().all(is_one))
}

/// Namespaces after an optional `~`.
pub fn are_namespaces(text: &str, release: u32) -> bool {
    const KINDS: [&str; 8] = ["cgroup", "ipc", "net", "mnt", "pid", "user", "uts", "time"];
    let words = split(text.strip_prefix('~').unwrap_or(text), Style::PLAIN);
    words.is_some_and(|words| {
        words.iter().all(|word| KINDS.contains(&word.as_str()) && (word != "time" || release >= 252))
    })
}

/// The groups of `systemd-analyze filesystems`.
const FILE_SYSTEM_GROUPS: &str = "basic-api anonymous application auxiliary-api common-block historical-block network \
    privileged-api security temporary known";

pub fn are_file_systems(text: &str) -> bool {
    let words = split(text.strip_prefix('~').unwrap_or(text), Style::QUOTED);
    let is_one = |word: &String| {
        if let Some(group) = word.strip_prefix('@') {
            return FILE_SYSTEM_GROUPS.split_whitespace().any(|known| known == group);
        }
        let name = word;
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
    };
    words.is_some_and(|words| words.iter().all(is_one))
}

/// `ID:VALUE` with C escapes in the value, or encrypted and in Base64.
pub fn is_set_credential(text: &str, encrypted: bool, release: u32) -> bool {
    let mut rest = text;
    let Some(Some((id, _))) = next(&mut rest, Style::COLONS) else { return false };
    let named = resolved(&id, release).is_some_and(|id| is_credential(&id));
    named && !rest.is_empty() && if encrypted { is_base64(rest) } else { unescaped(rest).is_some() }
}

/// `ID[:PATH]`: an absolute path, or from 251 on the ID of another credential; before 250 the path was required.
pub fn is_load_credential(text: &str, release: u32) -> bool {
    const INHERITED: u32 = 250;
    let mut rest = text;
    let Some(Some((id, _))) = next(&mut rest, Style::COLONS) else { return false };
    let named = resolved(&id, release).is_some_and(|id| is_credential(&id));
    let source = resolved(rest, release);
    named
        && match source.as_deref() {
            None => false,
            Some("") => release >= INHERITED,
            Some(path) if path.starts_with('/') => {
                is_path(path, release) && !path.contains("//") && !path.contains("/./")
            }
            Some(id) => is_credential(id),
        }
}

/// `PATTERN[:NEW-ID]`, with an optional trailing star.
pub fn is_import_credential(text: &str, release: u32) -> bool {
    const RENAMES: u32 = 257;
    let mut rest = text;
    let Some(Some((pattern, _))) = next(&mut rest, Style::COLONS) else { return false };
    let Some(pattern) = resolved(&pattern, release) else { return false };
    let name = pattern.strip_suffix('*').unwrap_or(&pattern);
    let named = (name.is_empty() && pattern == "*") || (is_credential(name) && !name.contains(['*', '?', '[']));
    named && (rest.is_empty() || (release >= RENAMES && is_credential(rest)))
}

/// Base64 with white space anywhere.
pub fn is_base64(text: &str) -> bool {
    let plain: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let padding = plain.iter().rev().take_while(|byte| **byte == b'=').count();
    let body = &plain[..plain.len() - padding];
    padding <= 2
        && plain.len().is_multiple_of(4)
        && body.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
}

/// A hash in hexadecimal digits, or the path of its file.
pub fn is_root_hash(text: &str) -> bool {
    const LEAST: usize = 32;
    text.starts_with('/')
        || (text.len() >= LEAST && text.len().is_multiple_of(2) && text.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// `base64:SIGNATURE`, or the path of its file.
pub fn is_root_hash_signature(text: &str) -> bool {
    text.strip_prefix("base64:").map_or_else(|| text.starts_with('/'), is_base64)
}

fn is_partition(name: &str, release: u32) -> bool {
    const KNOWN: &str = "root usr home srv esp xbootldr swap root-verity usr-verity tmp var";
    const SIGNED: &str = "root-verity-sig usr-verity-sig";
    let among = |names: &str| names.split_whitespace().any(|known| known == name);
    among(KNOWN) || (release >= 250 && among(SIGNED))
}

/// `[PARTITION:]OPTIONS`, several of them.
pub fn are_image_options(text: &str, release: u32) -> bool {
    split(text, Style::TUPLES).is_some_and(|words| {
        words.iter().all(|word| match word.split_once(':') {
            Some((partition, _)) => is_partition(partition, release),
            None => split(word, Style::ESCAPED_COLONS).is_some() && resolved(word, release).is_some(),
        })
    })
}

/// `PATH[:DESTINATION][:PARTITION:OPTIONS]`, several of them.
pub fn are_images(text: &str, mounts: bool, release: u32) -> bool {
    split(text, Style::TUPLES).is_some_and(|words| {
        words.iter().all(|word| {
            let Some(parts) = split(word, Style::ESCAPED_COLONS) else { return false };
            let mut parts = parts.iter().map(String::as_str).filter(|part| !part.is_empty());
            let place = |part: Option<&str>| {
                part.and_then(|path| resolved(path, release)).is_some_and(|path| is_ordinary(&path, mounts, release))
            };
            let source = parts.next().map(|path| path.strip_prefix('-').unwrap_or(path));
            if !place(source) || (mounts && !place(parts.next())) {
                return false;
            }
            let options: Vec<&str> = parts.collect();
            options.chunks(2).all(|pair| pair.len() < 2 || is_partition(pair[0], release))
        })
    })
}

/// `DEVICE [rwm]`
pub fn is_device_rule(text: &str, release: u32) -> bool {
    let mut rest = text;
    let Some(Some((device, _))) = next(&mut rest, Style::QUOTED) else { return false };
    is_device(&device, release) && rest.trim().bytes().all(|byte| b"rwm".contains(&byte))
}

/// `DEVICE VALUE`
pub fn is_for_disk(text: &str, release: u32, value: impl Fn(&str) -> bool) -> bool {
    let mut rest = text;
    let Some(Some((disk, _))) = next(&mut rest, Style::QUOTED) else { return false };
    let is_path =
        resolved(&disk, release).is_some_and(|disk| !disk.is_empty() && !disk.split('/').any(|part| part == ".."));
    is_path && !rest.is_empty() && value(rest)
}

/// Bytes or operations per second; suffixes are powers of 1000.
pub fn is_bandwidth(text: &str) -> bool {
    text == "infinity" || size(text, 1000).is_some_and(|bytes| bytes > 0)
}

pub fn is_weight(text: &str) -> bool {
    within(text, 1, 10_000)
}

pub fn is_latency(text: &str) -> bool {
    TimeSpan::parse(text).is_ok()
}

pub fn are_controllers(text: &str, release: u32) -> bool {
    const KNOWN: &str = "cpu cpuacct cpuset io blkio memory devices pids bpf-firewall bpf-devices";
    const LATER: &str = "bpf-foreign bpf-socket-bind bpf-restrict-network-interfaces";
    let among = |names: &str, word: &str| names.split_whitespace().any(|known| known == word);
    let is_one = |word: &String| among(KNOWN, word) || (release >= 250 && among(LATER, word));
    split(text, Style::QUOTED).is_some_and(|words| words.iter().all(is_one))
}

/// `TYPE:PATH` of a BPF program.
pub fn is_bpf_program(text: &str, release: u32) -> bool {
    const TYPES: &str = "egress ingress sock_create sock_ops device bind4 bind6 connect4 connect6 post_bind4 post_bind6 \
        sendmsg4 sendmsg6 sysctl recvmsg4 recvmsg6 getsockopt setsockopt";
    text.split_once(':')
        .is_some_and(|(kind, path)| TYPES.split_whitespace().any(|known| known == kind) && is_path(path, release))
}

/// The name of a cgroup: one path component without a meaning to the kernel.
pub fn is_subgroup(text: &str) -> bool {
    !text.is_empty()
        && !text.contains('/')
        && !text.starts_with(['_', '.'])
        && !matches!(text, "notify_on_release" | "release_agent" | "tasks")
        && !text.starts_with("cgroup.")
        && text.len() <= 255
}

pub fn is_log_namespace(text: &str, release: u32) -> bool {
    resolved(text, release).is_some_and(|name| {
        let whole = format!("systemd-journald@{name}.service");
        let is_folder = !matches!(name.as_str(), "" | "." | "..") && !name.contains(['/', '\\']);
        is_folder && super::units::is_unit(&whole, false) && name.len() <= 128
    })
}

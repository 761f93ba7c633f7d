//! Values with a grammar of their own: commands, filters, credentials, images and devices.

use super::paths::{is_credential, is_device, is_ordinary, is_path};
use super::specifiers::{is_resolved, resolves};
use super::system::{has_word, is_error};
use crate::systemd::words::{Style, Word, all, next, split, unescaped};

/// A command (systemd.service(5)): prefixes, an absolute path or a name, arguments.
pub fn is_command(text: &str, release: u32) -> bool {
    /// The first version with `|`, which runs the command in the user's shell.
    const BY_SHELL: u32 = 258;
    let mut rest = text;
    let mut first = true;
    let mut wants_argument = false;
    loop {
        rest = rest.trim_start_matches([' ', '\t']);
        let Ok(read) = next(&mut rest, Style::COMMAND) else { return false };
        let Some(Word { text: word, source, .. }) = read else { return !wants_argument };
        if first {
            let path = &word[prefixes(&word, release >= BY_SHELL)..];
            let before = &word[..word.len() - path.len()];
            wants_argument = before.contains('@');
            if !before.contains('|') && !is_resolved(path, release, |path| is_executable(path, release)) {
                return false;
            }
            first = false;
        } else if source == ";" {
            if wants_argument {
                return false;
            }
            first = true;
        } else {
            wants_argument = false;
            if !resolves(&word, release) {
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
    const KNOWS_DOTS: u32 = 257;
    let is_safe = !path.contains(|c: char| c.is_ascii_control() || matches!(c, '"' | '\'' | '\\'));
    let is_name = !path.contains('/') && !path.is_empty() && !matches!(path, "." | "..") && path.len() <= 255;
    let is_dir = path.ends_with('/') || release >= KNOWS_DOTS && (path.ends_with("/.") || path.ends_with("/.."));
    is_safe && (is_name || path.starts_with('/') && path.len() < 4096 && !is_dir)
}

/// System calls and `@groups` after an optional `~`, with `:ERROR` in a deny list. Which system calls exist depends on
/// the kernel; only their form is checked.
pub fn is_system_call_filter(text: &str, errors: bool, release: u32) -> bool {
    let (forbids, list) = text.strip_prefix('~').map_or((false, text), |list| (true, list));
    all(list, Style::PLAIN, |word| {
        let (name, error) = word.split_once(':').map_or((word, None), |(name, error)| (name, Some(error)));
        let is_name = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
            && name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-'));
        let is_known = is_name || has_word("SystemCalls", name, release);
        is_known && error.is_none_or(|error| errors && forbids && is_error(error, 0, release))
    })
}

/// `ID:VALUE` with C escapes in the value, or encrypted and in Base64.
pub fn is_set_credential(text: &str, encrypted: bool, release: u32) -> bool {
    let mut rest = text;
    let Ok(Some(id)) = next(&mut rest, Style::COLONS) else { return false };
    is_resolved(&id.text, release, is_credential)
        && !rest.is_empty()
        && if encrypted { is_base64(rest) } else { unescaped(rest).is_ok() }
}

/// `ID[:PATH]`: an absolute path, or from 251 on the ID of another credential; before 250 the path was required.
pub fn is_load_credential(text: &str, release: u32) -> bool {
    const INHERITED: u32 = 250;
    let mut rest = text;
    let Ok(Some(id)) = next(&mut rest, Style::COLONS) else { return false };
    let is_source = |source: &str| match source {
        "" => release >= INHERITED,
        path if path.starts_with('/') => is_path(path, release) && !path.contains("//") && !path.contains("/./"),
        id => is_credential(id),
    };
    is_resolved(&id.text, release, is_credential) && is_resolved(rest, release, is_source)
}

/// `PATTERN[:NEW-ID]`, with an optional trailing star.
pub fn is_import_credential(text: &str, release: u32) -> bool {
    const RENAMES: u32 = 257;
    let mut rest = text;
    let Ok(Some(pattern)) = next(&mut rest, Style::COLONS) else { return false };
    let is_pattern = |pattern: &str| {
        let name = pattern.strip_suffix('*').unwrap_or(pattern);
        pattern == "*" || is_credential(name) && !name.contains(['*', '?', '['])
    };
    is_resolved(&pattern.text, release, is_pattern) && (rest.is_empty() || release >= RENAMES && is_credential(rest))
}

/// Base64 with white space anywhere.
pub fn is_base64(text: &str) -> bool {
    let plain: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let padding = plain.iter().rev().take_while(|byte| **byte == b'=').count();
    let body = &plain[..plain.len() - padding];
    // The bits of the last character that encode nothing must be zero.
    let is_last = |byte: &u8| match padding {
        0 => true,
        1 => b"AEIMQUYcgkosw048".contains(byte),
        _ => b"AQgw".contains(byte),
    };
    padding <= 2
        && plain.len().is_multiple_of(4)
        && body.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
        && body.last().is_none_or(is_last)
}

/// A hash in hexadecimal digits, or the path of its file.
pub fn is_root_hash(text: &str) -> bool {
    const LEAST: usize = 32;
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    text.starts_with('/')
        || (digits.len() >= LEAST && digits.len().is_multiple_of(2) && digits.iter().all(u8::is_ascii_hexdigit))
}

/// `[PARTITION:]OPTIONS`, several of them.
pub fn are_image_options(text: &str, release: u32) -> bool {
    all(text, Style::TUPLES, |word| {
        let Ok(parts) = split(word, Style::ESCAPED_COLONS) else { return false };
        let parts: Vec<&str> = parts.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
        match parts[..] {
            [] => true,
            [options] => resolves(options, release),
            [partition, options] => has_word("ImageOptions", partition, release) && resolves(options, release),
            _ => false,
        }
    })
}

/// `PATH[:DESTINATION][:PARTITION:OPTIONS]`, several of them.
pub fn are_images(text: &str, mounts: bool, release: u32) -> bool {
    all(text, Style::TUPLES, |word| {
        let Ok(parts) = split(word, Style::ESCAPED_COLONS) else { return false };
        let mut parts = parts.iter().map(String::as_str).filter(|part| !part.is_empty());
        let is_place = |part: Option<&str>| {
            part.is_some_and(|path| is_resolved(path, release, |path| is_ordinary(path, mounts, release)))
        };
        let source = parts.next().map(|path| path.strip_prefix('-').unwrap_or(path));
        if !is_place(source) || (mounts && !is_place(parts.next())) {
            return false;
        }
        let options: Vec<&str> = parts.collect();
        options.chunks(2).all(|pair| pair.len() < 2 || has_word("ImageOptions", pair[0], release))
    })
}

/// `DEVICE [rwm]`
pub fn is_device_rule(text: &str, release: u32) -> bool {
    let mut rest = text;
    let Ok(Some(device)) = next(&mut rest, Style::QUOTED) else { return false };
    is_resolved(&device.text, release, is_device) && rest.trim().bytes().all(|byte| b"rwm".contains(&byte))
}

/// `DEVICE VALUE`
pub fn is_for_disk(text: &str, release: u32, is_value: impl Fn(&str) -> bool) -> bool {
    let mut rest = text;
    let Ok(Some(disk)) = next(&mut rest, Style::QUOTED) else { return false };
    let is_disk = |disk: &str| !disk.is_empty() && disk.split('/').all(|part| part != "..");
    is_resolved(&disk.text, release, is_disk) && !rest.is_empty() && is_value(rest)
}

pub fn are_controllers(text: &str, release: u32) -> bool {
    all(text, Style::QUOTED, |word| has_word("Controllers", word, release))
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

pub fn is_log_namespace(name: &str) -> bool {
    let is_file_name = !matches!(name, "" | "." | "..") && !name.contains(['/', '\\']);
    is_file_name && super::units::is_unit(&format!("systemd-journald@{name}.service"), false) && name.len() <= 128
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_judged_as_by_systemd() {
        for taken in [
            r"/bin/sed s/\d/x/",
            r"/bin/sed s/\(a\)/\1\x/",
            "/bin/a ;",
            "/bin/a ; /bin/b ;",
            r"/bin/a \;",
            r"/bin/a \073",
            "/bin/a ';' b",
            r"/bin/sh -c 'find . -exec echo {} \;'",
            "@/bin/a b ; c",
            r"/bin/a \",
        ] {
            assert!(is_command(taken, 257), "{taken}");
        }
        for refused in ["/bin/a 'b", "/bin/a ; /b'in", "@/bin/a", "@/bin/a ; /bin/b", "/bin/a %5", "bin/a"] {
            assert!(!is_command(refused, 257), "{refused}");
        }
    }
}

//! Paths and lists of paths.

use super::specifiers::resolved;
use super::words::{Style, next, split};

/// The kernel's limit of a path, with the NUL.
const PATH_MAX: usize = 4096;
const NAME_MAX: usize = 255;

/// True for a path without `..` or components that are too long.
fn is_plain(path: &str) -> bool {
    !path.is_empty() && path.len() < PATH_MAX && path.split('/').all(|name| name != ".." && name.len() <= NAME_MAX)
}

pub fn is_absolute(path: &str) -> bool {
    path.starts_with('/') && is_plain(path)
}

/// True for a path that does not begin with `/` and is not `.`.
pub fn is_relative(path: &str) -> bool {
    !path.starts_with('/') && is_plain(path) && path.split('/').any(|name| !matches!(name, "" | "."))
}

/// True for a path outside of `/dev` (unless `devices` allows it), `/proc` and `/sys`. Before 256, systemd does not
/// check this.
pub fn is_ordinary(path: &str, devices: bool, release: u32) -> bool {
    const LOOKS: u32 = 256;
    let names: Vec<&str> = path.split('/').filter(|name| !name.is_empty() && *name != ".").collect();
    let first = names.first().copied().unwrap_or_default();
    is_absolute(path) && (release < LOOKS || !matches!(first, "proc" | "sys") && (devices || first != "dev"))
}

/// An absolute path, with specifiers.
pub fn is_path(text: &str, release: u32) -> bool {
    resolved(text, release).is_some_and(|path| is_absolute(&path))
}

/// Words, each an absolute path with specifiers, after optional `prefixes`, each at most once and in this order.
pub fn is_list(text: &str, prefixes: &str, release: u32) -> bool {
    let is_one = |word: &String| {
        let path = prefixes.chars().fold(word.as_str(), |path, prefix| path.strip_prefix(prefix).unwrap_or(path));
        is_path(path, release)
    };
    split(text, Style::QUOTED).is_some_and(|words| words.iter().all(is_one))
}

/// An absolute path or `~`, after an optional `-`.
pub fn is_working_directory(text: &str, release: u32) -> bool {
    let path = text.strip_prefix('-').unwrap_or(text);
    path == "~" || is_path(path, release)
}

/// One path until the end of the line, after an optional `-`.
pub fn is_environment_file(text: &str, release: u32) -> bool {
    is_path(text.strip_prefix('-').unwrap_or(text), release)
}

/// A relative path is below `/run`.
pub fn is_pid_file(text: &str, release: u32) -> bool {
    resolved(text, release).is_some_and(|path| {
        let path = if path.starts_with('/') { path } else { format!("/run/{path}") };
        is_ordinary(&path, false, release)
    })
}

/// `SOURCE[:DESTINATION[:rbind|norbind]]`, several of them.
pub fn is_bind_list(text: &str, release: u32, more_options: bool) -> bool {
    let mut rest = text.trim_start_matches([' ', '\t']);
    loop {
        let Some(read) = next(&mut rest, Style::BINDS) else { return false };
        let Some((source, mut end)) = read else { return true };
        // systemd reads repeated white space as an empty source.
        if !is_path(source.strip_prefix('-').unwrap_or(&source), release) {
            return false;
        }
        if end == Some(':') {
            let Some(Some((destination, behind))) = next(&mut rest, Style::BINDS) else { return false };
            if !is_path(&destination, release) {
                return false;
            }
            end = behind;
        }
        if end == Some(':') {
            let Some(read) = next(&mut rest, Style::QUOTED) else { return false };
            let options = read.map_or(String::new(), |(options, _)| options);
            let known = |option: &str| {
                matches!(option, "rbind" | "norbind" | "") || (more_options && matches!(option, "idmap" | "noidmap"))
            };
            let all = if more_options { options.split(',').all(known) } else { known(&options) };
            if !all {
                return false;
            }
        }
    }
}

/// `PATH[:OPTIONS]`, several of them.
pub fn is_temporary_list(text: &str, release: u32) -> bool {
    let is_one = |word: &String| {
        let mut rest = word.as_str();
        let path = next(&mut rest, Style::COLONS).flatten();
        path.is_some_and(|(path, _)| is_path(&path, release))
    };
    split(text, Style::QUOTED).is_some_and(|words| words.iter().all(is_one))
}

/// Relative paths of `StateDirectory=` and similar directives; from 251 on with a link after a colon, from 257 on with
/// `ro` after another.
pub fn are_directories(name: &str, text: &str, release: u32) -> bool {
    const LINKS: u32 = 251;
    const FLAGS: u32 = 257;
    let Some(words) = split(text, if release < LINKS { Style::QUOTED } else { Style::TUPLES }) else { return false };
    let is_folder = |text: &str| resolved(text, release).is_some_and(|path| is_relative(&path));
    let is_private = |text: &str| {
        resolved(text, release)
            .is_some_and(|path| path.split('/').find(|part| !part.is_empty() && *part != ".") == Some("private"))
    };
    words.iter().all(|word| {
        if release < LINKS {
            return is_folder(word) && !is_private(word);
        }
        let Some(parts) = split(word, Style::ESCAPED_COLONS) else { return false };
        let part = |place: usize| parts.get(place).map_or("", String::as_str);
        let link = part(1);
        let most = if release < FLAGS { 2 } else { 3 };
        is_folder(part(0))
            && !is_private(part(0))
            && (link.is_empty() || (is_folder(link) && name != "ConfigurationDirectory"))
            && matches!(part(2), "" | "ro")
            && parts.len() <= most
    })
}

/// Absolute paths separated by colons.
pub fn is_search_path(text: &str, release: u32) -> bool {
    split(text, Style::COLONS).is_some_and(|parts| parts.iter().all(|part| is_path(part, release)))
}

/// A path after `|` and `!`.
pub fn is_condition(text: &str, release: u32) -> bool {
    let path = text.strip_prefix('|').unwrap_or(text);
    is_path(path.strip_prefix('!').unwrap_or(path), release)
}

/// A path below `/dev`, or a class of devices.
pub fn is_device(text: &str, release: u32) -> bool {
    resolved(text, release).is_some_and(|path| {
        let is_kind = path.starts_with("block-") || path.starts_with("char-");
        let below = ["/dev/", "/run/systemd/inaccessible/"].into_iter().any(|folder| path.starts_with(folder));
        is_kind || path == "/dev" || (below && is_plain(&path))
    })
}

/// `PATH[:NAME[:OPTIONS]]`
pub fn is_open_file(text: &str) -> bool {
    let Some(parts) = split(text, Style::ESCAPED_COLONS) else { return false };
    let [path, more @ ..] = &parts[..] else { return false };
    let name = match more.first().map_or("", String::as_str) {
        "" => path.rsplit('/').find(|part| !part.is_empty()).unwrap_or_default(),
        name => name,
    };
    let options: Vec<&str> = more.get(1).map_or("", String::as_str).split(',').filter(|it| !it.is_empty()).collect();
    let once = |option: &&str| options.iter().filter(|other| *other == option).count() == 1;
    let writes = options.iter().filter(|option| matches!(**option, "read-only" | "append" | "truncate")).count();
    is_absolute(path)
        && more.len() <= 2
        && is_file_name(name)
        && options
            .iter()
            .all(|option| matches!(*option, "read-only" | "append" | "truncate" | "graceful") && once(option))
        && writes <= 1
}

/// Printable ASCII without colons.
pub fn is_file_name(name: &str) -> bool {
    name.len() <= NAME_MAX && name.bytes().all(|byte| (b' '..0x7f).contains(&byte) && byte != b':')
}

pub fn is_credential(name: &str) -> bool {
    !name.is_empty() && !matches!(name, "." | "..") && !name.contains('/') && is_file_name(name)
}

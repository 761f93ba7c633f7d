//! Paths and lists of paths.

use super::specifiers::is_resolved;
use crate::systemd::words::{Style, all, next, split};

/// The kernel's limit of a path, with the NUL.
const PATH_MAX: usize = 4096;
const NAME_MAX: usize = 255;

/// True for a path without `..` or components that are too long. `..` in the root is the root from 257 on.
fn is_plain(path: &str, release: u32) -> bool {
    const KNOWS_ROOT: u32 = 257;
    let has_root = release >= KNOWS_ROOT && path.starts_with('/');
    let mut names = path.split('/').skip_while(|name| has_root && matches!(*name, "" | "." | ".."));
    !path.is_empty() && path.len() < PATH_MAX && names.all(|name| name != ".." && name.len() <= NAME_MAX)
}

pub fn is_absolute(path: &str, release: u32) -> bool {
    path.starts_with('/') && is_plain(path, release)
}

/// True for a path that does not begin with `/` and is not `.`.
pub fn is_relative(path: &str) -> bool {
    !path.starts_with('/') && is_plain(path, 0) && path.split('/').any(|name| !matches!(name, "" | "."))
}

/// True for a path outside of `/dev` (unless `devices` allows it), `/proc` and `/sys`. Before 256, systemd does not
/// check this.
pub fn is_ordinary(path: &str, devices: bool, release: u32) -> bool {
    const LOOKS: u32 = 256;
    let names: Vec<&str> = path.split('/').filter(|name| !name.is_empty() && *name != ".").collect();
    let first = names.first().copied().unwrap_or_default();
    is_absolute(path, release) && (release < LOOKS || !matches!(first, "proc" | "sys") && (devices || first != "dev"))
}

/// An absolute path, with specifiers.
pub fn is_path(text: &str, release: u32) -> bool {
    is_resolved(text, release, |path| is_absolute(path, release))
}

/// A relative path is below `/run`.
pub fn is_pid_file(text: &str, release: u32) -> bool {
    is_resolved(text, release, |path| match path.starts_with('/') {
        true => is_ordinary(path, false, release),
        false => is_ordinary(&format!("/run/{path}"), false, release),
    })
}

/// `SOURCE[:DESTINATION[:rbind|norbind]]`, several of them; `None` if it is invalid.
pub fn is_bind_list(text: &str, release: u32) -> Option<()> {
    let mut rest = text.trim_start_matches([' ', '\t']);
    // systemd reads repeated white space as an empty source.
    while let Some(source) = next(&mut rest, Style::BINDS).ok()? {
        let path = source.text.strip_prefix('-').unwrap_or(&source.text);
        let mut is_valid = is_path(path, release);
        let mut separator = source.separator;
        if separator == Some(':') {
            let destination = next(&mut rest, Style::BINDS).ok()??;
            is_valid &= is_path(&destination.text, release);
            separator = destination.separator;
        }
        if separator == Some(':') {
            let options = next(&mut rest, Style::QUOTED).ok()?;
            is_valid &= options.is_none_or(|options| matches!(options.text.as_str(), "rbind" | "norbind" | ""));
        }
        if !is_valid {
            return None;
        }
    }
    Some(())
}

/// `PATH[:OPTIONS]`, several of them.
pub fn is_temporary_list(text: &str, release: u32) -> bool {
    all(text, Style::QUOTED, |word| {
        let mut rest = word;
        matches!(next(&mut rest, Style::COLONS), Ok(Some(path)) if is_path(&path.text, release))
    })
}

/// Relative paths of `StateDirectory=` and similar directives; from 251 on with a link after a colon, from 257 on with
/// `ro` after another.
pub fn are_directories(text: &str, with_links: bool, release: u32) -> bool {
    const LINKS: u32 = 251;
    const FLAGS: u32 = 257;
    let is_directory = |text: &str| is_resolved(text, release, is_relative);
    let is_private = |path: &str| path.split('/').find(|part| !matches!(*part, "" | ".")) == Some("private");
    let is_public = |text: &str| is_resolved(text, release, |path| is_relative(path) && !is_private(path));
    if release < LINKS {
        return all(text, Style::QUOTED, is_public);
    }
    all(text, Style::TUPLES, |word| {
        let parts = split(word, Style::ESCAPED_COLONS).unwrap_or_default();
        // Older versions take several colons for one, and ignore what follows the link.
        let parts: Vec<&String> = parts.iter().filter(|part| release >= FLAGS || !part.is_empty()).collect();
        let [path, more @ ..] = &parts[..] else { return false };
        let link = more.first().map_or("", |link| link.as_str());
        is_public(path)
            && (link.is_empty() || with_links && is_directory(link))
            && more.get(1).is_none_or(|flag| release < FLAGS || matches!(flag.as_str(), "" | "ro"))
    })
}

/// A path below `/dev`, or a class of devices.
pub fn is_device(path: &str) -> bool {
    let is_class = path.starts_with("block-") || path.starts_with("char-");
    let names: Vec<&str> = path.split('/').filter(|name| !matches!(*name, "" | ".")).collect();
    let is_device = names.first() == Some(&"dev") || names.starts_with(&["run", "systemd", "inaccessible"]);
    is_class || (path.starts_with('/') && is_device && is_plain(path, 0))
}

/// `PATH[:NAME[:OPTIONS]]`
pub fn is_open_file(text: &str, release: u32) -> bool {
    let parts = split(text, Style::ESCAPED_COLONS).unwrap_or_default();
    let [path, more @ ..] = &parts[..] else { return false };
    let name = match more.first().map_or("", String::as_str) {
        "" => path.rsplit('/').find(|part| !part.is_empty()).unwrap_or_default(),
        name => name,
    };
    let options: Vec<&str> = more.get(1).map_or("", String::as_str).split(',').filter(|it| !it.is_empty()).collect();
    let once = |option: &&str| options.iter().filter(|other| *other == option).count() == 1;
    let is_mode = |option: &&str| matches!(*option, "read-only" | "append" | "truncate");
    is_absolute(path, release)
        && more.len() <= 2
        && is_file_name(name)
        && options.iter().all(|option| (is_mode(option) || *option == "graceful") && once(option))
        && options.iter().filter(|option| is_mode(option)).count() <= 1
}

/// Printable ASCII without colons.
pub fn is_file_name(name: &str) -> bool {
    name.len() <= NAME_MAX && name.bytes().all(|byte| (b' '..0x7f).contains(&byte) && byte != b':')
}

pub fn is_credential(name: &str) -> bool {
    !name.is_empty() && !matches!(name, "." | "..") && !name.contains('/') && is_file_name(name)
}

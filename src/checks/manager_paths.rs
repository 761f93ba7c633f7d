//! Paths that the system manager itself opens, creates or deletes for a unit, as root, whatever user the unit runs as:
//! nobody else may be able to put something else there. A pipe blocks PID 1, and it follows links.
//!
//! Tried on 252: it waits for a writer of a pipe in `EnvironmentFile=` and `PIDFile=`; it creates sockets, output files and
//! mount points at the end of links, and gives sockets to `SocketUser=`.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use glob::{MatchOptions, Pattern};

use super::executed::runs_as_root;
use super::system_units::SystemUnit;
use crate::host::tree;
use crate::host::writers::{self, Purpose};
use crate::model::diagnostic::PathComponent;
use crate::systemd::words::{self, Style};

/// What happens at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Opens,
    /// Through links.
    Creates,
    /// In its directory, in the place of what was there.
    Replaces,
    /// Through links on the way, and given to the service's user.
    Gives,
    /// Its content becomes a part of the service's file system.
    Mounts,
    /// It only decides when the unit starts.
    Watches,
}

/// A directive with paths.
struct Row {
    names: &'static [&'static str],
    /// Of the path, with an article.
    what: &'static str,
    access: Access,
    /// Paths in a value: with specifiers, without quotes.
    paths: fn(&str) -> Vec<String>,
}

const fn row(
    names: &'static [&'static str],
    what: &'static str,
    access: Access,
    paths: fn(&str) -> Vec<String>,
) -> Row {
    Row { names, what, access, paths }
}

static ROWS: [Row; 21] = [
    row(&["LoadCredential", "LoadCredentialEncrypted"], "the credential", Access::Opens, after_colon),
    row(&["StandardInput"], "the input file", Access::Opens, stream),
    row(&["StandardOutput", "StandardError"], "the output file", Access::Creates, stream),
    row(&["OpenFile"], "the file", Access::Opens, |value| first(value, Style::ESCAPED_COLONS)),
    row(&["PIDFile"], "the PID file", Access::Opens, |value| vec![format!("/run/{value}").replace("/run//", "/")]),
    row(&["TTYPath"], "the terminal", Access::Opens, whole),
    row(&["USBFunctionDescriptors", "USBFunctionStrings"], "the file", Access::Opens, whole),
    row(&["IPCNamespacePath", "NetworkNamespacePath", "UserNamespacePath"], "the namespace", Access::Opens, whole),
    row(&["BindPaths", "BindReadOnlyPaths"], "the bind mount's source", Access::Opens, |value| {
        bind_list(value).into_iter().map(|(source, _)| source).collect()
    }),
    row(&["BindPaths", "BindReadOnlyPaths"], "the mount point", Access::Creates, |value| {
        bind_list(value).into_iter().map(|(_, destination)| destination).collect()
    }),
    row(&["TemporaryFileSystem"], "the mount point", Access::Creates, |value| {
        each(value, Style::QUOTED, |word| first(word, Style::COLONS))
    }),
    row(&["RootDirectory", "RootMStack"], "the root directory", Access::Mounts, whole),
    row(&["RootImage", "RootVerity", "RootHash", "RootHashSignature"], "the image", Access::Mounts, whole),
    row(&["MountImages", "ExtensionImages"], "the image", Access::Mounts, |value| {
        each(value, Style::TUPLES, |word| first(word, Style::COLONS))
    }),
    row(&["ExtensionDirectories"], "the extension", Access::Mounts, list),
    row(&["BPFProgram"], "the BPF program", Access::Opens, after_colon),
    row(&["IPIngressFilterPath", "IPEgressFilterPath"], "the BPF program", Access::Opens, whole),
    row(
        &["ListenStream", "ListenDatagram", "ListenSequentialPacket", "ListenFIFO", "ListenUSBFunction"],
        "the socket",
        Access::Replaces,
        whole,
    ),
    row(&["ListenSpecial"], "the special file", Access::Opens, whole),
    row(&["Symlinks"], "the link", Access::Replaces, list),
    row(
        &["PathExists", "PathExistsGlob", "PathChanged", "PathModified", "DirectoryNotEmpty"],
        "the path",
        Access::Watches,
        whole,
    ),
];

/// A path and who can change it.
pub struct ManagerPath {
    pub directive: String,
    pub what: &'static str,
    pub access: Access,
    pub path: PathBuf,
}

/// All paths of a unit.
pub fn of(unit: &SystemUnit) -> Vec<ManagerPath> {
    let mut found = Vec::new();
    let mut add = |directive: &str, what, access, path: PathBuf| {
        if path.is_absolute() {
            found.push(ManagerPath { directive: directive.to_owned(), what, access, path });
        }
    };
    for path in environment_files(unit) {
        add("EnvironmentFile", "the environment file", Access::Opens, path);
    }
    for row in &ROWS {
        for name in row.names {
            let creates = unit.is_on("MakeDirectory") && !name.starts_with("PathExists");
            let (what, access) = match row.access {
                Access::Watches if creates => ("the directory", Access::Creates),
                access => (row.what, access),
            };
            for path in unit.values(name).flat_map(|value| (row.paths)(value)) {
                add(name, what, access, unit.expanded(&path).into());
            }
        }
    }
    for (name, base) in DIRECTORIES {
        for path in unit.values(name).flat_map(directories) {
            add(name, "the directory", Access::Gives, Path::new(base).join(unit.expanded(&path)));
        }
    }
    for name in unit.named_by_kind("ConditionPath") {
        for value in unit.values(name) {
            add(name, "the path", Access::Watches, unit.expanded(value.trim_start_matches(['|', '!', ' '])).into());
        }
    }
    // In the namespace of another user's service it opens nothing that this user cannot open anyway.
    if runs_as_root(unit) {
        for name in ["ReadWritePaths", "ReadWriteDirectories"] {
            for path in unit.values(name).flat_map(list) {
                add(name, "the writable path", Access::Opens, unit.expanded(&path).into());
            }
        }
    }
    found
}

impl ManagerPath {
    /// The way to the path, if a user other than root can put something else there. `units` are all of the service.
    pub fn open_components(&self, units: &[SystemUnit]) -> Option<Vec<PathComponent>> {
        // systemd follows no link in the place of the directory itself.
        let path = if self.access == Access::Gives { self.path.parent()? } else { &self.path };
        let path_components = match self.access {
            // All files in a directory are credentials.
            Access::Opens if self.directive.starts_with("LoadCredential") && tree::is_dir(&self.path) => {
                writers::path_components(&self.path, Purpose::Enter)
            }
            Access::Opens | Access::Creates | Access::Gives => writers::path_components(path, Purpose::Open),
            Access::Mounts if tree::is_dir(&self.path) => writers::path_components(&self.path, Purpose::Enter),
            Access::Mounts | Access::Watches => writers::path_components(&self.path, Purpose::Use),
            Access::Replaces => writers::path_components(self.path.parent()?, Purpose::Use),
        };
        // Of what is mounted, the content counts, too.
        let in_it = if self.access == Access::Mounts { &path.join("*") } else { path };
        let path_components: Vec<PathComponent> =
            path_components.into_iter().chain(units.iter().find_map(|unit| own_directory(in_it, unit))).collect();
        path_components.iter().any(|place| !place.writers.is_empty()).then_some(path_components)
    }
}

/// Directories that systemd creates, and where they are.
const DIRECTORIES: [(&str, &str); 5] = [
    ("RuntimeDirectory", "/run"),
    ("StateDirectory", "/var/lib"),
    ("CacheDirectory", "/var/cache"),
    ("LogsDirectory", "/var/log"),
    ("ConfigurationDirectory", "/etc"),
];

/// The parent of a path that systemd gives to the user of the unit, unless it exists.
fn own_directory(path: &Path, unit: &SystemUnit) -> Option<PathComponent> {
    let owner = unit.last("User").map_or_else(|| "the service's user".into(), |user| unit.expanded(user));
    if runs_as_root(unit) {
        return None;
    }
    let given = DIRECTORIES.into_iter().filter(|(name, _)| *name != "ConfigurationDirectory");
    let all = given.flat_map(|(name, base)| {
        unit.values(name).flat_map(directories).map(move |name| Path::new(base).join(unit.expanded(&name)))
    });
    let own = all.into_iter().find(|directory| path.starts_with(directory) && path != directory)?;
    let place = |path| PathComponent {
        path,
        target: None,
        owner: owner.clone(),
        mode: "drwxr-xr-x".into(),
        writers: vec![owner.clone()],
    };
    (!tree::exists(&own)).then(|| place(own))
}

/// The files of `EnvironmentFile=`: for a pattern, all matches and the directories where there can be others.
pub fn environment_files(unit: &SystemUnit) -> Vec<PathBuf> {
    let patterns = unit.values("EnvironmentFile").map(|value| unit.expanded(value.strip_prefix('-').unwrap_or(value)));
    patterns.flat_map(|pattern| matches(&pattern)).collect()
}

/// Source and destination of all bind mounts.
pub fn binds(unit: &SystemUnit) -> Vec<(PathBuf, PathBuf)> {
    let values = ["BindPaths", "BindReadOnlyPaths"].into_iter().flat_map(|name| unit.values(name));
    let path = |path: &str| PathBuf::from(unit.expanded(path));
    values.flat_map(bind_list).map(|(source, destination)| (path(&source), path(&destination))).collect()
}

/// The names of directories, and of links to them after a colon.
fn directories(value: &str) -> Vec<String> {
    let names = |word: &str| words::split(word, Style::ESCAPED_COLONS).unwrap_or_default();
    each(value, Style::TUPLES, names).into_iter().filter(|name| !name.is_empty()).collect()
}

fn whole(value: &str) -> Vec<String> {
    vec![value.to_owned()]
}

fn after_colon(value: &str) -> Vec<String> {
    value.split_once(':').map(|(_, path)| path.to_owned()).into_iter().collect()
}

fn stream(value: &str) -> Vec<String> {
    let kinds = ["file:", "append:", "truncate:"];
    kinds.iter().find_map(|kind| value.strip_prefix(kind)).map(str::to_owned).into_iter().collect()
}

/// Words, each a path after `-` and `+`.
fn list(value: &str) -> Vec<String> {
    each(value, Style::QUOTED, |word| vec![word.trim_start_matches(['-', '+']).to_owned()])
}

fn each(value: &str, style: Style, paths: impl Fn(&str) -> Vec<String>) -> Vec<String> {
    words::split(value, style).unwrap_or_default().iter().flat_map(|word| paths(word)).collect()
}

/// The part up to a colon, after an optional `-`.
fn first(value: &str, style: Style) -> Vec<String> {
    let first = words::split(value, style).unwrap_or_default().into_iter().next();
    first.map(|path| path.strip_prefix('-').map_or(path.clone(), str::to_owned)).into_iter().collect()
}

fn bind_list(value: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = value;
    while let Ok(Some(source)) = words::next(&mut rest, Style::BINDS) {
        let path = source.text.strip_prefix('-').unwrap_or(&source.text).to_owned();
        let mut destination = path.clone();
        let mut separator = source.separator;
        if separator == Some(':')
            && let Ok(Some(word)) = words::next(&mut rest, Style::BINDS)
        {
            (destination, separator) = (word.text, word.separator);
        }
        if separator == Some(':') {
            let _ = words::next(&mut rest, Style::QUOTED);
        }
        found.push((path, destination));
    }
    found
}

/// The files that match a pattern (glob(7)), and where others could be added.
pub(super) fn matches(pattern: &str) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::from("/")];
    let mut places = Vec::new();
    for part in pattern.split('/').filter(|part| !part.is_empty()) {
        let has_pattern = is_pattern(part);
        let next = found.iter().flat_map(|directory| {
            if !has_pattern {
                return vec![directory.join(part.replace('\\', ""))];
            }
            let entries = tree::entries(directory).unwrap_or_default().into_iter().map(|entry| entry.path);
            let fits = |path: &PathBuf| path.file_name().is_some_and(|name| fits(name, part));
            entries.filter(fits).collect()
        });
        let next = next.collect();
        if has_pattern {
            // A file that anybody could add there.
            places.extend(found.iter().map(|directory| directory.join(part)));
        }
        found = next;
    }
    found.into_iter().chain(places).collect()
}

fn is_pattern(part: &str) -> bool {
    let mut escaped = false;
    part.chars().any(|c| {
        let is_special = !escaped && matches!(c, '*' | '?' | '[');
        escaped = c == '\\' && !escaped;
        is_special
    })
}

/// Whether a name matches a pattern, in which a backslash escapes the next character.
fn fits(name: &OsStr, pattern: &str) -> bool {
    let options = MatchOptions { require_literal_leading_dot: true, ..MatchOptions::default() };
    let mut characters = pattern.chars();
    let mut in_brackets = String::new();
    while let Some(c) = characters.next() {
        match c {
            '\\' => in_brackets.extend(['['].into_iter().chain(characters.next()).chain([']'])),
            c => in_brackets.push(c),
        }
    }
    Pattern::new(&in_brackets).is_ok_and(|pattern| pattern.matches_with(&name.to_string_lossy(), options))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_name_paths() {
        let of = |name: &str, value: &str| -> Vec<String> {
            ROWS.iter().filter(|row| row.names.contains(&name)).flat_map(|row| (row.paths)(value)).collect()
        };
        for (name, value, paths) in [
            ("LoadCredential", "KEY:/a:b", "/a:b"),
            ("LoadCredential", "KEY", ""),
            ("StandardOutput", "append:/a b", "/a b"),
            ("StandardOutput", "journal", ""),
            ("OpenFile", "/a\\:b:name:append", "/a:b"),
            ("PIDFile", "web/pid", "/run/web/pid"),
            ("PIDFile", "/srv/pid", "/srv/pid"),
            ("BindPaths", "/a -/b:/c:norbind \"/d e\":/f", "/a|/b|/d e|/a|/c|/f"),
            ("TemporaryFileSystem", "/a:ro /b", "/a|/b"),
            ("MountImages", "-/a:/b /c:/d:ro", "/a|/c"),
            ("ExtensionDirectories", "-/a /b", "/a|/b"),
            ("Symlinks", "/a '/b c'", "/a|/b c"),
        ] {
            assert_eq!(of(name, value).join("|"), paths, "{name}={value}");
        }
    }

    #[test]
    fn names_fit_patterns() {
        for (name, pattern, expected) in [
            ("a.env", "*.env", true),
            (".env", "*env", false),
            ("a.env", "a?env", true),
            ("a1", "a[0-9]", true),
            ("a*", "a\\*", true),
            ("ab", "a\\*", false),
        ] {
            assert_eq!(fits(OsStr::new(name), pattern), expected, "{name} {pattern}");
        }
        assert_eq!(matches("/etc/a\\*b"), [Path::new("/etc/a*b")]);
    }
}

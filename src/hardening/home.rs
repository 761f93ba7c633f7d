//! What stays accessible if `/home`, `/root` and `/run/user` are hidden, and where a service can write.

use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::lines::Line;
use super::table::{DIR, Level, Measure, Opens};
use super::{Facts, HIDDEN, Selection};
use crate::spec::Scope;
use crate::systemd::path::mount;

/// `ProtectHome=tmpfs` mounts empty directories that everybody can write to, at least up to 252 (mode 1777), and whose
/// files are lost with the service. This overrides them with read-only ones.
const EMPTY: &str = "TemporaryFileSystem";

#[derive(Debug, Default)]
pub struct Home {
    /// `ProtectHome=` is written.
    hides: bool,
    /// `TemporaryFileSystem=` is written.
    empties: bool,
    /// A path as in a unit file, and whether it is writable.
    opened: Vec<(String, bool)>,
    /// For `ReadWritePaths=`.
    pub writable: Vec<String>,
    /// For `ReadOnlyPaths=`.
    pub read_only: Vec<String>,
}

impl Home {
    pub fn of(selection: &Selection, facts: &Facts) -> Home {
        let level = selection.level("ProtectHome");
        let keeps_dir = selection.level(DIR).is_none();
        let mut home = Home { hides: level.is_some() && !is_hidden_itself(facts), ..Home::default() };
        let is_empty = level.is_some_and(|level| level.values == ["tmpfs"]);
        home.empties = is_empty && !facts.is_typed(EMPTY);
        let opens = level.map_or(Opens::Nothing, |level| level.opens);
        let hides_all = home.hides && opens != Opens::Nothing;
        if hides_all {
            home.opened = opened(opens, keeps_dir, facts);
        }
        // Bind mounts have their own mode.
        let is_bound = |path: &Path| hides_all && facts.is_hidden(path);
        let strict = selection.level("ProtectSystem").is_some_and(|level| level.values == ["strict"]);
        let read_only_home = home.hides && !hides_all;
        let own = || std::iter::once(&facts.dir).chain(&facts.named).filter(|path| !is_bound(path));
        let written = |path: &PathBuf| mount(path.as_os_str().as_bytes()).ok().map(|path| optional(&path));
        if keeps_dir {
            let is_read_only = |path: &&PathBuf| strict || (read_only_home && facts.is_hidden(path));
            home.writable = own().filter(is_read_only).filter_map(written).collect();
        } else if !strict {
            home.read_only = own().filter(|path| path.parent().is_some()).filter_map(written).collect();
        }
        home
    }

    pub fn write(&self, measure: &Measure, level: &Level, lines: &mut Vec<Line>) {
        if !self.hides {
            return;
        }
        lines.extend(level.values.first().map(|value| Line::of(measure, *value)));
        if self.empties {
            let value = HIDDEN.map(|directory| format!("{directory}:ro,mode=0755")).join(" ");
            lines.push(Line::new(EMPTY, value, "makes writing there fail, which would otherwise be lost silently"));
        }
        for (value, writable) in &self.opened {
            lines.push(match writable {
                true => Line::new("BindPaths", value, "keeps this readable and writable"),
                false => Line::new("BindReadOnlyPaths", value, "keeps this readable"),
            });
        }
    }
}

/// Whether a directory would have to be both hidden and accessible: the service runs in `/root` or `/home` itself, or in
/// a root directory with its own `/home`.
fn is_hidden_itself(facts: &Facts) -> bool {
    let itself = |path: &Path| facts.hidden.iter().any(|hidden| hidden == path);
    let mut needed = std::iter::once(&facts.dir).chain(&facts.reads);
    let elsewhere = ["RootDirectory", "RootImage"].iter().any(|directive| facts.is_typed(directive));
    let unwritable = |path: &PathBuf| facts.is_hidden(path) && place(path, facts).is_none();
    elsewhere || needed.any(|path| itself(path) || unwritable(path))
}

/// The path, or its nearest parent that can be written in a unit file and is still inside a hidden directory.
fn place(path: &Path, facts: &Facts) -> Option<(PathBuf, String)> {
    let inside = |path: &&Path| facts.is_hidden(path) && !facts.hidden.iter().any(|hidden| hidden == path);
    let written = |path: &Path| Some((path.to_owned(), mount(path.as_os_str().as_bytes()).ok()?));
    path.ancestors().take_while(inside).find_map(written)
}

/// Without paths below other opened paths.
fn opened(opens: Opens, keeps_dir: bool, facts: &Facts) -> Vec<(String, bool)> {
    let own_home = facts.home.iter().filter(|_| opens == Opens::Home).map(|home| (home, true));
    let dir = std::iter::once(&facts.dir).chain(&facts.named).map(|path| (path, keeps_dir));
    let reads = facts.reads.iter().map(|path| (path, false));
    let all = own_home.chain(dir).chain(reads);
    let mut places: Vec<(PathBuf, String, bool)> = all
        .filter_map(|(path, writable)| place(path, facts).map(|(path, written)| (path, written, writable)))
        .collect();
    // Of two equal paths, the writable one is first and kept.
    places.sort_by(|one, other| (&one.0, !one.2).cmp(&(&other.0, !other.2)));
    let mut kept: Vec<(PathBuf, String, bool)> = Vec::new();
    for (path, written, writable) in places {
        let covers =
            |(parent, _, can_write): &(PathBuf, String, bool)| path.starts_with(parent) && (*can_write || !writable);
        if !kept.iter().any(covers) {
            kept.push((path, written, writable));
        }
    }
    let opened = kept.into_iter().map(|(_, written, writable)| (optional(&written), writable));
    // The notification socket of the user manager.
    let socket = (facts.scope == Scope::User && facts.notifies).then_some("%t/systemd/notify");
    let written = facts.written.iter().map(String::as_str).chain(socket);
    opened.chain(written.map(|path| (optional(path), false))).collect()
}

/// A path in a unit file that can be missing.
pub fn optional(written: &str) -> String {
    match written.strip_prefix('"') {
        Some(quoted) => format!("\"-{quoted}"),
        None => format!("-{written}"),
    }
}

//! What stays reachable where `/home`, `/root` and `/run/user` are hidden, and where a service may write.

use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::Facts;
use super::HIDDEN;
use super::Selection;
use super::lines::Line;
use super::lines::home_line;
use super::table::FOLDER;
use super::table::Measure;
use super::table::Opens;
use super::table::Rung;
use crate::spec::Scope;
use crate::systemd::path::mount;

/// Homes that `ProtectHome=tmpfs` hides are empty folders that everybody may write to, at least up to 252 (mode 1777):
/// what a service saves there is gone with it. Said with this as well, it is the read-only ones that count.
const EMPTY: &str = "TemporaryFileSystem";

/// What of the file system a service keeps.
#[derive(Debug, Default)]
pub struct Home {
    /// `ProtectHome=` is written.
    hides: bool,
    /// Empty folders take the place of what is hidden, and nothing else says how.
    empties: bool,
    /// What is opened again: a path as it is written, and whether it can be written to.
    opened: Vec<(String, bool)>,
    /// Where it may write although the system is read-only.
    writable: Vec<String>,
    /// What is read-only although nothing else makes it so.
    read_only: Vec<String>,
}

impl Home {
    /// Decides it for a selection.
    pub fn of(selection: &Selection, facts: &Facts) -> Home {
        let rung = selection.rung("ProtectHome");
        let keeps_folder = selection.rung(FOLDER).is_none();
        let mut home = Home { hides: rung.is_some() && !is_hidden_itself(facts), ..Home::default() };
        let is_empty = rung.is_some_and(|rung| rung.values == ["tmpfs"]);
        home.empties = is_empty && !facts.is_typed(EMPTY);
        let hides_all = home.hides && rung.is_some_and(|rung| rung.opens != Opens::Nothing);
        if hides_all {
            home.opened = opened(rung.map_or(Opens::Nothing, |rung| rung.opens), keeps_folder, facts);
        }
        // What is bound has its own say on whether it can be written to.
        let is_bound = |path: &Path| hides_all && facts.is_hidden(path);
        let strict = selection.rung("ProtectSystem").is_some_and(|rung| rung.values == ["strict"]);
        let read_only_home = home.hides && !hides_all;
        let own = || std::iter::once(&facts.folder).chain(&facts.named).filter(|path| !is_bound(path));
        let written = |path: &PathBuf| mount(path.as_os_str().as_bytes()).ok().map(|path| optional(&path));
        if keeps_folder {
            let closed = |path: &&PathBuf| strict || (read_only_home && facts.is_hidden(path));
            home.writable = own().filter(closed).filter_map(written).collect();
        } else if !strict {
            home.read_only = own().filter(|path| path.parent().is_some()).filter_map(written).collect();
        }
        home
    }

    /// Where it may write although the system is read-only.
    pub fn writable(&self) -> impl Iterator<Item = String> + '_ {
        self.writable.iter().cloned()
    }

    /// What is read-only although nothing else makes it so.
    pub fn read_only(&self) -> impl Iterator<Item = String> + '_ {
        self.read_only.iter().cloned()
    }

    /// Writes `ProtectHome=` with what it opens.
    pub fn write(&self, measure: &Measure, rung: &Rung, lines: &mut Vec<Line>) {
        if !self.hides {
            return;
        }
        lines.push(home_line(measure, rung));
        lines.extend(self.empties.then(|| Line {
            directive: EMPTY,
            value: HIDDEN.map(|folder| format!("{folder}:ro,mode=0755")).join(" "),
            reason: "has what it saves there fail, which would be lost without a word".to_owned(),
        }));
        for (value, writable) in &self.opened {
            let (directive, reason) = match writable {
                true => ("BindPaths", "leaves it this, to read and to write"),
                false => ("BindReadOnlyPaths", "leaves it this, to read"),
            };
            lines.push(Line { directive, value: value.clone(), reason: reason.to_owned() });
        }
    }
}

/// True where a folder could not be both hidden and open: it runs in `/root` or `/home` itself, or a root folder of
/// its own is asked for, which has its own `/home`.
fn is_hidden_itself(facts: &Facts) -> bool {
    let itself = |path: &Path| facts.hidden.iter().any(|hidden| hidden == path);
    let needed = std::iter::once(&facts.folder).chain(&facts.reads);
    let elsewhere = ["RootDirectory", "RootImage"].iter().any(|directive| facts.is_typed(directive));
    let unwritable = |path: &PathBuf| facts.is_hidden(path) && place(path, facts).is_none();
    elsewhere || needed.clone().any(|path| itself(path) || unwritable(path))
}

/// A path that can be written down: itself, or the nearest folder above it that is still inside of what is hidden.
fn place(path: &Path, facts: &Facts) -> Option<(PathBuf, String)> {
    let inside = |path: &&Path| facts.is_hidden(path) && !facts.hidden.iter().any(|hidden| hidden == path);
    let written = |path: &Path| Some((path.to_owned(), mount(path.as_os_str().as_bytes()).ok()?));
    path.ancestors().take_while(inside).find_map(written)
}

/// What is opened again, each once: what a folder holds need not be named beside it.
fn opened(opens: Opens, keeps_folder: bool, facts: &Facts) -> Vec<(String, bool)> {
    let own_home = facts.home.iter().filter(|_| opens == Opens::Home).map(|home| (home, true));
    let folder = std::iter::once((&facts.folder, keeps_folder));
    let named = facts.named.iter().map(|path| (path, keeps_folder));
    let reads = facts.reads.iter().map(|path| (path, false));
    let all = own_home.chain(folder).chain(named).chain(reads);
    let mut places: Vec<(PathBuf, String, bool)> = all
        .filter_map(|(path, writable)| place(path, facts).map(|(path, written)| (path, written, writable)))
        .collect();
    // The writable one of two first, so that the other is the one to go.
    places.sort_by(|one, other| (&one.0, !one.2).cmp(&(&other.0, !other.2)));
    let mut kept: Vec<(PathBuf, String, bool)> = Vec::new();
    for (path, written, writable) in places {
        let covers =
            |(folder, _, can_write): &(PathBuf, String, bool)| path.starts_with(folder) && (*can_write || !writable);
        if !kept.iter().any(covers) {
            kept.push((path, written, writable));
        }
    }
    let opened = kept.into_iter().map(|(_, written, writable)| (optional(&written), writable));
    // By the socket there a service tells its manager that it is up.
    let socket = (facts.scope == Scope::User && facts.notifies).then_some("%t/systemd/notify");
    let written = facts.written.iter().map(String::as_str).chain(socket);
    opened.chain(written.map(|path| (optional(path), false))).collect()
}

/// A path that may be missing.
fn optional(written: &str) -> String {
    match written.strip_prefix('"') {
        Some(quoted) => format!("\"-{quoted}"),
        None => format!("-{written}"),
    }
}

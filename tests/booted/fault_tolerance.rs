//! Faults at every system call that writes, renames, links, or sends: the run is killed, or the call fails. Afterwards
//! every file is old or new, and the next run completes the work. A run leads from one state to another, and the next
//! fault is injected on the way back, so that no state has to be reset. A run that changed nothing leaves the state for
//! the next one.

use std::collections::VecDeque;
use std::process::Stdio;

use crate::fault_injection::{Faults, Place, Point, Rig, Seen};
use crate::host::Inside as _;
use crate::setup::{booted, ran, unbooted};

#[apply(booted_test)]
fn user_install_and_remove_survive_kill() {
    there_and_back(Place::User, KILL, INSTALL);
}

#[apply(booted_test)]
fn system_install_and_remove_survive_kill() {
    there_and_back(Place::System, KILL, INSTALL);
}

/// systemd checks the unit before it is installed, in a directory for that.
#[apply(booted_test)]
fn user_checked_install_survives_kill() {
    there_and_back(Place::User, KILL, CHECKED);
}

#[apply(booted_test)]
fn system_checked_install_survives_kill() {
    there_and_back(Place::System, KILL, CHECKED);
}

#[apply(booted_test)]
fn offline_install_and_remove_survive_kill() {
    there_and_back(Place::Offline, KILL, INSTALL);
}

#[apply(booted_test)]
fn user_update_survives_kill() {
    there_and_back(Place::User, KILL, UPDATE);
}

#[apply(booted_test)]
fn system_update_survives_kill() {
    there_and_back(Place::System, KILL, UPDATE);
}

#[apply(booted_test)]
fn user_rename_survives_kill() {
    there_and_back(Place::User, KILL, RENAME);
}

#[apply(booted_test)]
fn offline_rename_survives_kill() {
    there_and_back(Place::Offline, KILL, RENAME);
}

#[apply(booted_test)]
fn system_rename_survives_io_errors() {
    there_and_back(Place::System, FAIL, RENAME);
}

#[apply(booted_test)]
fn killed_user_run_can_be_undone() {
    given_up(Place::User);
}

#[apply(booted_test)]
fn killed_offline_run_can_be_undone() {
    given_up(Place::Offline);
}

#[apply(booted_test)]
fn user_install_and_remove_survive_io_errors() {
    there_and_back(Place::User, FAIL, INSTALL);
}

#[apply(booted_test)]
fn system_install_and_remove_survive_io_errors() {
    there_and_back(Place::System, FAIL, INSTALL);
}

#[apply(booted_test)]
fn offline_install_and_remove_survive_io_errors() {
    there_and_back(Place::Offline, FAIL, INSTALL);
}

#[apply(booted_test)]
fn user_update_survives_io_errors() {
    there_and_back(Place::User, FAIL, UPDATE);
}

#[apply(booted_test)]
fn system_update_survives_io_errors() {
    there_and_back(Place::System, FAIL, UPDATE);
}

/// Two commands, each of which undoes the other.
pub type Lines = [&'static [&'static str]; 2];

pub const ADD: &[&str] = &["--settle", "0", "--name", "s", "sleep", "1000"];

const INSTALL: Lines = [ADD, &["remove", "s"]];

const CHECKED: Lines =
    [&["--settle", "0", "-p", "SystemCallFilter=~@clock", "--name", "s", "sleep", "1000"], &["remove", "s"]];

const UPDATE: Lines = [ADD, &["--settle", "0", "--name", "s", "sleep", "2000"]];

const RENAME: Lines = [&["rename", "--settle", "0", "s", "t"], &["rename", "--settle", "0", "t", "s"]];

pub const KILL: Faults = (&["signal=KILL"], &["signal=KILL"]);

pub const FAIL: Faults = (&["error=ENOSPC", "error=EIO"], &["error=EPIPE", "error=ECONNRESET"]);

/// One direction: the command that leads from one state to the other.
struct Way {
    line: &'static [&'static str],
    from: Seen,
    to: Seen,
    points: VecDeque<Point>,
}

fn there_and_back(place: Place, faults: Faults, lines: Lines) {
    let count = sweep(place, faults, lines);
    assert!(count > 15, "{count} points are not all there are");
}

/// Returns the number of faults.
pub fn sweep(place: Place, faults: Faults, lines: Lines) -> usize {
    let host = if place == Place::Offline { unbooted() } else { booted() };
    let session = (place == Place::User).then(|| host.open_session("ann"));
    let rig = Rig { host: &host, session: session.as_ref(), place };
    match lines {
        UPDATE => rig.plain(lines[1]),
        // The first run creates directories that stay.
        _ if lines[0][0].starts_with('-') => lines.iter().for_each(|line| rig.plain(line)),
        _ => [ADD, lines[0], lines[1]].iter().for_each(|line| rig.plain(line)),
    }
    sweep_in(&rig, faults, lines)
}

/// The same for a host on which both commands have been run.
pub fn sweep_in(rig: &Rig<'_>, faults: Faults, lines: Lines) -> usize {
    let mut last = rig.seen();
    let mut ways = lines.map(|line| {
        let points = rig.points(line, faults);
        let from = std::mem::replace(&mut last, rig.seen());
        Way { line, from, to: last.clone(), points }
    });
    assert!(ways[0].from.settled() == ways[1].to.settled(), "not undone: {}", ways[1].to.unlike(&ways[0].from));
    if lines == UPDATE || lines == RENAME {
        // The calls are the same in both directions: every other one on the way back.
        let all = std::mem::take(&mut ways[0].points);
        let nth = |rest| all.iter().skip(rest).step_by(2).cloned().collect();
        (ways[0].points, ways[1].points) = (nth(0), nth(1));
    }
    ways.iter_mut().for_each(Way::thin_out);
    let count = ways.iter().map(|way| way.points.len()).sum::<usize>();
    while ways.iter().any(|way| !way.points.is_empty()) {
        for way in &mut ways {
            go(rig, way);
        }
    }
    count
}

/// After a killed run, the other command restores everything.
fn given_up(place: Place) {
    let host = if place == Place::Offline { unbooted() } else { booted() };
    let session = (place == Place::User).then(|| host.open_session("ann"));
    let rig = Rig { host: &host, session: session.as_ref(), place };
    INSTALL.iter().for_each(|line| rig.plain(line));
    let mut from = rig.seen();
    for (line, back) in [(INSTALL[0], INSTALL[1]), (INSTALL[1], INSTALL[0])] {
        let points = rig.points(line, KILL);
        let to = rig.seen();
        rig.plain(back);
        let mut before = rig.seen();
        for point in points {
            let faulted = rig.run_with_fault(&point, line);
            if rig.seen().same_as(&before) {
                continue;
            }
            let next = ran(&mut rig.mkservice(back));
            before = rig.seen();
            let is_back = before.settled() == from.settled() && before.locks.is_empty();
            let told = || format!("{point:?} in {line:?}: {faulted:?}\nthen {next:?}\n{}", before.unlike(&from));
            // If nothing was created yet, there is nothing to remove.
            assert!(is_back && (next.code == 0 || next.code == 4), "{}\n{:?}", told(), before.locks);
        }
        rig.plain(line);
        from = to;
    }
}

/// Goes in one direction, once for each call with a fault at it.
fn go(rig: &Rig<'_>, way: &mut Way) {
    let before = rig.seen();
    assert!(before.settled() == way.from.settled(), "before {:?}: {}", way.line, before.unlike(&way.from));
    while let Some(point) = way.points.pop_front() {
        let faulted = rig.run_with_fault(&point, way.line);
        let after = rig.seen();
        let told = || format!("{point:?} in {:?}: {faulted:?}", way.line);
        way.check_whole(&after, &told);
        if faulted.code == 0 && faulted.stderr.is_empty() {
            assert!(after.settled() == way.to.settled(), "not done: {}\n{}", told(), after.unlike(&way.to));
        }
        if after.same_as(&before) {
            continue;
        }
        let next = ran(&mut rig.mkservice(way.line));
        // A service that is gone cannot be removed again, nor renamed once that was reported.
        let is_reported = way.line[0] == "remove" || way.line[0] == "rename" && faulted.code == 0;
        let is_gone = is_reported && next.code == 4 && after.settled() == way.to.settled();
        assert!(next.code == 0 || is_gone, "after {}\nthe next run: {next:?}\n{}", told(), after.unlike(&way.to));
        let now = rig.seen();
        assert!(now.settled() == way.to.settled(), "after {}\nand {next:?}\n{}", told(), now.unlike(&way.to));
        assert!(now.locks.is_empty(), "after {}: {:?}", told(), now.locks);
        return;
    }
    rig.plain(way.line);
}

/// How many faults there are in one direction, at most: a search for a sandbox has hundreds of calls.
const MOST: usize = 120;

impl Way {
    /// Leaves faults that are spread over the whole run.
    fn thin_out(&mut self) {
        let step = self.points.len().div_ceil(MOST).max(1);
        self.points = std::mem::take(&mut self.points).into_iter().step_by(step).collect();
    }

    /// Every file that systemd reads is old or new, and there are no others.
    fn check_whole(&self, seen: &Seen, told: &dyn Fn() -> String) {
        for (path, content) in &seen.files {
            let name = path.file_name().unwrap().to_string_lossy();
            // What a search for a sandbox tries is away after a boot, or with the next search.
            let is_tried = path.components().any(|part| part.as_os_str().to_string_lossy().ends_with(".control"));
            if name.starts_with('.') && name.ends_with(".tmp") || is_tried {
                continue;
            }
            let known = [&self.from, &self.to].map(|state| state.files.get(path));
            // Until a rename is complete, the new file says so, with a checksum of its own.
            let plain = |content: &String| {
                let marks = ["RenamedFrom=", "Checksum="];
                content
                    .lines()
                    .filter(|line| !marks.iter().any(|mark| line.starts_with(mark)))
                    .map(str::to_owned)
                    .collect::<Vec<_>>()
            };
            let is_marked =
                content.contains("RenamedFrom=") && known.iter().flatten().any(|known| plain(known) == plain(content));
            assert!(
                known.contains(&Some(content)) || name == "mkservice-lingering" || is_marked,
                "{}: {content:?} after {}",
                path.display(),
                told()
            );
        }
        // A file that stays is never missing in between.
        let stays = self.from.files.keys().filter(|path| self.to.files.contains_key(*path));
        stays.for_each(|path| assert!(seen.files.contains_key(path), "{} is away after {}", path.display(), told()));
    }
}

/// For an unknown unit, systemd reads a directory again only if its modification time has changed. Two changes can have
/// the same time.
#[apply(booted_test)]
fn unit_directory_with_an_unchanged_timestamp_is_read_anyway() {
    let host = booted();
    let traced = |inject: &str, name: &str| {
        let mut strace = host.root("strace");
        strace.args(["-f", "-qq", "-s", "400", "-o", "/tmp/calls", "-e", "trace=sendmsg", "-e", inject]);
        strace.args(["mkservice", "-v", "--settle", "0", "--name", name, "sleep", "1000"]);
        strace
    };
    assert_eq!(ran(&mut traced("signal=none", "first")).code, 0);
    let calls = std::fs::read_to_string(host.path("/tmp/calls")).unwrap();
    let start = calls.lines().position(|line| line.contains("StartUnit")).unwrap();
    assert_eq!(ran(host.root("mkservice").args(["remove", "first"])).code, 0);

    let time = host.root("stat").args(["-c", "%y", "/etc/systemd/system"]).text();
    // It stops at the call before.
    let mut new = traced(&format!("inject=sendmsg:signal=STOP:when={start}"), "new");
    let mut new = new.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let link = host.path("/etc/systemd/system/multi-user.target.wants").join("new.service");
    while link.symlink_metadata().is_err() {
        assert!(new.try_wait().unwrap().is_none(), "it was over before it could be stopped");
    }
    host.root("touch").args(["-d", time.trim(), "/etc/systemd/system"]).text();
    while new.try_wait().unwrap().is_none() {
        // It may stop only now.
        let _ = host.root("pkill").args(["-CONT", "-x", "mkservice"]).output();
    }
    let said = new.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    let steps: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("step: ")).collect();
    let again = ["start new.service", "reload the system manager", "start new.service"];
    assert!(said.status.success() && steps.ends_with(&again), "{said:?}");
    assert!(text.contains("new is running"), "{text}");
}

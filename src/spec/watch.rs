//! The paths that start a service when something happens to them, as `PathChanged=` and `PathExists=` have them
//! (systemd.path(5)).

use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use crate::systemd::path;
use crate::systemd::specifier::Percent;
use crate::systemd::text::Unwritable;

/// A `.path` unit beside the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watch {
    /// What is watched; at least one.
    pub paths: Vec<WatchedPath>,
}

/// What has to happen to a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathEvent {
    /// `PathChanged=`: a file was written and closed; in a folder, a file came or went.
    Changed,
    /// `PathExists=`: it is there. Still there after a run, it starts the next.
    Exists,
}

/// An absolute path, and what has to happen to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchedPath {
    event: PathEvent,
    path: PathBuf,
    written: String,
}

/// The longest path that the kernel takes, in bytes (`PATH_MAX` without the NUL).
const PATH_MAX: usize = 4095;

impl Watch {
    /// The paths that start it while they are there.
    pub fn existing(&self) -> impl Iterator<Item = &Path> {
        self.paths.iter().filter(|path| path.event == PathEvent::Exists).map(WatchedPath::path)
    }

    /// `StartLimitBurst=` and `StartLimitIntervalSec=` (in seconds) of the service.
    ///
    /// systemd's own limit is five starts in ten seconds, beyond which it watches no more: six files that are saved one
    /// after the other reach it (seen on 247 and 252). Every change is somebody's doing and no loop, so there is no
    /// limit for changes. A path that stays there starts one run after the other, which has to end.
    pub fn start_limit(&self) -> (Option<u64>, u64) {
        match self.existing().next().is_some() {
            true => (Some(20), 10),
            false => (None, 0),
        }
    }
}

impl PathEvent {
    /// The directive.
    pub fn directive(self) -> &'static str {
        match self {
            PathEvent::Changed => "PathChanged",
            PathEvent::Exists => "PathExists",
        }
    }

    /// The event of a directive.
    pub fn of(directive: &str) -> Option<PathEvent> {
        [PathEvent::Changed, PathEvent::Exists].into_iter().find(|event| event.directive() == directive)
    }
}

impl WatchedPath {
    /// Takes an absolute path without `..`.
    pub fn parse(event: PathEvent, path: &Path) -> Result<WatchedPath, Unwritable> {
        let bytes = path.as_os_str().as_bytes();
        if bytes.len() > PATH_MAX {
            return Err(Unwritable::TooLong(PATH_MAX));
        }
        // Neither are these quoted, and a slash at the end is left out once it is read.
        Ok(WatchedPath { event, path: path.to_owned(), written: path::working_directory(bytes, Percent::Literal)? })
    }

    /// What has to happen.
    pub fn event(&self) -> PathEvent {
        self.event
    }

    /// The path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// As it stands in a unit file.
    pub fn written(&self) -> &str {
        &self.written
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_themselves() {
        for (path, written) in
            [("/srv/in", "/srv/in"), ("/srv/100% \"x\"", "/srv/100%% \"x\""), ("/srv/end ", "/srv/end /")]
        {
            let watched = WatchedPath::parse(PathEvent::Changed, Path::new(path)).unwrap();
            assert_eq!((watched.path(), watched.written()), (Path::new(path), written));
        }
        assert_eq!(WatchedPath::parse(PathEvent::Exists, Path::new("/a\nb")), Err(Unwritable::LineBreak));
        let long = PathBuf::from(format!("/{}", "x".repeat(PATH_MAX)));
        assert_eq!(WatchedPath::parse(PathEvent::Exists, &long), Err(Unwritable::TooLong(PATH_MAX)));
    }

    #[test]
    fn only_what_stays_there_is_limited() {
        let watched = |event| WatchedPath::parse(event, Path::new("/x")).unwrap();
        assert_eq!(Watch { paths: vec![watched(PathEvent::Changed)] }.start_limit(), (None, 0));
        let both = vec![watched(PathEvent::Changed), watched(PathEvent::Exists)];
        assert_eq!(Watch { paths: both }.start_limit(), (Some(20), 10));
    }
}

//! Paths that trigger a service: `PathChanged=` and `PathExists=` (systemd.path(5)).

use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::systemd::path;
use crate::systemd::specifier::Percent;
use crate::systemd::text::Unwritable;

/// A `.path` unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Watch {
    /// At least one.
    pub paths: Vec<WatchedPath>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PathEvent {
    /// `PathChanged=`: a file was written and closed; in a directory, a file was added or removed.
    Changed,
    /// `PathExists=`: as long as it exists, each run is followed by another.
    Exists,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchedPath {
    event: PathEvent,
    path: PathBuf,
    written: String,
}

/// The longest path that the kernel accepts, in bytes (`PATH_MAX` without the NUL).
const PATH_MAX: usize = 4095;

impl Watch {
    /// The paths of `PathExists=`.
    pub fn existing(&self) -> impl Iterator<Item = &Path> {
        self.paths.iter().filter(|path| path.event == PathEvent::Exists).map(WatchedPath::path)
    }

    /// `StartLimitBurst=` and `StartLimitIntervalSec=` (in seconds) of the service.
    ///
    /// With systemd's default of 5 starts in 10s, the path unit fails when six files are saved one after the other
    /// (seen on 247 and 252). Changes cannot loop, so they have no limit. A path that stays there starts one run after
    /// the other, which must end.
    pub fn start_limit(&self) -> (Option<u64>, u64) {
        match self.existing().next().is_some() {
            true => (Some(20), 10),
            false => (None, 0),
        }
    }
}

impl PathEvent {
    pub fn directive(self) -> &'static str {
        match self {
            PathEvent::Changed => "PathChanged",
            PathEvent::Exists => "PathExists",
        }
    }

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
        // systemd does not unquote these either, and strips a trailing slash.
        Ok(WatchedPath { event, path: path.to_owned(), written: path::working_directory(bytes, Percent::Literal)? })
    }

    pub fn event(&self) -> PathEvent {
        self.event
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

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

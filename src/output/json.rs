//! The document that `--json` prints, as types: the keys are this file's field names, and `docs/output.schema.json` is made of it.

use std::{fmt, io};

use serde::ser::SerializeSeq as _;
use serde::{Serialize, Serializer};

use crate::shell;

/// Raised when a key changes its meaning or goes.
const FORMAT: u8 = 1;

/// Everything that one run prints.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    pub format: u8,
    /// `null` for a command line that could not be parsed.
    pub verb: Option<String>,
    pub exit_code: u8,
    /// Whether anything was changed, or would be with `--dry-run` or `--check`.
    pub changed: bool,
    /// The directory of `--root`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
    /// The services that the run is about, as they are now.
    pub services: Vec<Service>,
    /// What was done, or would be.
    pub steps: Vec<Step>,
    pub warnings: Vec<String>,
    pub notes: Vec<String>,
    pub errors: Vec<Error>,
    #[serde(flatten)]
    pub result: Result,
}

impl Default for Document {
    fn default() -> Document {
        Document {
            format: FORMAT,
            verb: None,
            exit_code: 0,
            changed: false,
            root: None,
            services: Vec::new(),
            steps: Vec::new(),
            warnings: Vec::new(),
            notes: Vec::new(),
            errors: Vec::new(),
            result: Result::default(),
        }
    }
}

/// What single verbs print besides.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Result {
    /// `apply`: how many services were created, changed and so on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<Summary>,
    /// `apply`: what happened to each service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changes: Option<Vec<Change>>,
    /// `export`: the manifest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// `import`: the format of the file that was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_format: Option<String>,
    /// `import`: the manifest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub toml: Option<String>,
    /// `import`: settings without an equivalent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_converted: Option<Vec<NotConverted>>,
    /// `logs`: the lines of the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "Option<Vec<Entry>>"))]
    pub entries: Option<Entries>,
    /// `cat`: unit files and drop-ins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files: Option<Vec<File>>,
    /// `doctor`: what was checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checks: Option<Vec<Check>>,
    /// `explain`: the directives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub directives: Option<Vec<Directive>>,
    /// `adopt`: the process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub process: Option<Process>,
    /// `adopt`: the processes to choose from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processes: Option<Vec<Process>>,
    /// `run`: the run that was waited for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<Run>,
    /// `harden --try`: what was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hardening: Option<Hardening>,
    /// `harden`: from 0 (hardened) to 10, as systemd-analyze(1) measures it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exposure: Option<f64>,
    /// `harden`: the directives that would be tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measures: Option<Vec<String>>,
}

/// A service, or an instance of one. What is not known is `null`.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Service {
    pub name: String,
    pub unit: String,
    pub scope: String,
    /// `running`, `waiting`, `degraded`, `done`, `changing`, `failed`, `restarting`, `stopped`, `broken`, `masked`,
    /// `unknown` or `removed`.
    pub state: String,
    pub load_state: Option<String>,
    pub active_state: Option<String>,
    pub sub_state: Option<String>,
    /// systemd's result of the last run (`Result=`).
    pub result: Option<String>,
    /// How its main process exited last; `null` if it has not since it was started.
    pub last_exit: Option<Exit>,
    /// Seconds since 1970 at which it entered its state.
    pub since: Option<u64>,
    pub pid: Option<u32>,
    /// How often systemd has restarted it since it was started.
    pub restarts: u32,
    /// `status`: the last of these restarts, in seconds since 1970, as far as the journal has them.
    pub restart_times: Option<Vec<u64>>,
    /// Bytes.
    pub memory: Option<u64>,
    /// Seconds of CPU time that it has used.
    pub cpu: Option<f64>,
    pub command: Vec<String>,
    pub working_directory: Option<String>,
    pub user: Option<String>,
    pub needs_reload: bool,
    pub invocation_id: Option<String>,
    pub enabled: Option<bool>,
    /// Whether lingering is enabled for the user; `null` in system scope.
    pub linger: Option<bool>,
    pub path: Option<String>,
    /// The file of services that declares it: its `name`, or its path.
    pub declared_by: Option<String>,
    /// `managed` by mkservice, `edited` by hand since, or `unmanaged`.
    pub origin: Option<&'static str>,
    /// From 0 (hardened) to 10, where systemd-analyze(1) measured it.
    pub exposure: Option<f64>,
    pub hardened: Option<bool>,
    pub drop_ins: Vec<String>,
    /// The file that counts instead of the service's own.
    pub shadowed_by: Option<String>,
    /// What starts it: timers, sockets and path units.
    pub triggers: Vec<Trigger>,
    /// `null` for a service without instances.
    pub instances: Option<Vec<Service>>,
    /// Of an instance: whether the service lists it.
    pub wanted: Option<bool>,
    /// `status`: why it does not work.
    pub explanation: Option<Explanation>,
    /// `status`: the last lines of its log.
    pub log: Option<Vec<String>>,
}

/// How a process exited: by itself with a code, or killed by a signal; neither is known of an exit before the current
/// run that counts as success.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Exit {
    pub code: Option<i32>,
    /// A number, as in signal(7).
    pub signal: Option<i32>,
    /// Seconds since 1970.
    pub time: u64,
}

/// A unit that starts a service.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Trigger {
    pub unit: String,
    pub active_state: Option<String>,
    pub sub_state: Option<String>,
    pub enabled: Option<bool>,
    pub result: Option<String>,
    /// Seconds since 1970.
    pub next: Option<u64>,
    /// Seconds since 1970.
    pub last: Option<u64>,
    /// Directive and value, such as `["OnCalendar", "daily"]`.
    pub on: Option<Vec<[String; 2]>>,
}

/// Why a service does not work.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Explanation {
    pub message: String,
    pub reason: Option<String>,
    pub hints: Vec<String>,
}

/// A change to the machine.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "action", rename_all = "kebab-case")]
pub enum Step {
    Write {
        path: String,
        text: String,
        difference: Option<Vec<String>>,
    },
    Replace {
        path: String,
        text: String,
        difference: Option<Vec<String>>,
    },
    MakeLogFile {
        path: String,
        owner: Option<String>,
    },
    WriteSecret {
        path: String,
    },
    ReplaceSecret {
        path: String,
    },
    LinkSecret {
        path: String,
        target: String,
    },
    Link {
        path: String,
        target: String,
    },
    Delete {
        path: String,
    },
    DeleteDirectory {
        path: String,
    },
    MoveDirectory {
        path: String,
        target: String,
    },
    Enable {
        unit: String,
    },
    Disable {
        unit: String,
    },
    Reload {
        scope: String,
    },
    ResetFailed {
        unit: String,
    },
    Linger {
        user: String,
        enable: bool,
    },
    Start {
        unit: String,
    },
    Restart {
        unit: String,
        /// `null` if the restart is what was requested.
        reason: Option<String>,
    },
    Stop {
        unit: String,
    },
    Kill {
        pids: Vec<u32>,
        force: bool,
    },
}

/// What went wrong.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Error {
    /// What kind of error, for programs.
    pub code: &'static str,
    pub message: String,
    pub exit_code: u8,
    /// Where in a manifest.
    pub place: Option<Place>,
    pub service: Option<String>,
    /// The last lines of the service's log.
    pub log: Vec<String>,
    pub reason: Option<String>,
    /// Lines that begin with `-` or `+`.
    pub difference: Vec<String>,
    /// The components of a path that others than root can change.
    pub path_components: Vec<PathComponent>,
    /// Steps that were done before, and stay.
    pub completed_steps: Vec<String>,
    /// Processes to choose from.
    pub candidates: Vec<String>,
    /// The command that starts a process again that `adopt` ended.
    pub restart_command: Option<String>,
    pub hints: Vec<String>,
}

/// A place in a manifest.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Place {
    pub file: String,
    pub line: usize,
    pub column: usize,
}

/// A file or directory on the way to a path.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PathComponent {
    pub path: String,
    pub target: Option<String>,
    pub owner: String,
    pub mode: String,
    /// Who besides root can change it.
    pub writers: Vec<String>,
}

/// How many services became what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Summary {
    pub created: usize,
    pub changed: usize,
    pub unchanged: usize,
    pub removed: usize,
    pub failed: usize,
}

/// What happened to a service of a manifest.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Change {
    pub name: String,
    /// A key of `summary`.
    pub change: &'static str,
    /// A unit of it was restarted, or would be.
    pub restarted: bool,
    /// Why; `null` if nothing is restarted.
    pub reason: Option<String>,
    /// The new version failed to start, and the previous one was restored.
    pub rolled_back: bool,
    pub difference: Vec<String>,
}

/// A setting that has no equivalent.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NotConverted {
    pub path: String,
    pub line: Option<usize>,
    pub message: String,
}

/// A line of a log.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Entry {
    /// Seconds since 1970; `null` for a line of a log file.
    pub time: Option<f64>,
    pub pid: Option<u32>,
    pub unit: Option<String>,
    /// The program, or the log file.
    pub from: String,
    pub message: String,
}

/// A unit file.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct File {
    pub service: String,
    pub path: String,
    pub text: String,
}

/// Something that `doctor` checked.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Check {
    pub check: String,
    pub ok: bool,
    pub message: String,
    pub hint: Option<String>,
}

/// A directive of systemd.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Directive {
    pub name: String,
    pub sections: Vec<&'static str>,
    pub summary: String,
    /// What values it accepts.
    pub expects: String,
    pub example: Option<String>,
    /// The first release that knows it; `null` for 247 and older.
    pub since: Option<u16>,
    /// The last release that knows it.
    pub until: Option<u16>,
    /// The release that is installed here.
    pub installed: Option<u32>,
    pub supported: Option<bool>,
    /// What is different in user scope.
    pub user_scope: Option<&'static str>,
    pub man_page: String,
}

/// A process.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Process {
    pub pid: u32,
    pub command: Vec<String>,
    pub program: Option<String>,
    pub working_directory: Option<String>,
    pub uid: u32,
    /// Seconds.
    pub age: u64,
    /// The file that its output goes to.
    pub output: Option<String>,
}

/// A run of a service that has exited.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Run {
    pub invocation_id: String,
    /// Seconds.
    pub duration: f64,
    pub log: Vec<String>,
}

/// What `harden --try` found.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Hardening {
    pub exposure_before: Option<f64>,
    pub exposure: Option<f64>,
    pub path: String,
    pub changed: bool,
    /// How often the service was started.
    pub starts: usize,
    /// Seconds.
    pub settle: f64,
    /// Whether its log could be read.
    pub log_read: bool,
    pub measures: Vec<Measure>,
}

/// A directive that was tried.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Measure {
    pub directive: &'static str,
    pub summary: &'static str,
    /// `null` where the service does not work with it.
    pub written: Option<String>,
    pub strictest: bool,
    /// The directive that it is part of.
    pub part_of: Option<&'static str>,
    /// Why it is not stricter.
    pub reason: Option<String>,
    /// The line of the log that shows it.
    pub log_line: Option<String>,
}

impl Document {
    /// Writes it with what moves a cursor or reorders text on a terminal escaped.
    pub fn write(&self, to: &mut impl io::Write) -> io::Result<()> {
        serde_json::to_writer_pretty(Escaped(to), self)?;
        to.write_all(b"\n")
    }
}

struct Escaped<'a, W>(&'a mut W);

impl<W: io::Write> io::Write for Escaped<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Strings are written in whole characters.
        let text = str::from_utf8(bytes).map_err(io::Error::other)?;
        for part in text.split_inclusive(|c| c != '\n' && !shell::is_printable(c)) {
            let last = part.chars().next_back().filter(|c| *c != '\n' && !shell::is_printable(*c));
            self.0.write_all(&part.as_bytes()[..part.len() - last.map_or(0, char::len_utf8)])?;
            for unit in last.iter().flat_map(|c| c.encode_utf16(&mut [0; 2]).to_vec()) {
                write!(self.0, "\\u{unit:04x}")?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Lines of a log, read when they are written: there can be more of them than memory.
pub struct Entries(pub Box<EachEntry>);

/// Passes on each line.
type EachEntry = dyn Fn(&mut dyn FnMut(Entry));

impl fmt::Debug for Entries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Entries")
    }
}

impl Serialize for Entries {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut entries = serializer.serialize_seq(None)?;
        let mut written = Ok(());
        (self.0)(&mut |entry| {
            if written.is_ok() {
                written = entries.serialize_element(&entry);
            }
        });
        written.and_then(|()| entries.end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped_and_read_back_the_same() {
        let message = "a\u{9b}31m\u{202e}\u{1b}[0m\u{fdd0}é日\u{10ffff}";
        let document = Document { warnings: vec![message.into()], ..Document::default() };
        let mut text = Vec::new();
        document.write(&mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(text.chars().all(|c| c == '\n' || shell::is_printable(c)), "{text:?}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap()["warnings"][0], message);
    }

    #[test]
    fn the_published_schema_is_that_of_the_document() {
        let schema = serde_json::to_string_pretty(&schemars::schema_for!(Document)).unwrap() + "\n";
        let published = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/output.schema.json");
        snapbox::assert_data_eq!(schema, snapbox::Data::read_from(published.as_ref(), None).raw());
    }
}

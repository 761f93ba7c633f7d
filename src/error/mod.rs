//! Everything that can go wrong, in one enum: what, where and why ([`std::fmt::Display`]), what to
//! do about it ([`Error::hint`]) and what the shell gets to know ([`Error::exit_code`]).

mod hint;
mod words;

use std::borrow::Cow;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::adopt::restart_command;
use crate::checks::trial::Failure;
use crate::diagnosis::Explanation;
use crate::host::access::Denied;
use crate::manifest;
use crate::model::Verb;
use crate::model::diagnostic::{
    self, Code, Details, Diagnostic, Done, FilePlace, PathComponent, RestartCommand, Subject,
};
use crate::model::message::Message;
pub use crate::model::message::{io_reason, some_of};
use crate::output::wording::Wording;
use crate::spec::{Scope, UnitName};
pub use words::{as_root, journalctl, shown, sudo, systemctl};
use words::{
    denied_words, ended_for_it, if_installed, of_keys, old_one, one_by_one, where_looked, where_ours, where_tried,
    who_can, why_unworkable,
};

/// The result of everything fallible here.
pub type Result<T> = std::result::Result<T, Error>;

/// A failure as the user is told of it.
#[derive(Debug, Error)]
#[allow(missing_docs, reason = "each variant's message says what it is")]
pub enum Error {
    // What was typed.
    #[error("{message}")]
    Usage { message: String, hint: Option<String> },
    #[error("`{option}` is not an option of mkservice{}", where_ours(.ours.is_some()))]
    StrayOption { option: String, corrected: Vec<OsString>, ours: Option<Vec<OsString>> },
    #[error("no command was given")]
    NoCommand,

    // What was meant cannot be.
    #[error("`{program}` without a script says nothing a service could be named after")]
    NoName { program: String, corrected: Vec<OsString> },
    #[error("{what} {why}")]
    Value { what: String, why: String, hint: Option<String> },
    #[error("there is no program `{program}`{}", where_looked(*.in_path))]
    NoProgram { program: String, in_path: bool, instead: Option<String> },
    #[error("there is no script `{script}` in {folder}")]
    NoScript { script: String, folder: String, instead: Option<PathBuf> },
    #[error("`{}` is not executable", shown(.0))]
    NotExecutable(PathBuf),
    #[error("`{0}` is a folder, not a program")]
    ProgramIsFolder(String),
    #[error("the folder `{path}` cannot be the working directory: {why}")]
    NoFolder { path: String, why: String, hint: Option<String> },
    #[error("the environment file `{path}` cannot be read: {why}")]
    NoEnvironmentFile { path: String, why: String },
    #[error("with the environment file `{path}` the service cannot start: {why}")]
    BadEnvironmentFile { path: String, why: String, mend: Option<String> },
    #[error("{account} may not {}", denied_words(.denied))]
    Denied { account: String, denied: Denied },
    #[error("`{}` would not work {}: {}", shown(&.failure.program), where_tried(.failure), why_unworkable(.failure))]
    Unworkable { failure: Box<Failure> },
    #[error("{name} would run as root, but {} can change {what} `{path}`", who_can(.way))]
    RootShell { name: UnitName, what: &'static str, path: String, way: Vec<PathComponent>, hints: Vec<String> },
    #[error("only root may change system services")]
    NeedsRoot { again: Vec<OsString> },
    #[error("the order to install a service is refused: {why}")]
    BadOrder { why: String },
    #[error("{place}: {what}")]
    BadManifest { place: manifest::Place, what: String, excerpt: Vec<String>, hint: Option<String> },
    #[error("{place}: service `{name}`: {}", of_keys(&.error.to_string()))]
    InFile { place: manifest::Place, name: UnitName, excerpt: Vec<String>, error: Box<Error> },
    #[error("{}", one_by_one(.0))]
    Several(Vec<Error>),
    #[error("`sudo mkservice --user` would speak to root's own manager, not to yours")]
    UserUnderSudo { again: Vec<OsString> },
    #[error("`{option}` needs the system scope: a user's manager runs everything as that user")]
    NeedsSystemScope { option: &'static str, again: Vec<OsString> },

    // What is there already.
    #[error("there is a service named `{name}` already: {path}")]
    NewNameTaken { name: UnitName, path: String },
    #[error("what was edited is no unit that can be installed: {why}")]
    EditRefused { why: String, copy: String, name: UnitName },

    // Processes that run already.
    #[error("{what}")]
    NoProcess { what: String, hint: Option<String> },
    #[error("{what}")]
    WhichProcess { what: String, table: Vec<String>, lines: Vec<String> },
    #[error("process {pid} (`{command}`) {why}")]
    NotAdoptable { pid: u32, command: String, why: String, hint: Option<String> },
    #[error("process {pid} (`{command}`) would be ended, and nobody is here to say yes")]
    NobodySaysYes { pid: u32, command: String, again: String },
    #[error("{name} {}does not run: {}; {}", if_installed(*.kept), .explanation.what, ended_for_it(*.kept))]
    NotAdopted { name: UnitName, explanation: Box<Explanation>, kept: bool, again: restart_command::RestartCommand },

    // What the machine did not do.
    #[error("{name} {}does not run: {}", if_installed(*.installed), .explanation.what)]
    NotRunning { name: UnitName, explanation: Box<Explanation>, installed: bool },
    #[error("the new {name} does not run: {}; {}", .explanation.what, old_one(*.runs))]
    PutBack { name: UnitName, explanation: Box<Explanation>, runs: Option<bool> },
    #[error("the run of {name} failed: {}", .explanation.what)]
    RunFailed { name: UnitName, explanation: Box<Explanation> },
    #[error("{name} still runs: its stop ended as `{result}`")]
    StillRunning { name: UnitName, result: String, scope: Scope },
    #[error("there is no manager to {verb} services: no systemd runs here")]
    NoManager { verb: Verb },
    #[error("the log of {name} may not be read by this account")]
    NoJournal { name: UnitName, account: String, scope: Scope },
    #[error("{cause}")]
    Halfway { cause: Box<Error>, done: Vec<String>, again: Option<String> },
    #[error("{}", plain(.0))]
    Data(diagnostic::Error),
}

/// What is built as data where it is found.
impl Error {
    pub fn new(code: Code, message: impl Into<Message>) -> Error {
        Error::Data(diagnostic::Error::new(code, message))
    }

    pub fn code(&self) -> Code {
        match self {
            Error::Data(error) => error.code(),
            other => other.diagnostics(false)[0].code,
        }
    }

    pub fn invalid(message: impl Into<Message>) -> Error {
        Error::new(Code::ValueInvalid, message)
    }

    fn data(self, change: impl FnOnce(diagnostic::Error) -> diagnostic::Error) -> Error {
        match self {
            Error::Data(error) => Error::Data(change(error)),
            other => other,
        }
    }

    pub fn hint(self, hint: impl Into<Message>) -> Error {
        self.data(|error| error.hint(hint))
    }

    pub fn hints(self, hints: impl IntoIterator<Item = Message>) -> Error {
        self.data(|error| error.hints(hints))
    }

    pub fn about(self, subject: Subject) -> Error {
        self.data(|error| error.about(subject))
    }

    pub fn about_option(self, name: impl Into<Cow<'static, str>>) -> Error {
        self.data(|error| error.about_option(name))
    }

    pub fn service(self, name: impl ToString) -> Error {
        self.data(|error| error.service(name))
    }

    pub fn program(program: &str, source: io::Error) -> Error {
        Error::Data(diagnostic::Error::program(program, source))
    }

    /// The first fault, where it is built as data.
    pub fn first(&self) -> Option<&Diagnostic> {
        match self {
            Error::Data(error) => Some(error.first()),
            _ => None,
        }
    }

    pub fn details(self, details: Details) -> Error {
        self.data(|error| error.details(details))
    }
}

/// What is not built as data yet.
impl Error {
    pub fn diagnostics(&self, is_root: bool) -> Vec<Diagnostic> {
        match self {
            Error::Data(error) => return error.each().to_vec(),
            Error::Several(errors) => return errors.iter().flat_map(|one| one.diagnostics(is_root)).collect(),
            _ => {}
        }
        let code = match self.exit_code() {
            1 => Code::FileAccess,
            3 => Code::NotRunning,
            4 => Code::ServiceNotFound,
            130 => Code::Interrupted,
            _ => Code::ValueInvalid,
        };
        let hint = self.hint_text().unwrap_or_default();
        let fit = |line: &str| Message::from(if is_root { as_root(line) } else { line.to_owned() });
        let place = self.in_file().map(|(place, excerpt)| FilePlace {
            file: place.file.clone(),
            line: place.line,
            column: place.column,
            excerpt: excerpt.to_vec(),
        });
        let message = match self {
            Error::BadManifest { what, .. } => what.clone(),
            Error::InFile { error, .. } => of_keys(&error.to_string()),
            other => other.to_string(),
        };
        let explanation = self.explanation().map(|it| {
            Box::new(diagnostic::Explanation {
                what: it.what.clone().into(),
                log: it.log.clone(),
                why: it.why.clone().map(Message::from),
                hints: Vec::new(),
            })
        });
        let done = |step: &String| Done { kind: "", text: step.clone() };
        let restart =
            self.again().map(|it| RestartCommand { line: it.line.clone().into(), secrets: it.secrets.clone() });
        vec![Diagnostic {
            code,
            subject: None,
            service: self.service_name(),
            message: message.into(),
            hints: hint.lines().map(fit).collect(),
            place,
            details: Details {
                difference: self.difference().to_vec(),
                choice: self.choice().to_vec(),
                way: self.way().to_vec(),
                explanation,
                done_before: self.done_before().iter().map(done).collect(),
                restart,
                corrected: None,
                reason: None,
            },
        }]
    }
}

fn plain(error: &diagnostic::Error) -> String {
    let wording = Wording { sudo: true, image: None };
    error.each().iter().map(|one| wording.message(one)).collect::<Vec<_>>().join("\n")
}

impl Error {
    /// A failed file operation; `action` completes “cannot …”.
    pub fn file(action: &'static str, path: &Path, source: io::Error) -> Error {
        Error::Data(diagnostic::Error::file(action, path, source))
    }

    /// Why a service does not run, where that is what went wrong.
    pub fn explanation(&self) -> Option<&Explanation> {
        match self {
            Error::NotRunning { explanation, .. }
            | Error::PutBack { explanation, .. }
            | Error::RunFailed { explanation, .. }
            | Error::NotAdopted { explanation, .. } => Some(explanation),
            Error::Halfway { cause, .. } | Error::InFile { error: cause, .. } => cause.explanation(),
            _ => None,
        }
    }

    /// How what is there differs from what was wanted: lines with `-` or `+` in front.
    pub fn difference(&self) -> &[String] {
        match self {
            Error::InFile { error, .. } => error.difference(),
            _ => &[],
        }
    }

    /// Where in a file of services it is, and how that looks there.
    pub fn in_file(&self) -> Option<(&manifest::Place, &[String])> {
        match self {
            Error::BadManifest { place, excerpt, .. } | Error::InFile { place, excerpt, .. } => Some((place, excerpt)),
            _ => None,
        }
    }

    /// Several errors as one; nothing where there is none.
    pub fn all(mut errors: Vec<Error>) -> Option<Error> {
        match errors.len() {
            0 | 1 => errors.pop(),
            _ => Some(Error::Several(errors)),
        }
    }

    /// The errors that it is made of: itself, where it is one.
    pub fn each(&self) -> &[Error] {
        match self {
            Error::Several(errors) => errors,
            one => std::slice::from_ref(one),
        }
    }

    /// Of an error with a service of a file that says no more than its text and its hint: which service, and both.
    pub fn of_service(&self) -> Option<(&UnitName, String)> {
        match self {
            Error::InFile { name, error, .. } if error.explanation().is_none() && error.difference().is_empty() => {
                Some((name, format!("{error}\n{}", self.hint_text().unwrap_or_default())))
            }
            _ => None,
        }
    }

    /// What there is to choose from, a line for each.
    pub fn choice(&self) -> &[String] {
        match self {
            Error::WhichProcess { table, .. } => table,
            Error::InFile { error, .. } => error.choice(),
            _ => &[],
        }
    }

    /// The way to a path that others than root can change.
    pub fn way(&self) -> &[PathComponent] {
        match self {
            Error::RootShell { way, .. } => way,
            Error::Halfway { cause, .. } | Error::InFile { error: cause, .. } => cause.way(),
            _ => &[],
        }
    }

    /// The line that starts again what was ended for nothing.
    pub fn again(&self) -> Option<&restart_command::RestartCommand> {
        match self {
            Error::NotAdopted { again, .. } => Some(again),
            Error::Halfway { cause, .. } | Error::InFile { error: cause, .. } => cause.again(),
            _ => None,
        }
    }

    /// What was done before it went wrong, and stays.
    pub fn done_before(&self) -> &[String] {
        match self {
            Error::Halfway { done, .. } => done,
            Error::InFile { error, .. } => error.done_before(),
            _ => &[],
        }
    }

    /// The service that it is about, where it is about one.
    pub fn service_name(&self) -> Option<String> {
        use Error::*;
        let name = match self {
            NewNameTaken { name, .. } | NotRunning { name, .. } | EditRefused { name, .. } => Some(name),
            NotAdopted { name, .. } | RunFailed { name, .. } | NoJournal { name, .. } => Some(name),
            PutBack { name, .. } | StillRunning { name, .. } => Some(name),
            RootShell { name, .. } | InFile { name, .. } => Some(name),
            Halfway { cause, .. } => return cause.service_name(),
            Data(error) => return error.first().service.clone(),
            _ => None,
        };
        name.map(ToString::to_string)
    }

    /// The same with what was done before it, when it came in the middle of the work: not for what
    /// was refused, nor for what is told of a service that does not run. `again` takes back what
    /// was done.
    pub fn halfway(self, done: Vec<Done>, again: Option<String>) -> Error {
        match self.exit_code() {
            1 | 130 if !done.is_empty() => match self {
                Error::Data(error) => Error::Data(error.halfway(done, again.map(Message::from))),
                other => other.halfway_before(done.into_iter().map(|step| step.text).collect(), again),
            },
            _ => self,
        }
    }

    fn halfway_before(self, done: Vec<String>, again: Option<String>) -> Error {
        match self.exit_code() {
            1 | 130 if !done.is_empty() => Error::Halfway { cause: Box::new(self), done, again },
            _ => self,
        }
    }

    /// The exit code: 2 for what was refused, 3 for installed but not running, 4 for no such
    /// service, 1 for everything that failed, 130 for an interrupt, as shells have it.
    pub fn exit_code(&self) -> u8 {
        use Error::*;
        match self {
            StillRunning { .. } | NoManager { .. } | NoJournal { .. } => 1,
            Halfway { cause, .. } | InFile { error: cause, .. } => cause.exit_code(),
            Data(error) => error.exit_code(),
            Several(errors) => errors.first().map_or(1, Error::exit_code),
            NotRunning { .. } | PutBack { .. } | NotAdopted { .. } | RunFailed { .. } => 3,
            NoProcess { .. } => 4,
            _ => 2,
        }
    }
}

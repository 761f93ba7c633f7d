//! Errors and hints as data; `output` writes the text.

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};

use super::command::run;
use super::log_line::LogLine;
use super::message::{Message, io_reason, message, quoted, quoted_path};

pub type Result<T> = std::result::Result<T, Error>;

/// One or more errors, never none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error(Vec<Diagnostic>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    pub code: Code,
    /// The part of the input that it concerns.
    pub subject: Option<Subject>,
    /// The service that it concerns.
    pub service: Option<String>,
    pub message: Message,
    pub hints: Vec<Message>,
    /// Where the input is in a file.
    pub place: Option<FilePlace>,
    pub details: Details,
}

/// Printed after the message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Details {
    /// Lines of the present file with `-` before them, and of the wanted one with `+`.
    pub difference: Vec<String>,
    /// One line for each candidate.
    pub choice: Vec<String>,
    /// The components of a path that users other than root can change.
    pub path_components: Vec<PathComponent>,
    /// Why a service does not run.
    pub explanation: Option<Box<Explanation>>,
    /// Completed steps, which were not rolled back.
    pub done_before: Vec<CompletedStep>,
    /// Starts a stopped process again.
    pub restart: Option<RestartCommand>,
    /// The error text of systemd or of a program.
    pub reason: Option<String>,
}

/// A note or warning, with hints.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Note {
    pub message: Message,
    pub hints: Vec<Message>,
}

impl Note {
    pub fn hint(mut self, hint: impl Into<Message>) -> Note {
        self.hints.push(hint.into());
        self
    }
}

impl<T> From<T> for Note
where
    Message: From<T>,
{
    fn from(text: T) -> Note {
        Note { message: Message::from(text), hints: Vec::new() }
    }
}

/// A part of the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// The command of the service.
    Command,
    /// An option by its long name without dashes, and the index of its value.
    Option { name: Cow<'static, str>, value: Option<usize> },
}

impl Subject {
    pub fn option(name: impl Into<Cow<'static, str>>) -> Subject {
        Subject::Option { name: name.into(), value: None }
    }

    /// The value of an option that can be given several times.
    pub fn value(name: impl Into<Cow<'static, str>>, value: usize) -> Subject {
        Subject::Option { name: name.into(), value: Some(value) }
    }
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePlace {
    /// The file, as it was named.
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    /// The character in that line, counted from 1.
    pub column: usize,
    /// The line, and a mark below the error.
    pub excerpt: Vec<String>,
}

/// A completed step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompletedStep {
    /// Consecutive steps of a kind are printed as one.
    pub kind: &'static str,
    pub text: String,
}

/// A component of a path and who can change it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathComponent {
    /// Without links before it.
    pub path: PathBuf,
    /// The target of a link.
    pub target: Option<PathBuf>,
    /// Name or number.
    pub owner: String,
    /// As in `ls -l`: `drwxr-xr-x`.
    pub mode: String,
    /// Users besides root who can change it or replace what is in it.
    pub writers: Vec<String>,
}

/// Why a service does not run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Explanation {
    pub what: Message,
    /// What systemd does about it, unless the service is rolled back.
    pub retry: Option<Retry>,
    /// The last log lines of the program, or of systemd if the program never ran; safe to print on a terminal.
    pub log: Vec<LogLine>,
    /// The probable reason.
    pub why: Option<Message>,
    pub hints: Vec<Message>,
}

/// What systemd does about a service that failed and is to be restarted (`Restart=`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Retry {
    Due,
    Done,
    /// `StartLimitBurst=`
    LimitReached,
}

impl Retry {
    /// The end of a sentence.
    pub fn words(self) -> &'static str {
        match self {
            Retry::Due => ", and systemd is about to start it again",
            Retry::Done => ", and systemd has started it again",
            Retry::LimitReached => ", and it reached its start limit: systemd does not start it again",
        }
    }
}

impl Explanation {
    /// What happened, and what systemd does about it.
    pub fn whole(&self) -> Message {
        message!("{}{}", &self.what, self.retry.map_or("", Retry::words))
    }
}

/// A command that starts a process again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestartCommand {
    pub line: Message,
    /// Variables that are omitted because their values look like secrets.
    pub secrets: Vec<String>,
}

impl Error {
    pub fn new(code: Code, message: impl Into<Message>) -> Error {
        Error(vec![Diagnostic {
            code,
            subject: None,
            service: None,
            message: message.into(),
            hints: Vec::new(),
            place: None,
            details: Details::default(),
        }])
    }

    /// A value of an option, or another part of the input, that cannot be.
    pub fn invalid(message: impl Into<Message>) -> Error {
        Error::new(Code::ValueInvalid, message)
    }

    /// Several errors as one; `None` without any.
    pub fn all(errors: Vec<Error>) -> Option<Error> {
        let all: Vec<Diagnostic> = errors.into_iter().flat_map(|error| error.0).collect();
        (!all.is_empty()).then_some(Error(all))
    }

    pub fn each(&self) -> &[Diagnostic] {
        &self.0
    }

    pub fn into_each(self) -> Vec<Diagnostic> {
        self.0
    }

    /// Its code is the exit code.
    pub fn first(&self) -> &Diagnostic {
        &self.0[0]
    }

    pub fn code(&self) -> Code {
        self.first().code
    }

    pub fn exit_code(&self) -> u8 {
        self.code().exit_code()
    }

    pub fn hint(self, hint: impl Into<Message>) -> Error {
        let hint = hint.into();
        self.map(|it| it.hints.push(hint.clone()))
    }

    pub fn hints(self, hints: impl IntoIterator<Item = Message>) -> Error {
        hints.into_iter().fold(self, Error::hint)
    }

    pub fn about(self, subject: Subject) -> Error {
        self.map(|it| it.subject = Some(subject.clone()))
    }

    pub fn about_option(self, name: impl Into<Cow<'static, str>>) -> Error {
        self.about(Subject::option(name))
    }

    pub fn service(self, name: impl ToString) -> Error {
        self.map(|it| it.service = Some(name.to_string()))
    }

    pub fn details(self, details: Details) -> Error {
        self.map(|it| it.details = details.clone())
    }

    /// Adds why a service does not run.
    pub fn explained(self, explanation: Explanation) -> Error {
        let explanation = Box::new(explanation);
        self.map(|it| {
            it.hints.extend(explanation.hints.iter().cloned());
            it.details.explanation = Some(explanation.clone());
        })
    }

    /// Adds the steps that were completed before the error, and the command that undoes them.
    pub fn halfway(self, done: Vec<CompletedStep>, undo: Option<Message>) -> Error {
        if done.is_empty() || !matches!(self.exit_code(), 1 | 130) {
            return self;
        }
        self.map(|it| {
            it.details.done_before = done.clone();
            it.hints.extend(match (it.hints.is_empty(), &undo) {
                (true, Some(undo)) => Some(message!("run the command again once this is fixed, or undo it: {}", undo)),
                (true, None) => Some(message!("run the command again once this is fixed")),
                (false, Some(undo)) => Some(message!("or undo it: {}", undo)),
                (false, None) => None,
            });
        })
    }

    /// A failed file operation; `action` completes "cannot ...".
    pub fn file(action: &'static str, path: &Path, source: io::Error) -> Error {
        let message = message!("cannot {} {}: {}", action, quoted_path(path), io_reason(&source));
        let error = Error::new(Code::FileAccess, message);
        match source.kind() {
            io::ErrorKind::PermissionDenied => {
                error.hint(message!("check permissions: {}", run("namei").arg("-l").path(path)))
            }
            _ => error,
        }
    }

    /// A program that could not be run.
    pub fn program(program: &str, source: io::Error) -> Error {
        Error::new(Code::ProgramFailed, message!("cannot run {}: {}", quoted(program), io_reason(&source)))
    }

    pub fn map(mut self, change: impl Fn(&mut Diagnostic)) -> Error {
        self.0.iter_mut().for_each(change);
        self
    }
}

impl From<Diagnostic> for Error {
    fn from(diagnostic: Diagnostic) -> Error {
        Error(vec![diagnostic])
    }
}

macro_rules! codes {
    ($($name:ident $word:literal $exit_code:literal)*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code { $(#[doc = $word] $name,)* }

        impl Code {
            /// As in JSON.
            pub fn word(self) -> &'static str {
                match self { $(Code::$name => $word,)* }
            }

            /// 1 for a failure, 2 for a refusal, 3 for a service that does not run, 4 for a missing service or process, and
            /// 130 for an interrupt, as in shells.
            pub fn exit_code(self) -> u8 {
                match self { $(Code::$name => $exit_code,)* }
            }
        }
    };
}

codes! {
    // Input.
    Usage "usage" 2
    UnknownOption "unknown-option" 2
    CommandMissing "command-missing" 2
    ValueInvalid "value-invalid" 2
    NameInvalid "name-invalid" 2
    NameMissing "name-missing" 2
    FileInvalid "file-invalid" 2
    // Facts of the host.
    ProgramNotFound "program-not-found" 2
    ScriptNotFound "script-not-found" 2
    ProgramNotExecutable "program-not-executable" 2
    WorkingDirectory "working-directory" 2
    EnvironmentFile "environment-file" 2
    UserNotFound "user-not-found" 2
    AccessDenied "access-denied" 2
    InterpreterFails "interpreter-fails" 2
    UnsafePath "unsafe-path" 2
    RootRequired "root-required" 2
    RootNotReached "root-not-reached" 2
    OrderRefused "order-refused" 2
    ScopeWrong "scope-wrong" 2
    SystemScopeRequired "system-scope-required" 2
    HomeUnknown "home-unknown" 2
    DirectoryNotOwn "directory-not-own" 2
    DirectoryNotRead "directory-not-read" 2
    Conflict "conflict" 2
    SystemdNotInstalled "systemd-not-installed" 2
    // Installed services.
    NameTaken "name-taken" 2
    EditedByHand "edited-by-hand" 2
    Masked "masked" 2
    NotManaged "not-managed" 2
    Shadowed "shadowed" 2
    UnitFileMissing "unit-file-missing" 2
    ServiceNotFound "service-not-found" 4
    ServiceMissing "service-missing" 2
    EditorNotFound "editor-not-found" 2
    EditorFailed "editor-failed" 1
    EditRefused "edit-refused" 2
    // Processes.
    ProcessNotFound "process-not-found" 4
    ProcessAmbiguous "process-ambiguous" 2
    ProcessNotAdoptable "process-not-adoptable" 2
    ConfirmationMissing "confirmation-missing" 2
    ProcessExited "process-exited" 2
    ProcessStillRuns "process-still-runs" 1
    ProcessSignal "process-signal" 1
    // Failures.
    FileAccess "file-access" 1
    ManagerMissing "manager-missing" 1
    ManagerUnreachable "manager-unreachable" 1
    CallFailed "call-failed" 1
    CallRefused "call-refused" 1
    CallTimeout "call-timeout" 1
    Busy "busy" 1
    NotRunning "not-running" 3
    RolledBack "rolled-back" 3
    RunFailed "run-failed" 3
    RunContinues "run-continues" 130
    StillRunning "still-running" 1
    SystemdMissing "systemd-missing" 1
    LogDenied "log-denied" 1
    ProgramFailed "program-failed" 1
    Interrupted "interrupted" 130
}

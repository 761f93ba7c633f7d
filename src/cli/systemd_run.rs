//! Options of systemd-run(1) that are not options of mkservice: each is one here, has no effect, or is refused.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

use super::invocation::GivenOption;
use crate::model::Verb;
use crate::model::command::{Command, mkservice, run};
use crate::model::diagnostic::{Code, Error, Note, Result};
use crate::model::message::{Message, message, opt, quoted, set};
use crate::systemd::directives::value::boolean;

pub(super) struct Row {
    /// Without dashes.
    pub name: &'static str,
    pub short: Option<char>,
    pub has_value: bool,
    meaning: Meaning,
}

enum Meaning {
    /// `-p DIRECTIVE=VALUE`; the value of the option is the last argument.
    Property(&'static str, fn(&OsStr) -> OsString),
    /// Directives of the unit that starts the service: those of options become these.
    Trigger(&'static str, &'static [(&'static str, Of)]),
    /// What mkservice does anyway; with this option it is a contradiction.
    Default(Option<&'static str>),
    NoEffect(&'static str),
    /// With the reason.
    Refused(&'static str, Advice),
}

/// The option of a directive.
#[derive(Clone, Copy)]
enum Of {
    Value(&'static str),
    Flag(&'static str),
    /// `ListenDatagram=`
    Udp,
}

enum Advice {
    Text(&'static str),
    Run(fn(bool) -> Command),
}

const fn flag(name: &'static str, short: Option<char>, meaning: Meaning) -> Row {
    Row { name, short, has_value: false, meaning }
}

const fn value(name: &'static str, short: Option<char>, meaning: Meaning) -> Row {
    Row { name, short, has_value: true, meaning }
}

const TERMINAL: Meaning =
    Meaning::Refused("a service has no terminal", Advice::Text("leave it out: the output goes to the journal"));

const TIMER: &[(&str, Of)] = &[
    ("OnCalendar", Of::Value("on-calendar")),
    ("OnBootSec", Of::Value("on-boot")),
    ("OnStartupSec", Of::Value("on-startup")),
    ("OnActiveSec", Of::Value("on-active")),
    ("OnUnitActiveSec", Of::Value("on-unit-active")),
    ("OnUnitInactiveSec", Of::Value("on-unit-inactive")),
    ("OnClockChange", Of::Flag("on-clock-change")),
    ("OnTimezoneChange", Of::Flag("on-timezone-change")),
    ("RandomizedDelaySec", Of::Value("randomized-delay")),
    ("Persistent", Of::Flag("persistent")),
];

const PATH: &[(&str, Of)] =
    &[("PathChanged", Of::Value("on-path-changed")), ("PathExists", Of::Value("on-path-exists"))];

const SOCKET: &[(&str, Of)] = &[("ListenStream", Of::Value("listen")), ("ListenDatagram", Of::Udp)];

pub(super) const ROWS: &[Row] = &[
    value("slice", None, Meaning::Property("Slice", slice)),
    flag("remain-after-exit", Some('r'), Meaning::Property("RemainAfterExit", |_| "yes".into())),
    flag("send-sighup", None, Meaning::Property("SendSIGHUP", |_| "yes".into())),
    value("root-directory", None, Meaning::Property("RootDirectory", OsStr::to_owned)),
    value("timer-property", None, Meaning::Trigger("Timer", TIMER)),
    value("path-property", None, Meaning::Trigger("Path", PATH)),
    value("socket-property", None, Meaning::Trigger("Socket", SOCKET)),
    flag("same-dir", Some('d'), Meaning::Default(Some("working-directory"))),
    flag("same-root-dir", Some('R'), Meaning::Default(None)),
    flag("collect", Some('G'), Meaning::NoEffect("a service stays installed until it is removed")),
    flag("no-block", None, Meaning::NoEffect("mkservice waits until the service has started")),
    value("job-mode", None, Meaning::NoEffect("other jobs of systemd keep their order")),
    flag("no-ask-password", None, Meaning::NoEffect("only sudo asks for a password")),
    value("background", None, Meaning::NoEffect("a service has no terminal")),
    value("output", None, Meaning::NoEffect("the log lines of a failed start have one format")),
    flag("no-pager", None, Meaning::NoEffect("mkservice does not start a pager")),
    flag("pty", Some('t'), TERMINAL),
    flag("tty", None, TERMINAL),
    flag("pty-late", Some('T'), TERMINAL),
    flag(
        "pipe",
        Some('P'),
        Meaning::Refused(
            "a service is not part of a pipeline",
            Advice::Text("leave it out: the output goes to the journal, or to a file with --log-file FILE"),
        ),
    ),
    flag(
        "shell",
        Some('S'),
        Meaning::Refused(
            "a service has no terminal",
            Advice::Run(|is_user| {
                let systemd_run = run("systemd-run").args(is_user.then_some("--user"));
                systemd_run.arg("--shell")
            }),
        ),
    ),
    flag(
        "scope",
        None,
        Meaning::Refused(
            "a scope ends with the session that started it",
            Advice::Text("leave it out: a service keeps running"),
        ),
    ),
    flag(
        "wait",
        None,
        Meaning::Refused(
            "a service keeps running",
            Advice::Text("leave it out; with --service-type oneshot, mkservice waits until the program has exited"),
        ),
    ),
    flag(
        "slice-inherit",
        None,
        Meaning::Refused("at boot there is no session whose slice it could be", Advice::Text("name one: --slice NAME")),
    ),
    value(
        "host",
        Some('H'),
        Meaning::Refused("mkservice works on this machine", Advice::Text("run mkservice on that machine, with ssh")),
    ),
    value(
        "machine",
        Some('M'),
        Meaning::Refused("mkservice works on this machine", Advice::Text("run mkservice in the container")),
    ),
    value(
        "capsule",
        Some('C'),
        Meaning::Refused("mkservice works with the user and system managers", Advice::Text("use --user or --system")),
    ),
];

/// Whether the service's options can be given with a verb.
pub(super) fn is_for(verb: Verb) -> bool {
    matches!(verb, Verb::Add | Verb::Adopt | Verb::Update)
}

/// The options of mkservice that a given option stands for; `None` if it has no effect, is refused, or is one of
/// mkservice's.
pub(super) fn options(verb: Verb, given: &GivenOption) -> Option<Vec<GivenOption>> {
    if given.is("json") {
        return json(verb, given);
    }
    let row = row(given)?;
    let value = given.value.as_deref().unwrap_or_default();
    let option = |name: &str, value: Option<&OsStr>| vec![GivenOption::new(verb, name, value)];
    let property = |name: &str, value: &OsStr| {
        let assignment = [name.as_bytes(), b"=", value.as_bytes()].concat();
        option("property", Some(&OsString::from_vec(assignment)))
    };
    match &row.meaning {
        Meaning::Property(directive, written) => Some(property(directive, &written(value))),
        Meaning::Trigger(section, directives) => {
            let (name, value) = value.to_str()?.split_once('=')?;
            let of = directives.iter().find(|(directive, _)| *directive == name).map(|(_, of)| *of);
            Some(match (of, boolean(value)) {
                (Some(Of::Value(name)), _) if !value.is_empty() => option(name, Some(value.as_ref())),
                (Some(Of::Flag(name)), Some(true)) => option(name, None),
                (Some(Of::Flag(_)), Some(false)) => Vec::new(),
                (Some(Of::Udp), _) => option("listen", Some(format!("udp:{value}").as_ref())),
                _ => property(&format!("{section}.{name}"), value.as_ref()),
            })
        }
        Meaning::Default(_) | Meaning::NoEffect(_) | Meaning::Refused(..) => None,
    }
}

/// `--json=short`: with systemd-run, the option has a value.
fn json(verb: Verb, given: &GivenOption) -> Option<Vec<GivenOption>> {
    match given.value.as_deref()?.to_str()? {
        "pretty" | "short" => Some(vec![GivenOption::new(verb, "json", None)]),
        "off" => Some(Vec::new()),
        _ => None,
    }
}

/// As systemd-run completes it.
fn slice(name: &OsStr) -> OsString {
    let suffix: &[u8] = if name.as_bytes().ends_with(b".slice") { b"" } else { b".slice" };
    OsString::from_vec([name.as_bytes(), suffix].concat())
}

fn row(given: &GivenOption) -> Option<&'static Row> {
    let is_of_it = |row: &&Row| given.is(row.name) && row.has_value == given.value.is_some();
    ROWS.iter().find(is_of_it)
}

/// The directive that an option of systemd-run sets, by its name without dashes.
pub fn directive_of(name: &str) -> Option<&'static str> {
    let row = ROWS
        .iter()
        .find(|row| row.name == name || row.short.is_some_and(|short| name.len() == 1 && name.starts_with(short)))?;
    match row.meaning {
        Meaning::Property(directive, _) => Some(directive),
        _ => None,
    }
}

/// Whether it is an option of systemd-run that is not one of mkservice.
pub(super) fn is_foreign(given: &GivenOption) -> bool {
    ROWS.iter().any(|row| given.is(row.name))
}

/// Refuses an option that has no meaning for a service. `others` are the options of mkservice.
pub(super) fn refuse(given: &GivenOption, others: &[GivenOption]) -> Result<()> {
    let name = || given.name().unwrap_or_default();
    let refuse = |message: Message| Error::new(Code::Usage, message).about_option(name());
    let Some(row) = row(given) else {
        let help = message!("show the usage: {}", mkservice(["--help"]));
        return Err(match given.value {
            None => refuse(message!("{} requires a value", opt(name()))).hint(help),
            Some(_) => refuse(message!("{} does not accept a value", opt(name()))),
        });
    };
    match &row.meaning {
        Meaning::Refused(why, advice) => {
            let hint: Message = match advice {
                Advice::Text(text) => (*text).into(),
                Advice::Run(command) => command(!others.iter().any(|other| other.is("system"))).into(),
            };
            Err(refuse(message!("{} is not possible: {}", opt(name()), *why)).hint(hint))
        }
        Meaning::Default(Some(other)) if others.iter().any(|given| given.is(other)) => {
            Err(refuse(message!("{} cannot be combined with {}", opt(name()), opt(*other))))
        }
        Meaning::Trigger(..) => {
            let value = given.value.as_deref().unwrap_or_default();
            let error = refuse(message!("{}: {} has no `=`", opt(name()), quoted(value)));
            Err(error.hint(set(name(), "NAME=VALUE")))
        }
        Meaning::Property(..) | Meaning::Default(_) | Meaning::NoEffect(_) => Ok(()),
    }
}

/// Says that an option has no effect.
pub(super) fn note(given: &GivenOption) -> Option<Note> {
    match row(given)?.meaning {
        Meaning::NoEffect(why) => Some(message!("{} has no effect: {}", opt(row(given)?.name), why).into()),
        _ => None,
    }
}

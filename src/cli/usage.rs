//! What clap refuses, in the words that all our errors have; and the texts that were asked for.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::invocation;
use crate::model::Verb;
use crate::model::command::mkservice;
use crate::model::diagnostic::{Code, Error, Result};
use crate::model::message::{Message, Part, message, opt, quoted};
use crate::systemd::directives::{NEWEST, OLDEST};

/// Prints help or version where that is what clap stopped for; anything else is an error.
pub fn answer(refused: &clap::Error, verb: Option<Verb>) -> Result<()> {
    match refused.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => match refused.print() {
            // A closed pipe is not an error.
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(Error::file("write", "/dev/stdout".as_ref(), error))
            }
            _ => Ok(()),
        },
        _ => Err(error(refused, verb)),
    }
}

/// What `--version -v` adds: a line for each fact of the build.
pub fn build() -> String {
    let linked = if cfg!(target_feature = "crt-static") { "static" } else { "dynamic" };
    let commit = if env!("MKSERVICE_COMMIT").is_empty() { "unknown" } else { env!("MKSERVICE_COMMIT") };
    let target = env!("MKSERVICE_TARGET");
    format!("commit      {commit}\ndirectives  systemd {OLDEST} to {NEWEST}\ntarget      {target} ({linked})\n")
}

/// No command, and no verb either.
pub fn no_command() -> Error {
    Error::new(Code::CommandMissing, "no command given")
        .hint(mkservice(["python", "myscript.py", "--name", "myscriptd"]))
        .hint(mkservice(["--help"]))
}

/// Words that other tools have for options; `None` for a meaning that no option has.
pub const SYNONYMS: [(&str, Option<&str>); 17] = [
    ("boot", None),
    ("depends-on", Some("requires")),
    ("dir", Some("working-directory")),
    ("envfile", Some("environment-file")),
    ("environment", Some("setenv")),
    ("interval", Some("every")),
    ("log", None),
    ("max-memory-restart", Some("memory-max")),
    ("memory", Some("memory-max")),
    ("memory-limit", Some("memory-max")),
    ("numprocs", Some("instances")),
    ("port", Some("listen")),
    ("replicas", Some("instances")),
    ("schedule", Some("on-calendar")),
    ("timer", Some("on-calendar")),
    ("variables", Some("setenv")),
    ("watch", Some("on-path-changed")),
];

/// Says what clap refuses, and what to do about it. `verb` is the verb that was given, where it has its own options.
pub fn error(refused: &clap::Error, verb: Option<Verb>) -> Error {
    let program = mkservice(verb.map(Verb::name));
    let help = message!("show the usage: {}", program.clone().arg("--help"));
    let argument = text(refused, ContextKind::InvalidArg).map(|argument| name_of(&argument));
    let value = text(refused, ContextKind::InvalidValue).filter(|value| !value.is_empty());
    let usage = |message: Message| Error::new(Code::Usage, message);
    let Some(argument) = argument else {
        return match refused.kind() {
            ErrorKind::MissingRequiredArgument | ErrorKind::MissingSubcommand => no_command(),
            ErrorKind::InvalidUtf8 => usage(message!("an option's value is not valid UTF-8")),
            _ => usage(first_line(refused).into()),
        };
    };
    let part = part_of(&argument);
    let error = match (refused.kind(), value) {
        (ErrorKind::MissingRequiredArgument, _) if verb.is_some() => {
            usage(message!("missing argument for `{}`", program)).hint(help)
        }
        (ErrorKind::MissingRequiredArgument, _) => return no_command(),
        (ErrorKind::UnknownArgument, _) if !argument.starts_with('-') => {
            usage(message!("unexpected argument {}", quoted(&argument))).hint(help)
        }
        (ErrorKind::UnknownArgument, _) => {
            let as_verb = argument.strip_prefix("--").and_then(Verb::given).filter(|_| verb.is_none());
            let advice = ADVICE.iter().find(|(option, _)| *option == argument).map(|(_, advice)| *advice);
            let hint = match (as_verb, suggestion(&argument, verb)) {
                _ if advice.is_some() => advice.unwrap_or_default().into(),
                (Some(verb), _) => message!("did you mean: {}", mkservice([verb.name()])),
                (None, Some(meant)) => message!("did you mean {}?", part_of(&meant)),
                (None, None) => help,
            };
            Error::new(Code::UnknownOption, message!("unknown option {}", quoted(&argument))).hint(hint)
        }
        (ErrorKind::InvalidValue, None) => usage(message!("{} requires a value", part)).hint(help),
        (ErrorKind::InvalidValue, Some(value)) => {
            let possible = all(refused, ContextKind::ValidValue).join(", ");
            usage(message!("{}: invalid value {}", part, quoted(value))).hint(message!("use one of: {}", possible))
        }
        (ErrorKind::ArgumentConflict, _) => match text(refused, ContextKind::PriorArg).map(|other| name_of(&other)) {
            Some(other) if other == argument => usage(message!("{} is given twice", part)),
            Some(other) => usage(message!("{} cannot be combined with {}", part, part_of(&other))),
            None => usage(message!("{} cannot be combined with anything else", part)).hint(program.arg(&argument)),
        },
        (ErrorKind::TooManyValues, _) => {
            let hint = (argument == "--user").then_some("use --system --uid USER to run the command as another user");
            usage(message!("{} does not accept a value", part)).hints(hint.map(Message::from))
        }
        (ErrorKind::InvalidUtf8, _) => usage(message!("an option's value is not valid UTF-8")),
        _ => usage(first_line(refused).into()),
    };
    match argument.strip_prefix("--") {
        Some(name) => error.about_option(name.to_owned()),
        None => error,
    }
}

/// What options of other tools are for here.
const ADVICE: [(&str, &str); 4] = [
    ("--now", "leave it out: `mkservice start` and `mkservice stop` work now, `enable` and `disable` at the next boot"),
    ("--detach", "leave it out: systemd runs every service in the background"),
    ("--daemon", "leave it out: systemd runs every service in the background"),
    ("--no-daemon", "leave it out: mkservice returns once the service runs"),
];

/// Options that write, delete or override something. Their spelling alone never suggests them.
const DANGEROUS: [&str; 8] = ["force", "full", "global", "log-file", "prune", "replace", "root", "yes"];

/// The option that an unknown one was probably meant to be: by its meaning, and only for a slip by its spelling.
fn suggestion(argument: &str, verb: Option<Verb>) -> Option<String> {
    let name = argument.strip_prefix("--")?;
    if let Some((_, known)) = SYNONYMS.into_iter().find(|(word, _)| *word == name) {
        return known
            .filter(|known| invocation::long_options(verb).any(|option| option == *known))
            .map(|known| format!("--{known}"));
    }
    let mut harmless = invocation::long_options(verb).filter(|known| !DANGEROUS.contains(known));
    harmless.find(|known| is_slip(name, known)).map(|known| format!("--{known}"))
}

/// Whether two names of options have the same words but for a slip: letters in the wrong order, or one too few, too
/// many, or wrong. In short words a wrong letter makes another word, as in `boot` and `root`.
pub fn is_slip(given: &str, known: &str) -> bool {
    let (given, known): (Vec<&str>, Vec<&str>) = (given.split('-').collect(), known.split('-').collect());
    let is_same_word = |given: &str, known: &str| {
        let is_wrong_letter = given.len() == known.len() && strsim::hamming(given, known) == Ok(1);
        match strsim::osa_distance(given, known) {
            0 => true,
            1 => known.len() > 2 && (known.len() > 5 || !is_wrong_letter),
            _ => false,
        }
    };
    given.len() == known.len() && given.iter().zip(known).all(|(given, known)| is_same_word(given, known))
}

fn text(refused: &clap::Error, kind: ContextKind) -> Option<String> {
    match refused.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) => texts.first().cloned(),
        _ => None,
    }
}

fn all(refused: &clap::Error, kind: ContextKind) -> Vec<String> {
    match refused.get(kind) {
        Some(ContextValue::Strings(texts)) => texts.clone(),
        Some(ContextValue::String(text)) => vec![text.clone()],
        _ => Vec::new(),
    }
}

/// clap names options as in its help, `--name <NAME>`.
fn name_of(argument: &str) -> String {
    argument.split([' ', '=']).next().unwrap_or(argument).to_owned()
}

fn part_of(argument: &str) -> Part {
    argument.strip_prefix("--").map_or_else(|| quoted(argument), |name| opt(name.to_owned()))
}

fn first_line(refused: &clap::Error) -> String {
    let text = refused.to_string();
    text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

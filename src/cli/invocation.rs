//! [`Invocation`]: an mkservice command line that can be read, edited and written again.
//!
//! `split` alone decides which arguments are mkservice's and which are the command's:
//! * A verb counts only as the first argument that is not an option, and never after `--`.
//! * Before the command's first argument every option is mkservice's.
//! * After it, long options of mkservice are still mkservice's (`mkservice python x.py --name xd`); anything else that
//!   looks like an option is refused, with both command lines that it could mean.
//! * After `--` everything belongs to the command.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::sync::LazyLock;

use clap::{ArgAction, CommandFactory as _};

use super::Cli;
use crate::model::Verb;
use crate::model::command::mkservice;
use crate::model::diagnostic::{Code, Details, Error, Result};
use crate::model::message::{message, quoted};
use crate::shell;

/// The arguments of mkservice, each with what it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Invocation(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Verb(Verb),
    /// An option of mkservice by its long name, and the arguments that it was given by.
    Option {
        name: &'static str,
        value: Option<OsString>,
        arguments: Vec<OsString>,
    },
    /// Looks like an option, but mkservice has no such option here.
    Unknown(OsString),
    /// `--`
    Separator,
    /// An argument of the service's command, or of a verb.
    Argument(OsString),
}

/// Options that change how mkservice runs, and not the service: two command lines that differ in nothing else create
/// the same service.
const OF_RUN: [&str; 9] =
    ["dry-run", "check", "force", "json", "quiet", "verbose", "settle", "no-start", "no-rollback"];

impl Invocation {
    /// Reads the arguments that follow `mkservice`.
    pub fn parse(arguments: &[OsString]) -> Invocation {
        Invocation(split(arguments))
    }

    /// A command line with these options, in their order. The command of `add` follows `--`.
    pub fn new<'a>(
        verb: Verb,
        options: impl IntoIterator<Item = (&'a str, Option<&'a OsStr>)>,
        command: impl IntoIterator<Item = OsString>,
    ) -> Invocation {
        let (first, separator) = match verb {
            Verb::Add => (None, Some(Part::Separator)),
            verb => (Some(Part::Verb(verb)), None),
        };
        let options = options.into_iter().map(|(option, value)| Part::option(verb, option, value));
        let command = command.into_iter().map(Part::Argument);
        Invocation(first.into_iter().chain(options).chain(separator).chain(command).collect())
    }

    /// Reads a command line that [`Invocation::line`] has written.
    pub fn of_line(line: &str) -> Option<Invocation> {
        shell::own_words(line).map(|arguments| Invocation::parse(&arguments))
    }

    /// The arguments that follow `mkservice`.
    pub fn arguments(&self) -> Vec<OsString> {
        self.0.iter().flat_map(Part::arguments).collect()
    }

    /// The command line, to paste.
    pub fn line(&self) -> String {
        shell::own_line(&self.arguments())
    }

    /// The arguments in the order that clap reads without doubt: the verb, options, `--`, the command.
    pub fn for_clap(&self) -> Result<Vec<OsString>> {
        let is_verb = |part: &&Part| matches!(part, Part::Verb(_));
        let verb: Vec<&Part> = self.0.iter().filter(is_verb).collect();
        let rest: Vec<&Part> = self.0.iter().filter(|part| !is_verb(part)).collect();
        if self.verb() != Verb::Add {
            return Ok(verb.into_iter().chain(rest).flat_map(Part::arguments).collect());
        }
        let begins = rest.iter().position(|part| matches!(part, Part::Argument(_) | Part::Separator));
        let begins = begins.unwrap_or(rest.len());
        let is_option = |(at, part): &(usize, &&Part)| match part {
            Part::Option { .. } => true,
            Part::Unknown(_) => *at < begins,
            _ => false,
        };
        let options = rest.iter().enumerate().filter(is_option).flat_map(|(_, part)| part.arguments());
        let command = self.command();
        let separator = (!command.is_empty()).then(|| "--".into());
        let words: Vec<OsString> =
            verb.into_iter().flat_map(Part::arguments).chain(options).chain(separator).chain(command).collect();
        let stray = rest[begins..].iter().find_map(|part| match part {
            Part::Unknown(option) => Some(option),
            _ => None,
        });
        match stray {
            Some(option) => Err(self.stray(option, words)),
            None => Ok(words),
        }
    }

    fn stray(&self, option: &OsStr, corrected: Vec<OsString>) -> Error {
        let ours = short_option(Verb::Add, option).map(|known| {
            let arguments = self.arguments();
            let at = arguments.iter().position(|argument| argument == option).unwrap_or(0);
            let end = (at + 1 + usize::from(known.has_value)).min(arguments.len());
            [&arguments[at..end], &arguments[..at], &arguments[end..]].concat()
        });
        let name = option.to_string_lossy();
        let name = if name.starts_with("--") { name.split('=').next().unwrap_or_default() } else { &name };
        let message = match ours {
            Some(_) => message!("{} after the command is not an option of mkservice", quoted(name)),
            None => message!("unknown option {}", quoted(name)),
        };
        let ours = ours.map(|ours| message!("or, for mkservice itself: {}", mkservice(ours)));
        let error = Error::new(Code::UnknownOption, message).hint(mkservice(&corrected)).hints(ours);
        error.details(Details { corrected: Some(corrected), ..Details::default() })
    }

    /// The verb, which is `add` where none was given.
    pub fn verb(&self) -> Verb {
        self.given_verb().unwrap_or(Verb::Add)
    }

    pub fn given_verb(&self) -> Option<Verb> {
        self.0.iter().find_map(|part| match part {
            Part::Verb(verb) => Some(*verb),
            _ => None,
        })
    }

    /// Whether an option is given, by its long name without dashes.
    pub fn has(&self, option: &str) -> bool {
        self.options().any(|(name, _)| name == option)
    }

    /// All options of mkservice, by long name, in order.
    pub fn options(&self) -> impl Iterator<Item = (&'static str, Option<&OsStr>)> {
        self.0.iter().filter_map(|part| match part {
            Part::Option { name, value, .. } => Some((*name, value.as_deref())),
            _ => None,
        })
    }

    /// The values of an option that is given any number of times.
    pub fn values(&self, option: &str) -> impl Iterator<Item = &OsStr> {
        self.options().filter(move |(name, _)| *name == option).filter_map(|(_, value)| value)
    }

    /// The service's command, or what a verb works on.
    pub fn command(&self) -> Vec<OsString> {
        let begins = self.0.iter().position(|part| matches!(part, Part::Argument(_) | Part::Separator));
        let of_command = |part: &Part| match part {
            Part::Argument(argument) | Part::Unknown(argument) => Some(argument.clone()),
            _ => None,
        };
        self.0[begins.unwrap_or(self.0.len())..].iter().filter_map(of_command).collect()
    }

    /// The options of mkservice that stand after the command's first argument.
    pub fn options_after_command(&self) -> Vec<OsString> {
        if self.verb() != Verb::Add {
            return Vec::new();
        }
        let after = self.0.iter().skip_while(|part| !matches!(part, Part::Argument(_)));
        after.filter(|part| matches!(part, Part::Option { .. })).flat_map(Part::arguments).collect()
    }

    /// True where every argument is one that today's mkservice knows.
    pub fn is_known(&self) -> bool {
        !self.0.iter().any(|part| matches!(part, Part::Unknown(_)))
    }

    /// The same with one more option, before all others.
    pub fn with(&self, option: &str, value: Option<&OsStr>) -> Invocation {
        let at = self.0.iter().position(|part| matches!(part, Part::Verb(_))).map_or(0, |at| at + 1);
        let mut parts = self.0.clone();
        parts.insert(at, Part::option(self.verb(), option, value));
        Invocation(parts)
    }

    /// The same with an option that is given once and has this value: in its place if it is given already.
    pub fn with_only(&self, option: &str, value: &OsStr) -> Invocation {
        let Some(first) = self.0.iter().position(|part| part.is_option(option)) else {
            return self.with(option, Some(value));
        };
        let edit = |(at, part): (usize, &Part)| match part.is_option(option) {
            true => (at == first).then(|| Part::option(self.verb(), option, Some(value))),
            false => Some(part.clone()),
        };
        Invocation(self.0.iter().enumerate().filter_map(edit).collect())
    }

    /// The same without these options.
    pub fn without(&self, options: &[&str]) -> Invocation {
        let is_one = |part: &&Part| options.iter().any(|option| part.is_option(option));
        Invocation(self.0.iter().filter(|part| !is_one(part)).cloned().collect())
    }

    /// The same with each option that `edit` has another name and value for replaced.
    pub fn replacing<'a>(&self, edit: impl Fn(&str, Option<&OsStr>) -> Option<(&'a str, OsString)>) -> Invocation {
        let parts = self.0.iter().map(|part| match part {
            Part::Option { name, value, .. } => edit(name, value.as_deref())
                .map_or_else(|| part.clone(), |(name, value)| Part::option(self.verb(), name, Some(&value))),
            part => part.clone(),
        });
        Invocation(parts.collect())
    }

    /// The same in system scope.
    pub fn in_system_scope(&self) -> Invocation {
        self.without(&["user", "global", "system"]).with("system", None)
    }

    /// The same with another argument, or several, where the command's first one is.
    pub fn with_program(&self, program: &[OsString]) -> Invocation {
        let command = self.command();
        let command: Vec<OsString> = program.iter().chain(command.get(1..).unwrap_or_default()).cloned().collect();
        if self.0.contains(&Part::Separator) || needs_separator(&command) {
            return self.with_command(&command);
        }
        let Some(at) = self.0.iter().position(|part| matches!(part, Part::Argument(_))) else {
            return self.with_command(&command);
        };
        let mut parts = self.0.clone();
        parts.splice(at..=at, program.iter().cloned().map(Part::Argument));
        Invocation(parts)
    }

    /// The same for another command, which follows `--`.
    pub fn with_command(&self, command: &[OsString]) -> Invocation {
        let stays = |part: &&Part| matches!(part, Part::Verb(_) | Part::Option { .. });
        let command = std::iter::once(Part::Separator).chain(command.iter().cloned().map(Part::Argument));
        Invocation(self.0.iter().filter(stays).cloned().chain(command).collect())
    }

    /// The same with a verb for the command's first argument.
    pub fn with_verb_for_program(&self, verb: Verb) -> Invocation {
        let rest = self.command().into_iter().skip(1).map(Part::Argument);
        let options = self.0.iter().filter(|part| matches!(part, Part::Option { .. })).cloned();
        Invocation(std::iter::once(Part::Verb(verb)).chain(rest).chain(options).collect())
    }

    /// For a verb after options: the command line on which it is a command.
    pub fn with_verb_as_command(&self) -> Option<Invocation> {
        let at = self.0.iter().position(|part| matches!(part, Part::Verb(_))).filter(|at| *at > 0)?;
        let command = self.0[at..].iter().flat_map(Part::arguments).map(Part::Argument);
        let options = self.0[..at].iter().cloned();
        Some(Invocation(options.chain([Part::Separator]).chain(command).collect()))
    }

    /// The `add` command line with the options of another verb that `add` has too.
    pub fn as_add(&self) -> Invocation {
        let is_of_add = |part: &&Part| match part {
            Part::Option { name, .. } => syntax(Verb::Add).iter().any(|known| known.name() == *name),
            _ => false,
        };
        Invocation(self.0.iter().filter(is_of_add).cloned().collect())
    }

    /// Without options that concern only this run, and those that say where an image is: what unit files keep.
    pub fn stamp(&self) -> Invocation {
        // In the running system the user is whoever runs it.
        let of_image: &[&str] = match (self.has("root"), self.has("user")) {
            (true, true) => &["root", "uid"],
            (true, false) => &["root"],
            _ => &[],
        };
        self.without(&OF_RUN).without(of_image)
    }
}

impl Part {
    /// An option as mkservice writes it.
    fn option(verb: Verb, option: &str, value: Option<&OsStr>) -> Part {
        let known = syntax(verb).iter().find(|known| known.name() == option);
        debug_assert!(known.is_some_and(|known| known.has_value == value.is_some()), "--{option} of {verb}");
        let mut long = OsString::from(format!("--{option}"));
        let arguments = match value {
            // It would be read as another option.
            Some(value) if value.as_bytes().starts_with(b"-") => {
                long.push("=");
                long.push(value);
                vec![long]
            }
            value => std::iter::once(long).chain(value.map(OsStr::to_owned)).collect(),
        };
        Part::Option { name: known.map_or("", |known| known.name()), value: value.map(OsStr::to_owned), arguments }
    }

    fn is_option(&self, option: &str) -> bool {
        matches!(self, Part::Option { name, .. } if *name == option)
    }

    fn arguments(&self) -> Vec<OsString> {
        match self {
            Part::Verb(verb) => vec![verb.name().into()],
            Part::Option { arguments, .. } => arguments.clone(),
            Part::Unknown(argument) | Part::Argument(argument) => vec![argument.clone()],
            Part::Separator => vec!["--".into()],
        }
    }
}

/// Decides what each argument is.
fn split(arguments: &[OsString]) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut verb = None;
    let mut in_command = false;
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let bytes = argument.as_bytes();
        let has_command = verb.unwrap_or(Verb::Add) == Verb::Add;
        if bytes == b"--" {
            parts.push(Part::Separator);
            parts.extend(rest.by_ref().cloned().map(Part::Argument));
        } else if bytes.starts_with(b"--") {
            parts.push(long_option(verb.unwrap_or(Verb::Add), argument, &mut rest));
        } else if !looks_like_option(argument) {
            match given_verb(argument).filter(|_| !in_command && verb.is_none()) {
                Some(given) => {
                    verb = Some(given);
                    parts.push(Part::Verb(given));
                }
                None => {
                    in_command = true;
                    parts.push(Part::Argument(argument.clone()));
                }
            }
        } else if has_command && in_command {
            parts.push(Part::Unknown(argument.clone()));
        } else {
            short_options(verb.unwrap_or(Verb::Add), argument, &mut rest, &mut parts);
        }
    }
    parts
}

fn looks_like_option(argument: &OsStr) -> bool {
    argument.as_bytes().starts_with(b"-") && argument.len() > 1
}

/// Whether a command is read as one only after `--`.
fn needs_separator(command: &[OsString]) -> bool {
    command.first().is_some_and(|program| given_verb(program).is_some())
        || command.iter().any(|argument| looks_like_option(argument))
}

fn given_verb(argument: &OsStr) -> Option<Verb> {
    argument.to_str().and_then(Verb::named)
}

fn long_option<'a>(verb: Verb, argument: &OsString, rest: &mut impl Iterator<Item = &'a OsString>) -> Part {
    let text = &argument.as_bytes()[2..];
    let (name, attached) = match text.iter().position(|byte| *byte == b'=') {
        Some(at) => (&text[..at], Some(OsStr::from_bytes(&text[at + 1..]))),
        None => (text, None),
    };
    let is_it = |known: &&OptionSyntax| known.long.iter().any(|long| long.as_bytes() == name);
    let Some(known) = syntax(verb).iter().find(is_it) else { return Part::Unknown(argument.clone()) };
    let next = if known.has_value && attached.is_none() { rest.next() } else { None };
    let value = attached.map(OsStr::to_owned).or_else(|| next.cloned());
    Part::Option { name: known.name(), value, arguments: std::iter::once(argument).chain(next).cloned().collect() }
}

/// Several short options can be one argument, `-qE NAME`: each becomes one of its own.
fn short_options<'a>(
    verb: Verb,
    argument: &OsStr,
    rest: &mut impl Iterator<Item = &'a OsString>,
    parts: &mut Vec<Part>,
) {
    let mut letters = &argument.as_bytes()[1..];
    while let [letter, behind @ ..] = letters {
        let with_dash = |letters: &[u8]| OsStr::from_bytes(&[b"-", letters].concat()).to_owned();
        let option = with_dash(&[*letter]);
        let Some(known) = short_option(verb, &option) else { return parts.push(Part::Unknown(with_dash(letters))) };
        let (value, arguments) = match (known.has_value, behind) {
            (false, _) => {
                letters = behind;
                (None, vec![option])
            }
            (true, []) => {
                let next = rest.next().cloned();
                letters = behind;
                (next.clone(), std::iter::once(option).chain(next).collect())
            }
            (true, _) => {
                let value = behind.strip_prefix(b"=").unwrap_or(behind);
                let whole = with_dash(letters);
                letters = &[];
                (Some(OsStr::from_bytes(value).to_owned()), vec![whole])
            }
        };
        parts.push(Part::Option { name: known.name(), value, arguments });
    }
}

/// What telling arguments apart takes of an option.
struct OptionSyntax {
    /// The long name without dashes, then its aliases.
    long: Vec<String>,
    short: Option<char>,
    has_value: bool,
}

impl OptionSyntax {
    fn name(&self) -> &str {
        &self.long[0]
    }
}

fn syntax(verb: Verb) -> &'static [OptionSyntax] {
    static ALL: LazyLock<Vec<Vec<OptionSyntax>>> = LazyLock::new(|| {
        let cli = Cli::command();
        let of_verb = |verb: Verb| match verb {
            Verb::Add => options(cli.get_arguments()),
            verb => {
                let own = cli.find_subcommand(verb.name()).into_iter().flat_map(clap::Command::get_arguments);
                options(own.chain(cli.get_arguments().filter(|argument| argument.is_global_set())))
            }
        };
        Verb::all().chain([Verb::InstallPlan]).map(of_verb).collect()
    });
    &ALL[verb as usize]
}

fn options<'a>(arguments: impl Iterator<Item = &'a clap::Arg>) -> Vec<OptionSyntax> {
    let of_clap = [("help", 'h'), ("version", 'V')].map(|(name, short)| OptionSyntax {
        long: vec![name.to_owned()],
        short: Some(short),
        has_value: false,
    });
    let option = |argument: &clap::Arg| {
        let aliases = argument.get_all_aliases().unwrap_or_default();
        Some(OptionSyntax {
            long: std::iter::once(argument.get_long()?).chain(aliases).map(str::to_owned).collect(),
            short: argument.get_short(),
            has_value: matches!(argument.get_action(), ArgAction::Set | ArgAction::Append),
        })
    };
    of_clap.into_iter().chain(arguments.filter_map(option)).collect()
}

/// The option of a verb that `-x` is.
fn short_option(verb: Verb, argument: &OsStr) -> Option<&'static OptionSyntax> {
    let [b'-', letter] = argument.as_bytes() else { return None };
    syntax(verb).iter().find(|known| known.short == Some(char::from(*letter)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::wording::plain;
    use proptest::prelude::*;

    fn invocation(line: &str) -> Invocation {
        let arguments: Vec<OsString> = line.split(' ').filter(|word| !word.is_empty()).map(OsString::from).collect();
        Invocation::parse(&arguments)
    }

    fn for_clap(line: &str) -> String {
        shell::join(invocation(line).for_clap().unwrap())
    }

    #[test]
    fn verbs_are_those_of_clap() {
        let cli = Cli::command();
        let of_clap: Vec<&str> = cli.get_subcommands().map(|verb| verb.get_name()).collect();
        let is_own = |verb: &Verb| *verb != Verb::Help;
        let own: Vec<&str> = Verb::all().filter(is_own).chain([Verb::InstallPlan]).map(Verb::name).collect();
        assert_eq!(of_clap, own);
    }

    #[test]
    fn options_come_before_the_command() {
        for (line, clap_gets, after_command) in [
            ("python x.py --name xd", "--name xd -- python x.py", "--name xd"),
            ("--name xd python x.py", "--name xd -- python x.py", ""),
            ("--name web -- gunicorn a:a --bind :80 --name x", "--name web -- gunicorn a:a --bind :80 --name x", ""),
            ("./s --name s -- --port 80", "--name s -- ./s --port 80", "--name s"),
            ("add remove", "add -- remove", ""),
            ("add add", "add -- add", ""),
            ("-- remove old", "-- remove old", ""),
            ("python status --name s", "--name s -- python status", "--name s"),
            ("remove a b -q", "remove a b -q", ""),
            ("--user remove a", "remove --user a", ""),
            ("-qE A=1 python - x", "-q -E A=1 -- python - x", ""),
            ("-EA python x", "-EA -- python x", ""),
            ("a -- b -- c", "-- a b -- c", ""),
            ("--name=x a --dry-run", "--name=x --dry-run -- a", "--dry-run"),
            ("--help", "--help", ""),
            ("--unknown a", "--unknown -- a", ""),
            ("help remove", "help remove", ""),
            ("", "", ""),
        ] {
            assert_eq!(for_clap(line), clap_gets, "{line}");
            assert_eq!(shell::join(invocation(line).options_after_command()), after_command, "{line}");
        }
    }

    #[test]
    fn stamp_keeps_what_the_service_consists_of() {
        for (line, stamp) in [
            ("--dry-run -v python x.py --name xd --force", "python x.py --name xd"),
            ("-qE A=1 python", "-E A=1 python"),
            ("--settle 3s --no-start python x.py --settle=1", "python x.py"),
            ("add -q -- python --dry-run -v", "add -- python --dry-run -v"),
            ("./s --name s -q=1", "./s --name s -q=1"),
            ("--root /i --uid a x", "--uid a x"),
            ("--root /i --user --uid a x", "--user x"),
        ] {
            assert_eq!(shell::join(invocation(line).stamp().arguments()), stamp, "{line}");
        }
    }

    #[test]
    fn what_looks_like_an_option_is_never_guessed() {
        for (line, option, clear, own) in [
            ("gunicorn a:a --bind :80", "--bind", "-- gunicorn a:a --bind :80", None),
            ("gunicorn a:a --bind=:80", "--bind", "-- gunicorn a:a --bind=:80", None),
            ("python -m http.server", "-m", "-- python -m http.server", None),
            ("python x.py -q", "-q", "-- python x.py -q", Some("-q python x.py")),
            ("python x.py -E A=1 b", "-E", "-- python x.py -E A=1 b", Some("-E A=1 python x.py b")),
            ("--name w gunicorn -w 4 --user", "-w", "--name w --user -- gunicorn -w 4", None),
            (
                "./s -v --name s -- --port 80",
                "-v",
                "--name s -- ./s -v --port 80",
                Some("-v ./s --name s -- --port 80"),
            ),
            ("add python -c x", "-c", "add -- python -c x", None),
            ("sleep -1", "-1", "-- sleep -1", None),
        ] {
            let error = invocation(line).for_clap().unwrap_err();
            let corrected = error.first().details.corrected.clone().unwrap();
            assert_eq!(shell::join(corrected), clear, "{line}");
            let fault = match own {
                Some(_) => format!("`{option}` after the command is not an option of mkservice"),
                None => format!("unknown option `{option}`"),
            };
            let own = own.map(|own| format!(" | or, for mkservice itself: mkservice {own}")).unwrap_or_default();
            assert_eq!(plain(&error), format!("{fault} | mkservice {clear}{own}"), "{line}");
        }
    }

    #[test]
    fn edited_command_lines_read_back_as_meant() {
        let program = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        for (edited, expected) in [
            (
                invocation("-- python x.py --name a").with("name", Some("b".as_ref())),
                "--name b -- python x.py --name a",
            ),
            (invocation("add x").with("nice", Some("-5".as_ref())), "add --nice=-5 x"),
            (invocation("x --name=a --unit b").with_only("name", "c".as_ref()), "x --name c"),
            (invocation("-- x --instances 9").with_only("instances", "2".as_ref()), "--instances 2 -- x --instances 9"),
            (invocation("--user --global x --user -- --user").in_system_scope(), "--system x -- --user"),
            (invocation("stop a --user").in_system_scope(), "stop --system a"),
            (invocation("adopt nginx -E A").with("yes", None), "adopt --yes nginx -E A"),
            (invocation("x.py a --name b").with_program(&program(&["python", "x.py"])), "python x.py a --name b"),
            (invocation("x --name b").with_program(&program(&["web", "-p", "80"])), "--name b -- web -p 80"),
            (invocation("staus web -q").with_program(&program(&["status"])), "-- status web -q"),
            (invocation("--user staus web").with_verb_for_program(Verb::Status), "status web --user"),
        ] {
            assert_eq!(shell::join(edited.arguments()), expected);
            assert_eq!(Invocation::parse(&edited.arguments()), edited, "{expected}");
        }
        let as_command = |line: &str| Some(shell::join(invocation(line).with_verb_as_command()?.arguments()));
        assert_eq!(as_command("--name x status a -q"), Some("--name x -- status a -q".into()));
        assert_eq!(as_command("status a"), None);
        let adopted = invocation("adopt --yes nginx --name web --user --kill").as_add();
        assert_eq!(
            adopted.with_command(&program(&["/bin/x", "-d"])).line(),
            "mkservice --name web --user -- /bin/x -d"
        );
    }

    proptest! {
        #[test]
        fn no_argument_is_lost(arguments in proptest::collection::vec(
            prop_oneof![
                "[ -~]{0,6}".prop_map(OsString::from),
                proptest::sample::select(vec!["--", "-", "add", "status", "--name", "--name=x", "--user", "-q", "-E",
                    "--unknown", "-x", "python"]).prop_map(OsString::from),
            ],
            0..8,
        )) {
            let invocation = Invocation::parse(&arguments);
            // Short options that share an argument become several.
            let is_cluster = |argument: &OsString| argument.len() > 2 && !argument.as_bytes().starts_with(b"--");
            if !arguments.iter().any(is_cluster) {
                prop_assert_eq!(invocation.arguments(), arguments);
            }
            prop_assert_eq!(Invocation::parse(&invocation.arguments()), invocation.clone());
            prop_assert_eq!(Invocation::of_line(&invocation.line()), Some(invocation));
        }
    }
}

//! [`Invocation`]: an mkservice command line that can be read, edited and written again.
//!
//! Everything before the command is mkservice's; from the command's first word on, everything is the program's. What a
//! program cannot have from its command alone is in `command_options`.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::sync::LazyLock;

use clap::{ArgAction, CommandFactory as _};

use super::completion::{Place, PlaceKind};
use super::{Cli, assignment, command_options, first_word, systemd_run};
use crate::model::diagnostic::{Note, Result};
use crate::model::{GivenScope, Verb};
use crate::shell;

/// The arguments of mkservice, each with what it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Invocation {
    verb: Option<Verb>,
    options: Vec<GivenOption>,
    /// Options of systemd-run that are refused or have no effect.
    foreign: Vec<GivenOption>,
    /// `--` precedes the command: no word of it can be mkservice's.
    literal: bool,
    /// The service's command, or what a verb works on.
    command: Vec<OsString>,
    /// How many words of it precede that `--`: those of a verb that has a command besides.
    before_separator: usize,
}

/// An option, and the arguments that it was given by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GivenOption {
    /// The long name; `None` where mkservice has no such option.
    name: Option<&'static str>,
    pub(super) value: Option<OsString>,
    pub(super) arguments: Vec<OsString>,
    /// It follows the command.
    trailing: bool,
}

/// Options that change how mkservice runs, and not the service: two command lines that differ in nothing else create
/// the same service.
const OF_RUN: [&str; 14] = [
    "dry-run",
    "check",
    "force",
    "json",
    "quiet",
    "verbose",
    "color",
    "no-pager",
    "yes",
    "no-ask-password",
    "settle",
    "no-start",
    "no-rollback",
    "replace",
];

impl Invocation {
    /// Reads the arguments that follow `mkservice`.
    pub fn parse(arguments: &[OsString]) -> Invocation {
        let mut invocation = read(arguments, false);
        if let Some(at) = invocation.trailing_name() {
            let arguments = invocation.command.split_off(at);
            let name = read(&arguments, false).options.into_iter();
            invocation.options.extend(name.map(|name| GivenOption { trailing: true, ..name }));
        }
        if systemd_run::is_for(invocation.verb()) { invocation.with_options_of_systemd_run() } else { invocation }
    }

    /// The same with each option of systemd-run as one of mkservice.
    fn with_options_of_systemd_run(mut self) -> Invocation {
        for given in std::mem::take(&mut self.options) {
            match systemd_run::options(self.verb(), &given) {
                Some(options) => self.options.extend(options),
                None if systemd_run::is_foreign(&given) => self.foreign.push(given),
                None => self.options.push(given),
            }
        }
        self
    }

    /// Where an argument after these stands.
    pub(super) fn place_after(arguments: &[OsString]) -> Place {
        let line = read(arguments, false);
        let verb = line.verb();
        let lacks_value = |given: &&GivenOption| {
            let known = syntax(verb).iter().find(|known| given.is(&known.name));
            given.value.is_none() && known.is_some_and(|known| known.has_value)
        };
        let option = line.options.last().filter(lacks_value).and_then(|given| given.name);
        let is_add = verb == Verb::Add;
        let kind = match () {
            () if option.is_some() => PlaceKind::Option,
            () if is_add && !line.command.is_empty() => PlaceKind::ProgramArgument,
            () if line.literal && line.command.len() > line.before_separator => PlaceKind::ProgramArgument,
            () if line.literal => PlaceKind::Program,
            () => PlaceKind::Argument,
        };
        let scope = match (line.has("user"), line.has("system")) {
            (true, _) => Some(GivenScope::User),
            (_, true) => Some(GivenScope::System),
            _ => None,
        };
        let of_program = matches!(kind, PlaceKind::Program | PlaceKind::ProgramArgument) || is_add;
        let words = if of_program { Vec::new() } else { line.command };
        let option = option.map(|name| format!("--{name}").into());
        Place { kind, verb: line.verb, scope, words: words.into_iter().chain(option).collect() }
    }

    /// A command line with these options, in their order. The command of `add` follows `--`.
    pub fn new<'a>(
        verb: Verb,
        options: impl IntoIterator<Item = (&'a str, Option<&'a OsStr>)>,
        command: impl IntoIterator<Item = OsString>,
    ) -> Invocation {
        let is_add = verb == Verb::Add;
        Invocation {
            verb: (!is_add).then_some(verb),
            options: options.into_iter().map(|(option, value)| GivenOption::new(verb, option, value)).collect(),
            foreign: Vec::new(),
            literal: is_add,
            command: command.into_iter().collect(),
            before_separator: 0,
        }
    }

    /// Reads the command line that a unit file keeps. mkservice 0.1 kept it as it was given, with long options after the
    /// command.
    pub fn of_stamp(line: &str) -> Option<Invocation> {
        shell::own_words(line).map(|arguments| read(&arguments, true).normalized())
    }

    /// `OPTIONS -- COMMAND`
    pub(super) fn normalized(&self) -> Invocation {
        let options = self.options.iter().cloned().map(|given| GivenOption { trailing: false, ..given }).collect();
        Invocation { verb: None, options, literal: true, before_separator: 0, ..self.clone() }
    }

    /// The arguments that follow `mkservice`.
    pub fn arguments(&self) -> Vec<OsString> {
        let given = |trailing: bool| {
            let options = self.options.iter().filter(move |given| given.trailing == trailing);
            options.flat_map(|given| given.arguments.iter().cloned())
        };
        let verb = self.verb.map(|verb| verb.name().into());
        let separator = self.literal.then(|| "--".into());
        let (before, command) = self.command.split_at(self.before_separator);
        verb.into_iter()
            .chain(before.iter().cloned())
            .chain(given(false))
            .chain(self.foreign.iter().flat_map(|given| given.arguments.iter().cloned()))
            .chain(separator)
            .chain(command.iter().cloned())
            .chain(given(true))
            .collect()
    }

    /// The command line, to paste.
    pub fn line(&self) -> String {
        shell::own_line(&self.arguments())
    }

    /// The arguments in the order that clap reads without doubt: the verb, options, `--`, the command.
    pub fn for_clap(&self) -> Result<Vec<OsString>> {
        self.foreign.iter().try_for_each(|given| systemd_run::refuse(given, &self.options))?;
        let known = Invocation { foreign: Vec::new(), ..self.clone() };
        match self.verb() {
            Verb::Add => {}
            Verb::Help => return first_word::of_help(self),
            _ => return Ok(known.arguments()),
        }
        assignment::refuse(self)?;
        first_word::refuse_program(self)?;
        self.refuse_ambiguous().map_err(|error| first_word::no_such_verb(self).unwrap_or(error))?;
        let clear = Invocation { verb: self.verb, ..known.normalized() };
        Ok(Invocation { literal: !self.command.is_empty(), ..clear }.arguments())
    }

    /// The verb, which is `add` where none was given.
    pub fn verb(&self) -> Verb {
        self.given_verb().unwrap_or(Verb::Add)
    }

    pub fn given_verb(&self) -> Option<Verb> {
        self.verb
    }

    /// Whether an option is given, by its long name without dashes.
    pub fn has(&self, option: &str) -> bool {
        self.options().any(|(name, _)| name == option)
    }

    /// Whether an option is given by this letter.
    pub fn is_given_as(&self, option: &str, letter: &str) -> bool {
        let is_it = |argument: &OsString| argument.as_encoded_bytes().starts_with(letter.as_bytes());
        self.options.iter().any(|given| given.is(option) && given.arguments.first().is_some_and(is_it))
    }

    /// All options of mkservice, by long name, in order.
    pub fn options(&self) -> impl Iterator<Item = (&'static str, Option<&OsStr>)> {
        self.options.iter().filter_map(|given| Some((given.name?, given.value.as_deref())))
    }

    /// The values of an option that is given any number of times.
    pub fn values(&self, option: &str) -> impl Iterator<Item = &OsStr> {
        self.options().filter(move |(name, _)| *name == option).filter_map(|(_, value)| value)
    }

    /// Whether the command follows `--`.
    pub(super) fn is_literal(&self) -> bool {
        self.literal
    }

    /// The service's command, or what a verb works on.
    pub fn command(&self) -> &[OsString] {
        &self.command
    }

    /// The arguments of the command in which an option of mkservice may have been meant: none after `--`, and none of
    /// programs that pass on the options of others.
    pub(super) fn open_words(&self) -> &[OsString] {
        let is_open = self.verb() == Verb::Add && !self.literal;
        let words = if is_open { self.command.as_slice() } else { &[] };
        let end = words.iter().position(|word| word == "--");
        match words.first() {
            Some(program) if !command_options::passes_on(program) => &words[..end.unwrap_or(words.len())],
            _ => &[],
        }
    }

    /// The command that a verb was given besides what it works on.
    pub fn command_after_separator(&self) -> &[OsString] {
        if self.literal { &self.command[self.before_separator..] } else { &[] }
    }

    /// The options that stand after the command and are mkservice's.
    pub fn options_after_command(&self) -> Vec<OsString> {
        let trailing = self.options.iter().filter(|given| given.trailing);
        trailing.flat_map(|given| given.arguments.iter().cloned()).collect()
    }

    /// Options that have no effect.
    pub fn without_effect(&self) -> Vec<Note> {
        self.foreign.iter().filter_map(systemd_run::note).collect()
    }

    /// True where every option is one that today's mkservice has.
    pub fn is_known(&self) -> bool {
        self.options.iter().all(|given| given.name.is_some())
    }

    /// The same with one more option, before all others.
    pub fn with(&self, option: &str, value: Option<&OsStr>) -> Invocation {
        let mut changed = self.clone();
        changed.options.insert(0, GivenOption::new(self.verb(), option, value));
        changed
    }

    /// The same with an option that is given once and has this value: in its place if it is given already.
    pub fn with_only(&self, option: &str, value: &OsStr) -> Invocation {
        let Some(first) = self.options.iter().position(|given| given.is(option)) else {
            return self.with(option, Some(value));
        };
        let mut changed = self.without(&[option]);
        changed.options.insert(first, GivenOption::new(self.verb(), option, Some(value)));
        changed
    }

    /// The same without these options.
    pub fn without(&self, options: &[&str]) -> Invocation {
        let mut changed = self.clone();
        changed.options.retain(|given| !options.iter().any(|option| given.is(option)));
        changed
    }

    /// The same with each option that `edit` has another name and value for replaced.
    pub fn replacing<'a>(&self, edit: impl Fn(&str, Option<&OsStr>) -> Option<(&'a str, OsString)>) -> Invocation {
        let edited = |given: &GivenOption| {
            let (name, value) = edit(given.name?, given.value.as_deref())?;
            Some(GivenOption::new(self.verb(), name, Some(&value)))
        };
        let options = self.options.iter().map(|given| edited(given).unwrap_or_else(|| given.clone())).collect();
        Invocation { options, ..self.clone() }
    }

    /// The same with more options, after the others; the name is given once.
    pub(super) fn with_options(&self, more: impl Iterator<Item = GivenOption>) -> Invocation {
        let more: Vec<GivenOption> = more.collect();
        let mut changed = match more.iter().any(|given| given.is("name")) {
            true => self.without(&["name"]),
            false => self.clone(),
        };
        changed.options.extend(more);
        changed
    }

    /// The same in system scope.
    pub fn in_system_scope(&self) -> Invocation {
        self.without(&["user", "global", "system"]).with("system", None)
    }

    /// The same with another argument, or several, where the command's first one is.
    pub fn with_program(&self, program: &[OsString]) -> Invocation {
        let command = program.iter().chain(self.command.get(1..).unwrap_or_default()).cloned().collect();
        let changed = Invocation { command, ..self.clone() };
        let is_read_so = changed.readings().is_empty() && Invocation::parse(&changed.arguments()) == changed;
        if is_read_so { changed } else { changed.normalized() }
    }

    /// The same with other arguments of the verb.
    pub fn with_arguments(&self, arguments: &[String]) -> Invocation {
        let command = arguments.iter().map(OsString::from).collect();
        Invocation { literal: false, command, ..self.clone() }
    }

    /// The same for another command, which follows `--`.
    pub fn with_command(&self, command: &[OsString]) -> Invocation {
        Invocation { verb: self.verb, command: command.to_vec(), ..self.normalized() }
    }

    /// The same with a verb for the command's first argument.
    pub fn with_verb_for_program(&self, verb: Verb) -> Invocation {
        let options = self.options.iter().flat_map(|given| given.arguments.iter());
        let rest = self.command.iter().skip(1).chain(options);
        let arguments: Vec<OsString> = std::iter::once(verb.name().into()).chain(rest.cloned()).collect();
        read(&arguments, false)
    }

    /// For an alias, or a verb after options: the command line on which it is a command.
    pub fn verb_as_command(arguments: &[OsString]) -> Option<Invocation> {
        let verb = read(arguments, false).verb?;
        let at = arguments.iter().position(|argument| given_verb(argument, false) == Some(verb))?;
        // An alias is also the name of a program.
        if at == 0 && arguments[at] == verb.name() {
            return None;
        }
        let options = read(&arguments[..at], false);
        Some(Invocation { command: arguments[at..].to_vec(), ..options.normalized() })
    }

    /// The `add` command line with the options of another verb that `add` has too. The answer to its question is its own.
    pub fn as_add(&self) -> Invocation {
        let is_of_add = |given: &&GivenOption| {
            !given.is("yes") && syntax(Verb::Add).iter().any(|known| given.is(known.name.as_str()))
        };
        Invocation { options: self.options.iter().filter(is_of_add).cloned().collect(), ..Invocation::default() }
    }

    /// Without options that concern only this run, and those that say where an image is: what unit files keep.
    pub fn stamp(&self) -> Invocation {
        // In the running system it is the user who runs it.
        let of_image: &[&str] = match (self.has("root"), self.has("user")) {
            (true, true) => &["root", "uid"],
            (true, false) => &["root"],
            _ => &[],
        };
        let stamp = self.without(&OF_RUN).without(of_image).normalized();
        Invocation { foreign: Vec::new(), ..stamp }
    }
}

impl GivenOption {
    /// An option as mkservice writes it.
    pub(super) fn new(verb: Verb, option: &str, value: Option<&OsStr>) -> GivenOption {
        let known = syntax(verb).iter().find(|known| known.name.as_str() == option);
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
        GivenOption {
            name: known.map(|known| known.name.as_str()),
            value: value.map(OsStr::to_owned),
            arguments,
            trailing: false,
        }
    }

    fn unknown(argument: OsString) -> GivenOption {
        GivenOption { name: None, value: None, arguments: vec![argument], trailing: false }
    }

    /// The option of `add` that these words begin with, by a name that the help shows.
    pub(super) fn first_of(words: &[OsString]) -> Option<GivenOption> {
        let (first, rest) = words.split_first()?;
        let mut options = Vec::new();
        match first.as_bytes() {
            [b'-', b'-', _, ..] => options.push(long_option(Verb::Add, first, &mut rest.iter())),
            [b'-', _] => short_options(Verb::Add, first, &mut rest.iter(), &mut options),
            _ => {}
        }
        let has_shown_name = |given: &GivenOption| {
            let known = syntax(Verb::Add).iter().find(|known| given.is(&known.name));
            known.is_some_and(|known| !known.synonyms.iter().any(|synonym| is_option(first, synonym)))
        };
        options.pop().filter(has_shown_name)
    }

    /// Whether it has a value if it needs one, and none otherwise.
    pub(super) fn is_complete(&self) -> bool {
        let Some(known) = syntax(Verb::Add).iter().find(|known| self.is(known.name.as_str())) else { return false };
        let is_assignment = |value: &OsString| value.as_bytes().contains(&b'=');
        known.has_value == self.value.is_some() && self.value.iter().all(|it| !known.is_assignment || is_assignment(it))
    }

    pub(super) fn name(&self) -> Option<&'static str> {
        self.name
    }

    pub(super) fn is(&self, option: &str) -> bool {
        self.name == Some(option)
    }
}

/// Decides what each argument is. In the lines of mkservice 0.1 (`of_0_1`), long options after the command are
/// mkservice's, and so is the first `--`.
fn read(arguments: &[OsString], of_0_1: bool) -> Invocation {
    let mut invocation = Invocation::default();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let verb = invocation.verb();
        let in_command = verb == Verb::Add && !invocation.command.is_empty();
        let is_long = argument.as_bytes().starts_with(b"--");
        if in_command && !(of_0_1 && is_long) {
            invocation.command.push(argument.clone());
        } else if argument == "--" {
            invocation.literal = true;
            invocation.before_separator = if verb == Verb::Add { 0 } else { invocation.command.len() };
            invocation.command.extend(rest.by_ref().cloned());
        } else if is_long {
            invocation.options.push(long_option(verb, argument, &mut rest));
        } else if looks_like_option(argument) {
            short_options(verb, argument, &mut rest, &mut invocation.options);
        } else {
            let is_first = invocation.verb.is_none() && invocation.command.is_empty();
            match given_verb(argument, of_0_1).filter(|_| is_first) {
                Some(given) => invocation.verb = Some(given),
                None if is_first && argument == "version" && !of_0_1 => {
                    invocation.options.push(GivenOption::new(Verb::Add, "version", None));
                }
                None => invocation.command.push(argument.clone()),
            }
        }
    }
    invocation
}

pub(super) fn looks_like_option(argument: &OsStr) -> bool {
    argument.as_bytes().starts_with(b"-") && argument.len() > 1
}

/// mkservice 0.1 had no aliases of verbs.
fn given_verb(argument: &OsStr, of_0_1: bool) -> Option<Verb> {
    argument.to_str().and_then(if of_0_1 { Verb::named } else { Verb::given })
}

fn long_option<'a>(verb: Verb, argument: &OsString, rest: &mut impl Iterator<Item = &'a OsString>) -> GivenOption {
    let text = argument.as_bytes();
    let attached = text.iter().position(|byte| *byte == b'=').map(|at| OsStr::from_bytes(&text[at + 1..]));
    let is_it = |known: &&OptionSyntax| known.words().any(|word| is_option(argument, word));
    let Some(known) = syntax(verb).iter().find(is_it) else { return GivenOption::unknown(argument.clone()) };
    let next = if known.has_value && attached.is_none() { rest.next() } else { None };
    let value = attached.map(OsStr::to_owned).or_else(|| next.cloned());
    let arguments = std::iter::once(argument).chain(next).cloned().collect();
    GivenOption { name: Some(known.name.as_str()), value, arguments, trailing: false }
}

/// Several short options can be one argument, `-qE NAME`: each becomes one of its own.
fn short_options<'a>(
    verb: Verb,
    argument: &OsStr,
    rest: &mut impl Iterator<Item = &'a OsString>,
    options: &mut Vec<GivenOption>,
) {
    let mut letters = &argument.as_bytes()[1..];
    while let [letter, behind @ ..] = letters {
        let with_dash = |letters: &[u8]| OsStr::from_bytes(&[b"-", letters].concat()).to_owned();
        let option = with_dash(&[*letter]);
        let Some(known) = short_option(verb, &option) else {
            return options.push(GivenOption::unknown(with_dash(letters)));
        };
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
        options.push(GivenOption { name: Some(known.name.as_str()), value, arguments, trailing: false });
    }
}

/// The help of `--name` describes it.
const SHOWN_ALIAS: &str = "--unit";

/// What telling arguments apart takes of an option.
struct OptionSyntax {
    /// The long name without dashes.
    name: String,
    /// The names that the help shows, with dashes.
    shown: Vec<String>,
    /// Names that other tools have for it. Many programs have options of these names, too.
    synonyms: Vec<String>,
    has_value: bool,
    /// The value is NAME=VALUE.
    is_assignment: bool,
}

impl OptionSyntax {
    fn words(&self) -> impl Iterator<Item = &String> {
        self.shown.iter().chain(&self.synonyms)
    }
}

/// The names of a verb's options, without dashes.
pub(super) fn long_options(verb: Option<Verb>) -> impl Iterator<Item = &'static str> {
    syntax(verb.unwrap_or(Verb::Add)).iter().map(|known| known.name.as_str())
}

/// Whether an argument is this option, with or without a value.
fn is_option(argument: &OsStr, option: &str) -> bool {
    let rest = argument.as_bytes().strip_prefix(option.as_bytes());
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"="))
}

fn syntax(verb: Verb) -> &'static [OptionSyntax] {
    static ALL: LazyLock<Vec<Vec<OptionSyntax>>> = LazyLock::new(|| {
        let cli = Cli::command();
        let of_verb = |verb: Verb| match verb {
            Verb::Add => options(cli.get_arguments(), verb),
            verb => {
                let own = cli.find_subcommand(verb.name()).into_iter().flat_map(clap::Command::get_arguments);
                options(own.chain(cli.get_arguments().filter(|argument| argument.is_global_set())), verb)
            }
        };
        Verb::all().chain([Verb::InstallPlan]).map(of_verb).collect()
    });
    &ALL[verb as usize]
}

fn options<'a>(arguments: impl Iterator<Item = &'a clap::Arg>, verb: Verb) -> Vec<OptionSyntax> {
    let of_clap = [("help", 'h'), ("version", 'V')].map(|(name, short)| OptionSyntax {
        name: name.to_owned(),
        shown: vec![format!("--{name}"), format!("-{short}")],
        synonyms: Vec::new(),
        has_value: false,
        is_assignment: false,
    });
    let option = |argument: &clap::Arg| {
        let long = argument.get_long()?;
        let letters = argument.get_all_short_aliases().unwrap_or_default();
        let aliases = argument.get_all_aliases().unwrap_or_default().into_iter().map(|alias| format!("--{alias}"));
        let (shown, synonyms): (Vec<_>, Vec<_>) = aliases.partition(|alias| alias == SHOWN_ALIAS);
        let short = argument.get_short().map(|letter| format!("-{letter}"));
        Some(OptionSyntax {
            name: long.to_owned(),
            shown: std::iter::once(format!("--{long}")).chain(short).chain(shown).collect(),
            synonyms: synonyms.into_iter().chain(letters.into_iter().map(|letter| format!("-{letter}"))).collect(),
            has_value: matches!(argument.get_action(), ArgAction::Set | ArgAction::Append),
            is_assignment: argument.get_value_names().is_some_and(|names| names[0] == "NAME=VALUE"),
        })
    };
    let of_systemd_run = systemd_run::ROWS.iter().filter(|_| systemd_run::is_for(verb)).map(|row| OptionSyntax {
        name: row.name.to_owned(),
        shown: Vec::new(),
        synonyms: row.short.map(|letter| format!("-{letter}")).into_iter().chain([format!("--{}", row.name)]).collect(),
        has_value: row.has_value,
        is_assignment: false,
    });
    of_clap.into_iter().chain(arguments.filter_map(option)).chain(of_systemd_run).collect()
}

/// The option of a verb that `-x` is.
fn short_option(verb: Verb, argument: &OsStr) -> Option<&'static OptionSyntax> {
    syntax(verb).iter().find(|known| known.words().any(|word| OsStr::new(word) == argument))
}

#[cfg(test)]
mod tests;

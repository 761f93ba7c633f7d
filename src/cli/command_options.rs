//! Options after the command that may have been meant for mkservice.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use super::invocation::{GivenOption, looks_like_option};
use super::{Invocation, first_word};
use crate::model::Verb;
use crate::model::command::mkservice;
use crate::model::diagnostic::{Code, Error, Note, Result};
use crate::model::message::{Message, message, quoted};

/// Options that no program gets without `--`. The list never grows: a command line that worked keeps its meaning.
const NEVER_PASSED_ON: [&str; 12] = [
    "--user",
    "--system",
    "--root",
    "--global",
    "--dry-run",
    "--check",
    "--force",
    "--json",
    "--quiet",
    "--verbose",
    "--no-start",
    "--no-enable",
];

/// Programs with a `--name`, or `-name`, of their own.
const WITH_OWN_NAME: [&str; 21] = [
    "artisan",
    "buildkite-agent",
    "cloudflared",
    "code",
    "dask",
    "dask-worker",
    "elixir",
    "erl",
    "etcd",
    "find",
    "gitlab-runner",
    "gunicorn",
    "iex",
    "k3d",
    "kind",
    "nats-server",
    "pm2",
    "polkadot",
    "prefect",
    "rq",
    "virt-install",
];

/// An option of mkservice in the command.
struct MisplacedOption {
    at: usize,
    /// How many arguments of the command it is.
    length: usize,
    /// As it is written there, without a value.
    word: String,
    given: GivenOption,
    is_ambiguous: bool,
}

impl Invocation {
    /// Where `--name NAME` stands that is mkservice's although it follows the command: as its last words.
    pub(super) fn trailing_name(&self) -> Option<usize> {
        let words = self.open_words();
        let (at, option) = last_option(words)?;
        let is_last = words.len() == self.command().len();
        (is_last && option == "--name" && !self.has("name") && !has_own_name(words)).then_some(at)
    }

    /// The options in the command that mkservice has, too.
    fn misplaced(&self) -> Vec<MisplacedOption> {
        let words = self.open_words();
        let last = last_option(words).filter(|_| !has_own_name(words));
        let misplaced = |at: usize| {
            let word = name_of(&words[at]);
            if last.as_ref().is_some_and(|(last, option)| *last == at && is_almost_name(option)) {
                let value = words[at].to_str().and_then(|word| word.split_once('=')).map(|(_, value)| value.as_ref());
                let given =
                    GivenOption::new(Verb::Add, "name", Some(value.unwrap_or(words[words.len() - 1].as_os_str())));
                return Some(MisplacedOption { at, length: words.len() - at, word, given, is_ambiguous: true });
            }
            let given = GivenOption::first_of(&words[at..])?;
            let is_ambiguous = word == "--name" || NEVER_PASSED_ON.contains(&word.as_str());
            let counts = given.is_complete() || is_ambiguous && given.value.is_none();
            counts.then_some(MisplacedOption { at, length: given.arguments.len(), word, given, is_ambiguous })
        };
        (1..words.len()).filter_map(misplaced).collect()
    }

    /// The command line on which these options are mkservice's; `None` if the value of one is missing.
    fn with_moved(&self, moved: &[MisplacedOption]) -> Option<Invocation> {
        let is_moved = |at: &usize| moved.iter().any(|it| (it.at..it.at + it.length).contains(at));
        let stays = (0..self.command().len()).filter(|at| !is_moved(at));
        let command: Vec<OsString> = stays.map(|at| self.command()[at].clone()).collect();
        let is_complete = moved.iter().all(|it| it.given.is_complete());
        is_complete.then(|| self.with_options(moved.iter().map(|it| it.given.clone())).with_command(&command))
    }

    /// What a command line with an ambiguous option can mean: the option is mkservice's, or the program's.
    pub fn readings(&self) -> Vec<Invocation> {
        let mut ambiguous = self.misplaced();
        ambiguous.retain(|it| it.is_ambiguous);
        match ambiguous.is_empty() || first_word::is_foreign(self) {
            true => Vec::new(),
            false => self.with_moved(&ambiguous).into_iter().chain([self.normalized()]).collect(),
        }
    }

    pub(super) fn refuse_ambiguous(&self) -> Result<()> {
        let Some(first) = self.misplaced().into_iter().find(|it| it.is_ambiguous) else { return Ok(()) };
        let program = quoted(&self.command()[0]);
        let option = quoted(&first.word);
        let message = match is_almost_name(&first.word) {
            true => message!("{} after the command looks like `--name`", option),
            false => message!("{} after the command can be for mkservice or for {}", option, program),
        };
        let readings = self.readings();
        let [ours @ .., theirs] = readings.as_slice() else {
            return Err(Error::new(Code::UnknownOption, message));
        };
        let ours = ours.iter().map(|line| message!("for mkservice: {}", mkservice(line.arguments())));
        let theirs = message!("for {}: {}", program, mkservice(theirs.arguments()));
        Err(Error::new(Code::UnknownOption, message).hints(ours.chain([theirs])))
    }

    /// Options that the program gets although mkservice has them, too.
    pub fn passed_on(&self) -> Option<Note> {
        let passed_on = self.misplaced();
        let words: Vec<Message> = passed_on.iter().map(|it| quoted(&it.word).into()).collect();
        let ours = self.with_moved(&passed_on).filter(|_| !words.is_empty())?;
        let note = message!("passed to {}: {}", quoted(&self.command()[0]), Message::join(words, ", "));
        Some(Note::from(note).hint(message!("for mkservice: {}", mkservice(ours.arguments()))))
    }
}

/// Programs that start others with all of their options.
pub(super) fn passes_on(program: &OsStr) -> bool {
    ["docker", "podman"].iter().any(|name| file_name(program) == *name)
}

fn has_own_name(words: &[OsString]) -> bool {
    // As in `python -m gunicorn` and `php artisan`.
    let names = words.iter().take(3).map(|word| file_name(word).to_string_lossy());
    names.into_iter().any(|name| WITH_OWN_NAME.contains(&&*name) || name.starts_with("qemu-"))
}

fn file_name(program: &OsStr) -> &OsStr {
    Path::new(program).file_name().unwrap_or(program)
}

/// Where the option stands that is the last words, with its value; and its name.
fn last_option(words: &[OsString]) -> Option<(usize, String)> {
    let [before @ .., last] = words else { return None };
    let has_value = |word: &OsStr| word.as_bytes().contains(&b'=');
    let at = match looks_like_option(last) {
        true => before.len(),
        false => before.len().checked_sub(1)?,
    };
    let is_option = at > 0 && looks_like_option(&words[at]) && has_value(&words[at]) == (at == before.len());
    is_option.then(|| (at, name_of(&words[at])))
}

/// An option without its value.
fn name_of(word: &OsStr) -> String {
    word.to_string_lossy().split('=').next().unwrap_or_default().to_owned()
}

fn is_almost_name(option: &str) -> bool {
    option != "--name" && strsim::osa_distance(option, "--name") == 1
}

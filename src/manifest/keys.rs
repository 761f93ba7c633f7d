//! The keys of a manifest: the options of `add`, read from their definition. Reading, writing and the schema use this one
//! table.

use clap::{Arg, ArgAction, Args as _, Command};

use crate::cli::usage::SYNONYMS;
use crate::cli::{self, Changing, Common, ImageOptions};

/// The key of the argv, which is not an option.
pub const COMMAND: &str = "command";

#[derive(Debug, Clone)]
pub struct Key {
    /// The long name of the option, without `--`.
    pub name: String,
    pub short: Option<char>,
    /// Other names of the option, without `--`. A file uses the first one.
    aliases: Vec<String>,
    pub shape: Shape,
    /// The only valid values; empty if there are others.
    pub possible: Vec<String>,
    /// A number is valid without quotes.
    pub takes_number: bool,
    pub value: String,
    /// The first line of its help.
    pub about: String,
    pub home: Home,
}

/// The type of a key's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Flag,
    One,
    /// One value, or a list of them.
    Several,
    /// A number, or a list of names: the instances.
    Names,
    /// Variables: a table, or a list of `NAME=VALUE`.
    Variables,
    /// Directives: the same, where one name can have several values.
    Directives,
}

/// Where an option is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Home {
    /// With a service.
    Service,
    /// As the name of the service's table.
    Head,
    /// On the command line, for the whole run.
    CommandLine,
}

/// The value names of options whose values can be numbers.
const NUMBERS: [&str; 7] = ["DURATION", "N", "SIZE", "ADDRESS", "USER", "GROUP", "N|NAMES"];

/// Other words for the command.
const COMMAND_WORDS: [&str; 9] = ["args", "argv", "cmd", "exec", "exec-start", "program", "run", "script", "start"];

/// All keys, in the order of the help.
#[derive(Debug, Clone)]
pub struct Keys(Vec<Key>);

impl Keys {
    pub fn of_add() -> Keys {
        let of_run = ImageOptions::augment_args(Changing::augment_args(Common::augment_args(Command::new("run"))));
        let is_of_run = |argument: &Arg| of_run.get_arguments().any(|it| it.get_id() == argument.get_id());
        let add = cli::add_command();
        let key = |argument: &Arg| {
            let name = argument.get_long()?.to_owned();
            let value = argument.get_value_names().map(|names| names.join(" ")).unwrap_or_default();
            let home = match name.as_str() {
                "name" => Home::Head,
                "replace" => Home::CommandLine,
                _ if is_of_run(argument) => Home::CommandLine,
                _ => Home::Service,
            };
            let shape = match (name.as_str(), argument.get_action()) {
                ("instances", _) => Shape::Names,
                ("setenv", _) => Shape::Variables,
                ("property", _) => Shape::Directives,
                (_, ArgAction::Append) => Shape::Several,
                (_, ArgAction::Set) => Shape::One,
                _ => Shape::Flag,
            };
            let possible = argument.get_possible_values().into_iter().map(|value| value.get_name().to_owned());
            Some(Key {
                short: argument.get_short(),
                aliases: argument.get_all_aliases().unwrap_or_default().into_iter().map(str::to_owned).collect(),
                shape,
                possible: if shape == Shape::Flag { Vec::new() } else { possible.collect() },
                takes_number: NUMBERS.contains(&value.as_str()),
                value,
                about: argument.get_help().map(ToString::to_string).unwrap_or_default(),
                home,
                name,
            })
        };
        Keys(add.get_arguments().filter_map(key).collect())
    }

    pub fn iter(&self) -> impl Iterator<Item = &Key> {
        self.0.iter()
    }

    /// The key of an option that is given with a service.
    pub fn of_service(&self, option: &str) -> Option<&Key> {
        self.0.iter().find(|key| key.name == option && key.home == Home::Service)
    }

    /// Those that can stand in a file, by all names that they have there.
    pub fn in_file(&self) -> impl Iterator<Item = (&str, &Key)> {
        let of_service = self.0.iter().filter(|key| key.home == Home::Service);
        of_service.flat_map(|key| names(key).map(move |name| (name, key)))
    }

    /// The key of a name that stands in a file, and its place in the order.
    pub fn find(&self, name: &str) -> Option<(usize, &Key)> {
        self.0.iter().enumerate().find(|(_, key)| names(key).any(|it| it == name))
    }

    /// The key that was probably meant by an unknown name.
    pub fn nearest(&self, name: &str) -> Option<&str> {
        let bare = |text: &str| -> String {
            let letters = text.chars().filter(|c| c.is_ascii_alphanumeric());
            letters.map(|c| c.to_ascii_lowercase()).collect()
        };
        let meant = bare(name);
        let names = || self.in_file().map(|(name, _)| name).chain([COMMAND]);
        let same = names().find(|known| bare(known) == meant);
        let of_command = || COMMAND_WORDS.into_iter().find(|word| bare(word) == meant).map(|_| COMMAND);
        if let Some((_, known)) = SYNONYMS.into_iter().find(|(word, _)| same.is_none() && bare(word) == meant) {
            return known;
        }
        let is_alias = |key: &&Key| key.home == Home::Service && key.aliases.iter().any(|alias| bare(alias) == meant);
        let of_alias = || self.iter().find(is_alias).map(|key| key.name.as_str());
        let distance = |known: &&str| strsim::damerau_levenshtein(&meant, &bare(known));
        // One slip in three letters still tells what was meant; so does the beginning.
        let alike = || names().min_by_key(distance).filter(|near| distance(near) <= (meant.len() / 3).clamp(1, 4));
        let begins = || names().find(|known| meant.len() > 3 && bare(known).starts_with(&meant));
        same.or_else(of_command).or_else(of_alias).or_else(alike).or_else(begins)
    }
}

/// The names that a key has in a file.
fn names(key: &Key) -> impl Iterator<Item = &str> {
    // A table of several is called by the plural.
    let plural = (key.shape == Shape::Directives).then_some("properties");
    std::iter::once(key.name.as_str()).chain(plural)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_is_a_key_or_belongs_on_the_command_line() {
        let keys = Keys::of_add();
        let add = cli::add_command();
        let options = add.get_arguments().filter(|argument| argument.get_long().is_some()).count();
        assert_eq!(keys.iter().count(), options);
        let of_run: Vec<&str> =
            keys.iter().filter(|key| key.home == Home::CommandLine).map(|key| key.name.as_str()).collect();
        assert_eq!(
            of_run,
            [
                "replace",
                "root",
                "global",
                "dry-run",
                "check",
                "force",
                "user",
                "system",
                "json",
                "quiet",
                "verbose",
                "color",
                "no-pager",
                "yes",
                "no-ask-password"
            ]
        );
        for (name, shape) in [
            ("restart", Shape::One),
            ("no-enable", Shape::Flag),
            ("environment-file", Shape::Several),
            ("instances", Shape::Names),
            ("setenv", Shape::Variables),
            ("property", Shape::Directives),
            ("properties", Shape::Directives),
        ] {
            assert_eq!(keys.find(name).map(|(_, key)| key.shape), Some(shape), "{name}");
        }
        let restart = keys.find("restart").unwrap().1;
        assert!(restart.possible.iter().any(|value| value == "on-failure"), "{restart:?}");
        assert!(SYNONYMS.iter().filter_map(|(_, name)| *name).all(|name| keys.find(name).is_some()));
    }

    #[test]
    fn what_was_meant_is_found() {
        let keys = Keys::of_add();
        for (written, meant) in [
            ("restart-secs", Some("restart-sec")),
            ("working_directory", Some("working-directory")),
            ("WorkingDirectory", Some("working-directory")),
            ("env", Some("setenv")),
            ("comand", Some("command")),
            ("cwd", Some("working-directory")),
            ("slice", None),
            ("propertys", Some("property")),
            ("working", Some("working-directory")),
            ("after-all-of-them", None),
            ("zzz", None),
            ("", None),
        ] {
            assert_eq!(keys.nearest(written), meant, "{written}");
        }
    }
}

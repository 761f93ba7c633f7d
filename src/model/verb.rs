//! The verbs by name: `mkservice VERB`.

use std::fmt;

/// A verb of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is named as on the command line")]
pub enum Verb {
    Add,
    Apply,
    Remove,
    List,
    Status,
    Logs,
    Start,
    Stop,
    Restart,
    Run,
    Enable,
    Disable,
    Cat,
    Export,
    Update,
    Edit,
    Harden,
    Rename,
    Adopt,
    Import,
    Explain,
    Doctor,
    Completions,
    Man,
    /// clap's own.
    Help,
    /// Hidden: the elevated half of verbs that change system services.
    InstallPlan,
}

/// In the order of the enum, which [`Verb::name`] relies on.
const NAMES: [(Verb, &str); 26] = [
    (Verb::Add, "add"),
    (Verb::Apply, "apply"),
    (Verb::Remove, "remove"),
    (Verb::List, "list"),
    (Verb::Status, "status"),
    (Verb::Logs, "logs"),
    (Verb::Start, "start"),
    (Verb::Stop, "stop"),
    (Verb::Restart, "restart"),
    (Verb::Run, "run"),
    (Verb::Enable, "enable"),
    (Verb::Disable, "disable"),
    (Verb::Cat, "cat"),
    (Verb::Export, "export"),
    (Verb::Update, "update"),
    (Verb::Edit, "edit"),
    (Verb::Harden, "harden"),
    (Verb::Rename, "rename"),
    (Verb::Adopt, "adopt"),
    (Verb::Import, "import"),
    (Verb::Explain, "explain"),
    (Verb::Doctor, "doctor"),
    (Verb::Completions, "completions"),
    (Verb::Man, "man"),
    (Verb::Help, "help"),
    (Verb::InstallPlan, "install-plan"),
];

/// Names that other tools have for the verbs.
const ALIASES: [(&str, Verb); 11] = [
    ("rm", Verb::Remove),
    ("del", Verb::Remove),
    ("delete", Verb::Remove),
    ("uninstall", Verb::Remove),
    ("ls", Verb::List),
    ("ps", Verb::List),
    ("log", Verb::Logs),
    ("show", Verb::Status),
    ("info", Verb::Status),
    ("mv", Verb::Rename),
    ("completion", Verb::Completions),
];

impl Verb {
    /// Every verb that people use.
    pub fn all() -> impl Iterator<Item = Verb> {
        NAMES.into_iter().map(|(verb, _)| verb).filter(|verb| *verb != Verb::InstallPlan)
    }

    /// As on the command line.
    pub fn name(self) -> &'static str {
        NAMES[self as usize].1
    }

    /// The verb of this name, the hidden one included.
    pub fn named(name: &str) -> Option<Verb> {
        NAMES.into_iter().find(|(_, known)| *known == name).map(|(verb, _)| verb)
    }

    /// The verb of this name or alias.
    pub fn given(word: &str) -> Option<Verb> {
        let of_alias = || ALIASES.into_iter().find(|(alias, _)| *alias == word).map(|(_, verb)| verb);
        Verb::named(word).or_else(of_alias)
    }

    /// Whether it changes nothing.
    pub fn only_reads(self) -> bool {
        use Verb::{Cat, Completions, Doctor, Explain, Export, Help, List, Logs, Man, Status};
        matches!(self, List | Status | Logs | Cat | Explain | Export | Doctor | Completions | Man | Help)
    }

    /// Names that other tools have for it.
    pub fn aliases(self) -> impl Iterator<Item = &'static str> {
        ALIASES.into_iter().filter(move |(_, verb)| *verb == self).map(|(alias, _)| alias)
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_in_the_order_of_the_verbs() {
        for (at, (verb, name)) in NAMES.into_iter().enumerate() {
            assert_eq!((verb as usize, verb.name()), (at, name));
        }
    }
}

//! Puts diagnostics and other texts into words, as they fit the reader: what was given on a command line or in a file,
//! who runs mkservice, and whether an image is worked on.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use crate::host::Host;
use crate::manifest::keys::Keys;
use crate::manifest::line::assigned;
use crate::manifest::write::key as written_key;
use crate::model::Scope;
use crate::model::command::{Argument, Command, Program};
use crate::model::diagnostic::{Code, Diagnostic, Error, Note, Retry};
use crate::model::message::{Message, Part, Setting};
use crate::shell;

/// Where the input came from that a text is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Front {
    #[default]
    CommandLine,
    /// A file of services, in which options are keys.
    File,
}

/// What the words depend on besides that.
#[derive(Debug, Clone, Default)]
pub struct Wording {
    /// The reader is not root: commands that require root privileges run through sudo.
    pub sudo: bool,
    /// The directory of the image that is worked on.
    pub image: Option<PathBuf>,
    /// The file of mkservice, if sudo would not find it by its name.
    pub own_program: Option<PathBuf>,
}

impl Wording {
    pub fn of(host: &Host) -> Wording {
        Wording {
            sudo: !host.is_root(),
            image: host.image().map(Path::to_owned),
            own_program: host.own_program.clone(),
        }
    }

    /// A text, for a user who gave a command line.
    pub fn text(&self, message: &Message) -> String {
        self.text_for(message, Front::CommandLine)
    }

    pub fn text_for(&self, message: &Message, front: Front) -> String {
        message.parts().iter().map(|part| self.part(part, front)).collect()
    }

    /// The message of a diagnostic, after the place in a file and the service there that it is about.
    pub fn message(&self, diagnostic: &Diagnostic) -> String {
        let explanation = diagnostic.details.explanation.as_ref().filter(|_| diagnostic.code == Code::NotRunning);
        let retry = explanation.and_then(|explanation| explanation.retry).map_or("", Retry::words);
        let message = |front| {
            let parts = diagnostic.message.parts().iter().map(|part| self.part(&shortened(part), front));
            parts.chain([retry.to_owned()]).collect()
        };
        let Some(place) = &diagnostic.place else { return message(Front::CommandLine) };
        let service = diagnostic.service.as_ref().map(|name| format!("service `{name}`: ")).unwrap_or_default();
        let text: String = message(Front::File);
        format!("{}:{}:{}: {service}{text}", place.file, place.line, place.column)
    }

    /// The hints of a diagnostic.
    pub fn hints(&self, diagnostic: &Diagnostic) -> Vec<String> {
        let front = if diagnostic.place.is_some() { Front::File } else { Front::CommandLine };
        diagnostic.hints.iter().map(|hint| self.text_for(hint, front)).collect()
    }

    /// The messages and hints of an error, a line for each.
    pub fn lines(&self, error: &Error) -> Vec<String> {
        error.each().iter().flat_map(|one| std::iter::once(self.message(one)).chain(self.hints(one))).collect()
    }

    /// A note and its hints, a line for each.
    pub fn note(&self, note: &Note, front: Front) -> String {
        let hints = note.hints.iter().map(|hint| format!("\nhint: {}", self.text_for(hint, front)));
        hints.fold(self.text_for(&note.message, front), |text, hint| text + &hint)
    }

    /// A command.
    pub fn command(&self, command: &Command) -> String {
        let root = command.as_root && self.sudo;
        let mut words: Vec<String> = root.then(|| "sudo".to_owned()).into_iter().collect();
        words.extend(match (&command.program, &self.image) {
            (Program::Named(name), _) => vec![(*name).to_owned()],
            (Program::Own, _) => {
                let path = self.own_program.as_ref().filter(|_| root);
                vec![path.map_or_else(|| "mkservice".into(), shell::quote)]
            }
            (Program::Systemctl(Scope::System), Some(image)) => {
                vec!["systemctl".into(), format!("--root={}", shell::quote(image))]
            }
            (Program::Systemctl(scope), _) => manager_program("systemctl", *scope),
            (Program::Journalctl(scope), _) => manager_program("journalctl", *scope),
        });
        words.extend(command.arguments.iter().filter_map(|argument| match argument {
            Argument::Word(word) => Some(shell::quote(word)),
            Argument::Path(path) => Some(shell::quote(self.outside(path))),
            Argument::Plain(text) => Some((*text).to_owned()),
            Argument::Image => self.image.as_ref().map(|image| format!("--root {}", shell::quote(image))),
        }));
        words.join(" ")
    }

    fn part(&self, part: &Part, front: Front) -> String {
        match part {
            Part::Text(text) => text.to_string(),
            Part::Value(value) => in_backticks(value),
            Part::Path(path) => in_backticks(self.outside(path).as_os_str()),
            Part::Option(name) => match front {
                Front::File if Keys::of_add().of_service(name).is_some() => name.to_string(),
                _ => format!("--{name}"),
            },
            Part::Settings(settings) => match front {
                Front::CommandLine => as_options(settings),
                Front::File => as_keys(settings),
            },
            Part::Command(command) => self.command(command),
            Part::Word(word) => shell::quote(word),
            Part::PathWord(path) => shell::quote(self.outside(path)),
        }
    }

    /// A path of the image that is worked on, as it is found from outside of it.
    pub fn outside(&self, path: &Path) -> PathBuf {
        match (&self.image, path.strip_prefix("/")) {
            (Some(image), Ok(inside)) => image.join(inside),
            _ => path.to_owned(),
        }
    }
}

/// A text with hints in words, for tests: as a user reads it who is not root and works on no image.
pub fn plain_text(message: &Message, hints: &[Message]) -> String {
    let wording = Wording { sudo: true, ..Wording::default() };
    let lines = std::iter::once(message).chain(hints).map(|text| wording.text(text));
    lines.collect::<Vec<_>>().join(" | ")
}

/// An error in words and its hints, for tests: as a user reads it who is not root and works on no image.
pub fn plain(error: &Error) -> String {
    Wording { sudo: true, ..Wording::default() }.lines(error).join(" | ")
}

/// The maximum length of a value in a message, in characters: nobody pastes it.
const VALUE_MAX: usize = 200;

/// A part of a message with the beginnings of its long values.
fn shortened(part: &Part) -> Part {
    let short = |value: &OsString| match value.to_string_lossy().char_indices().nth(VALUE_MAX) {
        Some((end, _)) => format!("{}…", &value.to_string_lossy()[..end]).into(),
        None => value.clone(),
    };
    match part {
        Part::Value(value) => Part::Value(short(value)),
        Part::Settings(settings) => Part::Settings(
            settings
                .iter()
                .map(|Setting { option, value }| Setting { option: option.clone(), value: value.as_ref().map(short) })
                .collect(),
        ),
        other => other.clone(),
    }
}

fn in_backticks(value: &OsStr) -> String {
    format!("`{}`", shell::printable(&value.to_string_lossy()))
}

fn manager_program(name: &str, scope: Scope) -> Vec<String> {
    std::iter::once(name).chain((scope == Scope::User).then_some("--user")).map(str::to_owned).collect()
}

fn as_options(settings: &[Setting]) -> String {
    let keys = Keys::of_add();
    let words = settings.iter().map(|Setting { option, value }| {
        let short = keys.of_service(option).and_then(|key| key.short);
        let name = short.map_or_else(|| format!("--{option}"), |letter| format!("-{letter}"));
        match value {
            // What begins with a dash would be taken for another option.
            Some(value) if value.as_encoded_bytes().starts_with(b"-") => format!("--{option}={}", shell::quote(value)),
            Some(value) => format!("{name} {}", shell::quote(value)),
            None => name,
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

fn as_keys(settings: &[Setting]) -> String {
    let keys = Keys::of_add();
    let mut all: Vec<(&str, Vec<&OsString>)> = Vec::new();
    for Setting { option, value } in settings {
        match all.iter_mut().find(|(name, _)| name == option) {
            Some((_, values)) => values.extend(value),
            None => all.push((option, value.iter().collect())),
        }
    }
    let assignment = |(name, values): (&str, Vec<&OsString>)| {
        let texts: Vec<String> = values.iter().map(|value| value.to_string_lossy().into_owned()).collect();
        match (keys.of_service(name), texts.as_slice()) {
            (Some(key), texts) => format!("{name} = {}", assigned(key, texts)),
            // The name of a service is that of its table.
            (None, [value]) if name == "name" => format!("[services.{}]", written_key(value)),
            (None, []) => format!("--{name}"),
            (None, texts) => format!("--{name} {}", shell::join(texts)),
        }
    };
    all.into_iter().map(assignment).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::command::{journalctl, mkservice, run, systemctl};
    use crate::model::diagnostic::Error;
    use crate::model::message::{flag, message, opt, quoted, quoted_path, set, set_all};

    fn user() -> Wording {
        Wording { sudo: true, ..Wording::default() }
    }

    fn root() -> Wording {
        Wording::default()
    }

    #[test]
    fn sudo_is_written_for_what_takes_root_and_in_nothing_else() {
        let words = ["pesudo", "python", "sudo ", "x"];
        let again = message!("{}", mkservice(words).as_root());
        assert_eq!(user().text(&again), "sudo mkservice pesudo python 'sudo ' x");
        assert_eq!(root().text(&again), "mkservice pesudo python 'sudo ' x");
        let user_scope = message!("{}; {}", systemctl(Scope::User).arg("start"), journalctl(Scope::User));
        assert_eq!(user().text(&user_scope), "systemctl --user start; journalctl --user");
        assert_eq!(user().text(&systemctl(Scope::System).args(["start", "x"]).into()), "sudo systemctl start x");
    }

    #[test]
    fn long_values_are_cut_in_messages_but_not_in_hints() {
        let long = "ä".repeat(1000);
        let message = message!("{} and {}", quoted(&long), set("nice", &long));
        let error = Error::invalid(message.clone()).hint(message);
        let cut = "ä".repeat(200);
        assert_eq!(user().message(error.first()), format!("`{cut}…` and --nice '{cut}…'"));
        assert_eq!(user().hints(error.first()), [format!("`{long}` and --nice '{long}'")]);
    }

    #[test]
    fn values_stay_as_they_are_in_a_file() {
        let text = message!("{}: {} is not a directory", opt("memory-max"), quoted("/nope -p x --memory-max 1"));
        assert_eq!(user().text_for(&text, Front::File), "memory-max: `/nope -p x --memory-max 1` is not a directory");
        assert_eq!(user().text(&text), "--memory-max: `/nope -p x --memory-max 1` is not a directory");
        let command = message!("{}", run("mkdir").arg("-p").path("/srv/a b"));
        assert_eq!(user().text_for(&command, Front::File), "mkdir -p '/srv/a b'");
    }

    #[test]
    fn settings_are_options_or_keys() {
        for (part, options, keys) in [
            (set("restart-sec", "5min"), "--restart-sec 5min", "restart-sec = \"5min\""),
            (set("nice", "-5"), "--nice=-5", "nice = \"-5\""),
            (flag("inherit-path"), "--inherit-path", "inherit-path = true"),
            (flag("force"), "--force", "--force"),
            (set("name", "a.b"), "--name a.b", "[services.\"a.b\"]"),
            (set("property", "Nice=5"), "-p Nice=5", "property = { Nice = \"5\" }"),
            (set_all("setenv", ["A", "B"]), "-E A -E B", "setenv = [\"A\", \"B\"]"),
            (set_all("after", ["a b", "c"]), "--after 'a b' --after c", "after = [\"a b\", \"c\"]"),
        ] {
            let text = message!("{}", part);
            assert_eq!(user().text(&text), options);
            assert_eq!(user().text_for(&text, Front::File), keys);
        }
    }

    #[test]
    fn paths_of_an_image_are_shown_as_they_are_found_outside() {
        let image = Wording { image: Some("/srv/my image".into()), ..Wording::default() };
        let text = message!("cannot read {}: {}", quoted_path("/etc/x"), run("ls").path("/etc/x").in_image());
        assert_eq!(
            image.text(&text),
            "cannot read `/srv/my image/etc/x`: ls '/srv/my image/etc/x' --root '/srv/my image'"
        );
        assert_eq!(root().text(&text), "cannot read `/etc/x`: ls /etc/x");
        assert_eq!(
            image.text(&systemctl(Scope::System).arg("unmask").into()),
            "systemctl --root='/srv/my image' unmask"
        );
    }

    #[test]
    fn nothing_of_others_reaches_the_terminal_as_a_control_character() {
        assert_eq!(user().text(&message!("{}", quoted("a\u{1b}[31m"))), "`a\\u{1b}[31m`");
    }
}

//! The manifest entry of an installed service: what was given, with paths and variables as they were resolved then.

use super::keys::{Home, Key, Keys, Shape};
use super::{Entry, Value};
use crate::cli::Invocation;
use crate::spec::{Scope, UnitName};
use crate::systemd::directives;
use crate::systemd::unit_file::{self, Setting};
use crate::systemd::unquote;
use crate::systemd::words::{Style, split};
use crate::unit;

#[derive(Debug)]
pub struct InstalledUnit<'a> {
    pub name: &'a UnitName,
    pub scope: Scope,
    /// The text of the unit in which its program runs.
    pub text: &'a str,
    /// The text of its path unit.
    pub watch: Option<&'a str>,
    /// The text of the unit that is started on failure.
    pub failure: Option<&'a str>,
    /// What edits set, and drop-ins of mkservice: section and name, and value.
    pub settings: Vec<((String, String), String)>,
    /// Its instances, with commas.
    pub instances: Option<String>,
    pub enabled: bool,
    /// Neither the service nor a trigger is active.
    pub stopped: bool,
}

/// How much of an entry is as it was given, and how much as it was resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fidelity {
    AsGiven,
    /// With the path of the program.
    ProgramResolved,
    /// Everything as in the unit.
    Resolved,
}

impl Fidelity {
    /// The most readable first.
    pub const ALL: [Fidelity; 3] = [Fidelity::AsGiven, Fidelity::ProgramResolved, Fidelity::Resolved];
}

/// The entry for a service that was created by a command line. `None` for one with options that are not those of today.
pub fn entry(invocation: &Invocation, there: &InstalledUnit<'_>, fidelity: Fidelity, keys: &Keys) -> Option<Entry> {
    let mut given = GivenValues::of(invocation, keys)?;
    let unit = Unit { settings: unit_file::settings(there.text), of_template: there.instances.is_some() };
    let properties = given.at("property").clone();
    let environment = unit.environment(&properties)?;
    given.take_paths(&unit, there, &properties)?;
    given.take_variables(&environment)?;
    given.take_state(&unit, there);
    let set = there.settings.iter().filter(|((_, name), _)| !OF_UNIT.contains(&name.as_str())).map(
        |((section, name), value)| match directives::section_of(name).name() {
            usual if usual == section => format!("{name}={value}"),
            _ => format!("{section}.{name}={value}"),
        },
    );
    given.at("property").extend(set);

    let argv = unit.last("ExecStart").and_then(|line| unquote::command(line, unit.of_template))?;
    let mut words: Vec<String> =
        invocation.command().iter().map(|word| word.to_str().map(str::to_owned)).collect::<Option<_>>()?;
    let first = words.first()?;
    let is_elsewhere = first.contains('/') && !first.starts_with('/');
    match fidelity {
        // Relative paths would start at the directory of the file.
        Fidelity::AsGiven if is_elsewhere => return None,
        Fidelity::AsGiven => {}
        Fidelity::ProgramResolved => words[0] = argv.first()?.clone(),
        Fidelity::Resolved => {
            words = argv;
            *given.at("setenv") = environment.iter().map(|(name, value)| format!("{name}={value}")).collect();
            given.at("inherit-path").clear();
        }
    }
    if fidelity != Fidelity::AsGiven {
        given.take_texts(&unit, there, &properties)?;
    }
    let options = keys.iter().zip(given.values).filter(|(key, values)| key.home == Home::Service && !values.is_empty());
    let options = options.map(|(key, values)| option(key, values)).collect();
    Some(Entry { name: there.name.as_str().to_owned(), remarks: Vec::new(), command: words, options })
}

/// Directives of which the entry says what the unit has.
const OF_UNIT: [&str; 5] = ["ExecStart", "WorkingDirectory", "User", "Description", "EnvironmentFile"];

/// The values that were given for each key.
struct GivenValues<'a> {
    keys: &'a Keys,
    values: Vec<Vec<String>>,
}

impl<'a> GivenValues<'a> {
    /// `None` unless all of it is UTF-8 and an option of today.
    fn of(invocation: &Invocation, keys: &'a Keys) -> Option<GivenValues<'a>> {
        let mut values = vec![Vec::new(); keys.iter().count()];
        for (option, value) in invocation.options() {
            let (place, _) = keys.find(option)?;
            values[place].push(value.unwrap_or_default().to_str()?.to_owned());
        }
        invocation.is_known().then_some(GivenValues { keys, values })
    }

    fn at(&mut self, name: &str) -> &mut Vec<String> {
        let place = self.keys.find(name).map(|(place, _)| place).unwrap_or_default();
        &mut self.values[place]
    }

    /// Paths as they were resolved.
    fn take_paths(&mut self, unit: &Unit<'_>, there: &InstalledUnit<'_>, properties: &[String]) -> Option<()> {
        if let Some(dir) = unit.last("WorkingDirectory").filter(|_| !sets(properties, "Service", "WorkingDirectory")) {
            *self.at("working-directory") = vec![unquote::percent(dir, unit.of_template)];
        }
        let files = unit.all("EnvironmentFile", properties).into_iter();
        *self.at("environment-file") = files.map(|path| unquote::environment_file(path, unit.of_template)).collect();
        for secret in self.at("secret") {
            if let Some((name, _)) = secret.split_once('=') {
                *secret = format!("{name}={}", unit.credential(name)?);
            }
        }
        if !self.at("log-file").is_empty() {
            *self.at("log-file") = vec![unit::log_file(there.text)?.to_str()?.to_owned()];
        }
        for (key, directive) in [("on-path-changed", "PathChanged"), ("on-path-exists", "PathExists")] {
            let settings = unit_file::settings(there.watch.unwrap_or_default());
            let paths = settings.iter().filter(|it| it.section == "Path" && it.name == directive);
            let count = self.at(key).len();
            *self.at(key) = paths.map(|it| unquote::percent(&it.value, false)).take(count).collect();
        }
        Some(())
    }

    /// The values of variables that were given by name.
    fn take_variables(&mut self, environment: &[(String, String)]) -> Option<()> {
        let value = |name: &str| environment.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value);
        for word in self.at("setenv").iter_mut().filter(|word| !word.contains('=')) {
            *word = format!("{word}={}", value(word)?);
        }
        Some(())
    }

    fn take_state(&mut self, unit: &Unit<'_>, there: &InstalledUnit<'_>) {
        let flag = |on: bool| if on { vec![String::new()] } else { Vec::new() };
        if there.scope == Scope::System {
            let account = unit.last("User").filter(|name| !name.is_empty()).unwrap_or("root");
            *self.at("uid") = vec![account.to_owned()];
        }
        *self.at("instances") = there.instances.iter().cloned().collect();
        *self.at("no-enable") = flag(!there.enabled);
        *self.at("no-start") = flag(there.stopped);
    }

    /// What follows from the command unless it is given.
    fn take_texts(&mut self, unit: &Unit<'_>, there: &InstalledUnit<'_>, properties: &[String]) -> Option<()> {
        if !sets(properties, "Unit", "Description") {
            *self.at("description") = unit.description()?;
        }
        if let Some(failure) = there.failure {
            let line = Unit { settings: unit_file::settings(failure), of_template: false };
            let argv = line.last("ExecStart").and_then(|line| unquote::command(line, false))?;
            let is_command = |text: &&mut String| !crate::spec::names_unit(text);
            for text in self.at("notify-failure").iter_mut().filter(is_command) {
                *text = crate::shell::join(&argv);
            }
        }
        Some(())
    }
}

/// True if a property sets the directive, with or without its section.
fn sets(properties: &[String], section: &str, name: &str) -> bool {
    properties.iter().any(|property| {
        let written = property.split('=').next().unwrap_or_default();
        written == name || written.split_once('.') == Some((section, name))
    })
}

/// An option as it is written into a file.
fn option(key: &Key, mut values: Vec<String>) -> (String, Value) {
    let pairs = || -> Option<Vec<(String, String)>> {
        let pair = |word: &String| word.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
        values.iter().map(pair).collect()
    };
    let name = if key.shape == Shape::Directives { "properties" } else { &key.name };
    let value = match key.shape {
        Shape::Flag => Value::Flag(true),
        Shape::Variables | Shape::Directives => match pairs() {
            Some(pairs) => Value::Table(pairs),
            None => Value::List(values),
        },
        Shape::Several if values.len() > 1 => Value::List(values),
        // The last one counts.
        _ => Value::Text(values.pop().unwrap_or_default()),
    };
    (name.to_owned(), value)
}

/// The unit in which a program runs.
struct Unit<'a> {
    settings: Vec<Setting<'a>>,
    of_template: bool,
}

impl Unit<'_> {
    fn of_service(&self, name: &str) -> impl DoubleEndedIterator<Item = &str> {
        let is = move |it: &&Setting<'_>| it.section == "Service" && it.name == name;
        self.settings.iter().filter(is).map(|it| it.value.as_str())
    }

    fn last(&self, name: &str) -> Option<&str> {
        self.of_service(name).next_back()
    }

    /// The values of a directive, except those of properties.
    fn all(&self, name: &str, properties: &[String]) -> Vec<&str> {
        let is_typed = |value: &str| {
            let of =
                |property: &String| property.strip_prefix("Service.").unwrap_or(property) == format!("{name}={value}");
            properties.iter().any(of)
        };
        self.of_service(name).filter(|value| !is_typed(value)).collect()
    }

    /// The variables, without those that name files of mkservice's own.
    fn environment(&self, properties: &[String]) -> Option<Vec<(String, String)>> {
        let lines = self.all("Environment", properties).into_iter().filter(|line| !unquote::has_specifier(line));
        let mut all = Vec::new();
        for word in lines.map(|line| split(line, Style::COMMAND).ok()).collect::<Option<Vec<_>>>()?.concat() {
            let (name, value) = word.split_once('=')?;
            all.push((name.to_owned(), unquote::percent(value, self.of_template)));
        }
        Some(all)
    }

    /// The file that a secret is taken from.
    fn credential(&self, name: &str) -> Option<String> {
        let id = format!("{name}:");
        self.of_service("LoadCredential")
            .find_map(|value| value.strip_prefix(&id))
            .map(|path| unquote::percent(path, false))
    }

    /// `Description=`, as it would be typed.
    fn description(&self) -> Option<Vec<String>> {
        let written = self.settings.iter().rev().find(|it| it.section == "Unit" && it.name == "Description")?;
        let text = match self.of_template {
            true => unquote::percent(written.value.strip_suffix(" (%i)").unwrap_or(&written.value), true),
            false => {
                // A specifier that is empty keeps a backslash from the end of the line.
                let value = &written.value;
                unquote::percent(
                    value.strip_suffix("\\%i").map_or(value.clone(), |text| format!("{text}\\")).as_str(),
                    false,
                )
            }
        };
        Some(vec![text])
    }
}

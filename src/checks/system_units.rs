//! The units of a system service as the system manager reads them, to be checked before they are written.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use crate::host::probe::Environment;
use crate::import::systemd::{Specifiers, commands, expanded};
use crate::runtime::variables;
use crate::spec::{ServiceSpec, UnitKind};
use crate::systemd::directives::{self, Section};
use crate::systemd::quote::{Dollar, word};
use crate::systemd::words::{self, Style};
use crate::systemd::{directives::value::boolean, unit_file};
use crate::unit;

/// A unit, or an instance of a template.
pub struct SystemUnit {
    pub kind: UnitKind,
    prefix: String,
    instance: Option<String>,
    settings: Vec<Setting>,
    /// The words of the first `ExecStart=`, as they were given.
    command: Vec<OsString>,
}

struct Setting {
    section: Section,
    name: String,
    value: String,
}

/// A command of `Exec*=`.
pub struct UnitCommand {
    pub directive: String,
    /// The special characters before the path.
    pub prefix: String,
    pub words: Vec<OsString>,
}

/// The units without what [`ServiceSpec::hardening`] adds: it only names paths that the service uses anyway.
pub fn system_units(spec: &ServiceSpec) -> Vec<SystemUnit> {
    let spec = ServiceSpec { hardening: None, ..spec.clone() };
    // Lines that are too long are refused elsewhere.
    let files = unit::render(&spec).unwrap_or_default();
    let instances = spec.instances.iter().flat_map(|all| all.names()).map(|name| Some(name.as_str().to_owned()));
    let mut instances: Vec<Option<String>> = if spec.instances.is_some() { instances.collect() } else { vec![None] };
    // Without specifiers all instances are alike.
    let has_specifiers = |it: &Setting| it.name != "Description" && it.value.contains('%');
    if !files.iter().flat_map(|file| settings(&file.text)).any(|it| has_specifiers(&it)) {
        instances.truncate(1);
    }
    let each = instances.into_iter().zip(spec.each());
    let units = each.flat_map(|(instance, one)| {
        files.iter().map(move |file| SystemUnit {
            kind: file.kind,
            prefix: spec_prefix(&one, file.kind),
            instance: instance.clone().filter(|_| file.kind == UnitKind::Template),
            settings: settings(&file.text),
            command: match (file.kind, &one.failure) {
                (UnitKind::Service | UnitKind::Template, _) => one.command.words(),
                (UnitKind::Failure, Some(command)) => command.words(),
                _ => Vec::new(),
            },
        })
    });
    units.collect()
}

/// The name up to an `@`.
fn spec_prefix(spec: &ServiceSpec, kind: UnitKind) -> String {
    let unit = spec.name.unit_of(kind);
    let stem = unit.rsplit_once('.').map_or(unit.as_str(), |(stem, _)| stem);
    stem.split('@').next().unwrap_or_default().to_owned()
}

fn settings(text: &str) -> Vec<Setting> {
    let read = unit_file::settings(text).into_iter();
    let settings = read.filter_map(|it| {
        Some(Setting { section: Section::parse(it.section)?, name: it.name.to_owned(), value: it.value })
    });
    settings.collect()
}

/// The PATH of a command outside a service: only what is found there is executed.
const SEARCH_PATH: &str = "X-SearchPath";

impl SystemUnit {
    /// A command that root runs itself, as the service that would run the same. A variable counts if it leads to code.
    pub fn of_command(words: &[OsString], directory: &Path, environment: &Environment) -> SystemUnit {
        let setting = |name: &str, value: String| Setting { section: Section::Service, name: name.into(), value };
        // Paths are taken as they are written, except for `%`.
        let escaped = |text: &str| text.replace('%', "%%");
        let mut settings = vec![
            setting("WorkingDirectory", escaped(&directory.to_string_lossy())),
            setting("ExecStart", "the command".into()),
        ];
        for (name, value) in environment {
            let Some(name) = name.to_str() else { continue };
            if name == "PATH" {
                settings.push(setting(SEARCH_PATH, escaped(&value.to_string_lossy())));
            } else if variables::leads_to_code(name) {
                let assignment = [name.as_bytes(), b"=", value.as_bytes()].concat();
                settings.push(setting("Environment", word(&assignment, Dollar::Literal)));
            }
        }
        SystemUnit { kind: UnitKind::Service, prefix: String::new(), instance: None, settings, command: words.into() }
    }

    /// The values of a directive since it was last reset.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let all = self.settings.iter().filter(move |setting| setting.name == name);
        let from = all.clone().enumerate().filter(|(_, it)| it.value.is_empty()).last().map_or(0, |(at, _)| at + 1);
        all.skip(from).map(|setting| setting.value.as_str())
    }

    /// The value that counts of a directive with one value.
    pub fn last<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.values(name).last()
    }

    pub fn is_on(&self, name: &str) -> bool {
        self.last(name).and_then(boolean) == Some(true)
    }

    /// The names of all directives with a kind of value.
    pub fn named_by_kind(&self, kind: &str) -> Vec<&str> {
        let is_of_kind = |setting: &&Setting| {
            directives::in_section(&setting.name, setting.section).is_some_and(|it| it.kind.name == kind)
        };
        let mut names: Vec<&str> = self.settings.iter().filter(is_of_kind).map(|it| it.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// A text with its specifiers replaced; those that depend on the machine stay as they are.
    pub fn expanded(&self, text: &str) -> String {
        let specifiers = self.specifiers();
        specifiers.whole(text).unwrap_or_else(|_| text.to_owned())
    }

    fn specifiers(&self) -> Specifiers<'_> {
        Specifiers {
            prefix: &self.prefix,
            instance: self.instance.as_deref(),
            home: "/root",
            user: "root",
            uid: 0,
            host_name: "localhost",
            is_system: true,
        }
    }

    /// Where programs are looked up, if not in systemd's default.
    pub fn search_path(&self) -> Option<String> {
        let path = self.values("ExecSearchPath").map(|path| self.expanded(path)).collect::<Vec<_>>().join(":");
        let path = Some(path).filter(|path| !path.is_empty());
        path.or_else(|| self.last(SEARCH_PATH).map(|path| self.expanded(path)))
    }

    /// The variables of `Environment=`.
    pub fn environment(&self) -> Vec<(String, String)> {
        let words =
            self.values("Environment").flat_map(|value| words::split(value, Style::ESCAPED).unwrap_or_default());
        let assignments = words.map(|word| self.expanded(&word));
        assignments.filter_map(|it| it.split_once('=').map(|(name, value)| (name.into(), value.into()))).collect()
    }

    /// Everything that it runs.
    pub fn commands(&self) -> Vec<UnitCommand> {
        let environment = self.environment();
        let known = |name: &str| environment.iter().rfind(|(known, _)| known == name).map(|(_, value)| value.clone());
        let mut found = Vec::new();
        for name in self.named_by_kind("Command") {
            let mut values = self.values(name);
            let is_reset = self.settings.iter().any(|it| it.name == name && it.value.is_empty());
            if name == "ExecStart" && !self.command.is_empty() && !is_reset {
                values.next();
                let (directive, words) = (name.to_owned(), self.command.clone());
                found.push(UnitCommand { directive, prefix: String::new(), words });
            }
            for command in values.flat_map(|value| commands(value, &self.specifiers()).unwrap_or_default()) {
                let words = expanded(&command, &known).into_iter().map(OsString::from).collect();
                found.push(UnitCommand { directive: name.to_owned(), prefix: command.prefix, words });
            }
        }
        found
    }
}

//! Configurations of supervisord: a service for each program, or for each of its processes.

mod ini;
mod manner;
mod program;
pub(super) mod values;

use std::collections::BTreeMap;
use std::path::Path;

use super::beside::Beside;
use super::draft::{Draftsman, absolute, folder, text};
use super::{Facts, Imported, Source, Trouble};
use ini::{Section, Setting};
use program::Program;

/// The files that a configuration includes; none where it cannot be read, which is told later.
pub fn included(path: &Path, text: &str, host_name: &str) -> Vec<Beside> {
    let sections = ini::sections(text).unwrap_or_default();
    let include = sections.iter().find(|section| section.name == "include");
    let files = include.and_then(|section| section.options.iter().find(|it| it.name == "files"));
    let known = [("here", super::draft::text(folder(path))), ("host_node_name", host_name.to_owned())];
    let known = known.map(|(name, value)| (name.to_owned(), value)).into();
    let value = files.and_then(|setting| values::expanded(&setting.value, &known).ok()).unwrap_or_default();
    value.split_whitespace().map(|pattern| Beside::Pattern(absolute(folder(path), pattern))).collect()
}

/// Reads a configuration with the files that it includes.
pub fn read(source: &Source, beside: &[Source], facts: &Facts<'_>) -> Result<Imported, Trouble> {
    let mut all = Draftsman::default();
    all.head(format!("made from {}", text(&source.path)));
    let is_machines = source.path.starts_with("/etc");
    all.head(match is_machines {
        true => "its programs have accounts: mkservice apply --system",
        false => "programs with an account (uid) need the system scope: mkservice apply --system",
    });
    all.head("what a program prints goes to the journal where no file is named; what it leaves behind ends with it");
    all.head("SUPERVISOR_ENABLED, _PROCESS_NAME, _GROUP_NAME and _SERVER_URL are not set: setenv gives what is needed");
    let mut programs = Vec::new();
    let mut shared = Shared { is_machines, ..Shared::default() };
    let mut asides = Vec::new();
    for file in std::iter::once(source).chain(beside) {
        let sections = ini::sections(&file.text).map_err(|trouble| trouble.of(&file.path))?;
        for section in sections {
            match section.name.split_once(':') {
                Some(("program", name)) => {
                    programs.push(Program { name: name.trim().to_owned(), section, file });
                }
                Some(("group", name)) => {
                    let what = format!("[group:{}]: its programs are services of their own", name.trim());
                    all.left_of_file(&file.path, section.line, what);
                }
                Some(("eventlistener" | "fcgi-program", _)) => {
                    let what =
                        format!("[{}]: it speaks with supervisord itself, and has no place without it", section.name);
                    all.left_of_file(&file.path, section.line, what);
                }
                _ if section.name == "supervisord" => shared.take(&section, file, facts, &mut all)?,
                _ if section.name == "include" => unread(&section, file, beside, &mut all),
                _ => asides.push((section, file)),
            }
        }
    }
    for (section, file) in asides {
        let known = ["unix_http_server", "inet_http_server", "supervisorctl"].contains(&section.name.as_str());
        let what = match known || section.name.starts_with("rpcinterface:") || section.name.starts_with("ctlplugin:") {
            true => format!("[{}]: mkservice list, status and logs take its place", section.name),
            false => format!("[{}]: no section of supervisord", section.name),
        };
        all.left_of_file(&file.path, section.line, what);
    }
    if programs.is_empty() {
        return Err(Trouble::new(0, "has no program in it").hint("as in: [program:web]"));
    }
    program::services(&programs, &shared, facts, &mut all)?;
    Ok(all.finish())
}

/// What `[supervisord]` says for all programs.
#[derive(Debug, Default)]
struct Shared {
    /// It is a configuration of the machine, whose supervisord runs as root.
    is_machines: bool,
    directory: Option<String>,
    umask: Option<String>,
    user: Option<String>,
    variables: Vec<(String, String)>,
    /// How many files each may have open, where that is more than it may without a word.
    open_files: Option<u64>,
}

/// What systemd lets a service open if nothing else is said (systemd.exec(5)).
const OPEN_FILES: u64 = 1024;

impl Shared {
    fn take(
        &mut self,
        section: &Section,
        file: &Source,
        facts: &Facts<'_>,
        all: &mut Draftsman,
    ) -> Result<(), Trouble> {
        let known = known(file, facts);
        let mut aside = Vec::new();
        for setting in &section.options {
            let value = value(setting, file, &known)?;
            match setting.name.as_str() {
                "directory" => self.directory = Some(text(&absolute(folder(&file.path), &home(&value, facts)))),
                "umask" => self.umask = Some(value),
                "user" => self.user = Some(value),
                "environment" => {
                    self.variables = values::variables(&value).map_err(|why| trouble(setting, file, &why))?
                }
                "minfds" => {
                    let files =
                        value.parse().map_err(|_| trouble(setting, file, &format!("`{value}` is no number")))?;
                    self.open_files = Some(files).filter(|files| *files > OPEN_FILES);
                }
                name => aside.push(name.to_owned()),
            }
        }
        if !aside.is_empty() {
            let what = format!("[supervisord] {}: about supervisord itself", aside.join(", "));
            all.left_of_file(&file.path, section.line, what);
        }
        Ok(())
    }
}

/// What is included and is not there is told.
fn unread(section: &Section, file: &Source, beside: &[Source], all: &mut Draftsman) {
    if beside.is_empty() {
        all.left_of_file(&file.path, section.line, "[include]: there is no such file here");
    }
}

/// What `%(…)s` stands for in all sections of a file.
fn known(file: &Source, facts: &Facts<'_>) -> BTreeMap<String, String> {
    let variables = facts.environment.iter().map(|(name, value)| (format!("ENV_{name}"), value.clone()));
    let here = ("here".to_owned(), text(folder(&file.path)));
    variables.chain([here, ("host_node_name".to_owned(), facts.host_name.to_owned())]).collect()
}

/// The value of an option, with all put in.
fn value(setting: &Setting, file: &Source, known: &BTreeMap<String, String>) -> Result<String, Trouble> {
    values::expanded(&setting.value, known).map_err(|why| trouble(setting, file, &why))
}

fn trouble(setting: &Setting, file: &Source, why: &str) -> Trouble {
    let trouble = Trouble::new(setting.line, format!("{} {why}", setting.name)).of(&file.path);
    match setting.value.contains("%(ENV_") && why.contains("not set here") {
        true => trouble.hint("set it in front: NAME=VALUE mkservice import FILE"),
        false => trouble,
    }
}

/// `~` in front is the home.
fn home(path: &str, facts: &Facts<'_>) -> String {
    match path.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("{}{rest}", text(facts.home)),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests;

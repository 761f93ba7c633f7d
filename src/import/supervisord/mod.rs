//! Configurations of supervisord: one service per program, or per process of a program.

mod ini;
mod logs;
mod program;
mod restart;
pub(super) mod values;

use std::collections::BTreeMap;
use std::path::Path;

use super::draft::{ManifestBuilder, absolute, directory_of, text};
use super::{Facts, Imported, Importer, Input, ReadError, RelatedFile, Source, file_name, has_suffix, section_name};
use crate::cli::ImportFormat;
use crate::host::text_file;
use crate::systemd::names;
use ini::{Section, Setting};
use program::Program;

pub struct Supervisord;

impl Importer for Supervisord {
    fn format(&self) -> ImportFormat {
        ImportFormat::Supervisord
    }

    fn has_name(&self, path: &Path) -> bool {
        let name = file_name(path).to_ascii_lowercase();
        name.starts_with("supervisor") && has_suffix(&name, &[".conf", ".ini"])
    }

    fn has_line(&self, line: &str) -> bool {
        let is_known = |name: &str| matches!(name, "include" | "supervisord") || is_control_section(name);
        section_name(line).is_some_and(|name| name.contains(':') || is_known(name))
    }

    /// The files that it includes; none if it cannot be read, which [`Self::read`] reports.
    fn related_files(&self, source: &Source, facts: &Facts<'_>) -> Vec<RelatedFile> {
        let sections = ini::sections(&source.text).unwrap_or_default();
        let include = sections.iter().find(|section| section.name == "include");
        let files = include.and_then(|section| section.value("files"));
        let value = files.and_then(|files| values::expanded(&files, &expansions(source, facts)).ok());
        let directory = directory_of(&source.path);
        let patterns = value.as_deref().unwrap_or_default().split_whitespace();
        patterns.map(|pattern| RelatedFile::Pattern(absolute(directory, pattern))).collect()
    }

    fn read(&self, input: &Input<'_>) -> Result<Imported, ReadError> {
        let Input { source, related, facts, .. } = *input;
        let mut manifest = ManifestBuilder::default();
        let is_system = source.path.starts_with("/etc");
        manifest.head(match is_system {
            true => "its programs name users: mkservice apply --system",
            false => "programs with a user (uid) need the system scope: mkservice apply --system",
        });
        manifest.head("output goes to the journal unless a file is named; background processes end with the program");
        manifest
            .head("SUPERVISOR_ENABLED, _PROCESS_NAME, _GROUP_NAME and _SERVER_URL are not set: use setenv if needed");
        let mut programs = Vec::new();
        let mut shared = GlobalSettings { is_system, ..GlobalSettings::default() };
        let mut missing = Vec::new();
        for file in std::iter::once(source).chain(related) {
            for section in ini::sections(&file.text).map_err(|error| error.of(&file.path))? {
                let what = match section.name.split_once(':') {
                    Some(("program", name)) => {
                        programs.push(Program { name: name.trim().to_owned(), section, file });
                        continue;
                    }
                    Some(("group", name)) => {
                        let programs = section.value("programs").unwrap_or_default();
                        let of_group = |program: &str| (program.trim().to_owned(), name.trim().to_owned());
                        shared.groups.extend(programs.split(',').map(of_group));
                        "its programs are separate services".to_owned()
                    }
                    Some(("eventlistener" | "fcgi-program", _)) => {
                        missing.push(format!("[{}] {ONLY_SUPERVISORD}", section.name));
                        ONLY_SUPERVISORD.to_owned()
                    }
                    Some(("rpcinterface" | "ctlplugin", _)) => CONTROL.to_owned(),
                    _ if section.name == "supervisord" => {
                        shared.read(&section, file, facts, &mut manifest)?;
                        continue;
                    }
                    // supervisord itself does not follow those of included files.
                    _ if section.name == "include" && file.path != source.path => {
                        "supervisord ignores it in an included file".to_owned()
                    }
                    _ if section.name == "include" => match unmatched(&section, source, related, facts) {
                        Some(what) => {
                            missing.push(format!("[include]: {what}"));
                            what
                        }
                        None => continue,
                    },
                    _ if is_control_section(&section.name) => CONTROL.to_owned(),
                    _ => "not a section of supervisord".to_owned(),
                };
                manifest.unconverted(&file.path, section.line, format!("[{}]: {what}", section.name));
            }
        }
        if programs.is_empty() {
            let why = [vec!["contains no program".to_owned()], missing].concat().join("; ");
            return Err(ReadError::new(0, why).hint("write it as: [program:web]"));
        }
        // Only root's supervisord can run programs as other users.
        shared.is_system |= programs.iter().any(|program| program.setting("user").is_some());
        program::convert_all(programs, &shared, facts, &mut manifest)?;
        Ok(manifest.finish())
    }
}

const ONLY_SUPERVISORD: &str = "needs supervisord itself";

/// The patterns of `[include]` that match no file.
fn unmatched(section: &Section, source: &Source, related: &[Source], facts: &Facts<'_>) -> Option<String> {
    let value = section.value("files").unwrap_or_default();
    let Ok(value) = values::expanded(&value, &expansions(source, facts)) else {
        return Some(format!("`{value}` cannot be expanded"));
    };
    let is_unmatched = |pattern: &&str| {
        let absolute = absolute(directory_of(&source.path), pattern);
        !related.iter().any(|file| text_file::is_match(&file.path, &absolute))
    };
    let patterns: Vec<String> =
        value.split_whitespace().filter(is_unmatched).map(|pattern| format!("`{pattern}`")).collect();
    match value.trim().is_empty() {
        true => Some("names no files".to_owned()),
        false => (!patterns.is_empty()).then(|| format!("no file matches {}", patterns.join(" and "))),
    }
}

const CONTROL: &str = "replaced by mkservice list, status and logs";

fn is_control_section(name: &str) -> bool {
    matches!(name, "unix_http_server" | "inet_http_server" | "supervisorctl")
}

/// The settings of `[supervisord]`, which apply to all programs.
#[derive(Debug, Default)]
struct GlobalSettings {
    /// Its supervisord runs as root: it is that of the system, or runs programs as other users.
    is_system: bool,
    directory: Option<String>,
    umask: Option<String>,
    user: Option<String>,
    variables: Vec<(String, String)>,
    /// The group of each program that is in one.
    groups: BTreeMap<String, String>,
    /// The limit on open files, if it is above the default.
    open_files: Option<u64>,
}

/// The default soft limit of systemd (systemd.exec(5)).
const OPEN_FILES: u64 = 1024;

impl GlobalSettings {
    fn read(
        &mut self,
        section: &Section,
        file: &Source,
        facts: &Facts<'_>,
        manifest: &mut ManifestBuilder,
    ) -> Result<(), ReadError> {
        let expansions = expansions(file, facts);
        let mut others = Vec::new();
        for setting in &section.options {
            let value = value(setting, file, &expansions)?;
            match setting.name.as_str() {
                "directory" => {
                    self.directory = Some(text(&absolute(directory_of(&file.path), &with_home(&value, facts))));
                }
                "umask" => self.umask = Some(value),
                "user" => self.user = Some(value),
                "environment" => {
                    self.variables = values::variables(&value).map_err(|why| error(setting, file, &why))?;
                    let is_refused = |(name, _): &mut (String, String)| !names::is_variable(name.as_bytes());
                    for (name, _) in self.variables.extract_if(.., is_refused) {
                        manifest.unconverted(&file.path, setting.line, values::not_a_variable(&name));
                    }
                }
                "minfds" => {
                    let files =
                        value.parse().map_err(|_| error(setting, file, &format!("`{value}` is not a number")))?;
                    self.open_files = Some(files).filter(|files| *files > OPEN_FILES);
                }
                name => others.push(name),
            }
        }
        if !others.is_empty() {
            let what = format!("[supervisord] {}: only for supervisord itself", others.join(", "));
            manifest.unconverted(&file.path, section.line, what);
        }
        Ok(())
    }
}

impl GlobalSettings {
    /// The group of a program: its own, unless another one names it.
    fn group_of(&self, program: &str) -> String {
        self.groups.get(program).map_or(program, String::as_str).to_owned()
    }
}

/// The names in `%(…)s`, with their values, for all sections of a file.
fn expansions(file: &Source, facts: &Facts<'_>) -> BTreeMap<String, String> {
    let variables = facts.environment.iter().map(|(name, value)| (format!("ENV_{name}"), value.clone()));
    let here = ("here".to_owned(), text(directory_of(&file.path)));
    variables.chain([here, ("host_node_name".to_owned(), facts.host_name.to_owned())]).collect()
}

fn value(setting: &Setting, file: &Source, expansions: &BTreeMap<String, String>) -> Result<String, ReadError> {
    let names = setting.value.split("%(").skip(1).filter_map(|part| part.split_once(')')).map(|(name, _)| name);
    let lacks_variable = || names.into_iter().any(|name| name.starts_with("ENV_") && !expansions.contains_key(name));
    values::expanded(&setting.value, expansions).map_err(|why| match lacks_variable() {
        true => error(setting, file, &why).hint("set it for the import: NAME=VALUE mkservice import FILE"),
        false => error(setting, file, &why),
    })
}

fn error(setting: &Setting, file: &Source, why: &str) -> ReadError {
    ReadError::new(setting.line, format!("{} {why}", setting.name)).of(&file.path)
}

/// Expands a leading `~`.
fn with_home(path: &str, facts: &Facts<'_>) -> String {
    match path.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("{}{rest}", text(facts.home)),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests;

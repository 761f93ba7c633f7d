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
        let files = include.and_then(|section| section.options.iter().find(|it| it.name == "files"));
        let value = files.and_then(|setting| values::expanded(&setting.value, &expansions(source, facts)).ok());
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
        for file in std::iter::once(source).chain(related) {
            for section in ini::sections(&file.text).map_err(|error| error.of(&file.path))? {
                let what = match section.name.split_once(':') {
                    Some(("program", name)) => {
                        programs.push(Program { name: name.trim().to_owned(), section, file });
                        continue;
                    }
                    Some(("group", _)) => "its programs are separate services",
                    Some(("eventlistener" | "fcgi-program", _)) => "needs supervisord itself",
                    Some(("rpcinterface" | "ctlplugin", _)) => CONTROL,
                    _ if section.name == "supervisord" => {
                        shared.read(&section, file, facts, &mut manifest)?;
                        continue;
                    }
                    _ if section.name == "include" && related.is_empty() => "no such file",
                    _ if section.name == "include" => continue,
                    _ if is_control_section(&section.name) => CONTROL,
                    _ => "not a section of supervisord",
                };
                manifest.unconverted(&file.path, section.line, format!("[{}]: {what}", section.name));
            }
        }
        if programs.is_empty() {
            return Err(ReadError::new(0, "contains no program").hint("write it as: [program:web]"));
        }
        program::convert_all(&programs, &shared, facts, &mut manifest)?;
        Ok(manifest.finish())
    }
}

const CONTROL: &str = "replaced by mkservice list, status and logs";

fn is_control_section(name: &str) -> bool {
    matches!(name, "unix_http_server" | "inet_http_server" | "supervisorctl")
}

/// The settings of `[supervisord]`, which apply to all programs.
#[derive(Debug, Default)]
struct GlobalSettings {
    /// It is the configuration of the system, whose supervisord runs as root.
    is_system: bool,
    directory: Option<String>,
    umask: Option<String>,
    user: Option<String>,
    variables: Vec<(String, String)>,
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

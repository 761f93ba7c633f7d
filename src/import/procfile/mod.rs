//! Procfiles as foreman and honcho run them: one process per line, variables from `.env`, a port for each process.

mod dotenv;
mod foreman;

use std::num::NonZero;
use std::path::Path;

use super::draft::{Draft, ManifestBuilder, absolute, directory_of, escape_instance, replace, text};
use super::shell_line::{self, SimpleCommand};
use super::{Imported, Importer, Input, ReadError, RelatedFile, SETTINGS_MAX, Source, file_name, is_process_name};
use crate::cli::ImportFormat;
use dotenv::Environment;
use foreman::Settings;

/// The first port, and the distance between two process types (foreman's manual, "Multiple instances").
const FIRST_PORT: usize = 5000;
const PORT_STEP: usize = 100;

pub struct Procfile;

impl Importer for Procfile {
    fn format(&self) -> ImportFormat {
        ImportFormat::Procfile
    }

    fn has_name(&self, path: &Path) -> bool {
        let name = file_name(path).to_ascii_lowercase();
        name == "procfile" || name.starts_with("procfile.") || name.ends_with(".procfile")
    }

    fn has_line(&self, line: &str) -> bool {
        line.split_once(':').is_some_and(|(name, _)| is_process_name(name))
    }

    fn options(&self) -> &'static [&'static str] {
        &["--formation"]
    }

    fn related_files(&self, source: &Source, _: &super::Facts<'_>) -> Vec<RelatedFile> {
        [".env", ".foreman"].map(|name| RelatedFile::File(directory_of(&source.path).join(name))).into()
    }

    fn read(&self, input: &Input<'_>) -> Result<Imported, ReadError> {
        let Input { source, options, .. } = *input;
        let mut manifest = ManifestBuilder::default();
        let processes = processes(source, &mut manifest)?;
        let names: Vec<&str> = processes.iter().map(|process| process.name).collect();
        let wanted = options.formation.iter().map(|(name, _)| name.as_str());
        if let Some(unknown) = wanted.filter(|name| *name != "all").find(|name| !names.contains(name)) {
            let hint = format!("choose among {}: -m {}=2", names.join(", "), names[0]);
            return Err(ReadError::new(0, format!("has no process `{unknown}`")).hint(hint));
        }
        let file = |name: &str| input.related.iter().find(|file| file_name(&file.path) == name);
        let settings = file(".foreman").map(|file| Settings::read(file, &names, &mut manifest));
        let settings = settings.transpose()?.unwrap_or_default();
        let formation = if options.formation.is_empty() { &settings.formation } else { &options.formation };
        let environment = file(".env").filter(|_| !settings.has_other_env);
        let environment = environment.map(|file| Environment::read(file, &mut manifest)).transpose()?;
        let port = environment.as_ref().and_then(|environment| environment.value("PORT"));
        let callers = input.facts.environment.get("PORT").filter(|_| settings.port.is_none() && port.is_none());
        if let Some(port) = callers.filter(|port| port_number(port).is_some()) {
            manifest.head(format!("the first port is {port}, the value of PORT when it was imported"));
        }
        let port = port.or(callers.map(String::as_str)).and_then(port_number);
        let first_port = settings.port.or(port).unwrap_or(FIRST_PORT);
        for (place, process) in processes.iter().enumerate() {
            match count(formation, process.name) {
                Some(0) => manifest.head(format!("{}: left out as requested", process.name)),
                Some(count) => {
                    let port = first_port + place * PORT_STEP;
                    let mut draft = Draft::new(manifest.name(process.name));
                    service(process, count, port, environment.as_ref(), source, &mut draft);
                    manifest.push(draft);
                }
                None => {
                    let name = process.name;
                    let what = format!(
                        "{name} is not in the formation, so foreman does not run it (`-m {name}=1` or `-m all=1` does)"
                    );
                    manifest.unconverted(&source.path, process.line, what);
                }
            }
        }
        Ok(manifest.finish())
    }
}

struct Process<'a> {
    line: usize,
    name: &'a str,
    command: &'a str,
}

fn port_number(text: &str) -> Option<usize> {
    text.trim().parse::<NonZero<u16>>().ok().map(|port| usize::from(port.get()))
}

/// The lines `NAME: COMMAND`. Other lines are reported: foreman ignores them silently.
fn processes<'a>(source: &'a Source, manifest: &mut ManifestBuilder) -> Result<Vec<Process<'a>>, ReadError> {
    let mut processes: Vec<Process<'a>> = Vec::new();
    let mut ignored = None;
    for (line, number) in source.text.lines().zip(1..) {
        if line.trim().is_empty() || line.trim_start().starts_with('#') {
            continue;
        }
        let pair = line.split_once(':').filter(|(name, rest)| is_process_name(name) && !rest.trim().is_empty());
        let Some((name, command)) = pair else {
            ignored.get_or_insert(number);
            manifest.unconverted(&source.path, number, "not `NAME: COMMAND`: foreman ignores it");
            continue;
        };
        if let Some(first) = processes.iter().find(|process| process.name == name) {
            return Err(ReadError::new(number, format!("repeats `{name}` of line {}", first.line)));
        }
        if processes.len() >= SETTINGS_MAX {
            return Err(ReadError::too_many(number, "processes", SETTINGS_MAX));
        }
        processes.push(Process { line: number, name, command: command.trim() });
    }
    if processes.is_empty() {
        let error = match ignored {
            Some(line) => ReadError::new(line, "is not `NAME: COMMAND`, and there is no other process"),
            None => ReadError::new(0, "contains no process"),
        };
        return Err(error.hint("write it as: web: gunicorn app:app"));
    }
    Ok(processes)
}

/// The number of processes: 1 without a formation, `None` for what a formation does not name.
fn count(formation: &[(String, usize)], name: &str) -> Option<usize> {
    let of = |wanted: &str| formation.iter().rev().find(|(known, _)| known == wanted).map(|(_, count)| *count);
    of(name).or_else(|| of("all")).or_else(|| formation.is_empty().then_some(1))
}

fn service(
    process: &Process<'_>,
    count: usize,
    port: usize,
    environment: Option<&Environment<'_>>,
    source: &Source,
    draft: &mut Draft,
) {
    let directory = directory_of(&source.path);
    draft.comment(format!("line {}: {}", process.line, process.command));
    if process.name == "release" {
        let what = "Heroku runs `release` once per deploy, foreman runs it with the others: here it is a service \
                    (`-m all=1,release=0` leaves it out)";
        draft.unconverted(&source.path, process.line, what);
    }
    let command = match count {
        1 => one_process(process, port, environment, directory, draft),
        _ => instances(process, port, environment, draft),
    };
    draft.command(command);
    if count > 1 {
        draft.set("instances", count.to_string());
    }
    draft.set("working-directory", text(directory));
    if let Some(environment) = environment {
        environment.write(draft, count > 1);
    }
}

fn one_process(
    process: &Process<'_>,
    port: usize,
    environment: Option<&Environment<'_>>,
    directory: &Path,
    draft: &mut Draft,
) -> Vec<String> {
    // Assignments in the command override an environment file, which overrides Environment=.
    let mut assignments = environment.map(Environment::overrides).unwrap_or_default();
    let mut set = |name: &str, value: String| match environment.is_some_and(|it| it.is_in_file(name)) {
        true => replace(&mut assignments, name, value),
        false => draft.variable(name, value),
    };
    set("PORT", port.to_string());
    set("PS", format!("{}.1", process.name));
    let Some(SimpleCommand { variables, mut argv }) = shell_line::simple_command(process.command) else {
        return by_shell(assignments, &shell_line::with_exec(process.command));
    };
    variables.into_iter().for_each(|(name, value)| set(&name, value));
    if argv[0].contains('/') {
        argv[0] = text(&absolute(directory, &argv[0]));
    }
    if assignments.is_empty() {
        return argv;
    }
    let assignments = assignments.into_iter().map(|(name, value)| format!("{name}={value}"));
    std::iter::once("/usr/bin/env".to_owned()).chain(assignments).chain(argv).collect()
}

/// Instances count from 1 and their ports from 0, which only a shell can compute.
fn instances(
    process: &Process<'_>,
    port: usize,
    environment: Option<&Environment<'_>>,
    draft: &mut Draft,
) -> Vec<String> {
    let overrides = environment.map(Environment::overrides).unwrap_or_default().into_iter();
    let overrides = overrides.filter(|(name, _)| name != "PS").map(|(name, value)| (name, escape_instance(&value)));
    let mut assignments: Vec<_> = overrides.collect();
    let number = format!("{}.%i", process.name);
    match environment.is_some_and(|it| it.is_in_file("PS")) {
        true => assignments.push(("PS".into(), number)),
        false => draft.variable("PS", number),
    }
    let line = escape_instance(&shell_line::with_exec(process.command));
    by_shell(assignments, &format!("export PORT=$(({} + %i)); {line}", port - 1))
}

fn by_shell(assignments: Vec<(String, String)>, line: &str) -> Vec<String> {
    let exports =
        assignments.into_iter().map(|(name, value)| format!("export {name}={}; ", shell_line::posix_quote(&value)));
    vec!["/bin/sh".into(), "-c".into(), exports.collect::<String>() + line]
}

#[cfg(test)]
mod tests;

//! Procfiles, as foreman and honcho run them: a line for each process, variables from `.env`, a port for each.

mod dotenv;
mod settings;

use std::num::NonZero;

use super::draft::{Draft, Draftsman, absolute, folder, text};
use super::shell_line::{self, Words};
use super::{Imported, SETTINGS_MAX, Source, Trouble, Wishes};
use crate::spec::INSTANCES_MAX;
use crate::systemd::specifier;
use dotenv::Environment;
use settings::Settings;

/// The first port, and what lies between those of two process types (foreman's manual, "Multiple instances").
const FIRST_PORT: usize = 5000;
const PORT_STEP: usize = 100;

/// A process type.
struct Process<'a> {
    line: usize,
    name: &'a str,
    command: &'a str,
}

/// Reads a Procfile.
pub fn read(source: &Source, beside: &[Source], wishes: &Wishes) -> Result<Imported, Trouble> {
    let mut all = Draftsman::default();
    all.head(format!("made from {}", text(&source.path)));
    let processes = processes(source, &mut all)?;
    let names: Vec<&str> = processes.iter().map(|process| process.name).collect();
    for (wanted, _) in wishes.formation.iter().filter(|(wanted, _)| wanted != "all") {
        if !processes.iter().any(|process| process.name == wanted) {
            let hint = format!("it has {}: -m {}=2", names.join(", "), names[0]);
            return Err(Trouble::new(0, format!("has no process `{wanted}`")).hint(hint));
        }
    }
    let file = |name: &str| beside.iter().find(|file| file.path.file_name().is_some_and(|it| it == name));
    let settings = file(".foreman").map(|file| Settings::read(file, &names, &mut all)).transpose()?.unwrap_or_default();
    // What is typed counts more.
    let formation = if wishes.formation.is_empty() { &settings.formation } else { &wishes.formation };
    let environment = file(".env").filter(|_| !settings.has_other_env);
    let environment = environment.map(|file| Environment::read(file, &mut all)).transpose()?;
    let port_of_file = environment.as_ref().and_then(|environment| environment.value("PORT"));
    let first_port = settings.port.or(port_of_file.and_then(port_number)).unwrap_or(FIRST_PORT);
    for (place, process) in processes.iter().enumerate() {
        let count = match count(formation, process.name) {
            Some(0) => {
                all.head(format!("{}: left out, as was asked for", process.name));
                continue;
            }
            Some(count) => count,
            None => {
                let what = format!("{} is not named with --formation: foreman does not run it then", process.name);
                all.left_of_file(
                    &source.path,
                    process.line,
                    format!("{what} (`-m {}=1` or `-m all=1` does)", process.name),
                );
                continue;
            }
        };
        let port = first_port + place * PORT_STEP;
        service(process, count, port, environment.as_ref(), source, &mut all);
    }
    Ok(all.finish())
}

/// One process of a formation with its number, `web=2`; `None` for what is none, or too many.
pub fn formation_pair(text: &str) -> Option<(String, usize)> {
    let (name, count) = text.split_once('=')?;
    Some((name.to_owned(), count.parse().ok().filter(|count| *count <= INSTANCES_MAX)?))
}

/// The first port as somebody wrote it.
fn port_number(text: &str) -> Option<usize> {
    text.trim().parse::<NonZero<u16>>().ok().map(|port| usize::from(port.get()))
}

/// The lines `NAME: COMMAND`. What is none of them is told: foreman passes over it without a word.
fn processes<'a>(source: &'a Source, all: &mut Draftsman) -> Result<Vec<Process<'a>>, Trouble> {
    let mut processes: Vec<Process<'a>> = Vec::new();
    for (line, number) in source.text.lines().zip(1..) {
        if line.trim().is_empty() || line.trim_start().starts_with('#') {
            continue;
        }
        let is_name =
            |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
        let Some((name, command)) =
            line.split_once(':').filter(|(name, rest)| is_name(name) && !rest.trim().is_empty())
        else {
            all.left_of_file(&source.path, number, "is no `NAME: COMMAND`: foreman passes over it");
            continue;
        };
        if let Some(first) = processes.iter().find(|process| process.name == name) {
            return Err(Trouble::new(number, format!("`{name}` stands on line {} already", first.line)));
        }
        if command.contains('\0') {
            return Err(Trouble::new(number, "holds a NUL byte"));
        }
        if processes.len() >= SETTINGS_MAX {
            return Err(Trouble::too_many(number, "processes", SETTINGS_MAX));
        }
        processes.push(Process { line: number, name, command: command.trim() });
    }
    if processes.is_empty() {
        return Err(Trouble::new(0, "has no process in it").hint("as in: web: gunicorn app:app"));
    }
    Ok(processes)
}

/// How many of a process there are to be: one, unless a formation tells something else, and `None` where it does not tell
/// (foreman reads it so).
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
    all: &mut Draftsman,
) {
    let folder = folder(&source.path);
    let mut draft = Draft::new(all.name(process.name));
    draft.remark(format!("line {}: {}", process.line, process.command));
    if process.name == "release" {
        let what = "Heroku runs `release` once at each deploy, foreman runs it with the others: here it is a service \
                    (`-m all=1,release=0` leaves it out)";
        all.left(&mut draft, &source.path, process.line, what);
    }
    // What stands in front of the program counts more than a file, and a file more than what is set beside it.
    let mut front = environment.map(Environment::overrides).unwrap_or_default();
    let mut set = |name: &str, value: String, draft: &mut Draft| match environment.is_some_and(|it| it.is_in_file(name))
    {
        true => {
            front.retain(|(known, _)| known != name);
            front.push((name.to_owned(), value));
        }
        false => draft.variable(name, value),
    };
    let command = match (count, shell_line::words(process.command)) {
        (1, words) => {
            set("PORT", port.to_string(), &mut draft);
            set("PS", format!("{}.1", process.name), &mut draft);
            match words {
                Some(Words { variables, mut argv }) => {
                    variables.into_iter().for_each(|(name, value)| set(&name, value, &mut draft));
                    if argv[0].contains('/') {
                        argv[0] = text(&absolute(folder, &argv[0]));
                    }
                    plain(front, argv)
                }
                None => script(front, shell_line::script(process.command)),
            }
        }
        _ => {
            // Instances count from 1, and their ports from 0: only a shell can do that.
            let number = format!("{}.%i", process.name);
            let first = format!("export PORT=$(({} + %i))", port - 1);
            let line = literal(&shell_line::script(process.command));
            front.retain(|(name, _)| name != "PS");
            let mut front: Vec<_> = front.into_iter().map(|(name, value)| (name, literal(&value))).collect();
            match environment.is_some_and(|it| it.is_in_file("PS")) {
                true => front.push(("PS".into(), number)),
                false => draft.variable("PS", number),
            }
            script(front, format!("{first}; {line}"))
        }
    };
    draft.command(command);
    if count > 1 {
        draft.text("instances", count.to_string());
    }
    draft.text("working-directory", text(folder));
    if let Some(environment) = environment {
        environment.write(&mut draft, count > 1);
    }
    all.push(draft);
}

/// A command without a shell.
fn plain(front: Vec<(String, String)>, argv: Vec<String>) -> Vec<String> {
    if front.is_empty() {
        return argv;
    }
    let assignments = front.into_iter().map(|(name, value)| format!("{name}={value}"));
    std::iter::once("/usr/bin/env".to_owned()).chain(assignments).chain(argv).collect()
}

/// A command for a shell.
fn script(front: Vec<(String, String)>, line: String) -> Vec<String> {
    let exports = front.into_iter().map(|(name, value)| format!("export {name}={}; ", shell_line::quoted(&value)));
    vec!["/bin/sh".into(), "-c".into(), exports.collect::<String>() + &line]
}

/// A text in the notation of instances, where `%i` is their name.
fn literal(text: &str) -> String {
    String::from_utf8(specifier::literal(text.as_bytes())).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests;

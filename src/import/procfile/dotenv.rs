//! `.env` beside a Procfile: what foreman reads from it, and whether systemd reads the same.

use std::ffi::OsStr;

use super::super::draft::{Draft, Draftsman, text};
use super::super::{SETTINGS_MAX, Source, Trouble};
use super::literal;
use crate::adopt::environment::seems_secret;
use crate::spec::Variable;
use crate::systemd::environment_file;

/// A file of variables.
pub struct Environment<'a> {
    file: &'a Source,
    /// What foreman reads, each name once.
    variables: Vec<(String, String)>,
    /// Those of which systemd would read something else.
    differing: Vec<String>,
    /// What systemd reads from lines that foreman passes over.
    of_systemd_alone: Vec<String>,
    /// The services read the file itself.
    as_file: bool,
}

impl<'a> Environment<'a> {
    /// Reads a file. The services read it themselves where systemd reads the same from it; else its variables are
    /// written out, unless one of them looks like a secret.
    pub fn read(file: &'a Source, all: &mut Draftsman) -> Result<Environment<'a>, Trouble> {
        let assignments = assignments(&file.text);
        if let Some((line, ..)) = assignments.get(SETTINGS_MAX) {
            return Err(Trouble::too_many(*line, "variables", SETTINGS_MAX).of(&file.path));
        }
        let of_systemd = environment_file::assignments(file.text.as_bytes());
        let mut variables: Vec<(String, String)> = Vec::new();
        for (line, name, value) in assignments {
            if Variable::parse(name.as_bytes(), value.as_bytes()).is_err() {
                all.left_of_file(&file.path, line, format!("`{name}` is no variable that systemd takes"));
                continue;
            }
            variables.retain(|(known, _)| *known != name);
            variables.push((name, value));
        }
        for (line, number) in file.text.lines().zip(1..) {
            let says = line.trim();
            if !says.is_empty() && !says.starts_with('#') && assignment(line).is_none() {
                all.left_of_file(&file.path, number, "is no NAME=VALUE: foreman passes over it");
            }
        }
        let read_so = |name: &str, value: &str| {
            of_systemd.as_ref().is_ok_and(|read| read.iter().any(|(known, it)| known == name && it == value))
        };
        let differing: Vec<String> =
            variables.iter().filter(|(name, value)| !read_so(name, value)).map(|(name, _)| name.clone()).collect();
        let is_secret = |name: &str, value: &str| seems_secret(name, OsStr::new(value));
        let has_secret = variables.iter().any(|(name, value)| is_secret(name, value));
        let as_file = of_systemd.is_ok();
        let names = of_systemd.unwrap_or_default().into_iter().map(|(name, _)| name);
        let of_systemd_alone: Vec<String> =
            names.filter(|name| !variables.iter().any(|(known, _)| known == name)).collect();
        let as_file = as_file && (has_secret || (differing.is_empty() && of_systemd_alone.is_empty()));
        let mut environment = Environment { file, variables, differing, of_systemd_alone, as_file };
        let secret = |name: &String| environment.value(name).is_some_and(|value| is_secret(name, value));
        let (hidden, shown): (Vec<String>, Vec<String>) = environment.differing.iter().cloned().partition(secret);
        for name in &hidden {
            let what = format!(
                "{name} looks like a secret and means something else to systemd than to foreman: write it as {name}='VALUE'"
            );
            all.left_of_file(&file.path, environment.line(name), what);
        }
        if !as_file {
            environment.variables.retain(|(name, _)| !hidden.contains(name));
        }
        environment.differing = shown;
        Ok(environment)
    }

    /// A variable, as foreman reads it.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn line(&self, name: &str) -> usize {
        let is_it = |line: &str| assignment(line).is_some_and(|(known, _)| known == name);
        self.file.text.lines().position(is_it).map_or(0, |place| place + 1)
    }

    /// Whether the services read a variable from the file itself.
    pub fn is_in_file(&self, name: &str) -> bool {
        self.as_file && (self.value(name).is_some() || self.of_systemd_alone.iter().any(|known| known == name))
    }

    /// The variables that have to be set over those of the file.
    pub fn overrides(&self) -> Vec<(String, String)> {
        let names = self.differing.iter().filter(|name| self.as_file && *name != "PORT");
        names.filter_map(|name| Some((name.clone(), self.value(name)?.to_owned()))).collect()
    }

    /// Gives the variables to a service; `several` tells that it has instances.
    pub fn write(&self, draft: &mut Draft, several: bool) {
        if self.as_file {
            if !self.of_systemd_alone.is_empty() {
                draft.property("UnsetEnvironment", self.of_systemd_alone.join(" "));
            }
            let path = text(&self.file.path);
            return draft.text("environment-file", if several { literal(&path) } else { path });
        }
        // The port is counted from it, and its own for each process.
        for (name, value) in self.variables.iter().filter(|(name, _)| name != "PORT" && name != "PS") {
            if !draft.has_variable(name) {
                draft.variable(name, if several { literal(value) } else { value.clone() });
            }
        }
    }
}

/// The assignments of a file with their lines.
fn assignments(text: &str) -> Vec<(usize, String, String)> {
    let lines = text.lines().zip(1..);
    lines.filter_map(|(line, number)| assignment(line).map(|(name, value)| (number, name, value))).collect()
}

/// `NAME=value`: `'…'` is taken as it is, in `"…"` `\n` is a line break and any other backslash takes itself away.
fn assignment(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once('=')?;
    if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return None;
    }
    let within = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    let value = match (within('\''), within('"')) {
        (Some(text), _) => text.to_owned(),
        (_, Some(text)) => unescaped(text),
        _ => value.to_owned(),
    };
    Some((name.to_owned(), value))
}

fn unescaped(text: &str) -> String {
    let text = text.replace("\\n", "\n");
    let mut out = String::new();
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' => out.push(characters.next().unwrap_or('\\')),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_those_of_foreman() {
        for (line, value) in [
            ("A=b c", Some("b c")),
            ("A='b $c'", Some("b $c")),
            (r#"A="b\nc \"d\"""#, Some("b\nc \"d\"")),
            ("A=", Some("")),
            ("A=b=c # d", Some("b=c # d")),
            ("export A=b", None),
            ("A = b", None),
            ("# A=b", None),
            ("A='b", Some("'b")),
            ("A=b  ", Some("b  ")),
            ("A='b' ", Some("'b' ")),
        ] {
            assert_eq!(assignment(line).map(|(_, value)| value).as_deref(), value, "{line}");
        }
    }
}

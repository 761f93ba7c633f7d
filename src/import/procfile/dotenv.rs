//! `.env` beside a Procfile: what foreman reads from it, and whether systemd reads the same.

use std::ffi::OsStr;

use super::super::draft::{Draft, ManifestBuilder, escape_instance, replace, text, value_of};
use super::super::{ReadError, SETTINGS_MAX, Source};
use crate::adopt::environment::seems_secret;
use crate::spec::Variable;
use crate::systemd::environment_file;

pub struct Environment<'a> {
    file: &'a Source,
    /// As foreman reads them, each name once.
    variables: Vec<(String, String)>,
    /// The names of those that systemd reads differently.
    differing: Vec<String>,
    /// The names that only systemd reads.
    only_systemd: Vec<String>,
    /// The services load the file itself.
    as_file: bool,
}

impl<'a> Environment<'a> {
    /// The services load the file itself if systemd reads the same from it, or if it holds a secret; else its variables
    /// go to the manifest.
    pub fn read(file: &'a Source, manifest: &mut ManifestBuilder) -> Result<Environment<'a>, ReadError> {
        let variables = variables(file, manifest)?;
        let of_systemd = environment_file::assignments(file.text.as_bytes());
        let is_readable = of_systemd.is_ok();
        let of_systemd = of_systemd.unwrap_or_default();
        let is_same = |(name, value): &&(String, String)| {
            of_systemd.iter().any(|(known, it)| known == name.as_str() && it == value.as_str())
        };
        let is_secret = |(name, value): &(String, String)| seems_secret(name, OsStr::new(value));
        let differing: Vec<&(String, String)> = variables.iter().filter(|it| !is_same(it)).collect();
        let only_systemd = of_systemd.iter().map(|(name, _)| name.clone());
        let only_systemd: Vec<String> = only_systemd.filter(|name| value_of(&variables, name).is_none()).collect();
        let is_equal = differing.is_empty() && only_systemd.is_empty();
        let as_file = is_readable && (is_equal || variables.iter().any(is_secret));
        let (hidden, shown): (Vec<_>, Vec<_>) = differing.into_iter().partition(|it| is_secret(it));
        for (name, _) in &hidden {
            let what = format!(
                "{name} looks like a secret, and systemd and foreman read it differently: write it as {name}='VALUE'"
            );
            manifest.unconverted(&file.path, line_of(&file.text, name), what);
        }
        let differing = shown.into_iter().map(|(name, _)| name.clone()).collect();
        let hidden: Vec<String> = hidden.into_iter().map(|(name, _)| name.clone()).collect();
        let variables = variables.into_iter().filter(|(name, _)| as_file || !hidden.contains(name)).collect();
        Ok(Environment { file, variables, differing, only_systemd, as_file })
    }

    pub fn value(&self, name: &str) -> Option<&str> {
        value_of(&self.variables, name)
    }

    /// Whether the services get a variable from the file itself.
    pub fn is_in_file(&self, name: &str) -> bool {
        self.as_file && (self.value(name).is_some() || self.only_systemd.iter().any(|known| known == name))
    }

    /// The variables that must override those of the file.
    pub fn overrides(&self) -> Vec<(String, String)> {
        let names = self.differing.iter().filter(|name| self.as_file && *name != "PORT");
        names.filter_map(|name| Some((name.clone(), self.value(name)?.to_owned()))).collect()
    }

    pub fn write(&self, draft: &mut Draft, has_instances: bool) {
        let escaped = |text: &str| if has_instances { escape_instance(text) } else { text.to_owned() };
        if self.as_file {
            if !self.only_systemd.is_empty() {
                draft.property("UnsetEnvironment", self.only_systemd.join(" "));
            }
            return draft.set("environment-file", escaped(&text(&self.file.path)));
        }
        // Each process has its own port.
        for (name, value) in self.variables.iter().filter(|(name, _)| name != "PORT" && name != "PS") {
            if !draft.has_variable(name) {
                draft.variable(name, escaped(value));
            }
        }
    }
}

/// The variables that foreman reads, each name once. What neither can use is reported.
fn variables(file: &Source, manifest: &mut ManifestBuilder) -> Result<Vec<(String, String)>, ReadError> {
    let mut variables: Vec<(String, String)> = Vec::new();
    let mut count = 0;
    for (line, number) in file.text.lines().zip(1..) {
        let Some((name, value)) = assignment(line) else {
            if !line.trim().is_empty() && !line.trim().starts_with('#') {
                manifest.unconverted(&file.path, number, "not NAME=VALUE: foreman ignores it");
            }
            continue;
        };
        count += 1;
        if count > SETTINGS_MAX {
            return Err(ReadError::too_many(number, "variables", SETTINGS_MAX).of(&file.path));
        }
        match Variable::parse(name.as_bytes(), value.as_bytes()) {
            Ok(_) => replace(&mut variables, &name, value),
            Err(_) => {
                manifest.unconverted(&file.path, number, format!("systemd does not accept the variable `{name}`"))
            }
        }
    }
    Ok(variables)
}

fn line_of(text: &str, name: &str) -> usize {
    let is_it = |line: &str| assignment(line).is_some_and(|(known, _)| known == name);
    text.lines().position(is_it).map_or(0, |place| place + 1)
}

/// `NAME=value`: `'…'` is literal; in `"…"`, `\n` is a newline and any other backslash is removed.
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
    fn values_are_read_as_foreman_reads_them() {
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

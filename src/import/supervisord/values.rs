//! The values of supervisord options: `%(…)s`, command lines, variables and booleans.

use std::collections::BTreeMap;

use super::super::SETTINGS_MAX;

/// Expands `%(NAME)s` and `%(NAME)02d`; `%%` is a literal `%`.
pub fn expanded(value: &str, known: &BTreeMap<String, String>) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = value;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(rest_after) = rest.strip_prefix('%') {
            out.push('%');
            rest = rest_after;
            continue;
        }
        let Some((name, rest_after)) = rest.strip_prefix('(').and_then(|rest| rest.split_once(')')) else {
            return Err("contains a single `%`: write a literal `%` as `%%`".into());
        };
        let Some(text) = known.get(name) else { return Err(unknown(name)) };
        let width = rest_after.len() - rest_after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (digits, rest_after) = rest_after.split_at(width);
        match rest_after.chars().next() {
            Some('s' | 'd') => out.push_str(&padded(text, digits)),
            _ => return Err(format!("contains `%({name})` without `s` or `d` after it")),
        }
        rest = &rest_after[1..];
    }
    out.push_str(rest);
    Ok(out)
}

fn unknown(name: &str) -> String {
    match name.strip_prefix("ENV_") {
        Some(variable) => {
            format!("uses the variable {variable} of supervisord's environment, which is not set here")
        }
        None => format!("contains the unknown expansion `%({name})`"),
    }
}

/// `05` pads with zeros, `5` with spaces.
fn padded(text: &str, digits: &str) -> String {
    let width = digits.parse::<usize>().unwrap_or(0).min(64);
    let fill = if digits.starts_with('0') { "0" } else { " " };
    let missing = width.saturating_sub(text.chars().count());
    fill.repeat(missing) + text
}

/// The arguments of a command, split as by Python's `shlex`.
pub fn words(line: &str) -> Result<Vec<String>, String> {
    let mut words: Vec<String> = Vec::new();
    let mut word: Option<String> = None;
    let mut characters = line.chars();
    while let Some(c) = characters.next() {
        match c {
            c if c.is_ascii_whitespace() => words.extend(word.take()),
            '\\' => match characters.next() {
                Some(next) => word.get_or_insert_default().push(next),
                None => return Err("ends in a backslash".into()),
            },
            quote @ ('"' | '\'') => {
                let word = word.get_or_insert_default();
                loop {
                    match characters.next() {
                        Some(c) if c == quote => break,
                        Some('\\') if quote == '"' => match characters.next() {
                            Some(next @ ('"' | '\\')) => word.push(next),
                            Some(next) => word.extend(['\\', next]),
                            None => return Err("has an unterminated quote".into()),
                        },
                        Some(c) => word.push(c),
                        None => return Err("has an unterminated quote".into()),
                    }
                }
            }
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

/// `A="1",B=2`. Quotes around values are removed.
pub fn variables(text: &str) -> Result<Vec<(String, String)>, String> {
    let tokens = tokens(text)?;
    if tokens.len() > 4 * SETTINGS_MAX {
        return Err(format!("has more than {SETTINGS_MAX} variables"));
    }
    let mut variables: Vec<(String, String)> = Vec::new();
    for group in tokens.chunks(4) {
        match group {
            [name, equals, value, rest @ ..] if equals == "=" && rest.iter().all(|it| it == ",") => {
                variables.retain(|(known, _)| known != name);
                variables.push((name.clone(), value.trim_matches(['"', '\'']).to_owned()));
            }
            _ => return Err("is not a comma-separated list of NAME=\"VALUE\"".into()),
        }
    }
    Ok(variables)
}

pub fn not_a_variable(name: &str) -> String {
    format!("systemd does not accept the variable `{name}`")
}

/// Words, quoted texts with their quotes, and single other characters.
fn tokens(text: &str) -> Result<Vec<String>, String> {
    let is_of_word = |c: char| c.is_alphanumeric() || "_/.+-():".contains(c);
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(c) = rest.chars().next() {
        let end = match c {
            '"' | '\'' => rest[1..].find(c).map(|at| at + 2).ok_or("has an unterminated quote")?,
            c if is_of_word(c) => rest.find(|c: char| !is_of_word(c)).unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        tokens.push(rest[..end].to_owned());
        rest = rest[end..].trim_start();
    }
    Ok(tokens)
}

pub fn is_on(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "yes" | "true" | "on" | "1" => Some(true),
        "no" | "false" | "off" | "0" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expansions_are_replaced() {
        let known = [("program_name", "web"), ("process_num", "3"), ("ENV_HOME", "/root")];
        let known = known.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        for (value, text) in [
            ("%(program_name)s_%(process_num)02d", Ok("web_03")),
            ("%(ENV_HOME)s/x 100%%", Ok("/root/x 100%")),
            ("80%(process_num)d", Ok("803")),
            ("é%(process_num)3d", Ok("é  3")),
            ("%(nope)s", Err("`%(nope)`")),
            ("%(ENV_NOPE)s", Err("variable NOPE")),
            ("50%", Err("single `%`")),
            ("%(process_num)", Err("without `s`")),
        ] {
            match (expanded(value, &known), text) {
                (Ok(is), Ok(expected)) => assert_eq!(is, expected, "{value}"),
                (Err(is), Err(part)) => assert!(is.contains(part), "{value}: {is}"),
                (is, _) => panic!("{value}: {is:?}"),
            }
        }
    }

    #[test]
    fn commands_are_split_as_by_shlex() {
        for (line, expected) in [
            ("a 'b c' \"d \\\"e\\\" \\$f\" g\\ h", Some(&["a", "b c", "d \"e\" \\$f", "g h"][..])),
            ("bash -c 'a && b | c > $d'", Some(&["bash", "-c", "a && b | c > $d"])),
            ("a\n  b * ~ # ''", Some(&["a", "b", "*", "~", "#", ""])),
            ("a 'b", None),
            ("a \\", None),
        ] {
            assert_eq!(
                words(line).ok().as_deref().map(|it| it.iter().map(String::as_str).collect()),
                expected.map(<[&str]>::to_vec),
                "{line}"
            );
        }
    }

    #[test]
    fn variables_are_comma_separated() {
        for (text, expected) in [
            ("A=\"1\",B=2", Some(&[("A", "1"), ("B", "2")][..])),
            ("PATH=\"/a b,c:d\",\n  URL='http://x/?a=b'", Some(&[("PATH", "/a b,c:d"), ("URL", "http://x/?a=b")])),
            ("A=/usr/bin:/bin,A=2,", Some(&[("A", "2")])),
            ("", Some(&[])),
            ("A", None),
            ("A=1 B=2", None),
            ("A=\"1", None),
        ] {
            let read = variables(text).ok();
            let read: Option<Vec<(&str, &str)>> =
                read.as_ref().map(|it| it.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect());
            assert_eq!(read.as_deref(), expected, "{text}");
        }
    }
}

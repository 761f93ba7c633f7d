//! The lines of a crontab (crontab(5)).

use super::super::{ReadError, SERVICES_MAX};
use crate::systemd::cron::Schedule;

#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    Variable(String, String),
    Job(Box<Job>),
}

#[derive(Debug, PartialEq, Eq)]
pub struct Job {
    pub when: When,
    /// Of the sixth column, in crontabs that have one.
    pub user: Option<String>,
    /// For the shell.
    pub command: String,
    /// The standard input, with a newline at its end.
    pub input: Option<String>,
    /// A `-` before the minute: cron does not log the job.
    pub unlogged: bool,
    /// The time as it stands in the file.
    pub as_written: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    At(Schedule),
    Boot,
}

/// Reads the lines, with their numbers.
pub fn read(text: &str, has_users: bool) -> Result<Vec<(usize, Line)>, ReadError> {
    let mut lines = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        let line = line.trim_start_matches([' ', '\t']);
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if lines.len() >= SERVICES_MAX {
            return Err(ReadError::too_many(number, "jobs and variables", SERVICES_MAX));
        }
        let line = match variable(line) {
            Some((name, value)) => Line::Variable(name, value),
            None => Line::Job(Box::new(job(line, number, has_users)?)),
        };
        lines.push((number, line));
    }
    Ok(lines)
}

/// The lines that are variables or jobs, with their numbers, as they are in a crontab without a column of users.
pub fn read_leniently(text: &str) -> impl Iterator<Item = (usize, Line)> {
    let lines = text.lines().map(|line| line.trim_start_matches([' ', '\t'])).zip(1..);
    lines.filter(|(line, _)| !line.is_empty() && !line.starts_with('#')).filter_map(|(line, number)| {
        let read = match variable(line) {
            Some((name, value)) => Line::Variable(name, value),
            None => Line::Job(Box::new(job(line, number, false).ok()?)),
        };
        Some((number, read))
    })
}

/// `NAME = value`: either can be quoted, and blanks around them do not count. Nothing is expanded.
fn variable(line: &str) -> Option<(String, String)> {
    let (name, rest) = match line.chars().next()? {
        quote @ ('"' | '\'') => line[1..].split_once(quote)?,
        _ => line.split_at(line.find([' ', '\t', '='])?),
    };
    let value = rest.trim_start_matches([' ', '\t']).strip_prefix('=')?.trim_matches([' ', '\t']);
    let quoted = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    let value = quoted('"').or_else(|| quoted('\'')).unwrap_or(value);
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    is_name.then(|| (name.to_owned(), value.to_owned()))
}

fn job(line: &str, number: usize, has_users: bool) -> Result<Job, ReadError> {
    let (unlogged, line) = line.strip_prefix('-').map_or((false, line), |rest| (true, rest));
    let mut rest = line;
    let (when, as_written) = match line.starts_with('@') {
        true => {
            let word = next(&mut rest);
            (at_word(word, number)?, word.to_owned())
        }
        false => {
            let fields = [(); 5].map(|()| next(&mut rest));
            if rest.is_empty() {
                let why = "is neither a variable nor a job: a job has five time fields and a command";
                return Err(ReadError::new(number, why).hint("write it as: 30 4 * * * /usr/local/bin/backup"));
            }
            (When::At(Schedule::parse(fields).map_err(|why| ReadError::new(number, why))?), fields.join(" "))
        }
    };
    let user = has_users.then(|| next(&mut rest).to_owned());
    let (command, input) = command(rest);
    if command.trim().is_empty() {
        return Err(ReadError::new(
            number,
            if has_users { "lacks the user or the command" } else { "lacks the command" },
        ));
    }
    Ok(Job { when, user, command, input, unlogged, as_written })
}

fn at_word(word: &str, number: usize) -> Result<When, ReadError> {
    if word.eq_ignore_ascii_case("@reboot") {
        return Ok(When::Boot);
    }
    Schedule::of_word(word).map(When::At).ok_or_else(|| {
        ReadError::new(number, format!("unknown time `{word}`"))
            .hint("use @reboot, @hourly, @daily, @weekly, @monthly or @yearly")
    })
}

fn next<'a>(rest: &mut &'a str) -> &'a str {
    let end = rest.find([' ', '\t']).unwrap_or(rest.len());
    let (word, others) = rest.split_at(end);
    *rest = others.trim_start_matches([' ', '\t']);
    word
}

/// Splits at the first `%`: the lines after it are the standard input. `\%` is a literal `%`.
fn command(text: &str) -> (String, Option<String>) {
    let (mut command, mut input): (String, Option<String>) = (String::new(), None);
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        let out = input.as_mut().unwrap_or(&mut command);
        match c {
            '\\' if characters.peek() == Some(&'%') => {
                out.push('%');
                characters.next();
            }
            '%' => match &mut input {
                Some(input) => input.push('\n'),
                None => input = Some(String::new()),
            },
            c => out.push(c),
        }
    }
    let input = input.filter(|input| !input.is_empty());
    let input = input.map(|input| if input.ends_with('\n') { input } else { input + "\n" });
    (command, input)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_not_jobs() {
        for (line, expected) in [
            ("SHELL=/bin/bash", Some(("SHELL", "/bin/bash"))),
            ("MAILTO=\"\"", Some(("MAILTO", ""))),
            ("A = 'two words' ", Some(("A", "two words"))),
            ("\"A\"=1", Some(("A", "1"))),
            ("PATH=$HOME/bin:/usr/bin", Some(("PATH", "$HOME/bin:/usr/bin"))),
            ("A=it's", Some(("A", "it's"))),
            ("0 4 * * * A=1 x", None),
            ("@reboot A=1 x", None),
        ] {
            let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
            assert_eq!(variable(line), expected, "{line}");
        }
    }

    #[test]
    fn a_percent_sign_separates_the_command_from_its_input() {
        for (text, expected, input) in [
            ("x", "x", None),
            ("date +\\%F", "date +%F", None),
            ("cat%one%two", "cat", Some("one\ntwo\n")),
            ("cat%one%", "cat", Some("one\n")),
            ("cat%50\\%", "cat", Some("50%\n")),
            ("cat%", "cat", None),
            ("echo \\\\x", "echo \\\\x", None),
        ] {
            assert_eq!(command(text), (expected.to_owned(), input.map(str::to_owned)), "{text}");
        }
    }
}

//! The lines of a crontab (crontab(5)): variables, jobs and what is neither.

use super::super::{SERVICES_MAX, Trouble};
use crate::systemd::cron::Schedule;

/// A line that says something.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    /// `NAME=value`, for the jobs below it.
    Variable(String, String),
    /// A job.
    Job(Box<Job>),
}

/// A job.
#[derive(Debug, PartialEq, Eq)]
pub struct Job {
    /// When it runs.
    pub when: When,
    /// The account of the sixth column, where there is one.
    pub account: Option<String>,
    /// What the shell gets.
    pub command: String,
    /// What the command reads, with a line break behind each line.
    pub input: Option<String>,
    /// `-` in front of the minute: cron is to log nothing.
    pub unlogged: bool,
    /// The time as it is written.
    pub as_written: String,
}

/// When a job runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// At these times.
    At(Schedule),
    /// Once at each boot.
    Boot,
}

/// Reads the lines, with their numbers; `of_machine` tells that there is a column for accounts.
pub fn read(text: &str, of_machine: bool) -> Result<Vec<(usize, Line)>, Trouble> {
    let mut lines = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        let line = line.trim_start_matches([' ', '\t']);
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if line.contains('\0') {
            return Err(Trouble::new(number, "holds a NUL byte"));
        }
        let is_full = lines.len() >= SERVICES_MAX;
        if is_full {
            return Err(Trouble::too_many(number, "lines with jobs and variables", SERVICES_MAX));
        }
        lines.push((
            number,
            match variable(line) {
                Some((name, value)) => Line::Variable(name, value),
                None => Line::Job(Box::new(job(line, number, of_machine)?)),
            },
        ));
    }
    Ok(lines)
}

/// Whether any job names this account, in a text that may hold what is no job.
pub fn names_account(text: &str, account: &str) -> bool {
    let lines = text.lines().map(|line| line.trim_start_matches([' ', '\t']));
    let jobs = lines.filter(|line| !line.is_empty() && !line.starts_with('#') && variable(line).is_none());
    jobs.filter_map(|line| job(line, 0, true).ok()).any(|job| job.account.as_deref() == Some(account))
}

/// `NAME = value`: both may stand in quotes, and blanks around them do not count. Nothing in it is expanded.
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

fn job(line: &str, number: usize, of_machine: bool) -> Result<Job, Trouble> {
    let (unlogged, line) = match line.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, line),
    };
    let mut rest = line;
    let (when, as_written) = match line.starts_with('@') {
        true => {
            let word = next(&mut rest);
            (at_word(word, number)?, word.to_owned())
        }
        false => {
            let fields = [(); 5].map(|()| next(&mut rest));
            if rest.is_empty() {
                let why = "is neither a variable nor a job: a job has five fields for its time, and a command";
                return Err(Trouble::new(number, why).hint("as in: 30 4 * * * /usr/local/bin/backup"));
            }
            (When::At(Schedule::parse(fields).map_err(|why| Trouble::new(number, why))?), fields.join(" "))
        }
    };
    let account = of_machine.then(|| next(&mut rest).to_owned());
    if rest.is_empty() {
        let why = if of_machine { "lacks the account or the command" } else { "lacks the command" };
        return Err(Trouble::new(number, why));
    }
    let (command, input) = command(rest);
    if command.trim().is_empty() {
        return Err(Trouble::new(number, "lacks the command"));
    }
    Ok(Job { when, account, command, input, unlogged, as_written })
}

fn at_word(word: &str, number: usize) -> Result<When, Trouble> {
    if word.eq_ignore_ascii_case("@reboot") {
        return Ok(When::Boot);
    }
    Schedule::of_word(word).map(When::At).ok_or_else(|| {
        Trouble::new(number, format!("`{word}` is no time that systemd could keep"))
            .hint("@reboot, @hourly, @daily, @weekly, @monthly and @yearly are such times")
    })
}

/// The next word; what is left of the line begins with the one behind it.
fn next<'a>(rest: &mut &'a str) -> &'a str {
    let end = rest.find([' ', '\t']).unwrap_or(rest.len());
    let (word, behind) = rest.split_at(end);
    *rest = behind.trim_start_matches([' ', '\t']);
    word
}

/// What is in front of the first `%` is the command, what is behind it the lines that it reads. `\%` is a `%`.
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
    // Without a line nothing is read: that is what there is without an input, too.
    let input = input.filter(|input| !input.is_empty()).map(|input| match input.ends_with('\n') {
        true => input,
        false => input + "\n",
    });
    (command, input)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_told_from_jobs() {
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
    fn percents_part_the_command_from_its_input() {
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

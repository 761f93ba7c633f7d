//! Command lines that other tools pass to a shell.

use std::ffi::OsString;

use crate::runtime::command::{self, Runs};
use crate::shell;

/// A line that needs no shell.
#[derive(Debug, PartialEq, Eq)]
pub struct SimpleCommand {
    pub variables: Vec<(String, String)>,
    pub argv: Vec<String>,
}

/// `None` for a line that needs a shell.
pub fn simple_command(line: &str) -> Option<SimpleCommand> {
    let words = shell::split(line).ok()?;
    if words.iter().any(|word| word.expands.is_some()) {
        return None;
    }
    let (set, argv) = words.split_at(words.iter().take_while(|word| word.assigns).count());
    let first = argv.first()?;
    if is_shell_word(&first.text) || first.text.is_empty() {
        return None;
    }
    let split = |word: &shell::Word| word.text.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    Some(SimpleCommand {
        variables: set.iter().filter_map(split).collect(),
        argv: argv.iter().map(|word| word.text.clone()).collect(),
    })
}

/// The line for a shell, with `exec` if it is a single command.
pub fn with_exec(line: &str) -> String {
    let line = line.trim();
    if is_one_command(line) { format!("exec {line}") } else { line.to_owned() }
}

/// Quotes for any POSIX shell: [`shell::quote`] can use `$'…'`, which dash does not know.
pub fn posix_quote(word: &str) -> String {
    let plain = shell::quote(word);
    if plain.starts_with("$'") { format!("'{}'", word.replace('\'', r"'\''")) } else { plain }
}

/// Builtins and reserved words (POSIX.1-2024, XCU 2.4 and 2.15).
const SHELL_WORDS: [&str; 56] = [
    "!", "{", "}", ".", ":", "[[", "alias", "bg", "break", "case", "cd", "command", "continue", "declare", "do",
    "done", "elif", "else", "esac", "eval", "exec", "exit", "export", "fc", "fg", "fi", "for", "function", "getopts",
    "hash", "if", "in", "jobs", "let", "local", "read", "readonly", "return", "select", "set", "shift", "shopt",
    "source", "suspend", "then", "time", "times", "trap", "type", "typeset", "ulimit", "umask", "unalias", "unset",
    "until", "while",
];

pub fn is_shell_word(word: &str) -> bool {
    SHELL_WORDS.contains(&word)
}

/// Whether the shell can `exec` the line: one command with its redirections.
fn is_one_command(line: &str) -> bool {
    let first = line.split(|c: char| c.is_ascii_whitespace()).next().unwrap_or_default();
    // A quoted or expanded word can be anything, and not every shell accepts assignments before `exec`.
    let is_plain = !first.is_empty() && first.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-+./@".contains(&b));
    is_plain && !is_shell_word(first) && operators(line).is_empty()
}

/// The unquoted operators of a line except redirections; command substitutions count as one.
fn operators(line: &str) -> Vec<&'static str> {
    let mut found = Vec::new();
    let mut quote = None;
    let mut characters = line.chars().peekable();
    let mut before = ' ';
    while let Some(c) = characters.next() {
        match (quote, c) {
            (Some('\''), c) => quote = Some('\'').filter(|_| c != '\''),
            (_, '\\') => drop(characters.next()),
            (Some(_), '"') => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (_, '`') => found.push("`"),
            (_, '$') if characters.peek() == Some(&'(') => found.push("$("),
            (None, '&') if characters.peek() == Some(&'&') => {
                characters.next();
                found.push("&&");
            }
            // `2>&1`, `<&3` and `&>file` of other shells.
            (None, '&') if matches!(before, '>' | '<') || characters.peek() == Some(&'>') => {}
            (None, '&') => found.push("&"),
            (None, '|') if before == '>' => {}
            (None, '|') => found.push("|"),
            (None, ';') => found.push(";"),
            (None, '(' | ')') => found.push("("),
            (None, '\n') => found.push("\n"),
            (None, '#') if before.is_ascii_whitespace() => found.push("#"),
            _ => {}
        }
        before = c;
    }
    found
}

pub fn starts_background_process(line: &str) -> bool {
    let line = line.trim_start();
    let detaches = ["setsid", "nohup", "daemon", "start-stop-daemon"].iter().any(|word| line.starts_with(word));
    detaches || operators(line).contains(&"&")
}

/// A name for a service that runs the line.
pub fn service_name(line: &str) -> Option<String> {
    let mut commands: Vec<Vec<OsString>> = command::commands(line.as_ref());
    for words in &mut commands {
        let is_skipped = |at: usize, word: &OsString| {
            // The option of a builtin: `command -v x`.
            SHELL_WORDS.iter().any(|known| word == known) || at > 0 && word.as_encoded_bytes().starts_with(b"-")
        };
        let front = words.iter().enumerate().take_while(|(at, word)| is_skipped(*at, word)).count();
        words.drain(..front);
    }
    let runs: Vec<Runs> = commands.iter().filter_map(|words| command::runs(words)).collect();
    // `[ -x a ] && b` is about b.
    let does_work = |runs: &&Runs| !matches!(runs, Runs::Program(it) if ["[", "test", "true", "false", "echo", "sleep"].iter().any(|word| it == word));
    match runs.iter().find(does_work).or(runs.first())? {
        Runs::Script(file) => stem(file),
        Runs::Program(program) => stem(program),
        Runs::Named(name) => Some(name.to_string_lossy().replace(['.', '/'], "-")),
        Runs::Bare(program) => stem(program),
    }
}

fn stem(file: &OsString) -> Option<String> {
    let path = std::path::Path::new(file);
    let is_script = path.extension().is_some_and(|ending| ending.len() <= 4);
    let name = if is_script { path.file_stem() } else { path.file_name() };
    name.map(|name| name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simple_commands_need_no_shell() {
        let argv = |line: &str| simple_command(line).map(|command| command.argv.join("|"));
        for (line, expected) in [
            ("gunicorn app:app -b 0.0.0.0:8000", Some("gunicorn|app:app|-b|0.0.0.0:8000")),
            ("node 'my server.js'", Some("node|my server.js")),
            ("python app.py --port $PORT", None),
            ("cd x && y", None),
            ("exec y", None),
            ("ls *", None),
            ("A=1", None),
            ("A=1 B='2 3' x", Some("x")),
        ] {
            assert_eq!(argv(line).as_deref(), expected, "{line}");
        }
        let set = simple_command("A=1 B='2 3' x").unwrap().variables;
        assert_eq!(set, [("A".into(), "1".into()), ("B".into(), "2 3".into())]);
    }

    #[test]
    fn exec_is_added_to_single_commands_only() {
        for (line, expected) in [
            ("python app.py --port $PORT", "exec python app.py --port $PORT"),
            ("node x.js >log 2>&1 <in", "exec node x.js >log 2>&1 <in"),
            ("echo \"a | b; $X\"", "exec echo \"a | b; $X\""),
            ("a | b", "a | b"),
            ("a && b", "a && b"),
            ("a; b", "a; b"),
            ("a &", "a &"),
            ("exec a $B", "exec a $B"),
            ("cd $X", "cd $X"),
            ("A=1 b $C", "A=1 b $C"),
            ("$CMD x", "$CMD x"),
            ("(a $B)", "(a $B)"),
            ("a $(b)", "a $(b)"),
            ("a `b`", "a `b`"),
            ("if a; then b; fi", "if a; then b; fi"),
            ("~/bin/x y", "~/bin/x y"),
        ] {
            assert_eq!(with_exec(line), expected, "{line}");
        }
    }

    #[test]
    fn background_processes_are_detected() {
        for (line, expected) in [
            ("a && b", false),
            ("a & b", true),
            ("a &", true),
            ("a >x 2>&1", false),
            ("nohup a", true),
            ("a '&'", false),
        ] {
            assert_eq!(starts_background_process(line), expected, "{line}");
        }
    }

    #[test]
    fn words_are_quoted_for_any_posix_shell() {
        for (word, expected) in
            [("x", "x"), ("a b", "'a b'"), ("a\nb", "'a\nb'"), ("it's\t", r"'it'\''s	'"), ("$'x'", r#"'$'"'x'""#)]
        {
            assert_eq!(posix_quote(word), expected, "{word:?}");
        }
    }

    #[test]
    fn services_are_named_after_their_command() {
        for (line, expected) in [
            ("/usr/local/bin/backup.sh --full", "backup"),
            ("cd / && run-parts --report /etc/cron.hourly", "run-parts"),
            ("test -x /usr/sbin/anacron || ( cd / && run-parts --report /etc/cron.daily )", "run-parts"),
            ("[ -x /usr/bin/x ] && /usr/bin/certbot -q renew", "certbot"),
            ("cd /srv/app && python3 manage.py clearsessions", "manage"),
            ("python3 -m app.tasks", "app-tasks"),
            ("command -v x > /dev/null && x 1", "x"),
            ("set -e; /opt/fetch", "fetch"),
            ("php /var/www/html/cron.php", "cron"),
            ("[ -x /x ] && if [ ! -d /run ]; then /usr/lib/php/sessionclean; fi", "sessionclean"),
        ] {
            assert_eq!(service_name(line).as_deref(), Some(expected), "{line}");
        }
    }
}

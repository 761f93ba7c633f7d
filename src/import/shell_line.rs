//! A line that the other tool hands to a shell: as the argv that it stands for, or for a shell again.

use std::ffi::OsString;

use crate::runtime::line::{self, Runs};
use crate::shell;

/// A line as a command without a shell, and the variables that it sets in front.
#[derive(Debug, PartialEq, Eq)]
pub struct Words {
    /// `NAME=value` in front of the command.
    pub variables: Vec<(String, String)>,
    /// The argv.
    pub argv: Vec<String>,
}

/// The words of a line that needs no shell; `None` for one that does.
pub fn words(line: &str) -> Option<Words> {
    let words = shell::split(line).ok()?;
    if words.iter().any(|word| word.expands.is_some()) {
        return None;
    }
    let front = words.iter().take_while(|word| word.assigns).count();
    let (set, argv) = words.split_at(front);
    let first = argv.first()?;
    // In quotes it would be a program of that name, and not what the shell knows: nobody writes that.
    if OF_SHELL.contains(&first.text.as_str()) || first.text.is_empty() {
        return None;
    }
    let split = |word: &shell::Word| word.text.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    Some(Words {
        variables: set.iter().filter_map(split).collect(),
        argv: argv.iter().map(|word| word.text.clone()).collect(),
    })
}

/// The line for a shell: it becomes the program where the line is one command and nothing else.
pub fn script(line: &str) -> String {
    let line = line.trim();
    if is_one_command(line) { format!("exec {line}") } else { line.to_owned() }
}

/// A word for `/bin/sh`, whichever shell that is: what is for people may hold `$'…'`, which dash does not know.
pub fn quoted(word: &str) -> String {
    let plain = shell::quote(word);
    if plain.starts_with("$'") { format!("'{}'", word.replace('\'', r"'\''")) } else { plain }
}

/// Words that a shell knows itself, and those that begin more than one command (POSIX.1-2024, XCU 2.4 and 2.15).
const OF_SHELL: [&str; 56] = [
    "!", "{", "}", ".", ":", "[[", "alias", "bg", "break", "case", "cd", "command", "continue", "declare", "do",
    "done", "elif", "else", "esac", "eval", "exec", "exit", "export", "fc", "fg", "fi", "for", "function", "getopts",
    "hash", "if", "in", "jobs", "let", "local", "read", "readonly", "return", "select", "set", "shift", "shopt",
    "source", "suspend", "then", "time", "times", "trap", "type", "typeset", "ulimit", "umask", "unalias", "unset",
    "until", "while",
];

/// True for one command with its redirections: `exec` in front makes the shell become it.
fn is_one_command(line: &str) -> bool {
    let first = line.split(|c: char| c.is_ascii_whitespace()).next().unwrap_or_default();
    // A word in quotes or with an expansion may be anything; behind an assignment `exec` is not for every shell.
    let is_plain = !first.is_empty() && first.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-+./@".contains(&b));
    let behind_builtin = OF_SHELL.contains(&first);
    is_plain && !behind_builtin && operators(line).is_empty()
}

/// The operators of a line outside of its quotes, without redirections; a command within it counts as one.
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

/// True where a line leaves something behind that goes on in the background.
pub fn leaves_behind(line: &str) -> bool {
    let line = line.trim_start();
    let detaches = ["setsid", "nohup", "daemon", "start-stop-daemon"].iter().any(|word| line.starts_with(word));
    detaches || operators(line).contains(&"&")
}

/// What a service that runs a line could be called.
pub fn name(line: &str) -> Option<String> {
    let mut commands: Vec<Vec<OsString>> = line::commands(line.as_ref());
    // Behind `then` and the like stands what is done.
    for words in &mut commands {
        let front = words.iter().take_while(|word| OF_SHELL.iter().any(|known| *word == *known)).count();
        words.drain(..front);
    }
    let runs: Vec<Runs> = commands.iter().filter_map(|words| line::runs(words)).collect();
    // In `[ -x a ] && b` and `test -x a || b` it is about b.
    let asks = |runs: &&Runs| !matches!(runs, Runs::Program(it) if ["[", "test", "true", "false", "echo", "sleep"].iter().any(|word| it == word));
    match runs.iter().find(asks).or(runs.first())? {
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
    fn lines_become_words_where_no_shell_is_needed() {
        let argv = |line: &str| words(line).map(|words| words.argv.join("|"));
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
        let set = words("A=1 B='2 3' x").unwrap().variables;
        assert_eq!(set, [("A".into(), "1".into()), ("B".into(), "2 3".into())]);
    }

    #[test]
    fn exec_stands_only_in_front_of_one_command() {
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
            assert_eq!(script(line), expected, "{line}");
        }
    }

    #[test]
    fn what_goes_on_behind_a_line_is_seen() {
        for (line, behind) in [
            ("a && b", false),
            ("a & b", true),
            ("a &", true),
            ("a >x 2>&1", false),
            ("nohup a", true),
            ("a '&'", false),
        ] {
            assert_eq!(leaves_behind(line), behind, "{line}");
        }
    }

    #[test]
    fn words_are_quoted_for_every_shell() {
        for (word, expected) in
            [("x", "x"), ("a b", "'a b'"), ("a\nb", "'a\nb'"), ("it's\t", r"'it'\''s	'"), ("$'x'", r#"'$'"'x'""#)]
        {
            assert_eq!(quoted(word), expected, "{word:?}");
        }
    }

    #[test]
    fn lines_have_names() {
        for (line, expected) in [
            ("/usr/local/bin/backup.sh --full", "backup"),
            ("cd / && run-parts --report /etc/cron.hourly", "run-parts"),
            ("test -x /usr/sbin/anacron || ( cd / && run-parts --report /etc/cron.daily )", "run-parts"),
            ("[ -x /usr/bin/x ] && /usr/bin/certbot -q renew", "certbot"),
            ("cd /srv/app && python3 manage.py clearsessions", "manage"),
            ("python3 -m app.tasks", "app-tasks"),
            ("php /var/www/html/cron.php", "cron"),
            ("[ -x /x ] && if [ ! -d /run ]; then /usr/lib/php/sessionclean; fi", "sessionclean"),
        ] {
            assert_eq!(name(line).as_deref(), Some(expected), "{line}");
        }
    }
}

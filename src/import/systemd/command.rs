//! `ExecStart=` as an argv: what stands in front of the path, specifiers, and the variables that systemd puts in.

use super::words::{Specifiers, Word, words};
use crate::shell;

/// A command, and where it stands in the value.
#[derive(Debug)]
pub struct Command {
    /// The special characters in front of the path.
    pub prefix: String,
    /// Its words, specifiers put in.
    pub words: Vec<String>,
    /// As it is written.
    pub raw: String,
}

/// The commands of a value: several have ` ; ` between them.
pub fn commands(value: &str, specifiers: &Specifiers<'_>) -> Result<Vec<Command>, String> {
    let all = words(value)?;
    let mut commands = Vec::new();
    for part in all.split(|word| word.ends).filter(|part| !part.is_empty()) {
        let (first, last) = (&part[0], &part[part.len() - 1]);
        let path = first.text.trim_start_matches(['-', '@', ':', '+', '!', '|']);
        let prefix = first.text[..first.text.len() - path.len()].to_owned();
        let expanded = |text: &str| {
            specifiers.expanded(text).map_err(|letter| {
                format!("holds `%{letter}`, for which only systemd knows what it stands for: write the value itself")
            })
        };
        let texts = std::iter::once(path).chain(part[1..].iter().map(|word: &Word| word.text.as_str()));
        let mut words = texts.map(expanded).collect::<Result<Vec<String>, String>>()?;
        if words[0].is_empty() {
            return Err("lacks a program".into());
        }
        // The name by which the program is called is none of its arguments.
        if prefix.contains('@') {
            if words.len() == 1 {
                return Err("lacks the name that `@` stands for".into());
            }
            words.remove(1);
        }
        commands.push(Command { prefix, words, raw: value[first.span.0..last.span.1].to_owned() });
    }
    Ok(commands)
}

/// The argv of a command. `known` are the variables whose values are certain; where others are put in, a shell does it.
pub fn argv(command: &Command, known: &dyn Fn(&str) -> Option<String>) -> Vec<String> {
    if command.prefix.contains(':') {
        return command.words.clone();
    }
    let mut out = vec![command.words[0].clone()];
    for word in &command.words[1..] {
        match put_in(word, known) {
            Some(words) => out.extend(words),
            None => return by_shell(command),
        }
    }
    out
}

/// The variables of a command whose values are split, by a shell: it reads no quotes in them, as systemd does.
pub fn split_by_shell<'a>(command: &'a Command, known: &dyn Fn(&str) -> Option<String>) -> Vec<&'a str> {
    let words = command.words[1..].iter();
    let whole = words.filter_map(|word| match pieces(word)[..] {
        [Piece::Whole(name)] if is_name(name) => Some(name),
        _ => None,
    });
    let is_by_shell =
        !command.prefix.contains(':') && command.words[1..].iter().any(|word| put_in(word, known).is_none());
    whole.filter(|_| is_by_shell).collect()
}

/// A piece of a word.
enum Piece<'a> {
    Text(&'a str),
    /// `${NAME}`.
    Braced(&'a str),
    /// `$NAME` as the whole word: its value is split.
    Whole(&'a str),
}

fn pieces(word: &str) -> Vec<Piece<'_>> {
    if let Some(name) = word.strip_prefix('$').filter(|rest| !rest.starts_with(['{', '$'])) {
        return vec![Piece::Whole(name)];
    }
    let mut pieces = Vec::new();
    let mut rest = word;
    while let Some(at) = rest.find('$') {
        pieces.push(Piece::Text(&rest[..at]));
        let behind = &rest[at + 1..];
        let name = behind.strip_prefix('{').and_then(|it| it.split_once('}')).filter(|(name, _)| is_name(name));
        rest = match (name, behind.strip_prefix('$')) {
            (Some((name, behind)), _) => {
                pieces.push(Piece::Braced(name));
                behind
            }
            (None, Some(behind)) => {
                pieces.push(Piece::Text("$"));
                behind
            }
            (None, None) => {
                pieces.push(Piece::Text("$"));
                behind
            }
        };
    }
    pieces.push(Piece::Text(rest));
    pieces
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// The words that a word becomes; `None` where a value is not known.
fn put_in(word: &str, known: &dyn Fn(&str) -> Option<String>) -> Option<Vec<String>> {
    let mut out = String::new();
    for piece in pieces(word) {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Braced(name) => out.push_str(&known(name)?),
            // systemd reads quotes in the value.
            Piece::Whole(name) => {
                let value = known(name)?;
                return words(&value).ok().map(|words| words.into_iter().map(|word| word.text).collect());
            }
        }
    }
    Some(vec![out])
}

/// The same for a shell, which puts the variables in when the service starts, and becomes the program.
fn by_shell(command: &Command) -> Vec<String> {
    let mut line = String::from("set -f; exec ");
    line.push_str(&shell::quote(&command.words[0]));
    for word in &command.words[1..] {
        line.push(' ');
        let pieces = pieces(word);
        if pieces.iter().all(|piece| matches!(piece, Piece::Text(""))) {
            line.push_str("''");
        }
        for piece in pieces {
            match piece {
                Piece::Text("") => {}
                Piece::Text(text) => line.push_str(&shell::quote(text)),
                Piece::Braced(name) => line.push_str(&format!("\"${{{name}}}\"")),
                Piece::Whole(name) if is_name(name) => line.push_str(&format!("${name}")),
                // No variable is called so: systemd leaves the word out.
                Piece::Whole(_) => {}
            }
        }
    }
    vec!["/bin/sh".into(), "-c".into(), line]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(value: &str) -> Vec<String> {
        let specifiers = Specifiers {
            prefix: "app",
            instance: None,
            home: "/root",
            account: "root",
            uid: 0,
            host_name: "build1",
            of_machine: true,
        };
        let known = |name: &str| (name == "OPTS").then(|| "-a 'b c'".to_owned());
        argv(&commands(value, &specifiers).unwrap()[0], &known)
    }

    #[test]
    fn variables_are_put_in_as_systemd_does() {
        for (value, expected) in [
            ("/bin/a $OPTS x$OPTS y", &["/bin/a", "-a", "b c", "x$OPTS", "y"][..]),
            ("/bin/a ${OPTS} --x=${OPTS}", &["/bin/a", "-a 'b c'", "--x=-a 'b c'"]),
            ("/bin/a $$HOME 5$", &["/bin/a", "$HOME", "5$"]),
            (":/bin/a $OPTS", &["/bin/a", "$OPTS"]),
            (
                "/bin/a -p ${PORT} $ARGS 'it s' \"\" 100%%",
                &["/bin/sh", "-c", "set -f; exec /bin/a -p \"${PORT}\" $ARGS 'it s' '' 100%"],
            ),
            ("/bin/a %n", &["/bin/a", "app.service"]),
            ("-@/bin/a me --x", &["/bin/a", "--x"]),
        ] {
            assert_eq!(of(value), expected, "{value}");
        }
    }
}

//! `ExecStart=` as an argv: prefix characters, specifiers and variables.

use super::super::shell_line::posix_quote;
use super::unknown;
use super::words::{Specifiers, Word, words};

#[derive(Debug)]
pub struct Command {
    /// The special characters before the path.
    pub prefix: String,
    /// With specifiers expanded.
    pub words: Vec<String>,
    /// As in the file.
    pub raw: String,
}

/// The commands of a value, separated by ` ; `.
pub fn commands(value: &str, specifiers: &Specifiers<'_>) -> Result<Vec<Command>, String> {
    let all = words(value).map_err(|invalid| invalid.to_string())?;
    let mut commands = Vec::new();
    for part in all.split(|word| word.ends).filter(|part| !part.is_empty()) {
        let (first, last) = (&part[0], &part[part.len() - 1]);
        let path = first.text.trim_start_matches(['-', '@', ':', '+', '!', '|']);
        let prefix = first.text[..first.text.len() - path.len()].to_owned();
        let expanded = |text: &str| specifiers.expanded(text).map_err(unknown);
        let texts = std::iter::once(path).chain(part[1..].iter().map(|word: &Word| word.text.as_str()));
        let mut words = texts.map(expanded).collect::<Result<Vec<String>, String>>()?;
        if words[0].is_empty() {
            return Err("lacks the program".into());
        }
        // argv[0]
        if prefix.contains('@') {
            if words.len() == 1 {
                return Err("lacks the argv[0] that `@` announces".into());
            }
            words.remove(1);
        }
        commands.push(Command { prefix, words, raw: value[first.span.0..last.span.1].to_owned() });
    }
    Ok(commands)
}

/// The argv, with known variables expanded; a shell expands unknown ones.
pub fn argv(command: &Command, known: &dyn Fn(&str) -> Option<String>) -> Vec<String> {
    if command.prefix.contains(':') {
        return command.words.clone();
    }
    let mut out = vec![command.words[0].clone()];
    for word in &command.words[1..] {
        match expand_variables(word, known) {
            Some(words) => out.extend(words),
            None => return by_shell(command),
        }
    }
    out
}

/// The variables whose values a shell splits; unlike systemd, it reads no quotes in them.
pub fn split_by_shell<'a>(command: &'a Command, known: &dyn Fn(&str) -> Option<String>) -> Vec<&'a str> {
    let words = command.words[1..].iter();
    let whole = words.filter_map(|word| match pieces(word)[..] {
        [Piece::Whole(name)] if is_name(name) => Some(name),
        _ => None,
    });
    let is_by_shell =
        !command.prefix.contains(':') && command.words[1..].iter().any(|word| expand_variables(word, known).is_none());
    whole.filter(|_| is_by_shell).collect()
}

enum Piece<'a> {
    Text(&'a str),
    /// `${NAME}`.
    Braced(&'a str),
    /// `$NAME` as a whole word: its value is split.
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
        let rest_after = &rest[at + 1..];
        let name = rest_after.strip_prefix('{').and_then(|it| it.split_once('}')).filter(|(name, _)| is_name(name));
        rest = match (name, rest_after.strip_prefix('$')) {
            (Some((name, rest_after)), _) => {
                pieces.push(Piece::Braced(name));
                rest_after
            }
            (None, escaped) => {
                pieces.push(Piece::Text("$"));
                escaped.unwrap_or(rest_after)
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

/// `None` if a variable is unknown.
fn expand_variables(word: &str, known: &dyn Fn(&str) -> Option<String>) -> Option<Vec<String>> {
    let mut out = String::new();
    for piece in pieces(word) {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Braced(name) => out.push_str(&known(name)?),
            Piece::Whole(name) => {
                let value = known(name)?;
                return words(&value).ok().map(|words| words.into_iter().map(|word| word.text).collect());
            }
        }
    }
    Some(vec![out])
}

/// A shell that expands the variables at start and executes the program.
fn by_shell(command: &Command) -> Vec<String> {
    let mut line = String::from("set -f; exec ");
    line.push_str(&posix_quote(&command.words[0]));
    for word in &command.words[1..] {
        line.push(' ');
        let pieces = pieces(word);
        if pieces.iter().all(|piece| matches!(piece, Piece::Text(""))) {
            line.push_str("''");
        }
        for piece in pieces {
            match piece {
                Piece::Text("") => {}
                Piece::Text(text) => line.push_str(&posix_quote(text)),
                Piece::Braced(name) => line.push_str(&format!("\"${{{name}}}\"")),
                Piece::Whole(name) if is_name(name) => line.push_str(&format!("${name}")),
                // Not a variable name: systemd drops the word.
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
            user: "root",
            uid: 0,
            host_name: "build1",
            is_system: true,
        };
        let known = |name: &str| (name == "OPTS").then(|| "-a 'b c'".to_owned());
        argv(&commands(value, &specifiers).unwrap()[0], &known)
    }

    #[test]
    fn variables_are_expanded_as_by_systemd() {
        for (value, expected) in [
            ("/bin/a $OPTS x$OPTS y", &["/bin/a", "-a", "b c", "x$OPTS", "y"][..]),
            ("/bin/a ${OPTS} --x=${OPTS}", &["/bin/a", "-a 'b c'", "--x=-a 'b c'"]),
            ("/bin/a $$HOME 5$", &["/bin/a", "$HOME", "5$"]),
            (":/bin/a $OPTS", &["/bin/a", "$OPTS"]),
            (
                "/bin/a -p ${PORT} $ARGS 'it s' \"\" 100%%",
                &["/bin/sh", "-c", "set -f; exec /bin/a -p \"${PORT}\" $ARGS 'it s' '' 100%"],
            ),
            ("/bin/a $ARGS a\\tb 'it\\'s\\n' c", &["/bin/sh", "-c", "set -f; exec /bin/a $ARGS 'a\tb' 'it'\\''s\n' c"]),
            ("/bin/a %n", &["/bin/a", "app.service"]),
            ("-@/bin/a me --x", &["/bin/a", "--x"]),
        ] {
            assert_eq!(of(value), expected, "{value}");
        }
    }
}

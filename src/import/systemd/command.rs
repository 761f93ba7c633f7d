//! `ExecStart=` as an argv: prefix characters, specifiers and variables.

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

/// The argv, and whether systemd expands variables in it: `$$` stays for it.
pub fn argv(command: &Command) -> (Vec<String>, bool) {
    let is_expanded = !command.prefix.contains(':');
    let has_variable = |word: &String| pieces(word).iter().any(|piece| !matches!(piece, Piece::Text(_)));
    if !is_expanded || command.words[1..].iter().any(has_variable) {
        return (command.words.clone(), is_expanded);
    }
    let unescaped = |(at, word): (usize, &String)| match at {
        0 => word.clone(),
        _ => text_of(&pieces(word)),
    };
    (command.words.iter().enumerate().map(unescaped).collect(), false)
}

/// The argv with known variables expanded; the others stay as they are written.
pub fn expanded(command: &Command, known: &dyn Fn(&str) -> Option<String>) -> Vec<String> {
    if command.prefix.contains(':') {
        return command.words.clone();
    }
    let first = command.words[..1].to_vec();
    let expanded = |word: &String| expand_variables(word, known).unwrap_or_else(|| vec![word.clone()]);
    first.into_iter().chain(command.words[1..].iter().flat_map(expanded)).collect()
}

fn text_of(pieces: &[Piece<'_>]) -> String {
    let text = |piece: &Piece<'_>| match piece {
        Piece::Text(text) => (*text).to_owned(),
        Piece::Braced(_) | Piece::Whole(_) => String::new(),
    };
    pieces.iter().map(text).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn command(value: &str) -> Command {
        let specifiers = Specifiers {
            prefix: "app",
            instance: None,
            home: "/root",
            user: "root",
            uid: 0,
            host_name: "build1",
            is_system: true,
        };
        commands(value, &specifiers).unwrap().remove(0)
    }

    #[test]
    fn variables_are_left_to_systemd() {
        for (value, expected, is_expanded) in [
            ("/bin/a $OPTS x$OPTS y", &["/bin/a", "$OPTS", "x$OPTS", "y"][..], true),
            ("/bin/a --x=${OPTS} $$HOME", &["/bin/a", "--x=${OPTS}", "$$HOME"], true),
            ("/bin/a $$HOME 5$ a$b '${x y}'", &["/bin/a", "$HOME", "5$", "a$b", "${x y}"], false),
            (":/bin/a $OPTS", &["/bin/a", "$OPTS"], false),
            ("/bin/a $5 100%%", &["/bin/a", "$5", "100%"], true),
            ("/bin/a %n", &["/bin/a", "app.service"], false),
            ("-@/bin/a me --x", &["/bin/a", "--x"], false),
        ] {
            assert_eq!(
                argv(&command(value)),
                (expected.iter().map(|it| (*it).to_owned()).collect(), is_expanded),
                "{value}"
            );
        }
    }

    #[test]
    fn known_variables_are_expanded_as_by_systemd() {
        let known = |name: &str| (name == "OPTS").then(|| "-a 'b c'".to_owned());
        for (value, words) in [
            ("/bin/a $OPTS x$OPTS y", &["/bin/a", "-a", "b c", "x$OPTS", "y"][..]),
            ("/bin/a ${OPTS} --x=${OPTS}", &["/bin/a", "-a 'b c'", "--x=-a 'b c'"]),
            ("/bin/a $OTHER ${OTHER}", &["/bin/a", "$OTHER", "${OTHER}"]),
            (":/bin/a $OPTS", &["/bin/a", "$OPTS"]),
        ] {
            assert_eq!(expanded(&command(value), &known), words, "{value}");
        }
    }
}

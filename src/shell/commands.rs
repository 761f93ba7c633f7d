//! The simple commands of a shell script, roughly: enough to see what it starts (POSIX.1-2024, XCU 2.9).

use std::iter::Peekable;
use std::str::Chars;

/// The fields of a parameter such as `HOME`, `1` or `@`; `None` if they are unknown.
pub type Parameters<'a> = dyn Fn(&str) -> Option<Vec<String>> + 'a;

/// The words of each simple command, with assignments before it and without redirections. The commands of substitutions
/// come before the command that contains them. Unknown parameters stay as they are.
pub fn commands(script: &str, parameters: &Parameters<'_>) -> Vec<Vec<String>> {
    let mut reader =
        Reader { characters: script.chars().peekable(), parameters, found: Vec::new(), here_documents: Vec::new() };
    while reader.characters.peek().is_some() {
        reader.list(None);
    }
    reader.found
}

/// Reserved words before a command.
const BEFORE_COMMANDS: [&str; 11] = ["!", "{", "}", "if", "then", "else", "elif", "while", "until", "do", "time"];

/// Reserved words before something else.
const NO_COMMANDS: [&str; 7] = ["case", "for", "select", "function", "fi", "done", "esac"];

struct Reader<'a> {
    characters: Peekable<Chars<'a>>,
    parameters: &'a Parameters<'a>,
    found: Vec<Vec<String>>,
    /// The delimiters of here-documents that begin with the next line.
    here_documents: Vec<String>,
}

#[derive(Default)]
struct Command {
    words: Vec<String>,
    /// A pair of quotes begins a word as well.
    word: Option<String>,
    /// The next word is the file of a redirection.
    redirects: bool,
}

impl Command {
    fn push(&mut self, text: &str) {
        self.word.get_or_insert_default().push_str(text);
    }

    fn end_word(&mut self) {
        if let Some(word) = self.word.take()
            && !std::mem::take(&mut self.redirects)
        {
            self.words.push(word);
        }
    }

    /// Fields of an unquoted parameter.
    fn push_fields(&mut self, fields: &[String]) {
        for (at, field) in fields.iter().flat_map(|field| field.split_whitespace()).enumerate() {
            if at > 0 {
                self.end_word();
            }
            self.push(field);
        }
    }
}

impl Reader<'_> {
    /// Reads commands up to an unquoted `end`.
    fn list(&mut self, end: Option<char>) {
        let (mut command, mut open) = (Command::default(), 0_usize);
        while let Some(c) = self.characters.next() {
            match c {
                c if Some(c) == end && open == 0 => break,
                // The end of a pattern of `case`.
                ')' if open == 0 => command = Command::default(),
                ' ' | '\t' => command.end_word(),
                '\\' => match self.characters.next() {
                    Some('\n') | None => {}
                    Some(c) => command.push(c.encode_utf8(&mut [0; 4])),
                },
                '\'' => {
                    let text: String = self.characters.by_ref().take_while(|c| *c != '\'').collect();
                    command.push(&text);
                }
                '"' => self.double_quoted(&mut command),
                '$' | '`' => self.expansion(c, false, &mut command),
                '#' if command.word.is_none() => {
                    let _ = self.characters.by_ref().find(|c| *c == '\n');
                    self.end(&mut command);
                }
                '<' | '>' => self.redirection(c, &mut command),
                '&' if self.characters.peek() == Some(&'>') => {}
                '(' | ')' | '|' | '&' | ';' | '\n' => {
                    match c {
                        '(' => open += 1,
                        ')' => open -= 1,
                        _ => {}
                    }
                    self.end(&mut command);
                    if c == '\n' {
                        self.skip_here_documents();
                    }
                }
                c => command.push(c.encode_utf8(&mut [0; 4])),
            }
        }
        self.end(&mut command);
    }

    fn end(&mut self, command: &mut Command) {
        command.end_word();
        let words = std::mem::take(command).words;
        let words: Vec<String> =
            words.into_iter().skip_while(|word| BEFORE_COMMANDS.contains(&word.as_str())).collect();
        if words.first().is_some_and(|word| !NO_COMMANDS.contains(&word.as_str())) {
            self.found.push(words);
        }
    }

    fn redirection(&mut self, first: char, command: &mut Command) {
        if command.word.as_ref().is_some_and(|word| word.bytes().all(|byte| byte.is_ascii_digit())) {
            command.word = None;
        }
        command.end_word();
        let operator: String =
            std::iter::from_fn(|| self.characters.next_if(|c| matches!(c, '<' | '>' | '&' | '|' | '-'))).collect();
        if first == '<' && matches!(operator.as_str(), "<" | "<-") {
            while self.characters.next_if(|c| matches!(c, ' ' | '\t')).is_some() {}
            let ends = |c: &char| !c.is_whitespace() && !matches!(c, ';' | '|' | '&' | '<' | '>' | ')');
            let word: String = std::iter::from_fn(|| self.characters.next_if(ends)).collect();
            self.here_documents.push(word.replace(['\'', '"', '\\'], ""));
        } else if self.characters.next_if_eq(&'(').is_some() {
            self.list(Some(')'));
        } else {
            command.redirects = true;
        }
    }

    fn skip_here_documents(&mut self) {
        for delimiter in std::mem::take(&mut self.here_documents) {
            while self.characters.peek().is_some() {
                let line: String = self.characters.by_ref().take_while(|c| *c != '\n').collect();
                if line.trim_start_matches('\t') == delimiter {
                    break;
                }
            }
        }
    }

    fn double_quoted(&mut self, command: &mut Command) {
        command.push("");
        while let Some(c) = self.characters.next() {
            match c {
                '"' => return,
                '\\' => match self.characters.next() {
                    Some('\n') | None => {}
                    Some(c @ ('$' | '`' | '"' | '\\')) => command.push(c.encode_utf8(&mut [0; 4])),
                    Some(c) => command.push(&format!("\\{c}")),
                },
                '$' | '`' => self.expansion(c, true, command),
                c => command.push(c.encode_utf8(&mut [0; 4])),
            }
        }
    }

    fn expansion(&mut self, c: char, quoted: bool, command: &mut Command) {
        if c == '`' {
            let text: String = self.characters.by_ref().take_while(|c| *c != '`').collect();
            self.found.extend(commands(&text, self.parameters));
            return command.push("`");
        }
        let is_name = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
        let name = match self.characters.peek() {
            Some('(') => {
                self.characters.next();
                self.list(Some(')'));
                return command.push("$()");
            }
            Some('{') => {
                let text: String = self.characters.by_ref().skip(1).take_while(|c| *c != '}').collect();
                text.split([':', '-', '+', '=', '%', '#']).next().unwrap_or_default().to_owned()
            }
            Some('@' | '*' | '0'..='9') => self.characters.next().into_iter().collect(),
            Some(c) if is_name(c) => std::iter::from_fn(|| self.characters.next_if(is_name)).collect(),
            _ => return command.push("$"),
        };
        match (self.parameters)(&name) {
            Some(fields) if quoted && name != "@" => command.push(&fields.join(" ")),
            Some(fields) if quoted => fields.iter().enumerate().for_each(|(at, field)| {
                if at > 0 {
                    command.end_word();
                }
                command.push(field);
            }),
            Some(fields) => command.push_fields(&fields),
            None => command.push(&format!("${name}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simple_commands_are_found() {
        let parameters = |name: &str| match name {
            "A" => Some(vec!["x y".to_owned()]),
            "@" => Some(vec!["/p".to_owned(), "a b".to_owned()]),
            _ => None,
        };
        for (script, expected) in [
            ("a 'b c' | d >x 2>&1 && e", &["a|b c", "d", "e"][..]),
            ("A=1 exec a < /x >> /y b; . /z", &["A=1|exec|a|b", ".|/z"]),
            ("if [ -e x ]; then a; else b; fi", &["[|-e|x|]", "a", "b"]),
            ("while true; do a & done", &["true", "a"]),
            ("for x in /a /b; do c \"$x\"; done", &["c|$x"]),
            ("echo \"$(a b)\" `c` $(d $(e))", &["a|b", "c", "e", "d|$()", "echo|$()|`|$()"]),
            ("diff <(a) <(b) c", &["a", "b", "diff|c"]),
            ("exec \"$@\" >>\"$0\" 2>&1", &["exec|/p|a b"]),
            ("$A \"$A\" ${A} '$A' \\$A", &["x|y|x y|x|y|$A|$A"]),
            ("(a; b) # c\nd", &["a", "b", "d"]),
            ("a \\\n b\nc &>/x", &["a|b", "c"]),
            ("a <<-'E' b\n/x\n\tE\nc <<<d", &["a|b", "c"]),
            ("", &[]),
        ] {
            let found: Vec<String> = commands(script, &parameters).iter().map(|words| words.join("|")).collect();
            assert_eq!(found, expected, "{script}");
        }
    }
}

//! Splits a line into words like a POSIX shell, and finds syntax that only a shell can handle (POSIX.1-2024, XCU 2.2 to
//! 2.10).

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Word {
    /// Without quotes.
    pub text: String,
    /// In bytes from the start of the line.
    pub at: usize,
    /// `NAME=value` with an unquoted name: an assignment before the command, an argument after it.
    pub assigns: bool,
    /// The first character that a shell expands, and its position: a leading `~`, or `*`, `?`, `[` of a pattern.
    pub expands: Option<(char, usize)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotWords {
    pub what: Special,
    /// In bytes from the start of the line.
    pub at: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Special {
    #[error("has several lines")]
    LineBreak,
    /// One of `| & ; < > ( )`, or `!` before a command.
    #[error("contains the shell operator `{0}`")]
    Operator(char),
    /// `$` or a backtick, also in double quotes.
    #[error("contains `{0}`, which a shell expands")]
    Expansion(char),
    /// `~`, or a file name pattern (`*`, `?`, `[`).
    #[error("contains `{}`, which a shell expands to {}", .0, if *.0 == '~' { "a home directory" } else { "file names" })]
    Pattern(char),
    #[error("sets a variable before the command, which only a shell does")]
    Assignment,
    #[error("contains a comment (`#`)")]
    Comment,
    #[error("ends in a backslash")]
    TrailingBackslash,
    #[error("has an unclosed quote (`{0}`)")]
    Unclosed(char),
}

/// The words as a POSIX shell would pass them to the program.
pub fn words(line: &str) -> Result<Vec<String>, NotWords> {
    let words = split(line)?;
    let assigns = words.first().filter(|word| word.assigns).map(|word| (Special::Assignment, word.at));
    let expands = words.iter().find_map(|word| word.expands).map(|(c, at)| (Special::Pattern(c), at));
    match [assigns, expands].into_iter().flatten().min_by_key(|(_, at)| *at) {
        Some((what, at)) => Err(NotWords { what, at }),
        None => Ok(words.into_iter().map(|word| word.text).collect()),
    }
}

/// Like [`words`], but leaves assignments and patterns to the caller.
pub fn split(line: &str) -> Result<Vec<Word>, NotWords> {
    // A shell ignores empty lines before and after the command.
    let end = line.trim_end_matches(['\n', ' ', '\t']).len();
    let blank_end = if line[..end].ends_with('\\') { line.len() } else { end };
    let start = line.len() - line.trim_start_matches(['\n', ' ', '\t']).len();
    let mut reader = Reader { line: &line[..blank_end], at: start.min(blank_end), words: Vec::new(), word: None };
    reader.read()?;
    Ok(reader.words)
}

struct Reader<'a> {
    line: &'a str,
    at: usize,
    words: Vec<Word>,
    /// A pair of quotes begins a word as well.
    word: Option<Word>,
}

impl Reader<'_> {
    fn read(&mut self) -> Result<(), NotWords> {
        while let Some(c) = self.peek() {
            let at = self.at;
            let fail = |what| Err(NotWords { what, at });
            self.at += c.len_utf8();
            match c {
                ' ' | '\t' => self.words.extend(self.word.take()),
                '\\' => match self.next() {
                    Some('\n') => {}
                    Some(c) => self.push(c, at),
                    None => return fail(Special::TrailingBackslash),
                },
                '\'' => {
                    self.begin(at);
                    let Some(length) = self.line[self.at..].find('\'') else { return fail(Special::Unclosed('\'')) };
                    let text = &self.line[self.at..self.at + length];
                    self.begin(at).text.push_str(text);
                    self.at += length + 1;
                }
                '"' => self.double_quoted(at)?,
                '\n' => return fail(Special::LineBreak),
                '|' | '&' | ';' | '<' | '>' | '(' | ')' => return fail(Special::Operator(c)),
                '$' | '`' if self.expands(c, false) => return fail(Special::Expansion(c)),
                '#' if self.word.is_none() => return fail(Special::Comment),
                '!' if self.word.is_none() && self.is_first() && self.ends_word() => {
                    return fail(Special::Operator('!'));
                }
                c => self.bare(c, at),
            }
        }
        self.words.extend(self.word.take());
        Ok(())
    }

    fn peek(&self) -> Option<char> {
        self.line[self.at..].chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    /// Begins a word here unless one has begun.
    fn begin(&mut self, at: usize) -> &mut Word {
        self.word.get_or_insert_with(|| Word { at, ..Word::default() })
    }

    fn push(&mut self, c: char, at: usize) {
        self.begin(at).text.push(c);
    }

    /// An unquoted character, which may have a special meaning.
    fn bare(&mut self, c: char, at: usize) {
        let is_first = self.is_first();
        // Only where it matters: for each character of a long word it would take its square in time.
        let closes =
            c == '[' && self.line[self.at..].split([' ', '\t', '\n']).next().is_some_and(|rest| rest.contains(']'));
        let word = self.begin(at);
        let here = at - word.at;
        match c {
            // Quotes make the source longer than the word: a name as long as the source is unquoted.
            '=' if !word.assigns && here == word.text.len() => word.assigns = is_name(&word.text),
            '~' if here == 0 => word.expands = Some((c, at)),
            '~' if word.assigns && is_first && word.text.ends_with(['=', ':']) => {
                word.expands = word.expands.or(Some((c, at)));
            }
            '*' | '?' => word.expands = word.expands.or(Some((c, at))),
            '[' if closes => word.expands = word.expands.or(Some((c, at))),
            _ => {}
        }
        word.text.push(c);
    }

    /// True if only assignments precede.
    fn is_first(&self) -> bool {
        self.words.iter().all(|word| word.assigns)
    }

    fn ends_word(&self) -> bool {
        self.peek().is_none_or(|c| c.is_ascii_whitespace())
    }

    fn double_quoted(&mut self, from: usize) -> Result<(), NotWords> {
        self.begin(from);
        loop {
            let at = self.at;
            match self.next() {
                Some('"') => return Ok(()),
                Some('\\') => match self.next() {
                    Some('\n') => {}
                    Some(c @ ('$' | '`' | '"' | '\\')) => self.push(c, at),
                    Some(c) => {
                        self.push('\\', at);
                        self.push(c, at);
                    }
                    None => break,
                },
                Some(c @ ('$' | '`')) if self.expands(c, true) => {
                    return Err(NotWords { what: Special::Expansion(c), at });
                }
                Some(c) => self.push(c, at),
                None => break,
            }
        }
        Err(NotWords { what: Special::Unclosed('"'), at: from })
    }

    /// A `$` that nothing follows is literal. Before a quote, shells differ.
    fn expands(&self, c: char, quoted: bool) -> bool {
        let begins = |next: char| next.is_ascii_alphanumeric() || "_{(@*#?-$!".contains(next);
        c == '`' || self.peek().is_some_and(|next| begins(next) || (!quoted && matches!(next, '\'' | '"')))
    }
}

/// A valid shell variable name.
fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

#[cfg(test)]
mod tests;

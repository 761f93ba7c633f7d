//! A line as a POSIX shell splits it into words, and what in it only a shell could do (POSIX.1-2024, XCU 2.2 to 2.10).
//! What becomes of such a line is for whoever reads it to decide.

use std::fmt;

/// A word of a line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Word {
    /// The word without its quotes.
    pub text: String,
    /// Where it begins, in bytes from the start of the line.
    pub at: usize,
    /// True for `NAME=value` with a name that is not quoted: in front of a command a shell sets variables by such words,
    /// anywhere else they are arguments.
    pub assigns: bool,
    /// The first character by which a shell puts something else in the place of the word, and where it stands: `~` at
    /// the start, or `*`, `?`, `[` of a pattern for the names of files.
    pub expands: Option<(char, usize)>,
}

/// Why a line is more than words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotWords {
    /// What is in it.
    pub what: Special,
    /// Where that stands, in bytes from the start of the line.
    pub at: usize,
}

/// What only a shell could do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Special {
    /// One of `| & ; < > ( )` or a line break, or `!` in front of a command.
    Operator(char),
    /// `$` or a backtick before a variable or a command that it would put in, also within double quotes.
    Expansion(char),
    /// `~` for a home, or a pattern for the names of files (`*`, `?`, `[`).
    Pattern(char),
    /// `NAME=value` in front of the command.
    Assignment,
    /// `#`, with which a comment begins.
    Comment,
    /// A quote without an end, or a backslash at the very end.
    Unclosed(char),
}

impl fmt::Display for Special {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Special::Operator('\n') => f.write_str("has a second line"),
            Special::Operator(c) => write!(f, "holds the shell operator `{c}`"),
            Special::Expansion(c) => write!(f, "holds `{c}`, by which a shell puts in a variable or a command"),
            Special::Pattern('~') => f.write_str("holds `~`, by which a shell puts in a home folder"),
            Special::Pattern(c) => write!(f, "holds `{c}`, by which a shell puts in the names of files"),
            Special::Assignment => f.write_str("sets a variable in front of the command, as only a shell does"),
            Special::Comment => f.write_str("holds a comment (`#`)"),
            Special::Unclosed('\\') => f.write_str("ends in a backslash"),
            Special::Unclosed(c) => write!(f, "has a quote (`{c}`) without an end"),
        }
    }
}

/// The words of a line, exactly as a POSIX shell would hand them to the program.
pub fn words(line: &str) -> Result<Vec<String>, NotWords> {
    let words = split(line)?;
    let assigns = words.first().filter(|word| word.assigns).map(|word| (Special::Assignment, word.at));
    let expands = words.iter().find_map(|word| word.expands).map(|(c, at)| (Special::Pattern(c), at));
    match [assigns, expands].into_iter().flatten().min_by_key(|(_, at)| *at) {
        Some((what, at)) => Err(NotWords { what, at }),
        None => Ok(words.into_iter().map(|word| word.text).collect()),
    }
}

/// The same with what is to be known of each word: assignments and patterns are told, and for the caller to judge.
pub fn split(line: &str) -> Result<Vec<Word>, NotWords> {
    // A shell runs nothing at the empty lines in front and behind.
    let end = line.trim_end_matches(['\n', ' ', '\t']).len();
    let blank_end = if line[..end].ends_with('\\') { line.len() } else { end };
    let start = line.len() - line.trim_start_matches(['\n', ' ', '\t']).len();
    let mut reader = Reader { line: &line[..blank_end], at: start.min(blank_end), words: Vec::new(), word: None };
    reader.read()?;
    Ok(reader.words)
}

/// What has been read so far.
struct Reader<'a> {
    line: &'a str,
    at: usize,
    words: Vec<Word>,
    /// The word that is being read; a pair of quotes begins one as well.
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
                    None => return fail(Special::Unclosed('\\')),
                },
                '\'' => {
                    self.begin(at);
                    let Some(length) = self.line[self.at..].find('\'') else { return fail(Special::Unclosed('\'')) };
                    let text = &self.line[self.at..self.at + length];
                    self.begin(at).text.push_str(text);
                    self.at += length + 1;
                }
                '"' => self.double_quoted(at)?,
                '|' | '&' | ';' | '<' | '>' | '(' | ')' | '\n' => return fail(Special::Operator(c)),
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

    /// The word that is being read, which begins here if there is none.
    fn begin(&mut self, at: usize) -> &mut Word {
        self.word.get_or_insert_with(|| Word { at, ..Word::default() })
    }

    fn push(&mut self, c: char, at: usize) {
        self.begin(at).text.push(c);
    }

    /// A character without quotes, which can mean more than itself.
    fn bare(&mut self, c: char, at: usize) {
        let is_first = self.is_first();
        // Only where it matters: for each character of a long word it would take its square in time.
        let closes =
            c == '[' && self.line[self.at..].split([' ', '\t', '\n']).next().is_some_and(|rest| rest.contains(']'));
        let word = self.begin(at);
        let here = at - word.at;
        match c {
            // Quotes are longer than what they hold: a name that is as long as what was read has none.
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

    /// True where only assignments stand in front, as in front of a command.
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

    /// A `$` in front of nothing that could be put in means itself. In front of a quote shells differ.
    fn expands(&self, c: char, quoted: bool) -> bool {
        let begins = |next: char| next.is_ascii_alphanumeric() || "_{(@*#?-$!".contains(next);
        c == '`' || self.peek().is_some_and(|next| begins(next) || (!quoted && matches!(next, '\'' | '"')))
    }
}

/// A name that a shell takes for a variable.
fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

#[cfg(test)]
mod tests;

//! Findings in an environment file and their messages.

use std::fmt;
use std::mem::discriminant;
use std::path::Path;

use super::Refusal;
use super::findings::shown as name_shown;
use crate::error::shown;
use crate::shell;
use crate::systemd::text::ARGUMENT_MAX;

/// A place that a shell, Docker or another version of systemd reads differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub line: usize,
    pub what: What,
}

/// No finding contains a part of a value, which may be a secret. Names are short and printable.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the words of each variant say what its fields are")]
pub enum What {
    /// A shell keyword before a name.
    Keyword { word: &'static str, name: Option<String> },
    /// A line without `=`; the name if it looks like YAML.
    NoAssignment { yaml: Option<String> },
    /// Nothing before `=`.
    NoName,
    /// An invalid name; the name if it can be printed, and a valid one.
    BadName { shown: Option<String>, instead: Option<String> },
    ByteOrderMark,
    /// ` #` after a value.
    InlineComment { name: String },
    /// A shell expansion.
    Expansion { name: String, shown: String },
    /// A value that begins with `~/`.
    Tilde { name: String },
    /// A quote that is not closed.
    OpenQuote { name: String, quote: char, last_line: Option<usize> },
    /// A quote that is closed after other assignments.
    LateQuote { name: String, quote: char, closed: usize },
    /// Quotes inside of a value.
    QuoteInside { name: String },
    /// Text after a closing quote and white space.
    BehindQuote { name: String },
    /// `\n`, `\r` or `\t` in double quotes.
    LetterEscape { name: String, letter: char },
    /// A backslash before a letter or digit, outside of quotes.
    BareBackslash { name: String },
    /// A backslash at the end of a line before what looks like a line of its own.
    Continuation { name: String },
    CommentBackslash,
    /// CR LF line ends.
    CarriageReturns,
    /// A carriage return inside of a line.
    CarriageReturnInside,
    /// CR LF within quotes.
    CarriageReturnInQuotes { name: String },
    /// A backslash before CR LF.
    ContinuationBeforeCarriageReturn { name: String },
    /// A name that is set again.
    SetAgain { name: String, again: usize },
    /// White space around `=`.
    BlanksAround { name: String },
    /// More than the kernel's limit in total.
    TooMuch,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Nul { utf16: true, .. } => f.write_str("it is UTF-16, and systemd reads UTF-8"),
            Refusal::Nul { line, .. } => write!(f, "line {line} holds a NUL byte"),
            Refusal::NotText { line } => write!(f, "line {line} holds what systemd does not take for UTF-8"),
            Refusal::TooLong { line, name } => write!(
                f,
                "`{}` in line {line} is longer than the {ARGUMENT_MAX} bytes that the kernel passes on",
                name_shown(name.as_bytes())
            ),
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const IGNORED: &str = "systemd ignores the line";
        match self {
            What::Keyword { word, name } => {
                let name = name.as_deref().unwrap_or("NAME");
                write!(f, "`{word}` is the shell's: systemd ignores the whole line; write {name}=…")
            }
            What::NoAssignment { yaml: Some(name) } => write!(f, "there is no `=`: {IGNORED}; write {name}=…"),
            What::NoAssignment { yaml: None } => {
                write!(f, "there is no `=`: {IGNORED}; write NAME=VALUE, or `#` in front of a comment")
            }
            What::NoName => write!(f, "there is no name in front of `=`: {IGNORED}; write NAME=VALUE"),
            What::BadName { shown: Some(name), instead } => {
                write!(f, "`{name}` is no name for a variable (ASCII letters, digits and `_`): {IGNORED}")?;
                instead.iter().try_for_each(|instead| write!(f, "; write {instead}=…"))
            }
            What::BadName { shown: None, .. } => write!(
                f,
                "what stands in front of `=` is no name for a variable: {IGNORED}; \
                 if it belongs to the value above, put all of that into quotes"
            ),
            What::ByteOrderMark => write!(
                f,
                "a byte order mark stands in front of the first line: {IGNORED}; save the file as UTF-8 without one"
            ),
            What::InlineComment { name } => write!(
                f,
                "`#` begins no comment behind a value: systemd makes it a part of `{name}`; \
                 put the comment on a line of its own"
            ),
            What::Expansion { name, shown } => write!(
                f,
                "systemd does not expand {shown}: it stays in `{name}` as it stands; write what it stands for"
            ),
            What::Tilde { name } => {
                write!(f, "systemd does not expand `~`: it stays in `{name}` as it stands; write the whole path")
            }
            What::OpenQuote { name, quote, last_line } => {
                write!(f, "nothing closes the {quote} of `{name}`: everything behind it")?;
                last_line.iter().try_for_each(|line| write!(f, ", down to line {line},"))?;
                write!(f, " becomes the value; close it")
            }
            What::LateQuote { name, quote, closed } => write!(
                f,
                "the {quote} of `{name}` is closed only in line {closed}: what looks like assignments in between \
                 becomes a part of the value; close it where the value ends"
            ),
            What::QuoteInside { name } => write!(
                f,
                "quotes count only where a value begins: those in `{name}` become a part of it; \
                 put one pair around the whole value: {name}=\"…\""
            ),
            What::BehindQuote { name } => write!(
                f,
                "systemd drops the blanks behind a closing quote and takes what follows for a part of `{name}`; \
                 put one pair of quotes around the whole value: {name}=\"…\""
            ),
            What::LetterEscape { name, letter } => {
                let meant = match letter {
                    'n' => "line break",
                    't' => "tab",
                    _ => "carriage return",
                };
                write!(
                    f,
                    "`\\{letter}` stays a backslash and a letter in `{name}`; put the {meant} itself into the quotes"
                )
            }
            What::BareBackslash { name } => write!(
                f,
                "outside quotes systemd takes a backslash away (`{name}`); where it shall stay, write {name}='…'"
            ),
            What::Continuation { name } => write!(
                f,
                "the backslash at the end makes the next line a part of `{name}`; take it away, \
                 or, if it belongs to the value, write {name}='…'"
            ),
            What::CommentBackslash => {
                write!(f, "before systemd 254 a comment that ends in a backslash takes in the next line; take it away")
            }
            What::CarriageReturns => write!(
                f,
                "lines end in CR LF, as on Windows: systemd drops the CR, but a shell or Docker would keep it in the value"
            ),
            What::CarriageReturnInside => {
                write!(
                    f,
                    "a carriage return within the line ends it: systemd takes what follows for a line of its own; take it away"
                )
            }
            What::CarriageReturnInQuotes { name } => {
                write!(f, "within quotes systemd keeps carriage returns: they become a part of `{name}`")
            }
            What::ContinuationBeforeCarriageReturn { name } => {
                write!(f, "the backslash does not join the next line to `{name}`, because the line ends in CR LF")
            }
            What::SetAgain { name, again } => {
                write!(f, "`{name}` is set again in line {again}, and that counts; take one of them away")
            }
            What::BlanksAround { name } => {
                write!(f, "systemd drops the blanks around `=`, but a shell or Docker would not; write {name}=…")
            }
            What::TooMuch => write!(
                f,
                "its variables are longer than 2 MiB together: unless LimitSTACK= allows it, the kernel refuses to \
                 start a program with them (203/EXEC)"
            ),
        }
    }
}

/// One message for each kind of finding: the first place in full, and the lines of the others.
pub fn grouped(path: &Path, findings: &[Finding]) -> Vec<String> {
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    for finding in findings {
        let same = |group: &&mut Vec<&Finding>| discriminant(&group[0].what) == discriminant(&finding.what);
        match groups.iter_mut().find(same) {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    groups.iter().map(|group| told(path, group)).collect()
}

fn told(path: &Path, group: &[&Finding]) -> String {
    let Finding { line, what } = group[0];
    let place = match what {
        What::TooMuch => shown(path),
        _ => format!("{} line {line}", shown(path)),
    };
    let mend = match what {
        What::CarriageReturns => format!("; take them out: sed -i 's/\\r$//' {}", shell::quote(path)),
        _ => String::new(),
    };
    let mut lines: Vec<usize> = group.iter().map(|finding| finding.line).filter(|other| other != line).collect();
    lines.dedup();
    format!("{place}: {what}{mend}{}", also(&lines))
}

/// The other lines, the first few by number.
fn also(lines: &[usize]) -> String {
    const NAMED: usize = 5;
    let named: Vec<String> = lines.iter().take(NAMED).map(usize::to_string).collect();
    match (lines.len(), named.split_last()) {
        (_, None) => String::new(),
        (1, _) => format!(" (the same in line {})", lines[0]),
        (many, _) if many > NAMED => format!(" (the same in lines {} and {} more)", named.join(", "), many - NAMED),
        (_, Some((last, rest))) => format!(" (the same in lines {} and {last})", rest.join(", ")),
    }
}

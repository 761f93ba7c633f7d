//! Findings in an environment file and their messages.

use std::mem::discriminant;
use std::path::Path;

use crate::shell;
use crate::shell::shown;

/// A place that a shell, Docker or another version of systemd reads differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub line: usize,
    pub what: What,
}

/// No finding contains a part of a value, which may be a secret. Names are short and printable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum What {
    #[error("`{word}` is a shell keyword: systemd ignores the line; use {}=…", .name.as_deref().unwrap_or("NAME"))]
    Keyword { word: &'static str, name: Option<String> },
    /// With the name if it looks like YAML.
    #[error("no `=`: systemd ignores the line; use {}", no_assignment(.yaml.as_deref()))]
    NoAssignment { yaml: Option<String> },
    #[error("no name before `=`: systemd ignores the line; use NAME=VALUE")]
    NoName,
    #[error("`{shown}` is not a valid variable name (ASCII letters, digits and `_`): systemd ignores the line{}",
        .instead.as_ref().map(|instead| format!("; use {instead}=…")).unwrap_or_default())]
    BadName { shown: String, instead: Option<String> },
    #[error(
        "invalid variable name before `=`: systemd ignores the line; if it belongs to the value above, quote all of \
             that value"
    )]
    HiddenBadName,
    #[error("byte order mark before the first line: systemd ignores the line; save the file as UTF-8 without it")]
    ByteOrderMark,
    #[error("systemd has no inline comments: `{name}` would include the `#`; put the comment on a line of its own")]
    InlineComment { name: String },
    #[error("systemd does not expand {shown} in `{name}`; write the expanded value")]
    Expansion { name: String, shown: String },
    #[error("systemd does not expand `~` in `{name}`; write the absolute path")]
    Tilde { name: String },
    #[error("unclosed {quote} in `{name}`: the value includes everything after it{}; close the quote",
        .last_line.map(|line| format!(", until line {line}")).unwrap_or_default())]
    OpenQuote { name: String, quote: char, last_line: Option<usize> },
    #[error(
        "the {quote} in `{name}` does not close before line {closed}: the value includes what looks like assignments; \
             close the quote at the end of the value"
    )]
    LateQuote { name: String, quote: char, closed: usize },
    #[error(
        "quotes are only special at the start of a value: `{name}` includes them; quote the whole value: \
             {name}=\"…\""
    )]
    QuoteInside { name: String },
    #[error(
        "systemd drops white space after a closing quote and appends the rest to `{name}`; quote the whole value: \
             {name}=\"…\""
    )]
    BehindQuote { name: String },
    #[error("systemd reads one assignment a line: `{name}` includes those after it; put each on a line of its own")]
    SecondAssignment { name: String },
    #[error("systemd runs no shell: `{name}` includes the command after its value; remove the command")]
    Command { name: String },
    #[error("`\\{letter}` is not an escape: `{name}` includes the backslash; use a literal {} in the quotes",
        match .letter { 'n' => "line break", 't' => "tab", _ => "carriage return" })]
    LetterEscape { name: String, letter: char },
    #[error("systemd removes a backslash outside of quotes (`{name}`); to keep it, use {name}='…'")]
    BareBackslash { name: String },
    #[error(
        "the trailing backslash makes the next line a part of `{name}`; remove it, or if it belongs to the value, \
             use {name}='…'"
    )]
    Continuation { name: String },
    #[error("before systemd 254, a comment that ends in a backslash includes the next line; remove the backslash")]
    CommentBackslash,
    #[error(
        "lines end in CR LF, as on Windows: systemd drops the CR, but a shell or Docker would keep it in the value"
    )]
    CarriageReturns,
    #[error("a carriage return ends the line: systemd reads the rest as another line; remove it")]
    CarriageReturnInside,
    #[error("systemd keeps carriage returns in quotes: they become a part of `{name}`")]
    CarriageReturnInQuotes { name: String },
    #[error("the backslash does not append the next line to `{name}`, because the line ends in CR LF")]
    ContinuationBeforeCarriageReturn { name: String },
    #[error("`{name}` is set again in line {again}, which overrides this one; remove one of them")]
    SetAgain { name: String, again: usize },
    #[error(
        "its variables are longer than 2 MiB in total: unless LimitSTACK= allows it, the kernel refuses to start a \
             program with them (203/EXEC)"
    )]
    TooMuch,
}

fn no_assignment(yaml: Option<&str>) -> String {
    yaml.map_or_else(|| "NAME=VALUE, or `#` before a comment".to_owned(), |name| format!("{name}=…"))
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
    groups.iter().map(|group| message(path, group)).collect()
}

fn message(path: &Path, group: &[&Finding]) -> String {
    let Finding { line, what } = group[0];
    let place = match what {
        What::TooMuch => format!("`{}`", shown(path)),
        _ => format!("`{}` line {line}", shown(path)),
    };
    let fix = match what {
        What::CarriageReturns => format!("; remove them: sed -i 's/\\r$//' {}", shell::quote(path)),
        _ => String::new(),
    };
    let mut lines: Vec<usize> = group.iter().map(|finding| finding.line).filter(|other| other != line).collect();
    lines.dedup();
    format!("{place}: {what}{fix}{}", also(&lines))
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

//! Tables that fit the terminal, and colours that are only there on one.

use std::io;
use std::os::fd::AsFd;

use anstyle::{AnsiColor, Style};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// A cell, and whether it tells of good or bad.
#[derive(Debug, Clone)]
pub struct Cell {
    text: String,
    mood: Mood,
}

/// What a colour stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// All is well.
    Good,
    /// It is not.
    Bad,
    /// Neither.
    Plain,
}

impl Cell {
    /// Text that is harmless for a terminal.
    pub fn new(text: impl Into<String>, mood: Mood) -> Cell {
        Cell { text: text.into(), mood }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Cell {
        Cell::new(text, Mood::Plain)
    }
}

/// Lays out a table for stdout, with two blanks between its columns. On a terminal the last column
/// is cut to what is left of the width; elsewhere nothing is.
pub fn laid_out(head: &[&str], rows: &[Vec<Cell>]) -> String {
    lay_out(head, rows, terminal_width(&io::stdout()), has_colours())
}

fn lay_out(head: &[&str], rows: &[Vec<Cell>], width: Option<usize>, colours: bool) -> String {
    let head: Vec<Cell> = head.iter().map(|text| Cell::from(*text)).collect();
    let all = || std::iter::once(&head).chain(rows);
    let columns = head.len();
    let widths: Vec<usize> = (0..columns)
        .map(|column| all().filter_map(|row| row.get(column)).map(|cell| cell.text.width()).max().unwrap_or(0))
        .collect();
    let lines = all().map(|row| {
        let mut line = String::new();
        let mut used = 0;
        for (column, cell) in row.iter().enumerate() {
            let is_last = column + 1 == columns;
            let left = width.map_or(usize::MAX, |width| width.saturating_sub(used));
            let text = if is_last { cut(&cell.text, left) } else { cell.text.clone() };
            let padding = if is_last { 0 } else { widths[column] - cell.text.width() + 2 };
            line.push_str(&painted(&text, cell.mood, colours));
            line.push_str(&" ".repeat(padding));
            used += text.width() + padding;
        }
        line.trim_end().to_owned()
    });
    lines.collect::<Vec<String>>().join("\n")
}

/// A text in the colour of its mood, where stdout is a terminal.
pub fn coloured(text: &str, mood: Mood) -> String {
    painted(text, mood, has_colours())
}

fn painted(text: &str, mood: Mood, colours: bool) -> String {
    let colour = match mood {
        Mood::Good => AnsiColor::Green,
        Mood::Bad => AnsiColor::Red,
        Mood::Plain => return text.to_owned(),
    };
    let style = Style::new().fg_color(Some(colour.into()));
    if colours && !text.is_empty() { format!("{style}{text}{style:#}") } else { text.to_owned() }
}

/// By the terminal, NO_COLOR, CLICOLOR, CLICOLOR_FORCE and TERM.
fn has_colours() -> bool {
    anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
}

/// As much of a text as fits, with `…` where something is left out.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > width {
            break;
        }
        out.push(c);
    }
    if width > 0 {
        out.push('…');
    }
    out
}

/// The columns of a terminal; `None` for anything else.
pub fn terminal_width(stream: &(impl AsFd + io::IsTerminal)) -> Option<usize> {
    let size = stream.is_terminal().then(|| rustix::termios::tcgetwinsize(stream).ok()).flatten();
    size.map(|size| usize::from(size.ws_col)).filter(|columns| *columns > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_column_takes_what_is_left() {
        let rows =
            [vec!["a".into(), "python3 -m http.server".into()], vec![Cell::new("longer", Mood::Bad), "x".into()]];
        let whole = "NAME    COMMAND\na       python3 -m http.server\nlonger  x";
        assert_eq!(lay_out(&["NAME", "COMMAND"], &rows, None, false), whole);
        let narrow = "NAME    COMMAND\na       python3 …\n\u{1b}[31mlonger\u{1b}[0m  x";
        assert_eq!(lay_out(&["NAME", "COMMAND"], &rows, Some(17), true), narrow);
        assert_eq!(cut("日本語", 4), "日…");
        assert_eq!(cut("abc", 0), "");
    }
}

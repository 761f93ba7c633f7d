//! Tables that fit the terminal.

use std::ffi::OsStr;
use std::io;
use std::os::fd::AsFd;

use rustix::termios::{Winsize, tcgetwinsize};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::text::{Text, Tone};
use crate::host::Host;

/// A column of a table. Columns are left out or cut where the table would be too wide.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    pub head: &'static str,
    /// Columns with a higher number are left out first; `None` is never left out.
    pub rank: Option<u8>,
    /// The width to which it can be cut; `None` if it cannot.
    pub min: Option<usize>,
}

impl Column {
    pub const fn new(head: &'static str) -> Column {
        Column { head, rank: None, min: None }
    }

    pub const fn optional(head: &'static str, rank: u8) -> Column {
        Column { head, rank: Some(rank), min: None }
    }

    pub const fn cut(head: &'static str, min: usize) -> Column {
        Column { head, rank: None, min: Some(min) }
    }
}

/// A cell, whose text is harmless for a terminal.
#[derive(Debug, Clone)]
pub struct Cell {
    text: String,
    tone: Tone,
}

impl Cell {
    pub fn new(text: impl Into<String>, tone: Tone) -> Cell {
        Cell { text: text.into(), tone }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Cell {
        Cell::new(text, Tone::Plain)
    }
}

/// A table with two blanks between its columns, in at most `width` columns of a terminal. Columns that can be left out are
/// left out until the others need not be cut below twice their minimum; then the last ones are cut first.
pub fn laid_out(columns: &[Column], rows: &[Vec<Cell>], width: Option<usize>) -> Text {
    let head: Vec<Cell> = columns.iter().map(|column| Cell::from(column.head)).collect();
    let all = || std::iter::once(&head).chain(rows);
    let of_column = |column: usize| all().filter_map(move |row| row.get(column)).map(|cell| cell.text.width()).max();
    let mut widths: Vec<usize> = (0..columns.len()).map(|column| of_column(column).unwrap_or(0)).collect();
    let mut shown: Vec<usize> = (0..columns.len()).collect();
    if let Some(width) = width {
        let least = |at: usize| columns[at].min.map_or(widths[at], |min| widths[at].min(2 * min));
        while total(shown.iter().map(|at| least(*at))) > width {
            let Some(last) =
                shown.iter().copied().filter(|at| columns[*at].rank.is_some()).max_by_key(|at| columns[*at].rank)
            else {
                break;
            };
            shown.retain(|at| *at != last);
        }
        let cuttable: Vec<usize> = shown.iter().copied().rev().filter(|at| columns[*at].min.is_some()).collect();
        let fits = total(shown.iter().map(|at| columns[*at].min.map_or(widths[*at], |_| 1))) <= width;
        // Below the minimum only if that makes it fit.
        for floor in [|min: usize| 2 * min, |min| min, |_| 1].into_iter().take(if fits { 3 } else { 2 }) {
            for at in &cuttable {
                let excess = total(shown.iter().map(|at| widths[*at])).saturating_sub(width);
                let least = columns[*at].min.map_or(0, floor).min(widths[*at]);
                widths[*at] = widths[*at].saturating_sub(excess).max(least);
            }
        }
    }
    let lines = all().map(|row| {
        let cells = shown.iter().filter_map(|column| Some((*column, row.get(*column)?)));
        cells.fold(Text::default(), |line, (column, cell)| {
            let text = cut(&cell.text, widths[column]);
            let is_last = shown.last() == Some(&column);
            let padding = if is_last { 0 } else { widths[column] - text.width() + 2 };
            line.with(Text::colored(text, cell.tone)).with(" ".repeat(padding))
        })
    });
    Text::lines(lines)
}

fn total(widths: impl Iterator<Item = usize>) -> usize {
    widths.map(|width| width + 2).sum::<usize>().saturating_sub(2)
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

/// The width of the output: by `COLUMNS`, or the terminal; `None` for what is no terminal.
pub fn width(host: &Host) -> Option<usize> {
    let given = host.environment.get(OsStr::new("COLUMNS")).and_then(|columns| columns.to_str()?.parse().ok());
    given.filter(|columns| *columns > 0).or_else(|| terminal_width(&io::stdout()))
}

/// `None` for what is no terminal, or a terminal that does not know its width.
pub fn terminal_width(stream: &(impl AsFd + io::IsTerminal)) -> Option<usize> {
    let size = terminal_size(stream);
    size.map(|size| usize::from(size.ws_col)).filter(|columns| *columns > 0)
}

/// `None` if it is not a terminal.
pub fn terminal_size(stream: &(impl AsFd + io::IsTerminal)) -> Option<Winsize> {
    stream.is_terminal().then(|| tcgetwinsize(stream).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_cells_are_cut() {
        let rows =
            [vec!["a".into(), "python3 -m http.server".into()], vec![Cell::new("longer", Tone::Bad), "x".into()]];
        let whole = "NAME    COMMAND\na       python3 -m http.server\nlonger  x";
        let table = |width| laid_out(&[Column::new("NAME"), Column::cut("COMMAND", 5)], &rows, width);
        assert_eq!(table(None).written(false), whole);
        let narrow = "NAME    COMMAND\na       python3 …\n\u{1b}[31mlonger\u{1b}[0m  x";
        assert_eq!(table(Some(17)).written(true), narrow);
        assert_eq!(cut("日本語", 4), "日…");
        assert_eq!(cut("abc", 0), "");
    }

    #[test]
    fn columns_are_left_out_where_there_is_no_room() {
        let columns = [
            Column::cut("NAME", 4),
            Column::cut("COMMAND", 11),
            Column::optional("SINCE", 0),
            Column::optional("MEMORY", 1),
        ];
        let row: Vec<Cell> = ["hellod", "python3 -m http.server", "2h 5min", "12.3M"].map(Cell::from).into();
        let table = |width| laid_out(&columns, std::slice::from_ref(&row), width).written(false);
        assert!(table(Some(47)).starts_with("NAME    COMMAND                 SINCE    MEMORY\n"));
        assert_eq!(table(Some(46)), "NAME    COMMAND                 SINCE\nhellod  python3 -m http.server  2h 5min");
        assert_eq!(table(Some(30)), "NAME    COMMAND\nhellod  python3 -m http.server");
        assert_eq!(table(Some(20)), "NAME    COMMAND\nhellod  python3 -m …");
        assert_eq!(table(Some(15)), "NAME  COMMAND\nhel…  python3 …");
        assert!(table(None).contains("MEMORY"));
    }
}

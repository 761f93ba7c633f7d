//! Tables that fit the terminal.

use std::io;
use std::os::fd::AsFd;

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::text::{Text, Tone};

/// What the last column gets at least, as long as there are columns to leave out.
const LAST_MIN: usize = 20;

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

/// A table for stdout, two blanks between its columns. On a terminal, columns of `optional` are left out from the first
/// on until it fits, and the last column is cut.
pub fn laid_out(head: &[&str], rows: &[Vec<Cell>], optional: &[&str]) -> Text {
    Text::lines(lay_out(head, rows, optional, terminal_width(&io::stdout())))
}

fn lay_out(head: &[&str], rows: &[Vec<Cell>], optional: &[&str], width: Option<usize>) -> Vec<Text> {
    let head: Vec<Cell> = head.iter().map(|text| Cell::from(*text)).collect();
    let all = || std::iter::once(&head).chain(rows);
    let of_column = |column: usize| all().filter_map(move |row| row.get(column)).map(|cell| cell.text.width()).max();
    let widths: Vec<usize> = (0..head.len()).map(|column| of_column(column).unwrap_or(0)).collect();
    let (last, mut shown) = (head.len().saturating_sub(1), (0..head.len()).collect::<Vec<usize>>());
    let used = |shown: &[usize]| shown.iter().filter(|column| **column != last).map(|column| widths[*column] + 2).sum();
    for name in optional {
        let wanted: usize = used(&shown) + widths.get(last).copied().unwrap_or(0).min(LAST_MIN);
        if width.is_some_and(|width| wanted > width) {
            shown.retain(|column| head[*column].text != *name);
        }
    }
    let left = width.map_or(usize::MAX, |width| width.saturating_sub(used(&shown)));
    let lines = all().map(|row| {
        let cells = shown.iter().filter_map(|column| Some((*column, row.get(*column)?)));
        cells.fold(Text::default(), |line, (column, cell)| match column == last {
            true => line.with(Text::colored(cut(&cell.text, left), cell.tone)),
            false => {
                let padding = " ".repeat(widths[column] - cell.text.width() + 2);
                line.with(Text::colored(cell.text.as_str(), cell.tone)).with(padding)
            }
        })
    });
    lines.collect()
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

/// `None` for what is no terminal.
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
            [vec!["a".into(), "python3 -m http.server".into()], vec![Cell::new("longer", Tone::Bad), "x".into()]];
        let whole = "NAME    COMMAND\na       python3 -m http.server\nlonger  x";
        let table = |width| Text::lines(lay_out(&["NAME", "COMMAND"], &rows, &[], width));
        assert_eq!(table(None).written(false), whole);
        let narrow = "NAME    COMMAND\na       python3 …\n\u{1b}[31mlonger\u{1b}[0m  x";
        assert_eq!(table(Some(17)).written(true), narrow);
        assert_eq!(cut("日本語", 4), "日…");
        assert_eq!(cut("abc", 0), "");
    }

    #[test]
    fn columns_are_left_out_where_the_last_one_would_not_fit() {
        let (head, optional) = (["NAME", "SINCE", "MEMORY", "COMMAND"], ["MEMORY", "SINCE"]);
        let row: Vec<Cell> = ["hellod", "2h 5min", "12.3M", "python3 -m http.server"].map(Cell::from).into();
        let table = |width| Text::lines(lay_out(&head, std::slice::from_ref(&row), &optional, width)).written(false);
        assert!(table(Some(45)).starts_with("NAME    SINCE    MEMORY  COMMAND\n"));
        assert_eq!(table(Some(44)), "NAME    SINCE    COMMAND\nhellod  2h 5min  python3 -m http.server");
        assert_eq!(table(Some(30)), "NAME    COMMAND\nhellod  python3 -m http.server");
        assert!(table(None).contains("MEMORY"));
    }
}

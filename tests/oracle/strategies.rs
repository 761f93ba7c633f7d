//! Random values, biased towards characters that unit files give a meaning to.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use proptest::prelude::*;

/// Pieces of text with a meaning to some part of systemd.
const SPICY: [&str; 42] = [
    "$",
    "$$",
    "${X}",
    "$X",
    "${",
    "%",
    "%%",
    "%h",
    "%i",
    "%%i",
    "%n",
    "\"",
    "'",
    "\\",
    "\\\\",
    "\\x41",
    "\\n",
    ";",
    "#",
    "-",
    "--",
    "@",
    "+",
    "!",
    ":",
    "|",
    "=",
    " ",
    "  ",
    "\t",
    "\n",
    "\r",
    "\x07",
    "\x1b[31m",
    "\x7f",
    "~",
    "*",
    "é",
    "\u{85}",
    "日本",
    "[Install]\nx=",
    "`id`",
];

/// Any text without NUL and noncharacters, which systemd accepts nowhere.
pub fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => prop::sample::select(SPICY.to_vec()).prop_map(str::to_owned),
        2 => "[a-zA-Z0-9_./-]{1,6}",
        1 => any::<char>().prop_filter_map("systemd refuses it", |c| {
            (c != '\0' && !mkservice::model::unicode::is_noncharacter(c)).then(|| c.to_string())
        }),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

/// A single line of text.
pub fn line() -> impl Strategy<Value = String> {
    text().prop_map(|text| text.replace(['\n', '\r'], "_"))
}

/// Any bytes except NUL.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        3 => text().prop_map(String::into_bytes),
        1 => prop::collection::vec(1u8..=255, 0..12),
        1 => (text(), prop::sample::select(vec!["\u{fdd0}", "\u{ffff}", "\u{10fffe}"])).prop_map(|(a, b)| (a + b).into_bytes()),
    ]
}

/// Arguments as execve accepts them.
pub fn arguments() -> impl Strategy<Value = Vec<OsString>> {
    prop::collection::vec(bytes().prop_map(OsString::from_vec), 0..6)
}

/// The absolute path of a program, of any bytes.
pub fn program() -> impl Strategy<Value = PathBuf> {
    path(bytes())
}

/// An absolute path that fits on one line.
pub fn line_path() -> impl Strategy<Value = PathBuf> {
    path(line().prop_map(String::into_bytes))
}

fn path(name: impl Strategy<Value = Vec<u8>>) -> impl Strategy<Value = PathBuf> {
    // File names without slashes, except `.` and `..`.
    let name = name.prop_map(|mut name| {
        name.retain(|byte| *byte != b'/');
        if name.iter().all(|byte| *byte == b'.') {
            name.push(b'x');
        }
        OsString::from_vec(name)
    });
    prop::collection::vec(name, 1..4)
        .prop_map(|names| names.into_iter().fold(PathBuf::from("/"), |path, name| path.join(name)))
}

/// Time spans, and text that only resembles them.
pub fn time_span() -> impl Strategy<Value = String> {
    let unit = prop::sample::select(vec![
        "", "s", "sec", "second", "seconds", "ms", "msec", "us", "usec", "m", "min", "minute", "minutes", "h", "hr",
        "hour", "hours", "d", "day", "days", "w", "week", "weeks", "M", "month", "months", "y", "year", "years", "x",
        "sx", "µs", "S",
    ]);
    let number = prop_oneof![4 => "[0-9]{1,4}", 1 => "[0-9]{1,3}\\.[0-9]{1,6}", 1 => "\\.[0-9]{1,3}", 1 => "[0-9]\\."];
    let gap = prop::sample::select(vec!["", " ", "  "]);
    let part = (number, gap.clone(), unit, gap).prop_map(|(number, a, unit, b)| format!("{number}{a}{unit}{b}"));
    prop_oneof![9 => prop::collection::vec(part, 1..4).prop_map(|parts| parts.concat()), 1 => Just("infinity".to_owned())]
}

//! Reads unit files like systemd (systemd.syntax(7)).

use super::unquote;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<'a> {
    /// Without brackets; empty before the first section.
    pub section: &'a str,
    pub name: &'a str,
    /// With continuations joined and surrounding white space stripped.
    pub value: String,
    /// Of its first line, from 1.
    pub line: usize,
}

pub fn settings(text: &str) -> Vec<Setting<'_>> {
    read(text).0
}

/// Lines that systemd ignores with a warning, with their numbers.
pub fn stray_lines(text: &str) -> Vec<(usize, &str)> {
    read(text).1
}

fn read(text: &str) -> (Vec<Setting<'_>>, Vec<(usize, &str)>) {
    let (mut settings, mut stray_lines) = (Vec::new(), Vec::new());
    let mut section = "";
    let mut lines = (1..).zip(lines(text));
    while let Some((number, line)) = lines.next() {
        let start = line.trim_start_matches(BLANKS);
        if is_comment(line) || start.is_empty() {
            continue;
        }
        if let Some(name) = start.trim_end_matches(BLANKS).strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name;
            continue;
        }
        let Some((name, value)) = start.split_once('=') else {
            stray_lines.push((number, line.trim_matches(BLANKS)));
            continue;
        };
        let mut value = value.to_owned();
        while is_continued(&value) {
            value.pop();
            value.push(' ');
            // Comments do not end a continuation.
            let Some((_, next)) = lines.find(|(_, line)| !is_comment(line)) else { break };
            value.push_str(next);
        }
        let value = value.trim_matches(BLANKS).to_owned();
        settings.push(Setting { section, name: name.trim_end_matches(BLANKS), value, line: number });
    }
    (settings, stray_lines)
}

/// systemd also ends lines at a lone carriage return and at NUL.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (line, after) = rest.split_once(['\n', '\r', '\0']).unwrap_or((rest, ""));
        let is_pair = rest[line.len()..].starts_with("\r\n");
        rest = if is_pair { &after[1..] } else { after };
        Some(line)
    })
}

/// The arguments of the first command, with the specifiers of others as they are.
pub fn command(text: &str, of_template: bool) -> Vec<String> {
    let settings = settings(text);
    let line = settings.iter().find(|setting| setting.name == "ExecStart").map_or("", |setting| &setting.value);
    unquote::command(line, of_template).unwrap_or_else(|| vec![line.to_owned()])
}

const BLANKS: [char; 2] = [' ', '\t'];

fn is_comment(line: &str) -> bool {
    line.trim_start_matches(BLANKS).starts_with(['#', ';'])
}

/// An odd number of trailing backslashes.
fn is_continued(line: &str) -> bool {
    super::text::ends_in_continuation(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_sections_comments_and_long_lines() {
        let text = "# top\n[Unit]\nDescription = two  words \n\n[Service]\nExecStart=/bin/a \\\n# between\n  b \\\n;c\nd\n\
                    Environment=\nnonsense\nX=a\\\\\n";
        let read: Vec<(String, String, String)> = settings(text)
            .into_iter()
            .map(|setting| (setting.section.into(), setting.name.into(), setting.value))
            .collect();
        assert_eq!(stray_lines(text), [(12, "nonsense")]);
        let expected = [
            ("Unit", "Description", "two  words"),
            ("Service", "ExecStart", "/bin/a    b  d"),
            ("Service", "Environment", ""),
            ("Service", "X", "a\\\\"),
        ];
        assert_eq!(read, expected.map(|(section, name, value)| (section.into(), name.into(), value.into())));
    }

    /// Checked against systemd 252 and 257.
    #[test]
    fn blanks_and_line_ends_are_those_of_systemd() {
        for (text, expected) in [
            ("A=/bin/sh -c 'x \\\n   y\\\n\tz'\n", &["/bin/sh -c 'x     y \tz'"][..]),
            ("A=b \\ \nC=d\n", &["b \\", "d"]),
            ("A=b\rC=d\r\nE=f\0G=h", &["b", "d", "f", "h"]),
            ("A=b \\\r\n  c\r\n", &["b    c"]),
            ("A=b \\\n  # no\n\nC=d\n", &["b", "d"]),
            ("A=b \\\\\nC=d\n", &["b \\\\", "d"]),
            ("\u{feff}A=b\\", &["b"]),
        ] {
            let read: Vec<String> = settings(text).into_iter().map(|setting| setting.value).collect();
            assert_eq!(read, expected, "{text:?}");
        }
    }
}

//! INI files as Python's `configparser` reads them for supervisord.

use super::super::{ReadError, SERVICES_MAX, SETTINGS_MAX};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    pub name: String,
    pub line: usize,
    /// In order.
    pub options: Vec<Setting>,
}

impl Section {
    pub fn value(&self, name: &str) -> Option<String> {
        self.options.iter().find(|setting| setting.name == name).map(|setting| setting.value.clone())
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// In lower case.
    pub name: String,
    pub line: usize,
    /// With a newline before each continuation line.
    pub value: String,
}

/// Repeated sections are joined.
pub fn sections(text: &str) -> Result<Vec<Section>, ReadError> {
    let mut sections: Vec<Section> = Vec::new();
    let mut current: Option<usize> = None;
    // Lines with a larger indent than the last option continue its value.
    let mut option_indent: Option<usize> = None;
    for (line, number) in text.lines().zip(1..) {
        let whole = line.trim_start();
        let text = if whole.starts_with(['#', ';']) { "" } else { without_comment(line).trim() };
        if text.is_empty() {
            continue;
        }
        let indent = line.len() - whole.len();
        if let (Some(section), true) = (current, option_indent.is_some_and(|option| indent > option))
            && let Some(setting) = sections[section].options.last_mut()
        {
            setting.value.push('\n');
            setting.value.push_str(text);
            continue;
        }
        option_indent = None;
        if let Some(name) = text.strip_prefix('[').and_then(|rest| rest.rsplit_once(']')).map(|(name, _)| name) {
            let known = sections.iter().position(|section| section.name == name);
            current = known.or(Some(sections.len()));
            if sections.len() >= SERVICES_MAX {
                return Err(ReadError::too_many(number, "sections", SERVICES_MAX));
            }
            if known.is_none() {
                sections.push(Section { name: name.to_owned(), line: number, options: Vec::new() });
            }
            continue;
        }
        let Some(section) = current else {
            return Err(ReadError::new(number, "is not in a section").hint("begin with: [program:web]"));
        };
        let Some((name, value)) = text.split_once(['=', ':']).filter(|(name, _)| !name.trim().is_empty()) else {
            return Err(ReadError::new(number, "is neither a section nor an option: `=` is missing"));
        };
        let name = name.trim().to_lowercase();
        if sections[section].options.len() >= SETTINGS_MAX {
            return Err(ReadError::too_many(number, "options in a section", SETTINGS_MAX));
        }
        sections[section].options.retain(|setting| setting.name != name);
        sections[section].options.push(Setting { name, line: number, value: value.trim().to_owned() });
        option_indent = Some(indent);
    }
    Ok(sections)
}

/// A `;` or `#` after a blank begins a comment, even in quotes.
fn without_comment(line: &str) -> &str {
    let begins = |(at, c): &(usize, char)| {
        matches!(c, ';' | '#') && (*at == 0 || line[..*at].ends_with(|before: char| before.is_whitespace()))
    };
    line.char_indices().find(begins).map_or(line, |(at, _)| &line[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_as_configparser_reads_them() {
        let text = "; top\n[program:a]\nCommand = x --a=b ; comment\n  more;not\n# no\n\tyet more\nuser:ann\n\n\
                    [unix_http_server]\nfile=/x\n[program:a]\nuser=bob #c\n";
        let read = sections(text).unwrap();
        assert_eq!(read.len(), 2);
        let options: Vec<(&str, usize, &str)> =
            read[0].options.iter().map(|it| (it.name.as_str(), it.line, it.value.as_str())).collect();
        assert_eq!(options, [("command", 3, "x --a=b\nmore;not\nyet more"), ("user", 12, "bob")]);
        for (text, line) in [("a=b\n", 1), ("[x]\n\nhello\n", 3), ("[x]\n=b\n", 2)] {
            assert_eq!(sections(text).unwrap_err().line, line, "{text:?}");
        }
    }
}

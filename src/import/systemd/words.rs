//! The words of `ExecStart=` and `Environment=` as systemd reads them (systemd.syntax(7), "Quoting"; systemd.service(5),
//! "Command lines"), and what `%` stands for in them (systemd.unit(5), "Specifiers").

use crate::systemd::words::{Invalid, Style, next};

/// A word, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Without its quotes and escapes.
    pub text: String,
    /// It is a lone `;` without quotes, which ends a command.
    pub ends: bool,
    /// From where to where it stands in the value, in bytes.
    pub span: (usize, usize),
}

pub fn words(value: &str) -> Result<Vec<Word>, Invalid> {
    let (mut words, mut rest) = (Vec::new(), value);
    while let Some(word) = next(&mut rest, Style::COMMAND)? {
        let start = word.source.as_ptr().addr() - value.as_ptr().addr();
        // Only a word of its own, and never the first of a command.
        let is_first = words.last().is_none_or(|before: &Word| before.ends);
        let text = if word.source == "\\;" && !is_first { ";".to_owned() } else { word.text };
        let ends = word.source == ";" && !is_first;
        words.push(Word { ends, text, span: (start, start + word.source.len()) });
    }
    Ok(words)
}

/// The words of `Environment=` before one that is invalid; the rest from there, and what is wrong with it.
pub fn valid_words(value: &str) -> (Vec<String>, Option<(&str, Invalid)>) {
    let (mut words, mut rest) = (Vec::new(), value);
    loop {
        let before = rest.trim_start();
        match next(&mut rest, Style::ESCAPED) {
            Ok(Some(word)) => words.push(word.text),
            Ok(None) => return (words, None),
            Err(invalid) => return (words, Some((before, invalid))),
        }
    }
}

pub struct Specifiers<'a> {
    /// The unit name up to the `@`, without its suffix.
    pub prefix: &'a str,
    pub instance: Option<&'a str>,
    /// Of the user of the manager.
    pub home: &'a str,
    /// Of the manager.
    pub user: &'a str,
    pub uid: u32,
    pub host_name: &'a str,
    pub is_system: bool,
}

impl Specifiers<'_> {
    /// Expands specifiers, except `%i` of an instance.
    pub fn expanded(&self, text: &str) -> Result<String, char> {
        let mut out = String::new();
        let mut characters = text.chars().peekable();
        while let Some(c) = characters.next() {
            if c != '%' {
                out.push(c);
                continue;
            }
            let Some(letter) = characters.next() else {
                out.push('%');
                break;
            };
            match self.value(letter) {
                // With instances, `%i` is the only specifier and `%%i` its escaped form.
                Some(value) if letter == '%' && self.instance.is_some() && characters.peek() == Some(&'i') => {
                    out.push('%');
                    out.push_str(&value);
                }
                Some(value) => out.push_str(&value),
                // systemd expands letters and digits, and fails for those without a meaning.
                None if !letter.is_ascii_alphanumeric() => out.extend(['%', letter]),
                None => return Err(letter),
            }
        }
        Ok(out)
    }

    /// Expands all specifiers, `%i` too.
    pub fn whole(&self, text: &str) -> Result<String, char> {
        let expanded = self.expanded(text)?;
        let Some(instance) = self.instance else { return Ok(expanded) };
        let parts: Vec<String> = expanded.split("%%i").map(|part| part.replace("%i", instance)).collect();
        Ok(parts.join("%i"))
    }

    fn value(&self, letter: char) -> Option<String> {
        let stem = match self.instance {
            Some(_) => format!("{}@%i", self.prefix),
            None => self.prefix.to_owned(),
        };
        let place = |system: &str, below_home: &str| match self.is_system {
            true => system.to_owned(),
            false => format!("{}/{below_home}", self.home),
        };
        let in_instances = |text: &str| match self.instance {
            Some(_) => text.replace("%i", "%%i"),
            None => text.to_owned(),
        };
        Some(match letter {
            '%' => "%".into(),
            'n' => format!("{stem}.service"),
            'N' => stem,
            'p' => self.prefix.to_owned(),
            'P' => unescaped(self.prefix),
            'j' => last_part(self.prefix).to_owned(),
            'J' => unescaped(last_part(self.prefix)),
            'i' if self.instance.is_some() => "%i".into(),
            // The same for every instance whose name has nothing to unescape.
            'I' if self.instance.is_some_and(|name| unescaped(name) == name) => "%i".into(),
            'I' => unescaped(self.instance.unwrap_or_default()),
            'i' => String::new(),
            'h' => in_instances(self.home),
            'u' => self.user.to_owned(),
            'H' => self.host_name.to_owned(),
            'E' => place("/etc", ".config"),
            'C' => place("/var/cache", ".cache"),
            'T' => "/tmp".into(),
            'V' => "/var/tmp".into(),
            // In a user manager these depend on the release or the session.
            'S' if self.is_system => "/var/lib".into(),
            'L' if self.is_system => "/var/log".into(),
            't' if self.is_system => "/run".into(),
            't' => format!("/run/user/{}", self.uid),
            'U' if self.is_system => "0".into(),
            'U' => self.uid.to_string(),
            _ => return None,
        })
    }
}

fn last_part(prefix: &str) -> &str {
    prefix.rsplit('-').next().unwrap_or_default()
}

/// A part of a unit name as `systemd-escape --unescape` prints it.
fn unescaped(name: &str) -> String {
    let (mut out, mut rest) = (Vec::new(), name);
    while let Some(c) = rest.chars().next() {
        let code = rest.strip_prefix("\\x").and_then(|digits| u8::from_str_radix(digits.get(..2)?, 16).ok());
        match (c, code) {
            (_, Some(byte)) => out.push(byte),
            ('-', _) => out.push(b'/'),
            (c, _) => out.extend(c.encode_utf8(&mut [0; 4]).bytes()),
        }
        rest = &rest[if code.is_some() { 4 } else { c.len_utf8() }..];
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_systemd() {
        for (value, expected) in [
            (r#"/bin/a "b c" 'd "e"' f\x20g \; h"#, Ok(&["/bin/a", "b c", "d \"e\"", "f g", ";", "h"][..])),
            (r#"a "\"\\\t\u00e9\303\251" b"c d"e '' "#, Ok(&["a", "\"\\\t\u{e9}\u{e9}", "bc de", ""])),
            (r"a \d+ é", Ok(&["a", r"\d+", "é"])),
            ("", Ok(&[])),
            ("a 'b", Err("quote")),
            (r"a \x0 s/\1/\;/", Ok(&["a", r"\x0", r"s/\1/\;/"])),
            (r"sh -c 'echo {} \;' \; ';'", Ok(&["sh", "-c", r"echo {} \;", ";", ";"])),
            (r"a \xff", Err("UTF-8")),
            ("a \\", Ok(&["a", "\\"])),
        ] {
            match (words(value), expected) {
                (Ok(read), Ok(expected)) => {
                    assert_eq!(read.iter().map(|word| word.text.as_str()).collect::<Vec<_>>(), expected, "{value}");
                    assert!(read.iter().all(|word| !word.ends), "{value}");
                }
                (Err(why), Err(part)) => assert!(why.to_string().contains(part), "{value}: {why}"),
                (read, _) => panic!("{value}: {read:?}"),
            }
        }
        let several = words("/bin/a ; /bin/b \";\"").unwrap();
        assert_eq!(several.iter().map(|word| word.ends).collect::<Vec<_>>(), [false, true, false, false]);
        assert_eq!(several[2].span, (9, 15));
    }

    #[test]
    fn specifiers_are_expanded() {
        let system = Specifiers {
            prefix: "my-app",
            instance: None,
            home: "/root",
            user: "root",
            uid: 1000,
            host_name: "build1",
            is_system: true,
        };
        assert_eq!(
            system.expanded("%n %N %p %j %h %u %H %S/%t %i 100%% %").as_deref(),
            Ok("my-app.service my-app my-app app /root root build1 /var/lib//run  100% %")
        );
        assert_eq!(system.expanded("%m"), Err('m'));
        assert_eq!(system.expanded("100%5"), Err('5'));
        assert_eq!(system.expanded("%P %J %- %é").as_deref(), Ok("my/app app %- %é"));
        let escaped = Specifiers { prefix: r"a\x2db-c\x20d", instance: Some(r"dev-x\x2dy"), ..system };
        assert_eq!(escaped.expanded("%p %P %j %J %I").as_deref(), Ok(r"a\x2db-c\x20d a-b/c d c\x20d c d dev/x-y"));
        let system = Specifiers { prefix: "my-app", instance: None, ..escaped };
        let instance = Specifiers { instance: Some("a-b"), is_system: false, home: "/home/ann", ..system };
        assert_eq!(instance.expanded("%i %I %n %E").as_deref(), Ok("%i a/b my-app@%i.service /home/ann/.config"));
        assert_eq!(instance.expanded("%t/%U %L").as_deref(), Err(&'L'));
        assert_eq!(instance.expanded("%t/%U").as_deref(), Ok("/run/user/1000/1000"));
        assert_eq!(instance.whole("%i-%u %%i").as_deref(), Ok("a-b-root %i"));
    }
}

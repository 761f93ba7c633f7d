//! The words of `ExecStart=` and `Environment=` as systemd reads them (systemd.syntax(7), "Quoting"; systemd.service(5),
//! "Command lines"), and what `%` stands for in them (systemd.unit(5), "Specifiers").

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

/// Splits a value into words.
pub fn words(value: &str) -> Result<Vec<Word>, String> {
    let mut words = Vec::new();
    let mut characters = value.char_indices().peekable();
    while let Some((start, c)) = characters.next_if(|_| true) {
        if c.is_ascii_whitespace() {
            continue;
        }
        let (mut bytes, mut quote) = (Vec::new(), None);
        let mut end = start;
        let mut current = Some((start, c));
        while let Some((at, c)) = current {
            end = at + c.len_utf8();
            match (quote, c) {
                (None, '"' | '\'') => quote = Some(c),
                (Some(open), c) if open == c => quote = None,
                (_, '\\') => {
                    let (read, taken) = escape(&value[end..])?;
                    bytes.extend(read);
                    for _ in 0..value[end..end + taken].chars().count() {
                        characters.next();
                    }
                    end += taken;
                }
                (_, c) => bytes.extend(c.encode_utf8(&mut [0; 4]).bytes()),
            }
            current = characters.next_if(|(_, c)| quote.is_some() || !c.is_ascii_whitespace());
        }
        if quote.is_some() {
            return Err("has a quote without an end".into());
        }
        let text = String::from_utf8(bytes).map_err(|_| "holds bytes that are no UTF-8".to_owned())?;
        words.push(Word { ends: &value[start..end] == ";", text, span: (start, end) });
    }
    Ok(words)
}

/// What stands behind a backslash: its bytes, and how much of the text it is.
fn escape(rest: &str) -> Result<(Vec<u8>, usize), String> {
    let number = |digits: Option<&str>, radix: u32| digits.and_then(|digits| u32::from_str_radix(digits, radix).ok());
    let Some(c) = rest.chars().next() else { return Err("ends in a backslash".into()) };
    let plain = |byte: u8| Ok((vec![byte], 1));
    let of_character = |number: Option<u32>, length: usize| {
        let c = number.and_then(char::from_u32).filter(|c| *c != '\0');
        c.map(|c| (c.to_string().into_bytes(), length))
            .ok_or_else(|| "holds an escape that stands for nothing".to_owned())
    };
    match c {
        'a' => plain(7),
        'b' => plain(8),
        'f' => plain(12),
        'n' => plain(b'\n'),
        'r' => plain(b'\r'),
        't' => plain(b'\t'),
        'v' => plain(11),
        's' => plain(b' '),
        '\\' | '"' | '\'' | ';' => plain(c as u8),
        'x' => match number(rest.get(1..3), 16).and_then(|it| u8::try_from(it).ok()).filter(|byte| *byte != 0) {
            Some(byte) => Ok((vec![byte], 3)),
            None => Err("holds an escape that stands for nothing".into()),
        },
        'u' => of_character(number(rest.get(1..5), 16), 5),
        'U' => of_character(number(rest.get(1..9), 16), 9),
        '0'..='3' => match number(rest.get(..3), 8).and_then(|it| u8::try_from(it).ok()).filter(|byte| *byte != 0) {
            Some(byte) => Ok((vec![byte], 3)),
            None => Err("holds an escape that stands for nothing".into()),
        },
        // What is no escape stays as it is.
        c => Ok((format!("\\{c}").into_bytes(), c.len_utf8())),
    }
}

/// The values of specifiers in a unit.
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
                // Not a specifier.
                None if !letter.is_ascii_alphabetic() => out.extend(['%', letter]),
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
            'p' | 'P' => self.prefix.to_owned(),
            'j' | 'J' => self.prefix.rsplit('-').next().unwrap_or_default().to_owned(),
            'i' if self.instance.is_some() => "%i".into(),
            'I' => self.instance.unwrap_or_default().replace('-', "/"),
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
            (r"a \x0", Err("escape")),
            (r"a \xff", Err("UTF-8")),
            ("a \\", Err("backslash")),
        ] {
            match (words(value), expected) {
                (Ok(read), Ok(expected)) => {
                    assert_eq!(read.iter().map(|word| word.text.as_str()).collect::<Vec<_>>(), expected, "{value}");
                    assert!(read.iter().all(|word| !word.ends), "{value}");
                }
                (Err(why), Err(part)) => assert!(why.contains(part), "{value}: {why}"),
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
        let instance = Specifiers { instance: Some("a-b"), is_system: false, home: "/home/ann", ..system };
        assert_eq!(instance.expanded("%i %I %n %E").as_deref(), Ok("%i a/b my-app@%i.service /home/ann/.config"));
        assert_eq!(instance.expanded("%t/%U %L").as_deref(), Err(&'L'));
        assert_eq!(instance.expanded("%t/%U").as_deref(), Ok("/run/user/1000/1000"));
        assert_eq!(instance.whole("%i-%u %%i").as_deref(), Ok("a-b-root %i"));
    }
}

//! Reads values that [`super::quote`], [`super::exec`] and [`super::path`] wrote.

use super::exec::{APPENDING, EXECUTING};
use super::specifier::typed_text;
use super::words::{Style, split};

/// Unescapes `%`; in a template, `%i` is kept.
pub fn percent(value: &str, of_template: bool) -> String {
    if of_template { typed_text(value) } else { value.replace("%%", "%") }
}

/// True for a `%` that is neither escaped nor, in a template, `%i`.
pub fn has_specifier(value: &str) -> bool {
    value.replace("%%", "").replace("%i", "").contains('%')
}

/// The command of `ExecStart=`, without a shell that only execs it.
pub fn command(value: &str, of_template: bool) -> Option<Vec<String>> {
    let value = value.strip_prefix('-').unwrap_or(value);
    let (value, is_literal) = value.strip_prefix(':').map_or((value, false), |rest| (rest, true));
    let plain = |word: String| {
        let word = percent(&word, of_template);
        if is_literal { word } else { dollar(&word) }
    };
    let words = split(value, Style::COMMAND).ok()?;
    Some(without_shell(words.into_iter().map(plain).collect()))
}

/// Unescapes `$$` (systemd.service(5), "Command lines").
pub fn dollar(word: &str) -> String {
    word.replace("$$", "$")
}

/// Removes a shell that [`super::exec`] added.
pub fn without_shell(words: Vec<String>) -> Vec<String> {
    let is_managed = is_script(&words, EXECUTING) || is_script(&words, APPENDING);
    if is_managed && words.len() > 4 { words[4..].to_vec() } else { words }
}

/// Whether a command is a shell that runs this script.
pub fn is_script(words: &[String], script: &str) -> bool {
    words.starts_with(&["/bin/sh".into(), "-c".into(), script.into()])
}

/// The path of `EnvironmentFile=`, with the `-` of an optional one.
pub fn environment_file(value: &str, of_template: bool) -> String {
    let mut out = String::new();
    let mut characters = value.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\\' => out.extend(characters.next()),
            // A trailing space is in brackets.
            '[' => {
                out.extend(characters.next());
                characters.next_if_eq(&']');
            }
            c => out.push(c),
        }
    }
    percent(&out, of_template)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::systemd::specifier::Percent;
    use crate::systemd::{exec, path, quote};
    use proptest::prelude::*;
    use std::ffi::OsString;
    use std::path::Path;

    proptest! {
        #[test]
        fn what_was_written_is_read(
            program in "/[a-z $%'\"\\\\é]{1,8}",
            arguments in proptest::collection::vec("[^\0]{0,8}", 0..4),
            of_template in any::<bool>(),
        ) {
            let notation = if of_template { Percent::Instance } else { Percent::Literal };
            let arguments: Vec<String> = arguments;
            let words: Vec<OsString> = arguments.iter().map(OsString::from).collect();
            let argv: Vec<String> = std::iter::once(program.clone()).chain(arguments.iter().cloned()).collect();
            if !of_template || !program.contains('%') {
                let line = exec::line_with(Path::new(&program), &words, quote::Dollar::Doubled, notation);
                prop_assert_eq!(command(&line, of_template), Some(argv.clone()));
            }
            if !of_template {
                let line = exec::line_into(Path::new("/var/log/a b.log"), Path::new(&program), &words, quote::Dollar::Doubled);
                prop_assert_eq!(command(&line, false), Some(argv));
            }
            for text in &arguments {
                let word = quote::word_with(text.as_bytes(), quote::Dollar::Literal, notation);
                let read = words_of(&word, of_template);
                prop_assert_eq!(read, vec![text.clone()]);
                if let Ok(written) = path::environment_file(format!("/{text}").as_bytes(), notation) {
                    prop_assert_eq!(environment_file(&written, of_template), format!("/{text}"));
                }
            }
        }
    }

    fn words_of(value: &str, of_template: bool) -> Vec<String> {
        split(value, Style::COMMAND).unwrap().iter().map(|word| percent(word, of_template)).collect()
    }

    #[test]
    fn specifiers_are_seen() {
        assert!(has_specifier("A_FILE=%d/A") && has_specifier("X=%%%d"));
        assert!(!has_specifier("A=100%%") && !has_specifier("A=%i") && !has_specifier("A=%%i"));
    }
}

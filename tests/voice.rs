//! No text that a person reads contains a phrase of `voice/phrases.txt`: documentation, help, messages and comments.

#![allow(clippy::disallowed_methods, reason = "the rules for the program's core are not for its tests")]

use std::fmt::Write as _;
use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};

/// Where texts are.
const TEXTS: &[&str] = &[
    ".ci",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "README.md",
    "benches",
    "docs",
    "examples",
    "src",
    "templates",
    "tests",
];

/// Words that users write, in data of the program.
const DATA: [(&str, &str); 1] = [("src/spec/looks_secret.rs", "folder")];

#[test]
fn texts_contain_none_of_the_phrases() {
    let phrases = phrases();
    let mut report = String::new();
    for path in files() {
        let Ok(text) = std::fs::read_to_string(root().join(&path)) else { continue };
        let passages = if path.ends_with(".rs") { of_rust(&text) } else { vec![(1, text)] };
        for (line, phrase, instead) in passages.iter().flat_map(|(line, text)| found(&phrases, *line, text)) {
            if !DATA.contains(&(&path, phrase)) {
                writeln!(report, "{path}:{line}: `{phrase}`: write `{instead}`").unwrap();
            }
        }
    }
    assert!(report.is_empty(), "\n{report}");
}

#[test]
fn phrases_are_found_in_texts_but_not_in_code() {
    let text = r##"
        //! One folder
        // and all the
        // same: fine.
        fn folder(folder: &str) {
            println!("{folder} in a Folder, for \
                good {folder:?} {{folder}}", r#"in front
                of"#);
            let subfolder = "subfolder folders_of";
        }
    "##;
    let phrases = phrases();
    let all: Vec<String> = of_rust(text)
        .iter()
        .flat_map(|(line, text)| found(&phrases, *line, text))
        .map(|(line, phrase, _)| format!("{line} {phrase}"))
        .collect();
    assert_eq!(all, ["2 folder", "3 all the same", "6 folder", "6 for good", "7 folder", "7 in front of"]);
}

/// Each phrase and what to write instead.
fn phrases() -> Vec<(String, String)> {
    let text = std::fs::read_to_string(root().join("tests/voice/phrases.txt")).unwrap();
    let rows = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    rows.map(|row| {
        let (phrase, instead) = row.split_once(" | ").unwrap_or_else(|| panic!("no ` | ` in: {row}"));
        (phrase.to_owned(), instead.to_owned())
    })
    .collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files with texts, by their paths in this repository.
fn files() -> Vec<String> {
    let mut files = Vec::new();
    let mut paths: Vec<_> = TEXTS.iter().map(|path| root().join(path)).collect();
    while let Some(path) = paths.pop() {
        if path.is_dir() {
            paths.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else if !path.starts_with(root().join("tests/voice")) && path != root().join(file!()) {
            files.push(path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned());
        }
    }
    files.sort();
    files
}

/// The phrases in a text whose first line has a number: the line each begins on, the phrase, and what to write instead.
fn found<'a>(phrases: &'a [(String, String)], first: usize, text: &str) -> Vec<(usize, &'a str, &'a str)> {
    let (mut plain, mut lines) = (String::new(), Vec::new());
    for (number, line) in text.lines().enumerate() {
        for word in line.split_whitespace() {
            if !plain.is_empty() {
                plain.push(' ');
            }
            plain.push_str(&word.to_lowercase());
            lines.resize(plain.len(), first + number);
        }
    }
    let is_part = |character: Option<char>| character.is_some_and(|it| it.is_alphanumeric() || it == '_');
    let mut found = Vec::new();
    for (phrase, instead) in phrases {
        for (at, _) in plain.match_indices(phrase.as_str()) {
            let (before, after) = (plain[..at].chars().next_back(), plain[at + phrase.len()..].chars().next());
            if !is_part(before) && !is_part(after) {
                found.push((lines[at], phrase.as_str(), instead.as_str()));
            }
        }
    }
    found.sort_by_key(|(line, ..)| *line);
    found
}

/// The comments and string literals of a Rust file, with the numbers of their first lines.
fn of_rust(text: &str) -> Vec<(usize, String)> {
    let mut passages: Vec<(usize, String)> = Vec::new();
    let mut previous = 0;
    for (number, line) in (1..).zip(text.lines()) {
        let Some(comment) = line.trim_start().strip_prefix("//") else { continue };
        let comment = comment.trim_start_matches(['/', '!']);
        match passages.last_mut() {
            Some((_, passage)) if previous + 1 == number => write!(passage, "\n{comment}").unwrap(),
            _ => passages.push((number, comment.to_owned())),
        }
        previous = number;
    }
    literals(text.parse().expect("Rust"), &mut passages);
    passages.sort_by_key(|(line, _)| *line);
    passages
}

fn literals(tokens: TokenStream, passages: &mut Vec<(usize, String)>) {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            // Comments become attributes, and are read already.
            TokenTree::Punct(punct) if punct.as_char() == '#' => {
                tokens.next_if(|next| matches!(next, TokenTree::Punct(punct) if punct.as_char() == '!'));
                let is_comment = |next: &TokenTree| matches!(next, TokenTree::Group(group) if group.stream().to_string().starts_with("doc ="));
                tokens.next_if(is_comment);
            }
            TokenTree::Group(group) => literals(group.stream(), passages),
            TokenTree::Literal(literal) => {
                let source = literal.to_string();
                if source.contains('"') {
                    passages.push((literal.span().start().line, without_arguments(&source)));
                }
            }
            _ => {}
        }
    }
}

/// A literal without escapes, and without the names of format arguments, which are code.
fn without_arguments(source: &str) -> String {
    let source = source.replace("\\\n", "\n").replace("\\n", " ").replace("{{", "\0").replace("}}", "\0");
    let mut text = String::new();
    let mut rest = source.as_str();
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let name = after.chars().take_while(|it| it.is_alphanumeric() || *it == '_').map(char::len_utf8).sum();
        text.push_str("{}");
        rest = &after[name..];
    }
    text.push_str(rest);
    text
}

//! What is no TOML, in words for people who meet it for the first time (toml.io/en/v1.0.0).

use std::ops::Range;

use super::source::Source;
use super::write::string;
use crate::model::diagnostic::Error;
use crate::model::message::Message;

/// Of several errors in a line, only the first is reported: the others usually follow from it.
pub fn errors(refused: &[toml::de::Error], source: &Source) -> Vec<Error> {
    let mut last = 0;
    let mut all = Vec::new();
    for error in refused {
        let span = error.span().unwrap_or(source.text().len()..source.text().len());
        let line = source.place(span.clone()).line;
        if line != std::mem::replace(&mut last, line) {
            let (what, hint) = words(error.message(), span.clone(), source.text());
            all.push(source.error(span, what).hints(hint.map(Message::from)));
        }
    }
    all
}

/// What is wrong, and the way out.
fn words(message: &str, span: Range<usize>, text: &str) -> (String, Option<String>) {
    let here = text.get(span.clone()).unwrap_or_default();
    let line = text[..span.start.min(text.len())].rsplit('\n').next().unwrap_or_default();
    let hinted = |what: &str, hint: &str| (what.to_owned(), Some(hint.to_owned()));
    // What is expected follows behind a comma.
    let (reason, expected) = message.split_once(", expected ").unwrap_or((message, ""));
    match reason {
        "duplicate key" => {
            (format!("{} is there twice", string(&unquoted(here))), Some("one of them has to go".into()))
        }
        "string values must be quoted" if !here.trim().is_empty() => {
            ("text stands in quotes".to_owned(), Some(format!("in quotes: {}", string(here.trim()))))
        }
        "missing opening quote" => hinted("a quote ends here that does not begin", "NAME = \"VALUE\""),
        "key with no value"
        | "missing value for key"
        | "missing value"
        | "invalid key-value pair"
        | "string values must be quoted" => hinted("a key is followed by `=` and its value", "NAME = \"VALUE\""),
        "extra `=`" => hinted("there is one `=` too many", "NAME = \"VALUE\""),
        "invalid unquoted key" | "unquoted keys cannot be empty" => {
            let hint = "a name with other characters than letters, digits, `_` and `-` stands in quotes: \"my name\"";
            hinted("this cannot stand in a key", hint)
        }
        "unclosed table" | "unclosed array table" => hinted("a `]` is missing", "[services.NAME]"),
        "unclosed array" => hinted("a list without its end: `]` is missing", "[\"ONE\", \"TWO\"]"),
        "missing comma between array elements" => {
            hinted("a comma is missing between what is in the list", "[\"ONE\", \"TWO\"]")
        }
        "missing array opening" => hinted("a `]` without the `[` that it ends", "[\"ONE\", \"TWO\"]"),
        "extra comma in array" | "extra comma in inline table" => ("there is one comma too many".into(), None),
        "unclosed inline table" => hinted("a table without its end: `}` is missing", "{ NAME = \"VALUE\" }"),
        "missing inline table opening" => hinted("a `}` without the `{` that it ends", "{ NAME = \"VALUE\" }"),
        "missing comma between key-value pairs" => {
            hinted("a comma is missing between what is in the table", "{ ONE = \"1\", TWO = \"2\" }")
        }
        "unexpected key or value" | "unexpected content" => {
            hinted("there is something behind what belongs on this line", "each key stands on a line of its own")
        }
        "carriage return must be followed by newline" => {
            ("a carriage return stands in the middle of a line".to_owned(), None)
        }
        "recursion limit" | "cannot recurse further; max recursion depth met" => {
            ("too many lists or tables are in each other here".to_owned(), None)
        }
        _ if reason.starts_with("cannot extend value of type") => {
            (format!("{} is already defined, and is not a table", string(&unquoted(here))), None)
        }
        // The parser tells the end of the line where a quote has none.
        "invalid basic string" | "invalid literal string" if expected.starts_with(['`', '\'']) => {
            let quote = if line.contains('"') { "\"" } else { "'" };
            (format!("the text has no end: `{quote}` is missing"), None)
        }
        "too few unicode value digits" | "missing escaped value" => {
            let hint = "a backslash is written twice between \" (\\\\), or as it is between ' ('C:\\x')";
            hinted("this is no escape that TOML knows", hint)
        }
        _ => (format!("this is no TOML: {message}"), None),
    }
}

fn unquoted(text: &str) -> String {
    text.trim_matches(['"', '\'']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::wording::Wording;
    use toml::de::DeTable;

    fn all(text: &str) -> Vec<String> {
        let source = Source::new(text.as_bytes(), "f").unwrap();
        let (_, refused) = DeTable::parse_recoverable(source.text());
        errors(&refused, &source).iter().map(|error| Wording::default().message(error.first())).collect()
    }

    #[test]
    fn each_mistake_has_words_and_a_place() {
        for (text, told) in [
            ("a = hello\n", "f:1:5: text stands in quotes"),
            ("a = \"x\nb = 1", "f:1:7: the text has no end: `\"` is missing"),
            ("a = 'x\nb = 1", "f:1:7: the text has no end: `'` is missing"),
            ("a = 1\na = 2", "f:2:1: \"a\" is there twice"),
            ("[services.a]\n[services.b]\n[services.a]", "f:3:11: \"a\" is there twice"),
            ("a = [1, 2", "f:1:10: a list without its end: `]` is missing"),
            ("a = ['1' '2']", "f:1:10: a comma is missing between what is in the list"),
            ("[services.x\n", "f:1:12: a `]` is missing"),
            ("a = { b = 1", "f:1:12: a table without its end: `}` is missing"),
            ("a\n", "f:1:2: a key is followed by `=` and its value"),
            ("a =\n", "f:1:4: a key is followed by `=` and its value"),
            ("a = 1 b = 2\n", "f:1:9: there is something behind what belongs on this line"),
            ("größe = 1\n", "f:1:3: this cannot stand in a key"),
            (r#"a = "C:\x""#, "f:1:10: this is no escape that TOML knows"),
            (r#"a = "C:\Users""#, "f:1:10: this is no escape that TOML knows"),
            (r#"a = "\d+""#, "f:1:7: this is no escape that TOML knows"),
            ("a = 1\na.b = 2", "f:2:1: \"a\" is already defined, and is not a table"),
        ] {
            assert_eq!(all(text).first().map(String::as_str), Some(told), "{text}: {:?}", all(text));
        }
        for text in ["<?xml version=\"1.0\"?>", "web: gunicorn app:app", "{\"a\": 1}"] {
            assert!(all(text)[0].starts_with("f:1:"), "{text}: {:?}", all(text));
        }
        assert_eq!(all("a = x\nb = 2\nc = y z\n").len(), 2);
        let deep = format!("a = {}1{}", "[".repeat(5000), "]".repeat(5000));
        assert!(all(&deep)[0].ends_with("too many lists or tables are in each other here"), "{:?}", all(&deep)[0]);
        let dotted = format!("{}a = 1", "a.".repeat(5000));
        assert!(all(&dotted)[0].ends_with("too many lists or tables are in each other here"), "{:?}", all(&dotted)[0]);
    }
}

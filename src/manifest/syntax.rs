//! Errors in the syntax of TOML, in the words of its parser.

use super::source::Source;
use crate::model::diagnostic::Error;

/// Of several errors in a line, only the first is reported: the others usually follow from it.
pub fn errors(refused: &[toml::de::Error], source: &Source) -> Vec<Error> {
    let mut last = 0;
    let mut all = Vec::new();
    for error in refused {
        let span = error.span().unwrap_or(source.text().len()..source.text().len());
        let line = source.place(span.clone()).line;
        if line != std::mem::replace(&mut last, line) {
            all.push(source.error(span, format!("invalid TOML: {}", error.message())));
        }
    }
    all
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
    fn each_line_with_a_mistake_is_one_error_at_its_place() {
        for (text, expected) in [
            ("a = hello\n", "f:1:5: invalid TOML: string values must be quoted, expected literal string"),
            ("a = 1\na = 2", "f:2:1: invalid TOML: duplicate key"),
            ("a\n", "f:1:2: invalid TOML: key with no value, expected `=`"),
            ("[services.x\n", "f:1:12: invalid TOML: unclosed table, expected `]`"),
        ] {
            assert_eq!(all(text), [expected], "{text}");
        }
        for text in ["<?xml version=\"1.0\"?>", "web: gunicorn app:app", "{\"a\": 1}"] {
            assert!(all(text)[0].starts_with("f:1:"), "{text}: {:?}", all(text));
        }
        assert_eq!(all("a = x\nb = 2\nc = y z\n").len(), 2);
        for deep in [format!("a = {}1{}", "[".repeat(5000), "]".repeat(5000)), format!("{}a = 1", "a.".repeat(5000))] {
            assert_eq!(all(&deep).len(), 1, "{:?}", all(&deep));
            assert!(all(&deep)[0].contains("recursion"), "{:?}", all(&deep));
        }
    }
}

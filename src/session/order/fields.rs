//! The values of an order's document: taken out one by one, so that what nobody asked for is noticed,
//! and words of any bytes as text.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::PathBuf;

use serde_json::{Map, Value};

/// An object whose values are taken out one by one.
pub struct Fields {
    what: &'static str,
    map: Map<String, Value>,
}

impl Fields {
    pub fn of(value: Value, what: &'static str) -> Result<Fields, String> {
        match value {
            Value::Object(map) => Ok(Fields { what, map }),
            _ => Err(format!("{what} is no object")),
        }
    }

    pub fn value(&mut self, key: &str) -> Result<Value, String> {
        self.map.remove(key).ok_or_else(|| format!("{} has no `{key}`", self.what))
    }

    pub fn number(&mut self, key: &str) -> Result<u64, String> {
        self.value(key)?.as_u64().ok_or_else(|| format!("`{key}` is no number"))
    }

    pub fn flag(&mut self, key: &str) -> Result<bool, String> {
        self.value(key)?.as_bool().ok_or_else(|| format!("`{key}` is neither true nor false"))
    }

    pub fn word(&mut self, key: &str) -> Result<OsString, String> {
        decoded(&self.value(key)?).map_err(|why| format!("`{key}`: {why}"))
    }

    pub fn text(&mut self, key: &str) -> Result<String, String> {
        self.word(key)?.into_string().map_err(|_| format!("`{key}` is not UTF-8"))
    }

    pub fn optional_text(&mut self, key: &str) -> Result<Option<String>, String> {
        if self.is_null(key) { self.value(key).map(|_| None) } else { self.text(key).map(Some) }
    }

    pub fn optional_word(&mut self, key: &str) -> Result<Option<OsString>, String> {
        if self.is_null(key) { self.value(key).map(|_| None) } else { self.word(key).map(Some) }
    }

    pub fn optional_path(&mut self, key: &str) -> Result<Option<PathBuf>, String> {
        match self.optional_word(key)?.map(PathBuf::from) {
            Some(path) if path.is_relative() => Err(format!("`{key}` is not an absolute path")),
            path => Ok(path),
        }
    }

    pub fn has(&self, key: &str) -> bool {
        self.map.contains_key(key)
    }

    fn is_null(&self, key: &str) -> bool {
        self.map.get(key).is_some_and(Value::is_null)
    }

    pub fn list(&mut self, key: &str) -> Result<Vec<Value>, String> {
        match self.value(key)? {
            Value::Array(list) => Ok(list),
            _ => Err(format!("`{key}` is no list")),
        }
    }

    pub fn words(&mut self, key: &str) -> Result<Vec<OsString>, String> {
        self.list(key)?.iter().map(|item| decoded(item).map_err(|why| format!("`{key}`: {why}"))).collect()
    }

    pub fn texts(&mut self, key: &str) -> Result<Vec<String>, String> {
        let words = self.words(key)?.into_iter();
        words.map(|word| word.into_string().map_err(|_| format!("`{key}` is not UTF-8"))).collect()
    }

    /// Refuses what is left.
    pub fn finish(self) -> Result<(), String> {
        match self.map.keys().next() {
            Some(key) => Err(format!("{} has a `{}` that is not known", self.what, crate::shell::printable(key))),
            None => Ok(()),
        }
    }
}

/// The words of a list.
pub fn words(value: &Value) -> Result<Vec<OsString>, String> {
    let Value::Array(list) = value else { return Err("it is no list".into()) };
    list.iter().map(decoded).collect()
}

/// The two values of a list of two.
pub fn pair(value: Value) -> Result<[Value; 2], String> {
    let Value::Array(list) = value else { return Err("a pair is no list".into()) };
    list.try_into().map_err(|_| "a pair has other than two values".into())
}

/// Bytes as text, one spelling for each: printable ASCII as it is, `%` and all others as `%XX`.
pub fn encoded(word: impl AsRef<OsStr>) -> String {
    let mut text = String::new();
    for byte in word.as_ref().as_bytes() {
        match byte {
            b'%' | 0..=0x1f | 0x7f.. => text.push_str(&format!("%{byte:02X}")),
            plain => text.push(char::from(*plain)),
        }
    }
    text
}

/// Reads what [`encoded`] wrote, and nothing else.
pub fn decoded(value: &Value) -> Result<OsString, String> {
    let text = value.as_str().ok_or("it is no text")?;
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = rest.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()).ok_or("a `%` without its digits")?;
        bytes.push(byte);
        rest = &rest[2..];
    }
    let word = OsString::from_vec(bytes);
    if encoded(&word) == text { Ok(word) } else { Err("it is written as no order writes it".into()) }
}

//! JSON and YAML as a tree with line numbers. JSON is a subset of YAML 1.2, once comments are removed.

use std::ops::AddAssign;

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};

use super::ReadError;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Of its beginning, from 1.
    pub line: usize,
    pub value: Value,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Null,
    Switch(bool),
    /// As it is written.
    Number(String),
    Text(String),
    List(Vec<Node>),
    /// In order; each name once.
    Table(Vec<(String, Node)>),
}

impl Node {
    /// The text of a scalar.
    pub fn word(&self) -> Option<String> {
        match &self.value {
            Value::Text(text) | Value::Number(text) => Some(text.clone()),
            Value::Switch(on) => Some(on.to_string()),
            Value::Null | Value::List(_) | Value::Table(_) => None,
        }
    }

    /// The value of a key, unless it is null.
    pub fn get(&self, name: &str) -> Option<&Node> {
        let Value::Table(table) = &self.value else { return None };
        table.iter().find(|(known, _)| known == name).map(|(_, node)| node).filter(|node| node.value != Value::Null)
    }

    pub fn json(&self) -> String {
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        match &self.value {
            Value::Null => "null".into(),
            Value::Text(text) => quoted(text),
            Value::Switch(_) | Value::Number(_) => self.word().unwrap_or_default(),
            Value::List(list) => format!("[{}]", list.iter().map(Node::json).collect::<Vec<_>>().join(",")),
            Value::Table(table) => {
                let pairs = table.iter().map(|(name, node)| format!("{}:{}", quoted(name), node.json()));
                format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
            }
        }
    }
}

/// Limits on nesting, and on the number of values and their memory in bytes, with all that aliases repeat.
const DEPTH_MAX: usize = 64;
const NODES_MAX: usize = 100_000;
const BYTES_MAX: usize = 16 << 20;

/// Reads the first document.
pub fn read(text: &str) -> Result<Node, ReadError> {
    let is_json = text.trim_start().starts_with(['{', '['])
        || text.trim_start().starts_with("//")
        || text.trim_start().starts_with("/*");
    let plain;
    let text = if is_json {
        plain = without_comments(text);
        &plain
    } else {
        text
    };
    let mut builder = Builder::default();
    let mut parser = Parser::new_from_str(text);
    while let Some(next) = parser.next_event() {
        let (event, span) = next.map_err(|error| {
            ReadError::new(error.marker().line().max(1), format!("is not valid YAML or JSON: {}", error.info()))
        })?;
        let line = span.start.line().max(1);
        if event == Event::DocumentEnd {
            break;
        }
        builder.take(event, line)?;
    }
    builder.root.ok_or_else(|| ReadError::new(0, "is empty"))
}

/// A list or table whose end is not reached.
struct Open {
    line: usize,
    anchor: usize,
    is_table: bool,
    list: Vec<Node>,
    table: Vec<(String, Node)>,
    /// From other tables, by `<<`.
    merged: Vec<(String, Node)>,
    name: Option<String>,
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    root: Option<Node>,
    anchors: std::collections::HashMap<usize, (Node, Size)>,
    size: Size,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, line: usize) -> Result<(), ReadError> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let node = Node { line, value: scalar(&text, style, tag.as_deref()) };
                self.add(node, anchor)
            }
            Event::Alias(anchor) => {
                let Some((node, size)) = self.anchors.get(&anchor) else {
                    return Err(ReadError::new(line, "contains an alias of itself"));
                };
                self.size += *size;
                self.size.check(line)?;
                let node = node.clone();
                self.append(node)
            }
            Event::SequenceStart(anchor, _) => self.opens(line, anchor, false),
            Event::MappingStart(anchor, _) => self.opens(line, anchor, true),
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(open) = self.open.pop() else { return Ok(()) };
                let value = if open.is_table { table(open.table, open.merged) } else { Value::List(open.list) };
                self.add(Node { line: open.line, value }, open.anchor)
            }
            _ => Ok(()),
        }
    }

    fn opens(&mut self, line: usize, anchor: usize, is_table: bool) -> Result<(), ReadError> {
        if self.open.len() >= DEPTH_MAX {
            return Err(ReadError::new(line, format!("is nested more than {DEPTH_MAX} levels deep")));
        }
        self.open.push(Open {
            line,
            anchor,
            is_table,
            list: Vec::new(),
            table: Vec::new(),
            merged: Vec::new(),
            name: None,
        });
        Ok(())
    }

    /// Adds a value that is as large as what was not counted before.
    fn add(&mut self, node: Node, anchor: usize) -> Result<(), ReadError> {
        self.size += Size::of_itself(&node);
        if anchor > 0 {
            let size = Size::of(&node);
            self.size.bytes += size.bytes;
            self.size.check(node.line)?;
            self.anchors.insert(anchor, (node.clone(), size));
        }
        self.size.check(node.line)?;
        self.append(node)
    }

    fn append(&mut self, node: Node) -> Result<(), ReadError> {
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        if !open.is_table {
            open.list.push(node);
            return Ok(());
        }
        match open.name.take() {
            Some(name) => {
                match (name.as_str(), node.value) {
                    ("<<", Value::Table(merged)) => open.merged.extend(merged),
                    (_, value) => open.table.push((name, Node { line: node.line, value })),
                }
                Ok(())
            }
            None => match node.word() {
                Some(name) => {
                    open.name = Some(name);
                    Ok(())
                }
                None => Err(ReadError::new(node.line, "has a key that is not text")),
            },
        }
    }
}

/// Each name once: the last one counts, as in JavaScript, and merged ones come last.
fn table(own: Vec<(String, Node)>, merged: Vec<(String, Node)>) -> Value {
    let mut seen = std::collections::HashSet::new();
    let mut all: Vec<(String, Node)> =
        own.into_iter().rev().chain(merged).filter(|(name, _)| seen.insert(name.clone())).collect();
    all.sort_by_key(|(_, node)| node.line);
    Value::Table(all)
}

/// How much there is of a value.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    values: usize,
    bytes: usize,
}

impl AddAssign for Size {
    fn add_assign(&mut self, other: Size) {
        self.values += other.values;
        self.bytes += other.bytes;
    }
}

impl Size {
    /// Without the values in it.
    fn of_itself(node: &Node) -> Size {
        let text = match &node.value {
            Value::Text(text) | Value::Number(text) => text.len(),
            Value::Table(table) => table.iter().map(|(name, _)| name.len()).sum(),
            Value::Null | Value::Switch(_) | Value::List(_) => 0,
        };
        Size { values: 1, bytes: size_of::<Node>() + text }
    }

    fn of(node: &Node) -> Size {
        let mut size = Size::of_itself(node);
        match &node.value {
            Value::List(list) => list.iter().for_each(|node| size += Size::of(node)),
            Value::Table(table) => table.iter().for_each(|(_, node)| size += Size::of(node)),
            _ => {}
        }
        size
    }

    fn check(self, line: usize) -> Result<(), ReadError> {
        match () {
            () if self.values > NODES_MAX => {
                Err(ReadError::new(line, format!("has more than {NODES_MAX} values, aliases included")))
            }
            () if self.bytes > BYTES_MAX => {
                Err(ReadError::new(line, format!("is larger than {} MiB, aliases included", BYTES_MAX >> 20)))
            }
            () => Ok(()),
        }
    }
}

/// The type of an unquoted scalar (YAML 1.2, section 10.3.2).
fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Value {
    if style != ScalarStyle::Plain || tag.is_some_and(|tag| tag.suffix == "str") {
        return Value::Text(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Switch(true),
        "false" | "False" | "FALSE" => Value::Switch(false),
        text if text.parse::<f64>().is_ok() && text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) => {
            Value::Number(text.to_owned())
        }
        text => Value::Text(text.to_owned()),
    }
}

/// Removes JavaScript comments from JSON, and rewrites what YAML reads differently: tabs between values, and surrogate
/// pairs. Line numbers stay.
fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut quote = None;
    while let Some(c) = rest.chars().next() {
        let mut taken = c.len_utf8();
        match (quote, c) {
            (Some(_), '\\') => {
                let pair = pair(rest);
                if let Some(c) = pair {
                    out.push_str(&format!("\\U{:08x}", u32::from(c)));
                    taken = 12;
                } else {
                    taken += rest[1..].chars().next().map_or(0, char::len_utf8);
                    out.push_str(&rest[..taken]);
                }
            }
            (Some(open), c) => {
                quote = Some(open).filter(|open| *open != c);
                out.push(c);
            }
            (None, '"' | '\'') => {
                quote = Some(c);
                out.push(c);
            }
            (None, '/') if rest.starts_with("//") => taken = rest.find('\n').unwrap_or(rest.len()),
            (None, '/') if rest.starts_with("/*") => {
                taken = rest.find("*/").map_or(rest.len(), |at| at + 2);
                out.extend(rest[..taken].chars().filter(|c| *c == '\n'));
            }
            (None, '\t' | '\r') => out.push(' '),
            (None, ':') => out.push_str(": "),
            (None, c) => out.push(c),
        }
        rest = &rest[taken..];
    }
    out
}

/// The character of a surrogate pair.
fn pair(text: &str) -> Option<char> {
    let unit = |text: &str| u16::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok();
    let units = [unit(text)?, unit(text.get(6..)?)?];
    (0xd800..0xdc00).contains(&units[0]).then(|| char::decode_utf16(units).next()?.ok())?
}

#[cfg(test)]
mod tests;

//! A file of services as text: TOML 1.0 that people like to read, and that reads back the same.

use std::fmt::Write as _;

use super::keys::{Keys, Shape};
use super::{Entry, Manifest, Value};
use crate::shell;

/// How long a line may become before a list or a table is spread over several.
const WIDTH: usize = 100;

/// The text of a file. Every string in it reads back exactly; what would move a cursor or reorder text on a terminal
/// stands there as an escape. Remarks are comments: in them such characters stay escapes.
pub fn write(manifest: &Manifest) -> String {
    let mut out = String::new();
    let keys = Keys::of_add();
    remarks(&mut out, &manifest.head);
    if !manifest.defaults.is_empty() {
        separate(&mut out);
        section(&mut out, "defaults", None, &manifest.defaults, &keys);
    }
    if manifest.services.is_empty() {
        separate(&mut out);
        out.push_str("[services]\n");
    }
    for entry in &manifest.services {
        separate(&mut out);
        let Entry { name, remarks: lines, command, options } = entry;
        remarks(&mut out, lines);
        section(&mut out, &format!("services.{}", key(name)), Some(command), options, &keys);
    }
    out
}

/// An empty line, unless the file begins here.
fn separate(out: &mut String) {
    if !out.is_empty() {
        out.push('\n');
    }
}

fn remarks(out: &mut String, remarks: &[String]) {
    for line in remarks.iter().flat_map(|remark| remark.split('\n')) {
        let line = shell::printable(line);
        let space = if line.is_empty() { "" } else { " " };
        let _ = writeln!(out, "#{space}{line}");
    }
}

/// A table with all that is in it. Tables that are too wide for a line follow as tables of their own: TOML has no
/// other place for them.
fn section(out: &mut String, head: &str, command: Option<&Vec<String>>, options: &[(String, Value)], keys: &Keys) {
    let _ = writeln!(out, "[{head}]");
    if let Some(command) = command {
        assign(out, "command", list(command, "command".len()));
    }
    let mut own_tables = Vec::new();
    for (name, value) in options {
        let several = keys.find(name).is_some_and(|(_, key)| key.shape == Shape::Directives);
        let name = key(name);
        match value {
            Value::Flag(on) => assign(out, &name, on.to_string()),
            Value::Text(text) => assign(out, &name, string(text)),
            Value::List(texts) => assign(out, &name, list(texts, name.len())),
            Value::Table(entries) => match grouped(entries, several) {
                Some(lines) => match inline(&lines).filter(|table| name.len() + 3 + table.chars().count() <= WIDTH) {
                    Some(table) => assign(out, &name, table),
                    None => own_tables.push((name, lines)),
                },
                None => {
                    let words: Vec<String> = entries.iter().map(|(name, value)| format!("{name}={value}")).collect();
                    assign(out, &name, list(&words, name.len()));
                }
            },
        }
    }
    for (name, lines) in own_tables {
        let _ = writeln!(out, "\n[{head}.{name}]");
        for (name, values) in lines {
            let name = key(name);
            match values.as_slice() {
                [value] => assign(out, &name, string(value)),
                values => assign(out, &name, list(values, name.len())),
            }
        }
    }
}

fn assign(out: &mut String, name: &str, value: String) {
    let _ = writeln!(out, "{name} = {value}");
}

/// The names of a table, each with its values, of which it has `several` or one. `None` where a name comes again, behind
/// another one or at all: a table has no room for that.
fn grouped(entries: &[(String, String)], several: bool) -> Option<Vec<(&str, Vec<&str>)>> {
    let mut lines: Vec<(&str, Vec<&str>)> = Vec::new();
    for (name, value) in entries {
        match lines.iter().position(|(seen, _)| seen == name) {
            Some(place) if several && place + 1 == lines.len() => lines[place].1.push(value),
            Some(_) => return None,
            None => lines.push((name, vec![value])),
        }
    }
    Some(lines)
}

/// A table on one line; `None` where a table of its own reads better.
fn inline(lines: &[(&str, Vec<&str>)]) -> Option<String> {
    if lines.is_empty() {
        return Some("{}".into());
    }
    let one = |(name, values): &(&str, Vec<&str>)| match values.as_slice() {
        [value] => Some(format!("{} = {}", key(name), string(value))),
        _ => None,
    };
    let lines: Option<Vec<String>> = lines.iter().map(one).collect();
    lines.map(|lines| format!("{{ {} }}", lines.join(", ")))
}

/// A list behind a key of `indent` letters: on one line if it is not too long, else with a line for each.
fn list(texts: &[impl AsRef<str>], indent: usize) -> String {
    let texts: Vec<String> = texts.iter().map(|text| string(text.as_ref())).collect();
    let line = format!("[{}]", texts.join(", "));
    if texts.len() < 2 || indent + 3 + line.chars().count() <= WIDTH {
        return line;
    }
    let lines: String = texts.iter().map(|text| format!("    {text},\n")).collect();
    format!("[\n{lines}]")
}

/// A key, in quotes where it needs them.
pub fn key(name: &str) -> String {
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if !name.is_empty() && name.bytes().all(is_bare) { name.to_owned() } else { string(name) }
}

/// A string on one line: as it is between `'` where that saves escapes, else between `"` with them.
pub fn string(text: &str) -> String {
    let is_plain = |c: char| shell::is_printable(c) && c != '\'';
    if text.contains(['"', '\\']) && text.chars().all(is_plain) {
        return format!("'{text}'");
    }
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if shell::is_printable(c) => out.push(c),
            c => drop(match u32::from(c) {
                code @ 0..=0xffff => write!(out, "\\u{code:04X}"),
                code => write!(out, "\\U{code:08X}"),
            }),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use toml::de::{DeTable, DeValue};

    /// What a reader of TOML finds in a table, sorted by name.
    fn found(table: &DeTable<'_>) -> Vec<(String, Value)> {
        let text = |value: &DeValue<'_>| value.as_str().unwrap().to_owned();
        let texts = |value: &DeValue<'_>| match value {
            DeValue::Array(texts) => texts.iter().map(|it| text(it.get_ref())).collect(),
            value => vec![text(value)],
        };
        let of = |value: &DeValue<'_>| match value {
            DeValue::Boolean(on) => Value::Flag(*on),
            DeValue::String(text) => Value::Text(text.to_string()),
            DeValue::Array(_) => Value::List(texts(value)),
            DeValue::Table(table) => {
                let lines = table.iter().flat_map(|(name, value)| {
                    texts(value.get_ref()).into_iter().map(|value| (name.get_ref().to_string(), value))
                });
                Value::Table(lines.collect())
            }
            other => panic!("{other:?}"),
        };
        table.iter().map(|(name, value)| (name.get_ref().to_string(), of(value.get_ref()))).collect()
    }

    /// The same of what was to be written: sorted, a table that a name splits as a list.
    fn wanted(options: &[(String, Value)]) -> Vec<(String, Value)> {
        let sorted = |name: &str, value: &Value| match value {
            Value::Table(entries) if grouped(entries, name == "properties").is_some() => {
                let mut entries = entries.clone();
                entries.sort_unstable_by(|one, other| one.0.cmp(&other.0));
                Value::Table(entries)
            }
            Value::Table(entries) => {
                Value::List(entries.iter().map(|(name, value)| format!("{name}={value}")).collect())
            }
            other => other.clone(),
        };
        let mut all: Vec<_> = options.iter().map(|(name, value)| (name.clone(), sorted(name, value))).collect();
        all.sort_unstable_by(|one, other| one.0.cmp(&other.0));
        all
    }

    fn value() -> impl Strategy<Value = Value> {
        let pairs = || proptest::collection::vec((any::<String>(), any::<String>()), 0..4);
        let few_names = proptest::collection::vec(("[ab]", any::<String>()), 0..5);
        prop_oneof![
            any::<bool>().prop_map(Value::Flag),
            any::<String>().prop_map(Value::Text),
            "[a-z'\"\\\\ ]{0,150}".prop_map(Value::Text),
            proptest::collection::vec(any::<String>(), 0..5).prop_map(Value::List),
            pairs().prop_map(Value::Table),
            few_names.prop_map(Value::Table),
        ]
    }

    fn options() -> impl Strategy<Value = Vec<(String, Value)>> {
        // Each key once, and none that is the command's.
        let any = any::<String>().prop_filter("a key of its own", |key| key != "command");
        let key = prop_oneof![4 => any, 1 => Just("properties".to_owned())];
        proptest::collection::btree_map(key, value(), 0..4).prop_map(|options| options.into_iter().collect())
    }

    fn manifest() -> impl Strategy<Value = Manifest> {
        let remarks = || proptest::collection::vec(any::<String>(), 0..3);
        let words = proptest::collection::vec(any::<String>(), 0..5);
        let entry = (remarks(), words, options());
        let entries = proptest::collection::btree_map(any::<String>(), entry, 0..4);
        (remarks(), options(), entries).prop_map(|(head, defaults, entries)| {
            let entry = |(name, (remarks, command, options))| Entry { name, remarks, command, options };
            Manifest { head, defaults, services: entries.into_iter().map(entry).collect() }
        })
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_the_same(manifest in manifest()) {
            let text = write(&manifest);
            let document = DeTable::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}")).into_inner();
            let table = |name: &str| document.get(name).map(|it| it.get_ref().as_table().unwrap().clone());
            prop_assert_eq!(found(&table("defaults").unwrap_or_default()), wanted(&manifest.defaults));
            let services = table("services").unwrap();
            prop_assert_eq!(services.len(), manifest.services.len());
            for entry in &manifest.services {
                let command = ("command".to_owned(), Value::List(entry.command.clone()));
                let options: Vec<_> = entry.options.iter().cloned().chain([command]).collect();
                let service = services.get(entry.name.as_str()).unwrap().get_ref().as_table().unwrap();
                prop_assert_eq!(found(service), wanted(&options), "{}", text);
            }
            prop_assert!(text.chars().all(|c| c == '\n' || shell::is_printable(c)), "{:?}", text);
        }
    }

    #[test]
    fn it_reads_well() {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let pairs = |pairs: &[(&str, &str)]| {
            Value::Table(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
        };
        let manifest = Manifest {
            head: owned(&["made from Procfile", "", "look \u{1b}[31m at it"]),
            defaults: vec![("restart".into(), Value::Text("always".into()))],
            services: vec![
                Entry {
                    name: "web".into(),
                    remarks: owned(&["two\nlines"]),
                    command: owned(&["gunicorn", "app:app", "--bind", ":8000"]),
                    options: vec![
                        ("setenv".into(), pairs(&[("PORT", "8000"), ("A B", r#"C:\x "y""#)])),
                        ("no-enable".into(), Value::Flag(true)),
                    ],
                },
                Entry {
                    name: "getty@tty1".into(),
                    command: owned(&["/bin/sh", "-c", "echo 'a' \"b\"\n"]),
                    options: vec![
                        ("properties".into(), pairs(&[("Unit.After", "a.service"), ("Unit.After", "b.service")])),
                        ("after".into(), Value::List(owned(&["a", "b"]))),
                        ("property".into(), pairs(&[("A", "1"), ("B", "2"), ("A", "")])),
                        ("environment-file".into(), Value::List(vec!["x".repeat(60), "y".repeat(60)])),
                    ],
                    ..Entry::default()
                },
            ],
        };
        let (x, y) = ("x".repeat(60), "y".repeat(60));
        let expected = format!(
            r##"# made from Procfile
#
# look \u{{1b}}[31m at it

[defaults]
restart = "always"

# two
# lines
[services.web]
command = ["gunicorn", "app:app", "--bind", ":8000"]
setenv = {{ PORT = "8000", "A B" = 'C:\x "y"' }}
no-enable = true

[services."getty@tty1"]
command = ["/bin/sh", "-c", "echo 'a' \"b\"\n"]
after = ["a", "b"]
property = ["A=1", "B=2", "A="]
environment-file = [
    "{x}",
    "{y}",
]

[services."getty@tty1".properties]
"Unit.After" = ["a.service", "b.service"]
"##
        );
        assert_eq!(write(&manifest), expected);
        assert_eq!(write(&Manifest::default()), "[services]\n");
    }
}

//! The JSON Schema of a file of services (draft 2020-12), for editors: from the same keys by which it is read.

use serde_json::{Map, Value, json};

use super::given::takes_no;
use super::keys::{COMMAND, Home, Key, Keys, Shape};
use crate::spec::INSTANCES_MAX;

/// The schema, as it is printed.
pub fn text() -> String {
    format!("{:#}\n", schema())
}

fn schema() -> Value {
    let keys = Keys::of_add();
    let mut service = options(&keys, false);
    service.insert(COMMAND.into(), command());
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "mkservice.toml",
        "description": "Services for mkservice apply. Relative paths start at the directory of the file.",
        "type": "object",
        "additionalProperties": false,
        "required": ["services"],
        "properties": {
            "$schema": { "description": "The address of this schema, for editors.", "type": "string" },
            "name": {
                "description": "Identifies the file on a machine, wherever it is [default: its path].",
                "type": "string",
                // See `ManifestId`.
                "pattern": "^[A-Za-z0-9][A-Za-z0-9_.-]*$",
            },
            "defaults": {
                "description": "Defaults of all services; variables and directives are merged by name.",
                "type": "object",
                "additionalProperties": false,
                "properties": options(&keys, true),
            },
            "services": {
                "description": "The services by name.",
                "type": "object",
                // See `UnitName`; what systemd needs for itself is refused as well.
                "propertyNames": { "pattern": r"^[A-Za-z0-9:_\\][A-Za-z0-9:_.\\-]*$" },
                "additionalProperties": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": [COMMAND],
                    "properties": service,
                },
            },
        },
    })
}

/// The keys that services have in common with their defaults.
fn options(keys: &Keys, of_defaults: bool) -> Map<String, Value> {
    let option = |(name, key): (&str, &Key)| (name.to_owned(), described(of_key(key, of_defaults), &key.about));
    keys.in_file().filter(|(_, key)| key.home == Home::Service).map(option).collect()
}

fn command() -> Value {
    let of_words = json!({ "type": "array", "minItems": 1, "items": { "type": "string" } });
    let about = "The program and its arguments: a list, or a string that is split into words as by a shell; no shell \
                 runs it";
    described(any(vec![of_words, json!({ "type": "string", "minLength": 1 })]), about)
}

fn described(mut schema: Value, about: &str) -> Value {
    schema["description"] = about.into();
    schema
}

fn any(mut all: Vec<Value>) -> Value {
    if all.len() == 1 { all.remove(0) } else { json!({ "anyOf": all }) }
}

/// What a key takes.
fn of_key(key: &Key, of_defaults: bool) -> Value {
    let one = || match key.possible.as_slice() {
        [] if key.takes_number => json!({ "type": ["string", "number"] }),
        [] => json!({ "type": "string" }),
        possible => json!({ "enum": possible }),
    };
    // What the defaults say can be taken back, unless that could be read as a value.
    let taken_back = (!of_defaults && !takes_no(key)).then(|| json!({ "const": false }));
    let scalar = || json!({ "type": ["string", "number", "boolean"] });
    let words = || json!({ "type": "array", "items": { "type": "string", "minLength": 1 } });
    let names = || json!({ "pattern": "^[^=]+$" });
    let table = |values: Value| json!({ "type": "object", "propertyNames": names(), "additionalProperties": values });
    match key.shape {
        Shape::Flag => json!({ "type": "boolean" }),
        Shape::One => any(std::iter::once(one()).chain(taken_back).collect()),
        Shape::Several => {
            let list = json!({ "type": "array", "items": one() });
            any([one(), list].into_iter().chain(taken_back).collect())
        }
        Shape::Names => {
            let number = json!({ "type": "integer", "minimum": 1, "maximum": INSTANCES_MAX });
            let names = json!({ "type": "array", "minItems": 1, "items": { "type": ["string", "integer"] } });
            any([number, json!({ "type": "string" }), names].into_iter().chain(taken_back).collect())
        }
        Shape::Variables => any(vec![table(scalar()), words(), json!({ "type": "string", "minLength": 1 })]),
        Shape::Directives => {
            let lines = || json!({ "type": "array", "items": scalar() });
            let of_section = table(any(vec![scalar(), lines()]));
            let values = any(vec![scalar(), lines(), of_section]);
            any(vec![table(values), words(), json!({ "type": "string", "minLength": 1 })])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use toml::de::{DeTable, DeValue};

    /// What a reader of JSON Schema says of a value, as far as ours goes.
    fn fits(schema: &Value, value: &Value) -> bool {
        let object = schema.as_object().unwrap();
        let list = |of: &Value| of.as_array().cloned().unwrap_or_else(|| vec![of.clone()]);
        let is = |kind: &Value| match kind.as_str().unwrap() {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "boolean" => value.is_boolean(),
            "number" => value.is_number(),
            "integer" => value.is_u64() || value.is_i64(),
            other => panic!("{other}"),
        };
        let number = |of: &Value| of.as_f64().unwrap();
        let is_name = |name: &str, pattern: &str| match pattern {
            "^[^=]+$" => !name.is_empty() && !name.contains('='),
            _ => crate::spec::UnitName::parse(name).is_ok(),
        };
        object.iter().all(|(word, rule)| match (word.as_str(), value) {
            ("description" | "title" | "$schema", _) => true,
            ("type", _) => list(rule).iter().any(is),
            ("enum", _) => rule.as_array().unwrap().contains(value),
            ("const", _) => rule == value,
            ("anyOf", _) => rule.as_array().unwrap().iter().any(|one| fits(one, value)),
            ("pattern", Value::String(name)) => {
                rule.as_str() != Some("^[A-Za-z0-9][A-Za-z0-9_.-]*$") || crate::spec::ManifestId::named(name).is_ok()
            }
            ("pattern", _) => true,
            ("minLength", Value::String(text)) => text.chars().count() as f64 >= number(rule),
            ("minItems", Value::Array(items)) => items.len() as f64 >= number(rule),
            ("minimum", Value::Number(_)) => number(value) >= number(rule),
            ("maximum", Value::Number(_)) => number(value) <= number(rule),
            ("items", Value::Array(items)) => items.iter().all(|item| fits(rule, item)),
            ("required", Value::Object(keys)) => {
                rule.as_array().unwrap().iter().all(|key| keys.contains_key(key.as_str().unwrap()))
            }
            ("propertyNames", Value::Object(keys)) => {
                keys.keys().all(|key| is_name(key, rule["pattern"].as_str().unwrap()))
            }
            ("properties", Value::Object(keys)) => {
                keys.iter().all(|(key, value)| rule.get(key).is_none_or(|rule| fits(rule, value)))
            }
            ("additionalProperties", Value::Object(keys)) => {
                let known = object.get("properties").and_then(Value::as_object);
                let mut others = keys.iter().filter(|(key, _)| known.is_none_or(|known| !known.contains_key(*key)));
                others.all(|(_, value)| if rule.is_object() { fits(rule, value) } else { *rule == Value::Bool(true) })
            }
            (
                "minLength" | "minItems" | "minimum" | "maximum" | "items" | "required" | "propertyNames"
                | "properties",
                _,
            ) => true,
            ("additionalProperties", _) => true,
            (other, _) => panic!("{other}"),
        })
    }

    fn as_json(value: &DeValue<'_>) -> Value {
        match value {
            DeValue::String(text) => text.as_ref().into(),
            DeValue::Integer(number) => number.as_str().parse::<i64>().unwrap().into(),
            DeValue::Float(number) => number.as_str().parse::<f64>().unwrap().into(),
            DeValue::Boolean(on) => (*on).into(),
            DeValue::Array(list) => list.iter().map(|it| as_json(it.get_ref())).collect(),
            DeValue::Table(table) => table_as_json(table),
            other => panic!("{other:?}"),
        }
    }

    fn table_as_json(table: &DeTable<'_>) -> Value {
        let entries = table.iter().map(|(key, value)| (key.get_ref().to_string(), as_json(value.get_ref())));
        Value::Object(entries.collect())
    }

    /// Whether the schema takes a file, and whether the reader does.
    fn both(schema: &Value, text: &str) -> (bool, bool) {
        let document = DeTable::parse(text).unwrap();
        let read = crate::manifest::read(text.as_bytes(), "f");
        (fits(schema, &table_as_json(document.get_ref())), read.is_ok())
    }

    #[test]
    fn it_takes_what_the_reader_takes_and_nothing_else() {
        let values = [
            "true",
            "false",
            "'x'",
            "'no'",
            "'strict'",
            "'exec'",
            "''",
            "5",
            "1.5",
            "['x', 'y']",
            "[5]",
            "[true]",
            "[]",
            "{}",
            "{ A = '1' }",
            "{ A = 1 }",
            "{ A = true }",
            "{ A = ['1', 2] }",
            "{ A = { B = 1 } }",
            "{ A = { B = { C = 1 } } }",
            "{ A = [['1']] }",
            "{ 'A=' = 1 }",
        ];
        let (schema, keys) = (schema(), Keys::of_add());
        // One key of each kind, and some that are not keys.
        let mut kinds: Vec<(Shape, bool, bool)> = Vec::new();
        let mut names = vec![COMMAND, "name", "user", "restarts", "properties"];
        for (name, key) in keys.in_file() {
            assert!(schema["properties"]["defaults"]["properties"][name]["description"].is_string(), "{name}");
            let kind = (key.shape, takes_no(key), key.takes_number || key.possible.is_empty());
            if !kinds.contains(&kind) {
                kinds.push(kind);
                names.push(name);
            }
        }
        for name in &names {
            for value in values {
                let of_service = match *name {
                    COMMAND => format!("[services.a]\ncommand = {value}"),
                    name => format!("[services.a]\ncommand = ['x']\n{name} = {value}"),
                };
                let of_defaults = format!("[defaults]\n{name} = {value}\n[services.a]\ncommand = 'x'");
                for text in [of_service, of_defaults] {
                    let (fits, is_read) = both(&schema, &text);
                    // What an empty word would be, and whether there is a default to take back, is not for both to see.
                    let seen_once = value == "''" || (fits && matches!(value, "false" | "['x', 'y']"));
                    assert!(fits == is_read || seen_once, "{text}\nschema: {fits}, reader: {is_read}");
                }
            }
        }
        let named = |name: &str| format!("name = {name}\n[services.a]\ncommand = 'x'");
        for text in ["'a-1'", "''", "'/x'", "1"].map(named) {
            let (fits, is_read) = both(&schema, &text);
            assert_eq!(fits, is_read, "{text}");
        }
        for text in ["", "[service.a]", "[services.a]", "[services]", "services = 1", "[services.'a b']\ncommand = 'x'"]
        {
            let (fits, is_read) = both(&schema, text);
            assert_eq!(fits, is_read, "{text}");
        }
    }
}

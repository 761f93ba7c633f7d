//! What stands in a file of services where it cannot be, and what was meant.

use toml::de::DeValue;

use super::keys::{COMMAND, Home, Key, Keys, Shape};
use super::write::{key as written_key, string};
use crate::shell::{self, NotWords, Special};
use crate::systemd::directives;

/// What is wrong, and what to do about it.
pub type Refusal = (String, Vec<String>);

/// The top of a file holds `[defaults]` and `[services]`, and nothing else.
pub fn at_top(name: &str, value: &DeValue<'_>, keys: &Keys) -> Refusal {
    let what = format!("{} is neither `defaults` nor `services`", string(name));
    let is_key = keys.find(name).is_some() || name == COMMAND;
    let likeness = |known: &&str| strsim::jaro_winkler(&name.to_ascii_lowercase(), known);
    let near = ["defaults", "services"].into_iter().filter(|known| likeness(known) > 0.85);
    let near = near.max_by(|one, other| likeness(one).total_cmp(&likeness(other)));
    let hint = match (near, value) {
        (Some(near), _) => format!("did you mean `{near}`?"),
        (None, _) if is_key => "it belongs into the table of a service, [services.NAME], or into [defaults]".into(),
        (None, DeValue::Table(_)) => format!("a service is [services.{}]", written_key(name)),
        (None, _) => "services stand in tables: [services.NAME]".into(),
    };
    (what, vec![hint])
}

/// A key that no service has.
pub fn in_service(name: &str, value: &DeValue<'_>, of_defaults: bool, keys: &Keys) -> Refusal {
    let whose = if of_defaults { "[defaults]" } else { "a service" };
    let what = format!("{} is not a key of {whose}", string(name));
    let is_table = matches!(value, DeValue::Table(_));
    let hint = match (keys.nearest(name), name.strip_prefix("--").and_then(|name| keys.find(name))) {
        (_, Some((_, key))) => format!("without the dashes: `{}`", key.name),
        (Some(COMMAND), _) if of_defaults => "the command stands with each service: [services.NAME]".into(),
        (Some(near), _) => format!("did you mean `{near}`?"),
        (None, _) if directives::usual(name).is_some() => {
            format!("a directive of systemd: properties = {{ {name} = … }}")
        }
        (None, _) if is_table && !of_defaults => {
            "a name with a dot in it stands in quotes: [services.\"my.name\"]".into()
        }
        (None, _) => "mkservice apply --schema tells all keys; they are the options of `mkservice --help`".into(),
    };
    (what, vec![hint])
}

/// An option that is given elsewhere.
pub fn elsewhere(key: &Key, value: &DeValue<'_>) -> Refusal {
    let name = &key.name;
    if key.home == Home::Head {
        let hint = match value {
            DeValue::String(text) => format!("[services.{}]", written_key(text)),
            _ => "[services.NAME]".into(),
        };
        return ("the name of a service is that of its table".into(), vec![hint]);
    }
    let what = format!("`{name}` belongs on the command line: it holds for all services of the file");
    let account = name == "user" && matches!(value, DeValue::String(_));
    let meant = account.then(|| "use `uid` for the user that a service runs as".to_owned());
    let value = match value {
        DeValue::String(text) if key.shape != Shape::Flag => format!(" {}", shell::quote(text.as_ref())),
        _ => String::new(),
    };
    (what, meant.into_iter().chain([format!("mkservice apply --{name}{value}")]).collect())
}

/// A valid name that is similar to an invalid one.
pub fn name_hint(name: &str) -> Option<String> {
    let instance = name.split_once('@').filter(|(service, _)| !service.is_empty());
    if let Some((service, _)) = instance {
        return Some(format!("several of one kind are instances: [services.{}], instances = 2", written_key(service)));
    }
    let near: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || ":_.-".contains(c) { c } else { '-' })
        .collect::<String>()
        .trim_matches(['-', '.'])
        .to_owned();
    let is_one = near != name && crate::spec::UnitName::parse(&near).is_ok();
    is_one.then(|| format!("[services.{}]", written_key(&near)))
}

/// A command that takes a shell.
pub fn for_a_shell(text: &str, special: &NotWords) -> Refusal {
    let what = format!("`command` {}, and no shell runs it", special.what);
    let by_shell = format!("command = [\"/bin/sh\", \"-c\", {}]", string(text));
    let hints = match special.what {
        Special::Unclosed(_) | Special::TrailingBackslash => {
            vec!["as a list every word stands in quotes of its own: command = [\"PROGRAM\", \"ARGUMENT\"]".to_owned()]
        }
        Special::Assignment => {
            vec!["variables: setenv = { NAME = \"VALUE\" }".to_owned(), format!("or have a shell run it: {by_shell}")]
        }
        Special::LineBreak => vec![format!("have a shell run it: {by_shell}")],
        _ => vec![
            "if it is meant as it is, as a list: command = [\"PROGRAM\", \"ARGUMENT\"]".to_owned(),
            format!("if a shell shall run it: {by_shell}"),
        ],
    };
    (what, hints)
}

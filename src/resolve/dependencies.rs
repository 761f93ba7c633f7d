//! The options that tie a service to other units: `--after`, `--requires`, `--wants`, `--part-of`.

use super::failure;
use crate::cli::Needs;
use crate::error::{Error, Result};
use crate::shell;
use crate::spec::{Dependencies, OtherUnit, OtherUnitError, UnitName};

/// The units that a service depends on. What it requires it is also ordered after.
pub fn dependencies(typed: &Needs, name: &UnitName, reasons: &mut Vec<String>) -> Result<Dependencies> {
    let mut after = units("--after", "After", &typed.after)?;
    let requires = units("--requires", "Requires", &typed.requires)?;
    let wants = units("--wants", "Wants", &typed.wants)?;
    let part_of = units("--part-of", "PartOf", &typed.part_of)?;
    for unit in &requires {
        if !after.contains(unit) {
            reasons.push(format!("After={unit}, because what it requires has to be there before it starts"));
            after.push(unit.clone());
        }
    }
    let on_failure = failure::units(&typed.notify_failure)?;
    let dependencies = Dependencies { after, requires, wants, part_of, on_failure };
    match dependencies.of_itself(name) {
        Some(directive) => {
            let why = "is the service itself, which cannot depend on itself".into();
            Err(Error::Value { what: format!("{} {}", option(directive), name.unit()), why, hint: None })
        }
        None => Ok(dependencies),
    }
}

/// The option that a directive is written for.
pub fn option(directive: &str) -> &'static str {
    match directive {
        "Requires" => "--requires",
        "Wants" => "--wants",
        "PartOf" => "--part-of",
        "OnFailure" => "--notify-failure",
        _ => "--after",
    }
}

fn units(option: &str, directive: &str, typed: &[String]) -> Result<Vec<OtherUnit>> {
    let mut units = Vec::new();
    for text in typed {
        let unit = unit(option, directive, text)?;
        if !units.contains(&unit) {
            units.push(unit);
        }
    }
    Ok(units)
}

/// Reads the value of an option that names a unit.
pub fn unit(option: &str, directive: &str, text: &str) -> Result<OtherUnit> {
    OtherUnit::parse(text).map_err(|why| {
        let hint = match why {
            OtherUnitError::RelativePath => {
                let path = text.trim_start_matches("./");
                Some(format!("a path has to be whole: {option} \"$PWD\"/{}", shell::quote(path)))
            }
            OtherUnitError::Template => {
                let at = text.find('@').map_or(text.len(), |at| at + 1);
                let (front, behind) = text.split_at(at);
                Some(format!("{option} {front}NAME{behind}"))
            }
            // There it means what systemd.unit(5) says.
            OtherUnitError::Specifier => {
                Some(format!("as in a unit file: -p {}", shell::quote(format!("{directive}={text}"))))
            }
            _ => None,
        };
        Error::Value { what: format!("{option}: `{}`", shell::printable(text)), why: why.to_string(), hint }
    })
}

//! The options for dependencies on other units: `--after`, `--requires`, `--wants`, and `--part-of`.

use super::failure;
use crate::cli::DependencyOptions;
use crate::model::diagnostic::{Error, Result, Subject};
use crate::model::message::{Message, message, opt, quoted, set, shell_word};
use crate::spec::{Dependencies, OtherUnit, OtherUnitError, Scope, ServiceSpec, UnitName};

/// Why a service does not wait for the network.
pub fn reason(spec: &ServiceSpec) -> Option<Message> {
    let early = spec.scope == Scope::System && !spec.waits_for_network();
    early.then(|| {
        message!(
            "no After=network-online.target, because the service starts early, or the network waits for it \
             (DefaultDependencies=, Before=, WantedBy=)"
        )
    })
}

/// The units that a service depends on. It is also ordered after the units that it requires.
pub fn dependencies(typed: &DependencyOptions, name: &UnitName, reasons: &mut Vec<Message>) -> Result<Dependencies> {
    let mut after = units("after", "After", &typed.after)?;
    let requires = units("requires", "Requires", &typed.requires)?;
    let wants = units("wants", "Wants", &typed.wants)?;
    let part_of = units("part-of", "PartOf", &typed.part_of)?;
    for unit in &requires {
        if !after.contains(unit) {
            reasons.push(message!("After={}, because what it requires must be running before it starts", unit));
            after.push(unit.clone());
        }
    }
    let on_failure = failure::units(&typed.notify_failure)?;
    let dependencies = Dependencies { after, requires, wants, part_of, on_failure };
    match dependencies.of_itself(name) {
        Some(directive) => {
            let option = option_of(directive);
            let message = message!("{} {}: a service cannot depend on itself", opt(option), name.unit());
            Err(Error::invalid(message).about_option(option))
        }
        None => Ok(dependencies),
    }
}

/// The option for a directive.
pub fn option_of(directive: &str) -> &'static str {
    match directive {
        "Requires" => "requires",
        "Wants" => "wants",
        "PartOf" => "part-of",
        "OnFailure" => "notify-failure",
        _ => "after",
    }
}

fn units(option: &'static str, directive: &str, typed: &[String]) -> Result<Vec<OtherUnit>> {
    let mut units = Vec::new();
    for (index, text) in typed.iter().enumerate() {
        let unit = unit(option, directive, text).map_err(|error| error.about(Subject::value(option, index)))?;
        if !units.contains(&unit) {
            units.push(unit);
        }
    }
    Ok(units)
}

/// Parses the value of an option that names a unit.
pub fn unit(option: &'static str, directive: &str, text: &str) -> Result<OtherUnit> {
    OtherUnit::parse(text).map_err(|why| {
        let hint = match why {
            OtherUnitError::RelativePath => {
                let path = text.trim_start_matches("./");
                Some(message!("give an absolute path: {} \"$PWD\"/{}", opt(option), shell_word(path)))
            }
            OtherUnitError::Template => {
                let at = text.find('@').map_or(text.len(), |at| at + 1);
                let (front, behind) = text.split_at(at);
                Some(message!("{}", set(option, format!("{front}NAME{behind}"))))
            }
            // The directive itself means what systemd.unit(5) says.
            OtherUnitError::Specifier => {
                Some(message!("as in a unit file: {}", set("property", format!("{directive}={text}"))))
            }
            _ => None,
        };
        Error::invalid(message!("{}: {} {}", opt(option), quoted(text), why)).hints(hint)
    })
}

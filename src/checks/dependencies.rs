//! Whether systemd knows the units that a new service depends on: it silently ignores most unknown ones.

use crate::cli::Invocation;
use crate::host::{Host, tree};
use crate::manager::Manager;
use crate::model::command::mkservice;
use crate::model::diagnostic::{Error, Note, Result};
use crate::model::message::{Message, message, opt, quoted, set};
use crate::resolve::Resolved;
use crate::resolve::dependencies::option_of;
use crate::shell;
use crate::spec::{OtherUnit, Scope};

/// Notes about units that a service names and systemd does not know or cannot start. `others` are installed together
/// with it.
pub async fn doubts(
    resolved: &Resolved,
    others: &[String],
    manager: Option<&Manager>,
    host: &Host,
    invocation: &Invocation,
) -> Result<Vec<Note>> {
    let (spec, install) = (&resolved.spec, &resolved.install);
    let Some(manager) = manager else { return Ok(Vec::new()) };
    let mut warnings = Vec::new();
    let mut told: Vec<&OtherUnit> = Vec::new();
    for (directive, units) in spec.dependencies.lists() {
        let is_new = |unit: &&OtherUnit| !told.contains(unit) && !others.iter().any(|other| other == unit.as_str());
        for unit in units.iter().filter(is_new).collect::<Vec<_>>() {
            let Some(why) = problem(unit, spec.scope, manager, host).await? else { continue };
            told.push(unit);
            let option = option_of(directive);
            let (what, hint) = (set(option, unit.as_str()), hint(unit, &why, manager, invocation).await?);
            let why = why.words(spec.scope);
            if directive == "Requires" && install.start && !install.changing.force {
                let error = Error::invalid(message!("{}: {}, so the service could not start", what, why));
                let error = error.about_option(option).hints(hint);
                return Err(error.hint(message!("use {} to install it anyway", opt("force"))));
            }
            let message = message!("{}: {}; {}", what, why, without(directive));
            warnings.push(Note { message, hints: hint.into_iter().collect() });
        }
    }
    Ok(warnings)
}

enum Problem {
    /// systemd does not know it.
    Unknown,
    /// The user manager does not know it, but the system manager does.
    OfMachine,
    Masked,
    /// It cannot be loaded, for this reason.
    Broken(String),
}

impl Problem {
    fn words(&self, scope: Scope) -> String {
        match self {
            Problem::Unknown => format!("the {scope} manager does not have this unit"),
            Problem::OfMachine => "it is a system unit, which a user manager does not have".into(),
            Problem::Masked => "it is masked and cannot be started".into(),
            Problem::Broken(why) => format!("systemd cannot load it: {}", shell::printable(why)),
        }
    }
}

/// The consequence.
fn without(directive: &str) -> &'static str {
    match directive {
        "Requires" => "the service does not start until this is fixed",
        "Wants" => "nothing is started for it",
        "OnFailure" => "failures would not be reported",
        "PartOf" => "the service is not stopped or restarted with it",
        _ => "there is nothing to wait for",
    }
}

async fn problem(unit: &OtherUnit, scope: Scope, manager: &Manager, host: &Host) -> Result<Option<Problem>> {
    let state = manager.unit(unit.as_str()).await?;
    Ok(match state.load.as_str() {
        "loaded" => None,
        "masked" => Some(Problem::Masked),
        "not-found" if scope == Scope::User && is_of_machine(unit, host) => Some(Problem::OfMachine),
        "not-found" => Some(Problem::Unknown),
        _ => Some(Problem::Broken(state.load_error)),
    })
}

fn is_of_machine(unit: &OtherUnit, host: &Host) -> bool {
    let names = [unit.as_str().to_owned(), unit.file()];
    let dirs = host.unit_search_path(Scope::System);
    dirs.iter().any(|dir| names.iter().any(|name| tree::symlink_metadata(dir.join(name)).is_ok()))
}

async fn hint(unit: &OtherUnit, why: &Problem, manager: &Manager, invocation: &Invocation) -> Result<Option<Message>> {
    Ok(match why {
        Problem::OfMachine => {
            Some(message!("create a system service: {}", mkservice(invocation.in_system_scope().arguments())))
        }
        Problem::Unknown => {
            let known = manager.unit_names().await?;
            nearest(unit.as_str(), &known).map(|name| message!("did you mean {}?", quoted(name)))
        }
        Problem::Masked | Problem::Broken(_) => None,
    })
}

/// The name in `known` that was probably meant.
fn nearest<'a>(unit: &str, known: &'a [String]) -> Option<&'a str> {
    // Below this, names have little in common.
    const ALIKE: f64 = 0.88;
    let (stem, suffix) = unit.rsplit_once('.')?;
    let likeness = |name: &&String| match name.rsplit_once('.') {
        Some((other, same)) if same == suffix => strsim::jaro_winkler(other, stem),
        // An unknown suffix was taken as part of the name.
        _ if suffix == "service" && stem.contains('.') => strsim::jaro_winkler(name, stem),
        _ => 0.0,
    };
    let nearest = known.iter().max_by(|one, other| likeness(one).total_cmp(&likeness(other)))?;
    (likeness(&nearest) >= ALIKE).then_some(nearest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_have_been_meant_is_of_the_same_kind() {
        let known = ["basic.target", "postgresql.service", "a.service", "web.socket"].map(str::to_owned);
        for (unit, meant) in [
            ("postgres.service", Some("postgresql.service")),
            ("basic.targte.service", Some("basic.target")),
            ("c.service", None),
            ("web.service", None),
        ] {
            assert_eq!(nearest(unit, &known), meant, "{unit}");
        }
    }
}

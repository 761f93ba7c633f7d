//! Whether the units that a new service depends on are known to its manager: systemd passes over most of those
//! that are not without a word.

use crate::error::{Error, Result};
use crate::host::{Host, tree};
use crate::manager::Manager;
use crate::resolve::Resolved;
use crate::resolve::dependencies::option;
use crate::session::context::Context;
use crate::shell;
use crate::spec::{OtherUnit, Scope};

/// What to know of the units that a service names and its manager does not know, or cannot start. `others` are
/// installed with it.
pub async fn doubts(
    resolved: &Resolved,
    others: &[String],
    manager: Option<&Manager>,
    context: &Context<'_>,
) -> Result<Vec<String>> {
    let (spec, manner) = (&resolved.spec, &resolved.manner);
    let Some(manager) = manager else { return Ok(Vec::new()) };
    let mut warnings = Vec::new();
    let mut told: Vec<&OtherUnit> = Vec::new();
    for (directive, units) in spec.dependencies.lists() {
        let is_new = |unit: &&OtherUnit| !told.contains(unit) && !others.iter().any(|other| other == unit.as_str());
        for unit in units.iter().filter(is_new).collect::<Vec<_>>() {
            let Some(why) = trouble(unit, spec.scope, manager, context.host).await? else { continue };
            told.push(unit);
            let (what, hint) = (format!("{} {unit}", option(directive)), hint(unit, &why, manager, context).await?);
            if directive == "Requires" && manner.start && !manner.changing.force {
                let force = "--force installs it all the same".to_owned();
                let hint = hint.map_or(force.clone(), |hint| format!("{hint}\n{force}"));
                let why = format!("{}, so it could not start", why.words(spec.scope));
                return Err(Error::Value { what: format!("{what}:"), why, hint: Some(hint) });
            }
            let hint = hint.map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
            warnings.push(format!("{what}: {}; {}{hint}", why.words(spec.scope), without(directive)));
        }
    }
    Ok(warnings.iter().map(|warning| context.host.fit(warning)).collect())
}

/// What is wrong with a unit.
enum Trouble {
    /// The manager knows none of that name.
    Unknown,
    /// A user's manager does not, and the machine's does.
    OfMachine,
    /// It is masked.
    Masked,
    /// It cannot be loaded, and why.
    Broken(String),
}

impl Trouble {
    fn words(&self, scope: Scope) -> String {
        match self {
            Trouble::Unknown => format!("the {scope} manager knows no unit of that name"),
            Trouble::OfMachine => "it is the machine's, and a user's manager does not know the machine's units".into(),
            Trouble::Masked => "it is masked, and cannot be started".into(),
            Trouble::Broken(why) => format!("systemd cannot load it: {}", shell::printable(why)),
        }
    }
}

/// What comes of it.
fn without(directive: &str) -> &'static str {
    match directive {
        "Requires" => "until that is mended, the service does not start",
        "Wants" => "nothing is started for it",
        "OnFailure" => "nobody would be told",
        "PartOf" => "nothing stops or restarts the service with it",
        _ => "there is nothing to wait for",
    }
}

async fn trouble(unit: &OtherUnit, scope: Scope, manager: &Manager, host: &Host) -> Result<Option<Trouble>> {
    let state = manager.unit(unit.as_str()).await?;
    Ok(match state.load.as_str() {
        "loaded" => None,
        "masked" => Some(Trouble::Masked),
        "not-found" if scope == Scope::User && is_of_machine(unit, host) => Some(Trouble::OfMachine),
        "not-found" => Some(Trouble::Unknown),
        _ => Some(Trouble::Broken(state.load_error)),
    })
}

fn is_of_machine(unit: &OtherUnit, host: &Host) -> bool {
    let names = [unit.as_str().to_owned(), unit.file()];
    let folders = host.unit_search_path(Scope::System);
    folders.iter().any(|folder| names.iter().any(|name| tree::symlink_metadata(folder.join(name)).is_ok()))
}

async fn hint(unit: &OtherUnit, why: &Trouble, manager: &Manager, context: &Context<'_>) -> Result<Option<String>> {
    Ok(match why {
        Trouble::OfMachine => {
            let again = context.invocation.in_system_scope();
            Some(format!("a service of the machine can wait for it: {}", again.line()))
        }
        Trouble::Unknown => {
            let known = manager.unit_names().await?;
            nearest(unit.as_str(), &known).map(|name| format!("did you mean {name}?"))
        }
        Trouble::Masked | Trouble::Broken(_) => None,
    })
}

/// The name among `known` that may have been meant.
fn nearest<'a>(unit: &str, known: &'a [String]) -> Option<&'a str> {
    // Below this the names have little in common but letters.
    const ALIKE: f64 = 0.88;
    let (stem, suffix) = unit.rsplit_once('.')?;
    let likeness = |name: &&String| match name.rsplit_once('.') {
        Some((other, same)) if same == suffix => strsim::jaro_winkler(other, stem),
        // What looked like another suffix was taken for a part of the name.
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

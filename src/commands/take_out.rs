//! `mkservice remove NAME@INSTANCE…`

use crate::cli::Changing;
use crate::model::Verb;
use crate::model::diagnostic::Result;
use crate::output::report;
use crate::plan;
use crate::session::context::Context;
use crate::session::selection::{Depth, ScopeSession};
use crate::spec::UnitName;
use crate::state::service::Service;

/// The instances among some names by their services, and all other names. An instance of a service that is named itself
/// is removed with it.
pub async fn sorted(
    names: Vec<UnitName>,
    session: &ScopeSession,
    context: &Context<'_>,
) -> Result<(Vec<(UnitName, Vec<UnitName>)>, Vec<UnitName>)> {
    let mut groups: Vec<(UnitName, Vec<UnitName>)> = Vec::new();
    let (instances, mut others): (Vec<UnitName>, Vec<UnitName>) =
        names.into_iter().partition(|name| name.group().is_some());
    for service in session.read_all(&instances, Depth::Plan, context.host).await? {
        let name = service.name.clone();
        match name.group().filter(|_| service.is_instance()) {
            Some(group) if others.contains(&group) => {}
            Some(_) if !service.exists() => return Err(session.no_instance(&service)),
            Some(group) => match groups.iter_mut().find(|(of, _)| *of == group) {
                Some((_, all)) => all.push(name),
                None => groups.push((group, vec![name])),
            },
            None => others.push(name),
        }
    }
    Ok((groups, others))
}

pub async fn take_out(
    groups: &[(UnitName, Vec<UnitName>)],
    changing: &Changing,
    session: &ScopeSession,
    context: &Context<'_>,
) -> Result<u8> {
    let mut steps = Vec::new();
    let mut services: Vec<(Service, &[UnitName])> = Vec::new();
    for (group, removed) in groups {
        let service = session.own_one(group, Verb::Remove, false, context.host).await?;
        steps.extend(plan::take_out(&service, removed)?);
        services.push((service, removed));
    }
    if changing.only_shows() {
        return Ok(context.show(&steps, changing));
    }
    context.apply(&steps, session.manager.as_ref()).await?;
    for (service, removed) in services {
        let now = session.read(&service.name, context.host).await?;
        context.ui.say(report::instances_removed(&now, removed));
        session.report(&service.name, context).await?;
    }
    Ok(0)
}

//! `mkservice remove NAME@INSTANCE…`: instances of services that keep others.

use crate::cli::Changing;
use crate::error::Result;
use crate::model::Verb;
use crate::output::report;
use crate::plan;
use crate::session::context::Context;
use crate::session::selection::Ground;
use crate::spec::UnitName;
use crate::state::service::Service;

/// Those of the names that are instances of services of ours, by their services; and all others. An instance of a
/// service that is named itself goes with that.
pub async fn sorted(
    names: Vec<UnitName>,
    ground: &Ground,
    context: &Context<'_>,
) -> Result<(Vec<(UnitName, Vec<UnitName>)>, Vec<UnitName>)> {
    let mut groups: Vec<(UnitName, Vec<UnitName>)> = Vec::new();
    let mut others = Vec::new();
    for name in &names {
        let service = ground.look(name, context.host).await?;
        match name.group().filter(|_| service.is_instance()) {
            Some(group) if names.contains(&group) => {}
            Some(group) => {
                if !service.exists() {
                    return Err(ground.no_instance(&service));
                }
                match groups.iter_mut().find(|(of, _)| *of == group) {
                    Some((_, all)) => all.push(name.clone()),
                    None => groups.push((group, vec![name.clone()])),
                }
            }
            None => others.push(name.clone()),
        }
    }
    Ok((groups, others))
}

/// Takes instances out of their services.
pub async fn take_out(
    groups: &[(UnitName, Vec<UnitName>)],
    changing: &Changing,
    ground: &Ground,
    context: &Context<'_>,
) -> Result<u8> {
    let mut steps = Vec::new();
    let mut services: Vec<(Service, &[UnitName])> = Vec::new();
    for (group, doomed) in groups {
        let service = ground.own(std::slice::from_ref(group), Verb::Remove, false, context.host).await?.remove(0);
        steps.extend(plan::take_out(&service, doomed)?);
        services.push((service, doomed));
    }
    if changing.only_shows() {
        return Ok(context.show(&steps, changing));
    }
    context.apply(&steps, ground.manager.as_ref()).await?;
    for (service, doomed) in services {
        let now = ground.look(&service.name, context.host).await?;
        context.ui.say(&report::taken_out(&now, doomed));
        ground.tell(&service.name, context).await?;
    }
    Ok(0)
}

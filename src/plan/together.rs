//! Merges the plans of several services: steps of one kind are carried out together, and the order within each plan is
//! kept.

use std::collections::BTreeSet;

use super::Step;

/// The parts of each plan, in this order; any can be empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    /// Files and directories.
    Files,
    /// Links that enable.
    Enable,
    /// Units to stop before the reload.
    Stop,
    Reload,
    /// What follows the reload.
    Reloaded,
    Start,
}

const PARTS: [Part; 6] = [Part::Files, Part::Enable, Part::Stop, Part::Reload, Part::Reloaded, Part::Start];

/// Merges several plans into one with a single reload, and units enabled and started together.
pub fn together(plans: Vec<Vec<Step>>) -> Vec<Step> {
    if plans.len() < 2 {
        return plans.concat();
    }
    let plans: Vec<Vec<(Part, Step)>> = plans.into_iter().map(parts).collect();
    let of_part = |part: Part| -> Vec<Vec<Step>> {
        let of_plan = |plan: &Vec<(Part, Step)>| {
            plan.iter().filter(|(of, _)| *of == part).map(|(_, step)| step.clone()).collect()
        };
        plans.iter().map(of_plan).collect()
    };
    let mut steps = Vec::new();
    for part in PARTS {
        let of_plans = of_part(part);
        steps.extend(match part {
            Part::Reload => of_plans.into_iter().flatten().take(1).collect(),
            Part::Start => side_by_side(of_plans),
            _ => once(of_plans.concat()),
        });
    }
    steps
}

fn parts(plan: Vec<Step>) -> Vec<(Part, Step)> {
    let mut part = Part::Files;
    let mut of_step = |step: &Step| {
        let begins = match step {
            Step::Enable { .. } | Step::Link { .. } => Part::Enable,
            Step::Stop(_) if part == Part::Enable => Part::Stop,
            Step::Reload(_) | Step::ReloadLast(_) => Part::Reload,
            Step::Start(_) | Step::Restart { .. } => Part::Start,
            _ if part == Part::Reload => Part::Reloaded,
            _ => part,
        };
        part = part.max(begins);
        part
    };
    plan.into_iter().map(|step| (of_step(&step), step)).collect()
}

/// Removes duplicate steps. A directory that several plans would delete is deleted after its last file.
pub(super) fn once(mut steps: Vec<Step>) -> Vec<Step> {
    let mut lingers = false;
    steps.retain(|step| !matches!(step, Step::Linger { .. }) || !std::mem::replace(&mut lingers, true));
    let mut dirs = BTreeSet::new();
    steps.reverse();
    steps.retain(|step| if let Step::RemoveDir(path) = step { dirs.insert(path.clone()) } else { true });
    steps.reverse();
    steps
}

/// The first jobs of all plans, then their second ones, and so on.
fn side_by_side(plans: Vec<Vec<Step>>) -> Vec<Step> {
    let kind = |step: &Step| match step {
        Step::Start(unit) => (1, unit.ends_with(".service")),
        Step::Restart { unit, .. } => (2, unit.ends_with(".service")),
        _ => (0, false),
    };
    let mut rounds: Vec<Vec<Step>> = Vec::new();
    for plan in plans {
        for (round, alike) in plan.chunk_by(|one, other| kind(one) == kind(other)).enumerate() {
            match rounds.get_mut(round) {
                Some(steps) => steps.extend_from_slice(alike),
                None => rounds.push(alike.to_vec()),
            }
        }
    }
    rounds.iter_mut().for_each(|round| round.sort_by_key(kind));
    rounds.concat()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::spec::Scope;

    fn words(steps: &[Step]) -> Vec<String> {
        steps.iter().map(Step::to_string).collect()
    }

    fn new(name: &str) -> Vec<Step> {
        let unit = format!("{name}.service");
        vec![
            Step::RemoveFile(PathBuf::from(format!("/u/{unit}.old"))),
            Step::RemoveDir("/u/old.wants".into()),
            Step::Enable { unit: unit.clone(), links: Vec::new() },
            Step::Reload(Scope::User),
            Step::Linger { account: "me".into(), on: true },
            Step::ResetFailed(unit.clone()),
            Step::Start(unit),
        ]
    }

    #[test]
    fn one_plan_stays_as_it_is() {
        let plan = new("a");
        assert_eq!(together(vec![plan.clone()]), plan);
        assert_eq!(together(Vec::new()), []);
    }

    #[test]
    fn what_belongs_together_is_done_together() {
        let all = together(vec![new("a"), Vec::new(), new("b"), new("c")]);
        let expected = [
            "delete /u/a.service.old",
            "delete /u/b.service.old",
            "delete /u/c.service.old",
            "delete the directory /u/old.wants if it is empty",
            "enable a.service",
            "enable b.service",
            "enable c.service",
            "reload the user manager",
            "enable lingering for me, so that it starts at boot and survives logout",
            "reset the failure counter of a.service",
            "reset the failure counter of b.service",
            "reset the failure counter of c.service",
            "start a.service",
            "start b.service",
            "start c.service",
        ];
        assert_eq!(words(&all), expected);
    }

    #[test]
    fn what_starts_a_service_starts_before_it() {
        let timer = |name: &str| vec![Step::Start(format!("{name}.timer")), Step::Start(format!("{name}.service"))];
        let stop = vec![
            Step::Enable { unit: "s.socket".into(), links: Vec::new() },
            Step::Stop("s.socket".into()),
            Step::Reload(Scope::User),
            Step::Start("s.socket".into()),
            Step::restart("s.service"),
        ];
        let all = together(vec![timer("a"), vec![Step::restart("r.service")], timer("b"), stop]);
        let expected = [
            "enable s.socket",
            "stop s.socket",
            "reload the user manager",
            "start a.timer",
            "start b.timer",
            "start s.socket",
            "restart r.service",
            "start a.service",
            "start b.service",
            "restart s.service",
        ];
        assert_eq!(words(&all), expected);
    }
}

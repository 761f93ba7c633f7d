//! A start that does not have to wait for the reload: systemd reads an unknown unit when it is requested. The other
//! units are reloaded anyway, so that systemd knows which links enable the new one.

use super::Step;

/// Moves the start before the reload in a plan for `new`, a unit that systemd has never read, if nothing else waits for
/// the reload.
pub fn start_first(mut steps: Vec<Step>, new: &str) -> Vec<Step> {
    let Some(place) = steps.iter().position(|step| matches!(step, Step::Reload(_))) else { return steps };
    let mut behind = steps[place + 1..].iter().peekable();
    while behind.next_if(|step| matches!(step, Step::Linger { .. })).is_some() {}
    let starts_new = |step: &Step| matches!(step, Step::Start(unit) if unit == new);
    if behind.peek().is_none() || !behind.all(starts_new) {
        return steps;
    }
    if let Step::Reload(scope) = steps.remove(place) {
        steps.push(Step::ReloadLast(scope));
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Scope;

    #[test]
    fn only_what_is_new_is_started_first() {
        let start = |unit: &str| Step::Start(unit.into());
        let (enable, reload) =
            (Step::Enable { unit: "a.service".into(), links: Vec::new() }, Step::Reload(Scope::User));
        let linger = Step::Linger { account: "ann".into(), on: true };
        let new = "a.service";
        let plan = vec![enable.clone(), reload.clone(), linger.clone(), start(new)];
        let last = Step::ReloadLast(Scope::User);
        assert_eq!(start_first(plan.clone(), new), [enable.clone(), linger, start(new), last]);
        assert_eq!(start_first(plan.clone(), "b.service"), plan);
        for last in [start("b.service"), Step::restart(new), Step::ResetFailed(new.into())] {
            let plan = vec![reload.clone(), start(new), last];
            assert_eq!(start_first(plan.clone(), new), plan);
        }
        assert_eq!(start_first(vec![enable.clone(), reload.clone()], new), [enable, reload]);
    }
}

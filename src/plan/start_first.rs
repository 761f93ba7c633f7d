//! What need not wait until the manager has read all units again: a unit that it does not know is read when it is asked
//! for. The others are read again all the same, so that they know by which links the new ones are enabled.

use super::Step;

/// Puts the start in front of the reload in a plan for `new`, a unit that the manager has never read, where nothing else
/// waits for the reload.
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
        for last in [start("b.service"), Step::Restart(new.into()), Step::ResetFailed(new.into())] {
            let plan = vec![reload.clone(), start(new), last];
            assert_eq!(start_first(plan.clone(), new), plan);
        }
        assert_eq!(start_first(vec![enable.clone(), reload.clone()], new), [enable, reload]);
    }
}

//! The steps that replace a process with a service.

use super::Step;

/// The steps of `add` with the stop of the process in between: everything is written before it is stopped, and nothing
/// starts before it has exited.
pub fn adopt(steps: Vec<Step>, end: Step) -> Vec<Step> {
    let is_start = |step: &Step| matches!(step, Step::Start(_) | Step::Restart { .. });
    let place = steps.iter().position(is_start).unwrap_or(steps.len());
    let (changes, starts) = steps.split_at(place);
    [changes, &[end], starts].concat()
}

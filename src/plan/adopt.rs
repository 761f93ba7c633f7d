//! The steps that let a service take the place of a process.

use super::Step;

/// The steps of `add` with the end of the process in between: all is written before it ends, and
/// nothing starts before it has.
pub fn adopt(steps: Vec<Step>, end: Step) -> Vec<Step> {
    let is_start = |step: &Step| matches!(step, Step::Start(_) | Step::Restart(_));
    let place = steps.iter().position(is_start).unwrap_or(steps.len());
    let (changes, starts) = steps.split_at(place);
    [changes, &[end], starts].concat()
}

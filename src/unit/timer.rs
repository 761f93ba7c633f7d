//! The timer that triggers a service.

use askama::Template;
use askama::filters::Safe;

use super::service::written_description;
use super::{install, lines};
use crate::spec::{ServiceSpec, Timer, UnitKind};
use crate::systemd::directives::Section;

/// The values of `templates/unit.timer`; `Safe` values are escaped already.
#[derive(Template)]
#[template(path = "unit.timer")]
struct TimerFile<'a> {
    description: Safe<String>,
    events: Vec<(&'static str, Safe<&'a str>)>,
    accuracy: Option<&'static str>,
    randomized_delay: Option<&'a str>,
    persistent: bool,
    timer_properties: Vec<Safe<String>>,
    wanted_by: Option<&'a str>,
    install_properties: Vec<Safe<String>>,
}

/// systemd's default of one minute is for timers without an exact time.
const ACCURACY: &str = "1s";

pub(super) fn directives(spec: &ServiceSpec, timer: &Timer) -> String {
    let file = TimerFile {
        description: Safe(written_description(&format!("Timer of {}", spec.name))),
        events: timer.events.iter().map(|event| event.written()).map(|(name, value)| (name, Safe(value))).collect(),
        accuracy: (!spec.property_sets("AccuracySec")).then_some(ACCURACY),
        randomized_delay: timer.randomized_delay.as_ref().map(|delay| delay.as_str()),
        persistent: timer.persistent,
        timer_properties: lines(spec, Section::Timer),
        wanted_by: install::default_target(spec, UnitKind::Timer),
        install_properties: install::lines(spec, UnitKind::Timer),
    };
    file.render().expect("every value was made to be written")
}

//! The exposure level of a service for the report, and the limit of `--max-exposure`.

use std::time::Duration;

use super::scratch_unit::ScratchUnit;
use crate::host::Host;
use crate::manager::security::{Assessment, Exposure, Measuring, WEIGHS_FILES_SINCE};
use crate::model::command::mkservice;
use crate::model::diagnostic::{Error, Result};
use crate::model::message::{Message, message, set};
use crate::resolve::InstallOptions;
use crate::spec::{Preset, ServiceSpec};

/// It takes some tens of milliseconds: as long as a service is watched anyway, they cost nothing.
const WORTH_IT: Duration = Duration::from_millis(200);

/// Begins to measure a loaded service if the result is shown and waiting for it costs nothing.
pub fn begin(spec: &ServiceSpec, install: &InstallOptions, host: &Host, is_shown: bool) -> Option<Measuring> {
    let worth = is_shown && install.settle >= WORTH_IT;
    worth.then(|| Measuring::of_loaded(&spec.name.unit(), spec.scope, host.runtime.as_deref())).flatten()
}

/// Refuses a unit that is more exposed than allowed. `text` is the unit file.
pub fn refuse_above(limit: Option<Exposure>, spec: &ServiceSpec, text: &str, host: &Host) -> Result<()> {
    let Some(limit) = limit else { return Ok(()) };
    let option = set("max-exposure", limit.to_string());
    let refuse = |message: Message| Error::invalid(message).about_option("max-exposure");
    if spec.release.is_none_or(|release| release < WEIGHS_FILES_SINCE) {
        let release = spec.release.map(|release| format!(" {release}")).unwrap_or_default();
        let error = refuse(message!(
            "{} requires systemd {}, which measures a service before it is installed; this is systemd{}",
            option,
            WEIGHS_FILES_SINCE,
            release
        ));
        let status = mkservice(["status", "--verbose", spec.name.as_str()]);
        return Err(error.hint(message!("leave it out, and check the exposure afterwards: {}", status)));
    }
    let Some(measured) = measured(spec, text, host) else {
        return Err(refuse(message!("cannot check {}: `systemd-analyze security` gives no result", option)));
    };
    if measured.exposure <= limit {
        return Ok(());
    }
    let exposure = measured.exposure;
    let most: Vec<String> = measured.open.iter().filter(|(name, _)| can_be_written(name)).take(4).map(by).collect();
    let error = refuse(message!(
        "the exposure of the service would be {} of 10, more than {}; the most exposed settings are {}",
        exposure,
        option,
        most.join(", ")
    ));
    Err(error.hint(match spec.hardening.as_ref().map(|hardening| hardening.preset) {
        None => message!("lower it: {} or {}", set("harden", "safe"), set("harden", "strict")),
        Some(Preset::Safe) => message!("lower it further: {}", set("harden", "strict")),
        Some(Preset::Strict) => {
            let private = set("property", "PrivateNetwork=yes");
            message!("set more directives, such as {} for a service without network", private)
        }
    }))
}

fn by((name, weight): &(String, u32)) -> String {
    format!("{name}= ({}.{})", weight / 10, weight % 10)
}

/// A check that covers several directives has no directive name.
fn can_be_written(name: &str) -> bool {
    !name.contains('/')
}

/// Measures a unit that is not installed: in a private directory, under its own name.
fn measured(spec: &ServiceSpec, text: &str, host: &Host) -> Option<Assessment> {
    let aside = ScratchUnit::of(text, &spec.name.unit(), host)?;
    let runtime = aside.runtime(spec.scope, host);
    Measuring::of_file(aside.path(), spec.scope, runtime)?.finish()
}

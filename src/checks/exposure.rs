//! How exposed a service is, for those who are told, and the limit of `--max-exposure`.

use std::time::Duration;

use super::scratch_unit::Aside;
use crate::error::{Error, Result};
use crate::host::Host;
use crate::manager::security::{Assessment, Exposure, Measuring, WEIGHS_FILES_SINCE};
use crate::resolve::Manner;
use crate::spec::{Preset, ServiceSpec};

/// It takes some tens of milliseconds: as long as a service is watched anyway, they cost nothing.
const WORTH_IT: Duration = Duration::from_millis(200);

/// Begins to measure a service that is loaded, where its result is told and waiting for it costs nothing.
pub fn begin(spec: &ServiceSpec, manner: &Manner, host: &Host, is_told: bool) -> Option<Measuring> {
    let worth = is_told && manner.settle >= WORTH_IT;
    worth.then(|| Measuring::of_loaded(&spec.name.unit(), spec.scope, host.runtime.as_deref())).flatten()
}

/// Refuses a unit that is more exposed than it may be. `text` is what would be written.
pub fn refuse_above(limit: Option<Exposure>, spec: &ServiceSpec, text: &str, host: &Host) -> Result<()> {
    let Some(limit) = limit else { return Ok(()) };
    let what = format!("--max-exposure {limit}");
    if spec.release.is_none_or(|release| release < WEIGHS_FILES_SINCE) {
        let release = spec.release.map(|release| format!(" {release}")).unwrap_or_default();
        return Err(Error::Value {
            what,
            why: format!(
                "takes systemd {WEIGHS_FILES_SINCE}: this one{release} cannot tell how exposed a service is before \
                 it is installed"
            ),
            hint: Some(format!("without it, and then: mkservice status {}", spec.name)),
        });
    }
    let Some(measured) = measured(spec, text, host) else {
        let why = "cannot be checked: `systemd-analyze security` does not say how exposed the service would be".into();
        return Err(Error::Value { what, why, hint: None });
    };
    if measured.exposure <= limit {
        return Ok(());
    }
    let exposure = measured.exposure;
    let most: Vec<String> = measured.open.iter().filter(|(name, _)| can_be_written(name)).take(4).map(by).collect();
    let why = format!(
        "is less than the {exposure} of 10 that the service would have; what is open weighs most in {}",
        most.join(", ")
    );
    let hint = match spec.hardening.as_ref().map(|hardening| hardening.preset) {
        None => "--harden safe, or --harden strict, lowers it",
        Some(Preset::Safe) => "--harden strict lowers it more",
        Some(Preset::Strict) => "what is left is for -p NAME=VALUE, as -p PrivateNetwork=yes for one without network",
    };
    Err(Error::Value { what, why, hint: Some(hint.into()) })
}

fn by((name, weight): &(String, u32)) -> String {
    format!("{name}= ({}.{})", weight / 10, weight % 10)
}

/// What is weighed under two names at once is no directive.
fn can_be_written(name: &str) -> bool {
    !name.contains('/')
}

/// Measures a unit that is not installed: in a folder that only we can write to, under its own name.
fn measured(spec: &ServiceSpec, text: &str, host: &Host) -> Option<Assessment> {
    let aside = Aside::of(text, &spec.name.unit(), host)?;
    let runtime = aside.runtime(spec.scope, host);
    Measuring::of_file(aside.path(), spec.scope, runtime)?.finish()
}

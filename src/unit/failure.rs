//! The unit that runs a command when the service failed.

use askama::Template;
use askama::filters::Safe;

use super::service::{environment, written_description};
use crate::spec::{CommandLine, ServiceSpec, Variable};
use crate::systemd::exec;
use crate::systemd::quote::{Dollar, word};

/// The values of `templates/failure.service`; `Safe` values are escaped already.
#[derive(Template)]
#[template(path = "failure.service")]
struct FailureFile<'a> {
    description: Safe<String>,
    exec_start: Safe<String>,
    working_directory: Safe<&'a str>,
    account: Option<&'a str>,
    group: Option<&'a str>,
    environment: Vec<Safe<String>>,
    environment_files: Vec<Safe<&'a str>>,
    timeout: &'static str,
}

/// A oneshot service has no timeout by default, and one that hangs would never be started again.
const TIMEOUT: &str = "5min";

/// Names the failed unit. From 251 on, systemd sets it to the same value (systemd.exec(5)).
const FAILED_UNIT: &str = "MONITOR_UNIT";

/// It has no `OnFailure=` and is not restarted: nothing follows its failure.
pub(super) fn directives(spec: &ServiceSpec, command: &CommandLine) -> String {
    let failed = format!("{FAILED_UNIT}={}", spec.name.unit());
    let is_taken = spec.environment.iter().map(Variable::name).any(|name| name == FAILED_UNIT);
    let failed = (!is_taken).then(|| Safe(word(failed.as_bytes(), Dollar::Literal)));
    let file = FailureFile {
        description: Safe(written_description(&format!("Failure command of {}", spec.name))),
        exec_start: Safe(exec::line(command.program(), command.arguments())),
        working_directory: Safe(spec.working_directory.written()),
        account: spec.effective_account(),
        group: spec.group.as_deref(),
        environment: environment(spec).into_iter().chain(failed).collect(),
        environment_files: spec.environment_files.iter().map(|file| Safe(file.written())).collect(),
        timeout: TIMEOUT,
    };
    file.render().expect("every value was made to be written")
}

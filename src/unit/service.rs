//! The main unit, which runs the program.

use askama::Template;
use askama::filters::Safe;

use super::{install, is_for_all, lines, written};
use crate::runtime::table::Prelude;
use crate::shell;
use crate::spec::{
    CredentialsDir, EnvironmentFile, Opener, OtherUnit, PORTS_CAPABILITY, RestartPolicy, Secret, ServiceSpec, UnitKind,
};
use crate::systemd::directives::Section;
use crate::systemd::exec;
use crate::systemd::quote::{Dollar, word_with};
use crate::systemd::specifier::{Percent, names_instance, written_text};
use crate::systemd::text::{double_percent, ends_in_continuation};

/// The values of `templates/unit.service`; `Safe` values are escaped already.
#[derive(Template)]
#[template(path = "unit.service")]
struct ServiceFile<'a> {
    description: Option<Safe<String>>,
    network_online: bool,
    /// With specifiers.
    dependencies: Vec<(&'static str, Safe<String>)>,
    /// The target that groups the instances of a template.
    part_of: Option<String>,
    start_limit_interval: Option<u64>,
    start_limit_burst: Option<u64>,
    service_type: Option<&'a str>,
    exec_start: Safe<String>,
    working_directory: Option<Safe<String>>,
    account: Option<&'a str>,
    group: Option<&'a str>,
    environment: Vec<Safe<String>>,
    environment_files: Vec<Safe<String>>,
    /// Whole lines: the directive depends on how the secret is stored.
    credentials: Vec<Safe<String>>,
    output: Option<Safe<&'a str>>,
    restart: Option<&'a str>,
    restart_sec: Option<&'a str>,
    restart_steps: Option<u32>,
    restart_max_delay_sec: Option<u64>,
    /// With specifiers.
    prelude: Option<Safe<String>>,
    needs: Vec<(&'static str, &'static str)>,
    /// Unescaped: a percentage is not a specifier there.
    options: Vec<(&'static str, Safe<&'a str>)>,
    ambient_capability: Option<&'a str>,
    hardening: Vec<Safe<String>>,
    wanted_by: Option<&'a str>,
    unit_properties: Vec<Safe<String>>,
    service_properties: Vec<Safe<String>>,
    install_properties: Vec<Safe<String>>,
}

pub(super) fn directives(spec: &ServiceSpec) -> String {
    file(spec).render().expect("every value was made to be written")
}

fn file(spec: &ServiceSpec) -> ServiceFile<'_> {
    // A property of `-p` replaces mkservice's own line.
    let unless_typed = |directive: &str| !spec.property_sets(directive);
    let (burst, interval) = start_limit(spec);
    // These only work together, and with the delay they grow from.
    let grows = ["Restart", "RestartSec", "RestartSteps", "RestartMaxDelaySec"].into_iter().all(unless_typed);
    let back_off = spec.restart.back_off(spec.release).filter(|_| grows && spec.socket.is_none());
    let restarts = spec.restart.policy != RestartPolicy::No || spec.property_sets("Restart");
    let output = spec.log_file.as_ref().filter(|file| file.opener() == Opener::Manager);
    let dir = || match spec.instances {
        Some(_) => spec.working_directory.written_for_instances(),
        None => spec.working_directory.written().to_owned(),
    };
    let file = |file: &EnvironmentFile| match spec.instances {
        Some(_) => file.written_for_instances(),
        None => file.written().to_owned(),
    };
    let description = || match spec.instances {
        Some(_) => description_of_each(spec.description.as_str()),
        None => written_description(spec.description.as_str()),
    };
    let kind = spec.main_kind();
    ServiceFile {
        description: unless_typed("Description").then(|| Safe(description())),
        network_online: spec.waits_for_network(),
        dependencies: dependencies(spec),
        part_of: spec.instances.as_ref().map(|_| spec.name.unit_of(UnitKind::Target)),
        start_limit_interval: interval.filter(|_| unless_typed("StartLimitIntervalSec")),
        start_limit_burst: burst.filter(|_| unless_typed("StartLimitBurst")),
        service_type: unless_typed("Type").then(|| spec.service_type.as_str()),
        exec_start: Safe(exec_start(spec)),
        working_directory: unless_typed("WorkingDirectory").then(|| Safe(dir())),
        account: spec.account.as_deref().filter(|_| unless_typed("User")),
        group: spec.group.as_deref(),
        environment: environment(spec),
        environment_files: spec.environment_files.iter().map(|it| Safe(file(it))).collect(),
        credentials: spec.secrets.iter().flat_map(|secret| credential(secret, spec.credentials)).collect(),
        output: output.map(|file| Safe(file.written())),
        restart: spec.restart.written(spec.timer.is_some()).filter(|_| unless_typed("Restart")),
        restart_sec: (restarts && unless_typed("RestartSec")).then(|| spec.restart.delay.as_str()),
        restart_steps: back_off.map(|(steps, _)| steps),
        restart_max_delay_sec: back_off.map(|(_, seconds)| seconds),
        prelude: spec.prelude.map(|prelude| Safe(prelude_variable(prelude, spec))),
        needs: spec.needs.iter().copied().filter(|(directive, _)| unless_typed(directive)).collect(),
        options: spec.directives.iter().map(|(option, value)| (option.directive, Safe(value))).collect(),
        ambient_capability: spec.privileged_ports.then_some(PORTS_CAPABILITY),
        hardening: spec.hardening.iter().flat_map(|hardening| &hardening.lines).map(written).collect(),
        wanted_by: install::default_target(spec, kind),
        unit_properties: lines(spec, Section::Unit),
        service_properties: lines(spec, Section::Service),
        install_properties: install::lines(spec, kind),
    }
}

/// `StartLimitBurst=`, and `StartLimitIntervalSec=` in seconds.
///
/// A service that a socket starts may exit whenever no client is connected, and each start counts: unless the delay
/// grows, many are allowed.
fn start_limit(spec: &ServiceSpec) -> (Option<u64>, Option<u64>) {
    let of_restarts = spec.restart.start_limit(spec.release.filter(|_| spec.socket.is_none()));
    match (of_restarts, &spec.timer, &spec.watch) {
        // A timer decides how often the service starts: systemd's default is 5 starts in 10s.
        (None, Some(_), _) => (None, Some(0)),
        (Some((burst, interval)), Some(timer), _) => (Some(burst + interval / timer.shortest().max(1)), Some(interval)),
        (Some((burst, interval)), None, _) => (Some(burst), Some(interval)),
        (None, None, Some(watch)) => {
            let (burst, interval) = watch.start_limit();
            (burst, Some(interval))
        }
        (None, None, None) => (None, None),
    }
}

/// [`UnitKind::Failure`] of the service, also after a rename.
const FAILURE_UNIT: &str = "%p-failure.service";

/// The variables that were given, as assignments.
pub(super) fn environment(spec: &ServiceSpec) -> Vec<Safe<String>> {
    let assignments = spec.environment.iter().map(|variable| format!("{}={}", variable.name(), variable.value()));
    assignments.map(|assignment| Safe(word_with(assignment.as_bytes(), Dollar::Literal, percent(spec)))).collect()
}

/// What `%i` means in its values.
fn percent(spec: &ServiceSpec) -> Percent {
    if spec.instances.is_some() { Percent::Instance } else { Percent::Literal }
}

fn exec_start(spec: &ServiceSpec) -> String {
    let (program, arguments) = (spec.command.program(), spec.command.arguments());
    let dollar = if spec.exec_options.expand_environment { Dollar::Literal } else { Dollar::Doubled };
    let line = match spec.log_file.as_ref().filter(|file| file.opener() == Opener::Account) {
        Some(file) => exec::line_into(file.path(), program, arguments, dollar),
        None => exec::line_with(program, arguments, dollar, percent(spec)),
    };
    if spec.exec_options.ignore_failure { format!("-{line}") } else { line }
}

/// Dependencies beyond those in the template.
fn dependencies(spec: &ServiceSpec) -> Vec<(&'static str, Safe<String>)> {
    let is_there = |directive: &str, unit: &str| {
        spec.waits_for_network() && unit == "network-online.target" && matches!(directive, "Wants" | "After")
    };
    let written = spec.dependencies.lists().into_iter().map(|(directive, units)| {
        let names = units.iter().map(OtherUnit::as_str).filter(|unit| !is_there(directive, unit));
        let names = names.chain((directive == "OnFailure" && spec.failure.is_some()).then_some(FAILURE_UNIT));
        (directive, Safe(names.collect::<Vec<_>>().join(" ")))
    });
    written.filter(|(_, units)| !units.0.is_empty()).collect()
}

/// A credential, and the variable that names its file; a specifier, a slash and a name need no quotes.
fn credential(secret: &Secret, dir: CredentialsDir) -> [Safe<String>; 2] {
    let name = secret.name();
    let variable = format!("Environment={}={}/{}", name.variable(), dir.written(), name.as_str());
    [Safe(secret.directive()), Safe(variable)]
}

/// The variable by which a runtime reads its prelude, with specifiers, so that it is also found after a rename.
fn prelude_variable(prelude: &Prelude, spec: &ServiceSpec) -> String {
    let (variable, option) = prelude.variable;
    // %E is /etc, or the user's XDG_CONFIG_HOME (systemd.unit(5)), where the user manager looks for units. Instances
    // share the prelude of their template.
    let unit = if spec.instances.is_some() { "%p@.service" } else { "%n" };
    let dir = if is_for_all(&shell::own_line(&spec.typed)) { "/etc" } else { "%E" };
    format!("{variable}={option}{dir}/systemd/{}/{unit}.d/{}", spec.scope, prelude.file)
}

/// `Description=` has no escapes. A trailing backslash is kept from continuing the line by `%i`, which is empty outside
/// of instances.
pub(super) fn written_description(text: &str) -> String {
    let mut written = double_percent(text);
    if ends_in_continuation(&written) {
        written.push_str("%i");
    }
    written
}

/// Each instance is named in its description, which is what logs show.
fn description_of_each(text: &str) -> String {
    let mut written = written_text(text, Percent::Instance);
    if !names_instance(text.as_bytes()) || ends_in_continuation(&written) {
        written.push_str(" (%i)");
    }
    written
}

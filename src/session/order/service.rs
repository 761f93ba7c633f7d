//! A service as it stands in an order: each value goes through its own type again when it is read.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use clap::ValueEnum;
use serde_json::{Value, json};

use super::fields;
use super::fields::Fields;
use super::fields::encoded;
use crate::runtime::table::Prelude;
use crate::spec::{
    Address, CommandLine, CpuQuota, CredentialsFolder, Dependencies, Description, EnvironmentFile, Hardening,
    Instances, Limits, LogFile, MemoryMax, Nice, NotALimit, Opener, OtherUnit, PathEvent, Property, Restart, Scope,
    ServiceSpec, Socket, TasksMax, Timer, TimerEvent, UnitName, Variable, Watch, WatchedPath, WorkingDirectory,
};
use crate::systemd::timespan::TimeSpan;
use crate::{hardening, resolve, runtime};

/// Writes a service down.
pub(super) fn written(spec: &ServiceSpec) -> Value {
    let words = |words: &[OsString]| words.iter().map(encoded).collect::<Vec<_>>();
    let files = spec.environment_files.iter();
    json!({
        "name": encoded(spec.name.as_str()),
        "description": encoded(spec.description.as_str()),
        "command": words(&spec.command.words()),
        "working_directory": encoded(spec.working_directory.path()),
        "environment":
            spec.environment.iter().map(|it| json!([encoded(it.name()), encoded(it.value())])).collect::<Vec<_>>(),
        "environment_files": files.map(|it| json!([encoded(it.path()), it.is_optional()])).collect::<Vec<_>>(),
        "instances": spec.instances.as_ref().map(|instances| encoded(instances.to_string())),
        "account": spec.account.as_ref().map(encoded),
        "group": spec.group.as_ref().map(encoded),
        "type": spec.service_type.as_str(),
        "listen": spec.socket.iter().flat_map(|it| &it.addresses).map(|it| encoded(it.to_string())).collect::<Vec<_>>(),
        "watch": spec.watch.iter().flat_map(|it| &it.paths).map(watched_written).collect::<Vec<_>>(),
        "restart": spec.restart.policy.as_str(),
        "restart_sec": encoded(spec.restart.delay.as_str()),
        "needs": spec.needs.iter().map(|(directive, value)| json!([directive, value])).collect::<Vec<_>>(),
        "prelude": spec.prelude.map(|prelude| prelude.file),
        "timer": spec.timer.as_ref().map(timer_written),
        "dependencies": dependencies_written(&spec.dependencies),
        "failure": spec.failure.as_ref().map(|command| words(&command.words())),
        "log_file": spec.log_file.as_ref().map(log_file_written),
        "limits": limits_written(&spec.limits),
        "privileged_ports": spec.privileged_ports,
        "hardening": spec.hardening.as_ref().map(|it| json!([it.preset.as_str(), properties_written(&it.lines)])),
        "properties": properties_written(&spec.properties),
        "typed": words(&spec.typed),
        "applied_from": spec.applied_from.as_ref().map(encoded),
    })
}

/// Reads a service.
pub(super) fn read(service: &mut Fields) -> Result<ServiceSpec, String> {
    let mut words = service.words("command")?.into_iter();
    let program = absolute("the program", words.next().unwrap_or_default())?;
    let wrong = |what: &str, why: &dyn std::fmt::Display| format!("{what} {why}");
    let folder = absolute("the working directory", service.word("working_directory")?)?;
    let name = UnitName::parse(&service.text("name")?).map_err(|why| wrong("the name", &why))?;
    let instances = service
        .optional_text("instances")?
        .map(|text| Instances::parse(&text).and_then(|it| it.fit(&name).map(|()| it)))
        .transpose();
    let spec = ServiceSpec {
        name,
        instances: instances.map_err(|why| wrong("the list of instances", &why))?,
        scope: Scope::System,
        // Whoever installs asks the manager himself.
        release: None,
        description: Description::parse(&service.text("description")?).map_err(|why| wrong("the description", &why))?,
        command: CommandLine::new(program, words.collect()).map_err(|error| wrong("the command", &error.why))?,
        working_directory: WorkingDirectory::parse(&folder).map_err(|why| wrong("the working directory", &why))?,
        environment: variables(service.list("environment")?)?,
        environment_files: environment_files(service.list("environment_files")?)?,
        account: service.optional_text("account")?,
        group: service.optional_text("group")?,
        timer: timer(service.value("timer")?)?,
        socket: socket(service.words("listen")?)?,
        watch: watch(service.list("watch")?)?,
        service_type: choice("the type", &service.text("type")?)?,
        restart: Restart {
            policy: choice("the restart policy", &service.text("restart")?)?,
            delay: TimeSpan::parse(&service.text("restart_sec")?).map_err(|why| wrong("the delay", &why))?,
        },
        needs: needs(service.list("needs")?)?,
        prelude: prelude(service.optional_text("prelude")?)?,
        dependencies: dependencies(service.value("dependencies")?)?,
        failure: failure(service.value("failure")?)?,
        log_file: log_file(service.value("log_file")?)?,
        limits: limits(service.value("limits")?)?,
        privileged_ports: service.flag("privileged_ports")?,
        hardening: hardening(service.value("hardening")?)?,
        properties: properties(service.words("properties")?)?,
        // What of them is kept where is for whoever installs to decide.
        secrets: Vec::new(),
        credentials: CredentialsFolder::default(),
        typed: service.words("typed")?,
        applied_from: service.optional_path("applied_from")?,
    };
    resolve::refuse_impossible(&spec).map_err(|error| error.to_string())?;
    Ok(spec)
}

fn absolute(what: &str, word: OsString) -> Result<PathBuf, String> {
    let path = PathBuf::from(word);
    if path.is_absolute() { Ok(path) } else { Err(format!("{what} is not an absolute path")) }
}

/// A value of a fixed set, by the word that unit files have for it.
fn choice<T: ValueEnum>(what: &str, word: &str) -> Result<T, String> {
    T::from_str(word, false).map_err(|_| format!("{what} is none that there is"))
}

fn variables(list: Vec<Value>) -> Result<Vec<Variable>, String> {
    let read = |item: Value| {
        let [name, value] = fields::pair(item)?;
        let (name, value) = (fields::decoded(&name)?, fields::decoded(&value)?);
        Variable::parse(name.as_bytes(), value.as_bytes()).map_err(|why| format!("a variable {why}"))
    };
    list.into_iter().map(read).collect()
}

fn socket(words: Vec<OsString>) -> Result<Option<Socket>, String> {
    let address =
        |word: OsString| Address::parse(word.as_bytes()).map_err(|why| format!("an address to listen on {why}"));
    let addresses = words.into_iter().map(address).collect::<Result<Vec<_>, _>>()?;
    let is_twice = |(place, address): (usize, &Address)| addresses[..place].iter().any(|it| it.overlaps(address));
    match addresses.iter().enumerate().any(is_twice) {
        true => Err("two addresses to listen on are the same".into()),
        false => Ok((!addresses.is_empty()).then_some(Socket { addresses })),
    }
}

fn watched_written(path: &WatchedPath) -> Value {
    json!([path.event().directive(), encoded(path.path())])
}

fn watch(list: Vec<Value>) -> Result<Option<Watch>, String> {
    let read = |item: Value| {
        let [event, path] = fields::pair(item)?;
        let event = event.as_str().and_then(PathEvent::of).ok_or("what happens to a path is none that there is")?;
        let path = absolute("a path to watch", fields::decoded(&path)?)?;
        if path.components().any(|part| part == std::path::Component::ParentDir) {
            return Err("a path to watch holds `..`".into());
        }
        WatchedPath::parse(event, &path).map_err(|why| format!("a path to watch {why}"))
    };
    let paths = list.into_iter().map(read).collect::<Result<Vec<_>, String>>()?;
    Ok((!paths.is_empty()).then_some(Watch { paths }))
}

fn environment_files(list: Vec<Value>) -> Result<Vec<EnvironmentFile>, String> {
    let read = |item: Value| {
        let [path, optional] = fields::pair(item)?;
        let path = absolute("an environment file", fields::decoded(&path)?)?;
        let optional = optional.as_bool().ok_or("an environment file is optional or not")?;
        EnvironmentFile::parse(&path, optional).map_err(|why| format!("the path of an environment file {why}"))
    };
    list.into_iter().map(read).collect()
}

/// Only what a runtime of ours asks for.
fn needs(list: Vec<Value>) -> Result<Vec<(&'static str, &'static str)>, String> {
    let read = |item: Value| {
        let [directive, value] = fields::pair(item)?;
        let is_it = |known: &&(&str, &str, &str)| directive == known.0 && value == known.1;
        let known = runtime::table::directives().find(is_it).ok_or("it asks for a directive that no runtime needs")?;
        Ok((known.0, known.1))
    };
    list.into_iter().map(read).collect()
}

fn dependencies_written(dependencies: &Dependencies) -> Value {
    let units = |units: &[OtherUnit]| units.iter().map(|unit| encoded(unit.as_str())).collect::<Vec<_>>();
    let Dependencies { after, requires, wants, part_of, on_failure } = dependencies;
    json!({
        "after": units(after),
        "requires": units(requires),
        "wants": units(wants),
        "part_of": units(part_of),
        "on_failure": units(on_failure),
    })
}

fn dependencies(item: Value) -> Result<Dependencies, String> {
    let mut fields = Fields::of(item, "the dependencies")?;
    let read = |name: String| OtherUnit::parse(&name).map_err(|why| format!("a unit it depends on {why}"));
    let mut list = |key| fields.texts(key)?.into_iter().map(read).collect::<Result<Vec<OtherUnit>, String>>();
    let (after, requires, wants, part_of) = (list("after")?, list("requires")?, list("wants")?, list("part_of")?);
    let on_failure = list("on_failure")?;
    fields.finish()?;
    Ok(Dependencies { after, requires, wants, part_of, on_failure })
}

fn failure(item: Value) -> Result<Option<CommandLine>, String> {
    if item.is_null() {
        return Ok(None);
    }
    let words = fields::words(&item).map_err(|why| format!("the command for failures: {why}"))?;
    let mut words = words.into_iter();
    let program = absolute("the program for failures", words.next().unwrap_or_default())?;
    let command = CommandLine::new(program, words.collect());
    command.map(Some).map_err(|error| format!("the command for failures {}", error.why))
}

fn log_file_written(file: &LogFile) -> Value {
    json!([encoded(file.path()), file.opener() == Opener::Account])
}

fn log_file(item: Value) -> Result<Option<LogFile>, String> {
    if item.is_null() {
        return Ok(None);
    }
    let [path, by_account] = fields::pair(item)?;
    let path = absolute("the log file", fields::decoded(&path)?)?;
    let by_account = by_account.as_bool().ok_or("a log file is opened by the account or not")?;
    let opener = if by_account { Opener::Account } else { Opener::Manager };
    LogFile::parse(&path, opener).map(Some).map_err(|why| format!("the path of the log file {why}"))
}

fn timer_written(timer: &Timer) -> Value {
    let Timer { events, randomized_delay, persistent, at_once } = timer;
    let event = |event: &TimerEvent| {
        let (directive, value) = event.written();
        json!([directive, encoded(value)])
    };
    json!({
        "events": events.iter().map(event).collect::<Vec<_>>(),
        "randomized_delay": randomized_delay.as_ref().map(|delay| encoded(delay.as_str())),
        "persistent": persistent,
        "at_once": at_once,
    })
}

fn timer(item: Value) -> Result<Option<Timer>, String> {
    if item.is_null() {
        return Ok(None);
    }
    let mut timer = Fields::of(item, "the timer")?;
    let span = |text: &str| TimeSpan::parse(text).map_err(|why| format!("a span of the timer: {why}"));
    let event = |item: Value| {
        let [directive, value] = fields::pair(item)?;
        let value = fields::decoded(&value)?.into_string().map_err(|_| "a time of the timer is not UTF-8")?;
        TimerEvent::parse(directive.as_str().unwrap_or_default(), &value)
            .ok_or_else(|| "it has a time of the timer that is none".to_owned())
    };
    let events = timer.list("events")?.into_iter().map(event).collect::<Result<Vec<_>, _>>()?;
    let randomized_delay = timer.optional_text("randomized_delay")?.map(|text| span(&text)).transpose()?;
    let (persistent, at_once) = (timer.flag("persistent")?, timer.flag("at_once")?);
    timer.finish()?;
    if events.is_empty() {
        return Err("the timer has no times".into());
    }
    Ok(Some(Timer { events, randomized_delay, persistent, at_once }))
}

fn limits_written(limits: &Limits) -> BTreeMap<&'static str, String> {
    limits.lines().into_iter().map(|(directive, value)| (directive, encoded(value))).collect()
}

/// What is not limited has no field.
fn limits(item: Value) -> Result<Limits, String> {
    let mut fields = Fields::of(item, "the limits")?;
    let mut limit = |name: &str| if fields.has(name) { fields.text(name).map(Some) } else { Ok(None) };
    let wrong = |name: &str, why: NotALimit| format!("{name} {why}");
    let limits = Limits {
        memory_max: limit("MemoryMax")?
            .map(|text| MemoryMax::parse(&text))
            .transpose()
            .map_err(|it| wrong("MemoryMax", it))?,
        cpu_quota: limit("CPUQuota")?
            .map(|text| CpuQuota::parse(&text))
            .transpose()
            .map_err(|it| wrong("CPUQuota", it))?,
        tasks_max: limit("TasksMax")?
            .map(|text| TasksMax::parse(&text))
            .transpose()
            .map_err(|it| wrong("TasksMax", it))?,
        nice: limit("Nice")?.map(|text| Nice::parse(&text)).transpose().map_err(|it| wrong("Nice", it))?,
    };
    fields.finish()?;
    Ok(limits)
}

fn prelude(file: Option<String>) -> Result<Option<&'static Prelude>, String> {
    let known = |file: String| runtime::table::preludes().find(|prelude| prelude.file == file);
    file.map(|file| known(file).ok_or_else(|| "it names a file that no runtime reads".to_owned())).transpose()
}

fn properties_written(properties: &[Property]) -> Vec<String> {
    properties.iter().map(|it| encoded(it.written())).collect()
}

/// Only directives that close a service in, and those that say what it keeps.
fn hardening(value: Value) -> Result<Option<Hardening>, String> {
    if value.is_null() {
        return Ok(None);
    }
    let [preset, lines] = fields::pair(value)?;
    let preset = choice("the preset", preset.as_str().unwrap_or_default())?;
    let lines = lines.as_array().ok_or("the lines of a preset are no list")?;
    let lines = properties(lines.iter().map(fields::decoded).collect::<Result<_, _>>()?)?;
    match lines.iter().find(|property| !hardening::is_written(property.name())) {
        Some(property) => Err(format!("{} does not close a service in", property.name())),
        None => Ok(Some(Hardening { preset, lines })),
    }
}

fn properties(words: Vec<OsString>) -> Result<Vec<Property>, String> {
    let read = |word: OsString| Property::parse(word.as_bytes()).map_err(|why| format!("a property {why}"));
    words.into_iter().map(read).collect()
}

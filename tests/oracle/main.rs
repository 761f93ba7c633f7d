//! What mkservice writes, read by systemd's own parser: `systemd --test` loads units without running anything and
//! prints what it understood. systemd must be installed, but neither root nor a running systemd is required.

#![allow(clippy::disallowed_methods, reason = "the rules for the program's core are not for its tests")]

mod calendar;
mod parser;
mod strategies;
mod tables;
mod values;

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use mkservice::spec::{
    CommandLine, Description, EnvironmentFile, Instances, Restart, RestartPolicy, Scope, ServiceSpec, ServiceType,
    Timer, TimerEvent, UnitName, Variable, WorkingDirectory,
};
use mkservice::systemd::quote::{Dollar, word};
use mkservice::systemd::{exec, timespan::TimeSpan};
use mkservice::unit;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use parser::Understood;

/// The number of random command lines and environments in one run.
const CASES: usize = 20_000;
/// How many of them share a unit: systemd accepts any number of `ExecStart=` lines in a oneshot service.
const PER_UNIT: usize = 2_000;

/// A random value of a strategy.
fn random<S: Strategy>(strategy: &S, runner: &mut TestRunner) -> S::Value {
    strategy.new_tree(runner).expect("the strategies reject nothing").current()
}

#[test]
fn every_command_line_is_read_back_equal() {
    let mut runner = TestRunner::default();
    let strategy = (strategies::program(), strategies::arguments());
    for _ in 0..CASES / PER_UNIT {
        let cases: Vec<(PathBuf, Vec<OsString>)> = (0..PER_UNIT).map(|_| random(&strategy, &mut runner)).collect();
        let mut text = String::from("[Unit]\nDefaultDependencies=no\n[Service]\nType=oneshot\n");
        for (program, arguments) in &cases {
            text.push_str(&format!("ExecStart={}\n", exec::line(program, arguments)));
        }
        let understood = parser::read(&[("x.service", &text)]).remove("x.service").unwrap();
        assert_eq!(understood.commands.len(), cases.len(), "systemd dropped lines:\n{}", understood.complaints);
        for ((program, arguments), read) in cases.iter().zip(&understood.commands) {
            assert_eq!(&at_exec(program, arguments, read), read, "{}", exec::line(program, arguments));
        }
    }
}

/// The arguments that systemd must have understood: what it expands only when it starts the program, a literal `$`, is
/// still doubled unless the line has the `:` prefix.
fn at_exec(program: &std::path::Path, arguments: &[OsString], read: &[OsString]) -> Vec<OsString> {
    let mut words: Vec<OsString> = Vec::new();
    if read.first().is_some_and(|first| first == "/bin/sh") && program != "/bin/sh" {
        words.extend(["/bin/sh", "-c", "exec \"$@\"", "sh"].map(OsString::from));
    }
    words.push(program.into());
    words.extend_from_slice(arguments);
    if words[0].as_bytes().contains(&b'$') {
        return words;
    }
    words.iter().map(|word| doubled(word)).collect()
}

fn doubled(word: &OsStr) -> OsString {
    let mut out = Vec::new();
    for byte in word.as_bytes() {
        out.extend(std::iter::repeat_n(*byte, if *byte == b'$' { 2 } else { 1 }));
    }
    OsString::from_vec(out)
}

#[test]
fn every_environment_is_read_back_equal() {
    let mut runner = TestRunner::default();
    let strategy = strategies::text();
    for _ in 0..CASES / PER_UNIT {
        let values: Vec<String> = (0..PER_UNIT).map(|_| random(&strategy, &mut runner)).collect();
        let mut text = String::from("[Unit]\nDefaultDependencies=no\n[Service]\nType=oneshot\nExecStart=/bin/true\n");
        for (number, value) in values.iter().enumerate() {
            let variable = Variable::parse(format!("V{number}").as_bytes(), value.as_bytes()).unwrap();
            let assignment = format!("{}={}", variable.name(), variable.value());
            text.push_str(&format!("Environment={}\n", word(assignment.as_bytes(), Dollar::Literal)));
        }
        let understood = parser::read(&[("x.service", &text)]).remove("x.service").unwrap();
        let expected: Vec<String> =
            values.iter().enumerate().map(|(number, value)| format!("V{number}={value}")).collect();
        assert_eq!(understood.environment.len(), expected.len(), "{}", understood.complaints);
        for (read, expected) in understood.environment.iter().zip(&expected) {
            assert_eq!(read, expected);
        }
    }
}

/// Whole unit files, through the template, with all settings combined.
#[test]
fn every_unit_file_is_read_back_equal() {
    let mut runner = TestRunner::default();
    let specs: Vec<ServiceSpec> = (0..500).map(|number| random_spec(number, &mut runner)).collect();
    let files: Vec<(String, String)> =
        specs.iter().map(|spec| (spec.name.unit(), unit::render(spec).unwrap().remove(0).text)).collect();
    let borrowed: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let mut understood = parser::read(&borrowed);
    for (spec, (name, text)) in specs.iter().zip(&files) {
        let read = understood.remove(name).unwrap_or_else(|| panic!("systemd does not know {name}:\n{text}"));
        check(spec, &read, text);
    }
}

/// Templates with `%i` in several places: each instance gets exactly what its own spec says.
#[test]
fn every_template_is_read_back_with_the_instances_name() {
    let mut runner = TestRunner::default();
    let instances = Some(Instances::parse("one").unwrap());
    let spec = |number| ServiceSpec { instances: instances.clone(), ..random_spec(number, &mut runner) };
    let specs: Vec<ServiceSpec> = (0..400).map(spec).collect();
    let files: Vec<(String, String)> =
        specs.iter().map(|spec| unit::render(spec).unwrap().remove(0)).map(|it| (it.unit, it.text)).collect();
    let borrowed: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let mut understood = parser::read(&borrowed);
    let mut told = 0;
    for (spec, (name, text)) in specs.iter().zip(&files) {
        let name = name.replace("@.", "@one.");
        let read = understood.remove(&name).unwrap_or_else(|| panic!("systemd does not know {name}:\n{text}"));
        let one = spec.each().remove(0);
        told += usize::from(spec.names_instance());
        let expected = at_exec(one.command.program(), one.command.arguments(), &read.commands[0]);
        assert_eq!(read.commands, [expected], "{text}");
        let directory = one.working_directory.path().to_str().unwrap().trim_end_matches('/');
        assert_eq!(read.working_directory.trim_end_matches('/'), directory, "{text}");
        assert_eq!(read.environment, [format!("A={}", one.environment[0].value())], "{text}");
        assert!(read.description.contains("one"), "{text}");
        assert_eq!((read.complaints.as_str(), read.environment_files.len()), ("", 1), "{text}");
    }
    assert!(told > 20, "%i is among the random words");
}

fn random_spec(number: usize, runner: &mut TestRunner) -> ServiceSpec {
    let (program, arguments) = random(&(strategies::program(), strategies::arguments()), runner);
    let path = |runner: &mut TestRunner| random(&strategies::line_path(), runner);
    ServiceSpec {
        name: UnitName::parse(&format!("case{number}")).unwrap(),
        scope: if number.is_multiple_of(2) { Scope::User } else { Scope::System },
        release: mkservice::host::release::installed(std::path::Path::new("/")),
        description: Description::parse(&random(&strategies::line(), runner)).unwrap(),
        command: CommandLine::new(program, arguments).unwrap(),
        working_directory: WorkingDirectory::parse(&path(runner)).unwrap(),
        environment: vec![Variable::parse(b"A", random(&strategies::text(), runner).as_bytes()).unwrap()],
        secrets: Vec::new(),
        credentials: Default::default(),
        environment_files: vec![EnvironmentFile::parse(&path(runner), number.is_multiple_of(3)).unwrap()],
        account: None,
        group: None,
        instances: None,
        timer: None,
        socket: None,
        watch: None,
        service_type: ServiceType::Exec,
        restart: Restart { policy: RestartPolicy::OnFailure, delay: TimeSpan::parse("2s").unwrap() },
        prelude: None,
        needs: Vec::new(),
        dependencies: Default::default(),
        failure: None,
        log_file: None,
        directives: Default::default(),
        exec_options: Default::default(),
        privileged_ports: number.is_multiple_of(5),
        hardening: None,
        properties: Vec::new(),
        typed: random(&strategies::arguments(), runner),
        applied_from: None,
    }
}

fn check(spec: &ServiceSpec, read: &Understood, text: &str) {
    let expected = at_exec(spec.command.program(), spec.command.arguments(), &read.commands[0]);
    assert_eq!(read.commands, [expected], "{text}");
    let directory = read.working_directory.trim_end_matches('/');
    assert_eq!(directory, spec.working_directory.path().to_str().unwrap().trim_end_matches('/'), "{text}");
    let variable = &spec.environment[0];
    assert_eq!(read.environment, [format!("A={}", variable.value())], "{text}");
    assert_eq!(read.description, described(spec), "{text}");
    assert_eq!(read.complaints, "", "{text}");
    assert_eq!(read.environment_files.len(), 1, "{text}");
}

/// systemd strips whitespace at both ends, and shows the unit's name if nothing is left.
fn described(spec: &ServiceSpec) -> String {
    let text = spec.description.as_str().trim_matches([' ', '\t', '\n', '\r']);
    if text.is_empty() { spec.name.unit() } else { text.to_owned() }
}

#[test]
fn time_spans_are_those_of_systemd() {
    let mut runner = TestRunner::default();
    let strategy = strategies::time_span();
    let spans: Vec<String> = (0..400).map(|_| random(&strategy, &mut runner)).collect();
    for span in &spans {
        let output = std::process::Command::new("systemd-analyze").args(["timespan", "--", span]).output().unwrap();
        let systemd = String::from_utf8_lossy(&output.stdout)
            .lines()
            .find_map(|line| line.trim().strip_prefix("μs: ").and_then(|number| number.trim().parse::<u64>().ok()));
        let ours = TimeSpan::parse(span)
            .ok()
            .map(|span| span.length().map_or(u64::MAX, |length| u64::try_from(length.as_micros()).unwrap()));
        assert_eq!(ours, systemd.filter(|_| output.status.success()), "{span:?}");
    }
}

/// systemd has no complaints about the example units.
#[test]
fn the_examples_are_understood() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/units");
    for directory in ["user", "system"] {
        let files: Vec<(String, String)> = root
            .join(directory)
            .read_dir()
            .unwrap()
            .map(|entry| entry.unwrap())
            .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read_to_string(entry.path()).unwrap()))
            .collect();
        let borrowed: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        let understood = parser::read(&borrowed);
        for (name, _) in &files {
            let read = understood.get(&name.replace("@.", "@one."));
            let read = read.unwrap_or_else(|| panic!("systemd does not know {name}"));
            assert_eq!(read.complaints.as_str(), "", "{name}");
            match name.rsplit_once('.').map(|(_, suffix)| suffix) {
                Some("timer") => assert!(!read.times.is_empty(), "{name}"),
                Some("socket" | "path") => assert!(!read.places.is_empty(), "{name}"),
                Some("service") => assert_eq!(read.commands.len(), 1, "{name}"),
                _ => {}
            }
        }
    }
}

/// Every kind of timer setting is read as intended.
#[test]
fn the_times_of_timers_are_those_that_were_meant() {
    let span = |text: &str| TimeSpan::parse(text).unwrap();
    let mut spec = random_spec(0, &mut TestRunner::deterministic());
    spec.timer = Some(Timer {
        events: vec![
            TimerEvent::Calendar("Mon..Fri 18:30".into()),
            TimerEvent::Boot(span("5min")),
            TimerEvent::Startup(span("0")),
            TimerEvent::Active(span("1h 30min")),
            TimerEvent::UnitActive(span("1500ms")),
        ],
        randomized_delay: Some(span("10s")),
        persistent: true,
        at_once: true,
    });
    let files = unit::render(&spec).unwrap();
    let [_, timer] = files.as_slice() else { panic!("a service and its timer: {files:?}") };
    let borrowed: Vec<(&str, &str)> = files.iter().map(|file| (file.unit.as_str(), file.text.as_str())).collect();
    let understood = parser::read(&borrowed);
    let read = &understood[&timer.unit];
    assert_eq!(read.complaints, "", "{}", timer.text);
    let mut times = read.times.clone();
    times.sort();
    let meant = ["OnActiveSec: 1h 30min", "OnBootSec: 5min", "OnCalendar: Mon..Fri *-*-* 18:30:00"];
    assert_eq!(times, [&meant[..], &["OnStartupSec: 0", "OnUnitActiveSec: 1.500000s"]].concat());
}

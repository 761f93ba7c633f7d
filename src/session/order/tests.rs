//! Orders keep every byte, and nothing else is accepted as one.

use std::os::unix::ffi::OsStringExt as _;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::cli::Changing;
use crate::manager::security::Exposure;
use crate::spec::{
    CommandLine, CredentialsDir, DIRECTIVE_OPTIONS, Dependencies, Description, DirectiveValues, EnvironmentFile,
    Hardening, Instances, LogFile, Opener, OtherUnit, PathEvent, Preset, Property, Restart, RestartPolicy, Scope,
    SecretName, Sensitive, ServiceType, Timer, TimerEvent, UnitName, Variable, Watch, WatchedPath, WorkingDirectory,
};
use crate::systemd::timespan::TimeSpan;

fn directives<const N: usize>(texts: [(&str, &str); N]) -> DirectiveValues {
    let mut values = DirectiveValues::default();
    for (name, text) in texts {
        values.set(DIRECTIVE_OPTIONS.iter().find(|option| option.name == name).unwrap(), text).unwrap();
    }
    values
}

fn odd() -> OsString {
    OsString::from_vec((1..=255).collect())
}

fn spec() -> ServiceSpec {
    let dir = PathBuf::from(OsString::from("/srv/é %"));
    ServiceSpec {
        name: UnitName::parse("web").unwrap(),
        scope: Scope::System,
        release: None,
        description: Description::parse("a %h é").unwrap(),
        command: CommandLine::new("/usr/bin/odd".into(), vec![odd(), OsString::new()]).unwrap(),
        working_directory: WorkingDirectory::parse(&dir).unwrap(),
        environment: vec![Variable::parse(b"A", "line\nbreak %".as_bytes()).unwrap()],
        environment_files: vec![EnvironmentFile::parse("/etc/[x]".as_ref(), true).unwrap()],
        account: Some("ann".into()),
        group: None,
        instances: None,
        timer: Some(Timer {
            events: vec![
                TimerEvent::Calendar("Mon *-*-* 08:00".into()),
                TimerEvent::Boot(TimeSpan::parse("5min").unwrap()),
                TimerEvent::Active(TimeSpan::seconds(0)),
                TimerEvent::UnitActive(TimeSpan::parse("1h 30min").unwrap()),
            ],
            randomized_delay: Some(TimeSpan::parse("10s").unwrap()),
            persistent: true,
            at_once: true,
        }),
        socket: None,
        watch: Some(Watch {
            paths: vec![WatchedPath::parse(PathEvent::Exists, std::path::Path::new("/srv/é ")).unwrap()],
        }),
        service_type: ServiceType::NotifyReload,
        restart: Restart { policy: RestartPolicy::OnAbnormal, delay: TimeSpan::parse("1min 500ms").unwrap() },
        prelude: None,
        needs: vec![("SuccessExitStatus", "143")],
        secrets: Vec::new(),
        credentials: CredentialsDir::default(),
        dependencies: Dependencies {
            after: vec![OtherUnit::parse("a@b").unwrap(), OtherUnit::parse("/srv/ä").unwrap()],
            wants: vec![OtherUnit::parse("x.target").unwrap()],
            on_failure: vec![OtherUnit::parse("mail@web.service").unwrap()],
            ..Dependencies::default()
        },
        failure: CommandLine::new("/usr/bin/tell".into(), vec![odd()]).ok(),
        log_file: LogFile::parse("/srv/é %.log".as_ref(), Opener::Account).ok(),
        directives: directives([("memory-max", "1.5G"), ("cpu-quota", "12.5%"), ("nice", "-5")]),
        exec_options: crate::spec::ExecOptions { expand_environment: true, ignore_failure: true },
        privileged_ports: true,
        hardening: Some(Hardening {
            preset: Preset::Strict,
            lines: vec![Property::parse(b"CapabilityBoundingSet=").unwrap()],
        }),
        properties: vec![Property::parse(b"MemoryMax=1G").unwrap()],
        typed: vec!["--system".into(), odd()],
        applied_from: ManifestId::parse("/srv/é %/x.toml".as_ref()).ok(),
    }
}

fn order() -> Order {
    let install = InstallOptions {
        settle: Duration::from_millis(1500),
        start: true,
        enable: false,
        linger: false,
        rollback: true,
        max_exposure: Exposure::parse("6.2"),
        replaces: crate::resolve::Replaces::Related,
        changing: Changing { dry_run: false, check: false, force: true },
    };
    let (notes, warnings) = (vec!["by the way é".into()], vec!["beware".into()]);
    let secret = |name: &[u8], file: Option<&str>, value: Option<&[u8]>| HandedSecret {
        name: SecretName::parse(name).unwrap(),
        file: file.map(PathBuf::from),
        value: value.map(|value| Sensitive::new(value.to_vec())),
    };
    let secrets = vec![secret(b"A", Some("/é"), None), secret(b"B", None, Some(b"\xff\0")), secret(b"C", None, None)];
    let applied =
        Some(Applied { file: ManifestId::parse("/srv/é".as_ref()).ok(), prune: true, adopt: false, force: false });
    Order {
        services: vec![OrderedService { spec: spec(), install, secrets, notes, warnings }],
        applied,
        arguments: vec![odd()],
        editors: Vec::new(),
        offline: true,
    }
}

/// The document of [`order`], changed.
fn changed(change: impl FnOnce(&mut Value)) -> Result<Order, String> {
    let mut document: Value = serde_json::from_slice(&write(&order())).unwrap();
    change(&mut document);
    read(document.to_string().as_bytes())
}

#[test]
fn what_listens_is_read_as_it_was_written_and_is_the_only_thing_that_starts_the_service() {
    let listening = |addresses: &[&str], watched: bool| {
        changed(|document| {
            let service = &mut document["order"]["services"][0]["spec"];
            service["socket"] = addresses.into();
            service["timer"] = Value::Null;
            if !watched {
                service["watch"] = Value::Null;
            }
        })
    };
    let addresses = ["8080", "[::1]:81", "/run/%25 x.sock", "@a", "vsock:2:80", "udp:53"];
    let order = listening(&addresses, false).unwrap();
    assert_eq!(order.services[0].spec.socket.as_ref().unwrap().addresses.len(), addresses.len());
    let document: Value = serde_json::from_slice(&write(&order)).unwrap();
    assert_eq!(document["order"]["services"][0]["spec"]["socket"], Value::from(addresses.as_slice()));
    assert!(listening(&["80", "127.0.0.1:80"], false).is_err());
    assert!(listening(&[], false).is_err());
    assert!(listening(&["localhost:80"], false).is_err());
    assert!(listening(&["8080"], true).unwrap_err().contains("--listen"));
}

#[test]
fn an_order_is_read_as_it_was_written() {
    let read = read(&write(&order())).unwrap();
    assert_eq!(format!("{read:?}"), format!("{:?}", order()));
    assert_eq!(write(&read), write(&order()));
}

#[test]
fn instances_are_handed_over() {
    let alone = |document: &mut Value| {
        let service = &mut document["order"]["services"][0]["spec"];
        (service["failure"], service["log_file"], service["timer"]) = (Value::Null, Value::Null, Value::Null);
        (service["watch"], service["instances"]) = (Value::Null, "blue,3".into());
    };
    let read = changed(alone).unwrap();
    assert_eq!(read.services[0].spec.instances, Some(Instances::parse("blue,3").unwrap()));
    assert_eq!(write(&super::read(&write(&read)).unwrap()), write(&read));
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table of expected texts")]
fn what_is_no_order_is_refused() {
    for (what, place, value) in [
        ("unknown field `more`", "/order/more", json!(1)),
        ("unknown field `scope`", "/spec/scope", json!("user")),
        ("unknown field `dry_run`", "/install/changing/dry_run", json!(true)),
        ("format 1", "/format", json!(1)),
        ("version 0", "/version", json!("0")),
        ("missing field `prune`", "/order/applied", json!({ "file": null })),
        (
            "the file of services is neither",
            "/order/applied",
            json!({ "file": word("a b"), "prune": true, "adopt": false, "force": false }),
        ),
        ("the file of services is neither", "/spec/applied_from", word("a b")),
        ("a command line stands for one service", "/order/applied", Value::Null),
        ("expected a boolean", "/order/offline", json!("yes")),
        ("the list of instances names `a` twice", "/spec/instances", json!("a,a")),
        ("the list of instances leaves", "/spec/instances", json!("0")),
        ("the name is reserved", "/spec/name", json!("dbus")),
        ("the name contains", "/spec/name", json!("../x")),
        ("a program is not an absolute path", "/spec/command", json!([word("sh")])),
        ("a program is not an absolute path", "/spec/command", json!([])),
        ("a program contains", "/spec/command", json!([word("/bin/sh"), word("\0")])),
        ("expected a sequence", "/spec/command", json!("/bin/sh")),
        ("the working directory is not an absolute path", "/spec/working_directory", json!("~")),
        ("the description", "/spec/description", json!("a\n[Service]")),
        ("a variable is not a valid variable name", "/spec/environment", json!([["A B", "x"]])),
        ("expected a tuple of size 2", "/spec/environment", json!([["A"]])),
        ("a property", "/spec/properties", json!(["A=x\nB=y"])),
        ("does not sandbox", "/spec/hardening", json!({ "preset": "safe", "lines": ["ExecStartPre=+/bin/x"] })),
        ("unknown variant `loose`", "/spec/hardening", json!({ "preset": "loose", "lines": [] })),
        ("no runtime needs this", "/spec/needs", json!([["User", "root"]])),
        ("no runtime reads this", "/spec/prelude", json!("../x")),
        ("the exposure exceeds 10", "/install/max_exposure", json!(101)),
        ("an environment file is not an absolute path", "/spec/environment_files", json!([["x", false]])),
        ("a dependency contains", "/spec/dependencies/after", json!(["a b"])),
        ("missing field `requires`", "/spec/dependencies", json!({ "after": [] })),
        ("a program is not an absolute path", "/spec/failure", json!([word("mail")])),
        ("the log file is not an absolute path", "/spec/log_file", json!(["x", "manager"])),
        ("the log file ends in white", "/spec/log_file", json!(["/x ", "manager"])),
        ("a watched path contains `..`", "/spec/watch/paths", json!([["Exists", "/x/../y"]])),
        ("MemoryMax is not a size", "/spec/directives/MemoryMax", json!("1GB")),
        ("Nice is not a nice level", "/spec/directives/Nice", json!("20")),
        ("IOWeight has no option", "/spec/directives/IOWeight", json!("1")),
        ("unknown variant `magic`", "/spec/service_type", json!("magic")),
        ("unknown variant `never`", "/spec/restart/policy", json!("never")),
        ("a duration:", "/spec/restart/delay", json!("soon")),
        ("the timer has an invalid time", "/spec/timer/events", json!([["OnCalendar", "x\n[Service]"]])),
        ("the timer has an invalid time", "/spec/timer/events", json!([["ExecStart", "1s"]])),
        ("the timer has no times", "/spec/timer/events", json!([])),
        ("invalid value", "/install/settle/secs", json!(-1)),
        ("expected a string", "/spec/account", json!(0)),
        ("the name of a secret is not a valid", "/secrets/0/name", json!("A/B")),
    ] {
        let refused = changed(|document| {
            if value.is_null() {
                let one = document["order"]["services"][0].clone();
                document["order"]["services"].as_array_mut().unwrap().push(one);
            }
            let in_service = ["/spec", "/install", "/secrets"].iter().any(|it| place.starts_with(it));
            let place = if in_service { format!("/order/services/0{place}") } else { place.to_owned() };
            let (parent, key) = place.rsplit_once('/').unwrap();
            document.pointer_mut(parent).unwrap()[key] = value;
        });
        let why = refused.expect_err(place);
        assert!(why.contains(what), "{place}: {why}");
    }
}

#[test]
fn contradictions_and_missing_parts_are_refused() {
    let twice = changed(|document| {
        let spec = &mut document["order"]["services"][0]["spec"];
        (spec["service_type"], spec["restart"]["policy"]) = ("oneshot".into(), "always".into());
    });
    assert!(twice.is_err_and(|why| why.contains("oneshot")));
    let missing = changed(|document| drop(document["order"]["services"][0].as_object_mut().unwrap().remove("install")));
    assert!(missing.unwrap_err().starts_with("missing field `install`"));
    for text in ["", "[]", "null", "{", "{}", "{\"format\":1}"] {
        assert!(read(text.as_bytes()).is_err(), "{text}");
    }
}

/// A word of a command line.
fn word(text: &str) -> Value {
    json!({ "Unix": text.as_bytes() })
}

//! Orders survive being written down, whatever bytes they hold, and nothing else is taken for one.

use super::*;
use crate::spec::{
    CommandLine, CpuQuota, CredentialsFolder, Dependencies, Description, EnvironmentFile, Hardening, Instances, Limits,
    LogFile, MemoryMax, Nice, Opener, OtherUnit, PathEvent, Preset, Property, Restart, RestartPolicy, Scope,
    ServiceSpec, ServiceType, Timer, TimerEvent, UnitName, Variable, Watch, WatchedPath, WorkingDirectory,
};
use crate::systemd::timespan::TimeSpan;

fn order() -> Order {
    let odd = OsString::from_vec(b"\xff\xfe 100%\n\x7f\"\\\xc3\xa9".to_vec());
    let folder = PathBuf::from(OsString::from("/srv/é %"));
    let spec = ServiceSpec {
        name: UnitName::parse("web").unwrap(),
        scope: Scope::System,
        release: None,
        description: Description::parse("a %h é").unwrap(),
        command: CommandLine::new("/usr/bin/odd".into(), vec![odd.clone(), OsString::new()]).unwrap(),
        working_directory: WorkingDirectory::parse(&folder).unwrap(),
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
        credentials: CredentialsFolder::default(),
        dependencies: Dependencies {
            after: vec![OtherUnit::parse("a@b").unwrap(), OtherUnit::parse("/srv/ä").unwrap()],
            wants: vec![OtherUnit::parse("x.target").unwrap()],
            on_failure: vec![OtherUnit::parse("mail@web.service").unwrap()],
            ..Dependencies::default()
        },
        failure: CommandLine::new("/usr/bin/tell".into(), vec![odd.clone()]).ok(),
        log_file: LogFile::parse("/srv/é %.log".as_ref(), Opener::Account).ok(),
        limits: Limits {
            memory_max: MemoryMax::parse("1.5G").ok(),
            cpu_quota: CpuQuota::parse("12.5%").ok(),
            tasks_max: None,
            nice: Nice::parse("-5").ok(),
        },
        privileged_ports: true,
        hardening: Some(Hardening {
            preset: Preset::Strict,
            lines: vec![Property::parse(b"CapabilityBoundingSet=").unwrap()],
        }),
        properties: vec![Property::parse(b"MemoryMax=1G").unwrap()],
        typed: vec!["--system".into(), odd.clone()],
        applied_from: Some(PathBuf::from("/srv/é %/x.toml")),
    };
    let manner = Manner {
        settle: Duration::from_millis(1500),
        start: true,
        enable: false,
        linger: false,
        rollback: true,
        max_exposure: Exposure::parse("6.2"),
        changing: Changing { dry_run: false, check: false, force: true },
    };
    let (reasons, warnings) = (vec!["because é".into()], vec!["beware".into()]);
    let notes = vec!["by the way".into()];
    let resolved = Resolved { spec, interpreter: Vec::new(), manner, reasons, notes, warnings };
    let secret = |name: &[u8], file: Option<&str>, value: Option<&[u8]>| HandedSecret {
        name: SecretName::parse(name).unwrap(),
        file: file.map(PathBuf::from),
        value: value.map(|value| Sensitive::new(value.to_vec())),
    };
    let secrets = vec![secret(b"A", Some("/é"), None), secret(b"B", None, Some(b"\xff\0")), secret(b"C", None, None)];
    let applied = Some(Applied { file: Some("/srv/é".into()), prune: true, force: false });
    Order { services: vec![Ordered { resolved, secrets }], applied, arguments: vec![odd], offline: true }
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
            let service = &mut document["services"][0]["service"];
            service["listen"] = addresses.into();
            service["timer"] = Value::Null;
            if !watched {
                service["watch"] = Value::Array(Vec::new());
            }
        })
    };
    let addresses = ["8080", "[::1]:81", "/run/%25 x.sock", "@a", "vsock:2:80", "udp:53"];
    let order = listening(&addresses, false).unwrap();
    assert_eq!(order.services[0].resolved.spec.socket.as_ref().unwrap().addresses.len(), addresses.len());
    let document: Value = serde_json::from_slice(&write(&order)).unwrap();
    assert_eq!(document["services"][0]["service"]["listen"], Value::from(addresses.as_slice()));
    assert!(listening(&["80", "127.0.0.1:80"], false).is_err());
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
        let service = &mut document["services"][0]["service"];
        (service["failure"], service["log_file"], service["timer"]) = (Value::Null, Value::Null, Value::Null);
        (service["watch"], service["instances"]) = (Value::Array(Vec::new()), "blue,3".into());
    };
    let read = changed(alone).unwrap();
    assert_eq!(read.services[0].resolved.spec.instances, Some(Instances::parse("blue,3").unwrap()));
    assert_eq!(write(&super::read(&write(&read)).unwrap()), write(&read));
}

#[test]
fn every_byte_survives() {
    let all = OsString::from_vec((0..=255).collect());
    let text = encoded(&all);
    assert!(text.is_ascii(), "{text}");
    assert_eq!(fields::decoded(&text.into()), Ok(all));
    for wrong in ["%", "%f", "%ff", "%gg", "%41", "é", "%+1", "\n"] {
        assert!(fields::decoded(&wrong.into()).is_err(), "{wrong}");
    }
}

#[test]
fn what_is_no_order_is_refused() {
    for (what, place, value) in [
        ("has a `more` that is not known", "/more", json!(1)),
        ("the service has a `scope` that is not known", "/service/scope", json!("user")),
        ("the manner has a `dry_run` that is not known", "/manner/dry_run", json!(true)),
        ("format 1", "/format", json!(1)),
        ("the file of services has no `prune`", "/applied", json!({ "file": null })),
        ("`file` is not an absolute path", "/applied", json!({ "file": "x", "prune": true, "force": false })),
        ("`applied_from` is not an absolute path", "/service/applied_from", json!("x")),
        ("what was typed is not one service", "/applied", Value::Null),
        ("version 0", "/version", json!("0")),
        ("`offline` is neither", "/offline", json!("yes")),
        ("the list of instances names `a` twice", "/service/instances", json!("a,a")),
        ("the list of instances leaves", "/service/instances", json!("0")),
        ("the name is reserved", "/service/name", json!("dbus")),
        ("the name contains", "/service/name", json!("../x")),
        ("the program is not an absolute path", "/service/command", json!(["sh"])),
        ("the program is not an absolute path", "/service/command", json!([])),
        ("the command contains", "/service/command", json!(["/bin/sh", "%00"])),
        ("`command` is no list", "/service/command", json!("/bin/sh")),
        ("the working directory is not an absolute path", "/service/working_directory", json!("~")),
        ("the description", "/service/description", json!("a%0A[Service]")),
        ("a variable is not a valid variable name", "/service/environment", json!([["A B", "x"]])),
        ("a pair has other than two", "/service/environment", json!([["A"]])),
        ("a property", "/service/properties", json!(["A=x%0AB=y"])),
        ("does not close", "/service/hardening", json!(["safe", ["ExecStartPre=+/bin/x"]])),
        ("the preset is none", "/service/hardening", json!(["loose", []])),
        ("`max_exposure` is none", "/manner/max_exposure", json!(101)),
        ("an environment file is not an absolute path", "/service/environment_files", json!([["x", false]])),
        ("a unit it depends on contains", "/service/dependencies", json!({ "after": ["a b"] })),
        ("the dependencies has no `requires`", "/service/dependencies", json!({ "after": [] })),
        ("the program for failures is not an absolute path", "/service/failure", json!(["mail"])),
        ("the log file is not an absolute path", "/service/log_file", json!(["x", false])),
        ("the path of the log file ends in white", "/service/log_file", json!(["/x ", false])),
        ("MemoryMax is not a size", "/service/limits", json!({ "MemoryMax": "1GB" })),
        ("Nice is not a nice level", "/service/limits", json!({ "Nice": "20" })),
        ("the limits has a `IOWeight`", "/service/limits", json!({ "IOWeight": "1" })),
        ("the type is none", "/service/type", json!("magic")),
        ("the restart policy is none", "/service/restart", json!("never")),
        ("the delay", "/service/restart_sec", json!("soon")),
        ("a time of the timer that is none", "/service/timer/events", json!([["OnCalendar", "x%0A[Service]"]])),
        ("a time of the timer that is none", "/service/timer/events", json!([["ExecStart", "1s"]])),
        ("the timer has no times", "/service/timer/events", json!([])),
        ("`settle` is no number", "/manner/settle", json!(-1)),
        ("`account`: it is no text", "/service/account", json!(0)),
        ("`name` is not UTF-8", "/service/name", json!("%FF")),
    ] {
        let refused = changed(|document| {
            if value.is_null() {
                let one = document["services"][0].clone();
                document["services"].as_array_mut().unwrap().push(one);
            }
            let in_service = place.starts_with("/service") || place.starts_with("/manner");
            let place = if in_service { format!("/services/0{place}") } else { place.to_owned() };
            let (parent, key) = place.rsplit_once('/').unwrap();
            document.pointer_mut(parent).unwrap()[key] = value;
        });
        let why = refused.expect_err(place);
        assert!(why.contains(what), "{place}: {why}");
    }
    let twice = changed(|document| {
        document["services"][0]["service"]["type"] = "oneshot".into();
        document["services"][0]["service"]["restart"] = "always".into();
    });
    assert!(twice.is_err_and(|why| why.contains("oneshot")));
    let missing = changed(|document| drop(document["services"][0].as_object_mut().unwrap().remove("manner")));
    assert_eq!(missing.unwrap_err(), "a service of the order has no `manner`");
    for text in ["", "[]", "null", "{", "{}", "{\"format\":1}"] {
        assert!(read(text.as_bytes()).is_err(), "{text}");
    }
}

//! Many services are started, stopped and removed together, and each is reported as it would be alone.

use std::collections::BTreeSet;

use crate::host::Inside;
use crate::scope::Scope;
use crate::setup::{booted, done, file, ran};

/// Services that start, and services that fail to start for different reasons.
const ODD: &str = r#"
[services.a-late]
command = "sleep 1000"
after = "z-early"
[services.dies]
command = "sh -c 'exit 3'"
restart = "no"
[services.flaps]
command = "sh -c 'exit 4'"
[services.needs]
command = "sleep 1001"
requires = "never"
after = "never"
[services.never]
command = "false"
service-type = "oneshot"
[services.once]
command = "true"
service-type = "oneshot"
[services.slow]
command = "sleep 1002"
service-type = "notify"
properties = { TimeoutStartSec = "1" }
[services.unmet]
command = "sleep 1003"
properties = { ConditionPathExists = "/nowhere" }
[services.asserted]
command = "sleep 1004"
properties = { AssertPathExists = "/nowhere" }
[services.z-early]
command = ["sh", "-c", "sleep 0.5; systemd-notify --ready; exec sleep 1000"]
service-type = "notify"
properties = { NotifyAccess = "all" }
"#;

/// The report about the failing services, without counts and log lines that vary.
fn told(scope: &Scope<'_>, path: &str) -> BTreeSet<String> {
    let ran = ran(&mut scope.verb(&["apply", path]));
    assert_eq!(ran.code, 3, "{ran:?}");
    let is_of_odd =
        |line: &&str| !line.starts_with("many-") && !line.starts_with(|c: char| c == ' ' || c.is_ascii_digit());
    ran.stdout.lines().chain(ran.stderr.lines()).filter(is_of_odd).map(str::to_owned).collect()
}

#[apply(booted_test)]
fn each_result_is_reported_as_for_a_single_service(scope: &Scope<'_>) {
    let (owner, path) = match scope.session {
        Some(_) => ("ann", "/home/ann/app/mkservice.toml"),
        None => ("root", "/srv/app/mkservice.toml"),
    };
    let account = if scope.session.is_some() { "" } else { "uid = \"daemon\"\n" };
    let defaults = format!("[defaults]\nsettle = \"500ms\"\nworking-directory = \"/\"\n{account}");
    let others = |count: u32| -> String {
        (0..count).map(|at| format!("[services.many-{at}]\ncommand = [\"sleep\", \"2{at}\"]\n")).collect()
    };
    let write = |services: &str| file(scope.host, owner, path, &format!("{defaults}{services}"));

    write(ODD);
    let alone = told(scope, path);
    write("[services]\n");
    done(&mut scope.verb(&["apply", "--prune", path]));
    write(&format!("{ODD}{}", others(300)));
    let among_many = told(scope, path);
    assert_eq!(among_many, alone);

    // Every kind is reported.
    for name in ["dies", "flaps", "needs", "never", "slow", "asserted"] {
        assert!(alone.contains(&format!("{name} failed, is not running")), "{name}: {alone:?}");
    }
    assert!(alone.contains("unmet created, is skipped: a condition of its unit is not met"), "{alone:?}");
    // One transaction honors the order of its units.
    let since = |unit: &str| scope.property(unit, "ActiveEnterTimestampMonotonic").parse::<u64>().unwrap();
    assert!(since("a-late") >= since("z-early"));
    for unit in ["many-0", "many-299", "once"] {
        assert_eq!(scope.property(unit, "Result"), "success", "{unit}");
    }
    // The transient units are gone.
    assert_eq!(done(scope.systemctl().args(["list-units", "--all", "--plain", "--no-legend", "mkservice-start*"])), "");
    let wants = scope.property("many-0", "WantedBy");
    assert!(!wants.contains("mkservice"), "{wants}");

    // Running services are not failures and are not started again; only the missing ones are started.
    let stopped: Vec<String> = (0..150).map(|at| format!("many-{at}")).collect();
    done(scope.systemctl().arg("stop").args(&stopped));
    let before = since("many-299");
    write(&others(300));
    let ran = ran(&mut scope.verb(&["apply", path]));
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.ends_with("150 changed, 150 unchanged\n"), "{ran:?}");
    assert_eq!(since("many-299"), before);
}

/// A bus policy that denies transient units to everybody.
const POLICY: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><policy user="root"><deny send_destination="org.freedesktop.systemd1"
send_interface="org.freedesktop.systemd1.Manager" send_member="StartTransientUnit"/></policy></busconfig>
"#;

#[apply(booted_test)]
fn without_transient_units_each_service_has_its_own_job() {
    let host = booted();
    file(&host, "root", "/etc/dbus-1/system.d/zz-no-transient-units.conf", POLICY);
    let reload = ["call", "org.freedesktop.DBus", "/", "org.freedesktop.DBus", "ReloadConfig"];
    host.root("busctl").args(reload).text();
    let manager = ["org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager"];
    let transient = ["StartTransientUnit", "ssa(sv)a(sa(sv))", "transient.service", "replace", "0", "0"];
    let refused = ran(host.root("busctl").arg("call").args(manager).args(transient));
    assert!(refused.code != 0 && refused.stderr.contains("denied"), "{refused:?}");

    let services: String =
        (0..100).map(|at| format!("[services.many-{at}]\ncommand = [\"sleep\", \"2{at}\"]\n")).collect();
    let text = format!("[defaults]\nuid = \"daemon\"\nsettle = 0\n{services}[services.dies]\ncommand = \"false\"\n");
    file(&host, "root", "/srv/app/mkservice.toml", &text);
    let ran = ran(host.root("mkservice").args(["apply", "/srv/app/mkservice.toml"]));
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stdout.ends_with("dies failed, is not running\n100 created, 1 failed\n"), "{ran:?}");
}

#[apply(booted_test)]
fn many_services_are_stopped_started_and_removed_as_one_is() {
    let host = booted();
    let services: String =
        (0..100).map(|at| format!("[services.many-{at}]\ncommand = [\"sleep\", \"2{at}\"]\n")).collect();
    let refusing = "[services.refusing]\ncommand = \"sleep 1000\"\nproperties = { RefuseManualStop = \"yes\" }\n";
    let text = format!("[defaults]\nuid = \"daemon\"\nsettle = 0\nrestart = \"no\"\n{services}");
    file(&host, "root", "/srv/app/mkservice.toml", &text);
    let verb = |arguments: &[&str]| done(host.root("mkservice").args(arguments));
    let active = || {
        let list = ["list-units", "--plain", "--no-legend", "--state=active", "many-*", "refusing*", "mkservice-*"];
        host.root("systemctl").args(list).text().lines().count()
    };
    let links = || {
        let find = ["/etc/systemd/system", "-type", "l", "-name", "many-*"];
        host.root("find").args(find).text().lines().count()
    };
    verb(&["apply", "/srv/app/mkservice.toml"]);
    assert_eq!((active(), links()), (100, 100));

    let stopped = verb(&["stop", "--all"]);
    assert_eq!(stopped.matches(" is stopped; it starts again at boot").count(), 100, "{stopped}");
    assert_eq!(active(), 0);
    let again = verb(&["stop", "--all"]);
    assert_eq!(again.matches(" was not running").count(), 100, "{again}");
    let started = verb(&["start", "--all", "--settle=0"]);
    assert_eq!((started.matches(" is running").count(), active()), (100, 100), "{started}");
    verb(&["disable", "--all"]);
    assert_eq!((active(), links()), (100, 0));
    verb(&["enable", "--all"]);
    assert_eq!(links(), 100);

    // What systemd refuses for one, it refuses among many.
    let text = format!("{text}{refusing}");
    file(&host, "root", "/srv/app/mkservice.toml", &text);
    verb(&["apply", "/srv/app/mkservice.toml"]);
    let refused = ran(host.root("mkservice").args(["stop", "--all"]));
    assert!(refused.code != 0 && refused.stderr.contains("stopping refusing.service failed"), "{refused:?}");
    assert_eq!(active(), 1);

    let all: Vec<String> = (0..100).map(|at| format!("many-{at}")).collect();
    let removed = done(host.root("mkservice").arg("remove").args(&all));
    assert_eq!((removed.matches(" was removed").count(), links()), (100, 0), "{removed}");
}

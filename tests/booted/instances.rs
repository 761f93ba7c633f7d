//! Services with several units: instances of a template and the target that groups them.

use crate::host::Inside;
use crate::scope::Scope;
use crate::setup::{booted, done, fails, file, property, ran, system, traces};

/// Keeps running with its argument; `die` makes the second fail.
const WITNESS: &str = "#!/bin/sh\necho \"I am $1\"\n[ \"$1 $2\" = '2 die' ] && exit 7\nsleep 1000 &\nwait\n";

const PATH: &str = "/usr/local/share/instance.sh";

fn line<'a>(instances: &'a str, word: &'a str) -> [&'a str; 13] {
    let command = ["--", "sh", PATH, "%i", word];
    let options = ["--name", "web", "-E", "NAME=n-%i", "--settle", "300ms", "--instances", instances];
    let mut all = [""; 13];
    all[..8].copy_from_slice(&options);
    all[8..].copy_from_slice(&command);
    all
}

/// The processes of the instances, by name.
fn processes(scope: &Scope<'_>, names: &[&str]) -> Vec<String> {
    names.iter().map(|name| scope.property(&format!("web@{name}"), "MainPID")).collect()
}

/// The loaded units of the service, without those that exist in name only.
fn loaded(scope: &Scope<'_>) -> String {
    scope.systemctl().args(["list-units", "--all", "--plain", "--no-legend", "web*"]).text()
}

#[apply(booted_test)]
fn instances_scale_up_and_down(scope: &Scope<'_>) {
    file(scope.host, "root", PATH, WITNESS);
    let before = traces(scope.host);
    let said = done(&mut scope.mkservice(&line("1", "%%i 100%")));
    assert!(said.starts_with("web is running: 1 instance ("), "{said}");
    assert!(said.contains("note: %i is replaced by the instance name (1); %%i is a literal %i\n"), "{said}");
    let first = processes(scope, &["1"]);
    done(&mut scope.mkservice(&line("4", "%%i 100%")));
    let four = processes(scope, &["1", "2", "3", "4"]);
    assert_eq!(four[..1], first, "the first runs on");
    let read = |pid: &str, what: &str| scope.host.root("cat").arg(format!("/proc/{pid}/{what}")).text();
    assert!(read(&four[2], "cmdline").ends_with(&format!("\0{PATH}\x003\0%i 100%\0")), "{}", read(&four[2], "cmdline"));
    assert!(read(&four[3], "environ").split('\0').any(|it| it == "NAME=n-4"));

    // Running the command again changes nothing.
    let reloads = scope.reloads();
    let said = done(&mut scope.mkservice(&line("4", "%%i 100%")));
    assert!(said.starts_with("web is running: 4 instances") && said.contains(", unchanged)"), "{said}");
    assert_eq!((processes(scope, &["1", "2", "3", "4"]), scope.reloads()), (four.clone(), reloads));

    // One instance, and all instances.
    assert_eq!(done(&mut scope.verb(&["restart", "web@2"])), "web@2 was restarted and is running\n");
    let after = processes(scope, &["1", "2", "3", "4"]);
    assert!(after[1] != four[1] && after[0] == four[0] && after[2..] == four[2..], "{four:?} {after:?}");
    done(&mut scope.verb(&["stop", "web@3"]));
    let listed = done(&mut scope.verb(&["list"]));
    assert!(listed.contains("degraded 3/4"), "{listed}");
    let status = ran(&mut scope.verb(&["status", "web"]));
    assert_eq!(status.code, 3, "{status:?}");
    assert!(status.stdout.starts_with("web is partly running: 3 of 4 instances are up ("), "{status:?}");
    assert!(status.stdout.contains("web@3  stopped"), "{status:?}");
    assert_eq!(done(&mut scope.verb(&["start", "web"])), "web is running\n");
    assert_eq!(processes(scope, &["1"]), after[..1]);
    done(&mut scope.verb(&["restart", "web"]));
    let all = processes(scope, &["1", "2", "3", "4"]);
    assert!(all.iter().zip(&after).all(|(now, then)| now != then), "{after:?} {all:?}");
    assert!(fails(4, &mut scope.verb(&["status", "web@9"])).contains("known instances: web@1, web@2, web@3, web@4"));
    let one = ran(&mut scope.verb(&["status", "web@4"]));
    assert!(one.code == 0 && one.stdout.starts_with("web@4 is running ("), "{one:?}");

    // A removed instance is gone, and the command in the unit file is updated.
    let said = done(&mut scope.verb(&["remove", "web@2"]));
    assert_eq!(said, "web@2 was removed; web still has web@1, web@3, web@4\n");
    assert!(!loaded(scope).contains("web@2"), "{}", loaded(scope));
    let said = done(&mut scope.mkservice(&line("1,3,4", "%%i 100%")));
    assert!(said.contains(", unchanged)"), "{said}");
    assert_eq!(processes(scope, &["1", "3", "4"]), [&all[..1], &all[2..]].concat());
    done(&mut scope.mkservice(&line("2", "%%i 100%")));
    assert_eq!(processes(scope, &["1"]), all[..1]);
    assert!(!loaded(scope).contains("web@3") && loaded(scope).contains("web@2"), "{}", loaded(scope));

    // Everything is enabled by one link, and removed as a whole.
    let refused = fails(2, &mut scope.verb(&["enable", "web@1"]));
    assert!(refused.contains("web@1 starts at boot together with all instances of web"), "{refused}");
    done(&mut scope.verb(&["stop", "web"]));
    assert!(!loaded(scope).contains(" active "), "{}", loaded(scope));
    done(&mut scope.verb(&["remove", "web"]));
    assert_eq!((loaded(scope).as_str(), traces(scope.host)), ("", before));
}

#[apply(booted_test)]
fn failed_instance_rolls_all_of_them_back(scope: &Scope<'_>) {
    file(scope.host, "root", PATH, WITNESS);
    let before = traces(scope.host);
    let said = fails(3, &mut scope.mkservice(&line("2", "die")));
    assert!(said.starts_with("error: web@2 failed to start: "), "{said}");
    done(&mut scope.mkservice(&line("2", "live")));
    let said = fails(3, &mut scope.mkservice(&line("3", "die")));
    assert!(said.starts_with("error: the new version of web@2 failed to start: "), "{said}");
    assert!(said.contains("rolled back to the previous version, which is running"), "{said}");
    assert!(!loaded(scope).contains("web@3"), "{}", loaded(scope));
    let said = done(&mut scope.mkservice(&line("2", "live")));
    assert!(said.starts_with("web is running: 2 instances") && said.contains(", unchanged)"), "{said}");

    // To a single service and back, and to other names.
    done(&mut scope.mkservice(&["--name", "web", "--settle", "300ms", "sleep", "1000"]));
    assert!(!loaded(scope).contains('@') && scope.property("web", "ActiveState") == "active", "{}", loaded(scope));
    let said = fails(3, &mut scope.mkservice(&line("2", "die")));
    assert!(said.contains("rolled back to the previous version, which is running"), "{said}");
    assert!(!loaded(scope).contains('@') && scope.property("web", "ActiveState") == "active", "{}", loaded(scope));
    done(&mut scope.mkservice(&line("2", "live")));
    done(&mut scope.mkservice(&line("blue,green", "live")));
    let wants = scope.property("web.target", "Wants");
    let mut wants: Vec<&str> = wants.split(' ').collect();
    wants.sort_unstable();
    assert_eq!(wants, ["web@blue.service", "web@green.service"]);
    assert!(!loaded(scope).contains("web@1"), "{}", loaded(scope));
    done(&mut scope.verb(&["remove", "web"]));
    assert_eq!((loaded(scope).as_str(), traces(scope.host)), ("", before));
}

#[apply(booted_test)]
fn instances_start_at_boot() {
    let mut host = booted();
    file(&host, "root", PATH, WITNESS);
    done(system(&host, "daemon").args(line("blue,green", "live")));
    host.reboot();
    host.root("systemctl").args(["is-system-running", "--wait"]).output().unwrap();
    for name in ["web@blue", "web@green"] {
        assert_eq!(property(host.root("systemctl"), name, "ActiveState"), "active", "{}", host.journal());
    }
    let said = done(host.root("mkservice").args(["remove", "web"]));
    assert!(said.starts_with("web was stopped and removed"), "{said}");
}

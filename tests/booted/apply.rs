//! `apply`: one command brings every service of a file up to date.

use std::fmt::Write as _;
use std::process::Stdio;

use serde_json::{Value, json};
use snapbox::str;

use crate::host::{Host, Inside};
use crate::scope::Scope;
use crate::setup::{booted, done, file, ran, same, traces};
use crate::sudo::{NO_PASSWORD, with_sudo};

/// Writes the manifest in a scope; it belongs to the user who applies it.
fn write(scope: &Scope<'_>, text: &str) -> String {
    let (owner, path) = match scope.session {
        Some(_) => ("ann", "/home/ann/app/mkservice.toml"),
        None => ("root", "/srv/app/mkservice.toml"),
    };
    let account = if scope.session.is_some() { "" } else { "uid = \"daemon\"\n" };
    file(scope.host, owner, path, &format!("[defaults]\nsettle = \"500ms\"\n{account}\n{text}"));
    path.to_owned()
}

/// Applies a manifest and returns the exit code and the totals.
fn totals(scope: &Scope<'_>, words: &[&str]) -> (i32, Value) {
    let ran = ran(&mut scope.verb(&[&["apply", "--json"], words].concat()));
    assert_eq!(ran.stderr, "", "{ran:?}");
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    let is_some = !document["steps"].as_array().unwrap().is_empty();
    assert_eq!(document["changed"].as_bool().unwrap(), is_some, "{document}");
    (ran.code, document["summary"].clone())
}

fn counted(counts: [u64; 5]) -> Value {
    let [created, changed, unchanged, removed, failed] = counts;
    json!({ "created": created, "changed": changed, "unchanged": unchanged, "removed": removed, "failed": failed })
}

#[apply(booted_test)]
fn apply_creates_updates_and_prunes(scope: &Scope<'_>) {
    let service = |name: &str, argument: &str| format!("[services.{name}]\ncommand = [\"sleep\", \"{argument}\"]\n");
    let path = write(scope, &[service("a", "1000"), service("b", "1000"), service("c", "1000")].concat());
    let reloads = scope.reloads();
    assert_eq!(totals(scope, &[&path, "--check"]), (5, counted([3, 0, 0, 0, 0])));
    assert_eq!(totals(scope, &[&path]), (0, counted([3, 0, 0, 0, 0])));
    assert_eq!(scope.reloads(), reloads + 1);
    for unit in ["a", "b", "c"] {
        assert_eq!(scope.property(unit, "ActiveState"), "active");
        assert_eq!(scope.property(unit, "UnitFileState"), "enabled");
    }
    let (runs, reloads) = (["a", "b"].map(|unit| scope.property(unit, "InvocationID")), scope.reloads());
    for line in [&[path.as_str()][..], &[&path, "--check"], &[&path, "--prune"], &[&path, "--dry-run"]] {
        assert_eq!(totals(scope, line), (0, counted([0, 0, 3, 0, 0])), "{line:?}");
    }
    assert_eq!(scope.reloads(), reloads);

    // One service is changed, one is new, one is no longer in the manifest; a disabled one is enabled again.
    write(scope, &[service("a", "1000"), service("b", "2000"), service("d", "1000")].concat());
    scope.systemctl().args(["stop", "a.service"]).text();
    let said = done(&mut scope.verb(&["apply", &path]));
    same(
        said,
        str![[r#"
a changed, is running
b changed, is running
    restarted: ExecStart changed
    -Description=sleep 1000
    +Description=sleep 2000
    -ExecStart=/usr/bin/sleep 1000
    +ExecStart=/usr/bin/sleep 2000
d created, is running
1 created, 2 changed

"#]],
    );
    assert_eq!(scope.property("c", "ActiveState"), "active", "it stays without --prune");
    assert_ne!(scope.property("b", "InvocationID"), runs[1]);
    let [before, after] = [["a", "b", "d"]; 2].map(|all| all.map(|unit| scope.property(unit, "InvocationID")));
    assert_eq!(totals(scope, &[&path, "--prune", "--check"]), (5, counted([0, 0, 3, 1, 0])));
    assert_eq!(totals(scope, &[&path, "--prune"]), (0, counted([0, 0, 3, 1, 0])));
    assert_eq!(scope.property("c", "LoadState"), "not-found");
    assert_eq!(before, after);
    // Services not created by this manifest remain.
    done(&mut scope.mkservice(&["--name", "own", "sleep", "1000"]));
    write(scope, "[services]\n");
    assert_eq!(totals(scope, &[&path, "--prune"]), (0, counted([0, 0, 0, 3, 0])));
    assert_eq!(scope.property("own", "ActiveState"), "active");
}

#[apply(booted_test)]
fn failed_service_is_reported_and_the_others_run(scope: &Scope<'_>) {
    let text = "[services.good]\ncommand = \"sleep 1000\"\n\n\
            [services.dies]\ncommand = [\"sh\", \"-c\", \"sleep 0.1; echo I am lost >&2; exit 7\"]\n\n\
            [services.fails]\ncommand = [\"false\"]\nrestart = \"no\"\n\n\
            [services.tick]\ncommand = \"true\"\non-calendar = \"daily\"\n";
    let path = write(scope, text);
    let ran = ran(&mut scope.verb(&["apply", &path]));
    assert_eq!(ran.code, 3, "{ran:?}");
    let told = "good created, is running\ndies failed, is not running\nfails failed, is not running\n\
            tick created, waits for its next run\n2 created, 2 failed\n";
    assert!(ran.stdout.starts_with(told), "{ran:?}");
    for words in ["error: dies failed to start: ", "    I am lost\n", "exited with status 7"] {
        assert!(ran.stderr.contains(words), "{words}: {ran:?}");
    }
    // Once fixed, the same command continues; if the new version fails to start, the previous one is restored.
    write(scope, "[services.good]\ncommand = [\"false\"]\n\n[services.dies]\ncommand = \"sleep 1000\"\n");
    let (code, totals) = totals(scope, &[&path, "--prune"]);
    assert_eq!((code, totals), (3, counted([0, 1, 0, 2, 1])));
    assert_eq!([scope.property("good", "ActiveState"), scope.property("dies", "ActiveState")], ["active"; 2]);
    assert!(scope.property("good", "ExecStart").contains("sleep 1000"));
}

#[apply(booted_test)]
fn one_invalid_service_of_fifty_writes_nothing(scope: &Scope<'_>) {
    done(&mut scope.mkservice(&["--name", "theirs", "sleep", "1000"]));
    let unit = scope.property("theirs", "FragmentPath");
    scope.host.root("sh").args(["-c", &format!("echo '# mine' >> {unit}")]).text();
    let mut text = String::new();
    for number in 0..49 {
        write!(text, "[services.s{number}]\ncommand = [\"sleep\", \"{number}1\"]\n\n").unwrap();
    }
    let before = traces(scope.host);
    for (name, bad, told) in [
        ("bad", "command = \"no-such-program\"", "program `no-such-program` not found in PATH"),
        ("bad", "command = \"sleep 1\"\nmemory-maxx = \"1G\"", "memory-maxx"),
        ("bad", "command = \"sleep 1\"\nproperties = { MemoryMaxx = \"1G\" }", "MemoryMaxx"),
        ("bad", "command = \"sleep 1\"\nworking-directory = \"/nowhere\"", "/nowhere"),
        ("bad", "command = \"sleep 1 | cat\"", "|"),
        ("theirs", "command = \"sleep 1\"", "was edited by hand"),
        ("dbus", "command = \"sleep 1\"", "is reserved"),
    ] {
        let path = write(scope, &format!("{text}[services.{name}]\n{bad}\n"));
        let before = (before.clone(), traces(scope.host).lines().count());
        let ran = ran(&mut scope.verb(&["apply", &path]));
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{bad}: {ran:?}");
        assert!(ran.stderr.contains(told), "{told}: {ran:?}");
        assert!(ran.stderr.contains("mkservice.toml:"), "{ran:?}");
        let is_unit = |line: &&str| line.contains("systemd/") && !line.contains("mkservice.toml");
        let units = |traces: &str| traces.lines().filter(is_unit).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(units(&traces(scope.host)), units(&before.0), "{bad}");
    }
}

/// The number of services in a manifest whose apply is killed.
const MANY: usize = 200;

/// Runs are killed while files are written, while they are renamed, and while jobs run, for new and for changed
/// services.
#[apply(booted_test)]
fn killed_run_is_completed_by_the_next_one() {
    let host = booted();
    let write = |argument: &str| {
        let service = |number| format!("[services.s{number}]\ncommand = [\"sleep\", \"9{number}{argument}\"]\n");
        let services: String = (0..MANY).map(service).collect();
        file(&host, "root", "/srv/many.toml", &format!("[defaults]\nuid = \"daemon\"\nsettle = 0\n{services}"));
    };
    let apply = |words: &[&str]| {
        let mut mkservice = host.root("mkservice");
        mkservice.args(["apply", "--prune", "/srv/many.toml"]).args(words);
        mkservice
    };
    let units = host.path("/etc/systemd/system");
    let named = |is_it: fn(&str) -> bool| {
        let names = std::fs::read_dir(&units).unwrap().flatten().map(|entry| entry.file_name());
        names.filter(|name| name.to_str().is_some_and(is_it)).count()
    };
    // Services with the new argument are already running.
    let running = |argument: &str| {
        let listed = host.root("pgrep").args(["-fc", &format!("^/usr/bin/sleep [0-9]+{argument}$")]).output().unwrap();
        String::from_utf8_lossy(&listed.stdout).trim().parse::<usize>().unwrap_or(0)
    };
    let is_new = |name: &str| name.starts_with(".s") && name.ends_with(".tmp");
    let is_unit = |name: &str| name.starts_with('s') && name.ends_with(".service");
    type IsTime<'a> = &'a dyn Fn() -> bool;
    // The new argument and the previous one.
    let kills: [(&str, Option<&str>, IsTime<'_>); 5] = [
        ("001", None, &|| named(is_new) > MANY / 3),
        ("001", None, &|| named(is_unit) > MANY / 2),
        ("001", None, &|| running("001") > MANY / 4),
        ("002", Some("001"), &|| named(is_new) > MANY / 2),
        ("003", Some("002"), &|| running("003") > MANY / 2),
    ];
    for (place, (argument, before, is_time)) in kills.into_iter().enumerate() {
        // Files exist only briefly: a run that completed before they were seen is undone and repeated.
        let is_killed = || {
            write(argument);
            let mut run = apply(&[]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            while !is_time() && run.try_wait().unwrap().is_none() {}
            // It may have exited already.
            let is_hit = host.root("pkill").args(["-KILL", "-x", "mkservice"]).output().unwrap().status.success();
            if !run.wait().unwrap().success() && is_hit {
                return true;
            }
            match before {
                Some(earlier) => write(earlier),
                None => file(&host, "root", "/srv/many.toml", "[services]\n"),
            }
            done(&mut apply(&["-q"]));
            false
        };
        assert!((0..10).any(|_| is_killed()), "{place}: it was always over before it could be killed");
        if place == 1 {
            // The other kills complete what this run left.
            continue;
        }
        let said = done(&mut apply(&[]));
        assert_eq!(running(argument), MANY, "{place}: {said}");
        assert_eq!(done(&mut apply(&["--check", "-q"])), "");
        assert_eq!((named(is_new), named(is_unit)), (0, MANY), "{place}");
        if place == 0 {
            file(&host, "root", "/srv/many.toml", "[services]\n");
            assert!(done(&mut apply(&["-q"])).is_empty() && named(is_unit) == 0);
        }
    }
}

#[apply(booted_test)]
fn root_is_asked_for_once() {
    let host = with_sudo(NO_PASSWORD);
    let text = "[defaults]\nuid = \"ann\"\n[services.a]\ncommand = \"sleep 1000\"\n";
    file(&host, "ann", "/home/ann/mkservice.toml", &format!("{text}[services.b]\ncommand = \"sleep 1000\"\n"));
    let apply = |words: &[&str]| {
        let mut mkservice = host.user("ann", "/usr/local/bin/mkservice");
        mkservice.args(["apply", "--system"]).args(words);
        done(mkservice.cwd("/home/ann"))
    };
    let said = apply(&[]);
    assert!(said.starts_with("root privileges are required; running with sudo:\n"), "{said}");
    assert!(said.ends_with("a created, is running\nb created, is running\n2 created\n"), "{said}");
    assert_eq!(host.root("ps").args(["-C", "sleep", "-o", "user=", "--no-headers"]).text(), "ann\nann\n");
    assert_eq!(apply(&[]), "2 unchanged\n");
    file(&host, "ann", "/home/ann/mkservice.toml", text);
    let said = apply(&["--prune"]);
    assert!(said.ends_with("b removed\n1 unchanged, 1 removed\n"), "{said}");
    assert_eq!(is_there(&host, "b"), "not-found");
}

#[apply(booted_test)]
fn repeated_messages_are_printed_once() {
    let host = booted();
    let services: String = ["a", "b", "c", "d"]
        .map(|name| format!("[services.{name}]\ncommand = \"sleep 1000\"\nuid = \"root\"\n"))
        .concat();
    file(
        &host,
        "root",
        "/srv/app/mkservice.toml",
        &format!("{services}[services.e]\ncommand = \"true\"\nuid = \"daemon\"\n"),
    );
    let mut mkservice = host.root("/usr/local/bin/mkservice");
    let ran = ran(mkservice.args(["apply", "--dry-run", "/srv/app/mkservice.toml"]));
    let told = "warning: a, b and 2 more: the service runs as root; use uid = \"USER\" to run it as another user\n";
    assert_eq!((ran.code, ran.stderr.as_str()), (0, told), "{ran:?}");
}

fn is_there(host: &Host, unit: &str) -> String {
    crate::setup::property(host.root("systemctl"), unit, "LoadState")
}

#[apply(booted_test)]
fn services_of_one_file_can_depend_on_each_other(scope: &Scope<'_>) {
    let text = "[services.front]\ncommand = \"sleep 1000\"\nrequires = \"back\"\nafter = [\"back\", \"tick.timer\"]\n\n\
            [services.back]\ncommand = \"sleep 1000\"\ninstances = 2\n\n\
            [services.tick]\ncommand = \"true\"\nevery = \"1h\"\n";
    let path = write(scope, &text.replace("requires = \"back\"", "requires = \"tick\""));
    let ran = ran(&mut scope.verb(&["apply", &path]));
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
    assert_eq!(scope.property("back@2", "ActiveState"), "active");
    assert_eq!(totals(scope, &[&path]), (0, counted([0, 0, 3, 0, 0])));
}

//! `status`, `list` and `doctor` of services that are restarted, and what `status` shows only where it is asked for.

use serde_json::Value;

use crate::scope::Scope;
use crate::setup::{done, ran};

/// Waits until a property of a unit has a value that fits.
fn wait_for(scope: &Scope<'_>, unit: &str, property: &str, fits: impl Fn(&str) -> bool) {
    let start = std::time::Instant::now();
    while !fits(&scope.property(unit, property)) {
        assert!(start.elapsed().as_secs() < 60, "{unit}: {property} is {}", scope.property(unit, property));
        std::thread::yield_now();
    }
}

fn status(scope: &Scope<'_>, name: &str) -> (String, Value) {
    let shown = ran(&mut scope.verb(&["status", name]));
    assert_eq!((shown.code, shown.stderr.as_str()), (3, ""), "{shown:?}");
    let json = ran(&mut scope.verb(&["status", "--json", name]));
    let document: Value = serde_json::from_str(&json.stdout).unwrap();
    (shown.stdout, document["services"][0].clone())
}

fn install(scope: &Scope<'_>, name: &str, options: &[&str], script: &str) {
    let kept = ["--name", name, "--no-rollback", "--settle", "0"];
    ran(&mut scope.mkservice(&[&kept, options, &["--", "sh", "-c", script]].concat()));
}

/// The row with this label, without it.
fn row<'a>(shown: &'a str, label: &str) -> Option<&'a str> {
    let mut rows = shown.lines().filter_map(|line| line.strip_prefix(&format!("  {label:9} ")));
    rows.next()
}

#[apply(booted_test)]
fn crash_loop_is_a_state_of_its_own(scope: &Scope<'_>) {
    let loops = ["--restart-sec", "300ms", "-p", "StartLimitIntervalSec=0"];
    install(scope, "short", &loops, "echo no database; exit 7");
    install(scope, "waits", &["--restart-sec", "1000"], "echo once; exit 4");
    install(scope, "killed", &loops, "sleep 1; kill -SEGV $$");
    install(scope, "clean", &[&loops[..], &["--restart", "always"]].concat(), "exit 0");
    for name in ["short", "killed", "clean"] {
        wait_for(scope, name, "NRestarts", |count| count.parse::<u32>().unwrap() >= 2);
    }
    wait_for(scope, "waits", "SubState", |state| state.starts_with("auto-restart"));
    for (name, exit, code, signal) in [
        ("short", "status 7 at ", Some(7), None),
        ("waits", "status 4 at ", Some(4), None),
        ("killed", "SIGSEGV (segmentation fault) at ", None, Some(11)),
    ] {
        let (shown, json) = status(scope, name);
        assert!(shown.starts_with(&format!("{name} is restarting (")), "{shown}");
        assert!(row(&shown, "last exit").is_some_and(|row| row.starts_with(exit)), "{shown}");
        assert_eq!(json["state"], "restarting", "{json:#}");
        assert_eq!(json["last_exit"]["code"].as_i64(), code, "{json:#}");
        assert_eq!(json["last_exit"]["signal"].as_i64(), signal, "{json:#}");
        assert!(json["last_exit"]["time"].as_u64().unwrap() > 1_000_000_000, "{json:#}");
        let times = json["restart_times"].as_array().unwrap();
        assert_eq!(times.len() as u64, json["restarts"].as_u64().unwrap().min(40), "{json:#}");
    }
    let (shown, _) = status(scope, "short");
    let head = shown.lines().next().unwrap();
    assert!(
        head.contains("restarted ") && head.contains(": the program exited with status 7, and systemd "),
        "{shown}"
    );
    assert!(row(&shown, "restarts").is_some_and(|row| row.contains(" at ") && row.contains(" and ")), "{shown}");
    // The journal can get the output of a program that has just exited late, or without its unit.
    let start = std::time::Instant::now();
    let is_output = |row: &str| row.ends_with(" no database") && row.contains(':');
    let mut shown = shown;
    while !row(&shown, "log").is_some_and(is_output) {
        assert!(start.elapsed().as_secs() < 60, "{shown}");
        shown = status(scope, "short").0;
    }
    let (shown, json) = status(scope, "waits");
    assert!(shown.contains("status 4, and systemd is about to start it again\n"), "{shown}");
    assert_eq!((row(&shown, "restarts"), &json["restarts"]), (None, &0.into()), "{shown}");
    let (shown, json) = status(scope, "clean");
    assert!(
        row(&shown, "last exit").is_some_and(|row| row.starts_with("success at ") || row.starts_with("status 0 at ")),
        "{shown}"
    );
    assert_eq!((&json["state"], &json["last_exit"]["signal"]), (&"restarting".into(), &Value::Null), "{json:#}");
    let listed = done(&mut scope.verb(&["list"]));
    assert_eq!(listed.matches(" restarting ").count(), 4, "{listed}");
    let checked = ran(&mut scope.verb(&["doctor"])).stdout;
    assert_eq!(checked.matches("exits and is restarted again and again").count(), 4, "{checked}");
}

#[apply(booted_test)]
fn reached_start_limit_is_shown_with_the_way_to_reset_it(scope: &Scope<'_>) {
    let limit = ["--restart-sec", "1ms", "-p", "StartLimitBurst=2", "-p", "StartLimitIntervalSec=100"];
    install(scope, "limited", &limit, "exit 7");
    wait_for(scope, "limited", "ActiveState", |state| state == "failed");
    let (shown, json) = status(scope, "limited");
    assert!(shown.starts_with("limited has failed ("), "{shown}");
    let reached = "the program exited with status 7, and it reached its start limit: systemd does not start it again\n";
    assert!(shown.contains(reached), "{shown}");
    assert!(row(&shown, "last exit").is_some_and(|row| row.starts_with("status 7 at ")), "{shown}");
    let hint = shown.lines().find(|line| line.starts_with("hint: reset its start limit and start it: "));
    assert!(hint.is_some_and(|hint| hint.ends_with("mkservice start limited")), "{shown}");
    assert_eq!(json["state"], "failed", "{json:#}");
    // An update of the service can reset systemd's counter of starts between two of them.
    assert!(json["restarts"].as_u64().unwrap() >= 2, "{json:#}");
    ran(&mut scope.verb(&["start", "--settle", "0", "limited"]));
    wait_for(scope, "limited", "ActiveState", |state| state == "failed");
}

#[apply(booted_test)]
fn exposure_is_shown_only_where_it_is_asked_for(scope: &Scope<'_>) {
    let added = done(&mut scope.mkservice(&["--name", "plain", "sleep", "1000"]));
    let shown = done(&mut scope.verb(&["status", "plain"]));
    let verbose = done(&mut scope.verb(&["status", "--verbose", "plain"]));
    assert!(!added.contains("exposure") && !shown.contains("exposure"), "{added}{shown}");
    assert!(row(&verbose, "exposure").is_some(), "{verbose}");
    let added = done(&mut scope.mkservice(&["--harden", "safe", "--name", "asked", "sleep", "1000"]));
    let shown = done(&mut scope.verb(&["status", "asked"]));
    let is_system = scope.session.is_none();
    assert_eq!(
        (row(&added, "exposure").is_some(), row(&shown, "exposure").is_some()),
        (is_system, is_system),
        "{shown}"
    );
}

#[apply(booted_test)]
fn list_fits_the_width_it_gets(scope: &Scope<'_>) {
    // Both scopes are on one host.
    let port = if scope.session.is_some() { "8765" } else { "8766" };
    let long = format!("long-{}", "x".repeat(120));
    let words: Vec<String> = (0..40).map(|at| format!("argument-{at}")).collect();
    let script = ["--", "sh", "-c", "exec sleep 1000"].into_iter().chain(words.iter().map(String::as_str));
    done(&mut scope.mkservice(&[&["--name", &long][..], &script.collect::<Vec<_>>()].concat()));
    done(&mut scope.mkservice(&["--name", "web", "--", "python3", "-u", "-m", "http.server", port]));
    done(&mut scope.mkservice(&["--name", "timed", "--on-calendar", "daily", "true"]));
    let list = |columns: &str, options: &[&str]| {
        let mut list = scope.verb(&["list"]);
        done(list.args(options).env("COLUMNS", columns))
    };
    for columns in ["80", "70", "60", "100"] {
        let shown = list(columns, &[]);
        let too_wide = shown.lines().find(|line| line.chars().count() > columns.parse().unwrap());
        assert_eq!(too_wide, None, "{shown}");
        let head: Vec<&str> = shown.lines().next().unwrap().split_whitespace().collect();
        assert_eq!(head[..4], ["NAME", "STATE", "SINCE", "COMMAND"], "{shown}");
        let row = |name: &str| shown.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{shown}"));
        assert!(row("web").contains(" running ") && row("web").contains("/usr/bin/python3 "), "{shown}");
        assert!(row("long-xxx").matches('…').count() == 2, "{shown}");
    }
    let whole = list("", &[]);
    assert!(whole.contains(&long) && whole.contains(" argument-39 ") && !whole.contains('…'), "{whole}");
    for title in ["NEXT", "LAST", "RESTARTS", "ENABLED", "MEMORY"] {
        assert!(whole.lines().next().unwrap().contains(title), "{whole}");
    }
    wait_for(scope, "web", "ActiveState", |state| state == "active");
    // The port is open a moment after the start.
    let ask = format!("exec 3<>/dev/tcp/127.0.0.1/{port} && printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3 && cat <&3");
    done(scope.run("bash").args(["-c", &format!("until ({ask}) 2>/dev/null; do :; done")]));
    let wide = list("80", &["--wide"]);
    let web = wide.lines().find(|line| line.starts_with("web ")).unwrap_or_else(|| panic!("{wide}"));
    for title in ["NEXT", "LAST", "RESTARTS", "ENABLED", "MEMORY", "CPU", "LISTENS", "LAST LOG LINE"] {
        assert!(wide.lines().next().unwrap().contains(title), "{wide}");
    }
    assert!(wide.contains(&long) && wide.contains(" argument-39 "), "{wide}");
    assert!(web.contains(&format!(" {port} ")) && web.contains("ms "), "{wide}");
    assert!(web.contains("\"GET / HTTP/1.0\" 200"), "{wide}");
}

#[apply(booted_test)]
fn watched_list_goes_on_until_it_is_interrupted(scope: &Scope<'_>) {
    done(&mut scope.mkservice(&["--name", "one", "sleep", "1000"]));
    // Job control: otherwise the shell lets its jobs ignore the interrupt.
    let script = "set -m; file=$(mktemp); mkservice list --watch >$file & \
                  until [ $(grep -c NAME $file) -ge 2 ]; do sleep 0.1; done; kill -INT %1; wait %1; echo $?; cat $file";
    // The shell reports its jobs on stderr.
    let shown = ran(scope.run("bash").args(["-c", script])).stdout;
    assert!(shown.starts_with("0\nNAME "), "{shown}");
    assert!(shown.matches("\none ").count() >= 2, "{shown}");
}

#[apply(booted_test)]
fn doctor_flags_a_service_that_was_restarted_in_the_last_hour(scope: &Scope<'_>) {
    done(&mut scope.mkservice(&["--name", "shot", "--restart-sec", "1ms", "sleep", "1000"]));
    assert!(!ran(&mut scope.verb(&["doctor"])).stdout.contains("restarted"));
    done(scope.systemctl().args(["kill", "--signal", "KILL", "shot"]));
    wait_for(scope, "shot", "NRestarts", |count| count == "1");
    // Until then, it may be in a loop.
    let mut shown = String::new();
    while !shown.starts_with("shot is running (") {
        assert!(shown.is_empty() || shown.starts_with("shot is restarting ("), "{shown}");
        shown = ran(&mut scope.verb(&["status", "shot"])).stdout;
    }
    assert!(row(&shown, "last exit").is_some_and(|row| row.starts_with("SIGKILL at ")), "{shown}");
    assert!(row(&shown, "restarts").is_some_and(|row| row.starts_with("1, at ")), "{shown}");
    let said = ran(&mut scope.verb(&["doctor"]));
    assert!(said.stdout.contains("problem  shot exited and was restarted once in the last hour\n"), "{said:?}");
    done(&mut scope.verb(&["restart", "shot"]));
    assert!(!ran(&mut scope.verb(&["doctor"])).stdout.contains("restarted once"));
}

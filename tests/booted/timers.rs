//! Services started by a timer, in both scopes: from the first run to the last, and when the command changes, fails, or
//! is reverted.

use std::process::Command;

use crate::host::Inside;
use crate::scope::Scope;
use crate::setup::{done, fails, journal_until, program, ran, traces};

#[apply(booted_test)]
fn timer_runs_is_updated_and_removed(scope: &Scope<'_>) {
    let (before, stamps_before) = (traces(scope.host), stamps(scope));
    runs_again_and_again(scope);
    is_controlled(scope);
    is_run_by_hand(scope);
    changes(scope);
    what_never_comes_is_refused(scope);
    done(&mut scope.verb(&["remove", "tick"]));
    assert_eq!((traces(scope.host), stamps(scope)), (before, stamps_before));
}

/// A program that counts its runs.
fn counting(scope: &Scope<'_>) -> String {
    let file = if scope.session.is_some() { "/tmp/runs-user" } else { "/tmp/runs-system" };
    format!("echo >> {file}; echo \"{} run $(wc -l < {file})\"", kind(scope))
}

fn kind(scope: &Scope<'_>) -> &'static str {
    if scope.session.is_some() { "user" } else { "system" }
}

fn tick(scope: &Scope<'_>, times: &[&str]) -> Command {
    let program = counting(scope);
    scope.mkservice(&[&["--name", "tick"], times, &["--", "sh", "-c", &program]].concat())
}

/// The note about timers that catch up on missed runs.
fn stamps(scope: &Scope<'_>) -> String {
    let find = "find /var/lib/systemd/timers /home/*/.local/share/systemd -name 'stamp-*' 2>/dev/null | sort";
    scope.host.root("sh").args(["-c", find]).text()
}

fn runs_again_and_again(scope: &Scope<'_>) {
    let made = done(&mut tick(scope, &["--every", "1s"]));
    assert!(made.starts_with("tick has run, and waits for its next run"), "{made}");
    assert!(made.contains("tick.timer\n") && made.contains("  run now   "), "{made}");
    // More often than systemd's own limit of starts would let it.
    journal_until(|program| scope.host.root(program), &["-t", "sh"], &format!("{} run 7\n", kind(scope)));

    let reloads = scope.reloads();
    let again = done(&mut tick(scope, &["--every", "1s"]));
    assert!(again.lines().next().unwrap().ends_with(", unchanged)"), "{again}");
    assert_eq!(scope.reloads(), reloads, "nothing was reloaded");

    // The next run has changed.
    let changed = done(&mut tick(scope, &["--every", "1h"]));
    assert!(changed.lines().next().unwrap().ends_with(", updated)"), "{changed}");
    assert!(scope.property("tick.timer", "TimersMonotonic").contains("OnUnitActiveUSec=1h"));
    // A reload does not restart it.
    let invocation = scope.property("tick", "InvocationID");
    done(scope.systemctl().arg("daemon-reload"));
    done(&mut scope.verb(&["start", "tick"]));
    done(&mut scope.verb(&["restart", "tick"]));
    assert_eq!(scope.property("tick", "InvocationID"), invocation);
}

fn is_controlled(scope: &Scope<'_>) {
    let status = done(&mut scope.verb(&["status", "tick"]));
    assert!(status.starts_with("tick waits for its next run (") && status.contains("  next      "), "{status}");
    assert!(status.contains(" ago: succeeded\n"), "{status}");
    let list = done(&mut scope.verb(&["list"]));
    assert!(list.contains("NEXT") && list.contains("waiting"), "{list}");
    let said: serde_json::Value = serde_json::from_str(&done(&mut scope.verb(&["status", "tick", "--json"]))).unwrap();
    let service = &said["services"][0];
    assert_eq!((&service["state"], &service["enabled"]), (&"waiting".into(), &true.into()), "{said:#}");
    let trigger = &service["triggers"][0];
    assert_eq!((&trigger["unit"], &trigger["active_state"]), (&"tick.timer".into(), &"active".into()), "{said:#}");
    assert!(trigger["next"].as_u64() > trigger["last"].as_u64(), "{said:#}");

    let is_enabled = || scope.property("tick.timer", "UnitFileState");
    done(&mut scope.verb(&["disable", "tick"]));
    assert_eq!(is_enabled(), "disabled");
    done(&mut scope.verb(&["enable", "tick"]));
    assert_eq!(is_enabled(), "enabled");
    let again = done(&mut scope.verb(&["enable", "tick"]));
    assert!(again.contains("already enabled"), "{again}");

    done(&mut scope.verb(&["stop", "tick"]));
    assert_eq!(scope.property("tick.timer", "ActiveState"), "inactive");
    let stopped = ran(&mut scope.verb(&["status", "tick"]));
    assert_eq!(stopped.code, 3, "{stopped:?}");
    assert!(stopped.stdout.starts_with("tick is not running ("), "{stopped:?}");
    assert!(done(&mut scope.verb(&["start", "tick"])).starts_with("tick waits for its next run"));
    assert!(done(&mut scope.verb(&["start", "tick"])).starts_with("tick already waits for its next run"));
    done(&mut scope.verb(&["restart", "tick"]));
    assert_eq!(scope.property("tick.timer", "ActiveState"), "active");
}

fn is_run_by_hand(scope: &Scope<'_>) {
    let told = done(&mut scope.verb(&["run", "tick"]));
    assert!(
        told.starts_with("tick has finished after ") && told.contains(&format!("log       {} run ", kind(scope))),
        "{told}"
    );
    let said: serde_json::Value = serde_json::from_str(&done(&mut scope.verb(&["run", "tick", "--json"]))).unwrap();
    assert!(said["run"]["log"][0].as_str().unwrap().contains(" run "), "{said:#}");

    // A run that fails, and a run that continues after nobody waits for it.
    done(&mut scope.mkservice(&["--name", "bad", "--on-calendar", "monthly", "--", "sh", "-c", "echo oh no; exit 7"]));
    let failed = fails(3, &mut scope.verb(&["run", "bad"]));
    assert!(failed.starts_with("error: the run of bad failed: the program exited with status 7\n"), "{failed}");
    assert!(failed.contains("oh no"), "{failed}");
    let status = ran(&mut scope.verb(&["status", "bad"]));
    assert_eq!(status.code, 3, "{status:?}");
    assert!(status.stdout.contains(": failed\n"), "{status:?}");
    done(&mut scope.mkservice(&["--name", "slow", "--on-calendar", "monthly", "--", "sleep", "1000"]));
    let mut interrupted = scope.run("timeout");
    interrupted.args(["--foreground", "--preserve-status", "-s", "INT", "2", "mkservice", "run", "slow"]);
    let words = fails(130, &mut interrupted);
    assert!(words.contains("interrupted: slow keeps running"), "{words}");
    assert_eq!(scope.property("slow", "ActiveState"), "activating");
    done(&mut scope.verb(&["stop", "slow"]));
    assert_eq!(scope.property("slow", "ActiveState").as_str(), "inactive");
    done(&mut scope.verb(&["remove", "bad", "slow"]));

    // A service that keeps running cannot be waited for.
    done(&mut scope.mkservice(&["--name", "server", "sleep", "1000"]));
    let refused = fails(2, &mut scope.verb(&["run", "server"]));
    assert!(refused.contains("hint: mkservice start server"), "{refused}");
    done(&mut scope.verb(&["remove", "server"]));
}

fn changes(scope: &Scope<'_>) {
    // A version whose first run fails is rolled back.
    let timers = || scope.property("tick.timer", "TimersMonotonic");
    let failing = ["--name", "tick", "--every", "2h", "--", "sh", "-c", "echo broken; exit 9"];
    let put_back = fails(3, &mut scope.mkservice(&failing));
    assert!(
        put_back.starts_with("error: the new version of tick failed to start: the program exited with status 9; "),
        "{put_back}"
    );
    assert!(timers().contains("OnUnitActiveUSec=1h"), "{}", timers());
    assert_eq!(scope.property("tick.timer", "ActiveState"), "active");

    // To a service that keeps running, and back.
    let plain = done(&mut scope.mkservice(&["--name", "tick", "sleep", "1000"]));
    assert!(plain.starts_with("tick is running ("), "{plain}");
    assert_eq!(scope.property("tick.timer", "LoadState"), "not-found");
    let back = done(&mut tick(scope, &["--on-calendar", "daily", "--persistent"]));
    assert!(back.starts_with("tick waits for its next run: "), "{back}");
    assert_eq!(scope.property("tick", "ActiveState"), "inactive");
    assert_eq!(scope.property("tick.timer", "Persistent"), "yes");
    assert!(stamps(scope).contains("stamp-tick.timer"), "{}", stamps(scope));
}

fn what_never_comes_is_refused(scope: &Scope<'_>) {
    let before = traces(scope.host);
    let line = ["--name", "late", "--on-calendar", "2001-01-01", "true"];
    let refused = fails(2, &mut scope.mkservice(&line));
    assert!(refused.contains("is in the past and does not come again"), "{refused}");
    assert_eq!(traces(scope.host), before);
}

/// A program that was killed has refused nothing.
#[apply(booted_test)]
fn calendar_check_that_is_killed_is_no_refusal(scope: &Scope<'_>) {
    program(scope.host, "root", "/usr/local/bin/systemd-analyze", "#!/bin/sh\nkill -KILL $$\n");
    let said = done(&mut scope.mkservice(&["--on-calendar", "daily", "--name", "job", "true"]));
    assert!(said.contains("daily (systemd-analyze, which would print the time, was killed)"), "{said}");
}

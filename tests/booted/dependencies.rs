//! Services that depend on other units, in both scopes: the order of starts and stops, and notes about unknown units.

use crate::host::Inside as _;
use crate::scope::Scope;
use crate::setup::{done, ran, same, traces};

#[apply(booted_test)]
fn dependencies_start_and_stop_in_order(scope: &Scope<'_>) {
    done(&mut scope.mkservice(&["--name", "first", "--no-start", "sleep", "1001"]));
    done(&mut scope.mkservice(&["--name", "wanted", "--no-start", "sleep", "1002"]));
    let second = ["--name", "second", "--requires", "first", "--wants", "wanted", "--part-of", "first.service"];
    done(&mut scope.mkservice(&[&second[..], &["--after", "/", "sleep", "1003"]].concat()));
    let is_in = |property: &str, unit: &str| scope.property("second", property).split(' ').any(|it| it == unit);
    for (property, unit) in [
        ("Requires", "first.service"),
        ("Wants", "wanted.service"),
        ("PartOf", "first.service"),
        ("After", "first.service"),
        ("After", "-.mount"),
    ] {
        assert!(is_in(property, unit), "{property} {unit}");
    }
    assert_eq!(scope.property("wanted", "ActiveState"), "active");
    assert!(started(scope, "first") <= started(scope, "second"), "the required one starts first");

    // It is restarted and stopped together with the unit.
    let before = scope.property("second", "InvocationID");
    done(&mut scope.verb(&["restart", "first"]));
    assert_ne!(scope.property("second", "InvocationID"), before);
    assert!(started(scope, "first") <= started(scope, "second"));
    done(scope.systemctl().args(["stop", "first"]));
    assert_eq!(scope.property("second", "ActiveState"), "inactive");
    done(&mut scope.verb(&["start", "second"]));
    assert_eq!(scope.property("first", "ActiveState"), "active");

    unknown(scope);
    done(&mut scope.verb(&["remove", "second", "wanted", "first", "lost"]));
}

/// When a unit became active, in microseconds since boot.
fn started(scope: &Scope<'_>, unit: &str) -> u64 {
    scope.property(unit, "ActiveEnterTimestampMonotonic").parse().unwrap()
}

fn unknown(scope: &Scope<'_>) {
    let kind = if scope.session.is_some() { "user" } else { "system" };
    let refused = ran(&mut scope.mkservice(&["--name", "lost", "--requires", "secnod", "sleep", "1004"]));
    assert_eq!((refused.code, refused.stdout.as_str()), (2, ""), "{refused:?}");
    same(
        refused.stderr,
        format!(
            "error: --requires secnod.service: the {kind} manager does not have this unit, so the service could not start\n\
             hint: did you mean `second.service`?\nhint: use --force to install it anyway\n"
        ),
    );
    let line = ["--name", "lost", "--after", "nowhere", "--part-of", "no@1.timer", "sleep", "1004"];
    let told = ran(&mut scope.mkservice(&line));
    assert_eq!(told.code, 0, "{told:?}");
    same(
        told.stderr,
        format!(
            "warning: --after nowhere.service: the {kind} manager does not have this unit; \
             there is nothing to wait for\n\
             warning: --part-of no@1.timer: the {kind} manager does not have this unit; \
             the service is not stopped or restarted with it\n"
        ),
    );
    if scope.session.is_none() {
        return;
    }
    // Units that only the system manager has.
    let told = ran(&mut scope.mkservice(&["--name", "lost", "--after", "network-online.target", "sleep", "1004"]));
    assert_eq!(told.code, 0, "{told:?}");
    let hint = "mkservice --system --name lost --after network-online.target sleep 1004";
    same(
        told.stderr,
        format!(
            "warning: --after network-online.target: it is a system unit, which a user manager does not have; \
             there is nothing to wait for\nhint: create a system service: {hint}\n"
        ),
    );
    let refused = ran(&mut scope.mkservice(&["--name", "lost", "--requires", "multi-user.target", "sleep", "1004"]));
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(
        refused.stderr.contains("which a user manager does not have, so the service could not start"),
        "{refused:?}"
    );
}

/// A unit or a command is started once the service has reached its start limit, and gets its name.
#[apply(booted_test)]
fn failure_runs_the_notify_command(scope: &Scope<'_>) {
    let before = traces(scope.host);
    scope.host.root("sh").args(["-c", "mkdir -m 1777 /srv/told"]).text();
    let unit = ["--name", "alert", "--no-start", "--no-enable", "--service-type", "oneshot"];
    done(&mut scope.mkservice(&[&unit[..], &["--", "sh", "-c", "echo alert >/srv/told/unit"]].concat()));
    let told = "printf '%s %s\\n' \"$MONITOR_UNIT\" \"$WHERE\" >/srv/told/command";
    let command = format!("sh -c {}", shlex::try_quote(told).unwrap());
    let line = ["--name", "fails", "--restart", "no", "-E", "WHERE=50% off", "--notify-failure", "alert.service"];
    let words = ["--notify-failure", &command, "--no-start", "--", "sh", "-c", "exit 7"];
    done(&mut scope.mkservice(&[&line[..], &words[..]].concat()));
    assert_eq!(scope.property("fails-failure", "ActiveState"), "inactive", "it is not started by itself");
    assert_eq!(scope.property("fails-failure", "OnFailure"), "", "nothing follows its own failure");

    let failed = ran(&mut scope.verb(&["start", "fails"]));
    assert_eq!(failed.code, 3, "{failed:?}");
    let wait = "for i in $(seq 300); do [ -s /srv/told/unit ] && [ -s /srv/told/command ] && break; sleep 0.1; done; \
        cat /srv/told/unit /srv/told/command";
    assert_eq!(scope.host.root("sh").args(["-c", wait]).text(), "alert\nfails.service 50% off\n");
    let owner = scope.host.root("stat").args(["-c", "%U", "/srv/told/command"]).text();
    assert_eq!(owner.trim(), if scope.session.is_some() { "ann" } else { "daemon" });

    // The command is removed with the service, and when the option is dropped.
    let line = ["--name", "fails", "--restart", "no", "--no-start", "--", "sh", "-c", "exit 7"];
    done(&mut scope.mkservice(&line));
    assert_eq!(scope.property("fails-failure", "LoadState"), "not-found");
    let again = ["--name", "fails", "--notify-failure", "true", "--no-start", "--", "sh", "-c", "exit 7"];
    let told = ran(&mut scope.mkservice(&again));
    assert_eq!(told.code, 0, "{told:?}");
    let starts = scope.property("fails", "StartLimitBurst");
    let note = format!("note: a failure is reported once the service reaches its limit of {starts} starts in a row;");
    assert!(told.stdout.contains(&note), "{told:?}");
    done(&mut scope.verb(&["remove", "fails", "alert"]));
    scope.host.root("rm").args(["-r", "/srv/told"]).text();
    assert_eq!(traces(scope.host), before);
}

//! start, stop, restart, enable and disable.

use crate::host::Inside;
use crate::scope::Scope;
use crate::setup::{done, fails, ran, system, traces};

#[apply(booted_test)]
fn several_services_start_together(scope: &Scope<'_>) {
    for name in ["a", "b", "c"] {
        done(&mut scope.mkservice(&["--settle", "0", "--name", name, "sleep", "1000"]));
    }
    let bad = ["--no-rollback", "--name", "bad", "--restart", "no", "--", "sh", "-c", "echo cannot; exit 4"];
    assert_eq!(ran(&mut scope.mkservice(&bad)).code, 3);
    let said = done(&mut scope.verb(&["stop", "a", "b.service", "c", "a"]));
    assert_eq!(said.lines().count(), 3, "{said}");
    let said = ran(&mut scope.verb(&["start", "a", "bad", "b", "c"]));
    assert_eq!((said.code, said.stdout.as_str()), (3, "a is running\nb is running\nc is running\n"), "{said:?}");
    assert!(said.stderr.contains("error: bad failed to start: the program exited with status 4\n    cannot\n"));
    // An unknown name is reported before anything happens to the others.
    let run = scope.property("a", "InvocationID");
    fails(4, &mut scope.verb(&["restart", "a", "nosuch"]));
    assert_eq!(scope.property("a", "InvocationID"), run);
    let said = done(&mut scope.verb(&["list"]));
    let names: Vec<&str> = said.lines().skip(1).filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(names, ["a", "b", "bad", "c"]);
}

#[apply(booted_test)]
fn check_and_dry_run_change_nothing(scope: &Scope<'_>) {
    let line = ["--check", "--name", "s", "sleep", "1000"];
    let before = traces(scope.host);
    assert_eq!(ran(&mut scope.mkservice(&line)).code, 5);
    assert_eq!(traces(scope.host), before);
    done(&mut scope.mkservice(&["--name", "s", "sleep", "1000"]));
    let before = traces(scope.host);
    assert_eq!(ran(&mut scope.mkservice(&line)).code, 0);
    for (words, code) in [
        (["start", "s"], 0),
        (["stop", "s"], 5),
        (["restart", "s"], 5),
        (["enable", "s"], 0),
        (["disable", "s"], 5),
        (["remove", "s"], 5),
    ] {
        assert_eq!(ran(scope.verb(&words).arg("--check")).code, code, "{words:?}");
        assert_eq!(ran(scope.verb(&words).arg("--dry-run")).code, 0, "{words:?}");
    }
    assert_eq!(traces(scope.host), before);
    assert_eq!(scope.property("s", "ActiveState"), "active");
}

#[apply(booted_test)]
fn interrupted_start_reports_what_was_done(scope: &Scope<'_>) {
    let account = if scope.session.is_some() { "" } else { "--uid daemon" };
    let systemctl = if scope.session.is_some() { "systemctl --user" } else { "systemctl" };
    for signal in ["INT", "TERM"] {
        let script = format!(
            "env --default-signal=INT mkservice {account} --name slow --service-type notify sleep 1000 & pid=$!; \
             until [ \"$({systemctl} show --value -p ActiveState slow)\" = activating ]; do sleep 0.02; done; \
             kill -{signal} $pid; wait $pid"
        );
        let ran = ran(scope.run("timeout").cwd("/").args(["60", "bash", "-c", &script]));
        assert_eq!((ran.code, ran.stdout.as_str()), (130, ""), "{ran:?}");
        assert!(
            ran.stderr.starts_with("error: interrupted during step `start slow.service`\ndone before: "),
            "{ran:?}"
        );
        assert!(ran.stderr.contains("done before: enable slow.service"), "{ran:?}");
        assert!(ran.stderr.contains("mkservice remove slow\n"), "{ran:?}");
        // The state is consistent: systemd finishes the job, and nothing is left half done.
        assert_eq!(scope.property("slow", "UnitFileState"), "enabled");
        done(&mut scope.verb(&["remove", "slow"]));
    }
}

#[apply(booted_test)]
fn enable_and_rename_work_without_a_manager() {
    let host = crate::setup::unbooted();
    done(system(&host, "daemon").args(["--name", "s", "sleep", "1000"]));
    let before = traces(&host);
    let said = done(host.root("mkservice").args(["disable", "s"]));
    assert!(said.contains("s is disabled: it does not start at boot"), "{said}");
    assert!(!host.path("/etc/systemd/system/multi-user.target.wants/s.service").exists());
    done(host.root("mkservice").args(["enable", "s"]));
    assert_eq!(traces(&host), before);
    let unit = || std::fs::read_to_string(host.path("/etc/systemd/system/s.service")).unwrap();
    let installed = unit();
    done(host.root("mkservice").args(["rename", "s", "t"]));
    done(host.root("mkservice").args(["rename", "t", "s"]));
    // It has a log under the other name.
    let kept = |text: &str| text.lines().filter(|line| !line.starts_with("Checksum=")).collect::<Vec<_>>().join("\n");
    assert_eq!(kept(&unit().replace("FormerName=t\n", "")), kept(&installed));
    assert!(fails(1, host.root("mkservice").args(["start", "s"])).contains("systemd is not running"));
    assert!(done(host.root("mkservice").args(["list"])).contains("s     unknown"));
    assert_eq!(ran(host.root("mkservice").args(["status", "s"])).code, 3);
}

#[apply(booted_test)]
fn running_start_job_is_waited_for(scope: &Scope<'_>) {
    let line = ["--name", "s", "--no-start", "--service-type", "oneshot", "sleep", "1"];
    done(&mut scope.mkservice(&line));
    scope.systemctl().args(["start", "--no-block", "s"]).text();
    assert_eq!(done(&mut scope.verb(&["start", "s"])), "s has run\n");
    scope.systemctl().args(["start", "--no-block", "s"]).text();
    let said = done(&mut scope.mkservice(&["--name", "s", "--service-type", "oneshot", "sleep", "1"]));
    assert!(said.contains("s has run"), "{said}");
}

#[apply(booted_test)]
fn deleted_unit_file_is_reported(scope: &Scope<'_>) {
    done(&mut scope.mkservice(&["--name", "s", "sleep", "1000"]));
    scope.run("rm").arg(format!("{}/s.service", scope.unit_directory())).text();
    for verb in ["edit", "enable"] {
        let said = fails(2, scope.verb(&[verb, "s"]).env("EDITOR", "true"));
        assert!(said.contains("the unit file of s is missing") && said.contains("mkservice remove s"), "{said}");
    }
    assert!(done(&mut scope.verb(&["status", "s"])).contains("deleted; mkservice created what is running"));
    done(&mut scope.verb(&["stop", "s"]));
    done(&mut scope.verb(&["remove", "s"]));
}

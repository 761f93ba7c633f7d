//! Running the same or a changed command again.

use mkservice::unit::stamp;

use crate::host::Inside;
use crate::scope::Scope;
use crate::setup::{done, fails, ran};

#[apply(booted_test)]
fn same_command_changes_nothing(scope: &Scope<'_>) {
    let line = ["--name", "s", "sleep", "1000"];
    done(&mut scope.mkservice(&line));
    let (file, run, reloads) = (scope.file("s"), scope.property("s", "InvocationID"), scope.reloads());
    for _ in 0..2 {
        let said = done(&mut scope.mkservice(&line));
        assert!(said.contains("unchanged"), "{said}");
    }
    assert_eq!((scope.file("s"), scope.property("s", "InvocationID"), scope.reloads()), (file, run, reloads));
    // Also if only systemd knows what enabling it means.
    let line = ["--name", "too", "-p", "Install.Also=nowhere.socket", "sleep", "1000"];
    ran(&mut scope.mkservice(&line));
    let again = ran(scope.mkservice(&["--check"]).args(line));
    assert_eq!((again.code, again.stdout.as_str()), (0, "nothing would change\n"), "{again:?}");
    scope.systemctl().args(["disable", "too.service"]).output().unwrap();
    done(&mut scope.mkservice(&line));
    assert_eq!(scope.property("too", "UnitFileState"), "enabled");
}

/// With `--settle 0`, mkservice does not wait until systemd has reloaded all units; later requests see them reloaded.
#[apply(booted_test)]
fn new_service_starts_before_the_manager_reloads(scope: &Scope<'_>) {
    let target = if scope.session.is_some() { "default.target" } else { "multi-user.target" };
    let reloads = scope.reloads();
    let line = |name: &str, options: &[&str]| {
        let mut mkservice = scope.verb(&["-v", "--settle", "0", "--name", name]);
        mkservice.args(options).args(["sleep", "1000"]);
        mkservice
    };
    let new = ran(&mut line("s", &[]));
    assert_eq!(new.code, 0, "{new:?}");
    let steps: Vec<&str> = new.stdout.lines().filter_map(|line| line.strip_prefix("step: ")).collect();
    let [.., start, reload] = &steps[..] else { panic!("{new:?}") };
    assert!(*start == "start s.service" && reload.starts_with("reload the "), "{steps:?}");
    let wants = |unit: &str| scope.property(target, "Wants").split_whitespace().any(|wanted| wanted == unit);
    assert!(wants("s.service"));
    assert_eq!((scope.reloads(), scope.property("s", "ActiveState")), (reloads + 1, "active".into()));
    // A service that is not running is enabled anyway, and so is one that systemd knows only by name.
    let failed = ran(&mut line("fails", &["--no-rollback", "--property", "ExecStartPre=/bin/false"]));
    assert_eq!(failed.code, 3, "{failed:?}");
    assert!(wants("fails.service"));
    let after = |name: &str| scope.verb(&["--name", name, "--wants", "later", "sleep", "1000"]);
    assert_eq!(ran(&mut after("early")).code, 0);
    let later = ran(&mut line("later", &[]));
    assert_eq!((later.code, scope.property("later", "ActiveState")), (0, "active".into()), "{later:?}");
}

#[apply(booted_test)]
fn stopped_or_disabled_service_is_started_and_enabled_again(scope: &Scope<'_>) {
    let line = ["--name", "s", "sleep", "1000"];
    done(&mut scope.mkservice(&line));
    for verb in ["stop", "disable", "kill"] {
        scope.systemctl().args([verb, "s.service"]).output().unwrap();
        done(&mut scope.mkservice(&line));
        assert_eq!(scope.property("s", "ActiveState"), "active", "after {verb}");
        assert_eq!(scope.property("s", "UnitFileState"), "enabled", "after {verb}");
    }
}

#[apply(booted_test)]
fn changed_command_restarts_the_service(scope: &Scope<'_>) {
    done(&mut scope.mkservice(&["--name", "s", "sleep", "1000"]));
    let run = scope.property("s", "InvocationID");
    let said = done(&mut scope.mkservice(&["--name", "s", "sleep", "2000"]));
    assert!(said.contains("updated"), "{said}");
    assert_ne!(scope.property("s", "InvocationID"), run);
    assert!(scope.property("s", "ExecStart").contains("sleep 2000"));
}

#[apply(booted_test)]
fn changed_comments_do_not_restart_the_service(scope: &Scope<'_>) {
    done(&mut scope.mkservice(&["--name", "s", "sleep", "1000"]));
    let run = scope.property("s", "InvocationID");
    done(&mut scope.mkservice(&["--description", "sleep 1000", "--name", "s", "sleep", "1000"]));
    assert_eq!(scope.property("s", "InvocationID"), run, "only the words in our own section changed");
}

#[apply(booted_test)]
fn recorded_line_of_0_1_is_converted_without_a_restart(scope: &Scope<'_>) {
    done(&mut scope.mkservice(&["--name", "s", "sleep", "1000"]));
    let path = scope.host.path(format!("{}/s.service", scope.unit_directory()));
    let text = std::fs::read_to_string(&path).unwrap();
    let (body, _) = text.rsplit_once("Checksum=").unwrap();
    assert_eq!(body.matches("--name s -- sleep 1000\n").count(), 2, "{body}");
    let old = stamp::seal(&body.replace("--name s -- sleep 1000", "sleep --name s 1000"));
    let time = std::fs::metadata(&path).unwrap().modified().unwrap();
    std::fs::write(&path, &old).unwrap();
    // A file newer than the start of its service would be a reason to restart it.
    std::fs::File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
    done(scope.systemctl().arg("daemon-reload"));
    let run = scope.property("s", "InvocationID");
    let said = done(&mut scope.mkservice(&["sleep", "1000", "--name", "s"]));
    assert!(!said.contains("ExecStart"), "{said}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    assert_eq!(std::fs::metadata(&path).unwrap().modified().unwrap(), time);
    assert_eq!(scope.property("s", "InvocationID"), run);
    assert_eq!(scope.property("s", "NeedDaemonReload"), "no");
}

#[apply(booted_test)]
fn finished_oneshot_does_not_run_again(scope: &Scope<'_>) {
    let line = ["--name", "s", "--service-type", "oneshot", "true"];
    let said = done(&mut scope.mkservice(&line));
    assert!(said.contains("has run"), "{said}");
    let ended = scope.property("s", "InactiveEnterTimestampMonotonic");
    done(&mut scope.mkservice(&line));
    assert_eq!(scope.property("s", "InactiveEnterTimestampMonotonic"), ended);
}

#[apply(booted_test)]
fn update_without_start_is_completed_by_the_next_run(scope: &Scope<'_>) {
    let command = |scope: &Scope<'_>| {
        let pid = scope.property("s", "MainPID");
        scope
            .host
            .root("tr")
            .args(["\\0", " "])
            .stdin(std::fs::File::open(scope.host.path(format!("/proc/{pid}/cmdline"))).unwrap())
            .text()
    };
    done(&mut scope.mkservice(&["--name", "s", "sleep", "1000"]));
    // The file is new, the process is not.
    let said = done(&mut scope.mkservice(&["--name", "s", "--no-start", "sleep", "2000"]));
    assert!(said.contains("is still running as before"), "{said}");
    assert_eq!(command(scope), "/usr/bin/sleep 1000 ");
    done(&mut scope.mkservice(&["--name", "s", "--no-start", "sleep", "2000"]));
    done(&mut scope.mkservice(&["--name", "s", "sleep", "2000"]));
    assert_eq!(command(scope), "/usr/bin/sleep 2000 ");
}

#[apply(booted_test)]
fn enablement_links_follow_the_command(scope: &Scope<'_>) {
    let links = |scope: &Scope<'_>| {
        let directory = scope.property("s", "FragmentPath").replace("/s.service", "");
        scope.host.root("find").args([&directory, "-type", "l", "-name", "*.service", "-printf", "%P\n"]).text()
    };
    let usual = if scope.session.is_some() {
        "default.target.wants/s.service\n"
    } else {
        "multi-user.target.wants/s.service\n"
    };
    done(&mut scope.mkservice(&["--name", "s", "sleep", "1000"]));
    assert_eq!(links(scope), usual);
    done(&mut scope.mkservice(&["--name", "s", "-p", "WantedBy=basic.target", "sleep", "1000"]));
    assert_eq!(links(scope), "basic.target.wants/s.service\n");
    done(&mut scope.mkservice(&["--name", "s", "--no-enable", "sleep", "1000"]));
    assert_eq!(links(scope), "");
    done(&mut scope.mkservice(&["--name", "s", "sleep", "1000"]));
    assert_eq!(links(scope), usual);
}

#[apply(booted_test)]
fn earlier_restarts_are_not_counted(scope: &Scope<'_>) {
    let line = ["--name", "s", "--restart-sec", "10ms", "sleep", "1000"];
    done(&mut scope.mkservice(&line));
    let run = scope.property("s", "InvocationID");
    scope.systemctl().args(["kill", "-s", "KILL", "s.service"]).text();
    // systemd starts it again.
    let back = format!(
        "until [ \"$(systemctl {} show --value -p InvocationID s)\" != {run} ]; do sleep 0.02; done",
        if scope.session.is_some() { "--user" } else { "" }
    );
    let mut wait = match scope.session {
        Some(session) => session.run("timeout"),
        None => scope.host.root("timeout"),
    };
    wait.args(["30", "sh", "-c", &back]).text();
    assert_eq!(scope.property("s", "NRestarts"), "1");
    assert!(done(&mut scope.mkservice(&line)).contains("unchanged"));
}

#[apply(booted_test)]
fn service_waiting_for_its_restart_is_started_at_once(scope: &Scope<'_>) {
    let script = "[ -e /tmp/fixed ] && exec sleep 1000; exit 1";
    let line = ["--no-rollback", "--name", "s", "--restart-sec", "1h", "--", "sh", "-c", script];
    fails(3, &mut scope.mkservice(&line));
    assert_eq!(scope.property("s", "SubState"), "auto-restart");
    scope.host.root("touch").arg("/tmp/fixed").text();
    done(&mut scope.mkservice(&line));
    scope.host.root("rm").arg("/tmp/fixed").text();
}

#[apply(booted_test)]
fn stopped_oneshot_with_remain_after_exit_is_started_again(scope: &Scope<'_>) {
    let line = ["--name", "s", "--service-type", "oneshot", "-p", "RemainAfterExit=yes", "true"];
    let said = done(&mut scope.mkservice(&line));
    assert!(said.contains("s has run"), "{said}");
    scope.systemctl().args(["stop", "s.service"]).text();
    done(&mut scope.mkservice(&line));
    assert_eq!(scope.property("s", "SubState"), "exited");
}

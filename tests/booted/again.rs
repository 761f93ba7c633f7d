//! The second run: the same line changes nothing, another one changes what differs.

use crate::host::Inside;
use crate::scope::Scope;
use crate::setup::{booted, done, fails, property, ran, system};

#[apply(booted_test)]
fn the_same_line_changes_nothing(scope: &Scope<'_>) {
    let line = ["--name", "s", "sleep", "1000"];
    done(&mut scope.mkservice(&line));
    let (file, run, reloads) = (scope.file("s"), scope.property("s", "InvocationID"), scope.reloads());
    for _ in 0..2 {
        let said = done(&mut scope.mkservice(&line));
        assert!(said.contains("unchanged"), "{said}");
    }
    assert_eq!((scope.file("s"), scope.property("s", "InvocationID"), scope.reloads()), (file, run, reloads));
    // Also where only systemd knows what enabling it means.
    let line = ["--name", "too", "-p", "Install.Also=nowhere.socket", "sleep", "1000"];
    ran(&mut scope.mkservice(&line));
    let again = ran(scope.mkservice(&["--check"]).args(line));
    assert_eq!((again.code, again.stdout.as_str()), (0, "nothing would change\n"), "{again:?}");
    scope.systemctl().args(["disable", "too.service"]).output().unwrap();
    done(&mut scope.mkservice(&line));
    assert_eq!(scope.property("too", "UnitFileState"), "enabled");
}

/// With `--settle 0` nothing waits for the manager to read all units again; it has, for whoever asks it afterwards.
#[apply(booted_test)]
fn a_new_one_is_started_before_all_units_are_read(scope: &Scope<'_>) {
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
    // One that does not run is enabled all the same, and so is one that the manager knows by its name alone.
    let failed = ran(&mut line("fails", &["--property", "ExecStartPre=/bin/false"]));
    assert_eq!(failed.code, 3, "{failed:?}");
    assert!(wants("fails.service"));
    let after = |name: &str| scope.verb(&["--name", name, "--wants", "later", "sleep", "1000"]);
    assert_eq!(ran(&mut after("early")).code, 0);
    let later = ran(&mut line("later", &[]));
    assert_eq!((later.code, scope.property("later", "ActiveState")), (0, "active".into()), "{later:?}");
}

#[apply(booted_test)]
fn what_was_stopped_or_disabled_comes_back(scope: &Scope<'_>) {
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
fn another_line_restarts_the_service(scope: &Scope<'_>) {
    done(&mut scope.mkservice(&["--name", "s", "sleep", "1000"]));
    let run = scope.property("s", "InvocationID");
    let said = done(&mut scope.mkservice(&["--name", "s", "sleep", "2000"]));
    assert!(said.contains("updated"), "{said}");
    assert_ne!(scope.property("s", "InvocationID"), run);
    assert!(scope.property("s", "ExecStart").contains("sleep 2000"));
}

#[apply(booted_test)]
fn other_remarks_do_not_restart_it(scope: &Scope<'_>) {
    done(&mut scope.mkservice(&["--name", "s", "sleep", "1000"]));
    let run = scope.property("s", "InvocationID");
    done(&mut scope.mkservice(&["sleep", "--name", "s", "1000"]));
    assert_eq!(scope.property("s", "InvocationID"), run, "only the words in our own section changed");
}

#[apply(booted_test)]
fn a_oneshot_that_has_run_does_not_run_again(scope: &Scope<'_>) {
    let line = ["--name", "s", "--service-type", "oneshot", "true"];
    let said = done(&mut scope.mkservice(&line));
    assert!(said.contains("has run"), "{said}");
    let ended = scope.property("s", "InactiveEnterTimestampMonotonic");
    done(&mut scope.mkservice(&line));
    assert_eq!(scope.property("s", "InactiveEnterTimestampMonotonic"), ended);
}

#[apply(booted_test)]
fn a_name_of_the_machine_is_refused() {
    let host = booted();
    let unit = "[Service]\nExecStart=/bin/sleep 1000\n";
    crate::setup::file(&host, "root", "/usr/lib/systemd/system/vendor.service", unit);
    crate::setup::file(&host, "root", "/etc/systemd/system/admin.service", unit);
    host.root("systemctl").arg("daemon-reload").text();
    for name in ["vendor", "admin", "systemd-logind", "dbus"] {
        let said = fails(2, system(&host, "daemon").args(["--name", name, "sleep", "1000"]));
        assert!(said.contains("not ours") || said.contains("reserved"), "{said}");
    }
    done(system(&host, "daemon").args(["--force", "--name", "vendor", "sleep", "1000"]));
    assert_eq!(property(host.root("systemctl"), "vendor", "FragmentPath"), "/etc/systemd/system/vendor.service");
    done(host.root("mkservice").args(["remove", "vendor"]));
    assert!(property(host.root("systemctl"), "vendor", "FragmentPath").ends_with("/lib/systemd/system/vendor.service"));
}

#[apply(booted_test)]
fn an_interrupted_update_is_completed(scope: &Scope<'_>) {
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
    assert!(said.contains("is running as before"), "{said}");
    assert_eq!(command(scope), "/usr/bin/sleep 1000 ");
    done(&mut scope.mkservice(&["--name", "s", "--no-start", "sleep", "2000"]));
    done(&mut scope.mkservice(&["--name", "s", "sleep", "2000"]));
    assert_eq!(command(scope), "/usr/bin/sleep 2000 ");
}

#[apply(booted_test)]
fn what_enables_it_follows_the_line(scope: &Scope<'_>) {
    let links = |scope: &Scope<'_>| {
        let folder = scope.property("s", "FragmentPath").replace("/s.service", "");
        scope.host.root("find").args([&folder, "-type", "l", "-name", "*.service", "-printf", "%P\n"]).text()
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
fn twenty_at_once_do_not_mix(scope: &Scope<'_>) {
    let account = if scope.session.is_some() { "" } else { "--uid daemon" };
    let run = |script: String| {
        let mut bash = match scope.session {
            Some(session) => session.run("bash"),
            None => scope.host.root("bash"),
        };
        bash.cwd("/").args(["-c", &script]).text()
    };
    let wait = "for j in $(jobs -p); do wait $j || exit 1; done";
    run(format!("for n in $(seq 20); do mkservice -q {account} --name n$n sleep 1000 2>/dev/null & done; {wait}"));
    for number in 1..=20 {
        let unit = format!("n{number}");
        assert_eq!(
            (scope.property(&unit, "ActiveState"), scope.property(&unit, "UnitFileState")),
            ("active".into(), "enabled".into())
        );
    }
    run(format!(
        "for n in $(seq 20); do mkservice -q {account} --name one sleep $((1000 + n)) 2>/dev/null & done; {wait}"
    ));
    assert_eq!(scope.property("one", "ActiveState"), "active");
    // One of them was the last: file, manager and process agree on it.
    let pid = scope.property("one", "MainPID");
    let process = String::from_utf8(std::fs::read(scope.host.path(format!("/proc/{pid}/cmdline"))).unwrap()).unwrap();
    let process = process.trim_end_matches('\0').replace('\0', " ");
    let file = scope.host.root("cat").arg(scope.property("one", "FragmentPath")).text();
    assert!(file.contains(&format!("ExecStart={process}\n")), "{process}\n{file}");
    run("mkservice -q remove one $(seq -f n%g 20)".into());
}

#[apply(booted_test)]
fn what_does_not_come_up_is_put_back(scope: &Scope<'_>) {
    let state = |scope: &Scope<'_>| {
        let path = scope.property("s", "FragmentPath");
        let folder = std::path::Path::new(&path).parent().unwrap().to_owned();
        let links = scope.host.root("find").arg(folder).args(["-type", "l", "-printf", "%p %l\n"]).text();
        (scope.host.root("sha256sum").arg(&path).text(), links, scope.property("s", "ActiveState"))
    };
    done(&mut scope.mkservice(&["--name", "s", "sleep", "1000"]));
    let before = state(scope);
    let said = fails(
        3,
        &mut scope.mkservice(&["--name", "s", "-p", "WantedBy=basic.target", "--", "sh", "-c", "echo no; exit 9"]),
    );
    assert!(said.contains("the new s does not run: the program ended with exit code 9"), "{said}");
    assert!(said.contains("the old one was put back and runs again\n    no\n"), "{said}");
    assert_eq!(state(scope), before);
    // The old line finds nothing to do, and what was asked for can be kept.
    assert!(done(&mut scope.mkservice(&["--name", "s", "sleep", "1000"])).contains("unchanged"));
    let said = fails(3, &mut scope.mkservice(&["--name", "s", "--no-rollback", "--", "sh", "-c", "exit 9"]));
    assert!(said.contains("s is installed but does not run"), "{said}");
    assert_ne!(state(scope).0, before.0);
    // From what did not run there is no way back.
    let said = fails(3, &mut scope.mkservice(&["--name", "s", "--", "sh", "-c", "exit 8"]));
    assert!(said.contains("s is installed but does not run"), "{said}");
    done(&mut scope.mkservice(&["--name", "s", "sleep", "1000"]));
}

#[apply(booted_test)]
fn old_restarts_say_nothing_of_today(scope: &Scope<'_>) {
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
fn what_waits_for_its_next_try_is_tried_now(scope: &Scope<'_>) {
    let line =
        ["--name", "s", "--restart-sec", "1h", "--", "sh", "-c", "[ -e /tmp/mended ] && exec sleep 1000; exit 1"];
    fails(3, &mut scope.mkservice(&line));
    assert_eq!(scope.property("s", "SubState"), "auto-restart");
    scope.host.root("touch").arg("/tmp/mended").text();
    done(&mut scope.mkservice(&line));
    scope.host.root("rm").arg("/tmp/mended").text();
}

#[apply(booted_test)]
fn a_oneshot_that_stays_is_started_again(scope: &Scope<'_>) {
    let line = ["--name", "s", "--service-type", "oneshot", "-p", "RemainAfterExit=yes", "true"];
    let said = done(&mut scope.mkservice(&line));
    assert!(said.contains("s has run"), "{said}");
    scope.systemctl().args(["stop", "s.service"]).text();
    done(&mut scope.mkservice(&line));
    assert_eq!(scope.property("s", "SubState"), "exited");
}

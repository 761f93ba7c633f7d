//! Units that are not what they seem, and what must not be done to them.

use crate::host::Inside;
use crate::scope::Scope;
use crate::setup::{booted, done, fails, file, property, ran, system, traces};

fn folder(scope: &Scope<'_>) -> &'static str {
    if scope.session.is_some() { "/home/ann/.config/systemd/user" } else { "/etc/systemd/system" }
}

#[apply(booted_test)]
fn instances_of_templates_are_not_ours() {
    let host = booted();
    file(&host, "root", "/etc/systemd/system/tmpl@.service", "[Service]\nExecStart=/bin/sleep 1000\n");
    host.root("systemctl").args(["start", "tmpl@1"]).text();
    let uid = host.add_user("ann");
    let session = host.open_session("ann");
    let user = format!("user@{uid}");
    let before = traces(&host);
    for verb in ["stop", "restart", "remove", "enable"] {
        for name in ["tmpl@1", "tmpl@2", &user] {
            let said = ran(host.root("mkservice").args([verb, name]));
            // An instance that nobody has started is nowhere yet, but to systemd it is there.
            assert_eq!(said.code, 2, "{verb} {name}: {said:?}");
            assert!(said.stderr.contains("not ours"), "{verb} {name}: {said:?}");
        }
    }
    for name in ["tmpl@1", &user] {
        assert_eq!(property(host.root("systemctl"), &format!("{name}.service"), "ActiveState"), "active");
    }
    assert_eq!(traces(&host), before);
    drop(session);
    assert!(fails(2, host.root("mkservice").args(["status", "tmpl@"])).contains("keeps for templates"));
}

#[apply(booted_test)]
fn twins_stay_two(scope: &Scope<'_>) {
    for name in ["a1", "a2"] {
        done(&mut scope.mkservice(&["--settle", "0", "--name", name, "sleep", "1000"]));
    }
    let before = traces(scope.host);
    let said = fails(2, &mut scope.verb(&["rename", "a1", "a2"]));
    assert!(said.contains("there is a service named `a2` already"), "{said}");
    for name in ["a1", "a1.service"] {
        assert!(fails(2, &mut scope.verb(&["rename", "a1", name])).contains("a1 is its name already"));
    }
    assert_eq!(traces(scope.host), before);
    // However often a name is typed.
    assert_eq!(done(&mut scope.verb(&["stop", "a1", "a1.service"])).lines().count(), 1);
}

#[apply(booted_test)]
fn what_is_up_for_a_moment_is_watched(scope: &Scope<'_>) {
    let line = |settle: &'static str| {
        ["--name", "s", "--settle", settle, "--restart", "no", "--", "sh", "-c", "sleep 1; exit 7"]
    };
    done(&mut scope.mkservice(&line("0")));
    let said = fails(3, &mut scope.mkservice(&line("5")));
    assert!(said.contains("exit code 7"), "{said}");
    done(&mut scope.verb(&["start", "s", "--settle", "0"]));
    let said = fails(3, &mut scope.verb(&["start", "s", "--settle", "5"]));
    assert!(said.contains("exit code 7"), "{said}");
}

#[apply(booted_test)]
fn what_is_on_its_way_is_waited_for(scope: &Scope<'_>) {
    let line = ["--name", "s", "--no-start", "--service-type", "oneshot", "sleep", "1"];
    done(&mut scope.mkservice(&line));
    scope.systemctl().args(["start", "--no-block", "s"]).text();
    assert_eq!(done(&mut scope.verb(&["start", "s"])), "s has run\n");
    scope.systemctl().args(["start", "--no-block", "s"]).text();
    let said = done(&mut scope.mkservice(&["--name", "s", "--service-type", "oneshot", "sleep", "1"]));
    assert!(said.contains("s has run"), "{said}");
}

#[apply(booted_test)]
fn what_is_shadowed_is_left_alone() {
    let host = booted();
    done(system(&host, "daemon").args(["--name", "s", "sleep", "1000"]));
    file(&host, "root", "/etc/systemd/system.control/s.service", "[Service]\nExecStart=/bin/sleep 55\n");
    host.root("systemctl").args(["daemon-reload"]).text();
    let before = traces(&host);
    for verb in ["start", "restart", "edit", "enable"] {
        let said = fails(2, host.root("mkservice").args([verb, "s"]).env("EDITOR", "true"));
        assert!(said.contains("s is shadowed: /etc/systemd/system.control/s.service counts"), "{said}");
    }
    assert_eq!(traces(&host), before);
    assert!(done(host.root("mkservice").args(["status", "s"])).contains("system.control/s.service counts instead"));
    assert!(ran(host.root("mkservice").arg("doctor")).stdout.contains("s is shadowed"));
}

#[apply(booted_test)]
fn a_file_that_was_deleted_by_hand(scope: &Scope<'_>) {
    done(&mut scope.mkservice(&["--name", "s", "sleep", "1000"]));
    scope.run("rm").arg(format!("{}/s.service", folder(scope))).text();
    for verb in ["edit", "enable"] {
        let said = fails(2, scope.verb(&[verb, "s"]).env("EDITOR", "true"));
        assert!(said.contains("the file of s is gone") && said.contains("mkservice remove s"), "{said}");
    }
    assert!(done(&mut scope.verb(&["status", "s"])).contains("which is gone; what runs was made by mkservice"));
    done(&mut scope.verb(&["stop", "s"]));
    done(&mut scope.verb(&["remove", "s"]));
}

#[apply(booted_test)]
fn a_file_that_was_emptied_by_hand() {
    let host = booted();
    let before = traces(&host);
    done(system(&host, "daemon").args(["--name", "s", "sleep", "1000"]));
    host.root("truncate").args(["-s", "0", "/etc/systemd/system/s.service"]).text();
    done(host.root("mkservice").args(["remove", "--force", "s"]));
    assert_eq!(traces(&host), before);
}

#[apply(booted_test)]
fn nothing_that_is_edited_is_lost_or_shown(scope: &Scope<'_>) {
    done(&mut scope.mkservice(&["--name", "s", "sleep", "1000"]));
    let path = format!("{}/s.service", folder(scope));
    scope.run("chmod").args(["600", &path]).text();
    // The copy lies where nobody else gets in, and the file stays as closed as it was.
    let script = "#!/bin/sh\nstat -c %a \"$(dirname \"$1\")\" >&2\nsed -i s/Sec=5s/Sec=6s/ \"$1\"\necho drawn\n";
    file(scope.host, "root", "/usr/local/bin/editing", script);
    scope.host.root("chmod").args(["755", "/usr/local/bin/editing"]).text();
    let said = ran(scope.verb(&["edit", "s", "--json"]).env("EDITOR", "editing"));
    assert_eq!((said.code, said.stderr.as_str()), (0, "700\ndrawn\n"), "{said:?}");
    assert!(serde_json::from_str::<serde_json::Value>(&said.stdout).is_ok(), "{said:?}");
    assert_eq!(scope.run("stat").args(["-c", "%a", &path]).text(), "600\n");
    // An editor that breaks down.
    let crash = "sh -c 'sed -i s/Sec=6s/Sec=7s/ \"$0\"; kill -SEGV $$'";
    let said = ran(scope.verb(&["edit", "s"]).env("EDITOR", crash));
    assert_eq!(said.code, 1, "{said:?}");
    let kept = said.stderr.lines().find_map(|line| line.strip_prefix("warning: what was edited is kept in ")).unwrap();
    assert!(std::fs::read_to_string(scope.host.path(kept)).unwrap().contains("RestartSec=7s"));
    // Our mark is what everything else hangs on.
    let said = ran(scope.verb(&["edit", "s"]).env("EDITOR", "sed -i /X-Mkservice/,$d"));
    assert_eq!(said.code, 2, "{said:?}");
    assert!(said.stderr.contains("the section [X-Mkservice] is gone"), "{said:?}");
}

#[apply(booted_test)]
fn an_edit_can_change_what_enables_it(scope: &Scope<'_>) {
    done(&mut scope.mkservice(&["--name", "s", "sleep", "1000"]));
    let links = || scope.host.root("find").args([folder(scope), "-type", "l", "-printf", "%P\n"]).text();
    let before = links();
    let edit = |with: &str| ran(scope.verb(&["edit", "s"]).env("EDITOR", with));
    let said = edit("sed -i s/WantedBy=.*/WantedBy=basic.target/");
    assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{said:?}");
    assert_eq!(links(), "basic.target.wants/s.service\n");
    done(&mut scope.mkservice(&["--force", "--name", "s", "sleep", "1000"]));
    assert_eq!(links(), before);
}

#[apply(booted_test)]
fn a_result_that_cannot_be_written_is_a_failure() {
    let host = booted();
    done(system(&host, "daemon").args(["--name", "s", "sleep", "1000"]));
    for verb in ["list", "list --json", "status s", "cat s", "doctor", "--help"] {
        let said = ran(host.root("sh").args(["-c", &format!("mkservice {verb} > /dev/full")]));
        assert_eq!(said.code, 1, "{verb}: {said:?}");
        assert!(said.stderr.starts_with("error: cannot write "), "{verb}: {said:?}");
        assert!(said.stderr.contains("no space left on device"), "{verb}: {said:?}");
    }
}

#[apply(booted_test)]
fn commands_that_are_not_utf8() {
    let host = booted();
    let mut bash = host.root("bash");
    let line =
        "mkservice -q --uid daemon --working-directory / --name s -- sh -c 'exec sleep 1000' $'\\xff' 2>/dev/null";
    bash.args(["-c", line]).text();
    for words in [&["status", "s"][..], &["restart", "s"], &["rename", "s", "t"], &["rename", "t", "s"], &["list"]] {
        done(host.root("mkservice").args(words));
    }
    assert!(done(host.root("mkservice").args(["status", "s"])).contains("exec sleep 1000"));
    done(host.root("mkservice").args(["remove", "s"]));
}

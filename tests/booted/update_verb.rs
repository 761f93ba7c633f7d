//! `update`: one thing of a service changes, everything else stays.

use crate::host::Inside;
use crate::scope::Scope;
use crate::setup::{done, fails, file, property, ran};
use crate::sudo::{NO_PASSWORD, by_ann, with_sudo};

fn stamp(scope: &Scope<'_>, name: &str) -> String {
    let text = scope.run("cat").arg(format!("{}/{name}.service", scope.unit_directory())).text();
    text.lines().find_map(|line| line.strip_prefix("Command=")).unwrap().to_owned()
}

#[apply(booted_test)]
fn one_thing_changes_and_the_rest_stays(scope: &Scope<'_>) {
    scope.run("mkdir").args(["-p", "/tmp/here"]).text();
    let mut add = scope.mkservice(&["--name", "s", "-E", "A=1", "-E", "B=2", "--restart-sec", "11s", "sleep", "1000"]);
    done(add.cwd("/tmp/here"));
    let before = stamp(scope, "s");
    let update = |words: &[&str]| done(scope.verb(&["update", "s"]).args(words));
    let said = update(&["--restart-sec", "12s", "-E", "B=3", "-E", "C=4"]);
    assert!(said.starts_with("s is running (") && said.contains(", updated)\n"), "{said}");
    for line in ["-RestartSec=11s", "+RestartSec=12s", "+Environment=B=3", "+Environment=C=4"] {
        assert!(said.contains(line), "{line}: {said}");
    }
    assert!(!said.contains("WorkingDirectory"), "{said}");
    assert_eq!(scope.property("s", "WorkingDirectory"), "/tmp/here");
    assert_eq!(scope.property("s", "Environment"), "A=1 B=3 C=4");
    let expected = before.replace("11s", "12s").replace("B=2", "B=3").replace(" -- ", " --setenv C=4 -- ");
    assert_eq!(stamp(scope, "s").replace("--setenv", "-E"), expected.replace("--setenv", "-E"));
    // Again: nothing.
    let run = scope.property("s", "InvocationID");
    let said = update(&["--restart-sec", "12s", "-E", "B=3", "-E", "C=4"]);
    assert!(said.contains(", unchanged)\n"), "{said}");
    assert_eq!(done(&mut scope.verb(&["update", "--check", "s", "--restart-sec", "12s"])), "nothing would change\n");
    assert_eq!(scope.property("s", "InvocationID"), run);
    // What is removed, and another command.
    let said = ran(&mut scope.verb(&["update", "s", "--unset", "restart-sec", "--unset", "setenv=A", "--check"]));
    assert!(said.code == 5 && said.stdout.contains("-RestartSec=12s"), "{said:?}");
    update(&["--unset", "restart-sec", "--unset", "setenv=A", "--", "sleep", "2000"]);
    assert_eq!(scope.property("s", "RestartUSec"), "5s");
    assert_eq!(scope.property("s", "Environment"), "B=3 C=4");
    assert!(stamp(scope, "s").ends_with(" -- sleep 2000"), "{}", stamp(scope, "s"));
    let json: serde_json::Value =
        serde_json::from_str(&done(&mut scope.verb(&["update", "s", "--json", "--nice", "5"]))).unwrap();
    assert_eq!((json["verb"].as_str(), json["changed"].as_bool()), (Some("update"), Some(true)), "{json:#}");
}

#[apply(booted_test)]
fn failed_change_rolls_back(scope: &Scope<'_>) {
    done(&mut scope.mkservice(&["--name", "s", "sleep", "1000"]));
    let before = stamp(scope, "s");
    let said = fails(3, &mut scope.verb(&["update", "s", "--", "sh", "-c", "exit 9"]));
    assert!(said.contains("rolled back to the previous version, which is running"), "{said}");
    assert_eq!((stamp(scope, "s"), scope.property("s", "ActiveState")), (before, "active".into()));
    // What the verb does not do.
    let said = fails(2, &mut scope.verb(&["update", "s", "--name", "t"]));
    assert!(said.contains("mkservice rename s t"), "{said}");
    let said = fails(2, &mut scope.verb(&["update", "s", "--unset", "memory-maximum"]));
    assert!(said.contains("`memory-maximum`") && said.contains("did you mean --memory-max?"), "{said}");
    fails(4, &mut scope.verb(&["update", "nosuch", "--nice", "5"]));
    fails(2, &mut scope.verb(&["update", "s", "sleep", "2000"]));
}

#[apply(booted_test)]
fn paths_and_secrets_stay_what_they_were(scope: &Scope<'_>) {
    let owner = if scope.session.is_some() { "ann" } else { "root" };
    file(scope.host, owner, "/srv/app/env", "A=1\n");
    file(scope.host, owner, "/srv/other/env", "A=2\n");
    scope.host.root("chmod").args(["755", "/srv", "/srv/app", "/srv/other"]).text();
    let line = ["--name", "s", "--environment-file", "env", "--secret", "TOKEN", "-E", "COPIED", "sleep", "1000"];
    let mut add = scope.mkservice(&line);
    add.cwd("/srv/app").env("COPIED", "then").stdin(std::process::Stdio::piped());
    let mut child = add.stdout(std::process::Stdio::null()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"secret").unwrap();
    assert!(child.wait().unwrap().success());
    // From another directory, with another environment, and with something on stdin.
    let mut update = scope.verb(&["update", "s", "--environment-file", "env", "--nice", "5"]);
    done(update.cwd("/srv/other"));
    let files = scope.property("s", "EnvironmentFiles");
    assert!(files.contains("/srv/app/env") && files.contains("/srv/other/env"), "{files}");
    assert_eq!(scope.property("s", "Environment").split(' ').find(|it| it.starts_with("COPIED=")), Some("COPIED=then"));
    assert_eq!(scope.property("s", "WorkingDirectory"), "/srv/app");
    assert_eq!(scope.property("s", "ActiveState"), "active");
}

#[apply(booted_test)]
fn the_file_that_declares_a_service_is_named(scope: &Scope<'_>) {
    let owner = if scope.session.is_some() { "ann" } else { "root" };
    let uid = if scope.session.is_some() { "" } else { "uid = 'daemon'\n" };
    let text = format!("[services.web]\ncommand = ['sleep', '1000']\n{uid}");
    file(scope.host, owner, "/srv/app/mkservice.toml", &text);
    done(&mut scope.verb(&["apply", "/srv/app/mkservice.toml"]));
    let said = done(&mut scope.verb(&["update", "web", "--restart-sec", "11s"]));
    let note = "note: `/srv/app/mkservice.toml` declares the service, and the next ";
    assert!(said.contains(note) && said.contains("change it there as well: restart-sec = \"11s\"\n"), "{said}");
    let said = ran(&mut scope.verb(&["apply", "--check", "/srv/app/mkservice.toml"]));
    assert!(said.code == 5 && said.stdout.contains("-RestartSec=11s"), "{said:?}");
}

#[apply(booted_test)]
fn system_service_keeps_its_user() {
    let host = with_sudo(NO_PASSWORD);
    done(&mut by_ann(&host, &["--name", "s", "sleep", "1000"]));
    // It elevates by itself, and root alone does not change the user either.
    let said = done(host.user("ann", "mkservice").args(["update", "--system", "s", "--nice", "5"]));
    assert!(said.contains("root privileges are required; running with sudo:\n  replace "), "{said}");
    done(host.root("mkservice").args(["update", "s", "--restart-sec", "7s"]));
    let property = |name| property(host.root("systemctl"), "s", name);
    assert_eq!(["User", "Nice", "RestartUSec", "ActiveState"].map(property), ["ann", "5", "7s", "active"]);
}

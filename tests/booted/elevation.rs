//! Verbs on system services by a user who is not root: planned as that user, carried out as root.

use std::process::Command;

use crate::host::{Host, Inside};
use crate::setup::{Ran, done, file, property, ran, system, traces};
use crate::sudo::{NO_PASSWORD, with_sudo};

/// mkservice run by ann, in no particular scope.
fn by_ann(host: &Host, line: &str) -> Command {
    let mut mkservice = host.user("ann", "/usr/local/bin/mkservice");
    mkservice.args(line.split(' ')).cwd("/");
    mkservice
}

fn said(ran: &Ran) -> String {
    [ran.stdout.as_str(), ran.stderr.as_str()].concat()
}

/// A host on which ann has sudo, with system services web and job.
fn with_services(rule: &str) -> Host {
    let host = with_sudo(rule);
    done(system(&host, "ann").args(["--name", "web", "sleep", "1000"]));
    done(system(&host, "ann").args(["--name", "job", "--on-calendar", "2090-01-01", "--", "sh", "-c", "echo worked"]));
    host
}

const PLAN: &str = "root privileges are required; running with sudo:";

#[apply(booted_test)]
fn every_verb_gets_root_privileges_for_system_services() {
    let host = with_services(NO_PASSWORD);
    file(&host, "root", "/usr/bin/editor", "#!/bin/sh\nprintf '[Unit]\\nDescription=edited\\n' > \"$1\"\n");
    host.root("chmod").args(["755", "/usr/bin/editor"]).text();
    let state = |name: &str| property(host.root("systemctl"), name, "ActiveState");
    for (line, step, result) in [
        ("stop web", "\n  stop web.service\n", "web is stopped"),
        ("start web", "\n  start web.service\n", "web is running"),
        ("restart web", "\n  restart web.service\n", "web was restarted and is running"),
        ("disable web", "\n  ", "web is disabled"),
        ("enable web", "\n  ", "web is enabled"),
        ("run job", "\n  start job.service\n", "worked"),
        ("harden --try --settle 0 web", " mkservice harden --system --try --settle 0 web\n", "web"),
        ("harden --undo web", "\n  ", "web was restarted without the sandbox"),
        ("edit web", " mkservice edit --system web\n", "web"),
        ("rename web shop", "\n  ", "shop"),
        ("stop 'sho*'", "\n  stop shop.service\n", "shop is stopped"),
        ("restart --all", "\n  ", "shop was restarted"),
        ("remove shop job", "\n  ", "removed"),
    ] {
        let line = line.replace('\'', "");
        let ran = ran(&mut by_ann(&host, &line));
        assert_eq!(ran.code, 0, "{line}: {ran:?}");
        let said = said(&ran);
        assert!(said.contains(PLAN) && said.contains(step), "{line}: {said}");
        assert!(said.contains(result), "{line}: {said}");
        match line.split(' ').next() {
            Some("stop") => assert_eq!(state(line.rsplit(' ').next().unwrap().trim_end_matches('*')), "inactive"),
            Some("edit") => assert_eq!(property(host.root("systemctl"), "web", "Description"), "edited"),
            _ => {}
        }
    }
    assert!(!host.path("/etc/systemd/system/shop.service").exists());
    assert!(!host.path("/etc/systemd/system/job.timer").exists());
}

#[apply(booted_test)]
fn all_services_are_removed_in_one_scope_only() {
    let host = with_services(NO_PASSWORD);
    for (line, code) in [("remove --all", 0), ("remove *", 4), ("rm we* jo*", 4), ("--user rm --all", 0)] {
        let before = traces(&host);
        let ran = ran(&mut by_ann(&host, line));
        assert_eq!((ran.code, traces(&host) == before), (code, true), "{line}: {ran:?}");
    }
    let ran = ran(&mut by_ann(&host, "remove --system --all"));
    assert!(ran.code == 0 && said(&ran).contains("job was stopped and removed"), "{ran:?}");
}

#[apply(booted_test)]
fn callers_editor_edits_as_the_caller() {
    let host = with_services(NO_PASSWORD);
    let script = "#!/bin/sh\nid -un >/home/ann/seen\necho \"$HOME $1\" >>/home/ann/seen\nsed -i \"/^### Settings/a [Service]\\nNice=$NICE\" \"$1\"\n";
    file(&host, "ann", "/home/ann/ed", &script.replace("$NICE", "4"));
    host.user("ann", "chmod").args(["755", "/home/ann/ed"]).text();
    let edit = |words: &[&str]| ran(by_ann(&host, "edit").args(words).env("EDITOR", "/home/ann/ed"));
    let edited = edit(&["web"]);
    assert_eq!(edited.code, 0, "{edited:?}");
    assert_eq!(property(host.root("systemctl"), "web", "Nice"), "4");
    let seen = host.user("ann", "cat").arg("/home/ann/seen").text();
    let (user, rest) = seen.split_once('\n').unwrap();
    let (home, copy) = rest.trim().split_once(' ').unwrap();
    assert_eq!((user, home), ("ann", "/home/ann"));
    // What it left is gone, and root read only what is the user's.
    assert!(!host.path(copy).exists(), "{copy}");
    let swap = "#!/bin/sh\nrm \"$1\"\nln -s /etc/shadow \"$1\"\n";
    file(&host, "ann", "/home/ann/ed", swap);
    let refused = edit(&["web"]);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.stderr.contains("permission denied") && !said(&refused).contains("root:"), "{refused:?}");
}

#[apply(booted_test)]
fn processes_become_system_services_through_root() {
    let host = with_sudo(NO_PASSWORD);
    let script = "cd /; setsid /usr/bin/sleep 4321 </dev/null >/dev/null 2>&1 & echo $!";
    let pid = host.user("ann", "sh").args(["-c", script]).text();
    let ran = ran(&mut by_ann(&host, &format!("adopt --system --yes {}", pid.trim())));
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(said(&ran).contains(&format!("{PLAN} mkservice adopt --system --yes {}\n", pid.trim())), "{ran:?}");
    assert_eq!(property(host.root("systemctl"), "sleep", "User"), "ann");
    assert_eq!(property(host.root("systemctl"), "sleep", "ActiveState"), "active");
}

#[apply(booted_test)]
fn root_is_asked_only_for_what_would_change() {
    let host = with_services("ann ALL=(ALL) ALL");
    let before = traces(&host);
    for (line, code, expected) in [
        // Nothing would change.
        ("start web", 0, "nothing would change\n"),
        ("enable web", 0, "nothing would change\n"),
        ("harden --undo web", 0, "nothing would change\n"),
        ("stop --dry-run web", 0, "would stop web.service\n"),
        ("stop --check web", 5, "would stop web.service\n"),
        // What is refused anyway is refused before a password is asked for.
        ("stop nosuch", 4, "error: no service named `nosuch`"),
        ("stop systemd-logind", 2, "error: systemd-logind is not managed by mkservice"),
        ("run web", 2, "error: web runs permanently"),
        ("stop web", 2, "error: root privileges are required, but sudo says: a password is required"),
        ("remove --system --all", 2, "error: root privileges are required, but sudo says: a password is required"),
    ] {
        let ran = ran(&mut by_ann(&host, line));
        assert_eq!(ran.code, code, "{line}: {ran:?}");
        assert!(said(&ran).contains(expected), "{line}: {ran:?}");
        assert_eq!(said(&ran).contains(PLAN), expected.contains("sudo says"), "{line}: {ran:?}");
        assert_eq!(traces(&host), before, "{line}");
    }
    let hint = ran(&mut by_ann(&host, "stop web")).stderr;
    assert!(hint.contains("where you can enter a password: cd / && mkservice stop --system web\n"), "{hint}");
}

#[apply(booted_test)]
fn json_output_of_a_verb_is_one_document() {
    let host = with_services(NO_PASSWORD);
    let ran = ran(&mut by_ann(&host, "--json stop web"));
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
    let document: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((document["verb"].as_str(), document["changed"].as_bool()), (Some("stop"), Some(true)), "{document}");
    assert_eq!(document["services"][0]["name"], "web");
}

#[apply(booted_test)]
fn sudo_looks_at_the_services_of_its_user_too() {
    let host = with_services(NO_PASSWORD);
    let session = host.open_session("ann");
    done(session.run("mkservice").args(["--name", "mined", "--", "sh", "-c", "echo from mine; exec sleep 1000"]));
    let sudo = |line: &str| {
        let mut sudo = session.run("sudo");
        ran(sudo.args(["-n", "mkservice"]).args(line.split(' ')))
    };
    let before = traces(&host);
    for (line, code, expected) in [
        ("status mined", 0, "mined is running (user service"),
        ("status mine.sh", 0, "mined is running (user service"),
        ("logs mined", 0, "from mine"),
        ("cat mined", 0, "# /home/ann/.config/systemd/user/mined.service"),
        ("--user status mined", 0, "mined is running (user service"),
        ("--user list", 0, "mined"),
        ("status web", 0, "web is running (system service as ann"),
        ("status web mined", 0, "\n\nmined is running (user service"),
        ("status mined web", 0, "\n\nweb is running (system service as ann"),
        ("status web nosuch mined", 4, "error: no service named `nosuch`"),
        ("status nosuch", 4, "error: no service named `nosuch`"),
        ("status --system mined", 4, "error: `mined` is a user service of ann, not a system service\n"),
        // What changes something is not done for another user.
        (
            "stop mined",
            4,
            "error: `mined` is a user service of ann, not a system service\n\
            hint: run it without sudo: mkservice stop mined\n",
        ),
        ("remove mined", 4, "hint: run it without sudo: mkservice remove mined\n"),
    ] {
        let ran = sudo(line);
        assert_eq!(ran.code, code, "{line}: {ran:?}");
        assert!(said(&ran).contains(expected), "{line}: {ran:?}");
        assert_eq!(traces(&host), before, "{line}");
    }
    let document = sudo("--json status mined").stdout;
    let document: serde_json::Value =
        serde_json::from_str(&document).unwrap_or_else(|error| panic!("{error}: {document}"));
    assert_eq!((document["verb"].as_str(), document["services"][0]["name"].as_str()), (Some("status"), Some("mined")));
}

#[apply(booted_test)]
fn services_are_found_in_the_scope_where_they_exist() {
    let host = with_services(NO_PASSWORD);
    let session = host.open_session("ann");
    let mkservice = |line: &str| ran(session.run("mkservice").args(line.split(' ')));
    done(session.run("mkservice").args(["--name", "web", "sleep", "1000"]));
    done(session.run("mkservice").args(["--name", "mined", "sleep", "1000"]));
    for (line, code, expected) in [
        // In both scopes: the default one counts.
        ("status web", 0, "web is running (user service"),
        ("--system status web", 0, "web is running (system service"),
        ("stop web", 0, "web is stopped"),
        ("status job", 0, "(system service"),
        ("status jo*", 0, "(system service"),
        // Ann is not in the group systemd-journal.
        ("logs job -n 1", 1, "note: the log of job (system service)"),
        ("cat job", 0, "# /etc/systemd/system/job.service"),
        ("status mined job", 0, "\n\njob "),
        ("cat job mined", 0, "# /home/ann/.config/systemd/user/mined.service"),
        ("--user status job", 4, "hint: it is a system service: mkservice status --system job"),
        ("--system status mined", 4, "hint: it is a user service: mkservice status --user mined"),
        ("disable --dry-run job", 0, "would "),
    ] {
        let ran = mkservice(line);
        assert_eq!(ran.code, code, "{line}: {ran:?}");
        assert!(said(&ran).contains(expected), "{line}: {ran:?}");
        assert!(!said(&ran).contains(PLAN), "{line}: {ran:?}");
    }
    assert_eq!(property(host.root("systemctl"), "web", "ActiveState"), "active");
}

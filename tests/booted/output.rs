//! Where output goes: pipes, terminals and full disks.

use crate::host::Inside;
use crate::setup::{booted, done, ran, system};

#[apply(booted_test)]
fn closed_pipe_is_not_an_error() {
    let host = booted();
    done(system(&host, "daemon").args(["--name", "s", "sleep", "1000"]));
    for verb in ["list --all", "status s", "cat s", "logs s", "list --json", "doctor", "--help"] {
        let script = format!("mkservice {verb} | true; echo ${{PIPESTATUS[0]}}");
        let ran = ran(host.root("bash").args(["-c", &script]));
        // The pipe kills journalctl itself, like every program that prints.
        let fine = if verb == "logs s" { &["0\n", "141\n"][..] } else { &["0\n"] };
        assert!(fine.contains(&ran.stdout.as_str()) && ran.stderr.is_empty(), "{verb}: {ran:?}");
    }
}

#[apply(booted_test)]
fn color_and_width_follow_the_terminal() {
    let host = booted();
    let slow = "--name slow --service-type notify -p TimeoutStartSec=2s --restart no sleep 1000";
    let on_terminal = |line: &str| {
        let mut script = host.root("script");
        script.cwd("/").env("TERM", "xterm").args(["-qec", line, "/dev/null"]).stdin(std::process::Stdio::null());
        script.text()
    };
    let piped = |line: &str| host.root("sh").cwd("/").args(["-c", line]).text();
    // Progress is shown only on a terminal, and erased afterwards.
    let said = on_terminal(&format!("mkservice --uid daemon {slow} || true"));
    assert!(said.contains("\r\u{1b}[K| start slow.service (0s)"), "{said:?}");
    assert!(said.contains("\r\u{1b}[K\u{1b}[1m\u{1b}[31merror:\u{1b}[0m slow failed to start"), "{said:?}");
    let said = piped(&format!("mkservice --uid daemon {slow} 2>&1 || true"));
    assert!(said.starts_with("error: ") && !said.contains('\u{1b}'), "{said:?}");
    done(system(&host, "daemon").args(["--name", "s", "sleep", "1000", "2000", "3000", "4000", "5000"]));
    let list = "mkservice list";
    let colour = "\u{1b}[32m";
    assert!(on_terminal(list).contains(colour));
    assert!(!on_terminal(&format!("NO_COLOR=1 {list}")).contains('\u{1b}'));
    assert!(!piped(list).contains('\u{1b}'));
    assert!(piped(list).contains("/usr/bin/sleep 1000 2000 3000 4000 5000  "));
    let narrow = on_terminal(&format!("stty cols 50; NO_COLOR=1 {list}"));
    assert!(narrow.contains('…') && narrow.lines().all(|line| line.trim_end().chars().count() <= 50), "{narrow}");
}

#[apply(booted_test)]
fn unwritable_output_is_a_failure() {
    let host = booted();
    done(system(&host, "daemon").args(["--name", "s", "sleep", "1000"]));
    for verb in ["list", "list --json", "status s", "cat s", "doctor", "--help"] {
        let said = ran(host.root("sh").args(["-c", &format!("mkservice {verb} > /dev/full")]));
        assert_eq!(said.code, 1, "{verb}: {said:?}");
        assert!(said.stderr.starts_with("error: cannot write "), "{verb}: {said:?}");
        assert!(said.stderr.contains("no space left on device"), "{verb}: {said:?}");
    }
}

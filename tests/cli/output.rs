//! Colors, the pager, and questions that are answered beforehand.

use crate::support::{Home, Ran};

const RED: &str = "\u{1b}[1m\u{1b}[31m";

#[test]
fn colors_are_chosen() {
    let home = Home::new();
    for (line, stream_has_colors) in [
        ("stop nosuch", false),
        ("--color auto stop nosuch", false),
        ("--color always stop nosuch", true),
        ("stop --color=always nosuch", true),
        ("stop nosuch --color never", false),
    ] {
        let ran = home.run(line);
        assert_eq!((ran.code, ran.stderr.contains(RED)), (4, stream_has_colors), "{line}: {ran:?}");
    }
    assert!(home.run("--color always --help").stdout.contains("\u{1b}["));
    assert!(!home.run("--color never --help").stdout.contains("\u{1b}["));
    let on_terminal = |words: &[&str]| home.on_terminal("", "", words).stdout.contains("\u{1b}[");
    assert!(!on_terminal(&["--color", "never", "stop", "nosuch"]));
    let ran = home.run("--color sometimes list");
    assert_eq!((ran.code, ran.stderr.lines().next()), (2, Some("error: --color: invalid value `sometimes`")));
    // What a command gets is not mkservice's.
    let ran = home.run("--dry-run python --color always");
    assert!(!ran.stdout.contains("\u{1b}["), "{}", ran.stdout);
}

const LONG: [&str; 6] = ["explain", "MemoryMax", "Restart", "Type", "Nice", "WatchdogSec"];

/// Runs it on a terminal of 24 rows, with a pager that says so.
fn paged(variables: &[(&str, &str)], words: &[&str]) -> Ran {
    const TERMINAL: &str = include_str!("../support/terminal.py");
    let home = Home::new();
    for pager in ["less", "other"] {
        home.file(format!("bin/{pager}"), format!("#!/bin/sh\necho \"{pager} $LESS:$*\"\nexec /bin/cat\n"), 0o755);
    }
    let mut python = home.command("/usr/bin/python3");
    python.env("ROWS", "24").env("TERM", "xterm").env("SYSTEMD_OFFLINE", "1").envs(variables.iter().copied());
    python.args(["-c", TERMINAL, "", ""]).arg(home.mkservice().get_program()).args(words);
    home.ran(&mut python)
}

#[test]
fn long_results_are_shown_in_a_pager() {
    let plain = paged(&[], &[&["--no-pager"], &LONG[..]].concat());
    assert!(plain.code == 0 && plain.stdout.lines().count() > 24, "{plain:?}");
    let by = |first: &str| format!("{first}\r\n{}", plain.stdout);
    for (variables, words, expected) in [
        (&[][..], &LONG[..], by("less FRSXMK:")),
        (&[("PAGER", "other -x y")], &LONG, by("other FRSXMK:-x y")),
        (&[("PAGER", "other"), ("SYSTEMD_PAGER", "less")], &LONG, by("less FRSXMK:")),
        (&[("SYSTEMD_LESS", "R")], &LONG, by("less R:")),
        (&[("PAGER", "other"), ("SYSTEMD_PAGERSECURE", "1")], &LONG, by("less FRSXMK:")),
        // None.
        (&[("PAGER", "cat")], &LONG, plain.stdout.clone()),
        (&[("SYSTEMD_PAGER", "")], &LONG, plain.stdout.clone()),
        (&[("TERM", "dumb")], &LONG, plain.stdout.clone()),
        (&[("PAGER", "no-such-pager")], &LONG, plain.stdout.clone()),
    ] {
        let ran = paged(variables, words);
        let without_colors = |text: &str| text.replace("\u{1b}[1m", "").replace("\u{1b}[0m", "");
        assert_eq!((ran.code, without_colors(&ran.stdout)), (0, without_colors(&expected)), "{variables:?}");
    }
    assert!(!paged(&[], &["explain", "MemoryMax"]).stdout.contains("less FRSXMK"));
}

#[test]
fn errors_follow_what_the_pager_shows() {
    let ran = paged(&[], &[&LONG[..], &["NoSuchThing"]].concat());
    let (pager, error) = (ran.stdout.find("less FRSXMK"), ran.stdout.find("NoSuchThing"));
    assert!(ran.code == 2 && pager == Some(0) && error > ran.stdout.find("WatchdogSec"), "{ran:?}");
}

#[test]
fn yes_answers_whether_a_service_is_replaced() {
    let home = Home::new();
    assert_eq!(home.run("--name web python x").code, 0);
    home.file("other/x", "", 0o644);
    let line = "--name web --working-directory ../other gunicorn x";
    let refused = home.run(line);
    assert_eq!(refused.code, 2, "{refused:?}");
    for options in ["--yes", "-y", "--json -y"] {
        let ran = home.run(&format!("{options} --dry-run {line}"));
        assert_eq!(ran.code, 2, "--dry-run asks nothing: {ran:?}");
    }
    let ran = home.run(&format!("-y {line}"));
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
    assert!(home.unit("web").contains("gunicorn"));
    assert!(!home.unit("web").contains("yes"), "{}", home.unit("web"));
}

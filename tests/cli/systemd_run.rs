//! Options of systemd-run: what `docs/systemd-run.md` says of each is what mkservice does.

use std::collections::BTreeMap;

use crate::support::{Home, Ran};

const DOCUMENT: &str = include_str!("../../docs/systemd-run.md");

/// The options in the help of each release, with a `=` where they have a value, and their short names.
const RELEASES: [(&str, &str); 4] = [
    ("247", include_str!("systemd_run/247.txt")),
    ("252", include_str!("systemd_run/252.txt")),
    ("257", include_str!("systemd_run/257.txt")),
    ("262", include_str!("systemd_run/262.txt")),
];

/// The options of the table, each with its other name and what becomes of it.
fn documented() -> BTreeMap<&'static str, (Option<&'static str>, &'static str)> {
    let rows = DOCUMENT.lines().filter_map(|line| line.strip_prefix("| `"));
    let row = |row: &'static str| {
        let (names, rest) = row.split_once(" | ").unwrap();
        let mut names = names.trim_end_matches('`').split("`, `");
        (names.next().unwrap(), (names.next(), rest.split_once(" |").unwrap().0))
    };
    rows.map(row).collect()
}

/// Values that every option accepts.
fn value(option: &str) -> &'static str {
    match option {
        "--unit=" => "s",
        "--property=" => "LimitNOFILE=4096",
        "--service-type=" => "simple",
        "--uid=" | "--gid=" => "0",
        "--nice=" => "5",
        "--working-directory=" | "--root-directory=" => "/",
        "--setenv=" => "A=1",
        "--expand-environment=" => "yes",
        "--on-calendar=" => "daily",
        "--timer-property=" => "OnCalendar=daily",
        "--path-property=" => "PathChanged=/etc/hosts",
        "--socket-property=" => "ListenStream=8080",
        "--json=" => "short",
        option if option.starts_with("--on-") => "5min",
        _ => "x",
    }
}

fn run(options: &[&str]) -> Ran {
    let home = Home::new();
    let before = home.tree();
    let ran = home.run_words([&["--dry-run"], options, &["--", "./server"]].concat());
    assert_eq!(home.tree(), before, "{options:?}");
    ran
}

#[test]
fn every_option_of_every_release_does_what_the_table_says() {
    let documented = documented();
    let mut seen = BTreeMap::new();
    for (release, options) in RELEASES {
        for line in options.lines() {
            let (long, short) = line.split_once(' ').map_or((line, None), |(long, short)| (long, Some(short)));
            let row = documented.get(long).unwrap_or_else(|| panic!("{long} of {release} is not in the table"));
            assert_eq!(row.0, short, "{long}");
            seen.insert(long, row.1);
        }
    }
    assert_eq!(seen.keys().collect::<Vec<_>>(), documented.keys().collect::<Vec<_>>(), "the table has other options");
    for (option, outcome) in seen {
        // Those of the user and group of a service are for system services.
        let scope: &[&str] =
            if matches!(option, "--uid=" | "--gid=" | "--root-directory=") { &["--system", "--force"] } else { &[] };
        let attached = format!("{option}{}", value(option));
        let word = if option.ends_with('=') { attached.as_str() } else { option };
        let ran = run(&[scope, &[word]].concat());
        let name = option.trim_end_matches('=');
        match outcome {
            "same" | "directive" => {
                assert_eq!((ran.code, ran.stdout.contains("has no effect")), (0, false), "{option}: {ran:?}");
            }
            "no effect" => {
                let note = format!("note: {name} has no effect: ");
                assert!(ran.code == 0 && ran.stdout.contains(&note), "{option}: {ran:?}");
            }
            "refused" => {
                let error = format!("error: {name} is not possible: ");
                assert!(ran.code == 2 && ran.stderr.starts_with(&error), "{option}: {ran:?}");
                assert!(ran.stderr.contains("\nhint: "), "{option}: {ran:?}");
            }
            other => panic!("{option}: {other}"),
        }
    }
}

/// The lines of the units that a command line leads to.
fn unit_lines(options: &[&str]) -> Vec<String> {
    let ran = run(options);
    assert_eq!(ran.code, 0, "{options:?}: {ran:?}");
    let lines = ran.stdout.lines().filter_map(|line| line.strip_prefix("    "));
    lines.filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

#[test]
fn options_become_directives() {
    for (options, expected) in [
        (&["--slice", "web"][..], &["Slice=web.slice"][..]),
        (&["--slice=a-b.slice"], &["Slice=a-b.slice"]),
        (&["-r"], &["RemainAfterExit=yes"]),
        (&["--remain-after-exit", "--on-boot", "1min"], &["RemainAfterExit=yes", "OnStartupSec=1min"]),
        (&["-r", "--on-startup", "1min"], &["RemainAfterExit=yes", "OnStartupSec=1min"]),
        (&["-r", "--on-active", "1min"], &["RemainAfterExit=yes", "OnActiveSec=1min"]),
        (&["--send-sighup"], &["SendSIGHUP=yes"]),
        (&["--system", "--root-directory", "/srv"], &["RootDirectory=/srv"]),
        (&["--timer-property=OnCalendar=daily"], &["OnCalendar=daily", "WantedBy=timers.target"]),
        (&["--timer-property", "OnBootSec=5", "--timer-property", "AccuracySec=1h"], &["AccuracySec=1h"]),
        (&["--timer-property=OnUnitInactiveSec=5"], &["OnActiveSec=5", "OnUnitInactiveSec=5"]),
        (&["--on-unit-inactive", "1h"], &["OnActiveSec=1h", "OnUnitInactiveSec=1h"]),
        (&["--on-calendar", "daily", "--on-unit-inactive", "1h"], &["OnCalendar=daily", "OnUnitInactiveSec=1h"]),
        (&["--on-clock-change"], &["OnClockChange=yes"]),
        (&["--on-timezone-change"], &["OnTimezoneChange=yes"]),
        (&["--timer-property=OnClockChange=true"], &["OnClockChange=yes"]),
        (&["--path-property=PathExists=/etc/hosts"], &["PathExists=/etc/hosts", "[Path]"]),
        (&["--path-property=PathChanged=/etc/hosts", "--path-property=MakeDirectory=yes"], &["MakeDirectory=yes"]),
        (&["--socket-property=ListenStream=8080"], &["ListenStream=8080", "[Socket]"]),
        (&["--socket-property=ListenDatagram=5140"], &["ListenDatagram=5140"]),
        (&["--socket-property=ListenStream=8080", "--socket-property=Backlog=9"], &["Backlog=9"]),
    ] {
        let lines = unit_lines(options);
        for line in expected {
            assert!(lines.iter().any(|it| it == line), "{options:?}: {line} in {lines:?}");
        }
    }
}

#[test]
fn what_is_the_default_changes_nothing() {
    assert_eq!(unit_lines(&["-d", "-R"]), unit_lines(&[]));
    assert_eq!(unit_lines(&["-G", "--no-block", "--job-mode=replace", "--expand-environment", "no"]), unit_lines(&[]));
}

#[test]
fn variables_are_expanded_on_request() {
    let exec_start = |options: &[&str]| {
        let home = Home::new();
        let command = ["--", "./server", "$HOME", "${A} $$"];
        let ran = home.run_words([&["--name", "s"], options, &command].concat());
        assert_eq!(ran.code, 0, "{ran:?}");
        home.directive("s", "ExecStart")
    };
    let literal = r#"[HOME]/work/server "$$HOME" "$${A} $$$$""#;
    let expanded = r#"[HOME]/work/server "$HOME" "${A} $$""#;
    assert_eq!(exec_start(&[]), literal);
    assert_eq!(exec_start(&["--expand-environment=no"]), literal);
    assert_eq!(exec_start(&["--expand-environment", "yes"]), expanded);
    assert_eq!(exec_start(&["--expand-environment=true", "--ignore-failure"]), format!("-{expanded}"));
    let ran = run(&["--expand-environment", "maybe"]);
    assert!(ran.code == 2 && ran.stderr.contains("use one of: yes, no"), "{ran:?}");
}

#[test]
fn contradictions_are_refused() {
    for (options, error) in [
        (&["-d", "--working-directory", "/tmp"][..], "--same-dir cannot be combined with --working-directory"),
        (&["--timer-property", "x"], "--timer-property: `x` has no `=`"),
        (&["--collect=yes"], "--collect does not accept a value"),
        (&["--remain-after-exit", "--on-calendar", "daily"], "`RemainAfterExit` would keep it active"),
        (&["-r", "--on-unit-inactive", "1h"], "`RemainAfterExit` would keep it active"),
        (&["--slice", "a b"], "`Slice=a b.slice` has an invalid value"),
    ] {
        let ran = run(options);
        assert!(ran.code == 2 && ran.stderr.contains(error), "{options:?}: {ran:?}");
    }
    let ran = Home::new().run("--slice");
    assert_eq!((ran.code, ran.stderr.lines().next()), (2, Some("error: --slice requires a value")), "{ran:?}");
}

#[test]
fn options_after_the_command_are_the_programs() {
    let home = Home::new();
    let line = "./server -r -t -d --slice x --pty --wait --collect --background 5";
    let ran = home.run(line);
    assert_eq!((ran.code, ran.stdout.contains("note: passed")), (0, false), "{ran:?}");
    assert_eq!(home.directive("server", "ExecStart"), format!("[HOME]/work/{}", &line[2..]));
}

#[test]
fn unit_file_keeps_the_options_of_mkservice() {
    let home = Home::new();
    let ran = home.run("-G --slice web -d --timer-property=OnCalendar=daily ./server");
    assert_eq!(ran.code, 0, "{ran:?}");
    let line = "mkservice -p Slice=web.slice --on-calendar daily -- ./server".replace("-p ", "--property ");
    assert_eq!(home.directive("server", "Command"), line);
}

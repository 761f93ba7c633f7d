//! What `export` prints describes the installed services: applying it changes nothing.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use crate::host::Inside;
use crate::scope::Scope;
use crate::setup::{done, fails, file, ran, traces};

/// A service of every kind, as given in its directory.
const LINES: &[&[&str]] = &[
    &["--name", "plain", "sleep", "100"],
    &["--name", "script", "-E", "FOO", "-E", "B=2", "--environment-file", "vars.env", "--", "./run.sh", "a b", "%i $x"],
    &["--name", "timed", "--on-calendar", "daily", "--", "true"],
    &["--name", "again", "--every", "1h", "--", "./tool"],
    &["--name", "many", "--instances", "4,5", "--working-directory", "sub", "--", "sleep", "100%i"],
    &[
        "--name",
        "lines",
        "-p",
        "LimitNOFILE=256",
        "-p",
        "Unit.StartLimitBurst=7",
        "-p",
        "Environment=Q=1",
        "--",
        "sleep",
        "101",
    ],
    &["--name", "closed", "--harden", "safe", "--description", "a 100% \"q\"", "--", "sleep", "102"],
    &["--name", "heard", "--listen", "7777", "--", "sleep", "103"],
    &["--name", "watched", "--on-path-changed", "sub", "--", "true"],
    &["--name", "told", "--notify-failure", "./run.sh x", "--after", "plain", "--no-enable", "--", "sleep", "104"],
    &["--name", "pathed", "--inherit-path", "--", "sleep", "105"],
    &["--name", "secret", "--secret", "KEY=key", "--", "sleep", "106"],
];

#[apply(booted_test)]
fn applying_an_export_changes_nothing(scope: &Scope<'_>) {
    let host = scope.host;
    let owner = scope.session.map_or("root", |_| "ann");
    for (path, text) in [
        ("vars.env", "A=1\n"),
        ("key", "s3cret\n"),
        ("run.sh", "#!/bin/sh\nexec sleep 1000\n"),
        ("tool", "#!/bin/sh\ntrue\n"),
        ("sub/x", ""),
    ] {
        file(host, owner, &format!("/srv/proj/{path}"), text);
    }
    host.root("sh")
        .args([
            "-c",
            &format!("chmod +x /srv/proj/run.sh /srv/proj/tool; chmod 600 /srv/proj/key; chown -R {owner}: /srv/proj"),
        ])
        .text();
    for line in LINES {
        let mut typed = scope.mkservice(&["--settle", "0"]);
        // Both scopes share the host; each has its own port.
        let port = if scope.session.is_some() { "7777" } else { "7778" };
        let words = line.iter().map(|word| if *word == "7777" { port } else { word });
        let made = ran(typed.args(words).cwd("/srv/proj").env("FOO", "a b\\$c%d'\"é"));
        assert_eq!(made.code, 0, "{line:?}: {made:?}");
    }
    done(&mut scope.verb(&["stop", "plain", "-q"]));

    let exported = ran(scope.verb(&["export"]).cwd("/"));
    assert_eq!((exported.code, exported.stderr.as_str()), (0, ""), "{exported:?}");
    file(host, owner, "/srv/elsewhere/mkservice.toml", &exported.stdout);
    let runs = || LINES.iter().map(|line| scope.property(line[1], "InvocationID")).collect::<Vec<_>>();
    // Which file declares a service is recorded in its unit files, and is no change of them.
    let directory = format!("  {}/", scope.unit_directory());
    let others = || traces(host).lines().filter(|line| !line.contains(&directory)).collect::<Vec<_>>().join("\n");
    let directives = "for unit in \"$1\"/*.*; do [ ! -f \"$unit\" ] || sed '/^#/d; /^.X-Mkservice/,$d' \"$unit\"; done";
    let units = || host.root("sh").args(["-c", directives, "sh", scope.unit_directory()]).text();
    let before = (others(), units(), runs(), scope.reloads());
    assert!(before.1.contains("\nExecStart="), "{}", before.1);
    let check = ran(scope.verb(&["apply", "--check", "mkservice.toml"]).cwd("/srv/elsewhere"));
    assert_eq!(check.code, 0, "{check:?}\n{}", exported.stdout);
    let applied = ran(scope.verb(&["apply", "--settle", "0"]).cwd("/srv/elsewhere"));
    assert_eq!(applied.code, 0, "{applied:?}");
    assert_eq!((others(), units(), runs(), scope.reloads()), before, "{}", exported.stdout);
    // A pipe works as well, and a single service is a subset.
    let one = done(scope.verb(&["export", "script"]).cwd("/srv"));
    let of_it = one.split_once("[services.script]").expect("it is a table").1;
    assert!(exported.stdout.contains(of_it.trim_end()), "{one}\n{}", exported.stdout);

    file(host, "root", "/etc/systemd/user/foreign.service", "[Service]\nExecStart=/bin/true\n");
    file(host, "root", "/etc/systemd/system/foreign.service", "[Service]\nExecStart=/bin/true\n");
    done(scope.systemctl().arg("daemon-reload"));
    let refused = fails(2, &mut scope.verb(&["export", "foreign"]));
    assert!(refused.contains("hint: mkservice import /etc/"), "{refused}");
    let mut bytes = scope.mkservice(&["--settle", "0", "--no-start", "--name", "bytes", "sleep"]);
    ran(bytes.arg(OsStr::from_bytes(b"1\xff")).cwd("/"));
    let refused = fails(2, &mut scope.verb(&["export", "bytes"]));
    assert!(refused.contains("bytes has an argument that is not UTF-8"), "{refused}");
}

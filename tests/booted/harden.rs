//! Hardened services on real systemd: small services in several languages work at once, and nothing else is accessible
//! to them.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

use crate::host::{Host, Inside, Session};
use crate::scope::Scope;
use crate::setup::{booted, done, fails, system, traces};
use crate::terminal;

const DIR: &str = "/home/ann/app";

/// The commands that start each of them, without the port.
const LINES: [(&str, &[&str]); 7] = [
    ("python", &["python3", "serve.py"]),
    ("node", &["/home/ann/.nvm/versions/node/v24.19.0/bin/node", "serve.js"]),
    ("java", &["java", "-cp", ".", "Serve"]),
    ("ruby", &["ruby", "serve.rb"]),
    ("perl", &["perl", "serve.pl"]),
    ("shell", &["./serve.sh"]),
    ("static", &["./serve"]),
];

/// The small service as a static binary, built once.
fn program() -> PathBuf {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    let make = || {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("serve-{}", std::process::id()));
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tools/serve/serve.rs");
        let mut rustc = Command::new("rustc");
        rustc.args(["--edition", "2021", "-C", "target-feature=+crt-static", "-o"]).arg(&path).arg(source);
        assert!(rustc.status().expect("rustc starts").success(), "serve.rs does not compile");
        path
    };
    MADE.get_or_init(make).clone()
}

/// Installs the small services for ann, with files they can read and files they must not see.
fn equip(host: &Host, session: &Session<'_>) {
    session.run("sh").args(["-c", "mkdir -p ~/app; echo d >~/app/data; echo p >~/private"]).text();
    for file in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tools/serve")).unwrap() {
        let file = file.unwrap();
        let is_script = file.file_name().to_str().unwrap().ends_with(".sh");
        host.install(file.path(), PathBuf::from(DIR).join(file.file_name()), if is_script { 0o755 } else { 0o644 });
    }
    host.install(program(), PathBuf::from(DIR).join("serve"), 0o755);
    host.root("chown").args(["-R", "ann:", DIR]).text();
}

/// A command of ann's in her directory, in one scope.
fn typed(scope: &Scope<'_>, words: &[&str]) -> Command {
    let mut command = match scope.session {
        Some(session) => session.run("mkservice"),
        None => system(scope.host, "ann"),
    };
    command.cwd(DIR).args(words);
    command
}

/// What the service at a port answers once it is listening.
fn answer(host: &Host, port: u16) -> Vec<String> {
    let script = format!(
        "for i in $(seq 600); do exec 3<>/dev/tcp/127.0.0.1/{port} && break; sleep 0.1; done 2>/dev/null; \
         printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; tr -d '\\r' <&3"
    );
    let text = host.root("timeout").args(["90", "bash", "-c", &script]).text();
    let body = text.split_once("\n\n").map_or("", |(_, body)| body);
    body.lines().map(str::to_owned).collect()
}

/// The exposure that `status` reports.
fn exposure(scope: &Scope<'_>, name: &str) -> f64 {
    let document: Value = serde_json::from_str(&scope.verb(&["status", name, "--json"]).text()).unwrap();
    document["services"][0]["exposure"].as_f64().unwrap_or_else(|| panic!("{document:#}"))
}

#[apply(booted_test)]
fn hardened_services_work_in_every_language() {
    let host = terminal::equipped();
    let session = host.open_session("ann");
    equip(&host, &session);
    session.run("javac").cwd(DIR).arg("Serve.java").text();
    let node = "PATH=/opt/tools/bin:$PATH; . /opt/witness/layouts.sh; nvm_layout 24.19.0";
    session.run("bash").args(["-c", node]).text();
    let mut port = 21000;
    for scope in [Scope { host: &host, session: Some(&session) }, Scope { host: &host, session: None }] {
        let is_user = scope.session.is_some();
        for (name, line) in LINES {
            let presets: &[&str] = if is_user { &["strict"] } else { &["strict", "safe"] };
            for &preset in presets {
                // A new port each time: a service that is stopping may still be listening.
                port += 1;
                let (unit, port_word) = (format!("{name}-{preset}"), port.to_string());
                let options = ["--name", &unit, "--harden", preset, "--settle", "300ms", "--"];
                let words: Vec<&str> = options.into_iter().chain(line.iter().copied()).chain([&*port_word]).collect();
                let told = done(&mut typed(&scope, &words));
                let closed = !is_user && preset == "strict";
                let expected: &[&str] = match closed {
                    true => &["reads", "state", "resolves"],
                    false => &["reads", "directory", "home", "resolves"],
                };
                assert_eq!(answer(&host, port), expected, "{unit}: {told}");
                if preset == "strict" {
                    let exposure = exposure(&scope, &unit);
                    assert!(exposure <= if is_user { 6.2 } else { 1.5 }, "{unit}: {exposure}");
                }
                let row = told.lines().find(|line| line.starts_with("  exposure  "));
                assert_eq!(row.is_some(), !is_user, "{told}");
                assert_eq!(row.is_some_and(|row| row.contains("--harden")), !is_user && preset == "safe", "{told}");
                let again = done(&mut typed(&scope, &words));
                assert!(again.contains(", unchanged)"), "{again}");
                scope.verb(&["remove", &unit]).text();
            }
        }
    }
}

/// The program that the tests use on every release.
fn served(scope: &Scope<'_>, options: &[&str], port: u16) -> String {
    let port = port.to_string();
    let words = [&["--settle", "300ms"], options, &["--", "./serve", &port]].concat();
    done(&mut typed(scope, &words))
}

/// systemd reports no problems with the units.
fn complaints(host: &Host, unit: &str) -> Vec<String> {
    host.root("journalctl").arg("--sync").text();
    let is_one = |line: &&str| {
        // systemd 262 reads it when a service ends, where the host of the test has no such controller, too.
        line.contains(&format!("{unit}.service"))
            && !line.contains("Failed to read pids.max")
            && ["ignoring", "Failed to", "Unknown", "Invalid", "not supported"].iter().any(|word| line.contains(word))
    };
    host.journal().lines().filter(is_one).map(str::to_owned).collect()
}

#[apply(booted_test)]
fn presets_use_only_what_the_manager_supports(scope: &Scope<'_>) {
    let host = scope.host;
    let session = host.open_session("ann");
    equip(host, &session);
    let release = host.systemd_version();
    for (port, preset) in [(23000, "strict"), (23001, "safe")] {
        served(scope, &["--name", "web", "--harden", preset], port);
        let words = answer(host, port);
        let can = |word: &str| words.iter().any(|said| said == word);
        let closed = preset == "strict" && (scope.session.is_none() || release >= 254);
        assert!(can("reads"), "{preset}: {words:?}");
        assert_eq!((can("state"), can("directory"), can("home")), (closed, !closed, !closed), "{preset}: {words:?}");
        assert_eq!(complaints(host, "web"), [""; 0], "{preset}");
        let exposure = exposure(scope, "web");
        let limit = match (preset, scope.session) {
            ("strict", None) => 1.5,
            ("strict", Some(_)) => 6.2,
            (_, None) => 5.0,
            _ => 9.0,
        };
        assert!(exposure <= limit, "{preset}: {exposure}");
    }
    scope.verb(&["remove", "web"]).text();
    // The notification socket is in the hidden directory.
    let notify = "systemd-notify --ready; exec sleep 1000";
    let line = ["--name", "told", "--harden", "strict", "--service-type", "notify", "-p", "NotifyAccess=all", "--"];
    done(&mut typed(scope, &[&line[..], &["sh", "-c", notify]].concat()));
}

#[apply(booted_test)]
fn max_exposure_is_enforced(scope: &Scope<'_>) {
    let host = scope.host;
    let session = host.open_session("ann");
    equip(host, &session);
    let before = traces(host);
    let limited = |words: &[&str]| {
        let options = ["--name", "web", "--settle", "300ms"];
        typed(scope, &[&options[..], words, &["--", "./serve", "24000"]].concat())
    };
    let refused = fails(2, &mut limited(&["--max-exposure", "6.5"]));
    if host.systemd_version() < 250 {
        assert!(refused.contains("--max-exposure 6.5 requires systemd 250, which measures a service before it is installed; this is systemd 247"), "{refused}");
    } else {
        assert!(refused.contains("error: the exposure of the service would be 9."), "{refused}");
        assert!(refused.contains("CapabilityBoundingSet= ("), "{refused}");
        assert!(refused.contains("hint: lower it: --harden safe or --harden strict"), "{refused}");
        assert_eq!(traces(host), before, "nothing is written");
        let low = fails(2, &mut limited(&["--harden", "strict", "--max-exposure", "0.1"]));
        assert!(low.contains("of 10, more than --max-exposure 0.1; "), "{low}");
        done(&mut limited(&["--harden", "strict", "--max-exposure", "6.2"]));
        assert!(answer(host, 24000).contains(&"reads".to_owned()));
        scope.verb(&["remove", "web"]).text();
    }
}

#[apply(booted_test)]
fn explicit_settings_are_kept() {
    let host = booted();
    let session = host.open_session("ann");
    equip(&host, &session);
    let scope = Scope { host: &host, session: None };
    // A port below 1024; a directory of another user keeps its owner.
    host.root("mkdir").args(["/var/lib/web", "/var/lib/other"]).text();
    served(&scope, &["--name", "web", "--harden", "strict", "--privileged-ports"], 80);
    assert!(!answer(&host, 80).contains(&"state".to_owned()));
    assert_eq!(host.root("stat").args(["-c", "%U", "/var/lib/web"]).text().trim(), "root");
    assert!(exposure(&scope, "web") <= 1.5);

    // Each directive can be overridden, even with an empty value.
    let off = [
        "PrivateTmp=",
        "ReadOnlyPaths=",
        "ProtectHome=no",
        "SystemCallFilter=",
        "ProtectSystem=",
        "NoNewPrivileges=no",
    ];
    let options: Vec<&str> = off.iter().flat_map(|line| ["-p", line]).collect();
    served(&scope, &[&["--name", "open", "--harden", "strict"], &options[..]].concat(), 25000);
    let words = answer(&host, 25000);
    assert!(["directory", "home"].iter().all(|word| words.iter().any(|said| said == word)), "{words:?}");
    let now = |name| scope.property("open.service", name);
    let open = ["PrivateTmp", "ProtectHome", "ProtectSystem", "NoNewPrivileges", "RestrictNamespaces"].map(now);
    assert_eq!(open[..4], ["no", "no", "no", "no"], "{open:?}");
    assert_eq!(complaints(&host, "open"), [""; 0]);
    let sudo = host.root("cat").arg(format!("/proc/{}/status", now("MainPID"))).text();
    assert!(sudo.contains("NoNewPrivs:\t0"), "{sudo}");
}

//! Services that log to a file: its owner, its contents, and the messages about it.

use crate::host::{Host, Inside as _};
use crate::scope::Scope;
use crate::setup::{booted, done, fails, file, ran, system, traces};

/// Owner, mode, and contents of a file.
fn there(host: &Host, path: &str) -> String {
    let script = format!("stat -c '%U %a' '{path}'; cat '{path}'");
    host.root("sh").args(["-c", &script]).text()
}

/// Waits until a line is in a file.
#[track_caller]
fn wait_for(host: &Host, path: &str, line: &str) {
    let script = format!("for i in $(seq 300); do grep -qx '{line}' '{path}' && exit; sleep 0.1; done; exit 1");
    let status = host.root("sh").args(["-c", &script]).status().unwrap();
    assert!(status.success(), "{line} is not in {path}: {}", there(host, path));
}

/// A file in a directory of the service's user, in both scopes.
#[apply(booted_test)]
fn output_is_appended_to_a_private_file(scope: &Scope<'_>) {
    let host = scope.host;
    let account = if scope.session.is_some() { "ann" } else { "daemon" };
    file(host, account, "/srv/own 100%/here", "");
    host.root("chown").args([account, "/srv/own 100%"]).text();
    let before = traces(host);
    let path = "/srv/own 100%/out.log";
    let program = "echo to stdout; echo to stderr >&2; exec sleep 1001";
    let line = ["--name", "writes", "--log-file", path, "--working-directory", "/srv"];
    let program = ["--", "sh", "-c", program];
    let shown = done(&mut scope.mkservice(&[&["--dry-run"][..], &line, &program].concat()));
    assert!(shown.contains(&format!("would create the log file {path}")), "{shown}");
    let made = done(&mut scope.mkservice(&[&line[..], &program].concat()));
    assert!(made.contains("grows until it is truncated: truncate -s 0 '/srv/own 100%/out.log'"), "{made}");
    wait_for(host, path, "to stderr");
    assert_eq!(there(host, path), format!("{account} 600\nto stdout\nto stderr\n"));
    assert!(done(&mut scope.mkservice(&[&line[..], &program].concat())).contains("unchanged"));

    // Output is appended and shown.
    done(&mut scope.verb(&["restart", "writes"]));
    wait_for(host, path, "to stderr");
    assert_eq!(there(host, path).matches("to stdout\n").count(), 2);
    assert_eq!(done(&mut scope.verb(&["logs", "-n", "2", "writes"])), "to stdout\nto stderr\n");
    let follow = scope.run("timeout").args(["2", "mkservice", "logs", "-f", "-n", "1", "writes"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&follow.stdout), "to stderr\n");
    assert!(done(&mut scope.verb(&["status", "writes"])).contains("to stdout"));
    let since = fails(2, &mut scope.verb(&["logs", "--since", "today", "writes"]));
    assert!(since.contains("--since does not work with the log file"), "{since}");

    // The reason of a failure is found in the file.
    let line = ["--no-rollback", "--name", "fails", "--restart", "no", "--log-file", "/srv/own 100%/fails.log"];
    let failed = fails(3, &mut scope.mkservice(&[&line[..], &["--", "sh", "-c", "echo no database; exit 7"]].concat()));
    assert!(failed.contains("no database") && failed.contains("tail -n 50 '/srv/own 100%/fails.log'"), "{failed}");
    let removed = done(&mut scope.verb(&["remove", "writes", "fails"]));
    assert!(removed.contains(&format!("note: its log file stays: {path}")), "{removed}");
    assert_eq!(there(host, path).matches("to stdout\n").count(), 2);
    assert_eq!(traces(host), before);

    refused(scope);
    host.root("rm").args(["-r", "/srv/own 100%", "/srv/theirs"]).text();
}

/// Paths that cannot be log files.
fn refused(scope: &Scope<'_>) {
    let host = scope.host;
    host.root("sh").args(["-c", "ln -s /etc/shadow '/srv/own 100%/link'; mkfifo '/srv/own 100%/pipe'"]).text();
    for (path, why) in [
        ("/srv/own 100%/link", "is a symbolic link"),
        ("/srv/own 100%/pipe", "is not a regular file"),
        ("/srv/own 100%", "is a directory"),
        ("/srv/missing/log", "would be in a directory that does not exist: `/srv/missing`"),
        ("/srv/own 100%/", "is not a file name"),
        ("/srv/own 100%/x ", "ends in white space"),
    ] {
        let told = fails(2, &mut scope.mkservice(&["--log-file", path, "sleep", "1002"]));
        assert!(told.contains(why), "{path}: {told}");
    }
    // Another user could replace the file.
    let owner = if scope.session.is_some() { "daemon" } else { "bin" };
    file(host, owner, "/srv/theirs/here", "");
    host.root("chown").args([owner, "/srv/theirs"]).text();
    let told = fails(2, &mut scope.mkservice(&["--log-file", "/srv/theirs/log", "sleep", "1002"]));
    assert!(told.contains(&format!("could be replaced by {owner}")), "{told}");
}

/// systemd opens the file if only root can change the directory; elsewhere it must not.
#[apply(booted_test)]
fn system_log_files_do_not_follow_links() {
    let host = booted();
    let line = ["--name", "writes", "--log-file", "/srv/writes.log", "--", "sh", "-c", "id -un; exec sleep 1001"];
    done(system(&host, "daemon").args(line));
    let systemctl = |name: &str| crate::setup::property(host.root("systemctl"), "writes", name);
    assert_eq!([systemctl("StandardOutput"), systemctl("StandardError")], ["append", "append"]);
    wait_for(&host, "/srv/writes.log", "daemon");
    assert_eq!(there(&host, "/srv/writes.log"), "daemon 600\ndaemon\n");
    assert_eq!(done(host.root("mkservice").args(["logs", "writes"])), "daemon\n");
    done(host.root("mkservice").args(["remove", "writes"]));

    // A service of root in a directory of another user.
    file(&host, "daemon", "/srv/theirs/here", "");
    host.root("chown").args(["daemon", "/srv/theirs"]).text();
    let told = fails(2, system(&host, "root").args(["--log-file", "/srv/theirs/log", "sleep", "1002"]));
    assert!(told.contains("could be replaced by daemon"), "{told}");

    // A link created later does not give the service access to what its user cannot access.
    let line = ["--name", "writes", "--log-file", "/srv/theirs/log", "--restart", "no", "--no-start", "sleep", "1001"];
    done(system(&host, "daemon").args(line));
    let swap = "echo untouched >/srv/of-root; chmod 600 /srv/of-root; ln -sf /srv/of-root /srv/theirs/log";
    host.root("sh").args(["-c", swap]).text();
    assert_eq!(ran(host.root("mkservice").args(["start", "writes"])).code, 3);
    assert_eq!(there(&host, "/srv/of-root"), "root 600\nuntouched\n");
    let shown = fails(1, host.root("mkservice").args(["logs", "writes"]));
    assert!(shown.contains("cannot read `/srv/theirs/log`"), "{shown}");
}

/// Unlike with `--log-file`, root opens a file that the user can replace.
#[apply(booted_test)]
fn log_file_that_root_opens_for_others_is_refused() {
    let host = booted();
    host.add_user("ann");
    let to = |file: &str| format!("StandardError=append:{file}");
    let line = |file: &str| {
        let mut mkservice = host.root("mkservice");
        mkservice.args(["--name", "s", "--uid", "ann", "--working-directory", "/", "-p", &to(file), "sleep", "1000"]);
        ran(&mut mkservice)
    };
    let told = line("/home/ann/100%%.log");
    let expected = "error: systemd creates the output file `/home/ann/100%.log` as root, but ann can redirect it\n";
    assert!(told.code == 2 && told.stderr.starts_with(expected), "{told:?}");
    let hint = "hint: let the service's user open it: --log-file /home/ann/100%.log\n";
    assert!(told.stderr.contains(hint), "{told:?}");
    let quiet = line("/var/log/s.log");
    assert_eq!((quiet.code, quiet.stderr.as_str()), (0, ""), "{quiet:?}");
}

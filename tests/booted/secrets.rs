//! Secrets: only the program reads them, and nothing is left of them.

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::host::Inside;
use crate::scope::Scope;
use crate::setup::{Ran, done, journal_until, program, ran, traces};

const VALUE: &str = "correct-horse-battery";

const OTHER: &str = "staple-hunter2-staple";

/// A program that prints the checksum of its secret, and fails if that begins with `bad`.
const READER: &str = "#!/bin/sh\nread -r value < \"$DB_PASSWORD_FILE\" || [ -n \"$value\" ] || exit 7\n\
    case $value in bad*) exit 8;; esac\necho \"$1 has $(sha256sum < \"$DB_PASSWORD_FILE\")\"\nexec sleep 1000\n";

fn with_reader(test: fn(&Scope<'_>)) {
    // `in_both_scopes` expects a plain function.
    let host = crate::setup::booted();
    let session = host.open_session("ann");
    program(&host, "root", "/usr/local/bin/reader", READER);
    test(&Scope { host: &host, session: Some(&session) });
    test(&Scope { host: &host, session: None });
}

/// Runs a command with this on stdin.
fn fed(mut command: Command, input: &str) -> Ran {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let [stdout, stderr] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    Ran { code: output.status.code().unwrap_or(-1), stdout, stderr }
}

#[track_caller]
fn fed_well(command: Command, input: &str) -> String {
    let ran = fed(command, input);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
    ran.stdout
}

fn line(tag: &str) -> Vec<&str> {
    vec!["--settle", "0", "--name", "s", "--secret", "DB_PASSWORD", "reader", tag]
}

/// Waits until the program has reported that it read this value.
fn has_read(scope: &Scope<'_>, tag: &str, value: &str) {
    let sum = scope.host.root("sh").args(["-c", "printf %s \"$1\" | sha256sum", "sh", value]).text();
    journal_until(|program| scope.host.root(program), &[], &format!("{tag} has {}", sum.trim()));
}

fn directory(scope: &Scope<'_>) -> &'static str {
    if scope.session.is_some() { "/home/ann/.config/mkservice" } else { "/etc/mkservice" }
}

fn is_encrypted(scope: &Scope<'_>) -> bool {
    let since = if scope.session.is_some() { 258 } else { 250 };
    scope.host.systemd_version() >= since
}

fn stored(scope: &Scope<'_>, service: &str) -> String {
    let suffix = if is_encrypted(scope) { "cred" } else { "secret" };
    format!("{}/{service}.DB_PASSWORD.{suffix}", directory(scope))
}

fn shell(scope: &Scope<'_>, script: &str) -> String {
    scope.host.root("sh").args(["-c", script]).text()
}

/// The files that contain a value, in directories a run can write to.
fn holders(scope: &Scope<'_>, value: &str) -> String {
    // Files of the machine contain no values of tests, and are many.
    let written = "find /etc /home /root /var /tmp /run/systemd /usr/local -type f -cnewer /etc/hostname";
    shell(scope, &format!("{written} -exec grep -slF -e '{value}' {{}} + || true"))
}

#[apply(booted_test)]
fn only_the_service_can_read_a_secret() {
    with_reader(|scope| {
        let tag = if scope.session.is_some() { "user" } else { "system" };
        let mut words = line(tag);
        words.insert(0, "--verbose");
        let said = fed_well(scope.mkservice(&words), &format!("{VALUE}\n"));
        assert!(said.contains("secret    DB_PASSWORD: ") && said.contains("$DB_PASSWORD_FILE"), "{said}");
        assert_eq!(said.contains("encrypted"), is_encrypted(scope), "{said}");
        has_read(scope, tag, VALUE);

        let stored = stored(scope, "s");
        let owner = if scope.session.is_some() { "ann" } else { "root" };
        let modes = shell(scope, &format!("stat -c '%a %U' {} {stored}", directory(scope)));
        assert_eq!(modes, format!("700 {owner}\n600 {owner}\n"));
        let expected = if is_encrypted(scope) { String::new() } else { format!("{stored}\n") };
        assert_eq!(holders(scope, VALUE), expected);
        let pid = scope.property("s", "MainPID");
        let told = [
            said,
            scope.systemctl().args(["show", "s"]).text(),
            scope.systemctl().args(["cat", "s"]).text(),
            shell(scope, "cat /proc/[0-9]*/cmdline | tr '\\0' ' '"),
            shell(scope, &format!("cat /proc/{pid}/environ")),
            scope.host.journal(),
            done(&mut scope.verb(&["status", "s", "--json"])),
            done(&mut scope.mkservice(&[&["--dry-run", "--json", "--force"], &line(tag)[..]].concat())),
        ];
        told.iter().for_each(|text| assert!(!text.contains(VALUE), "{text}"));

        let given = shell(scope, &format!("tr '\\0' '\\n' < /proc/{pid}/environ | sed -n s/^DB_PASSWORD_FILE=//p"));
        for path in [stored.as_str(), given.trim()] {
            let seen = ran(scope.host.user("bob", "cat").arg(path));
            assert!(seen.code != 0 && seen.stdout.is_empty(), "{path}: {seen:?}");
        }
        done(&mut scope.verb(&["remove", "s"]));
    });
}

#[apply(booted_test)]
fn same_value_changes_nothing() {
    with_reader(|scope| {
        let seen = || {
            let kept = shell(scope, &format!("stat -c '%i %y' {}", stored(scope, "s")));
            (scope.file("s"), scope.property("s", "InvocationID"), scope.reloads(), kept)
        };
        fed_well(scope.mkservice(&line("x")), VALUE);
        let before = seen();
        assert!(done(&mut scope.mkservice(&line("x"))).contains("unchanged"));
        for input in [VALUE.to_owned(), format!("{VALUE}\n"), format!("{VALUE}\r\n")] {
            assert!(fed_well(scope.mkservice(&line("x")), &input).contains("unchanged"));
        }
        done(&mut scope.mkservice(&[&["--check"], &line("x")[..]].concat()));
        assert_eq!(seen(), before);
        done(&mut scope.verb(&["remove", "s"]));
        let checked = fed(scope.mkservice(&[&["--check"], &line("x")[..]].concat()), VALUE);
        assert_eq!(checked.code, 5, "{checked:?}");
        assert!(checked.stdout.contains("would write the secret "), "{checked:?}");
    });
}

#[apply(booted_test)]
fn changed_value_restarts_the_service() {
    with_reader(|scope| {
        fed_well(scope.mkservice(&line("y")), VALUE);
        let (run, reloads) = (scope.property("s", "InvocationID"), scope.reloads());
        let said = fed_well(scope.mkservice(&line("y")), OTHER);
        assert!(said.contains("updated") && !said.contains(OTHER), "{said}");
        has_read(scope, "y", OTHER);
        assert_ne!(scope.property("s", "InvocationID"), run);
        assert_eq!(scope.reloads(), reloads, "the unit's file is the same");
        assert_eq!(holders(scope, VALUE), "");
        // Several secrets are one line each.
        let two = ["--settle", "0", "--name", "s", "--secret", "A", "--secret", "DB_PASSWORD", "reader", "z"];
        fed_well(scope.mkservice(&two), &format!("a\n{VALUE}\n"));
        has_read(scope, "z", VALUE);
        let short = fed(scope.mkservice(&two), "a\n");
        assert_eq!(short.code, 2, "{short:?}");
        done(&mut scope.verb(&["remove", "s"]));
    });
}

#[apply(booted_test)]
fn unused_secrets_are_deleted() {
    with_reader(|scope| {
        let before = traces(scope.host);
        fed_well(scope.mkservice(&line("x")), VALUE);
        done(&mut scope.mkservice(&["--settle", "0", "--name", "s", "sleep", "1000"]));
        assert!(!scope.host.path(directory(scope)).exists());
        // Another service keeps the directory.
        fed_well(scope.mkservice(&line("x")), VALUE);
        fed_well(scope.mkservice(&["--settle", "0", "--name", "s.x", "--secret", "DB_PASSWORD", "reader", "t"]), OTHER);
        done(&mut scope.verb(&["remove", "s"]));
        assert_eq!(shell(scope, &format!("ls {}", directory(scope))).lines().count(), 1);
        done(&mut scope.verb(&["remove", "s.x"]));
        assert!(!scope.host.path(directory(scope)).exists());
        assert_eq!(traces(scope.host), before);
    });
}

#[apply(booted_test)]
fn rename_keeps_the_secret() {
    with_reader(|scope| {
        let before = traces(scope.host);
        fed_well(scope.mkservice(&line("r")), VALUE);
        done(&mut scope.verb(&["rename", "--settle", "0", "s", "t"]));
        assert_eq!(shell(scope, &format!("ls -d {}/*", directory(scope))).trim(), stored(scope, "t"));
        scope.systemctl().args(["restart", "t"]).text();
        assert_eq!(scope.property("t", "ActiveState"), "active");
        let as_t = ["--settle", "0", "--name", "t", "--secret", "DB_PASSWORD", "reader", "r"];
        assert!(fed_well(scope.mkservice(&as_t), VALUE).contains("unchanged"));
        done(&mut scope.verb(&["remove", "t"]));
        assert_eq!(traces(scope.host), before);
    });
}

#[apply(booted_test)]
fn failed_update_restores_the_old_secret() {
    with_reader(|scope| {
        let settled = ["--settle", "1s", "--name", "s", "--restart", "no", "--secret", "DB_PASSWORD", "reader", "old"];
        fed_well(scope.mkservice(&settled), VALUE);
        let failed = fed(scope.mkservice(&settled), "bad-one");
        assert_eq!(failed.code, 3, "{failed:?}");
        assert!(failed.stderr.contains("rolled back to the previous version, which is running"), "{failed:?}");
        assert!(!failed.stderr.contains("bad-one"), "{failed:?}");
        assert_eq!(scope.property("s", "ActiveState"), "active");
        assert!(fed_well(scope.mkservice(&settled), VALUE).contains("unchanged"));
        // A dropped secret returns with the version that read it.
        let without = ["--settle", "1s", "--name", "s", "--restart", "no", "false"];
        assert_eq!(ran(&mut scope.mkservice(&without)).code, 3);
        assert!(fed_well(scope.mkservice(&settled), VALUE).contains("unchanged"));
        done(&mut scope.verb(&["remove", "s"]));
    });
}

#[apply(booted_test)]
fn secret_file_is_read_in_place() {
    with_reader(|scope| {
        let (owner, base) = if scope.session.is_some() { ("ann", "/home/ann") } else { ("root", "/root") };
        let path = format!("{base}/a:100%h\"c\";$d#'");
        give(scope, owner, &path, VALUE);
        let source = format!("DB_PASSWORD={path}");
        let words = ["--settle", "0", "--name", "s", "--secret", &source, "reader", "f"];
        done(&mut scope.mkservice(&words));
        has_read(scope, "f", VALUE);
        assert!(!scope.host.path(directory(scope)).exists());
        assert!(done(&mut scope.mkservice(&words)).contains("unchanged"));
        let run = scope.property("s", "InvocationID");
        give(scope, owner, &path, OTHER);
        done(&mut scope.mkservice(&words));
        has_read(scope, "f", OTHER);
        assert_ne!(scope.property("s", "InvocationID"), run);
        done(&mut scope.verb(&["remove", "s"]));
        assert!(scope.host.path(&path).exists(), "it belongs to the user");
    });
}

/// A file with a secret, whatever its name contains.
fn give(scope: &Scope<'_>, owner: &str, path: &str, value: &str) {
    let script = "printf %s \"$1\" > \"$2\" && chmod 600 \"$2\" && chown \"$3:\" \"$2\"";
    scope.host.root("sh").args(["-c", script, "sh", value, path, owner]).text();
}

/// Runs on its own terminal, enters the keys when the question appears, and returns whether it echoes afterwards.
const TERMINAL: &str = r#"
import os, pty, select, subprocess, sys, termios
question, keys, *words = sys.argv[1:]
terminal, inside = pty.openpty()
before = termios.tcgetattr(inside)
child = subprocess.Popen(words, stdin=inside, stderr=inside, start_new_session=True)
seen = b""
asked = False
while child.poll() == None:
    if select.select([terminal], [], [], 0.05)[0]:
        seen += os.read(terminal, 4096)
    if not asked and question.encode() in seen:
        asked = True
        os.write(terminal, keys.encode())
code = child.returncode
os.set_blocking(terminal, False)
try:
    seen += os.read(terminal, 65536)
except BlockingIOError:
    pass
sys.stderr.buffer.write(seen)
assert termios.tcgetattr(inside) == before, "the terminal is not as it was"
sys.exit(code)
"#;

#[apply(booted_test)]
fn terminal_prompt_does_not_echo() {
    with_reader(|scope| {
        let typed = |keys: &str, tag: &str| {
            let own: &[&str] = if scope.session.is_some() { &[] } else { &["--uid", "daemon"] };
            let mut python = scope.run("python3");
            python.cwd("/").args(["-c", TERMINAL, "DB_PASSWORD", keys, "mkservice"]).args(own).args(line(tag));
            ran(&mut python)
        };
        let given_up = typed("half\x03", "p");
        assert_eq!(given_up.code, 130, "{given_up:?}");
        let empty = typed("\r", "p");
        assert_eq!(empty.code, 2, "{empty:?}");
        assert!(!scope.host.path(directory(scope)).exists());
        let well = typed(&format!("x\x15{VALUE}z\x7f\r"), "p");
        assert_eq!(well.code, 0, "{well:?}");
        has_read(scope, "p", VALUE);
        for ran in [&given_up, &well] {
            assert!(!ran.stderr.contains("half") && !ran.stderr.contains(VALUE), "{ran:?}");
            assert!(!ran.stdout.contains(VALUE), "{ran:?}");
        }
        let kept = typed("\r", "p");
        assert!(kept.code == 0 && kept.stdout.contains("unchanged"), "{kept:?}");
        done(&mut scope.verb(&["remove", "s"]));
    });
}

#[apply(booted_test)]
fn killed_run_leaves_no_plain_text() {
    with_reader(|scope| {
        let before = traces(scope.host);
        let own: &[&str] = if scope.session.is_some() { &[] } else { &["--uid", "daemon"] };
        let mut killed = 0;
        for call in ["fsync", "fchmod", "rename", "mkdir", "unlink"] {
            for nth in 1.. {
                let (trace, inject) = (format!("trace={call}"), format!("inject={call}:signal=KILL:when={nth}"));
                let mut strace = scope.run("timeout");
                strace.cwd("/").args([
                    "60",
                    "strace",
                    "-qq",
                    "-o",
                    "/dev/null",
                    "-e",
                    &trace,
                    "-e",
                    &inject,
                    "mkservice",
                ]);
                strace.args(own).args(line("k"));
                let cut = fed(strace, VALUE);
                let directory = directory(scope);
                let modes =
                    shell(scope, &format!("[ ! -e {directory} ] || find {directory} -printf '%y%m\\n' | sort -u"));
                assert!(modes.lines().all(|mode| matches!(mode, "d700" | "f600")), "{call} {nth}: {modes}");
                let told = holders(scope, VALUE);
                assert!(told.lines().all(|path| path.starts_with(directory)), "{call} {nth}: {told}");
                if cut.code == 0 {
                    done(&mut scope.verb(&["remove", "s"]));
                    break;
                }
                killed += 1;
                // The same command completes it, then it is undone; or it is undone at once.
                if nth % 2 == 0 {
                    fed_well(scope.mkservice(&line("k")), VALUE);
                }
                let removed = ran(&mut scope.verb(&["remove", "s"]));
                assert!(matches!(removed.code, 0 | 4), "{call} {nth}: {removed:?}");
                let left = ran(scope.host.root("ls").args(["-A", directory]));
                assert_eq!(left.stdout, "", "{call} {nth}");
                assert_eq!(holders(scope, VALUE), "", "{call} {nth}");
            }
        }
        assert!(killed > 8, "{killed} points are not all there are");
        // A complete run undoes what a run killed right at the start left.
        fed_well(scope.mkservice(&line("k")), VALUE);
        done(&mut scope.verb(&["remove", "s"]));
        assert!(!scope.host.path(directory(scope)).exists());
        assert_eq!(traces(scope.host), before);
    });
}

#[apply(booted_test)]
fn missing_secret_is_reported(scope: &Scope<'_>) {
    let line = ["--settle", "0", "--name", "s", "--secret", "DB_PASSWORD", "sleep", "1000"];
    fed_well(scope.mkservice(&line), VALUE);
    shell(scope, &format!("rm {}/*", directory(scope)));
    let failed = ran(&mut scope.verb(&["restart", "s"]));
    assert_eq!(failed.code, 3, "{failed:?}");
    assert!(failed.stderr.contains("why: the file of a secret is missing"), "{failed:?}");
    let again = ran(&mut scope.mkservice(&line));
    assert_eq!(again.code, 2, "{again:?}");
    assert!(again.stderr.contains("error: the secret DB_PASSWORD has no value"), "{again:?}");
    fed_well(scope.mkservice(&line), VALUE);
    done(&mut scope.verb(&["remove", "s"]));
}

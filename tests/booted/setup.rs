//! What the booted tests share: hosts with mkservice installed, runs of it, and checks.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::host::{Host, Inside};
use crate::releases;

/// The result of a run.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// The program under test, outside.
pub fn binary() -> PathBuf {
    if let Some(program) = releases::program() {
        return program;
    }
    std::env::var_os("MKSERVICE_TEST_BINARY").map_or_else(|| env!("CARGO_BIN_EXE_mkservice").into(), PathBuf::from)
}

/// A booted host with mkservice and the examples.
pub fn booted() -> Host {
    equipped(Host::boot())
}

/// The same with a directory of this machine at `/opt/tools`.
pub fn booted_with_tools(tools: &Path) -> Host {
    equipped(Host::boot_with_tools(tools))
}

/// The same without a running systemd.
pub fn unbooted() -> Host {
    equipped(Host::unbooted())
}

fn equipped(host: Host) -> Host {
    host.install(binary(), "/usr/local/bin/mkservice", 0o755);
    let examples = concat!(env!("CARGO_MANIFEST_DIR"), "/examples");
    host.install(format!("{examples}/hello.py"), "/usr/local/share/hello.py", 0o644);
    host.install(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/booted/witness.py"), "/usr/local/share/witness.py", 0o755);
    host
}

/// mkservice for a system service that runs as `account`, run in a directory that everyone can access.
pub fn system(host: &Host, account: &str) -> Command {
    let mut mkservice = host.root("mkservice");
    mkservice.cwd("/").args(["--uid", account]);
    mkservice
}

/// `systemctl --user` of a user whose manager is running.
pub fn systemctl_user(host: &Host, name: &str) -> Command {
    let mut systemctl = host.user(name, "systemctl");
    systemctl.arg("--user");
    systemctl
}

/// A file in a host, owned by `owner`.
pub fn file(host: &Host, owner: &str, path: &str, text: &str) {
    let script = format!("mkdir -p \"$(dirname '{path}')\" && cat > '{path}' && chown {owner}: '{path}'");
    let mut shell = host.root("sh");
    shell.args(["-c", &script]).stdin(std::process::Stdio::piped());
    let mut child = shell.spawn().unwrap();
    std::io::Write::write_all(child.stdin.as_mut().unwrap(), text.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success(), "{path}");
}

/// A program in a host, owned by `owner`, that every user can run.
pub fn program(host: &Host, owner: &str, path: &str, text: &str) {
    file(host, owner, path, text);
    host.root("chmod").args(["755", path]).text();
}

/// Runs a command to completion.
pub fn ran(command: &mut Command) -> Ran {
    let output = command.stdin(std::process::Stdio::null()).output().unwrap();
    let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ran { code: output.status.code().unwrap_or(-1), stdout: shown(&output.stdout), stderr: shown(&output.stderr) }
}

/// Runs a command that must succeed with empty stderr; returns its stdout.
#[track_caller]
pub fn done(command: &mut Command) -> String {
    let ran = ran(command);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{command:?}: {ran:?}");
    ran.stdout
}

/// Runs a command that must be refused; returns its stderr.
#[track_caller]
pub fn fails(code: i32, command: &mut Command) -> String {
    let ran = ran(command);
    assert_eq!((ran.code, ran.stdout.as_str()), (code, ""), "{command:?}: {ran:?}");
    ran.stderr
}

/// Compares a text with a snapshot exactly.
#[track_caller]
pub fn same(actual: String, expected: impl snapbox::IntoData) {
    snapbox::assert_data_eq!(actual, expected.raw());
}

/// One property of a unit. `systemctl` is that of the right scope.
pub fn property(mut systemctl: Command, unit: &str, name: &str) -> String {
    systemctl.args(["show", "--value", "-p", name, unit]).text().trim().to_owned()
}

/// Everything that installing a service can leave: files with modes and contents, links, directories created for them,
/// lingering users. Directories shared with systemd (`~/.config/systemd/user`) can stay.
pub fn traces(host: &Host) -> String {
    let script = "for d in /home /etc/systemd /etc/mkservice /var/lib/systemd/linger /root; do \
        [ -e $d ] && find $d \\( ! -type d -o -name '*.wants' -o -name '*.requires' -o -name '*.d' -o -name mkservice \\) \
        ! -name '.bash*' -printf '%y %m %u %p %l\\n'; done | sort; \
        find /home /etc/systemd -type f -exec sha256sum {} + | sort";
    host.root("sh").args(["-c", script]).text()
}

/// The services that systemd knows, loaded or failed.
pub fn units(mut systemctl: Command) -> String {
    systemctl.args(["list-units", "--all", "--plain", "--no-legend", "--full", "--type=service"]);
    let listed = systemctl.text();
    let names: Vec<&str> = listed.lines().filter_map(|line| line.split_whitespace().next()).collect();
    names.join("\n")
}

/// Waits until a line is in the journal that journalctl shows with these filters, and returns all lines up to it.
/// `run` runs a program as a user who can read the journal.
pub fn journal_until(run: impl Fn(&'static str) -> Command, filters: &[&str], line: &str) -> String {
    let mut seen = String::new();
    // journalctl -f waits for events of inotify(7), which can be missing on a busy machine: it is started anew.
    for _ in 0..6 {
        let mut timeout = run("timeout");
        timeout.args(["10", "journalctl", "-o", "cat", "--no-tail", "-f"]).args(filters);
        let mut child = timeout.stdout(std::process::Stdio::piped()).spawn().unwrap();
        seen.clear();
        for next in std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap())) {
            seen.push_str(&next.expect("the journal is text"));
            seen.push('\n');
            if seen.contains(line) {
                break;
            }
        }
        // It exits because its output is closed. If it were killed instead, it would remain until the machine's init
        // reaps it, and the host would not power off.
        let _ = child.wait();
        if seen.contains(line) {
            return seen;
        }
    }
    let fields = "--output-fields=MESSAGE,_COMM,_PID,_SYSTEMD_USER_UNIT,_SYSTEMD_INVOCATION_ID";
    // What the journal holds now, with the fields that the filters are about, tells a line that was never written from
    // one that was filtered out or overlooked.
    panic!(
        "{line:?} is not in the journal: {seen}\nfiltered by {filters:?}; all of it:\n{}\nprocesses:\n{}",
        run("journalctl").args(["-o", "json", "-n", "40", fields]).text(),
        run("systemd-cgls").args(["--full", "--no-pager"]).text(),
    );
}

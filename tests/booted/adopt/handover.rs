//! A process started with `nohup … &` becomes a service, in both scopes.

use std::process::Command;

use snapbox::str;

use super::{kill, lives, running, start, until, without};
use crate::host::Inside;
use crate::setup::{booted, done, fails, file, journal_until, program, property, ran, same, systemctl_user, traces};

const HELLO: &str = include_str!("../../../examples/hello.py");

/// Without a terminal nothing is confirmed; `--dry-run` shows the steps.
fn shows_what_it_would_do(adopt: impl Fn(&[&str]) -> Command, pid: u32) {
    let asks = fails(2, &mut adopt(&["hello.py"]));
    assert!(asks.contains("must be confirmed on a terminal\nhint: mkservice adopt --yes hello.py"), "{asks}");
    let shown = done(&mut adopt(&["--dry-run", "hello.py"]));
    let tail = shown.split_once("would enable").unwrap().1;
    same(
        without(pid, format!("would enable{tail}")),
        str![[r#"
would enable hellod.service
would reload the user manager
would enable lingering for ann, so that it starts at boot and survives logout
would stop process [PID] (python3 hello.py)
would start hellod.service

"#]],
    );
}

#[apply(booted_test)]
fn nohup_script_becomes_a_user_service() {
    let host = booted();
    host.add_user("ann");
    file(&host, "ann", "/home/ann/project/hello.py", HELLO);
    host.root("chown").args(["ann:", "/home/ann/project"]).text();
    let session = host.open_session("ann");
    let before = traces(&host);
    let line = "PYTHONUNBUFFERED=1 nohup python3 hello.py > nohup.out 2>&1";
    let pid = start(&host, session.run("sh"), "/home/ann/project", line, "python3");
    let log = || std::fs::read_to_string(host.path("/home/ann/project/nohup.out")).unwrap_or_default();
    until("the script says hello", || log().contains("Hello number 1"));

    let adopt = |words: &[&str]| {
        let mut mkservice = session.run("mkservice");
        mkservice.args(["adopt"]).args(words);
        mkservice
    };
    shows_what_it_would_do(adopt, pid);
    assert!(lives(&host, pid) && traces(&host).len() > before.len(), "only the log of the script is new");

    same(
        without(pid, done(&mut adopt(&["--yes", "hello.py"]))),
        str![[r#"
hellod is running (user service)
  command   /usr/bin/python3 hello.py
  directory /home/ann/project
  unit      /home/ann/.config/systemd/user/hellod.service
  logs      journalctl --user -u hellod -f
  remove    mkservice remove hellod
note: lingering is now enabled for ann: services start at boot and keep running after logout (--no-linger leaves it disabled)
note: process [PID] was stopped; its output until then is in /home/ann/project/nohup.out

"#]],
    );
    assert!(!lives(&host, pid));
    let written = log();
    journal_until(|program| session.run(program), &["--user", "-u", "hellod"], "Hello number 2");
    assert_eq!(log(), written, "the old one writes no more");
    assert_eq!(property(systemctl_user(&host, "ann"), "hellod", "UnitFileState"), "enabled");
    assert_eq!(property(systemctl_user(&host, "ann"), "hellod", "NRestarts"), "0");
    // From now on it belongs to a service.
    let pid = property(systemctl_user(&host, "ann"), "hellod", "MainPID");
    for words in [pid.as_str(), "hello.py"] {
        same(
            fails(2, &mut adopt(&["--yes", words])).replace(&pid, "[PID]"),
            str![[r#"
error: process [PID] (`/usr/bin/python3 hello.py`) already belongs to a service: hellod.service
hint: systemctl --user status hellod.service

"#]],
        );
    }
    // The command in its unit file creates the same service.
    let line = std::fs::read_to_string(host.path("/home/ann/.config/systemd/user/hellod.service")).unwrap();
    let line = line.lines().find_map(|line| line.strip_prefix("Command=")).unwrap().to_owned();
    let again = done(session.run("sh").args(["-c", &line]));
    assert!(again.starts_with("hellod is running (user service, unchanged)"), "{again}");
    done(session.run("mkservice").args(["remove", "hellod"]));
    host.root("rm").arg("/home/ann/project/nohup.out").text();
    assert_eq!(traces(&host), before);
}

#[apply(booted_test)]
fn process_adopted_by_root_keeps_its_user() {
    let host = booted();
    let uid = host.add_user("ann");
    file(&host, "ann", "/home/ann/hello.py", HELLO);
    let before = traces(&host);
    let pid = start(&host, host.user("ann", "sh"), "/home/ann", "python3 hello.py > /dev/null 2>&1", "python3");
    let mut sudo = host.root("mkservice");
    sudo.env("SUDO_UID", uid.to_string()).env("SUDO_USER", "ann").args(["adopt", "-y", &pid.to_string()]);
    same(
        without(pid, done(&mut sudo)),
        str![[r#"
hellod is running (system service as ann)
  command   /usr/bin/python3 hello.py
  directory /home/ann
  unit      /etc/systemd/system/hellod.service
  logs      sudo journalctl -u hellod -f
  remove    sudo mkservice remove hellod
note: process [PID] was stopped

"#]],
    );
    let main = property(host.root("systemctl"), "hellod", "MainPID");
    assert_eq!(host.root("stat").args(["-c", "%U", &format!("/proc/{main}")]).text(), "ann\n");
    assert!(!lives(&host, pid));
    done(host.root("mkservice").args(["remove", "hellod"]));
    assert_eq!(traces(&host), before);

    // A process of root.
    let pid = start(&host, host.root("sh"), "/", "sleep 1000 > /dev/null 2>&1", "sleep");
    let said = ran(host.root("mkservice").args(["adopt", "--yes", "--name", "nap", &pid.to_string()]));
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.stderr.starts_with("warning: the service runs as root"), "{said:?}");
    assert!(said.stdout.starts_with("nap is running (system service as root)"), "{said:?}");
}

/// A program that exits with 9 if another instance is running.
const ALONE: &str = r#"
import fcntl, signal, sys, time
lock = open("lock", "w")
try:
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError:
    sys.exit(9)
def end(*_):
    time.sleep(0.5)
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
print("alone", flush=True)
time.sleep(100000)
"#;

#[apply(booted_test)]
fn old_process_ends_before_the_service_starts() {
    let host = booted();
    host.add_user("ann");
    file(&host, "ann", "/home/ann/alone.py", ALONE);
    let session = host.open_session("ann");
    let line = "nohup python3 alone.py > nohup.out 2>&1";
    let pid = start(&host, session.run("sh"), "/home/ann", line, "python3");
    until("it has its lock", || std::fs::read(host.path("/home/ann/nohup.out")).is_ok_and(|log| !log.is_empty()));
    done(session.run("mkservice").args(["adopt", "--yes", &pid.to_string()]));
    assert_eq!(property(systemctl_user(&host, "ann"), "aloned", "NRestarts"), "0");
    assert_eq!(property(systemctl_user(&host, "ann"), "aloned", "ActiveState"), "active");
}

#[apply(booted_test)]
fn children_end_with_their_parent() {
    let host = booted();
    host.add_user("ann");
    let script = "#!/bin/sh\nsleep 1001 &\nsleep 1002\necho over\n";
    program(&host, "ann", "/home/ann/run.sh", script);
    let session = host.open_session("ann");
    let pid = start(&host, session.run("sh"), "/home/ann", "./run.sh > /dev/null 2>&1", "/bin/sh");
    let children = || running(&host, "sleep 100");
    until("both run", || children().len() == 2);
    let family = children();
    // Part of a process is not adopted by mistake.
    let said = fails(2, session.run("mkservice").args(["adopt", "--yes", &family[0].to_string()]));
    same(
        without(family[0], without(pid, said)).replace("1001", "[N]").replace("1002", "[N]"),
        str![[r#"
error: process [PID] (`sleep [N]`) was started by process [PID] (`/bin/sh ./run.sh`), which would notice its exit
hint: mkservice adopt [PID]
hint: use --force to adopt it alone

"#]],
    );
    let shown = done(session.run("mkservice").args(["adopt", "--dry-run", "sleep 100"]));
    assert!(shown.contains(&format!("would stop the processes {pid} (/bin/sh ./run.sh), {}", family[0])), "{shown}");
    done(session.run("mkservice").args(["adopt", "--yes", "run.sh"]));
    assert!(!lives(&host, pid) && family.iter().all(|pid| !lives(&host, *pid)), "{family:?}");
    assert_eq!(property(systemctl_user(&host, "ann"), "rund", "ActiveState"), "active");
}

#[apply(booted_test)]
fn arguments_are_kept_byte_for_byte() {
    let host = booted();
    host.add_user("ann");
    let session = host.open_session("ann");
    let words = r#"[b"python3", b"-c", b"import time; time.sleep(100000)", b"", b"a b", b"$HOME %h \\", b"\xff\n"]"#;
    file(&host, "ann", "/home/ann/odd.py", &format!("import os\nos.execv('/usr/bin/python3', {words})\n"));
    let pid = start(&host, session.run("sh"), "/home/ann", "python3 odd.py > /dev/null 2>&1", "python3");
    let words = |pid: &str| std::fs::read(host.path(format!("/proc/{pid}/cmdline"))).unwrap();
    until("it has become another", || words(&pid.to_string()).ends_with(b"\xff\n\0"));
    let old = words(&pid.to_string());
    let said = ran(session.run("mkservice").args(["adopt", "--yes", "--name", "odd", &pid.to_string()]));
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.stderr.contains("bytes that are not UTF-8"), "{said:?}");
    // systemctl cannot show a unit with such arguments.
    let new = words(&running(&host, "time.sleep(100000)")[0].to_string());
    let behind = |words: &[u8]| words.splitn(2, |byte| *byte == 0).nth(1).unwrap().to_vec();
    assert_eq!(behind(&new), behind(&old));
}

#[apply(booted_test)]
fn suspended_process_is_ended() {
    let host = booted();
    let session = host.open_session("ann");
    let pid = start(&host, session.run("sh"), "/home/ann", "sleep 1000 > /dev/null 2>&1", "sleep");
    kill(&host, "STOP", pid);
    done(session.run("mkservice").args(["adopt", "--yes", &pid.to_string()]));
    assert!(!lives(&host, pid));
}

#[apply(booted_test)]
fn program_replaced_on_disk_is_warned_of() {
    let host = booted();
    let session = host.open_session("ann");
    host.user("ann", "cp").args(["/bin/sleep", "/home/ann/server"]).text();
    let pid = start(&host, session.run("sh"), "/home/ann", "./server 1000 > /dev/null 2>&1", "./server");
    host.user("ann", "sh").args(["-c", "cp server new && mv new server"]).text();
    let said = ran(session.run("mkservice").args(["adopt", "--yes", &pid.to_string()]));
    assert_eq!(said.code, 0, "{said:?}");
    same(
        said.stderr,
        str![[r#"
warning: the running program `/home/ann/server` has been deleted or replaced: the service starts `/home/ann/server`

"#]],
    );
    // If argv[0] does not name a program, the executable is used.
    let line = "exec -a worker sleep 1000 > /dev/null 2>&1";
    let pid = start(&host, session.run("bash"), "/home/ann", line, "worker");
    let said = done(session.run("mkservice").args(["-v", "adopt", "--yes", &pid.to_string()]));
    assert!(said.contains("`worker` is not the program that runs: that is `/usr/bin/sleep`\n"), "{said}");
    assert!(said.contains("\n  command   /usr/bin/sleep 1000\n"), "{said}");
}

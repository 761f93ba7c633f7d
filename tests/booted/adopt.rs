//! `adopt`: what was started with `nohup … &` becomes a service, in both scopes, and nothing is lost where it cannot.

use std::process::Command;

use snapbox::str;

use crate::host::{Host, Inside};
use crate::setup::{booted, done, fails, file, journal_until, property, ran, same, traces};

const HELLO: &str = include_str!("../../examples/hello.py");

/// Starts a line in the background of a shell that ends, as a session leaves it, and waits until it runs `program`.
/// The line has to say where its output goes.
pub fn start(host: &Host, mut shell: Command, folder: &str, line: &str, program: &str) -> u32 {
    let pid = shell
        .cwd(folder)
        .args(["-c", &format!("exec 2> /dev/null; {line} & echo $!")])
        .text()
        .trim()
        .parse()
        .expect("a PID");
    let is_it = || {
        let command = std::fs::read(host.path(format!("/proc/{pid}/cmdline"))).unwrap_or_default();
        command.split(|byte| *byte == 0).next().is_some_and(|word| word == program.as_bytes())
    };
    until("the program runs", is_it);
    pid
}

/// Waits for something that no event tells of.
pub fn until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while !is_so() {
        assert!(std::time::Instant::now() < deadline, "{what}: not within a minute");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

/// Whether a process goes on.
pub fn lives(host: &Host, pid: u32) -> bool {
    let stat = std::fs::read_to_string(host.path(format!("/proc/{pid}/stat"))).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

/// The processes with a text in their command lines, the oldest first. (pgrep(1) is not everywhere.)
pub fn running(host: &Host, text: &str) -> Vec<u32> {
    let entries = std::fs::read_dir(host.path("/proc")).unwrap().filter_map(Result::ok);
    let mut pids: Vec<u32> = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    pids.sort_unstable();
    let command = |pid: &u32| std::fs::read(host.path(format!("/proc/{pid}/cmdline"))).unwrap_or_default();
    let holds = |pid: &u32| String::from_utf8_lossy(&command(pid)).replace('\0', " ").contains(text);
    pids.retain(|pid| holds(pid));
    pids
}

/// Sends a signal.
fn kill(host: &Host, signal: &str, pid: u32) {
    host.root("sh").args(["-c", &format!("kill -{signal} {pid}")]).text();
}

/// A text with a PID in it, without that.
pub fn without(pid: u32, text: String) -> String {
    text.replace(&pid.to_string(), "[PID]")
}

/// A user's manager.
pub fn systemctl_user(host: &Host) -> Command {
    let mut systemctl = host.user("ann", "systemctl");
    systemctl.arg("--user");
    systemctl
}

#[apply(booted_test)]
fn the_script_of_the_article() {
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
    let asks = fails(2, &mut adopt(&["hello.py"]));
    assert!(
        asks.contains("would be ended, and nobody is here to say yes\nhint: mkservice adopt --yes hello.py"),
        "{asks}"
    );
    let shown = done(&mut adopt(&["--dry-run", "hello.py"]));
    let tail = shown.split_once("would enable").unwrap().1;
    same(
        without(pid, format!("would enable{tail}")),
        str![[r#"
would enable hellod.service, so that it starts at boot
would reload the user manager
would write down what the last `mkservice remove` has to undo
would turn on lingering for ann, so that it starts at boot and survives logout
would end process [PID] (python3 hello.py)
would start hellod.service

"#]],
    );
    assert!(lives(&host, pid) && traces(&host).len() > before.len(), "only the log of the script is new");

    same(
        without(pid, done(&mut adopt(&["--yes", "hello.py"]))),
        str![[r#"
hellod is running (user service)
  command  /usr/bin/python3 hello.py
  folder   /home/ann/project
  unit     /home/ann/.config/systemd/user/hellod.service
  logs     journalctl --user -u hellod -f
  undo     mkservice remove hellod
note: lingering is now on for ann: its services start at boot and survive logout (--no-linger leaves it alone)
note: process [PID] has ended; what it wrote until then is in /home/ann/project/nohup.out

"#]],
    );
    assert!(!lives(&host, pid));
    let written = log();
    journal_until(session.run("timeout"), &["--user", "-u", "hellod"], "Hello number 2");
    assert_eq!(log(), written, "the old one writes no more");
    assert_eq!(property(systemctl_user(&host), "hellod", "UnitFileState"), "enabled");
    assert_eq!(property(systemctl_user(&host), "hellod", "NRestarts"), "0");
    // From now on it belongs to a service.
    let pid = property(systemctl_user(&host), "hellod", "MainPID");
    for words in [pid.as_str(), "hello.py"] {
        same(
            fails(2, &mut adopt(&["--yes", words])).replace(&pid, "[PID]"),
            str![[r#"
error: process [PID] (`/usr/bin/python3 hello.py`) belongs to a service already: hellod.service
hint: systemctl --user status hellod.service

"#]],
        );
    }
    // The line in its file makes the same service.
    let line = std::fs::read_to_string(host.path("/home/ann/.config/systemd/user/hellod.service")).unwrap();
    let line = line.lines().find_map(|line| line.strip_prefix("Command=")).unwrap().to_owned();
    let again = done(session.run("sh").args(["-c", &line]));
    assert!(again.starts_with("hellod is running (user service, unchanged)"), "{again}");
    done(session.run("mkservice").args(["remove", "hellod"]));
    host.root("rm").arg("/home/ann/project/nohup.out").text();
    assert_eq!(traces(&host), before);
}

#[apply(booted_test)]
fn as_root_it_stays_its_owners() {
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
  command  /usr/bin/python3 hello.py
  folder   /home/ann
  unit     /etc/systemd/system/hellod.service
  logs     sudo journalctl -u hellod -f
  undo     sudo mkservice remove hellod
  exposure 9.2 of 10 (unsafe): --harden safe lowers it
note: process [PID] has ended

"#]],
    );
    let main = property(host.root("systemctl"), "hellod", "MainPID");
    assert_eq!(host.root("stat").args(["-c", "%U", &format!("/proc/{main}")]).text(), "ann\n");
    assert!(!lives(&host, pid));
    done(host.root("mkservice").args(["remove", "hellod"]));
    assert_eq!(traces(&host), before);

    // Root's own.
    let pid = start(&host, host.root("sh"), "/", "sleep 1000 > /dev/null 2>&1", "sleep");
    let said = ran(host.root("mkservice").args(["adopt", "--yes", "--name", "nap", &pid.to_string()]));
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.stderr.starts_with("warning: the service runs as root"), "{said:?}");
    assert!(said.stdout.starts_with("nap is running (system service as root)"), "{said:?}");
}

/// A program that ends with exit code 9 where another of its kind runs.
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
fn never_do_two_run() {
    let host = booted();
    host.add_user("ann");
    file(&host, "ann", "/home/ann/alone.py", ALONE);
    let session = host.open_session("ann");
    let line = "nohup python3 alone.py > nohup.out 2>&1";
    let pid = start(&host, session.run("sh"), "/home/ann", line, "python3");
    until("it has its lock", || std::fs::read(host.path("/home/ann/nohup.out")).is_ok_and(|log| !log.is_empty()));
    done(session.run("mkservice").args(["adopt", "--yes", &pid.to_string()]));
    assert_eq!(property(systemctl_user(&host), "aloned", "NRestarts"), "0");
    assert_eq!(property(systemctl_user(&host), "aloned", "ActiveState"), "active");
}

#[apply(booted_test)]
fn a_whole_family_goes_together() {
    let host = booted();
    host.add_user("ann");
    let script = "#!/bin/sh\nsleep 1001 &\nsleep 1002\necho over\n";
    file(&host, "ann", "/home/ann/run.sh", script);
    host.root("chmod").args(["+x", "/home/ann/run.sh"]).text();
    let session = host.open_session("ann");
    let pid = start(&host, session.run("sh"), "/home/ann", "./run.sh > /dev/null 2>&1", "/bin/sh");
    let children = || running(&host, "sleep 100");
    until("both run", || children().len() == 2);
    let family = children();
    // A part of it is not taken out by mistake.
    let said = fails(2, session.run("mkservice").args(["adopt", "--yes", &family[0].to_string()]));
    same(
        without(family[0], without(pid, said)).replace("1001", "[N]").replace("1002", "[N]"),
        str![[r#"
error: process [PID] (`sleep [N]`) was started by process [PID] (`/bin/sh ./run.sh`), which would notice its end
hint: mkservice adopt [PID]
hint: --force adopts it alone

"#]],
    );
    let shown = done(session.run("mkservice").args(["adopt", "--dry-run", "sleep 100"]));
    assert!(shown.contains(&format!("would end the processes {pid} (/bin/sh ./run.sh), {}", family[0])), "{shown}");
    done(session.run("mkservice").args(["adopt", "--yes", "run.sh"]));
    assert!(!lives(&host, pid) && family.iter().all(|pid| !lives(&host, *pid)), "{family:?}");
    assert_eq!(property(systemctl_user(&host), "rund", "ActiveState"), "active");
}

#[apply(booted_test)]
fn words_go_over_to_the_letter() {
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
    // systemctl cannot show a unit with such words.
    let new = words(&running(&host, "time.sleep(100000)")[0].to_string());
    let behind = |words: &[u8]| words.splitn(2, |byte| *byte == 0).nth(1).unwrap().to_vec();
    assert_eq!(behind(&new), behind(&old));
}

#[apply(booted_test)]
fn a_stopped_process_is_ended() {
    let host = booted();
    let session = host.open_session("ann");
    let pid = start(&host, session.run("sh"), "/home/ann", "sleep 1000 > /dev/null 2>&1", "sleep");
    kill(&host, "STOP", pid);
    done(session.run("mkservice").args(["adopt", "--yes", &pid.to_string()]));
    assert!(!lives(&host, pid));
}

#[apply(booted_test)]
fn who_will_not_end_is_left_alone() {
    let host = booted();
    let session = host.open_session("ann");
    let deaf =
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); open('deaf', 'w'); time.sleep(9999)";
    let line = format!("python3 -c \"{deaf}\" > /dev/null 2>&1");
    let pid = start(&host, session.run("sh"), "/home/ann", &line, "python3");
    until("it is deaf", || host.path("/home/ann/deaf").exists());
    let before = traces(&host);
    let adopt = |option: &str| {
        let mut mkservice = session.run("mkservice");
        mkservice.args(["adopt", "--yes", option, "--name", "deaf", &pid.to_string()]);
        mkservice
    };
    let said = fails(1, &mut adopt("--no-linger"));
    same(
        without(pid, said),
        str![[r#"
error: process [PID] (`python3 -c "import signal, time; signal.signal(signal.SIGTE…`) has not ended within 10 s, and was left alone
hint: end it yourself: kill -KILL [PID]
hint: or have that done: the same line with --kill

"#]],
    );
    assert!(lives(&host, pid));
    assert_eq!(traces(&host), before, "all is as it was");
    assert_eq!(property(systemctl_user(&host), "deaf", "LoadState"), "not-found");
    done(&mut adopt("--kill"));
    assert!(!lives(&host, pid));
    assert_eq!(property(systemctl_user(&host), "deaf", "ActiveState"), "active");
}

/// A program that needs two variables.
const NEEDS: &str = r#"
import os, sys, time
print(os.environ["MODE"], os.environ["API_TOKEN"][:1], file=sys.stderr, flush=True)
time.sleep(100000)
"#;

#[apply(booted_test)]
fn what_does_not_come_up_is_taken_back() {
    let host = booted();
    host.add_user("ann");
    file(&host, "ann", "/home/ann/my folder/needs.py", NEEDS);
    host.root("chown").args(["ann:", "/home/ann/my folder"]).text();
    let session = host.open_session("ann");
    let line = "MODE='it is' API_TOKEN=hunter2 nohup python3 needs.py > 'the log' 2>&1";
    let pid = start(&host, session.run("sh"), "/home/ann/my folder", line, "python3");
    let log = || std::fs::read_to_string(host.path("/home/ann/my folder/the log")).unwrap_or_default();
    until("it is up", || log().contains("it is h"));
    let before = traces(&host);
    let shown = done(session.run("mkservice").args(["adopt", "--dry-run", "needs.py"]));
    assert!(
        shown.ends_with(
            "API_TOKEN, MODE; to take them along: mkservice adopt --dry-run needs.py -E API_TOKEN -E MODE\n"
        ),
        "{shown}"
    );

    let said = fails(3, session.run("mkservice").args(["adopt", "--yes", "needs.py"]));
    assert!(said.starts_with("error: needsd does not run: the program ended with exit code 1"), "{said}");
    assert!(said.contains("; it was taken away again, and the process has ended\n    Traceback"), "{said}");
    assert!(!said.contains("hunter2") && !shown.contains("hunter2"), "{said}");
    assert!(!lives(&host, pid));
    assert_eq!(traces(&host), before, "all files are as they were");
    assert_eq!(property(systemctl_user(&host), "needsd", "LoadState"), "not-found");
    let again = said.lines().find_map(|line| line.strip_prefix("start the old one again: ")).unwrap();
    assert_eq!(
        again,
        "cd '/home/ann/my folder' && MODE='it is' nohup /usr/bin/python3 needs.py < /dev/null >> '/home/ann/my folder/the log' 2>&1 &"
    );
    assert!(said.contains("before the line below: export API_TOKEN=…\n"), "{said}");
    session.run("sh").env("API_TOKEN", "x").args(["-c", again]).text();
    until("it is up again", || log().contains("it is h\nit is x"));

    // With what it needs it comes up.
    done(session.run("mkservice").args(["adopt", "--yes", "needs.py", "-E", "API_TOKEN", "-E", "MODE"]));
    assert_eq!(property(systemctl_user(&host), "needsd", "ActiveState"), "active");
    // Kept where that is wanted.
    let pid = start(&host, session.run("sh"), "/home/ann/my folder", &line.replace("the log", "log"), "python3");
    let said =
        fails(3, session.run("mkservice").args(["adopt", "--yes", "--no-rollback", "--name", "n", &pid.to_string()]));
    assert!(said.starts_with("error: n is installed but does not run: "), "{said}");
    assert!(host.path("/home/ann/.config/systemd/user/n.service").exists());
}

#[apply(booted_test)]
fn who_has_ended_meanwhile_is_not_replaced() {
    let host = booted();
    let session = host.open_session("ann");
    // It ends by itself as soon as it would be replaced.
    let brief = "until [ -e .config/systemd/user/brief.service ]; do sleep 0.01; done > /dev/null 2>&1";
    file(&host, "ann", "/home/ann/brief.sh", brief);
    let pid = start(&host, session.run("sh"), "/home/ann", "sh brief.sh > /dev/null 2>&1", "sh");
    let before = traces(&host);
    let said = fails(2, session.run("mkservice").args(["adopt", "--yes", "--name", "brief", "brief.sh"]));
    same(
        without(pid, said),
        str![[r#"
warning: process [PID] has ended; to start it again: cd /home/ann && nohup /usr/bin/sh brief.sh < /dev/null > /dev/null 2>&1 &
error: process [PID] (`sh brief.sh`) has ended in the meantime, before it was asked to

"#]],
    );
    assert_eq!(traces(&host), before);
}

#[apply(booted_test)]
fn an_interrupt_takes_everything_back() {
    let host = booted();
    host.add_user("ann");
    let deaf = "import signal, time\nsignal.signal(signal.SIGTERM, lambda *_: open('asked', 'w'))\nopen('deaf', 'w')\n\
        while True: time.sleep(1)\n";
    file(&host, "ann", "/home/ann/deaf.py", deaf);
    let session = host.open_session("ann");
    let pid = start(&host, session.run("sh"), "/home/ann", "python3 deaf.py > /dev/null 2>&1", "python3");
    until("it is deaf", || host.path("/home/ann/deaf").exists());
    let before = traces(&host);
    let mut mkservice = session.run("mkservice");
    let mkservice = mkservice.args(["adopt", "--yes", "deaf.py"]).stdout(std::process::Stdio::piped());
    let child = mkservice.stderr(std::process::Stdio::piped()).spawn().unwrap();
    until("it was asked to end", || host.path("/home/ann/asked").exists());
    kill(&host, "INT", running(&host, "mkservice adopt")[0]);
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{said}");
    same(
        without(pid, said.into_owned()),
        str![[r#"
error: interrupted at: end process [PID] (python3 deaf.py)
hint: type the same line again to complete what is missing

"#]],
    );
    assert!(lives(&host, pid));
    host.root("rm").arg("/home/ann/asked").text();
    assert_eq!(traces(&host), before);
}

#[apply(booted_test)]
fn a_file_of_ours_is_put_back() {
    let host = booted();
    host.add_user("ann");
    let session = host.open_session("ann");
    done(session.run("mkservice").args(["--no-start", "--name", "x", "sleep", "7"]));
    let before = traces(&host);
    let deaf =
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); open('deaf', 'w'); time.sleep(9999)";
    let line = format!("python3 -c \"{deaf}\" > /dev/null 2>&1");
    let pid = start(&host, session.run("sh"), "/home/ann", &line, "python3");
    until("it is deaf", || host.path("/home/ann/deaf").exists());
    fails(1, session.run("mkservice").args(["adopt", "--yes", "--name", "x", &pid.to_string()]));
    host.root("rm").arg("/home/ann/deaf").text();
    assert_eq!(traces(&host), before);
    assert_eq!(property(systemctl_user(&host), "x", "ActiveState"), "inactive");
    // One that runs has its process already.
    done(session.run("mkservice").args(["start", "x"]));
    let said = fails(2, session.run("mkservice").args(["adopt", "--yes", "--name", "x", &pid.to_string()]));
    same(
        said,
        str![[r#"
error: the service x runs already: what is adopted would take its place
hint: another name: --name x-2

"#]],
    );
}

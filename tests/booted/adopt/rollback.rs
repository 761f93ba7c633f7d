//! When `adopt` fails, nothing is lost: the process keeps running or can be started again.

use snapbox::str;

use super::{kill, lives, running, start, until, without};
use crate::host::Inside;
use crate::setup::{booted, done, fails, file, property, same, systemctl_user, traces};

#[apply(booted_test)]
fn process_that_ignores_sigterm_is_left_alone_without_kill() {
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
error: process [PID] (`python3 -c "import signal, time; signal.signal(signal.SIGTE…`) has not exited within 10 s
hint: kill it yourself: kill -KILL [PID]
hint: or run the command again with --kill

"#]],
    );
    assert!(lives(&host, pid));
    assert_eq!(traces(&host), before, "all is as it was");
    assert_eq!(property(systemctl_user(&host, "ann"), "deaf", "LoadState"), "not-found");
    done(&mut adopt("--kill"));
    assert!(!lives(&host, pid));
    assert_eq!(property(systemctl_user(&host, "ann"), "deaf", "ActiveState"), "active");
}

/// A program that needs two variables.
const NEEDS: &str = r#"
import os, sys, time
print(os.environ["MODE"], os.environ["API_TOKEN"][:1], file=sys.stderr, flush=True)
time.sleep(100000)
"#;

#[apply(booted_test)]
fn failed_service_is_removed_and_the_restart_command_printed() {
    let host = booted();
    host.add_user("ann");
    file(&host, "ann", "/home/ann/my directory/needs.py", NEEDS);
    host.root("chown").args(["ann:", "/home/ann/my directory"]).text();
    let session = host.open_session("ann");
    let line = "MODE='it is' API_TOKEN=hunter2 nohup python3 needs.py > 'the log' 2>&1";
    let pid = start(&host, session.run("sh"), "/home/ann/my directory", line, "python3");
    let log = || std::fs::read_to_string(host.path("/home/ann/my directory/the log")).unwrap_or_default();
    until("it is up", || log().contains("it is h"));
    let before = traces(&host);
    let shown = done(session.run("mkservice").args(["adopt", "--dry-run", "needs.py"]));
    assert!(
        shown.ends_with(
            "API_TOKEN, MODE; to copy them: mkservice adopt --setenv API_TOKEN --setenv MODE --dry-run needs.py\n"
        ),
        "{shown}"
    );

    let said = fails(3, session.run("mkservice").args(["adopt", "--yes", "needs.py"]));
    assert!(said.starts_with("error: needsd failed to start: the program exited with status 1"), "{said}");
    assert!(said.contains("; it was removed again, but the process is stopped\n    Traceback"), "{said}");
    assert!(!said.contains("hunter2") && !shown.contains("hunter2"), "{said}");
    assert!(!lives(&host, pid));
    assert_eq!(traces(&host), before, "all files are as they were");
    assert_eq!(property(systemctl_user(&host, "ann"), "needsd", "LoadState"), "not-found");
    let again = said.lines().find_map(|line| line.strip_prefix("to restart the process: ")).unwrap();
    assert_eq!(
        again,
        "cd '/home/ann/my directory' && MODE='it is' nohup /usr/bin/python3 needs.py < /dev/null >> '/home/ann/my directory/the log' 2>&1 &"
    );
    assert!(said.contains("\nfirst: export API_TOKEN=…\n"), "{said}");
    session.run("sh").env("API_TOKEN", "x").args(["-c", again]).text();
    until("it is running again", || log().contains("it is h\nit is x"));

    // With the variables it starts.
    done(session.run("mkservice").args(["adopt", "--yes", "needs.py", "-E", "API_TOKEN", "-E", "MODE"]));
    assert_eq!(property(systemctl_user(&host, "ann"), "needsd", "ActiveState"), "active");
    // The service is kept on request.
    let pid = start(&host, session.run("sh"), "/home/ann/my directory", &line.replace("the log", "log"), "python3");
    let said =
        fails(3, session.run("mkservice").args(["adopt", "--yes", "--no-rollback", "--name", "n", &pid.to_string()]));
    assert!(said.starts_with("error: n failed to start: "), "{said}");
    assert!(host.path("/home/ann/.config/systemd/user/n.service").exists());
}

#[apply(booted_test)]
fn process_that_exited_meanwhile_is_not_replaced() {
    let host = booted();
    let session = host.open_session("ann");
    // It exits as soon as it would be replaced.
    let brief = "until [ -e .config/systemd/user/brief.service ]; do sleep 0.01; done > /dev/null 2>&1";
    file(&host, "ann", "/home/ann/brief.sh", brief);
    let pid = start(&host, session.run("sh"), "/home/ann", "sh brief.sh > /dev/null 2>&1", "sh");
    let before = traces(&host);
    let said = fails(2, session.run("mkservice").args(["adopt", "--yes", "--name", "brief", "brief.sh"]));
    same(
        without(pid, said),
        str![[r#"
warning: process [PID] has exited; to restart it: cd /home/ann && nohup /usr/bin/sh brief.sh < /dev/null > /dev/null 2>&1 &
error: process [PID] (`sh brief.sh`) has already exited

"#]],
    );
    assert_eq!(traces(&host), before);
}

#[apply(booted_test)]
fn interrupt_rolls_back() {
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
error: interrupted during step `stop process [PID] (python3 deaf.py)`
hint: run the command again to complete what is missing

"#]],
    );
    assert!(lives(&host, pid));
    host.root("rm").arg("/home/ann/asked").text();
    assert_eq!(traces(&host), before);
}

#[apply(booted_test)]
fn existing_unit_file_is_restored() {
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
    assert_eq!(property(systemctl_user(&host, "ann"), "x", "ActiveState"), "inactive");
    // A running service already has its process.
    done(session.run("mkservice").args(["start", "x"]));
    let said = fails(2, session.run("mkservice").args(["adopt", "--yes", "--name", "x", &pid.to_string()]));
    same(
        said,
        str![[r#"
error: the service `x` is already running and would be replaced
hint: use another name: --name x-2

"#]],
    );
}

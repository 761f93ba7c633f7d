//! Programs of other users that mkservice runs: in which session, with what, and which ones are not run at all.

use std::time::{Duration, Instant};

use crate::host::{Host, Inside};
use crate::setup::{Ran, booted, done, file, program, ran};

/// A virtual environment whose Python does something else first.
fn environment(host: &Host, owner: &str, directory: &str, does: &str) {
    file(host, owner, &format!("{directory}/pyvenv.cfg"), "home = /usr/bin\n");
    program(
        host,
        owner,
        &format!("{directory}/bin/python3"),
        &format!("#!/bin/sh\n{does}\nexec /usr/bin/python3 \"$@\"\n"),
    );
    let parts = [directory.to_owned(), format!("{directory}/bin")];
    host.root("chown").arg(format!("{owner}:")).args(parts).text();
}

/// A host with ann and a project of hers.
fn with_project(does: &str) -> Host {
    let host = booted();
    host.add_user("ann");
    host.root("install").args(["-d", "-o", "ann", "-g", "ann", "/home/ann/project"]).text();
    file(&host, "ann", "/home/ann/project/app.py", "import time\ntime.sleep(1000)\n");
    environment(&host, "ann", "/home/ann/project/.venv", does);
    host
}

/// Root's command for a service of ann, in her project, as part of a shell script.
const FOR_ANN: &str = "cd /home/ann/project && mkservice --dry-run --uid ann python3 app.py";

fn by_root(host: &Host, script: &str) -> Ran {
    ran(host.root("sh").args(["-c", script]))
}

fn content(host: &Host, path: &str) -> String {
    host.root("cat").arg(path).text()
}

#[apply(booted_test)]
fn the_callers_terminal_is_out_of_reach() {
    let host = with_project(
        "if (: </dev/tty) 2>/dev/null; then echo reached; else echo apart; fi >>/home/ann/terminal\n\
         ps -o sid= -p $$ >>/home/ann/sessions",
    );
    let session = host.open_session("ann");
    let for_herself = "cd ~/project && mkservice --dry-run python3 app.py";
    for (mut python, line) in [(host.root("python3"), FOR_ANN), (session.run("python3"), for_herself)] {
        python.args(["-c", include_str!("../support/terminal.py"), "nothing is asked", ""]);
        let script = format!("echo own $(ps -o sid= -p $$); : </dev/tty && {line}");
        let ran = ran(python.args(["/bin/sh", "-c", &script]));
        assert_eq!(ran.code, 0, "{ran:?}");
        let reached = content(&host, "/home/ann/terminal");
        assert!(!reached.is_empty() && reached.lines().all(|line| line == "apart"), "{reached}");
        let own = ran.stdout.lines().find_map(|line| line.strip_prefix("own ")).expect("a session").trim();
        let sessions = content(&host, "/home/ann/sessions");
        assert!(!sessions.lines().any(|session| session.trim() == own), "{own}: {sessions}");
        host.root("rm").args(["/home/ann/terminal", "/home/ann/sessions"]).text();
    }
}

#[apply(booted_test)]
fn open_files_and_variables_stay_with_the_caller() {
    let host = with_project(
        "ls -l /proc/$$/fd >>/home/ann/files; env >>/home/ann/variables; cat /proc/$$/limits >>/home/ann/limits",
    );
    let variables = "PIP_INDEX_URL=https://u:p4ssw0rd@host/ UV_HOME=https://u:p4ssw0rd@host/ API_TOKEN=p4ssw0rd \
                     CONDA_TOKEN_PATH=p4ssw0rd";
    let ran = by_root(
        &host,
        &format!("exec 7</etc/shadow 8>/root/x; {}", FOR_ANN.replace("mkservice", &format!("{variables} mkservice"))),
    );
    assert_eq!(ran.code, 0, "{ran:?}");
    let files = content(&host, "/home/ann/files");
    assert!(!files.contains("/etc/shadow") && !files.contains("/root"), "{files}");
    let variables = content(&host, "/home/ann/variables");
    assert!(!variables.contains("p4ssw0rd"), "{variables}");
    let limits = content(&host, "/home/ann/limits");
    for limit in ["Max cpu time", "Max file size", "Max core file size", "Max processes"] {
        let line = limits.lines().find_map(|line| line.strip_prefix(limit)).expect("a limit");
        assert!(!line.contains("unlimited"), "{limit}: {line}");
    }
}

#[apply(booted_test)]
fn output_without_end_is_not_kept() {
    let host = with_project("exec yes");
    let start = Instant::now();
    let ran = by_root(&host, &format!("ulimit -v 1000000; {FOR_ANN}"));
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("/home/ann/project/.venv/bin/python3` does not work"), "{ran:?}");
    assert!(start.elapsed() < Duration::from_secs(9), "it ends long before its time is over");
}

#[apply(booted_test)]
fn what_it_leaves_behind_is_killed() {
    let host = with_project("setsid sleep 987654 & sleep 987654 &");
    let session = host.open_session("ann");
    let mut for_herself = session.run("mkservice");
    for_herself.cwd("/home/ann/project").args(["--dry-run", "python3", "app.py"]);
    let mut for_ann = host.root("sh");
    for_ann.args(["-c", FOR_ANN]);
    for mut mkservice in [for_ann, for_herself] {
        done(&mut mkservice);
        let left = host.root("sh").args(["-c", "pgrep -af 'sleep 98765[4]' || echo none"]).text();
        assert_eq!(left, "none\n", "{mkservice:?}");
    }
}

#[apply(booted_test)]
fn scripts_that_never_end_are_not_read() {
    let host = with_project("");
    host.root("sh").args(["-c", "cd /home/ann/project && mkfifo pipe.py && ln -s /dev/zero zero.py"]).text();
    for script in ["pipe.py", "zero.py"] {
        let start = Instant::now();
        by_root(&host, &FOR_ANN.replace("app.py", script));
        assert!(start.elapsed() < Duration::from_secs(8), "{script}");
    }
}

#[apply(booted_test)]
fn a_launcher_of_others_is_not_run() {
    let host = booted();
    host.add_user("mallory");
    program(&host, "root", "/usr/local/bin/uv", "#!/bin/sh\nshift 2\nPATH=$PWD/.venv/bin:$PATH exec \"$@\"\n");
    environment(&host, "mallory", "/home/mallory/project/.venv", "touch /home/mallory/ran");
    program(&host, "mallory", "/home/mallory/project/.venv/bin/sh", "#!/bin/sh\ntouch /home/mallory/ran /tmp/ran\n");
    file(&host, "mallory", "/home/mallory/project/app.py", "");
    for tool in ["id", "getent", "systemd-analyze", "journalctl"] {
        program(&host, "mallory", &format!("/home/mallory/project/{tool}"), "#!/bin/sh\ntouch /tmp/ran\n");
    }
    host.root("chown").args(["-R", "mallory:", "/home/mallory"]).text();
    host.root("chmod").args(["-R", "a+rwX", "/home/mallory"]).text();
    let session = host.open_session("ann");
    let there = "cd /home/mallory/project && mkservice --dry-run -- uv run app.py";
    let by_option =
        "cd / && mkservice --dry-run -- uv run --directory=/home/mallory/project /home/mallory/project/app.py";
    let here_first =
        "cd /home/mallory/project && PATH=.:$PATH mkservice --dry-run --system --uid daemon -- uv run app.py";
    let shells = [there, by_option, here_first].map(|line| [(host.root("sh"), line), (session.run("sh"), line)]);
    for (mut shell, line) in shells.into_iter().flatten() {
        let ran = ran(shell.args(["-c", line]));
        let left = host.root("sh").args(["-c", "ls /home/mallory/ran /tmp/ran 2>/dev/null || :"]).text();
        assert_eq!(left, "", "{ran:?}");
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert!(said.contains(" can change "), "{ran:?}");
    }
}

#[apply(booted_test)]
fn planted_environments_are_ignored() {
    let host = booted();
    host.add_user("mallory");
    let session = host.open_session("ann");
    environment(&host, "mallory", "/tmp/.venv", "touch /tmp/ran-$(id -un)");
    file(&host, "ann", "/tmp/j.py", "");
    file(&host, "ann", "/tmp/mine/x.py", "");
    host.root("chown").args(["ann:", "/tmp/mine"]).text();
    let planted = ["", "mkdir /tmp/.git"];
    for plant in planted {
        host.user("mallory", "sh").args(["-c", plant]).text();
        for line in [
            "mkservice --dry-run python3 /tmp/j.py",
            "cd /tmp/mine && mkservice --dry-run python3 x.py",
            "export VIRTUAL_ENV=/tmp/.venv; mkservice --dry-run python3 /tmp/mine/x.py",
        ] {
            let ran = ran(session.run("sh").args(["-c", line]));
            assert_eq!(ran.code, 0, "{line}: {ran:?}");
            assert!(ran.stdout.contains("ExecStart=/usr/bin/python3 "), "{line}: {ran:?}");
            if !line.starts_with("cd") {
                let note = "the virtual environment `/tmp/.venv` is ignored: mallory can change";
                assert!(ran.stdout.contains(note), "{line}: {ran:?}");
            }
            let left = host.root("sh").args(["-c", "ls -d /tmp/ran* 2>/dev/null || :"]).text();
            assert_eq!(left, "", "{line}: {ran:?}");
        }
    }
    // Her own environment below a world-writable directory counts.
    environment(&host, "ann", "/tmp/mine/.venv", ":");
    let ran = ran(session.run("sh").args(["-c", "cd /tmp/mine && mkservice --dry-run python3 x.py"]));
    assert!(ran.stdout.contains("ExecStart=/tmp/mine/.venv/bin/python3 x.py"), "{ran:?}");
}

/// A program that others can change is written to the unit if it was given, but not run before.
#[apply(booted_test)]
fn what_others_can_change_is_not_tried() {
    let host = booted();
    host.add_user("mallory");
    let session = host.open_session("ann");
    let marks = "touch /tmp/ran-$(id -un)";
    environment(&host, "mallory", "/srv/theirs", marks);
    environment(&host, "ann", "/srv/shared", marks);
    host.root("chmod").args(["777", "/srv/shared/bin"]).text();
    environment(&host, "ann", "/srv/modules", marks);
    host.root("install").args(["-d", "-o", "ann", "-m", "777", "/srv/modules/lib/python3/site-packages"]).text();
    host.root("ln").args(["-s", "/srv/theirs/bin/python3", "/srv/python3"]).text();
    program(&host, "ann", "/srv/first-line/python3", "#!/srv/theirs/bin/python3\n");
    program(&host, "ann", "/srv/by-env/serve", "#!/usr/bin/env -S python3 -u\n");
    host.root("chmod").args(["755", "/srv", "/srv/first-line", "/srv/by-env"]).text();
    host.root("chown").args(["ann:", "/srv/first-line", "/srv/by-env"]).text();
    program(&host, "ann", "/home/ann/by-path", "#!/home/ann/bin/python3\n");
    program(&host, "ann", "/home/ann/bin/python3", "#!/bin/sh\nexec only-there\n");
    program(&host, "ann", "/srv/shared/bin/only-there", &format!("#!/bin/sh\n{marks}\n"));
    file(&host, "ann", "/home/ann/app.py", "");
    for (name, line) in [
        ("by its path", "mkservice --dry-run /srv/theirs/bin/python3 app.py"),
        ("behind a link", "mkservice --dry-run /srv/python3 app.py"),
        ("in a directory of everybody's", "mkservice --dry-run /srv/shared/bin/python3 app.py"),
        ("named by a first line", "mkservice --dry-run /srv/first-line/python3 app.py"),
        ("found in PATH", "PATH=/srv/theirs/bin:$PATH mkservice --dry-run python3 app.py"),
        ("found in PATH by a first line", "PATH=/srv/theirs/bin:$PATH mkservice --dry-run /srv/by-env/serve app.py"),
        ("found in a PATH that others can put programs on", "PATH=$PATH:/srv/shared/bin mkservice --dry-run ./by-path"),
        ("loaded by it", "PYTHONPATH=/srv/theirs mkservice --dry-run -E PYTHONPATH=/srv/theirs python3 app.py"),
        ("loaded from a directory of theirs", "cd /srv/theirs && mkservice --dry-run python3 ~/app.py"),
        ("in an environment with modules of everybody's", "mkservice --dry-run /srv/modules/bin/python3 app.py"),
    ] {
        let ran = ran(session.run("sh").args(["-c", line]));
        assert_eq!(ran.code, 0, "{name}: {ran:?}");
        let left = host.root("sh").args(["-c", "ls -d /tmp/ran* 2>/dev/null || :"]).text();
        assert_eq!(left, "", "{name}: {ran:?}");
        assert!(ran.stdout.contains("was not tried, because "), "{name}: {ran:?}");
    }
}

#[apply(booted_test)]
fn nothing_that_is_found_is_run_as_root() {
    let host = booted();
    host.root("mkdir").args(["-p", "/opt/tool"]).text();
    program(&host, "root", "/opt/tool/python3", "#!/bin/sh\nid -un >> /var/tmp/ran\nexec /usr/bin/python3 \"$@\"\n");
    host.root("sh").args(["-c", "touch /var/tmp/ran && chmod 666 /var/tmp/ran"]).text();
    let ran = by_root(&host, "cd / && mkservice --dry-run --name t -- /opt/tool/python3 -m http.server");
    assert_eq!(ran.code, 0, "{ran:?}");
    let users = content(&host, "/var/tmp/ran");
    assert!(!users.is_empty() && users.lines().all(|user| user == "nobody"), "{users}");
}

/// A process that inherits root's session keyring possesses the keys in it, as any user.
#[apply(booted_test)]
fn the_callers_keys_stay_with_the_caller() {
    let host = with_project("cat /proc/keys >>/home/ann/keys");
    let script = "\
import ctypes, os, platform, sys
add_key, keyctl = {'x86_64': (248, 250), 'aarch64': (217, 219)}[platform.machine()]
libc = ctypes.CDLL(None, use_errno=True)
assert libc.syscall(keyctl, 1, None) > 0, os.strerror(ctypes.get_errno())
assert libc.syscall(add_key, b'user', b'key-of-root', b'p4ssw0rd', 8, -3) > 0, os.strerror(ctypes.get_errno())
os.execvp('sh', ['sh', '-c', 'cat /proc/keys; ' + sys.argv[1]])
";
    let ran = ran(host.root("python3").args(["-c", script, FOR_ANN]));
    assert!(ran.code == 0 && ran.stdout.contains("key-of-root"), "{ran:?}");
    let keys = content(&host, "/home/ann/keys");
    assert!(keys.contains("keyring") && !keys.contains("key-of-root"), "{keys}");
}

#[apply(booted_test)]
fn memory_and_tasks_are_limited() {
    let host = with_project(
        "unit=$(sed -n 's/.*\\(mkservice-trial-[0-9]*[.]scope\\).*/\\1/p' /proc/self/cgroup | head -n 1)\n\
         systemctl show -p MemoryMax -p TasksMax \"$unit\" >>/home/ann/limits",
    );
    let ran = by_root(&host, FOR_ANN);
    assert_eq!(ran.code, 0, "{ran:?}");
    let limits = content(&host, "/home/ann/limits");
    assert!(limits.contains("MemoryMax=2147483648\n") && limits.contains("TasksMax=1024\n"), "{limits}");
}

/// Python executes some of the modules before any script.
#[apply(booted_test)]
fn modules_that_others_can_change_are_not_loaded() {
    let host = with_project("touch /tmp/ran-$(id -un)");
    host.add_user("mallory");
    let site = "/home/ann/project/.venv/lib/python3.11/site-packages";
    let own = "/home/ann/.local/lib/python3.11/site-packages";
    for (name, prepare) in [
        ("a file", format!("touch {site}/x.pth; chmod 666 {site}/x.pth")),
        ("deeper down", format!("mkdir -p {site}/a/b/c; chmod 777 {site}/a/b/c")),
        (
            "a compiled module",
            format!("mkdir {site}/__pycache__; cd {site}/__pycache__; touch x.pyc; chown mallory x.pyc"),
        ),
        (
            "behind a link",
            format!("mkdir /home/mallory/m; chown mallory /home/mallory/m; ln -s /home/mallory/m {site}/m"),
        ),
        ("named by a .pth file", format!("mkdir /srv/m; chown mallory /srv/m; echo /srv/m >{site}/m.pth")),
        (
            "of the user",
            format!("mkdir -p {own}; touch {own}/m.py; chown -R ann: /home/ann/.local; chown mallory {own}/m.py"),
        ),
    ] {
        let reset = format!("rm -rf {site} /home/ann/.local /srv/m /home/mallory/m /tmp/ran*; mkdir -p {site}");
        host.root("sh").args(["-c", &format!("{reset}; chown -R ann: /home/ann/project/.venv; {prepare}")]).text();
        let ran = by_root(&host, FOR_ANN);
        assert_eq!(ran.code, 0, "{name}: {ran:?}");
        let left = host.root("sh").args(["-c", "ls -d /tmp/ran* 2>/dev/null || :"]).text();
        assert_eq!(left, "", "{name}: {ran:?}");
        assert!(ran.stdout.contains("was not tried, because "), "{name}: {ran:?}");
    }
}

/// A group counts by its members: that of the owner alone is like its owner.
#[apply(booted_test)]
fn an_environment_of_a_group_counts_if_it_has_no_other_members() {
    let host = with_project("touch /tmp/ran-$(id -un)");
    host.add_user("mallory");
    host.root("sh").args(["-c", "mkdir -p /home/ann/project/.venv/lib/python3.11/site-packages/a"]).text();
    let writable = "chown -R ann: /home/ann/project && chmod -R g+w /home/ann/project";
    host.root("sh").args(["-c", writable]).text();
    let tried = by_root(&host, FOR_ANN);
    assert!(tried.stdout.contains("ExecStart=/home/ann/project/.venv/bin/python3 app.py"), "{tried:?}");
    assert!(!tried.stdout.contains("was not tried"), "{tried:?}");
    host.root("ls").arg("/tmp/ran-ann").text();
    host.root("sh").args(["-c", "rm /tmp/ran-ann && usermod -aG ann mallory"]).text();
    let ignored = by_root(&host, FOR_ANN);
    assert!(ignored.stdout.contains("is ignored: mallory can change"), "{ignored:?}");
    assert_eq!(host.root("sh").args(["-c", "ls -d /tmp/ran* 2>/dev/null || :"]).text(), "");
}

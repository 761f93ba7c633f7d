//! Privileges: a command is resolved as the user who ran it, and root only installs the result.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::process::{Command, Stdio};

use snapbox::str;

use crate::host::{Host, Inside};
use crate::setup::{Ran, booted, done, fails, file, program, property, ran, same, traces};

pub const NO_PASSWORD: &str = "ann ALL=(ALL) NOPASSWD: ALL";

const PASSWORD: &str = "ann ALL=(ALL) ALL";

/// A host on which ann can become root by a rule of sudoers(5); her password is `secret`.
pub fn with_sudo(rule: &str) -> Host {
    let host = booted();
    allow_sudo(&host, rule);
    host
}

/// The same on an existing host.
pub fn allow_sudo(host: &Host, rule: &str) {
    host.add_user("ann");
    assert!(host.path("/usr/bin/sudo").exists(), "these tests need sudo: apt-get install sudo");
    file(host, "root", "/etc/sudoers.d/ann", &format!("{rule}\n"));
    // sudo warns about a host name without an address.
    let prepare = "chmod 440 /etc/sudoers.d/ann; echo ann:secret | chpasswd; echo 127.0.0.1 $(hostname) >> /etc/hosts";
    host.root("sh").args(["-ec", prepare]).text();
}

/// mkservice for a system service, run by ann.
pub fn by_ann(host: &Host, words: &[&str]) -> Command {
    let mut mkservice = host.user("ann", "/usr/local/bin/mkservice");
    mkservice.arg("--system").args(words);
    mkservice
}

/// The same on her own terminal, where she enters the keys each time the question appears.
fn on_terminal(host: &Host, question: &str, keys: &str, words: &[&str]) -> Ran {
    let mut python = host.user("ann", "python3");
    python.args(["-c", include_str!("../support/terminal.py"), question, keys]);
    let mut ran = ran(python.args(["/usr/local/bin/mkservice", "--system"]).args(words));
    ran.stdout = ran.stdout.replace('\r', "");
    ran
}

const QUESTION: &str = "password for ann";

fn is_absent(host: &Host, unit: &str) -> bool {
    property(host.root("systemctl"), unit, "LoadState") == "not-found"
}

#[apply(booted_test)]
fn service_runs_as_the_invoking_user() {
    let host = with_sudo(NO_PASSWORD);
    host.user("ann", "python3").args(["-m", "venv", "--without-pip", "/home/ann/venv"]).text();
    file(&host, "ann", "/home/ann/project/app.py", "import time\ntime.sleep(1000)\n");
    let line = ["--setenv", "MARK", "python", "app.py"];
    let typed = || {
        let mut mkservice = by_ann(&host, &line);
        mkservice.cwd("/home/ann/project").env("MARK", "from her shell");
        mkservice.env("PATH", "/home/ann/venv/bin:/usr/local/bin:/usr/bin:/bin");
        mkservice
    };
    let said = done(&mut typed());
    let (plan, result) = said.split_once("start appd.service\n").expect("the plan ends with the start");
    assert!(
        plan.starts_with(
            "root privileges are required; running with sudo:\n  write /etc/systemd/system/appd.service\n"
        )
    );
    assert!(plan.contains("\n      ExecStart=/home/ann/venv/bin/python app.py\n"), "{plan}");
    same(
        result.to_owned(),
        str![[r#"
appd is running (system service as ann)
  command   /home/ann/venv/bin/python app.py
  directory /home/ann/project
  unit      /etc/systemd/system/appd.service
  logs      sudo journalctl -u appd -f
  remove    sudo mkservice remove appd

"#]],
    );
    let pid = property(host.root("systemctl"), "appd", "MainPID");
    assert_eq!(host.root("stat").args(["-c", "%U", &format!("/proc/{pid}")]).text(), "ann\n");
    assert_eq!(host.root("readlink").arg(format!("/proc/{pid}/cwd")).text(), "/home/ann/project\n");
    let environment = host.root("cat").arg(format!("/proc/{pid}/environ")).text();
    assert!(environment.split('\0').any(|variable| variable == "MARK=from her shell"), "{environment}");
    assert_eq!(host.root("stat").args(["-c", "%U %a", "/etc/systemd/system/appd.service"]).text(), "root 644\n");

    // If nothing would change, root privileges are not requested, and neither for reading.
    host.root("rm").arg("/etc/sudoers.d/ann").text();
    let said = done(&mut typed());
    assert!(said.starts_with("appd is running (system service as ann, unchanged)\n"), "{said}");
    assert!(done(by_ann(&host, &["--dry-run", "sleep", "7"]).cwd("/")).contains("would start sleep.service"));
    assert_eq!(ran(by_ann(&host, &["--check", "sleep", "7"]).cwd("/")).code, 5);
}

#[apply(booted_test)]
fn sudo_prompts_for_a_password() {
    let host = with_sudo(PASSWORD);
    let ran = on_terminal(&host, QUESTION, "secret\n", &["sleep", "1000"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let (plan, result) = ran.stdout.split_once(QUESTION).expect("the plan comes before the question");
    assert!(plan.contains("  write /etc/systemd/system/sleep.service\n"), "{plan}");
    assert!(result.contains("sleep is running (system service as ann)\n"), "{result}");
    assert_eq!(property(host.root("systemctl"), "sleep", "User"), "ann");
}

#[apply(booted_test)]
fn refused_sudo_changes_nothing() {
    let host = with_sudo(PASSWORD);
    let before = traces(&host);
    // Without a terminal there is no prompt.
    let said = fails_after_plan(by_ann(&host, &["sleep", "1000"]).cwd("/srv"));
    same(
        said,
        str![[r#"
error: root privileges are required, but sudo says: a password is required; nothing was changed
hint: run it in a terminal, where you can enter a password: cd /srv && mkservice --system sleep 1000

"#]],
    );
    // A wrong password, as often as sudo accepts one; then a user without permission.
    let wrong = on_terminal(&host, QUESTION, "wrong\n", &["sleep", "1000"]);
    host.root("rm").arg("/etc/sudoers.d/ann").text();
    let stranger = on_terminal(&host, QUESTION, "secret\n", &["sleep", "1000"]);
    for (ran, reason) in [(wrong, "incorrect password attempts"), (stranger, "ann is not in the sudoers file")] {
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.stdout.contains(reason), "{ran:?}");
        assert!(ran.stdout.contains("\nerror: root privileges are required, but sudo did not grant them"), "{ran:?}");
    }
    assert!(is_absent(&host, "sleep"));
    assert_eq!(traces(&host), before.replace("/etc/sudoers.d/ann", ""));
}

/// Runs a command that shows its plan and is then refused; returns its stderr.
#[track_caller]
fn fails_after_plan(command: &mut Command) -> String {
    let ran = ran(command);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stdout.starts_with("root privileges are required; "), "{ran:?}");
    ran.stderr
}

#[apply(booted_test)]
fn interrupted_prompt_changes_nothing() {
    let host = with_sudo(PASSWORD);
    let before = traces(&host);
    let ran = on_terminal(&host, QUESTION, "\x03", &["sleep", "1000"]);
    assert_eq!(ran.code, 130, "{ran:?}");
    assert!(ran.stdout.contains("\nerror: interrupted while asking for a password; nothing was changed\n"), "{ran:?}");
    assert!(is_absent(&host, "sleep"));
    assert_eq!(traces(&host), before);
}

#[apply(booted_test)]
fn arguments_survive_sudo_byte_for_byte() {
    let host = with_sudo(NO_PASSWORD);
    let odd = b"\xff\xfe 100%41 %h\n\t\"'\\$HOME\x01\xc3\xa9";
    let mut mkservice =
        by_ann(&host, &["--name", "odd", "--", "sh", "-c", "printf %s \"$1\" > out; exec sleep 1000", "sh"]);
    let ran = ran(mkservice.arg(OsStr::from_bytes(odd)));
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stderr.starts_with("warning: the command contains bytes that are not UTF-8"), "{ran:?}");
    assert_eq!(ran.stderr.matches("warning:").count(), 1, "{ran:?}");
    assert_eq!(std::fs::read(host.path("/home/ann/out")).unwrap(), odd);
}

#[apply(booted_test)]
fn json_output_is_one_document() {
    let host = with_sudo(NO_PASSWORD);
    let document = |words: &[&str], code: i32| -> serde_json::Value {
        let ran = ran(by_ann(&host, &[&["--json"], words].concat()).cwd("/"));
        assert_eq!((ran.code, ran.stderr.as_str()), (code, ""), "{ran:?}");
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
    };
    let made = document(&["--uid", "root", "sleep", "1000"], 0);
    assert_eq!((made["verb"].as_str(), made["changed"].as_bool()), (Some("add"), Some(true)), "{made}");
    assert_eq!(made["services"][0]["name"], "sleep");
    assert_eq!(made["warnings"].as_array().unwrap().len(), 1, "{made}");

    // Errors that only root can find are passed on, and nothing was written.
    host.add_user("bob");
    program(&host, "ann", "/home/ann/private/server", "#!/bin/sh\nexec sleep 1000\n");
    host.root("sh").args(["-c", "chown ann: /home/ann/private; chmod 700 /home/ann/private"]).text();
    let refused = document(&["--uid", "bob", "/home/ann/private/server"], 2);
    let message = refused["errors"][0]["message"].as_str().unwrap();
    assert!(
        message
            .starts_with("user `bob` cannot execute the program `/home/ann/private/server`: no search permission on"),
        "{refused}"
    );
    assert!(is_absent(&host, "server"));
    // So is a service that fails to start.
    let down = document(&["--name", "down", "--service-type", "oneshot", "false"], 3);
    assert_eq!(down["exit_code"], 3);

    host.root("sh").args(["-c", "echo 'ann ALL=(ALL) ALL' > /etc/sudoers.d/ann"]).text();
    let refused = document(&["--name", "other", "sleep", "1000"], 2);
    assert!(refused["errors"][0]["message"].as_str().unwrap().contains("a password is required"), "{refused}");
}

/// Passes an order to the elevated process by hand.
fn ordered(host: &Host, order: &str) -> Ran {
    let mut mkservice = host.root("mkservice");
    mkservice.arg("install-plan").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = mkservice.spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), order.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ran { code: output.status.code().unwrap_or(-1), stdout: shown(&output.stdout), stderr: shown(&output.stderr) }
}

#[apply(booted_test)]
fn root_validates_the_plan_again() {
    let host = booted();
    host.add_user("ann");
    program(&host, "ann", "/home/ann/server", "#!/bin/sh\nexec sleep 1000\n");
    let order = |account: &str, program: &str, directory: &str, files: &str| {
        format!(
            r#"{{"format": 4, "version": "{}", "order": {{"offline": false, "arguments": [], "editors": [], "applied": null,
            "services": [{{"notes": [], "warnings": [], "secrets": [],
            "install": {{"settle": {{"secs": 0, "nanos": 0}}, "start": true, "enable": true, "rollback": true,
            "changing": {{"force": false}}, "max_exposure": null, "replaces": "Related"}},
            "spec": {{"name": "x", "description": "x", "command": [{{"Unix": {:?}}}], "working_directory": "{directory}",
            "environment": [], "environment_files": [{files}], "account": {account}, "group": null,
            "service_type": "exec", "restart": {{"policy": "no", "delay": "1s"}}, "socket": null, "watch": null,
            "needs": [], "prelude": null, "exec_options": {{"expand_environment": false, "ignore_failure": false}},
            "dependencies": {{"after": [], "requires": [], "wants": [], "part_of": [], "on_failure": []}},
            "instances": null, "timer": null, "hardening": null, "failure": null, "log_file": null, "directives": {{}},
            "privileged_ports": false, "properties": [], "typed": [], "applied_from": null}}}}]}}}}"#,
            env!("CARGO_PKG_VERSION"),
            program.as_bytes()
        )
    };
    let before = traces(&host);
    for (order, reason) in [
        (String::new(), "cannot accept the installation plan: EOF while parsing"),
        (order("null", "/home/ann/server", "/", ""), "x would run as root, but ann can change the program"),
        (order("\"ghost\"", "/home/ann/server", "/", ""), "no such user `ghost`"),
        (order("\"0\"", "/home/ann/server", "/", ""), "no such user `0`"),
        (order("\"ann\"", "/etc/passwd", "/", ""), "user `ann` cannot execute the program `/etc/passwd`"),
        (order("\"ann\"", "/home/ann/gone", "/", ""), "user `ann` cannot execute the program `/home/ann/gone`"),
        (order("\"ann\"", "/home/ann/server", "/gone", ""), "cannot use the working directory `/gone`"),
        (order("\"ann\"", "/home/ann/server", "/", "[\"/gone\", false]"), "cannot read the environment file `/gone`"),
        (order("\"ann\"", "server", "/", ""), "a program is not an absolute path"),
    ] {
        let ran = ordered(&host, &order);
        assert_eq!(ran.code, 2, "{order}: {ran:?}");
        assert!(
            ran.stderr.starts_with(&format!("error: {reason}")) || ran.stderr.contains(reason),
            "{reason}: {ran:?}"
        );
    }
    assert_eq!(traces(&host), before);
    let ran = ordered(&host, &order("\"ann\"", "/home/ann/server", "/", ""));
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(property(host.root("systemctl"), "x", "User"), "ann");
    let said = fails(2, host.user("ann", "mkservice").arg("install-plan"));
    assert!(said.starts_with("error: changing system services requires root privileges\n"), "{said}");
}

#[apply(booted_test)]
fn first_available_privilege_tool_is_used() {
    let host = with_sudo(NO_PASSWORD);
    let ways = |names: &[&str]| {
        host.root("sh").args(["-c", "rm -rf /opt/ways; mkdir /opt/ways"]).text();
        for name in names {
            let script = "#!/bin/sh\necho \"${0##*/} $*\" > /home/ann/called; echo 'not today' >&2; exit 1\n";
            program(&host, "root", &format!("/opt/ways/{name}"), script);
        }
        host.root("ln").args(["-s", "/usr/bin/sleep", "/opt/ways/"]).text();
        ran(by_ann(&host, &["sleep", "1000"]).cwd("/").env("PATH", "/opt/ways"))
    };
    for (names, expected) in [
        (&["sudo", "run0", "pkexec"][..], "sudo -n -- /usr/local/bin/mkservice install-plan\n"),
        (&["run0", "pkexec"], "run0 --background= -- /usr/local/bin/mkservice install-plan\n"),
        (&["pkexec"], "pkexec /usr/local/bin/mkservice install-plan\n"),
    ] {
        let ran = ways(names);
        assert_eq!(ran.code, 2, "{ran:?}");
        let said =
            format!("error: root privileges are required, but {} says: not today; nothing was changed\n", names[0]);
        assert!(ran.stderr.starts_with(&said), "{ran:?}");
        assert_eq!(std::fs::read_to_string(host.path("/home/ann/called")).unwrap(), expected);
    }
    let ran = ways(&[]);
    same(
        ran.stderr,
        str![[r#"
error: root privileges are required, but none of sudo, run0 and pkexec is installed
hint: run it as root: mkservice --uid ann --system sleep 1000

"#]],
    );
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
}

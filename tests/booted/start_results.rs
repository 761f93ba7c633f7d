//! Exit code 0 means that the service is running: every failure is reported with its reason, in both scopes.

use crate::host::{Host, Inside};
use crate::scope::Scope;
use crate::setup::{booted, done, fails, file, program, property, ran, system, systemctl_user};

/// A service that cannot work: its command, the exit code, and the expected messages.
pub struct Case {
    words: &'static [&'static str],
    code: i32,
    told: &'static [&'static str],
}

pub const fn case(words: &'static [&'static str], code: i32, told: &'static [&'static str]) -> Case {
    Case { words, code, told }
}

const CASES: &[Case] = &[
    // An exit status of the program differs from systemd's own use of the same number.
    case(&["--", "sh", "-c", "echo mine; exit 203"], 3, &["the program exited with status 203", "    mine"]),
    case(&["-p", "SuccessExitStatus=3", "--", "sh", "-c", "exit 3"], 3, &["exited with status 3"]),
    case(&["-p", "RuntimeMaxSec=300ms", "sleep", "9"], 3, &["it exceeded a timeout and was stopped by systemd"]),
    case(
        &["-p", "Requires=missing.service", "-p", "After=missing.service", "sleep", "9"],
        3,
        &["missing.service not found"],
    ),
    case(&["-p", "AssertPathExists=/missing", "sleep", "9"], 3, &["an assertion of its unit does not hold"]),
    case(
        &["--restart-sec", "1ms", "-p", "StartLimitBurst=0", "--", "sh", "-c", "echo me; exit 4"],
        3,
        &["exited with status 4"],
    ),
    // Failures that `systemctl start` alone reports as success.
    case(&["./missing"], 2, &["program `./missing` not found"]),
    case(&["./plain.txt"], 2, &["/plain.txt` is not executable", "chmod +x"]),
    case(&["python3", "raises.py"], 3, &["exited with status 1", "RuntimeError: no database"]),
    case(&["python3", "dies.py"], 3, &["exited with status 7", "about to die"]),
    case(
        &["python3", "missing.py"],
        2,
        &["no script `missing.py` in the working directory `/home/ann`", "--working-directory DIR"],
    ),
    case(&["--force", "python3", "missing.py"], 3, &["can't open file", "why: the script does not exist"]),
    case(
        &["--working-directory", "/", "python3", "dies.py"],
        2,
        &["no script `dies.py` in the working directory `/`", "hint: give its full path: /home/ann/dies.py"],
    ),
    case(
        &["--force", "--environment-file", "exported", "--", "sh", "-c", ": ${TOKEN:?is needed}"],
        3,
        &["why: systemd ignores a line of `/home/ann/exported`", "export TOKEN=1", "without `export`"],
    ),
    case(
        &["--environment-file", "latin1", "sleep", "9"],
        2,
        &["line 1 is not valid UTF-8 for systemd", "iconv -f LATIN1 -t UTF-8 /home/ann/latin1"],
    ),
    case(
        &["--force", "--environment-file", "latin1", "sleep", "9"],
        3,
        &["why: an environment file contains text that is not UTF-8", "hint: file -- /home/ann/latin1"],
    ),
    case(&["-p", "NoNewPrivileges=yes", "--", "sh", "-c", "exec sudo true"], 3, &["no new privileges", "use --uid"]),
    case(
        &["--restart", "always", "--restart-sec", "1ms", "-p", "StartLimitBurst=2", "--settle", "5s", "true"],
        3,
        // Whether it is seen between two attempts or after the last one depends on the machine.
        &["t failed to start: ", "\n    t.service: "],
    ),
    case(&["--working-directory", "/missing", "sleep", "9"], 2, &["cannot use the working directory `/missing`"]),
    // More reasons.
    case(
        &["python3", "module.py"],
        3,
        &["No module named 'nosuchmodule'", "why: this Python does not have the module"],
    ),
    case(
        &["./interpreter"],
        3,
        &["why: its first line names the interpreter `/no/such/interpreter`, which does not exist"],
    ),
    case(&["./windows"], 3, &["has Windows line endings", "hint: sed -i"]),
    case(&["./nothing"], 3, &["neither a program for this machine nor a script"]),
    case(&["true"], 3, &["the program exited with status 0", "hint: for a command that exits: --service-type oneshot"]),
    case(
        &["--", "sh", "-c", "nosuchcommand"],
        3,
        &[
            "exited with status 127",
            "nosuchcommand: not found",
            "why: a command that it runs is not in the service's PATH",
        ],
    ),
    case(&["--", "sh", "-c", "/etc/passwd"], 3, &["exited with status 126", "why: "]),
    case(&["--", "sh", "-c", "kill -SEGV $$"], 3, &["SIGSEGV"]),
    case(&["--", "sh", "-c", "kill -KILL $$"], 3, &["the program was killed by SIGKILL"]),
    case(
        &["--service-type", "notify", "-p", "TimeoutStartSec=500ms", "sleep", "9"],
        3,
        &["it exceeded a timeout", "hint: for a program that does not report it: --service-type exec"],
    ),
    case(
        &["-p", "SystemCallFilter=~mkdir mkdirat", "--", "mkdir", "/tmp/x"],
        3,
        &["SIGSYS", "why: it used a system call that a filter forbids", "SystemCallFilter=~mkdir mkdirat"],
    ),
    case(&["-p", "ConditionPathExists=/missing", "sleep", "9"], 3, &["a condition of its unit is not met"]),
    case(
        &["-p", "ExecStartPre=/missing/before", "sleep", "9"],
        3,
        &["why: `/missing/before` cannot be executed: no such file or directory"],
    ),
    case(
        &["--service-type", "oneshot", "--", "sh", "-c", "echo half done; exit 3"],
        3,
        &["exited with status 3", "half done"],
    ),
    case(
        &["python3", "port.py"],
        3,
        &["Address already in use", "why: another process listens on that address already"],
    ),
    case(&["--force", "--environment-file", "variables", "sleep", "9"], 0, &[]),
    case(
        &["-p", "ExecStop=relative", "-p", "Type=oneshot", "-p", "ExecStart=", "-p", "ExecStart=no", "sleep", "9"],
        3,
        &["failed to start"],
    ),
];

/// The programs and scripts of the cases.
fn furnish(host: &Host) {
    host.add_user("ann");
    for (name, text) in [
        ("plain.txt", "text\n"),
        ("raises.py", "raise RuntimeError('no database')\n"),
        ("dies.py", "import time, sys\nprint('about to die')\ntime.sleep(0.3)\nsys.exit(7)\n"),
        ("module.py", "import nosuchmodule\n"),
        ("variables", "A=1\n"),
        ("exported", "export TOKEN=1\n"),
        (
            "sudo",
            "#!/bin/sh\ngrep -q 'NoNewPrivs:.1' /proc/self/status && echo 'sudo: The \"no new privileges\" flag is set, which prevents sudo from running as root.' >&2 && exit 1\n",
        ),
        (
            "port.py",
            "import socket, time\ns = socket.socket()\ns.bind(('127.0.0.1', 8123))\ns.listen()\ntime.sleep(1000)\n",
        ),
    ] {
        file(host, "ann", &format!("/home/ann/{name}"), text);
    }
    for (name, text) in
        [("interpreter", "#!/no/such/interpreter\n"), ("windows", "#!/bin/sh\r\necho hi\r\n"), ("nothing", "hello\n")]
    {
        program(host, "ann", &format!("/home/ann/{name}"), text);
    }
    host.root("chmod").args(["755", "/home/ann"]).text();
    host.root("sh").args(["-c", "printf 'A=\\377\\n' > /home/ann/latin1; chmod 700 /home/ann/sudo; install -m 755 /home/ann/sudo /usr/local/bin/sudo; chown ann: /home/ann/latin1"]).text();
    let closed = "mkdir -p /root/inner /opt/closed && chmod 700 /opt/closed && cp /bin/sleep /opt/closed/tool && cp /bin/sleep /opt/private && chmod 700 /opt/private; echo 'print(1)' > /opt/secret.py; chmod 600 /opt/secret.py; printf '#!/bin/sh\nexec sleep 9\n' > /opt/closed-script; chmod 711 /opt/closed-script";
    host.root("sh").args(["-c", closed]).text();
    // Another process is already listening there.
    host.root("systemd-run")
        .args(["--quiet", "--unit=listener", "-p", "Type=exec", "python3", "/home/ann/port.py"])
        .text();
    let ready = "until ss -ltn 2>/dev/null | grep -q :8123 || python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", 8123))' 2>/dev/null; do sleep 0.02; done";
    host.root("timeout").args(["30", "sh", "-c", ready]).text();
}

pub fn check(host: &Host, mkservice: &dyn Fn() -> std::process::Command, case: &Case) {
    let before = crate::setup::traces(host);
    let mut command = mkservice();
    let ran = ran(command.args(["--name", "t", "--no-linger"]).args(case.words));
    assert_eq!(ran.code, case.code, "{:?}: {ran:?}", case.words);
    for told in case.told {
        assert!(ran.stderr.contains(told), "{:?}: {told:?} is not in\n{}\n{}", case.words, ran.stderr, host.journal());
    }
    if case.code != 0 {
        assert_eq!(crate::setup::traces(host), before, "{:?}: something was left", case.words);
    } else {
        let mut remove = mkservice();
        assert_eq!(crate::setup::ran(remove.args(["remove", "t"])).code, 0, "{:?}", case.words);
    }
}

#[apply(booted_test)]
fn user_service_failures_are_explained() {
    let host = booted();
    furnish(&host);
    let session = host.open_session("ann");
    for case in CASES {
        check(&host, &|| session.run("mkservice"), case);
    }
}

/// mkservice as `sudo` runs it for ann, in her home.
pub fn sudo(host: &Host) -> std::process::Command {
    let mut mkservice = host.root("mkservice");
    mkservice.env("SUDO_UID", host.add_user("ann").to_string()).env("SUDO_USER", "ann").cwd("/home/ann");
    mkservice
}

#[apply(booted_test)]
fn system_service_failures_are_explained() {
    let host = booted();
    furnish(&host);
    for case in CASES {
        check(&host, &|| sudo(&host), case);
    }
}

#[apply(booted_test)]
fn failures_of_system_scope_are_explained() {
    let host = booted();
    furnish(&host);
    for case in [
        case(&["--uid", "nobody-here", "sleep", "9"], 2, &["no such user `nobody-here`"]),
        case(
            &["--uid", "daemon", "--working-directory", "/root/inner", "sleep", "9"],
            2,
            &["user `daemon` cannot access the working directory `/root/inner`: no search permission on `/root`"],
        ),
        case(
            &["--uid", "daemon", "--working-directory", "/", "/opt/closed/tool"],
            2,
            &["user `daemon` cannot execute the program `/opt/closed/tool`: no search permission on `/opt/closed`"],
        ),
        case(
            &["--uid", "daemon", "--working-directory", "/", "/opt/private"],
            2,
            &["user `daemon` cannot execute the program `/opt/private`", "namei -l /opt/private"],
        ),
        case(
            &["--force", "--uid", "daemon", "--working-directory", "/root/inner", "sleep", "9"],
            3,
            &["why: daemon cannot access the working directory `/root/inner`"],
        ),
        case(
            &["--uid", "root", "-p", "ProtectSystem=strict", "--", "sh", "-c", "echo x > /srv/f"],
            3,
            &["Read-only file system", "why: it writes to a read-only file system"],
        ),
        case(
            &["-p", "BindPaths=/missing:/mnt", "sleep", "9"],
            3,
            &[
                "why: BindPaths= cannot mount something at `/mnt`: no such file or directory",
                "leave out -p BindPaths=/missing:/mnt",
            ],
        ),
        case(&["-p", "User=gone", "sleep", "9"], 2, &["error: no such user `gone`", "hint: use --force"]),
        case(&["--force", "-p", "User=gone", "sleep", "9"], 3, &["why: the user `gone` does not exist any more"]),
        case(
            &["--uid", "daemon", "--working-directory", "/", "python3", "/opt/secret.py"],
            2,
            &["user `daemon` cannot read the script `/opt/secret.py`", "namei -l /opt/secret.py"],
        ),
        case(
            &["--uid", "daemon", "--working-directory", "/", "/opt/closed-script"],
            2,
            &["user `daemon` cannot read the script `/opt/closed-script`"],
        ),
    ] {
        check(&host, &|| sudo(&host), &case);
    }
    let dynamic = case(
        &["--force", "-p", "DynamicUser=yes", "--working-directory", "/root/inner", "sleep", "9"],
        3,
        &["why: the user that DynamicUser= allocates cannot access the working directory `/root/inner`"],
    );
    check(&host, &|| host.root("mkservice"), &dynamic);
}

#[apply(booted_test)]
fn failures_of_user_scope_are_explained() {
    let host = booted();
    furnish(&host);
    let session = host.open_session("ann");
    for case in [
        case(
            &["-p", "SupplementaryGroups=daemon", "sleep", "9"],
            2,
            &[
                "requires root privileges: the service would not start in a user manager",
                "hint: create a system service: --system -p",
            ],
        ),
        case(&["python3", "/opt/secret.py"], 2, &["user `ann` cannot read the script `/opt/secret.py`"]),
        case(
            &["--environment-file", "/opt/secret.py", "sleep", "9"],
            2,
            &["cannot read the environment file `/opt/secret.py`: permission denied"],
        ),
        case(
            &["-p", "AmbientCapabilities=CAP_KILL", "sleep", "9"],
            2,
            &["requires root privileges: the service would not start in a user manager"],
        ),
    ] {
        check(&host, &|| session.run("mkservice"), &case);
    }
}

#[apply(booted_test)]
fn settle_time_is_respected() {
    let host = booted();
    furnish(&host);
    let dies = |settle: &str| {
        let mut mkservice = sudo(&host);
        let code = ran(mkservice.args(["--name", "t", "--settle", settle, "python3", "dies.py"])).code;
        // One that fails is removed again.
        assert_eq!(ran(sudo(&host).args(["remove", "t"])).code, if code == 0 { 0 } else { 4 });
        code
    };
    // It exits after 0.3 s: a single check sees it running, a window of two seconds sees it exit.
    assert_eq!(dies("0"), 0);
    assert_eq!(dies("2s"), 3);
}

#[apply(booted_test)]
fn only_the_log_of_the_failed_run_is_shown() {
    let host = booted();
    let script = "echo run of $(cat /tmp/count 2>/dev/null || echo first); echo second > /tmp/count; exit 1";
    let ran = ran(system(&host, "daemon").args(["--name", "t", "--restart-sec", "100ms", "--", "sh", "-c", script]));
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("run of first") && !ran.stderr.contains("run of second"), "{}", ran.stderr);
    assert_ne!(property(host.root("systemctl"), "t", "NRestarts"), "");
}

#[apply(booted_test)]
fn service_that_exits_is_reported_as_failed() {
    let host = booted();
    let session = host.open_session("ann");
    let said = fails(3, session.run("mkservice").args(["--name", "x", "--service-type", "oneshot", "false"]));
    assert!(said.starts_with("error: x failed to start: the program exited with status 1"), "{said}");
    program(&host, "ann", "/home/ann/broken", "#!/no/such/interpreter\n");
    let said = fails(3, session.run("mkservice").args(["--name", "y", "./broken"]));
    assert!(
        said.contains("why: its first line names the interpreter `/no/such/interpreter`, which does not exist"),
        "{said}"
    );
    assert_eq!(property(systemctl_user(&host, "ann"), "x", "LoadState"), "not-found");
}

#[apply(booted_test)]
fn exit_within_the_settle_time_is_a_failure(scope: &Scope<'_>) {
    let line = |settle: &'static str| {
        ["--name", "s", "--settle", settle, "--restart", "no", "--", "sh", "-c", "sleep 1; exit 7"]
    };
    done(&mut scope.mkservice(&line("0")));
    let said = fails(3, &mut scope.mkservice(&line("5")));
    assert!(said.contains("exited with status 7"), "{said}");
    done(&mut scope.verb(&["start", "s", "--settle", "0"]));
    let said = fails(3, &mut scope.verb(&["start", "s", "--settle", "5"]));
    assert!(said.contains("exited with status 7"), "{said}");
}

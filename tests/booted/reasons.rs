//! Why services do not start, as users report it of real ones: each reason is that of a real start.

use crate::host::{Host, Inside};
use crate::setup::{booted, done, fails, file, program, ran};
use crate::start_results::{Case, case, check, sudo};

const CASES: &[Case] = &[
    case(
        &["--uid", "daemon", "--working-directory", "/", "--", "python3", "-m", "http.server", "80"],
        3,
        &["why: daemon is not allowed to listen on a port below 1024", "hint: let it listen there: --privileged-ports"],
    ),
    case(
        &["--uid", "daemon", "--working-directory", "/", "/opt/reasons/nginx"],
        3,
        &["why: daemon is not allowed to listen on port 80: ports below 1024 belong to root", "--privileged-ports"],
    ),
    case(
        &["/opt/noexec/script"],
        2,
        &[
            "`/opt/noexec/script` is on a file system that is mounted noexec",
            "hint: show it: findmnt -T /opt/noexec/script",
        ],
    ),
    case(
        &["-p", "ProtectHome=yes", "/home/ann/tool", "9"],
        3,
        &["why: ProtectHome= hides `/home/ann/tool` from the service", "hint: leave out -p ProtectHome=yes"],
    ),
    case(
        &["-p", "ProtectHome=tmpfs", "--working-directory", "/home/ann", "sleep", "9"],
        3,
        &["why: ProtectHome= hides `/home/ann` from the service"],
    ),
    case(
        &["-p", "InaccessiblePaths=/opt/reasons", "--", "cat", "/opt/reasons/nginx"],
        3,
        &["why: InaccessiblePaths= hides `/opt/reasons/nginx`"],
    ),
    case(
        &["-p", "NoExecPaths=/opt/reasons", "/opt/reasons/nginx"],
        3,
        &["why: NoExecPaths= forbids to execute `/opt/reasons/nginx`"],
    ),
    case(
        &["-p", "ReadWritePaths=/missing", "sleep", "9"],
        3,
        &["why: ReadWritePaths= names `/missing`, which does not exist", "leave out -p ReadWritePaths=/missing"],
    ),
    case(
        &["--service-type", "forking", "-p", "TimeoutStartSec=500ms", "sleep", "9"],
        3,
        &[
            "why: Type=forking: systemd waited for the first process to exit, but the program stays in the foreground",
            "--service-type exec",
        ],
    ),
    case(
        &[
            "--service-type",
            "forking",
            "-p",
            "PIDFile=/run/never",
            "-p",
            "TimeoutStartSec=1s",
            "--",
            "sh",
            "-c",
            "sleep 9 & exit 0",
        ],
        3,
        &[
            "why: systemd waited for the PID file `/run/never`, which the program did not write",
            "-p PIDFile=/run/never",
        ],
    ),
    case(
        &["--service-type", "notify", "true"],
        3,
        &["why: it exited before it reported that it is ready", "--service-type exec"],
    ),
    case(
        &["-p", "ExecStartPre=sleep 9", "-p", "TimeoutStartSec=500ms", "sleep", "9"],
        3,
        &["why: a command of ExecStartPre= did not finish in time"],
    ),
    case(
        &["--", "/usr/bin/printf", "%s", "hi", "&&", "sleep", "9"],
        3,
        &[
            "why: systemd runs no shell: `&&` is an argument of the program",
            "hint: run the line with a shell: sh -c '/usr/bin/printf %s hi && sleep 9'",
        ],
    ),
    case(&[". x && node y"], 3, &["why: `.` looks for `x` in PATH", "hint: write it with a slash: . ./x"]),
    case(&["--", ".", "x", "&&", "node", "y"], 2, &["hint: run it with a shell: sh -c '. x && node y'"]),
    case(
        &["-p", "EnvironmentFile=\"/etc/x y\"", "sleep", "9"],
        2,
        &["has quotes, which systemd does not read there", "hint: -p 'EnvironmentFile=/etc/x y'"],
    ),
    case(
        &["-p", "WorkingDirectory='/srv'", "sleep", "9"],
        2,
        &["has quotes, which systemd does not read there", "hint: -p WorkingDirectory=/srv"],
    ),
    case(
        &["/opt/reasons/loader", "9"],
        3,
        &["why: `/opt/reasons/loader` needs the loader `/lib64/ld-muslx-x86-64.so.2`, which does not exist"],
    ),
    case(&["/opt/reasons/machine", "9"], 3, &["why: `/opt/reasons/machine` is built for another machine: "]),
    case(&["/opt/reasons/empty"], 3, &["why: `/opt/reasons/empty` is an empty file"]),
    case(&["/opt/reasons/busy", "9"], 3, &["why: `/opt/reasons/busy` is open for writing"]),
    case(&["-p", "StateDirectory=taken", "sleep", "9"], 3, &["why: systemd cannot apply StateDirectory=: "]),
    case(&["--", "sh", "-c", "kill -ILL $$"], 3, &["why: it uses an instruction that this CPU does not have"]),
    case(&["--", "sh", "-c", "nvm use 18"], 3, &["why: nvm is a function of interactive shells"]),
    case(
        &["--", "python3", "-c", "import socket; socket.create_connection(('127.0.0.1', 1))"],
        3,
        &["why: nothing listens where it connects to"],
    ),
    case(
        &["--", "python3", "-c", "import socket; socket.socket().bind(('192.0.2.1', 8000))"],
        3,
        &["why: no interface has the address that it listens on"],
    ),
];

fn furnish(host: &Host) {
    host.add_user("ann");
    let nginx = "#!/bin/sh\necho 'nginx: [emerg] bind() to 0.0.0.0:80 failed (13: Permission denied)' >&2\nexit 1\n";
    program(host, "root", "/opt/reasons/nginx", nginx);
    let make = "chmod 755 /home/ann && cp /bin/sleep /home/ann/tool && cd /opt/reasons \
                && sed 's/ld-linux-x86-64/ld-muslx-x86-64/' /bin/sleep > loader \
                && cp /bin/sleep machine && printf '\\363' | dd of=machine bs=1 seek=18 conv=notrunc status=none \
                && : > empty && cp /bin/sleep busy && chmod 755 loader machine empty busy && touch /var/lib/taken \
                && mkdir /opt/noexec && mount -t tmpfs -o noexec,mode=755 tmpfs /opt/noexec \
                && printf '#!/bin/sh\\nexec sleep 9\\n' > /opt/noexec/script && chmod 755 /opt/noexec/script";
    host.root("sh").args(["-c", make]).text();
    // It has the file open when the first process exits.
    let hold = "exec 9>>/opt/reasons/busy; sleep 1000 &";
    host.root("systemd-run").args(["--quiet", "--unit=writer", "-p", "Type=forking", "sh", "-c", hold]).text();
}

#[apply(booted_test)]
fn reported_failures_have_their_reason() {
    let host = booted();
    furnish(&host);
    for case in CASES {
        check(&host, &|| sudo(&host), case);
    }
}

#[apply(booted_test)]
fn a_user_service_cannot_have_low_ports() {
    let host = booted();
    let session = host.open_session("ann");
    let words = ["--name", "t", "--no-linger", "--", "python3", "-m", "http.server", "80"];
    let said = fails(3, session.run("mkservice").args(words));
    assert!(said.contains("why: your user is not allowed to listen on a port below 1024"), "{said}");
    assert!(said.contains("hint: create a system service that can: --system --privileged-ports"), "{said}");
}

/// What was fine when the service was created.
#[apply(booted_test)]
fn changes_after_the_installation_have_their_reason() {
    let host = booted();
    file(&host, "root", "/opt/mounted/keep", "");
    host.root("sh").args(["-c", "mount -t tmpfs tmpfs /opt/mounted && cp /bin/sleep /opt/mounted/tool"]).text();
    let mkservice = |words: &[&str]| {
        let mut mkservice = host.root("mkservice");
        mkservice.cwd("/").args(words);
        mkservice
    };
    assert_eq!(ran(&mut mkservice(&["--name", "t", "--settle", "0", "/opt/mounted/tool", "1000"])).code, 0);
    host.root("mount").args(["-o", "remount,noexec", "/opt/mounted"]).text();
    let said = fails(3, &mut mkservice(&["restart", "t"]));
    assert!(said.contains("why: `/opt/mounted/tool` is on a file system that is mounted noexec"), "{said}");
    host.root("mount").args(["-o", "remount,exec", "/opt/mounted"]).text();

    let quote = "sed -i 's|^WorkingDirectory=.*|WorkingDirectory=\"/srv\"|' /etc/systemd/system/t.service && systemctl daemon-reload";
    host.root("sh").args(["-c", quote]).text();
    let said = ran(&mut mkservice(&["restart", "t"]));
    assert!(said.stderr.contains("why: systemd reads no quotes in `WorkingDirectory=\"/srv\"`"), "{said:?}");
    done(&mut mkservice(&["remove", "t"]));
}

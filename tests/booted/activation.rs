//! Services started by a connection or by a change of a path.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use crate::host::{Host, Inside};
use crate::scope::Scope;
use crate::setup::{booted, done, fails, property, ran, same, system, traces, units};

/// What a server at an address says.
fn answer(host: &Host, address: &str) -> String {
    let script = "import socket, sys\n\
        where = sys.argv[1]\n\
        if where.startswith('/'):\n    s = socket.socket(socket.AF_UNIX); s.settimeout(30); s.connect(where)\n\
        else:\n    s = socket.create_connection(('127.0.0.1', int(where)), 30)\n\
        print(s.makefile().readline().strip())";
    let mut python = host.root("python3");
    python.args(["-c", script, address]).text().trim().to_owned()
}

fn serving(host: &Host) {
    let listener = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/booted/listener.py");
    host.install(listener, "/usr/local/share/listener.py", 0o644);
}

const SERVER: [&str; 2] = ["/usr/bin/python3", "/usr/local/share/listener.py"];

/// A directory in which systemd can create sockets in this scope.
fn directory(scope: &Scope<'_>) -> String {
    match scope.session {
        Some(session) => format!("/run/user/{}", session.run("id").arg("-u").text().trim()),
        None => "/run".into(),
    }
}

/// Adds the server with these options, and expects the note on what the program must do.
fn add(scope: &Scope<'_>, options: &[&str]) -> String {
    let made = ran(&mut scope.mkservice(&[&["--name", "web"], options, &["--"], &SERVER[..]].concat()));
    assert_eq!(made.code, 0, "{made:?}");
    assert!(made.stdout.contains("file descriptor 3"), "{made:?}");
    made.stdout
}

/// A program of root that listens on a port until its stdin is closed.
fn listening_on_7072(host: &Host) -> Child {
    let script = "import socket, sys\ns = socket.socket()\ns.bind(('127.0.0.1', 7072))\ns.listen()\n\
        print('listening', flush=True)\nsys.stdin.read()";
    let mut python = host.root("python3");
    let mut child = python.args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    child
}

#[apply(booted_test)]
fn connection_starts_the_service(scope: &Scope<'_>) {
    let host = scope.host;
    serving(host);
    let unix = format!("{}/web/a b%.sock", directory(scope));
    let before = traces(host);
    let both = ["--listen", "7070", "--listen", &unix];
    let told = add(scope, &both);
    assert!(told.starts_with("web waits for a connection ("), "{told}");
    assert!(told.contains("\n  listens   7070\n") && told.contains(&format!("\n            {unix}\n")), "{told}");
    let state = |unit: &str| scope.property(unit, "ActiveState");
    assert_eq!([state("web.service"), state("web.socket")], ["inactive", "active"]);
    let waits = done(&mut scope.verb(&["status", "web"]));
    assert!(waits.starts_with("web waits for a connection") && waits.contains(&unix), "{waits}");
    // Only the user of the service can connect.
    let who = if scope.session.is_some() { "ann" } else { "daemon" };
    assert_eq!(host.root("stat").args(["-c", "%U %a", &unix]).text().trim(), format!("{who} 660"));

    // The first connection starts it with both sockets.
    assert_eq!(answer(host, "7070"), "hello 2");
    assert_eq!(answer(host, &unix), "hello 2");
    let pid = scope.property("web", "MainPID");
    assert!(done(&mut scope.verb(&["status", "web"])).starts_with("web is running"), "{pid}");
    assert!(add(scope, &both).contains(", unchanged)"));
    assert_eq!(scope.property("web", "MainPID"), pid);

    // A new program with the same socket: only the service is restarted.
    let socket = scope.property("web.socket", "InvocationID");
    add(scope, &[&both[..], &["-E", "ANSWER=again"]].concat());
    assert_eq!(answer(host, "7070"), "again 2");
    assert_ne!(scope.property("web", "MainPID"), pid);
    assert_eq!(scope.property("web.socket", "InvocationID"), socket);

    // A new address while it is serving.
    add(scope, &["--listen", "127.0.0.1:7071"]);
    assert_eq!(state("web.service"), "inactive");
    assert_eq!(answer(host, "7071"), "hello 1");
    assert!(host.root("test").args(["!", "-e", &unix]).status().unwrap().success());

    // An address in use: the previous version is restored and serves.
    let mut other = listening_on_7072(host);
    let words = [&["--name", "web", "--listen", "7072", "--"], &SERVER[..]].concat();
    let refused = fails(3, &mut scope.mkservice(&words));
    assert!(refused.contains("7072 is in use: ") && refused.contains(" of root "), "{refused}");
    assert!(refused.contains("on 127.0.0.1:7072"), "{refused}");
    assert_eq!(answer(host, "7071"), "hello 1");
    drop(other.stdin.take());
    other.wait().unwrap();

    // To a program that listens itself, and back.
    let plain = ["--name", "web", "--", SERVER[0], SERVER[1], "--itself"];
    done(&mut scope.mkservice(&plain));
    assert_eq!([state("web.service"), state("web.socket")], ["active", "inactive"]);
    assert_eq!(answer(host, "7070"), "hello 0");
    add(scope, &["--listen", "7070"]);
    assert_eq!([state("web.service"), state("web.socket")], ["inactive", "active"]);
    assert_eq!(answer(host, "7070"), "hello 1");

    done(&mut scope.verb(&["stop", "web"]));
    assert_eq!([state("web.service"), state("web.socket")], ["inactive", "inactive"]);
    add(scope, &both);
    ran(&mut scope.verb(&["remove", "web"]));
    assert!(host.root("test").args(["!", "-e", &unix]).status().unwrap().success());
    assert_eq!(traces(host), before);
    assert!(!units(scope.systemctl()).contains("web"));
}

/// systemd deletes whatever is at the path of a socket.
#[apply(booted_test)]
fn file_or_socket_at_the_listen_path_is_kept(scope: &Scope<'_>) {
    let host = scope.host;
    serving(host);
    let directory = directory(scope);
    let (file, live) = (format!("{directory}/precious"), format!("{directory}/live.sock"));
    scope.run("sh").args(["-c", &format!("echo x > {file}")]).text();
    fn at(path: &str) -> Vec<&str> {
        [&["--name", "web", "--listen", path, "--"], &SERVER[..]].concat()
    }
    let expected = "is an existing file, which systemd would delete";
    same(fails(2, &mut scope.mkservice(&at(&file))), format!("error: --listen: `{file}` {expected}\n"));
    assert_eq!(host.root("cat").arg(&file).text(), "x\n");

    done_with_notes(scope, &[&["--name", "first", "--listen", &live, "--"], &SERVER[..]].concat());
    let refused = fails(2, &mut scope.mkservice(&at(&live)));
    assert!(refused.contains("is in use by another program, whose socket systemd would replace"), "{refused}");
    assert_eq!(answer(host, &live), "hello 1");
    if scope.session.is_some() {
        let denied = fails(2, &mut scope.mkservice(&at("/etc/web.sock")));
        assert!(denied.contains("no write permission on `/etc`"), "{denied}");
        let low = fails(2, &mut scope.mkservice(&at("80")));
        assert!(
            low.contains("requires root privileges, like all ports below 1024")
                && low.contains("hint: ")
                && low.contains("--system"),
            "{low}"
        );
    }
    done(&mut scope.verb(&["remove", "first"]));
}

#[track_caller]
fn done_with_notes(scope: &Scope<'_>, words: &[&str]) -> String {
    let made = ran(&mut scope.mkservice(words));
    assert_eq!(made.code, 0, "{made:?}");
    made.stdout
}

#[apply(booted_test)]
fn program_that_binds_its_own_port_is_explained() {
    let host = booted();
    serving(&host);
    let line = ["--name", "web", "--listen", "7070", "--restart-sec", "30s", "--", SERVER[0], SERVER[1], "--itself"];
    let made = ran(system(&host, "daemon").args(line));
    assert_eq!(made.code, 0, "{made:?}");
    let mut client = host.root("python3");
    let connect = "import socket, sys\ns = socket.create_connection(('127.0.0.1', 7070), 30)\nsys.stdin.read()";
    let mut client = client.args(["-c", connect]).stdin(std::process::Stdio::piped()).spawn().unwrap();
    let filters = ["-u", "web.service"];
    crate::setup::journal_until(|program| host.root(program), &filters, "Failed with result 'exit-code'");
    let told = ran(host.root("mkservice").args(["status", "web"]));
    assert_eq!(told.code, 3, "{told:?}");
    assert!(
        told.stdout.contains("why: the socket unit holds 7070 already, and the program opens it itself"),
        "{told:?}"
    );
    drop(client.stdin.take());
    client.wait().unwrap();
    // Without --listen it works.
    done(system(&host, "daemon").args(["--name", "web", "--", SERVER[0], SERVER[1], "--itself"]));
    assert_eq!(property(host.root("systemctl"), "web.socket", "LoadState"), "not-found");
    assert_eq!(answer(&host, "7070"), "hello 0");

    // Any user can serve ports below 1024.
    let low = ran(system(&host, "daemon").args(["--name", "low", "--listen", "127.0.0.1:80", "--"]).args(SERVER));
    assert_eq!(low.code, 0, "{low:?}");
    assert_eq!(answer(&host, "80"), "hello 1");
    let uid = property(host.root("systemctl"), "low", "MainPID");
    assert_eq!(host.root("stat").args(["-c", "%U", &format!("/proc/{uid}")]).text().trim(), "daemon");
}

#[apply(booted_test)]
fn path_change_starts_the_service(scope: &Scope<'_>) {
    let host = scope.host;
    let before = traces(host);
    let home = "/var/tmp/watched 100%";
    scope.run("mkdir").arg(home).text();
    let (data, runs) = (format!("{home}/data"), format!("{home}/runs"));
    host.root("sh").args(["-c", &format!("touch '{runs}' && chmod 777 '{home}' && chmod 666 '{runs}'")]).text();
    // The service exits after it has written its line.
    let line = ["--name", "job", "--on-path-changed", &data, "--", "/bin/sh", "-c", "echo ran >> \"$1\"", "sh", &runs];
    let made = ran(&mut scope.mkservice(&line));
    assert_eq!(made.code, 0, "{made:?}");
    assert!(made.stdout.starts_with("job waits for a change of its path ("), "{made:?}");
    assert!(made.stdout.contains("does not exist yet"), "{made:?}");
    assert_eq!(scope.property("job", "Type"), "oneshot");
    let change = |lines: usize| {
        let script = format!("echo x > '{data}'; while [ \"$(wc -l < '{runs}')\" -lt {lines} ]; do sleep 0.05; done");
        host.root("timeout").args(["60", "sh", "-c", &script]).text();
    };
    // More often than the start limit allows.
    (1..=8).for_each(change);
    let status = done(&mut scope.verb(&["status", "job"]));
    assert!(status.contains(&format!("\n  watches   {data} (PathChanged=)\n")), "{status}");
    let again = ran(&mut scope.mkservice(&line));
    assert!(again.stdout.contains(", unchanged)"), "{again:?}");

    // A path that is not removed starts the service until it reaches its start limit; the previous version is restored.
    let kept = ["--name", "job", "--on-path-exists", &data, "--", "/bin/true"];
    let still_there = format!("why: `{data}` still exists after each run");
    let refused = fails(3, &mut scope.mkservice(&[&["--settle", "5s"], &kept[..]].concat()));
    assert!(refused.contains(&still_there) && refused.contains("rolled back to the previous version"), "{refused}");
    assert!(done(&mut scope.verb(&["status", "job"])).contains("(PathChanged=)"));
    host.root("rm").arg(&data).text();
    let waits = done_with_notes(scope, &kept);
    assert!(waits.contains(&format!("the program must remove `{data}`")), "{waits}");
    host.root("touch").arg(&data).text();
    let end = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while scope.property("job.path", "ActiveState") != "failed" {
        assert!(std::time::Instant::now() < end, "it goes on and on");
    }
    let told = ran(&mut scope.verb(&["status", "job"]));
    assert_eq!(told.code, 3, "{told:?}");
    assert!(told.stdout.contains(&still_there), "{told:?}");
    // After the path is removed, the last command works again.
    host.root("rm").arg(&data).text();
    done_with_notes(scope, &kept);
    assert!(done(&mut scope.verb(&["status", "job"])).starts_with("job waits for"));
    done(&mut scope.verb(&["remove", "job"]));
    host.root("rm").args(["-r", home]).text();
    assert_eq!(traces(host), before);
}

//! `harden --try`: services that break in a full sandbox end up running, hardened, and explained; any interruption
//! restores them.

use std::process::Stdio;

use rustix::process::Signal;

use crate::host::Inside;
use crate::scope::Scope;
use crate::setup::{done, fails, file, ran, traces};

const WRITER: &str = "while :; do echo x >out && echo wrote; sleep 0.1; done";

const CALLER: &str = "while :; do sudo -n id -u; sleep 0.1; done";

const MUTE: &str = "while :; do unshare -Ur touch mark 2>/dev/null; sleep 0.1; done";

const LISTENER: &str = "import socket, time\ns = socket.socket()\ns.bind(('127.0.0.1', 81))\ns.listen()\n\
                        print('listening', flush=True)\ntime.sleep(1000)\n";

fn is_user(scope: &Scope<'_>) -> bool {
    scope.session.is_some()
}

/// The user of the services.
fn account(scope: &Scope<'_>) -> &'static str {
    if is_user(scope) { "ann" } else { "daemon" }
}

/// A directory owned by that user.
fn directory(scope: &Scope<'_>) -> &'static str {
    if is_user(scope) { "/home/ann/app" } else { "/srv/app" }
}

fn lasting(scope: &Scope<'_>, name: &str) -> String {
    let units = if is_user(scope) { "/home/ann/.config/systemd/user" } else { "/etc/systemd/system" };
    scope.host.root("cat").arg(format!("{units}/{name}.service.d/50-mkservice-harden.conf")).text()
}

/// A service that runs a script in its user's directory.
fn install(scope: &Scope<'_>, name: &str, script: &str) -> Vec<String> {
    let (directory, account) = (directory(scope), account(scope));
    scope.host.root("install").args(["-d", "-o", account, "-g", account, directory]).text();
    let words = ["--settle", "0", "--working-directory", directory, "--name", name, "--", "sh", "-c", script];
    done(&mut scope.mkservice(&words));
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn tried(scope: &Scope<'_>, name: &str, more: &[&str]) -> String {
    let told = done(scope.verb(&["harden", "--try", "--settle", "500ms"]).args(more).arg(name));
    assert!(told.contains(&format!("{name} is hardened and running (exposure ")), "{told}");
    assert_eq!(scope.property(name, "ActiveState"), "active");
    told
}

#[apply(booted_test)]
fn directives_that_break_the_service_are_left_out(scope: &Scope<'_>) {
    let account = account(scope);
    file(scope.host, "root", "/etc/sudoers.d/test", &format!("{account} ALL=(ALL) NOPASSWD: ALL\n"));
    let words = install(scope, "writer", WRITER);
    let fresh = traces(scope.host);
    let told = tried(scope, "writer", &[]);
    let text = lasting(scope, "writer");
    assert!(text.contains("\nNoNewPrivileges=yes\n") && text.contains("\nRestrictNamespaces=yes\n"), "{text}");
    // User managers can restrict the file system since 254.
    if !is_user(scope) {
        assert!(text.contains("\nProtectSystem=strict\nReadWritePaths=-/srv/app\n"), "{text}");
        assert!(told.contains("read-only working directory: it writes to a read-only file system\n"), "{told}");
        assert!(told.contains("Read-only file system"), "{told}");
    }
    // A second search writes the same file; the command leaves the service unchanged; `--undo` removes everything.
    let hardened = traces(scope.host);
    assert!(tried(scope, "writer", &[]).contains(", unchanged)"));
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    assert!(done(&mut scope.mkservice(&words)).contains(", unchanged)"));
    assert_eq!(traces(scope.host), hardened);
    assert!(done(&mut scope.verb(&["status", "writer"])).contains("(by mkservice harden)"));
    assert!(done(&mut scope.verb(&["list"])).contains("note: hardened by mkservice harden: writer\n"));
    assert_eq!(done(&mut scope.verb(&["harden", "--undo", "writer"])), "writer was restarted without the sandbox\n");
    assert_eq!(traces(scope.host), fresh);

    install(scope, "caller", CALLER);
    let told = tried(scope, "caller", &[]);
    assert!(told.contains("NoNewPrivileges=: it runs a program that gains privileges, such as sudo\n"), "{told}");
    assert!(!lasting(scope, "caller").contains("NoNewPrivileges"), "{told}");
    let count = |text: &str| text.lines().filter(|line| line.contains('=') && !line.starts_with(['V', 'C'])).count();
    assert!(count(&lasting(scope, "caller")) >= 1, "{told}");

    if is_user(scope) {
        // Without log messages, only a probe notices.
        install(scope, "mute", MUTE);
        let mark = format!("{}/mark", directory(scope));
        let probe = format!("sh -c 'rm -f {mark}; sleep 0.3; test -e {mark}'");
        let told = tried(scope, "mute", &["--probe", &probe]);
        assert!(told.contains("RestrictNamespaces=: the probe fails\n"), "{told}");
    }
}

#[apply(booted_test)]
fn needed_capabilities_are_kept(scope: &Scope<'_>) {
    if is_user(scope) {
        // Nothing that ann is allowed to do requires a capability.
        install(scope, "plain", "echo fine; exec sleep 1000");
        assert!(!tried(scope, "plain", &[]).contains("  off "));
        return;
    }
    file(scope.host, "root", "/opt/listener.py", LISTENER);
    let listener = ["python3", "/opt/listener.py"];
    done(
        scope
            .mkservice(&["--settle", "0", "--name", "owned", "-p", "AmbientCapabilities=CAP_NET_BIND_SERVICE"])
            .args(listener),
    );
    tried(scope, "owned", &[]);
    let text = lasting(scope, "owned");
    assert!(text.contains("\nCapabilityBoundingSet=CAP_NET_BIND_SERVICE\n"), "{text}");
    done(&mut scope.verb(&["remove", "owned"]));

    for (name, words, set, said) in [
        ("listener", &listener[..], "CAP_NET_BIND_SERVICE", "Permission denied"),
        (
            "switcher",
            &["sh", "-c", "while :; do setpriv --reuid=daemon --regid=daemon --clear-groups id -un; sleep 0.1; done"],
            "CAP_SETGID CAP_SETUID",
            "Operation not permitted",
        ),
    ] {
        let mut mkservice = scope.host.root("mkservice");
        mkservice.cwd("/").args(["--force", "--settle", "0", "--uid", "root", "--name", name, "--"]).args(words);
        assert_eq!(ran(&mut mkservice).code, 0);
        let told = tried(scope, name, &[]);
        assert!(told.contains(&format!("CapabilityBoundingSet={set}: it ")) && told.contains(said), "{told}");
        let text = lasting(scope, name);
        assert!(text.contains(&format!("\nCapabilityBoundingSet={set}\n")), "{text}");
        done(&mut scope.verb(&["remove", name]));
    }
}

#[apply(booted_test)]
fn interrupted_try_restores_the_service(scope: &Scope<'_>) {
    install(scope, "web", "echo up; exec sleep 1000");
    let before = traces(scope.host);
    let trials = || {
        let script = "find /run/systemd/system.control /run/user/*/systemd/user.control 2>/dev/null; true";
        scope.host.root("sh").args(["-c", script]).text()
    };
    for signal in [Signal::TERM, Signal::KILL] {
        // Long enough that only the signal can end it.
        let mut trying = scope.verb(&["harden", "--try", "--settle", "5min", "web"]);
        let child = trying.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        wait_for(|| trials().contains("50-mkservice-harden.conf"));
        let inside = scope.host.root("pgrep").args(["-xn", "mkservice"]).text();
        scope.host.root("kill").args([&format!("-{}", signal.as_raw()), inside.trim()]).text();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if signal == Signal::TERM {
            assert_eq!(output.status.code(), Some(130), "{said}");
            assert!(said.contains("warning: web was restored and restarted\n"), "{said}");
        } else {
            assert!(trials().contains("50-mkservice-harden.conf"));
            let told = done(&mut scope.verb(&["status", "web"]));
            assert!(told.contains("note: a sandbox is being tried, or was by a process that was killed"), "{told}");
            done(&mut scope.verb(&["harden", "--undo", "web"]));
        }
        assert_eq!((trials().as_str(), traces(scope.host)), ("", before.clone()));
        assert_eq!(scope.property("web", "ActiveState"), "active");
        assert_eq!(scope.property("web", "DropInPaths"), "");
    }

    // A service that fails without hardening is not tried, and neither is one that is not running.
    let failing = ["harden", "--try", "--settle", "200ms", "--probe", "false", "web"];
    let said = ran(&mut scope.verb(&failing));
    assert_eq!(said.code, 3, "{said:?}");
    assert!(said.stderr.contains("the probe of web fails without any hardening"), "{said:?}");
    scope.systemctl().args(["stop", "web"]).text();
    let said = fails(2, &mut scope.verb(&["harden", "--try", "web"]));
    assert!(said.contains("web is not running\nhint: mkservice start web\n"), "{said}");
    assert_eq!((trials().as_str(), traces(scope.host)), ("", before));
}

/// Waits for a condition that no event reports.
#[track_caller]
fn wait_for(mut is_so: impl FnMut() -> bool) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while !is_so() {
        assert!(std::time::Instant::now() < deadline, "it did not come to that");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

/// A process that was killed has removed the drop-in, but not its directory, and systemd has not read it.
#[apply(booted_test)]
fn removal_of_a_sandbox_is_completed(scope: &Scope<'_>) {
    done(&mut scope.mkservice(&["--settle", "0", "--name", "s", "sleep", "1000"]));
    let before = traces(scope.host);
    let path = format!("{}/s.service.d/50-mkservice-harden.conf", scope.unit_directory());
    let write = format!("mkdir -p $(dirname {path}) && printf '[Service]\\nUMask=0027\\n' > {path}");
    scope.run("sh").args(["-c", &write]).text();
    scope.systemctl().arg("daemon-reload").text();
    scope.run("rm").arg(&path).text();
    assert_eq!(done(&mut scope.verb(&["harden", "--undo", "s"])), "s has no sandbox of mkservice harden\n");
    assert_eq!((scope.property("s", "NeedDaemonReload"), traces(scope.host)), ("no".into(), before));
}

//! `--watchdog-sec` on real systemd.

use crate::scope::Scope;
use crate::setup::{done, file, journal_until};

/// Notifies every 0.2 s, as many times as its argument says, and keeps running.
const PROGRAM: &str = "import os, socket, sys, time\n\
    notifications = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\n\
    for _ in range(int(sys.argv[1])):\n    \
        notifications.sendto(b'WATCHDOG=1', os.environ['NOTIFY_SOCKET'])\n    \
        time.sleep(0.2)\n\
    time.sleep(1000)\n";

#[apply(booted_test)]
fn services_that_stop_notifying_are_restarted(scope: &Scope<'_>) {
    file(scope.host, "root", "/opt/notifier.py", PROGRAM);
    for (name, notifications) in [("alive", "10000"), ("hung", "1")] {
        let line = ["--name", name, "--watchdog-sec", "1s", "--settle", "0", "python3", "/opt/notifier.py"];
        done(scope.mkservice(&line).arg(notifications));
        assert_eq!(scope.property(name, "WatchdogUSec"), "1s");
    }
    let filters: &[&str] = if scope.session.is_some() { &["--user", "-u", "hung"] } else { &["-u", "hung"] };
    journal_until(|program| scope.run(program), filters, "Failed with result 'watchdog'");
    // It has had the same timeout for longer.
    assert_eq!(
        (scope.property("alive", "ActiveState"), scope.property("alive", "NRestarts")),
        ("active".into(), "0".into())
    );
}

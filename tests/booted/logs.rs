//! `logs`, for those who may read the journal and those who may not.

use crate::setup::{booted, done, fails, system};

#[apply(booted_test)]
fn system_logs_need_the_journal_group() {
    let host = booted();
    done(system(&host, "daemon").args(["--name", "s", "sleep", "1000"]));
    let session = host.open_session("ann");
    let said = fails(1, session.run("mkservice").args(["logs", "--system", "s"]));
    assert!(
        said.contains("the log of s may not be read by this account\nhint: sudo usermod -aG systemd-journal ann"),
        "{said}"
    );
    // Looking takes no root.
    let said = done(session.run("mkservice").args(["status", "--system", "s"]));
    assert!(said.contains("s is running (system service as daemon"), "{said}");
    let said = fails(4, session.run("mkservice").args(["status", "s"]));
    assert!(said.contains("hint: it is a system service: mkservice status --system s"), "{said}");
    assert!(fails(2, session.run("mkservice").args(["stop", "--system", "s"])).contains("only root may change"));
    let said = fails(2, host.root("mkservice").args(["logs", "s", "--since", "nonsense"]));
    assert!(said.starts_with("error: Failed to parse timestamp: nonsense"), "{said}");
}

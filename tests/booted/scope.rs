//! One scope of a host: the same test for user and system services.

use crate::host::{Host, Inside, Session};
use crate::setup::{booted, property, system};

/// mkservice in one scope, and systemctl to check what it did.
pub struct Scope<'a> {
    pub host: &'a Host,
    pub session: Option<&'a Session<'a>>,
}

impl Scope<'_> {
    pub fn mkservice(&self, words: &[&str]) -> std::process::Command {
        let mut command = match self.session {
            Some(session) => session.run("mkservice"),
            None => system(self.host, "daemon"),
        };
        command.args(words);
        command
    }

    /// Any program, run by the caller.
    pub fn run(&self, program: &str) -> std::process::Command {
        match self.session {
            Some(session) => session.run(program),
            None => self.host.root(program),
        }
    }

    /// A verb of mkservice: unlike a command, it has no user.
    pub fn verb(&self, words: &[&str]) -> std::process::Command {
        let mut command = self.run("mkservice");
        command.args(words);
        command
    }

    pub fn systemctl(&self) -> std::process::Command {
        match self.session {
            Some(session) => {
                let mut systemctl = session.run("systemctl");
                systemctl.arg("--user");
                systemctl
            }
            None => self.host.root("systemctl"),
        }
    }

    /// Where the units of the scope are installed.
    pub fn unit_directory(&self) -> &'static str {
        if self.session.is_some() { "/home/ann/.config/systemd/user" } else { "/etc/systemd/system" }
    }

    pub fn property(&self, unit: &str, name: &str) -> String {
        property(self.systemctl(), unit, name)
    }

    /// How often systemd was reloaded, by its journal.
    pub fn reloads(&self) -> usize {
        self.host.root("journalctl").arg("--sync").text();
        // Newer releases also log who requested it, and when it is done.
        let is_begin = |line: &&str| line.contains("Reloading") && !line.contains("Reloading finished");
        self.host.journal().lines().filter(is_begin).count()
    }

    /// Inode and change time of the unit file and its directory.
    pub fn file(&self, unit: &str) -> String {
        let path = self.property(unit, "FragmentPath");
        let directory = std::path::Path::new(&path).parent().unwrap();
        self.host.root("stat").args(["-c", "%i %y %n"]).arg(&path).arg(directory).text()
    }
}

/// Runs a test in both scopes, each on its own host.
pub fn in_both_scopes(test: fn(&Scope<'_>)) {
    let host = booted();
    let session = host.open_session("ann");
    test(&Scope { host: &host, session: Some(&session) });
    test(&Scope { host: &host, session: None });
}

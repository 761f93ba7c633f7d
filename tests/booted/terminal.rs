//! Real tools in a host, a user's terminal with them, and what a program says of itself there and as a service; no
//! tests.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::OnceLock;

use serde_json::Value;

use crate::host::{Host, Inside, Session};
use crate::scope::Scope;
use crate::setup::{booted_with_tools, journal_until};
use crate::sudo::{NO_PASSWORD, allow_sudo};

/// How a project looks, what its user's shell has done, and the line that is typed.
pub struct Case {
    /// What was done once: a script for bash, run by the user at home with all tools on PATH.
    pub setup: &'static str,
    /// What the shell has done since it was opened.
    pub shell: &'static str,
    /// Where the line is typed.
    pub folder: &'static str,
    pub line: &'static [&'static str],
    /// The line that does in the terminal what a service does with the other one; when empty, that is the same.
    pub instead: &'static [&'static str],
    /// She also types it as `mkservice --system`, and root is asked through sudo.
    pub by_sudo: bool,
    /// What becomes of the session's folders when the user logs out: a script for root.
    pub logout: &'static str,
}

/// A case that leaves everything out.
pub const CASE: Case =
    Case { setup: "", shell: "", folder: "/home/ann/project", line: &[], instead: &[], by_sudo: false, logout: "" };

/// How a program was started, as it says itself.
#[derive(Debug, Clone, PartialEq)]
struct Report {
    interpreter: String,
    prefix: String,
    argv: Vec<String>,
    /// What /proc has behind argv[0].
    words: Vec<String>,
    cwd: String,
    /// Who it runs as, as far as the environment says so.
    identity: BTreeMap<String, String>,
    /// Whether a program of that name, started by it without a path, would be the same one.
    finds_itself: bool,
}

/// Installs the tools where that was not done yet, and gives their tree.
fn tools() -> &'static Path {
    static TREE: OnceLock<String> = OnceLock::new();
    let install = || {
        let output = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tools/install")).output();
        let output = output.expect("bash runs tests/tools/install");
        assert!(output.status.success(), "tests/tools/install: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("the name of a folder")
    };
    Path::new(TREE.get_or_init(install).trim_end())
}

/// A booted host with the tools in `/opt/tools` and the witnesses in `/opt/witness`.
pub fn equipped() -> Host {
    let host = booted_with_tools(tools());
    let tools = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tools");
    host.install(format!("{tools}/layouts.sh"), "/opt/witness/layouts.sh", 0o644);
    for file in std::fs::read_dir(format!("{tools}/witness")).unwrap() {
        let file = file.unwrap();
        host.install(file.path(), Path::new("/opt/witness").join(file.file_name()), 0o644);
    }
    host
}

/// Prints the unit file when a test panics.
struct Shown<'a>(&'a Terminal<'a>);

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let output = self.0.scope.systemctl().args(["cat", "w"]).output();
            eprintln!(
                "{}",
                output.map_or_else(|error| error.to_string(), |output| String::from_utf8_lossy(&output.stdout).into())
            );
        }
    }
}

/// Who types the line with mkservice in front.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    /// The user, for a service of hers.
    User,
    /// Root in her shell, as behind `su -m`, for a service of the machine that runs as her.
    Root,
    /// She herself, for such a service.
    Sudo,
}

/// Runs a case in both scopes of one host.
pub fn lasts(case: &Case) {
    let host = equipped();
    if case.by_sudo {
        allow_sudo(&host, NO_PASSWORD);
    }
    let session = host.open_session("ann");
    let setup = format!("set -e\nPATH=/opt/tools/bin:$PATH\nmkdir -p project\n{}", case.setup);
    session.run("bash").args(["-c", &setup]).text();
    let ways = [Way::User, Way::Root, Way::Sudo];
    for way in ways.into_iter().filter(|way| case.by_sudo || *way != Way::Sudo) {
        let scope = Scope { host: &host, session: (way == Way::User).then_some(&session) };
        let terminal = Terminal { case, session: &session, scope: &scope, way };
        let _shown = Shown(&terminal);
        let expected = terminal.by_hand();
        terminal.installs();
        terminal.runs_as(&expected, "as a service");
        host.root("sh").args(["-c", case.logout]).text();
        scope.systemctl().args(["restart", "w"]).text();
        terminal.runs_as(&expected, "after the logout");
        scope.verb(&["stop", "w"]).text();
        assert_eq!(scope.property("w.service", "ActiveState"), "inactive");
        scope.verb(&["remove", "w"]).text();
        let foreign = host.root("find").args(["/home/ann", "!", "-user", "ann"]).text();
        assert_eq!(foreign, "", "nothing in a home is made by somebody else");
    }
}

struct Terminal<'a> {
    case: &'a Case,
    session: &'a Session<'a>,
    scope: &'a Scope<'a>,
    way: Way,
}

impl Terminal<'_> {
    /// Types a line in the user's shell.
    fn types(&self, mut shell: Command, line: &[&str]) -> Output {
        let script = format!(". ~/.profile; cd '{}'\n{}\n\"$@\"", self.case.folder, self.case.shell);
        shell.args(["-c", &script, "bash"]).args(line).output().expect("bash runs")
    }

    /// What the program says when it is started by hand.
    fn by_hand(&self) -> Report {
        let line = if self.case.instead.is_empty() { self.case.line } else { self.case.instead };
        let mut shell = self.session.run("bash");
        shell.env("WITNESS", "once");
        let output = self.types(shell, line);
        let said = String::from_utf8_lossy(&output.stdout);
        let told = said.lines().find(|line| line.starts_with("WITNESS "));
        self.report(told.unwrap_or_else(|| panic!("{line:?} does not work by hand: {output:?}")))
    }

    /// The same line with mkservice in front.
    fn installs(&self) {
        // What it says of itself is waited for, and that it stays is seen at the second start.
        let mut line = vec!["mkservice", "--name", "w", "--settle", "0"];
        let mut shell = self.session.run("bash");
        match self.way {
            Way::User => {}
            Way::Root => {
                line.extend(["--uid", "ann"]);
                shell = self.scope.host.root("bash");
                shell.env("HOME", "/home/ann");
            }
            Way::Sudo => line.push("--system"),
        }
        // Options of the command that mkservice would take for its own need `--`; those in front are for mkservice.
        if self.case.line.iter().skip_while(|word| word.starts_with('-')).any(|word| word.starts_with('-')) {
            line.push("--");
        }
        line.extend(self.case.line);
        let output = self.types(shell, &line);
        let [stdout, stderr] = [&output.stdout, &output.stderr].map(|part| String::from_utf8_lossy(part));
        assert!(output.status.success(), "{:?} {line:?}: {}\n{stdout}{stderr}", self.way, output.status);
    }

    /// The service's program has to say the same as by hand. A folder on PATH that a terminal needs no more is no harm.
    #[track_caller]
    fn runs_as(&self, expected: &Report, when: &str) {
        let mut service = self.service();
        service.finds_itself &= expected.finds_itself;
        assert_eq!(service, *expected, "{when}, installed by {:?}", self.way);
    }

    /// What the program says as a service.
    fn service(&self) -> Report {
        let invocation = format!("_SYSTEMD_INVOCATION_ID={}", self.scope.property("w.service", "InvocationID"));
        let said = journal_until(self.scope.host.root("timeout"), &[&invocation], "WITNESS ");
        self.report(said.lines().last().unwrap())
    }

    fn report(&self, line: &str) -> Report {
        let told: Value = serde_json::from_str(line.trim_start_matches("WITNESS ")).expect(line);
        let text = |value: &Value| value.as_str().expect(line).to_owned();
        let list = |value: &Value| value.as_array().expect(line).iter().map(text).collect();
        let interpreter = text(&told["interpreter"]);
        let path = text(&told["env"]["PATH"]);
        let identity = ["HOME", "USER", "LOGNAME", "SHELL"];
        Report {
            finds_itself: self.found(&path, &interpreter) == interpreter,
            interpreter,
            prefix: text(&told["prefix"]),
            argv: list(&told["argv"]),
            words: list(&told["words"]),
            cwd: text(&told["cwd"]),
            identity: identity
                .map(|name| (name.to_owned(), told["env"][name].as_str().unwrap_or("").to_owned()))
                .into(),
        }
    }

    /// The program of the interpreter's name on a PATH, with its folder's links resolved.
    fn found(&self, path: &str, interpreter: &str) -> String {
        let script = "PATH=$1; cd \"$(dirname \"$(command -v \"$2\")\")\" && printf %s \"$(pwd -P)/$2\"";
        let name = interpreter.rsplit('/').next().unwrap();
        let output = self.scope.host.root("bash").args(["-c", script, "bash", path, name]).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

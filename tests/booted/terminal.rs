//! Real tools in a host, a user's terminal with them, and how a program reports that it was started there and as a
//! service.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::OnceLock;

use serde_json::Value;

use crate::host::{Host, Inside, Session};
use crate::scope::Scope;
use crate::setup::{booted_with_tools, journal_until};
use crate::sudo::{NO_PASSWORD, allow_sudo};

/// A project, the state of its user's shell, and the command.
pub struct Case {
    /// Preparation: a bash script, run once by the user at home with all tools in PATH.
    pub setup: &'static str,
    /// What the shell has run since it was opened.
    pub shell: &'static str,
    /// Where the command is run.
    pub directory: &'static str,
    pub line: &'static [&'static str],
    /// The command that does in the terminal what the service does, if it differs.
    pub instead: &'static [&'static str],
    /// The user also runs it as `mkservice --system`, through sudo.
    pub by_sudo: bool,
    /// What happens to the session's directories when the user logs out: a script for root.
    pub logout: &'static str,
}

/// A case with defaults.
pub const CASE: Case =
    Case { setup: "", shell: "", directory: "/home/ann/project", line: &[], instead: &[], by_sudo: false, logout: "" };

/// How a program was started, by its own report.
#[derive(Debug, Clone, PartialEq)]
struct Report {
    interpreter: String,
    prefix: String,
    argv: Vec<String>,
    /// The arguments after argv[0] in /proc.
    words: Vec<String>,
    cwd: String,
    /// The user it runs as, according to the environment.
    identity: BTreeMap<String, String>,
    /// Whether a program of that name in PATH would be the same one.
    finds_itself: bool,
}

/// Installs the tools if necessary, and returns their directory.
fn tools() -> &'static Path {
    static TREE: OnceLock<String> = OnceLock::new();
    let install = || {
        let output = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tools/install")).output();
        let output = output.expect("bash runs tests/tools/install");
        assert!(output.status.success(), "tests/tools/install: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("the name of a directory")
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

/// Who runs mkservice.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    /// The user, for a user service.
    User,
    /// Root in the user's shell, as with `su -m`, for a system service that runs as the user.
    Root,
    /// The user, for such a system service.
    Sudo,
}

/// Runs a case in both scopes on one host.
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
        assert_eq!(foreign, "", "nothing in a home is created by another user");
    }
}

struct Terminal<'a> {
    case: &'a Case,
    session: &'a Session<'a>,
    scope: &'a Scope<'a>,
    way: Way,
}

impl Terminal<'_> {
    /// Runs a line in the user's shell.
    fn types(&self, mut shell: Command, line: &[&str]) -> Output {
        let script = format!(". ~/.profile; cd '{}'\n{}\n\"$@\"", self.case.directory, self.case.shell);
        shell.args(["-c", &script, "bash"]).args(line).output().expect("bash runs")
    }

    /// The program's report when it is started by hand.
    fn by_hand(&self) -> Report {
        let line = if self.case.instead.is_empty() { self.case.line } else { self.case.instead };
        let mut shell = self.session.run("bash");
        shell.env("WITNESS", "once");
        let output = self.types(shell, line);
        let said = String::from_utf8_lossy(&output.stdout);
        let told = said.lines().find(|line| line.starts_with("WITNESS "));
        self.report(told.unwrap_or_else(|| panic!("{line:?} does not work by hand: {output:?}")))
    }

    /// The same command with mkservice before it.
    fn installs(&self) {
        // The report is waited for, and the second start shows that it keeps running.
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
        // Options of the command that are also options of mkservice need `--`; those before it are for mkservice.
        if self.case.line.iter().skip_while(|word| word.starts_with('-')).any(|word| word.starts_with('-')) {
            line.push("--");
        }
        line.extend(self.case.line);
        let output = self.types(shell, &line);
        let [stdout, stderr] = [&output.stdout, &output.stderr].map(|part| String::from_utf8_lossy(part));
        assert!(output.status.success(), "{:?} {line:?}: {}\n{stdout}{stderr}", self.way, output.status);
    }

    /// The service's program must report the same as by hand. A PATH directory that no terminal needs any more does no
    /// harm.
    #[track_caller]
    fn runs_as(&self, expected: &Report, when: &str) {
        let mut service = self.service();
        service.finds_itself &= expected.finds_itself;
        assert_eq!(service, *expected, "{when}, installed by {:?}", self.way);
    }

    /// The program's report as a service.
    fn service(&self) -> Report {
        let invocation = format!("_SYSTEMD_INVOCATION_ID={}", self.scope.property("w.service", "InvocationID"));
        let said = journal_until(|program| self.scope.host.root(program), &[&invocation], "WITNESS ");
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

    /// The program with the interpreter's name in a PATH, with the links in its directory resolved.
    fn found(&self, path: &str, interpreter: &str) -> String {
        let script = "PATH=$1; cd \"$(dirname \"$(command -v \"$2\")\")\" && printf %s \"$(pwd -P)/$2\"";
        let name = interpreter.rsplit('/').next().unwrap();
        let output = self.scope.host.root("bash").args(["-c", script, "bash", path, name]).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

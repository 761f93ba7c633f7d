//! Throw-away Linux hosts for tests: starts and stops them, and runs commands and login sessions in them. A [`Host`] is
//! a set of namespaces over a copy-on-write view of the root file system of this machine, of the one in the environment
//! variable `MKSERVICE_TEST_ROOT`, or of the release that the test runs on. Nothing that happens inside affects the
//! machine, and a host ends with the process that created it. `host.sh` is the part that runs in the namespaces.
//! Requires root, Linux 5.8 with overlayfs and cgroup2, util-linux, iproute2, systemd, `pam_systemd`, and D-Bus with
//! user sessions.

#![allow(clippy::disallowed_methods, reason = "the rules for the program's core are not for what makes a test host")]

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use rustix::fs::Mode;
use rustix::process::{Pid, PidfdFlags};
use rustix::thread::ThreadNameSpaceType as Namespaces;

use crate::releases;

/// How long anything can take before it counts as stuck.
const PATIENCE: Duration = Duration::from_secs(60);

/// A throw-away host. Dropping it stops everything in it and leaves no trace; if the test panics, it prints its logs
/// first.
pub struct Host {
    keeper: Child,
    orders: Option<ChildStdin>,
    reports: Mutex<Receiver<String>>,
    log: File,
    power: Power,
}

/// What runs as PID 1, with its PID outside.
#[derive(Clone, Copy, PartialEq)]
enum Power {
    Off,
    Bare(Pid),
    Booted(Pid),
}

impl Host {
    /// Why hosts cannot run here; `None` if they can.
    pub fn unavailable() -> Option<String> {
        static REASON: OnceLock<Option<String>> = OnceLock::new();
        REASON.get_or_init(|| Host::start(None).and_then(|mut host| host.start_init("bare")).err()).clone()
    }

    /// A host that has booted to multi-user.target, with D-Bus and logind.
    pub fn boot() -> Host {
        Host::boot_with(None)
    }

    /// The same with a directory of this machine mounted read-only at `/opt/tools`.
    pub fn boot_with_tools(tools: &Path) -> Host {
        Host::boot_with(Some(tools))
    }

    fn boot_with(tools: Option<&Path>) -> Host {
        let mut host = Host::start(tools).unwrap_or_else(|reason| panic!("no test host: {reason}"));
        host.power_on();
        host
    }

    /// A host on which systemd is installed but not running, like a container or an image that is being built.
    pub fn unbooted() -> Host {
        let mut host = Host::start(None).unwrap_or_else(|reason| panic!("no test host: {reason}"));
        match host.start_init("bare") {
            Ok(pid) => host.power = Power::Bare(pid),
            Err(reason) => panic!("the host did not start: {reason}"),
        }
        host
    }

    /// Shuts the host down cleanly, or stops one that never booted. Its files survive, except in /run, /tmp, and /dev.
    pub fn power_off(&mut self) {
        match self.power {
            Power::Off => return,
            Power::Bare(_) => self.order("kill"),
            Power::Booted(_) => drop(self.root("systemctl").args(["poweroff", "--no-wall"]).output()),
        }
        if let Err(reason) = self.report("down") {
            panic!("the host did not power off: {reason}");
        }
        self.power = Power::Off;
    }

    /// Boots systemd on the host's file system, and stops what runs there without it.
    pub fn power_on(&mut self) {
        assert!(!matches!(self.power, Power::Booted(_)), "the host is on already");
        self.power_off();
        let notify = self.kept("notify/socket");
        let _ = fs::remove_file(&notify);
        let notify = UnixDatagram::bind(notify).expect("a socket for systemd's word that it is up");
        notify.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        match self.start_init("systemd") {
            Ok(pid) => self.power = Power::Booted(pid),
            Err(reason) => panic!("the host did not start: {reason}"),
        }
        let deadline = Instant::now() + PATIENCE;
        let mut message = [0; 4096];
        loop {
            let length = notify.recv(&mut message).unwrap_or(0);
            if message[..length].split(|&byte| byte == b'\n').any(|line| line == b"READY=1") {
                return;
            }
            assert!(self.reports.get_mut().unwrap().try_recv().is_err(), "systemd ended during the boot");
            assert!(Instant::now() < deadline, "the host did not boot in {PATIENCE:?}");
        }
    }

    /// Powers the host off and on again.
    pub fn reboot(&mut self) {
        self.power_off();
        self.power_on();
    }

    /// `program`, run inside as root, outside of any service and session, with the environment of a login. A program
    /// that cannot be executed exits with 127 or 126 instead of returning an error. Killing the [`Child`] kills the
    /// program, but the PIDs differ. [`Inside::cwd`] sets another directory than the home directory.
    pub fn root(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = self.run(program.as_ref(), 0, 0, "/root", "/commands");
        command.envs([("USER", "root"), ("LOGNAME", "root")]);
        command.env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        command
    }

    /// The same as the user `name`, which is created if it does not exist.
    pub fn user(&self, name: &str, program: impl AsRef<OsStr>) -> Command {
        self.run_as(name, program.as_ref(), "/commands")
    }

    /// Creates an ordinary user if it does not exist, and returns its user ID. It does not linger.
    pub fn add_user(&self, name: &str) -> u32 {
        self.account(name).uid
    }

    /// Opens a logind session for the user `name`, as a login does. Creates the user if it does not exist.
    pub fn open_session(&self, name: &str) -> Session<'_> {
        let uid = self.add_user(name);
        let mut leader = self
            .root("su")
            .args(["-l", "-s", "/bin/sh", "-c", "echo \"$XDG_SESSION_ID\"; exec cat", name])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("su starts");
        let mut id = String::new();
        BufReader::new(leader.stdout.take().unwrap()).read_line(&mut id).expect("a session ID");
        let id = id.trim().to_owned();
        assert!(!id.is_empty(), "logind opened no session for {name}");
        Session { host: self, name: name.to_owned(), uid, id, leader }
    }

    /// The path outside for the absolute path `inside`, also while the host is off. An absolute symbolic link in the
    /// path leads to the machine's own files.
    pub fn path(&self, inside: impl AsRef<Path>) -> PathBuf {
        let root = match self.power {
            Power::Off => self.kept("root"),
            Power::Bare(init) | Power::Booted(init) => PathBuf::from(format!("/proc/{init}/root")),
        };
        let inside = inside.as_ref();
        root.join(inside.strip_prefix("/").expect("an absolute path inside the host"))
    }

    /// Copies a file of this machine into the running host. Creates its directory, and replaces an existing file.
    pub fn install(&self, outside: impl AsRef<Path>, inside: impl AsRef<Path>, mode: u32) {
        let outside = outside.as_ref();
        let file = File::open(outside).unwrap_or_else(|error| panic!("{}: {error}", outside.display()));
        let mut install = self.root("install");
        install.args(["-D", "-m", &format!("{mode:o}"), "/dev/stdin"]).arg(inside.as_ref()).stdin(file).text();
    }

    /// The PID of its PID 1 on this machine.
    pub fn pid(&self) -> i32 {
        let (Power::Bare(init) | Power::Booted(init)) = self.power else { panic!("the host is off") };
        init.as_raw_nonzero().get()
    }

    /// The version of its systemd, such as 252.
    pub fn systemd_version(&self) -> u32 {
        let text = self.root("systemctl").arg("--version").text();
        text.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("systemctl tells its version")
    }

    /// The whole journal as text, or why it cannot be read; also while the host is off.
    pub fn journal(&self) -> String {
        let arguments = ["--no-pager", "--quiet", "--output=short-precise", "--directory=/var/log/journal"];
        let output = match self.power {
            Power::Bare(init) | Power::Booted(init) if rustix::process::test_kill_process(init).is_ok() => {
                self.root("journalctl").args(&arguments[..3]).output()
            }
            _ => Command::new("chroot").arg(self.kept("root")).arg("journalctl").args(arguments).output(),
        };
        output.map_or_else(
            |error| format!("journalctl: {error}"),
            |output| [output.stdout, output.stderr].map(|part| String::from_utf8_lossy(&part).into_owned()).concat(),
        )
    }

    /// The output of the boot, from before systemd had a journal.
    pub fn boot_log(&self) -> String {
        let mut bytes = vec![0; self.log.metadata().map_or(0, |metadata| metadata.len() as usize)];
        let length = self.log.read_at(&mut bytes, 0).unwrap_or(0);
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    }

    fn start(tools: Option<&Path>) -> Result<Host, String> {
        if !rustix::process::geteuid().is_root() {
            return Err("only root can start a test host".to_owned());
        }
        let log = tempfile::tempfile().map_err(|error| error.to_string())?;
        let mut keeper = Command::new("unshare")
            .args(["--mount", "--propagation=private", "--", "bash", "-c", include_str!("host.sh")])
            .args(["mkservice-host", "keep"])
            .envs(tools.map(|tools| ("MKSERVICE_TEST_TOOLS", tools)))
            .envs(releases::root().map(|root| ("MKSERVICE_TEST_ROOT", root)))
            .process_group(0) // an interrupt at the terminal ends the test, and the keeper then cleans up
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log.try_clone().map_err(|error| error.to_string())?)
            .spawn()
            .map_err(|error| format!("unshare: {error}"))?;
        let (sender, reports) = mpsc::channel();
        let lines = BufReader::new(keeper.stdout.take().unwrap()).lines();
        std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let orders = keeper.stdin.take();
        let mut host = Host { keeper, orders, reports: Mutex::new(reports), log, power: Power::Off };
        host.report("ready")?;
        Ok(host)
    }

    fn start_init(&mut self, mode: &str) -> Result<Pid, String> {
        self.order(mode);
        let pid = self.report("up ")?;
        Ok(pid.parse().ok().and_then(Pid::from_raw).expect("a PID"))
    }

    fn order(&mut self, order: &str) {
        // A keeper that has exited is noticed by its missing reports.
        let _ = writeln!(self.orders.as_mut().unwrap(), "{order}");
    }

    /// Waits for a report with this prefix, and returns the rest of it, or why none came.
    fn report(&mut self, start: &str) -> Result<String, String> {
        let report = self.reports.get_mut().unwrap().recv_timeout(PATIENCE);
        if let Some(rest) = report.as_ref().ok().and_then(|line| line.strip_prefix(start)) {
            return Ok(rest.to_owned());
        }
        let log = self.boot_log();
        Err(if log.trim().is_empty() { format!("{report:?} instead of {start:?}") } else { log.trim().to_owned() })
    }

    /// A path in the keeper's tmpfs, as seen from outside.
    fn kept(&self, path: &str) -> PathBuf {
        Path::new("/proc").join(self.keeper.id().to_string()).join("root/mnt").join(path)
    }

    fn run_as(&self, name: &str, program: &OsStr, cgroup: &str) -> Command {
        let Account { uid, gid, home, shell } = self.account(name);
        let mut command = self.run(program, uid, gid, &home, cgroup);
        command.envs([("USER", name), ("LOGNAME", name), ("SHELL", &shell), ("PATH", "/usr/local/bin:/usr/bin:/bin")]);
        command.env("XDG_RUNTIME_DIR", format!("/run/user/{uid}"));
        command
    }

    fn account(&self, name: &str) -> Account {
        let known = || {
            let passwd = fs::read_to_string(self.path("/etc/passwd")).expect("/etc/passwd");
            let fields =
                passwd.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(|fields| fields[0] == name)?;
            let [uid, gid] = [fields[2], fields[3]].map(|number| number.parse().unwrap());
            Some(Account { uid, gid, home: fields[5].to_owned(), shell: fields[6].to_owned() })
        };
        if known().is_none() {
            self.root("useradd").args(["-m", "-s", "/bin/bash", "--", name]).text();
        }
        let account = known().expect("useradd adds an account");
        if account.home.starts_with("/home/") && !self.path(&account.home).exists() {
            // A user of the machine, whose home directory is hidden.
            let make = "cp -aT /etc/skel \"$1\" && chown -R \"$2:\" \"$1\"";
            self.root("sh").args(["-c", make, "sh", &account.home, name]).text();
        }
        account
    }

    fn run(&self, program: &OsStr, uid: u32, gid: u32, home: &str, cgroup: &str) -> Command {
        let (Power::Bare(init) | Power::Booted(init)) = self.power else { panic!("the host is off") };
        // Only a child enters a PID namespace, so nsenter waits outside and passes the exit status on. When it is
        // killed, the signal set by setpriv kills the program.
        let mut command = Command::new("/usr/bin/nsenter");
        command.args(["--pid=/proc/1/ns/pid", "--", "/usr/bin/setpriv", "--pdeathsig=KILL", "--init-groups"]);
        command.args([format!("--reuid={uid}"), format!("--regid={gid}")]).arg("--").arg(program);
        command.env_clear().envs([("TERM", "dumb"), ("LANG", "C.UTF-8"), ("HOME", home)]);

        let init = rustix::process::pidfd_open(init, PidfdFlags::empty()).expect("PID 1 runs");
        let cgroup = self.path("/sys/fs/cgroup").join(&cgroup[1..]).join("cgroup.procs");
        let home = home.to_owned();
        let enter = move || {
            fs::write(&cgroup, "0")?;
            let namespaces = Namespaces::MOUNT
                | Namespaces::HOST_NAME_AND_NIS_DOMAIN_NAME
                | Namespaces::INTER_PROCESS_COMMUNICATION
                | Namespaces::NETWORK
                | Namespaces::CONTROL_GROUP;
            rustix::thread::move_into_thread_name_spaces(init.as_fd(), namespaces)?;
            rustix::process::setsid()?; // no terminal
            rustix::process::umask(Mode::from_raw_mode(0o022));
            Ok(rustix::process::chdir(&home)?)
        };
        // SAFETY: between fork and exec, only system calls are made, on data prepared before.
        unsafe { command.pre_exec(enter) };
        command
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!(
                "--- boot log of the test host ---\n{}--- its journal ---\n{}---",
                self.boot_log(),
                self.journal()
            );
        }
        self.orders = None; // ends the keeper, which ends the rest
        let _ = self.keeper.wait();
    }
}

/// A line of /etc/passwd.
struct Account {
    uid: u32,
    gid: u32,
    home: String,
    shell: String,
}

/// What commands of a [`Host`] can do besides what those of the standard library can.
pub trait Inside {
    /// Sets the directory inside in which the program starts; the default is the user's home directory. `current_dir`
    /// would set a directory outside, without effect inside.
    fn cwd(&mut self, inside: impl AsRef<Path>) -> &mut Self;

    /// Runs the program, which must succeed, and returns its standard output.
    fn text(&mut self) -> String;
}

impl Inside for Command {
    fn cwd(&mut self, inside: impl AsRef<Path>) -> &mut Command {
        let inside = inside.as_ref().to_owned();
        // SAFETY: one system call. It follows the one that enters the host, which was registered earlier.
        unsafe { self.pre_exec(move || Ok(rustix::process::chdir(&inside)?)) }
    }

    #[track_caller]
    fn text(&mut self) -> String {
        let output = self.output().expect("the program starts");
        let [stdout, stderr] = [&output.stdout, &output.stderr].map(|part| String::from_utf8_lossy(part).into_owned());
        assert!(output.status.success(), "{}\n{stdout}{stderr}{self:?}", output.status);
        stdout
    }
}

/// A login session of a user in a [`Host`]. Dropping it logs the user out.
pub struct Session<'host> {
    host: &'host Host,
    name: String,
    uid: u32,
    id: String,
    leader: Child,
}

impl Session<'_> {
    /// The session's ID in logind.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// `program`, run in the session as its user.
    pub fn run(&self, program: impl AsRef<OsStr>) -> Command {
        let scope = format!("/user.slice/user-{}.slice/session-{}.scope", self.uid, self.id);
        let mut command = self.host.run_as(&self.name, program.as_ref(), &scope);
        command.env("XDG_SESSION_ID", &self.id);
        command
    }

    /// Logs the user out, and waits until logind has stopped the user manager or has decided to keep it.
    pub fn close(mut self) {
        self.end();
        let deadline = Instant::now() + PATIENCE;
        loop {
            // logind does not always send a signal.
            let object = format!("/org/freedesktop/login1/user/_{}", self.uid);
            let mut ask = self.host.root("busctl");
            ask.args([
                "get-property",
                "org.freedesktop.login1",
                &object,
                "org.freedesktop.login1.User",
                "Sessions",
                "State",
            ]);
            let answer = ask.output().expect("busctl starts");
            let state = String::from_utf8_lossy(&answer.stdout);
            let open = state.contains(&format!("\"{}\"", self.id));
            if !answer.status.success() {
                break; // logind knows the user no longer
            }
            if !open && !state.contains("\"closing\"") {
                return;
            }
            assert!(Instant::now() < deadline, "the session of {} does not end: {state}", self.name);
            std::thread::sleep(Duration::from_millis(5));
        }
        // logind forgets the user before systemd has finished the job; this joins that job and waits.
        self.host.root("systemctl").arg("stop").arg(format!("user-runtime-dir@{}.service", self.uid)).text();
    }

    fn end(&mut self) {
        drop(self.leader.stdin.take());
        let _ = self.leader.wait();
    }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        self.end();
    }
}

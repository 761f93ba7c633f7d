//! Every verb, run by root in a directory of another user: nothing there is executed as root, and nothing is created,
//! changed or deleted through it as root.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::host::{Host, Inside};
use crate::setup::{booted, file, program, ran};

/// What executes a file, changes a directory entry, changes a file, or changes who does so.
const CALLS: &str = "trace=execve,execveat,?open,openat,openat2,?creat,?unlink,unlinkat,?rename,?renameat,renameat2,?link,\
    linkat,?symlink,symlinkat,?mkdir,mkdirat,?mknod,mknodat,?chmod,fchmodat,?chown,?lchown,fchownat,truncate,?fork,?vfork,\
    clone,clone3,setuid,setreuid,setresuid";

/// Her directories; the service's files are not in them.
const HERS: &str = "/home/mallory";

/// A project of hers that has what launchers, importers and interpreters look for, with programs that tell who runs
/// them, and the names of tools beside them.
fn set_trap(host: &Host) {
    host.add_user("mallory");
    let project = format!("{HERS}/project");
    for (path, text) in [
        ("app.py", "import time\ntime.sleep(1000)\n"),
        ("app.js", "setInterval(() => {}, 1000)\n"),
        ("pyvenv.cfg", "home = /home/mallory/project/bin\n"),
        (".venv/pyvenv.cfg", "home = /home/mallory/project/bin\n"),
        (".git/config", "[core]\n\tfsmonitor = /home/mallory/project/trap\n"),
        (".env", "A=1\n"),
        ("Procfile", "web: ./trap serve\nworker: python3 app.py\n"),
        ("crontab", "*/5 * * * * root /home/mallory/project/trap\n"),
        ("supervisord.conf", "[program:x]\ncommand=./trap\nuser=mallory\n"),
        ("ecosystem.config.json", "{\"apps\": [{\"name\": \"p\", \"script\": \"app.js\"}]}\n"),
        ("package.json", "{\"scripts\": {\"start\": \"./trap\"}}\n"),
        ("mkservice.toml", "[services.t]\ncommand = \"./trap\"\nuid = \"mallory\"\nlog-file = \"t.log\"\n"),
        ("x.service", "[Service]\nExecStart=/home/mallory/project/trap\n"),
        ("sitecustomize.py", "open('/root/owned', 'w')\n"),
    ] {
        file(host, "mallory", &format!("{project}/{path}"), text);
    }
    let trap =
        "#!/bin/sh\n[ $(id -u) != 0 ] || echo \"$0\" >>/root/owned\n[ -z \"$INVOCATION_ID\" ] || exec sleep 1000\n";
    let programs = "trap server.sh uv poetry npm systemctl journalctl getent systemd-analyze tail editor .venv/bin/python3 \
                    .venv/bin/sh bin/python3 bin/node node_modules/.bin/x";
    for name in programs.split_whitespace() {
        program(host, "mallory", &format!("{project}/{name}"), trap);
    }
    let script =
        "chown -R mallory: . && mkfifo pipe && ln -s /root link && ln -s /etc/passwd passwd && chown -h mallory: *";
    host.root("sh").cwd(&project).args(["-ec", script]).text();
}

/// The lines, each from the directory and with an environment that leads there.
const LINES: &[&str] = &[
    "mkservice --dry-run python3 app.py",
    "mkservice --dry-run --uid mallory python3 app.py",
    "mkservice --dry-run --uid mallory .venv/bin/python3 app.py",
    "mkservice --dry-run --force -- uv run app.py",
    "mkservice --dry-run --uid mallory -- poetry run python3 app.py",
    "mkservice --dry-run --uid mallory npm start",
    "mkservice --dry-run --uid mallory node app.js",
    "mkservice --dry-run --uid mallory --inherit-path node app.js",
    "mkservice --dry-run ./server.sh",
    "mkservice --uid mallory --name m --log-file m.log --environment-file .env --force ./trap",
    "mkservice --uid mallory --name m --log-file m.log --environment-file .env --force ./trap one",
    "mkservice --dry-run --uid mallory --name f --environment-file pipe ./trap",
    "mkservice --dry-run --uid mallory --name l --listen ./link/socket ./trap",
    "mkservice --dry-run --uid mallory --name l --log-file ./link/log ./trap",
    "mkservice apply --dry-run",
    "mkservice apply --force",
    "mkservice apply --check pipe",
    "mkservice import Procfile",
    "mkservice import crontab",
    "mkservice import supervisord.conf",
    "mkservice import ecosystem.config.json",
    "mkservice import x.service",
    "mkservice import pipe",
    "mkservice list",
    "mkservice status m",
    "mkservice logs m",
    "mkservice cat m",
    "mkservice explain m",
    "mkservice explain Restart",
    "mkservice doctor",
    "mkservice export",
    "mkservice harden m",
    "mkservice harden --try --settle 100ms --probe ./trap m",
    "mkservice harden --try --settle 100ms --probe 'python3 app.py' m",
    "mkservice harden --try --settle 100ms --probe 'env PATH=. npm' m",
    "mkservice harden --try --settle 100ms --probe true m",
    "mkservice harden --undo m",
    "mkservice update m --nice 5 --force",
    "mkservice update m --dry-run --environment-file pipe --force",
    "mkservice --uid mallory --name j --on-calendar daily --persistent --settle 0 --force true",
    "mkservice run j",
    "mkservice adopt --dry-run $(pgrep -f 'sleep 987')",
    "mkservice adopt --force --name a $(pgrep -f 'sleep 987')",
    "EDITOR='sed -i s,RestartSec=.*,RestartSec=9,' mkservice edit m --force",
    "mkservice restart m",
    "mkservice stop m",
    "mkservice disable m",
    "mkservice enable m",
    "mkservice start m",
    "mkservice rename m n",
    "mkservice remove n t j a",
];

#[apply(booted_test)]
fn root_executes_and_changes_nothing_there() {
    let host = booted();
    set_trap(&host);
    let environment = format!(
        "export PATH=.:{HERS}/project/bin:$PATH HOME=/root VIRTUAL_ENV={HERS}/project/.venv PYTHONPATH={HERS}/project \
         NODE_PATH={HERS}/project/node_modules NODE_OPTIONS=--require={HERS}/project/app.js"
    );
    let mut adopted = host.user("mallory", "setsid");
    let mut adopted = adopted.cwd(format!("{HERS}/project")).args(["sleep", "987"]).spawn().unwrap();
    let mut changed = 0;
    for line in LINES {
        let (variable, command) = line.split_at(line.find("mkservice").unwrap());
        let script = format!(
            "{environment}; {variable} exec /usr/bin/strace -f -y -qq -s 300 -o /tmp/trace -e '{CALLS}' {command}"
        );
        let said = ran(host.root("timeout").cwd(format!("{HERS}/project")).args(["60", "sh", "-c", &script]));
        assert!(matches!(said.code, 0..=5), "{line}: {said:?}");
        let trace = host.root("cat").arg("/tmp/trace").text();
        assert!(trace.contains("execve("), "{line}: nothing was traced: {said:?}");
        let faults = Judge::default().faults(&trace);
        assert!(faults.is_empty(), "{line}: {faults:#?}\n{said:?}");
        changed += usize::from(said.code == 0);
    }
    let _ = adopted.kill();
    adopted.wait().unwrap();
    // They did what they were to do, besides those that are to be refused.
    assert!(changed > 25, "{changed} of {} succeeded", LINES.len());
    let owned = ran(host.root("cat").arg("/root/owned"));
    assert_eq!(owned.code, 1, "root ran {owned:?}");
}

/// Reads what strace writes with `-f -y`.
#[derive(Default)]
struct Judge {
    /// The threads that have become another user.
    dropped: HashMap<String, bool>,
    /// Calls that were interrupted by those of other threads.
    unfinished: HashMap<String, String>,
}

impl Judge {
    /// What root executed or changed in her directories.
    fn faults(mut self, trace: &str) -> Vec<String> {
        let mut faults = Vec::new();
        for line in trace.lines() {
            let Some((thread, call)) = line.split_once(' ') else { continue };
            let call = call.trim_start();
            if let Some(begun) = call.strip_suffix(" <unfinished ...>") {
                self.unfinished.insert(thread.to_owned(), begun.to_owned());
                // A new thread can be traced before its parent's call has returned.
                continue;
            }
            let whole = match call.strip_prefix("<... ").and_then(|rest| rest.split_once(" resumed>")) {
                Some((_, end)) => self.unfinished.remove(thread).unwrap_or_default() + end,
                None => call.to_owned(),
            };
            if self.is_fault(thread, &whole) {
                faults.push(line.to_owned());
            }
        }
        faults
    }

    fn is_fault(&mut self, thread: &str, call: &str) -> bool {
        let (Some((name, rest)), Some((_, result))) = (call.split_once('('), call.rsplit_once(" = ")) else {
            return false;
        };
        if result.starts_with("-1") || result.starts_with('?') {
            return false;
        }
        let is_dropped = self.dropped.get(thread).copied().unwrap_or(false);
        match name {
            "setuid" | "setreuid" | "setresuid" => {
                let becomes_other = rest
                    .split([',', ')'])
                    .map(str::trim)
                    .any(|uid| !matches!(uid, "0" | "-1" | "") && uid.parse::<u32>().is_ok_and(|uid| uid != u32::MAX));
                self.dropped.insert(thread.to_owned(), becomes_other);
                false
            }
            "clone" | "clone3" | "fork" | "vfork" => {
                let child = result.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default().to_owned();
                self.dropped.entry(child).or_insert(is_dropped);
                false
            }
            _ if is_dropped => false,
            // A relative path is one of her project, where all of it runs.
            "execve" | "execveat" => named(rest).iter().any(|path| is_hers(&Path::new(HERS).join(path))),
            "open" | "openat" | "openat2" | "creat" => {
                let writes = ["O_CREAT", "O_WRONLY", "O_RDWR", "O_TRUNC"].iter().any(|flag| rest.contains(flag));
                let opened = result.split_once('<').map(|(_, path)| PathBuf::from(path.trim_end_matches('>')));
                (writes || name == "creat") && named(rest).iter().chain(&opened).any(|path| is_hers(path))
            }
            _ => named(rest).iter().any(|path| is_hers(path)),
        }
    }
}

fn is_hers(path: &Path) -> bool {
    path.starts_with(HERS)
}

/// The paths that a call names: each string, from the directory before it on.
fn named(arguments: &str) -> Vec<PathBuf> {
    let mut directory = PathBuf::new();
    let mut paths = Vec::new();
    let mut rest = arguments;
    while let Some(at) = rest.find(['<', '"', '[']) {
        let (mark, behind) = (rest.as_bytes()[at], &rest[at + 1..]);
        match mark {
            b'<' => {
                let end = behind.find('>').unwrap_or(behind.len());
                directory = PathBuf::from(&behind[..end]);
                rest = &behind[end..];
            }
            b'"' => {
                let end = behind.find('"').unwrap_or(behind.len());
                paths.push(directory.join(&behind[..end]));
                rest = &behind[end.saturating_add(1).min(behind.len())..];
            }
            // The words and variables of execve.
            _ => break,
        }
    }
    paths
}

#[apply(booted_test)]
fn the_judge_sees_what_root_does_and_nothing_else() {
    let faults = |trace: &str| Judge::default().faults(trace).len();
    for fault in [
        "1 execve(\"/home/mallory/x\", [\"x\"], 0x7 /* 2 vars */) = 0",
        "1 execve(\"./x\", [\"x\"], 0x7 /* 2 vars */) = 0",
        "1 openat(AT_FDCWD</home/mallory/project>, \"x\", O_RDWR|O_CREAT, 0600) = 3</home/mallory/project/x>",
        "1 openat(AT_FDCWD</>, \"etc/x\", O_WRONLY) = 3</home/mallory/x>",
        "1 unlinkat(7</home/mallory>, \"x\", 0) = 0",
        "1 renameat2(7</etc>, \"x\", 8</home/mallory>, \"x\", 0) = 0",
        "1 setresuid(1000, 1000, 1000) = 0\n1 setresuid(-1, 0, -1) = 0\n1 mkdir(\"/home/mallory/x\", 0700) = 0",
        "1 unlinkat(7</home/mallory>, \"x\", 0 <unfinished ...>\n2 mkdir(\"/x\", 0) = 0\n1 <... unlinkat resumed>) = 0",
    ] {
        assert_eq!(faults(fault), 1, "{fault}");
    }
    for fine in [
        "1 execve(\"/bin/ls\", [\"/home/mallory/x\"], 0x7 /* 2 vars */) = 0",
        "1 openat(AT_FDCWD</home/mallory>, \"x\", O_RDONLY|O_CLOEXEC) = 3</home/mallory/x>",
        "1 unlinkat(7</home/mallory>, \"x\", 0) = -1 ENOENT (No such file or directory)",
        "1 clone(flags) = 2\n2 setuid(1000) = 0\n2 execve(\"/home/mallory/x\", [], 0x7 /* 2 vars */) = 0",
        "1 setresuid(-1, 1000, -1) = 0\n1 clone(flags) = 2\n2 mkdir(\"/home/mallory/x\", 0700) = 0",
    ] {
        assert_eq!(faults(fine), 0, "{fine}");
    }
}

//! `adopt`: each process that cannot become a service has its message, and goes on as it was.

use std::process::Command;

use snapbox::str;

use crate::adopt::{lives, running, start, systemctl_user, without};
use crate::host::{Host, Inside, Session};
use crate::setup::{booted, done, fails, file, property, ran, same, traces};

/// A line with a process that is left alone, and what is said of it.
#[track_caller]
fn refused(host: &Host, mut mkservice: Command, code: i32, pid: u32, expected: impl snapbox::IntoData) {
    let before = traces(host);
    let said = fails(code, mkservice.args(["adopt", "--yes", &pid.to_string()]));
    same(without(pid, said), expected);
    assert_eq!(traces(host), before);
    assert!(pid == NOBODY || lives(host, pid));
}

/// More than the kernel gives by default.
const NOBODY: u32 = 4_194_304;

#[apply(booted_test)]
fn what_is_no_process_of_a_user() {
    let host = booted();
    let session = host.open_session("ann");
    let ann = || session.run("mkservice");
    refused(
        &host,
        ann(),
        4,
        NOBODY,
        str![[r#"
error: there is no process [PID]
hint: mkservice adopt shows those that can be adopted

"#]],
    );
    let said = fails(2, host.root("mkservice").args(["adopt", "1"]));
    assert!(said.ends_with(") is the machine's first process, on which all others depend\n"), "{said}");
    same(
        fails(4, ann().args(["adopt"])),
        str![[r#"
error: you have no process in the background that no service owns
hint: mkservice COMMAND makes a service of a command

"#]],
    );
    same(
        fails(4, ann().args(["adopt", "no such", "words"])),
        str![[r#"
error: there is no process with `no such words` in its command line
hint: mkservice adopt shows those that can be adopted

"#]],
    );
    let said = fails(2, session.run("sh").args(["-c", "mkservice adopt --yes $$; exit $?"]));
    assert!(said.contains("has started this mkservice, which would end with it"), "{said}");
    let said = fails(2, session.run("sh").args(["-c", "exec mkservice adopt --yes $$"]));
    assert!(said.contains("is mkservice itself"), "{said}");
    let shell = start(&host, session.run("sh"), "/home/ann", "sleep 1000 | sh > /dev/null 2>&1", "sh");
    refused(
        &host,
        ann(),
        2,
        shell,
        str![[r#"
error: process [PID] (`sh`) is a shell that waits for what is typed

"#]],
    );
    // An ended process whose parent does not look.
    let parent =
        "import os, time; pid = os.fork() or os._exit(0); open('zombie', 'w').write(str(pid)); time.sleep(9999)";
    start(&host, session.run("sh"), "/home/ann", &format!("python3 -c \"{parent}\" > /dev/null 2>&1"), "python3");
    let zombie = || std::fs::read_to_string(host.path("/home/ann/zombie")).unwrap_or_default();
    crate::adopt::until("there is a zombie", || !zombie().is_empty() && !lives(&host, zombie().parse().unwrap()));
    let said = fails(2, ann().args(["adopt", "--yes", &zombie()]));
    assert!(said.contains("(`python3`) has ended already; its parent has not taken note yet"), "{said}");
}

#[apply(booted_test)]
fn what_belongs_to_somebody() {
    let host = booted();
    host.add_user("bob");
    let session = host.open_session("ann");
    let bobs = start(&host, host.user("bob", "sh"), "/", "sleep 1000 > /dev/null 2>&1", "sleep");
    refused(
        &host,
        session.run("mkservice"),
        2,
        bobs,
        str![[r#"
error: process [PID] (`sleep 1000`) belongs to bob
hint: sudo mkservice adopt [PID]

"#]],
    );
    let said = fails(2, host.root("mkservice").args(["adopt", "--user", "--yes", &bobs.to_string()]));
    assert!(said.contains("belongs to bob, and a user service of yours would not"), "{said}");
    let journald: u32 = property(host.root("systemctl"), "systemd-journald", "MainPID").parse().unwrap();
    let said = fails(2, host.root("mkservice").args(["adopt", "--yes", &journald.to_string()]));
    assert!(said.contains("belongs to a service already: systemd-journald.service"), "{said}");
    assert!(said.ends_with("hint: systemctl status systemd-journald.service\n"), "{said}");
    // A container: with PIDs, or with files of its own.
    let line = "unshare --pid --fork sh -c 'exec sleep 1001' > /dev/null 2>&1";
    start(&host, host.root("sh"), "/", line, "unshare");
    let inside = || running(&host, "sleep 1001").last().map_or("1".into(), u32::to_string);
    let said = || ran(host.root("mkservice").args(["adopt", "--yes", &inside()])).stderr;
    crate::adopt::until("it is contained", || said().contains("runs in a container, which has programs and files"));
    let chroot = start(&host, host.root("sh"), "/", "unshare --mount sleep 1002 > /dev/null 2>&1", "sleep");
    let said = fails(2, host.root("mkservice").args(["adopt", "--yes", &chroot.to_string()]));
    assert!(said.contains("sees other files than a service would (a container, or chroot)"), "{said}");
}

#[apply(booted_test)]
fn what_cannot_be_started_again() {
    let host = booted();
    let session = host.open_session("ann");
    let ann = || session.run("mkservice");
    let run = |line: &str, program: &str| start(&host, session.run("sh"), "/home/ann", line, program);
    let title = run("perl -e '$0 = \"web: master process\"; sleep 1000' > /dev/null 2>&1", "web: master process");
    refused(
        &host,
        ann(),
        2,
        title,
        str![[r#"
error: process [PID] (`'web: master process'`) has written that over its command line, which cannot be read any more
hint: type the command that started it: mkservice -- COMMAND

"#]],
    );
    host.user("ann", "cp").args(["/bin/sleep", "/home/ann/server"]).text();
    let deleted = run("./server 1000 > /dev/null 2>&1", "./server");
    host.root("rm").arg("/home/ann/server").text();
    refused(
        &host,
        ann(),
        2,
        deleted,
        str![[r#"
error: process [PID] (`./server 1000`) runs a program that was deleted: /home/ann/server
hint: put it back, or type the command with another one: mkservice -- COMMAND

"#]],
    );
    host.user("ann", "mkdir").arg("/home/ann/gone").text();
    let homeless = start(&host, session.run("sh"), "/home/ann/gone", "sleep 1000 > /dev/null 2>&1", "sleep");
    host.root("rmdir").arg("/home/ann/gone").text();
    refused(
        &host,
        ann(),
        2,
        homeless,
        str![[r#"
error: process [PID] (`sleep 1000`) works in a folder that was deleted: /home/ann/gone
hint: name another one: --working-directory DIR

"#]],
    );
    let before = traces(&host);
    let said = fails(2, ann().args(["adopt", "--no-start", &homeless.to_string()]));
    assert!(said.starts_with("error: `--no-start` would end the process and start nothing\n"), "{said}");
    assert_eq!(traces(&host), before);
    done(ann().args(["adopt", "--yes", "--working-directory", "/", &homeless.to_string()]));
    assert_eq!(property(systemctl_user(&host), "sleep", "WorkingDirectory"), "/");
}

#[apply(booted_test)]
fn what_is_one_part_of_something() {
    let host = booted();
    let session = host.open_session("ann");
    let reader = start(&host, session.run("sh"), "/home/ann", "yes hello | cat > /dev/null", "cat");
    let said = fails(2, session.run("mkservice").args(["adopt", "--yes", &reader.to_string()]));
    assert!(said.contains("reads from a pipe that process "), "{said}");
    assert!(
        said.contains(" (`yes hello`) writes: a service is one command\nhint: both together can be one: "),
        "{said}"
    );
    let said = fails(2, session.run("mkservice").args(["adopt", "--yes", "yes hello"]));
    assert!(said.contains(&format!("writes into a pipe that process {reader} (`cat`) reads")), "{said}");
}

#[apply(booted_test)]
fn what_runs_can_be_newer_on_disk() {
    let host = booted();
    let session = host.open_session("ann");
    host.user("ann", "cp").args(["/bin/sleep", "/home/ann/server"]).text();
    let pid = start(&host, session.run("sh"), "/home/ann", "./server 1000 > /dev/null 2>&1", "./server");
    host.user("ann", "sh").args(["-c", "cp server new && mv new server"]).text();
    let said = ran(session.run("mkservice").args(["adopt", "--yes", &pid.to_string()]));
    assert_eq!(said.code, 0, "{said:?}");
    same(
        said.stderr,
        str![[r#"
warning: the program that runs, /home/ann/server, was deleted or replaced since: the service starts /home/ann/server as it is now

"#]],
    );
    // Called by a name that leads nowhere: what really runs is taken.
    let line = "exec -a worker sleep 1000 > /dev/null 2>&1";
    let pid = start(&host, session.run("bash"), "/home/ann", line, "worker");
    let said = done(session.run("mkservice").args(["-v", "adopt", "--yes", &pid.to_string()]));
    assert!(said.contains("`worker` is not what runs: that is /usr/bin/sleep\n"), "{said}");
    assert!(said.contains("\n  command  /usr/bin/sleep 1000\n"), "{said}");
}

/// Two of ann's, the older first, and one of hers that is not meant.
fn two(host: &Host, session: &Session<'_>) -> [u32; 2] {
    file(host, "ann", "/home/ann/hello.py", include_str!("../../examples/hello.py"));
    let run = |line: &str, program: &str| start(host, session.run("sh"), "/home/ann", line, program);
    let first = run("python3 hello.py > log 2>&1", "python3");
    [first, run("python3 hello.py 2 > /dev/null 2>&1", "python3")]
}

#[apply(booted_test)]
fn several_are_listed_to_choose_from() {
    let host = booted();
    host.add_user("ann");
    let session = host.open_session("ann");
    let [first, second] = two(&host, &session);
    let plain = |text: String| {
        let text = text.replace(&first.to_string(), "[ONE]").replace(&second.to_string(), "[TWO]");
        text.lines()
            .map(|line| {
                line.split_whitespace()
                    .filter(|word| !word.parse::<u32>().is_ok_and(|n| n < 60 && n != 2))
                    .collect::<Vec<_>>()
                    .join(" ")
                    + "\n"
            })
            .collect::<String>()
    };
    let expected = |head: &str| {
        format!(
            "error: {head}\nPID SINCE FOLDER OUTPUT COMMAND\n[ONE] s /home/ann /home/ann/log python3 hello.py\n\
             [TWO] s /home/ann /dev/null python3 hello.py 2\nhint: mkservice adopt [ONE]\nhint: mkservice adopt [TWO]\n"
        )
    };
    let said = fails(2, session.run("mkservice").args(["adopt", "--yes", "hello.py"]));
    assert_eq!(
        plain(said),
        expected("`hello.py` is in the command lines of processes").replace("of processes", "of 2 processes")
    );
    let said = fails(2, session.run("mkservice").args(["adopt", "--yes"]));
    assert_eq!(plain(said), expected("adopt which process?"));
    // What a service owns is no choice any more.
    done(session.run("mkservice").args(["adopt", "--yes", "hello.py 2"]));
    let said = fails(2, session.run("mkservice").args(["adopt"]));
    assert!(said.contains(&format!("mkservice adopt {first}")) && !said.contains("hello.py 2"), "{said}");
}

/// Runs mkservice on a terminal of its own, and types `keys` once `question` is there.
const TERMINAL: &str = r#"
import os, pty, sys
question, keys, *words = sys.argv[1:]
child, terminal = pty.fork()
if child == 0:
    os.execvp(words[0], words)
seen, asked = b"", False
while True:
    try:
        data = os.read(terminal, 4096)
    except OSError:
        break
    seen += data
    if not asked and question.encode() in seen:
        asked = True
        os.write(terminal, keys.encode())
sys.stdout.buffer.write(seen.replace(b"\r\n", b"\n"))
sys.exit(os.WEXITSTATUS(os.waitpid(child, 0)[1]))
"#;

#[apply(booted_test)]
fn on_a_terminal_one_is_picked() {
    let host = booted();
    host.add_user("ann");
    let session = host.open_session("ann");
    let [first, second] = two(&host, &session);
    let typed = |question: &str, keys: &str, words: &[&str]| {
        let mut python = session.run("python3");
        ran(python.args(["-c", TERMINAL, question, keys, "mkservice", "adopt"]).args(words))
    };
    let before = traces(&host);
    let none = typed("Adopt which? (its number)", "\n", &[]);
    assert!(none.code == 2 && none.stdout.contains("error: adopt which process?"), "{none:?}");
    let no = typed("in its place? [y/N]", "n\n", &[&first.to_string()]);
    assert!(no.code == 2 && no.stdout.ends_with("error: nothing was changed\n"), "{no:?}");
    assert!(no.stdout.contains(&format!("process {first} (of ann, for ")), "{no:?}");
    assert!(no.stdout.contains(&format!("End process {first} and start hellod in its place? [y/N]")), "{no:?}");
    assert_eq!(traces(&host), before);
    assert!(lives(&host, first) && lives(&host, second));
    let yes = typed("Adopt which? (its number)", "2\ny\n", &["hello.py"]);
    assert_eq!(yes.code, 0, "{yes:?}");
    assert!(lives(&host, first) && !lives(&host, second), "{yes:?}");
    assert!(property(systemctl_user(&host), "hellod", "ExecStart").contains("hello.py 2"));
}

#[apply(booted_test)]
fn the_document_tells_everything() {
    let host = booted();
    host.add_user("ann");
    let session = host.open_session("ann");
    let [first, second] = two(&host, &session);
    let document = |code: i32, words: &[&str]| -> serde_json::Value {
        let ran = ran(session.run("mkservice").args(["adopt", "--json"]).args(words));
        assert_eq!((ran.code, ran.stderr.as_str()), (code, ""), "{ran:?}");
        serde_json::from_str(&ran.stdout).unwrap()
    };
    let several = document(2, &["--yes", "hello.py"]);
    assert_eq!(several["processes"][1]["pid"], second, "{several}");
    let asks = document(2, &[&first.to_string()]);
    assert_eq!(asks["errors"][0]["hints"][0], format!("mkservice adopt --yes --json {first}"), "{asks}");
    let told = document(0, &["--yes", &first.to_string()]);
    assert_eq!(told["process"]["command"], serde_json::json!(["python3", "hello.py"]), "{told}");
    assert_eq!(told["process"]["output"], "/home/ann/log", "{told}");
    assert_eq!(told["services"][0]["state"], "running", "{told}");
    let actions: Vec<&str> =
        told["steps"].as_array().unwrap().iter().filter_map(|step| step["action"].as_str()).collect();
    assert_eq!(actions[actions.len() - 2..], ["end", "start"], "{told}");
    assert_eq!(told["verb"], "adopt");
}

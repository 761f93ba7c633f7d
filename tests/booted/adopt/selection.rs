//! How `adopt` finds the process: listed, chosen on a terminal, and reported as JSON.

use super::{lives, start};
use crate::host::{Host, Session};
use crate::setup::{booted, done, fails, file, property, ran, systemctl_user, traces};

/// Two processes of ann, the older first, and one that does not match.
fn two(host: &Host, session: &Session<'_>) -> [u32; 2] {
    file(host, "ann", "/home/ann/hello.py", include_str!("../../../examples/hello.py"));
    let run = |line: &str, program: &str| start(host, session.run("sh"), "/home/ann", line, program);
    let first = run("python3 hello.py > log 2>&1", "python3");
    [first, run("python3 hello.py 2 > /dev/null 2>&1", "python3")]
}

#[apply(booted_test)]
fn several_matches_are_listed() {
    let host = booted();
    host.add_user("ann");
    let session = host.open_session("ann");
    let [first, second] = two(&host, &session);
    let plain = |text: String| {
        let text = text.replace(&first.to_string(), "[ONE]").replace(&second.to_string(), "[TWO]");
        text.lines()
            .map(|line| {
                line.split_whitespace()
                    .map(|word| {
                        if word.trim_end_matches('s').parse::<u32>().is_ok_and(|n| n < 60 && n != 2) {
                            "s"
                        } else {
                            word
                        }
                    })
                    .collect::<Vec<_>>()
                    .join(" ")
                    + "\n"
            })
            .collect::<String>()
    };
    let expected = |head: &str| {
        format!(
            "error: {head}\nPID AGE DIRECTORY OUTPUT COMMAND\n[ONE] s /home/ann /home/ann/log python3 hello.py\n\
             [TWO] s /home/ann /dev/null python3 hello.py 2\nhint: mkservice adopt [ONE]\nhint: mkservice adopt [TWO]\n"
        )
    };
    let said = fails(2, session.run("mkservice").args(["adopt", "--yes", "hello.py"]));
    assert_eq!(plain(said), expected("2 processes have `hello.py` in their command line"));
    let said = fails(2, session.run("mkservice").args(["adopt", "--yes"]));
    assert_eq!(plain(said), expected("no process given"));
    // A process of a service is not a candidate.
    done(session.run("mkservice").args(["adopt", "--yes", "hello.py 2"]));
    let said = fails(2, session.run("mkservice").args(["adopt"]));
    assert!(said.contains(&format!("mkservice adopt {first}")) && !said.contains("hello.py 2"), "{said}");
}

/// Runs mkservice on its own terminal, and enters `keys` when `question` appears.
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
fn terminal_prompts_for_one_process() {
    let host = booted();
    host.add_user("ann");
    let session = host.open_session("ann");
    let [first, second] = two(&host, &session);
    let typed = |question: &str, keys: &str, words: &[&str]| {
        let mut python = session.run("python3");
        ran(python.args(["-c", TERMINAL, question, keys, "mkservice", "adopt"]).args(words))
    };
    let before = traces(&host);
    let none = typed("Adopt which? (number)", "\n", &[]);
    assert!(none.code == 2 && none.stdout.contains("error: no process given"), "{none:?}");
    let no = typed("in its place? [y/N]", "n\n", &[&first.to_string()]);
    assert!(no.code == 2 && no.stdout.ends_with("error: nothing was changed\n"), "{no:?}");
    assert!(no.stdout.contains(&format!("process {first} (of ann, started ")), "{no:?}");
    assert!(no.stdout.contains(&format!("Stop process {first} and start hellod in its place? [y/N]")), "{no:?}");
    assert_eq!(traces(&host), before);
    assert!(lives(&host, first) && lives(&host, second));
    let yes = typed("Adopt which? (number)", "2\ny\n", &["hello.py"]);
    assert_eq!(yes.code, 0, "{yes:?}");
    assert!(lives(&host, first) && !lives(&host, second), "{yes:?}");
    assert!(property(systemctl_user(&host, "ann"), "hellod", "ExecStart").contains("hello.py 2"));
}

#[apply(booted_test)]
fn json_reports_the_process_and_the_steps() {
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
    assert_eq!(actions[actions.len() - 2..], ["kill", "start"], "{told}");
    assert_eq!(told["verb"], "adopt");
}

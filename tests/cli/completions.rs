//! Completions: what the shells' scripts are answered, and what real shells make of it.

use std::process::Command;

use mkservice::model::Verb;

use crate::support::Home;

/// A home with a timer, a group, and a unit that mkservice does not manage.
fn home() -> Home {
    let home = Home::new();
    for line in ["--name web python x", "--name backup --every 1h python x", "--name worker --instances 2 python x"] {
        assert_eq!(home.run(line).code, 0, "{line}");
    }
    home.file(".config/systemd/user/foreign.service", "[Service]\nExecStart=/bin/true\n", 0o644);
    home.file("work/data dir/file", "", 0o644);
    home
}

/// The values that are offered for the last word.
fn offered(home: &Home, shell: &str, words: &[&str]) -> Vec<String> {
    let ran = home.run_words([&["__complete", shell], words].concat());
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{words:?}");
    let mut offered: Vec<String> =
        ran.stdout.lines().map(|line| line.split('\t').next().unwrap_or_default().to_owned()).collect();
    offered.sort();
    offered
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table of places")]
fn every_place_has_its_values() {
    let home = home();
    for (words, expected) in [
        // Names of services.
        (&["status", ""][..], &["backup", "web", "worker"][..]),
        (&["stop", "we"], &["web"]),
        (&["stop", "web", "w"], &["web", "worker"]),
        (&["rm", "ba"], &["backup"]),
        (&["--user", "restart", "we"], &["web"]),
        (&["restart", "--system", "we"], &[]),
        (&["update", "we"], &["web"]),
        (&["rename", "we"], &["web"]),
        (&["rename", "web", "w"], &[]),
        // Others only for verbs that work on them, and only where none of mkservice's is meant.
        (&["status", "fore"], &["foreign"]),
        (&["harden", "fore"], &[]),
        (&["remove", "fore"], &[]),
        // Verbs.
        (&["sta"], &["start", "status"]),
        (&["--quiet", "sta"], &["start", "status"]),
        (&["help", "exp"], &["explain", "export"]),
        (&["man", "exp"], &["explain", "export"]),
        (&["man", "mk"], &["mkservice.toml"]),
        (&["completions", "z"], &["zsh"]),
        // Options and their values.
        (&["--memory-"], &["--memory-max"]),
        (&["list", "--wi"], &["--wide"]),
        (&["list", "--memory-"], &[]),
        (&["--restart", "on-a"], &["on-abnormal", "on-abort"]),
        (&["--restart=on-a"], &["--restart=on-abnormal", "--restart=on-abort"]),
        (&["--type", "notify"], &["notify", "notify-reload"]),
        (&["--harden", ""], &["safe", "strict"]),
        (&["--on-calendar", "week"], &["weekly"]),
        (&["logs", "web", "-p", "war"], &["warning"]),
        (&["logs", "-o", "short-i"], &["short-iso", "short-iso-precise"]),
        (&["import", "--format", "pro"], &["procfile"]),
        (&["update", "web", "--unset", "memory-m"], &["memory-max"]),
        (&["--uid", "nobo"], &["nobody"]),
        (&["--gid", "roo"], &["root"]),
        (&["-E", "HOM"], &["HOME"]),
        (&["--name", "w"], &[]),
        // A verb's name is a value there.
        (&["--name", "list", "sta"], &["start", "status"]),
        (&["--description", "stop", "--restart", "al"], &["always"]),
        // Units of the scope.
        (&["--after", "foreig"], &["foreign.service"]),
        (&["--after", "backup."], &["backup.service", "backup.timer"]),
        // Directives.
        (&["explain", "MemoryHi"], &["MemoryHigh"]),
        (&["-p", "MemoryHi"], &["MemoryHigh="]),
        (&["-p", "ProtectSystem=f"], &["ProtectSystem=full"]),
        (&["-pProtectSystem=f"], &["-pProtectSystem=full"]),
        (&["update", "web", "--property=ProtectHome=r"], &["--property=ProtectHome=read-only"]),
        // Paths.
        (&["--working-directory", "da"], &["data dir/"]),
        (&["--environment-file", "mys"], &["myscript.py"]),
        (&["apply", "mys"], &["myscript.py"]),
        // From the command's first word on, everything is the program's.
        (&["pyth"], &["python"]),
        (&["--name", "x", "gunic"], &["gunicorn"]),
        (&["mysc"], &["myscript.py"]),
        (&["python", "mys"], &["myscript.py"]),
        (&["python", "--memory-"], &[]),
        (&["python", "sta"], &[]),
        (&["python", "data dir/"], &["data dir/file"]),
        (&["--", "sta"], &[]),
        (&["--", "remov"], &["remove"]),
        (&["--", "list", "mys"], &["myscript.py"]),
        (&["update", "web", "--", "pyth"], &["python"]),
        (&["update", "web", "--", "python", "mys"], &["myscript.py"]),
        // No such option.
        (&["--slice", "sta"], &[]),
    ] {
        assert_eq!(offered(&home, "fish", words), expected, "{words:?}");
    }
}

#[test]
fn an_empty_first_word_offers_the_verbs() {
    let offered = offered(&Home::new(), "zsh", &[""]);
    let mut verbs: Vec<&str> = Verb::all().map(Verb::name).collect();
    verbs.sort_unstable();
    assert_eq!(offered, verbs);
}

#[test]
fn bash_splits_words_at_equals_signs_and_colons() {
    let home = home();
    for (words, expected) in [
        (&["--restart", "=", "on-a"][..], &["on-abnormal", "on-abort"][..]),
        (&["--harden", "="], &["safe", "strict"]),
        (&["-p", "ProtectSystem", "=", "f"], &["full"]),
        (&["-p", "Service.ProtectSystem", "="], &["full", "no", "strict", "yes"]),
        (&["--property", "=", "ProtectSystem", "=", "f"], &["full"]),
        // It completes paths itself.
        (&["apply", "mys"], &[]),
        (&["python", "mys"], &[]),
    ] {
        assert_eq!(offered(&home, "bash", words), expected, "{words:?}");
    }
}

/// A shell with our completions.
struct Shell {
    name: &'static str,
    options: &'static [&'static str],
    /// What it reads when it starts, around the completions.
    file: &'static str,
    before: &'static str,
    after: &'static str,
}

/// Lines with tabs, and the arguments that they become.
const LINES: [(&str, &str); 6] = [
    ("mkservice statu\t we\t", "<status><web>"),
    ("mkservice harden back\t --set\t 2s", "<harden><backup><--settle><2s>"),
    ("mkservice -p ProtectSystem=f\t pyth\t my\t", "<-p><ProtectSystem=full><python><myscript.py>"),
    ("mkservice --restart=alw\t pyth\t", "<--restart=always><python>"),
    ("mkservice -p MemoryHi\t1G pyth\t", "<-p><MemoryHigh=1G><python>"),
    ("mkservice python dat\tfi\t", "<python><data dir/file>"),
];

impl Shell {
    /// Types the lines on a terminal of its own.
    #[track_caller]
    fn completes(&self) {
        const TERMINAL: &str = include_str!("../support/terminal.py");
        let home = home();
        // The program answers the script; its other arguments are printed.
        let program = home.mkservice().get_program().to_str().unwrap().to_owned();
        let stub = "#!/bin/sh\n[ \"$1\" = __complete ] && exec [MKSERVICE] \"$@\"\nprintf '<%s>' \"$@\"; echo\n";
        home.file("bin/mkservice", stub.replace("[MKSERVICE]", &program), 0o755);
        let script = home.run(&format!("completions {}", self.name));
        assert_eq!((script.code, script.stderr.as_str()), (0, ""));
        home.file(self.file, format!("{}{}{}", self.before, script.stdout, self.after), 0o644);
        for (line, expected) in LINES {
            let mut python: Command = home.command("/usr/bin/python3");
            python.env("PATH", format!("{}/bin:/usr/bin:/bin", home.path().display()));
            python.env("TERM", "xterm").env("ZDOTDIR", home.path()).env("SYSTEMD_OFFLINE", "1");
            python.args(["-c", TERMINAL, "READY>", &format!("{line}\rexit\r")]);
            let ran = home.ran(python.arg(format!("/usr/bin/{}", self.name)).args(self.options));
            assert!(ran.stdout.contains(expected), "{expected} in {}\n{}", ran.stdout, ran.stderr);
        }
    }
}

#[test]
fn bash_completes() {
    let options = &["--rcfile", "../.bashrc", "-i"];
    Shell { name: "bash", options, file: ".bashrc", before: "", after: "PS1='READY''>'\n" }.completes();
}

#[test]
fn zsh_completes() {
    let before = "autoload -U compinit\ncompinit -u -D\n";
    Shell { name: "zsh", options: &["-i"], file: ".zshrc", before, after: "PS1='READY''>'\n" }.completes();
}

#[test]
fn fish_completes() {
    let after = "set fish_greeting\nfunction fish_prompt; echo -n READY; echo -n '>'; end\n";
    Shell { name: "fish", options: &["-i"], file: ".config/fish/config.fish", before: "", after }.completes();
}

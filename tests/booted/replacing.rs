//! Services of other projects with the same name are not replaced unasked.

use std::process::Command;

use crate::host::Inside;
use crate::scope::Scope;
use crate::setup::{Ran, done, fails, file, ran};

const QUESTION: &str = "Replace it? [y/N] ";

/// mkservice, run in a directory.
fn mkservice_in(scope: &Scope<'_>, dir: &str, words: &[&str]) -> Command {
    let mut mkservice = scope.mkservice(words);
    mkservice.cwd(dir);
    mkservice
}

/// The same on a terminal, where `keys` are entered when the question appears.
fn on_terminal(scope: &Scope<'_>, dir: &str, keys: &str, words: &[&str]) -> Ran {
    let mut python = scope.run("python3");
    python.cwd(dir).args(["-c", include_str!("../support/terminal.py"), QUESTION, keys, "/usr/local/bin/mkservice"]);
    if scope.session.is_none() {
        python.args(["--uid", "daemon"]);
    }
    ran(python.args(words))
}

#[apply(booted_test)]
fn two_projects_with_the_same_script_are_two_services(scope: &Scope<'_>) {
    for project in ["blog", "shop"] {
        for script in ["main.py", "other.py"] {
            let text = format!("import time\nprint('{project} {script}', flush=True)\ntime.sleep(1000)\n");
            file(scope.host, "root", &format!("/srv/{project}/{script}"), &text);
        }
    }
    let is_of = |name: &str, project: &str| {
        assert_eq!(scope.property(name, "WorkingDirectory"), format!("/srv/{project}"));
        assert_eq!(scope.property(name, "ActiveState"), "active");
    };
    done(&mut mkservice_in(scope, "/srv/blog", &["python3", "main.py"]));
    let run = scope.property("maind", "InvocationID");
    let refused = fails(2, &mut mkservice_in(scope, "/srv/shop", &["python3", "main.py"]));
    let paste: Vec<&str> = refused.lines().filter_map(|line| line.strip_prefix("hint: ")).collect();
    assert!(refused.contains("`/srv/blog`") && refused.contains("`/srv/shop`"), "{refused}");
    let [other, replace] = paste[..] else { panic!("{refused}") };
    assert!(other.contains(" --name shop-maind ") && replace.contains(" --replace "), "{refused}");
    let terminal = on_terminal(scope, "/srv/shop", "y\n", &["python3", "main.py"]);
    assert_eq!((terminal.code, terminal.stdout.contains(QUESTION)), (2, false), "{terminal:?}");
    assert_eq!(scope.property("maind", "InvocationID"), run);
    is_of("maind", "blog");

    // What is offered does what it says.
    let pasted = |line: &str| {
        let mut shell = scope.run("sh");
        shell.cwd("/srv/shop").args(["-c", line.split_once(": ").unwrap().1]);
        ran(&mut shell)
    };
    let second = pasted(other);
    assert_eq!(second.code, 0, "{second:?}");
    is_of("shop-maind", "shop");
    is_of("maind", "blog");
    let replaced = pasted(replace);
    assert_eq!(replaced.code, 0, "{replaced:?}");
    assert!(replaced.stdout.contains("-WorkingDirectory=/srv/blog"), "{replaced:?}");
    is_of("maind", "shop");

    // A given name: refused if both differ, except after a question on a terminal.
    let named = ["--name", "maind", "python3", "other.py"];
    let refused = fails(2, &mut mkservice_in(scope, "/srv/blog", &named));
    assert!(refused.contains("hint: replace it: "), "{refused}");
    let no = on_terminal(scope, "/srv/blog", "n\n", &named);
    assert_eq!((no.code, no.stdout.contains(QUESTION)), (2, true), "{no:?}");
    is_of("maind", "shop");
    let yes = on_terminal(scope, "/srv/blog", "y\n", &named);
    assert_eq!((yes.code, yes.stdout.contains("-WorkingDirectory=/srv/shop")), (0, true), "{yes:?}");
    is_of("maind", "blog");
    let said = done(&mut mkservice_in(scope, "/srv/blog", &["--name", "maind", "python3", "main.py"]));
    assert!(said.contains("updated") && said.contains("changes"), "{said}");
}

//! `adopt` where systemd is not running: how its arguments are read, and early refusals.

use snapbox::str;

use crate::support::{Home, same};

/// Greater than the kernel's limit.
const NOBODY: &str = "4194305";

#[test]
fn options_stand_before_or_after_the_process() {
    let home = Home::new();
    let before = home.tree();
    for line in ["adopt 4194305 --name x", "--name x adopt 4194305", "adopt --name x -E A=1 -- 4194305"] {
        let ran = home.run(line);
        assert_eq!((ran.code, ran.stdout.as_str()), (4, ""), "{line}: {ran:?}");
        same(
            ran.stderr,
            str![[r#"
error: no process 4194305
hint: list the processes that can be adopted: mkservice adopt

"#]],
        );
    }
    // Arguments that are not a number are part of a command line.
    let ran = home.run("adopt no-such-program --with words");
    assert_eq!(ran.code, 2, "{ran:?}");
    same(
        ran.stderr,
        str![[r#"
error: unknown option `--with`
hint: show the usage: mkservice adopt --help

"#]],
    );
    let ran = home.run("adopt -- no-such-program --with words");
    same(
        ran.stderr,
        str![[r#"
error: no process has `no-such-program --with words` in its command line
hint: list the processes that can be adopted: mkservice adopt

"#]],
    );
    let ran = home.run("adoptt 1");
    assert!(ran.code == 2 && ran.stderr.contains("show the verbs: mkservice --help"), "{ran:?}");
    assert_eq!(home.tree(), before);
}

#[test]
fn nothing_is_ended_without_systemd() {
    let home = Home::new();
    let before = home.tree();
    let mut sleep = home.command("/bin/sleep").arg("1000").spawn().unwrap();
    let pid = sleep.id().to_string();
    // Its parent is the test, which runs as the same user unless that is root.
    let ran = home.run(&format!("adopt --force --yes {pid}"));
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{ran:?}");
    same(
        ran.stderr,
        str![[r#"
error: cannot start services: systemd is not running

"#]],
    );
    assert_eq!(sleep.try_wait().unwrap(), None, "it goes on");
    sleep.kill().unwrap();
    sleep.wait().unwrap();
    assert_eq!(home.tree(), before);
}

#[test]
fn help_differs_from_that_of_add() {
    let ran = Home::new().run("adopt --help");
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert!(ran.stdout.contains("Usage: mkservice adopt [OPTIONS] [PID|PATTERN]\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("Working directory [default: of the process]"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("--no-start"), "{}", ran.stdout);
    let document = Home::new().run_words(["adopt", "--json", NOBODY]);
    let document: serde_json::Value = serde_json::from_str(&document.stdout).unwrap();
    assert_eq!((document["verb"].as_str(), document["exit_code"].as_u64()), (Some("adopt"), Some(4)));
}

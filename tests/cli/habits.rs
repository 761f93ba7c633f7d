//! Habits from sudo, Docker, pm2 and systemctl: refused with the line that does it here.

use snapbox::str;

use crate::refused_in;
use crate::support::Home;

#[track_caller]
fn refused(line: &str, expected: impl snapbox::IntoData) {
    let words = shlex::split(line).unwrap();
    refused_in(&Home::new(), 2, words, expected);
}

#[test]
fn name_before_the_command() {
    refused(
        "mybot python myscript.py --port 1",
        str![[r#"
error: program `mybot` not found in PATH
hint: name the service with an option: mkservice --name mybot -- python myscript.py --port 1

"#]],
    );
    refused(
        "--name other mybot python myscript.py",
        str![[r#"
error: program `mybot` not found in PATH
hint: check whether your shell finds it: type -a -- mybot

"#]],
    );
}

#[test]
fn values_that_the_shell_has_split() {
    for (line, option) in [
        ("--every 5 min python myscript.py", "--every"),
        ("--cron 5 4 '*' '*' '*' python myscript.py", "--cron"),
        ("--cron 5 bin work python myscript.py", "--cron"),
        ("--on-calendar Mon 10:00 python myscript.py", "--on-calendar"),
        ("--restart-sec 1min 30s python myscript.py", "--restart-sec"),
    ] {
        let home = Home::new();
        let ran = home.ran(home.mkservice().args(shlex::split(line).unwrap()));
        let hint = format!("hint: quote a value with spaces: {option} 'VALUE'\n");
        assert!(ran.code == 2 && ran.stderr.ends_with(&hint) && ran.stderr.lines().count() == 2, "{line}: {ran:?}");
    }
    let ran = Home::new().run("--every 5min pythn myscript.py");
    assert!(!ran.stderr.contains("quote a value"), "{ran:?}");
}

#[test]
fn users_as_with_sudo_and_docker() {
    refused(
        "-u daemon python myscript.py",
        str![[r#"
error: `-u` is the name of the service, but `daemon` is a user
hint: run the command as that user: mkservice --uid daemon --system python myscript.py
hint: name the service so: mkservice --name daemon python myscript.py

"#]],
    );
    refused(
        "--user daemon python myscript.py",
        str![[r#"
error: program `daemon` not found in PATH
hint: run the command as `daemon`: mkservice --uid daemon --system -- python myscript.py

"#]],
    );
    refused(
        "--user=daemon python myscript.py",
        str![[r#"
error: --user does not accept a value
hint: use --system --uid USER to run the command as another user

"#]],
    );
    assert_eq!(Home::new().run("-u mine python myscript.py").code, 0);
}

#[test]
fn output_is_not_appended_to_files_that_are_no_logs() {
    for (file, content, is_refused) in [
        (".env", "A=1\n", true),
        ("prod.env", "A=1\n", true),
        (".env.local", "A=1\n", true),
        ("bot.py", "x", true),
        ("config.json", "{}", true),
        ("mkservice.toml", "a", true),
        ("bot.log", "old\n", false),
        ("nohup.out", "old\n", false),
        ("new.json", "", false),
    ] {
        let home = Home::new();
        home.file(format!("work/{file}"), content, 0o600);
        let before = home.tree();
        let ran = home.run(&format!("--log-file {file} python myscript.py"));
        assert_eq!((ran.code, home.tree() == before), (if is_refused { 2 } else { 0 }, is_refused), "{file}: {ran:?}");
        assert_eq!(home.run(&format!("--force --log-file {file} python myscript.py")).code, 0, "{file}");
    }
    let home = Home::new();
    home.file("work/.env", "A=1\n", 0o600);
    refused_in(
        &home,
        2,
        ["--log-file", ".env", "python", "myscript.py"],
        str![[r#"
error: --log-file [HOME]/work/.env has content that is no log: output would be appended to it
hint: choose another file: --log-file [HOME]/work/env.log
hint: use --force to install it anyway

"#]],
    );
}

#[test]
fn words_and_options_of_pm2_and_systemctl() {
    let home = Home::new();
    assert_eq!(home.run("python myscript.py").code, 0);
    for (line, code, hint) in [
        ("stop all", 4, "for all services: mkservice stop --all"),
        ("restart all", 4, "for all services: mkservice restart --all"),
        ("logs all", 4, "for all services: mkservice logs --all"),
        // No line to paste deletes everything.
        ("delete all", 4, "list the services: mkservice list"),
        ("start myscript.py2", 4, "list the services: mkservice list"),
        (
            "enable --now myscriptd",
            2,
            "leave it out: `mkservice start` and `mkservice stop` work now, `enable` and `disable` at the next boot",
        ),
        ("--detach python myscript.py", 2, "leave it out: systemd runs every service in the background"),
        ("update myscriptd --memory 512M", 2, "did you mean --memory-max?"),
        ("--interval 5min python myscript.py", 2, "did you mean --every?"),
        ("restart 0", 4, "list the services: mkservice list"),
    ] {
        let before = home.tree();
        let ran = home.run(line);
        assert_eq!((ran.code, home.tree() == before), (code, true), "{line}: {ran:?}");
        assert!(ran.stderr.ends_with(&format!("hint: {hint}\n")), "{line}: {ran:?}");
    }
    home.file("work/other.py", "", 0o644);
    let ran = home.run("start other.py");
    assert!(ran.stderr.ends_with("hint: create a service from it: mkservice add other.py\n"), "{ran:?}");
    let list = |words: &str| home.run(words).stdout;
    assert_eq!(list("ps -a"), list("list --all"));
}

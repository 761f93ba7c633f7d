//! Which arguments are options of mkservice and which belong to the command: the rule of `docs/command-line.md`.

use snapbox::str;

use crate::support::{Home, Ran, same};

/// Installs a service with a command that must work, and returns its name and command line.
fn made(line: &str, name: &str) -> (Ran, String, Home) {
    let home = Home::new();
    let ran = home.run(line);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{line}: {ran:?}");
    let command = home.directive(name, "ExecStart");
    (ran, command, home)
}

#[test]
fn name_may_follow_the_command() {
    let (ran, command, home) = made("python myscript.py --name myscriptd", "myscriptd");
    assert_eq!(command, "[HOME]/bin/python myscript.py");
    assert_eq!(home.directive("myscriptd", "WorkingDirectory"), "[HOME]/work");
    same(
        ran.stdout,
        str![[r#"
systemd is not running here: installed and enabled, starts at the next boot
myscriptd (user service)
  command   [HOME]/bin/python myscript.py
  options   --name myscriptd (options of mkservice; use `--` to pass them to the command)
  directory [HOME]/work
  unit      [HOME]/.config/systemd/user/myscriptd.service
  logs      journalctl --user -u myscriptd -f
  remove    mkservice remove myscriptd
note: it starts at boot once lingering is enabled: sudo loginctl enable-linger nobody

"#]],
    );
}

#[test]
fn options_may_precede_the_command() {
    let (ran, command, _) = made("--name myscriptd python myscript.py", "myscriptd");
    assert_eq!(command, "[HOME]/bin/python myscript.py");
    same(
        ran.stdout,
        str![[r#"
systemd is not running here: installed and enabled, starts at the next boot
myscriptd (user service)
  command   [HOME]/bin/python myscript.py
  directory [HOME]/work
  unit      [HOME]/.config/systemd/user/myscriptd.service
  logs      journalctl --user -u myscriptd -f
  remove    mkservice remove myscriptd
note: it starts at boot once lingering is enabled: sudo loginctl enable-linger nobody

"#]],
    );
}

#[test]
fn everything_after_two_dashes_is_the_command() {
    let (ran, command, _) = made("--name web -- gunicorn app:app --bind :8000 --name x", "web");
    assert_eq!(command, "[HOME]/bin/gunicorn app:app --bind :8000 --name x");
    same(
        ran.stdout,
        str![[r#"
systemd is not running here: installed and enabled, starts at the next boot
web (user service)
  command   [HOME]/bin/gunicorn app:app --bind :8000 --name x
  directory [HOME]/work
  unit      [HOME]/.config/systemd/user/web.service
  logs      journalctl --user -u web -f
  remove    mkservice remove web
note: it starts at boot once lingering is enabled: sudo loginctl enable-linger nobody

"#]],
    );
}

#[test]
fn name_is_the_stem_of_the_script_with_a_trailing_d() {
    let (ran, command, _) = made("python myscript.py", "myscriptd");
    assert_eq!(command, "[HOME]/bin/python myscript.py");
    same(
        ran.stdout,
        str![[r#"
systemd is not running here: installed and enabled, starts at the next boot
myscriptd (user service)
  command   [HOME]/bin/python myscript.py
  directory [HOME]/work
  unit      [HOME]/.config/systemd/user/myscriptd.service
  logs      journalctl --user -u myscriptd -f
  remove    mkservice remove myscriptd
note: it starts at boot once lingering is enabled: sudo loginctl enable-linger nobody

"#]],
    );
}

#[test]
fn two_dashes_after_the_program_are_the_programs() {
    let (ran, command, _) = made("--name s ./server -- --port 80 --user --name x", "s");
    assert_eq!(command, "[HOME]/work/server -- --port 80 --user --name x");
    assert!(!ran.stdout.contains("note: `--"), "{ran:?}");
}

#[test]
fn unit_file_keeps_the_options_and_then_the_command() {
    let (_, _, home) = made("add -E A=1 python myscript.py -v --name x", "x");
    assert_eq!(home.directive("x", "Command"), "mkservice -E A=1 --name x -- python myscript.py -v");
}

#[test]
fn command_may_have_the_name_of_a_verb() {
    let (ran, command, _) = made("add remove", "remove");
    assert_eq!(command, "[HOME]/bin/remove");
    same(
        ran.stdout,
        str![[r#"
systemd is not running here: installed and enabled, starts at the next boot
remove (user service)
  command   [HOME]/bin/remove
  directory [HOME]/work
  unit      [HOME]/.config/systemd/user/remove.service
  logs      journalctl --user -u remove -f
  remove    mkservice remove remove
note: it starts at boot once lingering is enabled: sudo loginctl enable-linger nobody

"#]],
    );
    let (ran, command, _) = made("-- remove old", "remove");
    assert_eq!(command, "[HOME]/bin/remove old");
    same(
        ran.stdout,
        str![[r#"
systemd is not running here: installed and enabled, starts at the next boot
remove (user service)
  command   [HOME]/bin/remove old
  directory [HOME]/work
  unit      [HOME]/.config/systemd/user/remove.service
  logs      journalctl --user -u remove -f
  remove    mkservice remove remove
note: it starts at boot once lingering is enabled: sudo loginctl enable-linger nobody

"#]],
    );
}

#[test]
fn verb_counts_only_as_the_first_argument() {
    let (ran, command, _) = made("python status --name s", "s");
    assert_eq!(command, "[HOME]/bin/python status");
    same(
        ran.stdout,
        str![[r#"
systemd is not running here: installed and enabled, starts at the next boot
s (user service)
  command   [HOME]/bin/python status
  options   --name s (options of mkservice; use `--` to pass them to the command)
  directory [HOME]/work
  unit      [HOME]/.config/systemd/user/s.service
  logs      journalctl --user -u s -f
  remove    mkservice remove s
note: it starts at boot once lingering is enabled: sudo loginctl enable-linger nobody

"#]],
    );
    let (_, command, _) = made("python remove --name s", "s");
    assert_eq!(command, "[HOME]/bin/python remove");
}

#[test]
fn aliases_are_the_same_option() {
    for line in ["--unit s python x", "--unit=s python x", "--name s.service python x"] {
        let (_, command, _) = made(line, "s");
        assert_eq!(command, "[HOME]/bin/python x", "{line}");
    }
}

/// A command that is refused, with the unambiguous command.
fn refused(line: &str) -> Ran {
    let home = Home::new();
    let before = home.tree();
    let ran = home.run(line);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{line}: {ran:?}");
    assert_eq!(home.tree(), before, "{line}: something was written");
    ran
}

#[test]
fn options_after_the_command_are_the_programs() {
    for line in [
        "gunicorn app:app --bind :8000 -w 4 --reload",
        "python -u -m http.server 8000 -b=x",
        "python myscript.py -p 8080 -xvf",
    ] {
        let (ran, command, _) = made(&format!("--name s {line}"), "s");
        assert_eq!(command, format!("[HOME]/bin/{line}"));
        assert!(!ran.stdout.contains("note: `-"), "{ran:?}");
    }
}

#[test]
fn option_that_mkservice_has_too_is_passed_on_with_a_note() {
    let (ran, command, _) = made("python myscript.py -v --nice 5 --unit=s", "myscriptd");
    assert_eq!(command, "[HOME]/bin/python myscript.py -v --nice 5 --unit=s");
    same(
        ran.stdout,
        str![[r#"
systemd is not running here: installed and enabled, starts at the next boot
myscriptd (user service)
  command   [HOME]/bin/python myscript.py -v --nice 5 --unit=s
  directory [HOME]/work
  unit      [HOME]/.config/systemd/user/myscriptd.service
  logs      journalctl --user -u myscriptd -f
  remove    mkservice remove myscriptd
note: passed to `python`: `-v`, `--nice`, `--unit`
hint: for mkservice: mkservice -v --nice 5 --unit=s -- python myscript.py
note: it starts at boot once lingering is enabled: sudo loginctl enable-linger nobody

"#]],
    );
}

/// The directives of `s` that a command line leads to.
fn directives(options: &str) -> Vec<String> {
    let (_, _, home) = made(&format!("--name s {options} -- python"), "s");
    let unit = home.unit("s").replace(home.path().to_str().unwrap(), "[HOME]");
    let is_record = |line: &&str| ["#", "Command=", "Checksum="].iter().any(|record| line.starts_with(record));
    unit.lines().filter(|line| !is_record(line)).map(str::to_owned).collect()
}

#[test]
fn names_that_other_tools_have_for_an_option_are_synonyms() {
    for (other, ours) in [
        ("--env A=1", "-E A=1"),
        ("--env=A=1", "-E A=1"),
        ("-e A=1 -eB=2", "-E A=1 -E B=2"),
        ("-qeA=1", "-q -E A=1"),
        ("--env-file -/tmp/x", "--environment-file -/tmp/x"),
        ("--cwd /tmp", "--working-directory /tmp"),
        ("--chdir=/tmp", "--working-directory /tmp"),
        ("--workdir /tmp", "--working-directory /tmp"),
        ("--type simple", "--service-type simple"),
    ] {
        assert_eq!(directives(other), directives(ours), "{other}");
    }
    for line in ["-n s python", "-u s python", "-ns python", "--system --group 0 --dry-run -us python"] {
        let ran = Home::new().run(line);
        assert!(ran.code == 0 && ran.stdout.contains("/s.service"), "{line}: {ran:?}");
    }
    for (line, error) in [
        ("-n a -u b python", "--name is given twice"),
        ("--cwd /nowhere ./server", "cannot use the working directory `/nowhere`"),
        ("--env =1 ./server", "--setenv"),
    ] {
        let ran = refused(line);
        assert!(ran.stderr.contains(error), "{line}: {ran:?}");
    }
}

#[test]
fn synonyms_after_the_command_are_passed_on_without_a_note() {
    let line = "python -u myscript.py -e prod -n 3 --env test --env-file .env --cwd /tmp --group www --type a";
    let (ran, command, _) = made(&format!("--name s {line}"), "s");
    assert_eq!(command, format!("[HOME]/bin/{line}"));
    assert!(!ran.stdout.contains("passed to"), "{ran:?}");
}

#[test]
fn ambiguous_option_after_the_command_is_refused_with_both_lines() {
    same(
        refused("python myscript.py --name x -q 5").stderr,
        str![[r#"
error: `--name` after the command can be for mkservice or for `python`
hint: for mkservice: mkservice --name x -- python myscript.py -q 5
hint: for `python`: mkservice -- python myscript.py --name x -q 5

"#]],
    );
    same(
        refused("gunicorn app:app --name x").stderr,
        str![[r#"
error: `--name` after the command can be for mkservice or for `gunicorn`
hint: for mkservice: mkservice --name x -- gunicorn app:app
hint: for `gunicorn`: mkservice -- gunicorn app:app --name x

"#]],
    );
    same(
        refused("add -q python myscript.py --user --root /mnt").stderr,
        str![[r#"
error: `--user` after the command can be for mkservice or for `python`
hint: for mkservice: mkservice add -q --user --root /mnt -- python myscript.py
hint: for `python`: mkservice -q -- python myscript.py --user --root /mnt

"#]],
    );
    same(
        refused("python myscript.py --name").stderr,
        str![[r#"
error: `--name` after the command can be for mkservice or for `python`
hint: for `python`: mkservice -- python myscript.py --name

"#]],
    );
    same(
        refused("python myscript.py --nmae xd").stderr,
        str![[r#"
error: `--nmae` after the command looks like `--name`
hint: for mkservice: mkservice --name xd -- python myscript.py
hint: for `python`: mkservice -- python myscript.py --nmae xd

"#]],
    );
    for option in
        ["--user", "--system", "--root /", "--root=/", "--global", "--dry-run", "--check", "--force", "--json"]
    {
        refused(&format!("python x {option}"));
    }
    for option in ["--quiet", "--verbose", "--no-start", "--no-enable"] {
        refused(&format!("python x {option}"));
    }
}

#[test]
fn both_lines_can_be_pasted() {
    let words = ["gunicorn", "two words", "it's", "$HOME", "a\nb", "--name", "x", "--x"];
    for (prefix, unit, expected) in [
        ("hint: for mkservice: mkservice ", "x", r#"[HOME]/bin/gunicorn "two words" "it's" "$$HOME" "a\nb" --x"#),
        (
            "hint: for `gunicorn`: mkservice ",
            "gunicorn",
            r#"[HOME]/bin/gunicorn "two words" "it's" "$$HOME" "a\nb" --name x --x"#,
        ),
    ] {
        let home = Home::new();
        let ran = home.run_words(words);
        assert_eq!(ran.code, 2);
        let line = ran.stderr.lines().find_map(|line| line.strip_prefix(prefix)).unwrap().to_owned();
        let program = home.mkservice().get_program().to_owned();
        let mut bash = home.command("/bin/bash");
        bash.env("SYSTEMD_OFFLINE", "1").arg("-c").arg(format!("\"$0\" {line}")).arg(program);
        let ran = home.ran(&mut bash);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert_eq!(home.directive(unit, "ExecStart"), expected);
    }
}

#[test]
fn terminal_offers_both_lines() {
    for (answer, code, command) in [
        ("1\n", 0, Some(("s", "[HOME]/work/server --port"))),
        ("2\n", 0, Some(("server", "[HOME]/work/server --name s --port"))),
        ("n\n", 2, None),
    ] {
        let home = Home::new();
        let ran = home.on_terminal("Run which?", answer, &["./server", "--name", "s", "--port"]);
        assert_eq!(ran.code, code, "{ran:?}");
        match command {
            Some((name, command)) => assert_eq!(home.directive(name, "ExecStart"), command),
            None => assert!(!home.units().exists(), "{ran:?}"),
        }
    }
}

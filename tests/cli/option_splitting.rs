//! Which arguments are options of mkservice and which belong to the command: the table of `docs/command-line.md`.

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
fn options_may_follow_the_command() {
    let (ran, command, home) = made("python myscript.py --name myscriptd", "myscriptd");
    assert_eq!(command, "[HOME]/bin/python myscript.py");
    assert_eq!(home.directive("myscriptd", "WorkingDirectory"), "[HOME]/work");
    same(
        ran.stdout,
        str![[r#"
myscriptd is installed and starts at the next boot (user service)
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
myscriptd is installed and starts at the next boot (user service)
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
web is installed and starts at the next boot (user service)
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
myscriptd is installed and starts at the next boot (user service)
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
fn two_dashes_may_follow_the_program() {
    let (ran, command, _) = made("./server --name s -- --port 80", "s");
    assert_eq!(command, "[HOME]/work/server --port 80");
    same(
        ran.stdout,
        str![[r#"
s is installed and starts at the next boot (user service)
  command   [HOME]/work/server --port 80
  options   --name s (options of mkservice; use `--` to pass them to the command)
  directory [HOME]/work
  unit      [HOME]/.config/systemd/user/s.service
  logs      journalctl --user -u s -f
  remove    mkservice remove s
note: it starts at boot once lingering is enabled: sudo loginctl enable-linger nobody

"#]],
    );
}

#[test]
fn command_may_have_the_name_of_a_verb() {
    let (ran, command, _) = made("add remove", "remove");
    assert_eq!(command, "[HOME]/bin/remove");
    same(
        ran.stdout,
        str![[r#"
remove is installed and starts at the next boot (user service)
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
remove is installed and starts at the next boot (user service)
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
s is installed and starts at the next boot (user service)
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
    for line in ["--unit s python x", "python x --unit=s", "--name s.service python x"] {
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
fn unknown_option_after_the_command_is_never_guessed() {
    same(
        refused("gunicorn app:app --bind :8000").stderr,
        str![[r#"
error: unknown option `--bind`
hint: mkservice -- gunicorn app:app --bind :8000

"#]],
    );
    same(
        refused("python -m http.server 8000").stderr,
        str![[r#"
error: unknown option `-m`
hint: mkservice -- python -m http.server 8000

"#]],
    );
    same(
        refused("python myscript.py -q").stderr,
        str![[r#"
error: `-q` after the command is not an option of mkservice
hint: mkservice -- python myscript.py -q
hint: or, for mkservice itself: mkservice -q python myscript.py

"#]],
    );
    same(
        refused("python myscript.py --name x -v --port=80 -- --y").stderr,
        str![[r#"
error: `-v` after the command is not an option of mkservice
hint: mkservice --name x -- python myscript.py -v --port=80 --y
hint: or, for mkservice itself: mkservice -v python myscript.py --name x --port=80 -- --y

"#]],
    );
    same(
        refused("add --user python -u myscript.py").stderr,
        str![[r#"
error: unknown option `-u`
hint: mkservice add --user -- python -u myscript.py

"#]],
    );
}

#[test]
fn short_option_after_the_command_is_offered_both_ways() {
    same(
        refused("server -p Nice=5 --name x").stderr,
        str![[r#"
error: `-p` after the command is not an option of mkservice
hint: mkservice --name x -- server -p Nice=5
hint: or, for mkservice itself: mkservice -p Nice=5 server --name x

"#]],
    );
}

#[test]
fn suggested_command_can_be_pasted() {
    let home = Home::new();
    let words = ["gunicorn", "two words", "it's", "$HOME", "a\nb", "--x"];
    let ran = home.run_words(words);
    assert_eq!(ran.code, 2);
    let line = ran.stderr.lines().find_map(|line| line.strip_prefix("hint: mkservice ")).unwrap().to_owned();
    let program = home.mkservice().get_program().to_owned();
    let mut bash = home.command("/bin/bash");
    bash.env("SYSTEMD_OFFLINE", "1").arg("-c").arg(format!("\"$0\" {line}")).arg(program);
    let ran = home.ran(&mut bash);
    assert_eq!(ran.code, 0, "{ran:?}");
    let command = home.directive("gunicorn", "ExecStart");
    assert_eq!(command, r#"[HOME]/bin/gunicorn "two words" "it's" "$$HOME" "a\nb" --x"#);
}

#[test]
fn terminal_offers_the_suggested_command() {
    for (answer, code, made) in [("y\n", 0, true), ("n\n", 2, false)] {
        let home = Home::new();
        let ran = home.on_terminal("Run that command instead?", answer, &["./server", "--port"]);
        assert_eq!(ran.code, code, "{ran:?}");
        assert_eq!(home.units().join("server.service").exists(), made, "{ran:?}");
    }
}

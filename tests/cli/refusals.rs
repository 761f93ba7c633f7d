//! Everything that is refused: exit code 2, the words, and nothing written.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use snapbox::str;

use crate::support::{Home, same};

/// Runs words that must be refused in a home made by `prepare`, and compares the words.
fn refused_in<W: AsRef<std::ffi::OsStr>>(
    home: &Home,
    code: i32,
    words: impl IntoIterator<Item = W>,
    expected: impl snapbox::IntoData,
) {
    let before = home.tree();
    let ran = home.run_words(words);
    assert_eq!(home.tree(), before, "something was written: {ran:?}");
    assert_eq!((ran.code, ran.stdout.as_str()), (code, ""), "{ran:?}");
    same(ran.stderr, expected);
}

fn refused<W: AsRef<std::ffi::OsStr>>(words: impl IntoIterator<Item = W>, expected: impl snapbox::IntoData) {
    refused_in(&Home::new(), 2, words, expected);
}

#[test]
fn nothing_at_all() {
    refused::<&str>(
        [],
        str![[r#"
error: no command was given
hint: mkservice python myscript.py --name myscriptd
hint: mkservice --help shows the rest

"#]],
    );
    refused(
        ["--name", "x"],
        str![[r#"
error: no command was given
hint: mkservice python myscript.py --name myscriptd
hint: mkservice --help shows the rest

"#]],
    );
    refused(
        ["--"],
        str![[r#"
error: no command was given
hint: mkservice python myscript.py --name myscriptd
hint: mkservice --help shows the rest

"#]],
    );
}

#[test]
fn options_that_are_none() {
    refused(
        ["--nmae", "x", "python"],
        str![[r#"
error: `--nmae` is not an option of mkservice
hint: did you mean --name?

"#]],
    );
    refused(
        ["-x", "python"],
        str![[r#"
error: `-x` is not an option of mkservice
hint: mkservice --help lists them

"#]],
    );
    refused(
        ["--name"],
        str![[r#"
error: `--name` needs a value
hint: mkservice --help shows which

"#]],
    );
    refused(
        ["--restart", "sometimes", "python"],
        str![[r#"
error: `--restart` cannot be `sometimes`
hint: it is one of no, on-success, on-failure, on-abnormal, on-watchdog, on-abort, always

"#]],
    );
    refused(
        ["--name", "a", "--name", "b", "python"],
        str![[r#"
error: `--name` was given twice

"#]],
    );
    refused(
        ["--user", "--system", "python"],
        str![[r#"
error: `--user` and `--system` exclude each other

"#]],
    );
    refused(
        ["--force=yes", "python"],
        str![[r#"
error: `--force` takes no value

"#]],
    );
    refused(
        [OsString::from("--name"), OsString::from_vec(b"\xff".to_vec()), "python".into()],
        str![[r#"
error: an option's value is not valid UTF-8

"#]],
    );
    refused(
        ["remove", "--name", "x"],
        str![[r#"
error: `--name` is not an option of `mkservice remove`
hint: mkservice remove --help lists them

"#]],
    );
}

#[test]
fn names() {
    let long = "n".repeat(201);
    refused(
        ["--name", "a b", "python"],
        str![[r#"
error: the name "a b" holds ' ', but a unit name is made of ASCII letters, digits and `:_.-`
hint: --name a-b

"#]],
    );
    refused(
        ["--name", "", "python"],
        str![[r#"
error: the name "" is empty
hint: --name myscriptd

"#]],
    );
    refused(
        ["--name", "..", "python"],
        str![[r#"
error: the name ".." holds `..`
hint: --name myscriptd

"#]],
    );
    refused(
        ["--name", "../../etc/passwd", "python"],
        str![[r#"
error: the name "../../etc/passwd" holds '/', but a unit name is made of ASCII letters, digits and `:_.-`
hint: --name etc-passwd

"#]],
    );
    refused(
        ["--name", "/x", "python"],
        str![[r#"
error: the name "/x" holds '/', but a unit name is made of ASCII letters, digits and `:_.-`
hint: --name x

"#]],
    );
    refused(
        ["--name", ".hidden", "python"],
        str![[r#"
error: the name ".hidden" begins with `.`, which makes it look like an option or a hidden file
hint: --name hidden

"#]],
    );
    refused(
        ["--name", "x@y", "python"],
        str![[r#"
error: the name "x@y" holds `@`, which systemd keeps for templates and their instances
hint: --name x-y

"#]],
    );
    refused(
        ["--name", "x.timer", "python"],
        str![[r#"
error: the name "x.timer" is the name of another kind of unit, a `.timer`
hint: --name myscriptd

"#]],
    );
    refused(
        ["--name", "a\nb", "python"],
        str![[r#"
error: the name "a\nb" holds '\n', but a unit name is made of ASCII letters, digits and `:_.-`
hint: --name a-b

"#]],
    );
    refused(
        ["--name", "größe", "python"],
        str![[r#"
error: the name "größe" holds 'ö', but a unit name is made of ASCII letters, digits and `:_.-`
hint: --name gr-e

"#]],
    );
    refused(
        ["--name", &long, "python"],
        str![[r#"
error: the name "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn" is 201 bytes long, but at most 200 fit the files that belong to a unit
hint: --name nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn

"#]],
    );
    refused(
        ["--name", "user@1000", "python"],
        str![[r#"
error: the name "user@1000" is reserved: the machine needs `user@*` for itself
hint: --name user-1000

"#]],
    );
    refused(
        ["--name", "dbus", "python"],
        str![[r#"
error: the name "dbus" is reserved: the machine needs `dbus` for itself
hint: --name myscriptd

"#]],
    );
    refused(
        ["--name", "systemd-foo", "python"],
        str![[r#"
error: the name "systemd-foo" is reserved: the machine needs `systemd-*` for itself
hint: --name myscriptd

"#]],
    );
    refused(
        ["remove", "a/b"],
        str![[r#"
error: the name "a/b" holds '/', but a unit name is made of ASCII letters, digits and `:_.-`

"#]],
    );
    refused(
        ["--", "python", "-c", "1"],
        str![[r#"
error: `python` without a script says nothing a service could be named after
hint: mkservice --name NAME -- python -c 1

"#]],
    );
}

#[test]
fn programs() {
    let home = Home::new();
    home.file("work/tool", "not executable", 0o644);
    home.file("bin/dull", "not executable", 0o644);
    refused_in(
        &home,
        2,
        ["nosuch"],
        str![[r#"
error: there is no program `nosuch` in PATH
hint: does your shell find it? type -a -- nosuch

"#]],
    );
    refused_in(
        &home,
        2,
        ["./nosuch"],
        str![[r#"
error: there is no program `./nosuch`

"#]],
    );
    refused_in(
        &home,
        2,
        ["./tool"],
        str![[r#"
error: `[HOME]/work/tool` is not executable
hint: chmod +x [HOME]/work/tool

"#]],
    );
    refused_in(
        &home,
        2,
        ["dull"],
        str![[r#"
error: `[HOME]/bin/dull` is not executable
hint: chmod +x [HOME]/bin/dull

"#]],
    );
    refused_in(
        &home,
        2,
        [".."],
        str![[r#"
error: there is no program `..` in PATH
hint: does your shell find it? type -a -- ..

"#]],
    );
    refused_in(
        &home,
        2,
        ["../work"],
        str![[r#"
error: `[HOME]/work` is a folder, not a program

"#]],
    );
    refused_in(
        &home,
        2,
        ["./server/"],
        str![[r#"
error: there is no program `./server/`

"#]],
    );
    refused_in(
        &home,
        2,
        [""],
        str![[r#"
error: there is no program `` in PATH

"#]],
    );
    refused_in(
        &home,
        2,
        ["a\x1b[31mb"],
        str![[r#"
error: there is no program `a\u{1b}[31mb` in PATH
hint: does your shell find it? type -a -- "a\\u{1b}[31mb"

"#]],
    );
}

#[test]
fn folders() {
    let home = Home::new();
    let broken = home.path().join("work/a\nb");
    std::fs::create_dir(&broken).unwrap();
    refused_in(
        &home,
        2,
        ["--working-directory", "/nosuch", "python", "x"],
        str![[r#"
error: the folder `/nosuch` cannot be the working directory: no such file or directory

"#]],
    );
    refused_in(
        &home,
        2,
        ["--working-directory", "myscript.py", "python", "x"],
        str![[r#"
error: the folder `[HOME]/work/myscript.py` cannot be the working directory: it is not a folder

"#]],
    );
    refused_in(
        &home,
        2,
        ["--working-directory=~/x", "python", "x"],
        str![[r#"
error: the folder `[HOME]/work/~/x` cannot be the working directory: no such file or directory
hint: the shell did not expand `~`: --working-directory ~/x

"#]],
    );
    refused_in(
        &home,
        2,
        ["--working-directory", "a\nb", "python", "x"],
        str![[r#"
error: the folder `[HOME]/work/a\nb` cannot be the working directory: its path holds a line break, which a unit file cannot carry here

"#]],
    );
}

#[test]
fn a_working_directory_that_is_gone() {
    let home = Home::new();
    let before = home.tree();
    let mut shell = home.command("/bin/sh");
    let program = home.mkservice().get_program().to_owned();
    shell.env("SYSTEMD_OFFLINE", "1").arg("-c");
    let script =
        r#"bin=/usr/bin; $bin/mkdir "$HOME/deep" && cd "$HOME/deep" && $bin/rmdir ../deep && exec "$0" python x"#;
    shell.arg(script).arg(program);
    let ran = home.ran(&mut shell);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{ran:?}");
    same(
        ran.stderr,
        str![[r#"
error: the folder `.` cannot be the working directory: it is gone
hint: name another one: --working-directory /

"#]],
    );
    assert_eq!(home.tree(), before);
}

#[test]
fn values_that_systemd_cannot_take() {
    let bytes = |text: &[u8]| OsString::from_vec(text.to_vec());
    refused(
        ["--description", "a\nb", "python", "x"],
        str![[r#"
error: --description holds a line break, which a unit file cannot carry here

"#]],
    );
    refused(
        [bytes(b"--description"), bytes(b"a\xffb"), bytes(b"python"), bytes(b"x")],
        str![[r#"
error: --description is not valid UTF-8, which systemd demands here

"#]],
    );
    refused(
        ["-E", "1A=x", "python", "x"],
        str![[r#"
error: --setenv: `1A` is not a name for a variable: it must be made of ASCII letters, digits and `_`, and not begin with a digit

"#]],
    );
    refused(
        ["-E", "A-B", "python", "x"],
        str![[r#"
error: --setenv: `A-B` is not a name for a variable: it must be made of ASCII letters, digits and `_`, and not begin with a digit

"#]],
    );
    refused(
        ["-E", "=x", "python", "x"],
        str![[r#"
error: --setenv: `` is not a name for a variable: it must be made of ASCII letters, digits and `_`, and not begin with a digit

"#]],
    );
    refused(
        ["-E", "", "python", "x"],
        str![[r#"
error: --setenv: `` is not a name for a variable: it must be made of ASCII letters, digits and `_`, and not begin with a digit

"#]],
    );
    refused(
        ["-E", "NOT_SET_HERE", "python", "x"],
        str![[r#"
error: --setenv: `NOT_SET_HERE` has no value here that could be passed on
hint: --setenv NOT_SET_HERE=VALUE

"#]],
    );
    refused(
        [bytes(b"-E"), bytes(b"A=\xff"), bytes(b"python"), bytes(b"x")],
        str![[r#"
error: --setenv: `A` has a value that is not valid UTF-8, which systemd demands here

"#]],
    );
    refused(
        ["-p", "MemoryMax", "python", "x"],
        str![[r#"
error: --property: `MemoryMax` has no `=`: write NAME=VALUE, as in a unit file

"#]],
    );
    refused(
        ["-p", "A=1\nExecStart=/bin/rm", "python", "x"],
        str![[r#"
error: --property: `A=1\nExecStart=/bin/rm` holds a line break, which a unit file cannot carry here

"#]],
    );
    refused(
        ["-p", "A=1\rB=2", "python", "x"],
        str![[r#"
error: --property: `A=1\rB=2` holds a line break, which a unit file cannot carry here

"#]],
    );
    refused(
        ["-p", "A=x\\", "python", "x"],
        str![[r#"
error: --property: `A=x\` ends in a backslash, which would swallow the next line of the unit file

"#]],
    );
    refused(
        ["-p", "[Install]\n=x", "python", "x"],
        str![[r#"
error: --property: `[Install]\n=x` holds a line break, which a unit file cannot carry here

"#]],
    );
    refused(
        ["--restart-sec", "soon", "python", "x"],
        str![[r#"
error: --restart-sec: `soon` is not a time span: write a number of seconds or numbers with units, as in `5`, `500ms`, `1min 30s`, or `infinity`

"#]],
    );
    refused(
        ["--environment-file", "nosuch.env", "python", "x"],
        str![[r#"
error: the environment file `[HOME]/work/nosuch.env` cannot be read: no such file or directory

"#]],
    );
    refused(
        ["--environment-file", "/", "python", "x"],
        str![[r#"
error: the environment file `/` cannot be read: it is a folder

"#]],
    );
}

#[test]
fn command_lines_that_are_too_long() {
    // More than systemd reads in one line, although no argument alone is too long.
    let argument = "x".repeat(120_000);
    let words = ["--name", "s", "--", "python"].into_iter().chain(std::iter::repeat_n(argument.as_str(), 10));
    refused(
        words,
        str![[r#"
error: the command is longer than the 1048575 bytes that can be passed on

"#]],
    );
}

#[test]
fn all_properties_that_cannot_be_are_told_at_once() {
    refused(
        ["-p", "MemoryMax=plenty", "-p", "TasksMax=5", "-p", "Restrt=no", "-p", "TasksMax=few", "python", "x"],
        str![[r#"
error: --property: `MemoryMax=plenty` is no value for it: it takes bytes, with K, M, G or T behind the number, a percentage of the memory, or infinity
--property: `Restrt=no` is not a directive of systemd; Restart is the nearest: when it is started again
--property: `TasksMax=few` is no value for it: it takes a number, a percentage up to 100%, or infinity
hint: -p MemoryMax=500M -p Restart=no -p TasksMax=100

"#]],
    );
}

/// Which system calls there are, only systemd knows; what it says of the others is its own words. Where
/// systemd-analyze is not there, it cannot be asked.
#[test]
fn system_calls_that_are_none() {
    for filter in ["SystemCallFilter=read opne", "SystemCallFilter=~@clock opne:EPERM", "SystemCallLog=opne"] {
        let home = Home::new();
        let before = home.tree();
        let words = ["-p", "SystemCallFilter=@system-service", "-p", filter, "python", "x"];
        let path = format!("{}/bin:/usr/bin:/bin", home.path().display());
        let ran = home.ran(home.mkservice().env("PATH", path).args(words));
        assert_eq!((home.tree(), ran.code, ran.stdout.as_str()), (before, 2, ""), "{}", ran.stderr);
        let said = ran.stderr.strip_prefix(&format!("error: --property: `{filter}` is not understood by systemd: "));
        let (said, hint) = said.unwrap_or_else(|| panic!("{}", ran.stderr)).split_once('\n').unwrap();
        assert!(said.contains("opne"), "{said}");
        assert_eq!(hint, "hint: systemd-analyze syscall-filter   # lists groups and their calls\n");
        assert_eq!(home.run_words(words).code, 0);
    }
    refused(
        ["-p", "SystemCallFilter=@system-servce", "python", "x"],
        str![[r#"
error: --property: `SystemCallFilter=@system-servce` is no value for it: it takes system calls and groups such as @system-service; a ~ in front means all but these
hint: -p SystemCallFilter=@system-service

"#]],
    );
}

#[test]
fn contradictions() {
    refused(
        ["--service-type", "oneshot", "--restart", "always", "python", "x"],
        str![[r#"
error: --restart always would run a oneshot service again and again: systemd refuses it
hint: --restart on-failure

"#]],
    );
    refused(
        ["--service-type", "dbus", "python", "x"],
        str![[r#"
error: --service-type dbus needs the name the program takes on the bus
hint: -p BusName=org.example.Name

"#]],
    );
    refused(
        ["-p", "ExecStart=/bin/true", "python", "x"],
        str![[r#"
error: --property: `ExecStart` would be a second command: systemd takes one, except for oneshot services

"#]],
    );
    refused(
        ["--restart", "no", "-p", "Restart=always", "python", "x"],
        str![[r#"
error: --property: `Restart` says the same as --restart

"#]],
    );
    refused(
        ["-p", "Also=other.service", "python", "x"],
        str![[r#"
error: --property: `Also` can only be followed by a manager that runs, and there is none
hint: install without enabling: add --no-enable

"#]],
    );
}

#[test]
fn what_needs_the_system_scope() {
    refused(
        ["--uid", "root", "python", "x"],
        str![[r#"
error: `--uid` needs the system scope: a user's manager runs everything as that user
hint: mkservice --system --uid root python x

"#]],
    );
    refused(
        ["--gid", "root", "python", "x"],
        str![[r#"
error: `--gid` needs the system scope: a user's manager runs everything as that user
hint: mkservice --system --gid root python x

"#]],
    );
    refused(
        ["--system", "python", "two words"],
        str![[r#"
error: it takes root, and there is none of sudo, run0 and pkexec to ask for it
hint: as root itself: mkservice --uid nobody --system python 'two words'

"#]],
    );
    refused(
        ["remove", "--system", "x"],
        str![[r#"
error: only root may change system services
hint: sudo mkservice remove --system x

"#]],
    );
}

#[test]
fn accounts_that_are_not_there() {
    refused(
        ["--system", "--dry-run", "--uid", "no-such-account", "python", "x"],
        str![[r#"
error: there is no user `no-such-account` on this machine
hint: getent passwd

"#]],
    );
    refused(
        ["--system", "--dry-run", "--uid", "4294967294", "python", "x"],
        str![[r#"
error: there is no user `4294967294` on this machine
hint: getent passwd

"#]],
    );
    refused(
        ["--system", "--dry-run", "--uid", "", "python", "x"],
        str![[r#"
error: there is no user `` on this machine
hint: getent passwd

"#]],
    );
    refused(
        ["--system", "--dry-run", "--gid", "no-such-group", "python", "x"],
        str![[r#"
error: there is no group `no-such-group` on this machine
hint: getent group

"#]],
    );
}

#[test]
fn units_that_are_not_ours() {
    let home = Home::new();
    home.file(".config/systemd/user/theirs.service", "[Service]\nExecStart=/bin/true\n", 0o644);
    home.file(".local/share/systemd/user/vendor.service", "[Service]\nExecStart=/bin/true\n", 0o644);
    std::os::unix::fs::symlink("/dev/null", home.units().join("masked.service")).unwrap();
    std::os::unix::fs::symlink("theirs.service", home.units().join("alias.service")).unwrap();
    std::fs::create_dir(home.units().join("folder.service")).unwrap();
    refused_in(
        &home,
        2,
        ["--name", "theirs", "python", "x"],
        str![[r#"
error: `theirs` is the name of a unit that is not ours: [HOME]/.config/systemd/user/theirs.service
    +[Unit]
    +Description=python x
    +StartLimitIntervalSec=600
    +StartLimitBurst=60
    -ExecStart=/bin/true
    +Type=exec
    +ExecStart=[HOME]/bin/python x
    +WorkingDirectory=[HOME]/work
    +Environment=PYTHONUNBUFFERED=1
    +Environment=PATH=[HOME]/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin
    +Restart=on-failure
    +RestartSec=5s
    +[Install]
    +WantedBy=default.target
hint: another name: --name theirs-2, or --force, which replaces it

"#]],
    );
    refused_in(
        &home,
        2,
        ["--name", "vendor", "python", "x"],
        str![[r#"
error: `vendor` is the name of a unit that is not ours: [HOME]/.local/share/systemd/user/vendor.service
hint: another name: --name vendor-2, or --force, which puts ours in front of it

"#]],
    );
    refused_in(
        &home,
        2,
        ["--name", "masked", "python", "x"],
        str![[r#"
error: `masked` is the name of a unit that is not ours: [HOME]/.config/systemd/user/masked.service (it is masked)
hint: systemctl --user unmask masked
hint: or another name: --name masked-2

"#]],
    );
    refused_in(
        &home,
        2,
        ["--name", "alias", "python", "x"],
        str![[r#"
error: `alias` is the name of a unit that is not ours: [HOME]/.config/systemd/user/alias.service
hint: another name: --name alias-2, or --force, which replaces it

"#]],
    );
    refused_in(
        &home,
        2,
        ["--force", "--name", "folder", "python", "x"],
        str![[r#"
error: `[HOME]/.config/systemd/user/folder.service` is not ours
hint: remove it the way it came, most often with a package

"#]],
    );
    refused_in(
        &home,
        2,
        ["remove", "theirs"],
        str![[r#"
error: `[HOME]/.config/systemd/user/theirs.service` is not ours
hint: --force removes it all the same

"#]],
    );
    refused_in(
        &home,
        2,
        ["remove", "--force", "vendor"],
        str![[r#"
error: `[HOME]/.local/share/systemd/user/vendor.service` is not ours
hint: remove it the way it came, most often with a package

"#]],
    );
    refused_in(
        &home,
        2,
        ["remove", "masked"],
        str![[r#"
error: `[HOME]/.config/systemd/user/masked.service` is not ours
hint: --force removes it all the same

"#]],
    );

    assert_eq!(home.run("--force --name vendor python x").code, 0);
    assert_eq!(home.run("--name vendor python x").code, 0, "ours by now");
    assert_eq!(home.run("remove vendor").code, 0);
    assert!(home.path().join(".local/share/systemd/user/vendor.service").exists());
    assert_eq!(home.run("--force --name theirs python x").code, 0);
}

#[test]
fn units_that_were_edited_by_hand() {
    let home = Home::new();
    assert_eq!(home.run("python myscript.py").code, 0);
    let edited = home.unit("myscriptd").replace("Restart=on-failure", "Restart=always");
    home.file(".config/systemd/user/myscriptd.service", &edited, 0o644);
    refused_in(
        &home,
        2,
        ["python", "myscript.py"],
        str![[r#"
error: `[HOME]/.config/systemd/user/myscriptd.service` was edited by hand since mkservice wrote it
    -Restart=always
    +Restart=on-failure
hint: --force replaces it; edits last in a drop-in: systemctl --user edit myscriptd

"#]],
    );
    assert_eq!(home.run("--force python myscript.py").code, 0);
    assert!(home.unit("myscriptd").contains("Restart=on-failure"));
}

#[test]
fn verbs_that_were_mistyped() {
    for (line, hint) in [
        ("stauts web", "hint: did you mean: mkservice status web\n"),
        ("lsit", "hint: did you mean: mkservice list\n"),
        ("restrat a b", "hint: did you mean: mkservice restart a b\n"),
        ("xyzzy", "hint: does your shell find it? type -a -- xyzzy\n"),
    ] {
        let ran = Home::new().run(line);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{line}");
        assert!(ran.stderr.ends_with(hint), "{line}: {}", ran.stderr);
    }
}

#[test]
fn names_that_nobody_knows() {
    let home = Home::new();
    refused_in(
        &home,
        4,
        ["remove", "nosuch"],
        str![[r#"
error: there is no service of ours named `nosuch` in user scope; there is none at all
hint: mkservice COMMAND makes one; mkservice list --all shows those of others

"#]],
    );
    assert_eq!(home.run("--name a python x").code, 0);
    assert_eq!(home.run("--name b python x").code, 0);
    refused_in(
        &home,
        4,
        ["remove", "a", "nosuch"],
        str![[r#"
error: there is no service of ours named `nosuch` in user scope; there are: a, b

"#]],
    );
    refused_in(
        &home,
        2,
        ["remove"],
        str![[r#"
error: remove which service? There are: a, b
hint: mkservice remove a

"#]],
    );
    refused_in(
        &Home::new(),
        2,
        ["remove"],
        str![[r#"
error: remove which service? There is none of ours

"#]],
    );
}

#[test]
fn instances_have_names() {
    let refused = |instances: &str, expected: &str| {
        refused(["--name", "web", "--instances", instances, "--", "/bin/sleep", "9"], expected.to_owned());
    };
    refused(
        "0",
        "error: --instances 0 would leave none of them\nhint: to take the service away: mkservice remove web\n",
    );
    refused("257", "error: --instances 257 are more than the 256 that one service can have\n");
    refused("a,a", "error: --instances a,a names `a` twice\n");
    refused("a..b", "error: --instances a..b holds `..`\n");
    refused(
        "a b",
        "error: --instances 'a b' holds ' ', but the name of an instance is made of ASCII letters, digits and `:_.-`\n\
         hint: a number, as in --instances 3, or names, as in --instances blue,green\n",
    );
    refused(
        "a.service",
        "error: --instances a.service holds a name that ends in `.service`, as the names of units do\n",
    );
}

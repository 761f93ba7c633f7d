//! Command lines that are refused: exit code 2, a message, and nothing written.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use snapbox::str;

use crate::refused;
use crate::support::Home;

#[test]
fn missing_command_is_refused() {
    refused::<&str>(
        [],
        str![[r#"
error: no command given
hint: mkservice python myscript.py --name myscriptd
hint: mkservice --help

"#]],
    );
    refused(
        ["--name", "x"],
        str![[r#"
error: no command given
hint: mkservice python myscript.py --name myscriptd
hint: mkservice --help

"#]],
    );
    refused(
        ["--"],
        str![[r#"
error: no command given
hint: mkservice python myscript.py --name myscriptd
hint: mkservice --help

"#]],
    );
}

#[test]
fn options_of_other_tools_get_a_suggestion_by_their_meaning() {
    for (option, hint) in [
        ("--dir", "did you mean --working-directory?"),
        ("--schedule", "did you mean --on-calendar?"),
        ("--port", "did you mean --listen?"),
        ("--log-fil", "show the usage: mkservice --help"),
        ("--hoot", "show the usage: mkservice --help"),
        ("--mice", "show the usage: mkservice --help"),
        ("--forse", "show the usage: mkservice --help"),
        ("--no-strat", "did you mean --no-start?"),
        ("--on-bootup", "show the usage: mkservice --help"),
        ("--watchh", "show the usage: mkservice --help"),
        ("--boot", "show the usage: mkservice --help"),
        ("--memory-mx", "did you mean --memory-max?"),
    ] {
        let home = Home::new();
        let ran = home.run_words([option, "x", "python"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{option}: {ran:?}");
        assert_eq!(ran.stderr, format!("error: unknown option `{option}`\nhint: {hint}\n"));
    }
}

#[test]
fn invalid_options_are_refused() {
    refused(
        ["--nmae", "x", "python"],
        str![[r#"
error: unknown option `--nmae`
hint: did you mean --name?

"#]],
    );
    refused(
        ["-x", "python"],
        str![[r#"
error: unknown option `-x`
hint: show the usage: mkservice --help

"#]],
    );
    refused(
        ["--name"],
        str![[r#"
error: --name requires a value
hint: show the usage: mkservice --help

"#]],
    );
    refused(
        ["--restart", "sometimes", "python"],
        str![[r#"
error: --restart: invalid value `sometimes`
hint: use one of: no, on-success, on-failure, on-abnormal, on-watchdog, on-abort, always

"#]],
    );
    refused(
        ["--name", "a", "--name", "b", "python"],
        str![[r#"
error: --name is given twice

"#]],
    );
    refused(
        ["--user", "--system", "python"],
        str![[r#"
error: --user cannot be combined with --system

"#]],
    );
    refused(
        ["--force=yes", "python"],
        str![[r#"
error: --force does not accept a value

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
error: unknown option `--name`
hint: show the usage: mkservice remove --help

"#]],
    );
}

#[test]
fn overlong_commands_are_refused() {
    // More than systemd reads in one line, although no single argument is too long.
    let argument = "x".repeat(120_000);
    let words = ["--name", "s", "--", "python"].into_iter().chain(std::iter::repeat_n(argument.as_str(), 10));
    refused(
        words,
        str![[r#"
error: the command is longer than the limit of 1048575 bytes

"#]],
    );
}

#[test]
fn contradictory_options_are_refused() {
    refused(
        ["--service-type", "oneshot", "--restart", "always", "python", "x"],
        str![[r#"
error: --restart always would run a oneshot service again and again, which systemd refuses
hint: --restart on-failure

"#]],
    );
    refused(
        ["--service-type", "dbus", "python", "x"],
        str![[r#"
error: --service-type dbus requires the bus name of the program
hint: -p BusName=org.example.Name

"#]],
    );
    refused(
        ["-p", "ExecStart=/bin/true", "python", "x"],
        str![[r#"
error: --property: `ExecStart` would be a second command, which systemd accepts only for oneshot services

"#]],
    );
    refused(
        ["--restart", "no", "-p", "Restart=always", "python", "x"],
        str![[r#"
error: --property: `Restart` sets the same as --restart

"#]],
    );
    refused(
        ["-p", "Also=other.service", "python", "x"],
        str![[r#"
error: --property: `Also` requires a running systemd
hint: install it without enabling it: --no-enable

"#]],
    );
}

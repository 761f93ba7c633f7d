//! What is told of environment files, to the letter.

use rustix::fs::{CWD, FileType, Mode};
use snapbox::str;

use crate::support::{Home, Ran, same};

/// Installs a service with a file of this content.
fn installed(content: impl AsRef<[u8]>, words: &str) -> Ran {
    let home = Home::new();
    home.file("work/app.env", content, 0o600);
    let ran = home.run(&format!("-q --name s {words} --environment-file app.env python myscript.py"));
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{ran:?}");
    assert_eq!(home.directive("s", "EnvironmentFile"), "[HOME]/work/app.env");
    ran
}

#[test]
fn plain_file_has_no_warnings() {
    assert_eq!(installed("# a\nA=1\nB=\"two words\"\n", "").stderr, "");
    assert_eq!(installed("", "").stderr, "");
}

#[test]
fn lines_systemd_reads_differently_are_warned_of() {
    let content = "\u{feff}A=1\nexport API_URL=secret\nexport B=2\nX = secret\nset C=secret\nY=secret # secret\n\
                   Z=\"$HOME/secret\"\nmy.name=secret\nD: secret\nE='a\nF=secret\n'\nY=2\nG=a\"secret b\"\n\
                   H=\"secret\\n\"\nI=\\secret\nJ=~/secret\nK=\"a\" secret\n# a\\\nL=secret\\\nM=1\nN=\"secret";
    same(
        installed(content, "").stderr,
        str![[r#"
warning: [HOME]/work/app.env line 1: a byte order mark stands in front of the first line: systemd ignores the line; save the file as UTF-8 without one
warning: [HOME]/work/app.env line 2: `export` is a shell keyword: systemd ignores the line; use API_URL=… (the same in lines 3 and 5)
warning: [HOME]/work/app.env line 4: systemd drops the blanks around `=`, but a shell or Docker would not; write X=…
warning: [HOME]/work/app.env line 6: systemd has no inline comments: `Y` would include the `#`; put the comment on a line of its own
warning: [HOME]/work/app.env line 6: `Y` is set again in line 13, and that counts; take one of them away
warning: [HOME]/work/app.env line 7: systemd does not expand `$HOME` in `Z`; write the expanded value
warning: [HOME]/work/app.env line 8: `my.name` is not a valid variable name (ASCII letters, digits and `_`): systemd ignores the line; use my_name=…
warning: [HOME]/work/app.env line 9: there is no `=`: systemd ignores the line; write D=…
warning: [HOME]/work/app.env line 10: the ' of `E` is closed only in line 12: what looks like assignments in between becomes a part of the value; close it where the value ends
warning: [HOME]/work/app.env line 14: quotes count only where a value begins: those in `G` become a part of it; put one pair around the whole value: G="…"
warning: [HOME]/work/app.env line 15: `\n` stays a backslash and a letter in `H`; put the line break itself into the quotes
warning: [HOME]/work/app.env line 16: outside quotes systemd takes a backslash away (`I`); where it shall stay, write I='…'
warning: [HOME]/work/app.env line 17: systemd does not expand `~`: it stays in `J` as it stands; write the whole path
warning: [HOME]/work/app.env line 18: systemd drops the blanks behind a closing quote and takes what follows for a part of `K`; put one pair of quotes around the whole value: K="…"
warning: [HOME]/work/app.env line 19: before systemd 254 a comment that ends in a backslash takes in the next line; take it away
warning: [HOME]/work/app.env line 20: the backslash at the end makes the next line a part of `L`; take it away, or, if it belongs to the value, write L='…'
warning: [HOME]/work/app.env line 22: nothing closes the " of `N`: everything behind it becomes the value; close it

"#]],
    );
}

#[test]
fn windows_line_endings_are_warned_of() {
    same(
        installed("A=1\r\nB='2\r\n3'\r\nC=a\\\r\nb\r\nD=1\rE=2\r\n", "").stderr,
        str![[r#"
warning: [HOME]/work/app.env line 1: lines end in CR LF, as on Windows: systemd drops the CR, but a shell or Docker would keep it in the value; take them out: sed -i 's/\r$//' [HOME]/work/app.env
warning: [HOME]/work/app.env line 2: within quotes systemd keeps carriage returns: they become a part of `B`
warning: [HOME]/work/app.env line 4: the backslash does not join the next line to `C`, because the line ends in CR LF
warning: [HOME]/work/app.env line 5: there is no `=`: systemd ignores the line; write NAME=VALUE, or `#` in front of a comment
warning: [HOME]/work/app.env line 6: a carriage return within the line ends it: systemd takes what follows for a line of its own; take it away

"#]],
    );
}

#[test]
fn repeated_warnings_are_merged() {
    same(
        installed("export A=1\n".repeat(1000), "").stderr,
        str![[r#"
warning: [HOME]/work/app.env line 1: `export` is a shell keyword: systemd ignores the line; use A=… (the same in lines 2, 3, 4, 5, 6 and 994 more)

"#]],
    );
}

#[test]
fn file_overrides_setenv() {
    same(
        installed("A=1\nB=2\nA=3\n", "-E A=4 -E C=5").stderr,
        str![[r#"
warning: [HOME]/work/app.env line 1: `A` is set again in line 3, and that counts; take one of them away
warning: [HOME]/work/app.env line 3: `A` is set here too, and that goes before --setenv A

"#]],
    );
}

#[test]
fn unloadable_file_is_refused() {
    let refused = |content: &[u8], expected: snapbox::Data| {
        let home = Home::new();
        home.file("work/app.env", content, 0o600);
        let before = home.tree();
        let ran = home.run("--name s --environment-file app.env python myscript.py");
        assert_eq!(home.tree(), before, "something was written: {ran:?}");
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{ran:?}");
        same(ran.stderr, expected);
        let forced = home.run("-q --force --name s --environment-file app.env python myscript.py");
        assert_eq!(forced.code, 0, "{forced:?}");
        assert!(forced.stderr.ends_with(": the service cannot start with it\n"), "{forced:?}");
    };
    use snapbox::IntoData;
    refused(
        b"A=1\nB=\xe4\n",
        str![[r#"
error: with the environment file `[HOME]/work/app.env` the service cannot start: line 2 holds what systemd does not take for UTF-8
hint: save it as UTF-8, as in: iconv -f LATIN1 -t UTF-8 [HOME]/work/app.env > [HOME]/work/app.env.utf8
hint: --force installs it all the same

"#]]
        .into_data(),
    );
    refused(
        b"A=1\0\n",
        str![[r#"
error: with the environment file `[HOME]/work/app.env` the service cannot start: line 1 holds a NUL byte
hint: --force installs it all the same

"#]]
        .into_data(),
    );
    refused(
        b"\xff\xfeA\0=\x001\0",
        str![[r#"
error: with the environment file `[HOME]/work/app.env` the service cannot start: it is UTF-16, and systemd reads UTF-8
hint: save it as UTF-8, as in: iconv -f UTF-16 -t UTF-8 [HOME]/work/app.env > [HOME]/work/app.env.utf8
hint: --force installs it all the same

"#]]
        .into_data(),
    );
    refused(
        &[b"\nA=".to_vec(), vec![b'x'; 131_070]].concat(),
        str![[r#"
error: with the environment file `[HOME]/work/app.env` the service cannot start: `A` in line 2 is longer than the 131071 bytes that the kernel passes on
hint: --force installs it all the same

"#]]
        .into_data(),
    );
}

#[test]
fn optional_file_may_be_missing() {
    let home = Home::new();
    let told = |content: Option<&str>| {
        if let Some(content) = content {
            home.file("work/app.env", content.as_bytes(), 0o600);
        }
        let ran = home.run("-q --name s --environment-file -app.env python myscript.py");
        assert_eq!(ran.code, 0, "{ran:?}");
        ran.stderr
    };
    assert_eq!(told(None), "");
    assert_eq!(told(Some("A=1")), "");
    same(
        told(Some("A=\0")),
        str![[r#"
warning: [HOME]/work/app.env: line 1 holds a NUL byte: since it may be missing, systemd ignores all of it

"#]],
    );
}

#[test]
fn devices_pipes_and_directories() {
    let home = Home::new();
    assert_eq!(home.run("-q --name s --environment-file /dev/null python myscript.py").stderr, "");
    rustix::fs::mknodat(CWD, home.path().join("work/pipe"), FileType::Fifo, Mode::from_raw_mode(0o666), 0).unwrap();
    let told = |file: &str, force: &str| {
        let ran = home.run(&format!("{force} --name t --environment-file {file} python myscript.py"));
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{ran:?}");
        ran.stderr
    };
    for force in ["", "--force"] {
        same(
            told("pipe", force),
            str![[r#"
error: the environment file `[HOME]/work/pipe` cannot be read: it is a pipe, which would block systemd until somebody writes to it

"#]],
        );
    }
    same(
        told("/dev/zero", ""),
        str![[r#"
error: the environment file `/dev/zero` cannot be read: it is a device

"#]],
    );
}

#[test]
fn oversized_file_is_not_checked() {
    same(
        installed("#".repeat((4 << 20) + 1), "").stderr,
        str![[r#"
warning: [HOME]/work/app.env was not checked: it is larger than 4 MiB, which old versions of systemd refuse

"#]],
    );
}

#[test]
fn system_dry_run_accepts_an_unreadable_file() {
    let home = Home::new();
    home.file("work/app.env", "export A=1\n", 0o000);
    let line = "--system --uid daemon --dry-run --name s --environment-file app.env /bin/sleep 9";
    let ran = home.run(line);
    assert_eq!(ran.code, 0, "{ran:?}");
    same(
        ran.stderr,
        str![[r#"
warning: [HOME]/work/app.env was not checked: permission denied; systemd reads it as root

"#]],
    );
    let ran = home.run("--name s --environment-file app.env /bin/sleep 9");
    assert_eq!(ran.code, 2, "{ran:?}");
    assert_eq!(ran.stderr, "error: the environment file `[HOME]/work/app.env` cannot be read: permission denied\n");
}

#[test]
fn json_contains_the_warnings() {
    let home = Home::new();
    home.file("work/app.env", "export A=1\n", 0o600);
    let ran = home.run("--json --name s --environment-file app.env python myscript.py");
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
    let document: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let warning = "[HOME]/work/app.env line 1: `export` is a shell keyword: systemd ignores the line; use A=…";
    assert_eq!(document["warnings"], serde_json::json!([warning]));
}

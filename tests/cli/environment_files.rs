//! The exact messages about environment files.

use rustix::fs::{CWD, FileType, Mode};
use snapbox::str;

use crate::support::{Home, Ran, same};

/// Installs a service with an environment file of this content.
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
warning: `[HOME]/work/app.env` line 1: byte order mark before the first line: systemd ignores the line; save the file as UTF-8 without it
warning: `[HOME]/work/app.env` line 2: `export` is a shell keyword: systemd ignores the line; use API_URL=… (the same in lines 3 and 5)
warning: `[HOME]/work/app.env` line 6: systemd has no inline comments: `Y` would include the `#`; put the comment on a line of its own
warning: `[HOME]/work/app.env` line 6: `Y` is set again in line 13, which overrides this one; remove one of them
warning: `[HOME]/work/app.env` line 7: systemd does not expand `$HOME` in `Z`; write the expanded value
warning: `[HOME]/work/app.env` line 8: `my.name` is not a valid variable name (ASCII letters, digits and `_`): systemd ignores the line; use my_name=…
warning: `[HOME]/work/app.env` line 9: no `=`: systemd ignores the line; use D=…
warning: `[HOME]/work/app.env` line 10: the ' in `E` does not close before line 12: the value includes what looks like assignments; close the quote at the end of the value
warning: `[HOME]/work/app.env` line 14: quotes are only special at the start of a value: `G` includes them; quote the whole value: G="…"
warning: `[HOME]/work/app.env` line 15: `\n` is not an escape: `H` includes the backslash; use a literal line break in the quotes
warning: `[HOME]/work/app.env` line 16: systemd removes a backslash outside of quotes (`I`); to keep it, use I='…'
warning: `[HOME]/work/app.env` line 17: systemd does not expand `~` in `J`; write the absolute path
warning: `[HOME]/work/app.env` line 18: systemd drops white space after a closing quote and appends the rest to `K`; quote the whole value: K="…"
warning: `[HOME]/work/app.env` line 19: before systemd 254, a comment that ends in a backslash includes the next line; remove the backslash
warning: `[HOME]/work/app.env` line 20: the trailing backslash makes the next line a part of `L`; remove it, or if it belongs to the value, use L='…'
warning: `[HOME]/work/app.env` line 22: unclosed " in `N`: the value includes everything after it; close the quote

"#]],
    );
}

#[test]
fn windows_line_endings_are_warned_of() {
    same(
        installed("A=1\r\nB='2\r\n3'\r\nC=a\\\r\nb\r\nD=1\rE=2\r\n", "").stderr,
        str![[r#"
warning: `[HOME]/work/app.env` line 1: lines end in CR LF, as on Windows: systemd drops the CR, but a shell or Docker would keep it in the value; remove them: sed -i 's/\r$//' [HOME]/work/app.env
warning: `[HOME]/work/app.env` line 2: systemd keeps carriage returns in quotes: they become a part of `B`
warning: `[HOME]/work/app.env` line 4: the backslash does not append the next line to `C`, because the line ends in CR LF
warning: `[HOME]/work/app.env` line 5: no `=`: systemd ignores the line; use NAME=VALUE, or `#` before a comment
warning: `[HOME]/work/app.env` line 6: a carriage return ends the line: systemd reads the rest as another line; remove it

"#]],
    );
}

#[test]
fn repeated_warnings_are_merged() {
    same(
        installed("export A=1\n".repeat(1000), "").stderr,
        str![[r#"
warning: `[HOME]/work/app.env` line 1: `export` is a shell keyword: systemd ignores the line; use A=… (the same in lines 2, 3, 4, 5, 6 and 994 more)

"#]],
    );
}

#[test]
fn file_overrides_setenv() {
    same(
        installed("A=1\nB=2\nA=3\n", "-E A=4 -E C=5").stderr,
        str![[r#"
warning: `[HOME]/work/app.env` line 1: `A` is set again in line 3, which overrides this one; remove one of them
warning: `[HOME]/work/app.env` line 3: `A` is set here too, which overrides --setenv

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
error: systemd cannot load the environment file `[HOME]/work/app.env`: line 2 is not valid UTF-8 for systemd
hint: save it as UTF-8: iconv -f LATIN1 -t UTF-8 [HOME]/work/app.env > [HOME]/work/app.env.utf8
hint: use --force to install it anyway

"#]]
        .into_data(),
    );
    refused(
        b"A=1\0\n",
        str![[r#"
error: systemd cannot load the environment file `[HOME]/work/app.env`: line 1 contains a NUL byte
hint: use --force to install it anyway

"#]]
        .into_data(),
    );
    refused(
        b"\xff\xfeA\0=\x001\0",
        str![[r#"
error: systemd cannot load the environment file `[HOME]/work/app.env`: it is UTF-16, but systemd reads UTF-8
hint: save it as UTF-8: iconv -f UTF-16 -t UTF-8 [HOME]/work/app.env > [HOME]/work/app.env.utf8
hint: use --force to install it anyway

"#]]
        .into_data(),
    );
    refused(
        &[b"\nA=".to_vec(), vec![b'x'; 131_070]].concat(),
        str![[r#"
error: systemd cannot load the environment file `[HOME]/work/app.env`: `A` in line 2 is longer than 131071 bytes, the kernel's limit
hint: use --force to install it anyway

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
warning: `[HOME]/work/app.env`: line 1 contains a NUL byte: systemd ignores the whole file, as it is optional

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
error: cannot read the environment file `[HOME]/work/pipe`: it is a pipe, which would block systemd until another process writes to it

"#]],
        );
    }
    same(
        told("/dev/zero", ""),
        str![[r#"
error: cannot read the environment file `/dev/zero`: it is a device

"#]],
    );
}

#[test]
fn oversized_file_is_not_checked() {
    same(
        installed("#".repeat((4 << 20) + 1), "").stderr,
        str![[r#"
warning: `[HOME]/work/app.env` was not checked: it is larger than 4 MiB, which old versions of systemd refuse

"#]],
    );
}

#[test]
fn system_dry_run_accepts_an_unreadable_file() {
    let home = Home::new();
    home.file("work/app.env", "export A=1\n", 0o000);
    // Forced, because the file can be replaced by the user of the test.
    let line = "--system --uid daemon --dry-run --force --name s --environment-file app.env /bin/sleep 9";
    let ran = home.run(line);
    assert_eq!(ran.code, 0, "{ran:?}");
    same(
        ran.stderr,
        str![[r#"
warning: `[HOME]/work/app.env` was not checked: permission denied; systemd reads it as root

"#]],
    );
    let ran = home.run("--name s --environment-file app.env /bin/sleep 9");
    assert_eq!(ran.code, 2, "{ran:?}");
    assert_eq!(ran.stderr, "error: cannot read the environment file `[HOME]/work/app.env`: permission denied\n");
}

#[test]
fn json_contains_the_warnings() {
    let home = Home::new();
    home.file("work/app.env", "export A=1\n", 0o600);
    let ran = home.run("--json --name s --environment-file app.env python myscript.py");
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
    let document: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let warning = "`[HOME]/work/app.env` line 1: `export` is a shell keyword: systemd ignores the line; use A=…";
    assert_eq!(document["warnings"], serde_json::json!([warning]));
}

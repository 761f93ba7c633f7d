//! Values that systemd cannot parse: what is refused, and what is expected instead.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use snapbox::str;

use crate::refused;
use crate::support::Home;

#[test]
#[expect(clippy::too_many_lines, reason = "one table of expected texts")]
fn unparsable_values_are_refused() {
    let bytes = |text: &[u8]| OsString::from_vec(text.to_vec());
    refused(
        ["--description", "a\nb", "python", "x"],
        str![[r#"
error: --description contains a line break, which unit files do not allow here

"#]],
    );
    refused(
        [bytes(b"--description"), bytes(b"a\xffb"), bytes(b"python"), bytes(b"x")],
        str![[r#"
error: --description is not valid UTF-8, which systemd requires here

"#]],
    );
    refused(
        ["-E", "1A=x", "python", "x"],
        str![[r#"
error: --setenv: `1A` is not a valid variable name: use ASCII letters, digits and `_`, and do not begin with a digit

"#]],
    );
    refused(
        ["-E", "A-B", "python", "x"],
        str![[r#"
error: --setenv: `A-B` is not a valid variable name: use ASCII letters, digits and `_`, and do not begin with a digit

"#]],
    );
    refused(
        ["-E", "=x", "python", "x"],
        str![[r#"
error: --setenv: `` is not a valid variable name: use ASCII letters, digits and `_`, and do not begin with a digit

"#]],
    );
    refused(
        ["-E", "", "python", "x"],
        str![[r#"
error: --setenv: `` is not a valid variable name: use ASCII letters, digits and `_`, and do not begin with a digit

"#]],
    );
    refused(
        ["-E", "NOT_SET_HERE", "python", "x"],
        str![[r#"
error: --setenv: `NOT_SET_HERE` is not set here, so it has no value to pass on
hint: -E NOT_SET_HERE=VALUE

"#]],
    );
    refused(
        [bytes(b"-E"), bytes(b"A=\xff"), bytes(b"python"), bytes(b"x")],
        str![[r#"
error: --setenv: `A` has a value that is not valid UTF-8, which systemd requires here

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
error: --property: `A=1\nExecStart=/bin/rm` contains a line break, which unit files do not allow here

"#]],
    );
    refused(
        ["-p", "A=1\rB=2", "python", "x"],
        str![[r#"
error: --property: `A=1\rB=2` contains a line break, which unit files do not allow here

"#]],
    );
    refused(
        ["-p", "A=x\\", "python", "x"],
        str![[r#"
error: --property: `A=x\` ends in a backslash, which would continue the line

"#]],
    );
    refused(
        ["-p", "[Install]\n=x", "python", "x"],
        str![[r#"
error: --property: `[Install]\n=x` contains a line break, which unit files do not allow here

"#]],
    );
    refused(
        ["--restart-sec", "soon", "python", "x"],
        str![[r#"
error: --restart-sec: invalid duration `soon`: expected seconds or numbers with units, such as `5`, `500ms`, `1min 30s` or `infinity`

"#]],
    );
    refused(
        ["--environment-file", "nosuch.env", "python", "x"],
        str![[r#"
error: cannot read the environment file `[HOME]/work/nosuch.env`: no such file or directory

"#]],
    );
    refused(
        ["--environment-file", "/", "python", "x"],
        str![[r#"
error: cannot read the environment file `/`: it is a directory

"#]],
    );
}

#[test]
fn all_invalid_properties_are_reported_at_once() {
    refused(
        ["-p", "MemoryMax=plenty", "-p", "TasksMax=5", "-p", "Restrt=no", "-p", "TasksMax=few", "python", "x"],
        str![[r#"
error: --property: `MemoryMax=plenty` has an invalid value: expected bytes, with K, M, G or T after the number, a percentage of memory, or infinity
hint: -p MemoryMax=500M
error: --property: `Restrt=no` is not a directive of systemd; Restart is the nearest: set when the service is restarted
hint: -p Restart=no
error: --property: `TasksMax=few` has an invalid value: expected a number, a percentage up to 100%, or infinity
hint: -p TasksMax=100

"#]],
    );
}

/// Only systemd knows which system calls exist; its own message is shown.
#[test]
fn unknown_system_calls_are_refused() {
    for filter in ["SystemCallFilter=read opne", "SystemCallFilter=~@clock opne:EPERM", "SystemCallLog=opne"] {
        let home = Home::new();
        let before = home.tree();
        let words = ["-p", "SystemCallFilter=@system-service", "-p", filter, "python", "x"];
        let path = format!("{}/bin:/usr/bin:/bin", home.path().display());
        let ran = home.ran(home.mkservice().env("PATH", path).args(words));
        assert_eq!((home.tree(), ran.code, ran.stdout.as_str()), (before, 2, ""), "{}", ran.stderr);
        let said = ran.stderr.strip_prefix(&format!("error: --property: `{filter}` is rejected by systemd: "));
        let (said, hint) = said.unwrap_or_else(|| panic!("{}", ran.stderr)).split_once('\n').unwrap();
        assert!(said.contains("opne"), "{said}");
        assert_eq!(hint, "hint: list system call groups: systemd-analyze syscall-filter\n");
        // systemd-analyze is also found in /usr/bin if that is not in PATH.
        assert_eq!(home.run_words(words).code, 2);
    }
    refused(
        ["-p", "SystemCallFilter=@system-servce", "python", "x"],
        str![[r#"
error: --property: `SystemCallFilter=@system-servce` has an invalid value: expected system calls and groups such as @system-service; a leading ~ means all but these
hint: -p SystemCallFilter=@system-service

"#]],
    );
}

#[test]
fn explain_prints_what_it_knows_before_the_error() {
    let ran = Home::new().run("explain MemoryMax Nice Unknown");
    assert_eq!(ran.code, 2, "{ran:?}");
    for name in ["MemoryMax=", "Nice="] {
        assert!(ran.stdout.contains(name), "{ran:?}");
    }
    assert!(ran.stderr.starts_with("error: `Unknown` is not a directive of systemd 247 to "), "{ran:?}");
    let ran = Home::new().run("explain --json MemoryMax Unknown");
    let said: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((ran.code, said["directives"].as_array().unwrap().len()), (2, 1), "{said:#}");
    assert_eq!(said["errors"].as_array().unwrap().len(), 1, "{said:#}");
}

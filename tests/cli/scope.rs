//! What requires the system scope, and users and groups that do not exist.

use snapbox::str;

use crate::refused;
use crate::support::{Home, same};

#[test]
fn system_options_are_refused_in_user_scope() {
    refused(
        ["--uid", "root", "python", "x"],
        str![[r#"
error: --uid requires the system scope: a user manager runs everything as that user
hint: mkservice --system --uid root python x

"#]],
    );
    refused(
        ["--gid", "root", "python", "x"],
        str![[r#"
error: --gid requires the system scope: a user manager runs everything as that user
hint: mkservice --system --gid root python x

"#]],
    );
    refused(
        ["--system", "python", "two words"],
        str![[r#"
error: root privileges are required, but none of sudo, run0 and pkexec is installed
hint: run it as root: mkservice --uid nobody --system python 'two words'

"#]],
    );
}

#[test]
fn unknown_users_and_groups_are_refused() {
    refused(
        ["--system", "--dry-run", "--uid", "no-such-account", "python", "x"],
        str![[r#"
error: no such user `no-such-account`
hint: getent passwd

"#]],
    );
    refused(
        ["--system", "--dry-run", "--uid", "4294967294", "python", "x"],
        str![[r#"
error: no such user `4294967294`
hint: getent passwd

"#]],
    );
    refused(
        ["--system", "--dry-run", "--uid", "", "python", "x"],
        str![[r#"
error: no such user ``
hint: getent passwd

"#]],
    );
    refused(
        ["--system", "--dry-run", "--gid", "no-such-group", "python", "x"],
        str![[r#"
error: no such group `no-such-group`
hint: getent group

"#]],
    );
}

#[test]
fn unit_directory_follows_the_environment_or_passwd() {
    let home = Home::new();
    let elsewhere = home.path().join("elsewhere");
    let elsewhere = elsewhere.to_str().unwrap();
    for (set, path) in [
        (&[][..], "[HOME]/.config"),
        (&[("XDG_CONFIG_HOME", elsewhere)], "[HOME]/elsewhere"),
        (&[("XDG_CONFIG_HOME", "relative")], "[HOME]/.config"),
        // The home directory of `nobody`.
        (&[("HOME", "")], "/nonexistent/.config"),
        (&[("HOME", ""), ("XDG_CONFIG_HOME", elsewhere)], "[HOME]/elsewhere"),
    ] {
        let ran =
            home.ran(home.mkservice().envs(set.iter().copied()).args(["--user", "--dry-run", "--name", "s", "server"]));
        assert!(ran.stdout.starts_with(&format!("would write {path}/systemd/user/s.service\n")), "{set:?}: {ran:?}");
    }
}

#[test]
fn sudo_is_added_to_a_command_and_nowhere_else() {
    let home = Home::new();
    same(
        home.run("--global pesudo python").stderr,
        str![[r#"
error: changing system services requires root privileges
hint: sudo [MKSERVICE] --global pesudo python

"#]],
    );
}

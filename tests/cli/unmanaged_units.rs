//! Units that mkservice does not manage, or that were edited, are not replaced.

use snapbox::str;

use crate::refused_in;
use crate::support::Home;

#[test]
#[expect(clippy::too_many_lines, reason = "one table of expected texts")]
fn unmanaged_units_are_not_replaced() {
    let home = Home::new();
    home.file(".config/systemd/user/theirs.service", "[Service]\nExecStart=/bin/true\n", 0o644);
    home.file(".local/share/systemd/user/vendor.service", "[Service]\nExecStart=/bin/true\n", 0o644);
    std::os::unix::fs::symlink("/dev/null", home.units().join("masked.service")).unwrap();
    std::os::unix::fs::symlink("theirs.service", home.units().join("alias.service")).unwrap();
    std::fs::create_dir(home.units().join("directory.service")).unwrap();
    refused_in(
        &home,
        2,
        ["--name", "theirs", "python", "x"],
        str![[r#"
error: `theirs` is the name of a unit that mkservice does not manage: `[HOME]/.config/systemd/user/theirs.service`
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
hint: choose another name: --name theirs-2
hint: use --force to replace it

"#]],
    );
    refused_in(
        &home,
        2,
        ["--name", "vendor", "python", "x"],
        str![[r#"
error: `vendor` is the name of a unit that mkservice does not manage: `[HOME]/.local/share/systemd/user/vendor.service`
hint: choose another name: --name vendor-2
hint: use --force to override it

"#]],
    );
    refused_in(
        &home,
        2,
        ["--name", "masked", "python", "x"],
        str![[r#"
error: `masked` is the name of a unit that mkservice does not manage: `[HOME]/.config/systemd/user/masked.service` (it is masked)
hint: systemctl --user unmask masked
hint: choose another name: --name masked-2

"#]],
    );
    refused_in(
        &home,
        2,
        ["--name", "alias", "python", "x"],
        str![[r#"
error: `alias` is the name of a unit that mkservice does not manage: `[HOME]/.config/systemd/user/alias.service`
hint: choose another name: --name alias-2
hint: use --force to replace it

"#]],
    );
    refused_in(
        &home,
        2,
        ["--force", "--name", "directory", "python", "x"],
        str![[r#"
error: `[HOME]/.config/systemd/user/directory.service` is not managed by mkservice
hint: remove it the way it was installed, such as with its package

"#]],
    );
    refused_in(
        &home,
        2,
        ["remove", "theirs"],
        str![[r#"
error: `[HOME]/.config/systemd/user/theirs.service` is not managed by mkservice
hint: use --force to remove it anyway

"#]],
    );
    refused_in(
        &home,
        2,
        ["remove", "--force", "vendor"],
        str![[r#"
error: `[HOME]/.local/share/systemd/user/vendor.service` is not managed by mkservice
hint: remove it the way it was installed, such as with its package

"#]],
    );
    refused_in(
        &home,
        2,
        ["remove", "masked"],
        str![[r#"
error: `[HOME]/.config/systemd/user/masked.service` is not managed by mkservice
hint: use --force to remove it anyway

"#]],
    );

    assert_eq!(home.run("--force --name vendor python x").code, 0);
    assert_eq!(home.run("--name vendor python x").code, 0, "ours by now");
    assert_eq!(home.run("remove vendor").code, 0);
    assert!(home.path().join(".local/share/systemd/user/vendor.service").exists());
    assert_eq!(home.run("--force --name theirs python x").code, 0);
}

#[test]
fn edited_units_are_not_replaced() {
    let home = Home::new();
    assert_eq!(home.run("python myscript.py").code, 0);
    let edited = home.unit("myscriptd").replace("Restart=on-failure", "Restart=always");
    home.file(".config/systemd/user/myscriptd.service", &edited, 0o644);
    refused_in(
        &home,
        2,
        ["python", "myscript.py"],
        str![[r#"
error: `[HOME]/.config/systemd/user/myscriptd.service` was edited by hand
    -Restart=always
    +Restart=on-failure
hint: use --force to replace it
hint: keep your changes in a drop-in: mkservice edit myscriptd

"#]],
    );
    assert_eq!(home.run("--force python myscript.py").code, 0);
    assert!(home.unit("myscriptd").contains("Restart=on-failure"));
}

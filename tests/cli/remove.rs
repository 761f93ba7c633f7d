//! `remove` where no systemd is running.

use std::fs;

use snapbox::str;

use crate::refused_in;
use crate::support::{Home, same};

#[test]
fn remove_restores_the_tree() {
    for words in ["", "-p WantedBy=a.target -p Alias=other.service", "--no-enable"] {
        let home = Home::new();
        home.make_units();
        let before = home.tree();
        assert_eq!(home.run(&format!("--name s {words} python myscript.py")).code, 0);
        let ran = home.run("remove s");
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
        assert_eq!(home.tree(), before, "{words}");
    }
}

#[test]
fn removing_the_last_service_keeps_the_unit_directory() {
    let home = Home::new();
    assert_eq!(home.run("--name a python x").code, 0);
    assert_eq!(home.run("--name b python x").code, 0);
    let ran = home.run("remove a");
    assert_eq!(ran.code, 0);
    assert!(home.units().join("b.service").exists());
    home.file(".config/other/settings", "mine", 0o644);
    assert_eq!(home.run("remove b").code, 0);
    assert_eq!(fs::read_dir(home.units()).unwrap().count(), 0);
    assert!(home.path().join(".config/other/settings").exists());
    assert!(!home.path().join(".local").exists());
}

#[test]
fn partly_deleted_service_can_be_removed() {
    let home = Home::new();
    home.make_units();
    let before = home.tree();
    for gone in [".config/systemd/user/s.service", "work", "bin/python"] {
        assert_eq!(home.run("--name s python x").code, 0);
        let saved = home.path().join("saved");
        fs::rename(home.path().join(gone), &saved).unwrap();
        let mut command = home.mkservice();
        command.current_dir("/").args(["remove", "s"]);
        let ran = home.ran(&mut command);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{gone}: {ran:?}");
        match gone.starts_with(".config") {
            true => fs::remove_file(&saved).unwrap(),
            false => fs::rename(&saved, home.path().join(gone)).unwrap(),
        }
        assert_eq!(home.tree(), before, "{gone}");
    }
}

#[test]
fn unmanaged_drop_ins_are_kept() {
    let home = Home::new();
    assert_eq!(home.run("--name s python x").code, 0);
    let theirs = home.file(".config/systemd/user/s.service.d/override.conf", "[Service]\nNice=5\n", 0o644);
    let ours = home.file(".config/systemd/user/s.service.d/ours.conf", "[Service]\nNice=5\n[X-Mkservice]\n", 0o644);
    let ran = home.run("remove s");
    assert_eq!(ran.code, 0);
    assert!(theirs.exists() && !ours.exists());
    same(
        ran.stdout,
        str![[r#"
s was removed
  deleted   [HOME]/.config/systemd/user/default.target.wants/s.service
  deleted   [HOME]/.config/systemd/user/s.service.d/ours.conf
  deleted   [HOME]/.config/systemd/user/s.service
note: [HOME]/.config/systemd/user/s.service.d/override.conf is not managed by mkservice and stays
note: no user manager is running, so nothing was stopped

"#]],
    );
}

#[test]
fn remove_without_a_name_prompts_on_a_terminal() {
    let home = Home::new();
    for name in ["a", "b"] {
        assert_eq!(home.run(&format!("--name {name} python x")).code, 0);
    }
    // Nothing selected: nothing removed.
    let ran = home.on_terminal("Remove which?", "\n", &["remove"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    // The second is selected.
    let ran = home.on_terminal("Remove which?", "2\n", &["remove"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(home.units().join("a.service").exists() && !home.units().join("b.service").exists());
}

#[test]
fn unknown_names_list_the_services() {
    let home = Home::new();
    refused_in(
        &home,
        4,
        ["remove", "nosuch"],
        str![[r#"
error: no service named `nosuch`; there are no services yet
hint: create one: mkservice COMMAND
hint: list all services: mkservice list --all

"#]],
    );
    assert_eq!(home.run("--name a python x").code, 0);
    assert_eq!(home.run("--name b python x").code, 0);
    refused_in(
        &home,
        4,
        ["remove", "a", "nosuch"],
        str![[r#"
error: no user service named `nosuch`
hint: list the services: mkservice list

"#]],
    );
    refused_in(
        &home,
        2,
        ["remove"],
        str![[r#"
error: no service given
hint: list the services: mkservice list

"#]],
    );
    refused_in(
        &Home::new(),
        2,
        ["remove"],
        str![[r#"
error: no service given; there are no services yet

"#]],
    );
}

//! Without a running systemd: only files and links, exactly those that systemctl would create.

use std::fs;

use snapbox::str;

use crate::support::{Home, same, tree};

#[test]
fn links_match_those_of_systemctl() {
    for words in [
        "",
        "-p WantedBy=a.target",
        "-p WantedBy=a.target -p WantedBy=b.target",
        "-p RequiredBy=a.service -p Alias=other.service",
        "-p WantedBy= -p WantedBy=c.target",
        "-p Alias=s.service -p WantedBy=default.target",
    ] {
        let home = Home::new();
        let ran = home.run(&format!("--name s {words} python myscript.py"));
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{words}: {ran:?}");
        let ours = tree_without_times(&home);
        // The same file, enabled by systemctl in the same place.
        let text = home.unit("s");
        fs::remove_dir_all(home.path().join(".config")).unwrap();
        home.file(".config/systemd/user/s.service", text, 0o644);
        let mut systemctl = home.command("systemctl");
        systemctl.env("PATH", "/usr/bin:/bin").env("SYSTEMD_OFFLINE", "1").args(["--user", "enable", "s.service"]);
        let ran = home.ran(&mut systemctl);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert_eq!(ours, tree_without_times(&home), "{words}");
    }
}

/// Paths, kinds, and targets below the unit directory, and the modes of files and links.
fn tree_without_times(home: &Home) -> Vec<String> {
    tree(&home.units())
        .into_iter()
        .map(|(path, what)| match what.split_once(' ') {
            Some((_, "directory")) => format!("{} directory", path.display()),
            Some((mode, link)) if link.starts_with("->") => format!("{} {mode} {link}", path.display()),
            Some((mode, _)) => format!("{} {mode}", path.display()),
            None => unreachable!(),
        })
        .collect()
}

#[test]
fn same_command_changes_nothing() {
    let home = Home::new();
    assert_eq!(home.run("python myscript.py").code, 0);
    let before = home.tree();
    let ran = home.run("python myscript.py");
    assert_eq!(ran.code, 0);
    assert_eq!(home.tree(), before);
    same(
        ran.stdout,
        str![[r#"
systemd is not running here: installed and enabled, starts at the next boot
myscriptd (user service, unchanged)
  command   [HOME]/bin/python myscript.py
  directory [HOME]/work
  unit      [HOME]/.config/systemd/user/myscriptd.service
  logs      journalctl --user -u myscriptd -f
  remove    mkservice remove myscriptd
note: it starts at boot once lingering is enabled: sudo loginctl enable-linger nobody

"#]],
    );
    same(
        home.run("--dry-run python myscript.py").stdout,
        str![[r#"
nothing would change

"#]],
    );
}

#[test]
fn changed_command_replaces_the_unit() {
    let home = Home::new();
    assert_eq!(home.run("python myscript.py").code, 0);
    let ran = home.run("python myscript.py --verbosity");
    assert_eq!(ran.code, 0);
    assert_eq!(home.directive("myscriptd", "ExecStart"), "[HOME]/bin/python myscript.py --verbosity");
    assert!(ran.stdout.contains("updated"), "{ran:?}");
    let names: Vec<_> = fs::read_dir(home.units()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "no temporary file is left: {names:?}");
}

#[test]
fn dry_run_shows_everything_and_writes_nothing() {
    let home = Home::new();
    let before = home.tree();
    let ran = home.run("--dry-run --name web -E A=$x -- gunicorn app:app 100%");
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert_eq!(home.tree(), before);
    same(
        ran.stdout,
        str![[r#"
would write [HOME]/.config/systemd/user/web.service
    # web.service: created by mkservice 0.1.0 with
    #   mkservice --name web -E 'A=$x' -- gunicorn app:app 100%
    # To change it: mkservice update web OPTIONS, or mkservice edit web
    # To remove it: mkservice remove web

    [Unit]
    Description=gunicorn app:app 100%%
    StartLimitIntervalSec=600
    StartLimitBurst=60

    [Service]
    Type=exec
    ExecStart=[HOME]/bin/gunicorn app:app "100%%"
    WorkingDirectory=[HOME]/work
    Environment="A=$x"
    Restart=on-failure
    RestartSec=5s

    [Install]
    WantedBy=default.target
would link [HOME]/.config/systemd/user/default.target.wants/web.service to [HOME]/.config/systemd/user/web.service

"#]],
    );
    assert_eq!(home.run("python myscript.py").code, 0);
    let before = home.tree();
    let ran = home.run("remove --dry-run myscriptd");
    assert_eq!(ran.code, 0);
    assert_eq!(home.tree(), before);
    same(
        ran.stdout,
        str![[r#"
would delete [HOME]/.config/systemd/user/default.target.wants/myscriptd.service
would delete [HOME]/.config/systemd/user/myscriptd.service

"#]],
    );
}

#[test]
fn quiet_prints_nothing_and_verbose_prints_reasons() {
    let home = Home::new();
    let ran = home.run("-q python myscript.py");
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (0, "", ""));
    let ran = Home::new().run("-v python myscript.py");
    assert_eq!(ran.code, 0);
    same(
        ran.stdout,
        str![[r#"
user scope, because mkservice runs as not root (--user and --system override it)
`python` is `[HOME]/bin/python`
named myscriptd after what it runs (--name overrides it)
PYTHONUNBUFFERED=1, because Python would buffer its output for minutes
PATH=[HOME]/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin, because programs that it starts by name are searched there first
step: write [HOME]/.config/systemd/user/myscriptd.service
step: link [HOME]/.config/systemd/user/default.target.wants/myscriptd.service to [HOME]/.config/systemd/user/myscriptd.service
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

//! Root folders that do not run (`--root`), and services of all users (`--global`): what is written there, that it is
//! what systemctl would make, and that nothing else is looked at.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use snapbox::str;

use crate::support::{Home, Ran, same, tree, walk};

/// A home with the root folder of a small system in it, `image`.
fn with_image() -> Home {
    let home = Home::new();
    home.file(
        "image/etc/passwd",
        "root:x:0:0:root:/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\nweb:x:990:990::/srv/web:/bin/false\n",
        0o644,
    );
    home.file("image/etc/group", "root:x:0:\nann:x:1000:\nweb:x:990:\nlog:x:991:web\n", 0o644);
    let release = host_release();
    home.file(format!("image/usr/lib/systemd/libsystemd-shared-{release}.so"), "", 0o644);
    home.file("image/usr/bin/server", "\u{7f}ELF\0", 0o755);
    home.file("image/usr/bin/sh", "\u{7f}ELF\0", 0o755);
    home.file("image/usr/bin/env", "\u{7f}ELF\0", 0o755);
    home.file("image/usr/bin/python3", "\u{7f}ELF\0", 0o755);
    home.file("image/srv/web/app.py", "print(1)\n", 0o644);
    home.file("image/srv/web/run", "#!/usr/bin/env python3\n", 0o755);
    for folder in ["home/ann", "var/log", "etc/systemd/system", "etc/systemd/user"] {
        home.file(format!("image/{folder}/.keep"), "", 0o644);
        fs::remove_file(home.path().join("image").join(folder).join(".keep")).unwrap();
    }
    symlink("usr/bin", home.path().join("image/bin")).unwrap();
    home
}

/// The release of this machine's systemctl, with which links are compared.
fn host_release() -> String {
    let output = std::process::Command::new("systemctl").arg("--version").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_whitespace().nth(1).unwrap().chars().take_while(char::is_ascii_digit).collect()
}

/// What is in the image: paths, kinds and targets.
fn inside(home: &Home) -> Vec<String> {
    let image = home.path().join("image");
    let shown = |path: PathBuf| {
        let metadata = path.symlink_metadata().unwrap();
        let target = fs::read_link(&path).map(|target| format!(" -> {}", target.display())).unwrap_or_default();
        let mode = if metadata.is_symlink() { 0 } else { metadata.permissions().mode() & 0o7777 };
        format!("{mode:o} /{}{target}", path.strip_prefix(&image).unwrap().display())
    };
    let mut all: Vec<String> = walk(&image).into_iter().map(shown).collect();
    all.sort();
    all
}

/// What an action adds to the image.
fn added_by(home: &Home, action: impl FnOnce()) -> String {
    let before = inside(home);
    action();
    let mut text: String =
        inside(home).into_iter().filter(|line| !before.contains(line)).map(|line| line + "\n").collect();
    text.push('\n');
    text
}

fn done(home: &Home, line: &str) -> Ran {
    let ran = home.run(line);
    assert_eq!(ran.code, 0, "{line}: {ran:?}");
    ran
}

#[test]
fn a_service_is_installed_and_taken_away_again() {
    let home = with_image();
    let before = home.tree();
    let image = home.path().join("image").to_str().unwrap().to_owned();
    let line = format!("--root {image} --uid web --working-directory /srv/web server");
    let shown = added_by(&home, || {
        same(
            done(&home, &line).stdout,
            str![[r#"
server is installed and starts at the next boot (system service as web)
  command  /usr/bin/server
  folder   /srv/web
  unit     [HOME]/image/etc/systemd/system/server.service
  undo     mkservice remove --root [HOME]/image server

"#]],
        );
    });
    same(
        shown,
        str![[r#"
0 /etc/systemd/system/multi-user.target.wants/server.service -> /etc/systemd/system/server.service
644 /etc/systemd/system/server.service
755 /etc/systemd/system/multi-user.target.wants


"#]],
    );
    // What it was made from says nothing of where the image lay.
    same(
        done(&home, &format!("cat --root {image} server")).stdout,
        str![[r#"
# /etc/systemd/system/server.service
# server.service: made by mkservice 0.1.0 from the line
#   mkservice --uid web --working-directory /srv/web server
# To change it, type that line again with other words. Settings of your own belong beside it, where
# mkservice leaves them alone: sudo systemctl edit server
# To take it away again: sudo mkservice remove server

[Unit]
Description=server
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=600
StartLimitBurst=60

[Service]
Type=exec
ExecStart=/usr/bin/server
WorkingDirectory=/srv/web
User=web
Restart=on-failure
RestartSec=5s

[Install]
WantedBy=multi-user.target

[X-Mkservice]
Version=0.1.0
Command=mkservice --uid web --working-directory /srv/web server
Checksum=sha256:[HASH]

"#]],
    );
    let installed = home.tree();
    assert_eq!(done(&home, &format!("{line} --check")).stdout, "nothing would change\n");
    assert!(done(&home, &line).stdout.contains("web, unchanged)"));
    assert_eq!(home.tree(), installed);
    let other = home.run(&format!("{line} --check --restart always"));
    assert_eq!(other.code, 5, "{other:?}");
    assert!(other.stdout.starts_with("in [HOME]/image:\nwould replace"), "{other:?}");
    same(
        done(&home, &format!("list --root {image}")).stdout,
        str![[r#"
NAME    STATE    SINCE  RESTARTS  MEMORY  ENABLED  COMMAND
server  unknown  -      0         -       enabled  /usr/bin/server
note: nothing runs in [HOME]/image, so how they are is not known

"#]],
    );
    same(
        done(&home, &format!("remove --root {image} server")).stdout,
        str![[r#"
server is removed
  deleted  /etc/systemd/system/multi-user.target.wants/server.service
  deleted  /etc/systemd/system/server.service

"#]],
    );
    assert_eq!(home.tree(), before);
}

#[test]
fn a_service_of_an_account_is_its_own_and_lingers() {
    let home = with_image();
    let before = home.tree();
    let image = home.path().join("image").to_str().unwrap().to_owned();
    let line = format!("--root {image} --user --uid ann server");
    let shown = added_by(&home, || {
        same(
            done(&home, &line).stdout,
            str![[r#"
server is installed and starts at the next boot (user service)
  command  /usr/bin/server
  folder   /
  unit     [HOME]/image/home/ann/.config/systemd/user/server.service
  undo     mkservice remove --root [HOME]/image --user --uid ann server
note: lingering is now on for ann: its services start at boot and survive logout (--no-linger leaves it alone)

"#]],
        );
    });
    same(
        shown,
        str![[r#"
0 /home/ann/.config/systemd/user/default.target.wants/server.service -> /home/ann/.config/systemd/user/server.service
600 /home/ann/.local/state/mkservice/undo
644 /home/ann/.config/systemd/user/server.service
644 /var/lib/systemd/linger/ann
700 /home/ann/.config
700 /home/ann/.config/systemd
700 /home/ann/.config/systemd/user
700 /home/ann/.local
700 /home/ann/.local/state
700 /home/ann/.local/state/mkservice
755 /home/ann/.config/systemd/user/default.target.wants
755 /var/lib
755 /var/lib/systemd
755 /var/lib/systemd/linger


"#]],
    );
    let unit = home.path().join("image/home/ann/.config/systemd/user/server.service");
    let text = fs::read_to_string(unit).unwrap();
    assert!(text.contains("\nCommand=mkservice --user server\n") && !text.contains("User="), "{text}");
    assert_eq!(home.run(&format!("{line} --check")).code, 0);
    done(&home, &format!("list --root {image} --user --uid ann"));
    let ran = done(&home, &format!("remove --root {image} --user --uid ann server"));
    assert!(ran.stdout.ends_with("note: lingering is off again for ann, as it was before\n"), "{ran:?}");
    assert_eq!(home.tree(), before);
    // Whoever lingers already goes on doing so.
    home.file("image/var/lib/systemd/linger/ann", "", 0o644);
    let before = home.tree();
    let ran = done(&home, &line);
    assert!(!ran.stdout.contains("note"), "{ran:?}");
    done(&home, &format!("remove --root {image} --user --uid ann server"));
    assert_eq!(home.tree(), before);
    same(
        home.run(&format!("--root {image} --user server")).stderr,
        str![[r#"
error: --user needs an account with --root
hint: whose service it is: --uid NAME
hint: its accounts: ann

"#]],
    );
}

#[test]
fn a_service_of_all_users_waits_for_them() {
    let home = with_image();
    let before = home.tree();
    let image = home.path().join("image").to_str().unwrap().to_owned();
    let shown = added_by(&home, || {
        same(
            done(&home, &format!("--root {image} --global server")).stdout,
            str![[r#"
server is installed for all users (every user's service)
  command  /usr/bin/server
  folder   /
  unit     [HOME]/image/etc/systemd/user/server.service
  undo     mkservice remove --root [HOME]/image --global server
note: it starts for each user at the first login, and ends with the last session

"#]],
        );
    });
    same(
        shown,
        str![[r#"
0 /etc/systemd/user/default.target.wants/server.service -> /etc/systemd/user/server.service
644 /etc/systemd/user/server.service
755 /etc/systemd/user/default.target.wants


"#]],
    );
    let text = fs::read_to_string(home.path().join("image/etc/systemd/user/server.service")).unwrap();
    assert!(text.contains(": sudo systemctl --global edit server\n"), "{text}");
    assert!(text.contains(": sudo mkservice remove --global server\n"), "{text}");
    done(&home, &format!("remove --root {image} --global server"));
    assert_eq!(home.tree(), before);
    // On the machine itself only root may.
    let ran = home.run("--global server");
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.ends_with("hint: sudo mkservice --global server\n"), "{ran:?}");
    for (words, why) in [
        ("--secret A", "error: --secret cannot be kept for every user"),
        ("--log-file /var/log/x", "error: --log-file would be one file that the services of all users write to"),
    ] {
        let ran = home.run(&format!("--root {image} --global {words} server"));
        assert!(ran.code == 2 && ran.stderr.starts_with(why), "{ran:?}");
    }
    assert_eq!(home.tree(), before);
}

#[test]
fn what_a_small_root_lacks_is_made_and_goes_again() {
    let home = with_image();
    let image = home.path().join("image").to_str().unwrap().to_owned();
    fs::remove_dir_all(home.path().join("image/etc/systemd")).unwrap();
    let before = home.tree();
    done(&home, &format!("--root {image} server"));
    done(&home, &format!("--root {image} --global --name g server"));
    done(&home, &format!("remove --root {image} server"));
    done(&home, &format!("remove --root {image} --global g"));
    assert_eq!(home.tree(), before);
}

/// Links below a folder of units, and the folders that they lie in.
fn links(folder: &Path) -> Vec<(String, String)> {
    let found = tree(folder).into_iter().filter(|(_, what)| what.contains(" -> ") || what.ends_with(" folder"));
    found.map(|(path, what)| (path.to_str().unwrap().to_owned(), what)).collect()
}

#[test]
fn the_links_are_those_that_systemctl_makes_and_takes_away() {
    for (words, entries) in [
        ("", "s.service"),
        ("-p WantedBy=a.target -p WantedBy=b.target", "s.service"),
        ("-p RequiredBy=a.service -p Alias=other.service -p Alias=third.service", "s.service"),
        ("-p WantedBy= -p WantedBy=c.target", "s.service"),
        ("-p Alias=s.service -p WantedBy=default.target", "s.service"),
        ("-p WantedBy=x@y.service -p RequiredBy=z@.service -p WantedBy=s.service", "s.service"),
        ("-p WantedBy=%p-x.target -p Alias=%N-too.service -p RequiredBy=%n -p WantedBy=%j.target", "s.service"),
        ("--every 1h", "s.timer"),
        ("--on-calendar daily -p Alias=t.timer", "s.timer"),
        ("--listen 8080", "s.socket"),
        ("--on-path-exists /srv/x", "s.path"),
        ("--instances 3", "s.target"),
        ("--instances blue,green -p WantedBy=graphical.target", "s.target"),
    ] {
        let scopes: &[&str] = if words.is_empty() || entries == "s.timer" { &["", " --global"] } else { &[""] };
        for scope in scopes {
            let home = with_image();
            let image = home.path().join("image");
            let folder = image.join(if scope.is_empty() { "etc/systemd/system" } else { "etc/systemd/user" });
            let root = image.to_str().unwrap();
            let bare = links(&folder);
            let systemctl = |verb: &str| {
                let mut systemctl = home.command("systemctl");
                systemctl.env("PATH", "/usr/bin:/bin").arg("--quiet").args(scope.split_whitespace());
                let ran = home.ran(systemctl.arg(format!("--root={root}")).args([verb, entries]));
                assert_eq!(ran.code, 0, "{words}: {ran:?}");
                links(&folder)
            };
            done(&home, &format!("--root {root}{scope} --name s {words} server"));
            let ours = links(&folder);
            assert!(ours.len() > bare.len(), "{words}: {ours:?}");
            done(&home, &format!("disable --root {root}{scope} s"));
            assert_eq!(links(&folder), bare, "{words}");
            assert_eq!(systemctl("enable"), ours, "{words}");
            done(&home, &format!("disable --root {root}{scope} s"));
            assert_eq!(links(&folder), bare, "{words}");
            done(&home, &format!("enable --root {root}{scope} s"));
            assert_eq!(links(&folder), ours, "{words}");
            assert_eq!(systemctl("disable"), bare, "{words}");
        }
    }
}

#[test]
fn what_only_a_manager_knows_of_enabling_is_refused() {
    let home = with_image();
    let image = home.path().join("image").to_str().unwrap().to_owned();
    let before = home.tree();
    for words in ["-p Also=other.service", "-p Alias=%H.service", "-p WantedBy=nonsense"] {
        let ran = home.run(&format!("--root {image} {words} server"));
        assert!(ran.code == 2 && ran.stdout.is_empty(), "{words}: {ran:?}");
        assert_eq!(home.tree(), before);
    }
}

#[test]
fn what_lies_where_a_link_has_to_be_made_stays() {
    let home = with_image();
    let units = home.path().join("image/etc/systemd/system");
    home.file("image/etc/systemd/system/theirs.service", "[Service]\nExecStart=/usr/bin/server\n", 0o644);
    home.file("image/usr/lib/systemd/system/cron.service", "[Service]\nExecStart=/usr/bin/server\n", 0o644);
    home.file("image/etc/systemd/system/multi-user.target.wants/web.service", "whose is it\n", 0o644);
    symlink("theirs.service", units.join("other.service")).unwrap();
    let before = inside(&home);
    for (words, told) in [
        ("--name web", "multi-user.target.wants/web.service is in the way of a link of that name"),
        ("--name api -p Alias=theirs.service", "the alias theirs.service is the name of something else: "),
        ("--name api -p Alias=theirs.service --force", "the alias theirs.service is the name of something else: "),
        ("--name api -p Alias=other.service", "the alias other.service is the name of something else: "),
        ("--name api -p Alias=cron.service", "image/usr/lib/systemd/system/cron.service is there already\n"),
    ] {
        for mode in ["--dry-run", ""] {
            let ran = home.run(&format!("--root ../image --uid web {words} {mode} /usr/bin/server"));
            assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{words}: {ran:?}");
            assert!(ran.stderr.contains(told), "{words}: {ran:?}");
            assert_eq!(inside(&home), before, "{words}");
        }
    }
    // Of one file, too.
    let file = "[services.a]\ncommand = \"/usr/bin/server\"\nproperties = { Alias = \"%p-2.service\" }\n\
        [services.a-2]\ncommand = \"/usr/bin/server\"\n";
    home.file("two.toml", file, 0o644);
    let ran = home.run("apply --root ../image ../two.toml");
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("`a-2.service` is a unit of `a` as well"), "{ran:?}");
    assert_eq!(inside(&home), before);
    // The name of a distribution's unit is taken where that is said.
    done(&home, "--root ../image --uid web --name api -p Alias=cron.service --force /usr/bin/server");
    let again = done(&home, "--root ../image --uid web --name api -p Alias=cron.service /usr/bin/server");
    assert!(again.stdout.contains("unchanged"), "{again:?}");
    assert_eq!(fs::read_link(units.join("cron.service")).unwrap(), Path::new("/etc/systemd/system/api.service"));
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let home = with_image();
    let image = home.path().join("image").to_str().unwrap().to_owned();
    home.file("image/srv/web/broken", "#!/usr/bin/perl\n", 0o755);
    home.file("image/srv/web/closed", "\u{7f}ELF\0", 0o644);
    home.file("plain", "", 0o644);
    home.file("empty/usr/x", "", 0o644);
    let before = home.tree();
    for (line, expected) in [
        ("--root nowhere server", "error: --root: `nowhere` is not there\n"),
        (
            "--root ../plain server",
            "error: --root: `../plain` is not a folder\nhint: of an image in a file, mount it first: sudo systemd-dissect --mount FILE DIR\n",
        ),
        (
            "--root ../empty server",
            "error: --root: `../empty` is not the root folder of a system: there is no folder `etc` in it\nhint: name the folder that holds its `etc` and `usr`\n",
        ),
        (
            "--root [I] gunicorn",
            "error: there is no program `gunicorn` in [HOME]/image\nhint: its services look for programs in /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n",
        ),
        (
            "--root [I] ./server",
            "error: the program `./server` is relative, and this folder is not inside of [HOME]/image\nhint: its whole path in there, as in /usr/local/bin/server\n",
        ),
        ("--root [I] [HOME]/bin/server", "error: there is no program `[HOME]/bin/server` in [HOME]/image\n"),
        (
            "--root [I] --working-directory web server",
            "error: the folder `web` cannot be the working directory: it is relative, and this folder is not inside of [HOME]/image\n",
        ),
        (
            "--root [I] --environment-file env server",
            "error: the environment file `env` cannot be read: it is relative, and this folder is not inside of [HOME]/image\n",
        ),
        (
            "--root [I] --environment-file /etc/hostname server",
            "error: the environment file `/etc/hostname` cannot be read: no such file or directory\n",
        ),
        (
            "--root [I] --secret A=/etc/hostname server",
            "error: --secret: the file `/etc/hostname` of A cannot be taken: no such file or directory\n",
        ),
        (
            "--root [I] --uid daemon server",
            "error: there is no user `daemon` in [HOME]/image\nhint: cat [HOME]/image/etc/passwd\n",
        ),
        (
            "--root [I] --gid daemon server",
            "error: there is no group `daemon` in [HOME]/image\nhint: cat [HOME]/image/etc/group\n",
        ),
        (
            "--root [I] --inherit-path server",
            "error: --inherit-path would take the PATH of this machine to another\nhint: say what it is there: --setenv PATH=...\n",
        ),
        (
            "--root [I] --max-exposure 5 server",
            "error: --max-exposure is measured by the systemd that runs the service, and with --root none does\nhint: once it runs: systemd-analyze security\n",
        ),
        (
            "--root [I] /srv/web/closed",
            "error: `/srv/web/closed` is not executable\nhint: chmod +x [HOME]/image/srv/web/closed\n",
        ),
        (
            "--root [I] /srv/web/broken",
            "error: the script `/srv/web/broken` is started by `/usr/bin/perl`, which is not there\n",
        ),
        (
            "--root [I] --log-file /var/missing/x server",
            "error: --log-file /var/missing/x would lie in a folder that is not there: /var/missing\nhint: mkdir -p [HOME]/image/var/missing\n",
        ),
        (
            "adopt --root [I] 1",
            "error: what runs here cannot become a service of somewhere else\nhint: its command can: mkservice add --root DIR -- COMMAND\n",
        ),
    ] {
        let ran = home.run(&line.replace("[I]", &image).replace("[HOME]", home.path().to_str().unwrap()));
        let said: String =
            ran.stderr.lines().filter(|line| !line.starts_with("warning")).map(|line| format!("{line}\n")).collect();
        assert_eq!((ran.code, ran.stdout.as_str(), said.as_str()), (2, "", expected), "{line}");
        assert_eq!(home.tree(), before, "{line}");
    }
}

#[test]
fn paths_count_from_the_folder_inside() {
    let home = with_image();
    home.file("image/srv/web/env", "A=1\n", 0o600);
    let image = home.path().join("image");
    let run = |folder: &str, words: &[&str]| {
        let mut mkservice = home.mkservice();
        mkservice.current_dir(home.path().join(folder)).args(words);
        home.ran(&mut mkservice)
    };
    let ran = run("image/srv/web", &["--root", "../..", "--environment-file", "env", "--dry-run", "python3", "app.py"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    for line in ["ExecStart=/usr/bin/python3 app.py", "WorkingDirectory=/srv/web", "EnvironmentFile=/srv/web/env"] {
        assert!(ran.stdout.lines().any(|it| it.trim() == line), "{ran:?}");
    }
    let ran = run("image/srv", &["--root", image.to_str().unwrap(), "--dry-run", "web/run"]);
    assert!(ran.stdout.contains("ExecStart=/srv/web/run\n"), "{ran:?}");
    let ran = run("work", &["-v", "--root", "../image", "--dry-run", "server"]);
    assert!(ran.stdout.contains("WorkingDirectory=/\n"), "{ran:?}");
    assert!(ran.stdout.contains("WorkingDirectory=/, because this folder is not inside of the image"), "{ran:?}");
    // A script is looked for where the service runs.
    let ran = run("work", &["--root", "../image", "--dry-run", "python3", "app.py"]);
    assert!(ran.stderr.contains("error: there is no script `app.py` in /\n"), "{ran:?}");
}

#[test]
fn nothing_of_this_machine_is_asked() {
    let home = with_image();
    let image = home.path().join("image").to_str().unwrap().to_owned();
    let witness = home.path().join("asked");
    let script = format!("#!/bin/sh\necho \"$0 $*\" >> {}\nexit 0\n", witness.display());
    for program in
        ["systemctl", "systemd-analyze", "systemd-creds", "getent", "id", "loginctl", "python3", "sudo", "uv"]
    {
        home.file(format!("bin/{program}"), &script, 0o755);
    }
    home.file("image/usr/bin/uv", &script, 0o755);
    home.file("image/usr/bin/python3", &script, 0o755);
    let secret = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        let mut mkservice = home.mkservice();
        mkservice.env_remove("SYSTEMD_OFFLINE").env("VIRTUAL_ENV", home.path()).env("TOKEN", "hidden");
        mkservice.args(words).stdin(fs::File::open(home.path().join("value")).unwrap());
        let ran = home.ran(&mut mkservice);
        assert_eq!(ran.code, 0, "{line}: {ran:?}");
        ran
    };
    home.file("value", "s3cret\n", 0o600);
    secret(&format!("--root {image} --name a --uid web --secret A --working-directory /srv/web python3 app.py"));
    secret(&format!("--root {image} --name b --on-calendar daily --harden strict --gid log python3 /srv/web/app.py"));
    secret(&format!("--root {image} --name c -p SystemCallFilter=@system-service --memory-max 100T server"));
    secret(&format!("--root {image} --name d --working-directory /srv/web uv run app.py"));
    secret(&format!("--root {image} --name e --user --uid ann server"));
    secret(&format!("list --root {image}"));
    secret(&format!("remove --root {image} d"));
    assert!(!witness.exists(), "{}", fs::read_to_string(&witness).unwrap());
    // A secret is kept as it is: nobody has the key of the machine that will read it.
    let kept = home.path().join("image/etc/mkservice/a.A.secret");
    assert_eq!(fs::read_to_string(&kept).unwrap(), "s3cret");
    assert_eq!(kept.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let units = walk(&home.path().join("image/etc/systemd/system"));
    for unit in units.iter().filter(|path| path.extension().is_some_and(|end| end == "service") && path.is_file()) {
        let text = fs::read_to_string(unit).unwrap();
        assert!(!text.contains(home.path().to_str().unwrap()) && !text.contains("VIRTUAL"), "{text}");
    }
}

#[test]
fn nothing_leads_out() {
    // Each puts something into the image that leads to `outside`, or that nobody can read.
    type Spoil = fn(&Path, &Path);
    let hostile: [(&str, Spoil); 13] = [
        ("etc", |image, outside| replace(&image.join("etc"), outside)),
        ("etc/systemd", |image, outside| replace(&image.join("etc/systemd"), outside)),
        ("a folder by `..`", |image, _| replace(&image.join("etc/systemd/system"), Path::new("../../../../outside"))),
        ("a folder by its path", |image, outside| replace(&image.join("etc/systemd/system"), outside)),
        ("the links", |image, outside| replace(&image.join("etc/systemd/system/multi-user.target.wants"), outside)),
        ("the unit", |image, outside| {
            replace(&image.join("etc/systemd/system/server.service"), &outside.join("victim"))
        }),
        ("the accounts", |image, outside| replace(&image.join("etc/passwd"), &outside.join("passwd"))),
        ("a home", |image, outside| replace(&image.join("home/ann"), outside)),
        ("lingering", |image, outside| replace(&image.join("var"), outside)),
        ("the program", |image, outside| replace(&image.join("usr/bin/server"), &outside.join("server"))),
        ("an environment file", |image, outside| replace(&image.join("srv/web/env"), &outside.join("victim"))),
        ("pipes", |image, _| {
            for path in ["etc/passwd", "usr/bin/server", "srv/web/env", "etc/systemd/system/server.service"] {
                let _ = fs::remove_file(image.join(path));
                rustix::fs::mknodat(rustix::fs::CWD, image.join(path), rustix::fs::FileType::Fifo, 0o666.into(), 0)
                    .unwrap();
            }
        }),
        ("files without end", |image, _| {
            for path in ["etc/passwd", "usr/bin/server", "srv/web/env", "etc/systemd/system/server.service"] {
                fs::File::create(image.join(path)).unwrap().set_len(1 << 40).unwrap();
            }
        }),
    ];
    for (name, make) in hostile {
        let home = with_image();
        let (image, outside) = (home.path().join("image"), home.path().join("outside"));
        home.file("outside/victim", "TOP=secret\n", 0o644);
        home.file("outside/server", "\u{7f}ELF\0", 0o755);
        home.file("outside/passwd", "root:x:0:0::/:/bin/sh\nann:x:1000:1000::/home/ann:/x\nweb:x:5:5::/:/x\n", 0o644);
        home.file("outside/systemd/system/x", "", 0o644);
        home.file("image/srv/web/env", "A=1\n", 0o644);
        make(&image, &outside);
        let before = tree(&outside);
        let root = image.to_str().unwrap();
        for line in [
            format!("--root {root} --uid web server"),
            format!("--root {root} --uid web --environment-file /srv/web/env --name two server --force"),
            format!("--root {root} --user --uid ann --name three server"),
            format!("cat --root {root} server"),
            format!("list --root {root}"),
            format!("remove --root {root} server two"),
        ] {
            let mut patient = home.command("/usr/bin/timeout");
            patient.arg("30").arg(home.mkservice().get_program()).args(line.split(' '));
            let ran = home.ran(&mut patient);
            // What cannot be read cannot be shown.
            let fits = matches!(ran.code, 0 | 2 | 4) || (ran.code == 1 && line.starts_with("cat"));
            assert!(fits, "{name}: {line}: {ran:?}");
            assert!(!format!("{ran:?}").contains("TOP"), "{name}: {line}: {ran:?}");
            assert_eq!(tree(&outside), before, "{name}: {line}");
        }
    }
}

/// A link in the place of whatever is at a path.
fn replace(path: &Path, target: &Path) {
    let _ = fs::remove_file(path).or_else(|_| fs::remove_dir_all(path));
    symlink(target, path).unwrap();
}

#[test]
fn two_runs_wait_for_each_other() {
    let home = with_image();
    let image = home.path().join("image");
    let folder = fs::File::open(&image).unwrap();
    folder.lock().unwrap();
    let mut mkservice = home.mkservice();
    mkservice.args(["--root", image.to_str().unwrap(), "server"]);
    let mut child = mkservice.stderr(std::process::Stdio::piped()).stdout(std::process::Stdio::null()).spawn().unwrap();
    let mut lines =
        std::io::BufRead::lines(std::io::BufReader::new(child.stderr.take().unwrap())).map_while(Result::ok);
    assert!(lines.any(|line| line == "warning: another run of mkservice is at work; waiting for it"));
    assert!(!image.join("etc/systemd/system/server.service").exists());
    drop(folder);
    assert!(child.wait().unwrap().success());
    assert!(image.join("etc/systemd/system/server.service").exists());
}

#[test]
fn a_file_of_services_in_an_image_is_known_by_its_place_in_there() {
    let home = with_image();
    let apply = |image: &str, text: &str, words: &str| {
        let file = home.file(format!("{image}/srv/web/mkservice.toml"), text, 0o644);
        let root = home.path().join(image);
        home.run(&format!("apply --root {} {words} {}", root.display(), file.display()))
    };
    let service = |name: &str| format!("[services.{name}]\ncommand = \"server\"\nuid = \"web\"\n");
    let ran = apply("image", &(service("one") + &service("two")), "");
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
    same(
        ran.stdout,
        str![[r#"
one created, is installed and starts at the next boot
two created, is installed and starts at the next boot
2 created

"#]],
    );
    let unit = fs::read_to_string(home.path().join("image/etc/systemd/system/one.service")).unwrap();
    assert!(unit.contains("\nAppliedFrom=/srv/web/mkservice.toml\n"), "{unit}");
    assert!(unit.contains("\nWorkingDirectory=/srv/web\n"), "{unit}");
    // Wherever the image lies, it is the same file.
    fs::rename(home.path().join("image"), home.path().join("moved")).unwrap();
    let ran = apply("moved", &service("one"), "--prune");
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "two removed\n1 unchanged, 1 removed\n"), "{ran:?}");
    // One from elsewhere says where its services start.
    let file = home.file("work/other.toml", service("three"), 0o644);
    let line = format!("apply --root {} {}", home.path().join("moved").display(), file.display());
    same(
        home.run(&line).stdout,
        str![[r#"
three created, is installed and starts at the next boot
1 created
note: it starts in `/`, since the file is not in the image: working-directory names another folder

"#]],
    );
    let file =
        home.file("work/all.toml", "[services.all]\ncommand = \"server\"\nworking-directory = \"/srv\"\n", 0o644);
    let line = format!("apply --global --root {} {}", home.path().join("moved").display(), file.display());
    let ran = home.run(&line);
    let expected = "all created, is installed for all users, and starts when they log in\n1 created\n";
    assert_eq!((ran.code, ran.stdout.as_str()), (0, expected), "{ran:?}");
}

#[test]
fn what_may_not_be_read_is_not_told_as_absent() {
    let home = with_image();
    let image = home.path().join("image");
    let line = format!("--root {} --uid web server", image.display());
    let told = |path: &str, mode: u32| {
        let path = image.join(path);
        let before = fs::metadata(&path).unwrap().permissions();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let ran = home.run(&line);
        fs::set_permissions(&path, before).unwrap();
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{ran:?}");
        ran.stderr
    };
    let mut all = told("", 0o000) + &told("etc", 0o000) + &told("etc/passwd", 0o000);
    fs::remove_file(image.join("etc/passwd")).unwrap();
    all += &told("etc", 0o755);
    same(
        all,
        str![[r#"
error: --root: `[HOME]/image` cannot be looked into: permission denied
hint: who may do that: namei -l [HOME]/image/etc
error: there is no user `web` in [HOME]/image, whose etc/passwd cannot be read: permission denied
hint: ls -l [HOME]/image/etc/passwd
error: there is no user `web` in [HOME]/image, whose etc/passwd cannot be read: permission denied
hint: ls -l [HOME]/image/etc/passwd
error: there is no user `web` in [HOME]/image, whose etc/passwd cannot be read: no such file or directory
hint: ls -l [HOME]/image/etc/passwd

"#]],
    );
}

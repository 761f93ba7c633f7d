//! What is written to an image, and removed again.

use std::fs;

use snapbox::str;

use super::{done, inside, with_image};
use crate::support::{Home, same};

/// What an action adds to the image.
fn added_by(home: &Home, action: impl FnOnce()) -> String {
    let before = inside(home);
    action();
    let mut text: String =
        inside(home).into_iter().filter(|line| !before.contains(line)).map(|line| line + "\n").collect();
    text.push('\n');
    text
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table of expected texts")]
fn system_service_is_installed_and_removed() {
    let home = with_image();
    let before = home.tree();
    let image = home.path().join("image").to_str().unwrap().to_owned();
    let line = format!("--root {image} --uid web --working-directory /srv/web server");
    let shown = added_by(&home, || {
        same(
            done(&home, &line).stdout,
            str![[r#"
server is installed and starts at the next boot (system service as web)
  command   /usr/bin/server
  directory /srv/web
  unit      [HOME]/image/etc/systemd/system/server.service
  remove    mkservice remove --root [HOME]/image server

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
    // The recorded command does not contain the location of the image.
    same(
        done(&home, &format!("cat --root {image} server")).stdout,
        str![[r#"
# /etc/systemd/system/server.service
# server.service: created by mkservice 0.1.0 with
#   mkservice --uid web --working-directory /srv/web -- server
# To change it: sudo mkservice update server OPTIONS, or sudo mkservice edit server
# To remove it: sudo mkservice remove server

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
Command=mkservice --uid web --working-directory /srv/web -- server
Checksum=sha256:[HASH]

"#]],
    );
    let installed = home.tree();
    assert_eq!(done(&home, &format!("--check {line}")).stdout, "nothing would change\n");
    assert!(done(&home, &line).stdout.contains("web, unchanged)"));
    assert_eq!(home.tree(), installed);
    let other = home.run(&format!("--check --restart always {line}"));
    assert_eq!(other.code, 5, "{other:?}");
    assert!(other.stdout.starts_with("in [HOME]/image:\nwould replace"), "{other:?}");
    same(
        done(&home, &format!("list --root {image}")).stdout,
        str![[r#"
NAME    STATE    SINCE  COMMAND          RESTARTS  ENABLED  MEMORY
server  unknown  -      /usr/bin/server  0         enabled  -
note: state unknown: nothing runs in [HOME]/image

"#]],
    );
    same(
        done(&home, &format!("remove --root {image} server")).stdout,
        str![[r#"
server was removed
  deleted   /etc/systemd/system/multi-user.target.wants/server.service
  deleted   /etc/systemd/system/server.service

"#]],
    );
    assert_eq!(home.tree(), before);
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table of expected texts")]
fn user_service_is_owned_by_its_user_and_lingers() {
    let home = with_image();
    let fresh = home.tree();
    let image = home.path().join("image").to_str().unwrap().to_owned();
    let line = format!("--root {image} --user --uid ann server");
    let shown = added_by(&home, || {
        same(
            done(&home, &line).stdout,
            str![[r#"
server is installed and starts at the next boot (user service)
  command   /usr/bin/server
  directory /
  unit      [HOME]/image/home/ann/.config/systemd/user/server.service
  remove    mkservice remove --root [HOME]/image --user --uid ann server
note: lingering is now enabled for ann: services start at boot and keep running after logout (--no-linger leaves it disabled)

"#]],
        );
    });
    same(
        shown,
        str![[r#"
0 /home/ann/.config/systemd/user/default.target.wants/server.service -> /home/ann/.config/systemd/user/server.service
644 /home/ann/.config/systemd/user/server.service
644 /home/ann/.local/state/mkservice-lingering
644 /var/lib/systemd/linger/ann
700 /home/ann/.config
700 /home/ann/.config/systemd
700 /home/ann/.config/systemd/user
700 /home/ann/.local
700 /home/ann/.local/state
755 /home/ann/.config/systemd/user/default.target.wants
755 /var/lib
755 /var/lib/systemd
755 /var/lib/systemd/linger


"#]],
    );
    let unit = home.path().join("image/home/ann/.config/systemd/user/server.service");
    let text = fs::read_to_string(unit).unwrap();
    assert!(text.contains("\nCommand=mkservice --user -- server\n") && !text.contains("User="), "{text}");
    assert_eq!(home.run(&format!("--check {line}")).code, 0);
    done(&home, &format!("list --root {image} --user --uid ann"));
    let ran = done(&home, &format!("remove --root {image} --user --uid ann server"));
    assert!(ran.stdout.ends_with("note: lingering is disabled again for ann\n"), "{ran:?}");
    let mut left = home.tree();
    left.retain(|path, _| !fresh.contains_key(path));
    let left: Vec<_> = left.keys().map(|path| path.strip_prefix("image").unwrap().to_str().unwrap()).collect();
    let parents = ["home/ann/.config", "home/ann/.config/systemd", "home/ann/.config/systemd/user", "home/ann/.local"];
    let more = ["home/ann/.local/state", "var/lib", "var/lib/systemd", "var/lib/systemd/linger"];
    assert_eq!(left, [&parents[..], &more[..]].concat());
    // A user who lingers already stays lingering.
    home.file("image/var/lib/systemd/linger/ann", "", 0o644);
    let before = home.tree();
    let ran = done(&home, &line);
    assert!(!ran.stdout.contains("note"), "{ran:?}");
    done(&home, &format!("remove --root {image} --user --uid ann server"));
    assert_eq!(home.tree(), before);
    same(
        home.run(&format!("--root {image} --user server")).stderr,
        str![[r#"
error: --user requires --uid with --root
hint: name the user: --uid NAME
hint: users of the image: ann

"#]],
    );
}

#[test]
fn global_service_starts_at_login() {
    let home = with_image();
    let before = home.tree();
    let image = home.path().join("image").to_str().unwrap().to_owned();
    let shown = added_by(&home, || {
        same(
            done(&home, &format!("--root {image} --global server")).stdout,
            str![[r#"
server is installed for all users (global user service)
  command   /usr/bin/server
  directory /
  unit      [HOME]/image/etc/systemd/user/server.service
  remove    mkservice remove --root [HOME]/image --global server
note: it starts for each user at the first login, and stops with the last session

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
    assert!(text.contains("# To change it, run the command again with other arguments\n"), "{text}");
    assert!(text.contains(": sudo mkservice remove --global server\n"), "{text}");
    done(&home, &format!("remove --root {image} --global server"));
    assert_eq!(home.tree(), before);
    // On the machine itself, only root is allowed to.
    let ran = home.run("--global server");
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.ends_with("hint: sudo [MKSERVICE] --global server\n"), "{ran:?}");
    for (words, why) in [
        ("--secret A", "error: --secret cannot store one value for all users"),
        ("--log-file /var/log/x", "error: --log-file would be one file for the services of all users"),
    ] {
        let ran = home.run(&format!("--root {image} --global {words} server"));
        assert!(ran.code == 2 && ran.stderr.starts_with(why), "{ran:?}");
    }
    assert_eq!(home.tree(), before);
}

#[test]
fn missing_directories_are_created() {
    let home = with_image();
    let image = home.path().join("image").to_str().unwrap().to_owned();
    let before = home.tree();
    fs::remove_dir_all(home.path().join("image/etc/systemd")).unwrap();
    done(&home, &format!("--root {image} server"));
    done(&home, &format!("--root {image} --global --name g server"));
    done(&home, &format!("remove --root {image} server"));
    done(&home, &format!("remove --root {image} --global g"));
    assert_eq!(home.tree(), before);
}

#[test]
fn relative_paths_start_inside_the_image() {
    let home = with_image();
    home.file("image/srv/web/env", "A=1\n", 0o600);
    let image = home.path().join("image");
    let run = |directory: &str, words: &[&str]| {
        let mut mkservice = home.mkservice();
        mkservice.current_dir(home.path().join(directory)).args(words);
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
    assert!(ran.stdout.contains("WorkingDirectory=/, because this directory is not in the image"), "{ran:?}");
    // Scripts are searched in the directory in which the service runs.
    let ran = run("work", &["--root", "../image", "--dry-run", "python3", "app.py"]);
    assert!(ran.stderr.contains("error: no script `app.py` in the working directory `/`\n"), "{ran:?}");
}

#[test]
fn concurrent_runs_wait_for_each_other() {
    let home = with_image();
    let image = home.path().join("image");
    let directory = fs::File::open(&image).unwrap();
    directory.lock().unwrap();
    let mut mkservice = home.mkservice();
    mkservice.args(["--root", image.to_str().unwrap(), "server"]);
    let mut child = mkservice.stderr(std::process::Stdio::piped()).stdout(std::process::Stdio::null()).spawn().unwrap();
    let mut lines =
        std::io::BufRead::lines(std::io::BufReader::new(child.stderr.take().unwrap())).map_while(Result::ok);
    assert!(lines.any(|line| line == "warning: waiting for another mkservice process"));
    assert!(!image.join("etc/systemd/system/server.service").exists());
    drop(directory);
    assert!(child.wait().unwrap().success());
    assert!(image.join("etc/systemd/system/server.service").exists());
}

#[test]
fn manifest_in_an_image_is_known_by_its_path_there() {
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
    // Wherever the image is mounted, it is the same file.
    fs::rename(home.path().join("image"), home.path().join("moved")).unwrap();
    let ran = apply("moved", &service("one"), "--prune");
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "two removed\n1 unchanged, 1 removed\n"), "{ran:?}");
    // A manifest from outside says where its services start.
    let file = home.file("work/other.toml", service("three"), 0o644);
    let line = format!("apply --root {} {}", home.path().join("moved").display(), file.display());
    same(
        home.run(&line).stdout,
        str![[r#"
three created, is installed and starts at the next boot
1 created
note: it starts in `/`, because the file is not in the image; use working-directory for another directory

"#]],
    );
    let file =
        home.file("work/all.toml", "[services.all]\ncommand = \"server\"\nworking-directory = \"/srv\"\n", 0o644);
    let line = format!("apply --global --root {} {}", home.path().join("moved").display(), file.display());
    let ran = home.run(&line);
    let expected = "all created, is installed for all users, and starts when they log in\n1 created\n";
    assert_eq!((ran.code, ran.stdout.as_str()), (0, expected), "{ran:?}");
}

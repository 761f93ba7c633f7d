//! Nothing on this machine is consulted, and nothing outside of the image is read or changed.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use super::with_image;
use crate::support::{tree, walk};

#[test]
fn this_machine_is_not_consulted() {
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
    // A secret is stored unencrypted: the key of the machine that will read it is not available.
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
fn links_do_not_lead_out_of_the_image() {
    // Each puts something into the image that leads to `outside`, or that cannot be read.
    type Spoil = fn(&Path, &Path);
    let hostile: [(&str, Spoil); 13] = [
        ("etc", |image, outside| replace(&image.join("etc"), outside)),
        ("etc/systemd", |image, outside| replace(&image.join("etc/systemd"), outside)),
        ("a directory by `..`", |image, _| {
            replace(&image.join("etc/systemd/system"), Path::new("../../../../outside"))
        }),
        ("a directory by its path", |image, outside| replace(&image.join("etc/systemd/system"), outside)),
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

/// Replaces whatever is at a path with a link.
fn replace(path: &Path, target: &Path) {
    let _ = fs::remove_file(path).or_else(|_| fs::remove_dir_all(path));
    symlink(target, path).unwrap();
}

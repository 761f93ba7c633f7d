//! The links in an image are those that systemctl would create.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::{done, inside, with_image};
use crate::support::tree;

/// Links below a unit directory, and their directories.
fn links(directory: &Path) -> Vec<(String, String)> {
    let found = tree(directory).into_iter().filter(|(_, what)| what.contains(" -> ") || what.ends_with(" directory"));
    found.map(|(path, what)| (path.to_str().unwrap().to_owned(), what)).collect()
}

#[test]
fn links_match_those_of_systemctl() {
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
            let directory = image.join(if scope.is_empty() { "etc/systemd/system" } else { "etc/systemd/user" });
            let root = image.to_str().unwrap();
            let bare = links(&directory);
            let systemctl = |verb: &str| {
                let mut systemctl = home.command("systemctl");
                systemctl.env("PATH", "/usr/bin:/bin").arg("--quiet").args(scope.split_whitespace());
                let ran = home.ran(systemctl.arg(format!("--root={root}")).args([verb, entries]));
                assert_eq!(ran.code, 0, "{words}: {ran:?}");
                links(&directory)
            };
            done(&home, &format!("--root {root}{scope} --name s {words} server"));
            let ours = links(&directory);
            assert!(ours.len() > bare.len(), "{words}: {ours:?}");
            done(&home, &format!("disable --root {root}{scope} s"));
            assert_eq!(links(&directory), bare, "{words}");
            assert_eq!(systemctl("enable"), ours, "{words}");
            done(&home, &format!("disable --root {root}{scope} s"));
            assert_eq!(links(&directory), bare, "{words}");
            done(&home, &format!("enable --root {root}{scope} s"));
            assert_eq!(links(&directory), ours, "{words}");
            assert_eq!(systemctl("disable"), bare, "{words}");
        }
    }
}

#[test]
fn enablement_that_needs_a_manager_is_refused() {
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
fn existing_files_in_place_of_links_are_kept() {
    let home = with_image();
    let units = home.path().join("image/etc/systemd/system");
    home.file("image/etc/systemd/system/theirs.service", "[Service]\nExecStart=/usr/bin/server\n", 0o644);
    home.file("image/usr/lib/systemd/system/cron.service", "[Service]\nExecStart=/usr/bin/server\n", 0o644);
    home.file("image/etc/systemd/system/multi-user.target.wants/web.service", "whose is it\n", 0o644);
    symlink("theirs.service", units.join("other.service")).unwrap();
    let before = inside(&home);
    for (words, told) in [
        ("--name web", "multi-user.target.wants/web.service` is in the place of a link that would enable the service"),
        ("--name api -p Alias=theirs.service", "the alias `theirs.service` is taken by another unit: "),
        ("--name api -p Alias=theirs.service --force", "the alias `theirs.service` is taken by another unit: "),
        ("--name api -p Alias=other.service", "the alias `other.service` is taken by another unit: "),
        ("--name api -p Alias=cron.service", "image/usr/lib/systemd/system/cron.service`\n"),
    ] {
        for mode in ["--dry-run", ""] {
            let ran = home.run(&format!("--root ../image --uid web {words} {mode} /usr/bin/server"));
            assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{words}: {ran:?}");
            assert!(ran.stderr.contains(told), "{words}: {ran:?}");
            assert_eq!(inside(&home), before, "{words}");
        }
    }
    // Also for one manifest.
    let file = "[services.a]\ncommand = \"/usr/bin/server\"\nproperties = { Alias = \"%p-2.service\" }\n\
        [services.a-2]\ncommand = \"/usr/bin/server\"\n[defaults]\nuid = \"web\"\n";
    home.file("two.toml", file, 0o644);
    let ran = home.run("apply --root ../image ../two.toml");
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("`a-2.service` is already a unit of service `a`"), "{ran:?}");
    assert_eq!(inside(&home), before);
    // The name of a distribution's unit can be used explicitly.
    done(&home, "--root ../image --uid web --name api -p Alias=cron.service --force /usr/bin/server");
    let again = done(&home, "--root ../image --uid web --name api -p Alias=cron.service /usr/bin/server");
    assert!(again.stdout.contains("unchanged"), "{again:?}");
    assert_eq!(fs::read_link(units.join("cron.service")).unwrap(), Path::new("/etc/systemd/system/api.service"));
}

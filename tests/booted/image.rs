//! Root directories that are filled while offline, and then booted.

use crate::host::{Host, Inside};
use crate::setup::{done, fails, property, ran, system, systemctl_user, traces, unbooted};

/// The services and the commands that create them, both in the image and on the running system.
const OF_SYSTEM: [(&str, &str); 5] = [
    ("web", "--name web sleep 1000"),
    ("tick.timer", "--name tick --every 1h true"),
    ("talk", "--name talk python3 /usr/local/share/hello.py"),
    ("log", "--name log --log-file /var/log/hello.log sleep 1000"),
    ("many.target", "--name many --instances 2 -- sleep 100%i"),
];

/// The manifest in the image, and the same file once the image runs.
const MANIFEST: &str = "/srv/mkservice.toml";

fn manifest(names: &[&str]) -> String {
    names.iter().map(|name| format!("[services.{name}]\ncommand = \"sleep 1000\"\nuid = \"daemon\"\n")).collect()
}

#[apply(booted_test)]
fn services_installed_offline_start_at_boot() {
    let mut host = unbooted();
    let uid = host.add_user("ann");
    let before = traces(&host);
    done(host.root("mount").args(["--bind", "/", "/mnt"]));
    // Twice: leftovers of `remove` would make a difference.
    install_in_image(&host);
    remove_from_image(&host);
    assert_eq!(traces(&host), before);
    install_in_image(&host);
    std::fs::write(host.path(MANIFEST), manifest(&["one", "two"])).unwrap();
    let said = done(host.root("mkservice").args(["apply", "--root", "/mnt", "/mnt/srv/mkservice.toml"]));
    assert!(said.ends_with("\n2 created\n"), "{said}");
    let shell = |line: &str| done(host.root("sh").args(["-c", line]));
    let owners = "find /home/ann -newer /usr/local/bin/mkservice -printf '%u:%g\\n' | sort -u";
    assert_eq!(shell(owners), "ann:ann\n");
    assert_eq!(shell("stat -c '%U %a' /var/log/hello.log"), "daemon 600\n");
    shell("umount /mnt");

    host.power_on();
    system_services_are_running(&host);
    user_services_are_running(&host, uid);
    manifest_is_the_same_file(&host);
    remove_all(&host);
    // Directories that a boot creates.
    let is_of_boot = |line: &&str| line.contains(" /root/.ssh") || line.ends_with(" /var/lib/systemd/linger ");
    let after: String =
        traces(&host).lines().filter(|line| !is_of_boot(line)).map(|line| format!("{line}\n")).collect();
    assert_eq!(after, before);
}

fn install_in_image(host: &Host) {
    let shell = |line: &str| done(host.root("sh").args(["-c", line]));
    let in_image = |options: &str, words: &str| {
        let said = shell(&format!("cd / && mkservice --root /mnt {options} {words}"));
        assert!(said.contains("installed"), "{said}");
        let again =
            ran(host.root("sh").args(["-c", &format!("cd / && mkservice --check --root /mnt {options} {words}")]));
        assert!(again.code == 0 && again.stdout.starts_with("nothing would change\n"), "{words}: {again:?}");
    };
    for (_, words) in OF_SYSTEM {
        in_image("--uid daemon", words);
    }
    shell("cd / && echo s3cret | mkservice --root /mnt --uid daemon --name kept --secret A sleep 1000");
    in_image("--user --uid ann", "--name mine sleep 1000");
    in_image("--global", "--name each sleep 1000");
}

fn remove_from_image(host: &Host) {
    for options in ["web tick talk log many kept", "--user --uid ann mine", "--global each"] {
        done(host.root("mkservice").args(["remove", "--root", "/mnt"]).args(options.split(' ')));
    }
}

fn system_services_are_running(host: &Host) {
    for (unit, words) in OF_SYSTEM {
        assert_eq!(property(host.root("systemctl"), unit, "ActiveState"), "active", "{unit}");
        assert_eq!(property(host.root("systemctl"), unit, "UnitFileState"), "enabled", "{unit}");
        let checked = ran(system(host, "daemon").arg("--check").args(words.split(' ')));
        assert!(checked.code == 0 && checked.stdout.starts_with("nothing would change\n"), "{words}: {checked:?}");
    }
    let credential = host.root("cat").arg("/run/credentials/kept.service/A").text();
    assert_eq!(credential, "s3cret");
}

fn user_services_are_running(host: &Host, uid: u32) {
    // The user manager of a lingering user is started at boot; this waits until it has finished starting.
    host.root("systemctl").args(["start", &format!("user@{uid}.service")]).text();
    for unit in ["mine", "each"] {
        assert_eq!(property(systemctl_user(host, "ann"), unit, "ActiveState"), "active", "{unit}");
    }
    let mut check = host.user("ann", "mkservice");
    let checked = ran(check.cwd("/").args(["--user", "--check", "--name", "mine", "sleep", "1000"]));
    assert_eq!((checked.code, checked.stdout.as_str()), (0, "nothing would change\n"), "{checked:?}");
    let checked = ran(host.root("mkservice").cwd("/").args("--global --check --name each sleep 1000".split(' ')));
    assert_eq!((checked.code, checked.stdout.as_str()), (0, "nothing would change\n"), "{checked:?}");
}

fn manifest_is_the_same_file(host: &Host) {
    let apply = |words: &[&str]| ran(host.root("mkservice").args(["apply", MANIFEST]).args(words));
    let checked = apply(&["--check"]);
    assert_eq!(
        (checked.code, checked.stdout.as_str()),
        (0, "nothing would change\ntotal: 2 unchanged\n"),
        "{checked:?}"
    );
    std::fs::write(host.path(MANIFEST), manifest(&["two"])).unwrap();
    let pruned = apply(&["--prune"]);
    assert_eq!((pruned.code, pruned.stdout.as_str()), (0, "one removed\n1 unchanged, 1 removed\n"), "{pruned:?}");
}

fn remove_all(host: &Host) {
    // The links of a running system are not changed without its manager.
    let said = fails(2, host.root("mkservice").args(["remove", "--root", "/", "two"]));
    assert!(said.contains("is the root directory of this machine") && said.contains("omit --root"), "{said}");

    // Services created in the image are removed by their users.
    let said = done(host.user("ann", "mkservice").args(["remove", "mine"]));
    assert!(said.contains("lingering is disabled again for ann"), "{said}");
    let said = done(host.root("mkservice").args(["remove", "--global", "each"]));
    assert!(said.starts_with("each was removed\n"), "{said}");
    done(host.root("mkservice").args(["remove", "web", "tick", "talk", "log", "many", "kept", "two"]));
    std::fs::remove_file(host.path(MANIFEST)).unwrap();
}

/// Root works in the image as the user: its links do not lead to files of other users, not even inside.
#[apply(booted_test)]
fn links_in_a_home_do_not_lead_out_of_it() {
    let host = unbooted();
    let shell = |line: &str| done(host.root("sh").args(["-c", line]));
    shell(
        "mkdir -p /srv/i/etc/systemd/user /srv/i/home/ann /srv/i/usr/bin /srv/outside && cd /srv/i && \
         printf 'root:x:0:0::/root:/bin/sh\\nann:x:1234:1234::/home/ann:/bin/sh\\n' > etc/passwd && \
         cp /usr/bin/sleep usr/bin/ && chown -R 1234:1234 home/ann /srv/outside",
    );
    let list = "find /srv -printf '%y %m %u %p %l\\n' | sort";
    let before = shell(list);
    for link in ["home/ann/.config /etc", "home/ann/.local /etc", "home/ann/.config /srv/outside"] {
        let (path, target) = link.split_once(' ').unwrap();
        shell(&format!("ln -s {target} /srv/i/{path}"));
        let words = ["--root", "/srv/i", "--user", "--uid", "ann", "sleep", "1000"];
        let ran = ran(host.root("mkservice").cwd("/").args(words));
        assert!(matches!(ran.code, 1 | 2) && ran.stdout.is_empty(), "{link}: {ran:?}");
        shell(&format!("rm /srv/i/{path} && find /srv/i/home/ann -mindepth 1 -delete"));
        assert_eq!(shell(list), before, "{link}");
    }
    let said = fails(2, host.root("mkservice").args(["--global", "--root", "/srv/i", "nothing"]));
    assert!(said.contains("program `nothing` not found in `/srv/i`"), "{said}");
}

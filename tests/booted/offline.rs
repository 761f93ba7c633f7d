//! Hosts without a running systemd: what is installed there starts at the next boot.

use snapbox::str;

use crate::setup::{done, fails, property, ran, same, system, traces, unbooted};

#[apply(booted_test)]
fn service_starts_at_the_next_boot() {
    let mut host = unbooted();
    same(
        done(system(&host, "daemon").args(["sleep", "1000"])),
        str![[r#"
systemd is not running here: installed and enabled, starts at the next boot
sleep (system service as daemon)
  command   /usr/bin/sleep 1000
  directory /
  unit      /etc/systemd/system/sleep.service
  logs      journalctl -u sleep -f
  remove    mkservice remove sleep

"#]],
    );
    host.power_on();
    assert_eq!(property(host.root("systemctl"), "sleep", "ActiveState"), "active");
    assert_eq!(property(host.root("systemctl"), "sleep", "UnitFileState"), "enabled");
    let said = done(system(&host, "daemon").args(["sleep", "1000"]));
    assert!(said.contains("unchanged"), "{said}");
}

#[apply(booted_test)]
fn files_match_those_of_systemctl() {
    for words in [
        "",
        "-p WantedBy=a.target -p WantedBy=b.target",
        "-p RequiredBy=a.service -p Alias=other.service",
        "-p WantedBy= -p WantedBy=c.target",
    ] {
        let host = unbooted();
        let line = format!("cd / && mkservice --uid daemon --name s {words} sleep 1000");
        done(host.root("sh").args(["-c", &line]));
        // The same file, enabled by systemctl in another root directory.
        let script = "mkdir -p /root/other/etc/systemd/system && cd /root/other && \
            cp -p /etc/systemd/system/s.service etc/systemd/system/ && \
            systemctl --root=/root/other --quiet enable s.service && \
            list() { (cd $1/etc/systemd/system && find . -printf '%y %m %p %l\\n' | sort); } && \
            list / > /root/ours && list /root/other > /root/theirs && diff /root/ours /root/theirs";
        let ran = ran(host.root("sh").args(["-c", script]));
        assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{words}: {ran:?}");
    }
}

#[apply(booted_test)]
fn remove_leaves_nothing() {
    let host = unbooted();
    let before = traces(&host);
    for words in ["", "-p RequiredBy=a.service -p Alias=other.service", "--no-enable"] {
        done(host.root("sh").args(["-c", &format!("cd / && mkservice --uid daemon --name s {words} sleep 1000")]));
        done(host.root("mkservice").args(["remove", "s"]));
        assert_eq!(traces(&host), before, "{words}");
    }
}

#[apply(booted_test)]
fn where_no_boot_starts_it_nothing_is_installed() {
    let host = unbooted();
    let before = traces(&host);
    let wsl = || {
        let mut mkservice = system(&host, "daemon");
        mkservice.env("WSL_DISTRO_NAME", "Debian");
        mkservice
    };
    let said = fails(2, wsl().args(["sleep", "1000"]));
    same(
        said,
        str![[r#"
error: systemd is not running: WSL starts without it
hint: enable it: printf '[boot]\nsystemd=true\n' | sudo tee -a /etc/wsl.conf
hint: then restart WSL, in Windows: wsl --shutdown
hint: or install it without starting it: --no-start

"#]],
    );
    assert_eq!(traces(&host), before);
    done(wsl().args(["--no-start", "sleep", "1000"]));
    done(host.root("mkservice").args(["remove", "sleep"]));
    let hide = "mkdir /srv/away && find / -xdev -name 'libsystemd-shared-*' -exec mv -t /srv/away {} +";
    done(host.root("sh").args(["-c", hide]));
    let said = fails(2, system(&host, "daemon").args(["sleep", "1000"]));
    same(
        said,
        str![[r#"
error: systemd is not installed here
hint: install it, such as with: sudo apt install systemd
hint: in a container, boot it as PID 1, or use an image that has it
hint: or install it without starting it: --no-start

"#]],
    );
    assert_eq!(traces(&host), before);
    done(system(&host, "daemon").args(["--no-start", "sleep", "1000"]));
}

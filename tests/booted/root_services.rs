//! Services of root: no other user can change what they run, nor where root writes.

use std::process::Command;

use snapbox::str;

use crate::host::{Host, Inside};
use crate::setup::{booted, done, fails, file, program, property, ran, same, traces};

/// mkservice for a service that runs as root, run in the root directory.
fn as_root(host: &Host) -> Command {
    let mut mkservice = host.root("mkservice");
    mkservice.cwd("/").args(["--uid", "root"]);
    mkservice
}

/// Runs a shell script inside that must succeed.
fn prepare(host: &Host, script: &str) {
    host.root("sh").args(["-ec", script]).text();
}

const SLEEPER: &str = "#!/bin/sh\nexec sleep 1000\n";

#[apply(booted_test)]
fn program_in_a_home_is_refused() {
    let host = booted();
    host.add_user("ann");
    program(&host, "ann", "/home/ann/server", SLEEPER);
    prepare(&host, "chmod 750 /home/ann");
    let before = traces(&host);
    let said = fails(2, as_root(&host).arg("/home/ann/server"));
    same(
        said.clone(),
        str![[r#"
error: server would run as root, but ann can change the program `/home/ann/server`
    drwxr-xr-x root /
    drwxr-xr-x root /home
    drwxr-x--- ann  /home/ann  <- ann
    -rwxr-xr-x ann  /home/ann/server  <- ann
hint: run it as another user: --uid USER
hint: or move it to where only root can write: install -D -m 755 /home/ann/server /usr/local/bin/server
hint: use --force to install it anyway; users who can change it can then become root

"#]],
    );
    for option in ["--dry-run", "--check"] {
        assert_eq!(fails(2, as_root(&host).args([option, "/home/ann/server"])), said);
    }
    assert_eq!(traces(&host), before);

    let ran = ran(as_root(&host).args(["--json", "/home/ann/server"]));
    assert_eq!((ran.code, ran.stderr.as_str()), (2, ""));
    let document: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let way = document["errors"][0]["path_components"].as_array().unwrap();
    let writers: Vec<(&str, usize)> =
        way.iter().map(|it| (it["path"].as_str().unwrap(), it["writers"].as_array().unwrap().len())).collect();
    assert_eq!(writers, [("/", 0), ("/home", 0), ("/home/ann", 1), ("/home/ann/server", 1)]);

    // The user who ran sudo is suggested, and the hints work.
    let mut sudo = as_root(&host);
    sudo.env("SUDO_UID", host.add_user("ann").to_string()).env("SUDO_USER", "ann");
    let said = fails(2, sudo.arg("/home/ann/server"));
    assert!(said.contains("hint: run it as another user: --uid ann\n"), "{said}");
    done(host.root("mkservice").cwd("/").args(["--uid", "ann", "--name", "hers", "/home/ann/server"]));
    prepare(&host, "install -D -m 755 /home/ann/server /usr/local/bin/server");
    assert_eq!(crate::setup::ran(as_root(&host).args(["--name", "copied", "/usr/local/bin/server"])).code, 0);
    assert_eq!(crate::setup::ran(as_root(&host).args(["--force", "/home/ann/server"])).code, 0);
    assert_eq!(property(host.root("systemctl"), "server", "ActiveState"), "active");
}

#[apply(booted_test)]
fn files_writable_by_others_are_refused() {
    let host = booted();
    for name in ["ann", "bob"] {
        host.add_user(name);
    }
    file(&host, "root", "/opt/app.py", "import time\ntime.sleep(1000)\n");
    program(&host, "root", "/opt/server", SLEEPER);
    program(&host, "ann", "/opt/theirs", SLEEPER);
    program(&host, "root", "/opt/by-theirs", "#!/opt/theirs\n");
    for (name, python) in [("by-env", "/usr/bin/env python3"), ("by-venv", "/home/ann/python/bin/python3")] {
        program(&host, "root", &format!("/opt/{name}"), &format!("#!{python}\nimport time\ntime.sleep(1000)\n"));
    }
    prepare(
        &host,
        "groupadd -r devs; usermod -aG devs bob
         mkdir -p /srv/team /srv/all; cp /opt/server /srv/team/; chgrp devs /srv/team; chmod 775 /srv/team
         cp /opt/server /opt/app.py /srv/all/; chmod 777 /srv/all
         ln -s /opt/server /srv/team/link; ln -s /srv/team/link /opt/link
         cp /opt/app.py /tmp/app.py; cp /opt/server /tmp/server; cp /opt/server /tmp/hers; chown ann: /tmp/hers
         python3 -m venv --without-pip /home/ann/python; chown -R ann: /home/ann/python
         python3 -m venv --without-pip /opt/venv; cp -r /opt/venv /opt/venv2; chown ann: /opt/venv2/pyvenv.cfg
         cp /opt/app.py /opt/hers.py; chown ann: /opt/hers.py; cp /opt/app.py /opt/all.py; chmod 666 /opt/all.py
         touch /home/ann/env; chown ann: /home/ann/env; cp /bin/true /home/ann/pre; chown ann: /home/ann/pre",
    );
    let before = traces(&host);
    for (words, expected) in [
        ("/srv/team/server", "bob can change the program `/srv/team/server`"),
        ("/srv/all/server", "everybody can change the program `/srv/all/server`"),
        // A link of root through a directory of others can be swapped.
        ("/opt/link", "bob can change the program `/opt/link`"),
        ("/tmp/hers", "ann can change the program `/tmp/hers`"),
        ("/opt/by-theirs", "ann can change the interpreter `/opt/theirs`"),
        ("python3 /opt/hers.py", "ann can change the script `/opt/hers.py`"),
        ("-- python3 -u /opt/all.py", "everybody can change the script `/opt/all.py`"),
        ("python3 /srv/all/app.py", "everybody can change the script `/srv/all/app.py`"),
        // The script belongs to root and is safe in a sticky directory; a module next to it could be anybody's.
        ("python3 /tmp/app.py", "everybody can change the script's directory `/tmp`"),
        ("--working-directory /home/ann -- python3 -m http.server", "ann can change the working directory `/home/ann`"),
        ("--working-directory /tmp -- python3 -c 1", "everybody can change the working directory `/tmp`"),
        ("/home/ann/python/bin/python3 /opt/app.py", "ann can change the interpreter `/home/ann/python/bin/python3`"),
        ("/opt/by-venv", "ann can change the interpreter `/home/ann/python/bin/python3`"),
        ("/opt/venv2/bin/python3 /opt/app.py", "ann can change the interpreter `/opt/venv2/pyvenv.cfg`"),
        ("-E PATH=/srv/team:/usr/bin /opt/by-env", "bob can change the interpreter `/srv/team/python3`"),
        ("--environment-file /home/ann/env /opt/server", "ann can change the environment file `/home/ann/env`"),
        ("--environment-file -/srv/all/none /opt/server", "everybody can change the environment file `/srv/all/none`"),
        ("-p ExecStartPre=-/home/ann/pre /opt/server", "ann can change the program `/home/ann/pre`"),
        ("-p RootDirectory=/home/ann /opt/server", "ann can change the root directory `/home/ann`"),
        ("-p User=root /home/ann/pre", "ann can change the program `/home/ann/pre`"),
    ] {
        let mut mkservice = host.root("mkservice");
        let said = fails(2, mkservice.cwd("/").args(["--name", "x"]).args(words.split(' ')));
        let first = said.lines().find(|line| line.starts_with("error: ")).unwrap_or_default();
        assert!(first.contains(expected), "{words}: {said}");
    }
    // A prefix makes it run as root, whatever user the service runs as.
    let said = fails(
        2,
        host.root("mkservice").cwd("/").args(["--uid", "ann", "-p", "ExecStartPre=+/home/ann/pre", "/opt/server"]),
    );
    assert!(said.contains("ann can change the program `/home/ann/pre`"), "{said}");
    assert_eq!(traces(&host), before);
}

#[apply(booted_test)]
fn files_writable_by_root_alone_are_accepted() {
    let host = booted();
    host.add_user("ann");
    file(&host, "root", "/opt/app.py", "import time\ntime.sleep(1000)\n");
    program(&host, "root", "/usr/local/bin/tool", SLEEPER);
    prepare(
        &host,
        "cp /usr/local/bin/tool /tmp/server
         chgrp staff /usr/local /usr/local/bin; chmod 2775 /usr/local /usr/local/bin
         python3 -m venv --without-pip /opt/venv; mkdir -m 700 /root/private; cp /usr/local/bin/tool /root/private/",
    );
    for (name, words) in [
        ("python", "/usr/bin/python3 /opt/app.py"),
        ("venv", "/opt/venv/bin/python3 /opt/app.py"),
        ("local", "tool"),
        ("sticky", "/tmp/server"),
        ("private", "/root/private/tool"),
        ("isolated", "--working-directory /tmp -- python3 -I -c __import__('time').sleep(1000)"),
        ("directory", "--working-directory /home/ann tool"),
        ("dynamic", "-p DynamicUser=yes sleep 1000"),
    ] {
        let mut mkservice = host.root("mkservice");
        let ran = ran(mkservice.cwd("/").args(["--name", name]).args(words.split(' ')));
        assert_eq!(ran.code, 0, "{words}: {ran:?}");
        assert_eq!(property(host.root("systemctl"), name, "ActiveState"), "active", "{words}");
    }
}

#[apply(booted_test)]
fn unit_directory_writable_by_others_is_refused() {
    let host = booted();
    host.add_user("ann");
    done(host.root("mkservice").cwd("/").args(["--uid", "daemon", "--name", "there", "sleep", "1000"]));
    prepare(
        &host,
        "mv /etc/systemd/system /home/ann/units; chown ann: /home/ann/units; ln -s /home/ann/units /etc/systemd/system",
    );
    let before = traces(&host);
    let add = ["--uid", "daemon", "--name", "new", "sleep", "1000"];
    for words in [
        add.to_vec(),
        [&["--force"], &add[..]].concat(),
        [&["--dry-run"], &add[..]].concat(),
        vec!["remove", "there"],
        vec!["remove", "--force", "there"],
        vec!["disable", "there"],
        vec!["rename", "there", "here"],
        vec!["stop", "there"],
    ] {
        let said = fails(2, host.root("mkservice").cwd("/").args(&words));
        assert!(
            said.starts_with("error: refusing to write to `/etc/systemd/system` as root: ann can replace it\n"),
            "{words:?}: {said}"
        );
        assert!(said.contains("lrwxrwxrwx root /etc/systemd/system -> /home/ann/units\n"), "{said}");
        assert!(said.contains("drwxr-xr-x ann  /home/ann/units  <- ann\n"), "{said}");
    }
    assert_eq!(traces(&host), before);
    assert_eq!(property(host.root("systemctl"), "there", "ActiveState"), "active");
    // Reading is allowed.
    done(host.root("mkservice").arg("list"));

    // No lock is taken where others could block us.
    prepare(&host, "rm /etc/systemd/system; mv /home/ann/units /etc/systemd/system; chown root: /etc/systemd/system");
    prepare(&host, "chmod 1777 /run");
    let said = fails(2, host.root("mkservice").cwd("/").args(add));
    assert!(said.starts_with("error: refusing to write to `/run` as root: everybody can replace it\n"), "{said}");
}

#[apply(booted_test)]
fn copy_for_the_editor_is_private_to_root() {
    let host = booted();
    host.add_user("ann");
    done(host.root("mkservice").cwd("/").args(["--uid", "daemon", "--name", "there", "sleep", "1000"]));
    prepare(&host, "install -d -o ann /home/ann/tmp");
    program(&host, "root", "/opt/ed", "#!/bin/sh\necho \"$1\"\n");
    let copy = |directory: &str| {
        let said =
            done(host.root("mkservice").env("EDITOR", "/opt/ed").env("TMPDIR", directory).args(["edit", "there"]));
        said.lines().next().unwrap_or_default().to_owned()
    };
    assert!(copy("/home/ann/tmp").starts_with("/tmp/mkservice-edit-"), "{}", copy("/home/ann/tmp"));
    assert!(copy("/var/tmp").starts_with("/var/tmp/mkservice-edit-"), "{}", copy("/var/tmp"));
}

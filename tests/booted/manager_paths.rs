//! Paths that systemd itself opens, creates, or deletes as root for a service: nobody else can redirect them.

use std::process::Command;

use snapbox::str;

use crate::host::{Host, Inside};
use crate::setup::{Ran, booted, done, fails, file, program, property, ran, same, traces};

/// A host with alice and mallory, a program of root's, and files of alice's.
fn with_users() -> Host {
    let host = booted();
    for name in ["alice", "mallory"] {
        host.add_user(name);
    }
    program(&host, "root", "/opt/server", "#!/bin/sh\nexec sleep 1000\n");
    prepare(
        &host,
        "chmod 755 /home/alice
         mkdir -p /home/alice/app /etc/app /srv/team
         touch /home/alice/app/env /home/alice/app/key /home/alice/app/image
         echo secret > /home/alice/app/key; echo A=1 > /home/alice/app/env; chmod 600 /home/alice/app/*
         chown -R alice: /home/alice
         cp /home/alice/app/env /home/alice/app/key /etc/app/; chown root: /etc/app/*; chown alice: /etc/app/env",
    );
    host
}

/// Runs a shell script inside that must succeed.
fn prepare(host: &Host, script: &str) {
    host.root("sh").args(["-ec", script]).text();
}

/// mkservice for a service of alice's in system scope, installed by root.
fn for_alice(host: &Host) -> Command {
    let mut mkservice = host.root("mkservice");
    mkservice.cwd("/").args(["--uid", "alice", "--name", "web"]);
    mkservice
}

/// The same as a line for a shell.
fn line_for_alice(host: &Host, line: &str) -> Command {
    let mut shell = host.root("sh");
    shell.cwd("/").args(["-c", &format!("mkservice --uid alice --name web --dry-run {line}")]);
    shell
}

#[apply(booted_test)]
fn environment_files_of_others_are_refused() {
    let host = with_users();
    let before = traces(&host);
    let words = ["--environment-file", "/home/alice/app/env", "/opt/server"];
    let said = fails(2, for_alice(&host).args(words));
    same(
        said.clone(),
        str![[r#"
error: systemd opens the environment file `/home/alice/app/env` as root, but alice can replace it
    drwxr-xr-x root  /
    drwxr-xr-x root  /home
    drwxr-xr-x alice /home/alice  <- alice
    drwxr-xr-x alice /home/alice/app  <- alice
    -rw------- alice /home/alice/app/env
hint: move it to where only root can write: install -D -m 600 /home/alice/app/env /etc/web/env
hint: use --force to install it anyway; users who can replace it can then make systemd read any file, or block it

"#]],
    );
    for option in ["--dry-run", "--check"] {
        assert_eq!(fails(2, for_alice(&host).arg(option).args(words)), said);
    }
    assert_eq!(traces(&host), before);

    // The hint helps even if other users can write to the file itself.
    prepare(&host, "install -D -m 600 /home/alice/app/env /etc/web/env");
    done(for_alice(&host).args(["--environment-file", "/etc/web/env", "/opt/server"]));
    done(for_alice(&host).args(["--environment-file", "/etc/app/env", "/opt/server"]));
    assert_eq!(ran(for_alice(&host).arg("--force").args(words)).code, 0);
    assert_eq!(property(host.root("systemctl"), "web", "ActiveState"), "active");
}

/// A pipe in its place would block PID 1, and a link would have it read what only root can.
#[apply(booted_test)]
fn pipes_and_links_in_the_place_of_environment_files_are_refused() {
    let host = with_users();
    prepare(
        &host,
        "ln -s /etc/app/key /home/alice/app/link; ln -s /home/alice/app /etc/app/theirs
         chmod 1777 /tmp; touch /tmp/env; chown alice: /tmp/env; touch /tmp/of-root",
    );
    for (words, way) in [
        ("--environment-file /home/alice/app/link", "lrwxrwxrwx root /home/alice/app/link -> /etc/app/key\n"),
        ("--environment-file /etc/app/theirs/env", "drwxr-xr-x alice /home/alice/app  <- alice\n"),
        ("--environment-file -/home/alice/none", "drwxr-xr-x alice /home/alice  <- alice\n"),
        ("--environment-file /tmp/env", "-rw-r--r-- alice /tmp/env  <- alice\n"),
        ("--environment-file -/tmp/none", "drwxrwxrwt root /tmp  <- everybody\n"),
        ("-p EnvironmentFile=/home/alice/app/env", "drwxr-xr-x alice /home/alice/app  <- alice\n"),
        ("-p EnvironmentFile=-/home/al*/env", "drwxr-xr-x alice /home/alice  <- alice\n"),
        ("-p EnvironmentFile=/home/alice/app/e?v", "drwxr-xr-x alice /home/alice/app  <- alice\n"),
        ("-p EnvironmentFile=-%t/web/env -p RuntimeDirectory=web", "alice"),
        ("-p EnvironmentFile=-/run/link/env -p RuntimeDirectory=web:link", "alice"),
        ("--instances alice,mallory --environment-file -/home/alice/%i", "alice"),
        ("-p Service.EnvironmentFile=-/home/./alice/%N.env", "alice"),
        ("--listen 8080 -p Socket.EnvironmentFile=-/home/alice/env", "alice"),
    ] {
        let said = fails(2, &mut line_for_alice(&host, &format!("{words} /opt/server")));
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ") + "\n";
        let way = way.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(" as root, but ") && said.contains(&way), "{words}: {said}");
    }
    done(&mut line_for_alice(&host, "--environment-file /tmp/of-root /opt/server"));
}

#[apply(booted_test)]
fn secrets_of_others_are_refused() {
    let host = with_users();
    let said = fails(2, for_alice(&host).args(["--dry-run", "--secret", "KEY=/home/alice/app/key", "/opt/server"]));
    let first = "error: systemd opens the credential `/home/alice/app/key` as root, but alice can replace it\n";
    assert!(said.starts_with(first), "{said}");
    let hint = "hint: move it to where only root can write: install -D -m 600 /home/alice/app/key /etc/web/key\n";
    assert!(said.contains(hint), "{said}");
    fails(2, &mut line_for_alice(&host, "-p LoadCredential=KEY:/home/alice/app/key /opt/server"));
    fails(2, &mut line_for_alice(&host, "-p LoadCredential=KEYS:/home/alice /opt/server"));
    fails(2, &mut line_for_alice(&host, "-p LoadCredentialEncrypted=KEY:/home/alice/app/key /opt/server"));
    done(&mut line_for_alice(&host, "--secret KEY=/etc/app/key /opt/server"));
    done(&mut line_for_alice(&host, "-p LoadCredential=KEY -p LoadCredential=OTHER:/etc/app/key /opt/server"));
}

#[apply(booted_test)]
fn sockets_in_directories_of_others_are_refused() {
    let host = with_users();
    let said = fails(2, for_alice(&host).args(["--dry-run", "--listen", "/home/alice/app/web.sock", "/opt/server"]));
    let first = "error: systemd creates the socket `/home/alice/app/web.sock` as root, but alice can redirect it\n";
    assert!(said.starts_with(first), "{said}");
    assert!(said.contains("hint: use a directory that only root can write: --listen /run/web/web.sock\n"), "{said}");
    for words in [
        "--listen /home/alice/none/web.sock",
        "--listen /run/user/1000/../../../home/alice/web.sock",
        "--listen /run/web/web.sock -p RuntimeDirectory=web",
        "--listen 8080 -p ListenFIFO=/home/alice/app/fifo",
        "--listen 8080 -p ListenSequentialPacket=/home/alice/app/s",
        "--listen 8080 -p ListenSpecial=/home/alice/app/s",
        "--listen 8080 -p Socket.Symlinks=/home/alice/app/link",
        "--listen /run/web.sock -p 'Socket.Symlinks=/run/link /home/alice/app/link'",
    ] {
        fails(2, &mut line_for_alice(&host, &format!("{words} /opt/server")));
    }
    for words in ["--listen /run/web.sock", "--listen /run/web/web.sock", "--listen /tmp/web.sock", "--listen @web"] {
        done(&mut line_for_alice(&host, &format!("{words} /opt/server")));
    }
}

#[apply(booted_test)]
fn paths_of_properties_are_refused() {
    let host = with_users();
    prepare(&host, "ln -s /home/alice/app/image /opt/link");
    for words in [
        "StandardOutput=append:/home/alice/app/log",
        "StandardOutput=file:/home/alice/app/log",
        "StandardError=truncate:/home/alice/app/log",
        "StandardInput=file:/home/alice/app/env",
        "OpenFile=/home/alice/app/env:env:read-only",
        "BindPaths=/home/alice/app:/data",
        "BindReadOnlyPaths='/srv -/home/alice/app:/data:norbind'",
        "BindPaths=/srv:/home/alice/app/srv",
        "TemporaryFileSystem=/home/alice/app/tmp:ro",
        "RootDirectory=/home/alice",
        "RootImage=/home/alice/app/image",
        "RootImage=/opt/link",
        "RootVerity=/home/alice/app/image",
        "RootHash=/home/alice/app/image",
        "MountImages=/home/alice/app/image:/mnt",
        "ExtensionImages=/home/alice/app/image",
        "ExtensionDirectories=/home/alice/app",
        "NetworkNamespacePath=/home/alice/app/net",
        "IPCNamespacePath=/home/alice/app/ipc",
        "PIDFile=/home/alice/app/pid",
        "TTYPath=/home/alice/app/tty",
    ] {
        // Newer releases know more of them.
        let ran = ran(&mut line_for_alice(&host, &format!("-p {words} /opt/server")));
        let is_known = !ran.stderr.contains("systemd");
        let is_refused = ran.stderr.contains(" as root, but alice can re");
        assert!(ran.code == 2 && (is_refused || is_known || ran.stderr.contains("systemd 2")), "{words}: {ran:?}");
    }
    // The service's own directory belongs to its user as soon as it runs.
    fails(2, &mut line_for_alice(&host, "-p Type=forking -p RuntimeDirectory=web -p PIDFile=web/pid /opt/server"));
    fails(2, &mut line_for_alice(&host, "-p StateDirectory=web -p RootDirectory=/var/lib/web /opt/server"));
    fails(2, &mut line_for_alice(&host, "--on-path-changed /home/alice/app/in -p MakeDirectory=yes /opt/server"));
    // A sandbox of root's service that others could open.
    let mut as_root = host.root("mkservice");
    as_root.cwd("/").args(["--dry-run", "-p", "ReadWritePaths=/home/alice/app", "/opt/server"]);
    fails(2, &mut as_root);
}

/// systemd creates them at the end of links on the way, and gives them to the service's user: `/etc/sudoers.d` as well.
#[apply(booted_test)]
fn directories_below_those_of_others_are_refused() {
    let host = with_users();
    prepare(&host, "mkdir -p /var/lib/theirs /var/log/theirs; chown alice: /var/lib/theirs /var/log/theirs");
    for words in [
        "StateDirectory=theirs/link/sudoers.d",
        "StateDirectory='own theirs/link/a'",
        "LogsDirectory=theirs/link/a",
        "RuntimeDirectory='own own/link/a'",
        "CacheDirectory='web web/link/a'",
    ] {
        let said = fails(2, &mut line_for_alice(&host, &format!("-p {words} /opt/server")));
        assert!(said.contains("error: systemd creates the directory `/"), "{words}: {said}");
        assert!(said.contains(" as root, but alice can redirect it\n"), "{words}: {said}");
    }
    for words in [
        "StateDirectory=theirs",
        "StateDirectory=theirs/a",
        "CacheDirectory='web web/a'",
        "ConfigurationDirectory=a/b/c",
    ] {
        done(&mut line_for_alice(&host, &format!("-p {words} /opt/server")));
    }
}

#[apply(booted_test)]
fn paths_of_root_and_of_users_own_managers_are_accepted() {
    let host = with_users();
    for words in [
        "-p StandardOutput=append:/var/log/web.log",
        "-p BindPaths=/home/alice:/data",
        "-p BindReadOnlyPaths=/srv:/data",
        "-p ReadWritePaths=/home/alice/app",
        "-p InaccessiblePaths=-/home/alice/app",
        "-p ReadOnlyPaths=/home/alice/app",
        "-p TemporaryFileSystem=/mnt",
        "-p Type=forking -p PIDFile=/run/web.pid",
        "-p StateDirectory=web -p RuntimeDirectory=web",
        "-p NetworkNamespacePath=/run/netns/web",
        "--environment-file /etc/app/env",
        "--environment-file /dev/null",
        "--log-file /home/alice/app/log",
        "--working-directory /home/alice/app",
        "--harden strict --working-directory /home/alice/app",
    ] {
        let Ran { code, stderr, .. } = ran(&mut line_for_alice(&host, &format!("{words} /opt/server")));
        assert_eq!(code, 0, "{words}: {stderr}");
    }
    let session = host.open_session("alice");
    for words in [
        "--environment-file app/env",
        "--secret KEY=app/key",
        "--listen ~/web.sock",
        "-p StandardOutput=append:%h/app/log",
    ] {
        let line = format!("cd ~ && mkservice --dry-run {words} /opt/server");
        let ran = ran(session.run("sh").args(["-c", &line]));
        assert_eq!(ran.code, 0, "{words}: {ran:?}");
    }
}

#[apply(booted_test)]
fn watched_paths_of_others_are_noted() {
    let host = with_users();
    for (words, path) in [
        ("--uid alice --on-path-changed /home/mallory/in", "/home/mallory/in"),
        ("--uid alice -p ConditionPathExists=!/home/mallory/stop", "/home/mallory/stop"),
    ] {
        let mut shell = host.root("sh");
        let said = done(shell.args(["-c", &format!("cd / && mkservice --dry-run {words} /opt/server")]));
        assert!(said.contains(&format!("mallory can change `{path}`")), "{words}: {said}");
    }
    let said = done(&mut line_for_alice(&host, "-p ConditionPathExists=/home/alice/app /opt/server"));
    assert!(!said.contains("can change"), "{said}");
}

#[apply(booted_test)]
fn services_of_a_file_are_refused_together() {
    let host = with_users();
    let services = "[services.web]\ncommand = \"/opt/server\"\nuid = \"alice\"\nenvironment-file = \"/home/alice/app/env\"\n\
                    [services.other]\ncommand = \"/opt/server\"\nuid = \"alice\"\n";
    file(&host, "root", "/etc/app/mkservice.toml", services);
    let before = traces(&host);
    let mut apply = host.root("mkservice");
    let said = fails(2, apply.args(["apply", "--system", "/etc/app/mkservice.toml"]));
    let expected = "systemd opens the environment file `/home/alice/app/env` as root, but alice can replace it\n";
    assert!(said.contains(expected), "{said}");
    assert_eq!(traces(&host), before);
}

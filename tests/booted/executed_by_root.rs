//! What services of root execute and load: nobody else can change it, whatever leads there.

use std::process::Command;

use crate::host::{Host, Inside};
use crate::setup::{booted, fails, file, program, ran};

/// A host with files of mallory's that root could be led to.
fn with_mallory() -> Host {
    let host = booted();
    for name in ["ann", "mallory"] {
        host.add_user(name);
    }
    program(&host, "root", "/opt/server", "#!/bin/sh\nexec sleep 1000\n");
    for name in ["java", "node", "ruby", "perl", "xargs", "flock"] {
        if host.path("/usr/bin").join(name).symlink_metadata().is_err() {
            program(&host, "root", &format!("/usr/local/bin/{name}"), "#!/bin/sh\n");
        }
    }
    let prepare = "
        mkdir -p /home/mallory/bin /home/mallory/dir /home/ann/data /root/own
        for name in x bin/python3 bin/sleep; do cp /opt/server /home/mallory/$name; done
        for name in x.jar x.so x.js x.py x.rb x.conf dir/x.class env; do touch /home/mallory/$name; done
        chown -R mallory: /home/mallory; chown -R ann: /home/ann; chmod 755 /home/mallory /home/ann
        cp /opt/server /opt/of-mallory; chown mallory: /opt/of-mallory
        cp /opt/server /root/own/x; touch /root/own/x.jar /root/own/x.py /root/own/env; touch /opt/x.py /opt/x.js";
    host.root("sh").args(["-ec", prepare]).text();
    host
}

/// A line of root's for a shell.
fn by_root(host: &Host, line: &str) -> Command {
    let mut shell = host.root("sh");
    shell.cwd("/").args(["-c", &format!("mkservice --dry-run --name x {line}")]);
    shell
}

#[track_caller]
fn refused(host: &Host, lines: &[&str]) {
    for line in lines {
        let said = fails(2, &mut by_root(host, line));
        assert!(said.contains("mallory can change ") && said.contains("  <- mallory\n"), "{line}: {said}");
    }
}

#[track_caller]
fn accepted(host: &Host, lines: &[&str]) {
    for line in lines {
        let ran = ran(&mut by_root(host, line));
        assert_eq!(ran.code, 0, "{line}: {ran:?}");
    }
}

#[apply(booted_test)]
fn commands_of_properties_are_refused() {
    refused(
        &with_mallory(),
        &[
            "-p 'ExecStartPre=/bin/sh /home/mallory/x' /opt/server",
            "-p 'ExecStartPre=/bin/true ; /home/mallory/x' /opt/server",
            "-p 'ExecStartPre=\"/bin/true\" \";\" a ; -/bin/sh /home/mallory/x' /opt/server",
            "-p 'ExecStopPost=@/bin/sh sh /home/mallory/x' /opt/server",
            "-p 'ExecReload=/bin/sh \"/home/mallory/\\x78\"' /opt/server",
            "-p 'ExecStartPost=/bin/sh $SCRIPT' -E SCRIPT=/home/mallory/x /opt/server",
            "-p 'ExecStartPost=/bin/sh ${D}/x' -p Environment=D=/home/mallory /opt/server",
            "-p 'ExecStartPre=/home/mall\\x6fry/x' /opt/server",
            "-p 'ExecStartPre=/usr/bin/env LD_PRELOAD=/home/mallory/x.so ls' /opt/server",
            "-p Type=oneshot -p ExecStart= -p ExecStart=/home/mallory/x /opt/server",
            "--instances mallory,ann -- sh /home/%i/x",
            "-p User=0 -p ExecStartPre=/home/mallory/x /opt/server",
            "-p DynamicUser=yes -p ExecStartPre=+/home/mallory/x /opt/server",
            "-p 'ExecStartPre=x' -p ExecSearchPath=/home/mallory:/usr/bin /opt/server",
            "--uid ann -p 'ExecStartPre=+/bin/sh /home/mallory/x' /opt/server",
            "--uid ann -p 'ExecStartPre=/bin/true ; !/home/mallory/x' /opt/server",
            "--uid ann -p 'ExecStartPre=-+/home/mallory/x' /opt/server",
            "--uid ann -p PermissionsStartOnly=yes -p ExecStartPre=/home/mallory/x /opt/server",
            "--uid ann -p ExecStopPost=+/opt/server -E LD_PRELOAD=/home/mallory/x.so /opt/server",
            "--uid ann --listen 8080 -p Socket.ExecStartPre=/home/mallory/x /opt/server",
            "-p EnvironmentFile=/home/mallory/env /opt/server",
            "-p EnvironmentFile=-/home/mallory/none /opt/server",
            "--notify-failure /home/mallory/x /opt/server",
            "--notify-failure 'sh /home/mallory/x' /opt/server",
        ],
    );
}

#[apply(booted_test)]
fn programs_behind_launchers_are_refused() {
    refused(
        &with_mallory(),
        &[
            "-- sh -c /home/mallory/x",
            "-- sh -ec 'cd /; /home/mallory/x | cat'",
            "-- bash -c 'exec /home/mallory/x'",
            "-- bash -c '. /home/mallory/x; sleep 1'",
            "-- bash -c 'if true; then /home/mallory/x; fi'",
            "-- bash -c 'sleep $(/home/mallory/x)'",
            "-- bash --rcfile /home/mallory/x -i",
            "'/home/mallory/x | cat'",
            "-- flock /run/lock/x /home/mallory/x",
            "-- flock /run/lock/x -c /home/mallory/x",
            "-- xargs -a /etc/hostname -n 1 /home/mallory/x",
            "-- env A=1 nice -n 5 /home/mallory/x",
            "-- env -S '/home/mallory/x a'",
            "-- nice python3 /home/mallory/x.py",
            "-- timeout -k 5 1h nohup setsid /home/mallory/x",
            "-- chroot /home/mallory /x",
            "-- setpriv --reuid 0 /home/mallory/x",
            "-- unshare -n /home/mallory/x",
            "-- strace -f /home/mallory/x",
            "-- watch /home/mallory/x",
            "-- find /etc -exec /home/mallory/x {} +",
            "-- sudo -u root /home/mallory/x",
            "-- sh -c '/lib64/ld-linux-x86-64.so.2 --preload /home/mallory/x.so /opt/server'",
            "-- sh -c 'case a in a) /home/mallory/x;; esac'",
            "-- sh -c 'PATH=/home/mallory/bin:$PATH; sleep 1'",
            "-- su -c /home/mallory/x",
        ],
    );
}

#[apply(booted_test)]
fn code_named_by_arguments_is_refused() {
    refused(
        &with_mallory(),
        &[
            "-- java -cp /home/mallory Main",
            "-- java -cp /root/own/x.jar:/home/mallory/x.jar Main",
            "-- java --class-path=/home/mallory/x.jar Main",
            "-- java -javaagent:/home/mallory/x.jar -jar /root/own/x.jar",
            "-- java -jar /home/mallory/x.jar",
            "-- java -Xbootclasspath/a:/home/mallory/x.jar -jar /root/own/x.jar",
            "-- node --require /home/mallory/x.js /root/own/x",
            "-- node --import=/home/mallory/x.js /root/own/x",
            "-- ruby -I /home/mallory -r x /root/own/x",
            "-- ruby -I/home/mallory /root/own/x",
            "-- perl -I/home/mallory /root/own/x",
            "-- python3 /home/mallory/x.py",
            "-- make -C /home/mallory",
            "-- /opt/of-mallory",
        ],
    );
}

/// Programs of which mkservice knows nothing: a program or script in their arguments is not data.
#[apply(booted_test)]
fn programs_and_scripts_in_arguments_are_refused() {
    let host = with_mallory();
    let unknown = "valgrind bwrap socat tini flask dotnet locust uwsgi rsync scriptx git runsvdir uv";
    for name in unknown.split(' ').filter(|name| !host.path("/usr/bin").join(name).exists()) {
        program(&host, "root", &format!("/usr/local/bin/{name}"), "#!/bin/sh\n");
    }
    program(&host, "root", "/opt/env-s", "#!/usr/bin/env -S PYTHONPATH=/home/mallory python3\n");
    program(&host, "root", "/opt/perl-i", "#!/usr/bin/perl -I/home/mallory\n");
    file(&host, "root", "/root/own/preload", "LD_PRELOAD=/home/mallory/x.so\n");
    file(&host, "mallory", "/home/mallory/x.dll", "");
    refused(
        &host,
        &[
            "-- valgrind --quiet /home/mallory/x",
            "-- bwrap --ro-bind / / /home/mallory/x",
            "-- socat TCP-LISTEN:80 EXEC:/home/mallory/x,pty",
            "-- tini -- /home/mallory/x",
            "-- scriptx -qc '/home/mallory/x a' /dev/null",
            "-- ssh -o ProxyCommand=/home/mallory/x host",
            "-- rsync -e '/home/mallory/x -v' a b:",
            "-- tar --use-compress-program=/home/mallory/x -cf a b",
            "-- tar --checkpoint-action=exec=/home/mallory/x -cf a b",
            "-- flask --app /home/mallory/x.py run",
            "-- locust -f /home/mallory/x.py",
            "-- dotnet /home/mallory/x.dll",
            "-- uwsgi --pythonpath=/home/mallory",
            "-- java -Djava.library.path=/home/mallory Main",
            "-- git -C /home/mallory pull",
            "-- runsvdir /home/mallory/dir",
            "-- uv run --project /home/mallory sleep 9",
            "--working-directory /home/mallory -- uv run sleep 9",
            "-- su root /home/mallory/x.py",
            "-- bash -c 'pushd /home/mallory && ./x'",
            "-- bash -c 'coproc /home/mallory/x'",
            "-- sh -c 'X=/home/mallory/x; $X'",
            "-- sh -c '/home/mal*/x'",
            "-- /opt/env-s",
            "-- /opt/perl-i",
            "-p ExecSearchPath=/usr/bin:/home/mallory/bin sleep 9",
            "--environment-file /root/own/preload sleep 9",
            "-p EnvironmentFile=/root/own/preload sleep 9",
            "-E EDITOR=/home/mallory/x sleep 9",
            "-E FLASK_APP=/home/mallory/x.py sleep 9",
        ],
    );
}

#[apply(booted_test)]
fn variables_that_lead_to_code_are_refused() {
    let host = with_mallory();
    for (name, value) in [
        ("LD_PRELOAD", "/home/mallory/x.so"),
        ("LD_LIBRARY_PATH", "/usr/lib:/home/mallory"),
        ("LD_AUDIT", "/home/mallory/x.so"),
        ("PYTHONPATH", "/home/mallory"),
        ("PYTHONHOME", "/home/mallory"),
        ("NODE_PATH", "/home/mallory"),
        ("NODE_OPTIONS", "--require /home/mallory/x.js"),
        ("NODE_OPTIONS", "--require=/home/mallory/x.js"),
        ("GEM_PATH", "/home/mallory"),
        ("GEM_HOME", "/home/mallory"),
        ("RUBYLIB", "/home/mallory"),
        ("RUBYOPT", "-r/home/mallory/x.rb"),
        ("PERL5LIB", "/home/mallory"),
        ("PERL5OPT", "-I/home/mallory"),
        ("CLASSPATH", "/home/mallory/x.jar"),
        ("JAVA_TOOL_OPTIONS", "-javaagent:/home/mallory/x.jar"),
        ("BASH_ENV", "/home/mallory/x"),
        ("ENV", "/home/mallory/x"),
        ("HOME", "/home/mallory"),
        ("PATH", "/home/mallory/bin:/usr/bin:/bin"),
        ("PATH", "/usr/bin:/home/mallory/bin"),
        ("LUA_PATH", "/home/mallory/?.lua;;"),
        ("PHP_INI_SCAN_DIR", "/home/mallory"),
        ("GIT_SSH_COMMAND", "/home/mallory/x -v"),
        ("OPENSSL_CONF", "/home/mallory/x.conf"),
        ("GCONV_PATH", "/home/mallory"),
    ] {
        refused(
            &host,
            &[&format!("-E '{name}={value}' /opt/server"), &format!("-p 'Environment=\"{name}={value}\"' /opt/server")],
        );
    }
    let mut shell = host.root("sh");
    shell.args(["-c", "cd / && PATH=/home/mallory/bin:$PATH mkservice --dry-run --inherit-path /opt/server"]);
    let said = fails(2, &mut shell);
    assert!(said.contains("mallory can change "), "{said}");
}

#[apply(booted_test)]
fn binds_over_programs_are_refused() {
    refused(
        &with_mallory(),
        &[
            "-p BindReadOnlyPaths=/opt/of-mallory:/opt/server /opt/server",
            "-p BindPaths=/home/mallory:/usr/lib /opt/server",
            "-p BindPaths=/home/mallory:/opt /opt/server",
            "--uid ann -p BindPaths=/opt/of-mallory:/opt/x -p ExecStartPre=!/opt/x /opt/server",
        ],
    );
}

#[apply(booted_test)]
fn data_of_others_is_no_reason_to_refuse() {
    accepted(
        &with_mallory(),
        &[
            "-- tar czf /root/b.tgz /home/ann/data",
            "-- tar czf /root/b.tgz /home/mallory/x /home/mallory/x.py",
            "-- sh -c 'cp /home/mallory/x /root/own && echo /home/mallory/x.py >> /root/own/log'",
            "-- sleep /home/ann/data/x",
            "-- cp -a /home/ann/data /root/own",
            "-- find /home/ann -name x -delete",
            "-- python3 /opt/x.py /home/ann/data --output=/home/ann/data/x",
            "-- python3 -I -c 'print(1)' /home/ann/data",
            "-- java -jar /root/own/x.jar --config /home/ann/data",
            "-- java -Dlog.dir=/home/ann/data -jar /root/own/x.jar",
            "-- sh -c 'tar cz /home/ann/data > /root/b.tgz'",
            "-- sh -c 'sleep 1 < /home/ann/data/x >> /home/ann/data/log'",
            "-- sh -c 'cd /home/ann/data && tar cz .'",
            "-- flock /home/ann/data/lock sleep 9",
            "-- env DATA=/home/ann/data sleep 9",
            "-- nice ls /home/ann/data",
            "-- runuser -u ann -- /home/mallory/x",
            "-- su ann -c /home/mallory/x",
            "-- setpriv --reuid=ann --clear-groups /home/mallory/x",
            "-- sh -c 'for f in /home/ann/*; do case $f in /home/ann/x) ls;; /home/ann/y) ls;; esac; done'",
            "-- node /opt/x.js -r /home/ann/data/x --import /home/ann/data/y",
            "-- cat /home/ann/data",
            "-E DATA_DIR=/home/ann/data -E JAVA_OPTS=-Dx=/home/ann/data -E NODE_ENV=production sleep 9",
            "--environment-file /root/own/env sleep 9",
            "-p EnvironmentFile=-/root/own/none sleep 9",
            "-p 'ExecStartPre=/bin/mkdir -p /home/ann/data/x' sleep 9",
            "-p 'ExecStartPre=/bin/chown ann /home/ann/data ; /bin/true' sleep 9",
            "-p BindPaths=/home/ann:/data sleep 9",
            "--inherit-path sleep 9",
            "-E PATH=/root/own:/usr/bin sleep 9",
            "--working-directory /home/ann/data sleep 9",
            // What is mallory's runs as mallory.
            "--uid mallory /home/mallory/x",
            "--uid mallory -E LD_PRELOAD=/home/mallory/x.so -E PATH=/home/mallory/bin:/usr/bin /home/mallory/x",
            "--uid mallory -p ExecStartPre=/home/mallory/x /home/mallory/x",
            "--uid mallory -p 'ExecStartPre=+/bin/mkdir -p /run/x' /home/mallory/x",
            "--uid mallory -p PermissionsStartOnly=yes -p ExecStartPre=/bin/true /home/mallory/x",
            "--uid mallory -p ExecStartPre=!!/home/mallory/x /home/mallory/x",
        ],
    );
}

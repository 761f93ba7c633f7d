//! `mkservice import`: output, messages, and refusals.

use snapbox::str;

use crate::support::{Home, Ran, same};

fn imported(home: &Home, words: &str) -> Ran {
    let before = home.tree();
    let ran = home.run(&format!("import {words}"));
    assert_eq!(home.tree(), before, "something was written: {ran:?}");
    ran
}

#[test]
fn procfile_becomes_a_manifest() {
    let home = Home::new();
    home.file("work/Procfile", "web: ./server -p $PORT\nworker: work 'two words'\nclock: tick\n", 0o644);
    home.file("work/.env", "API_TOKEN=k3Yd9ZqLm2\n", 0o600);
    let ran = imported(&home, "Procfile -m web=2,all=1,clock=0");
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
    same(
        ran.stdout,
        str![[r##"
# converted from [HOME]/work/Procfile
# clock: left out as requested

# line 1: ./server -p $PORT
[services.web]
command = ["/bin/sh", "-c", "export PORT=$((4999 + %i)); exec ./server -p $PORT"]
instances = "2"
working-directory = "[HOME]/work"
environment-file = "[HOME]/work/.env"
setenv = { PS = "web.%i" }

# line 2: work 'two words'
[services.worker]
command = ["work", "two words"]
working-directory = "[HOME]/work"
environment-file = "[HOME]/work/.env"
setenv = { PORT = "5100", PS = "worker.1" }

"##]],
    );
}

#[test]
fn unconverted_settings_are_reported_and_commented() {
    let home = Home::new();
    let text = "[program:web]\ncommand=web\nstdout_logfile=/var/log/web.log\n[group:all]\nprograms=web\n";
    home.file("work/supervisord.conf", text, 0o644);
    let ran = imported(&home, "supervisord.conf");
    assert_eq!(ran.code, 0, "{ran:?}");
    same(
        ran.stderr,
        str![[r#"
warning: not converted: [HOME]/work/supervisord.conf:3: stdout_logfile_maxbytes and _backups: the file is not rotated; use logrotate with `copytruncate`
warning: not converted: [HOME]/work/supervisord.conf:4: [group:all]: its programs are separate services

"#]],
    );
    same(
        ran.stdout,
        str![[r##"
# converted from [HOME]/work/supervisord.conf
# programs with a user (uid) need the system scope: mkservice apply --system
# output goes to the journal unless a file is named; background processes end with the program
# SUPERVISOR_ENABLED, _PROCESS_NAME, _GROUP_NAME and _SERVER_URL are not set: use setenv if needed
# not converted: line 4: [group:all]: its programs are separate services

# [program:web], line 1
# stderr goes to the same file, as no other file is named
# not converted: line 3: stdout_logfile_maxbytes and _backups: the file is not rotated; use logrotate with `copytruncate`
[services.web]
command = ["web"]
working-directory = "/"
restart = "on-failure"
log-file = "/var/log/web.log"

[services.web.properties]
RestartForceExitStatus = "SIGHUP SIGINT SIGPIPE SIGTERM"
RestartSec = "1s"
"Unit.StartLimitBurst" = "4"
"Unit.StartLimitIntervalSec" = "8"
TimeoutStopSec = "10"
KillMode = "mixed"

"##]],
    );
    let ran = imported(&home, "--json supervisord.conf");
    let document: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        (&document["verb"], &document["source_format"]),
        (&"import".into(), &"supervisord".into()),
        "{document:#}"
    );
    assert_eq!(document["not_converted"].as_array().unwrap().len(), 2, "{document:#}");
    assert_eq!(document["warnings"].as_array().unwrap().len(), 2, "{document:#}");
    assert!(document["toml"].as_str().unwrap().contains("[services.web]"), "{document:#}");
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table of expected texts")]
fn unreadable_files_are_refused_with_their_place() {
    let home = Home::new();
    home.file("work/Procfile", b"web: x\nwork\xff: y\n", 0o644);
    home.file("work/binary.service", b"[Service]\n\0\0", 0o644);
    home.file("work/empty.crontab", "", 0o644);
    home.file("work/unknown.txt", "hello world\n", 0o644);
    home.file("work/large.json", vec![b'['; 10 << 20], 0o644);
    home.file("work/crontab", "# jobs\n0 25 * * * x\n", 0o644);
    home.file("work/ecosystem.config.js", "module.exports = {}", 0o644);
    home.file("work/jobs.cron", "@daily x\n", 0o644);
    std::os::unix::fs::symlink("loop.service", home.path().join("work/loop.service")).unwrap();
    std::os::unix::fs::symlink("/dev/null", home.path().join("work/masked.service")).unwrap();
    home.file("work/job.timer", "[Timer]\nOnCalendar=daily\n", 0o644);
    std::fs::create_dir(home.path().join("work/directory.service")).unwrap();
    let mut told = String::new();
    for words in [
        "Procfile",
        "binary.service",
        "empty.crontab",
        "unknown.txt",
        "large.json",
        "crontab",
        "ecosystem.config.js",
        "loop.service",
        "directory.service",
        "missing.service",
        "/dev/null",
        "masked.service",
        "job.timer",
        "jobs.cron -m web=2",
        "jobs.cron --environment x",
        "Procfile -m web",
        "Procfile -m web=9999",
    ] {
        let ran = imported(&home, words);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{words}: {ran:?}");
        told.push_str(&ran.stderr);
    }
    same(
        told,
        str![[r#"
error: [HOME]/work/Procfile:2: is not valid UTF-8
error: [HOME]/work/binary.service:2: contains a NUL byte, so it is not text
error: [HOME]/work/empty.crontab: contains no job
error: [HOME]/work/unknown.txt has an unknown format
hint: give the format with --format: crontab, system-crontab, supervisord, systemd, pm2, procfile
error: [HOME]/work/large.json is larger than 4 MiB
error: [HOME]/work/crontab:2: the hour `25` is not in the range 0 to 23
error: [HOME]/work/ecosystem.config.js: is a JavaScript program, and importing runs no programs
hint: cd [HOME]/work && node -e 'console.log(JSON.stringify(require("[HOME]/work/ecosystem.config.js")))' | mkservice import --format pm2 -
error: [HOME]/work/loop.service cannot be read: too many levels of symbolic links
error: [HOME]/work/directory.service is a directory
error: [HOME]/work/missing.service cannot be read: no such file or directory
error: /dev/null is not a regular file
error: [HOME]/work/masked.service is masked (a link to /dev/null), so systemd does not start it
error: [HOME]/work/job.timer: is a timer unit, not a service
hint: import job.service, which it starts: a timer of the same name is read along with it
error: --formation applies to procfile files only; this is a crontab file
error: --environment applies to pm2 files only; this is a crontab file
error: --formation web is not NAME=N with a number up to 256
hint: write it as: -m web=2,worker=1 (all=1 stands for the others)
error: --formation web=9999 is not NAME=N with a number up to 256
hint: write it as: -m web=2,worker=1 (all=1 stands for the others)

"#]],
    );
}

#[test]
fn unit_is_read_with_the_units_that_start_it() {
    let home = Home::new();
    home.file("work/job.service", "[Service]\nType=oneshot\nExecStart=/bin/job\nWorkingDirectory=/srv\n", 0o644);
    home.file("work/job.timer", "[Timer]\nOnCalendar=daily\n[Install]\nWantedBy=timers.target\n", 0o644);
    // Not units, but files that programs leave behind.
    let _socket = std::os::unix::net::UnixListener::bind(home.path().join("work/job.socket")).unwrap();
    std::fs::create_dir(home.path().join("work/job.path")).unwrap();
    let drop_ins = home.path().join("work/job.service.d");
    home.file("work/job.service.d/a.conf", "[Service]\nNice=5\n", 0o644);
    std::os::unix::fs::symlink("/dev/null", drop_ins.join("b.conf")).unwrap();
    let ran = imported(&home, "job.service");
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
    same(
        ran.stdout,
        str![[r##"
# converted from [HOME]/work/job.service

[services.job]
command = ["/bin/job"]
service-type = "oneshot"
working-directory = "/srv"
restart = "no"
on-calendar = "daily"

[services.job.properties]
"Timer.AccuracySec" = "1min"
"Unit.StartLimitBurst" = "5"
"Unit.StartLimitIntervalSec" = "10s"
Nice = "5"

"##]],
    );
}

/// Large files that are meant to take long: anything worse than linear would not finish.
/// Whatever import prints, apply accepts: what is refused is reported instead.
#[test]
fn apply_accepts_what_import_prints() {
    let home = Home::new();
    for line in [
        "CPUShares=512",
        "BlockIOWeight=500",
        "BlockIODeviceWeight=/dev/sda 500",
        "MemoryLimit=1G",
        "KillMode=none",
        "StandardOutput=syslog",
        "StandardError=syslog+console",
        "Restart=always\nRestart=",
        "TimeoutStopSec=never",
        "ProtectSystem=ful",
        "UMask=8",
        "ExecStartPost=/bin/sed s/\\d\\1/x/ ;",
        "ExecReload=/bin/kill 'x",
        "LimitNOFILE=many",
        "PrivateDevices=maybe",
        "PermissionsStartOnly=yes",
        "[Unit]\nRequires=old.socket\nAfter=x@y",
        "[Unit]\nRequiresOverridable=dbus.socket",
        "[Unit]\nOnFailure=nothing",
        "[Install]\nAlias=other.service\nWantedBy=default.target",
    ] {
        home.file(
            "work/old.service",
            format!("[Service]\nWorkingDirectory=/\nExecStart=/bin/sleep 1000\n{line}\n"),
            0o644,
        );
        let ran = imported(&home, "old.service");
        assert_eq!(ran.code, 0, "{line}: {ran:?}");
        home.file("work/mkservice.toml", &ran.stdout, 0o644);
        let applied = home.run("apply --dry-run");
        assert_eq!(applied.code, 0, "{line}: {}\n{applied:?}", ran.stdout);
    }
}

#[test]
fn large_files_are_read_in_time() {
    let home = Home::new();
    let full = |line: &str| line.repeat((1 << 20) / line.len());
    let numbered = |before: &str, behind: &str| -> String {
        let lines = (0..).map(|number| format!("{before}{number}{behind}"));
        let mut length = 0;
        let fits = |line: &String| {
            length += line.len();
            length < 1 << 20
        };
        lines.take_while(fits).collect()
    };
    let files: Vec<(&str, String)> = vec![
        ("a.crontab", full("* * * * * x\n")),
        ("b.crontab", numbered("A", "=1\n") + "@daily x\n"),
        ("c.crontab", format!("{} * * * * x\n", full("1,"))),
        ("d.crontab", format!("@daily x{}\n", full("%y"))),
        ("a/Procfile", numbered("w", ": x\n")),
        ("b/Procfile", format!("w: {}\n", full("\\'$("))),
        ("a/supervisord.conf", numbered("[program:", "]\ncommand=x\n")),
        ("b/supervisord.conf", format!("[program:x]\n{}", numbered("a", "=1\n"))),
        ("c/supervisord.conf", format!("[program:x]\ncommand=x\nenvironment={}\n", numbered("A", "=1,"))),
        ("d/supervisord.conf", format!("[program:x]\ncommand={}\n", full("%(here)s'\""))),
        ("a.json", full("[")),
        ("b.json", full("{\"a\":")),
        ("c.json", format!("{{{}}}", numbered("\"a", "\":1,"))),
        ("d.yml", format!("a: &a [{}]\nb: [{}]\n", "1,".repeat(40_000), "*a,".repeat(10_000))),
        ("e.yml", full("? ")),
        ("f.yml", full("- ")),
        ("g.yml", full("&a *a ")),
        ("a.service", numbered("[Service]\nA", "=1\n")),
        ("b.service", format!("[Service]\nExecStart=/bin/x {}\n", full("${A} \\x20"))),
        ("c.service", format!("[Service]\nExecStart=/bin/x\nEnvironment={}\n", numbered("A", "=1 "))),
        ("d.service", full("[Service]\\\n")),
        ("e.timer", full("[Timer]\nOnBootSec=1\n")),
        ("e.service", "[Service]\nExecStart=/bin/x\n".to_owned()),
        ("f.socket", format!("[Socket]\n{}ListenStream=1\n", "ListenFIFO=/x\n".repeat(4000))),
        ("f.service", "[Service]\nExecStart=/bin/x\n".to_owned()),
    ];
    for (name, text) in files {
        home.file(format!("work/{name}"), &text[..text.len().min(1 << 20)], 0o644);
        let ran = imported(&home, name);
        assert!(matches!(ran.code, 0 | 2), "{name}: {} {}", ran.code, &ran.stderr[..ran.stderr.len().min(500)]);
    }
}

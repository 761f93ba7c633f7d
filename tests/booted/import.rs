//! Files of other tools: converted, applied, and running as the tool itself would run them.

use serde_json::Value;

use crate::host::{Host, Inside};
use crate::setup::{booted, file, ran};

/// The program that reports how it was started.
const STAY: &str = "/usr/local/share/stay.py";

#[apply(booted_test)]
fn converted_services_run_as_under_the_original_tool() {
    let host = booted();
    host.install(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/booted/stay.py"), STAY, 0o755);
    let pipes = "web-5000 web-5001 worker-5100 super-00 super-01 pm2 unit cron";
    let script = format!("mkdir -m 755 /var/told && cd /var/told && mkfifo -m 666 {pipes} && useradd -m ann");
    host.root("sh").args(["-c", &script]).text();
    procfile(&host);
    supervisord(&host);
    pm2(&host);
    unit(&host);
    as_before(&host);
    crontab(&host);
}

/// Imports a file and applies the result twice: the second time, nothing changes.
fn applied(host: &Host, path: &str, words: &[&str]) {
    let imported = ran(host.root("mkservice").args(["import", path]).args(words));
    assert_eq!(imported.code, 0, "{imported:?}");
    let made = format!("{path}.toml");
    file(host, "root", &made, &imported.stdout);
    let first = ran(host.root("mkservice").args(["apply", &made]));
    assert_eq!(first.code, 0, "{first:?}\n{}\n{}", imported.stdout, host.journal());
    let again = ran(host.root("mkservice").args(["apply", "--check", &made]));
    assert_eq!(again.code, 0, "{again:?}");
}

/// The program's report with this name.
fn told(host: &Host, name: &str) -> Value {
    let output = host.root("timeout").args(["60", "cat", &format!("/var/told/{name}")]).output().unwrap();
    assert!(output.status.success(), "{name} did not report: {}", host.journal());
    serde_json::from_slice(&output.stdout).unwrap()
}

#[track_caller]
fn check(told: &Value, argv: &[&str], directory: &str, account: &str, variables: &[(&str, &str)]) {
    let words: Vec<&str> = told["argv"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
    assert_eq!(words, argv);
    assert_eq!((told["directory"].as_str(), told["account"].as_str()), (Some(directory), Some(account)), "{told:#}");
    for (name, value) in variables {
        assert_eq!(told["environment"][name].as_str(), Some(*value), "{name}: {told:#}");
    }
}

fn procfile(host: &Host) {
    let processes =
        format!("web: {STAY} web 'two words' 100%i --port $PORT\nworker: bin/run worker \"it's\"\nnot: run\n");
    file(host, "root", "/srv/shop/Procfile", &processes);
    file(host, "root", "/srv/shop/.env", "GREETING='Hello, world'\nAPI_TOKEN=k3Yd9ZqLm2\nPEM=\"a\\nb\"\n  LEAD=x\n");
    host.root("install").args(["-D", "-m", "755", STAY, "/srv/shop/bin/run"]).text();
    applied(host, "/srv/shop/Procfile", &["-m", "web=2,worker=1"]);
    for (port, ps) in [("5000", "web.1"), ("5001", "web.2")] {
        let web = told(host, &format!("web-{port}"));
        // foreman skips lines that begin with blanks.
        assert_eq!(
            (web["environment"]["PEM"].as_str(), web["environment"].get("LEAD")),
            (Some("a\nb"), None),
            "{web:#}"
        );
        check(
            &web,
            &["/usr/bin/python3", STAY, "web", "two words", "100%i", "--port", port],
            "/srv/shop",
            "root",
            &[("GREETING", "Hello, world"), ("API_TOKEN", "k3Yd9ZqLm2"), ("PORT", port), ("PS", ps)],
        );
    }
    let worker = told(host, "worker-5100");
    let argv = ["/usr/bin/python3", "/srv/shop/bin/run", "worker", "it's"];
    check(&worker, &argv, "/srv/shop", "root", &[("PS", "worker.1")]);
}

fn supervisord(host: &Host) {
    let main = "[include]\nfiles = conf.d/*.conf\n[supervisord]\nnodaemon=true\n";
    file(host, "root", "/etc/supervisor/supervisord.conf", main);
    let program = format!(
        "[program:super]\ncommand=python3 {STAY} super \"%(program_name)s of %(numprocs)s\" 50%%\n    'a && b' ; comment\n\
         numprocs=2\nprocess_name=%(program_name)s_%(process_num)02d\nuser=daemon\ndirectory=/srv\numask=027\n\
         environment=NUMBER=\"%(process_num)02d\",LIST=\"a,b\"\nautorestart=true\nstopsignal=INT\n\
         [program:files]\ncommand=sh -c 'echo good; echo bad >&2; exec sleep infinity'\nstopwaitsecs=0\n\
         stdout_logfile=/var/told/50%%.out\nstderr_logfile=/var/told/files.err\n"
    );
    file(host, "root", "/etc/supervisor/conf.d/super.conf", &program);
    applied(host, "/etc/supervisor/supervisord.conf", &[]);
    for number in ["00", "01"] {
        check(
            &told(host, &format!("super-{number}")),
            &["/usr/bin/python3", STAY, "super", "super of 2", "50%", "a && b"],
            "/srv",
            "daemon",
            &[("NUMBER", number), ("LIST", "a,b")],
        );
    }
    let show = host.root("systemctl").args(["show", "-p", "KillSignal,UMask,Restart", "super@00"]).text();
    assert_eq!(show, "Restart=always\nUMask=0027\nKillSignal=2\n");
    let files = host.root("cat").args(["/var/told/50%.out", "/var/told/files.err"]).text();
    assert_eq!(files, "good\nbad\n");
    assert_eq!(host.root("systemctl").args(["show", "--value", "-p", "TimeoutStopUSec", "files"]).text(), "1ms\n");
}

fn pm2(host: &Host) {
    let apps = format!(
        "{{\n// apps\n\"apps\": [{{ \"name\": \"site\", \"script\": \"{STAY}\", \"args\": [\"pm2\", \"$HOME\"], \"cwd\": \"/srv\",\n\
         \"interpreter\": \"/usr/bin/python3\", \"uid\": \"daemon\", \"env\": {{ \"MODE\": \"slow\", \"LIMIT\": 5 }},\n\
         \"env_production\": {{ \"MODE\": \"fast %n\" }}, }}] }}\n"
    );
    file(host, "root", "/srv/site/ecosystem.json", &apps);
    applied(host, "/srv/site/ecosystem.json", &["--environment", "production"]);
    let argv = ["/usr/bin/python3", STAY, "pm2", "$HOME"];
    check(&told(host, "pm2"), &argv, "/srv", "daemon", &[("MODE", "fast %n"), ("LIMIT", "5")]);
}

fn unit(host: &Host) {
    let unit = format!(
        "[Unit]\nDescription=An old one\n[Service]\nUser=daemon\nEnvironment=\"OPTS=-a 'b c'\" GREETING=hi\\x20%%n\n\
         ExecStart={STAY} unit $OPTS \\\n  ${{LEVEL}} %N $$HOME\nWorkingDirectory=/srv\nMemoryMax=1G\n[Install]\n\
         WantedBy=multi-user.target\n"
    );
    file(host, "root", "/srv/old/old.service", &unit);
    file(host, "root", "/srv/old/old.service.d/level.conf", "[Service]\nEnvironment=LEVEL=a\\tb\n");
    applied(host, "/srv/old/old.service", &["--system"]);
    let argv = ["/usr/bin/python3", STAY, "unit", "-a", "b c", "a\tb", "old", "$HOME"];
    check(&told(host, "unit"), &argv, "/srv", "daemon", &[("GREETING", "hi %n"), ("LEVEL", "a\tb")]);
    assert_eq!(host.root("systemctl").args(["show", "--value", "-p", "MemoryMax", "old"]).text(), "1073741824\n");
}

/// The same service under another name, so that both can exist: systemd's view of both is the same.
fn as_before(host: &Host) {
    let unit = format!(
        "[Service]\nType=oneshot\nUser=daemon\nExecStart=-/bin/false\nExecStart={STAY} x\nRestart=on-failure\n"
    );
    let timer = "[Timer]\nOnCalendar=yearly\nOnBootSec=9h\nRandomizedDelaySec=1h\n[Install]\nWantedBy=timers.target\n";
    for (directory, name) in [("/etc/systemd/system", "before"), ("/srv/old", "after")] {
        file(host, "root", &format!("{directory}/{name}.service"), &unit);
        file(host, "root", &format!("{directory}/{name}.timer"), timer);
    }
    host.root("systemctl").args(["daemon-reload"]).text();
    applied(host, "/srv/old/after.service", &["--system"]);
    let service = "Type,User,Restart,RestartUSec,StartLimitBurst,StartLimitIntervalUSec";
    let timer = "AccuracyUSec,RandomizedDelayUSec,Persistent,RemainAfterElapse";
    for (kind, names) in [("service", service), ("timer", timer)] {
        let show = |name: &str| host.root("systemctl").args(["show", "-p", names, &format!("{name}.{kind}")]).text();
        assert_eq!(show("after"), show("before"), "{kind}");
    }
    let times = host.root("systemctl").args(["cat", "after.timer"]).text();
    assert!(times.contains("\nOnCalendar=yearly\n") && times.contains("\nOnBootSec=9h\n"), "{times}");
}

fn crontab(host: &Host) {
    let line = format!("A=$X\n30 4 1 1 * ann {STAY} cron \"$HOME\" 100\\%%Dear  ann,%50\\%%\n");
    file(host, "root", "/etc/cron.d/jobs", &line);
    applied(host, "/etc/cron.d/jobs", &[]);
    let next = host.root("systemctl").args(["show", "--value", "-p", "TimersCalendar", "stay.timer"]).text();
    assert!(next.contains("OnCalendar=*-01-01 04:30:00"), "{next}");
    host.root("systemctl").args(["start", "--no-block", "stay.service"]).text();
    let job = told(host, "cron");
    let argv = ["/usr/bin/python3", STAY, "cron", "/home/ann", "100%"];
    let variables =
        [("A", "$X"), ("SHELL", "/bin/sh"), ("PATH", "/usr/bin:/bin"), ("HOME", "/home/ann"), ("LOGNAME", "ann")];
    check(&job, &argv, "/home/ann", "ann", &variables);
    assert_eq!(job["input"].as_str(), Some("Dear  ann,\n50%\n"));
}

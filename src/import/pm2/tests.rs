use super::super::testing::{line, option, read_as, unconverted};
use super::super::{ImportOptions, Imported};
use crate::cli::ImportFormat as Format;
use crate::manifest::Value;
use crate::output::wording::plain;

const ECOSYSTEM: &str = include_str!("../../../examples/import/pm2/ecosystem.json");
const PROCESSES: &str = include_str!("../../../examples/import/pm2/process.yml");
const DUMP: &str = include_str!("../../../examples/import/pm2/dump.pm2");

fn read(path: &str, text: &str, environment: Option<&str>) -> Imported {
    let options = ImportOptions { environment: environment.map(str::to_owned), ..ImportOptions::default() };
    read_as(Format::Pm2, path, text, &[], &options).unwrap()
}

fn text(text: &str) -> Option<Value> {
    Some(Value::Text(text.into()))
}

#[test]
fn an_ecosystem_file_becomes_services() {
    let read = read("/srv/site/ecosystem.json", ECOSYSTEM, Some("production"));
    let [api, jobs, npm, mail] = &read.manifest.services[..] else { panic!("{read:?}") };
    assert_eq!(api.command, ["node", "--max-old-space-size=512", "/srv/site/dist/api.js", "--port", "3000"]);
    for (name, value) in [("working-directory", "/srv/site"), ("restart", "always"), ("memory-max", "300M")] {
        assert_eq!(option(api, name).cloned(), text(value), "{name}");
    }
    assert_eq!((line(api, "setenv", "NODE_ENV"), line(api, "setenv", "PORT")), (Some("production"), Some("3000")));
    assert_eq!(
        (line(api, "properties", "KillSignal"), line(api, "properties", "TimeoutStopSec")),
        (Some("SIGINT"), Some("5000ms"))
    );
    assert_eq!(line(api, "properties", "RestartSec"), Some("3000ms"));
    assert_eq!(jobs.command, ["python3", "/srv/site/jobs/worker.py", "-q", "two words"]);
    assert_eq!(
        (option(jobs, "instances").cloned(), line(jobs, "setenv", "NODE_APP_INSTANCE")),
        (text("0,1"), Some("%i"))
    );
    assert_eq!(option(jobs, "log-file"), None);
    assert_eq!(npm.command, ["npm", "run", "start:web"]);
    assert_eq!(mail.command, ["/srv/site/bin/server", "--mail"]);
    assert_eq!(
        (option(mail, "restart").cloned(), option(mail, "log-file").cloned()),
        (text("no"), text("/srv/site/logs/mail.log"))
    );
    let told = unconverted(&read).join("\n");
    for part in ["7: exec_mode cluster", "watch:", "wait_ready", "env_staging", "cron_restart", "deploy:"] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[test]
fn yaml_is_read_like_json() {
    let read = read("/srv/site/process.yml", PROCESSES, None);
    let [web, worker] = &read.manifest.services[..] else { panic!("{read:?}") };
    assert_eq!(web.command, ["node", "/srv/site/bin/www"]);
    assert_eq!((line(web, "setenv", "DEBUG"), line(web, "setenv", "LIMIT")), (Some("true"), Some("10")));
    assert_eq!(worker.command, ["/bin/bash", "-c", "exec ./work.sh --queue $QUEUE >> work.log"]);
    assert_eq!(option(worker, "uid").cloned(), text("www-data"));
}

#[test]
fn a_process_list_is_read_without_session_variables() {
    let read = read("/home/ann/.pm2/dump.pm2", DUMP, None);
    let [api, worker] = &read.manifest.services[..] else { panic!("{read:?}") };
    assert_eq!(api.command, ["/usr/bin/node", "/srv/api/index.js", "--quiet"]);
    assert_eq!(
        (line(api, "setenv", "API_URL"), line(api, "setenv", "HOME"), line(api, "setenv", "SSH_TTY")),
        (Some("http://x"), None, None)
    );
    assert_eq!(option(api, "working-directory").cloned(), text("/srv/api"));
    assert!(
        unconverted(&read).iter().any(|line| line.contains("exec_mode cluster, 2 instances")),
        "{:?}",
        unconverted(&read)
    );
    assert_eq!(worker.command, ["/srv/api/server"]);
    assert_eq!(option(worker, "instances").cloned(), text("0,1"));
}

#[test]
fn stdout_and_stderr_can_have_separate_files() {
    for (settings, log_file, output, error) in [
        (r#""out_file": "o", "error_file": "/e%""#, None, Some("append:/srv/o"), Some("append:/e%%")),
        (r#""out_file": "o", "error_file": "./o""#, Some("/srv/o"), None, None),
        (r#""output": "o""#, Some("/srv/o"), None, None),
        (r#""error": "e""#, None, None, Some("append:/srv/e")),
        (r#""out": "/dev/null", "err_file": "e""#, None, Some("null"), Some("append:/srv/e")),
        (r#""out": "NULL", "error": "NULL""#, None, Some("null"), None),
        (r#""out": "/dev/null""#, None, Some("null"), Some("journal")),
        (r#""log": "l""#, Some("/srv/l"), None, None),
        (r#""log": "l", "out": "o", "error": "e""#, None, Some("append:/srv/o"), Some("append:/srv/e")),
        (r#""out": "o", "instances": 2, "merge_logs": true"#, Some("/srv/o"), None, None),
        (r#""out": "o", "error": "e", "instances": 2"#, None, None, None),
        (r#""log": true"#, None, None, None),
    ] {
        let read = read("/srv/x.json", &format!("{{\"script\": \"./server\", {settings}}}"), None);
        let app = &read.manifest.services[0];
        assert_eq!(option(app, "log-file").cloned(), log_file.and_then(text), "{settings}");
        let both = (line(app, "properties", "StandardOutput"), line(app, "properties", "StandardError"));
        assert_eq!(both, (output, error), "{settings}");
        let is_told = |part: &str| unconverted(&read).iter().any(|line| line.contains(part));
        assert_eq!(is_told("log_file: not written"), settings.contains("\"log\": \"l\", "), "{settings}");
        assert_eq!(is_told("error_file: several"), settings.ends_with("2"), "{settings}");
    }
}

#[test]
fn line_settings_are_reported_by_destination() {
    let app = |more: &str| format!("{{\"script\": \"./server\", \"time\": true, \"merge_logs\": true{more}}}");
    let journal = unconverted(&read("/srv/x.json", &app(""), None));
    assert_eq!(
        journal,
        [
            "1: merge_logs: the journal has the output of all processes",
            "1: time: the journal records the time of each line"
        ]
    );
    let file = unconverted(&read("/srv/x.json", &app(", \"out\": \"o\""), None));
    assert_eq!(file, ["1: time: lines in files get no prefix"]);
}

#[test]
fn restarts_and_stops_are_as_with_pm2() {
    for (settings, delay, burst, interval) in [
        ("", Some("0"), Some("17"), Some("17")),
        (r#", "max_restarts": 3, "min_uptime": "1m""#, Some("0"), Some("4"), Some("240")),
        (r#", "restart_delay": 500"#, None, Some("17"), Some("26")),
        (r#", "exp_backoff_restart_delay": 100"#, Some("100ms"), None, None),
        (r#", "autorestart": false, "restart_delay": 500"#, None, None, None),
    ] {
        let app = format!("{{\"script\": \"./server\", \"kill_timeout\": 0, \"pid_file\": \"x.pid\"{settings}}}");
        let read = read("/srv/x.json", &app, None);
        let app = &read.manifest.services[0];
        assert_eq!(option(app, "restart-sec").cloned(), delay.and_then(text), "{settings}");
        let limits = (
            line(app, "properties", "Unit.StartLimitBurst"),
            line(app, "properties", "Unit.StartLimitIntervalSec"),
            line(app, "properties", "TimeoutStopSec"),
        );
        assert_eq!(limits, (burst, interval, Some("1600ms")), "{settings}");
        assert!(
            unconverted(&read).iter().any(|line| line.starts_with("1: pid_file: no such file is written")),
            "{:?}",
            unconverted(&read)
        );
    }
}

#[test]
fn settings_that_an_increasing_delay_excludes_are_reported() {
    let app = r#"{"script": "./server", "exp_backoff_restart_delay": 100, "max_restarts": 3}"#;
    let told = unconverted(&read("/srv/x.json", app, None));
    assert_eq!(told[1], "1: max_restarts: an increasing delay has its own limit", "{told:?}");
}

#[test]
fn stopped_apps_stay_stopped_and_modules_are_left_out() {
    let entry = |name: &str, more: &str| {
        format!("{{\"name\": \"{name}\", \"pm_exec_path\": \"/srv/server\", \"pm_cwd\": \"/srv\", {more}}}")
    };
    let list = [
        entry("old", r#""status": "stopped", "env": {"PATH": "/home/ann/.nvm/bin:/usr/bin"}"#),
        entry("api", r#""status": "online", "env": {"PATH": "/usr/bin"}"#),
        entry("api", r#""status": "stopped""#),
        entry("pm2-logrotate", r#""pmx_module": true"#),
    ];
    let whole = format!("[{}]", list.join(",\n"));
    let read = read("/home/ann/.pm2/dump.pm2", &whole, None);
    let [old, api] = &read.manifest.services[..] else { panic!("{read:?}") };
    for name in ["no-start", "no-enable"] {
        assert_eq!((option(old, name), option(api, name)), (Some(&Value::Flag(true)), None), "{name}");
    }
    assert_eq!(option(api, "instances"), None);
    assert_eq!(
        unconverted(&read),
        [
            "1: PATH with /home/ann/.nvm/bin is from the session that started it; use setenv if it is needed",
            "1: status stopped: installed, but neither started nor enabled",
            "2: status stopped: 1 of 2 processes",
            "4: pm2-logrotate: a pm2 module, useless without pm2",
        ]
    );
    let files = entry("a", r#""pm_log_path": "/l", "pm_out_log_path": "/o", "pm_err_log_path": "/home/a/.pm2/logs/e""#);
    let files = read_as(Format::Pm2, "/x.json", &format!("[{files}]"), &[], &ImportOptions::default()).unwrap();
    assert_eq!(option(&files.manifest.services[0], "log-file").cloned(), text("/o"));
    assert!(unconverted(&files)[0].starts_with("1: log_file: not written"), "{:?}", unconverted(&files));
    let alone = format!("[{}]", list[3]);
    let why = read_as(Format::Pm2, "/x.json", &alone, &[], &ImportOptions::default())
        .map_err(|error| plain(&error))
        .unwrap_err();
    assert!(why.contains("contains no app"), "{why}");
}

#[test]
fn an_unknown_environment_is_refused_with_the_known_ones() {
    let refused = |path: &str, file: &str, name: &str| {
        let options = ImportOptions { environment: Some(name.into()), ..ImportOptions::default() };
        plain(&read_as(Format::Pm2, path, file, &[], &options).unwrap_err())
    };
    let ecosystem = refused("/srv/x.json", ECOSYSTEM, "prod");
    assert!(
        ecosystem.ends_with("has no app with `env_prod` | choose among production, staging: --environment production"),
        "{ecosystem}"
    );
    let file = "{\"script\": \"x\", \"env_file\": \".env\"}";
    assert!(refused("/x.json", file, "file").contains("`env` always applies"));
    assert_eq!(unconverted(&read("/x.json", file, None)), ["1: env_file: set environment-file"]);
    assert!(refused("/x.json", DUMP, "production").contains("is a process list"));
    let script = refused("/srv/x.config.js", "", "two words");
    assert!(script.ends_with("| mkservice import --format pm2 --environment 'two words' -"), "{script}");
}

#[test]
fn invalid_ecosystem_files_are_refused_with_the_line() {
    let refused =
        |path: &str, text: &str| plain(&read_as(Format::Pm2, path, text, &[], &ImportOptions::default()).unwrap_err());
    for (file, part) in [
        ("", "/x.json: is empty"),
        ("{}", "is an app without a script"),
        ("{\"apps\": []}", "contains no app"),
        ("{\"apps\": 1}", "contains no apps"),
        ("[\n 1]", "/x.json:2: is not an app"),
        ("{\"apps\": [\n{\"script\": \"x\", \"instances\": \"many\"}]}", "/x.json:2: instances: `many`"),
        ("{\"script\": \"x\", \"instances\": 99999}", "exceeds the limit of 256"),
        ("{\"script\": \"x\", \"kill_timeout\": \"soon\"}", "is not a number of milliseconds"),
        ("{\"script\": \"x\", \"max_memory_restart\": \"lots\"}", "invalid size"),
        ("{\"script\": \"x\"", "is not valid YAML or JSON"),
    ] {
        assert!(refused("/x.json", file).contains(part), "{file:?}: {}", refused("/x.json", file));
    }
    let script = refused("/srv/ecosystem.config.js", "module.exports = {}");
    assert!(script.contains("is a JavaScript program"), "{script}");
    assert!(script.contains("cd /srv && node -e 'console.log(JSON.stringify(require(\"/srv/ecosystem.config.js\")))' | mkservice import --format pm2 -"), "{script}");
}

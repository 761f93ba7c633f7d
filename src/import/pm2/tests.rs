use super::super::testing::{line, option, read_as, unconverted, with_variable};
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
    let app = |more: &str| {
        format!("{{\"script\": \"./server\", \"instances\": 2, \"time\": true, \"merge_logs\": true{more}}}")
    };
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

/// A process of a process list.
fn entry(name: &str, more: &str) -> String {
    format!("{{\"name\": \"{name}\", \"pm_exec_path\": \"/srv/server\", \"pm_cwd\": \"/srv\", {more}}}")
}

#[test]
fn stopped_apps_stay_stopped_and_modules_are_left_out() {
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

#[test]
fn the_node_of_a_version_is_that_of_nvm() {
    let file = r#"{"script": "a.js", "interpreter": "node@18.17.1", "node_args": "--inspect"}"#;
    let node = |read: &Imported| read.manifest.services[0].command[0].clone();
    let installed = read("/srv/x.json", file, None);
    assert_eq!(node(&installed), "/home/ann/.nvm/versions/node/v18.17.1/bin/node");
    assert_eq!(installed.manifest.services[0].command[1..], ["--inspect", "/srv/a.js"]);
    assert_eq!(unconverted(&installed), Vec::<String>::new());
    let elsewhere = with_variable(("NVM_DIR", "/opt/nvm"), Format::Pm2, "/srv/x.json", file, &[]);
    assert_eq!(node(&elsewhere), "/opt/nvm/versions/node/v18.17.1/bin/node");
    // A file with a blank in its path does not exist here.
    let missing = with_variable(("NVM_DIR", "/opt/no nvm"), Format::Pm2, "/srv/x.json", file, &[]);
    assert_eq!(node(&missing), "node");
    assert!(
        unconverted(&missing)[0].starts_with("1: interpreter node@18.17.1: nvm has no such version"),
        "{missing:?}"
    );
}

#[test]
fn the_web_server_of_pm2_is_named() {
    let file = r#"{"apps": [{"name": "front", "script": "serve", "env": {"PM2_SERVE_PATH": "dist", "PM2_SERVE_PORT": 3000}},
        {"name": "api", "script": "api.js"}]}"#;
    let both = read("/srv/x.json", file, None);
    assert_eq!(both.manifest.services.len(), 1);
    assert_eq!(unconverted(&both), ["1: front: the web server of pm2, for dist on port 3000: use another web server"]);
    let list =
        entry("site", r#""pm_exec_path": "/usr/lib/node_modules/pm2/lib/API/Serve.js", "env": {"PM2_SERVE_PORT": 80}"#);
    for file in [r#"{"script": "serve"}"#.to_owned(), format!("[{list}]")] {
        let why = plain(&read_as(Format::Pm2, "/x.json", &file, &[], &ImportOptions::default()).unwrap_err());
        assert!(why.contains("contains no app; s"), "{why}");
        assert!(why.contains(": the web server of pm2, for . on port 80"), "{why}");
    }
}

#[test]
fn processes_get_their_number_in_the_variable_that_is_asked_for() {
    for (settings, name, value) in [
        (r#""instances": 3, "exec_mode": "fork", "instance_var": "WORKER""#, "WORKER", "%i"),
        (r#""instances": 3, "instance_var": "WORKER""#, "WORKER", "0"),
        (r#""env": {"WORKER": 7}, "instance_var": "WORKER""#, "WORKER", "0"),
        (r#""instances": 1"#, "NODE_APP_INSTANCE", "0"),
    ] {
        let read = read("/srv/x.json", &format!("{{\"script\": \"a.js\", {settings}}}"), None);
        assert_eq!(line(&read.manifest.services[0], "setenv", name), Some(value), "{settings}");
    }
    let invalid = read("/srv/x.json", r#"{"script": "a.js", "instance_var": "a b"}"#, None);
    assert_eq!(unconverted(&invalid), ["1: instance_var: systemd does not accept the variable `a b`"]);
    let listed = entry("a", r#""instance_var": "WORKER", "env": {"WORKER": 0}"#);
    let listed = read_as(Format::Pm2, "/x.json", &format!("[{listed}]"), &[], &ImportOptions::default()).unwrap();
    assert_eq!(line(&listed.manifest.services[0], "setenv", "WORKER"), Some("0"));
}

#[test]
fn a_command_line_starts_from_the_directory_of_the_app() {
    for (script, expected) in [
        ("venv/bin/gunicorn app:app -b :80", &["/srv/app/venv/bin/gunicorn", "app:app", "-b", ":80"][..]),
        ("npm start", &["npm", "start"]),
        ("./a $B", &["/bin/bash", "-c", "exec ./a $B"]),
    ] {
        let read = read("/srv/x.json", &format!("{{\"cwd\": \"app\", \"script\": \"{script}\"}}"), None);
        assert_eq!(read.manifest.services[0].command, expected, "{script}");
    }
}

#[test]
fn other_apps_run_as_root_where_one_has_a_user() {
    let read_so = read("/srv/x.json", r#"[{"script": "a.js", "uid": "ann"}, {"script": "b.js"}]"#, None);
    let users: Vec<Option<Value>> = read_so.manifest.services.iter().map(|it| option(it, "uid").cloned()).collect();
    assert_eq!(users, [text("ann"), text("root")]);
}

#[test]
fn settings_without_an_effect_are_not_reported() {
    let settings = r#""instances": 1, "exec_mode": "cluster", "watch": false, "ignore_watch": ["x"], "merge_logs": true,
        "listen_timeout": 5000, "cron_restart": 0, "filter_env": ["AWS"], "watch_options": {}, "instance_var": "I""#;
    let read_so = read("/srv/x.json", &format!("{{\"script\": \"a.js\", {settings}}}"), None);
    assert_eq!(unconverted(&read_so), Vec::<String>::new());
    let several = read("/srv/x.json", r#"{"script": "a.js", "exec_mode": "cluster_mode", "instances": 2}"#, None);
    assert!(unconverted(&several)[0].starts_with("1: exec_mode cluster, 2 instances"), "{several:?}");
}

#[test]
fn paths_and_variables_are_those_of_pm2() {
    let file = r#"{"script": "a.py", "cwd": "~/app", "out_file": "~/logs/a.log", "port": 4000, "env": {"A": "1"}}"#;
    let read_so = read("/srv/x.json", file, None);
    let app = &read_so.manifest.services[0];
    assert_eq!(app.command, ["python3", "/home/ann/app/a.py"]);
    assert_eq!(option(app, "working-directory").cloned(), text("/home/ann/app"));
    assert_eq!(option(app, "log-file").cloned(), text("/home/ann/logs/a.log"));
    assert_eq!((line(app, "setenv", "PORT"), line(app, "setenv", "PYTHONUNBUFFERED")), (Some("4000"), Some("1")));
}

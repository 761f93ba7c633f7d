use super::super::testing::{left, line, of, read_as};
use super::super::{Format, Imported, Wishes};
use crate::manifest::Value;

const ECOSYSTEM: &str = include_str!("../../../examples/import/pm2/ecosystem.json");
const PROCESSES: &str = include_str!("../../../examples/import/pm2/process.yml");
const DUMP: &str = include_str!("../../../examples/import/pm2/dump.pm2");

fn read(path: &str, text: &str, environment: Option<&str>) -> Imported {
    let wishes = Wishes { environment: environment.map(str::to_owned), ..Wishes::default() };
    read_as(Format::Pm2, path, text, &[], &wishes).unwrap()
}

fn text(text: &str) -> Option<Value> {
    Some(Value::Text(text.into()))
}

#[test]
fn an_ecosystem_file_becomes_services() {
    let read = read("/srv/site/ecosystem.json", ECOSYSTEM, Some("production"));
    let [api, jobs, npm, mail] = &read.manifest.services[..] else { panic!("{read:?}") };
    assert_eq!(api.command, ["node", "--max-old-space-size=512", "/srv/site/dist/api.js", "--port", "3000"]);
    for (option, value) in [("working-directory", "/srv/site"), ("restart", "always"), ("memory-max", "300M")] {
        assert_eq!(of(api, option).cloned(), text(value), "{option}");
    }
    assert_eq!((line(api, "setenv", "NODE_ENV"), line(api, "setenv", "PORT")), (Some("production"), Some("3000")));
    assert_eq!(
        (line(api, "properties", "KillSignal"), line(api, "properties", "TimeoutStopSec")),
        (Some("SIGINT"), Some("5000ms"))
    );
    assert_eq!(line(api, "properties", "RestartSec"), Some("3000ms"));
    assert_eq!(jobs.command, ["python3", "/srv/site/jobs/worker.py", "-q", "two words"]);
    assert_eq!((of(jobs, "instances").cloned(), line(jobs, "setenv", "NODE_APP_INSTANCE")), (text("0,1"), Some("%i")));
    assert_eq!(of(jobs, "log-file"), None);
    assert_eq!(npm.command, ["npm", "run", "start:web"]);
    assert_eq!(mail.command, ["/srv/site/bin/server", "--mail"]);
    assert_eq!(
        (of(mail, "restart").cloned(), of(mail, "log-file").cloned()),
        (text("no"), text("/srv/site/logs/mail.log"))
    );
    let told = left(&read).join("\n");
    for part in ["7: exec_mode cluster", "watch:", "wait_ready", "env_staging", "cron_restart", "deploy:"] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[test]
fn yaml_is_the_same() {
    let read = read("/srv/site/process.yml", PROCESSES, None);
    let [web, worker] = &read.manifest.services[..] else { panic!("{read:?}") };
    assert_eq!(web.command, ["node", "/srv/site/bin/www"]);
    assert_eq!((line(web, "setenv", "DEBUG"), line(web, "setenv", "LIMIT")), (Some("true"), Some("10")));
    assert_eq!(worker.command, ["/bin/bash", "-c", "exec ./work.sh --queue $QUEUE >> work.log"]);
    assert_eq!(of(worker, "uid").cloned(), text("www-data"));
}

#[test]
fn a_process_list_is_read_without_the_session_it_was_started_from() {
    let read = read("/home/ann/.pm2/dump.pm2", DUMP, None);
    let [api, worker] = &read.manifest.services[..] else { panic!("{read:?}") };
    assert_eq!(api.command, ["/usr/bin/node", "/srv/api/index.js", "--quiet"]);
    assert_eq!(
        (line(api, "setenv", "API_URL"), line(api, "setenv", "HOME"), line(api, "setenv", "SSH_TTY")),
        (Some("http://x"), None, None)
    );
    assert_eq!(of(api, "working-directory").cloned(), text("/srv/api"));
    assert!(left(&read).iter().any(|line| line.contains("exec_mode cluster, 2 instances")), "{:?}", left(&read));
    assert_eq!(worker.command, ["/srv/api/server"]);
    assert_eq!(of(worker, "instances").cloned(), text("0,1"));
}

#[test]
fn output_and_errors_have_files_of_their_own() {
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
        assert_eq!(of(app, "log-file").cloned(), log_file.and_then(text), "{settings}");
        let both = (line(app, "properties", "StandardOutput"), line(app, "properties", "StandardError"));
        assert_eq!(both, (output, error), "{settings}");
        let is_told = |part: &str| left(&read).iter().any(|line| line.contains(part));
        assert_eq!(is_told("log_file: not written"), settings.contains("\"log\": \"l\", "), "{settings}");
        assert_eq!(is_told("error_file: several"), settings.ends_with("2"), "{settings}");
    }
}

#[test]
fn what_is_told_of_lines_is_true_of_files_as_well() {
    let app = |more: &str| format!("{{\"script\": \"./server\", \"time\": true, \"merge_logs\": true{more}}}");
    let journal = left(&read("/srv/x.json", &app(""), None));
    assert_eq!(
        journal,
        ["1: merge_logs: the journal takes what all processes say", "1: time: the journal keeps the time of each line"]
    );
    let file = left(&read("/srv/x.json", &app(", \"out\": \"o\""), None));
    assert_eq!(file, ["1: time: nothing is put in front of the lines in a file"]);
}

#[test]
fn it_is_restarted_and_stopped_as_pm2_does_it() {
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
        assert_eq!(of(app, "restart-sec").cloned(), delay.and_then(text), "{settings}");
        let limits = (
            line(app, "properties", "Unit.StartLimitBurst"),
            line(app, "properties", "Unit.StartLimitIntervalSec"),
            line(app, "properties", "TimeoutStopSec"),
        );
        assert_eq!(limits, (burst, interval, Some("1600ms")), "{settings}");
        assert!(left(&read).iter().any(|line| line.starts_with("1: pid_file: none is written")), "{:?}", left(&read));
    }
}

#[test]
fn what_a_growing_delay_leaves_out_is_told() {
    let app = r#"{"script": "./server", "exp_backoff_restart_delay": 100, "max_restarts": 3}"#;
    let told = left(&read("/srv/x.json", app, None));
    assert_eq!(told[1], "1: max_restarts: a delay that grows has a limit of its own", "{told:?}");
}

#[test]
fn what_is_stopped_stays_so_and_modules_are_left_out() {
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
    for option in ["no-start", "no-enable"] {
        assert_eq!((of(old, option), of(api, option)), (Some(&Value::Flag(true)), None), "{option}");
    }
    assert_eq!(of(api, "instances"), None);
    assert_eq!(
        left(&read),
        [
            "1: PATH with /home/ann/.nvm/bin is of the session that started it; setenv gives what needs it",
            "1: status stopped: it is installed, and neither started nor enabled",
            "2: status stopped: 1 of 2 processes",
            "4: pm2-logrotate: a module of pm2, which has no place without it",
        ]
    );
    let files = entry("a", r#""pm_log_path": "/l", "pm_out_log_path": "/o", "pm_err_log_path": "/home/a/.pm2/logs/e""#);
    let files = read_as(Format::Pm2, "/x.json", &format!("[{files}]"), &[], &Wishes::default()).unwrap();
    assert_eq!(of(&files.manifest.services[0], "log-file").cloned(), text("/o"));
    assert!(left(&files)[0].starts_with("1: log_file: not written"), "{:?}", left(&files));
    let alone = format!("[{}]", list[3]);
    let why = read_as(Format::Pm2, "/x.json", &alone, &[], &Wishes::default()).unwrap_err().to_string();
    assert!(why.contains("has no app in it"), "{why}");
}

#[test]
fn an_environment_that_no_app_has_is_refused_with_those_there_are() {
    let refused = |path: &str, file: &str, name: &str| {
        let wishes = Wishes { environment: Some(name.into()), ..Wishes::default() };
        let error = read_as(Format::Pm2, path, file, &[], &wishes).unwrap_err();
        format!("{error} | {}", error.hint_text().unwrap_or_default())
    };
    let ecosystem = refused("/srv/x.json", ECOSYSTEM, "prod");
    assert!(
        ecosystem.ends_with("has no app with `env_prod` | it has production, staging: --environment production"),
        "{ecosystem}"
    );
    let file = "{\"script\": \"x\", \"env_file\": \".env\"}";
    assert!(refused("/x.json", file, "file").contains("no environment but `env`"));
    assert_eq!(left(&read("/x.json", file, None)), ["1: env_file: say it as environment-file"]);
    assert!(refused("/x.json", DUMP, "production").contains("is a list of processes"));
    let script = refused("/srv/x.config.js", "", "two words");
    assert!(script.ends_with("| mkservice import --format pm2 --environment 'two words' -"), "{script}");
}

#[test]
fn what_is_no_ecosystem_file_is_an_error_with_its_line() {
    let refused = |path: &str, text: &str| {
        let error = read_as(Format::Pm2, path, text, &[], &Wishes::default()).unwrap_err();
        format!("{error} | {}", error.hint_text().unwrap_or_default())
    };
    for (file, part) in [
        ("", "/x.json: has nothing in it"),
        ("{}", "is an app without a script"),
        ("{\"apps\": []}", "has no app in it"),
        ("{\"apps\": 1}", "holds no apps"),
        ("[\n 1]", "/x.json:2: is no app"),
        ("{\"apps\": [\n{\"script\": \"x\", \"instances\": \"many\"}]}", "/x.json:2: instances: `many`"),
        ("{\"script\": \"x\", \"instances\": 99999}", "more than 256"),
        ("{\"script\": \"x\", \"kill_timeout\": \"soon\"}", "no number of milliseconds"),
        ("{\"script\": \"x\", \"max_memory_restart\": \"lots\"}", "is no size"),
        ("{\"script\": \"x\"", "cannot be read"),
    ] {
        assert!(refused("/x.json", file).contains(part), "{file:?}: {}", refused("/x.json", file));
    }
    let script = refused("/srv/ecosystem.config.js", "module.exports = {}");
    assert!(script.contains("is a program in JavaScript"), "{script}");
    assert!(script.contains("cd /srv && node -e 'console.log(JSON.stringify(require(\"/srv/ecosystem.config.js\")))' | mkservice import --format pm2 -"), "{script}");
}

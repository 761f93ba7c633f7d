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
    for (option, value) in
        [("working-directory", "/srv/site"), ("restart", "always"), ("memory-max", "300M"), ("restart-sec", "3000ms")]
    {
        assert_eq!(of(api, option).cloned(), text(value), "{option}");
    }
    assert_eq!((line(api, "setenv", "NODE_ENV"), line(api, "setenv", "PORT")), (Some("production"), Some("3000")));
    assert_eq!(
        (line(api, "properties", "KillSignal"), line(api, "properties", "TimeoutStopSec")),
        (Some("SIGINT"), Some("5000ms"))
    );
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
fn what_is_no_ecosystem_file_is_an_error_with_its_line() {
    let refused = |path: &str, text: &str| {
        let error = read_as(Format::Pm2, path, text, &[], &Wishes::default()).unwrap_err();
        format!("{error} | {}", error.hint().unwrap_or_default())
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

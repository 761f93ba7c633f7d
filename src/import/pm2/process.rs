//! A process list of pm2: what it remembers of each process, as the app that it was started from.

use std::collections::HashMap;

use super::node::{Node, Value};
use crate::adopt::environment::is_of_session;

/// True for an entry of a process list.
pub fn is_process(node: &Node) -> bool {
    node.get("pm_exec_path").is_some() || node.get("pm2_env").is_some()
}

/// The apps, each with how many processes it has.
pub fn apps(processes: &[&Node]) -> Vec<(Node, Option<usize>)> {
    let mut apps: Vec<(Node, usize)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for process in processes {
        let app = app(process);
        let same = |other: &Node| {
            ["script", "cwd"]
                .iter()
                .all(|name| other.get(name).and_then(Node::word) == app.get(name).and_then(Node::word))
        };
        let name = app.get("name").and_then(Node::word).unwrap_or_default();
        match places.get(&name) {
            // The processes of one app differ in their numbers alone.
            Some(place) if same(&apps[*place].0) => apps[*place].1 += 1,
            _ => {
                places.insert(name, apps.len());
                apps.push((app, 1));
            }
        }
    }
    apps.into_iter().map(|(app, count)| (app, Some(count))).collect()
}

/// What pm2 calls otherwise in its list than in an ecosystem file.
const NAMES: [(&str, &str); 6] = [
    ("pm_exec_path", "script"),
    ("pm_cwd", "cwd"),
    ("exec_interpreter", "interpreter"),
    ("node_args", "node_args"),
    ("pm_out_log_path", "out_file"),
    ("pm_err_log_path", "error_file"),
];

/// What of an entry is said by whoever started it; the rest is how the process is doing.
const KEPT: [&str; 26] = [
    "name",
    "args",
    "exec_mode",
    "autorestart",
    "max_memory_restart",
    "cron_restart",
    "watch",
    "restart_delay",
    "exp_backoff_restart_delay",
    "kill_timeout",
    "uid",
    "gid",
    "wait_ready",
    "listen_timeout",
    "max_restarts",
    "min_uptime",
    "stop_exit_codes",
    "treekill",
    "namespace",
    "shutdown_with_message",
    "source_map_support",
    "filter_env",
    "cron",
    "interpreter_args",
    "autostart",
    "kill_signal",
];

fn app(process: &Node) -> Node {
    let details = process.get("pm2_env").unwrap_or(process);
    let Value::Table(table) = &details.value else { return details.clone() };
    let mut app: Vec<(String, Node)> = Vec::new();
    for (name, node) in table.iter().filter(|(_, node)| node.value != Value::Null) {
        let usual = NAMES.iter().find(|(known, _)| known == name).map(|(_, usual)| (*usual).to_owned());
        let kept = usual.or_else(|| KEPT.contains(&name.as_str()).then(|| name.clone()));
        // The log files are pm2's own where nobody named others.
        let is_own_log = name.ends_with("_log_path") && node.word().is_some_and(|path| path.contains("/.pm2/logs/"));
        if let Some(kept) = kept.filter(|_| !is_own_log) {
            app.push((kept, node.clone()));
        }
        if name == "env" {
            app.push((name.clone(), Node { line: node.line, value: Value::Table(of_its_own(node)) }));
        }
    }
    if let Some(name) = process.get("name").filter(|_| details.get("name").is_none()) {
        app.push(("name".into(), name.clone()));
    }
    Node { line: process.line, value: Value::Table(app) }
}

/// The variables without those of the session from which the process was started, and pm2's own.
fn of_its_own(env: &Node) -> Vec<(String, Node)> {
    const OF_PM2: [&str; 6] =
        ["PM2_HOME", "PM2_USAGE", "NODE_APP_INSTANCE", "unique_id", "pm_id", "PM2_JSON_PROCESSING"];
    let Value::Table(table) = &env.value else { return Vec::new() };
    let is_own = |name: &str, node: &Node| {
        !is_of_session(name)
            && !OF_PM2.contains(&name)
            && !name.starts_with("PM2_")
            // pm2 keeps the app itself there as well.
            && !matches!(node.value, Value::Table(_) | Value::List(_) | Value::Null)
            && !name.starts_with("axm_")
            && !name.starts_with("km_link")
    };
    table.iter().filter(|(name, node)| is_own(name, node)).cloned().collect()
}

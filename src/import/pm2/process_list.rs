//! A process list of pm2: the entries of the processes of one app become the app again.

use std::collections::HashMap;

use super::super::node::{Node, Value};
use crate::adopt::environment::is_session_variable;
use crate::host::USUAL_PATH;

pub fn is_process(node: &Node) -> bool {
    node.get("pm_exec_path").is_some() || node.get("pm2_env").is_some()
}

/// An app of a process list.
pub struct Listed {
    /// In the notation of ecosystem files.
    pub app: Node,
    /// The number of processes.
    count: usize,
    /// How many of them pm2 has stopped.
    stopped: usize,
    /// `PATH` of the session that it was started from.
    path: Option<Node>,
}

impl Listed {
    /// The number of processes to convert.
    pub fn wanted(&self) -> usize {
        if self.is_stopped() { self.count } else { self.count - self.stopped }
    }

    pub fn is_stopped(&self) -> bool {
        self.stopped == self.count
    }

    /// What is not converted, with its line.
    pub fn unconverted(&self) -> Vec<(usize, String)> {
        let mut unconverted = Vec::new();
        if self.is_stopped() {
            let what = "status stopped: installed, but neither started nor enabled";
            unconverted.push((self.app.line, what.to_owned()));
        } else if self.stopped > 0 {
            unconverted.push((self.app.line, format!("status stopped: {} of {} processes", self.stopped, self.count)));
        }
        let word = self.path.as_ref().and_then(|node| Some((node.line, node.word()?)));
        if let Some((line, path)) = word {
            let is_usual = |part: &&str| part.is_empty() || USUAL_PATH.split(':').any(|usual| usual == *part);
            let mut more: Vec<&str> = path.split(':').filter(|part| !is_usual(part)).collect();
            more.dedup();
            if !more.is_empty() {
                let what = "is from the session that started it; use setenv if it is needed";
                unconverted.push((line, format!("PATH with {} {what}", more.join(", "))));
            }
        }
        unconverted
    }
}

/// Whether an entry is a pm2 module, such as pm2-logrotate.
pub fn is_module(process: &Node) -> bool {
    let details = process.get("pm2_env").unwrap_or(process);
    details.get("pmx_module").is_some_and(|node| node.word().as_deref() == Some("true"))
}

pub fn apps(processes: &[&Node]) -> Vec<Listed> {
    let mut apps: Vec<Listed> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for process in processes {
        let listed = listed(process);
        let app = &listed.app;
        let same = |other: &Node| {
            ["script", "cwd"]
                .iter()
                .all(|name| other.get(name).and_then(Node::word) == app.get(name).and_then(Node::word))
        };
        let name = app.get("name").and_then(Node::word).unwrap_or_default();
        match places.get(&name) {
            Some(place) if same(&apps[*place].app) => {
                apps[*place].count += 1;
                apps[*place].stopped += listed.stopped;
            }
            _ => {
                places.insert(name, apps.len());
                apps.push(listed);
            }
        }
    }
    apps
}

fn listed(process: &Node) -> Listed {
    let details = process.get("pm2_env").unwrap_or(process);
    let stopped = details.get("status").and_then(Node::word).is_some_and(|status| status == "stopped");
    let path = details.get("env").and_then(|env| env.get("PATH")).cloned();
    Listed { app: app(process), count: 1, stopped: usize::from(stopped), path }
}

/// Names in process lists, and those in ecosystem files.
const NAMES: [(&str, &str); 7] = [
    ("pm_exec_path", "script"),
    ("pm_cwd", "cwd"),
    ("exec_interpreter", "interpreter"),
    ("node_args", "node_args"),
    ("pm_out_log_path", "out_file"),
    ("pm_err_log_path", "error_file"),
    ("pm_log_path", "log_file"),
];

/// The settings of an entry; the others are state.
const SETTINGS: [&str; 27] = [
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
    "instance_var",
];

fn app(process: &Node) -> Node {
    let details = process.get("pm2_env").unwrap_or(process);
    let Value::Table(table) = &details.value else { return details.clone() };
    let mut app: Vec<(String, Node)> = Vec::new();
    for (name, node) in table.iter().filter(|(_, node)| node.value != Value::Null) {
        let usual = NAMES.iter().find(|(known, _)| known == name).map(|(_, usual)| (*usual).to_owned());
        let setting = usual.or_else(|| SETTINGS.contains(&name.as_str()).then(|| name.clone()));
        // The default log files of pm2.
        let is_own_log = name.ends_with("_log_path") && node.word().is_some_and(|path| path.contains("/.pm2/logs/"));
        if let Some(setting) = setting.filter(|_| !is_own_log) {
            app.push((setting, node.clone()));
        }
        if name == "env" {
            app.push((name.clone(), Node { line: node.line, value: Value::Table(own_variables(node)) }));
        }
    }
    if let Some(name) = process.get("name").filter(|_| details.get("name").is_none()) {
        app.push(("name".into(), name.clone()));
    }
    Node { line: process.line, value: Value::Table(app) }
}

/// The variables without those of the session and of pm2.
fn own_variables(env: &Node) -> Vec<(String, Node)> {
    const OF_PM2: [&str; 6] =
        ["PM2_HOME", "PM2_USAGE", "NODE_APP_INSTANCE", "unique_id", "pm_id", "PM2_JSON_PROCESSING"];
    let Value::Table(table) = &env.value else { return Vec::new() };
    let is_own = |name: &str, node: &Node| {
        !is_session_variable(name)
            && !OF_PM2.contains(&name)
            && !name.starts_with("PM2_")
            // pm2 also keeps the app itself there.
            && !matches!(node.value, Value::Table(_) | Value::List(_) | Value::Null)
            && !name.starts_with("axm_")
            && !name.starts_with("km_link")
    };
    table.iter().filter(|(name, node)| is_own(name, node)).cloned().collect()
}

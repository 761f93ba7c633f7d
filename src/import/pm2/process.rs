//! A process list of pm2: what it remembers of each process, as the app that it was started from.

use std::collections::HashMap;

use super::super::node::{Node, Value};
use crate::adopt::environment::is_of_session;
use crate::host::USUAL_PATH;

/// True for an entry of a process list.
pub fn is_process(node: &Node) -> bool {
    node.get("pm_exec_path").is_some() || node.get("pm2_env").is_some()
}

/// An app, and what the list tells of its processes.
pub struct Listed {
    /// As an ecosystem file would have it.
    pub app: Node,
    /// How many processes run, or could.
    pub count: usize,
    /// How many pm2 has stopped.
    pub stopped: usize,
    /// `PATH` of the session that it was started from.
    path: Option<Node>,
}

impl Listed {
    /// How many services there are to be.
    pub fn wanted(&self) -> usize {
        if self.is_stopped() { self.count } else { self.count - self.stopped }
    }

    /// Whether none of it runs.
    pub fn is_stopped(&self) -> bool {
        self.stopped == self.count
    }

    /// What of it is not carried over, with the lines.
    pub fn left(&self) -> Vec<(usize, String)> {
        let mut left = Vec::new();
        if self.is_stopped() {
            let what = "status stopped: it is installed, and neither started nor enabled";
            left.push((self.app.line, what.to_owned()));
        } else if self.stopped > 0 {
            left.push((self.app.line, format!("status stopped: {} of {} processes", self.stopped, self.count)));
        }
        let word = self.path.as_ref().and_then(|node| Some((node.line, node.word()?)));
        if let Some((line, path)) = word {
            let is_usual = |folder: &&str| folder.is_empty() || USUAL_PATH.split(':').any(|usual| usual == *folder);
            let mut more: Vec<&str> = path.split(':').filter(|folder| !is_usual(folder)).collect();
            more.dedup();
            if !more.is_empty() {
                let what = "is of the session that started it; setenv gives what needs it";
                left.push((line, format!("PATH with {} {what}", more.join(", "))));
            }
        }
        left
    }
}

/// Whether an entry is a module of pm2 itself, such as pm2-logrotate.
pub fn is_module(process: &Node) -> bool {
    let details = process.get("pm2_env").unwrap_or(process);
    details.get("pmx_module").is_some_and(|node| node.word().as_deref() == Some("true"))
}

/// The apps, each with what is known of its processes.
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
            // The processes of one app differ in their numbers alone.
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

/// What pm2 calls otherwise in its list than in an ecosystem file.
const NAMES: [(&str, &str); 7] = [
    ("pm_exec_path", "script"),
    ("pm_cwd", "cwd"),
    ("exec_interpreter", "interpreter"),
    ("node_args", "node_args"),
    ("pm_out_log_path", "out_file"),
    ("pm_err_log_path", "error_file"),
    ("pm_log_path", "log_file"),
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

//! The web server for static files that is a part of pm2.

use super::super::node::Node;

/// Its script, in ecosystem files and in process lists.
const SCRIPT: &str = "serve";
const FILE: &str = "/lib/API/Serve.js";

pub fn is_server(app: &Node) -> bool {
    let details = app.get("pm2_env").unwrap_or(app);
    let word = |name: &str| details.get(name).and_then(Node::word);
    let is_script = ["script", "cmd", "command"].into_iter().find_map(word).is_some_and(|script| script == SCRIPT);
    is_script || word("pm_exec_path").is_some_and(|path| path.ends_with(FILE))
}

/// What can replace it.
pub fn unconverted(app: &Node) -> String {
    let details = app.get("pm2_env").unwrap_or(app);
    let variable = |name: &str, default: &str| {
        details.get("env").and_then(|env| env.get(name)).and_then(Node::word).unwrap_or_else(|| default.to_owned())
    };
    let name = app.get("name").and_then(Node::word).unwrap_or_else(|| SCRIPT.to_owned());
    let (port, directory) = (variable("PM2_SERVE_PORT", "8080"), variable("PM2_SERVE_PATH", "."));
    format!("{name}: the web server of pm2, for {directory} on port {port}: use another web server")
}

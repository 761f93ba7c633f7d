//! A pm2 app as a service.

use std::path::{Path, PathBuf};

use super::super::draft::{Draft, ManifestBuilder, absolute, directory_of, escape_instance, text};
use super::super::node::{Node, Value};
use super::super::shell_line::{self, SimpleCommand};
use super::super::supervisord::values;
use super::super::{Input, ReadError};
use super::process_list::Listed;
use super::{environment, logs};
use crate::spec::{INSTANCES_MAX, Variable};

/// The interpreters of pm2, by file extension.
const INTERPRETERS: [(&str, &str); 10] = [
    ("js", "node"),
    ("cjs", "node"),
    ("mjs", "node"),
    ("py", "python3"),
    ("sh", "bash"),
    ("rb", "ruby"),
    ("php", "php"),
    ("pl", "perl"),
    ("ts", "bun"),
    ("coffee", "coffee"),
];

/// Whether an app has a user: only root's pm2 can run apps as other users.
pub fn has_user(app: &Node) -> bool {
    ["uid", "user"].iter().any(|name| app.get(name).is_some())
}

/// `is_root` says whether pm2 runs as root. `listed` is the state of the app, if it is from a process list.
pub fn service(
    node: &Node,
    listed: Option<&Listed>,
    is_root: bool,
    input: &Input<'_>,
    manifest: &mut ManifestBuilder,
) -> Result<(), ReadError> {
    let app = App { node, input };
    let directory = directory_of(&input.source.path);
    let script = app.script().ok_or_else(|| ReadError::new(node.line, "is an app without a script"))?;
    let cwd = app.word(&["cwd"]).map_or_else(|| directory.to_owned(), |cwd| app.path(directory, &cwd));
    let stem = Path::new(script.split_whitespace().next().unwrap_or("app")).file_stem();
    let stem = stem.map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_else(|| "app".into());
    let mut draft = Draft::new(manifest.name(&app.word(&["name"]).unwrap_or(stem)));
    draft.comment(format!("the app of line {}", node.line));
    let argv = app.argv(&script, &cwd, &mut draft)?;
    let runs_node = argv.first().is_some_and(|program| program.contains("node") || program.contains("npm"));
    let count = app.count(listed.map(Listed::wanted), runs_node, &mut draft)?;
    let literal = |word: &str| if count == 1 { word.to_owned() } else { escape_instance(word) };
    draft.command(argv.iter().map(|word| literal(word)).collect());
    if count > 1 {
        // pm2 counts from 0.
        draft.set("instances", (0..count).map(|number| number.to_string()).collect::<Vec<_>>().join(","));
    }
    draft.set("working-directory", literal(&text(&cwd)));
    app.identity(is_root, &mut draft);
    for (line, what) in listed.map(Listed::unconverted).unwrap_or_default() {
        draft.unconverted(&input.source.path, line, what);
    }
    if !app.is_on(&["autostart"], true) || listed.is_some_and(Listed::is_stopped) {
        draft.flag("no-enable");
        draft.flag("no-start");
    }
    app.restart(&mut draft)?;
    app.stop(&mut draft)?;
    let to_file = app.output(&cwd, count, &mut draft)?;
    if argv.iter().take(1).any(|program| program.contains("python")) {
        draft.variable("PYTHONUNBUFFERED", "1");
    }
    app.environment(&literal, &mut draft)?;
    app.instance_variable(count, &mut draft);
    app.report_unconverted(to_file, count, &mut draft);
    manifest.push(draft);
    Ok(())
}

pub struct App<'a> {
    pub(super) node: &'a Node,
    pub(super) input: &'a Input<'a>,
}

impl App<'_> {
    /// The first of several names for a setting.
    pub(super) fn setting(&self, names: &[&str]) -> Option<&Node> {
        names.iter().find_map(|name| self.node.get(name))
    }

    pub(super) fn word(&self, names: &[&str]) -> Option<String> {
        self.setting(names)?.word()
    }

    pub(super) fn is_on(&self, names: &[&str], default: bool) -> bool {
        match self.setting(names).map(|node| &node.value) {
            None => default,
            Some(Value::Switch(on)) => *on,
            Some(Value::Text(text) | Value::Number(text)) => !matches!(text.as_str(), "false" | "0" | ""),
            Some(Value::List(list)) => !list.is_empty(),
            Some(_) => true,
        }
    }

    pub(super) fn number(&self, name: &str, node: &Node, kind: &str) -> Result<u64, ReadError> {
        let word = node.word().unwrap_or_default();
        word.parse().map_err(|_| ReadError::new(node.line, format!("{name}: `{word}` is not {kind}")))
    }

    /// pm2 treats 0 as unset.
    pub(super) fn millis(&self, name: &str) -> Result<Option<u64>, ReadError> {
        let Some(node) = self.setting(&[name]) else { return Ok(None) };
        self.number(name, node, "a number of milliseconds").map(|millis| Some(millis).filter(|millis| *millis > 0))
    }

    /// The arguments of a text or a list.
    pub(super) fn words(&self, names: &[&str]) -> Result<Vec<String>, ReadError> {
        let Some(node) = self.setting(names) else { return Ok(Vec::new()) };
        let error = |node: &Node, why: &str| ReadError::new(node.line, format!("{}: {why}", names[0]));
        match &node.value {
            Value::List(list) => {
                list.iter().map(|node| node.word().ok_or_else(|| error(node, "contains a table or list"))).collect()
            }
            _ => values::words(&node.word().unwrap_or_default()).map_err(|why| error(node, &why)),
        }
    }

    pub(super) fn script(&self) -> Option<String> {
        self.word(&["script", "cmd", "command"]).filter(|script| !script.trim().is_empty())
    }

    /// The user and the group; `is_root` says whether the others run as root.
    fn identity(&self, is_root: bool, draft: &mut Draft) {
        let user = self.word(&["uid", "user"]).or_else(|| is_root.then(|| "root".to_owned()));
        for (option, name) in [("uid", user), ("gid", self.word(&["gid"]))] {
            name.into_iter().for_each(|name| draft.set(option, name));
        }
    }

    /// A path relative to a directory, or to the home directory after `~`.
    pub(super) fn path(&self, directory: &Path, path: &str) -> PathBuf {
        match path.strip_prefix('~') {
            Some(rest) => absolute(self.input.facts.home, rest.trim_start_matches('/')),
            None => absolute(directory, path),
        }
    }

    /// The Node.js of nvm for `node@VERSION`.
    fn node_of_nvm(&self, version: &str, draft: &mut Draft) -> String {
        let facts = self.input.facts;
        let directory = facts.environment.get("NVM_DIR").map_or_else(|| facts.home.join(".nvm"), PathBuf::from);
        let node = directory.join(format!("versions/node/v{version}/bin/node"));
        if !(facts.is_file)(&node) {
            let line = self.setting(&["interpreter", "exec_interpreter"]).map_or(self.node.line, |node| node.line);
            let what = format!(
                "interpreter node@{version}: nvm has no such version: nvm install {version}, or set another path in command"
            );
            draft.unconverted(&self.input.source.path, line, what);
            return "node".into();
        }
        text(&node)
    }

    fn argv(&self, script: &str, cwd: &Path, draft: &mut Draft) -> Result<Vec<String>, ReadError> {
        let path = absolute(cwd, script);
        let is_there = (self.input.facts.is_file)(&path);
        let args = self.words(&["args"])?;
        if script.trim().contains(char::is_whitespace) && !is_there {
            // pm2 passes it to a shell, without arguments.
            return Ok(match shell_line::simple_command(script) {
                Some(SimpleCommand { variables, mut argv }) if variables.is_empty() => {
                    if argv[0].contains('/') {
                        argv[0] = text(&absolute(cwd, &argv[0]));
                    }
                    argv
                }
                _ => vec!["/bin/bash".into(), "-c".into(), shell_line::with_exec(script)],
            });
        }
        let interpreter = match self.word(&["interpreter", "exec_interpreter"]).filter(|word| !word.is_empty()) {
            Some(interpreter) => Some(interpreter).filter(|word| word != "none"),
            None => self.interpreter(script, &path, is_there),
        };
        let is_path = is_there || script.contains('/') || interpreter.is_some();
        let script = if is_path { text(&path) } else { script.to_owned() };
        let mut argv = Vec::new();
        if let Some(interpreter) = interpreter {
            argv.push(match interpreter.strip_prefix("node@") {
                Some(version) => self.node_of_nvm(version, draft),
                None if interpreter.contains('/') => text(&self.path(cwd, &interpreter)),
                None => interpreter,
            });
            argv.extend(self.words(&["interpreter_args", "interpreterArgs", "node_args"])?);
        }
        argv.push(script);
        argv.extend(args);
        Ok(argv)
    }

    fn interpreter(&self, script: &str, path: &Path, is_there: bool) -> Option<String> {
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        let by_extension = INTERPRETERS.iter().find(|(known, _)| *known == extension).map(|(_, program)| *program);
        // pm2 runs text files with Node.js, but not programs that it finds in PATH.
        let is_text = || is_there && script.contains('/') && !(self.input.facts.is_binary)(path);
        by_extension.or_else(|| is_text().then_some("node")).map(str::to_owned)
    }

    /// The number of processes. Cluster mode becomes a single process.
    fn count(&self, processes: Option<usize>, runs_node: bool, draft: &mut Draft) -> Result<usize, ReadError> {
        let setting = self.setting(&["instances"]);
        let mode = self.word(&["exec_mode"]).unwrap_or_default();
        let processors = self.input.facts.processors.max(1);
        let wanted = match (processes, setting) {
            (Some(count), _) => count,
            (None, None) => 1,
            (None, Some(node)) => match node.word().unwrap_or_default().as_str() {
                "max" => processors,
                word => match word.parse::<isize>() {
                    Ok(count) if count > 0 => count.unsigned_abs(),
                    // 0 for each processor, -1 for all but one.
                    Ok(less) => processors.saturating_sub(less.unsigned_abs()).max(1),
                    Err(_) => return Err(ReadError::new(node.line, format!("instances: `{word}` is not a number"))),
                },
            },
        };
        if wanted > INSTANCES_MAX {
            let line = setting.map_or(self.node.line, |node| node.line);
            return Err(ReadError::new(line, format!("instances: {wanted} exceeds the limit of {INSTANCES_MAX}")));
        }
        let is_cluster = mode.starts_with("cluster") || (mode.is_empty() && setting.is_some() && runs_node);
        if !is_cluster {
            return Ok(wanted);
        }
        let line = self.setting(&["exec_mode", "instances"]).map_or(self.node.line, |node| node.line);
        if wanted > 1 {
            let what = format!(
                "exec_mode cluster, {wanted} instances: only pm2 shares a port among processes; this is a single one \
                 (with instances and a port for each, add a proxy)"
            );
            draft.unconverted(&self.input.source.path, line, what);
        }
        Ok(1)
    }

    /// The number of the process, from 0.
    fn instance_variable(&self, count: usize, draft: &mut Draft) {
        let given = self.setting(&["instance_var"]);
        let name = given.and_then(Node::word).unwrap_or_else(|| "NODE_APP_INSTANCE".into());
        match (Variable::parse(name.as_bytes(), b""), given) {
            (Err(_), Some(node)) => {
                let what = format!("instance_var: systemd does not accept the variable `{name}`");
                draft.unconverted(&self.input.source.path, node.line, what);
            }
            _ => draft.variable(&name, if count > 1 { "%i" } else { "0" }),
        }
    }

    fn report_unconverted(&self, to_file: bool, count: usize, draft: &mut Draft) {
        let Value::Table(settings) = &self.node.value else { return };
        for (name, node) in settings {
            let is_off = matches!(node.value, Value::Switch(false) | Value::Null);
            if CONVERTED.contains(&name.as_str()) || environment::is_named(name) || is_off {
                continue;
            }
            let what = match name.as_str() {
                // They only matter to others.
                "listen_timeout" | "ignore_watch" | "watch_options" | "watch_delay" => continue,
                "merge_logs" | "combine_logs" if count == 1 => continue,
                // What is left out is not passed on anyway.
                "filter_env" => continue,
                "wait_ready" => "systemd does not receive process.send('ready'): the service counts as started at once",
                "shutdown_with_message" => "the process gets a signal, not a message",
                "log_type" => "lines get no other format: mkservice logs -o json prints them as JSON",
                "time" | "log_date_format" | "merge_logs" | "combine_logs" => {
                    let Some(what) = logs::line_setting(name, to_file) else { continue };
                    what
                }
                "source_map_support" => "use node --enable-source-maps",
                "increment_var" => "each process has the same value",
                "pid_file" | "pid" => "no such file is written: mkservice status prints the PID",
                "env_file" => "set environment-file",
                _ => "no equivalent",
            };
            draft.unconverted(&self.input.source.path, node.line, format!("{name}: {what}"));
        }
    }
}

/// The settings that are converted, and those about the display and files of pm2 itself.
const CONVERTED: [&str; 44] = [
    "name",
    "script",
    "cmd",
    "command",
    "args",
    "interpreter",
    "exec_interpreter",
    "interpreter_args",
    "interpreterArgs",
    "node_args",
    "cwd",
    "env",
    "instances",
    "exec_mode",
    "autorestart",
    "autostart",
    "restart_delay",
    "exp_backoff_restart_delay",
    "stop_exit_codes",
    "max_memory_restart",
    "max_restarts",
    "min_uptime",
    "cron_restart",
    "cron",
    "watch",
    "kill_signal",
    "kill_timeout",
    "treekill",
    "log_file",
    "log",
    "out_file",
    "output",
    "out",
    "error_file",
    "error",
    "err_file",
    "uid",
    "gid",
    "user",
    "instance_var",
    "port",
    "namespace",
    "vizion",
    "force",
];

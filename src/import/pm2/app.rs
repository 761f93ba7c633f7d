//! An app of pm2 as a service: each of its settings, and what becomes of it.

use std::path::Path;

use super::super::draft::{Draft, Draftsman, absolute, folder, text};
use super::super::node::{Node, Value};
use super::super::supervisord::values;
use super::super::{Facts, Source, Trouble, Wishes, shell_line};
use super::environment;
use super::process::Listed;
use crate::spec::INSTANCES_MAX;
use crate::systemd::specifier;

/// What pm2 runs a script with, by its ending.
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

/// Makes the service of an app. `listed` is what a process list tells of it.
pub fn service(
    node: &Node,
    listed: Option<&Listed>,
    source: &Source,
    facts: &Facts<'_>,
    wishes: &Wishes,
    all: &mut Draftsman,
) -> Result<(), Trouble> {
    let app = App { node, source, facts };
    let script = app.word(&["script", "cmd", "command"]).filter(|script| !script.trim().is_empty());
    let Some(script) = script else { return Err(Trouble::new(node.line, "is an app without a script")) };
    let cwd = match app.word(&["cwd"]) {
        Some(cwd) => absolute(folder(&source.path), &cwd),
        None => folder(&source.path).to_owned(),
    };
    let stem = Path::new(script.split_whitespace().next().unwrap_or("app")).file_stem();
    let stem = stem.map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_else(|| "app".into());
    let mut draft = Draft::new(all.name(&app.word(&["name"]).unwrap_or(stem)));
    draft.remark(format!("the app of line {}", node.line));
    let argv = app.argv(&script, &cwd)?;
    let runs_node = argv.first().is_some_and(|program| program.contains("node") || program.contains("npm"));
    let count = app.count(listed.map(Listed::wanted), runs_node, &mut draft, all)?;
    let literal = |word: &str| match count {
        1 => word.to_owned(),
        _ => String::from_utf8_lossy(&specifier::literal(word.as_bytes())).into_owned(),
    };
    draft.command(argv.iter().map(|word| literal(word)).collect());
    if count > 1 {
        // pm2 counts from 0.
        draft.text("instances", (0..count).map(|number| number.to_string()).collect::<Vec<_>>().join(","));
    }
    draft.text("working-directory", literal(&text(&cwd)));
    for (setting, option) in [("uid", "uid"), ("user", "uid"), ("gid", "gid")] {
        if let Some(account) = app.word(&[setting]) {
            draft.text(option, account);
        }
    }
    for (line, what) in listed.map(Listed::left).unwrap_or_default() {
        all.left(&mut draft, &source.path, line, what);
    }
    if !app.is_on(&["autostart"], true) || listed.is_some_and(Listed::is_stopped) {
        draft.flag("no-enable");
        draft.flag("no-start");
    }
    app.restart(&mut draft, all)?;
    app.stop(&mut draft)?;
    let to_file = app.output(&cwd, count, &mut draft, all)?;
    app.environment(wishes, &literal, &mut draft, all)?;
    let variable = app.word(&["instance_var"]).unwrap_or_else(|| "NODE_APP_INSTANCE".into());
    draft.variable(&variable, if count > 1 { "%i" } else { "0" });
    app.rest(to_file, &mut draft, all);
    all.push(draft);
    Ok(())
}

/// An app, and where it stands.
pub struct App<'a> {
    pub(super) node: &'a Node,
    pub(super) source: &'a Source,
    facts: &'a Facts<'a>,
}

impl App<'_> {
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

    /// A span of milliseconds.
    pub(super) fn millis(&self, names: &[&str]) -> Result<Option<u64>, Trouble> {
        let Some(node) = self.setting(names) else { return Ok(None) };
        let word = node.word().unwrap_or_default();
        match word.parse() {
            // pm2 takes 0 for nothing said.
            Ok(0) => Ok(None),
            Ok(millis) => Ok(Some(millis)),
            Err(_) => Err(Trouble::new(node.line, format!("{}: `{word}` is no number of milliseconds", names[0]))),
        }
    }

    /// Words of a text or a list.
    pub(super) fn words(&self, names: &[&str]) -> Result<Vec<String>, Trouble> {
        let Some(node) = self.setting(names) else { return Ok(Vec::new()) };
        let trouble = |node: &Node, why: &str| Trouble::new(node.line, format!("{}: {why}", names[0]));
        match &node.value {
            Value::List(list) => {
                list.iter().map(|node| node.word().ok_or_else(|| trouble(node, "holds what is no word"))).collect()
            }
            _ => values::words(&node.word().unwrap_or_default()).map_err(|why| trouble(node, &why)),
        }
    }

    /// What is run: the script by its interpreter.
    fn argv(&self, script: &str, cwd: &Path) -> Result<Vec<String>, Trouble> {
        let path = absolute(cwd, script);
        let is_there = (self.facts.is_file)(&path);
        let args = self.words(&["args"])?;
        if script.trim().contains(char::is_whitespace) && !is_there {
            // pm2 hands such a line to a shell, and nothing else.
            return Ok(match shell_line::words(script) {
                Some(words) if words.variables.is_empty() => words.argv,
                _ => vec!["/bin/bash".into(), "-c".into(), shell_line::script(script)],
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
            let is_path = interpreter.contains('/');
            argv.push(if is_path { text(&absolute(cwd, &interpreter)) } else { interpreter });
            argv.extend(self.words(&["interpreter_args", "interpreterArgs", "node_args"])?);
        }
        argv.push(script);
        argv.extend(args);
        Ok(argv)
    }

    fn interpreter(&self, script: &str, path: &Path, is_there: bool) -> Option<String> {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        let by_ending =
            INTERPRETERS.iter().find(|(known, _)| *known == ending).map(|(_, program)| (*program).to_owned());
        // A text without an ending is for Node.js; one that is found by its name alone says itself what runs it.
        let by_text = || (is_there && script.contains('/') && !(self.facts.is_binary)(path)).then(|| "node".to_owned());
        by_ending.or_else(by_text)
    }

    /// How many processes there are to be side by side.
    fn count(
        &self,
        processes: Option<usize>,
        runs_node: bool,
        draft: &mut Draft,
        all: &mut Draftsman,
    ) -> Result<usize, Trouble> {
        let setting = self.setting(&["instances"]);
        let mode = self.word(&["exec_mode"]).unwrap_or_default();
        let wanted = match (processes, setting) {
            (Some(count), _) => count,
            (None, None) => 1,
            (None, Some(node)) => {
                let word = node.word().unwrap_or_default();
                let processors = i64::try_from(self.facts.processors.max(1)).unwrap_or(1);
                match word.parse::<i64>() {
                    Ok(count) if count > 0 => usize::try_from(count).unwrap_or(usize::MAX),
                    Ok(less) => usize::try_from((processors + less).max(1)).unwrap_or(1),
                    Err(_) if word == "max" => self.facts.processors.max(1),
                    Err(_) => return Err(Trouble::new(node.line, format!("instances: `{word}` is no number"))),
                }
            }
        };
        if wanted > INSTANCES_MAX {
            let line = setting.map_or(self.node.line, |node| node.line);
            return Err(Trouble::new(line, format!("instances: {wanted} are more than {INSTANCES_MAX}")));
        }
        let is_cluster = mode.starts_with("cluster") || (mode.is_empty() && setting.is_some() && runs_node);
        if !is_cluster {
            return Ok(wanted);
        }
        let line = self.setting(&["exec_mode", "instances"]).map_or(self.node.line, |node| node.line);
        if wanted > 1 || mode.starts_with("cluster") {
            let what = format!(
                "exec_mode cluster, {wanted} instances: only pm2 shares a port among them; this is one process (with \
                 instances and a port for each, put a proxy in front)"
            );
            all.left(draft, &self.source.path, line, what);
        }
        Ok(1)
    }

    /// What is told: settings that mean nothing here.
    fn rest(&self, to_file: bool, draft: &mut Draft, all: &mut Draftsman) {
        const DONE: [&str; 43] = [
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
            // About pm2's own display and files.
            "namespace",
            "vizion",
            "force",
        ];
        let Value::Table(settings) = &self.node.value else { return };
        for (name, node) in settings {
            let is_off = matches!(node.value, Value::Switch(false) | Value::Null);
            if DONE.contains(&name.as_str()) || environment::is_named(name) || is_off {
                continue;
            }
            let what = match name.as_str() {
                "wait_ready" | "listen_timeout" => {
                    "systemd does not hear process.send('ready'): it counts as started at once"
                }
                "shutdown_with_message" => "it gets a signal, and no message",
                "ignore_watch" | "watch_options" | "watch_delay" => "nothing restarts it when its files change",
                "time" | "log_date_format" | "merge_logs" | "combine_logs" | "log_type" => {
                    let Some(what) = self.of_lines(name, to_file) else { continue };
                    what
                }
                "source_map_support" => "node --enable-source-maps does that",
                "increment_var" => "each process has the same value",
                "pid_file" | "pid" => "none is written: mkservice status tells the PID",
                "env_file" => "say it as environment-file",
                _ => "nothing here takes its place",
            };
            all.left(draft, &self.source.path, node.line, format!("{name}: {what}"));
        }
    }
}

//! The variables of a pm2 app: `env`, and the named environment that was chosen.

use super::super::ReadError;
use super::super::draft::Draft;
use super::super::node::{Node, Value};
use super::app::App;
use crate::shell;
use crate::spec::Variable;

/// Whether a setting is a named environment, `env_NAME`.
pub fn is_named(setting: &str) -> bool {
    setting.starts_with("env_") && setting != "env_file"
}

pub fn refuse_unknown(name: &str, apps: &[&Node], is_list: bool) -> Result<(), ReadError> {
    if is_list {
        let why = "is a process list, which has no named environments";
        return Err(ReadError::new(0, why).hint("leave out --environment"));
    }
    let mut known: Vec<&str> = Vec::new();
    for app in apps {
        let Value::Table(settings) = &app.value else { continue };
        let named = settings.iter().filter(|(name, _)| is_named(name));
        known.extend(named.filter_map(|(name, _)| name.strip_prefix("env_")));
    }
    known.sort_unstable();
    known.dedup();
    if known.contains(&name) {
        return Ok(());
    }
    Err(ReadError::new(0, format!("has no app with `env_{name}`")).hint(match known.first() {
        Some(first) => format!("choose among {}: --environment {}", known.join(", "), shell::quote(first)),
        None => "leave out --environment: `env` always applies".to_owned(),
    }))
}

impl App<'_> {
    pub(super) fn environment(&self, literal: &dyn Fn(&str) -> String, draft: &mut Draft) -> Result<(), ReadError> {
        let path = &self.input.source.path;
        let chosen = self.input.options.environment.as_ref().map(|name| format!("env_{name}"));
        let tables = [Some("env".to_owned()), chosen.clone()];
        for table in tables.iter().flatten().filter_map(|name| self.node.get(name)) {
            let Value::Table(variables) = &table.value else {
                return Err(ReadError::new(table.line, "env is not a table of variables"));
            };
            for (name, node) in variables {
                if Variable::parse(name.as_bytes(), b"").is_err() {
                    draft.unconverted(path, node.line, format!("systemd does not accept the variable `{name}`"));
                    continue;
                }
                draft.variable(name, literal(&node.word().unwrap_or_else(|| node.json())));
            }
        }
        if let Some(port) = self.word(&["port"]) {
            draft.variable("PORT", literal(&port));
        }
        let Value::Table(settings) = &self.node.value else { return Ok(()) };
        for (name, node) in settings.iter().filter(|(name, _)| is_named(name) && Some(name) != chosen.as_ref()) {
            let word = name.trim_start_matches("env_");
            draft.unconverted(path, node.line, format!("{name}: use --environment {word}"));
        }
        Ok(())
    }
}

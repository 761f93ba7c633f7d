//! The variables of an app of pm2: those that it always has, and those of one of its further environments.

use super::super::draft::{Draft, Draftsman};
use super::super::node::{Node, Value};
use super::super::{Trouble, Wishes};
use super::app::App;

/// True for `env_NAME`, a further environment.
pub fn is_named(setting: &str) -> bool {
    // That one is a file.
    setting.starts_with("env_") && setting != "env_file"
}

/// An environment that no app has was typed by mistake.
pub fn refuse_unknown(name: &str, apps: &[&Node], is_list: bool) -> Result<(), Trouble> {
    if is_list {
        let why = "is a list of processes, which have the variables that they were started with";
        return Err(Trouble::new(0, why).hint("leave --environment out"));
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
    let trouble = Trouble::new(0, format!("has no app with `env_{name}`"));
    Err(match known.first() {
        Some(first) => trouble.hint(format!("it has {}: --environment {first}", known.join(", "))),
        None => trouble.hint("it has no environment but `env`, which always counts"),
    })
}

impl App<'_> {
    /// Gives the service its variables.
    pub(super) fn environment(
        &self,
        wishes: &Wishes,
        literal: &dyn Fn(&str) -> String,
        draft: &mut Draft,
        all: &mut Draftsman,
    ) -> Result<(), Trouble> {
        let chosen = wishes.environment.as_ref().map(|name| format!("env_{name}"));
        let tables = [Some("env".to_owned()), chosen.clone()];
        for table in tables.iter().flatten().filter_map(|name| self.node.get(name)) {
            let Value::Table(variables) = &table.value else {
                return Err(Trouble::new(table.line, "env is no table of variables"));
            };
            for (name, node) in variables {
                if crate::spec::Variable::parse(name.as_bytes(), b"").is_err() {
                    all.left(
                        draft,
                        &self.source.path,
                        node.line,
                        format!("`{name}` is no variable that systemd takes"),
                    );
                    continue;
                }
                draft.variable(name, literal(&node.word().unwrap_or_else(|| node.json())));
            }
        }
        let Value::Table(settings) = &self.node.value else { return Ok(()) };
        let others = settings.iter().filter(|(name, _)| is_named(name) && Some(name) != chosen.as_ref());
        for (name, node) in others {
            let word = name.trim_start_matches("env_");
            all.left(draft, &self.source.path, node.line, format!("{name}: --environment {word} takes it"));
        }
        Ok(())
    }
}

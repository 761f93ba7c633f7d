//! pm2: ecosystem files (JSON and YAML) and process lists (`dump.pm2`, `pm2 jlist`). Files of JavaScript are read by
//! Node.js alone: who wants that asks it for JSON.

mod app;
mod environment;
mod logs;
mod manner;
mod process;

use std::path::Path;

use super::draft::{Draftsman, folder, text};
use super::format::is_script;
use super::node::{self, Node, Value};
use super::{Facts, Imported, SERVICES_MAX, Source, Trouble, Wishes};
use crate::shell;

/// Reads an ecosystem file or a process list.
pub fn read(source: &Source, facts: &Facts<'_>, wishes: &Wishes) -> Result<Imported, Trouble> {
    if is_script(&source.path) {
        return Err(of_javascript(&source.path, wishes));
    }
    let root = node::read(&source.text)?;
    let mut all = Draftsman::default();
    all.head(format!("made from {}", text(&source.path)));
    let mut apps = apps(&root, source, &mut all)?;
    for module in apps.extract_if(.., |app| process::is_module(app)) {
        let name = module.get("name").and_then(Node::word).unwrap_or_default();
        let what = format!("{name}: a module of pm2, which has no place without it");
        all.left_of_file(&source.path, module.line, what);
    }
    if apps.len() > SERVICES_MAX {
        return Err(Trouble::too_many(0, "apps", SERVICES_MAX));
    }
    if apps.is_empty() {
        return Err(
            Trouble::new(0, "has no app in it").hint(r#"as in: {"apps": [{"name": "web", "script": "./server.js"}]}"#)
        );
    }
    let is_list = apps.iter().any(|app| process::is_process(app));
    if let Some(name) = &wishes.environment {
        environment::refuse_unknown(name, &apps, is_list)?;
    }
    all.head("pm2 itself is not needed any more: pm2 delete all, then pm2 unstartup");
    match is_list {
        true => {
            for listed in process::apps(&apps) {
                app::service(&listed.app, Some(&listed), source, facts, wishes, &mut all)?;
            }
        }
        false => {
            for app in apps {
                app::service(app, None, source, facts, wishes, &mut all)?;
            }
        }
    }
    Ok(all.finish())
}

/// What runs nowhere but in Node.js. It is the user's own decision to run it, as themselves.
fn of_javascript(path: &Path, wishes: &Wishes) -> Trouble {
    let path = text(path);
    let load = match path.ends_with(".mjs") {
        true => format!("import({}).then(it => console.log(JSON.stringify(it.default)))", javascript(&path)),
        false => format!("console.log(JSON.stringify(require({})))", javascript(&path)),
    };
    // Paths in it count from its folder.
    let folder = shell::quote(folder(Path::new(&path)));
    let chosen = wishes.environment.as_ref();
    let chosen = chosen.map(|name| format!(" --environment {}", shell::quote(name))).unwrap_or_default();
    let line = format!("cd {folder} && node -e {} | mkservice import --format pm2{chosen} -", shell::quote(load));
    Trouble::new(0, "is a program in JavaScript, and importing runs nothing").hint(line)
}

fn javascript(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The apps of a file: under `apps`, in a list, or one alone.
fn apps<'a>(root: &'a Node, source: &Source, all: &mut Draftsman) -> Result<Vec<&'a Node>, Trouble> {
    let whole = match &root.value {
        Value::Table(table) => match root.get("apps") {
            Some(apps) => {
                for (name, node) in table.iter().filter(|(name, _)| name != "apps") {
                    let what = match name.as_str() {
                        "deploy" => "deploy: how pm2 brings the files to a machine has no place here",
                        _ => "no part of an ecosystem file",
                    };
                    let what = if name == "deploy" { what.to_owned() } else { format!("{name}: {what}") };
                    all.left_of_file(&source.path, node.line, what);
                }
                apps
            }
            None => root,
        },
        _ => root,
    };
    let apps = match &whole.value {
        Value::List(list) => list.iter().collect(),
        Value::Table(_) => vec![whole],
        _ => return Err(Trouble::new(whole.line, "holds no apps")),
    };
    match apps.iter().find(|app: &&&Node| !matches!(app.value, Value::Table(_))) {
        Some(other) => Err(Trouble::new(other.line, "is no app: an app has a name and a script")),
        None => Ok(apps),
    }
}

#[cfg(test)]
mod tests;

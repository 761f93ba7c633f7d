//! pm2: ecosystem files (JSON and YAML) and process lists (`dump.pm2`, `pm2 jlist`). Node.js must convert JavaScript
//! files to JSON first.

mod app;
mod environment;
mod logs;
mod process_list;
mod restart;
mod serve;

use std::path::Path;

use super::draft::{ManifestBuilder, directory_of, text};
use super::node::{self, Node, Value};
use super::{
    ImportOptions, Imported, Importer, Input, ReadError, SERVICES_MAX, Source, file_name, has_suffix, section_name,
};
use crate::cli::ImportFormat;
use crate::shell;

pub struct Pm2;

impl Importer for Pm2 {
    fn format(&self) -> ImportFormat {
        ImportFormat::Pm2
    }

    fn has_name(&self, path: &Path) -> bool {
        let name = file_name(path).to_ascii_lowercase();
        matches!(name.as_str(), "dump.pm2" | "dump.pm2.bak")
            || is_javascript(path)
            || has_suffix(&name, &[".json", ".yml", ".yaml"])
    }

    fn has_line(&self, line: &str) -> bool {
        let is_json = line.starts_with(['{', '[']) && section_name(line).is_none();
        is_json || line.starts_with("apps:")
    }

    fn options(&self) -> &'static [&'static str] {
        &["--environment"]
    }

    fn read(&self, input: &Input<'_>) -> Result<Imported, ReadError> {
        let Input { source, options, .. } = *input;
        if is_javascript(&source.path) {
            return Err(needs_node(&source.path, options));
        }
        let root = node::read(&source.text)?;
        let mut manifest = ManifestBuilder::default();
        let mut apps = apps(&root, source, &mut manifest)?;
        for module in apps.extract_if(.., |app| process_list::is_module(app)) {
            let name = module.get("name").and_then(Node::word).unwrap_or_default();
            manifest.unconverted(&source.path, module.line, format!("{name}: a pm2 module, useless without pm2"));
        }
        let mut servers = Vec::new();
        for server in apps.extract_if(.., |app| serve::is_server(app)) {
            let what = serve::unconverted(server);
            servers.push(what.clone());
            manifest.unconverted(&source.path, server.line, what);
        }
        if apps.len() > SERVICES_MAX {
            return Err(ReadError::too_many(0, "apps", SERVICES_MAX));
        }
        if apps.is_empty() {
            let hint = r#"write it as: {"apps": [{"name": "web", "script": "./server.js"}]}"#;
            let why = [vec!["contains no app".to_owned()], servers].concat().join("; ");
            return Err(ReadError::new(0, why).hint(hint));
        }
        let is_list = apps.iter().any(|app| process_list::is_process(app));
        if let Some(name) = &options.environment {
            environment::refuse_unknown(name, &apps, is_list)?;
        }
        manifest.head("pm2 is not needed any more: pm2 delete all, then pm2 unstartup");
        match is_list {
            true => {
                let apps = process_list::apps(&apps);
                let is_root = apps.iter().any(|listed| app::has_user(&listed.app));
                for listed in apps {
                    app::service(&listed.app, Some(&listed), is_root, input, &mut manifest)?;
                }
            }
            false => {
                let is_root = apps.iter().any(|app| app::has_user(app));
                for app in apps {
                    app::service(app, None, is_root, input, &mut manifest)?;
                }
            }
        }
        Ok(manifest.finish())
    }
}

fn is_javascript(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    ["js", "cjs", "mjs", "ts"].contains(&extension)
}

/// Running the file is left to the user.
fn needs_node(path: &Path, options: &ImportOptions) -> ReadError {
    let name = serde_json::Value::from(text(path)).to_string();
    let load = match path.extension().is_some_and(|extension| extension == "mjs") {
        true => format!("import({name}).then(it => console.log(JSON.stringify(it.default)))"),
        false => format!("console.log(JSON.stringify(require({name})))"),
    };
    // Relative paths in it count from its directory.
    let directory = shell::quote(directory_of(path));
    let chosen = options.environment.as_ref();
    let chosen = chosen.map(|name| format!(" --environment {}", shell::quote(name))).unwrap_or_default();
    let line = format!("cd {directory} && node -e {} | mkservice import --format pm2{chosen} -", shell::quote(load));
    ReadError::new(0, "is a JavaScript program, and importing runs no programs").hint(line)
}

/// The apps of a file: below `apps`, a list, or a single one.
fn apps<'a>(root: &'a Node, source: &Source, manifest: &mut ManifestBuilder) -> Result<Vec<&'a Node>, ReadError> {
    let whole = root.get("apps").unwrap_or(root);
    if let (Value::Table(table), Some(_)) = (&root.value, root.get("apps")) {
        for (name, node) in table.iter().filter(|(name, _)| name != "apps") {
            let what = match name.as_str() {
                "deploy" => "mkservice does not deploy files",
                _ => "not part of an ecosystem file",
            };
            manifest.unconverted(&source.path, node.line, format!("{name}: {what}"));
        }
    }
    let apps = match &whole.value {
        Value::List(list) => list.iter().collect(),
        Value::Table(_) => vec![whole],
        _ => return Err(ReadError::new(whole.line, "contains no apps")),
    };
    match apps.iter().find(|app: &&&Node| !matches!(app.value, Value::Table(_))) {
        Some(other) => Err(ReadError::new(other.line, "is not an app: an app has a name and a script")),
        None => Ok(apps),
    }
}

#[cfg(test)]
mod tests;

//! `.foreman`, the options of foreman in YAML.

use super::super::draft::ManifestBuilder;
use super::super::node::{self, Node, Value};
use super::super::{ReadError, SETTINGS_MAX, Source, formation_pair};
use super::port_number;
use crate::spec::INSTANCES_MAX;

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The first port.
    pub port: Option<usize>,
    pub formation: Vec<(String, usize)>,
    /// Variables come from other files than `.env`.
    pub has_other_env: bool,
}

impl Settings {
    /// Reads a file and reports what is not converted. `names` are the processes.
    pub fn read(file: &Source, names: &[&str], manifest: &mut ManifestBuilder) -> Result<Settings, ReadError> {
        // foreman accepts a file that says nothing.
        if file.text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
            return Ok(Settings::default());
        }
        parse(file, names, manifest).map_err(|error| error.of(&file.path))
    }
}

fn parse(file: &Source, names: &[&str], manifest: &mut ManifestBuilder) -> Result<Settings, ReadError> {
    let mut settings = Settings::default();
    let root = node::read(&file.text)?;
    let Value::Table(table) = &root.value else {
        return Err(ReadError::new(root.line, "contains no settings").hint("write it as: port: 3000"));
    };
    for (name, node) in table.iter().filter(|(_, node)| node.value != Value::Null) {
        let word = node.word().unwrap_or_else(|| node.json());
        let what = match name.as_str() {
            "port" => {
                settings.port = Some(port(node)?);
                continue;
            }
            "formation" | "concurrency" => {
                settings.formation = formation(node)?;
                for (other, _) in settings.formation.iter().filter(|(it, _)| it != "all" && !names.contains(&&**it)) {
                    manifest.unconverted(&file.path, node.line, format!("{name}: no such process `{other}`"));
                }
                continue;
            }
            "env" if word == ".env" => continue,
            "env" => {
                settings.has_other_env = true;
                "foreman reads it instead of .env; neither is read here: set environment-file"
            }
            "timeout" => "set the property TimeoutStopSec to limit how long a service may take to stop",
            "root" | "app_root" => "set working-directory",
            "procfile" => "import that file with mkservice import",
            "color" => "the journal has no colors per service",
            _ => "not a setting of foreman",
        };
        manifest.unconverted(&file.path, node.line, format!("{name}={word}: {what}"));
    }
    Ok(settings)
}

fn port(node: &Node) -> Result<usize, ReadError> {
    let word = node.word().unwrap_or_default();
    port_number(&word).ok_or_else(|| ReadError::new(node.line, format!("port: invalid port `{word}`")))
}

fn formation(node: &Node) -> Result<Vec<(String, usize)>, ReadError> {
    let text: String = node.word().unwrap_or_default().split_whitespace().collect();
    if text.split(',').nth(SETTINGS_MAX).is_some() {
        return Err(ReadError::too_many(node.line, "processes in its formation", SETTINGS_MAX));
    }
    let pairs = text.split(',').filter(|pair| !pair.is_empty()).map(formation_pair);
    pairs.collect::<Option<Vec<_>>>().filter(|pairs| !pairs.is_empty()).ok_or_else(|| {
        let why = format!("formation: `{text}` is not a list of NAME=N with numbers up to {INSTANCES_MAX}");
        ReadError::new(node.line, why).hint("write it as: formation: web=2,worker=1")
    })
}

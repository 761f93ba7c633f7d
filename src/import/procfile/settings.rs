//! `.foreman` beside a Procfile: options of foreman that nobody has to type, as YAML.

use super::super::draft::Draftsman;
use super::super::node::{self, Node, Value};
use super::super::{SETTINGS_MAX, Source, Trouble};
use super::{formation_pair, port_number};
use crate::spec::INSTANCES_MAX;

/// What foreman takes from the file where nothing else was typed.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The first port.
    pub port: Option<usize>,
    /// How many of each process there are to be.
    pub formation: Vec<(String, usize)>,
    /// Variables are read from other files than `.env`.
    pub has_other_env: bool,
}

impl Settings {
    /// Reads a file, and tells what of it is not carried over. `names` are those of the processes.
    pub fn read(file: &Source, names: &[&str], all: &mut Draftsman) -> Result<Settings, Trouble> {
        let mut settings = Settings::default();
        // Without a word in it foreman takes it for nothing said.
        if file.text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
            return Ok(settings);
        }
        let root = node::read(&file.text).map_err(|trouble| trouble.of(&file.path))?;
        let Value::Table(table) = &root.value else {
            return Err(Trouble::new(root.line, "holds no settings").hint("as in: port: 3000").of(&file.path));
        };
        for (name, node) in table.iter().filter(|(_, node)| node.value != Value::Null) {
            let word = node.word().unwrap_or_else(|| node.json());
            let what = match name.as_str() {
                "port" => {
                    settings.port = Some(port(node).map_err(|trouble| trouble.of(&file.path))?);
                    continue;
                }
                "formation" | "concurrency" => {
                    settings.formation = formation(node).map_err(|trouble| trouble.of(&file.path))?;
                    for (other, _) in settings.formation.iter().filter(|(it, _)| it != "all" && !names.contains(&&**it))
                    {
                        let what = format!("{name}: there is no process `{other}`");
                        all.left_of_file(&file.path, node.line, what);
                    }
                    continue;
                }
                "env" if word == ".env" => continue,
                "env" => {
                    settings.has_other_env = true;
                    "foreman reads it instead of .env, and neither is read here: environment-file takes it"
                }
                "timeout" => "TimeoutStopSec among the properties is how long a service may take to stop",
                "root" | "app_root" => "working-directory is where a service runs",
                "procfile" => "mkservice import reads that file when it is named",
                "color" => "the journal has no colors for services",
                _ => "no setting of foreman",
            };
            all.left_of_file(&file.path, node.line, format!("{name}={word}: {what}"));
        }
        Ok(settings)
    }
}

fn port(node: &Node) -> Result<usize, Trouble> {
    let word = node.word().unwrap_or_default();
    port_number(&word).ok_or_else(|| Trouble::new(node.line, format!("port: `{word}` is no port")))
}

/// `web=2,worker=1`.
fn formation(node: &Node) -> Result<Vec<(String, usize)>, Trouble> {
    let text: String = node.word().unwrap_or_default().split_whitespace().collect();
    if text.split(',').nth(SETTINGS_MAX).is_some() {
        return Err(Trouble::too_many(node.line, "processes in its formation", SETTINGS_MAX));
    }
    let pairs = text.split(',').filter(|pair| !pair.is_empty()).map(formation_pair);
    pairs.collect::<Option<Vec<_>>>().filter(|pairs| !pairs.is_empty()).ok_or_else(|| {
        let why = format!("formation: `{text}` is no list of processes with numbers up to {INSTANCES_MAX}");
        Trouble::new(node.line, why).hint("as in: formation: web=2,worker=1")
    })
}

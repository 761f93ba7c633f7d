//! A `[program:x]` section as a service.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::super::draft::{Draft, ManifestBuilder, absolute, directory_of, escape_instance, text};
use super::super::output::{NUMBER, with_number};
use super::super::{Facts, ReadError, SERVICES_MAX, Source};
use super::ini::{Section, Setting};
use super::logs::is_file;
use super::{GlobalSettings, error, expansions, value, values, with_home};
use crate::spec::INSTANCES_MAX;
use crate::systemd::names;

pub struct Program<'a> {
    pub name: String,
    pub section: Section,
    pub file: &'a Source,
}

/// Converts the programs in the order of their priorities.
pub fn convert_all(
    programs: Vec<Program<'_>>,
    shared: &GlobalSettings,
    facts: &Facts<'_>,
    manifest: &mut ManifestBuilder,
) -> Result<(), ReadError> {
    let mut ordered = Vec::new();
    for mut program in programs {
        let expansions = program.expansions(shared, facts);
        program.expand(&expansions)?;
        ordered.push((program.number("priority", 999)?, program, expansions));
    }
    let priorities: BTreeSet<usize> = ordered.iter().map(|(priority, ..)| *priority).collect();
    let mut names: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    ordered.sort_by_key(|(priority, ..)| *priority);
    for (priority, program, expansions) in ordered {
        // It is enough to wait for those of the next lower priority.
        let before = priorities.range(..priority).next_back();
        let after = before.and_then(|before| names.get(before)).cloned().unwrap_or_default();
        if manifest.count() > SERVICES_MAX {
            let error = ReadError::too_many(program.section.line, "processes", SERVICES_MAX);
            return Err(error.of(&program.file.path));
        }
        let service =
            Service { program: &program, shared, facts, expansions, variables: Vec::new(), has_instances: false };
        let converted = program.convert(&after, service, manifest)?;
        names.entry(priority).or_default().extend(converted);
    }
    Ok(())
}

impl Program<'_> {
    pub(super) fn setting(&self, name: &str) -> Option<&Setting> {
        self.section.options.iter().find(|setting| setting.name == name)
    }

    pub(super) fn number(&self, name: &str, default: usize) -> Result<usize, ReadError> {
        let Some(setting) = self.setting(name) else { return Ok(default) };
        setting.value.parse().map_err(|_| error(setting, self.file, &format!("`{}` is not a number", setting.value)))
    }

    pub(super) fn switch(&self, name: &str, default: bool) -> Result<bool, ReadError> {
        let Some(setting) = self.setting(name) else { return Ok(default) };
        values::is_on(&setting.value)
            .ok_or_else(|| error(setting, self.file, &format!("`{}` is neither true nor false", setting.value)))
    }

    /// What all its values can use, with the variables of `[supervisord]` but not its own.
    fn expansions(&self, shared: &GlobalSettings, facts: &Facts<'_>) -> Expansions {
        let mut expansions = expansions(self.file, facts);
        expansions.extend(shared.variables.iter().map(|(name, value)| (format!("ENV_{name}"), value.clone())));
        expansions.insert("program_name".into(), self.name.clone());
        expansions.insert("group_name".into(), shared.group_of(&self.name));
        expansions
    }

    /// Expands the values that supervisord reads before it knows the variables of the program.
    fn expand(&mut self, expansions: &Expansions) -> Result<(), ReadError> {
        for setting in &mut self.section.options {
            let name = setting.name.as_str();
            if matches!(name, "user" | "directory" | "umask") && setting.value.is_empty() {
                return Err(error(setting, self.file, "is empty"));
            }
            if CONVERTED.contains(&name) && !OF_PROCESS.contains(&name) {
                setting.value = value(setting, self.file, expansions)?;
            }
        }
        Ok(())
    }

    /// Adds one service per process, or one with instances if the processes differ only in their numbers. Returns the
    /// units to wait for.
    fn convert(
        &self,
        after: &[String],
        mut service: Service<'_>,
        manifest: &mut ManifestBuilder,
    ) -> Result<Vec<String>, ReadError> {
        let count = self.number("numprocs", 1)?;
        let first = self.number("numprocs_start", 0)?;
        if count == 0 || count > INSTANCES_MAX {
            let line = self.setting("numprocs").map_or(self.section.line, |setting| setting.line);
            let why = format!("numprocs {count} is out of range (1 to {INSTANCES_MAX})");
            return Err(ReadError::new(line, why).of(&self.file.path));
        }
        service.expansions.insert("numprocs".into(), count.to_string());
        let formats = self.number_formats();
        if count > 1 && formats.len() <= 1 && !self.has_file("stdout_logfile") {
            let format = formats.first().map_or("d", String::as_str);
            let number = |number: usize| {
                let number = [("process_num".to_owned(), number.to_string())].into();
                values::expanded(&format!("%(process_num){format}"), &number).map(|text| text.trim().to_owned())
            };
            let numbers: Result<Vec<String>, String> = (first..first + count).map(number).collect();
            let numbers = numbers.map_err(|why| ReadError::new(self.section.line, why).of(&self.file.path))?;
            let name = manifest.name(&self.name);
            service.has_instances = true;
            let process = service.process(NUMBER)?;
            manifest.push(process.convert(name.clone(), Some(numbers), after)?);
            return Ok(vec![format!("{name}.target")]);
        }
        let mut names = Vec::new();
        for number in first..first + count {
            let process = service.process(&number.to_string())?;
            let process_name = process.value("process_name")?.unwrap_or_else(|| self.name.clone());
            let name = manifest.name(if count == 1 { &self.name } else { &process_name });
            manifest.push(process.convert(name.clone(), None, after)?);
            names.push(name);
        }
        Ok(names)
    }

    /// The formats of the process number in the values, such as `02d`.
    fn number_formats(&self) -> BTreeSet<String> {
        let format = |rest: &str| {
            let end = rest.find(['s', 'd'])?;
            Some(rest[..=end].replace('s', "d"))
        };
        let values = self.section.options.iter().map(|setting| setting.value.as_str());
        values.flat_map(|value| value.split("%(process_num)").skip(1).filter_map(format).collect::<Vec<_>>()).collect()
    }

    fn has_file(&self, name: &str) -> bool {
        self.setting(name).is_some_and(|setting| is_file(&setting.value))
    }

    fn report_unconverted(&self, draft: &mut Draft) {
        for setting in self.section.options.iter().filter(|it| !CONVERTED.contains(&it.name.as_str())) {
            let what = match setting.name.as_str() {
                name if name.ends_with("_logfile_maxbytes") || name.ends_with("_logfile_backups") => {
                    // Reported with the file; 0 is no limit.
                    if setting.value.trim() == "0" || self.has_file(&name[.."stdout_logfile".len().min(name.len())]) {
                        continue;
                    }
                    "the journal limits its own size"
                }
                name if name.ends_with("_capture_maxbytes") || name.ends_with("_events_enabled") => {
                    "there are no supervisord events"
                }
                "stdout_syslog" | "stderr_syslog" => {
                    "the journal receives all output and forwards it to syslog, if any"
                }
                "serverurl" => "there is no supervisord server",
                _ => "not an option of supervisord",
            };
            draft.unconverted(&self.file.path, setting.line, format!("{}={}: {what}", setting.name, setting.value));
        }
    }
}

/// The names in `%(…)s`, with their values.
type Expansions = BTreeMap<String, String>;

/// A program, or one of its processes, during conversion.
#[derive(Clone)]
pub struct Service<'a> {
    pub program: &'a Program<'a>,
    shared: &'a GlobalSettings,
    pub facts: &'a Facts<'a>,
    expansions: Expansions,
    /// Its own.
    variables: Vec<(String, String)>,
    pub has_instances: bool,
}

impl<'a> Service<'a> {
    /// The process with a number, whose values can use its variables.
    fn process(&self, number: &str) -> Result<Service<'a>, ReadError> {
        let mut process = self.clone();
        process.expansions.insert("process_num".into(), number.into());
        if let Some((setting, value)) = self.program.setting("environment").zip(process.value("environment")?) {
            process.variables = values::variables(&value).map_err(|why| error(setting, self.program.file, &why))?;
        }
        let own = process.variables.iter().map(|(name, value)| (format!("ENV_{name}"), value.clone()));
        process.expansions.extend(own);
        Ok(process)
    }

    /// Of a setting that is read for each process.
    pub fn value(&self, name: &str) -> Result<Option<String>, ReadError> {
        let Some(setting) = self.program.setting(name) else { return Ok(None) };
        // The numbers of instances are formatted already.
        let bare = self.has_instances.then(|| without_format(setting));
        value(bare.as_ref().unwrap_or(setting), self.program.file, &self.expansions).map(Some)
    }

    fn escaped(&self, text: &str) -> String {
        if self.has_instances { with_number(escape_instance(text)) } else { text.to_owned() }
    }

    fn convert(&self, name: String, numbers: Option<Vec<String>>, after: &[String]) -> Result<Draft, ReadError> {
        let Service { program, shared, facts, .. } = *self;
        let mut draft = Draft::new(name);
        draft.comment(format!("[program:{}], line {}", program.name, program.section.line));
        let directory = match self.value("directory")? {
            Some(directory) => text(&absolute(directory_of(&program.file.path), &with_home(&directory, facts))),
            None => shared.directory.clone().unwrap_or_else(|| "/".into()),
        };
        draft.command(self.argv(&directory)?.iter().map(|word| self.escaped(word)).collect());
        if let Some(numbers) = numbers {
            let counted = numbers.iter().zip(1..).all(|(number, place)| *number == place.to_string());
            draft.set("instances", if counted { numbers.len().to_string() } else { numbers.join(",") });
        }
        draft.set("working-directory", self.escaped(&directory));
        let root = shared.is_system.then(|| "root".to_owned());
        let own = |name: &str| program.setting(name).map(|setting| setting.value.clone());
        if let Some(user) = own("user").or_else(|| shared.user.clone()).or(root) {
            let (user, group) = user.split_once(':').map_or((user.as_str(), None), |(user, group)| (user, Some(group)));
            draft.set("uid", user);
            group.into_iter().for_each(|group| draft.set("gid", group));
        }
        draft.list("after", after.to_vec());
        program.restart(&mut draft)?;
        program.stop(&mut draft, own("stopsignal"))?;
        if let Some(umask) = own("umask").or_else(|| shared.umask.clone()) {
            draft.property("UMask", umask);
        }
        if let Some(files) = shared.open_files {
            draft.property("LimitNOFILE", files.to_string());
        }
        self.output(&mut draft)?;
        for (name, value) in &shared.variables {
            draft.variable(name, self.escaped(value));
        }
        for (name, value) in &self.variables {
            match names::is_variable(name.as_bytes()) {
                true => draft.variable(name, self.escaped(value)),
                false => {
                    let line = program.setting("environment").map_or(program.section.line, |setting| setting.line);
                    draft.unconverted(&program.file.path, line, values::not_a_variable(name));
                }
            }
        }
        program.report_unconverted(&mut draft);
        Ok(draft)
    }

    fn argv(&self, directory: &str) -> Result<Vec<String>, ReadError> {
        let Program { name, section, file } = self.program;
        let Some(setting) = self.program.setting("command") else {
            return Err(ReadError::new(section.line, format!("[program:{name}] has no command")).of(&file.path));
        };
        let mut argv =
            values::words(&self.value("command")?.unwrap_or_default()).map_err(|why| error(setting, file, &why))?;
        match argv.first() {
            None => return Err(error(setting, file, "is empty")),
            Some(program) if program.is_empty() => return Err(error(setting, file, "is empty")),
            Some(program) if program.contains('/') => argv[0] = text(&absolute(Path::new(directory), program)),
            Some(_) => {}
        }
        Ok(argv)
    }
}

const CONVERTED: [&str; 21] = [
    "command",
    "process_name",
    "numprocs",
    "numprocs_start",
    "priority",
    "autostart",
    "startsecs",
    "startretries",
    "autorestart",
    "exitcodes",
    "stopsignal",
    "stopwaitsecs",
    "stopasgroup",
    "killasgroup",
    "user",
    "directory",
    "umask",
    "environment",
    "redirect_stderr",
    "stdout_logfile",
    "stderr_logfile",
];

/// The settings that supervisord reads for each process, when it knows the variables of the program.
const OF_PROCESS: [&str; 6] =
    ["command", "process_name", "directory", "environment", "stdout_logfile", "stderr_logfile"];

/// The setting with `%(process_num)s` for `%(process_num)02d`.
fn without_format(setting: &Setting) -> Setting {
    let mut parts = setting.value.split("%(process_num)");
    let mut value = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let format = part.find(['s', 'd']).map_or(0, |at| at + 1);
        value.push_str("%(process_num)s");
        value.push_str(&part[format..]);
    }
    Setting { value, ..setting.clone() }
}

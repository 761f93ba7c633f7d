//! A `[program:x]` of supervisord as a service: each of its options, and what becomes of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::super::draft::{Draft, Draftsman, absolute, folder, text};
use super::super::output::NUMBER;
use super::super::{Facts, SERVICES_MAX, Source, Trouble};
use super::ini::{Section, Setting};
use super::manner::is_file;
use super::{Shared, home, known, trouble, value, values};
use crate::spec::INSTANCES_MAX;
use crate::systemd::specifier;

/// A program, and the file that has it.
pub struct Program<'a> {
    /// Its name.
    pub name: String,
    /// What is said of it.
    pub section: Section,
    /// Where.
    pub file: &'a Source,
}

/// The processes of a program.
enum Processes {
    /// One, or one of several that are services of their own.
    One,
    /// Several that differ in their number alone: their names.
    Instances(Vec<String>),
}

/// Makes the services of all programs, in the order of their priorities.
pub fn services(
    programs: &[Program<'_>],
    shared: &Shared,
    facts: &Facts<'_>,
    all: &mut Draftsman,
) -> Result<(), Trouble> {
    let mut ordered = Vec::new();
    for program in programs {
        ordered.push((program.number("priority", 999)?, program));
    }
    let priorities: BTreeSet<usize> = ordered.iter().map(|(priority, _)| *priority).collect();
    let mut names: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    ordered.sort_by_key(|(priority, _)| *priority);
    for (priority, program) in ordered {
        // Those of the next lower priority have come after all lower ones.
        let before = priorities.range(..priority).next_back();
        let after = before.and_then(|before| names.get(before)).cloned().unwrap_or_default();
        if all.count() > SERVICES_MAX {
            let trouble = Trouble::too_many(program.section.line, "processes in all programs", SERVICES_MAX);
            return Err(trouble.of(&program.file.path));
        }
        let made = program.services(&after, shared, facts, all)?;
        names.entry(priority).or_default().extend(made);
    }
    Ok(())
}

impl Program<'_> {
    pub(super) fn setting(&self, name: &str) -> Option<&Setting> {
        self.section.options.iter().find(|setting| setting.name == name)
    }

    pub(super) fn number(&self, name: &str, default: usize) -> Result<usize, Trouble> {
        let Some(setting) = self.setting(name) else { return Ok(default) };
        setting.value.parse().map_err(|_| trouble(setting, self.file, &format!("`{}` is no number", setting.value)))
    }

    pub(super) fn switch(&self, name: &str, default: bool) -> Result<bool, Trouble> {
        let Some(setting) = self.setting(name) else { return Ok(default) };
        values::is_on(&setting.value)
            .ok_or_else(|| trouble(setting, self.file, &format!("`{}` is neither true nor false", setting.value)))
    }

    fn services(
        &self,
        after: &[String],
        shared: &Shared,
        facts: &Facts<'_>,
        all: &mut Draftsman,
    ) -> Result<Vec<String>, Trouble> {
        let count = self.number("numprocs", 1)?;
        let first = self.number("numprocs_start", 0)?;
        if count == 0 || count > INSTANCES_MAX {
            let line = self.setting("numprocs").map_or(self.section.line, |setting| setting.line);
            return Err(
                Trouble::new(line, format!("numprocs {count} is not within 1 to {INSTANCES_MAX}")).of(&self.file.path)
            );
        }
        let mut known = known(self.file, facts);
        known.insert("program_name".into(), self.name.clone());
        known.insert("group_name".into(), self.name.clone());
        known.insert("numprocs".into(), count.to_string());
        let mut names = Vec::new();
        let formats = self.number_formats();
        if count > 1 && formats.len() <= 1 && !self.has_file("stdout_logfile") {
            let format = formats.first().map_or("d", String::as_str);
            let number = |number: usize| {
                let known = [("process_num".to_owned(), number.to_string())].into();
                values::expanded(&format!("%(process_num){format}"), &known).map(|text| text.trim().to_owned())
            };
            let numbers: Result<Vec<String>, String> = (first..first + count).map(number).collect();
            let numbers = numbers.map_err(|why| Trouble::new(self.section.line, why).of(&self.file.path))?;
            let name = all.name(&self.name);
            known.insert("process_num".into(), NUMBER.into());
            self.service(name.clone(), &Processes::Instances(numbers), after, known, shared, facts, all)?;
            return Ok(vec![format!("{name}.target")]);
        }
        for number in first..first + count {
            known.insert("process_num".into(), number.to_string());
            let process_name = match self.setting("process_name") {
                Some(setting) => value(setting, self.file, &known)?,
                None => self.name.clone(),
            };
            let name = all.name(if count == 1 { &self.name } else { &process_name });
            names.push(name.clone());
            self.service(name, &Processes::One, after, known.clone(), shared, facts, all)?;
        }
        Ok(names)
    }

    /// The forms in which the number of a process stands in what is said of it: `02d` and the like.
    fn number_formats(&self) -> BTreeSet<String> {
        let format = |behind: &str| {
            let end = behind.find(['s', 'd'])?;
            Some(behind[..=end].replace('s', "d"))
        };
        let values = self.section.options.iter().map(|setting| setting.value.as_str());
        values.flat_map(|value| value.split("%(process_num)").skip(1).filter_map(format).collect::<Vec<_>>()).collect()
    }

    pub(super) fn has_file(&self, name: &str) -> bool {
        self.setting(name).is_some_and(|setting| is_file(&setting.value))
    }

    #[expect(clippy::too_many_arguments, reason = "each is another source of what is said of it")]
    fn service(
        &self,
        name: String,
        processes: &Processes,
        after: &[String],
        known: BTreeMap<String, String>,
        shared: &Shared,
        facts: &Facts<'_>,
        all: &mut Draftsman,
    ) -> Result<(), Trouble> {
        let mut draft = Draft::new(name);
        let path = &self.file.path;
        draft.remark(format!("[program:{}], line {}", self.name, self.section.line));
        let several = matches!(processes, Processes::Instances(_));
        let get = |name: &str| match self.setting(name) {
            Some(setting) => match several {
                // The number is put in at the end, whatever its form.
                true => value(&without_format(setting), self.file, &known).map(Some),
                false => value(setting, self.file, &known).map(Some),
            },
            None => Ok(None),
        };
        let written = |text: &str| match several {
            true => String::from_utf8_lossy(&specifier::literal(text.as_bytes())).replace(NUMBER, "%i"),
            false => text.to_owned(),
        };
        let directory = match get("directory")? {
            Some(directory) => text(&absolute(folder(path), &home(&directory, facts))),
            None => shared.directory.clone().unwrap_or_else(|| "/".into()),
        };
        let command = self.setting("command").ok_or_else(|| {
            Trouble::new(self.section.line, format!("[program:{}] has no command", self.name)).of(path)
        })?;
        let mut argv =
            values::words(&get("command")?.unwrap_or_default()).map_err(|why| trouble(command, self.file, &why))?;
        if argv.first().is_none_or(String::is_empty) {
            return Err(trouble(command, self.file, "is empty"));
        }
        if argv[0].contains('/') {
            argv[0] = text(&absolute(Path::new(&directory), &argv[0]));
        }
        draft.command(argv.iter().map(|word| written(word)).collect());
        if let Processes::Instances(numbers) = processes {
            let counted = numbers.iter().zip(1..).all(|(number, place)| *number == place.to_string());
            draft.text("instances", if counted { numbers.len().to_string() } else { numbers.join(",") });
        }
        draft.text("working-directory", written(&directory));
        match get("user")?.or_else(|| shared.user.clone()) {
            Some(user) => match user.split_once(':') {
                Some((user, group)) => {
                    draft.text("uid", user);
                    draft.text("gid", group);
                }
                None => draft.text("uid", user),
            },
            None if shared.is_machines => draft.text("uid", "root"),
            None => {}
        }
        if !after.is_empty() {
            draft.list("after", after.to_vec());
        }
        self.restart(&mut draft)?;
        self.stop(&mut draft, get("stopsignal")?)?;
        if let Some(umask) = get("umask")?.or_else(|| shared.umask.clone()) {
            draft.property("UMask", umask);
        }
        if let Some(files) = shared.open_files {
            draft.property("LimitNOFILE", files.to_string());
        }
        self.output(&mut draft, &known, several, facts, all)?;
        for (name, value) in &shared.variables {
            draft.variable(name, written(value));
        }
        if let (Some(setting), Some(value)) = (self.setting("environment"), get("environment")?) {
            for (name, value) in values::variables(&value).map_err(|why| trouble(setting, self.file, &why))? {
                draft.variable(&name, written(&value));
            }
        }
        self.rest(&mut draft, all);
        all.push(draft);
        Ok(())
    }

    /// What is told: options that mean nothing here.
    fn rest(&self, draft: &mut Draft, all: &mut Draftsman) {
        const DONE: [&str; 20] = [
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
            "redirect_stderr",
            "stdout_logfile",
            "stderr_logfile",
        ];
        for setting in
            self.section.options.iter().filter(|it| !DONE.contains(&it.name.as_str()) && it.name != "environment")
        {
            let what = match setting.name.as_str() {
                "stdout_logfile_maxbytes"
                | "stdout_logfile_backups"
                | "stderr_logfile_maxbytes"
                | "stderr_logfile_backups" => {
                    let stream = &setting.name[.."stdout_logfile".len()];
                    if self.has_file(stream) {
                        continue;
                    }
                    "the journal keeps its size in bounds"
                }
                "stdout_capture_maxbytes"
                | "stderr_capture_maxbytes"
                | "stdout_events_enabled"
                | "stderr_events_enabled" => "there are no events of supervisord",
                "stdout_syslog" | "stderr_syslog" => {
                    "the journal takes all output, and hands it to syslog where there is one"
                }
                "serverurl" => "there is no server of supervisord",
                _ => "no option of supervisord",
            };
            all.left(draft, &self.file.path, setting.line, format!("{}={}: {what}", setting.name, setting.value));
        }
    }
}

/// A setting whose `%(process_num)02d` has lost its form.
pub(super) fn without_format(setting: &Setting) -> Setting {
    let mut parts = setting.value.split("%(process_num)");
    let mut value = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let form = part.find(['s', 'd']).map_or(0, |at| at + 1);
        value.push_str("%(process_num)s");
        value.push_str(&part[form..]);
    }
    Setting { value, ..setting.clone() }
}

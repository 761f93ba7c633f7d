//! Crontabs (crontab(5)) of users and of the system, as Vixie cron, Debian's cron and cronie read them.

mod lines;
mod users;

use std::path::Path;

use super::draft::{Draft, ManifestBuilder, replace, text, value_of};
use super::{Facts, Imported, Importer, Input, ReadError, Source, file_name, has_suffix, shell_line};
use crate::cli::ImportFormat;
use crate::model::unicode::is_noncharacter;
use crate::systemd::text::double_percent;
use crate::systemd::{calendar, cron};
use lines::{Job, Line, When};
use users::Users;

/// The default of cron (cron(8)).
const PATH: &str = "/usr/bin:/bin";
const SHELL: &str = "/bin/sh";

pub struct Crontab;

impl Importer for Crontab {
    fn format(&self) -> ImportFormat {
        ImportFormat::Crontab
    }

    fn has_name(&self, path: &Path) -> bool {
        let name = file_name(path).to_ascii_lowercase();
        let directories = path.components().rev().skip(1);
        name == "crontab"
            || name.starts_with("crontab.")
            || has_suffix(&name, &[".crontab", ".cron"])
            || directories.into_iter().any(|it| ["cron.d", "crontabs"].iter().any(|known| it.as_os_str() == *known))
    }

    fn has_line(&self, line: &str) -> bool {
        let is_field = |word: &str| word.starts_with(|c: char| c.is_ascii_digit() || "*-@~".contains(c));
        let first = line.split_whitespace().next().unwrap_or_default();
        first.starts_with('@') || (is_field(first) && line.split_whitespace().nth(4).is_some())
    }

    fn read(&self, input: &Input<'_>) -> Result<Imported, ReadError> {
        let Input { source, facts, .. } = *input;
        match is_system_path(&source.path) {
            true => convert(source, facts, None, true),
            false if owner(&source.path).is_some() => convert(source, facts, None, false),
            false => {
                let users = Users::find(&source.text, facts);
                let has_users = users.named.is_some();
                convert(source, facts, Some(users), has_users)
            }
        }
    }
}

/// A crontab of the system that is not where cron has it.
pub struct SystemCrontab;

impl Importer for SystemCrontab {
    fn format(&self) -> ImportFormat {
        ImportFormat::SystemCrontab
    }

    fn has_name(&self, _: &Path) -> bool {
        false
    }

    fn has_line(&self, _: &str) -> bool {
        false
    }

    fn read(&self, input: &Input<'_>) -> Result<Imported, ReadError> {
        convert(input.source, input.facts, None, true)
    }
}

/// `users` are those that were found in a file of unknown kind.
fn convert(source: &Source, facts: &Facts<'_>, users: Option<Users>, has_users: bool) -> Result<Imported, ReadError> {
    let lines = lines::read(&source.text, has_users)?;
    let mut manifest = ManifestBuilder::default();
    let owner = owner(&source.path).filter(|_| !has_users);
    let Users { named, doubtful } = users.unwrap_or_default();
    if let Some((line, user)) = &named {
        manifest.head(format!("line {line} names the user {user}, so the sixth word of each line is its user"));
    }
    for (line, user) in doubtful.iter().filter(|_| !has_users) {
        let what = format!("`{user}` is read as a command; if it is a user, use --format system-crontab");
        manifest.unconverted(&source.path, *line, what);
    }
    manifest.head(match has_users || owner.is_some() {
        true => "its jobs name users: mkservice apply --system",
        false => "its jobs run as the user who applies it: mkservice apply",
    });
    manifest.head("output goes to the journal and is not mailed; a job that still runs is not started again");
    manifest.head("background processes of a job are killed when it exits (KillMode = \"process\" keeps them)");
    let variables = Vec::new();
    let mut reader = Reader { source, facts, owner: owner.as_deref(), named, variables, never: None, manifest };
    for (number, line) in lines {
        match line {
            Line::Variable(name, value) => reader.variable(number, name, value),
            Line::Job(job) => reader.job(number, &job)?,
        }
    }
    if reader.manifest.count() == 0 {
        return Err(reader.never.unwrap_or_else(|| ReadError::new(0, "contains no job")));
    }
    Ok(reader.manifest.finish())
}

/// The user whose crontab it is, by the directory that cron keeps them in.
fn owner(path: &Path) -> Option<String> {
    let directory = path.parent()?;
    let is_spool = ["spool/cron/crontabs", "spool/cron", "cron/tabs"].iter().any(|end| directory.ends_with(end));
    is_spool.then(|| path.file_name().map(|name| name.to_string_lossy().into_owned()))?
}

fn is_system_path(path: &Path) -> bool {
    path.parent().is_some_and(|directory| directory.ends_with("cron.d")) || path.ends_with("etc/crontab")
}

struct Reader<'a> {
    source: &'a Source,
    facts: &'a Facts<'a>,
    owner: Option<&'a str>,
    /// The line and the user by which the file is one that names users.
    named: Option<(usize, String)>,
    /// Those set above the current line.
    variables: Vec<(String, String)>,
    /// The first job that never runs; the error if there is no other job.
    never: Option<ReadError>,
    manifest: ManifestBuilder,
}

impl Reader<'_> {
    fn value(&self, name: &str) -> Option<&str> {
        value_of(&self.variables, name)
    }

    fn variable(&mut self, number: usize, name: String, value: String) {
        let what = match name.as_str() {
            "MAILTO" if value.is_empty() => None,
            "MAILTO" => Some("output goes to the journal and is not mailed"),
            "MAILFROM" | "CONTENT_TYPE" | "CONTENT_TRANSFER_ENCODING" => Some("nothing is mailed"),
            "LOGNAME" => Some("cron and systemd set it themselves"),
            "CRON_TZ" if value.is_empty() => None,
            "CRON_TZ" => Some("the times are in this zone, as cronie reads them; Debian's cron ignores it"),
            _ => None,
        };
        if let Some(what) = what {
            self.manifest.unconverted(&self.source.path, number, format!("{name}: {what}"));
        }
        replace(&mut self.variables, &name, value);
    }

    fn no_user(&self, number: usize, user: &str) -> ReadError {
        let hint = match &self.named {
            Some((line, named)) => {
                format!("line {line} names the user `{named}`: name an existing user in this line too")
            }
            None => "name an existing user, or remove the line".to_owned(),
        };
        ReadError::new(number, format!("no such user `{user}` on this machine")).hint(hint)
    }

    fn job(&mut self, number: usize, job: &Job) -> Result<(), ReadError> {
        let user = job.user.as_deref().or(self.owner);
        let wanted = shell_line::service_name(&job.command).unwrap_or_else(|| "job".into());
        let mut draft = Draft::new(self.manifest.name(&wanted));
        draft.comment(format!("line {number}: {}", job.as_written));
        cron::alone(&job.as_written).into_iter().for_each(|what| draft.comment(what));
        let home_of_user = match user {
            Some(user) => (self.facts.home_of)(user).ok_or_else(|| self.no_user(number, user))?,
            None => self.facts.home.to_owned(),
        };
        let home = self.value("HOME").map_or_else(|| text(&home_of_user), str::to_owned);
        let shell = self.value("SHELL").unwrap_or(SHELL).to_owned();
        draft.command(vec![shell.clone(), "-c".into(), job.command.clone()]);
        if let Some(user) = user {
            draft.set("uid", user);
        }
        draft.set("working-directory", &home);
        if !self.when(number, job, &mut draft)? {
            return Ok(());
        }
        self.environment(user, &shell, &home, &mut draft);
        if let Some(input) = &job.input {
            draft.property("StandardInput", "data");
            draft.property("StandardInputText", input_text(input));
        }
        if job.unlogged {
            draft.unconverted(&self.source.path, number, "leading `-`: systemd logs each start of the job");
        }
        self.manifest.push(draft);
        Ok(())
    }

    /// Returns false for a job that never runs.
    fn when(&mut self, number: usize, job: &Job, draft: &mut Draft) -> Result<bool, ReadError> {
        if shell_line::starts_background_process(&job.command) {
            draft.property("KillMode", "process");
        }
        let When::At(schedule) = job.when else {
            // As with cron, nothing starts before the next boot, and background processes go on.
            draft.set("service-type", "exec");
            draft.set("restart", "no");
            draft.flag("no-start");
            draft.property("RemainAfterExit", "yes");
            return Ok(true);
        };
        let zone = self.value("CRON_TZ").filter(|zone| !zone.is_empty());
        if schedule.skips_clock_change() && !zone.is_some_and(is_without_clock_changes) {
            let what = "cron makes up for a run that daylight saving time skips; systemd does not";
            draft.unconverted(&self.source.path, number, what);
        }
        let zone = zone.map(|zone| format!(" {zone}"));
        let events: Vec<String> =
            schedule.events().into_iter().map(|event| event + zone.as_deref().unwrap_or_default()).collect();
        if events.is_empty() {
            let what = format!("`{}`: no such day exists, so cron never runs the job", job.as_written);
            self.manifest.unconverted(&self.source.path, number, what.clone());
            self.never.get_or_insert(ReadError::new(number, what));
            return Ok(false);
        }
        let is_known = |zone: &str| (self.facts.is_file)(&Path::new(calendar::ZONES).join(zone));
        let is_valid = |event: &str| calendar::is_event(event) && calendar::zone(event).is_none_or(is_known);
        if let Some(event) = events.iter().find(|event| !is_valid(event)) {
            return Err(ReadError::new(number, format!("has no OnCalendar= equivalent: invalid event `{event}`"))
                .hint("CRON_TZ expects a time zone, such as Europe/Berlin: timedatectl list-timezones"));
        }
        draft.one_or_more("on-calendar", events);
        match self.value("RANDOM_DELAY").map(|delay| (delay, delay.parse::<u32>())) {
            None | Some((_, Ok(0))) => Ok(true),
            Some((_, Ok(minutes))) => {
                draft.set("randomized-delay", format!("{minutes}min"));
                Ok(true)
            }
            Some((delay, Err(_))) => {
                Err(ReadError::new(number, format!("RANDOM_DELAY is `{delay}`, not a number of minutes")))
            }
        }
    }

    /// Replaces the environment of systemd with the smaller one of cron.
    fn environment(&self, user: Option<&str>, shell: &str, home: &str, draft: &mut Draft) {
        draft.variable("SHELL", shell);
        draft.variable("PATH", PATH);
        // systemd does not set these for root unless User= is set.
        let is_root = user.map_or(self.facts.uid == 0, |user| user == "root");
        if is_root || self.value("HOME").is_some() {
            draft.variable("HOME", home);
        }
        if is_root {
            draft.variable("LOGNAME", "root");
            draft.variable("USER", "root");
        }
        const OF_CRON: [&str; 8] = [
            "SHELL",
            "HOME",
            "LOGNAME",
            "MAILFROM",
            "CONTENT_TYPE",
            "CONTENT_TRANSFER_ENCODING",
            "CRON_TZ",
            "RANDOM_DELAY",
        ];
        for (name, value) in self.variables.iter().filter(|(name, _)| !OF_CRON.contains(&name.as_str())) {
            draft.variable(name, value);
        }
    }
}

fn is_without_clock_changes(zone: &str) -> bool {
    ["UTC", "GMT", "UCT", "Zulu", "Universal"].contains(&zone) || zone.starts_with("Etc/")
}

/// A text for `StandardInputText=`, which appends a newline (systemd.exec(5)).
fn input_text(input: &str) -> String {
    let mut out = String::new();
    for c in double_percent(input.strip_suffix('\n').unwrap_or(input)).chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || is_noncharacter(c) => {
                let mut bytes = [0; 4];
                c.encode_utf8(&mut bytes).bytes().for_each(|byte| out.push_str(&format!("\\x{byte:02x}")));
            }
            // systemd strips leading and trailing blanks.
            ' ' if out.is_empty() => out.push_str("\\x20"),
            c => out.push(c),
        }
    }
    match out.strip_suffix(' ') {
        Some(text) => format!("{text}\\x20"),
        None => out,
    }
}

#[cfg(test)]
mod tests;

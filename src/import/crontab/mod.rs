//! Crontabs (crontab(5)): those of accounts and those of the machine, as Vixie's cron, Debian's and cronie read them.

mod lines;

use std::path::Path;

use super::draft::{Draft, Draftsman, text};
use super::{Facts, Imported, Source, Trouble, shell_line};
use crate::model::unicode::is_noncharacter;
use crate::systemd::text::double_percent;
use crate::systemd::{calendar, cron};
use lines::{Job, Line, When};

/// What cron sets where a crontab does not (cron(8)).
const PATH: &str = "/usr/bin:/bin";
const SHELL: &str = "/bin/sh";

/// Reads a crontab.
pub fn read(source: &Source, facts: &Facts<'_>) -> Result<Imported, Trouble> {
    let of_machine = is_of_machine(source);
    let lines = lines::read(&source.text, of_machine)?;
    let mut all = Draftsman::default();
    let owner = owner(&source.path);
    let is_root = of_machine || owner.is_some();
    all.head(format!("made from {}", text(&source.path)));
    all.head(match is_root {
        true => "its jobs have accounts: mkservice apply --system",
        false => "its jobs run as whoever applies it: mkservice apply",
    });
    all.head("what a job prints goes to the journal and is not mailed; one that still runs is not started again");
    all.head(
        "what its script leaves behind in the background ends with the job (KillMode = \"process\" lets it go on)",
    );
    let mut reader = Reader { source, facts, owner: owner.as_deref(), variables: Vec::new(), never: None, all };
    for (number, line) in lines {
        match line {
            Line::Variable(name, value) => reader.variable(number, name, value),
            Line::Job(job) => reader.job(number, &job)?,
        }
    }
    if reader.all.count() == 0 {
        return Err(reader.never.unwrap_or_else(|| Trouble::new(0, "has no job in it")));
    }
    Ok(reader.all.finish())
}

/// The account whose crontab it is, by the folder that cron keeps them in.
fn owner(path: &Path) -> Option<String> {
    let folder = path.parent()?;
    let is_spool =
        folder.ends_with("spool/cron/crontabs") || folder.ends_with("spool/cron") || folder.ends_with("cron/tabs");
    is_spool.then(|| path.file_name().map(|name| name.to_string_lossy().into_owned()))?
}

/// True for a crontab that lies where those with a column for accounts lie.
fn is_in_place_of_machine(path: &Path) -> bool {
    path.parent().is_some_and(|folder| folder.ends_with("cron.d")) || path.ends_with("etc/crontab")
}

/// True for a crontab with a column for accounts: by its place, else where that column names root in any line. Nobody
/// has a command of that name.
fn is_of_machine(source: &Source) -> bool {
    let by_text = || owner(&source.path).is_none() && lines::names_account(&source.text, "root");
    is_in_place_of_machine(&source.path) || by_text()
}

struct Reader<'a> {
    /// The first job whose time never comes: all there is to say of a crontab that has no other.
    never: Option<Trouble>,
    source: &'a Source,
    facts: &'a Facts<'a>,
    owner: Option<&'a str>,
    /// The variables that were set above.
    variables: Vec<(String, String)>,
    all: Draftsman,
}

impl Reader<'_> {
    fn value(&self, name: &str) -> Option<&str> {
        self.variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn variable(&mut self, number: usize, name: String, value: String) {
        let left = match name.as_str() {
            "MAILTO" if value.is_empty() => None,
            "MAILTO" => Some("what jobs print goes to the journal, and is not mailed"),
            "MAILFROM" | "CONTENT_TYPE" | "CONTENT_TRANSFER_ENCODING" => Some("nothing is mailed"),
            "LOGNAME" => Some("cron sets it itself, and so does systemd"),
            _ => None,
        };
        if let Some(left) = left {
            self.all.left_of_file(&self.source.path, number, format!("{name}: {left}"));
        }
        self.variables.retain(|(known, _)| *known != name);
        self.variables.push((name, value));
    }

    fn no_account(&self, number: usize, account: &str) -> Trouble {
        let is_guess = self.owner.is_none() && !is_in_place_of_machine(&self.source.path);
        let hint = match is_guess {
            true => "`root` in front of a command makes it a crontab with accounts: name one that there is here, too",
            false => "name one that there is, or take the line out",
        };
        Trouble::new(number, format!("there is no account `{account}` on this machine")).hint(hint)
    }

    fn job(&mut self, number: usize, job: &Job) -> Result<(), Trouble> {
        let account = job.account.as_deref().or(self.owner);
        let wanted = shell_line::name(&job.command).unwrap_or_else(|| "job".into());
        let mut draft = Draft::new(self.all.name(&wanted));
        draft.remark(format!("line {number}: {}", job.as_written));
        cron::alone(&job.as_written).into_iter().for_each(|what| draft.remark(what));
        let of_account = match account {
            Some(account) => (self.facts.home_of)(account).ok_or_else(|| self.no_account(number, account))?,
            None => self.facts.home.to_owned(),
        };
        let home = self.value("HOME").map_or_else(|| text(&of_account), str::to_owned);
        let shell = self.value("SHELL").unwrap_or(SHELL).to_owned();
        draft.command(vec![shell.clone(), "-c".into(), job.command.clone()]);
        if let Some(account) = account {
            draft.text("uid", account);
        }
        draft.text("working-directory", &home);
        if !self.when(number, job, &mut draft)? {
            return Ok(());
        }
        self.environment(account, &shell, &home, &mut draft);
        if let Some(input) = &job.input {
            draft.property("StandardInput", "data");
            draft.property("StandardInputText", input_text(input));
        }
        if job.unlogged {
            self.all.left(&mut draft, &self.source.path, number, "`-` in front: systemd logs that it starts the job");
        }
        self.all.push(draft);
        Ok(())
    }

    /// When it runs; false where it never does.
    fn when(&mut self, number: usize, job: &Job, draft: &mut Draft) -> Result<bool, Trouble> {
        let When::At(schedule) = job.when else {
            // What it leaves behind goes on, as with cron; nothing is started before the next boot.
            draft.text("service-type", "exec");
            draft.text("restart", "no");
            draft.flag("no-start");
            draft.property("RemainAfterExit", "yes");
            if shell_line::leaves_behind(&job.command) {
                draft.property("KillMode", "process");
            }
            return Ok(true);
        };
        let zone = self.value("CRON_TZ").filter(|zone| !zone.is_empty()).map(|zone| format!(" {zone}"));
        let events: Vec<String> =
            schedule.events().into_iter().map(|event| event + zone.as_deref().unwrap_or_default()).collect();
        if events.is_empty() {
            let what = format!("`{}`: there is no such day, and cron never runs it either", job.as_written);
            self.all.left_of_file(&self.source.path, number, what.clone());
            self.never.get_or_insert(Trouble::new(number, what));
            return Ok(false);
        }
        if let Some(event) = events.iter().find(|event| !calendar::is_event(event)) {
            return Err(Trouble::new(number, format!("cannot be said to systemd: `{event}` is no calendar event"))
                .hint("CRON_TZ takes the name of a time zone, as Europe/Berlin: timedatectl list-timezones"));
        }
        match <[String; 1]>::try_from(events) {
            Ok([event]) => draft.text("on-calendar", event),
            Err(events) => draft.list("on-calendar", events),
        }
        if let Some(delay) = self.value("RANDOM_DELAY") {
            match delay.parse::<u32>() {
                Ok(0) => {}
                Ok(minutes) => draft.text("randomized-delay", format!("{minutes}min")),
                Err(_) => {
                    return Err(Trouble::new(number, format!("RANDOM_DELAY is `{delay}`, and no number of minutes")));
                }
            }
        }
        if shell_line::leaves_behind(&job.command) {
            draft.property("KillMode", "process");
        }
        Ok(true)
    }

    /// The small environment that cron gives: of what systemd would give, the rest is replaced.
    fn environment(&self, account: Option<&str>, shell: &str, home: &str, draft: &mut Draft) {
        draft.variable("SHELL", shell);
        draft.variable("PATH", PATH);
        // For root systemd sets neither where no account is named.
        if account == Some("root") || self.value("HOME").is_some() {
            draft.variable("HOME", home);
        }
        if account == Some("root") {
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

/// A text as `StandardInputText=` has it, which adds a line break of its own (systemd.exec(5)).
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
            // Blanks at the ends of a line are not the value's.
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

//! The one place that prints and asks.
//!
//! For people, results go to stdout; warnings, errors and questions go to stderr. With `--json`, everything is one
//! document on stdout. A closed pipe is not an error.

mod pager;
pub mod secret;
mod spinner;
pub mod table;
pub mod text;

use std::cell::{Cell, RefCell};
use std::ffi::OsStr;
use std::io::{self, BufRead as _, BufReader, IsTerminal as _, Read, Write as _};

use anstream::ColorChoice;

use crate::host::Host;
use crate::model::Verb;
use crate::model::diagnostic::{CompletedStep, Details, Diagnostic, Error, Note, RestartCommand};
use crate::model::message::{Message, io_reason, some_of};
use crate::output::json::Document;
use crate::output::report;
use crate::output::wording::{Front, Wording};
use crate::plan::Step;
use pager::Pager;
pub use spinner::{bar, while_waiting};
use text::{Text, harmless};

#[derive(Debug, Default)]
pub struct Ui {
    quiet: bool,
    verbose: bool,
    assumes_yes: bool,
    no_ask_password: bool,
    wording: Wording,
    /// For long results.
    pager: Option<Pager>,
    /// Why stdout could not be written.
    broken: RefCell<Option<io::Error>>,
    has_lost_its_reader: Cell<bool>,
    /// Another process prints the document: the elevated one, or that of the user behind sudo.
    is_left_to_other: Cell<bool>,
    /// With `--json`.
    document: Option<RefCell<Document>>,
}

impl Ui {
    pub fn new(quiet: bool, verbose: bool, json: bool, wording: Wording) -> Ui {
        Ui { quiet, verbose, wording, document: json.then(RefCell::default), ..Ui::default() }
    }

    pub fn on(self, host: &Host) -> Ui {
        Ui { wording: Wording::of(host), ..self }
    }

    /// How it asks: questions are answered with yes, and passwords are not asked for.
    pub fn asking(self, assumes_yes: bool, no_ask_password: bool) -> Ui {
        Ui { assumes_yes, no_ask_password, ..self }
    }

    /// Shows results that are longer than the terminal in a pager.
    pub fn paged(self, host: &Host) -> Ui {
        Ui { pager: if self.is_silent() { None } else { Pager::of(host) }, ..self }
    }

    /// Whether a question can be answered, by the user or by `--yes`.
    pub fn can_confirm(&self) -> bool {
        self.assumes_yes || !self.is_json() && can_ask()
    }

    pub fn confirm(&self, question: &str) -> bool {
        self.assumes_yes || confirm(question)
    }

    pub fn assumes_yes(&self) -> bool {
        self.assumes_yes
    }

    pub fn can_ask_password(&self) -> bool {
        !self.no_ask_password
    }

    pub fn wording(&self) -> &Wording {
        &self.wording
    }

    pub fn is_json(&self) -> bool {
        self.document.is_some()
    }

    pub fn is_verbose(&self) -> bool {
        self.verbose
    }

    /// Neither results nor a spinner are wanted.
    pub fn is_silent(&self) -> bool {
        self.quiet || self.is_json()
    }

    /// A result for people, of one or more lines.
    pub fn say(&self, text: impl Into<Text>) {
        let text = text.into();
        if !self.is_silent() && !text.is_empty() {
            self.write(text.with("\n").render(&io::stdout()).as_bytes());
        }
    }

    /// A result for people, byte for byte unless a terminal shows it.
    pub fn print(&self, bytes: &[u8]) {
        match () {
            () if self.is_silent() => {}
            () if io::stdout().is_terminal() => self.write(harmless(&String::from_utf8_lossy(bytes)).as_bytes()),
            () => self.write(bytes),
        }
    }

    /// Prints what comes from a source on a terminal.
    pub fn pass_on(&self, source: impl Read) {
        // A longer line is printed in parts.
        const AT_ONCE: u64 = 64 << 10;
        let mut source = BufReader::new(source);
        let mut line = Vec::new();
        while source.by_ref().take(AT_ONCE).read_until(b'\n', &mut line).is_ok_and(|size| size > 0) {
            self.write(harmless(&String::from_utf8_lossy(&line)).as_bytes());
            if self.has_lost_its_reader.get() {
                break;
            }
            line.clear();
        }
    }

    /// A result in place of the last one on a terminal, as much of it as fits; elsewhere after it.
    pub fn redraw(&self, text: &Text) {
        let stdout = io::stdout();
        let Some(size) = table::terminal_size(&stdout) else {
            return self.say(text.clone().with("\n"));
        };
        let text = text.render(&stdout);
        let height = usize::from(size.ws_row).max(2) - 1;
        // Home; each line to its end; the rest of the screen.
        let lines: String = text.lines().take(height).map(|line| format!("{line}\x1b[K\n")).collect();
        self.write(format!("\x1b[H{lines}\x1b[J").as_bytes());
    }

    /// A line of a log, which is what was asked for.
    pub fn log_line(&self, line: Text) {
        self.write(line.with("\n").render(&io::stdout()).as_bytes());
    }

    /// Nobody reads the results any more.
    pub fn has_lost_its_reader(&self) -> bool {
        self.has_lost_its_reader.get()
    }

    fn write(&self, bytes: &[u8]) {
        if let Some(pager) = &self.pager {
            return self.finish(pager.write(bytes));
        }
        let mut stdout = io::stdout().lock();
        self.finish(stdout.write_all(bytes).and_then(|()| stdout.flush()));
    }

    /// A closed pipe is not an error, but a result that could not be written otherwise is.
    fn finish(&self, written: io::Result<()>) {
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => self.has_lost_its_reader.set(true),
            Err(error) => drop(self.broken.replace(Some(error))),
            Ok(()) => {}
        }
    }

    /// For `--verbose`.
    pub fn detail(&self, text: impl Into<Message>) {
        if self.verbose {
            self.say(self.wording.text(&text.into()));
        }
    }

    pub fn note(&self, note: impl Into<Note>) {
        self.note_for(Front::CommandLine, note);
    }

    /// With the names that options have in a file.
    pub fn note_for(&self, front: Front, note: impl Into<Note>) {
        let text = self.wording.note(&note.into(), front);
        self.document(|document| document.notes.push(text.clone()));
        self.say(Text::labeled("note", text));
    }

    pub fn warn(&self, note: impl Into<Note>) {
        self.warn_for(Front::CommandLine, note);
    }

    /// With the names that options have in a file.
    pub fn warn_for(&self, front: Front, note: impl Into<Note>) {
        let text = self.wording.note(&note.into(), front);
        self.document(|document| document.warnings.push(text.clone()));
        if !self.is_json() {
            print_error(&Text::labeled("warning", text).with("\n"));
        }
    }

    /// Changes the document, with `--json`.
    pub fn document(&self, change: impl FnOnce(&mut Document)) {
        if let Some(document) = &self.document {
            change(&mut document.borrow_mut());
        }
    }

    /// For the document: steps that were done, or would be.
    pub fn steps(&self, steps: &[Step]) {
        self.document(|document| {
            document.changed |= !steps.is_empty();
            document.steps.extend(steps.iter().map(report::step_json));
        });
    }

    /// Prints one error for services of a file that have the same fault.
    pub fn fail(&self, error: &Error) {
        let each = error.each();
        if self.is_json() {
            let errors = each.iter().map(|one| report::error_json(one, &self.wording));
            return self.document(|document| document.errors.extend(errors));
        }
        let mut alike: Vec<(&Diagnostic, Vec<&str>)> = Vec::new();
        for one in each {
            match alike.iter_mut().find(|(first, _)| is_alike(first, one)) {
                Some((_, others)) => others.extend(one.service.as_deref()),
                None => alike.push((one, Vec::new())),
            }
        }
        alike.iter().for_each(|(first, others)| self.fail_once(first, others));
    }

    /// An error, and the names of the other services that it is about.
    fn fail_once(&self, error: &Diagnostic, others: &[&str]) {
        self.close_pager();
        let indented = |line: &str| Text::from(format!("    {line}"));
        let mut lines = vec![Text::labeled("error", self.wording.message(error))];
        let Details { difference, choice, path_components, explanation, done_before, restart, .. } = &error.details;
        let excerpt = error.place.as_ref().map(|place| place.excerpt.as_slice()).unwrap_or_default();
        lines.extend(excerpt.iter().map(|line| indented(line)));
        lines.extend((!others.is_empty()).then(|| indented(&format!("the same applies to {}", some_of(others)))));
        let path_components = report::path_components(path_components);
        lines.extend([difference, choice, &path_components].into_iter().flatten().map(|line| indented(line)));
        if let Some(explanation) = explanation {
            lines.extend(explanation.log.iter().map(|line| indented(line)));
            lines.extend(explanation.why.iter().map(|why| Text::labeled("why", self.wording.text(why))));
        }
        lines.extend(of_one_kind(done_before).iter().map(|steps| Text::labeled("done before", steps)));
        lines.extend(self.wording.hints(error).iter().map(|hint| Text::labeled("hint", hint)));
        if let Some(RestartCommand { line, secrets }) = restart {
            lines.extend(secrets.iter().map(|name| Text::labeled("first", format!("export {name}=…"))));
            lines.push(Text::labeled("to restart the process", self.wording.text(line)));
        }
        print_error(&Text::lines(lines).with("\n"));
    }

    fn close_pager(&self) {
        if let Some(pager) = &self.pager {
            self.finish(pager.close());
        }
    }

    /// The options with which another process prints and asks in the same way.
    pub fn options(&self) -> Vec<&'static str> {
        let color = ColorChoice::global();
        let options = [
            (self.quiet, "--quiet"),
            (self.verbose, "--verbose"),
            (self.is_json(), "--json"),
            (color == ColorChoice::Always, "--color=always"),
            (color == ColorChoice::Never, "--color=never"),
            (self.assumes_yes, "--yes"),
        ];
        options.into_iter().filter_map(|(on, option)| on.then_some(option)).collect()
    }

    /// Another process has printed everything, and the document.
    pub fn leave_to_other(&self) {
        self.is_left_to_other.set(true);
    }

    /// Prints the document, if there is one, and returns the exit code.
    pub fn end(&self, verb: Option<Verb>, exit_code: u8) -> u8 {
        self.close_pager();
        if let Some(document) = self.document.as_ref().filter(|_| !self.is_left_to_other.get()) {
            let document = document.take();
            let verb = document.verb.clone().or_else(|| verb.map(|verb| verb.name().to_owned()));
            let document = Document { verb, exit_code, ..document };
            let mut stdout = io::BufWriter::new(io::stdout().lock());
            self.finish(document.write(&mut stdout).and_then(|()| stdout.flush()));
        }
        let Some(error) = self.broken.take() else { return exit_code };
        print_error(&Text::labeled("error", format!("cannot write the result: {}\n", io_reason(&error))));
        exit_code.max(1)
    }
}

fn print_error(text: &Text) {
    let _ = io::stderr().lock().write_all(text.render(&io::stderr()).as_bytes());
}

/// Colors all output, including help; `auto` is the default.
pub fn color(when: &OsStr) {
    match when.to_str() {
        Some("always") => ColorChoice::Always.write_global(),
        Some("never") => ColorChoice::Never.write_global(),
        _ => {}
    }
}

/// Questions are written to stderr and answered on stdin.
pub fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// The default is no.
pub fn confirm(question: &str) -> bool {
    matches!(answer(&format!("{question} [y/N] ")).trim(), "y" | "Y" | "yes")
}

/// Lets the user choose items by number, or by what they begin with; returns their indices.
pub fn choose(question: &str, items: &[String]) -> Vec<usize> {
    let mut text = String::new();
    for (place, item) in items.iter().enumerate() {
        text.push_str(&format!("{:3}  {item}\n", place + 1));
    }
    let answer = answer(&format!("{text}{question} "));
    let mut chosen: Vec<usize> = answer.split([' ', ',', '\n']).filter_map(|word| chosen_by(word, items)).collect();
    chosen.sort_unstable();
    chosen.dedup();
    chosen
}

/// A name counts before a number: a service can be named `2`.
fn chosen_by(word: &str, items: &[String]) -> Option<usize> {
    let by_name = items.iter().position(|item| item.split_whitespace().next() == Some(word));
    let by_number = || word.parse::<usize>().ok()?.checked_sub(1).filter(|place| *place < items.len());
    by_name.or_else(by_number)
}

/// Changes nothing in the terminal, so that an interrupt has nothing to restore.
fn answer(question: &str) -> String {
    let _ = io::stderr().lock().write_all(harmless(question).as_bytes());
    let mut line = String::new();
    let _ = io::stdin().read_line(&mut line);
    line
}

/// Whether two errors differ in nothing but the service of a file.
fn is_alike(one: &Diagnostic, other: &Diagnostic) -> bool {
    let is_of_service = one.place.is_some() && one.service.is_some() && other.service.is_some();
    let is_plain = one.details == Details::default() && other.details == Details::default();
    is_of_service && is_plain && one.message == other.message && one.hints == other.hints
}

/// Of many steps of one kind in a row, only the first.
fn of_one_kind(steps: &[CompletedStep]) -> Vec<String> {
    const FEW: usize = 8;
    let lines = steps.chunk_by(|one, other| one.kind == other.kind).map(|run| match run {
        [first, rest @ ..] if run.len() > FEW => vec![format!("{}, and {} more", first.text, rest.len())],
        few => few.iter().map(|step| step.text.clone()).collect(),
    });
    lines.collect::<Vec<_>>().concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_chosen_by_name_or_number() {
        let items = ["web", "1", "worker@2  running"].map(str::to_owned);
        for (word, chosen) in [
            ("web", Some(0)),
            ("1", Some(1)),
            ("3", Some(2)),
            ("worker@2", Some(2)),
            ("0", None),
            ("4", None),
            ("", None),
        ] {
            assert_eq!(chosen_by(word, &items), chosen, "{word}");
        }
    }

    #[test]
    fn many_steps_of_one_kind_are_one_line() {
        let step = |kind: &'static str, at: usize| CompletedStep { kind, text: format!("{kind} s{at}") };
        let mut all: Vec<CompletedStep> = (0..8).map(|at| step("write", at)).collect();
        assert_eq!(of_one_kind(&all).len(), 8);
        all.extend((8..200).map(|at| step("write", at)));
        all.extend((0..2).map(|at| step("start", at)));
        assert_eq!(of_one_kind(&all), ["write s0, and 199 more", "start s0", "start s1"]);
    }
}

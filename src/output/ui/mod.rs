//! The one place that prints and asks.
//!
//! For people, results go to stdout; warnings, errors and questions go to stderr. With `--json`
//! everything is one document on stdout. A closed pipe is not an error.

pub mod secret;
mod spinner;
pub mod table;

use std::cell::{Cell, RefCell};
use std::io::{self, BufRead as _, BufReader, IsTerminal as _, Read, Write as _};

use crate::error::{Error, io_reason, some_of};
use crate::host::Host;
use crate::model::Verb;
use crate::model::diagnostic::{Details, Diagnostic, Done, Note, RestartCommand};
use crate::model::message::Message;
use crate::output::json::Document;
use crate::output::report;
use crate::output::wording::{Front, Wording};
use crate::plan::Step;
use crate::shell;
pub use spinner::{bar, while_waiting};

/// Where the words of one run go.
#[derive(Debug, Default)]
pub struct Ui {
    quiet: bool,
    verbose: bool,
    wording: Wording,
    /// Why stdout could not be written to, if it could not.
    broken: RefCell<Option<io::Error>>,
    /// Nobody reads stdout any more.
    has_lost_its_reader: Cell<bool>,
    /// Another half of the program tells the result.
    told_elsewhere: Cell<bool>,
    /// The document that is printed at the end, with `--json`.
    document: Option<RefCell<Document>>,
}

impl Ui {
    /// `quiet` leaves out results, `verbose` adds steps and reasons, `json` collects everything in
    /// one document.
    pub fn new(quiet: bool, verbose: bool, json: bool, wording: Wording) -> Ui {
        Ui { quiet, verbose, wording, document: json.then(RefCell::default), ..Ui::default() }
    }

    /// The same for the host that is worked on.
    pub fn on(self, host: &Host) -> Ui {
        Ui { wording: Wording::of(host), ..self }
    }

    pub fn wording(&self) -> &Wording {
        &self.wording
    }

    /// True when everything goes into a document.
    pub fn is_json(&self) -> bool {
        self.document.is_some()
    }

    /// True when all is to be told.
    pub fn is_verbose(&self) -> bool {
        self.verbose
    }

    /// True when nobody watches: neither results nor a spinner are wanted.
    pub fn is_silent(&self) -> bool {
        self.quiet || self.is_json()
    }

    /// A result for people, of one or more lines.
    pub fn say(&self, text: &str) {
        if !self.is_silent() && !text.is_empty() {
            self.write(harmless(&format!("{text}\n")).as_bytes());
        }
    }

    /// A result for people: byte for byte where no terminal shows it.
    pub fn print(&self, bytes: &[u8]) {
        match () {
            () if self.is_silent() => {}
            () if io::stdout().is_terminal() => self.write(harmless(&String::from_utf8_lossy(bytes)).as_bytes()),
            () => self.write(bytes),
        }
    }

    /// Prints everything from a source on a terminal as it comes, until nobody reads any more.
    pub fn pass_on(&self, source: impl Read) {
        // Of a longer line, this much is printed at a time.
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

    fn write(&self, bytes: &[u8]) {
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

    /// What only `--verbose` shows.
    pub fn detail(&self, text: impl Into<Message>) {
        if self.verbose {
            self.say(&self.wording.text(&text.into()));
        }
    }

    /// What is good to know beside the result.
    pub fn note(&self, note: impl Into<Note>) {
        self.note_for(Front::CommandLine, note);
    }

    /// The same, for whoever gave a command line or a file.
    pub fn note_for(&self, front: Front, note: impl Into<Note>) {
        let text = self.wording.note(&note.into(), front);
        self.document(|document| document.notes.push(text.clone()));
        self.say(&format!("note: {text}"));
    }

    /// What the user should know, though it works.
    pub fn warn(&self, note: impl Into<Note>) {
        self.warn_for(Front::CommandLine, note);
    }

    /// The same, for whoever gave a command line or a file.
    pub fn warn_for(&self, front: Front, note: impl Into<Note>) {
        let text = self.wording.note(&note.into(), front);
        self.document(|document| document.warnings.push(text.clone()));
        if !self.is_json() {
            let _ = writeln!(io::stderr().lock(), "warning: {}", harmless(&text));
        }
    }

    /// Changes the document, with `--json`.
    pub fn document(&self, change: impl FnOnce(&mut Document)) {
        if let Some(document) = &self.document {
            change(&mut document.borrow_mut());
        }
    }

    /// Steps that were done, or would be.
    pub fn steps(&self, steps: &[Step]) {
        self.document(|document| {
            document.changed |= !steps.is_empty();
            document.steps.extend(steps.iter().map(report::step_json));
        });
    }

    /// What went wrong, and what to do about it. People read once what is wrong with many services of a file.
    pub fn fail(&self, error: &Error) {
        let each = error.diagnostics(!self.wording.sudo);
        if self.is_json() {
            let errors = each.iter().map(|one| report::error_json(one, &self.wording));
            return self.document(|document| document.errors.extend(errors));
        }
        let mut alike: Vec<(&Diagnostic, Vec<&str>)> = Vec::new();
        for one in &each {
            match alike.iter_mut().find(|(first, _)| is_alike(first, one)) {
                Some((_, others)) => others.extend(one.service.as_deref()),
                None => alike.push((one, Vec::new())),
            }
        }
        alike.iter().for_each(|(first, others)| self.fail_once(first, others));
    }

    /// An error, and the names of the other services that it is about.
    fn fail_once(&self, error: &Diagnostic, others: &[&str]) {
        let mut text = format!("error: {}\n", self.wording.message(error));
        let mut indented = |lines: &[String]| lines.iter().for_each(|line| text.push_str(&format!("    {line}\n")));
        let Details { difference, choice, way, explanation, done_before, restart, .. } = &error.details;
        indented(error.place.as_ref().map(|place| place.excerpt.as_slice()).unwrap_or_default());
        if !others.is_empty() {
            indented(&[format!("the same goes for {}", some_of(others))]);
        }
        indented(difference);
        indented(choice);
        indented(&report::way(way));
        if let Some(explanation) = explanation {
            indented(&explanation.log);
            explanation.why.iter().for_each(|why| text.push_str(&format!("why: {}\n", self.wording.text(why))));
        }
        of_one_kind(done_before).iter().for_each(|steps| text.push_str(&format!("done before that: {steps}\n")));
        self.wording.hints(error).iter().for_each(|hint| text.push_str(&format!("hint: {hint}\n")));
        if let Some(RestartCommand { line, secrets }) = restart {
            secrets.iter().for_each(|name| text.push_str(&format!("before the line below: export {name}=…\n")));
            text.push_str(&format!("start the old one again: {}\n", self.wording.text(line)));
        }
        let _ = io::stderr().lock().write_all(harmless(&text).as_bytes());
    }

    /// The options that make another run tell what it has to tell in the same way.
    pub fn options(&self) -> Vec<&'static str> {
        let options = [(self.quiet, "--quiet"), (self.verbose, "--verbose"), (self.is_json(), "--json")];
        options.into_iter().filter_map(|(on, option)| on.then_some(option)).collect()
    }

    /// Another half of the program has told everything, the document as well.
    pub fn leave_the_telling(&self) {
        self.told_elsewhere.set(true);
    }

    /// Ends the run: prints the document, if there is one. Gives the exit code.
    pub fn end(&self, verb: Option<Verb>, exit_code: u8) -> u8 {
        if let Some(document) = self.document.as_ref().filter(|_| !self.told_elsewhere.get()) {
            let document = Document { verb: verb.map(|verb| verb.name().to_owned()), exit_code, ..document.take() };
            let mut stdout = io::BufWriter::new(io::stdout().lock());
            self.finish(document.write(&mut stdout).and_then(|()| stdout.flush()));
        }
        let Some(error) = self.broken.take() else { return exit_code };
        let _ = writeln!(io::stderr().lock(), "error: cannot write the result: {}", io_reason(&error));
        exit_code.max(1)
    }
}

/// Text in which what moves a cursor, or hides or reorders text on a terminal, is escaped: names, paths and messages of
/// others are in it.
fn harmless(text: &str) -> String {
    text.split_inclusive(['\n', '\t']).fold(String::with_capacity(text.len()), |mut out, part| {
        let (shown, end) = part.split_at(part.trim_end_matches(['\n', '\t']).len());
        out.push_str(&shell::printable(shown));
        out.push_str(end);
        out
    })
}

/// True when there is somebody to ask: questions are written to stderr and answered on stdin.
pub fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks a yes-or-no question; no is the default, and what an interrupted question means.
pub fn confirm(question: &str) -> bool {
    matches!(answer(&format!("{question} [y/N] ")).trim(), "y" | "Y" | "yes")
}

/// Lets the user pick any number of items by their numbers; gives their places.
pub fn choose(question: &str, items: &[String]) -> Vec<usize> {
    let mut text = String::new();
    for (place, item) in items.iter().enumerate() {
        text.push_str(&format!("{:3}  {item}\n", place + 1));
    }
    let answer = answer(&format!("{text}{question} "));
    let numbers = answer.split([' ', ',', '\n']).filter_map(|word| word.parse::<usize>().ok());
    let numbers = numbers.filter(|number| (1..=items.len()).contains(number)).map(|number| number - 1);
    let mut numbers: Vec<usize> = numbers.collect();
    // Each once, however often it was typed.
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

/// One line from the terminal. Plain reading, so that an interrupt leaves the terminal as it was.
fn answer(question: &str) -> String {
    let _ = io::stderr().lock().write_all(harmless(question).as_bytes());
    let mut line = String::new();
    let _ = io::stdin().read_line(&mut line);
    line
}

/// Whether two errors say the same of two services of a file, and no more than that.
fn is_alike(one: &Diagnostic, other: &Diagnostic) -> bool {
    let is_of_service = one.place.is_some() && one.service.is_some() && other.service.is_some();
    let is_plain = one.details == Details::default() && other.details == Details::default();
    is_of_service && is_plain && one.message == other.message && one.hints == other.hints
}

/// Steps as lines: of more of one kind in a row than people read, the first one.
fn of_one_kind(steps: &[Done]) -> Vec<String> {
    const FEW: usize = 8;
    let lines = steps.chunk_by(|one, other| one.kind == other.kind).map(|run| match run {
        [first, rest @ ..] if run.len() > FEW => vec![format!("{}, and {} more like it", first.text, rest.len())],
        few => few.iter().map(|step| step.text.clone()).collect(),
    });
    lines.collect::<Vec<_>>().concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_steps_of_one_kind_are_one_line() {
        let step = |kind: &'static str, at: usize| Done { kind, text: format!("{kind} s{at}") };
        let mut all: Vec<Done> = (0..8).map(|at| step("write", at)).collect();
        assert_eq!(of_one_kind(&all).len(), 8);
        all.extend((8..200).map(|at| step("write", at)));
        all.extend((0..2).map(|at| step("start", at)));
        assert_eq!(of_one_kind(&all), ["write s0, and 199 more like it", "start s0", "start s1"]);
    }
}

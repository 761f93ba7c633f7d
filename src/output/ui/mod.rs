//! The one place that prints and asks.
//!
//! For people, results go to stdout; warnings, errors and questions go to stderr. With `--json`
//! everything is one document on stdout. A closed pipe is not an error.

mod json;
pub mod secret;
mod spinner;
pub mod table;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::io::{self, IsTerminal as _, Write as _};

use serde_json::{Map, Value};

use crate::adopt::again::Again;
use crate::error::{Error, as_root, io_reason, some_of};
use crate::output::report;
use crate::plan::Step;
pub use spinner::{bar, while_waiting};

/// Where the words of one run go.
#[derive(Debug, Default)]
pub struct Ui {
    quiet: bool,
    verbose: bool,
    /// Root itself needs no sudo in what it is told to type.
    is_root: bool,
    /// Why stdout could not be written to, if it could not.
    broken: RefCell<Option<io::Error>>,
    /// Another half of the program tells the result.
    told_elsewhere: Cell<bool>,
    /// The document that is printed at the end, with `--json`.
    document: Option<RefCell<Map<String, Value>>>,
}

impl Ui {
    /// `quiet` leaves out results, `verbose` adds steps and reasons, `json` collects everything in
    /// one document.
    pub fn new(quiet: bool, verbose: bool, json: bool, is_root: bool) -> Ui {
        let empty = || {
            let lists = ["services", "steps", "warnings", "notes", "errors"];
            let mut document: Map<String, Value> =
                lists.map(|key| (key.to_owned(), Value::Array(Vec::new()))).into_iter().collect();
            document.insert("changed".into(), false.into());
            RefCell::new(document)
        };
        Ui { quiet, verbose, is_root, document: json.then(empty), ..Ui::default() }
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
            self.write(format!("{text}\n").as_bytes());
        }
    }

    /// A result for people, byte for byte.
    pub fn print(&self, bytes: &[u8]) {
        if !self.is_silent() {
            self.write(bytes);
        }
    }

    /// Whoever reads may leave; but a result that could not be written was not given.
    fn write(&self, bytes: &[u8]) {
        let mut stdout = io::stdout().lock();
        match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => drop(self.broken.replace(Some(error))),
            _ => {}
        }
    }

    /// What only `--verbose` shows.
    pub fn detail(&self, text: &str) {
        if self.verbose {
            self.say(text);
        }
    }

    /// What is good to know beside the result.
    pub fn note(&self, text: &str) {
        self.add("notes", text.into());
        self.say(&format!("note: {text}"));
    }

    /// What the user should know, though it works.
    pub fn warn(&self, text: &str) {
        self.add("warnings", text.into());
        if !self.is_json() {
            let _ = writeln!(io::stderr().lock(), "warning: {text}");
        }
    }

    /// A value for the document.
    pub fn put(&self, key: &str, value: impl Into<Value>) {
        if let Some(document) = &self.document {
            document.borrow_mut().insert(key.to_owned(), value.into());
        }
    }

    /// One more value for a list of the document.
    pub fn add(&self, key: &str, value: Value) {
        let Some(document) = &self.document else { return };
        match document.borrow_mut().entry(key).or_insert_with(|| Value::Array(Vec::new())) {
            Value::Array(list) => list.push(value),
            other => *other = value,
        }
    }

    /// Steps that were done, or would be.
    pub fn steps(&self, steps: &[Step]) {
        if self.is_json() && !steps.is_empty() {
            self.put("changed", true);
            steps.iter().for_each(|step| self.add("steps", json::step(step)));
        }
    }

    /// What went wrong, and what to do about it. People read once what is wrong with many services of a file.
    pub fn fail(&self, error: &Error) {
        if self.is_json() {
            return error.each().iter().for_each(|one| self.add("errors", json::error(one, &self.hints(one))));
        }
        let mut alike: Vec<(&Error, Vec<&str>)> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        for one in error.each() {
            let of_service = one.of_service();
            match of_service.as_ref().and_then(|(_, what)| places.get(what)) {
                Some(place) => alike[*place].1.extend(of_service.map(|(name, _)| name.as_str())),
                None => {
                    places.extend(of_service.map(|(_, what)| (what, alike.len())));
                    alike.push((one, Vec::new()));
                }
            }
        }
        alike.iter().for_each(|(first, others)| self.fail_once(first, others));
    }

    /// An error, and the names of the other services that it is about.
    fn fail_once(&self, error: &Error, others: &[&str]) {
        let mut text = format!("error: {error}\n");
        let excerpt = error.in_file().map(|(_, excerpt)| excerpt).unwrap_or_default();
        excerpt.iter().for_each(|line| text.push_str(&format!("    {line}\n")));
        if !others.is_empty() {
            text.push_str(&format!("    the same goes for {}\n", some_of(others)));
        }
        error.difference().iter().for_each(|line| text.push_str(&format!("    {line}\n")));
        error.choice().iter().for_each(|line| text.push_str(&format!("    {line}\n")));
        report::way(error.way()).iter().for_each(|line| text.push_str(&format!("    {line}\n")));
        if let Some(explanation) = error.explanation() {
            explanation.log.iter().for_each(|line| text.push_str(&format!("    {line}\n")));
            explanation.why.iter().for_each(|why| text.push_str(&format!("why: {why}\n")));
        }
        of_one_kind(error.done_before())
            .iter()
            .for_each(|steps| text.push_str(&format!("done before that: {steps}\n")));
        self.hints(error).iter().for_each(|hint| text.push_str(&format!("hint: {hint}\n")));
        if let Some(Again { line, secrets }) = error.again() {
            secrets.iter().for_each(|name| text.push_str(&format!("before the line below: export {name}=…\n")));
            text.push_str(&format!("start the old one again: {line}\n"));
        }
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }

    fn hints(&self, error: &Error) -> Vec<String> {
        let hint = error.hint().unwrap_or_default();
        let fit = |line: &str| if self.is_root { as_root(line) } else { line.to_owned() };
        hint.lines().map(fit).collect()
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
    pub fn end(&self, verb: Option<&str>, exit_code: u8) -> u8 {
        if let Some(document) = self.document.as_ref().filter(|_| !self.told_elsewhere.get()) {
            let mut document = document.take();
            document.insert("verb".into(), verb.into());
            document.insert("exit_code".into(), exit_code.into());
            self.write(json::printable(&Value::Object(document)).as_bytes());
        }
        let Some(error) = self.broken.take() else { return exit_code };
        let _ = writeln!(io::stderr().lock(), "error: cannot write the result: {}", io_reason(&error));
        exit_code.max(1)
    }
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
    let _ = io::stderr().lock().write_all(question.as_bytes());
    let mut line = String::new();
    let _ = io::stdin().read_line(&mut line);
    line
}

/// Steps as lines: of more of one kind in a row than people read, the first ones.
fn of_one_kind(steps: &[String]) -> Vec<String> {
    const FEW: usize = 8;
    let runs = steps.chunk_by(|one, other| one.split(' ').next() == other.split(' ').next());
    let lines = runs.map(|run| match run {
        [first, rest @ ..] if run.len() > FEW => {
            let objects = rest.iter().map(|step| step.split_once(' ').map_or("", |(_, object)| object));
            let names: Vec<&str> = std::iter::once(first.as_str()).chain(objects).collect();
            vec![some_of(&names)]
        }
        few => few.to_vec(),
    });
    lines.flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_steps_of_one_kind_are_told_in_one_line() {
        let steps = |kind: &str, count: usize| (0..count).map(|at| format!("{kind} s{at}")).collect::<Vec<_>>();
        let mut all = steps("write", 8);
        assert_eq!(of_one_kind(&all), all);
        all = steps("write", 200);
        all.extend(steps("start", 2));
        assert_eq!(of_one_kind(&all), ["write s0, s1 and 198 more", "start s0", "start s1"]);
    }
}

//! The one place that prints and asks.
//!
//! Results go to stdout, warnings, errors and questions to stderr. A closed pipe is not an error.

use std::io::{self, IsTerminal as _, Write as _};

use crate::error::Error;

/// Where the words of one run go.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ui {
    /// Print no results.
    pub quiet: bool,
    /// Print steps and reasons too.
    pub verbose: bool,
}

impl Ui {
    /// A result, of one or more lines.
    pub fn say(&self, text: &str) {
        if !self.quiet {
            let _ = writeln!(io::stdout().lock(), "{text}");
        }
    }

    /// What only `--verbose` shows.
    pub fn detail(&self, text: &str) {
        if self.verbose {
            self.say(text);
        }
    }

    /// What the user should know, though it works.
    pub fn warn(&self, text: &str) {
        let _ = writeln!(io::stderr().lock(), "warning: {text}");
    }

    /// What went wrong, and what to do about it.
    pub fn fail(&self, error: &Error) {
        let mut text = format!("error: {error}\n");
        if let Error::NotRunning { explanation, .. } | Error::PutBack { explanation, .. } = error {
            explanation.log.iter().for_each(|line| text.push_str(&format!("    {line}\n")));
            explanation.why.iter().for_each(|why| text.push_str(&format!("why: {why}\n")));
        }
        for line in error.hint().iter().flat_map(|hint| hint.lines()) {
            text.push_str(&format!("hint: {line}\n"));
        }
        let _ = io::stderr().lock().write_all(text.as_bytes());
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
    numbers.filter(|number| (1..=items.len()).contains(number)).map(|number| number - 1).collect()
}

/// One line from the terminal. Plain reading, so that an interrupt leaves the terminal as it was.
fn answer(question: &str) -> String {
    let _ = io::stderr().lock().write_all(question.as_bytes());
    let mut line = String::new();
    let _ = io::stdin().read_line(&mut line);
    line
}

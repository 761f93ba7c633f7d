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
        if let Error::NotRunning { explanation, .. } = error {
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
    dialoguer::Confirm::new().with_prompt(question).default(false).interact().unwrap_or(false)
}

/// Lets the user pick any number of items; gives their places, none when interrupted.
pub fn choose(question: &str, items: &[String]) -> Vec<usize> {
    dialoguer::MultiSelect::new().with_prompt(question).items(items).interact_opt().ok().flatten().unwrap_or_default()
}

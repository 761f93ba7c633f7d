//! Whether the lines of a crontab name users, which cron knows from the directory that it is in.

use std::path::Path;

use super::super::{Facts, shell_line};
use super::lines::{self, Line};

/// What the first words of the commands are, in a crontab that can be of either kind.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Users {
    /// The first line that plainly names a user, and the user.
    pub named: Option<(usize, String)>,
    /// Those that can be both a user and a command.
    pub doubtful: Vec<(usize, String)>,
}

impl Users {
    pub fn find(text: &str, facts: &Facts<'_>) -> Users {
        let mut users = Users::default();
        let mut path = String::new();
        for (number, line) in lines::read_leniently(text) {
            let job = match line {
                Line::Job(job) => job,
                Line::Variable(name, value) => {
                    path = if name == "PATH" { value } else { path };
                    continue;
                }
            };
            let mut words = job.command.split_ascii_whitespace();
            // A user without a command is no job, and the options and operators are those of a command.
            let (Some(first), Some(second)) = (words.next(), words.next()) else { continue };
            if second.starts_with(['-', '>', '<', '|', '&', ';']) || (facts.home_of)(first).is_none() {
                continue;
            }
            let is_program = |word: &str| is_program(word, &path, facts);
            if !is_program(first) || is_program(second) {
                users.named.get_or_insert((number, first.to_owned()));
            } else {
                users.doubtful.push((number, first.to_owned()));
            }
        }
        users
    }
}

/// Whether a shell with this `PATH` finds a program.
fn is_program(word: &str, path: &str, facts: &Facts<'_>) -> bool {
    let directories = path.split(':').filter(|directory| directory.starts_with('/') && !word.contains('/'));
    let mut files = directories.map(|directory| Path::new(directory).join(word));
    shell_line::is_shell_word(word) || (facts.is_program)(word) || files.any(|file| (facts.is_file)(&file))
}

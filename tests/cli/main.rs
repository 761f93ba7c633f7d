//! The command line as a user meets it, where no systemd runs: exit code, both streams, and what is
//! on disk afterwards.

#![allow(clippy::disallowed_methods, reason = "the rules for the program's core are not for its tests")]

mod adopt;
mod apply;
mod environment_files;
mod help;
mod image;
mod imports;
mod interpreters;
mod limits;
mod listening;
mod offline;
mod other_units;
mod refusals;
mod secrets;
mod timers;
mod words;

#[path = "../support/mod.rs"]
mod support;

use support::{Home, same};

/// A service named web that is refused for these options: nothing is written, and this is told.
#[track_caller]
fn refused(words: &[&str], expected: impl snapbox::IntoData) {
    let home = Home::new();
    let before = home.tree();
    let ran = home.run_words([&["--name", "web"], words, &["python"]].concat());
    assert_eq!(home.tree(), before, "something was written: {ran:?}");
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{ran:?}");
    same(ran.stderr, expected);
}

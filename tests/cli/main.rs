//! The command line where systemd is not running: exit code, both streams, and the files afterwards.

#![allow(clippy::disallowed_methods, reason = "the rules for the program's core are not for its tests")]

mod activation;
mod adopt;
mod apply;
mod completions;
mod containers;
mod dependencies;
mod environment_files;
mod first_lines;
mod habits;
mod help;
mod image;
mod import;
mod import_corpus;
mod interpreters;
mod limits;
mod names;
mod offline;
mod option_splitting;
mod output;
mod programs;
mod properties;
mod remove;
mod replacing;
mod scope;
mod secrets;
mod selection;
mod systemd_run;
mod timers;
mod unmanaged_units;
mod usage;
mod verbs;
mod wrappers;

#[path = "../support/mod.rs"]
mod support;

use std::ffi::OsStr;

use support::{Home, same};

/// A service named web that is refused with this message for these options: nothing is written.
#[track_caller]
fn options_refused(words: &[&str], expected: impl snapbox::IntoData) {
    let home = Home::new();
    let before = home.tree();
    let ran = home.run_words([&["--name", "web"], words, &["python"]].concat());
    assert_eq!(home.tree(), before, "something was written: {ran:?}");
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{ran:?}");
    same(ran.stderr, expected);
}

/// Runs a command that must be refused in a home set up by `prepare`, and compares the message.
fn refused_in<W: AsRef<OsStr>>(
    home: &Home,
    code: i32,
    words: impl IntoIterator<Item = W>,
    expected: impl snapbox::IntoData,
) {
    let before = home.tree();
    let ran = home.run_words(words);
    assert_eq!(home.tree(), before, "something was written: {ran:?}");
    assert_eq!((ran.code, ran.stdout.as_str()), (code, ""), "{ran:?}");
    same(ran.stderr, expected);
}

fn refused<W: AsRef<OsStr>>(words: impl IntoIterator<Item = W>, expected: impl snapbox::IntoData) {
    refused_in(&Home::new(), 2, words, expected);
}

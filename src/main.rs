//! The program: hands the command line to the library.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    let typed: Vec<std::ffi::OsString> = std::env::args_os().skip(1).collect();
    ExitCode::from(mkservice::run(&typed))
}

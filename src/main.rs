//! The program: hands the command line to the library.

#![forbid(unsafe_code)]

use std::ffi::OsString;
use std::process::ExitCode;

use mkservice::host::probe::child;

fn main() -> ExitCode {
    // What else the caller has open is no business of any program that is started here.
    close_fds::set_fds_cloexec(3, &[]);
    let mut words = std::env::args_os();
    if words.next().is_some_and(|name| name == child::NAME) {
        child::run();
        return ExitCode::from(child::FAILED);
    }
    let typed: Vec<OsString> = words.collect();
    ExitCode::from(mkservice::run(&typed))
}

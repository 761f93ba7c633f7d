//! The interpreter that a command starts in a terminal is the one that its service uses: real tools, in both scopes.
//! Tools that cannot be installed for a test are imitated by `tests/tools/layouts.sh`, which gives the reasons.

mod launchers;
mod node;
mod other_languages;
mod python;
mod python_tools;
mod scripts;
mod version_managers;

/// Skips tests whose tools are not on the hosts: tools written in Python are installed for the Python of this machine,
/// and the root directory of another release has none of them.
pub fn leave_out_missing(tests: &mut Vec<(&'static str, fn())>) {
    if std::env::var_os("MKSERVICE_TEST_ROOT").is_some() {
        let missing = tests.extract_if(.., |(name, _)| name.starts_with("runtimes::python_tools::"));
        let names: Vec<&str> = missing.map(|(name, _)| name).collect();
        eprintln!("left out, because their tools are installed for this machine's Python only: {}", names.join(", "));
    }
}

//! The interpreter that a line starts in a terminal is the one that its service has: real tools, in both scopes. Tools
//! that cannot be had for a test are as `tests/tools/layouts.sh` makes them, which says why for each.

mod launchers;
mod node;
mod others;
mod python;
mod scripts;
mod versions;

/// All tables, as far as they fit the hosts. On the root folder of another release the tools are not those that were
/// installed for the Python of this machine; what needs them is left out there, by name.
pub fn tests() -> Vec<(&'static str, fn())> {
    let mut tests =
        [python::TESTS, launchers::TESTS, versions::TESTS, node::TESTS, others::TESTS, scripts::TESTS].concat();
    if std::env::var_os("MKSERVICE_TEST_ROOT").is_none() {
        tests.extend(launchers::OF_THIS_MACHINE);
    } else {
        let names: Vec<&str> = launchers::OF_THIS_MACHINE.iter().map(|(name, _)| *name).collect();
        eprintln!("left out, because their tools are installed for this machine's Python only: {}", names.join(", "));
    }
    tests
}

//! The list of all tests: each registers itself with `#[apply(booted_test)]`.

/// A test and its path in this program.
pub struct Test {
    pub path: &'static str,
    pub run: fn(),
}

inventory::collect!(Test);

/// Registers a function as a test. One with a scope as its parameter runs in both scopes.
macro_rules! booted_test {
    ($(#[$attribute:meta])* fn $name:ident() $body:block) => {
        booted_test!(@ $name, $name, [$(#[$attribute])* fn $name() $body]);
    };
    ($(#[$attribute:meta])* fn $name:ident($scope:ident: $type:ty) $body:block) => {
        booted_test!(@ $name, || $crate::scope::in_both_scopes($name), [$(#[$attribute])* fn $name($scope: $type) $body]);
    };
    (@ $name:ident, $run:expr, [$function:item]) => {
        $function
        inventory::submit! {
            $crate::registry::Test { path: concat!(module_path!(), "::", stringify!($name)), run: $run }
        }
    };
}

/// All tests by name in order, with the module as prefix.
pub fn tests() -> Vec<(&'static str, fn())> {
    let name = |path: &'static str| path.split_once("::").map_or(path, |(_, name)| name);
    let mut tests: Vec<_> = inventory::iter::<Test>().map(|test| (name(test.path), test.run)).collect();
    tests.sort_by_key(|(name, _)| *name);
    tests
}

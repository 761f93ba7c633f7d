//! An update that fails to start is rolled back.

use crate::host::Inside;
use crate::scope::Scope;
use crate::setup::{done, fails};

#[apply(booted_test)]
fn failed_update_rolls_back(scope: &Scope<'_>) {
    let state = |scope: &Scope<'_>| {
        let path = scope.property("s", "FragmentPath");
        let directory = std::path::Path::new(&path).parent().unwrap().to_owned();
        let links = scope.host.root("find").arg(directory).args(["-type", "l", "-printf", "%p %l\n"]).text();
        (scope.host.root("sha256sum").arg(&path).text(), links, scope.property("s", "ActiveState"))
    };
    done(&mut scope.mkservice(&["--name", "s", "sleep", "1000"]));
    let before = state(scope);
    let said = fails(
        3,
        &mut scope.mkservice(&["--name", "s", "-p", "WantedBy=basic.target", "--", "sh", "-c", "echo no; exit 9"]),
    );
    assert!(said.contains("the new version of s failed to start: the program exited with status 9"), "{said}");
    assert!(said.contains("rolled back to the previous version, which is running\n    no\n"), "{said}");
    assert_eq!(state(scope), before);
    // The old command changes nothing, and --no-rollback keeps the new version.
    assert!(done(&mut scope.mkservice(&["--name", "s", "sleep", "1000"])).contains("unchanged"));
    let said = fails(3, &mut scope.mkservice(&["--name", "s", "--no-rollback", "--", "sh", "-c", "exit 9"]));
    assert!(said.contains("s failed to start"), "{said}");
    assert_ne!(state(scope).0, before.0);
    // A version that failed is not rolled back to.
    let said = fails(3, &mut scope.mkservice(&["--name", "s", "--", "sh", "-c", "exit 8"]));
    assert!(said.contains("s failed to start"), "{said}");
    done(&mut scope.mkservice(&["--name", "s", "sleep", "1000"]));
}

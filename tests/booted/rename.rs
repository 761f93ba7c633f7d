//! `rename` keeps everything but the name.

use crate::adopt::until;
use crate::host::Inside;
use crate::scope::Scope;
use crate::setup::{done, fails, file, traces};

#[apply(booted_test)]
fn rename_keeps_everything_else(scope: &Scope<'_>) {
    done(&mut scope.mkservice(&["--name", "old", "-E", "A=1", "sleep", "1000"]));
    let drop_in = format!("{}/old.service.d/mine.conf", scope.unit_directory());
    let owner = if scope.session.is_some() { "ann" } else { "root" };
    file(scope.host, owner, &drop_in, "[Service]\nNice=5\n");
    let unit = |name: &str| {
        let text = scope.run("cat").arg(format!("{}/{name}.service", scope.unit_directory())).text();
        let is_kept = |line: &&str| !line.starts_with("FormerName=") && !line.starts_with("Checksum=");
        text.lines().filter(is_kept).collect::<Vec<_>>().join("\n")
    };
    let (before, unit_before) = (traces(scope.host), unit("old"));
    let said = done(&mut scope.verb(&["rename", "old", "new"]));
    assert!(said.starts_with("old was renamed to new and is running\n"), "{said}");
    assert_eq!(scope.property("new", "Nice"), "5");
    assert_eq!(
        (scope.property("new", "ActiveState"), scope.property("old", "LoadState")),
        ("active".into(), "not-found".into())
    );
    assert_eq!(scope.property("new", "UnitFileState"), "enabled");
    // The command with the new name changes nothing.
    let said = done(&mut scope.mkservice(&["--name", "new", "-E", "A=1", "sleep", "1000"]));
    assert!(said.contains("unchanged"), "{said}");
    done(&mut scope.verb(&["rename", "new", "old"]));
    // All but the record of its names, with which its log is found.
    let is_sum = |line: &&str| line.ends_with("/old.service") && line.get(64..66) == Some("  ");
    let without_sum = |traces: &str| traces.lines().filter(|line| !is_sum(line)).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!((without_sum(&traces(scope.host)), unit("old")), (without_sum(&before), unit_before));
    done(&mut scope.mkservice(&["--name", "other", "sleep", "1000"]));
    assert!(fails(2, &mut scope.verb(&["rename", "old", "other"])).contains("a service named `other` already exists"));
    assert!(fails(2, &mut scope.verb(&["rename", "old", "systemd-x"])).contains("is reserved"));
    // If it fails to start under the new name, the old name is restored.
    let only_old = ["--name", "picky", "-p", "ExecStartPre=/bin/sh -c \"test %p = picky\"", "sleep", "1000"];
    done(&mut scope.mkservice(&only_old));
    let before = traces(scope.host);
    let said = fails(3, &mut scope.verb(&["rename", "picky", "else"]));
    assert!(said.contains("rolled back to the previous version, which is running"), "{said}");
    assert_eq!(traces(scope.host), before);
    assert_eq!(scope.property("picky", "ActiveState"), "active");
}

#[apply(booted_test)]
fn interrupted_rename_is_completed(scope: &Scope<'_>) {
    done(&mut scope.mkservice(&["--name", "old", "sleep", "1000"]));
    // The state after a run was killed right after it wrote the new file.
    let directory = scope.unit_directory();
    let copy = format!(
        "cp {directory}/old.service {directory}/seen && mkservice rename old new && cp {directory}/new.service {directory}/kept \
        && mkservice rename new old && sed -i 's/^.X-Mkservice.$/&\\nRenamedFrom=old enabled up/' {directory}/kept && mv {directory}/kept {directory}/new.service && rm {directory}/seen"
    );
    let mut shell = scope.run("sh");
    shell.args(["-c", &copy]).text();
    done(&mut scope.verb(&["rename", "old", "new"]));
    assert_eq!(
        (scope.property("new", "ActiveState"), scope.property("old", "LoadState")),
        ("active".into(), "not-found".into())
    );
    let names = scope.host.root("find").args([directory, "-name", "*old*"]).text();
    assert_eq!(names, "");
}

#[apply(booted_test)]
fn log_under_former_names_is_shown(scope: &Scope<'_>) {
    let line = ["--name", "first", "--", "sh", "-c", "echo run of $$; exec sleep 1000"];
    done(&mut scope.mkservice(&line));
    let runs = |words: &[&str]| {
        let shown = done(&mut scope.verb(&[&["logs"], words].concat()));
        shown.lines().filter(|line| line.contains(": run of ")).count()
    };
    for (at, (old, new)) in [("first", "second"), ("second", "third")].into_iter().enumerate() {
        done(&mut scope.verb(&["rename", old, new]));
        until("the new run is logged", || runs(&[new]) == at + 2);
    }
    // An installed service keeps its record, and a new one of a former name has a log of its own.
    done(&mut scope.verb(&["update", "third", "--nice", "3"]));
    until("the updated run is logged", || runs(&["third"]) == 4);
    let new = ["--name", "first", "--settle", "0", "--", "sh", "-c", "echo run of its own; exec sleep 1000"];
    done(&mut scope.mkservice(&new));
    until("it is logged", || runs(&["first"]) == 2);
    assert_eq!(runs(&["third"]), 3);
}

#[apply(booted_test)]
fn rename_to_an_existing_name_is_refused(scope: &Scope<'_>) {
    for name in ["a1", "a2"] {
        done(&mut scope.mkservice(&["--settle", "0", "--name", name, "sleep", "1000"]));
    }
    let before = traces(scope.host);
    let said = fails(2, &mut scope.verb(&["rename", "a1", "a2"]));
    assert!(said.contains("a service named `a2` already exists"), "{said}");
    for name in ["a1", "a1.service"] {
        assert!(fails(2, &mut scope.verb(&["rename", "a1", name])).contains("the service is already named `a1`"));
    }
    assert_eq!(traces(scope.host), before);
    // Even if a name is given several times.
    assert_eq!(done(&mut scope.verb(&["stop", "a1", "a1.service"])).lines().count(), 1);
}

//! `edit`: the edited version runs, or is rolled back and kept for the user.

use crate::host::Inside;
use crate::scope::Scope;
use crate::setup::{Ran, done, file, program, ran, traces};

/// Edits the drop-in with a script of sed, which finds the line that explains it.
fn edit(scope: &Scope<'_>, script: &str) -> Ran {
    ran(scope.verb(&["edit", "s"]).env("EDITOR", format!("sed -i '{}'", script.replace('\n', "\\n"))))
}

const BELOW: &str = "/^### Settings/a";

/// What was edited is no problem for `doctor`, exported as these properties, and the same when that is applied.
fn assert_carried(scope: &Scope<'_>, properties: &str) {
    let doctor = ran(&mut scope.verb(&["doctor"])).stdout;
    assert!(doctor.contains("s is running, with the settings of `mkservice edit`"), "{doctor}");
    let toml = done(&mut scope.verb(&["export", "s"]));
    assert!(toml.contains(&format!("\nproperties = {{ {properties} }}\n")) && !toml.contains("#   "), "{toml}");
    let owner = if scope.session.is_some() { "ann" } else { "root" };
    file(scope.host, owner, "/srv/app/mkservice.toml", &toml);
    done(&mut scope.verb(&["apply", "--check", "/srv/app/mkservice.toml"]));
}

fn update(scope: &Scope<'_>) {
    done(&mut scope.verb(&["update", "s", "--nice", "3"]));
    assert_eq!((scope.property("s", "RestartUSec"), scope.property("s", "Nice")), ("7s".into(), "3".into()));
}

#[apply(booted_test)]
fn drop_in_is_carried_by_every_other_verb(scope: &Scope<'_>) {
    let add = |words: &[&str]| done(scope.mkservice(&["--name", "s"]).args(words).args(["sleep", "1000"]));
    add(&[]);
    let unit = format!("{}/s.service", scope.unit_directory());
    let path = format!("{unit}.d/60-mkservice-edit.conf");
    let before = scope.run("cat").arg(&unit).text();
    let said = edit(scope, &format!("{BELOW} [Service]\nRestartSec=7s\nEnvironment=A=1"));
    assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{said:?}");
    assert!(said.stdout.contains("+RestartSec=7s\n") && said.stdout.contains("edited and restarted"), "{said:?}");
    assert_eq!(scope.property("s", "RestartUSec"), "7s");
    assert_eq!(scope.run("cat").arg(&unit).text(), before);
    assert!(scope.run("tail").args(["-n1", &path]).text().starts_with("Checksum="));
    // It is named, and no verb calls it a problem.
    let status = done(&mut scope.verb(&["status", "s"]));
    assert!(status.contains(&format!("{} (by mkservice edit)", path)), "{status}");
    let again = edit(scope, "");
    assert!(again.stdout.contains("s is unchanged"), "{again:?}");
    let run = scope.property("s", "InvocationID");
    let said = add(&[]);
    let note = format!("note: {} stays: it sets RestartSec=, Environment=\n", path);
    assert!(said.contains(", unchanged)\n") && said.contains(&note), "{said}");
    let said = done(&mut scope.verb(&["update", "--check", "s"]));
    assert!(said.starts_with("nothing would change\n"), "{said}");
    assert_carried(scope, "RestartSec = \"7s\", Environment = \"A=1\"");
    assert_eq!(scope.property("s", "InvocationID"), run);
    // A changed service keeps it, and so does one with another name.
    update(scope);
    done(&mut scope.verb(&["rename", "s", "t"]));
    assert_eq!((scope.property("t", "RestartUSec"), scope.property("t", "Environment")), ("7s".into(), "A=1".into()));
    done(&mut scope.verb(&["rename", "t", "s"]));
    // On another machine the file says it all.
    done(&mut scope.verb(&["remove", "s"]));
    assert!(!scope.host.path(format!("{unit}.d")).exists());
    done(&mut scope.verb(&["apply", "/srv/app/mkservice.toml"]));
    assert_eq!((scope.property("s", "RestartUSec"), scope.property("s", "Environment")), ("7s".into(), "A=1".into()));
}

#[apply(booted_test)]
fn drop_in_that_does_not_work_is_rolled_back(scope: &Scope<'_>) {
    done(&mut scope.mkservice(&["--name", "s", "sleep", "1000"]));
    let path = format!("{}/s.service.d", scope.unit_directory());
    let said = edit(scope, &format!("{BELOW} [Service]\nExecStart=\nExecStart=/bin/false"));
    assert_eq!(said.code, 3, "{said:?}");
    assert!(said.stderr.contains("rolled back to the previous version, which is running"), "{said:?}");
    assert_eq!(scope.property("s", "ActiveState"), "active");
    assert!(!scope.host.path(&path).exists());
    let said = edit(scope, &format!("{BELOW} [Service]\nRestart=never"));
    assert!(said.code == 2 && said.stderr.contains("60-mkservice-edit.conf:2: "), "{said:?}");
    assert!(!scope.host.path(&path).exists());
    // An earlier version of the drop-in comes back, and an empty one is removed.
    assert_eq!(edit(scope, &format!("{BELOW} [Service]\nNice=5")).code, 0);
    assert_eq!(edit(scope, "/^Nice=5/c ExecStart=\nExecStart=/bin/false").code, 3);
    assert_eq!((scope.property("s", "Nice"), scope.property("s", "ActiveState")), ("5".into(), "active".into()));
    let said = edit(scope, "/^Nice=5/d;/^\\[Service\\]/d");
    assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{said:?}");
    assert_eq!(scope.property("s", "Nice"), "0");
    assert!(!scope.host.path(&path).exists());
}

#[apply(booted_test)]
fn interrupted_edit_of_a_drop_in_is_completed_by_the_next(scope: &Scope<'_>) {
    done(&mut scope.mkservice(&["--name", "s", "sleep", "1000"]));
    assert_eq!(edit(scope, &format!("{BELOW} [Service]\nEnvironment=A=1")).code, 0);
    let path = format!("{}/s.service.d/60-mkservice-edit.conf", scope.unit_directory());
    let environment = || scope.run("cat").arg(format!("/proc/{}/environ", scope.property("s", "MainPID"))).text();
    for (from, to, reloads) in [("1", "2", false), ("2", "3", true)] {
        scope.run("sed").args(["-i", &format!("s/A={from}/A={to}/"), &path]).text();
        if reloads {
            scope.systemctl().arg("daemon-reload").text();
        }
        assert!(environment().contains(&format!("A={from}\0")));
        let said = edit(scope, "");
        assert!(said.code == 0 && !said.stdout.contains("unchanged"), "{said:?}");
        assert!(environment().contains(&format!("A={to}\0")));
    }
    assert!(edit(scope, "").stdout.contains("s is unchanged"));
}

#[apply(booted_test)]
fn failed_edit_rolls_back(scope: &Scope<'_>) {
    done(&mut scope.mkservice(&["--name", "s", "sleep", "1000"]));
    let path = format!("{}/s.service", scope.unit_directory());
    let text = || std::fs::read_to_string(scope.host.path(&path)).unwrap();
    let before = text();
    let edit = |with: &str| ran(scope.verb(&["edit", "--full", "s"]).env("EDITOR", with));
    let said = edit("sed -i s,/usr/bin/sleep,/bin/false,");
    assert_eq!(said.code, 3, "{said:?}");
    assert!(said.stderr.contains("rolled back to the previous version, which is running"), "{said:?}");
    assert!(said.stdout.contains("-ExecStart=/usr/bin/sleep 1000\n+ExecStart=/bin/false 1000\n"), "{said:?}");
    assert_eq!((text(), scope.property("s", "ActiveState").as_str()), (before.clone(), "active"));
    // What systemd would not load is refused and kept for the user.
    let said = edit("sed -i s,Restart=on-failure,Restart=never,");
    assert_eq!(said.code, 2, "{said:?}");
    let kept = said
        .stderr
        .lines()
        .find_map(|line| line.strip_prefix("hint: find your edit in `"))
        .unwrap()
        .trim_end_matches('`');
    assert!(std::fs::read_to_string(scope.host.path(kept)).unwrap().contains("Restart=never"));
    assert_eq!(text(), before);
    assert_eq!(edit("false").code, 1);
    assert_eq!(edit("no-such-editor").code, 1);
    let said = edit("sed -i s,RestartSec=5s,RestartSec=7s,");
    assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{said:?}");
    assert_eq!(scope.property("s", "RestartUSec"), "7s");
    // Every other verb keeps the edit and calls it no problem.
    let run = scope.property("s", "InvocationID");
    let note = "s.service was edited with mkservice, which keeps RestartSec=\n";
    let said = done(&mut scope.mkservice(&["--name", "s", "sleep", "1000"]));
    assert!(said.contains(", unchanged)\n") && said.contains(note), "{said}");
    let status = done(&mut scope.verb(&["status", "s"]));
    assert!(status.contains("s.service (edited with mkservice)\n"), "{status}");
    assert_carried(scope, "RestartSec = \"7s\"");
    assert_eq!(scope.property("s", "InvocationID"), run);
    update(scope);
    done(&mut scope.verb(&["rename", "s", "t"]));
    let status = done(&mut scope.verb(&["status", "t"]));
    assert!(status.contains("t.service (edited with mkservice)\n"), "{status}");
    // What is given anew wins.
    done(&mut scope.verb(&["update", "t", "--restart-sec", "9s"]));
    assert_eq!(scope.property("t", "RestartUSec"), "9s");
}

#[apply(booted_test)]
fn edits_stay_private_and_are_kept_on_failure(scope: &Scope<'_>) {
    done(&mut scope.mkservice(&["--name", "s", "sleep", "1000"]));
    let path = format!("{}/s.service", scope.unit_directory());
    scope.run("chmod").args(["600", &path]).text();
    // The copy is in a directory that no other user can enter, and the file keeps its mode.
    let script = "#!/bin/sh\nstat -c %a \"$(dirname \"$1\")\" >&2\nsed -i s/Sec=5s/Sec=6s/ \"$1\"\necho drawn\n";
    program(scope.host, "root", "/usr/local/bin/editing", script);
    let said = ran(scope.verb(&["edit", "--full", "s", "--json"]).env("EDITOR", "editing"));
    assert_eq!((said.code, said.stderr.as_str()), (0, "700\ndrawn\n"), "{said:?}");
    assert!(serde_json::from_str::<serde_json::Value>(&said.stdout).is_ok(), "{said:?}");
    assert_eq!(scope.run("stat").args(["-c", "%a", &path]).text(), "600\n");
    // An editor that crashes.
    let crash = "sh -c 'sed -i s/Sec=6s/Sec=7s/ \"$0\"; kill -SEGV $$'";
    let said = ran(scope.verb(&["edit", "--full", "s"]).env("EDITOR", crash));
    assert_eq!(said.code, 1, "{said:?}");
    let kept = said.stderr.lines().find_map(|line| line.strip_prefix("warning: the edited copy was kept: ")).unwrap();
    assert!(std::fs::read_to_string(scope.host.path(kept)).unwrap().contains("RestartSec=7s"));
    // The provenance section cannot be removed.
    let said = ran(scope.verb(&["edit", "--full", "s"]).env("EDITOR", "sed -i /X-Mkservice/,$d"));
    assert_eq!(said.code, 2, "{said:?}");
    assert!(said.stderr.contains("the section [X-Mkservice] is gone"), "{said:?}");
}

#[apply(booted_test)]
fn edited_install_section_changes_the_links(scope: &Scope<'_>) {
    done(&mut scope.mkservice(&["--name", "s", "sleep", "1000"]));
    let links = || scope.host.root("find").args([scope.unit_directory(), "-type", "l", "-printf", "%P\n"]).text();
    let before = links();
    let edit = |with: &str| ran(scope.verb(&["edit", "--full", "s"]).env("EDITOR", with));
    let said = edit("sed -i s/WantedBy=.*/WantedBy=basic.target/");
    assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{said:?}");
    assert_eq!(links(), "basic.target.wants/s.service\n");
    done(&mut scope.mkservice(&["--force", "--name", "s", "sleep", "1000"]));
    assert_eq!(links(), before);
}

#[apply(booted_test)]
fn interrupted_edit_is_completed_by_the_next(scope: &Scope<'_>) {
    done(&mut scope.mkservice(&["--name", "s", "sleep", "1000"]));
    let path = format!("{}/s.service", scope.unit_directory());
    let edit = || done(scope.verb(&["edit", "--full", "s"]).env("EDITOR", "true"));
    let command = || scope.run("cat").arg(format!("/proc/{}/cmdline", scope.property("s", "MainPID"))).text();
    assert!(edit().contains("s is unchanged"));
    // What a run wrote that was killed before systemd was notified, and after.
    for (from, to, reloads) in [("1000", "1001", false), ("1001", "1002", true)] {
        scope.run("sed").args(["-i", &format!("s/^ExecStart=.*{from}/ExecStart=sleep {to}/"), &path]).text();
        if reloads {
            scope.systemctl().arg("daemon-reload").text();
        }
        assert_eq!(command(), format!("{}\0{from}\0", if from == "1000" { "/usr/bin/sleep" } else { "sleep" }));
        let said = edit();
        assert!(!said.contains("unchanged"), "{said}");
        assert_eq!(command(), format!("sleep\0{to}\0"), "{said}");
    }
    let run = scope.property("s", "InvocationID");
    assert!(edit().contains("s is unchanged"));
    assert_eq!(scope.property("s", "InvocationID"), run);
}

/// A process that was killed has removed the drop-in, but not its directory, and systemd has not read it.
#[apply(booted_test)]
fn removal_of_an_edit_is_completed(scope: &Scope<'_>) {
    program(scope.host, "root", "/usr/local/bin/edit-on", "#!/bin/sh\nprintf '[Service]\\nUMask=0027\\n' > \"$1\"\n");
    program(scope.host, "root", "/usr/local/bin/edit-off", "#!/bin/sh\n: > \"$1\"\n");
    done(&mut scope.mkservice(&["--settle", "0", "--name", "s", "sleep", "1000"]));
    let before = traces(scope.host);
    done(scope.verb(&["edit", "--settle", "0", "s"]).env("EDITOR", "/usr/local/bin/edit-on"));
    assert_eq!(scope.property("s", "UMask"), "0027");
    let drop_in = format!("{}/s.service.d/60-mkservice-edit.conf", scope.unit_directory());
    scope.run("rm").arg(&drop_in).text();
    done(scope.verb(&["edit", "--settle", "0", "s"]).env("EDITOR", "/usr/local/bin/edit-off"));
    assert_eq!((scope.property("s", "UMask"), traces(scope.host)), ("0022".into(), before));
}

//! Every verb against every kind of unit: exit code and words; and what the verbs do.

use serde_json::Value;

use crate::host::Inside;
use crate::scope::Scope;
use crate::setup::{booted, done, fails, file, ran, system, traces};

const KINDS: [&str; 6] = ["running", "stopped", "failed", "masked", "foreign", "unknown"];

/// For each kind: the exit code, and what has to be told.
type Row = (&'static [&'static str], [(i32, &'static str); 6]);

const MASKED: (i32, &str) = (2, "is masked: ");
const FOREIGN: (i32, &str) = (2, "foreign is not ours: it comes from ");
const UNKNOWN: (i32, &str) = (4, "there is no service of ours named `unknown`");

const ROWS: &[Row] = &[
    (
        &["status"],
        [
            (0, "running is running ("),
            (3, "stopped is not running ("),
            (3, "failed has failed ("),
            (3, "masked is masked"),
            (0, "(not made by mkservice)"),
            UNKNOWN,
        ],
    ),
    (
        &["logs", "-n", "50"],
        [(0, "sleep 1000"), (0, "sleep 1000"), (0, "cannot go on"), (0, "has logged nothing"), (0, "foreign"), UNKNOWN],
    ),
    (
        &["cat"],
        [(0, "ExecStart="), (0, "ExecStart="), (0, "exit 4"), (0, "masked.service"), (0, "ExecStart="), UNKNOWN],
    ),
    (
        &["start"],
        [
            (0, "running is running already"),
            (0, "stopped is running"),
            (3, "failed does not run: the program ended with exit code 4"),
            MASKED,
            FOREIGN,
            UNKNOWN,
        ],
    ),
    (
        &["stop"],
        [
            (0, "running is stopped; it starts again at boot"),
            (0, "stopped was not running"),
            (0, "failed was not running"),
            MASKED,
            FOREIGN,
            UNKNOWN,
        ],
    ),
    (
        &["restart"],
        [
            (0, "running was restarted and is running"),
            (0, "stopped was restarted and is running"),
            (3, "failed does not run: the program ended with exit code 4"),
            MASKED,
            FOREIGN,
            UNKNOWN,
        ],
    ),
    (
        &["disable"],
        [
            (0, "running does not start at boot any more; it runs on"),
            (0, "stopped does not start at boot any more"),
            (0, "failed does not start at boot any more"),
            MASKED,
            FOREIGN,
            UNKNOWN,
        ],
    ),
    (
        &["enable"],
        [
            (0, "running starts at boot from now on"),
            (0, "stopped starts at boot from now on; it does not run now"),
            (0, "failed starts at boot from now on"),
            MASKED,
            FOREIGN,
            UNKNOWN,
        ],
    ),
    (
        &["enable"],
        [
            (0, "running starts at boot already"),
            (0, "stopped starts at boot already"),
            (0, "failed starts at boot already"),
            MASKED,
            FOREIGN,
            UNKNOWN,
        ],
    ),
    (
        &["harden"],
        [
            (0, "running could be closed in more tightly"),
            (0, "stopped could be closed in more tightly"),
            (0, "failed could be closed in more tightly"),
            MASKED,
            FOREIGN,
            UNKNOWN,
        ],
    ),
    (&["edit"], [(0, "is unchanged"), (0, "is unchanged"), (0, "is unchanged"), MASKED, FOREIGN, UNKNOWN]),
    (
        &["remove"],
        [
            (0, "running is removed: it was stopped"),
            (0, "stopped is removed"),
            (0, "failed is removed"),
            (2, "is not ours"),
            (2, "is not ours"),
            UNKNOWN,
        ],
    ),
];

/// Makes one unit of each kind.
fn furnish(scope: &Scope<'_>) {
    for name in ["running", "stopped"] {
        done(&mut scope.mkservice(&["--settle", "0", "--name", name, "sleep", "1000"]));
    }
    let fails = ["--name", "failed", "--restart", "no", "--", "sh", "-c", "echo cannot go on; exit 4"];
    assert_eq!(ran(&mut scope.mkservice(&fails)).code, 3);
    let folder = folder(scope);
    let owner = if scope.session.is_some() { "ann" } else { "root" };
    file(scope.host, owner, &format!("{folder}/foreign.service"), "[Service]\nExecStart=/bin/sleep 1000\n");
    scope.run("ln").args(["-s", "/dev/null", &format!("{folder}/masked.service")]).text();
    scope.systemctl().arg("daemon-reload").text();
}

fn folder(scope: &Scope<'_>) -> &'static str {
    if scope.session.is_some() { "/home/ann/.config/systemd/user" } else { "/etc/systemd/system" }
}

#[apply(booted_test)]
fn against_every_kind_of_unit(scope: &Scope<'_>) {
    furnish(scope);
    for (words, expected) in ROWS {
        scope.systemctl().args(["start", "running", "foreign"]).text();
        scope.systemctl().args(["stop", "stopped"]).text();
        for (kind, (code, told)) in KINDS.iter().zip(expected) {
            let before = if *code == 2 || *code == 4 { traces(scope.host) } else { String::new() };
            let ran = ran(scope.verb(words).arg(kind).env("EDITOR", "true"));
            assert_eq!(ran.code, *code, "{words:?} {kind}: {ran:?}");
            let said = [ran.stdout.as_str(), ran.stderr.as_str()].concat();
            assert!(said.contains(told), "{words:?} {kind}: {told:?} is not in {ran:?}");
            // A failure goes to stderr, a result to stdout.
            assert_eq!(ran.stderr.starts_with("error: "), !matches!(code, 0) && words[0] != "status" || *code == 4);
            if *code == 2 || *code == 4 {
                assert_eq!(traces(scope.host), before, "{words:?} {kind}");
            }
        }
    }
}

/// The document of a run, which has nothing to say on stderr.
fn json(command: &mut std::process::Command) -> Value {
    let ran = ran(command);
    assert_eq!(ran.stderr, "", "{ran:?}");
    let document: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    assert_eq!(document["exit_code"], ran.code, "{ran:?}");
    document
}

#[apply(booted_test)]
fn answer_in_json(scope: &Scope<'_>) {
    let said = json(&mut scope.mkservice(&["--json", "--name", "a", "sleep", "1000"]));
    assert_eq!((&said["verb"], &said["changed"]), (&"add".into(), &true.into()), "{said:#}");
    assert_eq!(said["services"][0]["state"], "running");
    assert!(said["steps"].as_array().unwrap().iter().any(|step| step["action"] == "write"), "{said:#}");
    let again = json(&mut scope.mkservice(&["--json", "--name", "a", "sleep", "1000"]));
    assert_eq!((&again["changed"], &again["steps"]), (&false.into(), &Value::Array(Vec::new())), "{again:#}");
    let update = json(&mut scope.mkservice(&["--json", "--dry-run", "--name", "a", "sleep", "2000"]));
    assert!(update["steps"][0]["difference"][0].as_str().unwrap().starts_with("-Description="), "{update:#}");
    // journald asks for the unit of a user's process by its ID: one that is gone by then is told without it.
    let bad = json(&mut scope.mkservice(&["--json", "--name", "bad", "--", "sh", "-c", "echo no; sleep 0.3; exit 4"]));
    assert_eq!((&bad["exit_code"], &bad["errors"][0]["service"]), (&3.into(), &"bad".into()), "{bad:#}");
    assert_eq!(bad["errors"][0]["log"][0], "no", "{bad:#}");
    for (words, code) in [
        (&["list"][..], 0),
        (&["list", "--all"], 0),
        (&["status"], 3),
        (&["status", "a"], 0),
        (&["logs", "bad"], 0),
        (&["cat", "a"], 0),
        (&["stop", "a"], 0),
        (&["start", "a", "bad"], 3),
        (&["restart", "a"], 0),
        (&["disable", "a"], 0),
        (&["enable", "a"], 0),
        (&["edit", "a"], 0),
        (&["rename", "a", "b"], 0),
        (&["doctor"], 1),
        (&["status", "nosuch"], 4),
        (&["stop"], 2),
        (&["remove", "--bogus"], 2),
        (&["remove", "b", "bad"], 0),
    ] {
        let said = json(scope.verb(words).arg("--json").env("EDITOR", "true"));
        assert_eq!(said["exit_code"], code, "{words:?}: {said:#}");
        assert_eq!(said["verb"], words[0], "{said:#}");
        assert_eq!(said["errors"].as_array().unwrap().is_empty(), code < 2 || words == ["status"], "{said:#}");
        match words[0] {
            "logs" => assert!(said["entries"].to_string().contains("\"message\":\"no\""), "{said:#}"),
            "cat" => assert!(said["files"][0]["text"].as_str().unwrap().contains("ExecStart="), "{said:#}"),
            "doctor" => assert!(said["checks"].as_array().unwrap().len() > 4, "{said:#}"),
            _ => {}
        }
    }
}

#[apply(booted_test)]
fn a_command_is_told_as_it_was_typed(scope: &Scope<'_>) {
    done(scope.host.root("sh").args([
        "-c",
        "mkdir -p '/srv/a$b' \"/srv/it's\"; cp -n /bin/sleep '/srv/a$b'; cp -n /bin/sleep \"/srv/it's\"",
    ]));
    let script = "sleep 1000; : $HOME $$ %d \"\\x\"";
    let cases: [(&str, &[&str], &[&str]); 5] = [
        ("plain", &[], &["/usr/bin/sh", "-c", script]),
        ("dollar", &[], &["/srv/a$b/sleep", "1000"]),
        ("quote", &[], &["/srv/it's/sleep", "1000"]),
        ("file", &["--log-file", "out"], &["/usr/bin/sh", "-c", script]),
        ("several", &["--instances", "2"], &["/usr/bin/sh", "-c", script]),
    ];
    for (name, options, command) in cases {
        done(scope.mkservice(&["--settle", "0", "--name", name]).args(options).arg("--").args(command));
    }
    let told = |said: &str| -> Vec<(String, Value)> {
        let said: Value = serde_json::from_str(said).unwrap();
        let services = said["services"].as_array().unwrap().iter();
        services.map(|it| (it["name"].as_str().unwrap().to_owned(), it["command"].clone())).collect()
    };
    let listed = told(&done(&mut scope.verb(&["list", "--json"])));
    let without_manager = told(&done(scope.verb(&["list", "--json"]).env("SYSTEMD_OFFLINE", "1")));
    for (name, _, command) in cases {
        let expected = (name.to_owned(), Value::from(command));
        assert!(listed.contains(&expected), "{name}: {listed:?}");
        assert!(without_manager.contains(&expected), "{name}: {without_manager:?}");
        let status = done(&mut scope.verb(&["status", name]));
        assert!(status.contains(&format!("  command  {}\n", mkservice::shell::join(command))), "{status}");
    }
}

#[apply(booted_test)]
fn several_are_started_together(scope: &Scope<'_>) {
    for name in ["a", "b", "c"] {
        done(&mut scope.mkservice(&["--settle", "0", "--name", name, "sleep", "1000"]));
    }
    let fails = ["--name", "bad", "--restart", "no", "--", "sh", "-c", "echo cannot; exit 4"];
    assert_eq!(ran(&mut scope.mkservice(&fails)).code, 3);
    let said = done(&mut scope.verb(&["stop", "a", "b.service", "c", "a"]));
    assert_eq!(said.lines().count(), 3, "{said}");
    let said = ran(&mut scope.verb(&["start", "a", "bad", "b", "c"]));
    assert_eq!((said.code, said.stdout.as_str()), (3, "a is running\nb is running\nc is running\n"), "{said:?}");
    assert!(said.stderr.contains("error: bad does not run: the program ended with exit code 4\n    cannot\n"));
    // One that is unknown is told before anything happens to the others.
    let run = scope.property("a", "InvocationID");
    fails_with(scope, 4, &["restart", "a", "nosuch"]);
    assert_eq!(scope.property("a", "InvocationID"), run);
    let said = done(&mut scope.verb(&["list"]));
    let names: Vec<&str> = said.lines().skip(1).filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(names, ["a", "b", "bad", "c"]);
}

fn fails_with(scope: &Scope<'_>, code: i32, words: &[&str]) -> String {
    fails(code, &mut scope.verb(words))
}

#[apply(booted_test)]
fn an_edit_that_does_not_run_is_put_back(scope: &Scope<'_>) {
    done(&mut scope.mkservice(&["--name", "s", "sleep", "1000"]));
    let path = format!("{}/s.service", folder(scope));
    let text = || std::fs::read_to_string(scope.host.path(&path)).unwrap();
    let before = text();
    let edit = |with: &str| ran(scope.verb(&["edit", "s"]).env("EDITOR", with));
    let said = edit("sed -i s,/usr/bin/sleep,/bin/false,");
    assert_eq!(said.code, 3, "{said:?}");
    assert!(said.stderr.contains("the old one was put back and runs again"), "{said:?}");
    assert!(said.stdout.contains("-ExecStart=/usr/bin/sleep 1000\n+ExecStart=/bin/false 1000\n"), "{said:?}");
    assert_eq!((text(), scope.property("s", "ActiveState").as_str()), (before.clone(), "active"));
    // What systemd would not take is refused, and kept for the user.
    let said = edit("sed -i s,Restart=on-failure,Restart=never,");
    assert_eq!(said.code, 2, "{said:?}");
    let kept = said.stderr.lines().find_map(|line| line.strip_prefix("hint: what was typed is kept in ")).unwrap();
    assert!(std::fs::read_to_string(scope.host.path(kept)).unwrap().contains("Restart=never"));
    assert_eq!(text(), before);
    assert_eq!(edit("false").code, 1);
    assert_eq!(edit("no-such-editor").code, 1);
    let said = edit("sed -i s,RestartSec=5s,RestartSec=7s,");
    assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{said:?}");
    assert_eq!(scope.property("s", "RestartUSec"), "7s");
    // From then on it is an edited one.
    assert!(fails(2, &mut scope.mkservice(&["--name", "s", "sleep", "1000"])).contains("    -RestartSec=7s\n"));
}

#[apply(booted_test)]
fn a_new_name_keeps_everything_else(scope: &Scope<'_>) {
    done(&mut scope.mkservice(&["--name", "old", "-E", "A=1", "sleep", "1000"]));
    let drop_in = format!("{}/old.service.d/mine.conf", folder(scope));
    let owner = if scope.session.is_some() { "ann" } else { "root" };
    file(scope.host, owner, &drop_in, "[Service]\nNice=5\n");
    let before = traces(scope.host);
    let said = done(&mut scope.verb(&["rename", "old", "new"]));
    assert!(said.starts_with("new is new now") || said.starts_with("old is new now and is running\n"), "{said}");
    assert_eq!(scope.property("new", "Nice"), "5");
    assert_eq!(
        (scope.property("new", "ActiveState"), scope.property("old", "LoadState")),
        ("active".into(), "not-found".into())
    );
    assert_eq!(scope.property("new", "UnitFileState"), "enabled");
    // The line with the new name finds nothing to do.
    let said = done(&mut scope.mkservice(&["--name", "new", "-E", "A=1", "sleep", "1000"]));
    assert!(said.contains("unchanged"), "{said}");
    done(&mut scope.verb(&["rename", "new", "old"]));
    assert_eq!(traces(scope.host), before);
    done(&mut scope.mkservice(&["--name", "other", "sleep", "1000"]));
    assert!(fails_with(scope, 2, &["rename", "old", "other"]).contains("there is a service named `other` already"));
    assert!(fails_with(scope, 2, &["rename", "old", "systemd-x"]).contains("is reserved"));
    // What does not come up under its new name has its old one again.
    let only_old = ["--name", "picky", "-p", "ExecStartPre=/bin/sh -c \"test %p = picky\"", "sleep", "1000"];
    done(&mut scope.mkservice(&only_old));
    let before = traces(scope.host);
    let said = fails_with(scope, 3, &["rename", "picky", "else"]);
    assert!(said.contains("the old one was put back and runs again"), "{said}");
    assert_eq!(traces(scope.host), before);
    assert_eq!(scope.property("picky", "ActiveState"), "active");
}

#[apply(booted_test)]
fn a_rename_that_was_interrupted_is_completed(scope: &Scope<'_>) {
    done(&mut scope.mkservice(&["--name", "old", "sleep", "1000"]));
    // As it is when a run is killed once it has written the new file.
    let folder = folder(scope);
    let copy = format!(
        "cp {folder}/old.service {folder}/seen && mkservice rename old new && cp {folder}/new.service {folder}/kept \
        && mkservice rename new old && sed -i 's/^.X-Mkservice.$/&\\nRenamedFrom=old enabled up/' {folder}/kept && mv {folder}/kept {folder}/new.service && rm {folder}/seen"
    );
    let mut shell = scope.run("sh");
    shell.args(["-c", &copy]).text();
    done(&mut scope.verb(&["rename", "old", "new"]));
    assert_eq!(
        (scope.property("new", "ActiveState"), scope.property("old", "LoadState")),
        ("active".into(), "not-found".into())
    );
    let names = scope.host.root("find").args([folder, "-name", "*old*"]).text();
    assert_eq!(names, "");
}

#[apply(booted_test)]
fn the_doctor_finds_what_is_wrong(scope: &Scope<'_>) {
    assert!(done(&mut scope.verb(&["doctor"])).ends_with("all is well\n"));
    done(&mut scope.mkservice(&["--name", "edited", "sleep", "1000"]));
    done(&mut scope.mkservice(&["--name", "well", "sleep", "1000"]));
    let fails = ["--name", "failed", "--restart", "no", "--", "sh", "-c", "exit 4"];
    assert_eq!(ran(&mut scope.mkservice(&fails)).code, 3);
    scope.run("sed").args(["-i", "s/Sec=5s/Sec=6s/", &format!("{}/edited.service", folder(scope))]).text();
    if scope.session.is_some() {
        scope.host.root("loginctl").args(["disable-linger", "ann"]).text();
    }
    let said = ran(&mut scope.verb(&["doctor"]));
    assert_eq!((said.code, said.stderr.as_str()), (1, ""), "{said:?}");
    let mut findings = vec![
        "edited was edited by hand",
        "edited has changed on disk",
        "failed has failed",
        "ok       well is running",
    ];
    if scope.session.is_some() {
        findings.push("lingering is off for ann");
    }
    findings.into_iter().for_each(|finding| assert!(said.stdout.contains(finding), "{finding}: {said:?}"));
    let remedies = said.stdout.matches("\n         remedy: ").count();
    let problems = said.stdout.matches("problem  ").count();
    assert_eq!((remedies, problems), (problems, if scope.session.is_some() { 4 } else { 3 }), "{said:?}");
}

#[apply(booted_test)]
fn checks_change_nothing(scope: &Scope<'_>) {
    let line = ["--check", "--name", "s", "sleep", "1000"];
    let before = traces(scope.host);
    assert_eq!(ran(&mut scope.mkservice(&line)).code, 5);
    assert_eq!(traces(scope.host), before);
    done(&mut scope.mkservice(&["--name", "s", "sleep", "1000"]));
    let before = traces(scope.host);
    assert_eq!(ran(&mut scope.mkservice(&line)).code, 0);
    for (words, code) in [
        (["start", "s"], 0),
        (["stop", "s"], 5),
        (["restart", "s"], 5),
        (["enable", "s"], 0),
        (["disable", "s"], 5),
        (["remove", "s"], 5),
    ] {
        assert_eq!(ran(scope.verb(&words).arg("--check")).code, code, "{words:?}");
        assert_eq!(ran(scope.verb(&words).arg("--dry-run")).code, 0, "{words:?}");
    }
    assert_eq!(traces(scope.host), before);
    assert_eq!(scope.property("s", "ActiveState"), "active");
}

#[apply(booted_test)]
fn an_interrupt_tells_what_stays(scope: &Scope<'_>) {
    let account = if scope.session.is_some() { "" } else { "--uid daemon" };
    let systemctl = if scope.session.is_some() { "systemctl --user" } else { "systemctl" };
    for signal in ["INT", "TERM"] {
        let script = format!(
            "env --default-signal=INT mkservice {account} --name slow --service-type notify sleep 1000 & pid=$!; \
             until [ \"$({systemctl} show --value -p ActiveState slow)\" = activating ]; do sleep 0.02; done; \
             kill -{signal} $pid; wait $pid"
        );
        let ran = ran(scope.run("timeout").cwd("/").args(["60", "bash", "-c", &script]));
        assert_eq!((ran.code, ran.stdout.as_str()), (130, ""), "{ran:?}");
        assert!(ran.stderr.starts_with("error: interrupted at: start slow.service\ndone before that: "), "{ran:?}");
        assert!(ran.stderr.contains("done before that: enable slow.service"), "{ran:?}");
        assert!(ran.stderr.contains("mkservice remove slow\n"), "{ran:?}");
        // Consistent: systemd goes on with what it was told, and nothing is left half done.
        assert_eq!(scope.property("slow", "UnitFileState"), "enabled");
        done(&mut scope.verb(&["remove", "slow"]));
    }
}

#[apply(booted_test)]
fn readers_may_leave() {
    let host = booted();
    done(system(&host, "daemon").args(["--name", "s", "sleep", "1000"]));
    for verb in ["list --all", "status s", "cat s", "logs s", "list --json", "doctor", "--help"] {
        let script = format!("mkservice {verb} | true; echo ${{PIPESTATUS[0]}}");
        let ran = ran(host.root("bash").args(["-c", &script]));
        // journalctl itself is ended by the pipe, as every program that prints.
        let fine = if verb == "logs s" { &["0\n", "141\n"][..] } else { &["0\n"] };
        assert!(fine.contains(&ran.stdout.as_str()) && ran.stderr.is_empty(), "{verb}: {ran:?}");
    }
}

#[apply(booted_test)]
fn terminals_get_what_fits_them() {
    let host = booted();
    let slow = "--name slow --service-type notify -p TimeoutStartSec=2s --restart no sleep 1000";
    let on_terminal = |line: &str| {
        let mut script = host.root("script");
        script.cwd("/").env("TERM", "xterm").args(["-qec", line, "/dev/null"]).stdin(std::process::Stdio::null());
        script.text()
    };
    let piped = |line: &str| host.root("sh").cwd("/").args(["-c", line]).text();
    // A sign of life while it takes long, only where somebody watches, and gone afterwards.
    let said = on_terminal(&format!("mkservice --uid daemon {slow} || true"));
    assert!(said.contains("\r\u{1b}[K| start slow.service (0 s)"), "{said:?}");
    assert!(said.contains("\r\u{1b}[Kerror: slow is installed but does not run"), "{said:?}");
    let said = piped(&format!("mkservice --uid daemon {slow} 2>&1 || true"));
    assert!(said.starts_with("error: ") && !said.contains('\u{1b}'), "{said:?}");
    done(system(&host, "daemon").args(["--name", "s", "sleep", "1000", "2000", "3000", "4000", "5000"]));
    let list = "mkservice list";
    let colour = "\u{1b}[32m";
    assert!(on_terminal(list).contains(colour));
    assert!(!on_terminal(&format!("NO_COLOR=1 {list}")).contains('\u{1b}'));
    assert!(!piped(list).contains('\u{1b}'));
    assert!(piped(list).contains("/usr/bin/sleep 1000 2000 3000 4000 5000\n"));
    let narrow = on_terminal(&format!("stty cols 70; NO_COLOR=1 {list}"));
    assert!(narrow.contains('…') && narrow.lines().all(|line| line.trim_end().chars().count() <= 70), "{narrow}");
}

#[apply(booted_test)]
fn logs_that_may_not_be_read() {
    let host = booted();
    done(system(&host, "daemon").args(["--name", "s", "sleep", "1000"]));
    let session = host.open_session("ann");
    let said = fails(1, session.run("mkservice").args(["logs", "--system", "s"]));
    assert!(
        said.contains("the log of s may not be read by this account\nhint: sudo usermod -aG systemd-journal ann"),
        "{said}"
    );
    // Looking takes no root.
    let said = done(session.run("mkservice").args(["status", "--system", "s"]));
    assert!(said.contains("s is running (system service as daemon"), "{said}");
    let said = fails(4, session.run("mkservice").args(["status", "s"]));
    assert!(said.contains("hint: it is a system service: mkservice status --system s"), "{said}");
    assert!(fails(2, session.run("mkservice").args(["stop", "--system", "s"])).contains("only root may change"));
    let said = fails(2, host.root("mkservice").args(["logs", "s", "--since", "nonsense"]));
    assert!(said.starts_with("error: Failed to parse timestamp: nonsense"), "{said}");
}

#[apply(booted_test)]
fn enabling_without_a_manager() {
    let host = crate::setup::unbooted();
    done(system(&host, "daemon").args(["--name", "s", "sleep", "1000"]));
    let before = traces(&host);
    let said = done(host.root("mkservice").args(["disable", "s"]));
    assert!(said.contains("s does not start at boot any more"), "{said}");
    assert!(!host.path("/etc/systemd/system/multi-user.target.wants/s.service").exists());
    done(host.root("mkservice").args(["enable", "s"]));
    assert_eq!(traces(&host), before);
    done(host.root("mkservice").args(["rename", "s", "t"]));
    done(host.root("mkservice").args(["rename", "t", "s"]));
    assert_eq!(traces(&host), before);
    assert!(fails(1, host.root("mkservice").args(["start", "s"])).contains("no systemd runs here"));
    assert!(done(host.root("mkservice").args(["list"])).contains("s     unknown"));
    assert_eq!(ran(host.root("mkservice").args(["status", "s"])).code, 3);
}

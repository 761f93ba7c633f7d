//! `--json`: one document per run.

use serde_json::Value;

use crate::scope::Scope;
use crate::setup::{done, ran};

/// The document of a run that prints nothing to stderr.
fn json(command: &mut std::process::Command) -> Value {
    let ran = ran(command);
    assert_eq!(ran.stderr, "", "{ran:?}");
    let document: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    assert_eq!(document["exit_code"], ran.code, "{ran:?}");
    document
}

#[apply(booted_test)]
fn each_verb_prints_one_document(scope: &Scope<'_>) {
    let said = json(&mut scope.mkservice(&["--json", "--name", "a", "sleep", "1000"]));
    assert_eq!((&said["verb"], &said["changed"]), (&"add".into(), &true.into()), "{said:#}");
    assert_eq!(said["services"][0]["state"], "running");
    assert!(said["steps"].as_array().unwrap().iter().any(|step| step["action"] == "write"), "{said:#}");
    let again = json(&mut scope.mkservice(&["--json", "--name", "a", "sleep", "1000"]));
    assert_eq!((&again["changed"], &again["steps"]), (&false.into(), &Value::Array(Vec::new())), "{again:#}");
    let update = json(&mut scope.mkservice(&["--json", "--dry-run", "--name", "a", "sleep", "2000"]));
    assert!(update["steps"][0]["difference"][0].as_str().unwrap().starts_with("-Description="), "{update:#}");
    // journald looks up the unit of a user process by its PID: the messages of one that has exited by then lack it.
    let bad = json(&mut scope.mkservice(&[
        "--json",
        "--no-rollback",
        "--name",
        "bad",
        "--",
        "sh",
        "-c",
        "echo no; sleep 0.3; exit 4",
    ]));
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
fn command_is_an_array_of_the_given_arguments(scope: &Scope<'_>) {
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
        assert!(status.contains(&format!("  command   {}\n", mkservice::shell::join(command))), "{status}");
    }
}

#[apply(booted_test)]
fn a_service_tells_how_it_exited_last(scope: &Scope<'_>) {
    for (name, script, code, signal) in [("exits", "exit 4", Some(4), None), ("killed", "kill -KILL $$", None, Some(9))]
    {
        let said = json(&mut scope.mkservice(&[
            "--json",
            "--no-rollback",
            "--restart",
            "no",
            "--name",
            name,
            "--",
            "sh",
            "-c",
            script,
        ]));
        assert_eq!(said["exit_code"], 3, "{said:#}");
        let said = json(&mut scope.verb(&["status", "--json", name]));
        let exit = &said["services"][0]["last_exit"];
        assert_eq!((exit["code"].as_i64(), exit["signal"].as_i64()), (code, signal), "{said:#}");
        assert!(exit["time"].as_u64().is_some_and(|time| time > 0), "{said:#}");
    }
    let said = json(&mut scope.mkservice(&["--json", "--name", "a", "sleep", "1000"]));
    assert_eq!(said["services"][0]["last_exit"], Value::Null, "{said:#}");
}

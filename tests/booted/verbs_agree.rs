//! No verb calls a problem what another verb wrote.

use crate::host::Inside;
use crate::scope::Scope;
use crate::setup::{done, file, ran};

const ADD: [&str; 4] = ["--name", "s", "sleep", "1000"];

/// Creates the service `s`, and changes it by one verb.
fn write(scope: &Scope<'_>, verb: &str) {
    let verb_of = |words: &[&str]| done(&mut scope.verb(words));
    let owner = if scope.session.is_some() { "ann" } else { "root" };
    match verb {
        "apply" => {
            let uid = if scope.session.is_some() { "" } else { "uid = 'daemon'\n" };
            let text = format!("[services.s]\ncommand = ['sleep', '1000']\n{uid}");
            file(scope.host, owner, "/srv/declared/mkservice.toml", &text);
            verb_of(&["apply", "/srv/declared/mkservice.toml"]);
            return;
        }
        "rename" => {
            done(&mut scope.mkservice(&["--name", "t", "sleep", "1000"]));
            verb_of(&["rename", "t", "s"]);
            return;
        }
        "adopt" => {
            let script = "cd / && setsid sleep 1000 </dev/null >/dev/null 2>&1 & echo $!";
            let user = if scope.session.is_some() { "ann" } else { "daemon" };
            let process = scope.host.user(user, "sh").args(["-c", script]).text();
            verb_of(&["adopt", "--yes", "--name", "s", process.trim()]);
            return;
        }
        _ => done(&mut scope.mkservice(&ADD)),
    };
    match verb {
        "add" => {}
        "update" => drop(verb_of(&["update", "s", "--nice", "3"])),
        "edit" => {
            let editor = "sed -i '/^### Settings/a [Service]\\nNice=5'";
            done(scope.verb(&["edit", "s"]).env("EDITOR", editor));
        }
        "edit --full" => drop(done(scope.verb(&["edit", "--full", "s"]).env("EDITOR", "sed -i s/Sec=5s/Sec=7s/"))),
        "harden --try" => {
            let said = ran(&mut scope.verb(&["harden", "--try", "--settle", "1s", "s"]));
            assert_eq!(said.code, 0, "{said:?}");
        }
        "disable" => drop(verb_of(&["disable", "s"])),
        "enable" => {
            verb_of(&["disable", "s"]);
            verb_of(&["enable", "s"]);
        }
        verb => unreachable!("{verb}"),
    }
}

#[apply(booted_test)]
fn no_verb_calls_a_problem_what_another_wrote(scope: &Scope<'_>) {
    let owner = if scope.session.is_some() { "ann" } else { "root" };
    for verb in
        ["add", "adopt", "apply", "update", "edit", "edit --full", "rename", "disable", "enable", "harden --try"]
    {
        write(scope, verb);
        let run = scope.property("s", "InvocationID");
        for words in [&["status", "s"] as &[&str], &["list"], &["cat", "s"], &["harden", "s"]] {
            let said = ran(&mut scope.verb(words));
            assert!(said.code == 0 && !said.stderr.contains("error:"), "{verb}, {words:?}: {said:?}");
        }
        // What is in its files is explained.
        let text = done(&mut scope.verb(&["cat", "s"]));
        let directives =
            text.lines().take_while(|line| *line != "[X-Mkservice]").filter_map(|line| line.split_once('='));
        let directives = directives.map(|(name, _)| name).filter(|name| !name.starts_with(['#', ';']));
        let words: Vec<&str> = ["explain"].into_iter().chain(directives).collect();
        let said = ran(&mut scope.verb(&words));
        assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{verb}, explain: {said:?}");
        let doctor = ran(&mut scope.verb(&["doctor"])).stdout;
        assert!(!doctor.contains("problem  s "), "{verb}: {doctor}");
        let said = ran(&mut scope.verb(&["update", "--check", "s"]));
        assert!(said.code == 0 && said.stdout.starts_with("nothing would change\n"), "{verb}, update: {said:?}");
        let said = ran(&mut scope.verb(&["export", "s"]));
        assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{verb}, export: {said:?}");
        assert_eq!(said.stdout.matches('#').count(), 1, "{verb}, export: {}", said.stdout);
        file(scope.host, owner, "/srv/exported/mkservice.toml", &said.stdout);
        let said = ran(&mut scope.verb(&["apply", "--check", "/srv/exported/mkservice.toml"]));
        assert_eq!(said.code, 0, "{verb}, apply: {said:?}");
        let said = ran(&mut scope.mkservice(&ADD));
        assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{verb}, add: {said:?}");
        let is_another_line = ["update", "apply", "adopt"].contains(&verb);
        assert!(is_another_line || scope.property("s", "InvocationID") == run, "{verb}, add: {said:?}");
        done(&mut scope.verb(&["remove", "s"]));
        let left = scope.host.root("find").args([scope.unit_directory(), "-name", "s.service*"]).text();
        assert_eq!(left, "", "{verb}, remove");
    }
}

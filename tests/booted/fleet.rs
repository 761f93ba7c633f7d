//! What a fleet relies on: `apply` restarts only what has to be, and says why.

use serde_json::Value;

use crate::host::Inside as _;
use crate::scope::Scope;
use crate::setup::{done, fails, file, ran};

/// Writes the file; a system service of it runs as daemon.
fn write(scope: &Scope<'_>, services: &str) {
    let account = if scope.session.is_some() { "" } else { "uid = \"daemon\"\n" };
    let text = format!("[defaults]\nsettle = \"200ms\"\nworking-directory = \"/\"\n{account}\n{services}");
    file(scope.host, "root", "/srv/app/mkservice.toml", &text);
}

fn apply(scope: &Scope<'_>, words: &[&str]) -> String {
    done(&mut scope.verb(&[&["apply", "/srv/app/mkservice.toml"], words].concat()))
}

const WEB: &str = "[services.web]\ncommand = [\"sleep\", \"1000\"]\n";

#[apply(booted_test)]
fn reload_applies_what_a_running_service_does_not_depend_on(scope: &Scope<'_>) {
    write(scope, &format!("{WEB}[services.db]\ncommand = [\"sleep\", \"1001\"]\n"));
    apply(scope, &[]);
    let runs = || ["web", "db"].map(|unit| scope.property(unit, "InvocationID"));
    let before = runs();
    for (line, property, value) in [
        ("description = \"the shop\"", "Description", "the shop"),
        ("after = \"db\"", "After", "db.service"),
        ("requires = \"db\"", "Requires", "db.service"),
        ("properties = { Documentation = \"man:sleep(1)\" }", "Documentation", "man:sleep(1)"),
        ("properties = { \"Install.Also\" = \"db.service\" }", "FragmentPath", ".service"),
        ("restart-sec = \"7s\"", "RestartUSec", "7s"),
    ] {
        write(scope, &format!("{WEB}{line}\n[services.db]\ncommand = [\"sleep\", \"1001\"]\n"));
        let checked = ran(&mut scope.verb(&["apply", "--check", "/srv/app/mkservice.toml"]));
        assert_eq!(checked.code, 5, "{line}: {checked:?}");
        assert!(!checked.stdout.contains("would restart"), "{line}: {checked:?}");
        let said = apply(scope, &[]);
        assert!(said.contains("web changed, is running\n") && said.ends_with("1 changed, 1 unchanged\n"), "{said}");
        assert!(scope.property("web", property).contains(value), "{line}");
        assert_eq!(scope.property("web", "NeedDaemonReload"), "no", "{line}");
        assert_eq!(apply(scope, &["--check"]), "nothing would change\ntotal: 2 unchanged\n", "{line}");
    }
    assert_eq!(runs(), before);
    // A new dependency is started, and the service keeps running.
    scope.systemctl().args(["stop", "db"]).text();
    write(scope, &format!("{WEB}wants = \"db\"\n"));
    apply(scope, &[]);
    assert_eq!((scope.property("db", "ActiveState").as_str(), &runs()[0]), ("active", &before[0]));
}

#[apply(booted_test)]
fn restarts_are_announced_with_their_reason(scope: &Scope<'_>) {
    write(scope, WEB);
    apply(scope, &[]);
    write(scope, &format!("{WEB}setenv = {{ A = \"1\" }}\nnice = 3\n"));
    let checked = ran(&mut scope.verb(&["apply", "--check", "/srv/app/mkservice.toml"]));
    assert!(checked.stdout.contains("would restart web.service: Environment and Nice changed\n"), "{checked:?}");
    let applied: Value = serde_json::from_str(&apply(scope, &["--json"])).unwrap();
    let change = &applied["changes"][0];
    assert_eq!(change["restarted"], true, "{applied:#}");
    assert_eq!(change["reason"], "Environment and Nice changed", "{applied:#}");
    // Installed without a start: the run is older.
    write(scope, &WEB.replace("1000", "2000"));
    apply(scope, &["--no-start"]);
    let said = apply(scope, &[]);
    assert!(said.contains("    restarted: it runs with an older unit file\n"), "{said}");
    assert_eq!(apply(scope, &["--check"]), "nothing would change\ntotal: 1 unchanged\n");
}

/// Changes a unit file to what an earlier version of mkservice wrote.
const OLDER: &str = "set -e; body=$(sed '/^Checksum=/d; s/^Version=.*/Version=0.0.9/; \
    s/created by mkservice [0-9.]*/created by mkservice 0.0.9/' \"$1\")
    sum=$(printf '%s\\n' \"$body\" | sha256sum | cut -d' ' -f1)
    touch -r \"$1\" /tmp/time; printf '%s\\nChecksum=sha256:%s\\n' \"$body\" \"$sum\" > \"$1\"; touch -r /tmp/time \"$1\"";

#[apply(booted_test)]
fn upgrade_of_mkservice_changes_nothing(scope: &Scope<'_>) {
    write(scope, WEB);
    apply(scope, &[]);
    let (run, reloads) = (scope.property("web", "InvocationID"), scope.reloads());
    let unit = scope.property("web", "FragmentPath");
    let text = || scope.host.root("cat").arg(&unit).text();
    let before = text();
    scope.host.root("sh").args(["-c", OLDER, "sh", &unit]).text();
    assert!(text().contains("\nVersion=0.0.9\n") && text() != before);
    assert_eq!(apply(scope, &["--check"]), "nothing would change\ntotal: 1 unchanged\n");
    assert_eq!(apply(scope, &[]), "1 unchanged\n");
    assert_eq!(text(), before);
    assert_eq!((scope.property("web", "InvocationID"), scope.reloads()), (run, reloads));
    assert_eq!(scope.property("web", "NeedDaemonReload"), "no");
}

#[apply(booted_test)]
fn user_of_a_system_service_is_in_the_file() {
    let host = crate::setup::booted();
    file(&host, "root", "/srv/app/mkservice.toml", WEB);
    for account in ["root", "ann"] {
        host.add_user("ann");
        let mut mkservice = if account == "root" { host.root("mkservice") } else { host.user("ann", "mkservice") };
        let said = fails(2, mkservice.args(["apply", "--system", "--check", "/srv/app/mkservice.toml"]));
        let hint = format!("hint: add to the service, or to [defaults]: uid = \"{account}\"\n");
        assert!(said.contains("uid is required in the system scope") && said.ends_with(&hint), "{said}");
    }
}

#[apply(booted_test)]
fn unmet_conditions_skip_a_service(scope: &Scope<'_>) {
    let elsewhere = "properties = { ConditionHost = \"another-host\" }\n";
    write(scope, &format!("{WEB}{elsewhere}[services.db]\ncommand = [\"sleep\", \"1001\"]\n"));
    let said = apply(scope, &[]);
    assert!(said.contains("web created, is skipped: a condition of its unit is not met\n"), "{said}");
    assert_eq!(apply(scope, &["--check"]), "nothing would change\ntotal: 2 unchanged\n");
    assert_eq!(apply(scope, &[]), "2 unchanged\n");
    write(scope, WEB);
    assert!(apply(scope, &[]).starts_with("web changed, is running\n"));
}

#[apply(booted_test)]
fn some_services_of_a_file_are_applied_alone(scope: &Scope<'_>) {
    write(scope, &format!("{WEB}[services.db]\ncommand = [\"sleep\", \"1001\"]\n"));
    assert!(apply(scope, &["db"]).starts_with("db created, is running\n1 created\n"));
    assert_eq!(scope.property("web", "LoadState"), "not-found");
    let unknown = fails(4, &mut scope.verb(&["apply", "/srv/app/mkservice.toml", "webb"]));
    assert_eq!(unknown, "error: /srv/app/mkservice.toml has no service `webb`\nhint: it has web and db\n");
    // Which file a service is from.
    let list: Value = serde_json::from_str(&done(&mut scope.verb(&["list", "--json"]))).unwrap();
    assert_eq!(list["services"][0]["declared_by"], "/srv/app/mkservice.toml", "{list:#}");
    assert!(done(&mut scope.verb(&["list", "--wide"])).contains("DECLARED BY"));
    let status = done(&mut scope.verb(&["status", "db"]));
    assert!(status.contains("declared by") && status.contains(" /srv/app/mkservice.toml\n"), "{status}");
}

#[apply(booted_test)]
fn instances_that_never_ran_are_not_running_again(scope: &Scope<'_>) {
    let group = |code: u32| {
        format!("[services.w]\ncommand = [\"sh\", \"-c\", \"exit {code}\"]\nrestart = \"no\"\ninstances = 2\n")
    };
    write(scope, &group(7));
    assert_eq!(ran(&mut scope.verb(&["apply", "/srv/app/mkservice.toml"])).code, 3);
    write(scope, &group(8));
    let again = ran(&mut scope.verb(&["apply", "/srv/app/mkservice.toml"]));
    assert_eq!(again.code, 3, "{again:?}");
    assert!(!again.stderr.contains("which is running"), "{again:?}");
}

//! `doctor` finds problems and suggests fixes.

use crate::host::Inside;
use crate::scope::Scope;
use crate::setup::{done, ran};

#[apply(booted_test)]
fn doctor_reports_every_problem(scope: &Scope<'_>) {
    assert!(done(&mut scope.verb(&["doctor"])).ends_with("no problems found\n"));
    done(&mut scope.mkservice(&["--name", "edited", "sleep", "1000"]));
    done(&mut scope.mkservice(&["--name", "well", "sleep", "1000"]));
    let fails = ["--no-rollback", "--name", "failed", "--restart", "no", "--", "sh", "-c", "exit 4"];
    assert_eq!(ran(&mut scope.mkservice(&fails)).code, 3);
    scope.run("sed").args(["-i", "s/Sec=5s/Sec=6s/", &format!("{}/edited.service", scope.unit_directory())]).text();
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
        findings.push("lingering is disabled for ann");
    }
    findings.into_iter().for_each(|finding| assert!(said.stdout.contains(finding), "{finding}: {said:?}"));
    let remedies = said.stdout.matches("\n         hint: ").count();
    let problems = said.stdout.matches("problem  ").count();
    assert_eq!((remedies, problems), (problems, if scope.session.is_some() { 4 } else { 3 }), "{said:?}");
}

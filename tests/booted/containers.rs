//! Containers as services, with a stand-in for Docker and with podman.

use std::path::Path;
use std::process::Command;

use crate::host::{Host, Inside};
use crate::scope::Scope;
use crate::setup::{booted, booted_with_tools, done, fails, file, property, ran, system};

/// As much of the program as a service notices: it needs a terminal for `-t`, and keeps the names of containers that have
/// stopped. The program of the image `stubborn` ignores signals, as the first process of a container does by default.
const DOCKER: &str = r#"#!/bin/sh
set -u
name= rm= stop=0
containers=/tmp/containers-$(id -u)
mkdir -p "$containers"
if [ "$1" = container ]; then
    for name; do :; done
    [ -e "$containers/$name" ] || { echo "Error: No such container: $name" >&2; exit 1; }
    case $2 in
        inspect) cat "$containers/$name" ;;
        rm) rm "$containers/$name" ;;
        stop) echo stopping >"$containers/$name"; while [ "$(cat "$containers/$name" 2>&1)" = stopping ]; do sleep 0.05; done ;;
    esac
    exit
fi
[ "$1" = run ] || { echo "docker: $1 is unknown" >&2; exit 125; }
shift
while :; do
    case $1 in
        -d | --detach) exit 0 ;;
        -t | --tty | -it) [ -t 0 ] || { echo "the input device is not a TTY" >&2; exit 1; } ;;
        --rm) rm=1 ;;
        --name) name=$2; shift ;;
        --stop-timeout) stop=$2; shift ;;
        -*) ;;
        *) break ;;
    esac
    shift
done
taken=$containers/$name
if [ -n "$name" ] && [ -e "$taken" ]; then
    echo "docker: Error response from daemon: Conflict. The container name \"/$name\" is already in use." >&2
    exit 125
fi
child=
# systemd terminates all processes, rm as well.
stop() { trap '' TERM; kill $child 2>/dev/null; echo exited >"$taken"; [ -z "$rm" ] || rm -f "$taken"; exit "$1"; }
trap 'stop 143' TERM
[ -z "$name" ] || echo running >"$taken"
echo "container of $* runs"
if [ "$1" = stubborn ]; then
    trap '' TERM
    while [ "$(cat "$taken")" = running ]; do sleep 0.05; done
    stop 137
fi
if [ "$1" = fails ]; then stop 1; fi
sleep 1000 & child=$!
while [ "$(cat "$taken" 2>&1)" = running ] && kill -0 $child 2>/dev/null; do sleep 0.05; done
stop 143
"#;

fn install(host: &Host) {
    file(host, "root", "/usr/local/bin/docker", DOCKER);
    let unit = "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n";
    file(host, "root", "/etc/systemd/system/docker.service", unit);
    let prepare = "chmod 755 /usr/local/bin/docker; groupadd -f docker; systemctl daemon-reload";
    host.root("sh").args(["-ec", prepare]).text();
}

fn join_group(host: &Host, user: &str) {
    host.root("usermod").args(["-aG", "docker", user]).text();
}

#[apply(booted_test)]
fn container_lives_as_a_service(scope: &Scope<'_>) {
    install(scope.host);
    join_group(scope.host, if scope.session.is_some() { "ann" } else { "daemon" });
    let line = ["docker", "run", "-it", "--rm", "--name", "web", "nginx"];
    let said = done(&mut scope.mkservice(&line));
    assert!(said.contains("web is running") && said.contains("`-it` is left out"), "{said}");
    assert_eq!(scope.property("web", "TimeoutStopUSec"), "1min 30s");
    let is_after = scope.property("web", "After").split(' ').any(|unit| unit == "docker.service");
    let requires = scope.property("web", "Requires").split(' ').any(|unit| unit == "docker.service");
    assert_eq!((is_after, requires), (scope.session.is_none(), scope.session.is_none()));
    let said = done(&mut scope.mkservice(&line));
    assert!(said.contains("unchanged"), "{said}");
    // It starts again under the same name, and a stop is no failure.
    done(&mut scope.verb(&["restart", "web"]));
    done(scope.systemctl().args(["stop", "web"]));
    assert_eq!(scope.property("web", "Result"), "success");
    assert_eq!(scope.property("web", "ActiveState"), "inactive");
    done(&mut scope.verb(&["start", "web"]));

    let refused = fails(2, &mut scope.mkservice(&["docker", "run", "-d", "--name", "db", "postgres"]));
    assert!(refused.contains("-- docker run --rm --name db postgres\n"), "{refused}");
    let refused = fails(2, &mut scope.mkservice(&["docker", "run", "--name", "db", "postgres"]));
    assert!(refused.contains("the stopped container keeps the name `db`"), "{refused}");
    assert_eq!(scope.property("db", "LoadState"), "not-found");
    // What is foreseen: without --rm, the second start would fail.
    done(&mut scope.mkservice(&["--force", "docker", "run", "--name", "db", "postgres"]));
    let again = ran(&mut scope.verb(&["restart", "db"]));
    assert_eq!(again.code, 3, "{again:?}");
    assert!(again.stderr.contains("is already in use"), "{again:?}");
}

#[apply(booted_test)]
fn container_that_ignores_signals_is_stopped(scope: &Scope<'_>) {
    install(scope.host);
    join_group(scope.host, if scope.session.is_some() { "ann" } else { "daemon" });
    done(&mut scope.mkservice(&["docker", "run", "--rm", "--name", "app", "stubborn"]));
    done(&mut scope.verb(&["restart", "app"]));
    done(&mut scope.verb(&["stop", "app"]));
    assert_eq!(
        (scope.property("app", "ActiveState"), scope.property("app", "Result")),
        ("inactive".into(), "success".into())
    );
    // Where a container has stopped by itself, none is stopped.
    let failed = fails(3, &mut scope.mkservice(&["docker", "run", "--rm", "--name", "gone", "fails"]));
    assert!(failed.contains("status 1") && !failed.contains("No such container"), "{failed}");
}

#[apply(booted_test)]
fn stopped_container_of_the_same_name_is_foreseen(scope: &Scope<'_>) {
    install(scope.host);
    let user = if scope.session.is_some() { "ann" } else { "daemon" };
    join_group(scope.host, user);
    let stopped = "d=/tmp/containers-$(id -u); mkdir -p $d; echo exited >$d/old";
    scope.host.user(user, "sh").args(["-c", stopped]).text();
    let line = ["docker", "run", "--rm", "--name", "old", "nginx"];
    let refused = fails(2, &mut scope.mkservice(&line));
    let expected = "error: a stopped container already has the name `old`\nhint: remove it: docker container rm old\n";
    assert_eq!(refused, expected);
    assert_eq!(scope.property("old", "LoadState"), "not-found");
    scope.host.user(user, "docker").args(["container", "rm", "old"]).text();
    done(&mut scope.mkservice(&line));
    // The service's own container is no obstacle.
    assert!(done(&mut scope.mkservice(&line)).contains("unchanged"));
}

#[apply(booted_test)]
fn user_who_cannot_reach_docker_is_refused() {
    let host = booted();
    install(&host);
    let session = host.open_session("ann");
    let line = ["docker", "run", "--rm", "--name", "web", "nginx"];
    let refused = fails(2, session.run("mkservice").args(line));
    let expected = "error: user `ann` is not in the group `docker`, so the service cannot reach Docker\n\
        hint: add the user, and log in again: sudo usermod -aG docker ann\n\
        hint: run it as root: mkservice --uid root --system docker run --rm --name web nginx\n\
        hint: use --force to install it anyway\n";
    assert_eq!(refused, expected);
    let refused = fails(2, system(&host, "daemon").args(line));
    assert!(refused.starts_with("error: user `daemon` is not in the group `docker`"), "{refused}");
    // A service of root, another engine, or Docker without root.
    let by_root = ran(system(&host, "root").args(line));
    assert_eq!(by_root.code, 0, "{by_root:?}");
    assert_eq!(property(host.root("systemctl"), "web", "ActiveState"), "active");
    let remote = ["--dry-run", "docker", "-H", "tcp://build:2375", "run", "--rm", "nginx"];
    done(session.run("mkservice").args(remote));
    session.run("sh").args(["-c", "touch $XDG_RUNTIME_DIR/docker.sock"]).text();
    done(session.run("mkservice").args(line));
}

/// A host with podman and the image `tiny` for root and ann. Users can mount `/proc` for a container only if there is one
/// with nothing mounted over its files.
fn with_podman() -> Host {
    let recipe = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tools/podman");
    let output = Command::new(recipe).output().expect("bash runs tests/tools/podman");
    assert!(output.status.success(), "tests/tools/podman: {}", String::from_utf8_lossy(&output.stderr));
    let host = booted_with_tools(Path::new(String::from_utf8(output.stdout).unwrap().trim()));
    let install = "tar -C /opt/tools -c . | tar -C / -x --keep-directory-symlink; ldconfig
        mkdir -p /opt/proc && mount -t proc proc /opt/proc
        grep -q ^ann: /etc/subuid || echo ann:100000:65536 | tee -a /etc/subuid >>/etc/subgid
        mkdir -p /opt/image/bin && cp /bin/busybox /opt/image/bin/ && tar -C /opt/image -cf /opt/image.tar .
        podman import --quiet /opt/image.tar tiny";
    host.root("sh").args(["-ec", install]).text();
    host
}

#[apply(booted_test)]
fn podman_container_lives_as_a_service() {
    let host = with_podman();
    let session = host.open_session("ann");
    session.run("podman").args(["import", "--quiet", "/opt/image.tar", "tiny"]).text();
    for is_system in [false, true] {
        let run = |program: &str| if is_system { host.root(program) } else { session.run(program) };
        let mkservice = |words: &[&str]| {
            let mut mkservice = if is_system { system(&host, "root") } else { session.run("mkservice") };
            mkservice.args(words);
            mkservice
        };
        let verb = |words: &[&str]| {
            let mut verb = run("mkservice");
            done(verb.args(words))
        };
        let of = |name: &str| {
            let mut systemctl = run("systemctl");
            systemctl.args((!is_system).then_some("--user"));
            property(systemctl, "app", name)
        };
        let exists = |name: &str| ran(run("podman").args(["container", "exists", name])).code == 0;
        // A service of root comes with a warning.
        let install = |words: &[&str]| {
            let ran = ran(&mut mkservice(words));
            assert_eq!(ran.code, 0, "{ran:?}");
            ran.stdout
        };
        // It ignores SIGTERM, as the first process of a container does by default.
        let script = "trap '' TERM; while :; do /bin/busybox sleep 1; done";
        let container = |option: &'static str, name: &'static str| {
            let options = ["podman", "run", option, "--name", name, "--stop-timeout", "1", "tiny"];
            [&options[..], &["/bin/busybox", "sh", "-c", script]].concat()
        };
        install(&container("--rm", "app"));
        verb(&["restart", "app"]);
        assert_eq!((of("ActiveState"), exists("app")), ("active".into(), true));
        assert!(install(&container("--rm", "app")).contains("unchanged"));
        verb(&["stop", "app"]);
        assert_eq!((of("ActiveState"), of("Result"), exists("app")), ("inactive".into(), "success".into(), false));
        run("podman").args(["run", "--name", "old", "tiny", "/bin/busybox", "true"]).text();
        let refused = fails(2, &mut mkservice(&container("--rm", "old")));
        assert!(refused.contains("error: a stopped container already has the name `old`\n"), "{refused}");
        assert!(refused.contains("hint: remove it: podman container rm old\n"), "{refused}");
        install(&container("--replace", "old"));
        verb(&["remove", "app", "old"]);
    }
}

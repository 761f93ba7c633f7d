//! `docker run`, `podman run`, and `docker compose up` as services.

use snapbox::str;

use crate::refused_in;
use crate::support::Home;

fn home() -> Home {
    let home = Home::new();
    for program in ["docker", "podman", "docker-compose", "env"] {
        home.program(format!("bin/{program}"));
    }
    home
}

#[track_caller]
fn refused(line: &str, expected: impl snapbox::IntoData) {
    refused_in(&home(), 2, line.split(' '), expected);
}

#[test]
fn detached_containers_are_refused() {
    refused(
        "docker run --name some-nginx -d -p 8080:80 nginx",
        str![[r#"
error: `docker run` in the background exits once the container is started, so systemd cannot supervise it
hint: run it in the foreground: mkservice -- docker run --rm --name some-nginx -p 8080:80 nginx

"#]],
    );
    refused(
        "--name web docker run -dit --restart unless-stopped --name=x nginx -d",
        str![[r#"
error: `docker run` in the background exits once the container is started, so systemd cannot supervise it
hint: run it in the foreground: mkservice --name web -- docker run --rm --name=x nginx -d

"#]],
    );
    refused(
        "podman run --detach --replace --name db postgres",
        str![[r#"
error: `podman run` in the background exits once the container is started, so systemd cannot supervise it
hint: run it in the foreground: mkservice -- podman run --replace --name db postgres

"#]],
    );
    refused(
        "docker compose -f a.yml up -d --build",
        str![[r#"
error: `docker compose up` in the background exits once the container is started, so systemd cannot supervise it
hint: run it in the foreground: mkservice -- docker compose -f a.yml up --build

"#]],
    );
    refused(
        "docker-compose up --wait web",
        str![[r#"
error: `docker-compose up` in the background exits once the container is started, so systemd cannot supervise it
hint: run it in the foreground: mkservice -- docker-compose up web

"#]],
    );
    refused(
        "docker start cache",
        str![[r#"
error: `docker start` without `-a` exits once the container is started, so systemd cannot supervise it
hint: run it in the foreground: mkservice -- docker start -a cache

"#]],
    );
    let home = home();
    for line in [
        "docker run --detach=false --rm nginx",
        "docker run --rm --name web nginx -d",
        "docker start -a cache",
        "--service-type oneshot -p RemainAfterExit=yes docker compose up -d",
        "--force --name forced docker run -d nginx",
    ] {
        let ran = home.run(&format!("--replace {line}"));
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{line}: {ran:?}");
    }
}

#[test]
fn container_whose_name_stays_taken_is_refused() {
    refused(
        "docker run --name web --restart=always nginx",
        str![[r#"
error: the service could start only once: the stopped container keeps the name `web`
hint: remove it when it stops: mkservice -- docker run --rm --name web nginx

"#]],
    );
    refused(
        "podman run --name web nginx",
        str![[r#"
error: the service could start only once: the stopped container keeps the name `web`
hint: replace it at each start: mkservice -- podman run --replace --name web nginx
hint: remove it when it stops: mkservice -- podman run --rm --name web nginx

"#]],
    );
    let ran = home().run("docker run nginx");
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
    let note = "note: each start leaves a stopped container behind\n\
                hint: remove it when it stops: mkservice -- docker run --rm nginx\n";
    assert!(ran.stdout.contains(note), "{ran:?}");
}

#[test]
fn terminal_of_a_container_is_left_out() {
    for (line, command, written) in [
        ("docker run -it --rm --name web nginx -it", "docker run --rm --name web nginx -it", "-it"),
        ("docker run -i --tty --rm -p 1:1 nginx", "docker run --rm -p 1:1 nginx", "-i --tty"),
        ("podman run -itp 1:1 --rm nginx", "podman run -p 1:1 --rm nginx", "-itp"),
        ("docker start -ai nginx", "docker start -a nginx", "-ai"),
        ("nohup docker run -t --rm nginx", "docker run --rm nginx", "-t"),
    ] {
        let home = home();
        let ran = home.run(&format!("--name web {line}"));
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{line}: {ran:?}");
        assert_eq!(home.directive("web", "ExecStart"), format!("[HOME]/bin/{command}"));
        let note = format!("note: `{written}` is left out: a service has no terminal\n");
        assert!(ran.stdout.contains(&note), "{line}: {ran:?}");
        assert!(home.run(&format!("--name web {line}")).stdout.contains("unchanged"), "{line}");
    }
    let home = home();
    assert_eq!(home.run("docker compose up -t 20").code, 0);
    assert!(home.directive("work", "ExecStart").ends_with("docker compose up -t 20"));
}

#[test]
fn service_waits_longer_than_its_container() {
    for (line, timeout) in [
        ("docker run --rm nginx", "90s"),
        ("docker run --rm --stop-timeout 600 nginx", "630s"),
        ("podman run --rm --stop-timeout=-1 nginx", "infinity"),
        ("docker compose up --timeout 120", "150s"),
        ("-p TimeoutStopSec=5 docker run --rm nginx", "5"),
    ] {
        let home = home();
        assert_eq!(home.run(&format!("--name web {line}")).code, 0, "{line}");
        assert_eq!(home.directive("web", "TimeoutStopSec"), timeout, "{line}");
        assert_eq!(home.directive("web", "SuccessExitStatus"), "143", "{line}");
    }
}

#[test]
fn engine_stops_the_container_of_a_name() {
    let wait = r#"while kill -0 \"$$MAINPID\" 2>/dev/null; do sleep 0.1; done"#;
    let stop = format!(r#"-/bin/sh -c "[ -z \"$$MAINPID\" ] || {{ \"$$@\" && {wait}; }}" sh "#);
    for (line, command) in [
        ("docker run --rm --name web nginx", "[HOME]/bin/docker container stop web"),
        (
            "podman --log-level debug run --replace --name=web x",
            "[HOME]/bin/podman --log-level debug container stop web",
        ),
        ("env A=1 docker start -a web", "[HOME]/bin/env A=1 docker container stop web"),
    ] {
        let home = home();
        assert_eq!(home.run(line).code, 0, "{line}");
        assert_eq!(home.directive("web", "ExecStop"), format!("{stop}{command}"), "{line}");
        assert_eq!(home.directive("web", "SuccessExitStatus"), "143 137", "{line}");
        assert_eq!(home.directive("web", "RestartForceExitStatus"), "137", "{line}");
    }
    let home = home();
    assert_eq!(home.run("-p ExecStop=/bin/true docker run --rm --name web nginx").code, 0);
    assert_eq!(home.directive("web", "ExecStop"), "/bin/true");
}

#[test]
fn containers_of_the_system_need_their_engine() {
    let shown = |line: &str| {
        let ran = home().run(&format!("--system --dry-run {line}"));
        assert_eq!(ran.code, 0, "{line}: {ran:?}");
        ran.stdout
    };
    for line in ["docker run --rm nginx", "docker compose up", "env A=1 docker start -a web"] {
        let text = shown(&format!("--name web {line}"));
        assert!(text.contains("Requires=docker.service\n") && text.contains("docker.service"), "{line}: {text}");
        assert!(text.lines().any(|line| line.contains("After=") && line.contains("docker.service")), "{line}: {text}");
    }
    for line in ["podman run --rm nginx", "docker -H tcp://build:1 run --rm nginx"] {
        assert!(!shown(line).contains("docker.service"), "{line}");
    }
    assert!(!home().run("--dry-run docker run --rm nginx").stdout.contains("docker.service"));
}

#[test]
fn podman_hints_at_quadlet() {
    let said = |line: &str| home().run(line).stdout;
    let note = "note: Podman can create such a service from a .container file (Quadlet): man podman-systemd.unit\n";
    assert!(said("podman run --rm nginx").contains(note));
    assert!(!said("docker run --rm nginx").contains("Quadlet"));
}

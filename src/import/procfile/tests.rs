use super::super::ImportOptions;
use super::super::testing::{line, option, read_as, unconverted, with_variable};
use crate::cli::ImportFormat as Format;
use crate::manifest::Value;
use crate::output::wording::plain;

const RAILS: &str = include_str!("../../../examples/import/procfile/Procfile");
const RAILS_ENV: &str = include_str!("../../../examples/import/procfile/dot-env");

fn read(text: &str, env: Option<&str>, formation: &[(&str, usize)]) -> super::Imported {
    let formation = formation.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
    let options = ImportOptions { formation, ..ImportOptions::default() };
    let related: Vec<(&str, &str)> = env.map(|text| ("/srv/shop/.env", text)).into_iter().collect();
    read_as(Format::Procfile, "/srv/shop/Procfile", text, &related, &options).unwrap()
}

fn text(text: &str) -> Option<Value> {
    Some(Value::Text(text.into()))
}

#[test]
fn each_process_becomes_a_service_with_a_port() {
    let read = read(RAILS, Some(RAILS_ENV), &[]);
    let all: Vec<(&str, &[String], Option<&str>)> = read
        .manifest
        .services
        .iter()
        .map(|it| (it.name.as_str(), it.command.as_slice(), line(it, "setenv", "PORT")))
        .collect();
    assert_eq!(all[0].0, "web");
    assert_eq!(all[0].1, ["/bin/sh", "-c", "exec bundle exec puma -C config/puma.rb -p $PORT"]);
    assert_eq!(all[1].1, ["bundle", "exec", "sidekiq", "-q", "mailers,default"]);
    assert_eq!(all[2].1, ["/srv/shop/bin/clock", "--tick", "5 s"]);
    assert_eq!(all.iter().map(|it| it.2).collect::<Vec<_>>(), ["5000", "5100", "5200", "5300"].map(Some));
    for service in &read.manifest.services {
        assert_eq!(option(service, "working-directory").cloned(), text("/srv/shop"));
        // It holds a secret, and systemd reads the same from it.
        assert_eq!(option(service, "environment-file").cloned(), text("/srv/shop/.env"));
        assert!(!format!("{service:?}").contains("s3cr3t"), "{service:?}");
    }
    assert_eq!(unconverted(&read), Vec::<String>::new());
}

#[test]
fn a_formation_creates_instances_with_their_own_ports() {
    // Foreman runs only what a formation names; the rest is reported.
    let some = read("web: ./server\nclock: tick\n", None, &[("web", 1)]);
    assert_eq!((some.manifest.services.len(), unconverted(&some).len()), (1, 1), "{some:?}");
    let read = read("web: ./server 100%i\nworker: work\nclock: tick\n", None, &[("web", 2), ("all", 1), ("clock", 0)]);
    let [web, worker] = &read.manifest.services[..] else { panic!("{read:?}") };
    assert_eq!(web.command, ["/bin/sh", "-c", "export PORT=$((4999 + %i)); exec ./server 100%%i"]);
    assert_eq!((option(web, "instances").cloned(), line(web, "setenv", "PS")), (text("2"), Some("web.%i")));
    assert_eq!((line(worker, "setenv", "PORT"), line(worker, "setenv", "PS")), (Some("5100"), Some("worker.1")));
    let options = ImportOptions { formation: vec![("wep".into(), 2)], ..ImportOptions::default() };
    let why = read_as(Format::Procfile, "/srv/Procfile", "web: x\n", &[], &options).unwrap_err();
    assert!(plain(&why).contains("has no process `wep`"), "{why:?}");
}

#[test]
fn variables_keep_their_exact_values() {
    // Foreman reads the backslash in double quotes otherwise than systemd, and nothing here is a secret.
    let read_so = read("web: x\n", Some("A=\"a\\nb\"\nB='x y'\nPORT=8000\n"), &[]);
    let web = &read_so.manifest.services[0];
    assert_eq!(option(web, "environment-file"), None);
    let of_web = |name: &str| line(web, "setenv", name);
    assert_eq!((of_web("A"), of_web("B"), of_web("PORT")), (Some("a\nb"), Some("x y"), Some("8000")));
    // With a secret the file stays, and what differs is set over it.
    let read = read("web: A=1 x y\n", Some("API_TOKEN=k3Yd9ZqLm2\nA=2\nB=\"a\\nb\"\nPORT=8000\n"), &[]);
    let web = &read.manifest.services[0];
    assert_eq!(web.command, ["/usr/bin/env", "B=a\nb", "PORT=8000", "A=1", "x", "y"]);
    assert_eq!(option(web, "environment-file").cloned(), text("/srv/shop/.env"));
}

#[test]
fn multi_line_values_are_quoted_for_any_posix_shell() {
    // `$'…'` is bash's alone: /bin/sh of Debian would take the dollar and the letters as they are.
    let env = "SECRET_KEY=k3Yd9ZqLm2\nPEM=\"BEGIN\\nit's\\nEND\"\n";
    let one = read("web: dump dq | cat\n", Some(env), &[]);
    let line = "export PEM='BEGIN\nit'\\''s\nEND'; dump dq | cat";
    assert_eq!(one.manifest.services[0].command, ["/bin/sh", "-c", line]);
    let two = read("web: dump dq | cat\n", Some(env), &[("web", 2)]);
    assert!(two.manifest.services[0].command[2].starts_with("export PEM='BEGIN\nit'\\''s\nEND'; "), "{two:?}");
}

#[test]
fn variables_that_only_systemd_reads_are_unset() {
    let env = "API_TOKEN=k3Yd9ZqLm2\n  LEAD=x\nSP = y\nTRAIL=t  \n  PORT=7\n PS=z\n";
    let read_so = read("web: x\n", Some(env), &[]);
    let web = &read_so.manifest.services[0];
    assert_eq!(option(web, "environment-file").cloned(), text("/srv/shop/.env"));
    assert_eq!(line(web, "properties", "UnsetEnvironment"), Some("LEAD SP PORT PS"));
    assert_eq!(web.command, ["/usr/bin/env", "TRAIL=t  ", "PORT=5000", "PS=web.1", "x"]);
    let several = read("web: x\n", Some(env), &[("web", 2)]);
    let line = "export TRAIL='t  '; export PS=web.%i; export PORT=$((4999 + %i)); exec x";
    assert_eq!(several.manifest.services[0].command, ["/bin/sh", "-c", line]);
}

#[test]
fn release_processes_are_reported() {
    let read = read("web: x\nrelease: migrate\n", None, &[]);
    assert!(unconverted(&read)[0].contains("`-m all=1,release=0` leaves it out"), "{:?}", unconverted(&read));
}

#[test]
fn lines_that_foreman_ignores_are_reported() {
    let read = read("web: x\n  indented: y\nbad name: z\nempty:\n", Some("export A=1\n1A=2\n"), &[]);
    assert_eq!(read.manifest.services.len(), 1);
    let told = unconverted(&read);
    for line in [
        "1: not NAME=VALUE",
        "2: systemd does not accept the variable `1A`",
        "2: not `NAME: COMMAND`: foreman ignores it (also lines 3, 4)",
    ] {
        assert!(told.iter().any(|it| it.starts_with(line)), "{line}: {told:?}");
    }
}

#[test]
fn options_in_dot_foreman_apply() {
    let with = |settings: &str, options: &ImportOptions| {
        let related = [("/srv/.env", "A=1\nPORT=7000\n"), ("/srv/.foreman", settings)];
        read_as(Format::Procfile, "/srv/Procfile", "web: x\nclock: y\n", &related, options)
    };
    let none = ImportOptions::default();
    let read = with("# ours\nport: 3000\nformation: web=2, clock=1, wep=1\ntimeout: 10\n", &none).unwrap();
    let [web, clock] = &read.manifest.services[..] else { panic!("{read:?}") };
    assert_eq!(web.command[2], "export PORT=$((2999 + %i)); exec x");
    assert_eq!(option(web, "instances").cloned(), text("2"));
    assert_eq!(clock.command, ["/usr/bin/env", "PORT=3100", "y"]);
    assert_eq!(option(clock, "environment-file").cloned(), text("/srv/.env"));
    let told = unconverted(&read);
    assert!(told[1].starts_with("4: timeout=10: set the property TimeoutStopSec"), "{told:?}");
    assert_eq!((told.len(), told[0].as_str()), (2, "3: formation: no such process `wep`"));
    let typed = ImportOptions { formation: vec![("all".into(), 1)], ..ImportOptions::default() };
    let read = with("formation: web=2\nenv: .env.dev\n", &typed).unwrap();
    let web = &read.manifest.services[0];
    assert_eq!((line(web, "setenv", "PORT"), option(web, "environment-file")), (Some("5000"), None));
    assert!(
        unconverted(&read)[0].starts_with("2: env=.env.dev: foreman reads it instead of .env"),
        "{:?}",
        unconverted(&read)
    );
    assert_eq!(with("", &none).unwrap().manifest.services.len(), 2);
    for (settings, part) in [
        ("a\n", "/srv/.foreman:1: contains no settings"),
        ("\nport: many\n", "/srv/.foreman:2: port: invalid port `many`"),
        ("formation: web\n", "/srv/.foreman:1: formation: `web`"),
        ("port: 0\n", "port: invalid port `0`"),
        ("formation: web=9999\n", "numbers up to 256"),
        ("a: [\n", "/srv/.foreman:"),
    ] {
        let why = with(settings, &none).map_err(|error| plain(&error)).unwrap_err();
        assert!(why.contains(part), "{settings:?}: {why}");
    }
}

#[test]
fn an_invalid_port_is_replaced_by_the_default() {
    for port in ["0", "18446744073709551615", "-1", "x"] {
        let read = read("web: x\nclock: y\n", Some(&format!("PORT={port}\nA=\"\\n\"\n")), &[("all", 2)]);
        assert_eq!(read.manifest.services[1].command[2], "export PORT=$((5099 + %i)); exec y", "{port}");
    }
}

#[test]
fn invalid_procfiles_are_refused_with_the_line() {
    for (text, part) in [
        ("", "/Procfile: contains no process"),
        ("# a\n\n", "contains no process"),
        ("\nweb : a\n", "/Procfile:2: is not `NAME: COMMAND`, and there is no other process"),
        ("web: a\nx: b\nweb: c\n", "/Procfile:3: repeats `web` of line 1"),
    ] {
        let why = read_as(Format::Procfile, "/Procfile", text, &[], &ImportOptions::default())
            .map_err(|error| plain(&error))
            .unwrap_err();
        assert!(why.contains(part), "{text:?}: {why}");
    }
}

#[test]
fn the_first_port_is_that_of_the_caller() {
    for (port, env, expected, remark) in [
        ("3000", None, "3100", true),
        ("3000", Some("PORT=8000\nA=\"a\\nb\"\n"), "8100", false),
        ("0", None, "5100", false),
    ] {
        let related: Vec<(&str, &str)> = env.map(|text| ("/srv/.env", text)).into_iter().collect();
        let read = with_variable(("PORT", port), Format::Procfile, "/srv/Procfile", "web: x\nclock: y\n", &related);
        assert_eq!(line(&read.manifest.services[1], "setenv", "PORT"), Some(expected), "{port} {env:?}");
        let head = read.manifest.head.iter().any(|it| it.contains("the first port is 3000"));
        assert_eq!(head, remark, "{:?}", read.manifest.head);
    }
}

#[test]
fn a_remark_about_many_lines_is_made_once() {
    let env: String = (0..87).map(|number| format!("export A{number}=1\n")).collect();
    let read = read("web: x\n", Some(&env), &[]);
    assert_eq!(unconverted(&read), ["1: not NAME=VALUE: foreman ignores it (also lines 2, 3, 4 and 83 more)"]);
    assert_eq!(read.manifest.head.iter().filter(|line| line.contains("foreman ignores it")).count(), 1);
}

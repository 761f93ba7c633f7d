use super::super::testing::{line, option, read_as, unconverted};
use super::super::{ImportOptions, Imported};
use crate::cli::ImportFormat as Format;
use crate::manifest::{Entry, Value};
use crate::output::wording::plain;

const API: &str = include_str!("../../../examples/import/systemd/api.service");

pub fn read(path: &str, text: &str, related: &[(&str, &str)]) -> Imported {
    read_as(Format::Systemd, path, text, related, &ImportOptions::default()).unwrap()
}

fn text(text: &str) -> Option<Value> {
    Some(Value::Text(text.into()))
}

fn properties(entry: &Entry, name: &str) -> Vec<String> {
    let Some(Value::Table(lines)) = option(entry, "properties") else { return Vec::new() };
    lines.iter().filter(|(known, _)| known == name).map(|(_, value)| value.clone()).collect()
}

#[test]
fn a_unit_becomes_options_and_properties() {
    let read = read("/etc/systemd/system/api.service", API, &[]);
    let api = &read.manifest.services[0];
    assert_eq!(api.name, "api");
    assert_eq!(
        api.command,
        ["/srv/api/bin/api", "--listen", "127.0.0.1:9000", "--name", "it's api 100%", "$OPTS", "$$HOME"]
    );
    for (name, value) in [
        ("description", "The API, 1st"),
        ("service-type", "notify"),
        ("working-directory", "/srv/api"),
        ("uid", "api"),
        ("gid", "www-data"),
        ("restart", "on-failure"),
    ] {
        assert_eq!(option(api, name).cloned(), text(value), "{name}");
    }
    assert_eq!(option(api, "environment-file"), None);
    assert_eq!(
        (line(api, "setenv", "GREETING"), line(api, "setenv", "OPTS")),
        (Some("Hello, \"world\""), Some("--workers 4 --fast"))
    );
    assert_eq!(properties(api, "Unit.After"), ["network-online.target      postgresql.service"]);
    assert_eq!(properties(api, "ExecStartPre"), ["-/bin/mkdir -p /run/api", "/srv/api/bin/check \\; %n"]);
    assert_eq!(properties(api, "RestartSec"), ["2min 5s"]);
    assert_eq!(properties(api, "CapabilityBoundingSet"), ["", "CAP_NET_BIND_SERVICE"]);
    assert_eq!((option(api, "no-enable"), properties(api, "Install.WantedBy").len()), (None, 0));
    assert_eq!(unconverted(&read), Vec::<String>::new());
}

#[test]
fn settings_that_systemd_ignores_are_reported() {
    let unit =
        "[Service]\nnonsense\nExecStart=/bin/a\nMemroyMax=1G\nUser=%i\nX-Note=1\n[Timer]\nOnBootSec=1\n[X-Ours]\nA=1\n";
    let read = read("/home/ann/.config/systemd/user/a.service", unit, &[]);
    let told = unconverted(&read).join("\n");
    for part in
        ["2: `nonsense`", "4: MemroyMax=1G: unknown to systemd", "6: X-Note=1: a comment", "8: [Timer] OnBootSec=1"]
    {
        assert!(told.contains(part), "{part}: {told}");
    }
    let service = &read.manifest.services[0];
    assert_eq!((option(service, "uid"), properties(service, "User")), (None, vec!["%i".to_owned()]));
}

#[test]
fn drop_ins_override_the_unit() {
    let related = [
        ("/etc/systemd/system/api.service.d/20-more.conf", "[Service]\nEnvironment=A=2\nMemoryMax=1G\n"),
        (
            "/etc/systemd/system/api.service.d/10-first.conf",
            "[Service]\nExecStart=\nExecStart=-/bin/other ${A}\nEnvironment=\nEnvironment=A=1\nEnvironmentFile=/etc/api.env\n",
        ),
    ];
    let read = read("/etc/systemd/system/api.service", API, &related);
    let api = &read.manifest.services[0];
    assert_eq!(api.command, ["/bin/other", "${A}"]);
    assert_eq!(option(api, "expand-environment").cloned(), text("yes"));
    assert_eq!(option(api, "ignore-failure"), Some(&Value::Flag(true)));
    assert_eq!((line(api, "setenv", "A"), line(api, "setenv", "GREETING")), (Some("2"), None));
    assert_eq!(option(api, "environment-file").cloned(), Some(Value::List(vec!["/etc/api.env".into()])));
    assert_eq!(properties(api, "MemoryMax"), ["1G"]);
    assert_eq!(unconverted(&read), Vec::<String>::new());
}

#[test]
fn watchdogs_become_options_where_they_have_an_effect() {
    for (lines, watchdog, property) in [
        ("WatchdogSec=30", text("30"), None),
        ("Type=notify\nWatchdogSec=1min 30s", text("1min 30s"), None),
        ("WatchdogSec=0", None, Some("0")),
        ("Type=oneshot\nWatchdogSec=30", None, Some("30")),
    ] {
        let unit = format!("[Service]\nExecStart=/bin/a\n{lines}\n");
        let read = read("/home/ann/.config/systemd/user/a.service", &unit, &[]);
        let service = &read.manifest.services[0];
        assert_eq!(option(service, "watchdog-sec").cloned(), watchdog, "{lines}");
        assert_eq!(properties(service, "WatchdogSec").first().map(String::as_str), property, "{lines}");
    }
}

#[test]
fn commands_of_a_oneshot_run_in_order() {
    let unit = "[Service]\nType=oneshot\nExecStartPre=/bin/a\nExecStart=/bin/b x ; /bin/c\nExecStart=/bin/d\nRemainAfterExit=yes\n";
    let read = read("/home/ann/.config/systemd/user/once.service", unit, &[]);
    let once = &read.manifest.services[0];
    assert_eq!(once.command, ["/bin/d"]);
    assert_eq!(properties(once, "ExecStartPre"), ["/bin/a", "/bin/b x", "/bin/c"]);
    assert_eq!((option(once, "uid"), option(once, "working-directory").cloned()), (None, text("/home/ann")));
    assert_eq!(option(once, "no-enable"), Some(&Value::Flag(true)));
}

#[test]
fn an_instance_keeps_its_name() {
    let unit = "[Service]\nExecStart=/bin/a %i --of %p 100%%\nWorkingDirectory=/srv/%i\n[Install]\nWantedBy=graphical.target\n";
    let read = read("/etc/systemd/system/site@blue.service", unit, &[]);
    let site = &read.manifest.services[0];
    assert_eq!((site.name.as_str(), option(site, "instances").cloned()), ("site", text("blue,")));
    assert_eq!(site.command, ["/bin/a", "%i", "--of", "site", "100%"]);
    assert_eq!(option(site, "working-directory").cloned(), text("/srv/%i"));
    assert_eq!(properties(site, "Install.WantedBy"), ["graphical.target"]);
}

#[test]
fn invalid_units_are_refused_with_the_line() {
    for (name, unit, part) in [
        ("x.service", "", "/x.service: is not a unit file"),
        ("x.service", "[Service]\nType=simple\n", "has no ExecStart="),
        ("x.service", "[Service]\nExecStart=/bin/a 'b\n", "/x.service:2: ExecStart= has an unclosed quote"),
        ("x.service", "[Service]\nExecStart=/bin/a\nExecStart=/bin/b\n", "/x.service:3: ExecStart= is set twice"),
        ("x.service", "[Service]\nExecStart=/bin/a %m\n", "/x.service:2: ExecStart= contains `%m`"),
        ("x@.service", "[Service]\nExecStart=/bin/a\n", "is a template"),
    ] {
        let why = read_as(Format::Systemd, &format!("/{name}"), unit, &[], &ImportOptions::default())
            .map_err(|error| plain(&error))
            .unwrap_err();
        assert!(why.contains(part), "{unit:?}: {why}");
    }
}

#[test]
fn restarts_are_as_before() {
    let api = |lines: &str| {
        let unit = format!("[Service]\nExecStart=/bin/a\n{lines}");
        read("/etc/systemd/system/a.service", &unit, &[]).manifest.services.remove(0)
    };
    let restart = |entry: &Entry| {
        ["RestartSec", "Unit.StartLimitBurst", "Unit.StartLimitIntervalSec"]
            .map(|name| properties(entry, name).join(" "))
    };
    for (lines, expected) in [
        ("", ["", "", ""]),
        ("RestartSec=3\n", ["3", "", ""]),
        ("Restart=always\n", ["100ms", "5", "10s"]),
        ("Restart=on-failure\nRestartSec=3\n", ["3", "5", "10s"]),
        ("Restart=on-abort\n[Unit]\nStartLimitBurst=2\nStartLimitIntervalSec=0\n", ["100ms", "2", "0"]),
        ("Restart=on-abort\nStartLimitInterval=9\n", ["100ms", "5", ""]),
    ] {
        assert_eq!(restart(&api(lines)), expected, "{lines}");
        assert_eq!(option(&api(lines), "restart-sec"), None, "{lines}");
    }
}

#[test]
fn additions_are_reported() {
    let comments = |path: &str, unit: &str| read(path, unit, &[]).manifest.services.remove(0).remarks.join("\n");
    let system = "/etc/systemd/system/a.service";
    let unit = "[Service]\nExecStart=/usr/bin/python3 a.py\n";
    assert!(comments(system, unit).contains("when the network is online: Wants=network-online.target, After="));
    assert!(comments(system, unit).contains("not delayed: PYTHONUNBUFFERED=1"));
    assert!(!comments("/home/ann/.config/systemd/user/a.service", unit).contains("network"));
    let early = format!("{unit}Environment=PYTHONUNBUFFERED=\n[Unit]\nDefaultDependencies=no\n");
    assert_eq!(comments(system, &early), "");
}

#[test]
fn specifiers_of_a_single_instance_are_expanded() {
    let unit = "[Service]\nExecStart=/bin/a\nUser=%i\nGroup=%i-%%\n";
    let read = read("/etc/systemd/system/sync@ann.service", unit, &[]);
    let service = &read.manifest.services[0];
    assert_eq!(option(service, "uid").cloned(), text("ann"));
    assert_eq!((option(service, "gid"), properties(service, "Group")), (None, vec!["%i-%%".to_owned()]));
}

#[test]
fn the_runtime_directory_is_that_of_the_importing_user() {
    let unit = "[Service]\nExecStart=/bin/a --socket %t/a.sock\nEnvironment=RUN=%t\n[Install]\nAlso=b.socket\n";
    let read = read("/home/ann/.config/systemd/user/a.service", unit, &[]);
    let service = &read.manifest.services[0];
    assert_eq!(service.command, ["/bin/a", "--socket", "/run/user/1000/a.sock"]);
    assert_eq!(properties(service, "Environment"), ["RUN=%t"]);
    assert!(service.remarks.iter().any(|remark| remark.contains("%t is /run/user/1000")), "{:?}", service.remarks);
    assert_eq!(unconverted(&read), ["5: Also=b.socket: enable it by name: systemctl --user enable b.socket"]);
    assert_eq!(
        (properties(service, "Install.Also").len(), option(service, "no-enable")),
        (0, Some(&Value::Flag(true)))
    );
}

#[test]
fn ignored_failures_stay_ignored_in_exec_start_pre() {
    let unit = "[Service]\nType=oneshot\nExecStart=-/bin/false\nExecStart=/bin/b ${A} $ARGS\nEnvironmentFile=/etc/a\n";
    let read = read("/etc/systemd/system/a.service", unit, &[]);
    assert_eq!(properties(&read.manifest.services[0], "ExecStartPre"), ["-/bin/false"]);
    assert_eq!(read.manifest.services[0].command, ["/bin/b", "${A}", "$ARGS"]);
    assert_eq!(unconverted(&read), Vec::<String>::new());
}

#[test]
fn each_install_setting_stands_for_itself() {
    for (install, wanted_by, alias) in [
        ("WantedBy=multi-user.target\nAlias=b.service", &[][..], &["b.service"][..]),
        ("Alias=b.service", &[""], &["b.service"]),
        ("RequiredBy=c.target", &[""], &[]),
        ("WantedBy=graphical.target\nWantedBy=multi-user.target", &["graphical.target", "multi-user.target"], &[]),
        ("WantedBy=", &[], &[]),
    ] {
        let unit = format!("[Service]\nExecStart=/bin/a\n[Install]\n{install}\n");
        let service = read("/etc/systemd/system/a.service", &unit, &[]).manifest.services.remove(0);
        assert_eq!(properties(&service, "Install.WantedBy"), wanted_by, "{install}");
        assert_eq!(properties(&service, "Install.Alias"), alias, "{install}");
        assert_eq!(option(&service, "no-enable").is_some(), install == "WantedBy=", "{install}");
    }
}

#[test]
fn values_that_systemd_ignores_are_not_converted() {
    let unit = "[Service]\nExecStart=/bin/a\nRestart=always\nRestart=on-fail\nType=none\n";
    let read = read("/etc/systemd/system/a.service", unit, &[]);
    assert_eq!(option(&read.manifest.services[0], "restart").cloned(), text("always"));
    assert_eq!(unconverted(&read), ["4: Restart=on-fail: systemd ignores it", "5: Type=none: systemd ignores it"]);
}

#[test]
fn obsolete_settings_are_written_as_systemd_reads_them() {
    let unit = "[Service]\nExecStart=/bin/a\nCPUShares=512\nBlockIOWeight=500\nMemoryLimit=1G\nMemoryMax=2G\n\
                StandardOutput=syslog\nKillMode=none\n";
    let read = read("/etc/systemd/system/a.service", unit, &[]);
    let service = &read.manifest.services[0];
    for (name, value) in [("CPUWeight", "50"), ("IOWeight", "100"), ("StandardOutput", "journal")] {
        assert_eq!(properties(service, name), [value], "{name}");
    }
    assert_eq!(properties(service, "MemoryMax"), ["2G"]);
    assert!(service.remarks.iter().any(|it| it.contains("CPUShares=512 is obsolete: written as CPUWeight=50")));
    assert!(unconverted(&read)[0].starts_with("8: KillMode=none: "), "{:?}", unconverted(&read));
}

#[test]
fn empty_values_that_systemd_ignores_change_nothing() {
    let unit = "[Service]\nExecStart=/bin/a\nRestart=always\nRestart=\nRestartSec=3\nRestartSec=\nUMask=077\nUMask=\n";
    let read = read("/etc/systemd/system/a.service", unit, &[]);
    let service = &read.manifest.services[0];
    assert_eq!(option(service, "restart").cloned(), text("always"));
    assert_eq!(
        (properties(service, "RestartSec"), properties(service, "UMask")),
        (vec!["3".into()], vec!["077".into()])
    );
    assert_eq!(unconverted(&read).len(), 3, "{:?}", unconverted(&read));
}

#[test]
fn a_service_without_a_dynamic_user_runs_as_root() {
    for (lines, uid) in [("DynamicUser=no", text("root")), ("DynamicUser=yes", None), ("", text("root"))] {
        let unit = format!("[Service]\nExecStart=/bin/a\n{lines}\n");
        let service = read("/etc/systemd/system/a.service", &unit, &[]).manifest.services.remove(0);
        assert_eq!(option(&service, "uid").cloned(), uid, "{lines}");
    }
}

#[test]
fn commands_and_files_keep_their_order() {
    let unit = "[Service]\nType=oneshot\nExecStart=/bin/b\nExecStart=/bin/c\nExecStartPre=/bin/a\n\
                EnvironmentFile=/etc/x*.env\nEnvironmentFile=-/etc/y.env\n";
    let read = read("/etc/systemd/system/a.service", unit, &[]);
    let service = &read.manifest.services[0];
    assert_eq!(properties(service, "ExecStartPre"), ["/bin/a", "/bin/b"]);
    assert_eq!(properties(service, "EnvironmentFile"), ["/etc/x*.env", "-/etc/y.env"]);
    assert_eq!(option(service, "environment-file"), None);
}

#[test]
fn a_service_that_requires_its_socket_listens() {
    let unit = "[Unit]\nRequires=web.socket postgresql.service\nAfter=web.socket\n[Service]\nExecStart=/bin/web\n\
                [Install]\nWantedBy=multi-user.target\n";
    let path = "/etc/systemd/system/web.service";
    let socket = "[Socket]\nListenStream=/run/web.sock\n[Install]\nWantedBy=sockets.target\n";
    let with = read(path, unit, &[("/etc/systemd/system/web.socket", socket)]);
    let service = &with.manifest.services[0];
    assert_eq!(option(service, "listen").cloned(), text("/run/web.sock"));
    assert_eq!(properties(service, "Unit.Requires"), ["postgresql.service"]);
    assert_eq!(properties(service, "Unit.After").len(), 0);
    assert_eq!(unconverted(&with), ["7: WantedBy=multi-user.target: started by its socket"]);
    let without = read(path, unit, &[]);
    assert_eq!(properties(&without.manifest.services[0], "Unit.Requires"), ["postgresql.service"]);
    assert!(unconverted(&without)[0].starts_with("2: Requires=web.socket: the socket is not converted"));
}

#[test]
fn links_beside_a_unit_are_dependencies() {
    let related = [
        ("/lib/systemd/system/a.service.wants/b.socket", "x"),
        ("/lib/systemd/system/a.service.requires/c.service", "x"),
    ];
    let read = read("/lib/systemd/system/a.service", "[Service]\nExecStart=/bin/a\n", &related);
    let service = &read.manifest.services[0];
    assert_eq!(
        (properties(service, "Unit.Wants"), properties(service, "Unit.Requires")),
        (vec!["b.socket".to_owned()], vec!["c.service".to_owned()])
    );
}

#[test]
fn a_template_of_a_socket_per_connection_is_refused() {
    let related = [("/etc/systemd/system/echo.socket", "[Socket]\nListenStream=7\nAccept=yes\n")];
    let read = read_as(
        Format::Systemd,
        "/etc/systemd/system/echo@.service",
        "[Service]\nExecStart=/bin/cat\n",
        &related,
        &ImportOptions::default(),
    );
    let why = read.map_err(|error| plain(&error)).unwrap_err();
    assert!(why.contains("is started by echo.socket for each connection (Accept=yes)"), "{why}");
}

#[test]
fn words_that_systemd_ignores_are_left_out_of_the_environment() {
    for (value, expected, remark) in [
        (r"A=1 B=\q C=2", &[("A", "1")][..], r"`B=\q C=2`: contains an invalid escape"),
        (r#"D=1 "E=2"#, &[("D", "1")], r#"`"E=2`: has an unclosed quote"#),
        ("F=1 bad G=2", &[("F", "1"), ("G", "2")], "`bad`, which is not NAME=VALUE"),
        ("=A H=1", &[("H", "1")], "`=A`, which is not NAME=VALUE"),
        ("1X=3 H=1", &[("H", "1")], "`1X=3`, which is not NAME=VALUE"),
        ("I=%5 J=2", &[("J", "2")], "`I=%5`, which contains an unknown specifier"),
    ] {
        let unit = format!("[Service]\nExecStart=/bin/a\nEnvironment={value}\n");
        let read = read("/etc/systemd/system/a.service", &unit, &[]);
        for (name, value) in expected {
            assert_eq!(line(&read.manifest.services[0], "setenv", name), Some(*value), "{unit}");
        }
        let Some(Value::Table(all)) = option(&read.manifest.services[0], "setenv") else { panic!("{unit}") };
        assert_eq!(all.len(), expected.len(), "{unit}");
        assert_eq!(unconverted(&read), [format!("3: Environment=: systemd ignores {remark}")]);
    }
}

#[test]
fn differences_from_the_unit_are_reported() {
    let unit = "[Service]\nType=oneshot\nExecStart=/bin/a x\nExecStart=/bin/b\nUser=root\n";
    let read_unit = read("/etc/systemd/system/dbus.service", unit, &[]);
    let entry = &read_unit.manifest.services[0];
    assert_eq!(entry.name, "my-dbus");
    assert_eq!(
        (option(entry, "uid"), properties(entry, "User"), properties(entry, "ExecStartPre")),
        (None, vec!["root".to_owned()], vec!["/bin/a x".to_owned()],)
    );
    for remark in [
        "named my-dbus because mkservice does not accept the name dbus",
        "ExecStart=/bin/a x is written as ExecStartPre=, which runs before the last ExecStart=",
    ] {
        assert!(entry.remarks.iter().any(|it| it == remark), "{remark}: {:?}", entry.remarks);
    }
}

#[test]
fn instances_have_a_target() {
    let unit = "[Unit]\nDescription=x %I\n[Service]\nExecStart=/bin/a %I\n[Install]\nRequiredBy=y@%i.target\n";
    let read_unit = read("/etc/systemd/system/x@a.service", unit, &[]);
    let entry = &read_unit.manifest.services[0];
    assert_eq!((entry.command[1].as_str(), option(entry, "description").cloned()), ("%i", text("x %i")));
    assert!(entry.remarks.iter().any(|it| it.starts_with("x.target starts and stops its instances")));
    assert!(properties(entry, "Install.RequiredBy").is_empty());
    assert!(unconverted(&read_unit)[0].contains("RequiredBy=y@%i.target: instances are enabled together"));
}

#[test]
fn a_socket_is_the_only_trigger() {
    let unit = "[Service]\nExecStart=/bin/a\n";
    let related = [
        ("/etc/systemd/system/x.socket", "[Socket]\nListenStream=/run/x\n[Install]\nWantedBy=sockets.target\n"),
        ("/etc/systemd/system/x.path", "[Path]\nPathExists=/run/y\n[Install]\nWantedBy=paths.target\n"),
    ];
    let read_unit = read("/etc/systemd/system/x.service", unit, &related);
    let entry = &read_unit.manifest.services[0];
    assert_eq!((option(entry, "listen").cloned(), option(entry, "on-path-exists")), (text("/run/x"), None));
    assert!(unconverted(&read_unit)[0].contains("PathExists=/run/y: a service with `listen` cannot have it"));
}

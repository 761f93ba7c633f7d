use super::super::testing::{left, line, of, read_as};
use super::super::{Format, Imported, Wishes};
use crate::manifest::{Entry, Value};

const API: &str = include_str!("../../../examples/import/systemd/api.service");

pub fn read(path: &str, text: &str, beside: &[(&str, &str)]) -> Imported {
    read_as(Format::Systemd, path, text, beside, &Wishes::default()).unwrap()
}

fn text(text: &str) -> Option<Value> {
    Some(Value::Text(text.into()))
}

fn properties(entry: &Entry, name: &str) -> Vec<String> {
    let Some(Value::Table(lines)) = of(entry, "properties") else { return Vec::new() };
    lines.iter().filter(|(known, _)| known == name).map(|(_, value)| value.clone()).collect()
}

#[test]
fn a_unit_becomes_options_and_properties() {
    let read = read("/etc/systemd/system/api.service", API, &[]);
    let api = &read.manifest.services[0];
    assert_eq!(api.name, "api");
    assert_eq!(
        api.command,
        [
            "/srv/api/bin/api",
            "--listen",
            "127.0.0.1:9000",
            "--name",
            "it's api 100%",
            "--workers",
            "4",
            "--fast",
            "$HOME"
        ]
    );
    for (option, value) in [
        ("description", "The API, 1st"),
        ("service-type", "notify"),
        ("working-directory", "/srv/api"),
        ("uid", "api"),
        ("gid", "www-data"),
        ("restart", "on-failure"),
    ] {
        assert_eq!(of(api, option).cloned(), text(value), "{option}");
    }
    assert_eq!(of(api, "environment-file"), None);
    assert_eq!(
        (line(api, "setenv", "GREETING"), line(api, "setenv", "OPTS")),
        (Some("Hello, \"world\""), Some("--workers 4 --fast"))
    );
    assert_eq!(properties(api, "Unit.After"), ["network-online.target  postgresql.service"]);
    assert_eq!(properties(api, "ExecStartPre"), ["-/bin/mkdir -p /run/api", "/srv/api/bin/check \\; %n"]);
    assert_eq!(properties(api, "RestartSec"), ["2min 5s"]);
    assert_eq!(properties(api, "CapabilityBoundingSet"), ["", "CAP_NET_BIND_SERVICE"]);
    assert_eq!((of(api, "no-enable"), properties(api, "Install.WantedBy").len()), (None, 0));
    assert_eq!(left(&read), Vec::<String>::new());
}

#[test]
fn what_systemd_passes_over_is_told() {
    let unit =
        "[Service]\nnonsense\nExecStart=/bin/a\nMemroyMax=1G\nUser=%i\nX-Note=1\n[Timer]\nOnBootSec=1\n[X-Ours]\nA=1\n";
    let read = read("/home/ann/.config/systemd/user/a.service", unit, &[]);
    let told = left(&read).join("\n");
    for part in
        ["2: `nonsense`", "4: MemroyMax=1G: systemd knows no such", "6: X-Note=1: a note", "8: [Timer] OnBootSec=1"]
    {
        assert!(told.contains(part), "{part}: {told}");
    }
    let service = &read.manifest.services[0];
    assert_eq!((of(service, "uid"), properties(service, "User")), (None, vec!["%i".to_owned()]));
}

#[test]
fn drop_ins_change_what_the_unit_says() {
    let beside = [
        ("/etc/systemd/system/api.service.d/20-more.conf", "[Service]\nEnvironment=A=2\nMemoryMax=1G\n"),
        (
            "/etc/systemd/system/api.service.d/10-first.conf",
            "[Service]\nExecStart=\nExecStart=-/bin/other ${A}\nEnvironment=\nEnvironment=A=1\nEnvironmentFile=/etc/api.env\n",
        ),
    ];
    let read = read("/etc/systemd/system/api.service", API, &beside);
    let api = &read.manifest.services[0];
    // A file may say something else: the shell asks when it starts.
    assert_eq!(api.command, ["/bin/sh", "-c", "set -f; exec /bin/other \"${A}\""]);
    assert_eq!((line(api, "setenv", "A"), line(api, "setenv", "GREETING")), (Some("2"), None));
    assert_eq!(of(api, "environment-file").cloned(), Some(Value::List(vec!["/etc/api.env".into()])));
    assert_eq!(properties(api, "MemoryMax"), ["1G"]);
    assert_eq!(left(&read), ["3: `-` in front of the program: a failure of the program counts as one now"]);
}

#[test]
fn commands_of_a_oneshot_run_one_after_the_other() {
    let unit = "[Service]\nType=oneshot\nExecStartPre=/bin/a\nExecStart=/bin/b x ; /bin/c\nExecStart=/bin/d\nRemainAfterExit=yes\n";
    let read = read("/home/ann/.config/systemd/user/once.service", unit, &[]);
    let once = &read.manifest.services[0];
    assert_eq!(once.command, ["/bin/d"]);
    assert_eq!(properties(once, "ExecStartPre"), ["/bin/a", "/bin/b x", "/bin/c"]);
    assert_eq!((of(once, "uid"), of(once, "working-directory").cloned()), (None, text("/home/ann")));
    assert_eq!(of(once, "no-enable"), Some(&Value::Flag(true)));
}

#[test]
fn instances_keep_their_name() {
    let unit = "[Service]\nExecStart=/bin/a %i --of %p 100%%\nWorkingDirectory=/srv/%i\n[Install]\nWantedBy=graphical.target\n";
    let read = read("/etc/systemd/system/site@blue.service", unit, &[]);
    let site = &read.manifest.services[0];
    assert_eq!((site.name.as_str(), of(site, "instances").cloned()), ("site", text("blue,")));
    assert_eq!(site.command, ["/bin/a", "%i", "--of", "site", "100%"]);
    assert_eq!(of(site, "working-directory").cloned(), text("/srv/%i"));
    assert_eq!(properties(site, "Install.WantedBy"), ["graphical.target"]);
}

#[test]
fn what_is_no_unit_is_an_error_with_its_line() {
    for (name, unit, part) in [
        ("x.service", "", "/x.service: is no unit file"),
        ("x.service", "[Service]\nType=simple\n", "has no ExecStart="),
        ("x.service", "[Service]\nExecStart=/bin/a 'b\n", "/x.service:2: ExecStart= has a quote"),
        (
            "x.service",
            "[Service]\nExecStart=/bin/a\nExecStart=/bin/b\n",
            "/x.service:3: ExecStart= stands there a second time",
        ),
        ("x.service", "[Service]\nExecStart=/bin/a %m\n", "/x.service:2: ExecStart= holds `%m`"),
        ("x.service", "[Service]\nExecStart=/bin/a\nEnvironment=A\n", "/x.service:3: Environment= holds `A`"),
        ("x@.service", "[Service]\nExecStart=/bin/a\n", "is a template"),
    ] {
        let why = read_as(Format::Systemd, &format!("/{name}"), unit, &[], &Wishes::default()).unwrap_err().to_string();
        assert!(why.contains(part), "{unit:?}: {why}");
    }
}

#[test]
fn a_unit_is_started_again_as_before() {
    let api = |lines: &str| {
        let unit = format!("[Service]\nExecStart=/bin/a\n{lines}");
        read("/etc/systemd/system/a.service", &unit, &[]).manifest.services.remove(0)
    };
    let manner = |entry: &Entry| {
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
        assert_eq!(manner(&api(lines)), expected, "{lines}");
        assert_eq!(of(&api(lines), "restart-sec"), None, "{lines}");
    }
}

#[test]
fn what_is_added_is_told() {
    let remarks = |path: &str, unit: &str| read(path, unit, &[]).manifest.services.remove(0).remarks.join("\n");
    let system = "/etc/systemd/system/a.service";
    let unit = "[Service]\nExecStart=/usr/bin/python3 a.py\n";
    assert!(
        remarks(system, unit).contains("network is there, and did not say so: Wants=network-online.target, After=")
    );
    assert!(remarks(system, unit).contains("PYTHONUNBUFFERED=1 is added"));
    assert!(!remarks("/home/ann/.config/systemd/user/a.service", unit).contains("network"));
    let early = format!("{unit}Environment=PYTHONUNBUFFERED=\n[Unit]\nDefaultDependencies=no\n");
    assert_eq!(remarks(system, &early), "");
}

#[test]
fn what_only_one_instance_has_is_put_in() {
    let unit = "[Service]\nExecStart=/bin/a\nUser=%i\nGroup=%i-%%\n";
    let read = read("/etc/systemd/system/sync@ann.service", unit, &[]);
    let service = &read.manifest.services[0];
    assert_eq!(of(service, "uid").cloned(), text("ann"));
    assert_eq!((of(service, "gid"), properties(service, "Group")), (None, vec!["%i-%%".to_owned()]));
}

#[test]
fn folders_of_the_session_are_those_of_whoever_imports() {
    let unit = "[Service]\nExecStart=/bin/a --socket %t/a.sock\nEnvironment=RUN=%t\n[Install]\nAlso=b.socket\n";
    let read = read("/home/ann/.config/systemd/user/a.service", unit, &[]);
    let service = &read.manifest.services[0];
    assert_eq!(service.command, ["/bin/a", "--socket", "/run/user/1000/a.sock"]);
    assert_eq!(properties(service, "Environment"), ["RUN=%t"]);
    assert!(service.remarks.iter().any(|remark| remark.contains("%t is /run/user/1000")), "{:?}", service.remarks);
    assert_eq!(
        left(&read),
        ["5: Also=b.socket: is not enabled with it, but by its own name: systemctl --user enable b.socket"]
    );
    assert_eq!((properties(service, "Install.Also").len(), of(service, "no-enable")), (0, Some(&Value::Flag(true))));
}

#[test]
fn failures_that_do_not_count_still_do_not_where_they_can() {
    let unit = "[Service]\nType=oneshot\nExecStart=-/bin/false\nExecStart=/bin/b ${A} $ARGS\nEnvironmentFile=/etc/a\n";
    let read = read("/etc/systemd/system/a.service", unit, &[]);
    assert_eq!(properties(&read.manifest.services[0], "ExecStartPre"), ["-/bin/false"]);
    assert_eq!(
        left(&read),
        [
            "4: `$ARGS`: a shell splits its value at white space, where systemd would read quotes and backslashes as well"
        ]
    );
}

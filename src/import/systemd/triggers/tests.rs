use super::super::super::testing::{line, option, read_as, unconverted};
use super::super::super::{ImportOptions, Imported};
use crate::cli::ImportFormat as Format;
use crate::manifest::{Entry, Value};

const JOB: &str = "[Service]\nType=oneshot\nExecStart=/bin/job\n";

fn read(unit: &str, related: &[(&str, &str)]) -> Imported {
    read_as(Format::Systemd, "/etc/systemd/system/job.service", unit, related, &ImportOptions::default()).unwrap()
}

fn text(text: &str) -> Option<Value> {
    Some(Value::Text(text.into()))
}

fn list(values: &[&str]) -> Option<Value> {
    Some(Value::List(values.iter().map(|value| (*value).to_owned()).collect()))
}

fn property<'a>(entry: &'a Entry, name: &str) -> Option<&'a str> {
    line(entry, "properties", name)
}

#[test]
fn a_timer_becomes_options_and_properties() {
    let timer = "[Unit]\nDescription=Jobs\n[Timer]\nOnCalendar=weekly\nOnCalendar=\nOnCalendar=daily\nOnCalendar=Mon 08:00\n\
                 OnBootSec=5min\nOnBootSec=1h\nOnUnitActiveSec=2h\nOnUnitInactiveSec=3h\nRandomizedDelaySec=1h\n\
                 Persistent=true\nWakeSystem=yes\nUnit=job.service\n[Install]\nWantedBy=timers.target\n";
    let drop_in = ("/etc/systemd/system/job.timer.d/a.conf", "[Timer]\nRandomizedDelaySec=10min\n");
    let read = read(JOB, &[("/etc/systemd/system/job.timer", timer), drop_in]);
    let job = &read.manifest.services[0];
    assert_eq!(option(job, "on-calendar").cloned(), list(&["daily", "Mon 08:00"]));
    for (name, value) in
        [("on-boot", "5min"), ("on-unit-active", "2h"), ("on-unit-inactive", "3h"), ("randomized-delay", "10min")]
    {
        assert_eq!(option(job, name).cloned(), text(value), "{name}");
    }
    assert_eq!((option(job, "persistent"), option(job, "no-enable")), (Some(&Value::Flag(true)), None));
    for (name, value) in [
        ("Timer.AccuracySec", "1min"),
        ("Timer.OnBootSec", "1h"),
        ("Timer.WakeSystem", "yes"),
        ("Unit.StartLimitBurst", "5"),
        ("Unit.StartLimitIntervalSec", "10s"),
    ] {
        assert_eq!(property(job, name), Some(value), "{name}");
    }
    assert_eq!((property(job, "Timer.Unit"), property(job, "Install.WantedBy")), (None, None));
    assert_eq!(unconverted(&read), Vec::<String>::new());
}

#[test]
fn units_in_also_are_reported() {
    let timer = "[Timer]\nOnBootSec=1\n[Install]\nWantedBy=timers.target\nAlso=job.service\n";
    let unit = format!("{JOB}[Install]\nAlso=job.timer other.service\n");
    let read = read(&unit, &[("/etc/systemd/system/job.timer", timer)]);
    let told = "5: Also=other.service: enable it by name: systemctl enable other.service";
    assert_eq!(unconverted(&read), [told]);
    assert_eq!(property(&read.manifest.services[0], "Install.Also"), None);
}

#[test]
fn a_timer_without_install_section_is_not_enabled() {
    let timer = "[Timer]\nOnUnitActiveSec=1h\nPersistent=yes\nNonsense=1\nAccuracySec=1s\n[Unit]\nAfter=x.target\n";
    let unit = format!("{JOB}[Install]\nWantedBy=multi-user.target\n");
    let read = read(&unit, &[("/etc/systemd/system/job.timer", timer)]);
    let job = &read.manifest.services[0];
    assert_eq!(option(job, "no-enable"), Some(&Value::Flag(true)));
    assert_eq!(property(job, "Timer.AccuracySec"), Some("1s"));
    assert_eq!(
        unconverted(&read),
        [
            "3: [Timer] Persistent=yes: applies to OnCalendar= only",
            "4: [Timer] Nonsense=1: unknown to systemd, which ignores it",
            "5: WantedBy=multi-user.target: started by its timer",
            "7: [Unit] After=x.target: add it after installing: systemctl edit job.timer",
        ]
    );
    assert!(job.remarks.iter().any(|remark| remark.contains("OnUnitActiveSec= counts from the last run")));
}

#[test]
fn timers_without_a_time_become_options() {
    let timer = "[Timer]\nOnClockChange=yes\nOnTimezoneChange=1\nOnStartupSec=5min\nOnUnitInactiveSec=1h\n";
    let read = read(JOB, &[("/etc/systemd/system/job.timer", timer)]);
    let job = &read.manifest.services[0];
    for (name, value) in [
        ("on-clock-change", Some(Value::Flag(true))),
        ("on-timezone-change", Some(Value::Flag(true))),
        ("on-startup", text("5min")),
        ("on-unit-inactive", text("1h")),
    ] {
        assert_eq!(option(job, name).cloned(), value, "{name}");
    }
    assert_eq!(unconverted(&read), Vec::<String>::new());
}

#[test]
fn unsupported_timers_are_reported() {
    let timer = ("/etc/systemd/system/job.timer", "[Timer]\nOnUnitInactiveSec=0\nPersistent=yes\n");
    let first = "2: [Timer] OnUnitInactiveSec=0: ";
    for (unit, why) in [
        (JOB.to_owned(), "no option for this kind of start"),
        (format!("{JOB}RemainAfterExit=yes\n"), "with RemainAfterExit=yes the service would run only once"),
        (
            JOB.replace("oneshot", "exec\nRestart=always"),
            "with this Restart= the service would restart as soon as it exits",
        ),
    ] {
        let read = read(&unit, &[timer]);
        assert_eq!(unconverted(&read)[0], format!("{first}{why}"));
        assert_eq!(unconverted(&read).len(), 2, "{:?}", unconverted(&read));
        assert_eq!(option(&read.manifest.services[0], "no-enable"), Some(&Value::Flag(true)));
    }
    // It is another service that this one starts, and none.
    for timer in ["[Timer]\nOnBootSec=1\nUnit=other.service\n", ""] {
        let read = read(JOB, &[("/etc/systemd/system/job.timer", timer), ("/usr/lib/systemd/system/job.timer", "")]);
        assert_eq!((unconverted(&read).len(), option(&read.manifest.services[0], "on-boot")), (0, None));
    }
}

#[test]
fn a_socket_becomes_listen_options() {
    let socket = "[Socket]\nListenStream=/run/%N.sock\nListenStream=192.0.2.1:8080\nListenDatagram=514\nListenFIFO=/run/f\n\
                  Backlog=9\n[Install]\nWantedBy=sockets.target\n";
    let read_with = |unit: &str| read(unit, &[("/etc/systemd/system/job.socket", socket)]);
    let read = read_with(JOB);
    let job = &read.manifest.services[0];
    assert_eq!(option(job, "listen").cloned(), list(&["/run/job.sock", "192.0.2.1:8080", "udp:514"]));
    for (name, value) in [
        ("Socket.SocketMode", "0666"),
        ("Socket.SocketUser", "root"),
        ("Socket.RemoveOnStop", "no"),
        ("Socket.FreeBind", "no"),
        ("Socket.ListenFIFO", "/run/f"),
        ("Socket.Backlog", "9"),
    ] {
        assert_eq!(property(job, name), Some(value), "{name}");
    }
    assert_eq!((unconverted(&read).len(), option(job, "no-enable")), (0, None));
    let mixed =
        [("/etc/systemd/system/job.socket", "[Socket]\nListenFIFO=/run/f\nListenStream=80\nListenDatagram=/run/d\n")];
    let told = unconverted(&super::super::tests::read("/etc/systemd/system/job.service", JOB, &mixed));
    assert_eq!(
        told,
        [
            "2: [Socket] ListenFIFO=/run/f: its file descriptor now comes after the others",
            "4: [Socket] ListenDatagram=/run/d: no option for such an address",
        ]
    );
    let read = read_with(&format!("{JOB}[Install]\nWantedBy=multi-user.target\n"));
    assert_eq!((unconverted(&read).len(), option(&read.manifest.services[0], "listen")), (5, None));
    assert!(unconverted(&read)[0].contains("the service starts at boot"), "{:?}", unconverted(&read));
}

#[test]
fn path_units_become_options() {
    let path =
        "[Path]\nPathChanged=/srv/%p\nPathExists=/srv/b\nPathModified=/srv/c\n[Install]\nWantedBy=multi-user.target\n";
    let read = read(JOB, &[("/etc/systemd/system/job.path", path)]);
    let job = &read.manifest.services[0];
    assert_eq!(option(job, "on-path-changed").cloned(), text("/srv/job"));
    assert_eq!(option(job, "on-path-exists").cloned(), text("/srv/b"));
    assert_eq!(property(job, "Path.PathModified"), Some("/srv/c"));
    assert_eq!(property(job, "Install.WantedBy"), Some("multi-user.target"));
    assert_eq!(unconverted(&read), Vec::<String>::new());
}

#[test]
fn a_trigger_cannot_be_imported_by_itself() {
    for (name, unit, service) in [
        ("job.timer", "[Timer]\nOnCalendar=daily\n", "job.service"),
        ("job.path", "[Path]\nUnit=other.service\n", "other.service"),
        ("job.socket", "", "job.service"),
    ] {
        let path = format!("/srv/{name}");
        let told = read_as(Format::Systemd, &path, unit, &[], &ImportOptions::default()).unwrap_err();
        let told = format!("{told:?}");
        assert!(told.contains("unit, not a service") && told.contains(&format!("import {service}")), "{told}");
    }
}

#[test]
fn drop_ins_of_all_directories_apply_by_name() {
    let set = |value: &str| format!("[Service]\nEnvironment=WHO={value}\n");
    let related = [
        ("/etc/systemd/system/job.service.d/20-b.conf", set("etc")),
        // Masked.
        ("/etc/systemd/system/job.service.d/30-c.conf", String::new()),
        ("/usr/lib/systemd/system/job.service.d/20-b.conf", set("usr")),
        ("/usr/lib/systemd/system/job.service.d/30-c.conf", set("usr-late")),
        ("/usr/lib/systemd/system/service.d/10-a.conf", "[Service]\nEnvironment=ALL=1\n".to_owned()),
    ];
    let related: Vec<(&str, &str)> = related.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let read = read(JOB, &related);
    let job = &read.manifest.services[0];
    assert_eq!((line(job, "setenv", "WHO"), line(job, "setenv", "ALL")), (Some("etc"), Some("1")));
}

#[test]
fn an_invalid_calendar_event_is_named() {
    for timer in ["[Timer]\nOnCalendar=every day\n", "[Timer]\nOnCalendar=daily\nOnCalendar=every day\n"] {
        let read = read(JOB, &[("/etc/systemd/system/job.timer", timer)]);
        let told = unconverted(&read).join(" ");
        assert!(told.contains("OnCalendar=every day: not a calendar event: systemd ignores it"), "{told}");
    }
}

#[test]
fn overlapping_addresses_are_left_behind() {
    let socket = "[Socket]\nListenStream=0.0.0.0:111\nListenStream=[::]:111\nBindIPv6Only=ipv6-only\n";
    let read = read("[Service]\nExecStart=/bin/a\n", &[("/etc/systemd/system/job.socket", socket)]);
    assert_eq!(option(&read.manifest.services[0], "listen").cloned(), text("0.0.0.0:111"));
    assert!(unconverted(&read)[0].contains("[::]:111: no option for such an address"), "{:?}", unconverted(&read));
}

#[test]
fn quotes_in_paths_are_reported() {
    let unit = "[Service]\nExecStart=/bin/a\nEnvironmentFile=-\"/etc/a b\"\nWorkingDirectory='/srv'\n";
    let read = read(unit, &[]);
    let entry = &read.manifest.services[0];
    assert_eq!((option(entry, "environment-file"), option(entry, "working-directory").cloned()), (None, text("/")));
    assert!(unconverted(&read).iter().all(|it| it.ends_with("systemd reads no quotes in a path")));
    assert_eq!(unconverted(&read).len(), 2);
}

use super::super::super::testing::{left, line, of, read_as};
use super::super::super::{Format, Imported, Wishes};
use crate::manifest::{Entry, Value};

const JOB: &str = "[Service]\nType=oneshot\nExecStart=/bin/job\n";

fn read(unit: &str, beside: &[(&str, &str)]) -> Imported {
    read_as(Format::Systemd, "/etc/systemd/system/job.service", unit, beside, &Wishes::default()).unwrap()
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
    assert_eq!(of(job, "on-calendar").cloned(), list(&["daily", "Mon 08:00"]));
    for (option, value) in [("on-boot", "5min"), ("on-unit-active", "2h"), ("randomized-delay", "10min")] {
        assert_eq!(of(job, option).cloned(), text(value), "{option}");
    }
    assert_eq!((of(job, "persistent"), of(job, "no-enable")), (Some(&Value::Flag(true)), None));
    for (name, value) in [
        ("Timer.AccuracySec", "1min"),
        ("Timer.OnBootSec", "1h"),
        ("Timer.OnUnitInactiveSec", "3h"),
        ("Timer.WakeSystem", "yes"),
        ("Unit.StartLimitBurst", "5"),
        ("Unit.StartLimitIntervalSec", "10s"),
    ] {
        assert_eq!(property(job, name), Some(value), "{name}");
    }
    assert_eq!((property(job, "Timer.Unit"), property(job, "Install.WantedBy")), (None, None));
    assert_eq!(left(&read), Vec::<String>::new());
}

#[test]
fn what_is_enabled_with_it_is_told_where_it_is_another_unit() {
    let timer = "[Timer]\nOnBootSec=1\n[Install]\nWantedBy=timers.target\nAlso=job.service\n";
    let unit = format!("{JOB}[Install]\nAlso=job.timer other.service\n");
    let read = read(&unit, &[("/etc/systemd/system/job.timer", timer)]);
    let told = "5: Also=other.service: is not enabled with it, but by its own name: systemctl enable other.service";
    assert_eq!(left(&read), [told]);
    assert_eq!(property(&read.manifest.services[0], "Install.Also"), None);
}

#[test]
fn a_timer_that_nobody_enables_is_not_enabled() {
    let timer = "[Timer]\nOnUnitActiveSec=1h\nPersistent=yes\nNonsense=1\nAccuracySec=1s\n[Unit]\nAfter=x.target\n";
    let unit = format!("{JOB}[Install]\nWantedBy=multi-user.target\n");
    let read = read(&unit, &[("/etc/systemd/system/job.timer", timer)]);
    let job = &read.manifest.services[0];
    assert_eq!(of(job, "no-enable"), Some(&Value::Flag(true)));
    assert_eq!(property(job, "Timer.AccuracySec"), Some("1s"));
    assert_eq!(
        left(&read),
        [
            "3: [Timer] Persistent=yes: counts for OnCalendar= alone",
            "4: [Timer] Nonsense=1: systemd knows no such setting, and passes over it",
            "5: WantedBy=multi-user.target: its timer starts it",
            "7: [Unit] After=x.target: once the service is there, say it with: systemctl edit job.timer",
        ]
    );
    assert!(job.remarks.iter().any(|remark| remark.contains("OnUnitActiveSec= counts from the last run")));
}

#[test]
fn what_a_timer_cannot_say_is_told() {
    let timer = ("/etc/systemd/system/job.timer", "[Timer]\nOnUnitInactiveSec=1h\nPersistent=yes\n");
    let first = "2: [Timer] OnUnitInactiveSec=1h: ";
    for (unit, why) in [
        (JOB.to_owned(), "there is no option for a start of this kind"),
        (format!("{JOB}RemainAfterExit=yes\n"), "with RemainAfterExit=yes it would run once, and never again"),
        (
            JOB.replace("oneshot", "exec\nRestart=always"),
            "with this Restart= it would start again as soon as it has ended",
        ),
    ] {
        let read = read(&unit, &[timer]);
        assert_eq!(left(&read)[0], format!("{first}{why}"));
        assert_eq!(left(&read).len(), 2, "{:?}", left(&read));
        assert_eq!(of(&read.manifest.services[0], "no-enable"), Some(&Value::Flag(true)));
    }
    // It is another service that this one starts, and none.
    for timer in ["[Timer]\nOnBootSec=1\nUnit=other.service\n", ""] {
        let read = read(JOB, &[("/etc/systemd/system/job.timer", timer), ("/usr/lib/systemd/system/job.timer", "")]);
        assert_eq!((left(&read).len(), of(&read.manifest.services[0], "on-boot")), (0, None));
    }
}

#[test]
fn a_socket_becomes_where_it_listens() {
    let socket = "[Socket]\nListenStream=/run/%N.sock\nListenStream=192.0.2.1:8080\nListenDatagram=514\nListenFIFO=/run/f\n\
                  Backlog=9\n[Install]\nWantedBy=sockets.target\n";
    let read_with = |unit: &str| read(unit, &[("/etc/systemd/system/job.socket", socket)]);
    let read = read_with(JOB);
    let job = &read.manifest.services[0];
    assert_eq!(of(job, "listen").cloned(), list(&["/run/job.sock", "192.0.2.1:8080", "udp:514"]));
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
    assert_eq!((left(&read).len(), of(job, "no-enable")), (0, None));
    let mixed =
        [("/etc/systemd/system/job.socket", "[Socket]\nListenFIFO=/run/f\nListenStream=80\nListenDatagram=/run/d\n")];
    let told = left(&super::super::tests::read("/etc/systemd/system/job.service", JOB, &mixed));
    assert_eq!(
        told,
        [
            "2: [Socket] ListenFIFO=/run/f: stands behind the others now, as does its file descriptor",
            "4: [Socket] ListenDatagram=/run/d: there is no option for such an address",
        ]
    );
    let read = read_with(&format!("{JOB}[Install]\nWantedBy=multi-user.target\n"));
    assert_eq!((left(&read).len(), of(&read.manifest.services[0], "listen")), (5, None));
    assert!(left(&read)[0].contains("the service starts at boot by itself"), "{:?}", left(&read));
}

#[test]
fn paths_that_are_watched_become_options() {
    let path =
        "[Path]\nPathChanged=/srv/%p\nPathExists=/srv/b\nPathModified=/srv/c\n[Install]\nWantedBy=multi-user.target\n";
    let read = read(JOB, &[("/etc/systemd/system/job.path", path)]);
    let job = &read.manifest.services[0];
    assert_eq!(of(job, "on-path-changed").cloned(), text("/srv/job"));
    assert_eq!(of(job, "on-path-exists").cloned(), text("/srv/b"));
    assert_eq!(property(job, "Path.PathModified"), Some("/srv/c"));
    assert_eq!(property(job, "Install.WantedBy"), Some("multi-user.target"));
    assert_eq!(left(&read), Vec::<String>::new());
}

#[test]
fn what_starts_a_service_is_read_with_it() {
    for (name, unit, service) in [
        ("job.timer", "[Timer]\nOnCalendar=daily\n", "job.service"),
        ("job.path", "[Path]\nUnit=other.service\n", "other.service"),
        ("job.socket", "", "job.service"),
    ] {
        let path = format!("/srv/{name}");
        let told = read_as(Format::Systemd, &path, unit, &[], &Wishes::default()).unwrap_err();
        let told = format!("{told:?}");
        assert!(told.contains("runs nothing itself") && told.contains(&format!("import {service}")), "{told}");
    }
}

#[test]
fn drop_ins_of_all_folders_count_by_their_names() {
    let set = |value: &str| format!("[Service]\nEnvironment=WHO={value}\n");
    let beside = [
        ("/etc/systemd/system/job.service.d/20-b.conf", set("etc")),
        // Masked.
        ("/etc/systemd/system/job.service.d/30-c.conf", String::new()),
        ("/usr/lib/systemd/system/job.service.d/20-b.conf", set("usr")),
        ("/usr/lib/systemd/system/job.service.d/30-c.conf", set("usr-late")),
        ("/usr/lib/systemd/system/service.d/10-a.conf", "[Service]\nEnvironment=ALL=1\n".to_owned()),
    ];
    let beside: Vec<(&str, &str)> = beside.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let read = read(JOB, &beside);
    let job = &read.manifest.services[0];
    assert_eq!((line(job, "setenv", "WHO"), line(job, "setenv", "ALL")), (Some("etc"), Some("1")));
}

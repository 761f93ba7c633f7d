//! The options for each kind of trigger.

use super::super::super::draft::Draft;
use super::super::assignments::Assignment;
use super::{Place, Service, Trigger, unconverted};
use crate::spec::{Address, UnitKind};
use crate::systemd::calendar;
use crate::systemd::directives::value::boolean;
use crate::systemd::timespan::TimeSpan;

impl Trigger<'_> {
    /// The lines that became options; `None` if none of them starts the service.
    pub(super) fn options(&self, service: &Service<'_>, draft: &mut Draft) -> Option<Vec<Place<'_>>> {
        match self.kind {
            UnitKind::Timer => self.timer(service, draft),
            UnitKind::Socket => self.socket(service, draft),
            _ => self.path(service, draft),
        }
    }

    fn timer(&self, service: &Service<'_>, draft: &mut Draft) -> Option<Vec<Place<'_>>> {
        let mut converted = Vec::new();
        let mut times = Vec::new();
        for it in self.own().filter(|it| it.name == "OnCalendar" && calendar::is_event(&it.value)) {
            times.push(it.value.clone());
            converted.push(it.place());
        }
        let has_times = !times.is_empty();
        draft.one_or_more("on-calendar", times);
        // `on-boot` counts from the start of either manager.
        let boot = if service.specifiers.is_system { "OnBootSec" } else { "OnStartupSec" };
        // In a user manager, both are `OnStartupSec`.
        let startup = service.specifiers.is_system.then_some(("OnStartupSec", "on-startup", 0));
        let others = [
            ("OnActiveSec", "on-active", 0),
            ("OnUnitActiveSec", "on-unit-active", 1),
            ("OnUnitInactiveSec", "on-unit-inactive", 1),
        ];
        for (name, option, least) in [(boot, "on-boot", 0)].into_iter().chain(startup).chain(others) {
            let is_plain = |it: &&Assignment<'_>| {
                let length = TimeSpan::parse(&it.value).ok().and_then(|span| span.length());
                it.name == name && length.is_some_and(|length| length.as_secs() >= least)
            };
            if let Some(it) = self.own().find(is_plain) {
                if matches!(name, "OnUnitActiveSec" | "OnUnitInactiveSec") && converted.is_empty() {
                    draft.comment(format!("{name}= counts from the last run; mkservice starts the first one"));
                }
                draft.set(option, &it.value);
                converted.push(it.place());
            }
        }
        for (name, option) in [("OnClockChange", "on-clock-change"), ("OnTimezoneChange", "on-timezone-change")] {
            if self.last(name).and_then(boolean) == Some(true) {
                draft.flag(option);
                converted.extend(self.own().filter(|it| it.name == name).map(|it| it.place()));
            }
        }
        if converted.is_empty() {
            return None;
        }
        let delays: Vec<_> = self.own().filter(|it| it.name == "RandomizedDelaySec").collect();
        if let Some(delay) = delays.last() {
            draft.set("randomized-delay", &delay.value);
            converted.extend(delays.iter().map(|it| it.place()));
        }
        if has_times && self.last("Persistent").and_then(boolean) == Some(true) {
            draft.flag("persistent");
            converted.extend(self.own().filter(|it| it.name == "Persistent").map(|it| it.place()));
        }
        if self.last("AccuracySec").is_none() {
            // The default of systemd; that of mkservice is lower.
            draft.property("Timer.AccuracySec", "1min");
        }
        Some(converted)
    }

    fn socket(&self, service: &Service<'_>, draft: &mut Draft) -> Option<Vec<Place<'_>>> {
        let mut converted = Vec::new();
        let mut addresses = Vec::new();
        let mut parsed: Vec<Address> = Vec::new();
        let mut has_path = false;
        let mut has_interface = false;
        for it in self.own().filter(|it| matches!(it.name, "ListenStream" | "ListenDatagram")) {
            let Ok(value) = service.specifiers.expanded(&it.value) else { continue };
            let word = if it.name == "ListenDatagram" { format!("udp:{value}") } else { value };
            let Ok(address) = Address::parse(word.as_bytes()) else { continue };
            // `listen` accepts none that the kernel gives only with BindIPv6Only=.
            if parsed.iter().any(|other| other.overlaps(&address)) {
                continue;
            }
            has_path |= address.path().is_some();
            has_interface |= address.is_of_interface();
            addresses.push(word);
            parsed.push(address);
            converted.push(it.place());
        }
        if addresses.is_empty() {
            return None;
        }
        draft.one_or_more("listen", addresses);
        // Programs rely on the order of file descriptors.
        let listening: Vec<_> = self.own().filter(|it| it.name.starts_with("Listen")).collect();
        let last = listening.iter().rposition(|it| converted.contains(&it.place())).unwrap_or(0);
        for it in listening[..last].iter().filter(|it| !converted.contains(&it.place())) {
            unconverted(it, "its file descriptor now comes after the others", draft);
        }
        // The defaults of systemd; those of mkservice are stricter.
        let is_system = service.specifiers.is_system;
        for (name, value, applies) in [
            ("FreeBind", "no", has_interface),
            ("SocketMode", "0666", has_path),
            ("SocketUser", "root", has_path && is_system),
            ("SocketGroup", "root", has_path && is_system),
            ("RemoveOnStop", "no", has_path),
        ] {
            if applies && self.last(name).is_none() {
                draft.property(&format!("Socket.{name}"), value);
            }
        }
        Some(converted)
    }

    fn path(&self, service: &Service<'_>, draft: &mut Draft) -> Option<Vec<Place<'_>>> {
        let mut converted = Vec::new();
        for (name, option) in [("PathChanged", "on-path-changed"), ("PathExists", "on-path-exists")] {
            let mut paths = Vec::new();
            for it in self.own().filter(|it| it.name == name) {
                if let Ok(path) = service.specifiers.expanded(&it.value) {
                    paths.push(path);
                    converted.push(it.place());
                }
            }
            draft.one_or_more(option, paths);
        }
        (!converted.is_empty()).then_some(converted)
    }
}

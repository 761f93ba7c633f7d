//! What each kind of unit that starts a service says in options.

use super::super::super::draft::{Draft, Draftsman};
use super::super::assignments::Assignment;
use super::{Place, Started, Starter};
use crate::spec::Address;
use crate::systemd::calendar;
use crate::systemd::directives::value::boolean;
use crate::systemd::timespan::TimeSpan;

impl Starter<'_> {
    /// The lines that became options, and whether there is one that starts the service.
    pub(super) fn timer(&self, started: &Started<'_>, draft: &mut Draft) -> (Vec<Place<'_>>, bool) {
        let mut carried = Vec::new();
        let mut times = Vec::new();
        for it in self.own().filter(|it| it.name == "OnCalendar" && calendar::is_event(&it.value)) {
            times.push(it.value.clone());
            carried.push(it.line_of());
        }
        let has_times = !times.is_empty();
        several(draft, "on-calendar", times);
        // Both managers count from their own start, and one option says it for either.
        let of_boot = if started.specifiers.of_machine { "OnBootSec" } else { "OnStartupSec" };
        let mut spans = 0;
        for (name, option) in
            [(of_boot, "on-boot"), ("OnActiveSec", "on-active"), ("OnUnitActiveSec", "on-unit-active")]
        {
            let least = if option == "on-unit-active" { 1 } else { 0 };
            let is_plain = |it: &&Assignment<'_>| {
                let length = TimeSpan::parse(&it.value).ok().and_then(|span| span.length());
                it.name == name && length.is_some_and(|length| length.as_secs() >= least)
            };
            if let Some(it) = self.own().find(is_plain) {
                if option == "on-unit-active" && !has_times && spans == 0 {
                    draft.remark("OnUnitActiveSec= counts from the last run: a first one begins by itself now");
                }
                draft.text(option, &it.value);
                carried.push(it.line_of());
                spans += 1;
            }
        }
        if !has_times && spans == 0 {
            return (carried, false);
        }
        let delays: Vec<_> = self.own().filter(|it| it.name == "RandomizedDelaySec").collect();
        if let Some(delay) = delays.last() {
            draft.text("randomized-delay", &delay.value);
            carried.extend(delays.iter().map(|it| it.line_of()));
        }
        if has_times && self.last("Persistent").and_then(boolean) == Some(true) {
            draft.flag("persistent");
            carried.extend(self.own().filter(|it| it.name == "Persistent").map(|it| it.line_of()));
        }
        if self.last("AccuracySec").is_none() {
            // systemd's own: mkservice lets no timer be so late.
            draft.property("Timer.AccuracySec", "1min");
        }
        (carried, true)
    }

    /// The same of a socket.
    pub(super) fn socket(
        &self,
        started: &Started<'_>,
        draft: &mut Draft,
        all: &mut Draftsman,
    ) -> (Vec<Place<'_>>, bool) {
        let mut carried = Vec::new();
        let mut addresses = Vec::new();
        let mut has_path = false;
        let mut is_of_interface = false;
        for it in self.own().filter(|it| matches!(it.name, "ListenStream" | "ListenDatagram")) {
            let Ok(value) = started.specifiers.expanded(&it.value) else { continue };
            let word = if it.name == "ListenDatagram" { format!("udp:{value}") } else { value };
            let Ok(address) = Address::parse(word.as_bytes()) else { continue };
            has_path |= address.path().is_some();
            is_of_interface |= address.is_of_interface();
            addresses.push(word);
            carried.push(it.line_of());
        }
        if addresses.is_empty() {
            return (carried, false);
        }
        several(draft, "listen", addresses);
        // The program knows them by their place.
        let listening: Vec<_> = self.own().filter(|it| it.name.starts_with("Listen")).collect();
        let last = listening.iter().rposition(|it| carried.contains(&it.line_of())).unwrap_or(0);
        for it in listening[..last].iter().filter(|it| !carried.contains(&it.line_of())) {
            self.leave(it, "stands behind the others now, as does its file descriptor", draft, all);
        }
        // What systemd takes where nothing is said: mkservice closes it in further.
        let of_machine = started.specifiers.of_machine;
        for (name, value, applies) in [
            ("FreeBind", "no", is_of_interface),
            ("SocketMode", "0666", has_path),
            ("SocketUser", "root", has_path && of_machine),
            ("SocketGroup", "root", has_path && of_machine),
            ("RemoveOnStop", "no", has_path),
        ] {
            if applies && self.last(name).is_none() {
                draft.property(&format!("Socket.{name}"), value);
            }
        }
        (carried, true)
    }

    /// The same of paths.
    pub(super) fn path(&self, started: &Started<'_>, draft: &mut Draft) -> (Vec<Place<'_>>, bool) {
        let mut carried = Vec::new();
        for (name, option) in [("PathChanged", "on-path-changed"), ("PathExists", "on-path-exists")] {
            let mut paths = Vec::new();
            for it in self.own().filter(|it| it.name == name) {
                if let Ok(path) = started.specifiers.expanded(&it.value) {
                    paths.push(path);
                    carried.push(it.line_of());
                }
            }
            several(draft, option, paths);
        }
        let has_any = !carried.is_empty();
        (carried, has_any)
    }
}

/// An option that can be given several times: one value stands there alone, as people write it.
fn several(draft: &mut Draft, option: &str, mut values: Vec<String>) {
    match values.len() {
        1 => draft.text(option, values.remove(0)),
        _ => draft.list(option, values),
    }
}

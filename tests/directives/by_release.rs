//! Values that not every release of systemd accepts, or that are easily judged wrongly, as tried on 247 and 252 and read in
//! the sources of later releases; `tests/oracle` asks systemd for its verdict on many more.

use mkservice::systemd::calendar;
use mkservice::systemd::directives::value::{Reader, accepts};
use mkservice::systemd::directives::{self, Section};

use super::RELEASES;

/// An assignment and the first release that accepts the value; [`NEVER`] if none does.
const VALUES: &[(&str, u32)] = &[
    ("After=x@y.service", 0),
    ("After=x@y.socket", 0),
    ("After=x@y.mount", NEVER),
    ("After=x@y.swap", NEVER),
    ("After=x@y.device", NEVER),
    ("After=x@y.automount", NEVER),
    ("After=x@y.scope", NEVER),
    ("After=x@.mount", NEVER),
    ("Nice=0b11", 0),
    ("Nice=0B11", 0),
    ("Nice=0b-1", 0),
    ("Nice=+0b11", NEVER),
    ("Nice=-0b1", NEVER),
    ("LimitNOFILE=0B101", 0),
    (r"LimitNOFILE=\11", 0),
    ("SocketBindAllow=0", 257),
    ("SocketBindAllow=0-10", 257),
    ("SocketBindAllow=tcp:0", 257),
    ("SocketBindAllow=5-0", NEVER),
    ("AllowedCPUs=\"0\"", 0),
    ("CPUAffinity=\"0-1\" '2'", 0),
    ("CPUAffinity=\"0-1", NEVER),
    ("ReadWritePaths=/../srv", 257),
    ("WorkingDirectory=/../srv", 257),
    ("ReadWritePaths=/srv/../x", NEVER),
    ("RuntimeDirectory=../x", NEVER),
    ("SocketProtocol=sctp", 0),
    ("SocketProtocol=SCTP", 0),
    ("SocketProtocol=UDPLite", 0),
    ("SocketProtocol=132", 0),
    ("SocketProtocol=tcp", NEVER),
    ("ListenStream=[fe80::1]:80%%lo", 0),
    ("OnCalendar=12:00 W-SU", 0),
    ("OnCalendar=12:00 NZ-CHAT", 0),
    ("OnCalendar=12:00 GMT0", 0),
    ("OnCalendar=12:00 posix/Europe/Berlin", 0),
    ("OnCalendar=12:00 a//b", NEVER),
    ("IPAddressAllow=localhost.localdomain", 0),
    ("CoredumpFilter=\"33\"", NEVER),
    ("CoredumpFilter=0x00000000000000000033", 0),
    ("StandardInputData=AAA=", 0),
    ("StandardInputData=AAB=", NEVER),
    ("TimerSlackNSec=infinity .7", NEVER),
    ("LimitRTTIME=1 2", 0),
    ("StateDirectory=a:b", 0),
    ("DeviceAllow=///dev//null r", 0),
    ("ExecStartPre=/bin/x/", NEVER),
];
const NEVER: u32 = u32::MAX;

#[test]
fn values_are_accepted_from_the_release_on_that_accepts_them() {
    let mut wrong = Vec::new();
    for (line, since) in VALUES {
        let (name, value) = line.split_once('=').unwrap();
        let directive = directives::usual(name).unwrap();
        let section = directive.sections().find(|section| *section <= Section::Path).unwrap();
        for release in RELEASES.into_iter().filter(|release| directive.is_known_to(*release)) {
            let is_accepted = accepts(directive, section, value, Reader { release, of_user: false });
            if is_accepted != (release >= *since) {
                wrong.push(format!("{line} on {release}: {}", if is_accepted { "accepted" } else { "refused" }));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Which zones exist is asked where the unit will be.
#[test]
fn the_zone_of_an_event_is_named() {
    for (event, zone) in [("12:00 Asia/T3kyo", Some("Asia/T3kyo")), ("12:00 UTC", None), ("12:00", None)] {
        assert_eq!(calendar::zone(event), zone, "{event}");
    }
}

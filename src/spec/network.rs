//! Which system services do not wait for the network.

use crate::systemd::directives::value::boolean;

/// False for a service that starts early, or that the network waits for: with `After=network-online.target`, systemd
/// would break the ordering cycle by dropping a job. `settings` are the service's directives and values.
pub fn waits_for_network<'a>(settings: impl Iterator<Item = (&'a str, &'a str)>) -> bool {
    let mut is_early = false;
    let mut is_waited_for = false;
    for (name, value) in settings {
        match name {
            "DefaultDependencies" => is_early = boolean(value) == Some(false),
            // A target waits for the units it wants.
            "Before" | "WantedBy" | "RequiredBy" => is_waited_for |= value.split_whitespace().any(is_of_network),
            _ => {}
        }
    }
    !is_early && !is_waited_for
}

/// Units that are started before the network is up, or that bring it up.
fn is_of_network(unit: &str) -> bool {
    const TARGETS: [&str; 7] = [
        "network-pre.target",
        "network.target",
        "network-online.target",
        "local-fs-pre.target",
        "local-fs.target",
        "sysinit.target",
        "basic.target",
    ];
    const MANAGERS: [&str; 9] = [
        "systemd-networkd",
        "systemd-network-generator",
        "systemd-udev",
        "NetworkManager",
        "networking.",
        "network.service",
        "wicked",
        "connman",
        "cloud-init",
    ];
    TARGETS.contains(&unit) || MANAGERS.into_iter().any(|manager| unit.starts_with(manager))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_network_waits_for_does_not_wait_for_it() {
        for (settings, waits) in [
            (&[][..], true),
            (&[("DefaultDependencies", "no")], false),
            (&[("DefaultDependencies", "no"), ("DefaultDependencies", "yes")], true),
            (&[("Before", "shutdown.target network-pre.target")], false),
            (&[("Before", "NetworkManager.service")], false),
            (&[("WantedBy", "network-online.target")], false),
            (&[("WantedBy", "multi-user.target"), ("Before", "nginx.service")], true),
        ] {
            assert_eq!(waits_for_network(settings.iter().copied()), waits, "{settings:?}");
        }
    }
}

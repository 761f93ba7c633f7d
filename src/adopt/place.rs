//! Whose a process is, by its control group: systemd keeps one for each unit.

/// Whose a process is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Belongs {
    /// A service's.
    Service {
        /// The unit's name.
        unit: String,
        /// It is one of a user's manager.
        of_user: bool,
    },
    /// A container's.
    Container,
    /// Nobody's but a session's.
    Nobody,
}

/// What tells a container's control group from others, as the programs that run them name it.
const CONTAINERS: [&str; 7] = ["docker-", "docker/", "libpod-", "/machine.slice/", "/lxc", "/kubepods", "/garden/"];

/// Reads the path of a control group. The first unit on the way decides: below its own group a
/// service may make others as it likes. A user's manager is a service of the machine itself, and what
/// it runs are units below.
pub fn belongs(cgroup: &str) -> Belongs {
    if CONTAINERS.iter().any(|sign| cgroup.contains(sign)) {
        return Belongs::Container;
    }
    let mut of_user = false;
    for name in cgroup.split('/') {
        match name.rsplit_once('.') {
            Some(("init", "scope")) if of_user => {
                return Belongs::Service { unit: "the user manager itself".into(), of_user };
            }
            Some((manager, "service")) if manager.starts_with("user@") && !of_user => of_user = true,
            // A session of logind, a terminal, or whatever else was started and then handed over.
            Some((_, "scope")) => return Belongs::Nobody,
            Some((_, "service")) => return Belongs::Service { unit: name.to_owned(), of_user },
            _ => {}
        }
    }
    Belongs::Nobody
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_unit_on_the_way_decides() {
        let service = |unit: &str, of_user| Belongs::Service { unit: unit.into(), of_user };
        for (cgroup, expected) in [
            ("/", Belongs::Nobody),
            ("/commands", Belongs::Nobody),
            ("/user.slice/user-1000.slice/session-3.scope", Belongs::Nobody),
            ("/system.slice/cron.service", service("cron.service", false)),
            ("/system.slice/system-getty.slice/getty@tty1.service", service("getty@tty1.service", false)),
            ("/system.slice/web.service/workers/a.scope", service("web.service", false)),
            ("/user.slice/user-1000.slice/user@1000.service/app.slice/x.service", service("x.service", true)),
            ("/user.slice/user-1000.slice/user@1000.service/x.service", service("x.service", true)),
            ("/user.slice/user-1000.slice/user@1000.service/tmux-spawn-1.scope", Belongs::Nobody),
            ("/user.slice/user-1000.slice/user@1000.service/app.slice/run-u1.scope", Belongs::Nobody),
            ("/user.slice/user-1000.slice/user@1000.service/init.scope", service("the user manager itself", true)),
            ("/system.slice/docker-0123.scope", Belongs::Container),
            ("/machine.slice/libpod-0123.scope/container", Belongs::Container),
        ] {
            assert_eq!(belongs(cgroup), expected, "{cgroup}");
        }
    }
}

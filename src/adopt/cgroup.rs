//! Which unit a process belongs to, by its cgroup.

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    Service {
        unit: String,
        /// The unit belongs to a user manager.
        of_user: bool,
    },
    Container,
    /// A session of logind, or none.
    Session,
}

/// Parts of the cgroups of containers, as container managers name them.
const CONTAINERS: [&str; 7] = ["docker-", "docker/", "libpod-", "/machine.slice/", "/lxc", "/kubepods", "/garden/"];

/// The first unit in the path decides: a service can create cgroups below its own. A user manager is a system service,
/// and its services are units below.
pub fn owner(cgroup: &str) -> Owner {
    if CONTAINERS.iter().any(|part| cgroup.contains(part)) {
        return Owner::Container;
    }
    let mut of_user = false;
    for name in cgroup.split('/') {
        match name.rsplit_once('.') {
            Some(("init", "scope")) if of_user => return Owner::Service { unit: "the user manager".into(), of_user },
            Some((manager, "service")) if manager.starts_with("user@") && !of_user => of_user = true,
            // Sessions, terminals and other processes that systemd did not start.
            Some((_, "scope")) => return Owner::Session,
            Some((_, "service")) => return Owner::Service { unit: name.to_owned(), of_user },
            _ => {}
        }
    }
    Owner::Session
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_unit_in_the_path_owns_the_process() {
        let service = |unit: &str, of_user| Owner::Service { unit: unit.into(), of_user };
        for (cgroup, expected) in [
            ("/", Owner::Session),
            ("/commands", Owner::Session),
            ("/user.slice/user-1000.slice/session-3.scope", Owner::Session),
            ("/system.slice/cron.service", service("cron.service", false)),
            ("/system.slice/system-getty.slice/getty@tty1.service", service("getty@tty1.service", false)),
            ("/system.slice/web.service/workers/a.scope", service("web.service", false)),
            ("/user.slice/user-1000.slice/user@1000.service/app.slice/x.service", service("x.service", true)),
            ("/user.slice/user-1000.slice/user@1000.service/x.service", service("x.service", true)),
            ("/user.slice/user-1000.slice/user@1000.service/tmux-spawn-1.scope", Owner::Session),
            ("/user.slice/user-1000.slice/user@1000.service/app.slice/run-u1.scope", Owner::Session),
            ("/user.slice/user-1000.slice/user@1000.service/init.scope", service("the user manager", true)),
            ("/system.slice/docker-0123.scope", Owner::Container),
            ("/machine.slice/libpod-0123.scope/container", Owner::Container),
        ] {
            assert_eq!(owner(cgroup), expected, "{cgroup}");
        }
    }
}

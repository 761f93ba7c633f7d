//! Resources of the machine that managers can distribute: memory, CPUs, tasks, cgroup controllers (cgroups(7)), nice
//! levels and ports.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::Host;
use super::process::Stat;
use crate::spec::Scope;

/// `None` is unknown, as for another machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resources {
    /// In bytes.
    pub memory: Option<u64>,
    /// CPUs that are online.
    pub processors: Option<u64>,
    /// The maximum number of processes and threads.
    pub tasks: Option<u64>,
    /// The controllers that the manager of the scope can use.
    pub controllers: Option<Vec<String>>,
    /// Those of the system manager.
    pub of_machine: Option<Vec<String>>,
    /// The lowest nice level that the manager of the scope can set.
    pub lowest_nice: Option<i32>,
    /// The first port that every user can listen on (`net.ipv4.ip_unprivileged_port_start`).
    pub first_port: Option<u32>,
}

/// Cached: it is the same for all services.
pub fn read(scope: Scope, host: &Host) -> Resources {
    static OF_SYSTEM: OnceLock<Resources> = OnceLock::new();
    static OF_USER: OnceLock<Resources> = OnceLock::new();
    if !host.is_running() {
        return Resources::default();
    }
    let seen = if scope == Scope::System { &OF_SYSTEM } else { &OF_USER };
    seen.get_or_init(|| of_machine(scope, host)).clone()
}

fn of_machine(scope: Scope, host: &Host) -> Resources {
    let groups = Groups::find();
    let of_machine = groups.controllers();
    let manager = groups.of_manager(host.euid);
    let smaller = |one: Option<u64>, other: Option<u64>| one.into_iter().chain(other).min();
    Resources {
        memory: smaller(memory(), groups.limit("memory.max")),
        processors: text("/sys/devices/system/cpu/online").and_then(|list| count(list.trim())),
        tasks: ["/proc/sys/kernel/pid_max", "/proc/sys/kernel/threads-max"]
            .into_iter()
            .filter_map(|path| text(path)?.trim().parse().ok())
            .chain(groups.limit("pids.max"))
            .min(),
        controllers: match scope {
            Scope::System => of_machine.clone(),
            // Version 1 controllers cannot be delegated to a user.
            Scope::User if !groups.unified => Some(Vec::new()),
            Scope::User => words(&manager.join("cgroup.controllers")),
        },
        of_machine,
        lowest_nice: match scope {
            Scope::System => Some(-20),
            Scope::User => lowest_nice(&manager),
        },
        first_port: text("/proc/sys/net/ipv4/ip_unprivileged_port_start").and_then(|port| port.trim().parse().ok()),
    }
}

/// cgroups as systemd mounts them (file-hierarchy(7)).
struct Groups {
    /// All controllers are in the hierarchy of version 2.
    unified: bool,
    /// The cgroup of the system manager in that hierarchy or its equivalent.
    root: PathBuf,
}

impl Groups {
    #[expect(clippy::disallowed_methods, reason = "the kernel reports this in files")]
    fn find() -> Groups {
        let unified = Path::new("/sys/fs/cgroup/cgroup.controllers").exists();
        let dirs = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/systemd"];
        let dir = dirs.into_iter().find(|dir| Path::new(dir).join("cgroup.procs").exists());
        // In a container, the manager's cgroup is not necessarily the root.
        let own = text("/proc/1/cgroup").unwrap_or_default();
        let own = own.lines().find_map(|line| line.strip_prefix("0::/"));
        let own = own.and_then(|own| own.strip_suffix("init.scope")).unwrap_or_default();
        Groups { unified, root: Path::new(dir.unwrap_or("/sys/fs/cgroup")).join(own) }
    }

    #[expect(clippy::disallowed_methods, reason = "the kernel reports this in files")]
    fn controllers(&self) -> Option<Vec<String>> {
        if self.unified {
            return words(&self.root.join("cgroup.controllers"));
        }
        let is_there = |name: &&str| Path::new("/sys/fs/cgroup").join(name).is_dir();
        let found: Vec<String> = ["memory", "cpu", "pids"].into_iter().filter(is_there).map(str::to_owned).collect();
        Path::new("/sys/fs/cgroup").is_dir().then_some(found)
    }

    /// The cgroup of a user manager.
    fn of_manager(&self, uid: u32) -> PathBuf {
        self.root.join(format!("user.slice/user-{uid}.slice/user@{uid}.service"))
    }

    /// A limit on everything, as of a container.
    fn limit(&self, file: &str) -> Option<u64> {
        text(self.root.join(file)).and_then(|limit| limit.trim().parse().ok())
    }
}

fn memory() -> Option<u64> {
    let text = text("/proc/meminfo")?;
    let total = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    total.trim().strip_suffix(" kB")?.parse::<u64>().ok()?.checked_mul(1024)
}

/// The length of a list such as `0-3,6`.
fn count(list: &str) -> Option<u64> {
    let range = |part: &str| match part.split_once('-') {
        Some((first, last)) => last.parse::<u64>().ok()?.checked_sub(first.parse().ok()?)?.checked_add(1),
        None => part.parse::<u64>().ok().map(|_| 1),
    };
    list.split(',').map(range).sum()
}

/// The nice level that the manager's processes can set (setpriority(2), `RLIMIT_NICE`).
#[expect(clippy::disallowed_methods, reason = "the kernel reports this in files")]
fn lowest_nice(manager: &Path) -> Option<i32> {
    let first = text(manager.join("init.scope/cgroup.procs")).and_then(|list| Some(list.lines().next()?.to_owned()));
    // It usually has the same limits as the session.
    let pid = first.filter(|pid| Path::new("/proc").join(pid).exists()).unwrap_or_else(|| "self".into());
    let limits = text(format!("/proc/{pid}/limits"))?;
    let soft = limits.lines().find_map(|line| line.strip_prefix("Max nice priority"))?.split_whitespace().next()?;
    let allowed = soft.parse::<i32>().map_or(-20, |limit| 20 - limit);
    let own = Stat::read(&Path::new("/proc").join(pid))?.nice();
    // Keeping the current level is always allowed.
    Some(allowed.min(own).max(-20))
}

fn words(path: &Path) -> Option<Vec<String>> {
    text(path).map(|words| words.split_whitespace().map(str::to_owned).collect())
}

#[expect(clippy::disallowed_methods, reason = "the kernel reports this in files")]
fn text(path: impl AsRef<Path>) -> Option<String> {
    fs::read_to_string(path).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processors_are_counted() {
        for (list, number) in [("0", Some(1)), ("0-3", Some(4)), ("0-1,4,6-7", Some(5)), ("", None), ("3-0", None)] {
            assert_eq!(count(list), number, "{list}");
        }
    }

    #[test]
    fn this_machine_has_some_of_everything() {
        assert!(memory().is_some_and(|memory| memory > 1 << 20));
        assert!(lowest_nice(Path::new("/nowhere")).is_some_and(|nice| (-20..=19).contains(&nice)));
    }
}

//! Resource limits on real systemd: those that work, and those that cannot work.

use crate::host::{Host, Inside};
use crate::scope::Scope;
use crate::setup::{booted, done, fails, property, ran, same, system};

/// The cgroup controllers available in a scope.
fn controllers(scope: &Scope<'_>) -> Vec<String> {
    let uid = scope.run("id").arg("-u").text();
    let directory = match scope.session {
        Some(_) => format!("/sys/fs/cgroup/user.slice/user-{0}.slice/user@{0}.service", uid.trim()),
        None => "/sys/fs/cgroup".into(),
    };
    let list = scope.host.root("cat").arg(format!("{directory}/cgroup.controllers")).text();
    list.split_whitespace().map(str::to_owned).collect()
}

#[apply(booted_test)]
fn limits_apply_or_are_warned_of(scope: &Scope<'_>) {
    let has = controllers(scope);
    let missing: Vec<(&str, &str, &str)> =
        [("memory", "--memory-max", "64M"), ("cpu", "--cpu-quota", "50%"), ("pids", "--tasks-max", "20")]
            .into_iter()
            .filter(|(controller, ..)| !has.iter().any(|one| one == controller))
            .collect();
    for (controller, option, value) in &missing {
        let refused = fails(2, &mut scope.mkservice(&["--name", "limited", option, value, "sleep", "1001"]));
        assert!(refused.starts_with(&format!("error: {option} {value} has no effect: ")), "{refused}");
        assert!(refused.contains(&format!("controller `{controller}`")), "{refused}");
    }

    let line = ["--name", "limited", "--memory-max", "64M", "--cpu-quota", "50%", "--tasks-max", "20", "--nice", "15"];
    let made = ran(&mut scope.mkservice(&[&line[..], &["--force", "sleep", "1001"]].concat()));
    assert_eq!((made.code, made.stderr.lines().count()), (0, missing.len()), "{made:?}");
    let now = |name| scope.property("limited", name);
    assert_eq!(now("MemoryMax"), (64u64 << 20).to_string());
    assert_eq!(["CPUQuotaPerSecUSec", "TasksMax", "Nice"].map(now), ["500ms", "20", "15"]);
    let pid = now("MainPID");
    assert_eq!(nice(scope.host, &pid), "15");
    for (controller, file, value) in
        [("memory", "memory.max", "67108864"), ("cpu", "cpu.max", "50000 100000"), ("pids", "pids.max", "20")]
    {
        if has.iter().any(|one| one == controller) {
            let path = format!("/sys/fs/cgroup{}/{file}", now("ControlGroup"));
            assert_eq!(scope.host.root("cat").arg(path).text().trim(), value, "{file}");
        }
    }

    // More memory than the machine has, by an option or by -p.
    let too_much = ["--name", "limited", "--force", "--memory-max", "900T", "--cpu-quota", "1000000%"];
    let told = ran(&mut scope.mkservice(&[&too_much[..], &["-p", "TasksMax=99999999", "sleep", "1001"]].concat()));
    assert_eq!(told.code, 0, "{told:?}");
    for words in [
        "--memory-max 900T has no effect: this machine has less memory (",
        "--cpu-quota 1000000% has no effect: this machine has ",
        "-p TasksMax=99999999 has no effect: this machine can have ",
    ] {
        assert!(told.stderr.contains(words), "{words}: {told:?}");
    }

    lower(scope);
    done(&mut scope.verb(&["remove", "limited"]));
}

/// Only root can set nice values below 0.
fn lower(scope: &Scope<'_>) {
    let mut line = scope.mkservice(&["--name", "limited", "--nice", "-5", "sleep", "1001"]);
    if scope.session.is_none() {
        done(&mut line);
        let pid = scope.property("limited", "MainPID");
        assert_eq!(nice(scope.host, &pid), "-5");
        return;
    }
    // The nice value of the caller.
    let lowest = nice(scope.host, "1");
    same(
        fails(2, &mut line),
        format!(
            "error: --nice=-5 has no effect: the lowest nice level your user manager can set is {}\n\
             hint: create a system service: mkservice --system --name limited --nice -5 sleep 1001\n\
             hint: use --force to install it anyway\n",
            lowest
        ),
    );
    let by_property = fails(2, &mut scope.mkservice(&["-p", "Nice=-5", "sleep", "1001"]));
    assert!(by_property.starts_with("error: -p Nice=-5 has no effect: "), "{by_property}");
}

/// The nice value of a process, field 19 (proc(5)).
fn nice(host: &Host, pid: &str) -> String {
    let stat = host.root("cat").arg(format!("/proc/{pid}/stat")).text();
    stat.rsplit_once(')').unwrap().1.split_whitespace().nth(16).unwrap().to_owned()
}

const SERVER: &[&str] = &["--name", "web", "--privileged-ports", "--", "python3", "-m", "http.server", "80"];

#[apply(booted_test)]
fn privileged_ports_can_be_bound() {
    let host = booted();
    done(system(&host, "daemon").args(SERVER));
    let status = property(host.root("systemctl"), "web", "MainPID");
    let status = host.root("cat").arg(format!("/proc/{status}/status")).text();
    assert!(status.contains("CapAmb:\t0000000000000400\n"), "{status}");
    assert_eq!(answer(&host), "200");
    done(host.root("mkservice").args(["remove", "web"]));

    let root = ran(system(&host, "root").args(["--name", "web", "--privileged-ports", "sleep", "1001"]));
    assert_eq!(root.code, 0, "{root:?}");
    assert!(root.stdout.contains("note: --privileged-ports has no effect: the service runs as root"), "{root:?}");
    assert!(property(host.root("systemctl"), "web", "AmbientCapabilities").is_empty());
    done(host.root("mkservice").args(["remove", "web"]));
    let lost = ["-p", "CapabilityBoundingSet=CAP_CHOWN"];
    let lost = fails(2, system(&host, "daemon").args(lost).args(SERVER));
    assert!(lost.contains("removes CAP_NET_BIND_SERVICE"), "{lost}");

    let session = host.open_session("ann");
    same(
        fails(2, session.run("mkservice").args(SERVER)),
        "error: --privileged-ports requires a system service: ports below 1024 belong to root\n\
         hint: create a system service: \
         mkservice --system --name web --privileged-ports -- python3 -m http.server 80\n\
         hint: or let every user listen on ports 80 and above: \
         echo net.ipv4.ip_unprivileged_port_start=80 | sudo tee /etc/sysctl.d/50-unprivileged-ports.conf \
         && sudo sysctl --system\n",
    );
    // The kernel's value.
    host.root("sh")
        .args(["-c", "mount -o remount,rw,bind /proc/sys && echo 80 > /proc/sys/net/ipv4/ip_unprivileged_port_start"])
        .text();
    let open = ran(session.run("mkservice").args(SERVER));
    assert_eq!(open.code, 0, "{open:?}");
    assert!(open.stdout.contains("note: every user can listen on ports 80 and above here"), "{open:?}");
    assert_eq!(answer(&host), "200");
    done(session.run("mkservice").args(["remove", "web"]));
}

/// What the server on port 80 answers, which can take a moment.
fn answer(host: &Host) -> String {
    const ASK: &str = "import time, urllib.request
for _ in range(200):
    try:
        print(urllib.request.urlopen('http://127.0.0.1:80/', timeout=5).status)
        break
    except OSError:
        time.sleep(0.05)";
    host.root("python3").args(["-c", ASK]).text().trim().to_owned()
}

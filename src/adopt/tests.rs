use super::*;
use crate::host::process::OpenFile;

/// A process of user 1000 that can become a service.
fn process(pid: u32, parent: u32, line: &str) -> Process {
    let place = || Some(OpenFile { path: "/".into(), is_there: true, identity: (1, 1) });
    Process {
        pid,
        parent,
        group: pid,
        state: 'S',
        started: u64::from(pid),
        uid: 1000,
        euid: 1000,
        namespaces: 1,
        cgroup: "/user.slice/user-1000.slice/session-1.scope".into(),
        name: line.split(' ').next().unwrap_or_default().chars().take(15).collect(),
        command: line.split(' ').filter(|word| !word.is_empty()).map(Into::into).collect(),
        program: place(),
        dir: place(),
        same_files: true,
        environment: Some(std::collections::BTreeMap::new()),
        ..Process::default()
    }
}

/// A shell (10), its child mkservice (11), and the given processes.
fn table_of(others: Vec<Process>) -> Vec<Process> {
    let mut all = vec![process(10, 1, "-bash"), process(11, 10, "mkservice adopt x.py")];
    all.extend(others);
    all
}

fn obstacle_of(it: Process) -> Option<Obstacle> {
    let (pid, all) = (it.pid, table_of(vec![it]));
    let table = ProcessTable { all: &all, own: 11, euid: 1000 };
    table.obstacle(table.get(pid).unwrap())
}

#[test]
fn obstacles_are_detected() {
    let of = |change: fn(&mut Process)| {
        let mut it = process(20, 10, "python3 x.py");
        change(&mut it);
        obstacle_of(it)
    };
    assert_eq!(of(|_| ()), None);
    assert_eq!(of(|it| it.of_kernel = true), Some(Obstacle::Kernel));
    assert_eq!(of(|it| it.state = 'Z'), Some(Obstacle::Exited));
    assert_eq!(of(|it| it.state = 'T'), None);
    assert_eq!(of(|it| it.namespaces = 2), Some(Obstacle::Container));
    assert_eq!(of(|it| it.cgroup = "/system.slice/docker-1.scope".into()), Some(Obstacle::Container));
    let service = Obstacle::Service { unit: "cron.service".into(), of_user: false };
    assert_eq!(of(|it| it.cgroup = "/system.slice/cron.service".into()), Some(service));
    assert_eq!(of(|it| (it.uid, it.euid) = (0, 0)), Some(Obstacle::OtherUser { uid: 0 }));
    assert_eq!(of(|it| it.euid = 0), Some(Obstacle::ChangedUser { uid: 1000, euid: 0 }));
    assert_eq!(of(|it| it.command.clear()), Some(Obstacle::NoCommand));
    assert_eq!(of(|it| it.program = None), Some(Obstacle::Unreadable));
    assert_eq!(of(|it| it.same_files = false), Some(Obstacle::OtherRoot));
    assert_eq!(of(|it| it.name = "sshd".into()), Some(Obstacle::SessionProgram("keeps a user logged in")));
    assert_eq!(obstacle_of(process(1, 0, "/sbin/init")), Some(Obstacle::Init));
}

#[test]
fn ancestors_of_mkservice_are_refused() {
    let all = table_of(Vec::new());
    let table = ProcessTable { all: &all, own: 11, euid: 1000 };
    assert_eq!(table.obstacle(&all[0]), Some(Obstacle::Ancestor));
    assert_eq!(table.obstacle(&all[1]), Some(Obstacle::Own));
    // Even for root.
    let table = ProcessTable { euid: 0, ..table };
    assert_eq!(table.obstacle(&all[0]), Some(Obstacle::Ancestor));
    assert_eq!(table.obstacle(&process(20, 1, "x")), None);
}

#[test]
fn the_topmost_process_is_adopted_with_its_family() {
    let mut left_behind = process(24, 1, "orphan");
    left_behind.group = 20;
    let all = table_of(vec![
        process(20, 10, "sh run.sh"),
        process(21, 20, "gunicorn app"),
        process(22, 21, "gunicorn app"),
        process(23, 10, "python3 other.py"),
        left_behind,
    ]);
    let table = ProcessTable { all: &all, own: 11, euid: 1000 };
    let pids = |found: &[&Process]| found.iter().map(|process| process.pid).collect::<Vec<_>>();
    assert_eq!(pids(&table.family(table.get(20).unwrap())), [20, 21, 24, 22]);
    assert_eq!(pids(&table.family(table.get(23).unwrap())), [23]);
    assert_eq!(table.top(table.get(22).unwrap()).pid, 20);
    assert_eq!(pids(&table.matching("gunicorn").0), [20]);
    assert_eq!(pids(&table.matching("py").0), [23]);
    assert_eq!(pids(&table.matching("adopt").0), [] as [u32; 0]);
    assert_eq!(pids(&table.background(1000)), [20, 23, 24]);
    let worker = Obstacle::Child { parent: 20, command: "sh run.sh".into() };
    assert_eq!(table.child_obstacle(table.get(21).unwrap()), Some(worker));
    assert_eq!(table.child_obstacle(table.get(20).unwrap()), None, "an interactive shell is not a supervisor");
}

#[test]
fn foreground_processes_are_not_listed() {
    let mut editor = process(20, 10, "vi x");
    editor.in_foreground = true;
    let mut other = process(21, 1, "python3 x.py");
    other.uid = 1001;
    let all = table_of(vec![editor, other, process(22, 10, "-zsh")]);
    let table = ProcessTable { all: &all, own: 11, euid: 1000 };
    assert!(table.background(1000).is_empty());
}

#[test]
fn processes_in_a_pipe_are_refused() {
    let pipe = || Stream::Pipe("pipe:[7]".into());
    let (mut one, mut other) = (process(20, 10, "producer"), process(21, 10, "consumer"));
    (one.streams[1], other.streams[0], other.group) = (pipe(), pipe(), 20);
    let all = table_of(vec![one, other]);
    let table = ProcessTable { all: &all, own: 11, euid: 1000 };
    let writes = Obstacle::Pipe { with: 21, command: "consumer".into(), writes: true };
    let reads = Obstacle::Pipe { with: 20, command: "producer".into(), writes: false };
    assert_eq!(table.obstacle(&all[2]), Some(writes));
    assert_eq!(table.obstacle(&all[3]), Some(reads));
}

#[test]
fn a_process_title_is_not_a_command_line() {
    let words = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
    for (line, rewritten) in [
        (&["nginx: master process /usr/sbin/nginx"][..], true),
        (&["postgres: walwriter ", "", ""], true),
        (&["web", "", "", ""], true),
        (&["python3", "x.py"], false),
        (&["python3"], false),
        (&["python3", "x.py", ""], false),
        (&[], false),
    ] {
        assert_eq!(is_rewritten(&words(line)), rewritten, "{line:?}");
    }
}

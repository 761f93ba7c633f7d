use super::super::testing::{line, option, read_as, source, unconverted, with_facts};
use super::super::{ImportOptions, Imported, Importer as _, RelatedFile};
use crate::cli::ImportFormat as Format;
use crate::manifest::Value;
use crate::output::wording::plain;
use std::path::PathBuf;

const SHOP: &str = include_str!("../../../examples/import/supervisord/shop.conf");

fn read(path: &str, text: &str, related: &[(&str, &str)]) -> Imported {
    read_as(Format::Supervisord, path, text, related, &ImportOptions::default()).unwrap()
}

fn text(text: &str) -> Option<Value> {
    Some(Value::Text(text.into()))
}

#[test]
fn programs_become_services() {
    let read = read("/etc/supervisor/conf.d/shop.conf", SHOP, &[]);
    let service = |name: &str| read.manifest.services.iter().find(|it| it.name == name).unwrap();
    let web = service("shop-web");
    assert_eq!(
        web.command,
        ["/srv/shop/venv/bin/gunicorn", "shop.wsgi:application", "--bind", "127.0.0.1:8000", "--name", "the shop"]
    );
    assert_eq!(option(web, "working-directory").cloned(), text("/srv/shop"));
    assert_eq!(option(web, "uid").cloned(), text("www-data"));
    assert_eq!(option(web, "restart").cloned(), text("always"));
    assert_eq!(option(web, "log-file").cloned(), text("/var/log/shop/web.log"));
    assert_eq!(line(web, "setenv", "DJANGO_SETTINGS_MODULE"), Some("shop.settings,prod"));
    assert_eq!(line(web, "setenv", "STAGE"), Some("staging"));
    for (name, value) in [("KillSignal", "SIGQUIT"), ("TimeoutStopSec", "30"), ("KillMode", "mixed"), ("UMask", "027")]
    {
        assert_eq!(line(web, "properties", name), Some(value), "{name}");
    }
    let worker = service("shop-worker");
    assert_eq!(option(worker, "instances").cloned(), text("00,01,02,03"));
    assert_eq!(worker.command.last().unwrap(), "worker%i@build1");
    assert_eq!(line(worker, "setenv", "WORKER"), Some("%i of 4"));
    assert_eq!(option(worker, "restart").cloned(), text("on-failure"));
    assert_eq!(line(worker, "properties", "SuccessExitStatus"), Some("2"));
    assert_eq!(line(worker, "properties", "KillMode"), None);
    // 100 comes before 999.
    assert_eq!(option(worker, "after").cloned(), Some(Value::List(vec!["shop-migrate".into()])));
    let migrate = service("shop-migrate");
    assert_eq!((option(migrate, "restart").cloned(), option(migrate, "settle").cloned()), (text("no"), text("0")));
    assert_eq!(line(migrate, "properties", "RemainAfterExit"), Some("yes"));
    let off = service("shop-debug");
    assert_eq!(
        (option(off, "no-start"), option(off, "no-enable")),
        (Some(&Value::Flag(true)), Some(&Value::Flag(true)))
    );
    assert_eq!(off.command, ["bash", "-c", "while true; do date"]);
    assert_eq!(option(off, "uid").cloned(), text("root"));
    let told = unconverted(&read).join("\n");
    for part in
        ["[group:shop]", "[eventlistener:mail]", "[unix_http_server]", "stderr_logfile_maxbytes", "shiny=1", "logfile"]
    {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[test]
fn included_files_are_read() {
    let main = "[supervisord]\nuser=ann\ndirectory=/srv\nenvironment=A=\"1\"\n[include]\nfiles = conf.d/*.ini %(here)s/x.conf\n";
    let source = source("/home/ann/supervisord.conf", main);
    let patterns = with_facts(|facts| super::Supervisord.related_files(&source, facts));
    let expected = ["/home/ann/conf.d/*.ini", "/home/ann/x.conf"].map(|it| RelatedFile::Pattern(PathBuf::from(it)));
    assert_eq!(patterns, expected);
    let related = [("/home/ann/conf.d/a.ini", "[program:a]\ncommand=./run %(here)s\nenvironment=B=2")];
    let read = read("/home/ann/supervisord.conf", main, &related);
    let a = &read.manifest.services[0];
    assert_eq!(a.command, ["/srv/run", "/home/ann/conf.d"]);
    assert_eq!((line(a, "setenv", "A"), line(a, "setenv", "B")), (Some("1"), Some("2")));
    assert_eq!(option(a, "uid").cloned(), text("ann"));
}

#[test]
fn processes_that_differ_in_more_than_a_number_become_separate_services() {
    let one = "[program:w]\nnumprocs=2\nnumprocs_start=1\nprocess_name=%(program_name)s-%(process_num)d\n";
    let several = read("/x.conf", &format!("{one}command=w 80%(process_num)02d\n"), &[]);
    let all: Vec<(&str, &str)> =
        several.manifest.services.iter().map(|it| (it.name.as_str(), it.command[1].as_str())).collect();
    assert_eq!(all, [("w-1", "8001"), ("w-2", "8002")]);
    let instances = read("/x.conf", &format!("{one}command=w 100%%i --port 808%(process_num)d\n"), &[]);
    let w = &instances.manifest.services[0];
    assert_eq!((w.name.as_str(), option(w, "instances").cloned()), ("w", text("2")));
    assert_eq!(w.command, ["w", "100%%i", "--port", "808%i"]);
}

#[test]
fn a_stop_timeout_of_zero_kills_at_once() {
    let read = read("/x.conf", "[program:a]\ncommand=x\nstopwaitsecs=0\n", &[]);
    assert_eq!(line(&read.manifest.services[0], "properties", "TimeoutStopSec"), Some("1ms"));
}

#[test]
fn the_restart_delay_is_constant() {
    // With `restart-sec` it grows from release 254 on, and as many tries as supervisord has never come in that time.
    let read = read("/x.conf", "[program:a]\ncommand=x\n", &[]);
    let a = &read.manifest.services[0];
    assert_eq!((option(a, "restart-sec"), line(a, "properties", "RestartSec")), (None, Some("1s")));
}

#[test]
fn a_raised_limit_on_open_files_is_kept() {
    for (value, limit) in [("65536", Some("65536")), ("1024", None)] {
        let text = format!("[program:a]\ncommand=x\n[supervisord]\nminfds={value}\n");
        let read = read("/x.conf", &text, &[]);
        assert_eq!(line(&read.manifest.services[0], "properties", "LimitNOFILE"), limit, "{value}");
        assert_eq!(unconverted(&read), Vec::<String>::new());
    }
}

#[test]
fn stdout_and_stderr_can_have_separate_files() {
    let out = "append:/var/log/a b%%.log";
    for (lines, log_file, output, error) in [
        ("stdout_logfile=/var/log/a b%%.log\nstderr_logfile=log/e", None, Some(out), Some("append:/srv/log/e")),
        ("stdout_logfile=/o\nstderr_logfile=/o", Some("/o"), None, None),
        ("stdout_logfile=/o\nstderr_logfile=/e\nredirect_stderr=true", Some("/o"), None, None),
        ("stdout_logfile=~/o", Some("/home/ann/o"), None, None),
        ("stderr_logfile=/e", None, None, Some("append:/e")),
        ("stdout_logfile=NONE\nstderr_logfile=/e", None, Some("null"), Some("append:/e")),
        ("stdout_logfile=/o\nstderr_logfile=none", None, Some("append:/o"), Some("null")),
        ("stdout_logfile=/o\nstderr_logfile=/dev/stderr", None, Some("append:/o"), Some("journal")),
        ("stdout_logfile=none", None, Some("null"), Some("journal")),
        ("stdout_logfile=none\nredirect_stderr=true\nstderr_logfile=none", None, Some("null"), None),
        ("stdout_logfile=/dev/stdout\nstderr_logfile=/dev/stderr", None, None, None),
        ("", None, None, None),
    ] {
        let read = read("/srv/x.conf", &format!("[program:a]\ncommand=x\n{lines}\n"), &[]);
        let a = &read.manifest.services[0];
        assert_eq!(option(a, "log-file").cloned(), log_file.and_then(text), "{lines}");
        let both = (line(a, "properties", "StandardOutput"), line(a, "properties", "StandardError"));
        assert_eq!(both, (output, error), "{lines}");
    }
    let several =
        "[program:w]\nnumprocs=2\nprocess_name=w%(process_num)02d\ncommand=x\nstderr_logfile=/e%%%(process_num)02d\n";
    let several = read("/x.conf", several, &[]);
    let w = &several.manifest.services[0];
    assert_eq!(line(w, "properties", "StandardError"), Some("append:/e%%%i"), "{w:?}");
    assert_eq!(option(w, "instances").cloned(), text("00,01"));
    let rotated = "[program:a]\ncommand=x\nstdout_logfile=/o\nstdout_logfile_maxbytes=0\nstderr_logfile=/e\n";
    let told = unconverted(&read("/x.conf", rotated, &[]));
    assert!(matches!(&told[..], [one] if one.starts_with("5: stderr_logfile_maxbytes and _backups")), "{told:?}");
}

#[test]
fn settings_that_supervisord_refuses_are_errors_with_their_line() {
    for (file, part) in [
        ("", "/x.conf: contains no program"),
        ("[program:a]\ncommand=%(nope)s\n", "/x.conf:2: command contains the unknown expansion `%(nope)`"),
        ("[program:a]\ncommand=%(ENV_NOPE)s\n", "variable NOPE"),
        ("[program:a]\nuser=x\n", "/x.conf:1: [program:a] has no command"),
        ("[program:a]\ncommand=x\nnumprocs=9999999\n", "/x.conf:3: numprocs"),
        (
            "[program:a]\ncommand=x\nautorestart=maybe\n",
            "/x.conf:3: autorestart expects true, false or unexpected, not `maybe`",
        ),
        ("[program:a]\ncommand=x\nautostart=maybe\n", "neither true nor false"),
        ("[program:a]\ncommand=x 'y\n", "/x.conf:2: command has an unterminated quote"),
        ("[program:a]\ncommand=x\nenvironment=A\n", "/x.conf:3: environment is not a comma-separated list"),
        ("[program:a]\ncommand=x\nexitcodes=0,300\n", "/x.conf:3: exitcodes: invalid exit code `300`"),
        ("[program:a]\ncommand=x\n[supervisord]\nminfds=many\n", "/x.conf:4: minfds `many` is not a number"),
        ("[program:a]\ncommand=x\nuser=\n", "/x.conf:3: user is empty"),
        ("command=x\n", "/x.conf:1: is not in a section"),
        ("[program:a]\ncommand\n", "/x.conf:2: is neither"),
    ] {
        let why = read_as(Format::Supervisord, "/x.conf", file, &[], &ImportOptions::default())
            .map_err(|error| plain(&error))
            .unwrap_err();
        assert!(why.contains(part), "{file:?}: {why}");
    }
    let related = [("/c/y.ini", "\n[program:b]\nx")];
    let why = read_as(Format::Supervisord, "/x.conf", "[program:a]\ncommand=x\n", &related, &ImportOptions::default());
    assert!(why.map_err(|error| plain(&error)).unwrap_err().contains("/c/y.ini:3:"));
}

#[test]
fn numbers_fit_behind_long_names() {
    let name = "n".repeat(300);
    let file = format!("[program:{name}a]\ncommand=x\n[program:{name}b]\ncommand=y\n");
    let read = read("/etc/supervisor/conf.d/x.conf", &file, &[]);
    let names: Vec<&str> = read.manifest.services.iter().map(|it| it.name.as_str()).collect();
    assert!(names.len() == 2 && names[0] != names[1], "{names:?}");
    assert!(names.iter().all(|name| crate::spec::UnitName::parse(name).is_ok()), "{names:?}");
}

#[test]
fn variables_that_systemd_does_not_accept_are_left_out() {
    let file = "[supervisord]\nenvironment=a.b=1,C=2\n[program:a]\ncommand=/x\nenvironment=A=\"1\",==/home/ann,é=2\n";
    let read = read("/x.conf", file, &[]);
    let text = crate::manifest::write(&read.manifest);
    assert!(text.contains("setenv = { C = \"2\", A = \"1\" }"), "{text}");
    let left_out: Vec<&str> = read.unconverted.iter().map(|it| it.what.as_str()).collect();
    let expected = ["a.b", "=", "é"].map(|name| format!("systemd does not accept the variable `{name}`"));
    assert_eq!(left_out, expected);
}

#[test]
fn values_can_use_the_variables_of_the_file() {
    let main = "[supervisord]\nenvironment=BASE=/srv,COUNT=2\n";
    let own = "environment=PORT=\"80%(process_num)02d\",PATH=\"%(ENV_BASE)s/bin:%(ENV_HOME)s\"\n";
    let names = "process_name=w%(process_num)02d\n";
    // The sections can have any order.
    let of_both = format!(
        "[program:w]\ncommand=%(ENV_BASE)s/w --port %(ENV_PORT)s -h %(ENV_HOME)s\nnumprocs=%(ENV_COUNT)s\n\
         directory=%(ENV_BASE)s/%(ENV_PORT)s\n{names}{own}{main}"
    );
    let of_both = read("/x.conf", &of_both, &[]);
    let w = &of_both.manifest.services[0];
    assert_eq!(w.command, ["/srv/w", "--port", "80%i", "-h", "/home/ann"]);
    assert_eq!(option(w, "instances").cloned(), text("00,01"));
    assert_eq!(option(w, "working-directory").cloned(), text("/srv/80%i"));
    // Each is expanded once: its own variables do not apply to themselves.
    assert_eq!(line(w, "setenv", "PATH"), Some("/srv/bin:/home/ann"));
    let itself = "[program:a]\ncommand=x %(ENV_HOME)s\nenvironment=HOME=\"%(ENV_HOME)s/x\"\n";
    let itself = read("/x.conf", itself, &[]);
    let a = &itself.manifest.services[0];
    assert_eq!((a.command[1].as_str(), line(a, "setenv", "HOME")), ("/home/ann/x", Some("/home/ann/x")));
    // supervisord reads the number of processes before the variables of the program.
    let number = "[program:a]\ncommand=x\nnumprocs=%(ENV_N)s\nenvironment=N=2\n";
    let why = plain(&read_as(Format::Supervisord, "/x.conf", number, &[], &ImportOptions::default()).unwrap_err());
    assert!(why.contains("/x.conf:3: numprocs uses the variable N of supervisord's environment"), "{why}");
}

#[test]
fn a_program_knows_its_group() {
    let grouped = "[group:site]\nprograms=web, api\n[program:web]\ncommand=x %(group_name)s\n[program:b]\ncommand=x %(group_name)s\n";
    let read = read("/x.conf", grouped, &[]);
    let groups: Vec<&str> = read.manifest.services.iter().map(|it| it.command[1].as_str()).collect();
    assert_eq!(groups, ["site", "b"]);
}

#[test]
fn patterns_that_match_no_file_are_named() {
    let main = "[include]\nfiles = conf.d/*.conf extra/[ab].ini /x/y.conf\n[program:m]\ncommand=x\n";
    let related = [("/etc/s/extra/a.ini", "[program:a]\ncommand=x\n")];
    let some = read("/etc/s/supervisord.conf", main, &related);
    assert_eq!(unconverted(&some), ["1: [include]: no file matches `conf.d/*.conf` and `/x/y.conf`"]);
    let nested = [("/etc/s/extra/a.ini", "[program:a]\ncommand=x\n[include]\nfiles=b.ini\n")];
    let nested = read("/etc/s/supervisord.conf", "[include]\nfiles=extra/*.ini\n", &nested);
    assert_eq!(unconverted(&nested), ["3: [include]: supervisord ignores it in an included file"]);
    for (text, part) in [
        ("[include]\nfiles=/c/*.conf\n", "/x.conf: contains no program; [include]: no file matches `/c/*.conf`"),
        ("[include]\n", "/x.conf: contains no program; [include]: names no files"),
        (
            "[eventlistener:mail]\ncommand=x\nevents=TICK_5\n",
            "/x.conf: contains no program; [eventlistener:mail] needs supervisord itself",
        ),
    ] {
        let why = plain(&read_as(Format::Supervisord, "/x.conf", text, &[], &ImportOptions::default()).unwrap_err());
        assert!(why.starts_with(part), "{text}: {why}");
    }
}

#[test]
fn errors_are_printable() {
    for (text, part) in [
        ("[program:a]\ncommand=%(no\u{1b}[2J)s\n", r"`%(no\u{1b}[2J)`"),
        ("[program:a]\ncommand=x\nautostart=\u{202e}on\n", r"`\u{202e}on`"),
        ("[program:a\u{61c}]\nuser=x\n", r"[program:a\u{61c}] has no command"),
        // A line of the file must not look like one of mkservice.
        ("[program:a]\ncommand=x\nautostart=a\n  hint: b\n", r"`a\nhint: b`"),
    ] {
        let why = plain(&read_as(Format::Supervisord, "/x.conf", text, &[], &ImportOptions::default()).unwrap_err());
        assert!(why.contains(part), "{text:?}: {why}");
    }
    let ignored = read("/x.conf", "[program:a]\ncommand=x\nshiny\u{1b}=\u{202e}\n", &[]);
    assert_eq!(unconverted(&ignored), [r"3: shiny\u{1b}=\u{202e}: not an option of supervisord"]);
}

#[test]
fn other_programs_run_as_root_where_one_has_a_user() {
    let read = read("/srv/x.conf", "[program:a]\ncommand=x\nuser=ann\n[program:b]\ncommand=y\n", &[]);
    let users: Vec<Option<Value>> = read.manifest.services.iter().map(|it| option(it, "uid").cloned()).collect();
    assert_eq!(users, [text("ann"), text("root")]);
}

//! Manifests where systemd is not running: services are written and enabled, and invalid ones are reported with their
//! position before anything is written.

use std::fs;
use std::os::unix::fs::symlink;

use snapbox::str;

use crate::support::{Home, Ran, same};

/// Applies a manifest of this content in the working directory.
fn apply(home: &Home, content: impl AsRef<[u8]>, words: &[&str]) -> Ran {
    home.file("work/mkservice.toml", content, 0o644);
    home.run_words([&["apply"], words].concat())
}

/// A refused manifest: exit code 2, nothing on stdout, nothing written.
#[track_caller]
fn refused(home: &Home, words: &[&str]) -> String {
    let before = home.tree();
    let ran = home.run_words([&["apply"], words].concat());
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{words:?}: {ran:?}");
    assert_eq!(home.tree(), before, "something was written: {ran:?}");
    ran.stderr
}

#[test]
fn services_run_in_the_directory_of_the_file() {
    let home = Home::new();
    let text = "[defaults]\nsetenv = { A = \"1\" }\n\n[services.web]\ncommand = \"./server 'a b' c\"\n\n\
        [services.job]\ncommand = [\"python\", \"work/myscript.py\"]\nworking-directory = \"..\"\nsetenv = { A = \"2\", B = \"x y\" }\n\
        non-calendar = 1\n";
    let ran = apply(&home, text, &[]);
    assert_eq!(ran.code, 2, "{ran:?}");
    same(
        ran.stderr,
        str![[r#"
error: mkservice.toml:11:1: "non-calendar" is not a key of a service
    11 | non-calendar = 1
       | ^^^^^^^^^^^^
hint: did you mean `on-calendar`?

"#]],
    );
    let ran = apply(&home, text.replace("non-calendar = 1", "on-calendar = \"daily\""), &["--no-start"]);
    same(
        ran.stdout,
        str![[r#"
systemd is not running here: installed and enabled, starts at the next boot
web created, is installed and starts at the next boot
job created, is installed, and waits for its next run after the next boot
2 created

"#]],
    );
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert_eq!(home.directive("web", "WorkingDirectory"), "[HOME]/work");
    assert_eq!(home.directive("job", "WorkingDirectory"), "[HOME]");
    assert!(home.unit("web").contains("\nAppliedFrom=") && home.unit("job").contains("\nEnvironment=A=2\n"));
    let again = apply(&home, fs::read(home.path().join("work/mkservice.toml")).unwrap(), &["--check"]);
    assert_eq!((again.code, again.stdout.as_str()), (0, "nothing would change\ntotal: 2 unchanged\n"));
    // On stdin paths count from here.
    let none = apply(&home, "[services]\n", &["--prune"]);
    assert_eq!((none.code, none.stderr.as_str()), (0, ""), "{none:?}");
    assert!(!home.units().join("web.service").exists());
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table of expected texts")]
fn invalid_files_are_refused_with_line_and_column() {
    let home = Home::new();
    let big = "# a remark that goes on and on\n".repeat(10 << 20 >> 5);
    let bad: &[(&str, &[u8])] = &[
        ("text", b"mkservice python myscript.py\n"),
        ("open", b"[services.web\ncommand = \"python\"\n"),
        ("bytes", b"[services.web]\ncommand = [\"python\", \"\xff\"]\n"),
        ("elf", b"\x7fELF\x02\x01\x01\0\0\0"),
        ("empty", b""),
        ("big", big.as_bytes()),
        ("twice", b"[services.web]\ncommand = \"python\"\n[services.web]\ncommand = \"server\"\n"),
        ("same", b"[services.web]\ncommand = \"python\"\n[services.\"web.service\"]\ncommand = \"server\"\n"),
        ("key", b"[services.web]\ncommand = \"python\"\nrestart-secs = 5\n"),
        ("type", b"[services.web]\ncommand = 5\n"),
        ("shell", b"[services.web]\ncommand = \"python x.py > out.log\"\n"),
        ("nothing", b"[services.web]\ndescription = \"x\"\n"),
        ("value", b"[services.web]\ncommand = \"python\"\nrestart = \"sometimes\"\n"),
        ("line", b"[services.web]\ncommand = \"python\"\nquiet = true\n"),
        ("table", b"[service.web]\ncommand = \"python\"\n"),
    ];
    let mut told = String::new();
    for (name, content) in bad {
        home.file(format!("work/{name}.toml"), content, 0o644);
        told.push_str(&refused(&home, &[&format!("{name}.toml")]));
    }
    same(
        told,
        str![[r#"
error: text.toml:1:11: invalid TOML: key with no value, expected `=`
    1 | mkservice python myscript.py
      |           ^
error: open.toml:1:14: invalid TOML: unclosed table, expected `]`
    1 | [services.web
      |              ^
error: bytes.toml:2:23: the byte 0xff is not valid UTF-8
    2 | command = ["python", "�"]
      |                       ^
hint: save it as UTF-8: iconv -f LATIN1 -t UTF-8 bytes.toml > bytes.toml.utf8
error: elf.toml:1:11: invalid TOML: key with no value, expected `=`
    1 | \u{7f}ELF\u{2}\u{1}\u{1}\u{0}\u{0}\u{0}
      |                                        ^
error: empty.toml:1:1: there are no services in it
    1 | 
      | ^
hint: [services.NAME]
hint: command = ["PROGRAM", "ARGUMENT"]
hint: a file that shall have none says so: [services]
error: `big.toml` is too large: 9.6 MiB; the limit is 4.0 MiB
error: twice.toml:3:11: invalid TOML: duplicate key
    3 | [services.web]
      |           ^^^
error: twice.toml:4:1: invalid TOML: duplicate key
    4 | command = "server"
      | ^^^^^^^
error: same.toml:3:11: "web.service" is the same service as that of line 1
    3 | [services."web.service"]
      |           ^^^^^^^^^^^^^
hint: each service has a name of its own
error: key.toml:3:1: "restart-secs" is not a key of a service
    3 | restart-secs = 5
      | ^^^^^^^^^^^^
hint: did you mean `restart-sec`?
error: type.toml:2:11: `command` is a list of strings, or a string, and not a number
    2 | command = 5
      |           ^
hint: command = ["PROGRAM", "ARGUMENT"]
error: shell.toml:2:11: `command` contains the shell operator `>`, and no shell runs it
    2 | command = "python x.py > out.log"
      |           ^^^^^^^^^^^^^^^^^^^^^^^
hint: if it is meant as it is, as a list: command = ["PROGRAM", "ARGUMENT"]
hint: if a shell shall run it: command = ["/bin/sh", "-c", "python x.py > out.log"]
error: nothing.toml:1:11: the service "web" has no `command`
    1 | [services.web]
      |           ^^^
hint: command = ["PROGRAM", "ARGUMENT"]
error: value.toml:3:11: `restart` cannot be "sometimes"
    3 | restart = "sometimes"
      |           ^^^^^^^^^^^
hint: it is one of "no", "on-success", "on-failure", "on-abnormal", "on-watchdog", "on-abort", "always"
error: line.toml:3:1: `quiet` belongs on the command line: it holds for all services of the file
    3 | quiet = true
      | ^^^^^
hint: mkservice apply --quiet
error: table.toml:1:2: "service" is neither `defaults` nor `services`
    1 | [service.web]
      |  ^^^^^^^
hint: did you mean `services`?

"#]],
    );
}

/// The same where each service has a command.
fn with_commands(text: &str) -> String {
    let line = |line: &str| {
        if line.starts_with('[') { format!("{line}\ncommand = \"server\"\n") } else { format!("{line}\n") }
    };
    text.lines().map(line).collect()
}

#[test]
fn conflicting_services_are_refused() {
    let home = Home::new();
    let bad = [
        ("companion", "[services.a]\nnotify-failure = \"server\"\n[services.a-failure]\n"),
        ("failure", "[services.a-failure]\n[services.a]\nnotify-failure = \"server\"\n"),
        ("itself", "[services.a]\nafter = \"a\"\n"),
        ("two", "[services.a]\n[services.b]\nafter = [\"network.target\", \"c\"]\n[services.c]\nrequires = \"b\"\n"),
        (
            "three",
            "[services.a]\nafter = \"b\"\n[services.b]\ninstances = \"2\"\nafter = \"c\"\n[services.c]\nafter = \"b.target\"\n",
        ),
        ("port", "[services.a]\nlisten = \"8099\"\n[services.b]\nlisten = [\"8098\", \"127.0.0.1:8099\"]\n"),
    ];
    let mut told = String::new();
    for (name, content) in bad {
        home.file(format!("work/{name}.toml"), with_commands(content), 0o644);
        told.push_str(&refused(&home, &["--user", &format!("{name}.toml")]));
    }
    same(
        told,
        str![[r#"
error: companion.toml:4:11: service `a-failure`: `a-failure.service` is already the unit that service `a` starts on failure
    4 | [services.a-failure]
      |           ^^^^^^^^^
hint: give one of them another name
error: failure.toml:3:11: service `a`: `a-failure.service` is already the service `a-failure`, but is needed for the command to run on failure
    3 | [services.a]
      |           ^
hint: give one of them another name
error: itself.toml:3:1: service `a`: after a.service: a service cannot depend on itself
    3 | after = "a"
      | ^^^^^
error: two.toml:5:1: service `b`: after = "c.service" creates an ordering cycle: `b` starts after `c`, which starts after `b`
    5 | after = ["network.target", "c"]
      | ^^^^^
error: three.toml:7:1: service `b`: after = "c.service" creates an ordering cycle: `b` starts after `c`, which starts after `b`
    7 | after = "c"
      | ^^^^^
error: port.toml:6:1: service `b`: listen = "127.0.0.1:8099": service `a` listens on the same address
    6 | listen = ["8098", "127.0.0.1:8099"]
      | ^^^^^^

"#]],
    );
    // The same if one of the two already exists.
    let ran = home.run("--user --name a --notify-failure server server");
    assert_eq!(ran.code, 0, "{ran:?}");
    let told = refused(&home, &["--user", "companion.toml"]);
    assert!(told.contains("a-failure.service` is already the unit that service `a` starts on failure"), "{told}");
    let ran = home.run("--user --name a-failure server");
    let expected = "error: `a-failure` would replace a unit of service `a`: ";
    assert!(ran.code == 2 && ran.stderr.starts_with(expected), "{ran:?}");
    assert_eq!(home.run("remove a").code, 0);
    // Not cycles: a diamond, and two units that trigger each other's program.
    let text = "[services.a]\nafter = [\"b\", \"c\"]\n[services.b]\nafter = \"d\"\n\
        [services.c]\nafter = [\"d\", \"b\"]\n[services.d]\nlisten = \"8099\"\nafter = \"e.socket\"\n\
        [services.e]\nlisten = \"udp:8099\"\nafter = \"d.socket\"\n\
        [services.f]\nlisten = \"8099\"\nno-start = true\nno-enable = true\n";
    let ran = apply(&home, with_commands(text), &["--user", "--dry-run"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
}

#[test]
fn missing_programs_are_reported_at_their_command() {
    let home = Home::new();
    home.file("work/plain", "", 0o644);
    let text = "[services.a]\nuid = \"daemon\"\ncommand = \"cd /srv\"\n[services.b]\ncommand = [\"nosuchthing\"]\n\
        [services.c]\nno-start = true\ncommand = \"./plain x\"\n";
    home.file("work/mkservice.toml", text.replace("uid = \"daemon\"\n", "nice = 4\n"), 0o644);
    same(
        refused(&home, &["--user"]),
        str![[r#"
error: mkservice.toml:3:1: service `a`: program `cd` not found in PATH
    3 | command = "cd /srv"
      | ^^^^^^^
hint: run it with a shell: sh -c 'cd /srv'
error: mkservice.toml:5:1: service `b`: program `nosuchthing` not found in PATH
    5 | command = ["nosuchthing"]
      | ^^^^^^^
hint: check whether your shell finds it: type -a -- nosuchthing
error: mkservice.toml:8:1: service `c`: `[HOME]/work/plain` is not executable
    8 | command = "./plain x"
      | ^^^^^^^
hint: chmod +x [HOME]/work/plain

"#]],
    );
    // The scope is set in the manifest.
    home.file("work/mkservice.toml", text.replace("cd /srv", "server"), 0o644);
    let told = refused(&home, &["--user"]);
    assert!(told.contains("hint: mkservice apply --system mkservice.toml\n"), "{told}");
}

#[test]
fn repeated_errors_are_printed_once() {
    let home = Home::new();
    let services: String = (1..=5).map(|at| format!("[services.s{at}]\ncommand = \"server\"\n")).collect();
    let text =
        format!("[defaults]\nworking-directory = \"nowhere\"\n{services}[services.t]\ncommand = \"nosuchthing\"\n");
    home.file("work/mkservice.toml", text, 0o644);
    same(
        refused(&home, &["--user"]),
        str![[r#"
error: mkservice.toml:2:1: service `s1`: cannot use the working directory `[HOME]/work/nowhere`: no such file or directory
    2 | working-directory = "nowhere"
      | ^^^^^^^^^^^^^^^^^
    the same applies to s2, s3 and 2 more
error: mkservice.toml:14:1: service `t`: program `nosuchthing` not found in PATH
    14 | command = "nosuchthing"
       | ^^^^^^^
hint: check whether your shell finds it: type -a -- nosuchthing

"#]],
    );
    // Programs get all of them.
    let ran = home.run("apply --user --json");
    let document: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(document["errors"].as_array().unwrap().len(), 6, "{document}");
}

#[test]
fn unreadable_files_are_refused() {
    let home = Home::new();
    home.file("work/secret.toml", "[services]\n", 0o000);
    let work = home.path().join("work");
    symlink("round.toml", work.join("about.toml")).unwrap();
    symlink("about.toml", work.join("round.toml")).unwrap();
    symlink("nowhere.toml", work.join("dangling.toml")).unwrap();
    fs::create_dir(work.join("directory.toml")).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, work.join("pipe.toml"), rustix::fs::Mode::from_raw_mode(0o600)).unwrap();
    let mut told = refused(&home, &[]);
    for name in ["secret.toml", "round.toml", "dangling.toml", "directory.toml", "pipe.toml", "", "no\nsuch.toml"] {
        told.push_str(&refused(&home, &[name]));
    }
    same(
        told,
        str![[r#"
error: cannot read `mkservice.toml`: no such file or directory
hint: give another file: mkservice apply FILE
error: cannot read `secret.toml`: permission denied
error: cannot read `round.toml`: too many levels of symbolic links
error: cannot read `dangling.toml`: no such file or directory
error: cannot read `directory.toml`: is a directory
error: `pipe.toml` is a named pipe
hint: mkservice apply - < [HOME]/work/pipe.toml
error: the name of the file is empty
hint: mkservice apply FILE
error: cannot read `no\nsuch.toml`: no such file or directory

"#]],
    );
}

#[test]
fn huge_files_get_short_answers() {
    let home = Home::new();
    let each = |count: usize, text: &dyn Fn(usize) -> String| (0..count).map(text).collect::<String>();
    let names = each(20_000, &|at| format!("\"i{at}\","));
    let cycle = |at: usize| format!("[services.s{at}]\ncommand = \"/bin/true\"\nafter = \"s{}\"\n", (at + 1) % 1000);
    let many = each(20_001, &|at| format!("[services.s{at}]\ncommand = \"/bin/true\"\n"));
    for (text, part) in [
        (
            format!("[services.a]\ncommand = \"/bin/true\"\ninstances = [{names}]\n"),
            "exceeds the maximum of 256 instances",
        ),
        (each(1000, &cycle), "which starts after 988 others, which starts"),
        (many, "there are more than 20000 services in it"),
    ] {
        home.file("work/mkservice.toml", text, 0o644);
        let said = refused(&home, &[]);
        assert!(said.contains(part) && said.lines().count() <= 10 && said.len() < 2000, "{said:.3000}");
    }
}

#[test]
fn errors_name_options_or_keys_and_mark_the_value() {
    let home = Home::new();
    home.file(
        "work/values.toml",
        "[services.a]\ncommand = 'server'\nlisten = ['8080', 'no where']\n\
         [services.b]\ncommand = 'server'\nmemory-max = '1Q'\n\
         [services.c]\ncommand = 'server'\nworking-directory = '/nope -p x'\n\
         [services.d]\ncommand = 'server'\nlog-file = '/nope -p x/log'\n\
         [services.e]\ncommand = 'server'\nsetenv = { A = '1', PATH = '2', 'B C' = '3' }\n",
        0o644,
    );
    same(
        refused(&home, &["--user", "values.toml"]),
        str![[r#"
error: values.toml:3:19: service `a`: listen: `no where` is not a listen address: expected a port, IP:PORT, [IPV6]:PORT, /PATH, @NAME, vsock:CID:PORT or udp:PORT
    3 | listen = ['8080', 'no where']
      |                   ^^^^^^^^^^
error: values.toml:6:1: service `b`: memory-max: `1Q` is not a size: use a number of bytes, or one with K, M, G or T, such as 512M or 1.5G
    6 | memory-max = '1Q'
      | ^^^^^^^^^^
error: values.toml:9:1: service `c`: cannot use the working directory `/nope -p x`: no such file or directory
    9 | working-directory = '/nope -p x'
      | ^^^^^^^^^^^^^^^^^
error: values.toml:12:1: service `d`: log-file = "/nope -p x/log" would be in a directory that does not exist: `/nope -p x`
    12 | log-file = '/nope -p x/log'
       | ^^^^^^^^
hint: mkdir -p '/nope -p x'
error: values.toml:15:33: service `e`: setenv: `B C` is not a valid variable name: use ASCII letters, digits and `_`, and do not begin with a digit
    15 | setenv = { A = '1', PATH = '2', 'B C' = '3' }
       |                                 ^^^^^

"#]],
    );
    let ran = home.run("--memory-max 1Q server");
    same(
        ran.stderr,
        str![[r#"
error: --memory-max: `1Q` is not a size: use a number of bytes, or one with K, M, G or T, such as 512M or 1.5G

"#]],
    );
}

#[test]
fn name_identifies_a_file_wherever_it_is() {
    let home = Home::new();
    let text = |name: &str, services: &str| {
        let services = services.chars().map(|it| format!("[services.{it}]\ncommand = \"./server {it}\"\n"));
        format!("{name}{}", services.collect::<String>())
    };
    let named = "name = \"shop\"\n";
    let declared_by = |name: &str| {
        let unit = home.unit(name);
        unit.lines().find_map(|line| line.strip_prefix("AppliedFrom=")).unwrap_or_default().to_owned()
    };
    assert_eq!(apply(&home, text(named, "ab"), &["--no-start"]).code, 0);
    assert_eq!(declared_by("a"), "shop");
    // Moved, and from stdin.
    home.file("work/release-2/mkservice.toml", text(named, "a").replace("./server", "../server"), 0o644);
    let ran = home.run("apply --prune --no-start release-2/mkservice.toml");
    assert_eq!((ran.code, ran.stdout.lines().last()), (0, Some("1 changed, 1 removed")), "{ran:?}");
    let piped = |words: &str, text: String| {
        let path = home.file("work/input", text, 0o644);
        let mut mkservice = home.mkservice();
        mkservice.args(words.split(' ')).stdin(std::fs::File::open(path).unwrap());
        home.ran(&mut mkservice)
    };
    let ran = piped("apply - --as shop --prune --no-start", text("", "c"));
    assert_eq!((ran.code, ran.stdout.lines().last()), (0, Some("1 created, 1 removed")), "{ran:?}");

    // Without a name there is nothing to compare with.
    let ran = piped("apply - --prune", text("", "c"));
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{ran:?}");
    same(
        ran.stderr,
        str![[r#"
error: --prune from stdin has no earlier version to compare with
hint: give the file a name: mkservice apply - --prune --as NAME
hint: or write it into the file: name = "NAME"

"#]],
    );
    assert_eq!(home.run("apply --as ./x").code, 2);

    // Another file: unchanged services are reported, others are not taken over unasked.
    home.file("work/other.toml", text("", "c"), 0o644);
    let ran = home.run("apply --no-start other.toml");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.ends_with("note: c is declared by `shop` as well; --adopt takes it over\n"), "{ran:?}");
    home.file("work/other.toml", text("", "c").replace("server c", "server d"), 0o644);
    same(
        refused(&home, &["--no-start", "other.toml"]),
        str![[r#"
error: other.toml:1:11: service `c`: c is declared by `shop`
    1 | [services.c]
      |           ^
hint: use --adopt to take it over, and remove it there

"#]],
    );
    let ran = home.run("apply --no-start --adopt other.toml");
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
    assert_eq!(declared_by("c"), home.path().join("work/other.toml").display().to_string());
    // A file that is gone has lost its services.
    std::fs::rename(home.path().join("work/other.toml"), home.path().join("work/new.toml")).unwrap();
    let ran = home.run("apply --no-start --prune new.toml");
    let note = "note: c was declared by `[HOME]/work/other.toml`, which no longer exists\n";
    assert!(ran.code == 0 && ran.stdout.ends_with(note), "{ran:?}");
    assert_eq!(declared_by("c"), home.path().join("work/new.toml").display().to_string());
}

#[test]
fn link_of_a_release_identifies_the_file() {
    let home = Home::new();
    for (release, services) in [("1", ["a", "b"]), ("2", ["a", "c"])] {
        let server = home.path().join("work/server");
        let of = |it| format!("[services.{it}]\ncommand = [{server:?}]\nworking-directory = \"/\"\n");
        let text = services.map(of);
        home.file(format!("work/releases/{release}/mkservice.toml"), text.concat(), 0o644);
    }
    let current = home.path().join("work/current");
    let apply = |release: &str| {
        let _ = fs::remove_file(&current);
        symlink(format!("releases/{release}"), &current).unwrap();
        let ran = home.run("apply --no-start --prune current/mkservice.toml");
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
        ran.stdout.lines().last().unwrap().to_owned()
    };
    assert_eq!(apply("1"), "2 created");
    assert_eq!(apply("2"), "1 created, 1 unchanged, 1 removed");
    let id = format!("\nAppliedFrom={}\n", current.join("mkservice.toml").display());
    assert!(home.unit("a").contains(&id), "{}", home.unit("a"));
}

#[test]
fn what_comes_from_the_caller_is_said() {
    let home = Home::new();
    let text = "[services.web]\ncommand = \"./server\"\nsetenv = [\"HOME\", \"A=1\"]\ninherit-path = true\n";
    let ran = apply(&home, text, &["--no-start"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("note: HOME and PATH as in your environment, not in the file\n"), "{ran:?}");
    // Once it is so, nothing is repeated.
    assert!(!apply(&home, text, &["--no-start"]).stdout.contains("note:"));
}

#[test]
fn stdin_is_read_only_if_the_file_or_an_option_says_so() {
    let home = Home::new();
    let text = |secret: &str| format!("[services.web]\ncommand = \"./server\"\nsecret = \"{secret}\"\n");
    let piped = |text: &str, words: &str, input: &str| {
        home.file("work/mkservice.toml", text, 0o644);
        let path = home.file("work/input", input, 0o600);
        let mut shell = home.command("/bin/sh");
        shell.args(["-c", "\"$0\" apply --no-start \"$@\"; code=$?; /bin/cat; exit $code"]);
        shell.arg(home.mkservice().get_program()).env("SYSTEMD_OFFLINE", "1");
        shell.args(words.split_whitespace()).stdin(std::fs::File::open(path).unwrap());
        home.ran(&mut shell)
    };
    let ran = piped(&text("DB"), "", "the rest\n");
    assert_eq!((ran.code, ran.stdout.as_str()), (2, "the rest\n"), "{ran:?}");
    assert!(ran.stderr.contains("the secret DB has no value: none is stored"), "{ran:?}");
    assert!(
        ran.stderr.contains("hint: or read it from stdin: mkservice apply --secrets-stdin --no-start < FILE\n"),
        "{ran:?}"
    );
    let ran = piped(&text("DB"), "--secrets-stdin", "s3cret");
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
    // What is stored is not read again.
    for (secret, words) in [("DB", ""), ("DB=-", ""), ("DB=-", "--check"), ("DB", "--secrets-stdin")] {
        let ran = piped(&text(secret), words, "the rest\n");
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{secret} {words}: {ran:?}");
        assert!(ran.stdout.ends_with("the rest\n"), "{secret} {words}: {ran:?}");
    }
    // Of several services, one on each line.
    let two = text("A=-").replace("web", "one") + &text("B=-").replace("web", "two");
    let ran = piped(&two, "", "first\nsecond\n");
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
    let stored = |file: &str| fs::read_to_string(home.path().join(".config/mkservice").join(file)).unwrap();
    assert_eq!([stored("one.A.secret"), stored("two.B.secret")], ["first", "second"]);
}

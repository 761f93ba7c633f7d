use super::*;
use crate::manifest::{Entry, Manifest, Value, write};
use crate::model::diagnostic::Subject;
use crate::model::message::{opt, set};
use crate::output::wording::plain;
use proptest::prelude::*;
use std::ffi::OsString;

fn lines(text: &str) -> Vec<String> {
    let lines =
        read(text.as_bytes(), "mkservice.toml").map(|it| it.lines).unwrap_or_else(|error| panic!("{error:?}\n{text}"));
    lines.iter().map(|line| shell::join(line.invocation.arguments())).collect()
}

/// What is wrong, a line for each with its hint behind it.
fn wrong(text: &str) -> Vec<String> {
    let error = read(text.as_bytes(), "f").map(|lines| format!("{text}\n{lines:?}")).unwrap_err();
    assert_eq!(error.exit_code(), 2, "{error:?}");
    error.into_each().into_iter().map(|one| plain(&one.into())).collect()
}

fn service(keys: &str) -> String {
    format!("[services.web]\ncommand = [\"w\"]\n{keys}\n")
}

#[test]
fn each_service_is_a_line() {
    let text = r#"
        [defaults]
        restart = "always"
        no-enable = true
        after = ["a", "b"]
        setenv = { A = "1", B = "2" }
        properties = { MemoryHigh = "1G", IPAddressDeny = ["any", "localhost"] }

        [services.web]
        command = ["gunicorn", "app:app", "--bind", ":80 00"]
        settle = 0
        uid = 1000

        [services."api.v1"]
        command = "./api --port 80 'two words'"
        restart = "no"
        no-enable = false
        after = "c"
        setenv = ["B=3", "HOME"]
        instances = 3
        description = "-x"
        [services."api.v1".properties]
        IPAddressDeny = "none"
        Unit.StartLimitBurst = 3
        "Service.OOMScoreAdjust" = -5
        NoNewPrivileges = true

        [services.last]
        command = "x"
        after = []
        no-start = true
        instances = ["3"]
        property = "A=B=C"
        environment-file = ["-a", "b"]
    "#;
    let expected = [
        "--name web --setenv A=1 --setenv B=2 --uid 1000 --restart always --property MemoryHigh=1G \
         --property IPAddressDeny=any --property IPAddressDeny=localhost --after a --after b --settle 0 --no-enable -- \
         gunicorn app:app --bind ':80 00'",
        "--name api.v1 --description=-x --instances 3 --setenv A=1 --setenv B=3 --setenv HOME --restart no \
         --property MemoryHigh=1G --property IPAddressDeny=none --property Unit.StartLimitBurst=3 \
         --property Service.OOMScoreAdjust=-5 --property NoNewPrivileges=true --after c -- ./api --port 80 'two words'",
        "--name last --instances 3, --setenv A=1 --setenv B=2 --environment-file=-a --environment-file b \
         --restart always --property MemoryHigh=1G --property IPAddressDeny=any --property IPAddressDeny=localhost \
         --property A=B=C --no-start --no-enable -- x",
    ];
    assert_eq!(lines(text), expected);
    let all = read(text.as_bytes(), "f").unwrap().lines;
    assert_eq!(all.iter().map(|line| line.name.as_str()).collect::<Vec<_>>(), ["web", "api.v1", "last"]);
    assert_eq!(all[0].typed.settle.as_deref(), Some("0"));
    assert_eq!(all[0].typed.setenv, ["A=1", "B=2"]);
    assert_eq!(all[0].typed.command, ["gunicorn", "app:app", "--bind", ":80 00"]);
    // How this run is done is no part of the service.
    let [first, last] = [&all[0], &all[2]].map(|line| line.invocation.stamp());
    assert!(all[0].invocation.has("settle") && !first.has("settle"));
    assert!(all[2].invocation.has("no-start") && !last.has("no-start"));
    assert_eq!(last.options().count(), all[2].invocation.options().count() - 1);
}

#[test]
fn the_line_is_read_by_the_command_line_in_the_same_way() {
    let text = service("description = '-x'\nsetenv = { A = '-b', C = '' }\nnice = -5\nproperties = { A = '--name' }");
    let line = read(text.as_bytes(), "f").unwrap().lines.remove(0);
    let arguments = line.invocation.arguments();
    assert_eq!(crate::cli::Invocation::parse(&arguments), line.invocation);
    assert_eq!(line.invocation.for_clap().unwrap(), arguments);
}

#[test]
fn no_services_are_said() {
    assert_eq!(lines("[services]"), [""; 0]);
    assert_eq!(lines("[defaults]\nrestart = 'no'\n[services]"), [""; 0]);
    for text in ["", "# nothing\n", "\u{feff}", "[defaults]\nrestart = 'no'\n"] {
        assert!(wrong(text)[0].starts_with("f:1:1: there are no services in it"), "{text}");
    }
}

#[test]
fn all_that_is_wrong_is_told_with_its_place() {
    let text = r#"[service.a]
[default]
restart = "alway"
[services.web]
restart-secs = 5
user = "ann"
restart = "alway"
no-enable = "yes"
[services."web.service"]
command = "a | b"
[services.c]
[services."d e"]
command = []
"#;
    assert_eq!(
        wrong(text),
        [
            "f:1:2: \"service\" is neither `defaults` nor `services` | did you mean `services`?",
            "f:2:2: \"default\" is neither `defaults` nor `services` | did you mean `defaults`?",
            "f:5:1: \"restart-secs\" is not a key of a service | did you mean `restart-sec`?",
            "f:6:1: `user` belongs on the command line: it holds for all services of the file | \
             use `uid` for the user that a service runs as | mkservice apply --user",
            "f:7:11: `restart` cannot be \"alway\" | did you mean \"always\"? | it is one of \"no\", \"on-success\", \
             \"on-failure\", \"on-abnormal\", \"on-watchdog\", \"on-abort\", \"always\"",
            "f:8:13: `no-enable` is true or false, and not a string | no-enable = true",
            "f:10:11: `command` contains the shell operator `|`, and no shell runs it | if it is meant as it is, as a list: \
             command = [\"PROGRAM\", \"ARGUMENT\"] | if a shell shall run it: command = [\"/bin/sh\", \"-c\", \"a | b\"]",
            "f:9:11: \"web.service\" is the same service as that of line 4 | each service has a name of its own",
            "f:11:11: the service \"c\" has no `command` | command = [\"PROGRAM\", \"ARGUMENT\"]",
            "f:12:11: the name \"d e\" contains ' ', but unit names consist of ASCII letters, digits and `:_.-` | \
             [services.d-e]",
            "f:13:11: `command` names no program | command = [\"PROGRAM\", \"ARGUMENT\"]",
        ]
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table of expected texts")]
fn each_kind_of_mistake_has_its_words() {
    for (text, told) in [
        (
            "command = 'x'",
            "f:1:1: \"command\" is neither `defaults` nor `services` | it belongs into the table of a service",
        ),
        ("[web]\ncommand = 'x'", "f:1:2: \"web\" is neither `defaults` nor `services` | a service is [services.web]"),
        ("[[services]]\nname = 'x'", "f:1:3: `services` is a table of services: [services.NAME]"),
        ("[services]\ncommand = 'x'", "f:2:1: the service \"command\" is a table, and not a string | it belongs into"),
        ("[services]\nweb = 'x'", "f:2:1: the service \"web\" is a table, and not a string | [services.web]"),
        (
            "[services.my.app]\ncommand = 'x'",
            "f:1:14: \"app\" is not a key of a service | a name with a dot in it stands in",
        ),
        ("[services.'a@1']\ncommand = 'x'", "f:1:11: the name \"a@1\" contains `@`"),
        ("[services.dbus]\ncommand = 'x'", "f:1:11: the name \"dbus\" is reserved"),
        (
            "[services.a]\ncommand = ['x']\n[services.'a.service']\ncommand = 'x'",
            "f:3:11: \"a.service\" is the same service",
        ),
        ("[defaults]\ncommand = 'x'\n[services]", "f:2:1: `command` cannot be a default | each service says its own"),
        ("[defaults]\nname = 'x'\n[services]", "f:2:1: the name of a service is that of its table | [services.x]"),
        (
            "[defaults]\nrestart-sec = false\n[services]",
            "f:2:1: `restart-sec = false` takes back a default, and this is one",
        ),
        (&service("name = 'x'"), "f:3:1: the name of a service is that of its table | [services.x]"),
        (&service("json = true"), "f:3:1: `json` belongs on the command line"),
        (
            &service("--restart = 'no'"),
            "f:3:1: \"--restart\" is not a key of a service | without the dashes: `restart`",
        ),
        (
            &service("MemoryHigh = '1G'"),
            "f:3:1: \"MemoryHigh\" is not a key of a service | a directive of systemd: properties = ",
        ),
        (&service("env = {}"), "f:3:1: \"env\" is not a key of a service | did you mean `setenv`?"),
        (&service("xyzzy = 1"), "f:3:1: \"xyzzy\" is not a key of a service | mkservice apply --schema"),
        (&service("restart = 5"), "f:3:11: `restart` is a string, and not a number | restart = \"5\""),
        (&service("restart = false"), "f:3:11: `restart` is a string, and not false"),
        (
            &service("restart-sec = false"),
            "f:3:1: `restart-sec = false` takes back what [defaults] say, and they say nothing",
        ),
        (
            &service("on-calendar = 08:30:00"),
            "f:3:15: `on-calendar` is a string, or a list of strings, and not a date or time \
             without quotes | on-calendar = \"08:30:00\"",
        ),
        (
            &service("after = ['a', 1]"),
            "f:3:15: `after` is a string, or a list of strings, and not a number | after = \"1\"",
        ),
        (&service("settle = 0x10"), "f:3:10: `settle` could mean several numbers with `0x10` | in quotes"),
        (&service("properties = { UMask = 0o22 }"), "f:3:24: `UMask` could mean several numbers with `0o22`"),
        (&service("setenv = { A = [1] }"), "f:3:16: `A` is a string, a number, true or false, and not a list"),
        (&service("setenv = { 'A=B' = '1' }"), "f:3:12: \"A=B\" is not a valid name in `setenv`"),
        (
            &service("setenv = true"),
            "f:3:10: `setenv` is a table, or a list of strings, and not true | setenv = { PORT",
        ),
        (&service("setenv = [1]"), "f:3:11: what is in the list `setenv` is a string, NAME=VALUE, and not a number"),
        (
            &service("properties = { a = { b = { c = 1 } } }"),
            "f:3:26: `a.b` is a string, a number, true or false, or a list",
        ),
        (&service("properties = {}\nproperty = []"), "f:4:1: `property` says the same as `property`"),
        (&service("instances = ['a,b']"), "f:3:14: the name of an instance holds no comma, and \"a,b\" does"),
        (&service("description = \"a\\u0000b\""), "f:3:15: `description` holds a NUL character"),
        ("[services.a]\ncommand = 5", "f:2:11: `command` is a list of strings, or a string, and not a number"),
        (
            "[services.a]\ncommand = ['sleep', 5]",
            "f:2:21: what is in `command` is a string, and not a number | in quotes: \"5\"",
        ),
        ("[services.a]\ncommand = ['']", "f:2:11: `command` names no program"),
        ("[services.a]\ncommand = \"it's\"", "f:2:11: `command` has an unclosed quote (`'`), and no shell runs it"),
        (
            "[services.a]\ncommand = 'A=1 x'",
            "f:2:11: `command` sets a variable before the command, which only a shell does",
        ),
        (
            "[services.a]\ncommand = 'x ~/y'",
            "f:2:11: `command` contains `~`, which a shell expands to a home directory",
        ),
    ] {
        let wrong = wrong(text);
        assert!(wrong[0].starts_with(told), "{text}\n{}\n{told}", wrong[0]);
        assert_eq!(wrong.len(), 1, "{wrong:?}");
    }
}

#[test]
fn files_that_are_none_end_in_an_error() {
    let deep = |open: &str, close: &str| format!("a = {}{}", open.repeat(100_000), close.repeat(100_000));
    for text in
        [deep("[", "]"), deep("{a=", "}"), "[".repeat(200_000), format!("{}x=1", "a.".repeat(100_000)), "\0".into()]
    {
        assert!(wrong(&text)[0].starts_with("f:1:"));
    }
    let many = "a b\n".repeat(1000);
    let told = wrong(&many);
    assert_eq!((told.len(), told[20].as_str()), (21, "`f` has 980 more mistakes"));
}

#[test]
fn a_later_error_is_at_the_key_or_value_that_it_is_about() {
    let text = service(
        "restart-sec = 5\nafter = ['a', 'b']\nsetenv = { AB = '1', B = '2' }\nproperties = { Foo = 1, Bar = ['2', '3'] }",
    );
    let line = read(text.as_bytes(), "f").unwrap().lines.remove(0);
    for (subject, place, marked) in [
        (Some(Subject::option("restart-sec")), "f:3:1", "restart-sec"),
        (Some(Subject::option("after")), "f:4:1", "after"),
        (Some(Subject::value("after", 1)), "f:4:15", "'b'"),
        (Some(Subject::value("setenv", 1)), "f:5:22", "B"),
        (Some(Subject::value("property", 2)), "f:6:37", "'3'"),
        (Some(Subject::value("after", 7)), "f:4:1", "after"),
        (Some(Subject::Command), "f:2:1", "command"),
        (Some(Subject::option("nice")), "f:1:11", "web"),
        (None, "f:1:11", "web"),
    ] {
        let error = Error::invalid(message!("{} is wrong", opt("memory-max"))).hint(set("after", "x"));
        let error = line.error(error.map(|it| it.subject = subject.clone()));
        assert_eq!(
            plain(&error),
            format!("{place}: service `web`: memory-max is wrong | after = \"x\""),
            "{subject:?}"
        );
        let excerpt = &error.first().place.as_ref().unwrap().excerpt;
        let marks: Vec<char> =
            excerpt[0].chars().zip(excerpt[1].chars()).filter(|(_, mark)| *mark == '^').map(|(c, _)| c).collect();
        assert_eq!(String::from_iter(marks), marked, "{excerpt:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever it gets, it ends in lines or in errors with a place.
    #[test]
    fn nothing_is_too_strange_to_be_told(text in "([\\[\\]{}=.,#'\"\\\\\n a-c0]|services|\\[services\\.a\\]\n|command = |setenv|é|\u{0}){0,40}") {
        if let Err(error) = read(text.as_bytes(), "f") {
            prop_assert!(error.each().iter().all(|one| one.place.is_some() || plain(&one.clone().into()).contains("more mistakes")));
        }
    }

    #[test]
    fn what_is_written_is_read_as_it_was_meant(
        command in proptest::collection::vec("[^\0]{1,12}", 1..4),
        variables in proptest::collection::vec(("[A-Z ]{1,3}", "[^\0]{0,12}"), 0..4),
        description in "[^\0]{1,12}",
        properties in proptest::collection::vec(("[AB]", "[^\0]{0,3}"), 0..5),
    ) {
        let options = vec![
            ("setenv".to_owned(), Value::Table(variables.clone())),
            ("description".to_owned(), Value::Text(description.clone())),
            ("properties".to_owned(), Value::Table(properties.clone())),
            ("no-enable".to_owned(), Value::Flag(true)),
        ];
        let entry = Entry { name: "a.b".into(), command: command.clone(), options, ..Entry::default() };
        let manifest = Manifest { services: vec![entry], ..Manifest::default() };
        let line = read(write(&manifest).as_bytes(), "f").unwrap().lines.remove(0);
        let joined = |pairs: &[(String, String)]| -> Vec<OsString> {
            pairs.iter().map(|(name, value)| format!("{name}={value}").into()).collect()
        };
        prop_assert_eq!(line.typed.command, command.iter().map(OsString::from).collect::<Vec<_>>());
        prop_assert_eq!(line.typed.description, Some(OsString::from(description)));
        prop_assert_eq!(line.typed.setenv, joined(&variables));
        prop_assert_eq!(line.typed.property, joined(&properties));
        prop_assert!(line.typed.no_enable && line.typed.name.as_deref() == Some("a.b"));
    }
}

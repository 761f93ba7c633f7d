use super::*;
use proptest::prelude::*;

fn invocation(line: &str) -> Invocation {
    let arguments: Vec<OsString> = line.split(' ').filter(|word| !word.is_empty()).map(OsString::from).collect();
    Invocation::parse(&arguments)
}

fn for_clap(line: &str) -> String {
    shell::join(invocation(line).for_clap().unwrap())
}

#[test]
fn verbs_are_those_of_clap() {
    let cli = Cli::command();
    let of_clap: Vec<&str> = cli.get_subcommands().map(|verb| verb.get_name()).collect();
    let is_own = |verb: &Verb| *verb != Verb::Help;
    let own: Vec<&str> = Verb::all().filter(is_own).chain([Verb::InstallPlan]).map(Verb::name).collect();
    assert_eq!(of_clap, own);
}

#[test]
fn everything_from_the_first_word_of_the_command_is_the_programs() {
    for (line, clap_gets) in [
        ("--name xd python x.py", "--name xd -- python x.py"),
        ("gunicorn a:a --bind :80", "-- gunicorn a:a --bind :80"),
        ("--name w gunicorn -w 4 --reload", "--name w -- gunicorn -w 4 --reload"),
        ("python -m http.server", "-- python -m http.server"),
        ("python x.py -q -E A=1", "-- python x.py -q -E A=1"),
        ("sleep -1", "-- sleep -1"),
        ("add python -c x", "add -- python -c x"),
        ("--name web -- gunicorn a:a --bind :80 --name x", "--name web -- gunicorn a:a --bind :80 --name x"),
        ("npm run dev -- --port 80", "-- npm run dev -- --port 80"),
        ("npm run dev -- --user --name x", "-- npm run dev -- --user --name x"),
        ("-- ./s --json --name x", "-- ./s --json --name x"),
        ("docker run --user 1 --name x", "-- docker run --user 1 --name x"),
        ("/usr/bin/podman run --name x y", "-- /usr/bin/podman run --name x y"),
        ("./s --user=www --settle 3", "-- ./s --user=www --settle 3"),
        ("add remove", "add -- remove"),
        ("add add", "add -- add"),
        ("-- remove old", "-- remove old"),
        ("remove a b -q", "remove -q a b"),
        ("--user remove a", "remove --user a"),
        ("-qE A=1 python - x", "-q -E A=1 -- python - x"),
        ("-EA python x", "-EA -- python x"),
        ("a -- b -- c", "-- a -- b -- c"),
        ("--help", "--help"),
        ("--unknown a", "--unknown -- a"),
        ("help remove", "help remove"),
        ("", ""),
    ] {
        assert_eq!(for_clap(line), clap_gets, "{line}");
        assert_eq!(invocation(line).options_after_command(), [""; 0], "{line}");
    }
}

#[test]
fn name_may_be_the_last_words() {
    for (line, clap_gets, name) in [
        ("python x.py --name xd", "--name xd -- python x.py", "--name xd"),
        ("python x.py --name=xd", "--name=xd -- python x.py", "--name=xd"),
        ("python -m http.server 80 --name xd", "--name xd -- python -m http.server 80", "--name xd"),
        ("-q python status --name s", "-q --name s -- python status", "--name s"),
        ("add x --name s", "add --name s -- x", "--name s"),
    ] {
        assert_eq!(for_clap(line), clap_gets, "{line}");
        assert_eq!(shell::join(invocation(line).options_after_command()), name, "{line}");
        assert_eq!(shell::join(invocation(line).arguments()), line);
    }
}

#[test]
fn ambiguous_options_have_two_readings() {
    for (line, readings) in [
        ("x --name a b", &["--name a -- x b", "-- x --name a b"][..]),
        ("x --name=a -v", &["--name=a -- x -v", "-- x --name=a -v"]),
        ("./s --name s -- --port 80", &["--name s -- ./s -- --port 80", "-- ./s --name s -- --port 80"]),
        ("gunicorn a:a --name w", &["--name w -- gunicorn a:a", "-- gunicorn a:a --name w"]),
        ("php artisan q --name=w", &["--name=w -- php artisan q", "-- php artisan q --name=w"]),
        ("python -m rq worker --name w", &["--name w -- python -m rq worker", "-- python -m rq worker --name w"]),
        ("--name a x --name b", &["--name b -- x", "--name a -- x --name b"]),
        ("x --nmae a", &["--name a -- x", "-- x --nmae a"]),
        ("x --nam=a", &["--name a -- x", "-- x --nam=a"]),
        ("x -name a", &["--name a -- x", "-- x -name a"]),
        ("x --user", &["--user -- x", "-- x --user"]),
        ("x --root /i --json -q", &["--root /i --json -- x -q", "-- x --root /i --json -q"]),
        ("x --check --name a", &["--name a --check -- x", "--name a -- x --check"]),
        ("x --name", &["-- x --name"]),
        ("x --root", &["-- x --root"]),
        ("find / -name a", &[]),
        ("qemu-system-x86_64 -name a", &[]),
        ("x --game a b", &[]),
        ("x -q", &[]),
    ] {
        let invocation = invocation(line);
        let own: Vec<String> = invocation.readings().iter().map(|reading| shell::join(reading.arguments())).collect();
        assert_eq!(own, readings, "{line}");
        assert_eq!(invocation.for_clap().is_err(), !readings.is_empty(), "{line}");
    }
}

#[test]
fn lines_of_0_1_are_read_by_its_rule() {
    for (line, normalized) in [
        ("mkservice python x.py --name xd", "mkservice --name xd -- python x.py"),
        ("mkservice add ./s --name s --restart no -- --port 80", "mkservice --name s --restart no -- ./s --port 80"),
        ("mkservice -E A=1 -- x --name a", "mkservice -E A=1 -- x --name a"),
        ("mkservice --name npm npm run dev -- --port 80", "mkservice --name npm -- npm run dev --port 80"),
        ("mkservice --name s -- s -- -v", "mkservice --name s -- s -- -v"),
    ] {
        let read = Invocation::of_stamp(line).unwrap();
        assert_eq!(read.line(), normalized);
        assert_eq!(Invocation::of_stamp(normalized), Some(read));
    }
}

#[test]
fn stamp_keeps_what_the_service_consists_of() {
    for (line, stamp) in [
        ("--dry-run -v --force python x.py --name xd", "--name xd -- python x.py"),
        ("-qE A=1 python", "-E A=1 -- python"),
        ("--settle 3s --no-start python x.py --settle=1", "-- python x.py --settle=1"),
        ("add -q -- python --dry-run -v", "-- python --dry-run -v"),
        ("./s -q=1 --name s", "--name s -- ./s -q=1"),
        ("--root /i --uid a x", "--uid a -- x"),
        ("--root /i --user --uid a x", "--user -- x"),
    ] {
        assert_eq!(shell::join(invocation(line).stamp().arguments()), stamp, "{line}");
    }
}

#[test]
fn edited_command_lines_read_back_as_meant() {
    let program = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
    for (edited, expected) in [
        (invocation("-- python x.py --name a").with("name", Some("b".as_ref())), "--name b -- python x.py --name a"),
        (invocation("add x").with("nice", Some("-5".as_ref())), "add --nice=-5 x"),
        (invocation("--name=a --unit b x").with_only("name", "c".as_ref()), "--name c x"),
        (invocation("-- x --instances 9").with_only("instances", "2".as_ref()), "--instances 2 -- x --instances 9"),
        (invocation("--user --global x --user -- --user").in_system_scope(), "--system x --user -- --user"),
        (invocation("stop a --user").in_system_scope(), "stop --system a"),
        (invocation("adopt nginx -E A").with("yes", None), "adopt --yes -E A nginx"),
        (invocation("x.py a --name b").with_program(&program(&["python", "x.py"])), "python x.py a --name b"),
        (invocation("x --name b").with_program(&program(&["web", "-p", "80"])), "web -p 80 --name b"),
        (invocation("x --name b").with_program(&program(&["status"])), "--name b -- status"),
        (invocation("x web").with_program(&program(&["y", "--user"])), "-- y --user web"),
        (invocation("--user staus web").with_verb_for_program(Verb::Status), "status --user web"),
    ] {
        assert_eq!(shell::join(edited.arguments()), expected);
        assert_eq!(Invocation::parse(&edited.arguments()), edited, "{expected}");
    }
    let as_command = |line: &str| {
        let arguments: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        Some(shell::join(Invocation::verb_as_command(&arguments)?.arguments()))
    };
    assert_eq!(as_command("--name x status a -q"), Some("--name x -- status a -q".into()));
    assert_eq!(as_command("status a"), None);
    let adopted = invocation("adopt --yes nginx --name web --user --kill").as_add();
    assert_eq!(adopted.with_command(&program(&["/bin/x", "-d"])).line(), "mkservice --name web --user -- /bin/x -d");
}

proptest! {
    #[test]
    fn words_of_the_command_stay_together(arguments in proptest::collection::vec(
        prop_oneof![
            "[ -~]{0,6}".prop_map(OsString::from),
            proptest::sample::select(vec!["--", "-", "add", "status", "--name", "--name=x", "--user", "-q", "-E",
                "--unknown", "-x", "python"]).prop_map(OsString::from),
        ],
        0..8,
    )) {
        let invocation = Invocation::parse(&arguments);
        if !invocation.command().is_empty() && invocation.verb() == Verb::Add {
            prop_assert_eq!(Invocation::parse(&invocation.arguments()), invocation.clone());
            let stamp = invocation.stamp();
            prop_assert_eq!(Invocation::of_stamp(&stamp.line()), Some(stamp));
        }
        let words = invocation.command();
        prop_assert!(words.is_empty() || arguments.windows(words.len()).any(|window| window == words)
            || invocation.verb() != Verb::Add);
    }
}

//! The services that names and patterns stand for, and names that stand for none.

use crate::support::Home;

/// A home with these services.
fn with(names: &[&str]) -> Home {
    let home = Home::new();
    for name in names {
        assert_eq!(home.run(&format!("--name {name} python x")).code, 0);
    }
    home
}

/// The services that are left.
fn left(home: &Home) -> Vec<String> {
    let files = std::fs::read_dir(home.units()).into_iter().flatten().flatten();
    let names = files.filter_map(|file| Some(file.file_name().to_str()?.strip_suffix(".service")?.to_owned()));
    let mut names: Vec<String> = names.collect();
    names.sort_unstable();
    names
}

#[test]
fn reading_finds_the_only_service_that_was_meant() {
    let home = with(&["hellod", "backup"]);
    let before = home.tree();
    for name in ["hello", "hello.py", "Hellod", "HELLO", "./hello.py", "work/hello.py", "hellod.service"] {
        for verb in ["status", "cat"] {
            let ran = home.run(&format!("{verb} {name}"));
            assert_ne!(ran.code, 4, "{verb} {name}: {ran:?}");
            assert!(ran.stdout.contains("hellod"), "{verb} {name}: {ran:?}");
            assert!(!ran.stdout.contains("backup"), "{verb} {name}: {ran:?}");
        }
    }
    assert_eq!(home.tree(), before);
}

#[test]
fn names_that_several_services_match_find_none() {
    let home = with(&["hello", "hellod"]);
    let ran = home.run("status hello.py");
    assert_eq!((ran.code, ran.stdout.as_str()), (4, ""), "{ran:?}");
    assert_eq!(
        ran.stderr.lines().next(),
        Some("error: no service named `hello.py`; did you mean `hello` or `hellod`?")
    );
    assert!(home.run("cat hello").stdout.contains("hello.service"));
}

#[test]
fn nearest_names_are_said_and_no_arbitrary_one() {
    let home = with(&["alpha", "beta", "customer-a", "customer-b", "customer-c", "customer-d", "hellod"]);
    let before = home.tree();
    for (line, error) in [
        ("status helo", "no service named `helo`; did you mean `hellod`?"),
        ("logs betta", "no service named `betta`; did you mean `beta`?"),
        ("status customer", "no service named `customer`; did you mean `customer-a`, `customer-b` or `customer-c`?"),
        ("status xyzzy", "no service named `xyzzy`"),
        ("status --user xyzzy", "no user service named `xyzzy`"),
        // What changes something takes no name for another.
        ("remove hello", "no service named `hello`; did you mean `hellod`?"),
        ("remove Hellod", "no service named `Hellod`; did you mean `hellod`?"),
        ("rm hello.py", "no service named `hello.py`; did you mean `hellod`?"),
        ("disable beta2", "no service named `beta2`; did you mean `beta`?"),
        ("enable xyzzy", "no service named `xyzzy`"),
        ("rename hello hi", "no service named `hello`; did you mean `hellod`?"),
        ("edit hello", "no service named `hello`; did you mean `hellod`?"),
    ] {
        let ran = home.run(line);
        assert_eq!((ran.code, ran.stdout.as_str()), (4, ""), "{line}: {ran:?}");
        assert_eq!(ran.stderr, format!("error: {error}\nhint: list the services: mkservice list\n"), "{line}");
        assert_eq!(home.tree(), before, "{line}");
    }
}

#[test]
fn patterns_and_all_stand_for_services() {
    let home = with(&["customer-a", "customer-b", "other"]);
    for line in ["disable customer*", "enable customer-?", "disable --all", "enable --all", "disable cust*-[ab]"] {
        let ran = home.run(line);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{line}: {ran:?}");
        assert!(ran.stdout.contains("customer-a") && ran.stdout.contains("customer-b"), "{line}: {ran:?}");
        assert_eq!(ran.stdout.contains("other"), line.ends_with("--all"), "{line}: {ran:?}");
    }
    let ran = home.run("status customer*");
    assert!(ran.stdout.contains("customer-a") && ran.stdout.contains("customer-b"), "{ran:?}");
    assert!(!ran.stdout.contains("other"), "{ran:?}");
    let ran = home.run("remove --dry-run customer*");
    assert!(ran.code == 0 && ran.stdout.contains("customer-a") && !ran.stdout.contains("other"), "{ran:?}");
    let before = home.tree();
    for (line, code, error) in [
        ("remove cus", 4, "no service named `cus`"),
        ("remove nosuch*", 4, "no service matches `nosuch*`"),
        ("remove customer-a nosuch*", 4, "no service matches `nosuch*`"),
        ("rename customer* x", 2, "choose only one service"),
        ("remove --all other", 2, "cannot be combined with"),
    ] {
        let ran = home.run(line);
        assert_eq!((ran.code, ran.stdout.as_str()), (code, ""), "{line}: {ran:?}");
        assert!(ran.stderr.starts_with("error: ") && ran.stderr.contains(error), "{line}: {ran:?}");
        assert_eq!(home.tree(), before, "{line}");
    }
    assert_eq!(home.run("rename oth* others").code, 0);
    assert_eq!(home.run("remove customer*").code, 0);
    assert_eq!(left(&home), ["others"]);
    assert_eq!(home.run("remove --all").code, 0);
    assert!(left(&home).is_empty());
    // Nothing is left to do.
    let ran = home.run("remove --all");
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
}

#[test]
fn picker_takes_the_number_or_the_name() {
    for (answer, removed) in [("2\n", "b"), ("b\n", "b"), ("b, 1\n", "a b")] {
        let home = with(&["a", "b", "c"]);
        let ran = home.on_terminal("Remove which? (numbers or names)", answer, &["remove"]);
        assert_eq!(ran.code, 0, "{ran:?}");
        let kept: Vec<&str> = ["a", "b", "c"].into_iter().filter(|name| !removed.contains(name)).collect();
        assert_eq!(left(&home), kept, "{answer:?}");
    }
    for answer in ["x\n", "4\n", "\n"] {
        let home = with(&["a", "b"]);
        let ran = home.on_terminal("Remove which? (numbers or names)", answer, &["remove"]);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert_eq!(left(&home), ["a", "b"], "{answer:?}");
    }
}

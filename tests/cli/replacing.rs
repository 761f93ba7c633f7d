//! Services of other projects with the same name are not replaced unasked.

use snapbox::str;

use crate::support::{Home, Ran, same};

/// Runs mkservice in a directory of the home.
fn run_in(home: &Home, dir: &str, words: &[&str]) -> Ran {
    home.ran(home.mkservice().current_dir(home.path().join(dir)).args(words))
}

/// Two projects with the same files.
fn projects() -> Home {
    let home = Home::new();
    for dir in ["blog", "shop", "shop/api", "other/shop"] {
        home.file(format!("{dir}/main.py"), "", 0o644);
        home.file(format!("{dir}/main.js"), "", 0o644);
        home.file(format!("{dir}/übung.py"), "", 0o644);
        home.program(format!("{dir}/server"));
        home.program(format!("{dir}/worker"));
    }
    for program in ["npm", "make", "node", "python3"] {
        home.program(format!("bin/{program}"));
    }
    home
}

#[track_caller]
fn refused_in(home: &Home, dir: &str, words: &[&str], expected: impl snapbox::IntoData) {
    let before = home.tree();
    let ran = run_in(home, dir, words);
    assert_eq!(home.tree(), before, "something was written: {ran:?}");
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{ran:?}");
    same(ran.stderr, expected);
}

#[track_caller]
fn done_in(home: &Home, dir: &str, words: &[&str]) -> String {
    let ran = run_in(home, dir, words);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{words:?}: {ran:?}");
    ran.stdout
}

#[test]
fn derived_name_never_replaces_a_service_of_another_directory() {
    let home = projects();
    done_in(&home, "blog", &["python", "main.py"]);
    let expected = str![[r#"
error: service `maind` already exists: it runs `python main.py` in `[HOME]/blog`, and this command runs `python main.py` in `[HOME]/shop`
hint: use another name: mkservice --name shop-maind python main.py
hint: replace it: mkservice --replace python main.py

"#]];
    refused_in(&home, "shop", &["python", "main.py"], expected.clone());
    refused_in(
        &home,
        "shop",
        &["--dry-run", "python", "main.py"],
        str![[r#"
error: service `maind` already exists: it runs `python main.py` in `[HOME]/blog`, and this command runs `python main.py` in `[HOME]/shop`
hint: use another name: mkservice --name shop-maind --dry-run python main.py
hint: replace it: mkservice --replace --dry-run python main.py

"#]],
    );
    // --force is for units that mkservice does not manage, or that were edited.
    assert_eq!(run_in(&home, "shop", &["--force", "python", "main.py"]).code, 2);
    // The lines that are offered do what they say, and the first one is offered again once it was run.
    done_in(&home, "shop", &["--name", "shop-maind", "python", "main.py"]);
    refused_in(&home, "shop", &["python", "main.py"], expected);
    assert!(done_in(&home, "shop", &["--name", "shop-maind", "python", "main.py"]).contains("unchanged"));
    assert!(done_in(&home, "blog", &["python", "main.py"]).contains("unchanged"));
    assert!(done_in(&home, "shop", &["--replace", "python", "main.py"]).contains("updated"));
    assert_eq!(home.directive("maind", "WorkingDirectory"), "[HOME]/shop");
    assert!(!home.unit("maind").contains("--replace"));
    // A free name: that of the project in another directory with the same name.
    refused_in(
        &home,
        "other/shop",
        &["python", "main.py"],
        str![[r#"
error: service `maind` already exists: it runs `python main.py` in `[HOME]/shop`, and this command runs `python main.py` in `[HOME]/other/shop`
hint: use another name: mkservice --name maind-2 python main.py
hint: replace it: mkservice --replace python main.py

"#]],
    );
}

#[test]
fn derived_name_never_replaces_another_program() {
    let home = projects();
    done_in(&home, "shop", &["python", "main.py"]);
    done_in(&home, "shop", &["npm", "start"]);
    refused_in(
        &home,
        "shop",
        &["node", "main.js"],
        str![[r#"
error: service `maind` already exists: it runs `python main.py` in `[HOME]/shop`, and this command runs `node main.js` in `[HOME]/shop`
hint: use another name: mkservice --name shop-maind node main.js
hint: replace it: mkservice --replace node main.js

"#]],
    );
    refused_in(
        &home,
        "shop",
        &["make"],
        str![[r#"
error: service `shop` already exists: it runs `npm start` in `[HOME]/shop`, and this command runs `make` in `[HOME]/shop`
hint: use another name: mkservice --name shop-2 make
hint: replace it: mkservice --replace make

"#]],
    );
    refused_in(
        &home,
        "other/shop",
        &["npm", "start"],
        str![[r#"
error: service `shop` already exists: it runs `npm start` in `[HOME]/shop`, and this command runs `npm start` in `[HOME]/other/shop`
hint: use another name: mkservice --name other-shop npm start
hint: replace it: mkservice --replace npm start

"#]],
    );
    // The same program with other options and arguments, or named in another way, is an update.
    for words in [
        &["python", "main.py", "--port", "1"][..],
        &["--nice", "5", "python3", "./main.py"],
        &["nohup", "python", "main.py"],
    ] {
        home.program("bin/nohup");
        assert!(done_in(&home, "shop", words).contains("updated"), "{words:?}");
    }
    assert!(done_in(&home, "shop", &["npm", "run", "start"]).contains("updated"));
}

#[test]
fn given_name_replaces_a_service_unless_directory_and_program_differ() {
    let home = projects();
    done_in(&home, "blog", &["--name", "web", "./server"]);
    let said = done_in(&home, "blog", &["--name", "web", "./worker"]);
    assert!(said.contains("updated") && said.contains("+ExecStart=") && said.contains("blog/worker"), "{said}");
    let worker = home.path().join("blog/worker");
    let said = done_in(&home, "shop", &["--name", "web", worker.to_str().unwrap()]);
    assert!(said.contains("+WorkingDirectory=[HOME]/shop"), "{said}");
    refused_in(
        &home,
        "blog",
        &["--name", "web", "./server"],
        str![[r#"
error: service `web` already exists: it runs `[HOME]/blog/worker` in `[HOME]/shop`, and this command runs `./server` in `[HOME]/blog`
hint: use another name: mkservice --name blog-web ./server
hint: replace it: mkservice --replace --name web ./server

"#]],
    );
    refused_in(
        &home,
        "blog",
        &["./server", "--name", "web"],
        str![[r#"
error: service `web` already exists: it runs `[HOME]/blog/worker` in `[HOME]/shop`, and this command runs `./server` in `[HOME]/blog`
hint: use another name: mkservice --name blog-web ./server
hint: replace it: mkservice --replace ./server --name web

"#]],
    );
    done_in(&home, "blog", &["--replace", "./server", "--name", "web"]);
    assert!(home.directive("web", "ExecStart").ends_with("blog/server"));
}

#[test]
fn terminal_asks_before_a_given_name_replaces_another_project() {
    let home = projects();
    let question = "Replace it? [y/N] ";
    done_in(&home, "blog", &["--name", "web", "./worker"]);
    let before = home.tree();
    let no = home.on_terminal(question, "\n", &["--name", "web", "./server"]);
    assert_eq!((no.code, home.tree() == before), (2, true), "{no:?}");
    let asked = "service `web` already exists: it runs `./worker` in `[HOME]/blog`, and this command runs `./server` in \
         `[HOME]/work`. Replace it? [y/N] ";
    assert!(no.stdout.contains(asked) && no.stdout.contains("error: nothing was changed"), "{no:?}");
    // A derived name is refused there as well, and a preview asks nothing.
    home.file("work/main.py", "", 0o644);
    done_in(&home, "blog", &["python", "main.py"]);
    for words in [&["python", "main.py"][..], &["--dry-run", "--name", "web", "./server"]] {
        let refused = home.on_terminal(question, "y\n", words);
        assert_eq!((refused.code, refused.stdout.contains(question)), (2, false), "{refused:?}");
    }
    let yes = home.on_terminal(question, "y\n", &["--name", "web", "./server"]);
    assert_eq!(yes.code, 0, "{yes:?}");
    assert!(yes.stdout.contains("+WorkingDirectory=[HOME]/work") && yes.stdout.contains("updated"), "{yes:?}");
}

#[test]
fn same_command_finds_the_service_under_an_earlier_name() {
    let home = projects();
    done_in(&home, "shop", &["npm", "start"]);
    // As mkservice 0.1 named it.
    let units = home.units();
    let text = home.unit("shop").replace("# shop.service", "# npm.service").replace(" shop\n", " npm\n");
    let (body, _) = text.rsplit_once("Checksum=").unwrap();
    home.file(".config/systemd/user/npm.service", mkservice::unit::stamp::seal(body), 0o644);
    std::fs::rename(units.join("default.target.wants/shop.service"), units.join("default.target.wants/npm.service"))
        .unwrap();
    std::fs::remove_file(units.join("shop.service")).unwrap();
    let said = done_in(&home, "shop", &["npm", "start"]);
    assert!(said.starts_with("systemd is not running here") && said.contains("npm (user service, "), "{said}");
    assert!(!units.join("shop.service").exists(), "{said}");
    assert!(done_in(&home, "shop", &["-v", "npm", "start"]).contains("named npm as before"));
    // Another command or directory has nothing to do with it.
    done_in(&home, "other/shop", &["npm", "start"]);
    assert_eq!(home.directive("shop", "WorkingDirectory"), "[HOME]/other/shop");
    done_in(&home, "shop", &["npm", "run", "worker"]);
    assert_eq!(home.directive("shop-worker", "WorkingDirectory"), "[HOME]/shop");
    // A name that was given is not for the command without it.
    done_in(&home, "shop", &["--name", "mine", "python", "main.py"]);
    done_in(&home, "shop", &["python", "main.py"]);
    assert!(units.join("maind.service").exists() && units.join("mine.service").exists());
}

#[test]
fn names_are_transliterated() {
    let home = projects();
    done_in(&home, "shop", &["python", "übung.py"]);
    assert_eq!(home.directive("ubungd", "WorkingDirectory"), "[HOME]/shop");
}

#[test]
fn file_replaces_no_service_of_another_project() {
    let home = projects();
    done_in(&home, "blog", &["--name", "web", "./server"]);
    let file = |dir: &str, program: &str| {
        home.file(format!("{dir}/mkservice.toml"), format!("[services.web]\ncommand = \"{program}\"\n"), 0o644);
    };
    file("shop", "./worker");
    refused_in(
        &home,
        "shop",
        &["apply"],
        str![[r#"
error: mkservice.toml:1:11: service `web`: a service of this name runs `./server` in `[HOME]/blog`, and the one of this file runs `./worker` in `[HOME]/shop`
    1 | [services.web]
      |           ^^^
hint: use another name in the file
hint: use --adopt to take it over

"#]],
    );
    // The same project, or the same program.
    file("blog", "./worker");
    done_in(&home, "blog", &["apply"]);
    assert!(home.directive("web", "ExecStart").ends_with("/blog/worker"));
    done_in(&home, "blog", &["--replace", "--name", "web", "./server"]);
    done_in(&home, "shop", &["apply", "--adopt"]);
    assert_eq!(home.directive("web", "WorkingDirectory"), "[HOME]/shop");
}

//! Programs before the command: `nohup`, `setsid`, `time`, `exec`, `env`, `nice`, `sudo` and `doas`.

use snapbox::str;

use crate::refused;
use crate::support::Home;

#[test]
fn what_a_service_does_without_is_left_out() {
    for (before, program) in [
        ("nohup", "`nohup` is left out: a service keeps running after you log out"),
        ("setsid", "`setsid` is left out: a service has a session of its own"),
        ("exec", "`exec` is left out: systemd starts the program without a shell"),
        ("time", "`time` is left out: systemd logs the CPU time of a service"),
    ] {
        let home = Home::new();
        let ran = home.run(&format!("{before} python myscript.py --port 1"));
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
        assert!(ran.stdout.contains(&format!("note: {program}\n")), "{ran:?}");
        assert_eq!(home.directive("myscriptd", "ExecStart"), "[HOME]/bin/python myscript.py --port 1");
        assert_eq!(home.directive("myscriptd", "Description"), "python myscript.py --port 1");
        assert_eq!(
            home.directive("myscriptd", "Command"),
            format!("mkservice -- {before} python myscript.py --port 1")
        );
        assert!(home.run(&format!("{before} python myscript.py --port 1")).stdout.contains("unchanged"));
    }
}

#[test]
fn other_programs_before_the_command_stay() {
    let home = Home::new();
    home.program("bin/env");
    home.program("bin/nice");
    let ran = home.run("env A=1 nohup nice -n 5 python myscript.py");
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
    assert_eq!(home.directive("myscriptd", "ExecStart"), "[HOME]/bin/env A=1 nice -n 5 python myscript.py");
    for note in [
        "note: `nohup` is left out: ",
        "note: the command keeps `env`; -E NAME=VALUE before the command does the same\n",
        "note: the command keeps `nice`; --nice N before the command does the same\n",
    ] {
        assert!(ran.stdout.contains(note), "{ran:?}");
    }
}

#[test]
fn commands_for_another_user_are_refused_with_the_options_for_that() {
    refused(
        ["sudo", "python", "myscript.py"],
        str![[r#"
error: `sudo` is not a program to run as a service
hint: run the command as `root`: mkservice --uid root --system -- python myscript.py
hint: if you mean the program: mkservice add -- sudo python myscript.py

"#]],
    );
    refused(
        ["--nice", "5", "/usr/bin/sudo", "-E", "-u", "www-data", "A=1", "B=2", "python", "myscript.py", "-u", "x"],
        str![[r#"
error: `sudo` is not a program to run as a service
hint: run the command as `www-data`: mkservice --uid www-data --setenv A=1 --setenv B=2 --system --nice 5 -- python myscript.py -u x
hint: if you mean the program: mkservice add --nice 5 -- /usr/bin/sudo -E -u www-data A=1 B=2 python myscript.py -u x

"#]],
    );
    refused(
        ["--user", "doas", "-u", "bob", "./server", "--name", "web"],
        str![[r#"
error: `doas` is not a program to run as a service
hint: run the command as `bob`: mkservice --uid bob --system --name web -- ./server
hint: if you mean the program: mkservice add --user --name web -- doas -u bob ./server

"#]],
    );
    let home = Home::new();
    home.program("bin/sudo");
    assert_eq!(home.run("add -- sudo python myscript.py").code, 0);
    assert_eq!(home.directive("sudo", "ExecStart"), "[HOME]/bin/sudo python myscript.py");
}

#[test]
fn line_for_the_background_runs_in_the_foreground() {
    for (line, started) in [
        ("nohup python myscript.py &", "[HOME]/bin/python myscript.py"),
        ("python myscript.py --port 'a b' & ", "[HOME]/bin/python myscript.py --port \"a b\""),
        ("cd / && nohup python myscript.py >log 2>&1 &", "/bin/sh -c \"cd / && nohup python myscript.py >log 2>&1\""),
    ] {
        let home = Home::new();
        let ran = home.ran(home.mkservice().arg(line));
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
        assert!(
            ran.stdout.contains("note: `&` is left out: systemd runs every service in the background\n"),
            "{ran:?}"
        );
        assert_eq!(home.directive("myscriptd", "ExecStart"), started);
        assert!(home.ran(home.mkservice().arg(line)).stdout.contains("unchanged"), "{line}");
    }
}

//! First words that people bring from other tools: what they are refused with, and that nothing is run or written.

use crate::support::Home;

/// Lines that are refused with exit code 2: the beginning of the message, and all hints.
const REFUSED: &[(&str, &str, &[&str])] = &[
    // Programs that no service runs.
    ("kill hellod", "`kill` is not", &["stop services: mkservice stop hellod", "mkservice add -- kill hellod"]),
    ("kill -9 1234", "`kill` is not", &["stop services: mkservice stop NAME", "mkservice add -- kill -9 1234"]),
    ("kill --force x", "`kill` is not", &["mkservice stop x", "mkservice add -- kill --force x"]),
    ("pkill -f app.py", "`pkill` is not", &["mkservice stop app.py", "mkservice add -- pkill -f app.py"]),
    ("killall node", "`killall` is not", &["mkservice stop node", "mkservice add -- killall node"]),
    ("reboot", "`reboot` is not", &["mkservice restart NAME", "mkservice add -- reboot"]),
    ("/sbin/reboot", "`reboot` is not", &["mkservice restart NAME", "mkservice add -- /sbin/reboot"]),
    ("shutdown -h now", "`shutdown` is not", &["mkservice stop now", "mkservice add -- shutdown -h now"]),
    ("poweroff", "`poweroff` is not", &["mkservice stop NAME", "mkservice add -- poweroff"]),
    ("halt", "`halt` is not", &["mkservice stop NAME", "mkservice add -- halt"]),
    ("cp file copy", "`cp` is not", &["mkservice add -- cp file copy"]),
    ("add cp file copy", "`cp` is not", &["mkservice add -- cp file copy"]),
    ("--every 1h cp file copy", "`cp` is not", &["mkservice add --every 1h -- cp file copy"]),
    ("add rm file", "`rm` is not", &["mkservice remove file", "mkservice add -- rm file"]),
    ("/bin/rm file", "`rm` is not", &["mkservice remove file", "mkservice add -- /bin/rm file"]),
    ("dd if=/dev/zero of=file", "`dd` is not", &["mkservice add -- dd if=/dev/zero of=file"]),
    ("mkfs.ext4 file", "`mkfs.ext4` is not", &["mkservice add -- mkfs.ext4 file"]),
    ("mkfs file", "`mkfs` is not", &["mkservice add -- mkfs file"]),
    ("truncate -s 0 file", "`truncate` is not", &["mkservice add -- truncate -s 0 file"]),
    ("shred -u file", "`shred` is not", &["mkservice remove file", "mkservice add -- shred -u file"]),
    ("touch new", "`touch` is not", &["mkservice add -- touch new"]),
    ("chmod 600 file", "`chmod` is not", &["mkservice add -- chmod 600 file"]),
    ("install file copy", "`install` is not", &["mkservice file copy", "mkservice add -- install file copy"]),
    ("su bob", "`su` is not", &["use --uid USER to run a command as another user", "mkservice add -- su bob"]),
    ("which hellod", "`which` is not", &["mkservice status hellod", "mkservice add -- which hellod"]),
    ("man systemd", "no manual page for `systemd`", &["show the verbs: mkservice --help"]),
    ("cd /srv", "`cd` is not", &["use --working-directory DIR to run", "mkservice add -- cd /srv"]),
    ("vim hellod", "`vim` is not", &["mkservice edit hellod", "mkservice add -- vim hellod"]),
    ("less x.log", "`less` is not", &["mkservice logs x.log", "mkservice add -- less x.log"]),
    ("htop", "`htop` is not", &["mkservice list", "mkservice add -- htop"]),
    ("crontab -e", "`crontab` is not", &["use --on-calendar or --every", "mkservice add -- crontab -e"]),
    ("apt-get install x", "`apt-get` is not", &["mkservice add -- apt-get install x"]),
    ("useradd bob", "`useradd` is not", &["mkservice add -- useradd bob"]),
    ("mount /mnt", "`mount` is not", &["mkservice add -- mount /mnt"]),
    ("bash", "`bash` without arguments is not", &["mkservice add -- bash"]),
    ("bash -l", "`bash` without arguments is not", &["mkservice add -- bash -l"]),
    ("--name x sh", "`sh` without arguments is not", &["mkservice add --name x -- sh"]),
    ("tmux", "`tmux` without arguments is not", &["mkservice add -- tmux"]),
    // Programs that control services.
    ("systemctl restart x", "`systemctl` is not", &["mkservice restart x", "mkservice add -- systemctl restart x"]),
    ("systemctl --user status x", "`systemctl` is not", &["mkservice status x", "systemctl --user status x"]),
    ("systemctl is-active x", "`systemctl` is not", &["mkservice status x", "mkservice add -- systemctl is-active x"]),
    (
        "systemctl daemon-reload",
        "`systemctl` is not",
        &["mkservice --help", "mkservice add -- systemctl daemon-reload"],
    ),
    ("service web start", "`service` is not", &["mkservice start web", "mkservice add -- service web start"]),
    ("supervisorctl restart a b", "`supervisorctl` is not", &["mkservice restart a b", "supervisorctl restart a b"]),
    ("journalctl -u web -f", "`journalctl` is not", &["mkservice logs web", "mkservice add -- journalctl -u web -f"]),
    ("systemd-run -p Nice=5 ./s", "`systemd-run` is not", &["mkservice -p Nice=5 ./s", "systemd-run -p Nice=5 ./s"]),
    // Verbs of other tools.
    ("create python x.py", "no such verb `create`", &["mkservice python x.py"]),
    ("create --name x python y.py", "no such verb `create`", &["mkservice --name x python y.py"]),
    ("new", "no such verb `new`", &["mkservice COMMAND"]),
    ("set hellod", "no such verb `set`", &["mkservice update hellod", "mkservice edit hellod"]),
    ("config", "no such verb `config`", &["mkservice update NAME", "mkservice edit NAME"]),
    ("up", "no such verb `up`", &["mkservice start NAME", "mkservice apply FILE"]),
    ("down web", "no such verb `down`", &["mkservice stop web"]),
    ("reload web", "no such verb `reload`", &["mkservice restart web"]),
    ("force-reload web", "no such verb `force-reload`", &["mkservice restart web"]),
    ("mask web", "no such verb `mask`", &["mkservice disable web"]),
    ("autostart web", "no such verb `autostart`", &["mkservice enable web"]),
    ("destroy web", "no such verb `destroy`", &["mkservice remove web"]),
    ("purge a b", "no such verb `purge`", &["mkservice remove a b"]),
    ("move a b", "no such verb `move`", &["mkservice rename OLD NEW"]),
    ("describe web", "no such verb `describe`", &["mkservice status web"]),
    ("inspect web.service", "no such verb `inspect`", &["mkservice status web.service"]),
    ("is-active web", "no such verb `is-active`", &["mkservice status web"]),
    ("services", "no such verb `services`", &["mkservice list"]),
    ("list-units", "no such verb `list-units`", &["mkservice list"]),
    ("journal web", "no such verb `journal`", &["mkservice logs web"]),
    ("deploy", "no such verb `deploy`", &["mkservice apply FILE"]),
    ("dump", "no such verb `dump`", &["mkservice export"]),
    ("migrate Procfile", "no such verb `migrate`", &["mkservice import FILE"]),
    ("attach 12", "no such verb `attach`", &["mkservice adopt PID"]),
    ("sandbox web", "no such verb `sandbox`", &["mkservice harden web"]),
    ("diagnose", "no such verb `diagnose`", &["mkservice doctor"]),
    ("source env", "no such verb `source`", &["use --environment-file FILE to read variables from a file"]),
    ("daemon-reload", "no such verb `daemon-reload`", &["show the verbs: mkservice --help"]),
    ("scale web=3", "no such verb `scale`", &["show the verbs: mkservice --help"]),
    ("help kill", "no such verb `kill`", &["stop services: mkservice stop NAME"]),
    ("help create", "no such verb `create`", &["mkservice COMMAND"]),
    ("help nosuch", "no such verb `nosuch`", &["show the verbs: mkservice --help"]),
    // Slips: a line that changes something is not offered for its spelling.
    ("stauts web", "program `stauts` not found in PATH", &["did you mean: mkservice status web"]),
    ("lsit", "program `lsit` not found in PATH", &["did you mean: mkservice list"]),
    ("STATUS web", "program `STATUS` not found in PATH", &["did you mean: mkservice status web"]),
    ("Remove web", "program `Remove` not found in PATH", &["did you mean: mkservice remove web"]),
    ("restrat a", "program `restrat` not found in PATH", &["show the verbs: mkservice --help"]),
    ("remvoe a", "program `remvoe` not found in PATH", &["show the verbs: mkservice --help"]),
    ("starts a", "program `starts` not found in PATH", &["show the verbs: mkservice --help"]),
    ("removed a", "program `removed` not found in PATH", &["show the verbs: mkservice --help"]),
    ("statistics", "program `statistics` not found in PATH", &["type -a -- statistics"]),
    ("export2", "program `export2` not found in PATH", &["did you mean: mkservice export"]),
    ("--list", "unknown option `--list`", &["did you mean: mkservice list"]),
    ("--delete x", "unknown option `--delete`", &["did you mean: mkservice remove"]),
    // Aliases that are also programs.
    ("rm -rf file", "unknown option `-r`", &["mkservice remove --help", "mkservice -- rm -rf file"]),
    ("--every 1d rm file", "unknown option `--every`", &["mkservice remove --help", "mkservice --every 1d -- rm file"]),
    ("ls -la", "unknown option `-l`", &["mkservice list --help", "mkservice -- ls -la"]),
    ("ps aux", "unexpected argument `aux`", &["mkservice list --help", "mkservice -- ps aux"]),
    ("mv a b c", "unexpected argument `c`", &["mkservice rename --help", "mkservice -- mv a b c"]),
];

#[test]
fn words_of_other_tools_are_refused() {
    let home = Home::new();
    // Were one of them run, or a file of the directory deleted, the tree would tell.
    home.file("work/file", "", 0o644);
    for program in ["kill", "reboot", "cp", "rm", "systemctl", "bash", "sh", "vim"] {
        home.file(format!("bin/{program}"), "#!/bin/sh\n/bin/touch /\"$HOME\"/ran\n", 0o755);
    }
    let before = home.tree();
    for (line, message, hints) in REFUSED {
        let ran = home.run(line);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{line}: {ran:?}");
        assert!(ran.stderr.starts_with(&format!("error: {message}")), "{line}: {ran:?}");
        let told: Vec<&str> = ran.stderr.lines().filter(|line| line.starts_with("hint: ")).collect();
        assert_eq!(told.len(), hints.len(), "{line}: {ran:?}");
        for (hint, told) in hints.iter().zip(told) {
            assert!(told.contains(hint), "{line}: {hint:?} is not in {told:?}");
        }
        assert_eq!(home.tree(), before, "{line}: something was written: {ran:?}");
    }
}

#[test]
fn programs_run_as_services_behind_two_dashes() {
    for (line, name) in [
        ("add -- kill 1234", "kill"),
        ("-- kill 1234", "kill"),
        ("-- rm file", "rm"),
        ("add --name x -- bash", "x"),
        ("add -- systemctl start y", "systemctl"),
        // It has arguments.
        ("--name shell bash -c 'exec sleep 1'", "shell"),
        // It is not a program of the system.
        ("./reboot", "reboot"),
    ] {
        let home = Home::new();
        for program in ["bin/kill", "bin/rm", "bin/bash", "bin/systemctl", "work/reboot"] {
            home.program(program);
        }
        let ran = home.run(line);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{line}: {ran:?}");
        assert!(home.units().join(format!("{name}.service")).exists(), "{line}: {ran:?}");
    }
}

#[test]
fn programs_with_the_name_of_a_word_run_as_services() {
    let home = Home::new();
    home.program("bin/deploy");
    assert_eq!(home.run("deploy --fast").code, 0);
    assert!(home.units().join("deploy.service").exists());
}

#[test]
fn aliases_are_verbs() {
    let home = Home::new();
    assert_eq!(home.run("--name hello server").code, 0);
    for (alias, verb) in [
        ("ls", "list"),
        ("ps", "list"),
        ("show hello", "status hello"),
        ("info hello", "status hello"),
        ("log nosuch", "logs nosuch"),
        ("help rm", "help remove"),
        ("help ps", "help list"),
        ("version", "--version"),
        ("mv --dry-run hello other", "rename --dry-run hello other"),
        ("rm --dry-run hello", "remove --dry-run hello"),
        ("delete --check hello", "remove --check hello"),
        ("del --dry-run hello", "remove --dry-run hello"),
        ("uninstall --dry-run hello", "remove --dry-run hello"),
        ("uninstall --nosuch", "remove --nosuch x"),
    ] {
        let (of_alias, of_verb) = (home.run(alias), home.run(verb));
        assert_eq!((of_alias.code, of_alias.stdout), (of_verb.code, of_verb.stdout), "{alias}");
        assert!(of_alias.stderr.starts_with(of_verb.stderr.trim_end()), "{alias}: {}", of_alias.stderr);
    }
    assert_eq!(home.run("mv hello other").code, 0);
    assert_eq!(home.run("rm other").code, 0);
    assert!(!home.units().join("other.service").exists());
}

#[test]
fn rm_deletes_no_file() {
    let home = Home::new();
    home.file("work/file", "", 0o644);
    let before = home.tree();
    for line in ["rm file", "rm file myscript.py", "rm *", "rm ./file", "delete file", "--dry-run rm file"] {
        let ran = home.run(line);
        assert!(matches!(ran.code, 2 | 4), "{line}: {ran:?}");
        assert_eq!(home.tree(), before, "{line}: {ran:?}");
    }
}

//! What the program tells of itself.

use mkservice::model::Verb;
use snapbox::str;

use crate::support::{Home, same};

#[test]
fn help_of_the_program() {
    let ran = Home::new().run("--help");
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    same(
        ran.stdout,
        str![[r#"
Turns any command into a systemd service that is really running.

Put `mkservice` in front of a command that works in your terminal. It then keeps running: after you
log out, after a crash, after a reboot.

Usage: mkservice [OPTIONS] COMMAND [ARGUMENT]...
       mkservice [OPTIONS] -- COMMAND [ARGUMENT]...
       mkservice VERB [OPTIONS] [NAME]...

Verbs:
  add      Make a service of a command (the default: the word can be left out)
  apply    Make services what a file says: all that it has, in one go
  remove   Stop services and take away all that was made for them
  list     Show the services that mkservice has made, and how they are
  status   Show how services are, and why when they are not well
  logs     Show what a service has logged
  start    Start services, and see whether they stay up
  stop     Stop services; they start again at boot unless they are disabled
  restart  Stop and start services, and see whether they stay up
  run      Run a service now that a timer runs, or that does its work and ends; wait, and tell how
           it went
  enable   Have services started at boot
  disable  Have services not started at boot any more
  cat      Print the unit file of a service, with its drop-ins
  export   Print the file of services that makes what is there, for `mkservice apply`
  edit     Edit the unit file of a service; a version that does not run is put back
  harden   Close a service in as tightly as it lives with, found out by trying
  rename   Give a service another name
  adopt    Make a service of a process that runs already, and end that process
  import   Make a file of services of a file of another tool, and print it
  explain  Tell what a directive of systemd is, for use with -p
  doctor   Look for what keeps services from working, and say what to do
  help     Print this message or the help of the given subcommand(s)

Arguments:
  <COMMAND>...
          The command, as it works in your terminal, and its arguments
          
          Long options of mkservice may stand behind the command as well; what else looks like an
          option there is refused rather than guessed. Behind `--` everything belongs to the
          command.

Options:
  -h, --help
          Print help (see a summary with '-h')

  -V, --version
          Print version

The service:
      --name <NAME>
          The service's name [default: the script's name with a d, or the program's]
          
          [alias: --unit]

      --description <TEXT>
          One line about it, for people [default: the command]

      --instances <N|NAME,NAME...>
          Run it several times side by side: so many, or by names; %i in its arguments is the name
          of each
          
          `--instances 3` makes NAME@1, NAME@2 and NAME@3, `--instances blue,green` makes NAME@blue
          and NAME@green. Other verbs take NAME for all of them, or NAME@2 for one. The same line
          with another number has more of them, or fewer: those that stay run on. In the arguments
          of the command and in the values of -E, --working-directory and --environment-file, %i
          stands for the name of the instance and %%i for itself.

      --working-directory <DIR>
          The folder it runs in [default: this one]

  -E, --setenv <NAME[=VALUE]>
          A variable for its environment; without =VALUE, the value it has here

      --inherit-path
          Give it the PATH that is set here, without the folders that end with this session

      --environment-file <FILE>
          A file of variables; with `-` in front, one that may be missing

      --secret <NAME[=FILE]>
          A secret, in a file that $NAME_FILE names to the program; without =FILE, asked for and
          stored
          
          With =FILE systemd hands a copy of that file to the program at each start
          (LoadCredential=, man systemd.exec). Without, the value is asked for on the terminal or
          read from stdin: one trailing line break is dropped; several secrets are one line each, in
          the order of the options. It is stored where only root or your account can read it,
          encrypted where systemd can (systemd-creds), until `remove`. Later runs keep it unless
          they are given another one.

      --uid <USER>
          The account it runs as (system scope) [default: whoever typed sudo]; with --root --user,
          whose it is

      --gid <GROUP>
          The group it runs as (system scope) [default: the account's own]

How it runs:
      --restart <WHEN>
          When systemd starts it again [default: on-failure]
          
          One of no, on-success, on-failure, on-abnormal, on-watchdog, on-abort, always (man
          systemd.service)

      --restart-sec <SPAN>
          How long systemd waits before that, as in 500ms or 1min [default: 5s]

      --service-type <TYPE>
          What systemd takes as “it has started” [default: exec]
          
          One of simple, exec, forking, oneshot, dbus, notify, notify-reload, idle (man
          systemd.service)

      --harden <HOW>
          Close it in, so that it reaches only what it needs: safe or strict
          
          safe: what hardly any program notices, except that sudo and its kind do not work. strict:
          all that programs of its kind are known to live with, with the network; its folder is then
          read-only, and $STATE_DIRECTORY names one that is not. Each line that this writes gives
          way to a -p of that name; `-v` shows them with reasons.

      --log-file <FILE>
          Append what it prints to this file, instead of the journal
          
          As `nohup COMMAND >>FILE 2>&1` does. Nobody empties the file by himself; `mkservice logs`
          shows it.

  -p, --property <NAME=VALUE>
          Any directive of a unit file, as in MemoryMax=1G

When it runs:
      --on-calendar <TIMES>
          Run it at these times, as in daily, 08:30 or 'Mon..Fri 18:00'
          
          A calendar event as systemd writes it (man systemd.time); given several times, it runs at
          all of them. It can be tried first: systemd-analyze calendar 'Mon..Fri 18:00'

      --every <SPAN>
          Run it now and then again and again: SPAN after each run began, as in 5m or 1h

      --on-boot <SPAN>
          Run it SPAN after the machine was started

      --on-active <SPAN>
          Run it SPAN from now, and SPAN after each boot

      --on-unit-active <SPAN>
          Run it SPAN after its last run began

      --randomized-delay <SPAN>
          Wait up to SPAN longer each time, by chance, so that not all machines run it at once

      --persistent
          Make up for a run of --on-calendar that was missed while the machine was off

      --listen <ADDRESS>
          Have systemd listen on ADDRESS, and start it on the first connection
          
          One of PORT, IP:PORT, [IPV6]:PORT, /PATH of a socket, @NAME, vsock:CID:PORT and udp:PORT
          (man systemd.socket); several options, several addresses. The program has to take what
          listens from systemd: file descriptor 3 and on, as many as $LISTEN_FDS says (man
          sd_listen_fds). One that opens the port itself finds it taken. In system scope any account
          can serve ports below 1024 so. Only the account and its group may connect to a socket with
          a path.

      --on-path-changed <PATH>
          Run it whenever PATH has changed: a file was written, or came or went in a folder
          
          This is PathChanged= of systemd.path. What changes while it runs is looked at once more
          when it has ended. What others change on a network file system is not noticed.

      --on-path-exists <PATH>
          Run it while PATH exists, again and again until it is gone
          
          This is PathExists= of systemd.path. The program has to remove PATH, or is started at once
          again, and after 20 runs in 10 seconds systemd gives up. What others make on a network
          file system is not noticed.

What it needs:
      --after <UNIT>
          Start it only once UNIT has started, if that is to be started at all

      --requires <UNIT>
          Start UNIT first, and do not start it if that fails; stop it when UNIT is stopped
          
          This is Requires= and After= of systemd.unit: Requires= alone would start both at the same
          time. A name without a suffix means a service; a path such as /mnt/data means what is
          mounted there.

      --wants <UNIT>
          Start UNIT with it, and go on if that fails

      --part-of <UNIT>
          Stop and restart it whenever UNIT is stopped or restarted

      --notify-failure <UNIT|COMMAND>
          When it has failed and systemd has given it up, start this unit or run this command
          
          A word that ends like a unit's name (NAME.service, NAME.target) means that unit
          (OnFailure=, man systemd.unit). Anything else is a command, in quotes where it has several
          words: it runs in the same folder, as the same account and with the same variables, and
          finds the name of the service in $MONITOR_UNIT. No shell runs it.

What it may use:
      --memory-max <SIZE>
          The most memory it may use, as in 512M, 2G or 25%: beyond that it is ended

      --cpu-quota <PERCENT>
          The most processor time it may use: 50% is half of one processor, 200% are two

      --tasks-max <N>
          The most processes and threads it may have, as in 100, 10% or infinity

      --nice <N>
          How much it stands back for others: from -20 (first) over 0 (as usual) to 19 (last)

      --privileged-ports
          Let it listen on ports below 1024, as 80, without being root (system scope)

How it is done:
      --settle <SPAN>
          How long it has to be up before it counts as started; 0 looks once [default: 1s]

      --max-exposure <N>
          Refuse it if systemd rates it as more exposed than that, from 0 (closed) to 10 (open)

      --no-rollback
          Keep a changed service that does not come up; without this the old one is put back

      --no-start
          Install and enable it, but do not start it now

      --no-enable
          Do not start it at boot

      --no-linger
          Leave lingering as it is: a user service then ends when you log out

      --dry-run
          Show what would be done, and do nothing

      --check
          The same, with exit code 5 if there is anything to do

      --force
          Go on where mkservice would refuse, as with units that are not ours

Which manager:
      --root <DIR>
          Work on the system in this folder, which does not run: an image, a container's files
          
          Every path is then one inside of DIR, as if it were `/`: nothing outside is read or
          written. Accounts are those of its own /etc/passwd, programs are looked for where its
          services will look, and nothing is started. With `--user --uid NAME`, a service of that
          account's own manager.

      --global
          A service of every user: each one's own manager runs one, from the next login on

      --user
          Use your own service manager: no root needed (the default, except for root)

      --system
          Use the machine's service manager (the default for root)

How it is told:
      --json
          Print one JSON document with everything there is to tell

  -q, --quiet
          Print nothing but warnings and errors

  -v, --verbose
          Print each step and each decision with its reason

Examples:
  mkservice python myscript.py                     a service named myscriptd
  mkservice python myscript.py --name watcher      the same, under another name
  mkservice --name web -- gunicorn app:app --bind :8000
                                                   after `--` everything belongs to the command
  mkservice --system ./server --name server        a system service: root is asked for, it runs as
  you
  mkservice --dry-run python myscript.py           show what would be done, do nothing
  mkservice list                                   the services that mkservice has made
  mkservice status myscriptd                       how it is, and why when it is not well
  mkservice logs myscriptd -f                      what it says
  mkservice remove myscriptd                       stop it and take everything away again
  mkservice adopt myscript.py                      make a service of what runs already

Where things are:
  user services     ~/.config/systemd/user/NAME.service
  system services   /etc/systemd/system/NAME.service

Exit codes:
  0 done, the service runs    1 failed    2 refused, nothing was changed
  3 it does not run           4 no such service or process
  5 with --check: there is something to do

"#]],
    );
}

#[test]
fn every_verb_has_help() {
    for line in ["help remove", "remove --help", "add --help", "help add", "-h", "python x.py --help"] {
        let ran = Home::new().run(line);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{line}");
        assert!(ran.stdout.contains("Usage: mkservice"), "{line}: {}", ran.stdout);
    }
}

#[test]
fn every_verb_has_its_own_help() {
    let home = Home::new();
    for verb in Verb::all().filter(|verb| *verb != Verb::Help).map(Verb::name) {
        let ran = home.run(&format!("{verb} --help"));
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{verb}");
        let usage = if verb == "add" { "Usage: mkservice [add]".into() } else { format!("Usage: mkservice {verb}") };
        assert!(ran.stdout.contains(&usage), "{verb}: {}", ran.stdout);
        assert!(ran.stdout.contains("--json") && ran.stdout.contains("--user"), "{verb}: {}", ran.stdout);
        assert_eq!(ran.stdout, home.run(&format!("help {verb}")).stdout);
    }
}

#[test]
fn version_is_that_of_the_package() {
    let ran = Home::new().run("--version");
    assert_eq!((ran.code, ran.stdout), (0, format!("mkservice {}\n", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn closed_pipe_is_not_an_error() {
    let home = Home::new();
    let program = home.mkservice().get_program().to_owned();
    for words in ["--help", "--dry-run python x"] {
        let mut shell = home.command("/bin/bash");
        let line = format!("set -o pipefail; \"$0\" {words} | true; echo \"${{PIPESTATUS[0]}}\"");
        shell.env("SYSTEMD_OFFLINE", "1").arg("-c").arg(line).arg(&program);
        let ran = home.ran(&mut shell);
        assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("0\n", ""), "{words}");
    }
}

//! Help, version, completions, and the man page.

use mkservice::model::Verb;
use snapbox::str;

use crate::support::{Home, same};

#[test]
#[expect(clippy::too_many_lines, reason = "one table of expected texts")]
fn help_of_the_program() {
    let ran = Home::new().run("--help");
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    same(
        ran.stdout,
        str![[r#"
Turn any command into a running systemd service.

Put `mkservice` before a command that works in your terminal. It then keeps
running after you log out, after a crash and after a reboot.

Usage: mkservice [OPTIONS] COMMAND [ARGUMENT]...
       mkservice [OPTIONS] -- COMMAND [ARGUMENT]...
       mkservice VERB [OPTIONS] [NAME]...

Create:
  add         Create a service from a command (the default verb)
  adopt       Replace a running process with a service

Inspect:
  list        List services and their state
  status      Show service state and why a service failed
  logs        Show the logs of services
  cat         Print the unit files and drop-ins of services
  explain     Explain a systemd directive, for use with -p
  doctor      Diagnose problems and suggest fixes

Control:
  start       Start services and check that they keep running
  stop        Stop services; enabled ones start again at boot
  restart     Restart services and check that they keep running
  run         Run a timer or oneshot service now and wait for the result
  enable      Start services at boot
  disable     Do not start services at boot

Change:
  update      Change options or the command of a service
  edit        Edit settings of a service; roll back if it fails to start
  harden      Find the tightest sandbox the service works in
  rename      Rename a service
  remove      Stop services and remove their files

Files:
  apply       Create or update every service in a file
  export      Print a mkservice.toml for the installed services
  import      Convert a Procfile, crontab, pm2 or supervisord file

Shell:
  completions Print completions for a shell
  man         Show a manual page

Arguments:
  <COMMAND>...
          Command to run, with its arguments
          
          Options before the command belong to mkservice; from its first word
          on, everything belongs to the program. Only `--name NAME` as the last
          words of the line names the service. Options there such as --user or
          --dry-run are refused with both command lines that they can mean.
          After `--` nothing belongs to mkservice.

Options:
  -h, --help
          Print help (see a summary with '-h')

  -V, --version
          Print version

Service:
      --name <NAME>
          Service name [default: from the program]
          
          A script's name gets a trailing d. --unit is the same option.

      --description <TEXT>
          One-line description [default: the command]

      --instances <N|NAMES>
          Run N instances, or one for each name
          
          `--instances 3` creates NAME@1, NAME@2 and NAME@3; `--instances
          blue,green` creates NAME@blue and NAME@green. Other verbs take NAME
          for all of them, or NAME@2 for one. Run the same command with another
          number to add or remove instances; those that remain keep running. In
          the command's arguments and in the values of -E, --working-directory
          and --environment-file, %i is the instance name and %%i a literal %i.

      --working-directory <DIR>
          Working directory [default: current]

  -E, --setenv <NAME[=VALUE]>
          Set a variable; without =VALUE, copy it

      --inherit-path
          Use the current PATH, without directories that end with this session

      --environment-file <FILE>
          Read variables from FILE; -FILE is optional

      --secret <NAME[=FILE]>
          Pass a secret in a file, or prompt for it
          
          The program finds the file in $NAME_FILE. With =FILE, systemd passes a
          copy of that file at each start (LoadCredential=, man systemd.exec).
          Without it, the value is prompted for, or read from stdin: one
          trailing newline is dropped; several secrets are one line each, in the
          order of the options. It is stored until `remove`, readable only by
          root or you, and encrypted if systemd can do that (systemd-creds).
          Later runs keep the stored value unless they are given another one.

      --uid <USER>
          Run as USER (system scope) [default: you]
          
          With --root and --user, the user who owns the service.

      --gid <GROUP>
          Run as GROUP (system scope)
          
          By default the primary group of the user.

Execution:
      --restart <POLICY>
          When to restart [default: on-failure]
          
          One of no, on-success, on-failure, on-abnormal, on-watchdog, on-abort,
          always (man systemd.service)

      --restart-sec <DURATION>
          Delay before a restart [default: 5s]

      --service-type <TYPE>
          When a start is complete [default: exec]
          
          One of simple, exec, forking, oneshot, dbus, notify, notify-reload,
          idle (man systemd.service)

      --harden <PRESET>
          Sandbox the service: safe or strict
          
          safe: restrictions that hardly any program notices, except that sudo
          and similar tools do not work. strict: everything that programs of
          this kind are known to work with, including the network; the working
          directory is then read-only, and $STATE_DIRECTORY names a writable
          one. A -p with the same directive takes precedence; `-v` shows every
          directive with its reason.

      --expand-environment <BOOL>
          Expand $NAME and ${NAME} in the command's arguments, with yes
          
          systemd expands them at each start (man systemd.service, "Command
          lines"), with the variables of the service: ${NAME} as it is, a whole
          argument $NAME split at spaces, and $$ is a literal $. By default, and
          with no, the program gets every $ as it was given. Quote them for your
          shell: '${HOME}'.

      --ignore-failure
          Count every exit status as success
          
          This is the prefix - of ExecStart= (man systemd.service). A service
          that fails is then not restarted by --restart on-failure.

      --log-file <FILE>
          Append output to FILE, not the journal
          
          Like `nohup COMMAND >>FILE 2>&1`. The file is not rotated; `mkservice
          logs` shows it.

  -p, --property <NAME=VALUE>
          Set any directive, such as MemoryHigh=1G

      --watchdog-sec <DURATION>
          Restart if the program hangs for DURATION
          
          The program must send WATCHDOG=1 to systemd at least every DURATION,
          preferably twice as often ($WATCHDOG_USEC, man sd_watchdog_enabled);
          otherwise systemd kills it. Every service type but oneshot supports
          this.

Triggers:
      --on-calendar <EVENT>
          Run at times such as daily or 08:30
          
          EVENT is a calendar event (man systemd.time), such as 'Mon..Fri
          18:00'; give the option several times for several events. To test one:
          systemd-analyze calendar 'Mon..Fri 18:00'

      --cron <SCHEDULE>
          Run at the times of a crontab line, such as '*/5 * * * *'
          
          SCHEDULE is five fields (minute, hour, day of the month, month, day of
          the week; man 5 crontab), or @hourly, @daily, @weekly, @monthly,
          @yearly or @reboot. It becomes the same times of --on-calendar, or
          --on-boot.

      --every <DURATION>
          Run now, then every DURATION, such as 1h
          
          The interval counts from the start of each run.

      --on-boot <DURATION>
          Run DURATION after boot

      --on-startup <DURATION>
          Run DURATION after systemd or the user manager has started

      --on-active <DURATION>
          Run DURATION from now, and after each boot

      --on-unit-active <DURATION>
          Run DURATION after the last run began

      --on-unit-inactive <DURATION>
          Run DURATION after the last run ended

      --on-clock-change
          Run when the clock is set
          
          This is OnClockChange= (man systemd.timer): the real-time clock jumps
          against the monotonic one.

      --on-timezone-change
          Run when the time zone of the machine changes

      --randomized-delay <DURATION>
          Delay each run by a random time up to DURATION

      --persistent
          Make up for runs missed while powered off
          
          Only for --on-calendar.

      --listen <ADDRESS>
          Listen on ADDRESS; start on first connection
          
          ADDRESS is PORT, IP:PORT, [IPV6]:PORT, the /PATH of a socket, @NAME,
          vsock:CID:PORT or udp:PORT (man systemd.socket); give the option
          several times for several addresses. The program must accept the
          listening sockets from systemd: file descriptors from 3 on,
          $LISTEN_FDS of them (man sd_listen_fds). A program that opens the port
          itself fails, because the port is in use. In system scope this works
          for ports below 1024 as any user. Only the user and group of the
          service can connect to a socket with a path.

      --on-path-changed <PATH>
          Run when PATH changes
          
          PATH changes when a file is written, or created or removed in a
          directory (PathChanged=, man systemd.path). Changes while the service
          runs are checked once after it exits. Changes that other hosts make on
          a network file system are not noticed.

      --on-path-exists <PATH>
          Run while PATH exists, repeatedly until it is gone
          
          This is PathExists= (man systemd.path). The program must remove PATH,
          or it is started again at once; after 20 runs in 10 seconds systemd
          stops trying. Files that other hosts create on a network file system
          are not noticed.

Dependencies:
      --after <UNIT>
          Start after UNIT, if both are started

      --requires <UNIT>
          Start UNIT first; do not start if it fails
          
          The service stops when UNIT is stopped. This is Requires= with After=
          (man systemd.unit): Requires= alone would start both at the same time.
          A name without a suffix is a service; a path such as /mnt/data is what
          is mounted there.

      --wants <UNIT>
          Start UNIT too, and ignore its failure

      --part-of <UNIT>
          Stop and restart together with UNIT

      --notify-failure <ACTION>
          Start or run this after a final failure
          
          Final means that systemd does not restart the service any more. An
          action that ends like a unit name (NAME.service, NAME.target) is that
          unit (OnFailure=, man systemd.unit). Anything else is a command,
          quoted if it has arguments: it runs in the same directory, as the same
          user and with the same variables, and finds the service name in
          $MONITOR_UNIT. No shell runs it.

Resource limits:
      --memory-max <SIZE>
          Memory limit, such as 512M or 25%
          
          The service is killed above it.

      --cpu-quota <PERCENT>
          CPU time limit; 50% is half of one CPU

      --tasks-max <N>
          Limit of processes and threads, such as 100

      --nice <N>
          Nice level, from -20 (highest priority) to 19

      --privileged-ports
          Allow ports below 1024 without root (system scope)

Behavior:
      --settle <DURATION>
          Time it must run to count as started [default: 1s]
          
          0 checks only once.

      --max-exposure <N>
          Refuse an exposure above N, from 0 (sandboxed) to 10
          
          The exposure is that of `systemd-analyze security`.

      --no-rollback
          Keep what fails to start
          
          Otherwise a new service is removed again, and a changed one gets back
          its previous version.

      --replace
          Replace a service of another project
          
          A derived name replaces only a service with the same directory and
          program, a given name only one with the same directory or program. On
          a terminal, mkservice asks about a given name.

      --no-start
          Install and enable, but do not start now

      --no-enable
          Do not start at boot

      --no-linger
          Do not enable lingering: stop when you log out

      --dry-run
          Show what would change, and exit

      --check
          Like --dry-run; exit with 5 if anything would change

      --force
          Override safety checks
          
          Such as the refusal to replace a unit that mkservice does not manage.

      --yes
          Answer questions with yes (-y)

      --no-ask-password
          Do not ask for a password when root privileges are required

Scope:
      --root <DIR>
          Work on the system image in DIR
          
          Every path is inside DIR, as if DIR were `/`: nothing outside is read
          or written. Users are those of its own /etc/passwd, programs are
          looked up where its services look them up, and nothing is started.
          With `--user --uid NAME`, a service of that user.

      --global
          Install for all users, from their next login

      --user
          Use the user manager (default, except for root)

      --system
          Use the system manager (default for root)

Output:
      --json
          Print one JSON document

  -q, --quiet
          Print only warnings and errors

  -v, --verbose
          Print every step, and every decision with its reason

      --color <WHEN>
          Color the output: auto, always or never

      --no-pager
          Do not show long output in a pager
          
          As for systemctl, $SYSTEMD_PAGER and $PAGER name another pager than
          less. For root, they count only if $SYSTEMD_PAGERSECURE is 0.

Aliases of verbs:
  remove   rm, del, delete, uninstall
  list     ls, ps
  status   show, info
  logs     log
  rename   mv
  completionscompletion

Examples:
  mkservice python myscript.py                  create a service named myscriptd
  mkservice python myscript.py --name watcher   the same with another name
  mkservice --user gunicorn app:app --bind :80  options of mkservice come first
  mkservice --system ./server --name server     create a system service
  mkservice --dry-run python myscript.py        show what would change
  mkservice list                                list services and their state
  mkservice status myscriptd                    show its state and why it failed
  mkservice logs myscriptd -f                   follow its log
  mkservice remove myscriptd                    stop it and remove its files
  mkservice adopt myscript.py                   replace a running process

Files:
  user services     ~/.config/systemd/user/NAME.service
  system services   /etc/systemd/system/NAME.service

Exit codes:
  0  done, the service is running
  1  failed
  2  refused, nothing was changed
  3  not running
  4  no such service
  5  --check: something would change

"#]],
    );
}

#[test]
fn every_verb_has_help() {
    for line in ["help remove", "remove --help", "add --help", "help add", "-h", "--help python x.py"] {
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
fn short_help_has_a_line_for_each_option() {
    let home = Home::new();
    for verb in Verb::all().map(Verb::name) {
        let help = home.run(&format!("{verb} -h")).stdout;
        for line in help.lines() {
            let is_continued = line.starts_with("          ");
            assert!(line.chars().count() <= 80 && !is_continued, "{verb}: {line}");
        }
        let options = help.lines().filter(|line| line.trim_start().starts_with('-')).count();
        assert!(options <= 45, "{verb}: {options} options");
    }
}

#[test]
fn version_is_that_of_the_package() {
    let ran = Home::new().run("--version");
    assert_eq!((ran.code, ran.stdout), (0, format!("mkservice {}\n", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn verbose_version_describes_the_build() {
    for line in ["--version -v", "-v --version", "-Vv", "version -v"] {
        let ran = Home::new().run(line);
        let (first, rest) = ran.stdout.split_once('\n').unwrap();
        assert_eq!((ran.code, first), (0, concat!("mkservice ", env!("CARGO_PKG_VERSION"))), "{line}");
        let names: Vec<&str> = rest.lines().filter_map(|line| line.split(' ').next()).collect();
        assert_eq!(names, ["commit", "directives", "target"], "{line}");
        assert!(rest.contains("directives  systemd 247 to 262\n"), "{rest}");
    }
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

#[test]
fn manual_pages_have_no_faults() {
    let home = Home::new();
    let verbs = Verb::all().filter(|verb| *verb != Verb::Help).map(|verb| (verb.name(), "1"));
    for (name, section) in verbs.chain([("mkservice", "1"), ("mkservice.toml", "5")]) {
        let page = home.run(&format!("man {name}"));
        assert_eq!((page.code, page.stderr.as_str()), (0, ""), "{name}");
        let file = home.file(format!("{name}.{section}"), &page.stdout, 0o644);
        let lint = home.ran(home.command("/usr/bin/mandoc").args(["-T", "lint"]).arg(&file));
        assert_eq!((lint.code, lint.stdout.as_str()), (0, ""), "{name}: {}", lint.stderr);
        for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "\"SEE ALSO\""] {
            assert!(page.stdout.contains(&format!("\n.SH {section}\n")), "{section} of {name}: {}", page.stdout);
        }
    }
}

#[test]
fn manual_page_of_the_file_has_every_key() {
    let home = Home::new();
    let page = home.run("man mkservice.toml").stdout;
    let schema: serde_json::Value = serde_json::from_str(&home.run("apply --schema").stdout).unwrap();
    for key in schema["properties"]["services"]["additionalProperties"]["properties"].as_object().unwrap().keys() {
        assert!(page.contains(&format!("\\fB{}\\fR = ", key.replace('-', "\\-"))), "{key}");
    }
}

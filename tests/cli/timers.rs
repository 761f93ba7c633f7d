//! The options that have a timer start the service, where no systemd runs.

use snapbox::str;

use crate::options_refused;
use crate::support::{Home, same};

#[test]
fn invalid_calendar_events_are_refused() {
    options_refused(
        &["--on-calendar", "*/5 * * * *"],
        str![[r#"
error: --on-calendar '*/5 * * * *' is written as in a crontab; systemd writes times in another way
hint: --on-calendar '*-*-* *:00/5:00'

"#]],
    );
    options_refused(
        &["--on-calendar", "0 4 1 * sun"],
        str![[r#"
error: --on-calendar '0 4 1 * sun' is written as in a crontab; systemd writes times in another way
hint: --on-calendar '*-*-01 04:00:00' --on-calendar 'Sun *-*-* 04:00:00'

"#]],
    );
    options_refused(
        &["--on-calendar", "@reboot"],
        str![[r#"
error: --on-calendar @reboot is written as in a crontab; systemd writes times in another way
hint: --on-boot 0

"#]],
    );
    options_refused(
        &["--on-calendar", "5 minutes"],
        str![[r#"
error: --on-calendar '5 minutes' is a span of time and not a time of the day
hint: --every '5 minutes'

"#]],
    );
    options_refused(
        &["--on-calendar", "25:00"],
        str![[r#"
error: --on-calendar 25:00 is not a calendar event
hint: daily, hourly, 08:30, 'Mon..Fri 18:00' and '*-*-01 04:00' are such times: man systemd.time

"#]],
    );
}

#[test]
fn invalid_durations_are_refused() {
    options_refused(
        &["--every", "daily"],
        str![[r#"
error: --every daily is no span of time
hint: --on-calendar daily

"#]],
    );
    options_refused(
        &["--every", "Day"],
        str![[r#"
error: --every Day is no span of time
hint: --on-calendar daily

"#]],
    );
    options_refused(
        &["--every", "08:30"],
        str![[r#"
error: --every 08:30 is a time and not a span of time
hint: --on-calendar 08:30

"#]],
    );
    options_refused(
        &["--every", "0"],
        str![[r#"
error: --every 0 would start it more than once in a second
hint: what is to run all the time needs no timer: leave the option out

"#]],
    );
    options_refused(
        &["--every", "900ms"],
        str![[r#"
error: --every 900ms would start it more than once in a second
hint: what is to run all the time needs no timer: leave the option out

"#]],
    );
    options_refused(
        &["--every", "infinity"],
        str![[r#"
error: --every infinity never comes

"#]],
    );
    options_refused(
        &["--on-boot", "soon"],
        str![[r#"
error: --on-boot `soon` is not a time span: write a number of seconds or numbers with units, as in `5`, `500ms`, `1min 30s`, or `infinity`
hint: --on-boot 5min

"#]],
    );
}

#[test]
fn incomplete_and_conflicting_options_are_refused() {
    options_refused(
        &["--persistent"],
        str![[r#"
error: --persistent says nothing without a time at which it runs
hint: --on-calendar daily

"#]],
    );
    options_refused(
        &["--every", "1h", "--persistent"],
        str![[r#"
error: --persistent makes up for times of --on-calendar only; spans count from now, from the boot or from the last run
hint: --on-calendar daily --persistent

"#]],
    );
    options_refused(
        &["--randomized-delay", "1h"],
        str![[r#"
error: --randomized-delay says nothing without a time at which it runs
hint: --on-calendar daily

"#]],
    );
    options_refused(
        &["--every", "1h", "--on-unit-active", "2h"],
        str![[r#"
error: --on-unit-active says the same as --every, which runs it now as well

"#]],
    );
    options_refused(
        &["--every", "1h", "--restart", "always"],
        str![[r#"
error: --restart always would run a oneshot service again and again: systemd refuses it
hint: --restart on-failure

"#]],
    );
    options_refused(
        &["--every", "1h", "-p", "Restart=on-success"],
        str![[r#"
error: --property: `Restart` would start it again as soon as it has ended; its timer says when it runs
hint: leave it out, or: --restart on-failure

"#]],
    );
    options_refused(
        &["--every", "1h", "-p", "RemainAfterExit=yes"],
        str![[r#"
error: --property: `RemainAfterExit` would have it count as running for ever after its first run, and its timer never start it again

"#]],
    );
}

#[test]
fn timer_files_and_output() {
    let home = Home::new();
    let ran = home.run_words(["--name", "feed", "--every", "15min", "--no-linger", "--dry-run", "-v", "python"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    same(
        ran.stdout,
        str![[r#"
user scope, because mkservice was run as not root (--user and --system say otherwise)
`python` is [HOME]/bin/python
OnActiveSec=15min as well, because after a boot there was no run to count from
Type=oneshot, because what something starts does its work and ends (--service-type exec: it goes on running)
PYTHONUNBUFFERED=1, because Python would buffer its output for minutes
PATH=[HOME]/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin, because what the program starts by name is looked for there first
would write [HOME]/.config/systemd/user/feed.service
    # feed.service: created by mkservice 0.1.0 with
    #   mkservice --name feed --every 15min --no-linger python
    # To change it, run the command again with other arguments. Keep your own settings in a drop-in, which
    # mkservice leaves alone: systemctl --user edit feed
    # To remove it: mkservice remove feed

    [Unit]
    Description=python
    StartLimitIntervalSec=0

    [Service]
    Type=oneshot
    ExecStart=[HOME]/bin/python
    WorkingDirectory=[HOME]/work
    Environment=PYTHONUNBUFFERED=1
    Environment=PATH=[HOME]/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin

    [X-Mkservice]
    Version=0.1.0
    Command=mkservice --name feed --every 15min --no-linger python
    Checksum=sha256:[HASH]
would write [HOME]/.config/systemd/user/feed.timer
    # feed.timer: created by mkservice 0.1.0 with
    #   mkservice --name feed --every 15min --no-linger python
    # To change it, run the command again with other arguments. Keep your own settings in a drop-in, which
    # mkservice leaves alone: systemctl --user edit feed.timer
    # To remove it: mkservice remove feed

    [Unit]
    Description=Timer of feed

    [Timer]
    OnActiveSec=15min
    OnUnitActiveSec=15min
    AccuracySec=1s

    [Install]
    WantedBy=timers.target

    [X-Mkservice]
    Version=0.1.0
    CompanionOf=feed
    Command=mkservice --name feed --every 15min --no-linger python
    Checksum=sha256:[HASH]
would link [HOME]/.config/systemd/user/timers.target.wants/feed.timer to [HOME]/.config/systemd/user/feed.timer
note: feed would run: now; 15 min after each boot; 15 min after each run began

"#]],
    );
    same(ran.stderr, str![[r#""#]]);
}

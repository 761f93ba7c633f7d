//! Timer options, where systemd is not running.

use snapbox::str;

use crate::options_refused;
use crate::support::{Home, same};

#[test]
fn invalid_calendar_events_are_refused() {
    options_refused(
        &["--on-calendar", "*/5 * * * *"],
        str![[r#"
error: --on-calendar '*/5 * * * *': crontab syntax, which systemd does not accept
hint: --on-calendar '*-*-* *:00/5:00'

"#]],
    );
    options_refused(
        &["--on-calendar", "0 4 1 * sun"],
        str![[r#"
error: --on-calendar '0 4 1 * sun': crontab syntax, which systemd does not accept
hint: --on-calendar '*-*-01 04:00:00' --on-calendar 'Sun *-*-* 04:00:00'

"#]],
    );
    options_refused(
        &["--on-calendar", "@reboot"],
        str![[r#"
error: --on-calendar @reboot: crontab syntax, which systemd does not accept
hint: --on-boot 0

"#]],
    );
    options_refused(
        &["--on-calendar", "5 minutes"],
        str![[r#"
error: --on-calendar '5 minutes': a duration, not a time
hint: --every '5 minutes'

"#]],
    );
    options_refused(
        &["--on-calendar", "25:00"],
        str![[r#"
error: --on-calendar 25:00: not a calendar event
hint: use a calendar event such as daily, 08:30, 'Mon..Fri 18:00' or '*-*-01 04:00' (man systemd.time)

"#]],
    );
}

#[test]
fn invalid_durations_are_refused() {
    options_refused(
        &["--every", "daily"],
        str![[r#"
error: --every: invalid duration `daily`
hint: --on-calendar daily

"#]],
    );
    options_refused(
        &["--every", "Day"],
        str![[r#"
error: --every: invalid duration `Day`
hint: --on-calendar daily

"#]],
    );
    options_refused(
        &["--every", "08:30"],
        str![[r#"
error: --every: `08:30` is a time, not a duration
hint: --on-calendar 08:30

"#]],
    );
    options_refused(
        &["--every", "0"],
        str![[r#"
error: --every: `0` would start it more than once a second
hint: leave the option out to keep the program running

"#]],
    );
    options_refused(
        &["--every", "900ms"],
        str![[r#"
error: --every: `900ms` would start it more than once a second
hint: leave the option out to keep the program running

"#]],
    );
    options_refused(
        &["--every", "infinity"],
        str![[r#"
error: --every: `infinity` never elapses

"#]],
    );
    options_refused(
        &["--on-boot", "soon"],
        str![[r#"
error: --on-boot: invalid duration `soon`: expected seconds or numbers with units, such as `5`, `500ms`, `1min 30s` or `infinity`
hint: --on-boot 5min

"#]],
    );
}

#[test]
fn crontab_times_become_calendar_events() {
    let shown = |cron: &str| {
        let home = Home::new();
        let ran = home.run_words(["--name", "feed", "--cron", cron, "--dry-run", "python"]);
        assert_eq!(ran.code, 0, "{cron}: {ran:?}");
        let is_of_it = |line: &&str| ["    On", "note: --cron"].iter().any(|start| line.starts_with(start));
        ran.stdout.lines().filter(is_of_it).map(str::trim_start).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(shown("*/5 * * * *"), "OnCalendar=*-*-* *:00/5:00");
    assert_eq!(shown("0 4 1 * sun"), "OnCalendar=*-*-01 04:00:00\nOnCalendar=Sun *-*-* 04:00:00");
    assert_eq!(shown("@daily").lines().next(), Some("OnCalendar=daily"));
    assert_eq!(shown("@reboot"), "OnStartupSec=0s");
    let summer = "cron makes up for a run that daylight saving time skips; systemd does not";
    assert_eq!(shown("30 2 * * *"), format!("OnCalendar=*-*-* 02:30:00\nnote: --cron '30 2 * * *': {summer}"));
    assert_eq!(
        shown("*/7 * * * *"),
        "OnCalendar=*-*-* *:00/7:00\nnote: --cron '*/7 * * * *': the minute `*/7` begins again at 0 after 56"
    );
    assert_eq!(
        shown("0 12 */2 * *"),
        "OnCalendar=*-*-01/2 12:00:00\nnote: --cron '0 12 */2 * *': the day of the month `*/2` begins again at 1 after 31"
    );
}

#[test]
fn invalid_crontab_times_are_refused() {
    options_refused(
        &["--cron", "61 * * * *"],
        str![[r#"
error: --cron '61 * * * *': the minute `61` is not in the range 0 to 59

"#]],
    );
    options_refused(
        &["--cron", "* * * *"],
        str![[r#"
error: --cron '* * * *': expected minute, hour, day of the month, month and day of the week
hint: --cron '30 4 * * *'

"#]],
    );
    options_refused(
        &["--cron", "5 4 * * * ./backup"],
        str![[r#"
error: --cron '5 4 * * * ./backup': 6 fields instead of 5
hint: give the command after the options, and not with the times

"#]],
    );
    options_refused(
        &["--cron", "0 0 31 2 *"],
        str![[r#"
error: --cron '0 0 31 2 *': no such day

"#]],
    );
    options_refused(
        &["--cron", "@often"],
        str![[r#"
error: --cron @often: expected minute, hour, day of the month, month and day of the week
hint: --cron '30 4 * * *'

"#]],
    );
}

#[test]
fn incomplete_and_conflicting_options_are_refused() {
    options_refused(
        &["--persistent"],
        str![[r#"
error: --persistent requires a time at which the service runs
hint: --on-calendar daily

"#]],
    );
    options_refused(
        &["--every", "1h", "--persistent"],
        str![[r#"
error: --persistent only applies to --on-calendar
hint: --on-calendar daily --persistent

"#]],
    );
    options_refused(
        &["--randomized-delay", "1h"],
        str![[r#"
error: --randomized-delay requires a time at which the service runs
hint: --on-calendar daily

"#]],
    );
    options_refused(
        &["--every", "1h", "--on-unit-active", "2h"],
        str![[r#"
error: --on-unit-active cannot be combined with --every, which implies it

"#]],
    );
    options_refused(
        &["--every", "1h", "--restart", "always"],
        str![[r#"
error: --restart always would run a oneshot service again and again, which systemd refuses
hint: --restart on-failure

"#]],
    );
    options_refused(
        &["--every", "1h", "-p", "Restart=on-success"],
        str![[r#"
error: --property: `Restart` would restart it as soon as it exits, although it has a timer
hint: leave it out, or use --restart on-failure

"#]],
    );
    options_refused(
        &["--every", "1h", "-p", "RemainAfterExit=yes"],
        str![[r#"
error: --property: `RemainAfterExit` would keep it active after its first run, so that the timer never starts it again

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
user scope, because mkservice runs as not root (--user and --system override it)
`python` is `[HOME]/bin/python`
OnActiveSec=15min too, because after boot there is no run to count from
Type=oneshot, because what is triggered does its work and exits (--service-type exec if it keeps running)
PYTHONUNBUFFERED=1, because Python would buffer its output for minutes
PATH=[HOME]/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin, because programs that it starts by name are searched there first
would write [HOME]/.config/systemd/user/feed.service
    # feed.service: created by mkservice 0.1.0 with
    #   mkservice --name feed --every 15min --no-linger -- python
    # To change it: mkservice update feed OPTIONS, or mkservice edit feed
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
would write [HOME]/.config/systemd/user/feed.timer
    # feed.timer: created by mkservice 0.1.0 with
    #   mkservice --name feed --every 15min --no-linger -- python
    # To change it: mkservice update feed OPTIONS, or mkservice edit feed
    # To remove it: mkservice remove feed

    [Unit]
    Description=Timer of feed

    [Timer]
    OnActiveSec=15min
    OnUnitActiveSec=15min
    AccuracySec=1s

    [Install]
    WantedBy=timers.target
would link [HOME]/.config/systemd/user/timers.target.wants/feed.timer to [HOME]/.config/systemd/user/feed.timer
note: feed would run: now; 15min after each boot; 15min after each run began

"#]],
    );
    same(ran.stderr, str![[r#""#]]);
}

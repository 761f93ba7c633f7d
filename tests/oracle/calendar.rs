//! Calendar events: which ones systemd accepts, compared with mkservice.

use std::collections::BTreeSet;
use std::process::Command;

use mkservice::systemd::calendar::{is_event, zone};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestRunner;

use crate::parser::Systemd;

/// The number of expressions compared in one run, and the number passed to one call of the program.
const CASES: usize = 3_000;
const AT_ONCE: usize = 500;

#[test]
fn calendar_events_are_those_of_systemd() {
    let mut runner = TestRunner::default();
    let strategy = event();
    let events: BTreeSet<String> = (0..CASES).map(|_| crate::random(&strategy, &mut runner)).collect();
    let events: Vec<String> = events.into_iter().filter(|event| !event.trim().is_empty()).collect();
    let mut differences = Vec::new();
    let mut taken = 0;
    for some in events.chunks(AT_ONCE) {
        let refused = refused(some);
        for event in some {
            let is_taken = is_event(event) && zone(event).is_none_or(|zone| Systemd::of_host().has_zone(zone));
            taken += usize::from(is_taken);
            if is_taken == refused.contains(event) {
                let said = if is_taken { "refuses" } else { "takes" };
                differences.push(format!("systemd {said} {event:?}"));
            }
        }
    }
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n"));
    assert!(taken > CASES / 20 && taken < CASES, "{taken} are taken");
}

/// Expressions that systemd refuses.
fn refused(events: &[String]) -> BTreeSet<String> {
    let mut analyze = Command::new("systemd-analyze");
    analyze.args(["calendar", "--"]).args(events).env("LC_ALL", "C").env("TZ", "UTC");
    analyze.env("SYSTEMD_LOG_COLOR", "0");
    let output = analyze.output().expect("systemd-analyze is installed");
    let said = String::from_utf8(output.stderr).unwrap();
    let named = |line: &str| Some(line.split_once('\'')?.1.rsplit_once('\'')?.0.to_owned());
    let refused: BTreeSet<String> =
        said.lines().filter(|line| line.starts_with("Failed to parse calendar")).filter_map(named).collect();
    // Each accepted expression is printed. Or it is valid, but systemd cannot find the next time because of the hours
    // that daylight saving skips ("Resource deadlock avoided").
    let shown = String::from_utf8_lossy(&output.stdout).matches("Normalized form:").count();
    let lost = said.lines().filter(|line| line.starts_with("Failed to determine next elapse")).count();
    assert_eq!(shown + lost + refused.len(), events.len(), "{said}");
    refused
}

/// Calendar events, and text that only resembles them.
fn event() -> BoxedStrategy<String> {
    let words = select(vec!["daily", "Weekly", "hourly", "quarterly", "semi-annually", "fortnightly", "dailyy", "@0"]);
    let zone = prop_oneof![
        6 => Just(""),
        1 => select(vec![" UTC", " utc", " Europe/Berlin", " Nowhere/Town", " GMT0", " W-SU", " posix/UTC", " 5", "  UTC"]),
    ];
    let weekdays = prop_oneof![4 => Just(String::new()), 2 => days().prop_map(|days| days + " "), 1 => days()];
    let date = prop_oneof![3 => Just(String::new()), 4 => date().prop_map(|date| date + " "), 1 => date()];
    let whole = (weekdays, date, prop_oneof![1 => Just(String::new()), 4 => time()]).prop_map(|(a, b, c)| a + &b + &c);
    let trimmed = whole.prop_map(|event| event.trim_start().to_owned());
    let event = prop_oneof![1 => words.prop_map(str::to_owned), 12 => trimmed];
    (event, zone).prop_map(|(event, zone)| event + zone).boxed()
}

fn days() -> BoxedStrategy<String> {
    let day = select(vec!["Mon", "Tue", "wednesday", "Thu", "FRI", "Saturday", "Sun", "Mo", "Sunn"]);
    let between = select(vec![",", "..", "-", "..,", " "]);
    let more = prop::collection::vec((between, day.clone()), 0..3);
    (day, more, select(vec!["", "", "", ",", ".."]))
        .prop_map(|(first, more, end)| {
            more.into_iter().fold(first.to_owned(), |text, (between, day)| text + between + day) + end
        })
        .boxed()
}

/// A part of a date or time: numbers up to slightly more than `most`, ranges, steps, and lists.
fn part(most: u32) -> BoxedStrategy<String> {
    let number = (0..most + most / 8 + 2, any::<bool>())
        .prop_map(|(number, wide)| if wide { format!("{number:02}") } else { number.to_string() });
    let one = prop_oneof![
        6 => number.clone(),
        3 => Just("*".to_owned()),
        1 => (number.clone(), number.clone()).prop_map(|(from, to)| format!("{from}..{to}")),
    ];
    let step = prop_oneof![5 => Just(String::new()), 1 => number.prop_map(|step| format!("/{step}"))];
    let item = (one, step).prop_map(|(one, step)| one + &step);
    prop_oneof![6 => item.clone(), 1 => prop::collection::vec(item, 2..4).prop_map(|items| items.join(","))].boxed()
}

fn date() -> BoxedStrategy<String> {
    let year =
        prop_oneof![3 => Just("*".to_owned()), 2 => part(99), 2 => (1960u32..2210).prop_map(|it| it.to_string())];
    let last = select(vec!["-", "-", "-", "~"]);
    prop_oneof![
        5 => (year, part(12), last.clone(), part(31)).prop_map(|(year, month, sign, day)| format!("{year}-{month}{sign}{day}")),
        2 => (part(12), last, part(31)).prop_map(|(month, sign, day)| format!("{month}{sign}{day}")),
        1 => part(31),
    ].boxed()
}

fn time() -> BoxedStrategy<String> {
    let fraction = prop_oneof![6 => Just(String::new()), 1 => "\\.[0-9]{1,7}"];
    prop_oneof![
        4 => (part(23), part(59)).prop_map(|(hour, minute)| format!("{hour}:{minute}")),
        3 => (part(23), part(59), part(59), fraction).prop_map(|(a, b, c, d)| format!("{a}:{b}:{c}{d}")),
        1 => part(23),
    ]
    .boxed()
}

/// When cron would run a line next, from the first minute of 2028 (a Saturday), compared with when systemd says the
/// events of the line occur.
#[test]
fn what_crontabs_say_comes_when_cron_would_run_it() {
    for (line, expected) in [
        ("0 4 1 * 0", &["01-01 04:00", "01-02 04:00", "01-09 04:00", "01-16 04:00"][..]),
        ("0 4 */2 * mon", &["01-03 04:00", "01-17 04:00", "01-31 04:00", "02-07 04:00"]),
        ("*/25 22-23 * * *", &["01-01 22:00", "01-01 22:25", "01-01 22:50", "01-01 23:00"]),
        ("15,45 3 29 2 *", &["02-29 03:15", "02-29 03:45"]),
        ("5 0 31 * *", &["01-31 00:05", "03-31 00:05", "05-31 00:05", "07-31 00:05"]),
        ("0 12 13 10 5-7", &["10-01 12:00", "10-06 12:00", "10-07 12:00", "10-08 12:00", "10-13 12:00"]),
    ] {
        let fields: Vec<&str> = line.split(' ').collect();
        let events = mkservice::systemd::cron::Schedule::parse(fields.try_into().unwrap()).unwrap().events();
        let mut analyze = Command::new("systemd-analyze");
        analyze.args(["calendar", "--iterations=8", "--base-time=2027-12-31 23:59:59 UTC", "--"]).args(&events);
        let output = analyze.env("LC_ALL", "C").env("TZ", "UTC").env("SYSTEMD_LOG_COLOR", "0").output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let times = said.lines().filter_map(|line| line.split_once(" 2028-")?.1.split_once(":00 UTC"));
        let times: BTreeSet<&str> = times.map(|(time, _)| time).collect();
        let times: Vec<&str> = times.into_iter().take(expected.len()).collect();
        assert_eq!(times, expected, "{line}: {events:?}\n{said}");
    }
}

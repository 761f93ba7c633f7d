use super::*;

fn events(line: &str) -> Result<Vec<String>, String> {
    let fields: Vec<&str> = line.split(' ').collect();
    Schedule::parse(fields.try_into().unwrap()).map(|schedule| schedule.events())
}

#[test]
fn fields_become_calendar_events() {
    for (line, expected) in [
        ("* * * * *", &["*-*-* *:*:00"][..]),
        ("*/5 * * * *", &["*-*-* *:00/5:00"]),
        ("*/40 * * * *", &["*-*-* *:00,40:00"]),
        ("0 3 * * *", &["*-*-* 03:00:00"]),
        ("0 0 * * *", &["daily"]),
        ("17 * * * *", &["*-*-* *:17:00"]),
        ("0 * * * *", &["hourly"]),
        ("30 8 * * 1-5", &["Mon..Fri *-*-* 08:30:00"]),
        ("0 0 1,15 * *", &["*-*-01,15 00:00:00"]),
        ("0 4 1 * sun", &["*-*-01 04:00:00", "Sun *-*-* 04:00:00"]),
        ("0 4 */2 * mon", &["Mon *-*-01/2 04:00:00"]),
        ("0 4 1-7 * */2", &["Tue,Thu,Sat,Sun *-*-01..07 04:00:00"]),
        ("0 4 1-31 * 1", &["*-*-* 04:00:00"]),
        ("0 4 1 * 0-6", &["*-*-* 04:00:00"]),
        ("0 4 1 * 0-7", &["*-*-* 04:00:00"]),
        ("0 0-6/2 * jan,JUL 0,6", &["Sat,Sun *-01,07-* 00..06/2:00:00"]),
        ("5 4 * * 5-7", &["Fri..Sun *-*-* 04:05:00"]),
        ("5 4 * * 7,0", &["Sun *-*-* 04:05:00"]),
        ("1-5,10-20/5,7 9-17 * * *", &["*-*-* 09..17:01..05,07,10,15,20:00"]),
        ("0 22-23,0-3 * * *", &["*-*-* 00..03,22,23:00:00"]),
        ("0 0 31 2 *", &[]),
        ("0 0 30 2 mon", &["Mon *-02-* 00:00:00"]),
        ("0 0 29 feb *", &["*-02-29 00:00:00"]),
        ("*/1 */1 */1 */1 */1", &["*-*-* *:*:00"]),
        ("0 0 1 1 *", &["yearly"]),
        ("*/60 * * * *", &["hourly"]),
        ("*/90 * * * *", &["hourly"]),
        ("0 */24 * * *", &["daily"]),
        ("10-20/60 4-5/99 * * *", &["*-*-* 04:10:00"]),
    ] {
        assert_eq!(events(line).unwrap(), expected, "{line}");
        for event in events(line).unwrap() {
            assert!(crate::systemd::calendar::is_event(&event), "{line}: {event}");
        }
    }
}

#[test]
fn what_is_no_time_is_told() {
    for (line, part) in [
        ("60 * * * *", "the minute `60` is not in the range 0 to 59"),
        ("* 24 * * *", "the hour `24`"),
        ("* * 0 * *", "the day of the month `0`"),
        ("* * 32 * *", "the day of the month `32`"),
        ("* * * 13 *", "the month `13`"),
        ("* * * * 8", "the day of the week `8`"),
        ("* * * foo *", "the month `foo`"),
        ("*/0 * * * *", "the invalid step `0`"),
        ("*/x * * * *", "the invalid step `x`"),
        ("5/10 * * * *", "use `5`, or `5-59/10`"),
        ("10-5 * * * *", "ends before it begins"),
        ("* * * * fri-sun", "ends before it begins"),
        ("1,,2 * * * *", "is empty"),
        ("0~59 * * * *", "random range"),
        ("+1 * * * *", "`+1`"),
        ("99999999999999999999 * * * *", "not in the range"),
    ] {
        let why = events(line).unwrap_err();
        assert!(why.contains(part), "{line}: {why}");
    }
}

/// One field as the manual of cron has it, by another way than the reader takes.
fn cron_field(text: &str, number: u32, first: u32, last: u32) -> bool {
    text.split(',').any(|part| {
        let (range, step) = part.split_once('/').map_or((part, 1), |(range, step)| (range, step.parse().unwrap()));
        let (from, to) = match range.split_once('-') {
            _ if range == "*" => (first, last),
            Some((from, to)) => (from.parse().unwrap(), to.parse().unwrap()),
            None => (range.parse().unwrap(), range.parse().unwrap()),
        };
        number >= from && number <= to && (number - from).is_multiple_of(step)
    })
}

/// For each number of a field whether it is on.
type Table = Vec<bool>;

/// What is on in the five fields, and whether cron runs a line at a minute (crontab(5), with the rule of Paul Vixie's
/// cron for days).
fn cron_runs(line: &str) -> impl Fn([u32; 5]) -> bool {
    let fields: Vec<&str> = line.split(' ').collect();
    let table = |place: usize, first: u32, last: u32| -> Table {
        (0..=last).map(|number| number >= first && cron_field(fields[place], number, first, last)).collect()
    };
    let tables = [table(0, 0, 59), table(1, 0, 23), table(2, 1, 31), table(3, 1, 12), table(4, 0, 7)];
    let both = fields[2].starts_with('*') || fields[4].starts_with('*');
    move |[minute, hour, day, month, weekday]| {
        let on = |place: usize, number: u32| tables[place][number as usize];
        let (in_month, in_week) = (on(2, day), on(4, weekday) || (weekday == 0 && on(4, 7)));
        let on_day = if both { in_month && in_week } else { in_month || in_week };
        on(0, minute) && on(1, hour) && on(3, month) && on_day
    }
}

/// Whether a calendar event comes at a minute: as much of systemd.time(7) as is written here.
fn event_comes(event: &str) -> impl Fn([u32; 5]) -> bool {
    let whole = match event {
        "hourly" => "*-*-* *:00:00",
        "daily" => "*-*-* 00:00:00",
        "monthly" => "*-*-01 00:00:00",
        "yearly" => "*-01-01 00:00:00",
        event => event,
    };
    let part = |text: &str, number: u32| {
        text.split(',').any(|part| {
            let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, step.parse().ok()));
            match range.split_once("..") {
                _ if range == "*" => true,
                Some((from, to)) => {
                    let (from, to): (u32, u32) = (from.parse().unwrap(), to.parse().unwrap());
                    (from..=to).step_by(step.unwrap_or(1)).any(|it| it == number)
                }
                None => {
                    let from: u32 = range.parse().unwrap();
                    step.map_or(from == number, |step| (from..64).step_by(step).any(|it| it == number))
                }
            }
        })
    };
    const NAMES: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let place = |name: &str| NAMES.iter().position(|it| *it == name).unwrap();
    let words: Vec<&str> = whole.split(' ').collect();
    let (week, date, time) = match words[..] {
        [week, date, time] => (Some(week), date, time),
        [date, time] => (None, date, time),
        _ => panic!("{event}"),
    };
    let on_weekday = |today: usize| {
        week.is_none_or(|week| {
            week.split(',').any(|part| match part.split_once("..") {
                Some((from, to)) => (place(from)..=place(to)).contains(&today),
                None => place(part) == today,
            })
        })
    };
    // Sunday is 0 here, as with cron.
    let week: Table = (0..7).map(|weekday| on_weekday((weekday + 6) % 7)).collect();
    let date: Vec<&str> = date.split('-').collect();
    let time: Vec<&str> = time.split(':').collect();
    assert_eq!((date.len(), date[0], time.len(), time[2]), (3, "*", 3, "00"), "{event}");
    let tables = [time[1], time[0], date[2], date[1]].map(|text| (0..60).map(|it| part(text, it)).collect::<Table>());
    move |[minute, hour, day, month, weekday]| {
        let on = |place: usize, number: u32| tables[place][number as usize];
        on(0, minute) && on(1, hour) && on(2, day) && on(3, month) && week[weekday as usize]
    }
}

/// Every minute of 2028, which has a 29th of February and begins on a Saturday.
fn year() -> impl Iterator<Item = [u32; 5]> {
    let days = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let dates = days.into_iter().zip(1..).flat_map(|(length, month)| (1..=length).map(move |day| (day, month)));
    dates.zip(6u32..).flat_map(|((day, month), weekday)| {
        (0..24).flat_map(move |hour| (0..60).map(move |minute| [minute, hour, day, month, weekday % 7]))
    })
}

#[test]
fn a_year_goes_by_as_with_cron() {
    for line in [
        "*/7 */5 * * *",
        "3-59/15 2,14 * * *",
        "0 0 */3 * *",
        "0 12 1,15 * 5",
        "30 6 */2 * 1-5",
        "15 3 29-31 2,4-6 *",
        "0 1 13 * 5,7",
        "59 23 31 12 *",
        "0 5 * */4 0",
        "20 4 1-7 * */3",
        "10 10 10 10 1-5/2",
        "*/90 */24 */40 */13 *",
    ] {
        let events = events(line).unwrap();
        let cron = cron_runs(line);
        let systemd: Vec<_> = events.iter().map(|event| event_comes(event)).collect();
        let mut runs = 0;
        for at in year() {
            let runs_now = cron(at);
            runs += usize::from(runs_now);
            assert_eq!(systemd.iter().any(|comes| comes(at)), runs_now, "{line} {events:?} {at:?}");
        }
        assert!(runs > 0, "{line}");
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(30))]
    #[test]
    fn any_line_means_the_same(
        minute in field(0, 59), hour in field(0, 23), day in field(1, 31), month in field(1, 12), weekday in field(0, 7),
    ) {
        let line = format!("{minute} {hour} {day} {month} {weekday}");
        let events = events(&line).unwrap();
        for event in &events {
            proptest::prop_assert!(crate::systemd::calendar::is_event(event), "{}: {}", line, event);
        }
        let (cron, systemd) = (cron_runs(&line), events.iter().map(|event| event_comes(event)).collect::<Vec<_>>());
        // Fields do not depend on each other, but for those of days: some minutes of each day say it all.
        for at in year().filter(|[minute, hour, ..]| *hour == minute % 24) {
            let comes = systemd.iter().any(|comes| comes(at));
            proptest::prop_assert_eq!(comes, cron(at), "{} {:?} {:?}", line, events, at);
        }
    }
}

/// Fields of every form that all crons read alike.
fn field(first: u32, last: u32) -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::prelude::*;
    let range = move || (first..=last, first..=last).prop_map(|(one, other)| (one.min(other), one.max(other)));
    let part = prop_oneof![
        (first..=last).prop_map(|number| number.to_string()),
        range().prop_map(|(from, to)| format!("{from}-{to}")),
        (range(), 1..=last).prop_map(|((from, to), step)| format!("{from}-{to}/{step}")),
    ];
    prop_oneof![
        2 => Just("*".to_owned()),
        1 => (1..=last).prop_map(|step| format!("*/{step}")),
        4 => proptest::collection::vec(part, 1..4).prop_map(|parts| parts.join(",")),
    ]
}

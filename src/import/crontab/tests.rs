use super::super::ImportOptions;
use super::super::testing::{as_root, line, option, read_as, unconverted};
use crate::cli::ImportFormat as Format;
use crate::manifest::Value;
use crate::output::wording::plain;

fn imported(path: &str, text: &str) -> super::Imported {
    read_as(Format::Crontab, path, text, &[], &ImportOptions::default()).unwrap()
}

fn refused(path: &str, text: &str) -> String {
    read_as(Format::Crontab, path, text, &[], &ImportOptions::default()).map_err(|error| plain(&error)).unwrap_err()
}

#[test]
fn the_crontab_of_a_user_runs_in_the_home_directory() {
    let read = imported("/home/ann/jobs.crontab", include_str!("../../../examples/import/crontab/jobs.crontab"));
    let jobs: Vec<(&str, &str)> =
        read.manifest.services.iter().map(|it| (it.name.as_str(), it.command[2].as_str())).collect();
    assert_eq!(jobs[0], ("backup", "$HOME/bin/backup.sh >> $HOME/backup.log 2>&1"));
    let backup = &read.manifest.services[0];
    assert_eq!(backup.command[..2], ["/bin/bash", "-c"]);
    assert_eq!(option(backup, "on-calendar"), Some(&Value::Text("*-*-* 03:30:00".into())));
    assert_eq!(option(backup, "working-directory"), Some(&Value::Text("/home/ann".into())));
    assert_eq!(option(backup, "uid"), None);
    let Some(Value::Table(variables)) = option(backup, "setenv") else { panic!("{backup:?}") };
    assert!(variables.contains(&("SHELL".into(), "/bin/bash".into())), "{variables:?}");
    assert!(variables.contains(&("PATH".into(), "/usr/local/bin:/usr/bin:/bin".into())), "{variables:?}");
    assert!(unconverted(&read).iter().any(|line| line.starts_with("3: MAILTO")), "{:?}", unconverted(&read));
}

#[test]
fn the_system_crontab_names_users() {
    let read = imported("/etc/crontab", include_str!("../../../examples/import/crontab/etc-crontab"));
    let all: Vec<(&str, Option<&Value>)> =
        read.manifest.services.iter().map(|it| (it.name.as_str(), option(it, "uid"))).collect();
    let root = Value::Text("root".into());
    assert_eq!(all[0], ("run-parts", Some(&root)));
    assert!(all.iter().any(|(_, account)| **account.as_ref().unwrap() == Value::Text("ann".into())), "{all:?}");
    assert_eq!(option(&read.manifest.services[0], "working-directory"), Some(&Value::Text("/root".into())));
    // The same text elsewhere is known by its accounts.
    let elsewhere = imported("/tmp/x.cron", include_str!("../../../examples/import/crontab/etc-crontab"));
    assert_eq!(option(&elsewhere.manifest.services[0], "uid"), Some(&root));
}

#[test]
fn special_times_have_equivalents() {
    let text = "CRON_TZ=Europe/Berlin\nRANDOM_DELAY=30\n0 9 * * 1 a\n@weekly b\nCRON_TZ=\n@reboot ./c &\n0 4 1 * 5 d\n";
    let read = imported("/home/ann/x.cron", text);
    let [a, b, c, d] = &read.manifest.services[..] else { panic!("{read:?}") };
    let text = |text: &str| Value::Text(text.into());
    assert_eq!(option(a, "on-calendar"), Some(&text("Mon *-*-* 09:00:00 Europe/Berlin")));
    assert_eq!(option(a, "randomized-delay"), Some(&text("30min")));
    assert_eq!(option(b, "on-calendar"), Some(&text("Sun *-*-* 00:00:00 Europe/Berlin")));
    assert_eq!((option(c, "on-calendar"), option(c, "no-start")), (None, Some(&Value::Flag(true))));
    let both = Value::List(vec!["*-*-01 04:00:00".into(), "Fri *-*-* 04:00:00".into()]);
    assert_eq!(option(d, "on-calendar"), Some(&both));
}

#[test]
fn standard_input_is_converted() {
    let read = imported("/home/ann/x.cron", "0 0 * * * mail -s 100\\% root%Hello%  50\\% \\off\n");
    let job = &read.manifest.services[0];
    assert_eq!(job.command[2], "mail -s 100% root");
    let expected = [("StandardInput", "data"), ("StandardInputText", r"Hello\n  50%% \\off")];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    assert_eq!(option(job, "properties"), Some(&Value::Table(expected)));
}

#[test]
fn invalid_lines_are_errors_with_their_line() {
    for (path, text, part) in [
        ("/x", "\n* * * * x\n", "/x:2:"),
        ("/x", "# a\n61 * * * * x\n", "/x:2: the minute `61`"),
        ("/x", "@fortnightly x\n", "/x:1: unknown time `@fortnightly`"),
        ("/x", "0 0 * * *\n", "/x:1:"),
        ("/etc/cron.d/x", "0 0 * * * root\n", "/etc/cron.d/x:1: lacks the user or the command"),
        ("/etc/cron.d/x", "0 0 * * * nobodyknows x\n", "no such user `nobodyknows`"),
        ("/x", "0 5 * * * root x\n0 0 * * * nobodyknows y\n", "/x:2: no such user `nobodyknows`"),
        ("/x", "HOME=/srv\n0 5 * * * root x\n0 0 * * * nobodyknows y\n", "/x:3: no such user `nobodyknows`"),
        ("/x", "0 5 * * * backup\n0 5 * * * root x\n", "/x:1: lacks the user or the command"),
        ("/x", "0 5 * * * ann x\n0 5 * * * y\n", "/x:2: lacks the user or the command"),
        ("/x", "0 5 * * * ann x\n0 5 * * * y z\n", "| line 1 names the user `ann`: name an existing user in this line"),
        ("/x", "# nothing\n", "/x: contains no job"),
        ("/x", "# all:\n0 0 31 2 * never\n", "/x:2: `0 0 31 2 *`: no such day exists"),
        ("/x", "CRON_TZ=Nowhere/City\n0 0 * * * x\n", "/x:2: has no OnCalendar= equivalent"),
        ("/x", "hello\n", "/x:1: is neither a variable nor a job"),
    ] {
        let why = refused(path, text);
        assert!(why.contains(part), "{text:?}: {why}");
    }
}

#[test]
fn a_step_beyond_the_range_selects_the_first_number() {
    let read = imported("/x", "*/60 * * * * x\n0 */24 * * * root\n*/30 * * * * y\n");
    let [x, root, y] = &read.manifest.services[..] else { panic!("{read:?}") };
    assert_eq!(option(x, "on-calendar"), Some(&Value::Text("hourly".into())));
    assert!(x.remarks[1].starts_with("the minute `*/60`: its step exceeds"), "{x:?}");
    assert_eq!(option(root, "on-calendar"), Some(&Value::Text("daily".into())));
    assert!(root.remarks[1].starts_with("the hour `*/24`"), "{root:?}");
    assert_eq!((y.remarks.len(), root.command.last().unwrap().as_str()), (1, "root"));
}

#[test]
fn stdin_is_named_stdin() {
    let read = imported("/srv/pm/stdin", "MAILTO=ann\n@daily x\n");
    assert_eq!(read.manifest.head[0], "converted from stdin");
    assert!(read.unconverted[0].message().starts_with("stdin:1: MAILTO"), "{}", read.unconverted[0].message());
    assert!(refused("/srv/pm/stdin", "hello\n").starts_with("stdin:1: is neither"));
}

#[test]
fn a_job_that_never_runs_is_reported_and_left_out() {
    let read = imported("/x", "0 0 31 2 * never\n@daily x\n");
    assert_eq!(read.manifest.services.len(), 1);
    assert!(unconverted(&read)[0].starts_with("1: `0 0 31 2 *`"), "{:?}", unconverted(&read));
}

/// The users and the commands of jobs.
fn users(read: &super::Imported) -> Vec<(Option<&str>, &str)> {
    let user = |entry| match option(entry, "uid") {
        Some(Value::Text(user)) => Some(user.as_str()),
        _ => None,
    };
    read.manifest.services.iter().map(|entry| (user(entry), entry.command[2].as_str())).collect()
}

#[test]
fn a_column_of_users_is_recognized_outside_of_the_directories_of_cron() {
    for (text, expected) in [
        ("*/5 * * * * www-data php /srv/cron.php\n", &[(Some("www-data"), "php /srv/cron.php")][..]),
        ("@daily ann ./x --all\n@hourly root y z\n", &[(Some("ann"), "./x --all"), (Some("root"), "y z")]),
        // One that is also a program needs one after it.
        ("0 5 * * * mail /usr/bin/php x\n", &[(Some("mail"), "/usr/bin/php x")]),
        ("0 5 * * * git cd /srv && git pull\n", &[(Some("git"), "cd /srv && git pull")]),
        ("0 5 * * * git pull\n0 5 * * * ann x\n", &[(Some("git"), "pull"), (Some("ann"), "x")]),
        // Commands that have the name of a user.
        ("0 5 * * * mail -s x ann\n", &[(None, "mail -s x ann")]),
        ("0 5 * * * backup\n0 6 * * * backup > /dev/null\n", &[(None, "backup"), (None, "backup > /dev/null")]),
        ("PATH=/opt/tools:/usr/bin\n0 5 * * * backup /srv\n", &[(None, "backup /srv")]),
        ("0 5 * * * php ann x\n", &[(None, "php ann x")]),
        ("0 5 * * * nobodyknows x\n", &[(None, "nobodyknows x")]),
    ] {
        let read = imported("/srv/jobs", text);
        assert_eq!(users(&read), expected, "{text}");
        assert_eq!(read.manifest.head.iter().any(|line| line.contains("names the user")), expected[0].0.is_some());
    }
}

#[test]
fn a_command_that_can_be_a_user_is_reported() {
    let read = imported("/srv/jobs", "0 5 * * * git pull\n");
    assert_eq!(users(&read), [(None, "git pull")]);
    let what = "`git` is read as a command; if it is a user, use --format system-crontab";
    assert_eq!(unconverted(&read), [format!("1: {what}")]);
    let named = read_as(Format::SystemCrontab, "/srv/jobs", "0 5 * * * git pull\n", &[], &ImportOptions::default());
    let named = named.unwrap();
    assert_eq!((users(&named), unconverted(&named)), (vec![(Some("git"), "pull")], Vec::new()));
    // The crontab of a user names none, wherever a word comes from.
    let own = imported("/var/spool/cron/crontabs/ann", "0 5 * * * www-data php x\n");
    assert_eq!(users(&own), [(Some("ann"), "www-data php x")]);
}

#[test]
fn jobs_of_root_have_the_variables_of_cron() {
    let variables = |read: &super::Imported| {
        let job = &read.manifest.services[0];
        ["HOME", "LOGNAME", "USER"].map(|name| line(job, "setenv", name).map(str::to_owned))
    };
    let root = [Some("/root"), Some("root"), Some("root")].map(|it| it.map(str::to_owned));
    for (path, text, expected) in [
        ("/etc/cron.d/x", "@daily root git pull\n", root.clone()),
        ("/var/spool/cron/crontabs/root", "@daily git pull\n", root.clone()),
        ("/etc/cron.d/x", "@daily ann git pull\n", [None, None, None]),
        ("/home/ann/x.cron", "@daily git-pull\n", [None, None, None]),
    ] {
        assert_eq!(variables(&imported(path, text)), expected, "{path} {text}");
    }
    assert_eq!(variables(&as_root(Format::Crontab, "/root/x.cron", "@daily git-pull\n")), root);
    let elsewhere = as_root(Format::Crontab, "/root/x.cron", "HOME=/srv\n@daily git-pull\n");
    assert_eq!(variables(&elsewhere)[0].as_deref(), Some("/srv"));
}

#[test]
fn a_run_that_daylight_saving_time_skips_is_reported_once() {
    let what = "cron makes up for a run that daylight saving time skips; systemd does not";
    for (text, expected) in [
        ("30 2 * * * x\n", vec![format!("1: {what}")]),
        ("30 2 * * * x\n@daily y\n0 3 * * 0 z\n", vec![format!("1: {what} (also lines 2, 3)")]),
        ("30 12 * * * x\n*/5 * * * * y\n@reboot z\n", vec![]),
        (
            "CRON_TZ=UTC\n30 2 * * * x\n",
            vec!["1: CRON_TZ: the times are in this zone, as cronie reads them; Debian's cron ignores it".to_owned()],
        ),
    ] {
        assert_eq!(unconverted(&imported("/x", text)), expected, "{text}");
    }
}

#[test]
fn errors_are_printable() {
    for (text, part) in [
        ("0 0 * * \u{1b}[31m x\n", r"`\u{1b}[31m`"),
        ("@\u{202e}yliad x\n", r"`@\u{202e}yliad`"),
        ("0 0 * * \u{61c}1 x\n", r"`\u{61c}1`"),
    ] {
        let why = refused("/x", text);
        assert!(why.contains(part), "{text:?}: {why}");
    }
}

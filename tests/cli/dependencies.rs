//! Options that add dependencies on other units, where systemd is not running.

use snapbox::str;

use crate::options_refused;
use crate::support::Home;

#[test]
fn invalid_unit_names_are_refused() {
    options_refused(
        &["--after", "a b"],
        str![[r#"
error: --after: `a b` contains ' ', but unit names consist of ASCII letters, digits and `:_.-@`

"#]],
    );
    options_refused(
        &["--requires", ""],
        str![[r#"
error: --requires: `` is empty

"#]],
    );
    options_refused(
        &["--wants", "data/x"],
        str![[r#"
error: --wants: `data/x` is neither a unit name nor an absolute path
hint: give an absolute path: --wants "$PWD"/data/x

"#]],
    );
    options_refused(
        &["--wants", "/srv/../x"],
        str![[r#"
error: --wants: `/srv/../x` contains `..`, which no unit name can express

"#]],
    );
    options_refused(
        &["--part-of", "worker@"],
        str![[r#"
error: --part-of: `worker@` is a template: name an instance after the `@`
hint: --part-of worker@NAME

"#]],
    );
    options_refused(
        &["--after", "mail@%n.service"],
        str![[r#"
error: --after: `mail@%n.service` contains `%`, which is a specifier in unit names
hint: as in a unit file: -p After=mail@%n.service

"#]],
    );
    options_refused(
        &["--requires", "web.service"],
        str![[r#"
error: --requires web.service: a service cannot depend on itself

"#]],
    );
    options_refused(
        &["--part-of", "web"],
        str![[r#"
error: --part-of web.service: a service cannot depend on itself

"#]],
    );
}

#[test]
fn each_unit_is_listed_once_and_requirements_come_first() {
    let words = "--dry-run -v --name web --requires db --requires db.service --wants db --after /mnt/a-b python";
    let ran = Home::new().run(words);
    assert_eq!(ran.code, 0, "{ran:?}");
    let wanted = ["Requires=db.service", "Wants=db.service", r"After=mnt-a\x2db.mount db.service"];
    let lines: Vec<&str> = ran.stdout.lines().map(str::trim).collect();
    assert!(wanted.iter().all(|line| lines.contains(line)), "{}", ran.stdout);
    let told = "After=db.service, because what it requires must be running before it starts";
    assert!(ran.stdout.contains(told), "{}", ran.stdout);
}

#[test]
fn notify_failure_accepts_units_and_commands() {
    options_refused(
        &["--notify-failure", "a@.service"],
        str![[r#"
error: --notify-failure: `a@.service` is a template: name an instance after the `@`
hint: --notify-failure a@NAME.service

"#]],
    );
    options_refused(
        &["--notify-failure", "web.service"],
        str![[r#"
error: --notify-failure web.service: a service cannot depend on itself

"#]],
    );
    options_refused(
        &["--notify-failure", "sh -c x | mail root"],
        str![[r#"
error: --notify-failure: `sh -c x | mail root` contains `|`, which only a shell understands
hint: run it with a shell: --notify-failure "sh -c 'sh -c x | mail root'"

"#]],
    );
    options_refused(
        &["--notify-failure", "mail $MONITOR_UNIT"],
        str![[r#"
error: --notify-failure: `mail $MONITOR_UNIT` contains `$`, which only a shell understands
hint: run it with a shell: --notify-failure "sh -c 'mail "'$MONITOR_UNIT'"'"

"#]],
    );
    options_refused(
        &["--notify-failure", "mail 'root"],
        str![[r#"
error: --notify-failure: `mail 'root` is empty, or has an unclosed quote

"#]],
    );
    options_refused(
        &["--notify-failure", ""],
        str![[r#"
error: --notify-failure: `` is empty, or has an unclosed quote

"#]],
    );
    options_refused(
        &["--notify-failure", "alert"],
        str![[r#"
error: --notify-failure: `alert` is not the name of a program or unit that exists
hint: name a unit with its suffix: --notify-failure NAME.service

"#]],
    );
    options_refused(
        &["--notify-failure", "python a", "--notify-failure", "python b"],
        str![[r#"
error: --notify-failure accepts only one command
hint: put both into a script, or name services: --notify-failure NAME.service

"#]],
    );
}

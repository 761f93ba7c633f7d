//! Valid and reserved unit names (systemd.unit(5), systemd.special(7), systemd's `unit-name.c`).

use any_ascii::any_ascii_char;

/// The longest service name in bytes, without suffix. systemd accepts 255 with suffix, but `NAME.service.requires` and
/// temporary names must fit a file name as well.
pub const NAME_MAX: usize = 200;

pub const UNIT_SUFFIXES: [&str; 11] = [
    ".service",
    ".socket",
    ".device",
    ".mount",
    ".automount",
    ".swap",
    ".target",
    ".path",
    ".timer",
    ".slice",
    ".scope",
];

/// Characters of a unit name, other than `@`.
pub fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, ':' | '_' | '.' | '-' | '\\')
}

/// True for the name of an environment variable: ASCII letters, digits and `_`, not beginning with a digit.
pub fn is_variable(name: &[u8]) -> bool {
    let is_first = |byte: &u8| byte.is_ascii_alphabetic() || *byte == b'_';
    name.first().is_some_and(is_first) && name.iter().all(|byte| is_first(byte) || byte.is_ascii_digit())
}

/// Names without suffix that are reserved (systemd.special(7)); a star matches anything.
const RESERVED: [&str; 22] = [
    "systemd",
    "systemd-*",
    "dbus",
    "dbus-*",
    "user@*",
    "user-runtime-dir@*",
    "getty@*",
    "autovt@*",
    "console-getty",
    "container-getty@*",
    "serial-getty@*",
    "init",
    "display-manager",
    "emergency",
    "rescue",
    "initrd-*",
    "debug-shell",
    "halt-local",
    "rc-local",
    "modprobe@*",
    "quotacheck",
    "quotaon",
];

/// The reserved name or pattern that matches `name`, which has no suffix.
pub fn reserved(name: &str) -> Option<&'static str> {
    RESERVED.into_iter().find(|pattern| match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == *pattern,
    })
}

/// The unit of an absolute path: a device below `/dev` and `/sys`, otherwise a mount (systemctl(1), systemd-escape(1)).
/// `None` for a path with `..`.
pub fn of_path(path: &str) -> Option<String> {
    let parts: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    if parts.contains(&"..") {
        return None;
    }
    let suffix = if matches!(parts.first(), Some(&"dev" | &"sys")) && parts.len() > 1 { "device" } else { "mount" };
    let escaped: Vec<String> = parts.iter().map(|part| escaped(part)).collect();
    let mut name = escaped.join("-");
    if name.is_empty() {
        name.push('-');
    } else if name.starts_with('.') {
        name.replace_range(..1, r"\x2e");
    }
    Some(format!("{name}.{suffix}"))
}

/// Escapes `-`, `\` and invalid characters as `\xNN`.
fn escaped(part: &str) -> String {
    let write = |byte: u8| match char::from(byte) {
        c if is_name_char(c) && !matches!(c, '-' | '\\') => c.to_string(),
        _ => format!("\\x{byte:02x}"),
    };
    part.bytes().map(write).collect()
}

/// A unit name for any text: letters outside ASCII are transliterated, other invalid characters become `-`, and
/// characters that cannot begin or end a name are dropped. `None` if nothing is left.
pub fn slug(text: &str) -> Option<String> {
    // An emoji is `:name:`.
    let ascii: String =
        text.chars().map(|c| if c.is_ascii() { c.to_string() } else { any_ascii_char(c).replace(':', "-") }).collect();
    let replaced: String = ascii.chars().map(|c| if is_name_char(c) && c != '\\' { c } else { '-' }).collect();
    let mut slug = String::new();
    for c in replaced.trim_matches(['-', '.']).chars() {
        let doubled = matches!(c, '-' | '.') && slug.ends_with(c);
        if !doubled && slug.len() < NAME_MAX {
            slug.push(c);
        }
    }
    (!slug.is_empty()).then_some(slug)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_keeps_its_own_names() {
        for name in ["user@1000", "user@", "dbus", "dbus-broker", "systemd-journald", "getty@tty1", "init"] {
            assert!(reserved(name).is_some(), "{name}");
        }
        for name in ["myscriptd", "user-api", "users", "dbusd", "web", "initd"] {
            assert_eq!(reserved(name), None, "{name}");
        }
    }

    #[test]
    fn paths_have_units() {
        for (path, unit) in [
            ("/srv/d/", "srv-d.mount"),
            ("//srv/./d", "srv-d.mount"),
            ("/", "-.mount"),
            ("/dev/sda", "dev-sda.device"),
            ("/sys/x", "sys-x.device"),
            ("/dev", "dev.mount"),
            ("/srv/a b", r"srv-a\x20b.mount"),
            ("/srv/ä-b", r"srv-\xc3\xa4\x2db.mount"),
            ("/.hidden/.x", r"\x2ehidden-.x.mount"),
        ] {
            assert_eq!(of_path(path).as_deref(), Some(unit), "{path}");
        }
        assert_eq!(of_path("/srv/../d"), None);
    }

    #[test]
    fn slugs_are_names() {
        assert_eq!(slug("my script").as_deref(), Some("my-script"));
        assert_eq!(slug("..a..b@c").as_deref(), Some("a.b-c"));
        assert_eq!(slug("größe").as_deref(), Some("grosse"));
        // As macOS writes it, with the dots in a character of their own.
        assert_eq!(slug("u\u{308}bung").as_deref(), Some("ubung"));
        assert_eq!(slug("日本 тест🚀").as_deref(), Some("RiBen-test-rocket"));
        assert_eq!(slug("@"), None);
        assert_eq!(slug(&"x".repeat(300)).unwrap().len(), NAME_MAX);
    }
}

//! Paths owned by root and by other users.

use super::*;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};

/// A directory that only root can change; `None` without root privileges.
fn ground() -> Option<tempfile::TempDir> {
    if !rustix::process::geteuid().is_root() {
        assert!(std::env::var_os("CI").is_none(), "files of other users require root privileges");
        eprintln!("skipped: files of other users require root privileges");
        return None;
    }
    let dir = tempfile::Builder::new().tempdir_in("/tmp").unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    Some(dir)
}

/// Who can change what, with paths below `base`.
fn open(path: &Path, purpose: Purpose, base: &Path) -> Vec<(String, String)> {
    let places = path_components(path, purpose).into_iter().filter(|place| !place.writers.is_empty());
    let shown = |path: &Path| path.strip_prefix(base).unwrap_or(path).display().to_string();
    places.map(|place| (shown(&place.path), place.writers.join(","))).collect()
}

fn file(path: &Path, owner: u32, group: u32, mode: u32) {
    fs::write(path, "x").unwrap();
    chown(path, Some(owner), Some(group)).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn dir(path: &Path, owner: u32, group: u32, mode: u32) {
    fs::create_dir(path).unwrap();
    chown(path, Some(owner), Some(group)).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn owners_modes_and_groups() {
    let Some(temp) = ground() else { return };
    let base = temp.path();
    let daemon = account::by_name("daemon").unwrap().uid;
    for (owner, group, mode, expected) in [
        (0, 0, 0o755, ""),
        (0, 0, 0o775, ""),
        (daemon, 0, 0o400, "daemon"),
        (0, daemon, 0o755, ""),
        // The account daemon has the group daemon for its main one.
        (0, daemon, 0o775, "daemon"),
        (0, 0, 0o757, "everybody"),
        (daemon, 0, 0o777, "daemon,everybody"),
        (54_321, 0, 0o644, "54321"),
        (0, 54_321, 0o664, "group 54321"),
    ] {
        let path = base.join("f");
        file(&path, owner, group, mode);
        let expected: Vec<_> = Some(("f".to_owned(), expected.to_owned())).into_iter().collect();
        let expected = if expected[0].1.is_empty() { Vec::new() } else { expected };
        assert_eq!(open(&path, Purpose::Use, base), expected, "{owner} {group} {mode:o}");
        fs::remove_file(&path).unwrap();
    }
    // A group without members gives nothing away, as Debian's /usr/local shows.
    let staff = account::group_id("staff").unwrap();
    assert!(account::with_main_group(staff).is_empty());
    file(&base.join("g"), 0, staff, 0o2775);
    assert_eq!(open(&base.join("g"), Purpose::Use, base), []);
}

#[test]
fn every_dir_and_link_on_the_way() {
    let Some(temp) = ground() else { return };
    let base = temp.path();
    dir(&base.join("open"), 1, 1, 0o755);
    file(&base.join("open/f"), 0, 0, 0o755);
    let by_daemon = |path: &str| (path.to_owned(), "daemon".to_owned());
    assert_eq!(open(&base.join("open/f"), Purpose::Use, base), [by_daemon("open")]);
    // A way that only passes through it on a link, relative or not, and back out of it.
    symlink("open/f", base.join("l")).unwrap();
    symlink(base.join("l"), base.join("ll")).unwrap();
    symlink("../f2", base.join("open/out")).unwrap();
    file(&base.join("f2"), 0, 0, 0o755);
    for path in ["l", "ll", "open/out", "open/../open/f", "open/missing"] {
        assert_eq!(open(&base.join(path), Purpose::Use, base), [by_daemon("open")], "{path}");
    }
    // A user who can replace a directory can replace what `..` after it leads to.
    assert_eq!(open(&base.join("open/../f2"), Purpose::Use, base), []);
    // Only root can replace a link of another user in a directory of root.
    symlink("f2", base.join("theirs")).unwrap();
    std::os::unix::fs::lchown(base.join("theirs"), Some(1), Some(1)).unwrap();
    assert_eq!(open(&base.join("theirs"), Purpose::Use, base), []);
    // A ring ends.
    symlink("ring", base.join("ring")).unwrap();
    assert_eq!(open(&base.join("ring"), Purpose::Use, base), []);
    let places = path_components(&base.join("ll"), Purpose::Use);
    let link = places.iter().find(|place| place.path == base.join("l")).unwrap();
    assert_eq!((link.target.as_deref(), link.mode.as_str()), (Some(Path::new("open/f")), "lrwxrwxrwx"));
}

#[test]
fn sticky_dirs_protect_what_is_roots() {
    let Some(temp) = ground() else { return };
    let base = temp.path();
    dir(&base.join("t"), 0, 0, 0o1777);
    file(&base.join("t/roots"), 0, 0, 0o755);
    file(&base.join("t/theirs"), 1, 1, 0o755);
    symlink("theirs", base.join("t/to-theirs")).unwrap();
    symlink("gone", base.join("t/to-nothing")).unwrap();
    symlink("roots", base.join("t/swapped")).unwrap();
    std::os::unix::fs::lchown(base.join("t/swapped"), Some(1), Some(1)).unwrap();
    let one = |path: &str, who: &str| vec![(path.to_owned(), who.to_owned())];
    for (path, expected) in [
        ("t/roots", Vec::new()),
        ("t/theirs", one("t/theirs", "daemon")),
        ("t/to-theirs", one("t/theirs", "daemon")),
        ("t/swapped", one("t/swapped", "daemon")),
        ("t/missing", one("t", "everybody")),
        ("t/to-nothing", one("t", "everybody")),
    ] {
        assert_eq!(open(&base.join(path), Purpose::Use, base), expected, "{path}");
    }
    assert_eq!(open(&base.join("t"), Purpose::Use, base), []);
    assert_eq!(open(&base.join("t"), Purpose::Enter, base), one("t", "everybody"));
    chown(base.join("t"), Some(1), Some(1)).unwrap();
    assert_eq!(open(&base.join("t/roots"), Purpose::Use, base), one("t", "daemon"));
}

#[test]
fn acls_say_who_in_place_of_the_group_bits() {
    let entry = |tag: u16, may: u16, id: u32| [&tag.to_le_bytes()[..], &may.to_le_bytes(), &id.to_le_bytes()].concat();
    let acl = |mask: u16| {
        let entries = [entry(1, 7, u32::MAX), entry(2, 6, 1), entry(2, 4, 2), entry(4, 5, u32::MAX), entry(8, 7, 3)];
        let tail = [entry(0x10, mask, u32::MAX), entry(0x20, 5, u32::MAX)];
        [&2u32.to_le_bytes()[..], &entries.concat(), &tail.concat()].concat()
    };
    assert_eq!(by_acl(&acl(7), 9), [Allowed::User(1), Allowed::Group(3)]);
    assert_eq!(by_acl(&acl(5), 9), []);
    assert_eq!(by_acl(b"\x02", 9), []);

    let Some(temp) = ground() else { return };
    let path = temp.path().join("f");
    file(&path, 0, 0, 0o644);
    let set = rustix::fs::setxattr(&path, "system.posix_acl_access", &acl(7), rustix::fs::XattrFlags::empty());
    set.expect("the file system of /tmp has ACLs");
    let sys = account::by_uid(3).unwrap().name;
    assert_eq!(open(&path, Purpose::Use, temp.path()), [("f".into(), format!("daemon,{sys}"))]);
}

#[test]
fn modes_read_as_ls_shows_them() {
    for (mode, shown) in [
        (0o100_644, "-rw-r--r--"),
        (0o041_777, "drwxrwxrwt"),
        (0o042_775, "drwxrwsr-x"),
        (0o104_744, "-rwsr--r--"),
        (0o101_644, "-rw-r--r-T"),
        (0o120_777, "lrwxrwxrwx"),
    ] {
        assert_eq!(mode_text(mode), shown);
    }
}

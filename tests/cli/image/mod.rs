//! Root directories of other systems (`--root`) and services of all users (`--global`).

mod install;
mod isolation;
mod links;
mod refusals;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

use crate::support::{Home, Ran, walk};

/// A home with the root directory of a small system in `image`.
fn with_image() -> Home {
    let home = Home::new();
    home.file(
        "image/etc/passwd",
        "root:x:0:0:root:/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\nweb:x:990:990::/srv/web:/bin/false\n",
        0o644,
    );
    home.file("image/etc/group", "root:x:0:\nann:x:1000:\nweb:x:990:\nlog:x:991:web\n", 0o644);
    let release = host_release();
    home.file(format!("image/usr/lib/systemd/libsystemd-shared-{release}.so"), "", 0o644);
    home.file("image/usr/bin/server", "\u{7f}ELF\0", 0o755);
    home.file("image/usr/bin/sh", "\u{7f}ELF\0", 0o755);
    home.file("image/usr/bin/env", "\u{7f}ELF\0", 0o755);
    home.file("image/usr/bin/python3", "\u{7f}ELF\0", 0o755);
    home.file("image/srv/web/app.py", "print(1)\n", 0o644);
    home.file("image/srv/web/run", "#!/usr/bin/env python3\n", 0o755);
    for directory in ["home/ann", "var/log", "etc/systemd/system", "etc/systemd/user"] {
        home.file(format!("image/{directory}/.keep"), "", 0o644);
        fs::remove_file(home.path().join("image").join(directory).join(".keep")).unwrap();
    }
    symlink("usr/bin", home.path().join("image/bin")).unwrap();
    home
}

/// The release of this machine's systemctl, whose links are compared.
fn host_release() -> String {
    let output = std::process::Command::new("systemctl").arg("--version").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_whitespace().nth(1).unwrap().chars().take_while(char::is_ascii_digit).collect()
}

/// The contents of the image: paths, kinds, and targets.
fn inside(home: &Home) -> Vec<String> {
    let image = home.path().join("image");
    let shown = |path: PathBuf| {
        let metadata = path.symlink_metadata().unwrap();
        let target = fs::read_link(&path).map(|target| format!(" -> {}", target.display())).unwrap_or_default();
        let mode = if metadata.is_symlink() { 0 } else { metadata.permissions().mode() & 0o7777 };
        format!("{mode:o} /{}{target}", path.strip_prefix(&image).unwrap().display())
    };
    let mut all: Vec<String> = walk(&image).into_iter().map(shown).collect();
    all.sort();
    all
}

fn done(home: &Home, line: &str) -> Ran {
    let ran = home.run(line);
    assert_eq!(ran.code, 0, "{line}: {ran:?}");
    ran
}

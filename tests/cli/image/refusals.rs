//! What is refused for an image, with the reason.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use snapbox::str;

use super::with_image;
use crate::support::same;

#[test]
#[expect(clippy::too_many_lines, reason = "one table of expected texts")]
fn invalid_options_are_refused() {
    let home = with_image();
    let image = home.path().join("image").to_str().unwrap().to_owned();
    home.file("image/srv/web/broken", "#!/usr/bin/perl\n", 0o755);
    home.file("image/srv/web/closed", "\u{7f}ELF\0", 0o644);
    home.file("plain", "", 0o644);
    home.file("empty/usr/x", "", 0o644);
    let before = home.tree();
    for (line, expected) in [
        ("--root nowhere server", "error: --root: `nowhere` does not exist\n"),
        (
            "--root ../plain server",
            "error: --root: `../plain` is not a directory\nhint: mount an image file first: sudo systemd-dissect --mount FILE DIR\n",
        ),
        (
            "--root ../empty server",
            "error: --root: `../empty` is not the root directory of a system: it has no directory `etc`\nhint: give the directory that contains `etc` and `usr`\n",
        ),
        (
            "--root [I] gunicorn",
            "error: program `gunicorn` not found in `[HOME]/image`\nhint: services there search for programs in /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n",
        ),
        (
            "--root [I] ./server",
            "error: the program `./server` is a relative path, and this directory is not in `[HOME]/image`\nhint: give its absolute path in the image, such as /usr/local/bin/server\n",
        ),
        ("--root [I] [HOME]/bin/server", "error: program `[HOME]/bin/server` not found in `[HOME]/image`\n"),
        (
            "--root [I] --working-directory web server",
            "error: cannot use the working directory `web`: it is relative, and the working directory is not inside [HOME]/image\n",
        ),
        (
            "--root [I] --environment-file env server",
            "error: cannot read the environment file `env`: it is relative, and the working directory is not inside [HOME]/image\n",
        ),
        (
            "--root [I] --environment-file /etc/hostname server",
            "error: cannot read the environment file `/etc/hostname`: no such file or directory\n",
        ),
        (
            "--root [I] --secret A=/etc/hostname server",
            "error: --secret: the file `/etc/hostname` of A cannot be used: no such file or directory\n",
        ),
        (
            "--root [I] --uid daemon server",
            "error: no such user `daemon` in `[HOME]/image`\nhint: cat [HOME]/image/etc/passwd\n",
        ),
        (
            "--root [I] --gid daemon server",
            "error: no such group `daemon` in `[HOME]/image`\nhint: cat [HOME]/image/etc/group\n",
        ),
        (
            "--root [I] --inherit-path server",
            "error: --inherit-path would use the PATH of this machine on another\nhint: give the PATH of the image: -E PATH=...\n",
        ),
        (
            "--root [I] --max-exposure 5 server",
            "error: --max-exposure needs a running systemd, which --root does not have\nhint: check it once it runs: systemd-analyze security\n",
        ),
        (
            "--root [I] /srv/web/closed",
            "error: `/srv/web/closed` is not executable\nhint: chmod +x [HOME]/image/srv/web/closed\n",
        ),
        (
            "--root [I] /srv/web/broken",
            "error: the interpreter `/usr/bin/perl` of the script `/srv/web/broken` does not exist\n",
        ),
        (
            "--root [I] --log-file /var/missing/x server",
            "error: --log-file /var/missing/x would be in a directory that does not exist: `/var/missing`\nhint: mkdir -p [HOME]/image/var/missing\n",
        ),
        (
            "adopt --root [I] 1",
            "error: a process of this machine cannot become a service of an image\nhint: give its command instead: mkservice add --root DIR -- COMMAND\n",
        ),
    ] {
        let ran = home.run(&line.replace("[I]", &image).replace("[HOME]", home.path().to_str().unwrap()));
        let said: String =
            ran.stderr.lines().filter(|line| !line.starts_with("warning")).map(|line| format!("{line}\n")).collect();
        assert_eq!((ran.code, ran.stdout.as_str(), said.as_str()), (2, "", expected), "{line}");
        assert_eq!(home.tree(), before, "{line}");
    }
}

#[test]
fn unreadable_is_not_reported_as_missing() {
    let home = with_image();
    let image = home.path().join("image");
    let line = format!("--root {} --uid web server", image.display());
    let told = |path: &str, mode: u32| {
        let path = image.join(path);
        let before = fs::metadata(&path).unwrap().permissions();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let ran = home.run(&line);
        fs::set_permissions(&path, before).unwrap();
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{ran:?}");
        ran.stderr
    };
    let mut all = told("", 0o000) + &told("etc", 0o000) + &told("etc/passwd", 0o000);
    fs::remove_file(image.join("etc/passwd")).unwrap();
    all += &told("etc", 0o755);
    same(
        all,
        str![[r#"
error: --root: `[HOME]/image` cannot be read: permission denied
hint: check permissions: namei -l [HOME]/image/etc
error: no such user `web` in `[HOME]/image`: cannot read `[HOME]/image/etc/passwd`: permission denied
hint: ls -l [HOME]/image/etc/passwd
error: no such user `web` in `[HOME]/image`: cannot read `[HOME]/image/etc/passwd`: permission denied
hint: ls -l [HOME]/image/etc/passwd
error: no such user `web` in `[HOME]/image`: cannot read `[HOME]/image/etc/passwd`: no such file or directory
hint: ls -l [HOME]/image/etc/passwd

"#]],
    );
}

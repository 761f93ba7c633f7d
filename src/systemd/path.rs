//! Writes paths in directives that take the rest of the line literally.

use super::specifier::{Percent, written_text};
use super::text::{Unwritable, check_line, double_percent, ends_in_continuation};

/// The value of `WorkingDirectory=`, which cannot be quoted (systemd.exec(5)). Trailing white space would be stripped
/// and a trailing backslash would continue the line, so such a path gets a trailing slash, which the kernel ignores.
pub fn working_directory(path: &[u8], percent: Percent) -> Result<String, Unwritable> {
    let mut text = written_text(check_line(path)?, percent);
    if text.ends_with([' ', '\t']) || ends_in_continuation(&text) {
        text.push('/');
    }
    Ok(text)
}

/// The value of `EnvironmentFile=` without the prefix `-`. systemd reads it as a glob(7) pattern, so special characters
/// are escaped; trailing white space is written as a bracket, since it would be stripped.
pub fn environment_file(path: &[u8], percent: Percent) -> Result<String, Unwritable> {
    let mut out = String::new();
    let text = check_line(path)?;
    let kept = text.trim_end_matches([' ', '\t']);
    for c in kept.chars() {
        if matches!(c, '*' | '?' | '[' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    for blank in text[kept.len()..].chars() {
        out.extend(['[', blank, ']']);
    }
    Ok(written_text(&out, percent))
}

/// The path after `StandardOutput=append:`, which cannot be quoted. systemd 255 and newer lose trailing white space on
/// the way to their executor.
pub fn output(path: &[u8]) -> Result<String, Unwritable> {
    let text = check_line(path)?;
    if text.ends_with([' ', '\t']) {
        return Err(Unwritable::TrailingBlank);
    }
    if text.ends_with('\\') {
        return Err(Unwritable::TrailingBackslash);
    }
    Ok(double_percent(text))
}

/// The path after `LoadCredential=ID:`, which cannot be quoted.
///
/// From 255 on, systemd passes it to its executor unquoted: with a space, the service fails with "Failed to
/// deserialize"; with a backslash, the file is not found (seen on 257 and 262).
pub fn credential(path: &[u8]) -> Result<String, Unwritable> {
    let text = check_line(path)?;
    if text.contains(|c: char| c.is_ascii_whitespace() || c == '\\') {
        return Err(Unwritable::Unquoted);
    }
    Ok(double_percent(text))
}

/// A word of `BindPaths=`, `BindReadOnlyPaths=`, `ReadWritePaths=` or `ReadOnlyPaths=`.
///
/// These words can be quoted, but a backslash only escapes the next character. From 255 on, systemd passes bind paths
/// to its executor unquoted: with a quote or a tab, the service fails with 226/NAMESPACE (seen on 257).
pub fn mount(path: &[u8]) -> Result<String, Unwritable> {
    let text = check_line(path)?;
    if text.contains(['"', '\'', '\t']) {
        return Err(Unwritable::Unquoted);
    }
    let plain = |c: char| !c.is_whitespace() && !matches!(c, ':' | '\\');
    let text = double_percent(text);
    if text.chars().all(plain) { Ok(text) } else { Ok(format!("\"{}\"", text.replace('\\', "\\\\"))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mounts() {
        assert_eq!(mount(b"/home/a-b/100%").unwrap(), "/home/a-b/100%%");
        assert_eq!(mount(b"/home/a b:c\\").unwrap(), "\"/home/a b:c\\\\\"");
        for path in [&b"/it's"[..], b"/a\"b", b"/a\tb"] {
            assert_eq!(mount(path), Err(Unwritable::Unquoted));
        }
    }

    #[test]
    fn working_directories() {
        assert_eq!(working_directory(b"/srv/100%", Percent::Literal).unwrap(), "/srv/100%%");
        assert_eq!(working_directory(b"/srv/end ", Percent::Literal).unwrap(), "/srv/end /");
        assert_eq!(working_directory(b"/srv/end\\", Percent::Literal).unwrap(), "/srv/end\\/");
        assert_eq!(working_directory(b"/srv/\"$x\"", Percent::Literal).unwrap(), "/srv/\"$x\"");
        assert_eq!(working_directory(b"/srv/%%i-%i-%h", Percent::Instance).unwrap(), "/srv/%%i-%i-%%h");
        assert_eq!(working_directory(b"/srv/a\nb", Percent::Literal), Err(Unwritable::LineBreak));
    }

    #[test]
    fn outputs() {
        assert_eq!(output(b"/var/log/a b%\"$x\\y").unwrap(), "/var/log/a b%%\"$x\\y");
        assert_eq!(output(b"/x "), Err(Unwritable::TrailingBlank));
        assert_eq!(output(b"/x\\\\"), Err(Unwritable::TrailingBackslash));
        assert_eq!(output(b"/x\ny"), Err(Unwritable::LineBreak));
    }

    #[test]
    fn credentials() {
        assert_eq!(credential(b"/a/100%:\"c\"").unwrap(), "/a/100%%:\"c\"");
        for path in [&b"/a "[..], b"/a b", b"/a\tb", b"/a\\b", b"/a\\"] {
            assert_eq!(credential(path), Err(Unwritable::Unquoted));
        }
    }

    #[test]
    fn environment_files_are_globs() {
        assert_eq!(environment_file(b"/etc/[1]*.env", Percent::Literal).unwrap(), "/etc/\\[1]\\*.env");
        assert_eq!(environment_file(b"/etc/a\\", Percent::Literal).unwrap(), "/etc/a\\\\");
        assert_eq!(environment_file(b"/etc/a \t", Percent::Literal).unwrap(), "/etc/a[ ][\t]");
    }
}

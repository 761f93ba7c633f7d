//! How paths are written in the settings that take the rest of their line as it stands.

use super::specifier::{Percent, written_text};
use super::text::{Unwritable, check_line, double_percent, ends_in_continuation};

/// Writes the value of `WorkingDirectory=` for an absolute path.
///
/// Nothing can be quoted there (systemd.exec(5)). White space at the end would be stripped and a
/// backslash would join the next line, so such a path gets a slash behind it, which changes
/// nothing for the kernel.
pub fn working_directory(path: &[u8], percent: Percent) -> Result<String, Unwritable> {
    let mut text = written_text(check_line(path)?, percent);
    if text.ends_with([' ', '\t']) || ends_in_continuation(&text) {
        text.push('/');
    }
    Ok(text)
}

/// Writes the value of `EnvironmentFile=` for an absolute path, without the `-` prefix.
///
/// systemd reads it as a glob(7) pattern, so every character special to that is escaped; white
/// space at the end is written as a bracket, which stripping leaves alone.
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

/// Writes the path behind `StandardOutput=append:`, absolute and without `..`. It is the rest of the line: nothing can
/// be quoted there, and systemd 255 and newer lose white space at its end on the way to their executor.
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

/// Writes the path behind `LoadCredential=ID:`, absolute. It is the rest of the line: nothing can be quoted there.
///
/// From 255 on systemd tells its executor of it in words that it does not quote: with a blank in it the service ends
/// with "Failed to deserialize", with a backslash the file is not found (seen on 257 and 262).
pub fn credential(path: &[u8]) -> Result<String, Unwritable> {
    let text = check_line(path)?;
    if text.contains(|c: char| c.is_ascii_whitespace() || c == '\\') {
        return Err(Unwritable::Unquoted);
    }
    Ok(double_percent(text))
}

/// Writes an absolute path as a word of `BindPaths=`, `BindReadOnlyPaths=`, `ReadWritePaths=` or `ReadOnlyPaths=`.
///
/// These words are quoted, but know no C escapes: a backslash keeps the character behind it from being special. From
/// 255 on systemd tells its executor of those to bind in words that it does not quote: with a quotation mark or a tab in
/// it the service ends with 226/NAMESPACE (seen on 257).
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

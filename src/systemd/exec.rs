//! Writes a command as the value of `ExecStart=`.
//!
//! The program's path follows other rules than the arguments (systemd.service(5), systemd's `config_parse_exec`): `$`
//! is not expanded in it, but in the copy that becomes `argv[0]`; and quotes, backslashes and control characters are
//! refused in it even if they are escaped.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::quote::{Dollar, word, word_with};
use super::specifier::Percent;

/// The value of `ExecStart=`. A path with `$` gets the prefix `:`, which disables variables for the whole line: doubling
/// the `$` would be right for `argv[0]` and wrong for the path. A path that systemd refuses is an argument of a shell
/// that execs it.
pub fn line(program: &Path, arguments: &[OsString]) -> String {
    line_with(program, arguments, Dollar::Doubled, Percent::Literal)
}

/// With a literal `dollar`, systemd expands variables in the arguments; `percent` says whether `%i` in the arguments is the name of an instance.
pub fn line_with(program: &Path, arguments: &[OsString], dollar: Dollar, percent: Percent) -> String {
    let path = program.as_os_str().as_bytes();
    let has_dollar = path.contains(&b'$');
    if refused_as_executable(path) || has_dollar && dollar == Dollar::Literal {
        let shell = ["/bin/sh", "-c", EXECUTING, "sh"].map(OsStr::new);
        let front = shell.into_iter().chain([program.as_os_str()]).map(|w| word(w.as_bytes(), Dollar::Doubled));
        let behind = arguments.iter().map(|w| word_with(w.as_bytes(), dollar, percent));
        return front.chain(behind).collect::<Vec<_>>().join(" ");
    }
    let (prefix, dollar) = if has_dollar { (":", Dollar::Literal) } else { ("", dollar) };
    let mut line = format!("{prefix}{}", word(path, Dollar::Literal));
    for argument in arguments {
        line.push(' ');
        line.push_str(&word_with(argument.as_bytes(), dollar, percent));
    }
    line
}

/// A shell that execs its arguments.
pub const EXECUTING: &str = "exec \"$@\"";

/// A shell that appends its output to the file in `$0` and execs its arguments.
pub const APPENDING: &str = "exec \"$@\" >>\"$0\" 2>&1";

/// The value of `ExecStart=` for a program whose output is appended to a file that the service's user opens.
pub fn line_into(file: &Path, program: &Path, arguments: &[OsString], dollar: Dollar) -> String {
    let shell = ["/bin/sh", "-c", APPENDING].map(OsStr::new);
    let words = shell.into_iter().chain([file.as_os_str(), program.as_os_str()]);
    let words = words.map(|w| word(w.as_bytes(), Dollar::Doubled));
    words.chain(arguments.iter().map(|w| word(w.as_bytes(), dollar))).collect::<Vec<_>>().join(" ")
}

/// What systemd's `string_is_safe` refuses in an executable's path (from 262 on also patterns), and a trailing space,
/// which gets lost on the way to the executor of systemd 255.
fn refused_as_executable(path: &[u8]) -> bool {
    let unsafe_byte = |byte: &u8| *byte < b' ' || *byte == 0x7f || b"\"'\\*?[".contains(byte);
    path.iter().any(unsafe_byte) || path.ends_with(b" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(program: &str, arguments: &[&str]) -> String {
        line(Path::new(program), &arguments.iter().map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn the_path_has_rules_of_its_own() {
        assert_eq!(written("/usr/bin/python", &["myscript.py"]), "/usr/bin/python myscript.py");
        assert_eq!(written("/opt/a b/x%", &["$5"]), r#""/opt/a b/x%%" "$$5""#);
        assert_eq!(written("/opt/$$x", &["$HOME", "%h"]), r#":"/opt/$$x" "$HOME" "%%h""#);
        assert_eq!(written("/opt/it's", &["$1"]), r#"/bin/sh -c "exec \"$$@\"" sh "/opt/it's" "$$1""#);
        let expanded = |program: &str| {
            line_with(Path::new(program), &["$A".into(), "${B} $$".into()], Dollar::Literal, Percent::Literal)
        };
        assert_eq!(expanded("/bin/x"), r#"/bin/x "$A" "${B} $$""#);
        assert_eq!(expanded("/bin/$x"), r#"/bin/sh -c "exec \"$$@\"" sh "/bin/$$x" "$A" "${B} $$""#);
        for pattern in ["/opt/a*", "/opt/a?b", "/opt/[a]"] {
            assert_eq!(written(pattern, &[]), format!(r#"/bin/sh -c "exec \"$$@\"" sh "{pattern}""#));
        }
        assert_eq!(written("/opt/x ", &[]), r#"/bin/sh -c "exec \"$$@\"" sh "/opt/x ""#);
    }
}

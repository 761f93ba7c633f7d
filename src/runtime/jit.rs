//! Programs with a just-in-time compiler that are not in the table of runtimes: by their names, and by bytes in them.

use std::ffi::OsStr;
use std::path::Path;

/// File names without the version, and names in messages.
const NAMES: [(&str, &str); 36] = [
    ("pypy", "PyPy"),
    ("luajit", "LuaJIT"),
    ("dotnet", ".NET"),
    ("pwsh", "PowerShell"),
    ("mono", "Mono"),
    ("mono-sgen", "Mono"),
    ("wasmtime", "wasmtime"),
    ("wasmer", "Wasmer"),
    ("wasmedge", "WasmEdge"),
    ("julia", "Julia"),
    ("erl", "Erlang"),
    ("beam.smp", "Erlang"),
    ("escript", "Erlang"),
    ("elixir", "Erlang"),
    ("iex", "Erlang"),
    ("guile", "Guile"),
    ("racket", "Racket"),
    ("sbcl", "SBCL"),
    ("chez", "Chez Scheme"),
    ("scala", "Java"),
    ("kotlin", "Java"),
    ("groovy", "Java"),
    ("clojure", "Java"),
    ("gradle", "Java"),
    ("mvn", "Java"),
    ("jshell", "Java"),
    ("php-fpm", "PHP"),
    ("php-cgi", "PHP"),
    ("gjs", "GJS"),
    ("electron", "Electron"),
    ("chromium", "Chromium"),
    ("google-chrome", "Chromium"),
    ("firefox", "Firefox"),
    ("mongod", "MongoDB"),
    ("qemu-system", "QEMU"),
    ("openresty", "LuaJIT"),
];

pub fn by_name(program: &Path) -> Option<&'static str> {
    let file_name = program.file_name().and_then(OsStr::to_str)?;
    let is = |known: &str| {
        let version = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-');
        file_name.strip_prefix(known).is_some_and(|rest| rest.chars().all(version) || known == "qemu-system")
    };
    NAMES.iter().find(|(known, _)| is(known)).map(|(_, name)| *name)
}

/// Bytes in programs that contain such a runtime.
pub const SIGNATURES: [(&[u8], &str); 13] = [
    (b"v8::internal", "V8"),
    (b"libv8", "V8"),
    (b"libnode.so", "Node.js"),
    (b"NODE_SEA_FUSE", "Node.js"),
    (b"JavaScriptCore", "JavaScriptCore"),
    (b"libmozjs", "SpiderMonkey"),
    (b"libjvm.so", "Java"),
    (b"hostfxr", ".NET"),
    (b"libcoreclr", ".NET"),
    (b"libmono", "Mono"),
    (b"LuaJIT 2.", "LuaJIT"),
    (b"libluajit", "LuaJIT"),
    (b"wasmtime", "wasmtime"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_in_names_are_ignored() {
        for (program, name) in [
            ("/usr/bin/pypy3", Some("PyPy")),
            ("/opt/pypy3.10", Some("PyPy")),
            ("/usr/sbin/php-fpm8.2", Some("PHP")),
            ("/usr/bin/qemu-system-x86_64", Some("QEMU")),
            ("/usr/bin/monitor", None),
            ("/usr/bin/python3", None),
        ] {
            assert_eq!(by_name(Path::new(program)), name, "{program}");
        }
    }
}

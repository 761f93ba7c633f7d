//! Programs that write programs into memory as they run, besides the runtimes of the table: by their names, and by what
//! is inside of them.

use std::ffi::OsStr;
use std::path::Path;

/// Programs and what people call them. Versions behind the names count as the same.
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

/// What a program is called that is known by its name.
pub fn by_name(program: &Path) -> Option<&'static str> {
    let name = program.file_name().and_then(OsStr::to_str)?;
    let is = |known: &str| {
        let version = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-');
        name.strip_prefix(known).is_some_and(|rest| rest.chars().all(version) || known == "qemu-system")
    };
    NAMES.iter().find(|(known, _)| is(known)).map(|(_, called)| *called)
}

/// What is found inside of programs that bring such a runtime with them, and what people call that.
pub const MARKS: [(&[u8], &str); 13] = [
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
    fn programs_are_known_by_name_whatever_their_version() {
        for (program, called) in [
            ("/usr/bin/pypy3", Some("PyPy")),
            ("/opt/pypy3.10", Some("PyPy")),
            ("/usr/sbin/php-fpm8.2", Some("PHP")),
            ("/usr/bin/qemu-system-x86_64", Some("QEMU")),
            ("/usr/bin/monitor", None),
            ("/usr/bin/python3", None),
        ] {
            assert_eq!(by_name(Path::new(program)), called, "{program}");
        }
    }
}

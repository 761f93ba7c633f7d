//! The interpreters: how to read their command lines, and what they need as services.
//!
//! A new one is a row of [`RUNTIMES`].

#[derive(Debug)]
pub struct Runtime {
    /// For messages.
    pub name: &'static str,
    /// File names without the version.
    pub programs: &'static [&'static str],
    /// Options whose value is the next word.
    pub with_value: &'static [&'static str],
    /// Options before a module or a jar.
    pub names_program: &'static [&'static str],
    /// Options whose value is a file or directory of code, or a list of them.
    pub loads: &'static [&'static str],
    /// Its operand is the name of a class, unless it is a file.
    pub runs_classes: bool,
    /// Options before source text.
    pub inline: &'static [&'static str],
    /// Subcommands before the script (`deno run x.ts`).
    pub verbs: &'static [&'static str],
    /// It imports modules from the directory of the script, or without one from the working directory.
    pub imports_from_directory: bool,
    /// Name, value, reason.
    pub environment: &'static [(&'static str, &'static str, &'static str)],
    /// Of `[Service]`: name, value, reason.
    pub directives: &'static [(&'static str, &'static str, &'static str)],
    pub prelude: Option<&'static Prelude>,
    /// Arguments with which it prints its version and runs no code of the user. If possible it prints lines with [`MARK`],
    /// its own path and its version. If empty, it is not checked.
    pub query: &'static [&'static str],
    /// It has a just-in-time compiler, which needs writable and executable memory.
    pub is_jit: bool,
    /// Where it finds packages in a home directory.
    pub in_home: &'static [&'static str],
    pub is_shell: bool,
    /// It has virtual environments with `pyvenv.cfg`.
    pub has_environments: bool,
}

/// A file that an interpreter reads before the script.
#[derive(Debug, PartialEq, Eq)]
pub struct Prelude {
    /// Its name, in the directory of drop-ins.
    pub file: &'static str,
    pub text: &'static str,
    /// The variable that names it, and the prefix of the path in its value.
    pub variable: (&'static str, &'static str),
    pub reason: &'static str,
}

/// Only Ruby code can turn off the buffering of output.
static UNBUFFERED_RUBY: Prelude = Prelude {
    file: "unbuffered.rb",
    text: "# Written by mkservice: sends output to the journal at once.\n$stdout.sync = true\n$stderr.sync = true\n",
    variable: ("RUBYOPT", "-r"),
    reason: "Ruby would buffer its output for minutes",
};

pub fn preludes() -> impl Iterator<Item = &'static Prelude> {
    RUNTIMES.iter().filter_map(|runtime| runtime.prelude)
}

/// The line before the answer of an interpreter, which can follow other output.
pub const MARK: &str = "@mkservice@";

#[derive(Debug)]
pub struct Kind {
    pub extensions: &'static [&'static str],
    /// Commands, in order of preference.
    pub interpreters: &'static [&'static [&'static str]],
}

const PLAIN: Runtime = Runtime {
    name: "",
    programs: &[],
    with_value: &[],
    names_program: &[],
    loads: &[],
    runs_classes: false,
    inline: &["-c", "-e"],
    verbs: &[],
    imports_from_directory: false,
    environment: &[],
    directives: &[],
    prelude: None,
    query: &[],
    is_jit: false,
    in_home: &[],
    is_shell: false,
    has_environments: false,
};

/// 128 + SIGTERM, which systemd would count as a failure.
const EXITS_WITH_143: (&str, &str, &str) =
    ("SuccessExitStatus", "143", "Java exits with 143 when it is stopped, which is not a failure");

/// Services ignore SIGPIPE by default (systemd.exec(5)): `a | head` would not end.
pub const PIPE_DIRECTIVE: (&str, &str, &str) =
    ("IgnoreSIGPIPE", "no", "a program in a pipeline ends when its reader has exited");

/// All directives of the tables.
pub fn directives() -> impl Iterator<Item = &'static (&'static str, &'static str, &'static str)> {
    let of_runtimes = RUNTIMES.iter().flat_map(|runtime| runtime.directives);
    let of_launchers = super::launcher::LAUNCHERS.iter().flat_map(|launcher| launcher.directives);
    of_runtimes.chain(of_launchers).chain(&[PIPE_DIRECTIVE])
}

pub static RUNTIMES: [Runtime; 14] = [
    Runtime {
        name: "Python",
        programs: &["python", "pypy"],
        with_value: &["-W", "-X", "--check-hash-based-pycs"],
        names_program: &["-m"],
        inline: &["-c"],
        imports_from_directory: true,
        environment: &[("PYTHONUNBUFFERED", "1", "Python would buffer its output for minutes")],
        query: &["-c", include_str!("probe.py")],
        has_environments: true,
        in_home: &[".local/lib"],
        ..PLAIN
    },
    Runtime {
        name: "Node.js",
        programs: &["node", "nodejs"],
        with_value: &["-r", "--require", "--import", "--loader", "--env-file", "-C", "--conditions"],
        loads: &["-r", "--require", "--import", "--loader", "--experimental-loader", "--env-file"],
        inline: &["-e", "--eval", "-p", "--print"],
        imports_from_directory: true,
        query: &["-p", "['@mkservice@', process.execPath, process.version].join('\\n')"],
        is_jit: true,
        in_home: &[".node_modules", ".node_libraries"],
        ..PLAIN
    },
    Runtime {
        name: "Deno",
        programs: &["deno"],
        loads: &["--import-map", "--config", "--preload"],
        verbs: &["run", "serve"],
        inline: &["eval"],
        query: &["eval", "console.log(['@mkservice@', Deno.execPath(), Deno.version.deno].join('\\n'))"],
        is_jit: true,
        in_home: &[".cache/deno"],
        ..PLAIN
    },
    Runtime {
        name: "Bun",
        programs: &["bun"],
        loads: &["-r", "--require", "--preload", "--config"],
        verbs: &["run"],
        query: &["-e", "console.log(['@mkservice@', process.execPath, Bun.version].join('\\n'))"],
        is_jit: true,
        in_home: &[".bun"],
        ..PLAIN
    },
    Runtime {
        name: "tsx",
        programs: &["tsx", "ts-node"],
        loads: &["-r", "--require", "--import", "--tsconfig"],
        query: &["--version"],
        directives: &[("SuccessExitStatus", "143", "tsx exits with 143 when it is stopped, which is not a failure")],
        is_jit: true,
        ..PLAIN
    },
    Runtime {
        name: "Ruby",
        programs: &["ruby", "jruby"],
        with_value: &["-I", "-r", "-C"],
        loads: &["-I", "-r", "-C"],
        prelude: Some(&UNBUFFERED_RUBY),
        query: &["-e", "puts '@mkservice@', RbConfig.ruby, RUBY_VERSION"],
        is_jit: true,
        in_home: &[".gem", ".local/share/gem", ".bundle"],
        ..PLAIN
    },
    Runtime {
        name: "Perl",
        programs: &["perl"],
        with_value: &["-I"],
        loads: &["-I", "-Mlib"],
        inline: &["-e", "-E"],
        environment: &[("PERL5OPT", "-Mlib;$|=1", "Perl would buffer its output for minutes")],
        query: &["-e", "print qq(\\@mkservice\\@\\n$^X\\n), substr($^V, 1), qq(\\n)"],
        in_home: &["perl5"],
        ..PLAIN
    },
    Runtime {
        name: "PHP",
        programs: &["php"],
        with_value: &["-d", "-c", "-S", "-t"],
        loads: &["-c", "-t", "-d auto_prepend_file", "-d extension", "-d zend_extension"],
        inline: &["-r"],
        query: &["-r", "echo \"@mkservice@\\n\", PHP_BINARY, \"\\n\", PHP_VERSION, \"\\n\";"],
        is_jit: true,
        ..PLAIN
    },
    Runtime {
        name: "Java",
        programs: &["java"],
        with_value: &["-cp", "-classpath", "--class-path", "-p", "--module-path", "--add-opens", "--add-modules"],
        names_program: &["-jar", "-m", "--module"],
        loads: &[
            "-cp",
            "-classpath",
            "--class-path",
            "-p",
            "--module-path",
            "@",
            "-javaagent:",
            "-agentpath:",
            "-Xbootclasspath/a:",
            "-Xbootclasspath/p:",
            "-Xbootclasspath:",
            "-D java.class.path",
            "-D java.endorsed.dirs",
            "-D java.ext.dirs",
            "-D java.library.path",
        ],
        runs_classes: true,
        inline: &[],
        directives: &[EXITS_WITH_143],
        query: &["-XshowSettings:properties", "-version"],
        is_jit: true,
        ..PLAIN
    },
    Runtime {
        name: "the shell",
        programs: &["sh", "bash", "dash", "ash", "ksh", "mksh", "zsh", "fish"],
        with_value: &["-o", "+o", "-O", "--rcfile", "--init-file"],
        loads: &["--rcfile", "--init-file"],
        inline: &["-c"],
        is_shell: true,
        ..PLAIN
    },
    Runtime {
        name: "Lua",
        programs: &["lua"],
        with_value: &["-l"],
        environment: &[("LUA_INIT", "io.stdout:setvbuf('line')", "Lua would buffer its output for minutes")],
        query: &["-v"],
        in_home: &[".luarocks"],
        ..PLAIN
    },
    Runtime {
        name: "LuaJIT",
        programs: &["luajit"],
        with_value: &["-l"],
        query: &["-v"],
        is_jit: true,
        in_home: &[".luarocks"],
        ..PLAIN
    },
    Runtime { name: "R", programs: &["Rscript"], query: &["--version"], in_home: &["R"], ..PLAIN },
    Runtime { name: "Tcl", programs: &["tclsh", "wish"], inline: &[], ..PLAIN },
];

/// The interpreters of scripts that are not executable.
pub const KINDS: &[Kind] = &[
    Kind { extensions: &["py", "pyz", "pyw"], interpreters: &[&["python3"], &["python"]] },
    Kind { extensions: &["js", "mjs", "cjs"], interpreters: &[&["node"], &["nodejs"], &["bun"]] },
    Kind {
        extensions: &["ts", "tsx", "mts", "cts"],
        interpreters: &[&["tsx"], &["bun"], &["deno", "run", "--allow-all"], &["ts-node"], &["node"]],
    },
    Kind { extensions: &["rb"], interpreters: &[&["ruby"]] },
    Kind { extensions: &["pl"], interpreters: &[&["perl"]] },
    Kind { extensions: &["php"], interpreters: &[&["php"]] },
    Kind { extensions: &["jar"], interpreters: &[&["java", "-jar"]] },
    Kind { extensions: &["sh", "bash"], interpreters: &[&["bash"], &["sh"]] },
    Kind { extensions: &["zsh"], interpreters: &[&["zsh"]] },
    Kind { extensions: &["fish"], interpreters: &[&["fish"]] },
    Kind { extensions: &["lua"], interpreters: &[&["lua"]] },
    Kind { extensions: &["R", "r"], interpreters: &[&["Rscript"]] },
    Kind { extensions: &["tcl"], interpreters: &[&["tclsh"]] },
];

//! The runtimes, as data: how their command lines are read, and what they need as services.
//!
//! To teach mkservice another one, add a row; nothing else has to change.

/// One kind of interpreter.
#[derive(Debug)]
pub struct Runtime {
    /// What people call it.
    pub name: &'static str,
    /// Names of its program; versions behind them (`python3.11`) count as the same.
    pub programs: &'static [&'static str],
    /// Options of the interpreter that have the next word as their value.
    pub with_value: &'static [&'static str],
    /// Options whose next word names what is run: a module, a jar.
    pub names_program: &'static [&'static str],
    /// Options that bring the program's text with them, so that there is no script.
    pub inline: &'static [&'static str],
    /// Words that stand in front of the script (`deno run x.ts`).
    pub verbs: &'static [&'static str],
    /// It looks for modules in the folder of its script, or in its working directory when what it runs
    /// comes from no file.
    pub imports_from_folder: bool,
    /// Variables it needs: name, value, reason.
    pub environment: &'static [(&'static str, &'static str, &'static str)],
    /// Directives of `[Service]` it needs: name, value, reason.
    pub directives: &'static [(&'static str, &'static str, &'static str)],
    /// A file that it has to read first.
    pub prelude: Option<&'static Prelude>,
    /// Arguments with which it says its version and ends, without running anything of the user's. Those that
    /// can also say where they are print [`MARK`], their own path and their version, in lines. Empty where
    /// there is no such way: it is then taken as it was found.
    pub asks: &'static [&'static str],
    /// It writes programs into memory as it runs, so that memory must stay executable.
    pub compiles: bool,
    /// Where it looks in a home for what was installed for one account.
    pub in_home: &'static [&'static str],
    /// It is a shell: all it starts is found by PATH.
    pub is_shell: bool,
    /// It has virtual environments: `pyvenv.cfg` beside `bin`.
    pub has_environments: bool,
}

/// A file that a runtime reads before the script, because no variable of its own says the same.
#[derive(Debug, PartialEq, Eq)]
pub struct Prelude {
    /// Its name, in the folder of the unit's drop-ins.
    pub file: &'static str,
    /// What is in it.
    pub text: &'static str,
    /// The variable that has it read, and what stands in front of its path there.
    pub variable: (&'static str, &'static str),
    /// Why.
    pub reason: &'static str,
}

/// Ruby keeps its output back unless a terminal reads it, and only a program can say otherwise.
static UNBUFFERED_RUBY: Prelude = Prelude {
    file: "unbuffered.rb",
    text: "# Made by mkservice: what Ruby prints reaches the journal at once.\n$stdout.sync = true\n$stderr.sync = true\n",
    variable: ("RUBYOPT", "-r"),
    reason: "Ruby would keep its output back for minutes before the journal sees it",
};

/// Every prelude that there is.
pub fn preludes() -> impl Iterator<Item = &'static Prelude> {
    RUNTIMES.iter().filter_map(|runtime| runtime.prelude)
}

/// The line in front of an interpreter's answer, whatever else it or a wrapper prints.
pub const MARK: &str = "@mkservice@";

/// Scripts of one kind.
#[derive(Debug)]
pub struct Kind {
    /// Their endings.
    pub endings: &'static [&'static str],
    /// The words that start them, the first choice first.
    pub starters: &'static [&'static [&'static str]],
}

/// A row's usual values.
const PLAIN: Runtime = Runtime {
    name: "",
    programs: &[],
    with_value: &[],
    names_program: &[],
    inline: &["-c", "-e"],
    verbs: &[],
    imports_from_folder: false,
    environment: &[],
    directives: &[],
    prelude: None,
    asks: &[],
    compiles: false,
    in_home: &[],
    is_shell: false,
    has_environments: false,
};

/// Java ends with 143 when it is asked to (128 + SIGTERM), which systemd would take for a failure.
const ENDS_WITH_143: (&str, &str, &str) =
    ("SuccessExitStatus", "143", "Java ends with this code when it is stopped, and that is no failure");

/// systemd.exec(5): services ignore the signal by default, and `a | head` would never end.
pub const ENDS_PIPES: (&str, &str, &str) =
    ("IgnoreSIGPIPE", "no", "a program in a pipe ends when nobody reads it any more");

/// Every directive that anything started here can need.
pub fn needs() -> impl Iterator<Item = &'static (&'static str, &'static str, &'static str)> {
    let of_runtimes = RUNTIMES.iter().flat_map(|runtime| runtime.directives);
    let of_launchers = super::launcher::LAUNCHERS.iter().flat_map(|launcher| launcher.directives);
    of_runtimes.chain(of_launchers).chain(&[ENDS_PIPES])
}

/// All runtimes.
pub static RUNTIMES: [Runtime; 14] = [
    Runtime {
        name: "Python",
        programs: &["python", "pypy"],
        with_value: &["-W", "-X", "--check-hash-based-pycs"],
        names_program: &["-m"],
        inline: &["-c"],
        imports_from_folder: true,
        environment: &[(
            "PYTHONUNBUFFERED",
            "1",
            "Python would keep its output back for minutes before the journal sees it",
        )],
        asks: &["-c", include_str!("probe.py")],
        has_environments: true,
        in_home: &[".local/lib"],
        ..PLAIN
    },
    Runtime {
        name: "Node.js",
        programs: &["node", "nodejs"],
        with_value: &["-r", "--require", "--import", "--loader", "--env-file", "-C", "--conditions"],
        inline: &["-e", "--eval", "-p", "--print"],
        imports_from_folder: true,
        asks: &["-p", "['@mkservice@', process.execPath, process.version].join('\\n')"],
        compiles: true,
        in_home: &[".node_modules", ".node_libraries"],
        ..PLAIN
    },
    Runtime {
        name: "Deno",
        programs: &["deno"],
        verbs: &["run", "serve"],
        inline: &["eval"],
        asks: &["eval", "console.log(['@mkservice@', Deno.execPath(), Deno.version.deno].join('\\n'))"],
        compiles: true,
        in_home: &[".cache/deno"],
        ..PLAIN
    },
    Runtime {
        name: "Bun",
        programs: &["bun"],
        verbs: &["run"],
        asks: &["-e", "console.log(['@mkservice@', process.execPath, Bun.version].join('\\n'))"],
        compiles: true,
        in_home: &[".bun"],
        ..PLAIN
    },
    Runtime {
        name: "tsx",
        programs: &["tsx", "ts-node"],
        asks: &["--version"],
        directives: &[(
            "SuccessExitStatus",
            "143",
            "tsx ends with this code when it is stopped, and that is no failure",
        )],
        compiles: true,
        ..PLAIN
    },
    Runtime {
        name: "Ruby",
        programs: &["ruby", "jruby"],
        with_value: &["-I", "-r", "-C"],
        prelude: Some(&UNBUFFERED_RUBY),
        asks: &["-e", "puts '@mkservice@', RbConfig.ruby, RUBY_VERSION"],
        compiles: true,
        in_home: &[".gem", ".local/share/gem", ".bundle"],
        ..PLAIN
    },
    Runtime {
        name: "Perl",
        programs: &["perl"],
        with_value: &["-I"],
        inline: &["-e", "-E"],
        environment: &[(
            "PERL5OPT",
            "-Mlib;$|=1",
            "Perl would keep its output back for minutes before the journal sees it",
        )],
        asks: &["-e", "print qq(\\@mkservice\\@\\n$^X\\n), substr($^V, 1), qq(\\n)"],
        in_home: &["perl5"],
        ..PLAIN
    },
    Runtime {
        name: "PHP",
        programs: &["php"],
        with_value: &["-d", "-c", "-S", "-t"],
        inline: &["-r"],
        asks: &["-r", "echo \"@mkservice@\\n\", PHP_BINARY, \"\\n\", PHP_VERSION, \"\\n\";"],
        compiles: true,
        ..PLAIN
    },
    Runtime {
        name: "Java",
        programs: &["java"],
        with_value: &["-cp", "-classpath", "--class-path", "-p", "--module-path", "--add-opens", "--add-modules"],
        names_program: &["-jar", "-m", "--module"],
        inline: &[],
        directives: &[ENDS_WITH_143],
        asks: &["-XshowSettings:properties", "-version"],
        compiles: true,
        ..PLAIN
    },
    Runtime {
        name: "the shell",
        programs: &["sh", "bash", "dash", "ash", "ksh", "mksh", "zsh", "fish"],
        with_value: &["-o", "+o", "-O", "--rcfile", "--init-file"],
        inline: &["-c"],
        is_shell: true,
        ..PLAIN
    },
    Runtime {
        name: "Lua",
        programs: &["lua"],
        with_value: &["-l"],
        environment: &[(
            "LUA_INIT",
            "io.stdout:setvbuf('line')",
            "Lua would keep its output back for minutes before the journal sees it",
        )],
        asks: &["-v"],
        in_home: &[".luarocks"],
        ..PLAIN
    },
    Runtime {
        name: "LuaJIT",
        programs: &["luajit"],
        with_value: &["-l"],
        asks: &["-v"],
        compiles: true,
        in_home: &[".luarocks"],
        ..PLAIN
    },
    Runtime { name: "R", programs: &["Rscript"], asks: &["--version"], in_home: &["R"], ..PLAIN },
    Runtime { name: "Tcl", programs: &["tclsh", "wish"], inline: &[], ..PLAIN },
];

/// What scripts are started with when nothing is said.
pub const KINDS: &[Kind] = &[
    Kind { endings: &["py", "pyz", "pyw"], starters: &[&["python3"], &["python"]] },
    Kind { endings: &["js", "mjs", "cjs"], starters: &[&["node"], &["nodejs"], &["bun"]] },
    Kind {
        endings: &["ts", "tsx", "mts", "cts"],
        starters: &[&["tsx"], &["bun"], &["deno", "run", "--allow-all"], &["ts-node"], &["node"]],
    },
    Kind { endings: &["rb"], starters: &[&["ruby"]] },
    Kind { endings: &["pl"], starters: &[&["perl"]] },
    Kind { endings: &["php"], starters: &[&["php"]] },
    Kind { endings: &["jar"], starters: &[&["java", "-jar"]] },
    Kind { endings: &["sh", "bash"], starters: &[&["bash"], &["sh"]] },
    Kind { endings: &["zsh"], starters: &[&["zsh"]] },
    Kind { endings: &["fish"], starters: &[&["fish"]] },
    Kind { endings: &["lua"], starters: &[&["lua"]] },
    Kind { endings: &["R", "r"], starters: &[&["Rscript"]] },
    Kind { endings: &["tcl"], starters: &[&["tclsh"]] },
];

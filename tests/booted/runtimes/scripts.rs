//! A script without an interpreter, a missing module, and a shell command.

use crate::host::Inside;
use crate::runtimes::other_languages::JAR;
use crate::scope::Scope;
use crate::setup::{fails, traces};
use crate::terminal::{CASE, Case, lasts};

#[apply(booted_test)]
fn python() {
    lasts(&Case {
        setup: "cp /opt/witness/app.py project/",
        line: &["app.py", "a", "b c"],
        instead: &["python3", "app.py", "a", "b c"],
        by_sudo: true,
        ..CASE
    });
}

#[apply(booted_test)]
fn python_of_an_active_environment() {
    lasts(&Case {
        setup: "cd project; python3 -m venv --without-pip .venv; cp /opt/witness/app.py .",
        shell: ". .venv/bin/activate",
        line: &["app.py"],
        instead: &["python3", "app.py"],
        ..CASE
    });
}

#[apply(booted_test)]
fn python_by_shebang() {
    lasts(&Case {
        setup: "cd project; python3 -m venv --without-pip .venv; python3 -m venv --without-pip ~/other; \
                    (echo '#!/home/ann/other/bin/python'; cat /opt/witness/app.py) >app.py; chmod +x app.py",
        shell: ". .venv/bin/activate",
        line: &["./app.py", "a"],
        // systemd starts programs by absolute path, which the kernel passes to the interpreter.
        instead: &["/home/ann/project/app.py", "a"],
        ..CASE
    });
}

#[apply(booted_test)]
fn env_shebang() {
    lasts(&Case {
        setup: "cd project; python3 -m venv --without-pip .venv; \
                    (echo '#!/usr/bin/env python3'; cat /opt/witness/app.py) >app.py; chmod +x app.py",
        shell: ". .venv/bin/activate",
        line: &["./app.py", "a"],
        // systemd starts programs by absolute path, which the kernel passes to the interpreter.
        instead: &["/home/ann/project/app.py", "a"],
        ..CASE
    });
}

#[apply(booted_test)]
fn shell() {
    lasts(&Case {
        setup: "cd project; cp /opt/witness/app.pl .; printf '#!/bin/bash\\nexec perl app.pl \"$@\"\\n' >run.sh; \
                    chmod +x run.sh",
        line: &["./run.sh", "a", "b c"],
        ..CASE
    });
}

#[apply(booted_test)]
fn shell_script_with_inherited_path() {
    lasts(&Case {
        setup: "cd project; python3 -m venv --without-pip .venv; cp /opt/witness/app.py .; \
                    printf '#!/bin/sh\nexec python3 -u app.py \"$@\"\n' >run.sh; chmod +x run.sh",
        shell: ". .venv/bin/activate",
        line: &["--inherit-path", "./run.sh", "a"],
        instead: &["./run.sh", "a"],
        ..CASE
    });
}

#[apply(booted_test)]
fn shell_script_without_execute_permission() {
    lasts(&Case {
        setup: "cd project; cp /opt/witness/app.pl .; printf '#!/bin/bash\\nx=(perl app.pl); exec \"${x[@]}\" \"$@\"\\n' \
                    >run.sh",
        line: &["./run.sh", "a", "b c"],
        instead: &["bash", "./run.sh", "a", "b c"],
        ..CASE
    });
}

#[apply(booted_test)]
fn javascript() {
    lasts(&Case {
        setup: ". /opt/witness/layouts.sh; nvm_layout 24.19.0; cp /opt/witness/app.js project/",
        shell: "PATH=~/.nvm/versions/node/v24.19.0/bin:$PATH",
        line: &["app.js", "a"],
        instead: &["node", "app.js", "a"],
        ..CASE
    });
}

#[apply(booted_test)]
fn typescript() {
    lasts(&Case {
        setup: ". /opt/witness/layouts.sh; nvm_layout 24.19.0; cp /opt/witness/app.ts project/",
        shell: "PATH=~/.nvm/versions/node/v24.19.0/bin:$PATH",
        line: &["app.ts", "a"],
        instead: &["node", "app.ts", "a"],
        ..CASE
    });
}

#[apply(booted_test)]
fn typescript_with_bun() {
    lasts(&Case {
        setup: "mkdir -p .bun/bin; cp /opt/tools/bin/bun .bun/bin/; cp /opt/witness/app.ts project/",
        shell: "PATH=~/.bun/bin:$PATH",
        line: &["app.ts", "a"],
        instead: &["bun", "app.ts", "a"],
        ..CASE
    });
}

#[apply(booted_test)]
fn typescript_with_deno() {
    lasts(&Case {
        setup: "mkdir -p .deno/bin; cp /opt/tools/bin/deno .deno/bin/; cd project; cp /opt/witness/app.ts .; \
                    echo {} >deno.json",
        shell: "PATH=~/.deno/bin:$PATH",
        line: &["app.ts", "a"],
        instead: &["deno", "run", "--allow-all", "app.ts", "a"],
        ..CASE
    });
}

#[apply(booted_test)]
fn deno_shebang() {
    lasts(&Case {
        setup: "mkdir -p .deno/bin; cp /opt/tools/bin/deno .deno/bin/; cd project; \
                    (echo '#!/usr/bin/env -S deno run -A'; cat /opt/witness/app.ts) >serve.ts; chmod +x serve.ts",
        shell: "PATH=~/.deno/bin:$PATH",
        line: &["./serve.ts", "a"],
        instead: &["/home/ann/project/serve.ts", "a"],
        ..CASE
    });
}

#[apply(booted_test)]
fn ruby() {
    lasts(&Case {
        setup: "sed '1a $stdout.sync = true' /opt/witness/app.rb >project/app.rb",
        line: &["app.rb", "a"],
        instead: &["ruby", "app.rb", "a"],
        ..CASE
    });
}

#[apply(booted_test)]
fn php() {
    lasts(&Case {
        setup: "cp /opt/witness/app.php project/",
        line: &["app.php", "a"],
        instead: &["php", "app.php", "a"],
        ..CASE
    });
}

#[apply(booted_test)]
fn jar() {
    lasts(&Case { setup: JAR, line: &["App.jar", "a"], instead: &["java", "-jar", "App.jar", "a"], ..CASE });
}

#[apply(booted_test)]
fn shell_one_liner() {
    lasts(&Case {
        setup: "cp /opt/witness/app.pl project/",
        line: &["perl app.pl a 'b c' 2>/dev/null | cat"],
        instead: &["sh", "-c", "perl app.pl a 'b c' 2>/dev/null | cat"],
        by_sudo: true,
        ..CASE
    });
}

#[apply(booted_test)]
fn missing_module_is_refused(scope: &Scope<'_>) {
    let before = traces(scope.host);
    let said = fails(2, &mut scope.mkservice(&["--name", "w", "python3", "-m", "no_such_module"]));
    assert!(said.contains("no_such_module"), "{said}");
    assert_eq!(traces(scope.host), before);
}

#[apply(booted_test)]
fn module_of_another_python_is_refused(scope: &Scope<'_>) {
    let make = "python3 -m venv --without-pip /opt/v; module=$(echo /opt/v/lib/python3*)/site-packages/mine; \
                        mkdir $module; echo 'input()' >$module/__main__.py";
    scope.host.root("sh").args(["-c", make]).text();
    let before = traces(scope.host);
    let said = fails(2, &mut scope.mkservice(&["--name", "w", "/usr/bin/python3", "-m", "mine"]));
    assert!(said.contains("mine"), "{said}");
    assert_eq!(traces(scope.host), before);
}

//! JavaScript and TypeScript: Node.js with its version managers, deno, bun, and tsx.

use crate::terminal::{CASE, Case, lasts};

#[apply(booted_test)]
fn from_npm() {
    lasts(&Case {
        setup: "cp /opt/witness/app.js project/",
        shell: "PATH=/opt/tools/npm/node_modules/.bin:$PATH",
        line: &["node", "app.js", "a", "b c"],
        ..CASE
    });
}

#[apply(booted_test)]
fn nvm() {
    lasts(&Case {
        setup: ". /opt/witness/layouts.sh; nvm_layout 24.19.0; cp /opt/witness/app.js project/",
        shell: "export NVM_DIR=~/.nvm NVM_BIN=~/.nvm/versions/node/v24.19.0/bin; PATH=$NVM_BIN:$PATH",
        line: &["node", "app.js", "a", "b c"],
        by_sudo: true,
        ..CASE
    });
}

#[apply(booted_test)]
fn script_of_npm() {
    lasts(&Case {
        setup: ". /opt/witness/layouts.sh; nvm_layout 24.19.0; cd project; cp /opt/witness/app.js .; \
                    echo '{\"scripts\":{\"start\":\"node app.js\"}}' >package.json",
        shell: "PATH=~/.nvm/versions/node/v24.19.0/bin:$PATH",
        line: &["npm", "run", "start"],
        ..CASE
    });
}

#[apply(booted_test)]
fn fnm() {
    lasts(&Case {
        setup: ". /opt/witness/layouts.sh; fnm_layout 24.19.0; cp /opt/witness/app.js project/",
        shell: ". /opt/witness/layouts.sh; fnm_env",
        line: &["node", "app.js", "a", "b c"],
        logout: "rm -r /run/user/*/fnm_multishells",
        by_sudo: true,
        ..CASE
    });
}

#[apply(booted_test)]
fn deno() {
    lasts(&Case {
        setup: "mkdir -p .deno/bin; cp /opt/tools/bin/deno .deno/bin/; cp /opt/witness/app.ts project/",
        shell: "PATH=~/.deno/bin:$PATH",
        line: &["deno", "run", "-A", "app.ts", "a", "b c"],
        ..CASE
    });
}

#[apply(booted_test)]
fn bun() {
    lasts(&Case {
        setup: "mkdir -p .bun/bin; cp /opt/tools/bin/bun .bun/bin/; cp /opt/witness/app.ts project/",
        shell: "PATH=~/.bun/bin:$PATH",
        line: &["bun", "app.ts", "a", "b c"],
        ..CASE
    });
}

#[apply(booted_test)]
fn tsx_that_finds_node_by_path() {
    lasts(&Case {
        setup: ". /opt/witness/layouts.sh; nvm_layout 24.19.0; cp /opt/witness/app.ts project/",
        shell: "PATH=~/.nvm/versions/node/v24.19.0/bin:/opt/tools/bin:$PATH",
        line: &["tsx", "app.ts", "a", "b c"],
        ..CASE
    });
}

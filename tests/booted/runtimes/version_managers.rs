//! Version managers whose shims are scripts (pyenv, rbenv, plenv, asdf), and mise and volta.

use crate::terminal::{CASE, Case, lasts};

#[apply(booted_test)]
fn pyenv_shell_version() {
    lasts(&Case {
        setup: ". /opt/witness/layouts.sh; pyenv_layout 3.90.1 3.91.2; cp /opt/witness/app.py project/",
        shell: "PATH=~/.pyenv/shims:~/.pyenv/bin:$PATH; export PYENV_VERSION=3.91.2",
        line: &["python", "app.py", "a"],
        by_sudo: true,
        ..CASE
    });
}

#[apply(booted_test)]
fn pyenv_exec_shell_version() {
    lasts(&Case {
        setup: ". /opt/witness/layouts.sh; pyenv_layout 3.90.1 3.91.2; cp /opt/witness/app.py project/",
        shell: "PATH=~/.pyenv/shims:~/.pyenv/bin:$PATH; export PYENV_VERSION=3.91.2",
        line: &["pyenv", "exec", "python", "app.py", "a"],
        ..CASE
    });
}

#[apply(booted_test)]
fn pyenv_local_version() {
    lasts(&Case {
        setup: ". /opt/witness/layouts.sh; pyenv_layout 3.90.1 3.91.2; cp /opt/witness/app.py project/; \
                    echo 3.91.2 >project/.python-version",
        shell: "PATH=~/.pyenv/shims:~/.pyenv/bin:$PATH",
        line: &["python3", "app.py", "a"],
        ..CASE
    });
}

#[apply(booted_test)]
fn pyenv_global_version() {
    lasts(&Case {
        setup: ". /opt/witness/layouts.sh; pyenv_layout 3.90.1 3.91.2; cp /opt/witness/app.py project/",
        shell: "PATH=~/.pyenv/shims:~/.pyenv/bin:$PATH",
        line: &["python", "app.py", "a"],
        ..CASE
    });
}

#[apply(booted_test)]
fn rbenv_local_version() {
    lasts(&Case {
        setup: ". /opt/witness/layouts.sh; rbenv_versions 3.1.1 3.1.2; cd project; sed '1a $stdout.sync = true' /opt/witness/app.rb >app.rb; \
                    rbenv local 3.1.2",
        shell: "eval \"$(rbenv init - bash)\"",
        line: &["ruby", "app.rb", "a", "b c"],
        ..CASE
    });
}

#[apply(booted_test)]
fn rbenv_shell_version() {
    lasts(&Case {
        setup: ". /opt/witness/layouts.sh; rbenv_versions 3.1.1 3.1.2; sed '1a $stdout.sync = true' /opt/witness/app.rb >project/app.rb",
        shell: "eval \"$(rbenv init - bash)\"; rbenv shell 3.1.2",
        line: &["ruby", "app.rb", "a", "b c"],
        ..CASE
    });
}

#[apply(booted_test)]
fn rbenv_exec_shell_version() {
    lasts(&Case {
        setup: ". /opt/witness/layouts.sh; rbenv_versions 3.1.1 3.1.2; sed '1a $stdout.sync = true' /opt/witness/app.rb >project/app.rb",
        shell: "eval \"$(rbenv init - bash)\"; rbenv shell 3.1.2",
        line: &["rbenv", "exec", "ruby", "app.rb", "a"],
        ..CASE
    });
}

#[apply(booted_test)]
fn rbenv_version_of_the_scripts_directory() {
    lasts(&Case {
        setup: ". /opt/witness/layouts.sh; rbenv_versions 3.1.1 3.1.2; sed '1a $stdout.sync = true' /opt/witness/app.rb >project/app.rb; \
                    echo 3.1.2 >project/.ruby-version",
        shell: "eval \"$(rbenv init - bash)\"",
        directory: "/home/ann",
        line: &["ruby", "project/app.rb", "a"],
        ..CASE
    });
}

#[apply(booted_test)]
fn plenv_exec_shell_version() {
    lasts(&Case {
        setup: ". /opt/witness/layouts.sh; plenv_layout 5.90.1 5.91.2; cp /opt/witness/app.pl project/",
        shell: "PATH=~/.plenv/bin:$PATH; export PLENV_VERSION=5.91.2",
        line: &["plenv", "exec", "perl", "app.pl", "a", "b c"],
        ..CASE
    });
}

#[apply(booted_test)]
fn volta() {
    lasts(&Case {
        setup: ". /opt/witness/layouts.sh; volta_layout .volta 24.19.0; cp /opt/witness/app.js project/",
        shell: "export VOLTA_HOME=~/.volta; PATH=$VOLTA_HOME/bin:$PATH",
        line: &["node", "app.js", "a", "b c"],
        ..CASE
    });
}

#[apply(booted_test)]
fn volta_in_another_directory() {
    lasts(&Case {
        setup: ". /opt/witness/layouts.sh; volta_layout tools/volta 24.19.0; cp /opt/witness/app.js project/",
        shell: "export VOLTA_HOME=~/tools/volta; PATH=$VOLTA_HOME/bin:$PATH",
        line: &["node", "app.js", "a", "b c"],
        ..CASE
    });
}

#[apply(booted_test)]
fn asdf() {
    lasts(&Case {
        setup: ". /opt/witness/layouts.sh; asdf_layout 24.19.0; cp /opt/witness/app.js project/; \
                    echo nodejs 24.19.0 >project/.tool-versions",
        shell: "PATH=~/.asdf/shims:~/.asdf/bin:$PATH",
        line: &["node", "app.js", "a", "b c"],
        ..CASE
    });
}

#[apply(booted_test)]
fn asdf_shell_version() {
    lasts(&Case {
        setup: ". /opt/witness/layouts.sh; asdf_layout 24.19.0; cp /opt/witness/app.js project/",
        shell: "PATH=~/.asdf/shims:~/.asdf/bin:$PATH; export ASDF_NODEJS_VERSION=24.19.0",
        line: &["asdf", "exec", "node", "app.js", "a", "b c"],
        ..CASE
    });
}

#[apply(booted_test)]
fn mise_exec() {
    lasts(&Case {
        setup: ". /opt/witness/layouts.sh; node_in .local/share/mise/installs/node/24.19.0; \
                    mkdir -p .local/bin; ln -s \"$(readlink -f /opt/tools/bin/mise)\" .local/bin/mise; \
                    cp /opt/witness/app.js project/",
        line: &["mise", "exec", "node@24.19.0", "--", "node", "app.js", "a", "b c"],
        ..CASE
    });
}

#[apply(booted_test)]
fn mise_by_shims() {
    lasts(&Case {
        setup: ". /opt/witness/layouts.sh; node_in .local/share/mise/installs/node/24.19.0; \
                    mkdir -p .local/bin; ln -s \"$(readlink -f /opt/tools/bin/mise)\" .local/bin/mise; \
                    PATH=~/.local/bin:$PATH; cd project; cp /opt/witness/app.js .; \
                    printf '[tools]\\nnode=\"24.19.0\"\\n' >mise.toml; mise -q trust; mise reshim",
        shell: "PATH=~/.local/share/mise/shims:$PATH",
        line: &["node", "app.js", "a", "b c"],
        ..CASE
    });
}

#[apply(booted_test)]
fn mise_shell_version() {
    lasts(&Case {
        setup: ". /opt/witness/layouts.sh; node_in .local/share/mise/installs/node/24.19.0; \
                    mkdir -p .local/bin; ln -s \"$(readlink -f /opt/tools/bin/mise)\" .local/bin/mise; \
                    PATH=~/.local/bin:$PATH; cp /opt/witness/app.js project/; MISE_NODE_VERSION=24.19.0 mise reshim",
        shell: "PATH=~/.local/share/mise/shims:$PATH; export MISE_NODE_VERSION=24.19.0",
        line: &["node", "app.js", "a", "b c"],
        by_sudo: true,
        ..CASE
    });
}

#[apply(booted_test)]
fn mise_activated() {
    lasts(&Case {
        setup: ". /opt/witness/layouts.sh; node_in .local/share/mise/installs/node/24.19.0; \
                    mkdir -p .local/bin; ln -s \"$(readlink -f /opt/tools/bin/mise)\" .local/bin/mise; \
                    cd project; cp /opt/witness/app.js .; printf '[tools]\\nnode=\"24.19.0\"\\n' >mise.toml; mise -q trust",
        shell: "eval \"$(mise env -s bash 2>/dev/null)\"",
        line: &["node", "app.js", "a", "b c"],
        ..CASE
    });
}

//! Tools that run a command in an environment they manage (uv, poetry, pipenv, hatch, conda), and programs that start
//! others.

use crate::terminal::{CASE, Case, lasts};

#[apply(booted_test)]
fn uv_in_a_project() {
    lasts(&Case {
        setup: "mkdir -p .local/bin; cp /opt/tools/bin/uv .local/bin/; cd project; cp /opt/witness/app.py .; \
                    printf '[project]\\nname=\"p\"\\nversion=\"1\"\\nrequires-python=\">=3.9\"\\n' >pyproject.toml; \
                    uv sync -q --offline --python /usr/bin/python3",
        line: &["uv", "run", "app.py", "a", "b c"],
        by_sudo: true,
        ..CASE
    });
}

#[apply(booted_test)]
fn uv_with_options_and_python() {
    lasts(&Case {
        setup: "mkdir -p .local/bin; cp /opt/tools/bin/uv .local/bin/; cd project; cp /opt/witness/app.py .; \
                    printf '[project]\\nname=\"p\"\\nversion=\"1\"\\nrequires-python=\">=3.9\"\\n' >pyproject.toml; \
                    uv sync -q --offline --python /usr/bin/python3; python3 -m venv --without-pip ~/other",
        shell: ". ~/other/bin/activate",
        directory: "/home/ann",
        line: &["uv", "run", "--offline", "--project", "project", "python", "project/app.py", "a"],
        ..CASE
    });
}

#[apply(booted_test)]
fn uv_script_with_metadata() {
    lasts(&Case {
        setup: "mkdir -p .local/bin; cp /opt/tools/bin/uv .local/bin/; cd project; \
                    (printf '# /// script\\n# requires-python = \">=3.9\"\\n# dependencies = []\\n# ///\\n'; \
                    cat /opt/witness/app.py) >app.py; uv sync -q --offline --script app.py",
        line: &["uv", "run", "app.py", "a"],
        ..CASE
    });
}

#[apply(booted_test)]
fn uv_shebang() {
    lasts(&Case {
        setup: "mkdir -p .local/bin; cp /opt/tools/bin/uv .local/bin/; cd project; \
                    (printf '#!/usr/bin/env -S uv run --script\\n# /// script\\n# requires-python = \">=3.9\"\\n# ///\\n'; \
                    cat /opt/witness/app.py) >app; chmod +x app; uv sync -q --offline --script app",
        line: &["./app", "a"],
        instead: &["/home/ann/project/app", "a"],
        ..CASE
    });
}

#[apply(booted_test)]
fn conda_active() {
    lasts(&Case {
        setup: ". /opt/witness/layouts.sh; conda_layout; cp /opt/witness/app.py project/",
        shell: "export CONDA_PREFIX=/home/ann/miniforge3/envs/work CONDA_DEFAULT_ENV=work CONDA_SHLVL=1 \
                    PATH=/home/ann/miniforge3/envs/work/bin:/home/ann/miniforge3/condabin:$PATH",
        line: &["python", "app.py", "a"],
        ..CASE
    });
}

#[apply(booted_test)]
fn conda_run() {
    lasts(&Case {
        setup: ". /opt/witness/layouts.sh; conda_layout; cp /opt/witness/app.py project/",
        shell: "PATH=/home/ann/miniforge3/condabin:$PATH",
        line: &["conda", "run", "-n", "work", "python", "app.py", "a", "b c"],
        by_sudo: true,
        ..CASE
    });
}

#[apply(booted_test)]
fn micromamba_run() {
    lasts(&Case {
        setup: ". /opt/witness/layouts.sh; conda_layout; cp /opt/witness/app.py project/",
        shell: "PATH=/home/ann/miniforge3/bin:$PATH",
        line: &["micromamba", "run", "-n", "work", "python", "app.py", "a"],
        ..CASE
    });
}

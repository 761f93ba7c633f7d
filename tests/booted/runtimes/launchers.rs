//! Tools that start a command in an environment that they keep: uv, poetry, pipenv, hatch, conda, and programs that start
//! others.

use crate::terminal::{CASE, Case, lasts};

pub const TESTS: &[(&str, fn())] = &[
    ("runtimes::launchers::uv_in_a_project", || {
        lasts(&Case {
            setup: "mkdir -p .local/bin; cp /opt/tools/bin/uv .local/bin/; cd project; cp /opt/witness/app.py .; \
                    printf '[project]\\nname=\"p\"\\nversion=\"1\"\\nrequires-python=\">=3.9\"\\n' >pyproject.toml; \
                    uv sync -q --offline --python /usr/bin/python3",
            line: &["uv", "run", "app.py", "a", "b c"],
            by_sudo: true,
            ..CASE
        })
    }),
    ("runtimes::launchers::uv_with_options_and_python", || {
        lasts(&Case {
            setup: "mkdir -p .local/bin; cp /opt/tools/bin/uv .local/bin/; cd project; cp /opt/witness/app.py .; \
                    printf '[project]\\nname=\"p\"\\nversion=\"1\"\\nrequires-python=\">=3.9\"\\n' >pyproject.toml; \
                    uv sync -q --offline --python /usr/bin/python3; python3 -m venv --without-pip ~/other",
            shell: ". ~/other/bin/activate",
            folder: "/home/ann",
            line: &["uv", "run", "--offline", "--project", "project", "python", "project/app.py", "a"],
            ..CASE
        })
    }),
    ("runtimes::launchers::uv_and_a_script_with_its_metadata", || {
        lasts(&Case {
            setup: "mkdir -p .local/bin; cp /opt/tools/bin/uv .local/bin/; cd project; \
                    (printf '# /// script\\n# requires-python = \">=3.9\"\\n# dependencies = []\\n# ///\\n'; \
                    cat /opt/witness/app.py) >app.py; uv sync -q --offline --script app.py",
            line: &["uv", "run", "app.py", "a"],
            ..CASE
        })
    }),
    ("runtimes::launchers::a_script_that_names_uv", || {
        lasts(&Case {
            setup: "mkdir -p .local/bin; cp /opt/tools/bin/uv .local/bin/; cd project; \
                    (printf '#!/usr/bin/env -S uv run --script\\n# /// script\\n# requires-python = \">=3.9\"\\n# ///\\n'; \
                    cat /opt/witness/app.py) >app; chmod +x app; uv sync -q --offline --script app",
            line: &["./app", "a"],
            instead: &["/home/ann/project/app", "a"],
            ..CASE
        })
    }),
    ("runtimes::launchers::conda_active", || {
        lasts(&Case {
            setup: ". /opt/witness/layouts.sh; conda_layout; cp /opt/witness/app.py project/",
            shell: "export CONDA_PREFIX=/home/ann/miniforge3/envs/work CONDA_DEFAULT_ENV=work CONDA_SHLVL=1 \
                    PATH=/home/ann/miniforge3/envs/work/bin:/home/ann/miniforge3/condabin:$PATH",
            line: &["python", "app.py", "a"],
            ..CASE
        })
    }),
    ("runtimes::launchers::conda_run", || {
        lasts(&Case {
            setup: ". /opt/witness/layouts.sh; conda_layout; cp /opt/witness/app.py project/",
            shell: "PATH=/home/ann/miniforge3/condabin:$PATH",
            line: &["conda", "run", "-n", "work", "python", "app.py", "a", "b c"],
            by_sudo: true,
            ..CASE
        })
    }),
    ("runtimes::launchers::micromamba_run", || {
        lasts(&Case {
            setup: ". /opt/witness/layouts.sh; conda_layout; cp /opt/witness/app.py project/",
            shell: "PATH=/home/ann/miniforge3/bin:$PATH",
            line: &["micromamba", "run", "-n", "work", "python", "app.py", "a"],
            ..CASE
        })
    }),
];

/// Tools written in Python, which are installed for the Python of this machine.
pub const OF_THIS_MACHINE: &[(&str, fn())] = &[
    ("runtimes::launchers::active_environment_of_another_folder", || {
        lasts(&Case {
            setup: "virtualenv -q --no-pip other; cp /opt/witness/app.py project/",
            shell: ". ~/other/bin/activate",
            line: &["python3", "app.py"],
            ..CASE
        })
    }),
    ("runtimes::launchers::poetry", || {
        lasts(&Case {
            setup: "mkdir -p .local/bin; ln -s /opt/tools/bin/poetry .local/bin/; cd project; cp /opt/witness/app.py .; \
                    printf '[project]\\nname=\"p\"\\nversion=\"1\"\\n[tool.poetry]\\npackage-mode=false\\n' >pyproject.toml; \
                    poetry run true",
            line: &["poetry", "run", "python", "app.py", "a", "b c"],
            by_sudo: true,
            ..CASE
        })
    }),
    ("runtimes::launchers::pipenv", || {
        lasts(&Case {
            setup: "mkdir -p .local/bin; ln -s /opt/tools/bin/pipenv .local/bin/; cd project; cp /opt/witness/app.py .; \
                    printf '[packages]\\n' >Pipfile; pipenv run true",
            line: &["pipenv", "run", "python", "app.py", "a", "b c"],
            ..CASE
        })
    }),
    ("runtimes::launchers::hatch", || {
        lasts(&Case {
            setup: "mkdir -p .local/bin; ln -s /opt/tools/bin/hatch .local/bin/; cd project; cp /opt/witness/app.py .; \
                    printf '[project]\\nname=\"p\"\\nversion=\"1\"\\n[tool.hatch.envs.default]\\nskip-install=true\\n' \
                    >pyproject.toml; hatch run true",
            line: &["hatch", "run", "python", "app.py", "a", "b c"],
            ..CASE
        })
    }),
];

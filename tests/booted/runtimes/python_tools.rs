//! Tools written in Python, installed for the Python of this machine: virtualenv, poetry, pipenv, hatch.

use crate::terminal::{CASE, Case, lasts};

#[apply(booted_test)]
fn virtualenv_of_another_directory() {
    lasts(&Case {
        setup: "virtualenv -q --no-pip other; cp /opt/witness/app.py project/",
        shell: ". ~/other/bin/activate",
        line: &["python3", "app.py"],
        ..CASE
    });
}

#[apply(booted_test)]
fn poetry() {
    lasts(&Case {
        setup: "mkdir -p .local/bin; ln -s /opt/tools/bin/poetry .local/bin/; cd project; cp /opt/witness/app.py .; \
                    printf '[project]\\nname=\"p\"\\nversion=\"1\"\\n[tool.poetry]\\npackage-mode=false\\n' >pyproject.toml; \
                    poetry run true",
        line: &["poetry", "run", "python", "app.py", "a", "b c"],
        by_sudo: true,
        ..CASE
    });
}

#[apply(booted_test)]
fn pipenv() {
    lasts(&Case {
        setup: "mkdir -p .local/bin; ln -s /opt/tools/bin/pipenv .local/bin/; cd project; cp /opt/witness/app.py .; \
                    printf '[packages]\\n' >Pipfile; pipenv run true",
        line: &["pipenv", "run", "python", "app.py", "a", "b c"],
        ..CASE
    });
}

#[apply(booted_test)]
fn hatch() {
    lasts(&Case {
        setup: "mkdir -p .local/bin; ln -s /opt/tools/bin/hatch .local/bin/; cd project; cp /opt/witness/app.py .; \
                    printf '[project]\\nname=\"p\"\\nversion=\"1\"\\n[tool.hatch.envs.default]\\nskip-install=true\\n' \
                    >pyproject.toml; hatch run true",
        line: &["hatch", "run", "python", "app.py", "a", "b c"],
        ..CASE
    });
}

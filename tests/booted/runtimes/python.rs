//! Python: virtual environments, active, next to the script, or given by path.

use crate::terminal::{CASE, Case, lasts};

#[apply(booted_test)]
fn active_environment() {
    lasts(&Case {
        setup: "cd project; python3 -m venv --without-pip .venv; cp /opt/witness/app.py .",
        shell: ". .venv/bin/activate",
        line: &["python", "app.py", "a", "b c"],
        by_sudo: true,
        ..CASE
    });
}

#[apply(booted_test)]
fn environment_beside_the_script() {
    lasts(&Case {
        setup: "cd project; python3 -m venv --without-pip .venv; cp /opt/witness/app.py .",
        line: &["python3", "app.py"],
        instead: &["/home/ann/project/.venv/bin/python3", "app.py"],
        ..CASE
    });
}

#[apply(booted_test)]
fn environment_at_the_root_of_the_project() {
    lasts(&Case {
        setup: "cd project; python3 -m venv --without-pip venv; touch pyproject.toml; mkdir src; \
                    cp /opt/witness/app.py src/",
        directory: "/home/ann/project/src",
        line: &["python3", "app.py"],
        instead: &["/home/ann/project/venv/bin/python3", "app.py"],
        by_sudo: true,
        ..CASE
    });
}

#[apply(booted_test)]
fn environment_above_the_script_only() {
    lasts(&Case {
        setup: "cd project; python3 -m venv --without-pip venv; touch pyproject.toml; mkdir src; \
                    cp /opt/witness/app.py src/",
        directory: "/home/ann",
        line: &["python3", "project/src/app.py"],
        instead: &["/home/ann/project/venv/bin/python3", "project/src/app.py"],
        ..CASE
    });
}

#[apply(booted_test)]
fn other_environment_by_its_path() {
    lasts(&Case {
        setup: "python3 -m venv --without-pip other; cd project; python3 -m venv --without-pip .venv; \
                    cp /opt/witness/app.py .",
        shell: ". .venv/bin/activate",
        line: &["/home/ann/other/bin/python", "app.py"],
        ..CASE
    });
}

#[apply(booted_test)]
fn system_python_by_its_path() {
    lasts(&Case {
        setup: "cd project; python3 -m venv --without-pip .venv; cp /opt/witness/app.py .",
        shell: ". .venv/bin/activate",
        line: &["/usr/bin/python3", "app.py"],
        ..CASE
    });
}

#[apply(booted_test)]
fn module_of_an_environment() {
    lasts(&Case {
        setup: "cd project; python3 -m venv --without-pip .venv; module=$(echo .venv/lib/python3*)/site-packages/witness; \
                    mkdir $module; cp /opt/witness/app.py $module/__main__.py",
        shell: ". .venv/bin/activate",
        line: &["python", "-m", "witness", "a"],
        ..CASE
    });
}

#[apply(booted_test)]
fn linked_environment() {
    lasts(&Case {
        setup: "python3 -m venv --without-pip environments/web; cd project; ln -s ~/environments/web .venv; \
                    cp /opt/witness/app.py .",
        line: &["python3", "app.py"],
        instead: &["/home/ann/project/.venv/bin/python3", "app.py"],
        ..CASE
    });
}

#[apply(booted_test)]
fn directory_with_a_space() {
    lasts(&Case {
        setup: "mkdir 'my project'; cd 'my project'; python3 -m venv --without-pip .venv; cp /opt/witness/app.py .",
        shell: ". .venv/bin/activate",
        directory: "/home/ann/my project",
        line: &["python", "app.py", "100%", "$HOME"],
        ..CASE
    });
}

#[apply(booted_test)]
fn python_after_env_and_nice() {
    lasts(&Case {
        setup: "cd project; python3 -m venv --without-pip .venv; cp /opt/witness/app.py .",
        shell: ". .venv/bin/activate",
        line: &["env", "A=1", "nice", "-n", "5", "python", "app.py", "a"],
        ..CASE
    });
}

#[apply(booted_test)]
fn program_of_an_environment() {
    lasts(&Case {
        setup: "cd project; python3 -m venv --without-pip .venv; \
                    (echo '#!/home/ann/project/.venv/bin/python'; cat /opt/witness/app.py) >.venv/bin/serve; \
                    chmod +x .venv/bin/serve",
        line: &["serve", "a"],
        instead: &["/home/ann/project/.venv/bin/serve", "a"],
        ..CASE
    });
}

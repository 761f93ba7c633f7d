//! Ruby, PHP, Java, Perl, and their version managers.

use crate::terminal::{CASE, Case, lasts};

/// App.jar from the witness.
pub const JAR: &str = "cd /tmp; javac -d . /opt/witness/App.java; mkdir -p META-INF; printf 'Main-Class: App\\n' \
    >META-INF/MANIFEST.MF; python3 -m zipfile -c ~/project/App.jar META-INF App.class";

// It does not flush: its report is in the journal at once only if Ruby's output buffering is turned off.
#[apply(booted_test)]
fn ruby() {
    lasts(&Case { setup: "cp /opt/witness/app.rb project/", line: &["ruby", "app.rb", "a", "b c"], ..CASE });
}

#[apply(booted_test)]
fn php() {
    lasts(&Case { setup: "cp /opt/witness/app.php project/", line: &["php", "app.php", "a", "b c"], ..CASE });
}

#[apply(booted_test)]
fn perl() {
    lasts(&Case { setup: "cp /opt/witness/app.pl project/", line: &["perl", "app.pl", "a", "b c"], ..CASE });
}

#[apply(booted_test)]
fn java() {
    lasts(&Case { setup: JAR, line: &["java", "-Xmx64m", "-jar", "App.jar", "a", "b c"], ..CASE });
}

#[apply(booted_test)]
fn java_by_its_class() {
    lasts(&Case { setup: "javac -d project /opt/witness/App.java", line: &["java", "-cp", ".", "App", "a"], ..CASE });
}

#[apply(booted_test)]
fn java_sdkman() {
    lasts(&Case {
        setup: ". /opt/witness/layouts.sh; sdkman_layout 17.0.9-tem; javac -d project /opt/witness/App.java",
        shell: "export SDKMAN_DIR=~/.sdkman JAVA_HOME=~/.sdkman/candidates/java/current; PATH=$JAVA_HOME/bin:$PATH",
        line: &["java", "-cp", ".", "App", "a"],
        ..CASE
    });
}

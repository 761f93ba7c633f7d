//! Compares the lists behind the table of directives with what the systemd of a host reports.

use crate::host::Inside;
use crate::setup::booted;

#[path = "../directives/data.rs"]
mod data;

#[apply(booted_test)]
fn directive_lists_match_systemd() {
    let host = booted();
    let release = data::release(&host.root("systemctl").arg("--version").text());
    let said = host.root("/lib/systemd/systemd").arg("--dump-configuration-items").text();
    data::compare(release, &data::read(&said));
}

//! The lists that the table of directives is made from, beside what the systemd of a host says of itself.

#[path = "../directives/data.rs"]
mod data;

use crate::host::Inside;
use crate::setup::booted;

#[apply(booted_test)]
fn are_those_of_systemd() {
    let host = booted();
    let release = data::release(&host.root("systemctl").arg("--version").text());
    let said = host.root("/lib/systemd/systemd").arg("--dump-configuration-items").text();
    data::compare(release, &data::read(&said));
}

//! What `systemd-analyze security` says of a unit that its manager knows (systemd-analyze(1)).

use std::process::{Command, Stdio};

use crate::spec::Scope;

/// The exposure of a unit, from `0.0` to `10.0`, as systemd's own tool counts it; `None` where that is not there, or
/// cannot say.
pub fn exposure(unit: &str, scope: Scope) -> Option<String> {
    let mut command = Command::new("systemd-analyze");
    command.args((scope == Scope::User).then_some("--user")).args(["security", "--no-pager", unit]);
    command.env("LC_ALL", "C").env("SYSTEMD_COLORS", "0").env("SYSTEMD_EMOJI", "0").stdin(Stdio::null());
    of_output(&String::from_utf8_lossy(&command.output().ok()?.stdout))
}

fn of_output(output: &str) -> Option<String> {
    let line = output.lines().rev().find_map(|line| line.split_once("Overall exposure level for "))?.1;
    let number = line.split(": ").nth(1)?.split(' ').next()?;
    number.parse::<f64>().is_ok().then(|| number.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_is_found() {
        assert_eq!(of_output("x\n\n-> Overall exposure level for t.service: 9.6 UNSAFE :-{\n").as_deref(), Some("9.6"));
        assert_eq!(of_output("nothing"), None);
    }
}

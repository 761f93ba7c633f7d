//! On real systemd: throw-away hosts in which the real program makes real services.
fn main() {}

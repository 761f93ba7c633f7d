//! Socket and path activation where systemd is not running: invalid addresses and paths, and conflicts.

use snapbox::str;

use crate::options_refused;

#[test]
#[expect(clippy::too_many_lines, reason = "one table of expected texts")]
fn invalid_addresses_are_refused() {
    options_refused(
        &["--listen", "0"],
        str![[r#"
error: --listen: `0` has an invalid port: expected 1 to 65535

"#]],
    );
    options_refused(
        &["--listen", "65536"],
        str![[r#"
error: --listen: `65536` has an invalid port: expected 1 to 65535

"#]],
    );
    options_refused(
        &["--listen", "localhost:8080"],
        str![[r#"
error: --listen: `localhost:8080` is a host name, but systemd only listens on addresses
hint: listen on this machine only: --listen 127.0.0.1:8080

"#]],
    );
    options_refused(
        &["--listen", "web.example.org:80"],
        str![[r#"
error: --listen: `web.example.org:80` is a host name, but systemd only listens on addresses
hint: find its address: getent ahosts web.example.org, or listen on all addresses: --listen 80

"#]],
    );
    options_refused(
        &["--listen", "127.0.0.1"],
        str![[r#"
error: --listen: `127.0.0.1` has no port
hint: --listen 127.0.0.1:8080

"#]],
    );
    options_refused(
        &["--listen", "::1:8080"],
        str![[r#"
error: --listen: `::1:8080` is an IPv6 address, which must be in brackets before a port
hint: put it in brackets: --listen '[::1]:8080'

"#]],
    );
    options_refused(
        &["--listen", "run/web.sock"],
        str![[r#"
error: --listen: `run/web.sock` is a path that does not begin with `/`
hint: give an absolute path: --listen "$PWD"/run/web.sock

"#]],
    );
    options_refused(
        &["--listen", "http://localhost:80/"],
        str![[r#"
error: --listen: `http://localhost:80/` is a path that does not begin with `/`

"#]],
    );
    options_refused(
        &["--listen", "/run/web/"],
        str![[r#"
error: --listen: `/run/web/` is the path of a directory
hint: --listen /run/web/web.sock

"#]],
    );
    options_refused(
        &["--listen", "/run/../web.sock"],
        str![[r#"
error: --listen: `/run/../web.sock` contains `..`, which systemd refuses in socket paths

"#]],
    );
    options_refused(
        &["--listen", "vsock:1234"],
        str![[r#"
error: --listen: `vsock:1234` is not a listen address: expected a port, IP:PORT, [IPV6]:PORT, /PATH, @NAME, vsock:CID:PORT or udp:PORT

"#]],
    );
    options_refused(
        &["--listen", "web"],
        str![[r#"
error: --listen: `web` is not a listen address: expected a port, IP:PORT, [IPV6]:PORT, /PATH, @NAME, vsock:CID:PORT or udp:PORT

"#]],
    );
    options_refused(
        &["--listen", ""],
        str![[r#"
error: --listen: `` is empty

"#]],
    );
    options_refused(
        &["--listen", "udp:/run/x"],
        str![[r#"
error: --listen: `udp:/run/x` is not a network port, which `udp:` requires

"#]],
    );
    options_refused(
        &["--listen", "/run/web\n[Service]"],
        str![[r#"
error: --listen: `/run/web\n[Service]` contains a line break, which unit files do not allow here

"#]],
    );
}

#[test]
fn privileged_addresses_need_the_system_scope() {
    options_refused(
        &["--listen", "80"],
        str![[r#"
error: --listen: `80` requires root privileges, like all ports below 1024: a user manager cannot listen on it
hint: create a system service that runs as you: mkservice --system --name web --listen 80 python

"#]],
    );
    options_refused(
        &["--listen", "8080", "--listen", "127.0.0.1:8080"],
        str![[r#"
error: --listen: `127.0.0.1:8080` is part of `8080`: two sockets cannot have the same port
hint: leave one of them out

"#]],
    );
    options_refused(
        &["--listen", "/etc/passwd"],
        str![[r#"
error: --listen: `/etc/passwd` is an existing file, which systemd would delete

"#]],
    );
    options_refused(
        &["--listen", "/etc"],
        str![[r#"
error: --listen: `/etc` is a directory

"#]],
    );
}

#[test]
fn conflicting_options_are_refused() {
    options_refused(
        &["--listen", "8080", "--on-path-exists", "/srv/in"],
        str![[r#"
error: --listen cannot be combined with a timer or a watched path
hint: create two services

"#]],
    );
    options_refused(
        &["--listen", "8080", "-p", "Accept=yes"],
        str![[r#"
error: --property: `Accept` would start an instance of a template for each connection, but this is a single service
hint: leave it out, and have the program accept the connections

"#]],
    );
    options_refused(
        &["--on-path-changed", ""],
        str![[r#"
error: --on-path-changed: `` is empty

"#]],
    );
    options_refused(
        &["--on-path-changed", "a\nb"],
        str![[r#"
error: --on-path-changed: `[HOME]/work/a\nb` contains a line break, which unit files do not allow here

"#]],
    );
    options_refused(
        &["--on-path-exists", "in", "--restart", "always"],
        str![[r#"
error: --restart always would run a oneshot service again and again, which systemd refuses
hint: --restart on-failure

"#]],
    );
}

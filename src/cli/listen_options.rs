//! The options of `add` for sockets and path units.

use std::ffi::OsString;

use clap::Args;

#[derive(Debug, Clone, Default, Args)]
#[expect(rustdoc::broken_intra_doc_links, reason = "the brackets in a help text are literal")]
pub struct ListenOptions {
    /// Listen on ADDRESS; start on first connection
    ///
    /// ADDRESS is PORT, IP:PORT, [IPV6]:PORT, the /PATH of a socket, @NAME, vsock:CID:PORT or udp:PORT (man
    /// systemd.socket); give the option several times for several addresses. The program must accept the listening
    /// sockets from systemd: file descriptors from 3 on, $LISTEN_FDS of them (man sd_listen_fds). A program that opens
    /// the port itself fails, because the port is in use. In system scope this works for ports below 1024 as any user.
    /// Only the user and group of the service can connect to a socket with a path.
    #[arg(long, value_name = "ADDRESS", help_heading = "Triggers")]
    pub listen: Vec<OsString>,
    /// Run when PATH changes
    ///
    /// PATH changes when a file is written, or created or removed in a directory (PathChanged=, man systemd.path).
    /// Changes while the service runs are checked once after it exits. Changes that other hosts make on a network file
    /// system are not noticed.
    #[arg(long, value_name = "PATH", help_heading = "Triggers")]
    pub on_path_changed: Vec<OsString>,
    /// Run while PATH exists, repeatedly until it is gone
    ///
    /// This is PathExists= (man systemd.path). The program must remove PATH, or it is started again at once; after 20
    /// runs in 10 seconds systemd stops trying. Files that other hosts create on a network file system are not noticed.
    #[arg(long, value_name = "PATH", help_heading = "Triggers", hide_short_help = true)]
    pub on_path_exists: Vec<OsString>,
}

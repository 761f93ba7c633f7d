//! The options of `add` that have a service started by a connection, or by what happens to a path.

use std::ffi::OsString;

use clap::Args;

/// What starts a service.
#[derive(Debug, Clone, Default, Args)]
pub struct Listen {
    /// Have systemd listen on ADDRESS, and start it on the first connection
    #[arg(
        long,
        value_name = "ADDRESS",
        help_heading = "When it runs",
        long_help = "Have systemd listen on ADDRESS, and start it on the first connection\n\n\
            One of PORT, IP:PORT, [IPV6]:PORT, /PATH of a socket, @NAME, vsock:CID:PORT and udp:PORT (man \
            systemd.socket); several options, several addresses. The program has to take what listens from systemd: \
            file descriptor 3 and on, as many as $LISTEN_FDS says (man sd_listen_fds). One that opens the port itself \
            finds it taken. In system scope any account can serve ports below 1024 so. Only the account and its group \
            may connect to a socket with a path."
    )]
    pub listen: Vec<OsString>,
    /// Run it whenever PATH has changed: a file was written, or came or went in a folder
    #[arg(
        long,
        value_name = "PATH",
        help_heading = "When it runs",
        long_help = "Run it whenever PATH has changed: a file was written, or came or went in a folder\n\n\
            This is PathChanged= of systemd.path. What changes while it runs is looked at once more when it has ended. \
            What others change on a network file system is not noticed."
    )]
    pub on_path_changed: Vec<OsString>,
    /// Run it while PATH exists, again and again until it is gone
    #[arg(
        long,
        value_name = "PATH",
        help_heading = "When it runs",
        long_help = "Run it while PATH exists, again and again until it is gone\n\n\
            This is PathExists= of systemd.path. The program has to remove PATH, or is started at once again, and \
            after 20 runs in 10 seconds systemd gives up. What others make on a network file system is not noticed."
    )]
    pub on_path_exists: Vec<OsString>,
}

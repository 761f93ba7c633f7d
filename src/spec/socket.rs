//! Socket addresses of `ListenStream=` and `ListenDatagram=` (systemd.socket(5)).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

use crate::systemd::text::{Unwritable, check_line, double_percent, ends_in_continuation};

/// A `.socket` unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Socket {
    /// At least one, without duplicates.
    pub addresses: Vec<Address>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    protocol: Protocol,
    place: Endpoint,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Stream,
    Datagram,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Endpoint {
    /// A port on all IPv4 and IPv6 addresses.
    Port(u16),
    Ip(IpAddr, u16),
    /// A link-local address, which belongs to a network interface.
    OfInterface(Ipv6Addr, u16, String),
    Path(String),
    /// A name in the abstract namespace, without the `@` (unix(7)).
    Abstract(String),
    /// Context ID and port (vsock(7)); without a context ID, of all virtual machines.
    Vsock(Option<u32>, u32),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error("is empty")]
    Empty,
    /// A port out of range.
    #[error("has an invalid port: expected 1 to 65535")]
    Port,
    #[error("has no port")]
    NoPort,
    /// A host name.
    #[error("is a host name, but systemd only listens on addresses")]
    Name(String),
    #[error("is an IPv6 address, which must be in brackets before a port")]
    NoBrackets,
    #[error("is a path that does not begin with `/`")]
    RelativePath,
    #[error("contains `..`, which systemd refuses in socket paths")]
    DotDot,
    #[error("is the path of a directory")]
    Dir,
    /// Trailing white space, which systemd strips.
    #[error("ends in white space, which systemd strips")]
    Blank,
    /// A path longer than `sockaddr_un` can hold.
    #[error("is {0} bytes long, but a socket path can have at most {PATH_MAX}")]
    TooLong(usize),
    #[error("{0}")]
    Unwritable(#[from] Unwritable),
    /// A path after `udp:`.
    #[error("is not a network port, which `udp:` requires")]
    NotUdp,
    /// Any other text.
    #[error("is not a listen address: expected a port, IP:PORT, [IPV6]:PORT, /PATH, @NAME, vsock:CID:PORT or udp:PORT")]
    Form,
}

/// The longest path of a socket, in bytes (unix(7): 108 with the NUL), and the longest abstract name.
const PATH_MAX: usize = 107;

impl Address {
    /// Takes an address as in systemd.socket(5), and what else is common for all addresses of the machine: `:8080` and
    /// `*:8080`. The prefix `udp:` means datagrams.
    pub fn parse(text: &[u8]) -> Result<Address, AddressError> {
        let text = check_line(text)?;
        match text.strip_prefix("udp:") {
            Some(rest) => match place(rest)? {
                place @ (Endpoint::Port(_) | Endpoint::Ip(..) | Endpoint::OfInterface(..)) => {
                    Ok(Address { protocol: Protocol::Datagram, place })
                }
                _ => Err(AddressError::NotUdp),
            },
            None => Ok(Address { protocol: Protocol::Stream, place: place(text)? }),
        }
    }

    pub fn directive(&self) -> &'static str {
        match self.protocol {
            Protocol::Stream => "ListenStream",
            Protocol::Datagram => "ListenDatagram",
        }
    }

    /// In a unit file, where `%` is doubled.
    pub fn written(&self) -> String {
        double_percent(&self.place.to_string())
    }

    pub fn port(&self) -> Option<u32> {
        match self.place {
            Endpoint::Port(port) | Endpoint::Ip(_, port) | Endpoint::OfInterface(_, port, _) => Some(port.into()),
            Endpoint::Vsock(_, port) => Some(port),
            Endpoint::Path(_) | Endpoint::Abstract(_) => None,
        }
    }

    /// The IP address and port; the unspecified IPv6 address for all addresses.
    pub fn of_network(&self) -> Option<(IpAddr, u16)> {
        match self.place {
            Endpoint::Port(port) => Some((Ipv6Addr::UNSPECIFIED.into(), port)),
            Endpoint::Ip(ip, port) => Some((ip, port)),
            _ => None,
        }
    }

    pub fn is_datagram(&self) -> bool {
        self.protocol == Protocol::Datagram
    }

    pub fn path(&self) -> Option<&Path> {
        match &self.place {
            Endpoint::Path(path) => Some(Path::new(path)),
            _ => None,
        }
    }

    /// An address that exists only once its network interface is up.
    pub fn is_of_interface(&self) -> bool {
        match self.place {
            Endpoint::Ip(ip, _) => !ip.is_unspecified() && !ip.is_loopback(),
            Endpoint::OfInterface(..) => true,
            _ => false,
        }
    }

    /// True if the kernel does not allow binding both.
    pub fn overlaps(&self, other: &Address) -> bool {
        let covers = |one: IpAddr, other: IpAddr| match (one, other) {
            // IPv6 includes IPv4 unless BindIPv6Only= says otherwise.
            (IpAddr::V6(one), _) if one.is_unspecified() => true,
            (IpAddr::V4(one), IpAddr::V4(_)) if one.is_unspecified() => true,
            _ => one == other,
        };
        match (self.of_network(), other.of_network()) {
            (Some((one, port)), Some((another, same))) => {
                self.protocol == other.protocol && port == same && (covers(one, another) || covers(another, one))
            }
            _ => self == other,
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_datagram() {
            f.write_str("udp:")?;
        }
        self.place.fmt(f)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Endpoint::Port(port) => write!(f, "{port}"),
            Endpoint::Ip(IpAddr::V4(ip), port) => write!(f, "{ip}:{port}"),
            Endpoint::Ip(IpAddr::V6(ip), port) => write!(f, "[{ip}]:{port}"),
            Endpoint::OfInterface(ip, port, interface) => write!(f, "[{ip}]:{port}%{interface}"),
            Endpoint::Path(path) => f.write_str(path),
            Endpoint::Abstract(name) => write!(f, "@{name}"),
            Endpoint::Vsock(Some(cid), port) => write!(f, "vsock:{cid}:{port}"),
            Endpoint::Vsock(None, port) => write!(f, "vsock::{port}"),
        }
    }
}

fn place(text: &str) -> Result<Endpoint, AddressError> {
    if text.is_empty() {
        return Err(AddressError::Empty);
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return port(text).map(Endpoint::Port);
    }
    if text.starts_with('/') {
        return path(text);
    }
    if let Some(name) = text.strip_prefix('@') {
        return file(name).map(|name| Endpoint::Abstract(name.to_owned()));
    }
    if let Some(rest) = text.strip_prefix("vsock:") {
        return vsock(rest);
    }
    if let Some((ip, rest)) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        let ip: Ipv6Addr = ip.parse().map_err(|_| AddressError::Form)?;
        let rest =
            rest.strip_prefix(':').ok_or(if rest.is_empty() { AddressError::NoPort } else { AddressError::Form });
        let number = rest?;
        return match number.split_once('%') {
            Some((number, name)) if is_interface(name) => Ok(Endpoint::OfInterface(ip, port(number)?, name.to_owned())),
            Some(_) => Err(AddressError::Form),
            None => Ok(Endpoint::Ip(ip.into(), port(number)?)),
        };
    }
    if text.contains('/') {
        return Err(AddressError::RelativePath);
    }
    on_machine(text)
}

/// The name or number of a network interface.
fn is_interface(name: &str) -> bool {
    let is_bad = |byte: u8| !byte.is_ascii_graphic() || matches!(byte, b':' | b'/' | b'%');
    !matches!(name, "" | "." | "..") && name.len() < 128 && !name.bytes().any(is_bad)
}

/// `IP:PORT` and variants.
fn on_machine(text: &str) -> Result<Endpoint, AddressError> {
    if text.parse::<Ipv4Addr>().is_ok() {
        return Err(AddressError::NoPort);
    }
    if text.parse::<Ipv6Addr>().is_ok() {
        return Err(AddressError::NoBrackets);
    }
    let (host, behind) = text.rsplit_once(':').ok_or(AddressError::Form)?;
    match host {
        "" | "*" => port(behind).map(Endpoint::Port),
        host if host.contains(':') => Err(AddressError::NoBrackets),
        host => match host.parse::<Ipv4Addr>() {
            Ok(ip) => Ok(Endpoint::Ip(ip.into(), port(behind)?)),
            Err(_) if host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_')) => {
                Err(AddressError::Name(host.to_owned()))
            }
            Err(_) => Err(AddressError::Form),
        },
    }
}

fn port(text: &str) -> Result<u16, AddressError> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|port| is_number && *port != 0).ok_or(AddressError::Port)
}

fn path(text: &str) -> Result<Endpoint, AddressError> {
    let text = file(text)?;
    match text {
        path if path.ends_with('/') => Err(AddressError::Dir),
        path if path.split('/').any(|part| part == "..") => Err(AddressError::DotDot),
        path => Ok(Endpoint::Path(path.to_owned())),
    }
}

/// A path or name at the end of its line, without quotes.
fn file(text: &str) -> Result<&str, AddressError> {
    match text {
        "" => Err(AddressError::Empty),
        text if text.len() > PATH_MAX - usize::from(!text.starts_with('/')) => Err(AddressError::TooLong(text.len())),
        text if text.ends_with(char::is_whitespace) => Err(AddressError::Blank),
        text if ends_in_continuation(text) => Err(Unwritable::TrailingBackslash.into()),
        text => Ok(text),
    }
}

fn vsock(text: &str) -> Result<Endpoint, AddressError> {
    let (cid, port) = text.split_once(':').ok_or(AddressError::Form)?;
    let number = |text: &str| -> Option<u32> {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        // The largest number means any, for both.
        text.parse().ok().filter(|number| is_number && *number != u32::MAX)
    };
    let cid = match cid {
        "" => None,
        cid => Some(number(cid).ok_or(AddressError::Form)?),
    };
    Ok(Endpoint::Vsock(cid, number(port).ok_or(AddressError::Form)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Address, AddressError> {
        Address::parse(text.as_bytes())
    }

    #[test]
    fn addresses_are_written_as_systemd_reads_them() {
        for (typed, directive, written) in [
            ("8080", "ListenStream", "8080"),
            ("0080", "ListenStream", "80"),
            (":8080", "ListenStream", "8080"),
            ("*:8080", "ListenStream", "8080"),
            ("127.0.0.1:65535", "ListenStream", "127.0.0.1:65535"),
            ("[::1]:8080", "ListenStream", "[::1]:8080"),
            ("[2001:0db8::0001]:80", "ListenStream", "[2001:db8::1]:80"),
            ("/run/100%/a b.sock", "ListenStream", "/run/100%%/a b.sock"),
            ("@name", "ListenStream", "@name"),
            ("vsock::1234", "ListenStream", "vsock::1234"),
            ("vsock:2:1234", "ListenStream", "vsock:2:1234"),
            ("[fe80::1]:80%eth0", "ListenStream", "[fe80::1]:80%%eth0"),
            ("udp:53", "ListenDatagram", "53"),
            ("udp:127.0.0.1:53", "ListenDatagram", "127.0.0.1:53"),
        ] {
            let address = parse(typed).unwrap();
            assert_eq!((address.directive(), address.written().as_str()), (directive, written), "{typed}");
            assert_eq!(parse(&address.to_string()), Ok(address));
        }
    }

    #[test]
    fn what_is_no_address_is_told_apart() {
        use AddressError::*;
        let long = format!("/{}", "x".repeat(PATH_MAX));
        for (typed, why) in [
            ("", Empty),
            ("0", Port),
            ("65536", Port),
            ("127.0.0.1:0", Port),
            ("127.0.0.1:", Port),
            ("127.0.0.1:+80", Port),
            (":", Port),
            ("127.0.0.1", NoPort),
            ("[::1]", NoPort),
            ("localhost:8080", Name("localhost".into())),
            ("web-1.example.org:80", Name("web-1.example.org".into())),
            ("::1", NoBrackets),
            ("::1:8080", NoBrackets),
            ("::", NoBrackets),
            ("run/x.sock", RelativePath),
            ("./x.sock", RelativePath),
            ("http://localhost:80", RelativePath),
            ("/run/../x.sock", DotDot),
            ("/run/x/", Dir),
            ("/", Dir),
            ("/run/x ", Blank),
            ("/run/x\\", Unwritable(super::Unwritable::TrailingBackslash)),
            ("/run/x\ny", Unwritable(super::Unwritable::LineBreak)),
            (&long, TooLong(PATH_MAX + 1)),
            ("@", Empty),
            ("udp:/run/x.sock", NotUdp),
            ("udp:", Empty),
            ("vsock:1234", Form),
            ("vsock:a:1234", Form),
            ("vsock::4294967295", Form),
            ("web", Form),
            ("[::1]8080", Form),
            ("[x]:8080", Form),
            ("-1", Form),
        ] {
            assert_eq!(parse(typed), Err(why), "{typed:?}");
        }
        assert!(parse(&long[..PATH_MAX]).is_ok());
        assert!(parse(&format!("@{}", "x".repeat(PATH_MAX - 1))).is_ok());
        assert!(parse(&format!("@{}", "x".repeat(PATH_MAX))).is_err());
    }

    #[test]
    fn what_the_kernel_gives_only_once_overlaps() {
        let overlaps = |one: &str, other: &str| parse(one).unwrap().overlaps(&parse(other).unwrap());
        for (one, other) in [
            ("80", "80"),
            ("80", "127.0.0.1:80"),
            ("[::1]:80", "80"),
            ("0.0.0.0:80", "127.0.0.1:80"),
            ("0.0.0.0:80", "[::]:80"),
            ("/run/x", "/run/x"),
        ] {
            assert!(overlaps(one, other) && overlaps(other, one), "{one} {other}");
        }
        for (one, other) in [("80", "81"), ("80", "udp:80"), ("127.0.0.1:80", "[::1]:80"), ("0.0.0.0:80", "[::1]:80")] {
            assert!(!overlaps(one, other) && !overlaps(other, one), "{one} {other}");
        }
    }
}

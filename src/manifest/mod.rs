//! A file of services (`mkservice.toml`) as data: what is in it. How it is read and written, and what
//! keys there are, belongs into the modules below.

pub mod amend;
pub mod given;
pub mod keys;
pub mod line;
pub mod of_unit;
pub mod read;
pub mod schema;
pub mod source;
mod syntax;
mod unknown;
pub mod write;

pub use line::Line;
pub use read::read;
pub use write::write;

/// A file of services.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifest {
    /// Lines of a comment at its head.
    pub head: Vec<String>,
    /// What holds for all services that do not say otherwise (`[defaults]`).
    pub defaults: Vec<(String, Value)>,
    /// The services, in the order in which they stand.
    pub services: Vec<Entry>,
}

/// A service of the file (`[services.NAME]`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Lines of a comment before it.
    pub remarks: Vec<String>,
    /// Its argv.
    pub command: Vec<String>,
    /// Its options, by the names that they have on the command line without `--`.
    pub options: Vec<(String, Value)>,
}

/// The value of an option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// For an option that takes none: it is given, or is not although the defaults have it.
    Flag(bool),
    /// For an option that takes one.
    Text(String),
    /// For an option that can be given several times.
    List(Vec<String>),
    /// The same where each value has a name: `setenv`, `properties`.
    Table(Vec<(String, String)>),
}

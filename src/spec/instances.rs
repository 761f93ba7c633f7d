//! The instances of a service.

use std::ffi::OsString;
use std::fmt;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::PathBuf;

use super::{CommandLine, EnvironmentFile, ServiceSpec, UnitName, Variable, WorkingDirectory};
use crate::systemd::names::{NAME_MAX, UNIT_SUFFIXES, is_name_char};
use crate::systemd::specifier::{names_instance, of_instance};

/// The part after the `@` in an instance's unit name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct InstanceName(String);

/// At least one, in the order they were named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instances(Vec<InstanceName>);

/// With more instances, the bus does not keep up with their jobs.
pub const INSTANCES_MAX: usize = 256;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InstancesError {
    #[error("leaves no instance")]
    None,
    #[error("exceeds the maximum of {INSTANCES_MAX} instances")]
    TooMany,
    #[error("contains an empty name")]
    Empty,
    #[error("contains {0:?}, but instance names consist of ASCII letters, digits and `:_.-`")]
    Character(char),
    #[error("contains a name that begins with `{0}`")]
    Begin(char),
    #[error("contains `..`")]
    DotDot,
    #[error("contains a name that ends in the unit suffix `{0}`")]
    Suffix(&'static str),
    #[error("names `{0}` twice")]
    Twice(String),
    #[error("contains a name that makes the unit name {0} bytes long; at most {NAME_MAX} are allowed")]
    TooLong(usize),
}

impl InstanceName {
    fn parse(text: &str) -> Result<InstanceName, InstancesError> {
        let first = text.chars().next().ok_or(InstancesError::Empty)?;
        // A backslash would be unescaped by tools that read escapes in names.
        if let Some(other) = text.chars().find(|c| !is_name_char(*c) || *c == '\\') {
            return Err(InstancesError::Character(other));
        }
        if text.contains("..") {
            return Err(InstancesError::DotDot);
        }
        if matches!(first, '-' | '.') {
            return Err(InstancesError::Begin(first));
        }
        match UNIT_SUFFIXES.into_iter().find(|suffix| text.ends_with(suffix)) {
            Some(suffix) => Err(InstancesError::Suffix(suffix)),
            None => Ok(InstanceName(text.to_owned())),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Instances {
    /// Takes a number, which means 1 to that number, or names separated by commas. A trailing comma makes a number a
    /// name.
    pub fn parse(text: &str) -> Result<Instances, InstancesError> {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let names: Vec<InstanceName> = if is_number {
            match text.trim_start_matches('0').parse::<usize>() {
                _ if text.bytes().all(|byte| byte == b'0') => return Err(InstancesError::None),
                Ok(count) if count <= INSTANCES_MAX => (1..=count).map(|it| InstanceName(it.to_string())).collect(),
                _ => return Err(InstancesError::TooMany),
            }
        } else {
            let list = text.strip_suffix(',').unwrap_or(text);
            list.split(',').map(InstanceName::parse).collect::<Result<_, _>>()?
        };
        if names.len() > INSTANCES_MAX {
            return Err(InstancesError::TooMany);
        }
        let twice = names.iter().enumerate().find(|(at, name)| names[..*at].contains(name));
        if let Some((_, name)) = twice {
            return Err(InstancesError::Twice(name.0.clone()));
        }
        Ok(Instances(names))
    }

    /// Whether the unit names are short enough.
    pub fn fit(&self, service: &UnitName) -> Result<(), InstancesError> {
        let length = |name: &InstanceName| service.as_str().len() + 1 + name.0.len();
        match self.0.iter().map(length).max() {
            Some(length) if length > NAME_MAX => Err(InstancesError::TooLong(length)),
            _ => Ok(()),
        }
    }

    /// The instances in the `Wants=` of a service's target.
    pub fn of_target(wants: &str, service: &UnitName) -> Vec<InstanceName> {
        let name = |unit: &str| {
            let stem = unit.strip_suffix(".service")?;
            InstanceName::parse(stem.strip_prefix(service.as_str())?.strip_prefix('@')?).ok()
        };
        wants.split_whitespace().filter_map(name).collect()
    }

    /// `None` if none is left.
    pub fn without(&self, name: &str) -> Option<Instances> {
        let left: Vec<InstanceName> = self.0.iter().filter(|one| one.as_str() != name).cloned().collect();
        (!left.is_empty()).then_some(Instances(left))
    }

    /// `None` without instances.
    pub fn from_names(names: Vec<InstanceName>) -> Option<Instances> {
        (!names.is_empty()).then_some(Instances(names))
    }

    pub fn names(&self) -> &[InstanceName] {
        &self.0
    }
}

impl fmt::Display for Instances {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted = self.0.iter().enumerate().all(|(at, name)| name.0 == (at + 1).to_string());
        let names: Vec<&str> = self.0.iter().map(InstanceName::as_str).collect();
        match names.as_slice() {
            _ if counted => write!(f, "{}", self.0.len()),
            [one] if one.bytes().all(|byte| byte.is_ascii_digit()) => write!(f, "{one},"),
            names => f.write_str(&names.join(",")),
        }
    }
}

impl UnitName {
    /// `web@2`
    pub fn instance(&self, name: &InstanceName) -> UnitName {
        UnitName::existing(&format!("{self}@{}", name.as_str())).unwrap_or_else(|_| self.clone())
    }

    /// The service that this is an instance of.
    pub fn group(&self) -> Option<UnitName> {
        self.as_str().split_once('@').and_then(|(group, _)| UnitName::existing(group).ok())
    }

    /// The part after the `@`.
    pub fn instance_name(&self) -> Option<&str> {
        self.as_str().split_once('@').map(|(_, instance)| instance)
    }
}

impl ServiceSpec {
    /// The spec of each instance with `%i` replaced; the spec itself if it has no instances.
    pub fn each(&self) -> Vec<ServiceSpec> {
        match &self.instances {
            None => vec![self.clone()],
            Some(instances) => instances.names().iter().map(|name| self.of_instance(name)).collect(),
        }
    }

    /// Like [`ServiceSpec::each`], but only the first instance if all are alike.
    pub fn each_different(&self) -> Vec<ServiceSpec> {
        let mut each = self.each();
        if !self.names_instance() {
            each.truncate(1);
        }
        each
    }

    /// Whether `%i` occurs anywhere as the name of an instance.
    pub fn names_instance(&self) -> bool {
        let arguments = self.command.arguments().iter().map(|it| it.as_bytes());
        let variables = self.environment.iter().map(|it| it.value().as_bytes());
        let files = self.environment_files.iter().map(|it| it.path().as_os_str().as_bytes());
        let dir = std::iter::once(self.working_directory.path().as_os_str().as_bytes());
        self.instances.is_some() && arguments.chain(variables).chain(files).chain(dir).any(names_instance)
    }

    fn of_instance(&self, name: &InstanceName) -> ServiceSpec {
        let replaced = |bytes: &[u8]| of_instance(bytes, name.as_str()).into_owned();
        let path = |path: &std::path::Path| PathBuf::from(OsString::from_vec(replaced(path.as_os_str().as_bytes())));
        let arguments = self.command.arguments().iter().map(|it| OsString::from_vec(replaced(it.as_bytes()))).collect();
        let variable = |it: &Variable| {
            Variable::parse(it.name().as_bytes(), &replaced(it.value().as_bytes())).unwrap_or_else(|_| it.clone())
        };
        let file = |it: &EnvironmentFile| {
            EnvironmentFile::parse(&path(it.path()), it.is_optional()).unwrap_or_else(|_| it.clone())
        };
        let dir = WorkingDirectory::parse(&path(self.working_directory.path()));
        let command = CommandLine::new(self.command.program().to_owned(), arguments);
        ServiceSpec {
            instances: None,
            // Arguments that are too long are reported with the rest.
            command: command.unwrap_or_else(|_| self.command.clone()),
            environment: self.environment.iter().map(variable).collect(),
            environment_files: self.environment_files.iter().map(file).collect(),
            working_directory: dir.unwrap_or_else(|_| self.working_directory.clone()),
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<String, InstancesError> {
        let instances = Instances::parse(text)?;
        instances.fit(&UnitName::parse("web").unwrap())?;
        let names: Vec<&str> = instances.names().iter().map(InstanceName::as_str).collect();
        let names = names.join(" ");
        assert_eq!(Instances::parse(&instances.to_string()).unwrap(), instances, "{text}");
        Ok(names)
    }

    #[test]
    fn a_number_stands_for_as_many_names() {
        for (text, names) in [
            ("3", "1 2 3"),
            ("1", "1"),
            ("002", "1 2"),
            ("1,3,4", "1 3 4"),
            ("3,", "3"),
            ("blue,green", "blue green"),
            ("blue", "blue"),
            ("a:1.b_c-d", "a:1.b_c-d"),
            ("4,3", "4 3"),
        ] {
            assert_eq!(parsed(text).as_deref(), Ok(names), "{text}");
        }
    }

    #[test]
    fn refuses_what_names_no_instances() {
        use InstancesError::*;
        for (text, why) in [
            ("0", None),
            ("00", None),
            ("257", TooMany),
            ("99999999999999999999999", TooMany),
            ("", Empty),
            (",", Empty),
            ("a,,b", Empty),
            ("a,,", Empty),
            ("a,a", Twice("a".into())),
            ("a b", Character(' ')),
            ("-1", Begin('-')),
            (".a", Begin('.')),
            ("a..b", DotDot),
            ("a/b", Character('/')),
            ("a@b", Character('@')),
            ("%i", Character('%')),
            ("a\\x2d", Character('\\')),
            ("a.service", Suffix(".service")),
            (&"x".repeat(197), TooLong(201)),
        ] {
            assert_eq!(parsed(text), Err(why), "{text:?}");
        }
        assert!(parsed(&"x".repeat(196)).is_ok());
        let many: Vec<String> = (0..=INSTANCES_MAX).map(|it| format!("n{it}")).collect();
        assert_eq!(parsed(&many.join(",")), Err(TooMany));
    }

    #[test]
    fn a_target_tells_its_instances() {
        let web = UnitName::parse("web").unwrap();
        let names = Instances::of_target("web@1.service web@b.service other@2.service web.service web@.service", &web);
        assert_eq!(names.iter().map(InstanceName::as_str).collect::<Vec<_>>(), ["1", "b"]);
        let instances = Instances::from_names(names).unwrap();
        assert_eq!(instances.without("1").unwrap().to_string(), "b");
        assert_eq!(instances.without("1").unwrap().without("b"), Option::None);
        assert_eq!(web.instance(&instances.names()[0]).as_str(), "web@1");
        assert_eq!(UnitName::existing("web@a@b").unwrap().group(), Some(web));
    }
}

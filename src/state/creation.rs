//! What a unit file says of how its service was created: two commands can derive the same name.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::dir::Dir;
use super::{ExistingFile, unit, unit_dir};
use crate::cli::Invocation;
use crate::host::{Host, tree};
use crate::runtime::target::{self, Target};
use crate::spec::{Scope, UnitKind, UnitName};
use crate::systemd::unit_file;
use crate::systemd::unquote;
use crate::unit::stamp::{self, Origin};

#[derive(Debug)]
pub struct Creation {
    /// As it was given.
    pub command: Vec<OsString>,
    pub dir: PathBuf,
    /// The program that systemd executes.
    program: Option<String>,
    /// The name was derived from the command.
    is_derived: bool,
    /// A file declares the service.
    pub is_declared: bool,
}

impl Creation {
    /// Reads it from a main unit.
    pub fn of_unit(text: &str, kind: UnitKind) -> Creation {
        let of_template = kind == UnitKind::Template;
        let argv = unit_file::command(text, of_template);
        let stamped = stamp::typed_line(text).and_then(Invocation::of_stamp).filter(|it| !it.command().is_empty());
        let is_declared = stamp::applied_from(text).is_some();
        let settings = unit_file::settings(text);
        let mut dirs = settings.iter().filter(|it| it.section == "Service" && it.name == "WorkingDirectory");
        let dir = dirs.next_back().map(|it| unquote::percent(&it.value, of_template)).unwrap_or_default();
        Creation {
            program: argv.first().cloned(),
            is_derived: !is_declared && stamped.as_ref().is_some_and(|it| !it.has("name")),
            command: stamped.map_or_else(|| argv.into_iter().map(OsString::from).collect(), |it| it.command().to_vec()),
            dir: dir.into(),
            is_declared,
        }
    }

    /// Reads it from a managed service; `None` if no such service exists.
    pub fn of_service(name: &UnitName, scope: Scope, host: &Host) -> Option<Creation> {
        let dir = unit_dir(scope, host).ok()?;
        let existing = |kind: &UnitKind| Some((own_text(&dir.join(name.unit_of(*kind)))?, *kind));
        let (text, kind) = [UnitKind::Service, UnitKind::Template].iter().find_map(existing)?;
        // What is being removed because it did not start is nobody's service any more.
        (!stamp::is_withdrawn(&text)).then(|| Creation::of_unit(&text, kind))
    }

    pub fn has_same_dir(&self, other: &Creation) -> bool {
        self.dir == other.dir
    }

    pub fn has_same_program(&self, other: &Creation) -> bool {
        let is_program = |target: &Option<Target>| matches!(target, Some(Target::Program(_)));
        let (one, two) = (self.target(), other.target());
        let is_same_file = is_program(&one) && is_program(&two) && self.program == other.program;
        one == two || is_same_file
    }

    /// What the command runs, with absolute paths.
    fn target(&self) -> Option<Target> {
        let absolute = |path: OsString| tree::normalized(&self.dir.join(path)).into_os_string();
        Some(match target::of_line_or_command(&self.command)? {
            Target::Script(file) => Target::Script(absolute(file)),
            Target::Program(program) if Path::new(&program).components().count() > 1 => {
                Target::Program(absolute(program))
            }
            Target::Project { dir, task, tool } => {
                let dir = Some(absolute(dir.unwrap_or_default()));
                let tool = Path::new(&tool).file_name().unwrap_or(&tool).to_owned();
                Target::Project { dir, task, tool }
            }
            other => other,
        })
    }
}

/// The service that the same command created in the same directory under a derived name.
pub fn created_by(command: &[OsString], dir: &Path, scope: Scope, host: &Host) -> Option<UnitName> {
    let units = Dir::list(&unit_dir(scope, host).ok()?).ok()?;
    let named = |file: &str| {
        let kind = [UnitKind::Template, UnitKind::Service].into_iter().find(|kind| file.ends_with(kind.suffix()))?;
        let name = UnitName::parse(file.strip_suffix(kind.suffix())?).ok()?;
        let creation = Creation::of_unit(&own_text(&units.path.join(file))?, kind);
        let is_it = creation.is_derived && creation.command == command && creation.dir == dir;
        is_it.then_some(name)
    };
    units.names().filter_map(|file| named(file.to_str()?)).next()
}

/// The text of a unit that mkservice manages, edited or not.
fn own_text(path: &Path) -> Option<String> {
    match unit::file_at(path).ok()? {
        ExistingFile::File { text, origin: Origin::Managed | Origin::Edited, .. } => {
            let text = String::from_utf8_lossy(&text).into_owned();
            stamp::companion_of(&text).is_none().then_some(text)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn creation(dir: &str, line: &str) -> Creation {
        let program =
            line.split(' ').next().map(|word| format!("/usr/bin/{}", word.rsplit('/').next().unwrap_or(word)));
        let command =
            if line.contains('&') { vec![line.into()] } else { line.split(' ').map(OsString::from).collect() };
        Creation { command, dir: dir.into(), program, is_derived: true, is_declared: false }
    }

    #[test]
    fn programs_are_compared_by_what_they_run() {
        for (one, other, is_same) in [
            ("python3 main.py", "python main.py --port 1", true),
            ("python3 main.py", "uv run ./main.py", true),
            ("python3 main.py", "nohup python3 /srv/shop/main.py", true),
            ("python3 main.py", "python3 ../blog/main.py", false),
            ("python3 main.py", "node main.js", false),
            ("gunicorn app:app", "/usr/bin/gunicorn other:app", true),
            ("./server", "/srv/shop/server -v", true),
            ("./server", "./worker", false),
            ("npm start", "npm run start", true),
            ("npm start", "make", false),
            ("docker run --name web nginx", "docker run --name web httpd", true),
            ("docker run nginx", "docker run httpd", false),
            ("cd x && python3 main.py", "python3 main.py", true),
        ] {
            let same = creation("/srv/shop", one).has_same_program(&creation("/srv/shop", other));
            assert_eq!(same, is_same, "{one} | {other}");
        }
        assert!(!creation("/srv/shop", "python3 main.py").has_same_program(&creation("/srv/blog", "python3 main.py")));
        assert!(creation("/srv/shop", "sleep 1").has_same_program(&creation("/srv/blog", "sleep 2")));
    }

    #[test]
    fn creations_are_read_from_units() {
        let text = |line: &str, dir: &str| {
            let section = stamp::section(line, None, None);
            stamp::seal(&format!("[Service]\nExecStart=/bin/a b\nWorkingDirectory={dir}\n\n{section}"))
        };
        let read = Creation::of_unit(&text("mkservice --nice 5 -- a b", "/srv/100%%"), UnitKind::Service);
        assert_eq!((read.command, read.dir, read.is_derived), (vec!["a".into(), "b".into()], "/srv/100%".into(), true));
        let named = Creation::of_unit(&text("mkservice a b --name c", "/srv"), UnitKind::Service);
        assert_eq!((named.command, named.is_derived), (vec!["a".into(), "b".into()], false));
        let unreadable = Creation::of_unit(&text("mkservice 'a", "/srv"), UnitKind::Service);
        assert_eq!(unreadable.command, ["/bin/a", "b"]);
    }
}

//! The secrets of a service: prompted for before anything is locked, and prepared for storage.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use crate::host::{Host, secrets};
use crate::manager::{Manager, creds};
use crate::model::Verb;
use crate::model::command::mkservice;
use crate::model::diagnostic::{Error, Note, Result};
use crate::model::message::{message, opt, quoted, set};
use crate::model::wait::unless_interrupted;
use crate::output::ui;
use crate::plan::{self, Step};
use crate::resolve::Resolved;
use crate::session::context::{self, Context};
use crate::spec::{
    CredentialsDir, HandedSecret, Keeping, SECRET_MAX, Scope, Secret, SecretName, Sensitive, ServiceSpec, UnitName,
};
use crate::state::credential_store::{self, StoredSecrets};
use crate::systemd::text::Unwritable;
use crate::{resolve, state};

/// Secrets as given, with their values.
#[derive(Debug, Default)]
pub struct Secrets {
    /// Each with its file or with the value that was entered; neither if the stored one is kept.
    secrets: Vec<(SecretName, Source)>,
    /// Modification time of the newest file, in microseconds since 1970.
    changed: u64,
    warnings: Vec<Note>,
    /// Those that nobody asks for if they are stored.
    unchanged: Vec<SecretName>,
}

#[derive(Debug)]
enum Source {
    File(Secret),
    Asked {
        value: Option<Sensitive>,
        /// Read from stdin if that is not a terminal.
        stdin: bool,
    },
}

/// Which secrets without a file are read from stdin if it is not a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stdin {
    /// All that have no file.
    All,
    /// Only those given as `NAME=-`: stdin can be the script that runs mkservice.
    Given,
}

/// A service whose secrets have a place, with the steps that write them.
#[derive(Debug)]
pub struct PlannedSecrets {
    pub spec: ServiceSpec,
    pub steps: Vec<Step>,
    /// Modification time of the newest file that systemd reads, in microseconds since 1970.
    pub changed: u64,
    /// The current content of the files.
    pub before: Vec<(PathBuf, Sensitive)>,
}

impl Secrets {
    pub fn typed(words: &[OsString], stdin: Stdin, spec: &ServiceSpec, host: &Host) -> Result<Secrets> {
        let mut read = Secrets::default();
        let reads_as_caller = spec.scope == Scope::User || host.euid == 0;
        for typed in resolve::secrets::typed(words, spec)? {
            let Some(file) = typed.file.filter(|file| *file != "-") else {
                let stdin = stdin == Stdin::All || typed.file.is_some();
                read.secrets.push((typed.name, Source::Asked { value: None, stdin }));
                continue;
            };
            let found = secrets::look_up(file, reads_as_caller, host);
            let secret = resolve::secrets::of_file(&typed.name, file, &found)?;
            read.warnings.extend(resolve::secrets::open_file(&typed.name, &found));
            read.changed = read.changed.max(found.changed);
            read.secrets.push((typed.name, Source::File(secret)));
        }
        Ok(read)
    }

    /// Keeps what is stored of secrets that are not given anew.
    pub fn ask_only_for(&mut self, is_given: impl Fn(&str) -> bool) {
        let names = self.secrets.iter().map(|(name, _)| name).filter(|name| !is_given(name.as_str()));
        self.unchanged = names.cloned().collect();
    }

    /// Takes secrets from an order.
    pub fn handed_over(secrets: Vec<HandedSecret>, spec: &ServiceSpec, host: &Host) -> Result<Secrets> {
        let word = |secret: &HandedSecret| {
            let mut word = OsString::from(secret.name.as_str());
            secret.file.iter().for_each(|file| {
                word.push("=");
                word.push(file);
            });
            word
        };
        let words: Vec<OsString> = secrets.iter().map(word).collect();
        let mut read = Secrets::typed(&words, Stdin::Given, spec, host)?;
        for ((name, source), handed) in read.secrets.iter_mut().zip(secrets) {
            if let (Source::Asked { value, .. }, Some(handed)) = (source, handed.value) {
                *value = Some(checked(name, handed.bytes().to_vec())?);
            }
        }
        Ok(read)
    }

    /// The spec with the credentials in files of the user.
    pub fn with_files(&self, spec: &ServiceSpec) -> ServiceSpec {
        let files = self.secrets.iter().filter_map(|(_, source)| match source {
            Source::File(secret) => Some(secret.clone()),
            Source::Asked { .. } => None,
        });
        ServiceSpec { secrets: spec.secrets.iter().cloned().chain(files).collect(), ..spec.clone() }
    }

    /// For an order.
    pub fn handed(&self) -> Vec<HandedSecret> {
        let handed = self.secrets.iter().map(|(name, source)| {
            let (file, value) = match source {
                Source::File(secret) => (Some(secret.path().to_owned()), None),
                Source::Asked { value, .. } => (None, value.clone()),
            };
            HandedSecret { name: name.clone(), file, value }
        });
        handed.collect()
    }

    /// Those whose value somebody has to give, each with its place.
    fn asked(&mut self, kept: &StoredSecrets, can_look: bool) -> Vec<Asked<'_>> {
        let unchanged = &self.unchanged;
        let asked = self.secrets.iter_mut().filter_map(|(name, source)| {
            let Source::Asked { value: value @ None, stdin } = source else { return None };
            let is_kept = kept.named(name).is_some();
            // Root looks again, and knows.
            let may_be_kept = is_kept || (!can_look && !*stdin);
            (!may_be_kept || !unchanged.contains(name)).then_some(Asked { name, value, stdin: *stdin, is_kept })
        });
        asked.collect()
    }

    /// Compares with the stored secrets and encrypts what can be. With `only_shows` nothing was prompted for and
    /// nothing will be done.
    pub fn ready(
        self,
        spec: &ServiceSpec,
        kept: &StoredSecrets,
        manager: Option<&Manager>,
        only_shows: bool,
        context: &Context<'_>,
    ) -> Result<PlannedSecrets> {
        let mut ready =
            PlannedSecrets { spec: spec.clone(), steps: Vec::new(), changed: self.changed, before: Vec::new() };
        // What is no longer wanted is deleted, and may have to be restored as well.
        if !only_shows {
            let contents = kept.secrets.iter().map(|it| Ok((it.path.clone(), credential_store::content(&it.path)?)));
            ready.before = contents.collect::<Result<_>>()?;
        }
        if self.secrets.is_empty() {
            return Ok(ready);
        }
        let is_here = context.host.image().is_none();
        let installed = || spec.release.or_else(|| if is_here { creds::installed_version() } else { None });
        let version = manager.map(Manager::version).or_else(installed);
        if let Some(version) = version.filter(|version| *version < creds::SINCE) {
            let message = message!("{} requires systemd {}; this is {}", opt("secret"), creds::SINCE, version);
            let file = set("environment-file", "FILE");
            let error = Error::invalid(message).about_option("secret");
            return Err(error.hint(message!("use an environment file with mode 600: {}", file)));
        }
        let has_specifier = version.is_some_and(|version| version >= creds::SPECIFIER_SINCE);
        ready.spec.credentials = if has_specifier { CredentialsDir::Specifier } else { CredentialsDir::Path };
        let mut files = Vec::new();
        for (name, source) in self.secrets {
            let secret = match source {
                Source::File(secret) => secret,
                Source::Asked { value, .. } => {
                    let dir = kept.dir.as_ref().ok_or_else(state::no_home)?;
                    credential_store::refuse_foreign(dir, spec.scope, context.host)?;
                    let (keeping, content) = keep(&name, value, kept, version, only_shows, &ready.spec, context)?;
                    let path = match (&content, kept.named(&name)) {
                        (None, Some(kept)) => kept.path.clone(),
                        _ => credential_store::path(dir, &spec.name, &name, keeping),
                    };
                    match content {
                        None => ready.changed = ready.changed.max(kept.named(&name).map_or(0, |kept| kept.changed)),
                        Some(content) => files.push((path.clone(), content)),
                    }
                    Secret::new(name, path, keeping).map_err(|why| unnameable(dir, why))?
                }
            };
            ready.spec.secrets.push(secret);
        }
        ready.steps = plan::write_secrets(kept, files);
        Ok(ready)
    }

    pub fn warnings(&self) -> &[Note] {
        &self.warnings
    }
}

/// A secret whose value somebody has to give.
struct Asked<'a> {
    name: &'a SecretName,
    value: &'a mut Option<Sensitive>,
    stdin: bool,
    is_kept: bool,
}

/// Prompts for secrets without a file on the terminal, or reads them from stdin. A stored secret can be kept.
pub async fn ask(
    services: &mut [(&Resolved, Secrets)],
    blame: &dyn Fn(&UnitName, Error) -> Error,
    context: &Context<'_>,
) -> Result<()> {
    let mut piped = Vec::new();
    for (Resolved { spec, .. }, secrets) in services {
        let stored = credential_store::Secrets::list(spec.scope, context.host);
        let can_look = spec.scope == Scope::User || context.host.euid == 0;
        for Asked { name, value, stdin, is_kept } in secrets.asked(&stored.of(&spec.name), can_look) {
            let is_terminal = ui::secret::is_terminal();
            // Nobody would see a prompt.
            let sees_prompt = is_terminal && !context.ui.is_json() && ui::can_ask();
            if stdin && !is_terminal {
                piped.push((&spec.name, Asked { name, value, stdin, is_kept }));
            } else if sees_prompt {
                *value = prompt(name, is_kept, context).await.map_err(|error| blame(&spec.name, error))?;
            } else if !is_kept {
                return Err(blame(&spec.name, missing(name, context)));
            }
        }
    }
    read_stdin(piped, blame, context)
}

fn unnameable(dir: &Path, why: Unwritable) -> Error {
    Error::invalid(message!("cannot use the directory for secrets {}: its path {}", quoted(dir), why))
}

/// Returns how a secret is stored and what to write; nothing if it stays as it is.
fn keep(
    name: &SecretName,
    value: Option<Sensitive>,
    kept: &StoredSecrets,
    version: Option<u32>,
    only_shows: bool,
    spec: &ServiceSpec,
    context: &Context<'_>,
) -> Result<(Keeping, Option<Sensitive>)> {
    let scope = spec.scope;
    let there = kept.named(name);
    // The machine that runs the image does not have a key yet, and cannot use the key of this one.
    let is_here = context.host.image().is_none();
    let can_encrypt = || is_here && version.is_some_and(|version| creds::can_encrypt(scope, version));
    let best = || if can_encrypt() { Keeping::Encrypted } else { Keeping::Plain };
    let Some(value) = value else {
        return match there {
            Some(kept) => Ok((kept.keeping, None)),
            None if only_shows => Ok((best(), Some(Sensitive::default()))),
            None => Err(missing(name, context)),
        };
    };
    if only_shows {
        return Ok((best(), Some(Sensitive::default())));
    }
    if let Some(there) = there {
        let known = match there.keeping {
            Keeping::Encrypted if !is_here => None,
            Keeping::Encrypted => creds::decrypt(scope, name, &there.path).ok(),
            Keeping::Plain | Keeping::Theirs => credential_store::content(&there.path).ok(),
        };
        if known.as_ref() == Some(&value) {
            return Ok((there.keeping, None));
        }
    }
    if best() == Keeping::Encrypted {
        match creds::encrypt(scope, name, &value) {
            Ok(encrypted) => return Ok((Keeping::Encrypted, Some(encrypted))),
            Err(why) => context.ui.warn(format!("{} is stored unencrypted: systemd-creds: {why}", name.as_str())),
        }
    }
    Ok((Keeping::Plain, Some(value)))
}

/// Reads all of stdin for one secret, a line for each of several.
fn read_stdin(
    asked: Vec<(&UnitName, Asked<'_>)>,
    blame: &dyn Fn(&UnitName, Error) -> Error,
    context: &Context<'_>,
) -> Result<()> {
    let Some((of_first, _)) = asked.first() else { return Ok(()) };
    let input = ui::secret::piped().map_err(|error| Error::file("read", Path::new("/dev/stdin"), error))?;
    if input.is_empty() {
        let without = asked.iter().find(|(_, it)| !it.is_kept);
        return without.map_or(Ok(()), |(service, it)| Err(blame(service, missing(it.name, context))));
    }
    let line = |bytes: &[u8]| bytes.strip_suffix(b"\r").unwrap_or(bytes).to_vec();
    let text = input.strip_suffix(b"\n").unwrap_or(&input);
    let parts: Vec<Vec<u8>> = match asked.as_slice() {
        [_] => vec![line(text)],
        _ => text.split(|byte| *byte == b'\n').map(line).collect(),
    };
    if parts.len() != asked.len() {
        let message = message!("expected {} secrets on stdin, one on each line, got {}", asked.len(), parts.len());
        let error = Error::invalid(message).about_option("secret");
        let file = set("secret", "NAME=FILE");
        return Err(blame(of_first, error.hint(message!("use a file for a value of several lines: {}", file))));
    }
    for (part, (service, Asked { name, value, .. })) in parts.into_iter().zip(asked) {
        *value = Some(checked(name, part).map_err(|error| blame(service, error))?);
    }
    Ok(())
}

async fn prompt(name: &SecretName, is_kept: bool, context: &Context<'_>) -> Result<Option<Sensitive>> {
    let keeps = if is_kept { " (nothing keeps it as it is)" } else { "" };
    let question = format!("{}{keeps}", name.as_str());
    let interrupted = || context::interrupted(&format!("asking for {}", name.as_str()));
    let answer = unless_interrupted(ui::secret::ask(&question)).await.ok_or_else(interrupted)?;
    let told = |error: io::Error| Error::file("read", Path::new("/dev/tty"), error);
    match answer.map_err(told)?.ok_or_else(interrupted)? {
        value if value.is_empty() && is_kept => Ok(None),
        value if value.is_empty() => Err(missing(name, context)),
        value => checked(name, value).map(Some),
    }
}

fn checked(name: &SecretName, value: Vec<u8>) -> Result<Sensitive> {
    let refuse = |why: String| Error::invalid(message!("the secret {} {}", name.as_str(), why)).about_option("secret");
    match value.len() {
        0 => Err(refuse("is empty".into())),
        length if length > SECRET_MAX => {
            Err(refuse(format!("is larger than the {SECRET_MAX} bytes that systemd accepts")))
        }
        _ => Ok(Sensitive::new(value)),
    }
}

fn missing(name: &SecretName, context: &Context<'_>) -> Error {
    if context.invocation.verb() == Verb::Apply {
        let message = message!("the secret {} has no value: none is stored", name.as_str());
        let error = Error::invalid(message).about_option("secret");
        let file = set("secret", format!("{}=FILE", name.as_str()));
        let again = context.invocation.with("secrets-stdin", None);
        let error = error.hint(message!("give the file that has it: {}", file));
        return error.hint(message!("or read it from stdin: {} < FILE", mkservice(again.arguments())));
    }
    let message = message!("the secret {} has no value: none was entered, and stdin is empty", name.as_str());
    let error = Error::invalid(message).about_option("secret");
    error.hint(message!("read it from a file: {} < FILE", mkservice(context.invocation.arguments())))
}

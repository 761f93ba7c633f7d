//! The name of a service if none was given.

use std::ffi::OsStr;
use std::path::Path;

use super::host_facts::HostFacts;
use crate::cli::usage::no_command;
use crate::cli::{Add, Invocation};
use crate::host::{account, tree};
use crate::model::command::mkservice;
use crate::model::diagnostic::{Code, Error, Result};
use crate::model::message::{Message, message, opt, quoted, set};
use crate::runtime::target::{self, Target};
use crate::spec::{NameError, UnitName};
use crate::systemd::names;

/// The given name, or one derived from the command: a script's stem with a trailing d (`myscript.py` → `myscriptd`), or
/// else the name of the module, program or project.
pub fn name(typed: &Add, invocation: &Invocation, found: &HostFacts, reasons: &mut Vec<Message>) -> Result<UnitName> {
    if let Some(name) = &typed.name {
        refuse_user(name, invocation)?;
        return parse(name);
    }
    let named = if found.command.by_shell { target::of_line(&typed.command[0]) } else { None };
    let target = named.or_else(|| target::of(&found.command.argv)).ok_or_else(no_command)?;
    if let Some(earlier) = &found.earlier {
        reasons.push(message!("named {} as before ({} overrides it)", earlier, opt("name")));
        return Ok(earlier.clone());
    }
    let dir = found.dir.as_ref().map(|dir| dir.path.as_path());
    let Some(derived) = derived(&target, dir) else {
        let program = typed.command.first().cloned().unwrap_or_default();
        let message = message!("cannot derive a service name from {} without a script", quoted(program));
        let corrected = mkservice(invocation.with("name", Some("NAME".as_ref())).arguments());
        return Err(Error::new(Code::NameMissing, message).hint(corrected));
    };
    let name = parse(&derived)?;
    reasons.push(message!("named {} after what it runs ({} overrides it)", &name, opt("name")));
    Ok(name)
}

/// With sudo, `-u` is the user, and with systemd-run the name.
fn refuse_user(name: &str, invocation: &Invocation) -> Result<()> {
    if !invocation.is_given_as("name", "-u") || account::by_name(name).is_none() {
        return Ok(());
    }
    let line = |option, invocation: Invocation| mkservice(invocation.with_only(option, name.as_ref()).arguments());
    let error = Error::new(Code::Usage, message!("`-u` is the name of the service, but {} is a user", quoted(name)));
    let as_user = invocation.without(&["name"]).in_system_scope();
    let error = error.hint(message!("run the command as that user: {}", line("uid", as_user)));
    Err(error.hint(message!("name the service so: {}", line("name", invocation.clone()))))
}

/// The name of what a command in `dir` runs; `None` for a bare interpreter.
fn derived(target: &Target, dir: Option<&Path>) -> Option<String> {
    match target {
        Target::Script(file) => stem(file).map(|stem| if stem.ends_with('d') { stem } else { format!("{stem}d") }),
        Target::Named(name) => with_dashes(name),
        Target::Program(program) => file_name(program),
        Target::Project { dir: of_project, task, tool } => {
            let dir = dir.map(|dir| tree::normalized(&dir.join(of_project.as_deref().unwrap_or_default())));
            let project = dir.and_then(|dir| file_name(dir.as_os_str())).or_else(|| file_name(tool))?;
            let task = task.as_deref().and_then(with_dashes);
            Some(std::iter::once(project).chain(task).collect::<Vec<_>>().join("-"))
        }
        Target::Bare(_) => None,
    }
}

fn with_dashes(name: &OsStr) -> Option<String> {
    names::slug(&name.to_string_lossy().replace(['.', '/', ':'], "-"))
}

fn file_name(path: &OsStr) -> Option<String> {
    Path::new(path).file_name().and_then(|name| names::slug(&name.to_string_lossy()))
}

fn parse(name: &str) -> Result<UnitName> {
    UnitName::parse(name).map_err(|why| {
        let instead = names::slug(name).filter(|slug| UnitName::parse(slug).is_ok());
        let hint = set("name", instead.as_deref().unwrap_or("myscriptd"));
        invalid_name(name, &why).about_option("name").hint(hint)
    })
}

/// A name that no unit can have.
pub fn invalid_name(name: &str, why: &NameError) -> Error {
    Error::new(Code::NameInvalid, message!("the name {} {}", quoted(name), why))
}

fn stem(file: &OsStr) -> Option<String> {
    let path = Path::new(file);
    let stem = path.file_stem()?.to_string_lossy();
    // The version, as in `app-1.0.2.jar`, changes without the name of the service.
    let is_version = |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit());
    let version = stem.match_indices('-').find(|(at, _)| *at > 0 && is_version(&stem[at + 1..]));
    let end = version.filter(|_| path.extension().is_some_and(|it| it == "jar")).map_or(stem.len(), |(at, _)| at);
    names::slug(&stem[..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::interpreter::ResolvedCommand;
    use crate::host::lookup::{Dir, Program};
    use clap::Parser;
    use std::ffi::OsString;

    fn named_as(command: Vec<OsString>, by_shell: bool) -> Result<String> {
        let words = [OsString::from("mkservice"), OsString::from("--")].into_iter().chain(command.clone());
        let cli = crate::cli::Cli::parse_from(words);
        let found = HostFacts {
            similar_program: None,
            command: ResolvedCommand {
                argv: command.clone(),
                program: Program::Missing { in_path: false, script: false },
                runtime: None,
                interpreter: None,
                launcher: None,
                by_name: Vec::new(),
                by_shell,
                notes: Vec::new(),
            },
            dir: Some(Dir { path: "/srv/shop".into(), trouble: None }),
            environment_files: Vec::new(),
            account: None,
            group: None,
            log_file: None,
            failure: None,
            resources: Default::default(),
            listen: Default::default(),
            earlier: None,
            engine: Default::default(),
        };
        name(&cli.add, &Invocation::default().with_command(&command), &found, &mut Vec::new())
            .map(|name| name.as_str().to_owned())
    }

    fn named(line: &str) -> Result<String> {
        named_as(line.split(' ').map(OsString::from).collect(), false)
    }

    #[test]
    fn a_line_for_a_shell_is_named_after_its_first_command() {
        for (line, expected) in [
            ("tail -F /var/log/x | grep y > z", "tail"),
            ("cd /srv && A=1 exec python3 app.py >> log", "appd"),
            ("ls *.txt", "ls"),
            ("python3 -c \"print(1); x = 'a|b'\" | tee log", "tee"),
            ("echo 'it''s; on' \\; >x", "echo"),
        ] {
            assert_eq!(named_as(vec![line.into()], true).unwrap(), expected, "{line}");
        }
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "one table")]
    fn names_come_from_what_is_run() {
        for (line, expected) in [
            ("python myscript.py", "myscriptd"),
            ("python /srv/app/watch.v2.py", "watch.v2d"),
            ("python hellod.py", "hellod"),
            ("python3 main.py", "maind"),
            ("./run.sh", "rund"),
            ("./server --port 1", "server"),
            ("/opt/My@App/my@app", "my-app"),
            ("remove old", "remove"),
            ("gunicorn app:app", "gunicorn"),
            ("python3 übung.py", "ubungd"),
            ("./Überwachung", "Uberwachung"),
            ("python3 größe-ändern.py", "grosse-andernd"),
            ("node тест.js", "testd"),
            ("python -m http.server", "http-server"),
            ("python3 -m flask --app web run", "flask"),
            ("python3 -u -m my.worker.main -q", "my-worker-main"),
            ("python3 manage.py runserver 0.0.0.0:80", "shop-runserver"),
            ("python3 /srv/blog/manage.py qcluster", "blog-qcluster"),
            ("npm start", "shop"),
            ("npm run start", "shop"),
            ("npm run dev -- --port 3000", "shop-dev"),
            ("npm --prefix web run build:css", "web-build-css"),
            ("npm -w api start", "shop-api"),
            ("npm exec serve -- -l 3000", "serve"),
            ("npx -y http-server -p 8080", "http-server"),
            ("yarn", "shop"),
            ("yarn dev", "shop-dev"),
            ("yarn --cwd ../blog start", "blog"),
            ("yarn run worker", "shop-worker"),
            ("pnpm start", "shop"),
            ("pnpm --filter api start", "shop-api"),
            ("pnpm run queue", "shop-queue"),
            ("pnpm exec vite", "vite"),
            ("bun start", "shop"),
            ("bun run worker", "shop-worker"),
            ("bun run server.ts", "serverd"),
            ("bun server.ts", "serverd"),
            ("bunx serve", "serve"),
            ("deno task start", "shop"),
            ("deno task --cwd blog watch", "blog-watch"),
            ("deno run -A bot.ts", "botd"),
            ("cargo run --release -- --port 80", "shop"),
            ("cargo run --bin worker", "shop-worker"),
            ("cargo run --manifest-path /srv/api/Cargo.toml", "api"),
            ("cargo watch -x run", "shop"),
            ("go run .", "shop"),
            ("go run main.go", "shop"),
            ("go run ./cmd/api --config x", "api"),
            ("go run -race cmd/mail/main.go", "mail"),
            ("go run worker.go", "workerd"),
            ("make", "shop"),
            ("make serve", "shop-serve"),
            ("make -C ../blog -j 4 serve PORT=80", "blog-serve"),
            ("make PORT=80", "shop"),
            ("just serve", "shop-serve"),
            ("task build", "shop-build"),
            ("docker compose up", "shop"),
            ("docker compose up web", "shop-web"),
            ("docker compose -p blog up --build", "blog"),
            ("docker compose -f /srv/blog/compose.yml up", "blog"),
            ("docker-compose up --force-recreate", "shop"),
            ("podman-compose up", "shop"),
            ("docker run --rm --name web -p 80:80 nginx", "web"),
            ("docker run --rm -p 80:80 ghcr.io/acme/api:1.2", "api"),
            ("podman run --replace --name db -e A=1 postgres:16", "db"),
            ("podman run docker.io/library/caddy", "caddy"),
            ("docker start -a cache", "cache"),
            ("bundle exec puma -C config/puma.rb", "puma"),
            ("bundle exec ruby bot.rb", "botd"),
            ("bundle exec rake jobs:work", "shop-jobs-work"),
            ("bin/rails server", "shop-server"),
            ("/srv/blog/bin/rails server", "blog-server"),
            ("poetry run gunicorn app:app", "gunicorn"),
            ("poetry run python -m bot.main", "bot-main"),
            ("uv run worker.py", "workerd"),
            ("uv run -m my.app", "my-app"),
            ("pipenv run python3 bot.py", "botd"),
            ("hatch run python bot.py", "botd"),
            ("uvx --from x ruff server", "ruff"),
            ("java -jar app.jar", "appd"),
            ("java -Xmx1g -jar target/demo-0.0.1-SNAPSHOT.jar --x", "demod"),
            ("java -cp lib/* org.example.Main", "org-example-Main"),
            ("./gradlew bootRun", "shop"),
            ("mvn -q spring-boot:run", "shop"),
            ("dotnet Web.dll --urls x", "Webd"),
            ("dotnet run -c Release", "shop"),
            ("dotnet run --project src/Api", "shop-Api"),
            ("php artisan queue:work --sleep=3", "shop-queue-work"),
            ("php /srv/blog/artisan schedule:work", "blog-schedule-work"),
            ("php bin/console messenger:consume async", "shop-messenger-consume"),
            ("php bot.php", "botd"),
            ("mix phx.server", "shop"),
            ("foreman start web", "shop-web"),
            ("env A=1 B=2 python3 app.py", "appd"),
            ("env -u A nice -n 5 npm start", "shop"),
            ("nice -n 10 ./batch", "batch"),
            ("nohup python3 app.py", "appd"),
            ("setsid --wait ./server", "server"),
            ("time -p ./job", "job"),
            ("exec ./server --fast", "server"),
            ("timeout 1h npm run poll", "shop-poll"),
        ] {
            assert_eq!(named(line).unwrap(), expected, "{line}");
        }
        assert_eq!(named("python -c 1").unwrap_err().code(), Code::NameMissing);
        assert_eq!(named("./systemd-x").unwrap_err().code(), Code::NameInvalid);
    }
}

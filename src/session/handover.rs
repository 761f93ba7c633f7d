//! Hands an installation, or a verb on existing services, to an elevated mkservice process.

use crate::cli::Invocation;
use crate::model::Verb;
use crate::model::command::{mkservice, run};
use crate::model::diagnostic::{Code, Error, Note, Result};
use crate::model::message::{Message, message};
use crate::output::report;
use crate::output::wording::Front;
use crate::plan::Step;
use crate::resolve::Resolved;
use crate::session::context::{self, Context};
use crate::session::elevation::{self, Elevated, PrivilegeTool};
use crate::session::order::{self, Applied, Order, OrderedService};
use crate::spec::HandedSecret;

/// Shows the plan and runs it as root. Returns the exit code of the elevated process, which prints the result.
pub async fn hand_over(
    services: Vec<(&Resolved, Vec<HandedSecret>)>,
    applied: Option<Applied>,
    steps: &[Step],
    context: &Context<'_>,
) -> Result<u8> {
    let Context { host, ui, invocation, .. } = *context;
    let Some(tool) = elevation::tool(host) else {
        let again = match services.as_slice() {
            [(resolved, _)] if applied.is_none() => for_root(resolved, invocation),
            _ => invocation.clone(),
        };
        return Err(no_tool(message!("run it as root: {}", mkservice(again.arguments()))));
    };
    ui.say(report::by_root(steps, tool.name()));
    let front = if applied.is_some() { Front::File } else { Front::CommandLine };
    let words_of = |notes: &[Note]| notes.iter().map(|note| ui.wording().note(note, front)).collect();
    let told = |notes: &[Note]| if ui.is_json() { words_of(notes) } else { Vec::new() };
    let ordered = |(resolved, secrets): (&Resolved, Vec<HandedSecret>)| OrderedService {
        spec: resolved.spec.clone(),
        install: resolved.install.clone(),
        secrets,
        // Printed already; a JSON document needs them.
        notes: words_of(&resolved.notes),
        warnings: told(&resolved.warnings),
    };
    let services = services.into_iter().map(ordered).collect();
    let arguments = invocation.arguments();
    let offline = !host.is_running();
    let order = order::write(&Order { services, applied, arguments, editors: Vec::new(), offline });
    as_root(&tool, &order, invocation, context).await
}

/// The same for a verb on existing system services, or on a process. `steps` is its plan, if it is known.
pub async fn hand_over_verb(line: &Invocation, steps: Option<&[Step]>, context: &Context<'_>) -> Result<u8> {
    let Context { host, ui, .. } = *context;
    let line = line.in_system_scope();
    let shown = mkservice(line.arguments());
    let Some(tool) = elevation::tool(host) else {
        return Err(no_tool(message!("run it as root: {}", shown)));
    };
    ui.say(match steps {
        Some(steps) => report::by_root(steps, tool.name()),
        None => format!("root privileges are required; running with {}: {}", tool.name(), line.line()),
    });
    let editors = if line.verb() == Verb::Edit { host.editors.clone() } else { Vec::new() };
    let (arguments, offline) = (line.arguments(), !host.is_running());
    let order = Order { services: Vec::new(), applied: None, arguments, editors, offline };
    as_root(&tool, &order::write(&order), &line, context).await
}

fn no_tool(hint: Message) -> Error {
    let text = "root privileges are required, but none of sudo, run0 and pkexec is installed";
    Error::new(Code::RootNotReached, text).hint(hint)
}

async fn as_root(tool: &PrivilegeTool, order: &[u8], again: &Invocation, context: &Context<'_>) -> Result<u8> {
    let Context { host, ui, .. } = *context;
    match elevation::run(tool, order, &ui.options(), ui.can_ask_password(), ui.is_json()).await? {
        Elevated::Done(exit_code) => {
            ui.leave_to_other();
            Ok(exit_code)
        }
        Elevated::Interrupted => Err(context::interrupted("asking for a password; nothing was changed")),
        Elevated::Refused(why) => {
            let text = message!("root privileges are required, but {} {}; nothing was changed", tool.name(), why);
            let again = mkservice(again.arguments());
            let again = match &host.dir {
                Some(dir) => message!("{} && {}", run("cd").arg(dir), again),
                None => again.into(),
            };
            let hint = message!("run it in a terminal, where you can enter a password: {}", again);
            Err(Error::new(Code::RootNotReached, text).hint(hint))
        }
    }
}

/// For root, the user's own command line would create a service that runs as root.
fn for_root(resolved: &Resolved, invocation: &Invocation) -> Invocation {
    match &resolved.spec.account {
        Some(user) if !invocation.has("uid") => invocation.with("uid", Some(user.as_ref())),
        _ => invocation.clone(),
    }
}

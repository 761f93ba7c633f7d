//! `mkservice completions SHELL`

use crate::cli::Completions;
use crate::session::completion;
use crate::session::context::Context;

pub fn completions(typed: &Completions, context: &Context<'_>) -> u8 {
    context.ui.print(completion::script(typed.shell).as_bytes());
    0
}

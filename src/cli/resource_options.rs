//! The options of `add` that set one directive, and for what a service may use.

use clap::{Arg, ArgMatches, Args, Command, Error, FromArgMatches};

use crate::spec::{DIRECTIVE_OPTIONS, DirectiveOption};

#[derive(Debug, Clone, Default, Args)]
pub struct ResourceOptions {
    #[command(flatten)]
    pub directives: DirectiveArguments,
    /// Allow ports below 1024 without root (system scope)
    #[arg(long, help_heading = "Resource limits")]
    pub privileged_ports: bool,
}

/// The values of [`DIRECTIVE_OPTIONS`] that were given.
#[derive(Debug, Clone, Default)]
pub struct DirectiveArguments(pub Vec<(&'static DirectiveOption, String)>);

impl Args for DirectiveArguments {
    fn augment_args(command: Command) -> Command {
        let argument = |option: &'static DirectiveOption| {
            let argument = Arg::new(option.name)
                .long(option.name)
                .value_name(option.value_name)
                .help(option.help)
                .help_heading(option.heading)
                .hide_short_help(option.is_advanced)
                .allow_hyphen_values(option.allows_hyphen);
            match option.long_help {
                "" => argument,
                more => argument.long_help(format!("{}\n\n{more}", option.help)),
            }
        };
        command.args(DIRECTIVE_OPTIONS.iter().map(argument))
    }

    fn augment_args_for_update(command: Command) -> Command {
        DirectiveArguments::augment_args(command)
    }
}

impl FromArgMatches for DirectiveArguments {
    fn from_arg_matches(matches: &ArgMatches) -> Result<DirectiveArguments, Error> {
        let given = |option: &'static DirectiveOption| Some((option, matches.get_one::<String>(option.name)?.clone()));
        Ok(DirectiveArguments(DIRECTIVE_OPTIONS.iter().filter_map(given).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = DirectiveArguments::from_arg_matches(matches)?;
        Ok(())
    }
}

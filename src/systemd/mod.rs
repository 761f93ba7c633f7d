//! The language of unit files: quoting, specifiers, time spans, sizes, environment files and directives. Pure.

pub mod calendar;
pub mod cron;
pub mod directives;
pub mod directories;
pub mod environment_file;
pub mod exec;
pub mod names;
pub mod path;
pub mod quote;
pub mod size;
pub mod specifier;
pub mod text;
pub mod timespan;
pub mod unit_file;
pub mod units;
pub mod unquote;
pub mod words;

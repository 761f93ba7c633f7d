//! What `--harden` adds to a service.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::Property;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hardening {
    pub preset: Preset,
    /// The lines of `[Service]`, in order.
    pub lines: Vec<Property>,
}

/// How tightly a service is sandboxed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// Hardly noticeable to a program that works in a terminal without `sudo`.
    Safe,
    /// Everything the runtime is known to work with; network access stays.
    Strict,
}

impl Preset {
    pub fn as_str(self) -> &'static str {
        match self {
            Preset::Safe => "safe",
            Preset::Strict => "strict",
        }
    }
}

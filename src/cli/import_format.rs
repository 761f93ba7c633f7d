//! The formats of `mkservice import`.

use clap::ValueEnum;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ImportFormat {
    /// A Procfile of foreman, honcho or Heroku
    Procfile,
    /// A crontab of a user or of the machine
    Crontab,
    /// A crontab whose lines name users, wherever it is
    SystemCrontab,
    /// A supervisord configuration
    Supervisord,
    /// A pm2 ecosystem file or process list
    Pm2,
    /// A systemd service unit
    Systemd,
}

impl ImportFormat {
    pub fn word(self) -> &'static str {
        match self {
            ImportFormat::Procfile => "procfile",
            ImportFormat::Crontab => "crontab",
            ImportFormat::SystemCrontab => "system-crontab",
            ImportFormat::Supervisord => "supervisord",
            ImportFormat::Pm2 => "pm2",
            ImportFormat::Systemd => "systemd",
        }
    }
}

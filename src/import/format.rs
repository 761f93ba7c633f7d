//! Which tool a file is of, told by its name and by what is in it.

use std::path::Path;

use crate::cli::ImportFormat as Format;

/// The format of a file, by its name, else by its text; `None` if neither tells.
pub fn detect(path: &Path, text: &str) -> Option<Format> {
    by_name(path).or_else(|| by_text(text))
}

fn by_name(path: &Path) -> Option<Format> {
    let name = path.file_name()?.to_str()?.to_ascii_lowercase();
    let folder = |part: &str| path.components().rev().skip(1).any(|it| it.as_os_str() == part);
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    if name == "procfile" || name.starts_with("procfile.") || name.ends_with(".procfile") {
        return Some(Format::Procfile);
    }
    if name == "crontab" || ends(&[".crontab", ".cron"]) || name.starts_with("crontab.") {
        return Some(Format::Crontab);
    }
    if folder("cron.d") || folder("crontabs") {
        return Some(Format::Crontab);
    }
    if name.starts_with("supervisor") && ends(&[".conf", ".ini"]) {
        return Some(Format::Supervisord);
    }
    // What starts a service is told so.
    if ends(&[".service", ".timer", ".socket", ".path"]) {
        return Some(Format::Systemd);
    }
    if name == "dump.pm2" || name == "dump.pm2.bak" || is_script(path) {
        return Some(Format::Pm2);
    }
    ends(&[".json", ".yml", ".yaml"]).then_some(Format::Pm2)
}

/// True for a file of JavaScript, which only Node.js can read.
pub fn is_script(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    ["js", "cjs", "mjs", "ts"].contains(&ending)
}

/// By the first line that says anything.
fn by_text(text: &str) -> Option<Format> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(['#', ';']));
    for line in lines.take(200) {
        let section = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        if let Some(section) = section.filter(|name| name.starts_with(|c: char| c.is_ascii_alphabetic())) {
            return match section {
                "Unit" | "Service" | "Install" | "Timer" | "Socket" | "Path" => Some(Format::Systemd),
                "include" | "supervisord" | "supervisorctl" | "unix_http_server" | "inet_http_server" => {
                    Some(Format::Supervisord)
                }
                _ if section.contains(':') => Some(Format::Supervisord),
                _ => None,
            };
        }
        if line.starts_with(['{', '[']) {
            return Some(Format::Pm2);
        }
        if line.starts_with("apps:") {
            return Some(Format::Pm2);
        }
        let first = line.split_whitespace().next().unwrap_or_default();
        let is_field = |word: &str| word.starts_with(|c: char| c.is_ascii_digit() || "*-@~".contains(c));
        if first.starts_with('@') || (is_field(first) && line.split_whitespace().take(5).count() == 5) {
            return Some(Format::Crontab);
        }
        let (name, _) = line.split_once([':', '=', ' ', '\t'])?;
        let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
        match line.as_bytes().get(name.len()) {
            Some(b':') if is_name => return Some(Format::Procfile),
            // Variables stand in front of a crontab's lines.
            Some(b'=' | b' ' | b'\t') if is_name => {}
            _ => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_by_name_and_by_text() {
        use Format::*;
        for (name, text, format) in [
            ("Procfile", "", Some(Procfile)),
            ("Procfile.dev", "", Some(Procfile)),
            ("/etc/crontab", "", Some(Crontab)),
            ("/etc/cron.d/backup", "", Some(Crontab)),
            ("/var/spool/cron/crontabs/ann", "", Some(Crontab)),
            ("supervisord.conf", "", Some(Supervisord)),
            ("ecosystem.config.js", "", Some(Pm2)),
            ("process.yml", "", Some(Pm2)),
            ("/root/.pm2/dump.pm2", "", Some(Pm2)),
            ("web.service", "", Some(Systemd)),
            ("-", "# m h\nMAILTO=a\n\n0 4 * * * x\n", Some(Crontab)),
            ("-", "@daily x\n", Some(Crontab)),
            ("-", "web: x\n", Some(Procfile)),
            ("-", "; x\n[program:a]\n", Some(Supervisord)),
            ("app.conf", "[program:a]\n", Some(Supervisord)),
            ("-", "[Unit]\n", Some(Systemd)),
            ("-", "[{\"name\": 1}]", Some(Pm2)),
            ("-", "apps:\n", Some(Pm2)),
            ("-", "", None),
            ("notes.txt", "hello world\n", None),
        ] {
            assert_eq!(detect(Path::new(name), text), format, "{name} {text:?}");
        }
    }
}

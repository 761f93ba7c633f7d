use super::*;

#[test]
fn files_are_detected_by_name_and_by_text() {
    use ImportFormat::*;
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
        ("-", "[nope]\n", None),
        ("-", "[{\"name\": 1}]", Some(Pm2)),
        ("-", "apps:\n", Some(Pm2)),
        ("-", "apps: [{name: a}]\n", Some(Pm2)),
        ("-", "", None),
        ("notes.txt", "hello world\n", None),
    ] {
        let found = detect(Path::new(name), text).map(|importer| importer.format());
        assert_eq!(found, format, "{name} {text:?}");
    }
}

#[test]
fn every_format_has_one_importer() {
    use clap::ValueEnum as _;
    for format in ImportFormat::value_variants() {
        assert_eq!(importers().filter(|importer| importer.format() == *format).count(), 1, "{format:?}");
    }
}

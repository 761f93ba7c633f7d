//! The presets in both scopes and all versions, and the effect of `-p`.

use std::path::PathBuf;

use super::table::{InUser, Level, MEASURES, MEMORY, Measure};
use super::*;
use crate::spec::{Preset, Property, Scope, UnitName};

fn facts(scope: Scope, release: Option<u32>) -> Facts {
    Facts {
        name: UnitName::parse("web").unwrap(),
        scope,
        release,
        as_root: false,
        has_namespaces: true,
        compiles: None,
        is_native: true,
        needs_home: None,
        notifies: false,
        dir: "/home/ann/web".into(),
        hidden: hidden_by_default(),
        home: Some("/home/ann".into()),
        reads: vec!["/usr/bin/python3".into(), "/home/ann/web/app.py".into()],
        named: Vec::new(),
        written: Vec::new(),
        free: vec!["StateDirectory", "CacheDirectory", "LogsDirectory"],
        typed: Vec::new(),
    }
}

fn typed(facts: Facts, words: &[&str]) -> Facts {
    Facts { typed: words.iter().map(|word| Property::parse(word.as_bytes()).unwrap()).collect(), ..facts }
}

fn text(preset: Preset, facts: &Facts) -> String {
    let lines = lines(&Selection::of(preset, facts), facts);
    lines.iter().map(|line| format!("{}={}\n", line.directive, line.value)).collect()
}

fn has(text: &str, line: &str) -> bool {
    text.lines().any(|other| other == line)
}

#[test]
fn table_is_consistent() {
    for measure in MEASURES {
        assert!(!measure.directive.is_empty() && !measure.blocks.is_empty(), "{}", measure.directive);
        assert!(!measure.blocks.ends_with('.'), "{}", measure.directive);
        let presets = &measure.presets;
        for first in [presets.safe, presets.safe_root, presets.strict, presets.strict_root].into_iter().flatten() {
            assert!(first < measure.levels.len(), "{}", measure.directive);
        }
        // The weaker preset contains nothing else and nothing stricter.
        assert!(presets.strict.is_some_and(|strict| presets.safe.is_none_or(|safe| safe >= strict)));
        let twice = MEASURES.iter().filter(|other| other.directive == measure.directive).count();
        assert_eq!(twice, 1, "{}", measure.directive);
    }
}

#[test]
fn user_services_get_only_what_their_manager_supports() {
    for preset in [Preset::Safe, Preset::Strict] {
        for (release, has_namespaces) in [
            (None, true),
            (Some(247), true),
            (Some(252), true),
            (Some(253), true),
            (Some(254), false),
            (Some(257), false),
        ] {
            let facts = Facts { has_namespaces, ..facts(Scope::User, release) };
            let selection = Selection::of(preset, &facts);
            let works = |(_, measure, _): (usize, &Measure, &Level)| {
                matches!(measure.in_user, InUser::Works | InUser::UserOnly)
            };
            assert!(selection.taken().all(works), "{release:?}");
            assert!(selection.taken().next().is_some());
            let text = text(preset, &facts);
            for directive in ["Bind", "Capability", "StateDirectory", "ReadWrite", "ReadOnly", "Private", "Protect"] {
                assert!(!text.contains(&format!("\n{directive}")), "{release:?}: {text}");
            }
        }
        // Only the strict preset has those that create a user namespace.
        let since = Selection::of(preset, &facts(Scope::User, Some(254)));
        assert_eq!(since.needs_namespaces(), preset == Preset::Strict);
    }
    let strict = text(Preset::Strict, &facts(Scope::User, Some(257)));
    assert!(has(&strict, "PrivateDevices=yes") && has(&strict, "CapabilityBoundingSet="), "{strict}");
    assert!(!strict.contains("ProtectProc") && !strict.contains("DevicePolicy"), "{strict}");
    // Without a user namespace, the bounding set breaks a service.
    let namespaces: Vec<String> = MEASURES
        .iter()
        .filter(|measure| matches!(measure.in_user, InUser::IgnoredBefore254 | InUser::FailsBefore254))
        .map(|measure| format!("{}=x", measure.directive))
        .collect();
    let alone: Vec<&str> = namespaces.iter().map(String::as_str).collect();
    let alone = text(Preset::Strict, &typed(facts(Scope::User, Some(257)), &alone));
    assert!(!alone.contains("Capability"), "{alone}");
}

#[test]
fn system_services_get_everything_in_every_release() {
    for release in [None, Some(247), Some(252), Some(254), Some(257), Some(262)] {
        assert_eq!(
            text(Preset::Strict, &facts(Scope::System, release)),
            "NoNewPrivileges=yes\nCapabilityBoundingSet=\nProtectSystem=strict\nProtectHome=tmpfs\n\
             TemporaryFileSystem=/home:ro,mode=0755 /root:ro,mode=0755 /run/user:ro,mode=0755\n\
             BindReadOnlyPaths=-/home/ann/web\nStateDirectory=web\nCacheDirectory=web\nLogsDirectory=web\n\
             PrivateTmp=yes\nPrivateDevices=yes\nDevicePolicy=closed\nProtectClock=yes\nProtectControlGroups=yes\n\
             ProtectHostname=yes\nProtectKernelLogs=yes\nProtectKernelModules=yes\nProtectKernelTunables=yes\n\
             ProtectProc=invisible\nLockPersonality=yes\nMemoryDenyWriteExecute=yes\n\
             RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK\nRestrictNamespaces=yes\n\
             RestrictRealtime=yes\nRestrictSUIDSGID=yes\nSystemCallArchitectures=native\n\
             SystemCallFilter=@system-service\nSystemCallFilter=~@privileged @resources\nSystemCallErrorNumber=EPERM\n"
        );
        assert_eq!(
            text(Preset::Safe, &facts(Scope::System, release)),
            "NoNewPrivileges=yes\nCapabilityBoundingSet=\nProtectSystem=full\nProtectHome=tmpfs\n\
             TemporaryFileSystem=/home:ro,mode=0755 /root:ro,mode=0755 /run/user:ro,mode=0755\n\
             BindPaths=-/home/ann\nProtectControlGroups=yes\nProtectHostname=yes\nProtectKernelModules=yes\n\
             LockPersonality=yes\nRestrictRealtime=yes\n\
             SystemCallFilter=~@cpu-emulation @module @obsolete @raw-io @reboot @swap\nSystemCallErrorNumber=EPERM\n"
        );
    }
    let root = Facts { as_root: true, ..facts(Scope::System, None) };
    assert_eq!(text(Preset::Safe, &root), "NoNewPrivileges=yes\nLockPersonality=yes\nRestrictRealtime=yes\n");
    assert!(has(&text(Preset::Strict, &root), "CapabilityBoundingSet=CAP_NET_BIND_SERVICE"));
}

#[test]
fn compilers_and_foreign_programs_are_not_broken() {
    for scope in [Scope::User, Scope::System] {
        for release in [247, 252, 257] {
            let plain = facts(scope, Some(release));
            let compiles = Facts { compiles: Some("Node.js".into()), ..plain.clone() };
            assert!(text(Preset::Strict, &plain).contains(MEMORY));
            assert!(!text(Preset::Strict, &compiles).contains(MEMORY));
            let foreign = Facts { is_native: false, ..plain };
            assert!(!text(Preset::Strict, &foreign).contains("SystemCallArchitectures"));
        }
    }
}

#[test]
fn properties_override_every_line() {
    for scope in [Scope::User, Scope::System] {
        for preset in [Preset::Safe, Preset::Strict] {
            let plain = facts(scope, Some(257));
            for line in lines(&Selection::of(preset, &plain), &plain) {
                let directive = line.directive;
                for value in ["", "x"] {
                    let text = text(preset, &typed(plain.clone(), &[&format!("{directive}={value}")]));
                    // Parts of another measure are left out with it.
                    let parts = MEASURES.iter().filter(|measure| measure.part_of == Some(directive));
                    assert!(
                        value == "x" || parts.into_iter().all(|part| !text.contains(&format!("{}=", part.directive))),
                        "{text}"
                    );
                    let opens = matches!(directive, "BindPaths" | "BindReadOnlyPaths" | "ReadWritePaths");
                    assert_eq!(text.contains(&format!("{directive}=")), opens, "{directive}={value}: {text}");
                }
            }
        }
    }
}

#[test]
fn sudo_works_on_request() {
    for scope in [Scope::User, Scope::System] {
        let facts = typed(facts(scope, Some(252)), &["NoNewPrivileges=no"]);
        let selection = Selection::of(Preset::Strict, &facts);
        assert!(selection.taken().all(|(_, measure, _)| !measure.breaks_sudo));
    }
}

#[test]
fn requested_capabilities_are_kept() {
    let with = |words: &[&str]| text(Preset::Strict, &typed(facts(Scope::System, None), words));
    let port =
        with(&["AmbientCapabilities=CAP_NET_BIND_SERVICE", "AmbientCapabilities=CAP_CHOWN CAP_NET_BIND_SERVICE"]);
    assert!(has(&port, "CapabilityBoundingSet=CAP_NET_BIND_SERVICE CAP_CHOWN"), "{port}");
    assert!(has(&with(&["AmbientCapabilities=CAP_CHOWN", "AmbientCapabilities="]), "CapabilityBoundingSet="));
    assert!(!with(&["AmbientCapabilities=~CAP_CHOWN"]).contains("CapabilityBoundingSet"));
}

#[test]
fn only_needed_paths_in_home_directories_stay_accessible() {
    let paths = |paths: &[&str]| paths.iter().map(PathBuf::from).collect::<Vec<_>>();
    let opened = |preset, facts: &Facts| {
        let lines = lines(&Selection::of(preset, facts), facts);
        let opened =
            lines.iter().filter(|line| line.directive.starts_with("Bind") || line.directive.starts_with("Read"));
        opened.map(|line| format!("{}={}", line.directive, line.value)).collect::<Vec<_>>()
    };
    let reads =
        paths(&["/home/bob/100%/it's/py", "/home/ann/.local/bin/a b", "/home/ann/w", "/opt/x", "/home/ann/w/x"]);
    let named = paths(&["/home/ann/data.db", "/var/data"]);
    let odd = Facts { reads, named, ..facts(Scope::System, None) };
    assert_eq!(
        opened(Preset::Strict, &odd),
        [
            "BindReadOnlyPaths=\"-/home/ann/.local/bin/a b\"",
            "BindReadOnlyPaths=-/home/ann/data.db",
            "BindReadOnlyPaths=-/home/ann/w",
            "BindReadOnlyPaths=-/home/ann/web",
            "BindReadOnlyPaths=-/home/bob/100%%",
        ]
    );
    assert_eq!(opened(Preset::Safe, &odd), ["BindPaths=-/home/ann", "BindReadOnlyPaths=-/home/bob/100%%"]);
    // Looser levels: the working directory is writable, or home directories are only read-only.
    let at = |directive: &str| MEASURES.iter().position(|measure| measure.directive == directive).unwrap();
    let strict = Selection::of(Preset::Strict, &odd);
    let open = strict.with(at(table::DIR), None);
    let lines = |selection: &Selection| {
        lines(selection, &odd).iter().map(|line| format!("{}={}", line.directive, line.value)).collect::<Vec<_>>()
    };
    assert!(lines(&open).contains(&"BindPaths=-/home/ann/web".to_owned()));
    assert!(lines(&open).contains(&"ReadWritePaths=-/var/data".to_owned()));
    assert!(!lines(&open).iter().any(|line| line.starts_with("StateDirectory")));
    let read_only = open.with(at("ProtectHome"), Some(2));
    assert!(lines(&read_only).contains(&"ReadWritePaths=-/home/ann/web".to_owned()), "{:?}", lines(&read_only));
    let full = strict.with(at("ProtectSystem"), Some(1));
    assert!(lines(&full).contains(&"ReadOnlyPaths=-/var/data".to_owned()), "{:?}", lines(&full));
}

#[test]
fn home_directories_in_use_are_not_hidden() {
    let plain = facts(Scope::System, None);
    for facts in [
        Facts { dir: "/root".into(), ..plain.clone() },
        Facts { dir: "/home".into(), ..plain.clone() },
        Facts { reads: vec!["/home/it's/x".into()], ..plain.clone() },
        typed(plain.clone(), &["RootDirectory=/srv/root"]),
    ] {
        let text = text(Preset::Strict, &facts);
        assert!(!text.contains("ProtectHome") && !text.contains("Bind"), "{text}");
    }
    // If /home is a symlink, both names are hidden.
    let hidden = [hidden_by_default(), vec!["/var/home".into()]].concat();
    let silver = Facts { hidden, reads: vec!["/var/home/ann/.venv".into()], ..plain };
    assert!(has(&text(Preset::Strict, &silver), "BindReadOnlyPaths=-/var/home/ann/.venv"));
}

#[test]
fn directories_of_other_users_are_not_used() {
    let facts = Facts { free: vec!["CacheDirectory"], ..facts(Scope::System, None) };
    let text = text(Preset::Strict, &facts);
    assert!(has(&text, "CacheDirectory=web") && !text.contains("StateDirectory") && !text.contains("LogsDirectory"));
    let odd = Facts { name: UnitName::parse("a:b").unwrap(), ..facts };
    assert!(!super::tests::text(Preset::Strict, &odd).contains("CacheDirectory"));
}

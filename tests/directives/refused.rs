//! Wrong `-p` options: misspelled, in a wrong section, of a wrong kind, too new, removed, or not supported in the
//! scope. Each is refused with its reason.

use mkservice::output::wording::plain_text;
use mkservice::resolve::properties::{Companions, Target, checked};
use mkservice::spec::{Property, Scope};
use mkservice::systemd::directives::{self, InUser, Section};

/// The message about an option and its hint; `None` if it is accepted.
fn said(line: &str, scope: Scope, release: u32) -> Option<String> {
    let property = Property::parse(line.as_bytes()).unwrap_or_else(|why| panic!("{line}: {why}"));
    let refused = checked(
        &property,
        std::slice::from_ref(&property),
        Target { scope, release: Some(release), companions: Companions::default() },
    )
    .err()?;
    Some(plain_text(&refused.why, &refused.hints))
}

#[track_caller]
fn refused(line: &str, scope: Scope, release: u32, reason: &str) {
    match said(line, scope, release) {
        Some(said) => {
            assert!(said.contains(reason), "{line} in {scope} scope on {release}: {said:?} instead of {reason:?}")
        }
        None => panic!("{line} is taken in {scope} scope on {release}"),
    }
}

const RELEASES: [u32; 4] = [247, 252, 257, 262];

#[test]
#[expect(clippy::too_many_lines, reason = "one table of directives")]
fn misspelt_names_get_the_one_that_was_meant() {
    let mut wrong = Vec::new();
    for (typed, meant) in [
        ("Restrt=always", "Restart=always"),
        ("Restar=no", "Restart=no"),
        ("RestartSecs=5", "RestartSec=5"),
        ("ResartSec=5", "RestartSec=5"),
        ("restartsec=5", "RestartSec=5"),
        ("memorymax=1G", "MemoryMax=1G"),
        ("MEMORYMAX=1G", "MemoryMax=1G"),
        ("MemoryMx=1G", "MemoryMax=1G"),
        ("MemMax=1G", "MemoryMax=1G"),
        ("Memory-Max=1G", "MemoryMax=1G"),
        ("CpuQuota=50%", "CPUQuota=50%"),
        ("CPUQouta=50%", "CPUQuota=50%"),
        ("CPUWieght=5", "CPUWeight=5"),
        ("TaskMax=5", "TasksMax=5"),
        ("TasksMac=5", "TasksMax=5"),
        ("Enviroment=A=b", "Environment=A=b"),
        ("Enviornment=A=b", "Environment=A=b"),
        ("Environnement=A=b", "Environment=A=b"),
        ("EnvironmentFiles=/a", "EnvironmentFile=/a"),
        ("WorkingDir=/a", "WorkingDirectory=/a"),
        ("WorkingDirecotry=/a", "WorkingDirectory=/a"),
        ("workingDirectory=/a", "WorkingDirectory=/a"),
        ("Discription=x", "Description=x"),
        ("Descripton=x", "Description=x"),
        ("Documention=man:x", "Documentation=man:x"),
        ("Aftre=a.service", "After=a.service"),
        ("after=a.service", "After=a.service"),
        ("Befor=a.service", "Before=a.service"),
        ("Require=a.service", "Requires=a.service"),
        ("Want=a.service", "Wants=a.service"),
        ("BindTos=a.service", "BindsTo=a.service"),
        ("WantdBy=a.target", "WantedBy=a.target"),
        ("WantBy=a.target", "WantedBy=a.target"),
        ("OnFailur=a.service", "OnFailure=a.service"),
        ("StartLimitInterva=5", "StartLimitIntervalSec=5"),
        ("StartLimitBrust=5", "StartLimitBurst=5"),
        ("StartLimitIntervallSec=5", "StartLimitIntervalSec=5"),
        ("TimeoutStart=5", "TimeoutStartSec=5"),
        ("TimeoutStop=5", "TimeoutStopSec=5"),
        ("TimeOutStopSec=5", "TimeoutStopSec=5"),
        ("RuntimeMax=5", "RuntimeMaxSec=5"),
        ("WatchDogSec=5", "WatchdogSec=5"),
        ("KillSignl=TERM", "KillSignal=TERM"),
        ("KilMode=mixed", "KillMode=mixed"),
        ("ProtectHom=yes", "ProtectHome=yes"),
        ("ProtectSytem=yes", "ProtectSystem=yes"),
        ("ProtectedSystem=yes", "ProtectSystem=yes"),
        ("PrivatTmp=yes", "PrivateTmp=yes"),
        ("PrivateTemp=yes", "PrivateTmp=yes"),
        ("PrivateDevice=yes", "PrivateDevices=yes"),
        ("NoNewPrivilege=yes", "NoNewPrivileges=yes"),
        ("NoNewPriviledges=yes", "NoNewPrivileges=yes"),
        ("ReadWritePath=/a", "ReadWritePaths=/a"),
        ("ReadOnlyPath=/a", "ReadOnlyPaths=/a"),
        ("InaccessiblePath=/a", "InaccessiblePaths=/a"),
        ("LimitNOFILES=5", "LimitNOFILE=5"),
        ("LimitNofile=5", "LimitNOFILE=5"),
        ("limitcore=5", "LimitCORE=5"),
        ("StandardOut=journal", "StandardOutput=journal"),
        ("StandartOutput=journal", "StandardOutput=journal"),
        ("StdandardError=journal", "StandardError=journal"),
        ("SyslogIdentifer=x", "SyslogIdentifier=x"),
        ("UMAsk=022", "UMask=022"),
        ("Umask=022", "UMask=022"),
        ("NIce=5", "Nice=5"),
        ("OOMScore=5", "OOMScoreAdjust=5"),
        ("StateDir=x", "StateDirectory=x"),
        ("RuntimeDirectoy=x", "RuntimeDirectory=x"),
        ("LogDirectory=x", "LogsDirectory=x"),
        ("DynamicUsers=yes", "DynamicUser=yes"),
        ("ExecStartPost1=/bin/true", "ExecStartPost=/bin/true"),
        ("ExecReloads=/bin/true", "ExecReload=/bin/true"),
        ("ExecStartPe=/bin/true", "ExecStartPre=/bin/true"),
        ("AmbientCapability=CAP_KILL", "AmbientCapabilities=CAP_KILL"),
        ("CapabilitiesBoundingSet=CAP_KILL", "CapabilityBoundingSet=CAP_KILL"),
        ("SystemCallFilters=@clock", "SystemCallFilter=@clock"),
        ("ConditionPathExist=/a", "ConditionPathExists=/a"),
        ("ConditionVirtualisation=vm", "ConditionVirtualization=vm"),
        ("SuccessExitStatuses=3", "SuccessExitStatus=3"),
        ("IPAdressDeny=any", "IPAddressDeny=any"),
        ("Slices=a.slice", "Slice=a.slice"),
        ("Delegates=yes", "Delegate=yes"),
    ] {
        let near = said(typed, Scope::System, 252).unwrap_or_default();
        if !near.contains(&format!("-p {}", mkservice::shell::quote(meant))) {
            wrong.push(format!("{typed}: {near}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for nonsense in ["Color=red", "Foo=1", "ThisIsNoDirective=yes", "Zzzzzzzz=1"] {
        refused(nonsense, Scope::User, 252, "is not a directive of systemd");
        assert_eq!(said(nonsense, Scope::User, 263), None, "a newer systemd may know it");
    }
}

#[test]
fn wrong_sections_get_the_right_one() {
    let mut count = 0;
    for directive in directives::all() {
        for section in [Section::Unit, Section::Service, Section::Install] {
            if directives::named(directive.name).iter().any(|it| it.is_in(section)) {
                continue;
            }
            let right = directive.sections().next().unwrap().name();
            let line = format!("{}.{}=x", section.name(), directive.name);
            refused(&line, Scope::System, 252, &format!("[{right}]"));
            count += 1;
        }
        if !directives::named(directive.name).iter().any(|it| it.sections().any(|section| section <= Section::Install))
        {
            refused(&format!("{}=x", directive.name), Scope::System, 252, "belongs in ");
        }
    }
    assert!(count > 500);
}

#[test]
fn newer_directives_name_their_release_and_gone_ones_theirs() {
    let mut count = 0;
    let of_service = |directive: &&directives::Directive| directive.usual_section() <= Section::Install;
    for directive in directives::all().iter().filter(of_service) {
        let line = |release| format!("{}={}", directive.name, directive.example(release));
        if directive.since > 0 {
            let (since, before) = (u32::from(directive.since), u32::from(directive.since) - 1);
            refused(&line(since), Scope::System, before, &format!("requires systemd {since}; this is {before}"));
            count += 1;
        }
        if directive.until != u16::MAX {
            let gone = u32::from(directive.until) + 1;
            refused(&line(gone), Scope::System, gone, &format!("was removed in systemd {gone}"));
        }
    }
    assert!(count > 90, "{count}");
    for (line, release, reason) in [
        ("Type=notify-reload", 252, "requires systemd 253"),
        ("RestartMode=debug", 255, "requires systemd 257"),
        ("PrivateTmp=disconnected", 252, "requires systemd 257"),
        ("FailureAction=soft-reboot", 253, "requires systemd 254"),
        ("PrivateUsers=full", 257, "requires systemd 258"),
        ("MemoryLimit=1G", 252, "-p MemoryMax=1G"),
        ("CPUShares=100", 247, "-p CPUWeight=9"),
        ("RequiresOverridable=a.service", 262, "-p Requires=a.service"),
    ] {
        refused(line, Scope::System, release, reason);
    }
}

#[test]
fn a_users_manager_gets_nothing_that_it_does_not_heed() {
    let mut count = 0;
    for directive in directives::all().iter().filter(|directive| directive.usual_section() <= Section::Install) {
        for release in RELEASES.into_iter().filter(|release| directive.is_known_to(*release)) {
            if directive.kind.name == "Obsolete" {
                continue;
            }
            let line = format!("{}={}", directive.name, directive.example(release));
            let reason = match directive.in_user {
                InUser::Dies | InUser::Ignored => "requires root privileges",
                InUser::Confined if release < 254 => "has no effect in a user manager",
                InUser::ConfinedOrDies if release < 254 => "keeps a service from starting",
                InUser::Credential if release < 256 => "cannot be decrypted",
                _ => {
                    assert_eq!(said(&line, Scope::User, release), None, "{line} on {release}");
                    continue;
                }
            };
            refused(&line, Scope::User, release, reason);
            refused(&line, Scope::User, release, "--system");
            assert_eq!(said(&line, Scope::System, release), None, "{line} on {release}");
            count += 1;
        }
    }
    assert!(count > 100, "{count}");
    let both: Vec<Property> =
        ["PrivateUsers=yes", "ProtectSystem=strict"].map(|line| Property::parse(line.as_bytes()).unwrap()).into();
    for property in &both {
        let target = Target { scope: Scope::User, release: Some(252), companions: Companions::default() };
        assert_eq!(checked(property, &both, target), Ok(()));
    }
}

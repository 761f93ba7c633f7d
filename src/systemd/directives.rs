//! Which section of a unit file a directive belongs to.
//!
//! The names are those that systemd 247 to 262 list themselves (`systemd --dump-configuration-items`).

/// A section of a `.service` file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// `[Unit]`: what systemd.unit(5) describes.
    Unit,
    /// `[Service]`: systemd.service(5), .exec(5), .kill(5) and .resource-control(5).
    Service,
    /// `[Install]`: what `systemctl enable` reads.
    Install,
}

/// The section that `directive` belongs to in a `.service` file: the one that is not
/// `[Service]` where its name says so, `[Service]` for all others.
pub fn section_of(directive: &str) -> Section {
    if INSTALL.contains(&directive) {
        Section::Install
    } else if UNIT.binary_search(&directive).is_ok() {
        Section::Unit
    } else {
        Section::Service
    }
}

const INSTALL: [&str; 6] = ["Alias", "Also", "DefaultInstance", "RequiredBy", "UpheldBy", "WantedBy"];

/// Sorted, for the binary search.
const UNIT: [&str; 125] = [
    "After",
    "AllowIsolate",
    "AssertACPower",
    "AssertArchitecture",
    "AssertCPUFeature",
    "AssertCPUPressure",
    "AssertCPUs",
    "AssertCapability",
    "AssertControlGroupController",
    "AssertCredential",
    "AssertDirectoryNotEmpty",
    "AssertEnvironment",
    "AssertFileIsExecutable",
    "AssertFileNotEmpty",
    "AssertFirstBoot",
    "AssertFraction",
    "AssertGroup",
    "AssertHost",
    "AssertIOPressure",
    "AssertKernelCommandLine",
    "AssertKernelModuleLoaded",
    "AssertKernelVersion",
    "AssertMachineTag",
    "AssertMemory",
    "AssertMemoryPressure",
    "AssertNeedsUpdate",
    "AssertOSRelease",
    "AssertPathExists",
    "AssertPathExistsGlob",
    "AssertPathIsDirectory",
    "AssertPathIsEncrypted",
    "AssertPathIsMountPoint",
    "AssertPathIsReadWrite",
    "AssertPathIsSocket",
    "AssertPathIsSymbolicLink",
    "AssertSecurity",
    "AssertUser",
    "AssertVersion",
    "AssertVirtualization",
    "Before",
    "BindTo",
    "BindsTo",
    "CollectMode",
    "ConditionACPower",
    "ConditionArchitecture",
    "ConditionCPUFeature",
    "ConditionCPUPressure",
    "ConditionCPUs",
    "ConditionCapability",
    "ConditionControlGroupController",
    "ConditionCredential",
    "ConditionDirectoryNotEmpty",
    "ConditionEnvironment",
    "ConditionFileIsExecutable",
    "ConditionFileNotEmpty",
    "ConditionFirmware",
    "ConditionFirstBoot",
    "ConditionFraction",
    "ConditionGroup",
    "ConditionHost",
    "ConditionIOPressure",
    "ConditionKernelCommandLine",
    "ConditionKernelModuleLoaded",
    "ConditionKernelVersion",
    "ConditionMachineTag",
    "ConditionMemory",
    "ConditionMemoryPressure",
    "ConditionNeedsUpdate",
    "ConditionOSRelease",
    "ConditionPathExists",
    "ConditionPathExistsGlob",
    "ConditionPathIsDirectory",
    "ConditionPathIsEncrypted",
    "ConditionPathIsMountPoint",
    "ConditionPathIsReadWrite",
    "ConditionPathIsSocket",
    "ConditionPathIsSymbolicLink",
    "ConditionSecurity",
    "ConditionUser",
    "ConditionVersion",
    "ConditionVirtualization",
    "Conflicts",
    "DefaultDependencies",
    "Description",
    "Documentation",
    "FailureAction",
    "FailureActionExitStatus",
    "IgnoreOnIsolate",
    "JobRunningTimeoutSec",
    "JobTimeoutAction",
    "JobTimeoutRebootArgument",
    "JobTimeoutSec",
    "JoinsNamespaceOf",
    "OnFailure",
    "OnFailureIsolate",
    "OnFailureJobMode",
    "OnSuccess",
    "OnSuccessJobMode",
    "PartOf",
    "PropagateReloadFrom",
    "PropagateReloadTo",
    "PropagatesReloadTo",
    "PropagatesStopTo",
    "RebootArgument",
    "RefuseManualStart",
    "RefuseManualStop",
    "ReloadPropagatedFrom",
    "Requires",
    "RequiresMountsFor",
    "RequiresOverridable",
    "Requisite",
    "RequisiteOverridable",
    "SourcePath",
    "StartLimitAction",
    "StartLimitBurst",
    "StartLimitInterval",
    "StartLimitIntervalSec",
    "StopPropagatedFrom",
    "StopWhenUnneeded",
    "SuccessAction",
    "SuccessActionExitStatus",
    "SurviveFinalKillSignal",
    "Upholds",
    "Wants",
    "WantsMountsFor",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections() {
        assert!(UNIT.is_sorted());
        assert_eq!(section_of("After"), Section::Unit);
        assert_eq!(section_of("MemoryMax"), Section::Service);
        assert_eq!(section_of("WantedBy"), Section::Install);
    }
}

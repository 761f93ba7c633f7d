//! Kinds of values.

/// An enum whose variants are found by their names.
macro_rules! named {
    ($(#[$outer:meta])* pub enum $type:ident { $($(#[$inner:meta])* $variant:ident,)* }) => {
        $(#[$outer])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[allow(missing_docs, reason = "the names say it")]
        pub enum $type { $($(#[$inner])* $variant,)* }

        impl $type {
            /// All of them.
            pub const ALL: &[$type] = &[$($type::$variant),*];

            /// As it is written.
            pub const fn name(self) -> &'static str {
                match self { $($type::$variant => stringify!($variant),)* }
            }

            /// The one of this name.
            pub fn parse(name: &str) -> Option<$type> {
                $type::ALL.iter().copied().find(|one| one.name() == name)
            }
        }
    };
}
pub(super) use named;

named! {
    /// The kind of a directive's value.
    pub enum Kind {
        Account,
        Accounts,
        Action,
        AddressFamilies,
        Architectures,
        Assignments,
        Base64,
        BindIpv6Only,
        BindPaths,
        Boolean,
        BooleanOrNothing,
        BpfDelegate,
        BpfPaths,
        BpfProgram,
        BusName,
        Calendar,
        Capabilities,
        CollectMode,
        Command,
        Condition,
        ConditionPath,
        Controllers,
        CoredumpFilter,
        CpuAffinity,
        CpuPolicy,
        CpuPriority,
        CpuQuota,
        CpuSet,
        CpuSetPartition,
        CpuWeight,
        DeferTrigger,
        Delegate,
        DeviceAllow,
        DeviceBandwidth,
        DeviceLatency,
        DevicePolicy,
        DeviceWeight,
        Directories,
        Elsewhere,
        EnvironmentFile,
        Errno,
        ExitByte,
        ExitType,
        Facility,
        FailureMode,
        FdName,
        FileSystems,
        IecSize,
        ImageOptions,
        ImagePolicy,
        Images,
        ImportCredential,
        Input,
        InputText,
        InstallUnits,
        Instance,
        Integer,
        Interface,
        Interfaces,
        IoClass,
        IoPriority,
        IoWeight,
        IpPrefixes,
        IpTos,
        JobMode,
        KeyringMode,
        KillMode,
        Label,
        Level,
        LimitMicros,
        LimitNice,
        LimitNumber,
        LimitSize,
        LimitSpan,
        ListenAddress,
        ListenNetlink,
        ListenPacket,
        ListenPath,
        ListenSpecial,
        LoadCredential,
        LogFields,
        LogNamespace,
        LogPattern,
        Long,
        ManagedOom,
        Memory,
        MemoryThp,
        MessageSize,
        Mode,
        MountFlags,
        MountImages,
        MountsFor,
        Namespaces,
        Nanoseconds,
        NftSet,
        Nice,
        NodeSet,
        NotifyAccess,
        NumaMask,
        NumaPolicy,
        Obsolete,
        OomDuration,
        OomPolicy,
        OomPreference,
        OomRules,
        OomScore,
        OpenFile,
        Output,
        Path,
        PathList,
        PathOrNothing,
        Permille,
        Personality,
        PidFile,
        PlainText,
        PreserveMode,
        PressureWatch,
        PrivateBpf,
        PrivatePids,
        PrivateTmp,
        PrivateUsers,
        ProcSubset,
        ProtectControlGroups,
        ProtectHome,
        ProtectHostname,
        ProtectProc,
        ProtectSystem,
        Quota,
        RebootArgument,
        RefreshOnReload,
        Restart,
        RestartMode,
        RootHash,
        RootHashSignature,
        SearchPaths,
        SecureBits,
        ServiceUnit,
        SetCredential,
        SetCredentialEncrypted,
        Signal,
        Slice,
        SocketBind,
        SocketProtocol,
        Sockets,
        Span,
        SpanOrNothing,
        Statuses,
        Subgroup,
        Symlinks,
        SystemCalls,
        Tasks,
        TemporaryFileSystems,
        Text,
        Timeout,
        TimeoutAbort,
        TimerSpan,
        Timestamping,
        TriggeredUnit,
        Tristate,
        TtySize,
        Type,
        Units,
        Unset,
        Unsigned,
        Urls,
        UtmpMode,
        VariableNames,
        WatchedPath,
        WorkingDirectory,
        XAttrs,
    }
}

impl Kind {
    /// True if only the kernel or systemd can check more than the form, such as the names of system calls.
    pub fn is_judged_by_systemd(self) -> bool {
        matches!(
            self,
            Kind::SystemCalls
                | Kind::CpuPriority
                | Kind::LogPattern
                | Kind::OomRules
                | Kind::XAttrs
                | Kind::ImagePolicy
                | Kind::BpfDelegate
        )
    }
}

//! The machine as a whole: its name, its kernel, and whether that kernel can do macvlan.

/// Facts about the host that do not belong to a namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// `gethostname(2)`, made printable.
    pub hostname: String,
    /// `uname -r`.
    pub kernel: String,
    /// Whether macvlan links can be made here.
    pub support: MacvlanSupport,
}

impl Default for Host {
    fn default() -> Self {
        Self { hostname: String::new(), kernel: String::new(), support: MacvlanSupport::Unknown }
    }
}

/// Where the macvlan driver of the running kernel is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MacvlanSupport {
    /// Part of the kernel image (`modules.builtin`, or no module and yet in use).
    BuiltIn,
    /// A module, loaded (`/sys/module/macvlan`).
    Loaded,
    /// A module, not loaded; the kernel loads it with the first macvlan.
    Loadable,
    /// Neither in the image nor among the modules.
    Missing,
    /// Nothing here says; a container without `/lib/modules` for example.
    Unknown,
}

impl MacvlanSupport {
    /// Every value, for tables and tests.
    pub const ALL: [Self; 5] =
        [Self::BuiltIn, Self::Loaded, Self::Loadable, Self::Missing, Self::Unknown];

    /// The word in the JSON document.
    pub fn name(self) -> &'static str {
        match self {
            Self::BuiltIn => "built-in",
            Self::Loaded => "loaded",
            Self::Loadable => "loadable",
            Self::Missing => "missing",
            Self::Unknown => "unknown",
        }
    }

    /// The words in the header.
    pub fn label(self) -> &'static str {
        match self {
            Self::BuiltIn => "macvlan built in",
            Self::Loaded => "macvlan loaded",
            Self::Loadable => "macvlan loadable",
            Self::Missing => "macvlan missing",
            Self::Unknown => "macvlan support unknown",
        }
    }

    /// What an operator can do about it; `None` where nothing needs doing.
    pub fn advice(self) -> Option<&'static str> {
        match self {
            Self::BuiltIn | Self::Loaded => None,
            Self::Loadable => Some("load it with: modprobe macvlan"),
            Self::Missing => Some(
                "install the kernel's module package (linux-modules-extra-$(uname -r) on Ubuntu, \
                 kernel-modules on Fedora) or a kernel built with CONFIG_MACVLAN",
            ),
            Self::Unknown => Some("ask the host: modprobe -n macvlan && echo available"),
        }
    }
}

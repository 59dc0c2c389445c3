//! What belongs to macvlans: mode, flags, source list.

use super::{Verdict, require};
use crate::model::{Link, Macvlan, MacvlanFlags, Mode, Topology};
use crate::plan::{Refusal, Rule};

/// The macvlan part of a link that must have one for this property.
pub(in crate::plan) fn must_be_macvlan<'a>(
    topology: &Topology,
    link: &'a Link,
    property: &str,
) -> Result<&'a Macvlan, Refusal> {
    link.macvlan().ok_or_else(|| {
        let described = topology.describe(link.key);
        Refusal::new(
            Rule::NotMacvlan,
            format!(
                "{described} is of kind {}, and only macvlans have a {property}",
                link.kind.name()
            ),
            "choose a macvlan or macvtap",
        )
    })
}

/// Passthru is for life.
pub(in crate::plan) fn may_change_mode(
    topology: &Topology,
    link: &Link,
    from: Mode,
    to: Mode,
) -> Verdict {
    let described = topology.describe(link.key);
    let wanted = if to == Mode::Passthru { "passthru" } else { "another" };
    require(
        (from == Mode::Passthru) == (to == Mode::Passthru),
        Rule::ChangePassthru,
        || format!("{described} is in {from} mode, and passthru can only be chosen at the start"),
        || format!("delete {described} and create it again in {wanted} mode"),
    )
}

/// nopromisc is for passthru, nodst for source mode. `from` is `None` for a new link.
pub(in crate::plan) fn may_have_flags(
    what: &str,
    mode: Mode,
    up: bool,
    from: Option<MacvlanFlags>,
    to: MacvlanFlags,
) -> Verdict {
    let old = from.unwrap_or_default();
    let gains = |bit: u16| to.has(bit) && !old.has(bit);
    let toggles = old.has(MacvlanFlags::NOPROMISC) != to.has(MacvlanFlags::NOPROMISC);
    require(
        mode == Mode::Passthru || !gains(MacvlanFlags::NOPROMISC),
        Rule::NopromiscOutsidePassthru,
        || format!("{what} is in {mode} mode, and nopromisc has an effect only in passthru"),
        || "leave nopromisc off".into(),
    )?;
    require(
        mode == Mode::Source || !gains(MacvlanFlags::NODST),
        Rule::SourceOutsideSourceMode,
        || format!("{what} is in {mode} mode, and nodst has an effect only in source mode"),
        || "change the mode to source first".into(),
    )?;
    require(
        from.is_none() || mode != Mode::Passthru || up || !toggles,
        Rule::NopromiscWhileDown,
        || {
            format!(
                "{what} is down, and changing nopromisc then makes the kernel miscount the \
                 parent's promiscuity for good"
            )
        },
        || "set it up first".into(),
    )
}

/// Source lists are for source mode.
pub(in crate::plan) fn may_have_sources(what: &str, mode: Mode) -> Verdict {
    require(
        mode == Mode::Source,
        Rule::SourceOutsideSourceMode,
        || format!("{what} is in {mode} mode, and only source mode has a list of source MACs"),
        || "change the mode to source first".into(),
    )
}

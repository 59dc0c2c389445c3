//! Named namespaces that come and go.

use super::super::draft::Draft;
use super::super::rules::{named, netns_name};
use super::super::{Op, Place, Refusal, Rule, simulate};
use crate::model::{NetnsId, Text};

pub(super) fn create(draft: &mut Draft<'_>, name: &Text) -> Result<(), Refusal> {
    make(draft, name)?;
    draft.summary.push(format!("+ namespace {name}"));
    Ok(())
}

/// Makes the namespace; where it is from now on.
pub(super) fn make(draft: &mut Draft<'_>, name: &Text) -> Result<NetnsId, Refusal> {
    netns_name(&draft.now, name)?;
    draft.push(Op::CreateNetns { name: name.clone() });
    simulate::find_netns(&draft.now, &Place::New(name.clone())).ok_or_else(|| {
        // The simulation has just made it.
        Refusal::new(Rule::Unseen, format!("namespace {name} is not there"), "create it first")
    })
}

pub(super) fn delete(draft: &mut Draft<'_>, id: NetnsId) -> Result<(), Refusal> {
    let name = named(&draft.now, id)?;
    draft.summary.push(format!("- namespace {name}"));
    draft.push(Op::DeleteNetns { name });
    Ok(())
}

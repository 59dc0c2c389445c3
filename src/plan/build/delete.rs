//! Links that go.

use super::super::draft::Draft;
use super::super::rules::{deletable, enterable, seen_link};
use super::super::{Op, Refusal};
use crate::model::LinkKey;

pub(super) fn delete(draft: &mut Draft<'_>, key: LinkKey) -> Result<(), Refusal> {
    let key = draft.link(key).map_or(key, |link| link.key);
    let link = seen_link(&draft.now, key)?;
    deletable(&draft.now, link)?;
    enterable(&draft.now, key.netns)?;
    let summary = format!("- {} ({})", draft.now.describe(key), link.kind.name());
    draft.summary.push(summary);
    if let Some(target) = draft.target(key) {
        draft.push(Op::Delete(target));
    }
    Ok(())
}

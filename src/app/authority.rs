//! What may be changed. The reducer refuses the rest before anything is planned; the runtime does
//! not even start what could do it.

use super::App;
use crate::model::NetnsId;
use crate::plan::{Edit, Place, Request};

/// What may be changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Authority {
    /// Whatever the kernel lets us change.
    #[default]
    All,
    /// Only our own namespace; a sentence about what is missing for the others.
    Own(String),
    /// Nothing; a sentence about what is missing.
    None(String),
    /// Nothing, by the user's wish.
    ReadOnly,
}

impl App {
    /// Whether links of a namespace may be changed; the error is a sentence that says why not.
    pub(super) fn may_change(&self, netns: NetnsId) -> Result<(), String> {
        let is_own = self.topology.namespace(netns).is_some_and(|found| found.netns.current);
        match &self.settings.authority {
            Authority::Own(_) if is_own => Ok(()),
            Authority::Own(missing) => {
                Err(format!("can't change namespace {}: {missing}", self.topology.label(netns)))
            }
            _ => self.may_change_all(),
        }
    }

    /// Whether namespaces may be made and named.
    pub(super) fn may_change_all(&self) -> Result<(), String> {
        match &self.settings.authority {
            Authority::All => Ok(()),
            Authority::Own(missing) => Err(format!("can't make or delete namespaces: {missing}")),
            Authority::None(missing) => Err(format!("can't change anything: {missing}")),
            Authority::ReadOnly => {
                Err("read-only: nothing is changed; start macvlens without --read-only".into())
            }
        }
    }

    /// Whether all that requests touch may be changed.
    pub(super) fn may_do(&self, requests: &[Request]) -> Result<(), String> {
        let goes_to = |place: &Place| match place {
            Place::Known(netns) => self.may_change(*netns),
            Place::New(_) => self.may_change_all(),
        };
        for request in requests {
            match request {
                Request::Create(new) => {
                    self.may_change(new.parent.netns)?;
                    goes_to(&new.netns)?;
                }
                Request::Edit { link, edits } => {
                    self.may_change(link.netns)?;
                    for edit in edits {
                        if let Edit::Netns(place) = edit {
                            goes_to(place)?;
                        }
                    }
                }
                Request::Delete(link) => self.may_change(link.netns)?,
                Request::CreateNetns(_) | Request::DeleteNetns(_) => self.may_change_all()?,
            }
        }
        Ok(())
    }
}

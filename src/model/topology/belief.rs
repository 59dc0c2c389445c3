//! What engines say of the host: their networks joined with the links, and the names that they give
//! to the containers in its namespaces.

use super::super::belief::{Belief, Container, SourceId};
use super::super::{
    LinkKey, MemberKey, MemberView, Netns, NetworkKey, NetworkView, Owner, Problem, ProblemSource,
    Topology,
};
use super::{Happening, Memberships};

impl Topology {
    /// All macvlan and ipvlan networks that engines tell of, by name. One that two sources tell of
    /// is there once.
    pub fn networks(&self) -> impl ExactSizeIterator<Item = NetworkView<'_>> {
        self.memberships().networks(&self.told)
    }

    /// A network by identity.
    pub fn network(&self, key: NetworkKey) -> Option<NetworkView<'_>> {
        self.memberships().network(&self.told, key)
    }

    /// A member of a network by identity.
    pub fn member(&self, key: MemberKey) -> Option<(NetworkView<'_>, MemberView<'_>)> {
        self.memberships().member(&self.told, key)
    }

    /// The network that made a link, and the link's place in it.
    pub fn membership(&self, link: LinkKey) -> Option<(NetworkView<'_>, MemberView<'_>)> {
        self.memberships().of_link(&self.told, link)
    }

    /// The networks that have this link as their parent, by name.
    pub fn networks_on(&self, parent: LinkKey) -> impl ExactSizeIterator<Item = NetworkView<'_>> {
        self.memberships().on(&self.told, parent)
    }

    /// What is said of a container, by the first source that knows its name and may speak of it.
    pub fn container(&self, owner: &Owner) -> Option<&Container> {
        self.told.container(owner)
    }

    /// What every source says.
    pub fn beliefs(&self) -> impl ExactSizeIterator<Item = &Belief> {
        self.told.beliefs()
    }

    /// What engines and configuration files of networks did not tell.
    pub fn untold(&self) -> impl Iterator<Item = &Problem> {
        let of_beliefs = |(source, list)| match source {
            &ProblemSource::Belief(_) => Some(list),
            _ => None,
        };
        self.problems.iter().filter_map(of_beliefs).flatten()
    }

    fn memberships(&self) -> &Memberships {
        self.memberships.get_or_init(|| Memberships::of(self, &self.told))
    }

    /// Names of containers follow what their engine says of them now.
    pub(super) fn apply_belief(
        &mut self,
        source: SourceId,
        belief: Option<Belief>,
    ) -> Vec<Happening> {
        if !self.told.take(source, belief) {
            return Vec::new();
        }
        self.memberships.take();
        let renamed: Vec<Netns> = self
            .namespaces()
            .filter_map(|namespace| {
                let owner = self.as_told(namespace.netns.owner.as_deref()?)?;
                Some(Netns { owner: Some(Box::new(owner)), ..namespace.netns.clone() })
            })
            .collect();
        renamed.into_iter().flat_map(|netns| self.apply_netns(netns)).collect()
    }

    /// An owner as its engine calls it; `None` where that tells nothing new.
    pub(super) fn as_told(&self, owner: &Owner) -> Option<Owner> {
        let is_known = |owner: &Owner| self.container(owner).is_some();
        if !owner.all().any(is_known) {
            return None;
        }
        let mut told = owner.clone();
        self.name(&mut told);
        told.members.iter_mut().for_each(|member| self.name(member));
        (told != *owner).then_some(told)
    }

    /// A pod has its name from Kubernetes, and so have the containers in it; what an engine calls
    /// them is made up of that.
    fn name(&self, owner: &mut Owner) {
        let Some(container) = self.container(owner) else { return };
        let is_sandbox = |pod: &super::super::Pod| pod.sandbox == owner.id;
        if owner.pod.is_none() && !container.name.is_empty() {
            owner.name = container.name.clone();
            owner.unread = None;
        }
        if container.image.is_some() && !owner.pod.as_ref().is_some_and(is_sandbox) {
            owner.image.clone_from(&container.image);
        }
    }
}

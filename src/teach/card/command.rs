//! The `ip` commands of a mode, for the links that a card was opened on.

use crate::model::{LinkKey, LinkKind, Mode, Topology};
use crate::plan::{self, Edit, NewKind, NewLink, NewMacvlan, Op, Place, Request, ip_command};

/// What a card was opened on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A sub-interface.
    Link(LinkKey),
    /// One that a form is about to make.
    New(Box<NewLink>),
}

/// A command, ready for a shell, or why there is none, as a sentence.
pub type Command = Result<String, String>;

/// How an interface is made in a mode, and then how it is brought into it. Without a subject, or with
/// one that no command leads to, names stand for it.
pub fn commands(topology: &Topology, subject: Option<&Subject>, mode: Mode) -> Vec<Command> {
    let new = match subject {
        Some(Subject::Link(key)) => like(topology, *key, mode),
        Some(Subject::New(new)) => Some(in_mode(new.as_ref().clone(), mode)),
        None => None,
    };
    let create = new.and_then(|new| ip_command::command(topology, &Op::Create(Box::new(new))));
    let create = create.unwrap_or_else(|| {
        format!("ip link add link ens8 name macvlan1 type macvlan mode {}", mode.name())
    });
    let mut commands = vec![Ok(create)];
    let change = match subject {
        Some(Subject::New(_)) => return commands,
        Some(Subject::Link(key)) if topology.link(*key).is_some() => change(topology, *key, mode),
        _ if mode == Mode::Passthru => {
            Err("No interface can be brought into passthru, or out of it.".into())
        }
        _ => Ok(format!("ip link set dev macvlan1 type macvlan mode {}", mode.name())),
    };
    commands.push(change);
    commands
}

/// A link like this one, in another mode.
fn like(topology: &Topology, key: LinkKey, mode: Mode) -> Option<NewLink> {
    let link = topology.link(key)?;
    let parent = topology.parent_of(link)?.key;
    let kind = match link.kind {
        LinkKind::Macvtap(_) => NewKind::Macvtap,
        _ => NewKind::Macvlan,
    };
    let kind = kind(NewMacvlan::new(mode));
    Some(NewLink::new(kind, parent, link.name.clone(), Place::Known(key.netns)))
}

fn in_mode(mut new: NewLink, mode: Mode) -> NewLink {
    match &mut new.kind {
        NewKind::Macvlan(macvlan) | NewKind::Macvtap(macvlan) if macvlan.mode != mode => {
            *macvlan = NewMacvlan::new(mode);
        }
        _ => {}
    }
    new
}

fn change(topology: &Topology, key: LinkKey, mode: Mode) -> Command {
    let now = topology.link(key).and_then(|link| link.macvlan()).map(|macvlan| macvlan.mode);
    if now == Some(mode) {
        return Err(format!("{} is in this mode.", topology.describe(key)));
    }
    let request = Request::Edit { link: key, edits: vec![Edit::Mode(mode)] };
    let plan = plan::build(topology, &[request]).map_err(|refusal| refusal.to_string())?;
    let steps: Vec<_> = plan.steps.into_iter().map(|step| step.command).collect();
    Ok(steps.join(" && "))
}

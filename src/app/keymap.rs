//! The key table: the one source of what a key does, the footer's hints, the help screen, the
//! palette, the README's table and the names in the configuration file.

use std::fmt::Write as _;

use super::action::{Action, Motion, Verb};
use super::chord::Chord;

/// Where a key is valid. Where several scopes are, the first that has the key decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Wherever no text is typed.
    Anywhere,
    /// While the trees are on the screen.
    Browse,
    /// While rows are being marked.
    Mark,
    /// While a change waits to be kept.
    Pending,
    /// Where it says who reaches whom.
    Reach,
    /// On mode cards.
    Cards,
    /// On a mode that can be chosen, where nothing is typed yet.
    Choice,
    /// Where it shows what passes an interface.
    Packets,
    /// In the list of warnings.
    Warnings,
    /// While a change waits for an answer.
    Confirm,
    /// Where it says that a change could not be made.
    Failed,
    /// In a form.
    Form,
    /// While text is typed.
    Prompt,
    /// In the list of lessons.
    Lessons,
    /// While a lesson is open, whatever else is.
    Lesson,
    /// While a lesson performs itself.
    Play,
}

impl Scope {
    /// Every scope with its title on the help screen, in that screen's order.
    pub const ALL: [(Self, &'static str); 16] = [
        (Self::Browse, "Trees"),
        (Self::Mark, "Marking rows"),
        (Self::Anywhere, "Everywhere"),
        (Self::Reach, "Who reaches whom"),
        (Self::Cards, "Mode cards"),
        (Self::Choice, "Choosing a mode"),
        (Self::Packets, "Packets"),
        (Self::Form, "In a form"),
        (Self::Confirm, "Before a change"),
        (Self::Pending, "While a change waits to be kept"),
        (Self::Failed, "After a failed change"),
        (Self::Warnings, "List of warnings"),
        (Self::Prompt, "While typing"),
        (Self::Lessons, "List of lessons"),
        (Self::Lesson, "While a lesson is open"),
        (Self::Play, "While a lesson performs itself"),
    ];

    /// Whether a key can mean only one of two things that are valid here and there. All other
    /// scopes are alone, or lie over these and take keys from them.
    fn overlaps(self, other: Self) -> bool {
        let common = [Self::Anywhere, Self::Browse, Self::Warnings, Self::Lessons];
        let both = common.contains(&self) && common.contains(&other);
        self == other || both && (self == Self::Anywhere || other == Self::Anywhere)
    }
}

/// A row of the key table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Name in the palette and in the configuration file.
    pub name: &'static str,
    /// Where its keys are valid.
    pub scope: Scope,
    /// Its keys, separated by spaces.
    pub keys: &'static str,
    /// What they do.
    pub action: Action,
    /// A word for the footer; empty where the footer says nothing.
    pub hint: &'static str,
    /// A sentence for the help screen.
    pub help: &'static str,
}

const fn row(
    name: &'static str,
    scope: Scope,
    keys: &'static str,
    action: Action,
    hint: &'static str,
    help: &'static str,
) -> Row {
    Row { name, scope, keys, action, hint, help }
}

/// The key table. The footer shows the hints in this order, as many as fit.
#[rustfmt::skip]
pub const TABLE: &[Row] = {
    use Action as A;
    use Motion as M;
    use Scope::{
        Anywhere, Browse, Cards, Choice, Confirm, Failed, Form, Lesson, Lessons, Mark, Packets, Pending, Play,
        Prompt, Reach, Warnings,
    };
    use Verb as V;
    &[
    row("show-lesson", Lesson, "F9", A::ShowLesson, "lesson", "Put the lesson's pane away, or show it again."),
    row("keep", Pending, "K", A::Keep, "keep the change", "Let the change stand that would revert by itself."),
    row("revert-now", Pending, "R z", A::Revert, "revert it now", "Revert at once the change that waits to be kept."),
    row("mark-row", Mark, "Space", A::Mark, "mark", "Mark the row, or take its mark away, and go down; a change is then for all marked rows."),
    row("other-answer", Confirm, "Left Right Tab Shift-Tab h l", A::OtherAnswer, "choose", "Go to the other answer."),
    row("decide", Confirm, "Enter", A::Decide, "take it", "Take the answer in brackets."),
    row("copy-plan", Confirm, "y Y", A::CopyPlan, "copy", "Copy the ip commands of the change."),
    row("revert-by-itself", Confirm, "r", A::RevertByItself, "revert by itself", "Let the change revert by itself unless it is kept in time, or not."),
    row("again", Failed, "Enter", A::Again, "plan it again", "Plan the same once more, from what is there now."),
    row("choice-card", Choice, "i", A::ChoiceCard, "what it does", "Show the card of the mode in front of you; in a list only before anything is typed."),
    row("open-card", Cards, "Enter", A::OpenCard, "open", "In the list of modes, open the card of the selected one."),
    row("previous-mode", Cards, "Left h", A::PreviousMode, "", "The card of the mode before."),
    row("next-mode", Cards, "Right l", A::NextMode, "next mode", "The card of the next mode."),
    row("next-field", Form, "Tab Down", A::NextField, "next", "To the next field."),
    row("previous-field", Form, "Shift-Tab Up", A::PreviousField, "", "To the field before."),
    row("next-value", Form, "Right", A::NextValue, "other value", "The next of a field's values; in text, a character to the right."),
    row("previous-value", Form, "Left", A::PreviousValue, "", "The value before; in text, a character to the left."),
    row("field-done", Form, "Enter", A::FieldDone, "", "To the next field; from the last one, to the plan."),
    row("plan", Form, "Ctrl-S", A::PlanForm, "show the plan", "Show what would be done, and ask."),
    row("leave-form", Form, "Esc Ctrl-C", A::LeaveForm, "cancel", "Leave the form; nothing is changed."),
    row("probe", Reach, "p", A::Probe, "probe", "Send a few frames between the selected two, both ways, and compare what arrives with the prediction; where both have addresses, ask for them and for an echo, too. In the outside ask for one address that you give."),
    row("path", Reach, "Enter", A::Path, "the way", "Draw the way of frames between the selected two, with the place where they are dropped; again to close it."),
    row("fix", Reach, "f", A::Fix, "fix", "Plan the smallest change that would let the selected two talk, and ask."),
    row("assume-switch", Reach, "H", A::AssumeSwitch, "hairpin", "Assume that a switch out of sight sends frames back to where they came from, or not; a bridge of this host is asked to, by turning hairpin of its port on or off."),
    row("probe-all", Reach, "P", A::ProbeAll, "probe all", "Probe all pairs of interfaces, one after the other; again to stop."),
    row("fix-commands", Reach, "y", A::CopyFix, "copy fix", "Copy the commands of that change."),
    row("previous-column", Reach, "Left h", A::PreviousColumn, "", "One column to the left; in a list, the sender before."),
    row("next-column", Reach, "Right l", A::NextColumn, "", "One column to the right; in a list, the next sender."),
    row("packet", Packets, "Enter", A::Packet, "the packet", "Show all that is known of the selected packet, with its first bytes; again to close it."),
    row("hold-packets", Packets, "p Space", A::HoldPackets, "pause", "Hold the list still and count what comes; again to let it go on with the newest of that."),
    row("packet-filter", Packets, "/", A::FilterPackets, "filter", "Show only packets in which all words occur, in any case: in the protocol, the names, the MACs or the text; ! inverts a word."),
    row("write-packets", Packets, "x", A::WritePackets, "write", "Write the packets of the list and all that follow to a new file, as pcapng for Wireshark; again to end that."),
    row("clear-packets", Packets, "c", A::ClearPackets, "clear", "Empty the list; a file that is being written is not touched."),
    row("go-to", Warnings, "Enter", A::GoTo, "go to it", "Select what the warning is about."),
    row("start-lesson", Lessons, "Enter", A::StartLesson, "begin", "Build the lesson's lab and begin."),
    row("lesson-down", Lesson, "Alt-Down Ctrl-Down", A::LessonDown, "more text", "Scroll the lesson's text down."),
    row("lesson-up", Lesson, "Alt-Up Ctrl-Up", A::LessonUp, "text before", "Scroll the lesson's text up."),
    row("hint", Lesson, "F2", A::Hint, "hint", "Show a hint, or put it away."),
    row("do-step", Lesson, "F3", A::DoStep, "do it for me", "Press the step's keys for you."),
    row("next-step", Lesson, "F4", A::NextStep, "next", "Go to the next step, also when this one is not done."),
    row("previous-step", Lesson, "F6", A::PreviousStep, "back", "Go to the step before."),
    row("close-lesson", Lesson, "F8", A::CloseLesson, "close", "Close the lesson; the lab stays."),
    row("restart-lesson", Lesson, "F7", A::RestartLesson, "restart", "Build the lab anew and begin again."),
    row("pause-play", Play, "Space", A::PausePlay, "pause or go on", "Stop the lesson, or let it go on."),
    row("step-play", Play, "Right Enter", A::StepPlay, "step", "Do the next thing at once: press a key, or go to the next step."),
    row("leave-play", Play, "Esc", A::LeavePlay, "take over", "End the play; the lesson goes on with your keys."),
    row("back", Anywhere, "Esc", A::Back, "back", "Close what is on top; on the trees and among packets, drop the filter first."),
    row("details", Browse, "Enter d", A::Details, "details", "Show everything known of the selected row."),
    row("create", Browse, "c", A::Change(V::Create), "create", "Make a macvlan, macvtap or VLAN on the selected parent, or on that of the selected sub-interface."),
    row("mode", Browse, "m", A::Change(V::Mode), "mode", "Choose another macvlan mode."),
    row("edit", Browse, "e", A::Change(V::Edit), "edit", "Change name, alias, MAC, MTU, flags, queues, source MACs and addresses."),
    row("delete", Browse, "D Delete", A::Change(V::Delete), "delete", "Delete the link, or the name of the namespace."),
    row("reach", Browse, "r", A::Reach, "reach", "Show who reaches whom on the selected parent, from the selected sub-interface, or between two marked rows."),
    row("packets", Anywhere, "s", A::Packets, "packets", "Show live what passes the selected interface, or the sender of the selected pair; the newest packet is at the bottom, and followed until the selection goes up. Again, or Esc, to end the capture."),
    row("set-up-down", Browse, "u", A::Change(V::UpDown), "", "Set the link up; set it down when it is up."),
    row("hairpin", Browse, "H", A::Change(V::Hairpin), "", "Let the switch, a bridge of this host, send frames back to the port behind the selected parent, or to the selected port; stop it when it does."),
    row("move", Browse, "M", A::Change(V::Move), "", "Move the link to another namespace."),
    row("new-namespace", Browse, "C", A::Change(V::NewNetns), "", "Make a named namespace, as ip netns add does."),
    row("undo", Browse, "z", A::Change(V::Undo), "", "Reverse the last change, as far as it can be reversed."),
    row("redo", Browse, "Z", A::Change(V::Redo), "", "Make the change again that was undone last."),
    row("shell", Browse, "S", A::Change(V::Shell), "", "Open a shell in the row's namespace; its end leads back here."),
    row("marking", Browse, "V", A::Marking, "", "Begin marking rows, so that a change is for all of them; again, or Esc, to end it."),
    row("mark-shown", Browse, "A", A::MarkShown, "", "Mark all shown: every sub-interface in the tree that the filter lets through."),
    row("filter", Browse, "/", A::Filter, "filter", "Show only rows that match: text, or mode: mac: ip: ns: name: kind: parent: net: state: pid: owner: pod: image:, ! inverts."),
    row("grouping", Browse, "t", A::Grouping, "other tree", "Tree by parent, by namespace or by network; the selection stays."),
    row("warnings", Anywhere, "w", A::Warnings, "warnings", "List what looks wrong and what could not be seen."),
    row("lessons", Anywhere, "L", A::Lessons, "lessons", "In a lab, list the lessons."),
    row("events", Anywhere, "v", A::Events, "events", "List what happened since the start."),
    row("mode-card", Anywhere, "i", A::Card, "", "Show the card of the mode at hand: the way of its frames, who reaches whom, cost, needs, use and ip commands; else, and on a card, the list of modes."),
    row("copy", Anywhere, "y", A::Copy, "copy", "Copy the ip command that shows the selected row; of a network and in the details choose what would make an equal one: docker, podman, CNI, ip or networkd."),
    row("pause", Anywhere, "p", A::Pause, "pause", "Hold the picture still; again to catch up."),
    row("sort", Browse, "o", A::Sort, "sort", "Sort by the next of name, namespace, mode, state, MAC and address."),
    row("invert-sort", Browse, "O", A::Invert, "", "Reverse the order."),
    row("all-links", Browse, "a", A::All, "all links", "Show all links, or only macvlans and what is below them."),
    row("collapse", Browse, "Left h -", A::Collapse, "", "Close the row, or go to the row above it."),
    row("expand", Browse, "Right l +", A::Expand, "", "Open the row, or go to its first child."),
    row("toggle", Browse, "Space", A::Toggle, "", "Open or close the row."),
    row("toggle-all", Browse, "*", A::ToggleAll, "", "Open every row; close every row when all are open."),
    row("next-pane", Browse, "Tab Shift-Tab", A::NextPane, "", "Move the focus between tree and details."),
    row("next-match", Browse, "n", A::NextMatch, "", "Go to the next row that matches the filter."),
    row("previous-match", Browse, "N", A::PreviousMatch, "", "Go to the row before that matches the filter."),
    row("up", Anywhere, "Up k", A::Move(M::Up), "", "One row up."),
    row("down", Anywhere, "Down j", A::Move(M::Down), "", "One row down."),
    row("page-up", Anywhere, "PgUp Ctrl-B", A::Move(M::PageUp), "", "A page up."),
    row("page-down", Anywhere, "PgDn Ctrl-F", A::Move(M::PageDown), "", "A page down."),
    row("half-page-up", Anywhere, "Ctrl-U", A::Move(M::HalfUp), "", "Half a page up."),
    row("half-page-down", Anywhere, "Ctrl-D", A::Move(M::HalfDown), "", "Half a page down."),
    row("first", Anywhere, "g Home", A::Move(M::First), "", "To the first row."),
    row("last", Anywhere, "G End", A::Move(M::Last), "", "To the last row."),
    row("export", Anywhere, "x", A::Export, "export", "Write what is shown to a file; the path's ending decides: txt, table, json or dot."),
    row("palette", Anywhere, ":", A::Palette, "actions", "Choose an action by its name."),
    row("redraw", Anywhere, "Ctrl-L", A::Redraw, "", "Draw the whole screen anew."),
    row("rescan", Anywhere, "F5", A::Rescan, "", "Look for namespaces again and read all of them."),
    row("suspend", Anywhere, "Ctrl-Z", A::Suspend, "", "Leave to the shell; fg comes back."),
    row("accept", Prompt, "Enter", A::Accept, "accept", "Take what was typed."),
    row("cancel", Prompt, "Esc Ctrl-C", A::Cancel, "cancel", "Forget what was typed."),
    row("next-choice", Prompt, "Down Tab", A::NextChoice, "next", "The next choice."),
    row("previous-choice", Prompt, "Up Shift-Tab", A::PreviousChoice, "", "The previous choice."),
    row("help", Anywhere, "? F1", A::Help, "help", "Show all keys."),
    row("quit", Anywhere, "q Ctrl-C", A::Quit, "quit", "End the program."),
    ]
};

/// The table with the keys of this user.
#[derive(Clone, Debug)]
pub struct Keymap {
    keys: Vec<Vec<Chord>>,
}

impl Default for Keymap {
    fn default() -> Self {
        // The table's own keys are correct; the test below reads every one of them.
        let parse = |row: &Row| row.keys.split(' ').filter_map(|key| key.parse().ok()).collect();
        Self { keys: TABLE.iter().map(parse).collect() }
    }
}

impl Keymap {
    /// The table with other keys for some actions; an action without keys keeps only its place in
    /// the palette. The error is a sentence that names the action and the key.
    pub fn with_overrides(overrides: &[(String, Vec<String>)]) -> Result<Self, String> {
        let mut keymap = Self::default();
        for (name, keys) in overrides {
            let index = TABLE.iter().position(|row| row.name == name).ok_or_else(|| {
                format!("key binding '{name}': there is no such action; the help screen lists them")
            })?;
            let chords: Result<_, _> = keys.iter().map(|key| key.parse()).collect();
            keymap.keys[index] = chords.map_err(|why| format!("key binding '{name}': {why}"))?;
        }
        keymap.check()?;
        Ok(keymap)
    }

    fn check(&self) -> Result<(), String> {
        for (index, row) in TABLE.iter().enumerate() {
            for (other_index, other) in TABLE.iter().enumerate().skip(index + 1) {
                let shared = self.keys[index].iter().find(|c| self.keys[other_index].contains(c));
                if let Some(chord) = shared
                    && row.scope.overlaps(other.scope)
                {
                    return Err(format!(
                        "key binding '{}': {chord} is also the key of '{}'",
                        row.name, other.name
                    ));
                }
            }
        }
        Ok(())
    }

    /// What a key means where these scopes are valid, the first of them before the others.
    pub fn action(&self, scopes: &[Scope], chord: Chord) -> Option<Action> {
        scopes.iter().find_map(|scope| {
            let mut rows = self.rows(*scope);
            rows.find(|(_, keys)| keys.contains(&chord)).map(|(row, _)| row.action)
        })
    }

    /// The key with which this user does what a key of the table does there; none where no key does it.
    pub fn own(&self, scopes: &[Scope], key: Chord) -> Option<Chord> {
        let action = Self::default().action(scopes, key)?;
        let does_it = |own: &Chord| self.action(scopes, *own) == Some(action);
        let mut keys = scopes.iter().flat_map(|scope| self.rows(*scope)).flat_map(|(_, keys)| keys);
        if does_it(&key) { Some(key) } else { keys.find(|own| does_it(own)).copied() }
    }

    /// Rows that have this key in the table, but not with this user; with the keys they have instead.
    pub fn moved(&self, key: Chord) -> impl Iterator<Item = (&'static Row, &[Chord])> {
        let before = Self::default().keys;
        TABLE
            .iter()
            .zip(&self.keys)
            .zip(before)
            .filter(move |((_, keys), before)| before.contains(&key) && !keys.contains(&key))
            .map(|((row, keys), _)| (row, &keys[..]))
    }

    /// The rows valid in a scope, with their keys.
    pub fn rows(&self, scope: Scope) -> impl Iterator<Item = (&'static Row, &[Chord])> {
        TABLE
            .iter()
            .zip(&self.keys)
            .filter(move |(row, _)| row.scope == scope)
            .map(|(row, keys)| (row, &keys[..]))
    }

    /// Rows that have a word for the footer, each with the first key that means it, in the table's
    /// order.
    pub fn hints(&self, scopes: &[Scope]) -> impl Iterator<Item = (&'static Row, Chord)> {
        TABLE
            .iter()
            .zip(&self.keys)
            .filter(move |(row, _)| scopes.contains(&row.scope) && !row.hint.is_empty())
            .filter_map(|(row, keys)| {
                let means_it = |key: &&Chord| self.action(scopes, **key) == Some(row.action);
                Some((row, *keys.iter().find(means_it)?))
            })
    }
}

/// Whether an action is about a lesson that is open.
pub(super) fn is_of_lesson(action: Action) -> bool {
    TABLE.iter().any(|row| row.scope == Scope::Lesson && row.action == action)
}

/// The README's table of keys.
pub fn markdown_table() -> String {
    let mut out = String::from("| keys | action | what it does |\n|---|---|---|\n");
    let keymap = Keymap::default();
    for (scope, title) in Scope::ALL {
        for (row, keys) in keymap.rows(scope) {
            let keys: Vec<_> = keys.iter().map(|key| format!("`{key}`")).collect();
            let place = if scope == Scope::Browse || scope == Scope::Anywhere {
                String::new()
            } else {
                format!(" ({})", title.to_lowercase())
            };
            // Writing into a String cannot fail.
            let _ = writeln!(out, "| {} | {}{place} | {} |", keys.join(" "), row.name, row.help);
        }
    }
    out
}

#[cfg(test)]
#[path = "keymap_tests.rs"]
mod tests;

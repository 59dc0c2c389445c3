//! What can be asked for with a key or by name in the palette. Only names; what they do is the
//! business of the reducer.

/// What a key press asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Move the selection, or scroll what has the focus.
    Move(Motion),
    /// Close the selected row, or go to the row above it.
    Collapse,
    /// Open the selected row, or go to its first child.
    Expand,
    /// Open or close the selected row.
    Toggle,
    /// Open every row; close every row when all are open.
    ToggleAll,
    /// Details over the whole screen.
    Details,
    /// Focus the next pane.
    NextPane,
    /// Type a filter.
    Filter,
    /// Go to the next row that matches.
    NextMatch,
    /// Go to the row before that matches.
    PreviousMatch,
    /// Tree by parent, by namespace or by network.
    Grouping,
    /// Sort by the next property.
    Sort,
    /// Reverse the order.
    Invert,
    /// All links or macvlans and their parents only.
    All,
    /// Hold the picture still, or let it go on.
    Pause,
    /// Who reaches whom on the selected parent, or the way between two marked rows.
    Reach,
    /// The column to the left in the matrix.
    PreviousColumn,
    /// The column to the right in the matrix.
    NextColumn,
    /// Draw the way between the selected two.
    Path,
    /// Send frames between the selected two.
    Probe,
    /// Send frames between all pairs.
    ProbeAll,
    /// Assume the other kind of switch.
    AssumeSwitch,
    /// Plan what would let the selected two talk.
    Fix,
    /// Copy its commands.
    CopyFix,
    /// The card of the mode at hand, or all of them.
    Card,
    /// The card of the mode that a list or a form has at hand.
    ChoiceCard,
    /// The card of the mode before.
    PreviousMode,
    /// The card of the next mode.
    NextMode,
    /// The card of the selected mode.
    OpenCard,
    /// What passes the selected interface.
    Packets,
    /// All that is known of the selected packet.
    Packet,
    /// Hold the list of packets still, or let it go on.
    HoldPackets,
    /// Type a filter of packets.
    FilterPackets,
    /// Write packets to a file, or end that.
    WritePackets,
    /// Forget the packets that are listed.
    ClearPackets,
    /// List of findings.
    Warnings,
    /// List of what happened.
    Events,
    /// Go to what a finding is about.
    GoTo,
    /// Write what is shown to a file.
    Export,
    /// Copy the `ip` command that shows the selected row, or what would make an equal network.
    Copy,
    /// Choose an action by name.
    Palette,
    /// The keys.
    Help,
    /// Draw everything anew.
    Redraw,
    /// Look for namespaces again.
    Rescan,
    /// Leave to the shell, to come back with `fg`.
    Suspend,
    /// Close what is on top.
    Back,
    /// End the program.
    Quit,
    /// Take what was typed.
    Accept,
    /// Forget what was typed.
    Cancel,
    /// The next choice of a prompt.
    NextChoice,
    /// The previous choice of a prompt.
    PreviousChoice,
    /// Begin a change.
    Change(Verb),
    /// Begin or end marking rows.
    Marking,
    /// Mark the selected row, or take its mark away.
    Mark,
    /// Mark every sub-interface on the screen's tree.
    MarkShown,
    /// Let a change stand that would revert by itself.
    Keep,
    /// Revert such a change at once.
    Revert,
    /// The other answer to the question whether to make a change.
    OtherAnswer,
    /// Take that answer.
    Decide,
    /// Copy the commands of the change.
    CopyPlan,
    /// Let the change revert by itself unless it is kept, or not.
    RevertByItself,
    /// Plan once more what could not be done.
    Again,
    /// The next field of a form.
    NextField,
    /// The field before.
    PreviousField,
    /// The next value of a field, or the cursor to the right.
    NextValue,
    /// The value before, or the cursor to the left.
    PreviousValue,
    /// The next field; after the last one, the plan.
    FieldDone,
    /// The plan for what the form says.
    PlanForm,
    /// Leave the form.
    LeaveForm,
}

/// A kind of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verb {
    /// Make a sub-interface.
    Create,
    /// Another macvlan mode.
    Mode,
    /// Other properties.
    Edit,
    /// Set up, or down.
    UpDown,
    /// Move to another namespace.
    Move,
    /// Delete a link or a namespace's name.
    Delete,
    /// Make a named namespace.
    NewNetns,
    /// Reverse the last change.
    Undo,
    /// Make the change again that was undone last.
    Redo,
    /// Hairpin of the bridge's port behind the parent, on or off.
    Hairpin,
    /// A shell in the namespace.
    Shell,
}

/// Where to move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Motion {
    /// One row up.
    Up,
    /// One row down.
    Down,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// Half a page up.
    HalfUp,
    /// Half a page down.
    HalfDown,
    /// To the first row.
    First,
    /// To the last row.
    Last,
}

//! Changes from the outside: a state, keys, a state; reports as the executor would send them.

#[path = "revert_tests.rs"]
mod revert;

use std::time::Duration;

use super::UNDONE;
use crate::app::driver::Driver;
use crate::app::prompt::Prompt;
use crate::app::screens::Screen;
use crate::app::{Authority, Effect, Event, Settings};
use crate::model::fixture::{C2, TEST1, VM, key};
use crate::model::{Change, Item, LinkKey, Mode};
use crate::plan::{self, Fate, Op, Outcome, Plan, Setting, Target, Verdict};

/// The plan that the keys lead to, and whether it reverts by itself.
fn applied(effects: &[Effect]) -> Option<(Plan, Option<Duration>)> {
    effects.iter().find_map(|effect| match effect {
        Effect::Apply { plan, revert_after } => Some(((**plan).clone(), *revert_after)),
        _ => None,
    })
}

/// Presses keys that lead to a question, and answers yes.
#[track_caller]
fn apply(driver: &mut Driver, keys: &str) -> Plan {
    driver.keys(keys);
    let Some(confirm) = driver.app.confirm() else {
        panic!("no question:\n{}", driver.screen());
    };
    let answer = if confirm.apply { "Enter" } else { "Tab Enter" };
    applied(driver.keys(answer)).expect("an order").0
}

/// The outcome of a plan that went well.
fn done(driver: &Driver, plan: &Plan) -> Outcome {
    let ops = plan.steps.iter().rev().flat_map(|step| step.undo.clone()).collect();
    let undo = plan::undo(driver.app.topology(), &plan.title, ops);
    Outcome {
        verdict: Verdict::Done,
        fates: vec![Fate::Done; plan.steps.len()],
        undo: Some(Box::new(undo)),
    }
}

/// Reports a plan as done.
fn report(driver: &mut Driver, plan: &Plan, reverts_in: Option<Duration>) {
    let outcome = done(driver, plan);
    driver.send(Event::Applied { outcome, reverts_in });
}

fn mode_of(driver: &Driver, key: LinkKey) -> Mode {
    driver.app.topology().link(key).unwrap().macvlan().unwrap().mode
}

fn top(driver: &Driver) -> Option<Screen> {
    driver.app.screen().map(|open| open.screen)
}

fn notice(driver: &Driver) -> String {
    driver.app.notice().map(|notice| notice.text.clone()).unwrap_or_default()
}

#[test]
fn a_mode_is_picked_confirmed_and_reported() {
    let mut driver = Driver::large();
    driver.keys("j m");
    let Some(Prompt::Pick(picker)) = driver.app.prompt() else { panic!("no list") };
    assert_eq!(picker.chosen().unwrap().label, "vepa", "the present mode");
    let refused: Vec<_> = picker.choices.iter().map(|choice| choice.refusal.is_some()).collect();
    assert_eq!(refused, [false, true, false, true, false], "vepa already; passthru never");
    driver.keys("p r i v Enter");
    assert_eq!(top(&driver), Some(Screen::Confirm));
    let confirm = driver.app.confirm().unwrap();
    assert_eq!(confirm.plan.title, "Change mode of eth0 in centos1-2");
    let keys = if confirm.apply { "Enter" } else { "Tab Enter" };
    let (plan, revert_after) = applied(driver.keys(keys)).expect("an order");
    assert_eq!(revert_after, None);
    assert_eq!(
        plan.steps[0].op,
        Op::Set(Target::Link(key(C2, 2)), Setting::Mode(Mode::Private)),
        "{plan:?}"
    );
    assert_eq!(mode_of(&driver, key(C2, 2)), Mode::Vepa, "shown when the kernel tells it");
    assert!(driver.app.is_applying() && driver.screen().contains("APPLYING"));
    driver.keys("m");
    assert!(notice(&driver).contains("still being made"));
    report(&mut driver, &plan, None);
    assert_eq!(notice(&driver), "done: Change mode of eth0 in centos1-2; z undoes it");
}

#[test]
fn what_begins_as_typed_comes_before_what_only_contains_it() {
    let mut driver = Driver::large();
    driver.keys("j m p");
    let Some(Prompt::Pick(picker)) = driver.app.prompt() else { panic!("no list") };
    let labels: Vec<_> = picker.found().iter().map(|choice| &*choice.label).collect();
    assert_eq!(labels, ["private", "passthru", "vepa"]);
}

#[test]
fn what_is_refused_is_said_where_it_is_chosen() {
    let mut driver = Driver::large();
    driver.keys("j m p a s s Enter");
    let Some(Prompt::Pick(picker)) = driver.app.prompt() else { panic!("the list is gone") };
    assert!(picker.refusal.as_ref().is_some_and(|why| why.contains("passthru")), "{picker:?}");
    driver.keys("Esc");
    assert!(driver.app.prompt().is_none());
    driver.keys("g m");
    assert!(driver.app.prompt().is_none() && notice(&driver).contains("only macvlans have a mode"));
    driver.go_to(Item::Link(key(VM, 2)));
    driver.keys("m");
    assert!(driver.app.prompt().is_none() && notice(&driver).contains("again in another mode"));
}

#[test]
fn up_and_down_take_one_key_and_an_answer() {
    let mut driver = Driver::large();
    driver.keys("j u");
    let confirm = driver.app.confirm().unwrap();
    assert_eq!(confirm.plan.steps[0].op, Op::Set(Target::Link(key(C2, 2)), Setting::Up(false)));
    driver.keys("Esc");
    assert_eq!(top(&driver), None);
    assert!(driver.app.confirm().is_none());
}

#[test]
fn a_deletion_has_to_be_meant() {
    let mut driver = Driver::large();
    assert_eq!(applied(driver.keys("j D Enter")), None, "the proposed answer is no");
    assert_eq!(top(&driver), None);
    for other in ["Right", "Left", "Tab", "Shift-Tab", "h", "l"] {
        let mut driver = Driver::large();
        let (plan, _) = applied(driver.keys(&format!("j Delete {other} Enter"))).unwrap();
        assert_eq!(plan.steps[0].op, Op::Delete(Target::Link(key(C2, 2))));
    }
}

#[test]
fn a_link_moves_to_a_known_namespace_or_a_new_one() {
    let mut driver = Driver::large();
    driver.keys("j M t e s t Enter");
    let confirm = driver.app.confirm().expect("a question");
    assert!(confirm.plan.steps[0].command.contains("test1"), "{:?}", confirm.plan);
    driver.keys("Esc M n e w Enter");
    assert!(matches!(driver.app.prompt(), Some(Prompt::Netns { .. })));
    driver.keys("t e s t 1");
    let Some(Prompt::Netns { refusal, .. }) = driver.app.prompt() else { panic!("no prompt") };
    let taken = refusal.clone();
    driver.keys("Ctrl-U l a b Enter");
    let confirm = driver.app.confirm().expect("a question");
    assert!(matches!(&confirm.plan.steps[0].op, Op::CreateNetns { name } if *name == "lab".into()));
    assert!(taken.is_some_and(|why| why.contains("test1 already")));
}

#[test]
fn namespaces_are_made_and_lose_their_names() {
    let mut driver = Driver::large();
    driver.keys("C t e s t 1 Enter");
    assert!(driver.screen().contains("test1"), "refused: the prompt stays");
    assert!(driver.app.confirm().is_none());
    driver.keys("Ctrl-U l a b Enter");
    let plan = &driver.app.confirm().unwrap().plan;
    assert!(matches!(&plan.steps[0].op, Op::CreateNetns { name } if *name == "lab".into()));
    driver.keys("Esc t");
    driver.go_to(Item::Netns(TEST1));
    driver.keys("D");
    let confirm = driver.app.confirm().expect("a question");
    assert!(matches!(confirm.plan.steps[0].op, Op::DeleteNetns { .. }));
    assert!(!confirm.apply);
}

#[test]
fn a_change_is_for_all_marked_rows() {
    let mut driver = Driver::large();
    driver.keys("V j Space Space");
    assert_eq!(driver.app.marks().unwrap().len(), 2);
    assert!(driver.screen().contains("2 marked"));
    driver.keys("m p r i v Enter");
    let plan = &driver.app.confirm().expect("a question").plan;
    assert_eq!(plan.steps.len(), 2, "{plan:?}");
    driver.keys("Esc k Space Esc");
    assert_eq!(driver.app.marks(), None);
    driver.keys("/ m o d e : v e p a Enter A");
    assert_eq!(driver.app.marks().unwrap().len(), 3, "what the filter shows");
    driver.keys("D");
    assert_eq!(driver.app.confirm().unwrap().plan.steps.len(), 3);
    driver.changes(vec![Change::LinkGone(key(C2, 2))]);
    assert_eq!(driver.app.marks().unwrap().len(), 2, "what is gone is not marked");
}

#[test]
fn the_commands_of_a_change_can_be_copied() {
    let mut driver = Driver::large();
    driver.keys("V j Space Space D");
    let [Effect::Copy { text, told }] = driver.keys("Y") else { panic!("no copy") };
    assert_eq!((text.lines().count(), &**told), (2, "2 commands, a line each"));
    assert!(text.lines().all(|line| line.contains("link delete")), "{text}");
    assert_eq!(top(&driver), Some(Screen::Confirm), "the question stays");
}

#[test]
fn the_last_change_is_undone_and_made_again() {
    let mut driver = Driver::large();
    driver.keys("j z");
    assert!(notice(&driver).contains("nothing was changed"));
    let plan = apply(&mut driver, "u");
    set_up(&mut driver, false);
    report(&mut driver, &plan, None);
    driver.keys("z");
    let undo = driver.app.confirm().unwrap().plan.clone();
    assert!(undo.title.starts_with("Undo: "), "{}", undo.title);
    assert_eq!(undo.steps[0].op, Op::Set(Target::Link(key(C2, 2)), Setting::Up(true)));
    driver.keys("Esc");
    let undo = apply(&mut driver, "z");
    set_up(&mut driver, true);
    report(&mut driver, &undo, None);
    assert!(notice(&driver).contains("Z makes it again"), "{}", notice(&driver));
    driver.keys("z");
    assert!(notice(&driver).contains("nothing was changed"), "an undo is not undone by undo");
    driver.keys("Z");
    let redo = &driver.app.confirm().unwrap().plan;
    assert!(redo.title.starts_with("Redo: ") && !redo.title.contains("Undo"), "{}", redo.title);
}

fn set_up(driver: &mut Driver, up: bool) {
    let mut link = driver.app.topology().link(key(C2, 2)).unwrap().clone();
    link.flags = link.flags.with_up(up);
    driver.changes(vec![Change::Link(Box::new(link))]);
}

#[test]
fn many_changes_can_be_undone_but_not_all_ever_made() {
    let mut driver = Driver::large();
    driver.keys("j");
    for number in 0..UNDONE + 20 {
        let up = driver.app.selected_link().unwrap().flags.is_up();
        let plan = apply(&mut driver, "u");
        set_up(&mut driver, !up);
        report(&mut driver, &plan, None);
        assert!(driver.app.work.undo.len() == UNDONE.min(number + 1));
    }
}

#[test]
fn what_failed_is_told_step_by_step_and_planned_again() {
    let mut driver = Driver::large();
    let plan = apply(&mut driver, "V j Space Space m p r i v Enter");
    let fates = vec![Fate::Left("the link is gone".into()), Fate::Failed];
    let why = "setting the mode of eth0 in centos1-3: EINVAL, because a sibling is passthru";
    let outcome = Outcome { verdict: Verdict::Failed(why.into()), fates, undo: None };
    driver.send(Event::Applied { outcome, reverts_in: None });
    let screen = driver.screen();
    for text in ["Failed: ", "sibling is passthru", "left", "failed", "the link is gone"] {
        assert!(screen.contains(text), "{text} in\n{screen}");
    }
    driver.keys("Enter");
    assert_eq!(driver.app.confirm().unwrap().plan.steps, plan.steps);
}

#[test]
fn a_world_that_changed_is_looked_at_again() {
    let mut driver = Driver::large();
    let plan = apply(&mut driver, "j u");
    let changes = vec!["the MTU of eth0 in centos1-2 was 1500 and is 1400".to_owned()];
    let fates = vec![Fate::NotTried; plan.steps.len()];
    let outcome = Outcome { verdict: Verdict::WorldChanged(changes), fates, undo: None };
    driver.send(Event::Applied { outcome, reverts_in: None });
    assert!(driver.screen().contains("was 1500 and is 1400"));
    driver.changes(vec![Change::LinkGone(key(C2, 2))]);
    driver.keys("Enter");
    assert_eq!(top(&driver), None);
    assert!(!notice(&driver).is_empty(), "the link is gone, which is said");
}

#[test]
fn read_only_refuses_every_change_in_a_sentence() {
    let verbs = ["c", "m", "e", "u", "M", "D", "C", "z", "Z", "S"];
    let missing = "run with sudo".to_owned();
    for (authority, said) in [
        (Authority::ReadOnly, "read-only"),
        (Authority::None(missing.clone()), "run with sudo"),
        (Authority::Own(missing), "run with sudo"),
    ] {
        for verb in verbs {
            let settings = Settings { authority: authority.clone(), ..Settings::default() };
            let mut driver = Driver::new(80, 24, settings);
            driver.keys("j");
            let effects = driver.keys(verb).to_vec();
            assert_eq!(effects, [], "{verb}");
            let own = matches!(authority, Authority::Own(_)) && matches!(verb, "z" | "Z");
            assert!(own || notice(&driver).contains(said), "{verb}: {}", notice(&driver));
            assert!(driver.app.form().is_none() && driver.app.prompt().is_none(), "{verb}");
            assert_eq!(top(&driver), None, "{verb}");
        }
    }
    let own = Settings { authority: Authority::Own("no".into()), ..Settings::default() };
    let mut driver = Driver::new(80, 24, own);
    driver.keys("u");
    assert_eq!(top(&driver), Some(Screen::Confirm), "our own namespace can be changed");
}

#[test]
fn a_shell_is_for_the_namespace_of_the_row() {
    let mut driver = Driver::large();
    assert_eq!(driver.keys("j S").last(), Some(&Effect::Shell(C2)));
    driver.send(Event::ShellEnded(Err("no such shell".into())));
    assert!(driver.screen().contains("no such shell"));
}

#[test]
fn changes_are_in_the_list_of_events_and_the_journal() {
    let mut driver = Driver::large();
    let plan = apply(&mut driver, "j u");
    let outcome = done(&driver, &plan);
    let effects = driver.send(Event::Applied { outcome, reverts_in: None });
    let Some(Effect::Journal(entry)) = effects.first() else { panic!("{effects:?}") };
    assert_eq!((entry.title.as_str(), entry.result), (plan.title.as_str(), "done"));
    assert_eq!(entry.commands, [plan.steps[0].command.clone()]);
    driver.keys("v");
    let screen = driver.screen();
    assert!(screen.contains(&format!("» {}: done", plan.title)), "{screen}");
    assert!(screen.contains(&format!("$ {}", plan.steps[0].command)), "{screen}");
}

#[test]
fn a_no_leads_back_to_the_form_that_asked() {
    let mut driver = Driver::large();
    driver.keys("j e Tab w e b Ctrl-S");
    assert_eq!(top(&driver), Some(Screen::Confirm), "{}", driver.screen());
    driver.keys("Esc");
    assert!(driver.app.form().is_some());
    apply(&mut driver, "Ctrl-S");
    assert!(driver.app.form().is_none());
}

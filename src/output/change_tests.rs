//! Plans on paper: for people, for bash and for programs.

use serde_json::{Value, json};

use super::*;
use crate::plan::{Impact, Op, Rule, Step};

fn step(command: &str, undo: &str) -> Step {
    Step {
        op: Op::CreateNetns { name: "web".into() },
        command: command.into(),
        undo: vec![Op::DeleteNetns { name: "web".into() }],
        undo_commands: vec![undo.into()],
    }
}

fn plan() -> Plan {
    Plan {
        title: "Move eth0 from web to db".into(),
        summary: vec!["namespace web → db".into()],
        steps: vec![step("echo one", "echo undo one"), step("false", "echo undo two")],
        impact: vec![
            Impact { weight: Weight::Loss, text: "192.0.2.7/24 is lost".into() },
            Impact { weight: Weight::Note, text: "it goes down\necho evil".into() },
        ],
        lost: vec!["routes".into()],
        facts: Vec::new(),
    }
}

fn outcome(verdict: Verdict, fates: &[Fate]) -> Outcome {
    Outcome { verdict, fates: fates.to_vec(), undo: None }
}

fn json_of(ending: Ending<'_>) -> Value {
    let mut out = Vec::new();
    write_json(&mut out, &plan(), Some("it carries your session"), ending).unwrap();
    serde_json::from_slice(&out).unwrap()
}

#[test]
fn a_plan_names_everything_that_it_brings() {
    let mut out = Vec::new();
    write_plan(&mut out, &plan(), Some("it carries your session")).unwrap();
    insta::assert_snapshot!(String::from_utf8(out).unwrap(), @"
    Move eth0 from web to db
      namespace web → db
      echo one
      false
    Danger:
      it carries your session
    What else happens:
      192.0.2.7/24 is lost
      it goes down
      echo evil
    Undone by:
      echo undo two
      echo undo one
    What undo does not bring back:
      routes
    ");
}

#[test]
fn a_script_runs_its_commands_and_nothing_else_until_one_fails() {
    let mut plan = plan();
    plan.steps.push(step("echo never", "true"));
    let mut script = Vec::new();
    write_script(&mut script, &plan, Some("it carries your session")).unwrap();
    let script = String::from_utf8(script).unwrap();
    let run = std::process::Command::new("bash").args(["-c", &script]).output().unwrap();
    assert_eq!(String::from_utf8(run.stdout).unwrap(), "one\n", "{script}");
    assert_eq!(run.stderr, b"");
    assert_eq!(run.status.code(), Some(1));
}

#[test]
fn json_has_the_plan_and_what_became_of_it() {
    let planned = json_of(Ending::Planned);
    let steps = |fate: [Value; 2]| {
        let [first, second] = fate;
        json!([
            {"command": "echo one", "undo_commands": ["echo undo one"], "fate": first, "fate_why": null},
            {"command": "false", "undo_commands": ["echo undo two"], "fate": second, "fate_why": null},
        ])
    };
    assert_eq!(
        planned,
        json!({
            "schema": 1,
            "title": "Move eth0 from web to db",
            "summary": ["namespace web → db"],
            "steps": steps([Value::Null, Value::Null]),
            "impact": [
                {"weight": "loss", "text": "192.0.2.7/24 is lost"},
                {"weight": "note", "text": "it goes down\necho evil"},
            ],
            "lost": ["routes"],
            "danger": "it carries your session",
            "result": "planned",
            "why": null,
        })
    );
    let is = |ending, result: &str, why: Value, fates: [Value; 2]| {
        let document = json_of(ending);
        assert_eq!((&document["result"], &document["why"]), (&json!(result), &why));
        assert_eq!(document["steps"], steps(fates));
    };
    let done = outcome(Verdict::Done, &[Fate::Done, Fate::Done]);
    is(Ending::Tried(&done), "done", Value::Null, [json!("done"), json!("done")]);
    let changed = Verdict::WorldChanged(vec!["a".into(), "b".into()]);
    let changed = outcome(changed, &[Fate::NotTried, Fate::NotTried]);
    let not_tried = [json!("not-tried"), json!("not-tried")];
    is(Ending::Tried(&changed), "world-changed", json!("a; b"), not_tried);
    let failed = outcome(Verdict::Failed("no".into()), &[Fate::Undone, Fate::Failed]);
    is(Ending::Tried(&failed), "failed", json!("no"), [json!("undone"), json!("failed")]);
    let why = "nobody confirmed it";
    let undone = [json!("undone"), json!("undone")];
    is(Ending::Reverted { outcome: &done, why }, "reverted", json!(why), undone);
    let stands = [json!("done"), json!("done")];
    let reverted = Ending::Reverted { outcome: &failed, why };
    is(reverted, "failed", json!("nobody confirmed it, but not undone: no"), stands);
    let left = outcome(Verdict::Failed("no".into()), &[Fate::Left("gone".into()), Fate::Failed]);
    let document = json_of(Ending::Tried(&left));
    assert_eq!(
        (&document["steps"][0]["fate"], &document["steps"][0]["fate_why"]),
        (&json!("left"), &json!("gone"))
    );
}

#[test]
fn every_step_of_a_failed_plan_is_accounted_for() {
    let mut plan = plan();
    plan.steps = ["a", "b", "c", "d", "e"].map(|command| step(command, "")).to_vec();
    let fates =
        [Fate::Done, Fate::Undone, Fate::Left("it is gone".into()), Fate::Failed, Fate::NotTried];
    let mut out = Vec::new();
    write_fates(&mut out, &plan, &fates).unwrap();
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "  done: a\n  done and undone again: b\n  done and left, it is gone: c\n  failed: d\n  \
         not tried: e\n"
    );
}

#[test]
fn refusals_are_documents_too() {
    let mut out = Vec::new();
    write_refusal(&mut out, &Rule::MacInUse.name(), "taken", "choose another").unwrap();
    assert_eq!(
        serde_json::from_slice::<Value>(&out).unwrap(),
        json!({
            "schema": 1, "result": "refused", "rule": "mac-in-use", "why": "taken",
            "way_out": "choose another",
        })
    );
    let names: std::collections::BTreeSet<_> = Rule::ALL.map(Rule::name).into();
    assert_eq!(names.len(), Rule::ALL.len());
}

#[test]
fn the_readme_explains_every_field() {
    let readme = include_str!("../../README.md");
    let (_, section) = readme.split_once("### The JSON of a change\n").unwrap();
    let (section, _) = section.split_once("\n### ").unwrap();
    let mut out = Vec::new();
    write_refusal(&mut out, "mtu", "", "").unwrap();
    let entry = Entry { title: String::new(), commands: Vec::new(), result: "done", why: None };
    write_entry(&mut out, SystemTime::UNIX_EPOCH, &entry).unwrap();
    let documents = serde_json::Deserializer::from_slice(&out).into_iter::<Value>();
    let mut documents: Vec<_> = documents.map(Result::unwrap).collect();
    let planned = json_of(Ending::Planned);
    documents.extend([planned["steps"][0].clone(), planned["impact"][0].clone(), planned]);
    for field in documents.iter().flat_map(|document| document.as_object().unwrap().keys()) {
        assert!(section.contains(&format!("`{field}`")), "README lacks {field}");
    }
}

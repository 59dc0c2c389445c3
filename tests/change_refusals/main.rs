//! Every rule stands for something that the kernel does: here it is asked in spite of the rule, and
//! says no in its own words. What has no such proof is listed with its reason.

#[macro_use]
#[path = "../common/mod.rs"]
mod common;
mod proofs;

use std::process::Command;

use common::change::{key, look};
use common::{eventually, hidden, ip_json, sh};
use macvlens::kernel::execute::perform;
use macvlens::model::{MacvlanFlags, Topology};
use macvlens::plan::{Op, Plan, Request, Rule, Setting, Step, Target, Verdict, build};
use proofs::{Case, Proof, proof};

/// Parents in namespace a: p with a bridge macvlan on it, whole with a passthru one, port in a
/// bridge, and free.
const WORLD: &str = "
    ip netns add a; ip netns add b
    for name in p whole port free; do
        ip -n a link add name $name type veth peer name q$name
        ip -n a link set $name up; ip -n a link set q$name up
    done
    ip -n a link add name br type bridge
    ip -n a link set port master br
    ip -n a link add link p name mv type macvlan mode bridge
    ip -n a link add link p name twin address 02:00:00:00:00:02 netns b type macvlan mode bridge
    ip -n a link add link whole name alone netns b type macvlan mode passthru
    ip -n a link property add dev mv altname other-name
    ip -n a address add 192.0.2.1/24 dev mv
    ip -n a link set mv up; ip -n b link set twin up";
const END: &str = "for n in $(ls /run/netns); do ip netns delete $n; done";

/// A plan of ops that no rule has seen.
fn unchecked(ops: Vec<Op>) -> Plan {
    let step =
        |op| Step { op, command: String::new(), undo: Vec::new(), undo_commands: Vec::new() };
    Plan {
        title: "Ask anyway".into(),
        summary: Vec::new(),
        steps: ops.into_iter().map(step).collect(),
        impact: Vec::new(),
        lost: Vec::new(),
        facts: Vec::new(),
    }
}

#[track_caller]
fn assert_forbidden(rule: Rule, topology: &Topology, request: Request) {
    match build(topology, &[request]) {
        Ok(plan) => panic!("{rule:?} lets it pass: {:?}", plan.steps),
        Err(refusal) => assert_eq!(refusal.rule, rule, "{refusal}"),
    }
}

fn show(rule: Rule, cases: Vec<Case>, besides: &str) {
    for case in cases {
        sh(WORLD);
        sh(besides);
        let hidden = (rule == Rule::NoWayIn).then(|| hidden::netns_with_parent("orphan", "c"));
        let topology = look();
        assert_forbidden(rule, &topology, (case.ask)(&topology));
        let outcome = perform(&unchecked((case.ops)(&topology)));
        match &outcome.verdict {
            Verdict::Failed(why) => assert!(why.contains(case.answer), "{rule:?}: {why}"),
            other => panic!("{rule:?}, {}: {other:?}", case.answer),
        }
        drop(hidden);
        sh(END);
    }
}

/// Whether this machine can do what the command does; if not, it must say so in these words.
fn is_able(command: &str, complaint: &str) -> bool {
    sh(WORLD);
    let output = Command::new("sh").args(["-c", command]).output().expect("sh");
    sh(END);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() || said.contains(complaint), "{command}: {said}");
    output.status.success()
}

sandboxed! {
    fn what_a_rule_forbids_the_kernel_refuses() {
        for rule in Rule::ALL {
            match proof(rule) {
                Proof::Kernel(cases) => show(rule, cases, ""),
                Proof::Optional(command, complaint, cases) => {
                    if is_able(command, complaint) {
                        show(rule, cases, command);
                    } else {
                        eprintln!("{rule:?} can't come up on this machine: {command}: {complaint}");
                    }
                }
                Proof::Ours(why, asks) => {
                    assert!(!why.is_empty());
                    for ask in asks {
                        sh(WORLD);
                        let topology = look();
                        assert_forbidden(rule, &topology, ask(&topology));
                        sh(END);
                    }
                }
            }
        }
    }

    fn a_parent_that_is_moved_forgets_the_macs_of_its_sub_interfaces() {
        sh("ip netns add a; ip netns add b
            ip -n a link add p type veth peer name q netns b
            ip -n b link set q up; ip -n a link set p up
            ip -n a link add link p name mv type macvlan mode bridge
            ip -n a link set mv up");
        // A veth has no filter: it is promiscuous for as long as it would need one.
        let filters = |netns| ip_json(Some(netns), "link show dev p")[0]["promiscuity"].clone();
        eventually("a MAC in the filter", || filters("a") == 1);
        sh("ip -n a link set p netns b; ip -n b link set p up");
        assert_eq!(filters("b"), 0);
        sh("ip -n a link set mv down; ip -n a link set mv up");
        eventually("the MAC in the filter again", || filters("b") == 1);
    }

    fn the_kernel_miscounts_promiscuity_where_the_rule_says_it_does() {
        sh(WORLD);
        let topology = look();
        let target = Target::Link(key(&topology, "b", "alone"));
        let flags = Setting::Flags(MacvlanFlags(MacvlanFlags::NOPROMISC));
        let outcome = perform(&unchecked(vec![Op::Set(target, flags)]));
        assert_eq!(outcome.verdict, Verdict::Done);
        assert_eq!(ip_json(Some("a"), "link show whole")[0]["promiscuity"], u32::MAX);
    }
}

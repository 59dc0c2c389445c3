//! Changes that revert unless somebody confirms them: by time, when asked, and because others follow.

#[macro_use]
mod common;

use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use common::change::{address, is_there, look, mv, name_change, plan, set_up};
use common::{eventually, ip_json, sh};
use macvlens::kernel::execute::{Executor, Job, Report, ReversionCause};
use macvlens::plan::{Edit, Verdict};

/// Reports of an executor.
fn executor() -> (Executor, Receiver<Report>) {
    let (sink, reports) = mpsc::channel();
    (Executor::spawn(move |report| sink.send(report).is_ok()).expect("a thread"), reports)
}

#[track_caller]
fn next(reports: &Receiver<Report>) -> Report {
    reports.recv_timeout(Duration::from_secs(10)).expect("a report")
}

sandboxed! {
    fn a_change_that_nobody_confirms_is_taken_back() {
        set_up();
        let (executor, reports) = executor();
        let revert_after = Some(Duration::from_millis(50));
        executor.send(Job::Apply { plan: name_change("other"), revert_after });
        let Report::Applied { outcome, reverts_in } = next(&reports) else { panic!() };
        assert_eq!((outcome.verdict, reverts_in), (Verdict::Done, revert_after));
        let Report::Reverted { outcome, why } = next(&reports) else { panic!() };
        assert_eq!((outcome.verdict, why), (Verdict::Done, ReversionCause::TimedOut));
        assert!(is_there("mv"));
        // Too late to keep anything.
        executor.send(Job::Keep);
        executor.send(Job::Apply { plan: name_change("last"), revert_after: None });
        let Report::Applied { outcome, reverts_in: None } = next(&reports) else { panic!() };
        assert_eq!(outcome.verdict, Verdict::Done);
        assert!(executor.close().is_none());
        assert!(is_there("last"));
    }

    fn a_change_that_is_confirmed_stays() {
        set_up();
        let (executor, reports) = executor();
        let long = Some(Duration::from_secs(3600));
        executor.send(Job::Apply { plan: name_change("other"), revert_after: long });
        assert!(matches!(next(&reports), Report::Applied { reverts_in, .. } if reverts_in == long));
        executor.send(Job::Keep);
        assert!(matches!(next(&reports), Report::Kept));
        drop(executor);
        assert!(is_there("other"));
    }

    fn a_change_is_taken_back_when_asked_or_followed_or_left_alone() {
        set_up();
        let (executor, reports) = executor();
        let revert_after = Some(Duration::from_secs(3600));
        let reverted = |cause| {
            let Report::Reverted { outcome, why } = next(&reports) else { panic!() };
            assert_eq!((outcome.verdict, why), (Verdict::Done, cause));
        };
        let (first, second) = (name_change("first"), name_change("second"));
        executor.send(Job::Apply { plan: first, revert_after });
        assert!(matches!(next(&reports), Report::Applied { .. }));
        executor.send(Job::Revert);
        reverted(ReversionCause::Asked);
        assert!(is_there("mv"));
        let again = name_change("again");
        executor.send(Job::Apply { plan: again, revert_after });
        assert!(matches!(next(&reports), Report::Applied { .. }));
        executor.send(Job::Apply { plan: second, revert_after });
        reverted(ReversionCause::Superseded);
        assert!(matches!(next(&reports), Report::Applied { .. }));
        assert!(is_there("second"));
        let Some(Report::Reverted { outcome, why }) = executor.close() else { panic!() };
        assert_eq!((outcome.verdict, why), (Verdict::Done, ReversionCause::Closed));
        assert!(is_there("mv"));
    }

    fn a_reversion_waits_for_nobody() {
        set_up();
        // Nobody takes the reports, as when the terminal hangs.
        let (hold, waits) = mpsc::channel::<()>();
        let executor = Executor::spawn(move |_| waits.recv().is_ok()).expect("a thread");
        let revert_after = Some(Duration::from_millis(200));
        executor.send(Job::Apply { plan: name_change("other"), revert_after });
        eventually("the change", || is_there("other"));
        eventually("the reversion", || is_there("mv"));
        drop(hold);
    }

    fn a_reversion_does_what_can_still_be_done() {
        set_up();
        let topology = look();
        let edits = [
            Edit::Alias(Some("new".into())),
            Edit::AddAddress(address("198.51.100.1/24")),
            Edit::Name("other".into()),
        ];
        let plan = Box::new(plan(&topology, &mv(&topology, edits)));
        let (executor, reports) = executor();
        executor.send(Job::Apply { plan, revert_after: Some(Duration::from_secs(3600)) });
        assert!(matches!(next(&reports), Report::Applied { .. }));
        // Facts of the way back no longer hold, and one of its steps can't be done.
        sh("ip -n b address delete 198.51.100.1/24 dev other; ip -n b link set other mtu 1300");
        executor.send(Job::Revert);
        let Report::Reverted { outcome, .. } = next(&reports) else { panic!() };
        let Verdict::Failed(why) = &outcome.verdict else { panic!("{outcome:?}") };
        assert!(why.contains("198.51.100.1/24"), "{why}");
        let after = &ip_json(Some("b"), "link show mv")[0];
        assert_eq!((&after["ifalias"], &after["mtu"]), (&"two words".into(), &1300.into()));
    }
}

//! One change from the command line: names are resolved, a plan is made, shown and confirmed, and
//! then the executor carries it out. Every way to end has its exit status.

mod requests;
mod rope;

use std::ffi::OsStr;
use std::fs;
use std::io::{self, IsTerminal, Write, stderr, stdin, stdout};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};

use super::journal::Journal;
use super::print::{finish, name_gaps};
use super::{Config, is_read_only, session, style};
use crate::cli::{Change, Cli, Manner, Status};
use crate::kernel::watcher::Watcher;
use crate::model::resolve::{Resolver, Unresolved};
use crate::model::text;
use crate::output::change::{self as paper, Ending};
use crate::plan::journal::Entry;
use crate::plan::session::{Danger, revert_after};
use crate::plan::{self, Plan, Refusal, Verdict, shell_quote};
use requests::Misuse;
use rope::Ended;

/// The rule of the command line that nothing may be changed, as JSON names it.
pub const READ_ONLY: &str = "read-only";
/// The rule that what can't be undone can't hang on a rope, as JSON names it.
pub const NO_ROPE: &str = "no-rope";

/// Makes the change that the command line asks for.
pub fn run(cli: &Cli, change: Change<'_>) -> Result<ExitCode> {
    let manner = change.manner();
    let voice = Voice { manner, ascii: style(cli.look).ascii };
    let config = Config::load(cli.config.as_deref())?;
    if !manner.dry_run && is_read_only(cli, &config) {
        let why = "changes are forbidden by --read-only or by read_only in the configuration file";
        let way_out = "leave that out, or look at the plan with --dry-run";
        return Ok(voice.refuse(READ_ONLY, why, way_out)?.into());
    }
    let (plan, danger) = match propose(change, &voice)? {
        Proposed::Plan(plan, danger) => (plan, danger),
        Proposed::Misuse => return Ok(Status::Usage.into()),
        Proposed::Refusal(Refusal { rule, why, way_out }) => {
            return Ok(voice.refuse(&rule.name(), &why, &way_out)?.into());
        }
    };
    let danger = danger.as_ref();
    let revert_after = revert_after(cli.confirm_within(), danger);
    let proposal = Proposal { plan: &plan, danger, revert_after, voice };
    if manner.dry_run {
        proposal.print_script()?;
        return Ok(Status::Fine.into());
    }
    let journal = cli.journal.as_deref().map(Journal::open).transpose()?;
    if let Some(status) = proposal.confirm()? {
        return Ok(status.into());
    }
    let ended = rope::carry_out(plan.clone(), proposal.revert_after)?;
    proposal.report(&ended, journal)
}

/// What becomes of a command line.
enum Proposed {
    /// A plan, and how it endangers the operator's session.
    Plan(Plan, Option<Danger>),
    /// Nothing, because the command line makes no sense; stderr says why.
    Misuse,
    /// Nothing, because of a rule.
    Refusal(Refusal),
}

fn propose(change: Change<'_>, voice: &Voice<'_>) -> Result<Proposed> {
    let mut watcher = Watcher::new().context("looking at this host's network namespaces")?;
    watcher.snapshot();
    let topology = watcher.topology();
    let resolver = Resolver { topology, inode_of: &inode_of };
    let request = match requests::request(change, &resolver) {
        Ok(request) => request,
        Err(Misuse::Options(why)) => {
            voice.say(&format!("macvlens: {why}\n"))?;
            return Ok(Proposed::Misuse);
        }
        Err(Misuse::Name(unresolved)) => {
            voice.say(&explanation(&unresolved))?;
            name_gaps(topology, voice.ascii).context("writing to stderr")?;
            return Ok(Proposed::Misuse);
        }
    };
    Ok(match plan::build(topology, &[request]) {
        Ok(plan) => {
            let session = session::current(topology);
            let danger =
                session.and_then(|session| plan::session::danger(topology, &plan, &session));
            Proposed::Plan(plan, danger)
        }
        Err(refusal) => Proposed::Refusal(refusal),
    })
}

/// The inode number of the network namespace that a path leads to. Namespaces are files of a file
/// system of their own, so an ordinary file with the same number is not taken for one.
pub(super) fn inode_of(path: &[u8]) -> Option<u64> {
    let own = fs::metadata("/proc/self/ns/net").ok()?;
    let found = fs::metadata(Path::new(OsStr::from_bytes(path))).ok()?;
    (found.dev() == own.dev()).then_some(found.ino())
}

/// Why a name stands for nothing or for too much, and what could be typed instead.
pub(super) fn explanation(unresolved: &Unresolved) -> String {
    let mut lines = vec![format!("macvlens: {}", unresolved.why)];
    if !unresolved.candidates.is_empty() {
        let title = if unresolved.ambiguous { "say which" } else { "did you mean" };
        lines.push(format!("  {title}:"));
    }
    lines.extend(unresolved.candidates.iter().map(|candidate| {
        format!("    {}  ({})", shell_quote(&candidate.selector), candidate.meaning)
    }));
    lines.join("\n") + "\n"
}

/// How the program speaks: as text that the terminal can show, or as JSON.
#[derive(Clone, Copy)]
struct Voice<'a> {
    manner: &'a Manner,
    ascii: bool,
}

impl Voice<'_> {
    fn spelled(&self, text: &str) -> String {
        if self.ascii { text::ascii(&text.replace('→', "->")).into_owned() } else { text.into() }
    }

    /// Says something on stderr.
    fn say(&self, text: &str) -> Result<()> {
        stderr().write_all(self.spelled(text).as_bytes()).context("writing to stderr")
    }

    /// Prints something on stdout.
    fn print(&self, text: &str) -> Result<()> {
        finish(stdout().write_all(self.spelled(text).as_bytes())).map(|_| ())
    }

    fn refuse(&self, rule: &str, why: &str, way_out: &str) -> Result<Status> {
        if self.manner.is_json() {
            finish(paper::write_refusal(&mut stdout(), rule, why, way_out))?;
        } else {
            self.say(&format!("macvlens: {why}\n  {way_out}\n"))?;
        }
        Ok(Status::Refused)
    }
}

/// A plan that waits for a yes.
struct Proposal<'a> {
    plan: &'a Plan,
    danger: Option<&'a Danger>,
    /// After how long the change is undone unless it is confirmed again.
    revert_after: Option<Duration>,
    voice: Voice<'a>,
}

impl Proposal<'_> {
    /// Prints what would be done.
    fn print_script(&self) -> Result<()> {
        if self.voice.manner.is_json() {
            return self.print_json(Ending::Planned);
        }
        self.voice.print(&written(|out| paper::write_script(out, self.plan, self.how()))?)
    }

    fn print_json(&self, ending: Ending<'_>) -> Result<()> {
        finish(paper::write_json(&mut stdout(), self.plan, self.how(), ending)).map(|_| ())
    }

    /// Shows the plan and asks; the exit status if it is not to be carried out.
    fn confirm(&self) -> Result<Option<Status>> {
        let Voice { manner, .. } = self.voice;
        if let Some(why) = self.revert_after.and_then(|_| self.no_rope()) {
            let way_out = "--confirm-within 0 makes it all the same";
            return self.voice.refuse(NO_ROPE, &why, way_out).map(Some);
        }
        let text = written(|out| {
            paper::write_plan(out, self.plan, self.how())?;
            let Some(limit) = self.revert_after else { return Ok(()) };
            let seconds = limit.as_secs();
            writeln!(out, "It is undone after {seconds} s unless you confirm it once more.")
        })?;
        if manner.yes {
            if !manner.is_json() {
                self.voice.print(&text)?;
            }
            return Ok(None);
        }
        if !stdin().is_terminal() {
            let advice = "add --yes to make the change, or --dry-run to see it";
            self.voice.say(&format!("macvlens: there is no terminal to ask on; {advice}\n"))?;
            return Ok(Some(Status::Usage));
        }
        // On stderr, like the question, so that both are seen wherever stdout goes.
        self.voice.say(&text)?;
        if rope::ask("Apply? [y/N] ") {
            return Ok(None);
        }
        if manner.is_json() {
            self.print_json(Ending::Planned)?;
        }
        self.voice.say("Nothing was changed.\n")?;
        Ok(Some(Status::Failed))
    }

    /// Why the change can't hang on a rope, if it can't.
    fn no_rope(&self) -> Option<String> {
        let is_lost = self.plan.steps.iter().any(|step| step.undo.is_empty());
        match self.danger {
            Some(Danger { how, undo_saves }) => (is_lost || !undo_saves).then(|| {
                format!("{how}, and undoing this change does not bring the connection back")
            }),
            None => is_lost.then(|| {
                "this change can't be undone, so a late confirmation means nothing".into()
            }),
        }
    }

    fn how(&self) -> Option<&str> {
        self.danger.map(|danger| &*danger.how)
    }

    /// Tells what became of it.
    fn report(&self, ended: &Ended, journal: Option<Journal>) -> Result<ExitCode> {
        let ending = ended.ending();
        let (result, why) = ending.result();
        let noted = journal.map_or(Ok(()), |mut journal| {
            let commands = self.plan.steps.iter().map(|step| step.command.clone()).collect();
            let title = self.plan.title.clone();
            let entry = Entry { title, commands, result, why: why.clone() };
            journal.append(SystemTime::now(), &entry).context("writing to the journal")
        });
        if self.voice.manner.is_json() {
            self.print_json(ending)?;
        } else if let Some(why) = why {
            let mut text = match result {
                "world-changed" => format!("macvlens: not done, the world changed: {why}\n"),
                _ => format!("macvlens: {result}: {why}\n"),
            };
            if matches!(ended.outcome.verdict, Verdict::Failed(_)) {
                text += &written(|out| paper::write_fates(out, self.plan, &ended.outcome.fates))?;
            }
            // A terminal that is gone can't be told; the exit status still tells.
            let _ = self.voice.say(&text);
        } else {
            self.voice.print("Done.\n")?;
        }
        noted.map(|()| ended.status())
    }
}

/// What a function writes, as text.
fn written(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> Result<String> {
    let mut text = Vec::new();
    write(&mut text)?;
    Ok(String::from_utf8(text)?)
}

impl Ended {
    fn ending(&self) -> Ending<'_> {
        match &self.reversion {
            None => Ending::Tried(&self.outcome),
            Some(reversion) => {
                Ending::Reverted { outcome: &reversion.outcome, why: &reversion.why }
            }
        }
    }

    /// 128 and its number for a signal, as shells report it.
    fn status(&self) -> ExitCode {
        if let Some(signal) = self.reversion.as_ref().and_then(|reversion| reversion.signal) {
            return ExitCode::from(128 + u8::try_from(signal as i32).unwrap_or_default());
        }
        let status = match &self.outcome.verdict {
            _ if self.reversion.is_some() => Status::Failed,
            Verdict::Done => Status::Fine,
            Verdict::Failed(_) => Status::Failed,
            Verdict::WorldChanged(_) => Status::WorldChanged,
        };
        status.into()
    }
}

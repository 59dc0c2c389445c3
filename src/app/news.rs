//! How news of the host and passing time change the state, and what follows from any change.

use super::event::{Effect, Now};
use super::glyphs;
use super::log::Log;
use super::roll::Roll;
use super::screens::Open;
use super::sheet::{Sheet, Tone};
use super::{App, Held, Notice};
use crate::lint::{self, Severity};
use crate::model::{Change, Counts, Happening, Item, Link, LinkKey, What};

/// How long a notice stays.
const NOTICE: std::time::Duration = std::time::Duration::from_secs(6);

/// How often the first picture is shown growing.
pub(super) const GROWTH: std::time::Duration = std::time::Duration::from_millis(100);

impl App {
    /// Takes news. A picture that is held still does not show it, only that there is some.
    pub(super) fn changes(&mut self, changes: Vec<Change>) {
        let evidence = self.evidence_of_selected();
        let selected = self.selected_link().cloned();
        // News that is not about links has no happenings, or not for all that it tells.
        let visible = |change: &Change| {
            !matches!(change, Change::Link(_) | Change::LinkGone(_) | Change::Contents { .. })
        };
        let visible = changes.iter().any(visible);
        self.show_evidence(&changes);
        let of_engine = |change: &Change| matches!(change, Change::Belief { .. });
        let roll = changes.iter().any(of_engine).then(|| Roll::of(&self.topology));
        let told: Vec<Happening> =
            changes.into_iter().flat_map(|change| self.topology.apply(change)).collect();
        let glyphs = self.glyphs();
        let by_engines = roll
            .map(|roll| roll.differences(&Roll::of(&self.topology), glyphs))
            .unwrap_or_default();
        if self.ready {
            let log = self.held.as_mut().map_or(&mut self.log, |held| &mut held.log);
            for happening in &told {
                log.add(self.now.wall, happening, glyphs);
            }
            for told in &by_engines {
                log.add_told(self.now.wall, told, glyphs);
            }
        }
        self.reach.forget(&told, self.now.since_start);
        self.course.take_note(&told, self.now.since_start);
        if let Some(held) = &mut self.held {
            held.count += told.len() + by_engines.len();
            self.dirty |= !told.is_empty() || !by_engines.is_empty();
            return;
        }
        if self.ready {
            for happening in &told {
                self.mark(happening);
            }
            for told in &by_engines {
                self.glow.mark(told.item, self.now.since_start);
            }
        }
        self.dirty |= visible || !told.is_empty() || selected.as_ref() != self.selected_link();
        self.outdated = true;
        // A fresh reading of the selected link came without what was found out about its parent.
        if evidence && !self.evidence_of_selected() {
            self.examined = None;
        }
    }

    /// Holds the picture still, or catches up with what happened since.
    pub(super) fn pause(&mut self) {
        if let Some(held) = self.held.take() {
            self.log.append(held.log);
            self.outdated = true;
        } else {
            let topology = self.topology.clone();
            self.held = Some(Held { topology, log: Log::default(), count: 0 });
        }
    }

    /// Shows a sentence in the footer.
    pub(super) fn tell(&mut self, result: Result<String, String>) {
        let (text, tone) = match result {
            Ok(text) => (text, Tone::Good),
            Err(text) => (text, Tone::Error),
        };
        self.notice = Some(Notice { text, tone, until: self.now.since_start + NOTICE });
        self.dirty = true;
    }

    /// Lets glow fade and notices disappear.
    pub(super) fn pass_time(&mut self) {
        let Now { since_start, .. } = self.now;
        self.dirty |= self.pending().is_some();
        self.dirty |= self.glow.pass(since_start);
        if self.notice.take_if(|notice| notice.until <= since_start).is_some() {
            self.dirty = true;
        }
    }

    /// Brings everything derived up to date, and asks for what the screen now needs.
    pub(super) fn settle(&mut self, effects: &mut Vec<Effect>) {
        self.settle_work();
        let layout = self.layout();
        self.tree.set_height(usize::from(layout.rows.height));
        if layout.details.height == 0 {
            self.pane = super::Pane::Tree;
        }
        let outdated = self.outdated && (self.ready || self.digestion_is_due());
        if outdated {
            self.outdated = false;
            self.digested = self.now.since_start;
            self.digest();
            self.prune_marks();
            self.check_form();
            self.check_question();
            self.rename_packets();
        }
        if std::mem::take(&mut self.stale) || outdated {
            let topology = self.held.as_ref().map_or(&self.topology, |held| &held.topology);
            let glyphs = if self.settings.ascii { &glyphs::ASCII } else { &glyphs::UNICODE };
            self.tree.rebuild(topology, glyphs);
        }
        self.settle_reach(effects);
        self.settle_packets(effects);
        self.clamp_scroll();
        let shown = self.selected_link().map(|link| link.key).filter(|_| self.shows_details());
        if shown != self.detailed {
            self.detailed = shown;
            self.details_scroll = 0;
        }
        let wanted = self.wants_statistics(shown);
        if wanted != self.watched {
            self.traffic.keep(&wanted);
            self.watched.clone_from(&wanted);
            effects.push(Effect::Watch(wanted));
        }
        if shown != self.examined {
            self.examined = shown;
            effects.extend(shown.map(Effect::Examine));
        }
    }

    /// Makes anew what is derived from the topology.
    fn digest(&mut self) {
        let topology = self.held.as_ref().map_or(&self.topology, |held| &held.topology);
        let findings = lint::findings(topology);
        self.dirty |= findings != self.findings;
        self.findings = findings;
        self.worst.clear();
        for (place, finding) in self.findings.iter().enumerate() {
            self.worst.entry(finding.item).or_insert(place);
        }
        let bad = self.findings.iter().filter(|finding| finding.severity < Severity::Note).count();
        self.warnings = bad + topology.problems().count();
        self.counts = Counts::of(topology);
    }

    /// Links whose traffic is on the screen, in the details or in a column of the tree.
    fn wants_statistics(&self, in_details: Option<LinkKey>) -> Vec<LinkKey> {
        let mut wanted: Vec<LinkKey> = in_details.into_iter().collect();
        if self.screens.is_empty() && self.layout().traffic {
            wanted.extend(self.tree.visible().iter().filter_map(|row| match row.item {
                Item::Link(key) => Some(key),
                _ => None,
            }));
        }
        wanted.sort_unstable();
        wanted.dedup();
        wanted
    }

    /// Thousands of pieces make the first picture; it is enough to show it growing now and then.
    fn digestion_is_due(&self) -> bool {
        self.now.since_start >= self.digested + GROWTH
    }

    /// Keeps scrolled text from leaving its pane.
    fn clamp_scroll(&mut self) {
        let layout = self.layout();
        if let Some(open) = self.screens.last().copied() {
            let sheet = self.sheet(open.screen);
            let (width, height) = (layout.screen.width, layout.screen.height);
            let open = clamp(open, &sheet, usize::from(width), usize::from(height));
            if let Some(top) = self.screens.last_mut() {
                *top = open;
            }
        } else if layout.details.height > 0 && self.details_scroll > 0 {
            let sheet = self.sheet(super::Screen::Details);
            let lines = sheet.lines(usize::from(layout.details.width)).len();
            let most = lines.saturating_sub(usize::from(layout.details.height));
            self.details_scroll = self.details_scroll.min(most);
        }
    }

    /// A picture that is held still yet takes what was found out about the parent of a link in it:
    /// somebody looks at that link right now.
    fn show_evidence(&mut self, changes: &[Change]) {
        let Some(held) = &mut self.held else { return };
        for change in changes {
            let Change::Link(found) = change else { continue };
            let Some(shown) = held.topology.link(found.key) else { continue };
            let (Some(old), Some(new)) = (&shown.parent, &found.parent) else { continue };
            if old.key() == new.key() && old != new {
                let link = Link { parent: Some(new.clone()), ..shown.clone() };
                held.topology.apply(Change::Link(Box::new(link)));
                self.dirty = true;
            }
        }
    }

    fn mark(&mut self, happening: &Happening) {
        if happening.what == What::Gone {
            return;
        }
        let item = match &happening.link {
            Some(link) => Item::Link(link.key),
            None => Item::Netns(happening.netns),
        };
        self.glow.mark(item, self.now.since_start);
    }

    fn evidence_of_selected(&self) -> bool {
        self.examined
            .and_then(|key| self.topology.link(key)?.parent.as_ref())
            .is_some_and(|parent| parent.sysfs_lower.is_some() || parent.nsid.is_some())
    }
}

/// The screen with its selected entry in sight and its text filling the pane.
fn clamp(open: Open, sheet: &Sheet, width: usize, height: usize) -> Open {
    let lines = sheet.lines(width);
    let most = lines.len().saturating_sub(height);
    let mut scroll = open.scroll.min(most);
    let cursor = open.cursor.min(sheet.entries.len().saturating_sub(1));
    if open.is_list() {
        let first = lines.iter().position(|line| line.entry == cursor).unwrap_or(0);
        let last = lines.iter().rposition(|line| line.entry == cursor).unwrap_or(0);
        scroll = scroll.max((last + 1).saturating_sub(height)).min(first);
    }
    Open { scroll, cursor, ..open }
}

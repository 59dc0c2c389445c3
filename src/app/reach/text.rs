//! What the screens of reach say of a pair in words: the verdict, why, what would help, what the wire
//! said.

use crate::app::sheet::{Sheet, Tone};
use crate::app::{Action, App};
use crate::reach::{
    self, Answered, Behind, Beside, Endpoint, Finding, Fix, Found, Suspect, Verdict,
};

use super::Stage;

impl App {
    /// The text below the matrix, with the matrix's title.
    pub(in crate::app) fn reach_sheet(&self) -> Sheet {
        let Some(parent) = self.reach.parent else { return Sheet::default() };
        let topology = self.topology();
        let mut sheet = Sheet::new(format!("Who reaches whom on {}", topology.describe(parent)));
        if let Some(pair) = self.reach.pair {
            self.tell_pair(&mut sheet, pair);
        }
        if let Some(behind) = Behind::of(topology, Endpoint::Link(parent), self.reach.assumed) {
            sheet.toned("switch", behind.sentence(topology), Tone::Dim);
        }
        sheet
    }

    /// A sentence on a pair, and what belongs to it.
    pub(super) fn tell_pair(&self, sheet: &mut Sheet, pair: [Endpoint; 2]) {
        let topology = self.topology();
        let [from, to] = pair;
        let names = pair.map(|end| end.label(topology));
        let names = format!("{} {} {}", names[0], self.glyphs().arrow, names[1]);
        if from == to {
            sheet.toned("", format!("{names}: the same end."), Tone::Dim);
            return;
        }
        let verdict = self.verdict_on(pair);
        let why = verdict.reason().map(|reason| reason.sentence(topology)).unwrap_or_default();
        let text = format!("{names}: {}. {why}", outcome(&verdict));
        sheet.toned("", text.trim_end(), tone(&verdict));
        match self.trial(pair, &verdict) {
            None => {}
            Some(Stage::Waiting) => {
                sheet.toned("probe", "under way", Tone::Dim);
            }
            Some(Stage::Done(Err(why))) => {
                sheet.toned("probe", format!("nothing was found out: {why}"), Tone::Error);
            }
            Some(Stage::Done(Ok(Finding::Outside(answered)))) => {
                self.tell_outside(sheet, pair, &verdict, &answered);
            }
            Some(Stage::Done(Ok(Finding::Frames(found)))) => {
                let frames = self.frames(found);
                if found.agrees(&verdict) {
                    sheet.toned("probe", format!("agreed: {frames}"), Tone::Good);
                } else {
                    sheet.toned("probe", format!("DISAGREED: {frames}."), Tone::Warning);
                    let measured = [found.unicast, found.broadcast];
                    let suspects = Suspect::all(topology, pair, &verdict, measured);
                    self.tell_suspects(sheet, &suspects);
                }
                self.tell_answers(sheet, pair, &verdict, found);
            }
        }
        if let Some(beside) = Beside::instead(topology, pair, &verdict) {
            sheet.toned("but", beside.sentence(topology), Tone::Good);
        }
        if let Some(fix) = Fix::of(topology, from, to, &verdict) {
            sheet.toned("fix", fix.sentence(topology), Tone::Note);
        }
        if let Some(other) = Fix::hairpin(topology, from, to, &verdict) {
            sheet.toned("or", other.sentence(topology), Tone::Note);
            if let Ok(command) = self.commands(&other) {
                sheet.toned("$", command, Tone::Note);
            }
        }
    }

    /// What the first of a pair was answered by the second, where they have addresses for it.
    fn tell_answers(
        &self,
        sheet: &mut Sheet,
        pair: [Endpoint; 2],
        verdict: &Verdict,
        found: Found,
    ) {
        let (Some([there, _]), [Endpoint::Link(from), Endpoint::Link(to)]) = (found.answers, pair)
        else {
            return;
        };
        let is_v6 = reach::pair(self.topology(), from, to).is_ok_and(|pair| pair.to.is_ipv6());
        let who = if is_v6 { "neighbour solicitation" } else { "ARP" };
        let said = |answered: bool| if answered { "answered" } else { "no answer" };
        let told = format!("{who} {}, ping {}", said(there.resolved), said(there.echoed));
        let is_expected = there.echoed == verdict.is_reachable();
        sheet.toned("", told, if is_expected { Tone::Good } else { Tone::Warning });
        if let Some(told) = Answered::asked_instead(self.topology(), pair[0]) {
            sheet.toned("", told, Tone::Dim);
        }
    }

    /// What one address in the outside answered, and what that tells of the prediction.
    fn tell_outside(
        &self,
        sheet: &mut Sheet,
        pair: [Endpoint; 2],
        verdict: &Verdict,
        answered: &Answered,
    ) {
        let said = answered.sentence();
        if answered.agrees(pair, verdict) {
            sheet.toned("probe", format!("agreed: {said}"), Tone::Good);
        } else {
            sheet.toned("probe", format!("DISAGREED: {said}"), Tone::Warning);
            let suspects = Suspect::of_answer(self.topology(), pair, verdict, answered);
            self.tell_suspects(sheet, &suspects);
        }
        let frames = if answered.answers.echoed { "frames both ways" } else { "frames back" };
        let compared = format!(
            "Compared are broadcasts to the outside and {frames}; nobody there tells of others."
        );
        sheet.toned("", compared, Tone::Dim);
    }

    /// What may be behind a difference, a sentence each.
    fn tell_suspects(&self, sheet: &mut Sheet, suspects: &[Suspect]) {
        for suspect in suspects {
            let sentence = match suspect {
                Suspect::Hairpin(_) => {
                    let key = self.key_of(Action::AssumeSwitch);
                    format!("The switch does otherwise than assumed: {key} assumes so.")
                }
                other => other.sentence(self.topology()),
            };
            sheet.toned("", sentence, Tone::Warning);
        }
    }

    /// Which frames arrived: `unicast ✓ ✗, broadcast ✓ ✗ (there, back)`.
    fn frames(&self, found: Found) -> String {
        let glyphs = self.glyphs();
        let sign = |arrived: bool| if arrived { glyphs.good } else { glyphs.error };
        let [unicast, broadcast] = [found.unicast, found.broadcast]
            .map(|[there, back]| format!("{} {}", sign(there), sign(back)));
        format!("unicast {unicast}, broadcast {broadcast} (there, back)")
    }
}

/// What a verdict comes to, without the words that a sign beside it tells already.
pub fn outcome(verdict: &Verdict) -> &'static str {
    let summary = verdict.summary();
    summary.strip_prefix("not reachable: ").unwrap_or(summary)
}

/// How good a verdict is.
pub fn tone(verdict: &Verdict) -> Tone {
    match (verdict.frames_pass(), verdict.is_reachable()) {
        (_, true) => Tone::Good,
        (true, false) => Tone::Warning,
        (false, false) => Tone::Error,
    }
}

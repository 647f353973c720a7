//! Which records of a file are new, which are there, and which contradict what is there.

use std::collections::HashSet;

use super::{Known, Replacement, Sink, hash};
use crate::app::import::agreement::agreeing;
use crate::app::record::{Candidate, Refused, Standing, note_rejected, standing, with_leg};
use crate::store::{Log, Rejected, StoreError};

/// So many records that seem to contradict what is there wait for the end of their file. Of more, the first are settled
/// before the last are read.
const MAX_HELD: usize = 1 << 16;

/// So many records that are replaced are named one by one.
const MAX_NAMED: usize = 1_000;

impl Sink<'_, '_> {
    /// The records that are not there yet. What seems to contradict what is there waits for the end of its file: a later
    /// row may be what is there, and it is then one more.
    pub(super) fn sort_out(
        &mut self,
        mut candidates: Vec<Candidate>,
        is_end: bool,
    ) -> Result<Vec<Candidate>, StoreError> {
        let mut fresh = Vec::with_capacity(candidates.len());
        let (mut conflicts, mut replacing) = (Vec::new(), Vec::new());
        self.known.fetch(candidates.iter().map(|candidate| &*candidate.id));
        // What is there as it comes is found first: what is left over is then new, or another reading.
        let count = candidates.len();
        candidates.retain(|candidate| {
            let as_sent = candidate.as_sent.as_deref();
            let is_there = as_sent.is_some_and(|sent| self.known.claim_as_sent(sent, self.file));
            !is_there && !self.known.claim(candidate, self.file)
        });
        self.imported.recorded.already_there += (count - candidates.len()) as u64;
        for mut candidate in candidates {
            let (number, standing) = self.standing(&candidate);
            if standing == Standing::Conflict && !is_end && self.held.len() < MAX_HELD {
                self.held.push(candidate);
                continue;
            }
            if candidate.is_unnamed {
                self.known.number(&mut candidate, (number, standing));
            }
            let id = hash(&candidate.id);
            match standing {
                Standing::AlreadyThere => {
                    self.imported.recorded.already_there += 1;
                    self.known.see(id, candidate.content, self.file);
                }
                Standing::Conflict | Standing::Leg(_)
                    if self.options.is_replacing && self.known.may_replace(id, self.file) =>
                {
                    self.known.replace(id, candidate.content, self.file);
                    replacing.push(candidate);
                }
                Standing::Conflict => conflicts.push(candidate),
                Standing::New | Standing::Leg(_) => {
                    if let Standing::Leg(number) = standing {
                        with_leg(&mut candidate, number);
                        self.imported.recorded.legs += 1;
                    }
                    self.count(&mut candidate);
                    self.known.add(id, Known::of_file(candidate.content, self.file));
                    fresh.push(candidate);
                }
            }
        }
        if self.options.is_dry_run {
            self.imported.recorded.stored += fresh.len() as u64;
        }
        self.replace(replacing)?;
        self.settle(conflicts)?;
        Ok(fresh)
    }

    /// What a record is, and the number that is due to it where it has no id of its own.
    fn standing(&mut self, candidate: &Candidate) -> (u32, Standing) {
        if candidate.is_unnamed {
            return self.known.due(candidate, self.file);
        }
        let there = self.known.contents(hash(&candidate.id));
        (1, standing(candidate.content, there, self.log == Log::Outcomes))
    }

    fn count(&mut self, candidate: &mut Candidate) {
        let recorded = &mut self.imported.recorded;
        recorded.defaulted += u64::from(candidate.is_defaulted);
        if let Some(dispute) = &candidate.dispute {
            dispute.note(recorded);
        }
        let place = format!("line {}: ", candidate.line);
        let warnings = std::mem::take(&mut candidate.warnings);
        // What is counted needs no sentence for each.
        let told = warnings.into_iter().filter(|_| candidate.dispute.is_none());
        recorded.warnings.extend(told.map(|warning| place.clone() + &warning));
    }

    /// Notes what takes the place of what is there: a record that contradicts it, whole; of one that only says more, what
    /// it says beyond.
    fn replace(&mut self, replacing: Vec<Candidate>) -> Result<(), StoreError> {
        let mut lines: Vec<Option<Vec<u8>>> =
            replacing.iter().map(|candidate| Some(candidate.row.line.clone())).collect();
        for agreeing in agreeing(self.context, self.log, &replacing)? {
            let id = hash(&replacing[agreeing.place].id);
            let content = agreeing.filled.as_ref().map_or(agreeing.content, |(_, content)| *content);
            self.known.replace(id, content, self.file);
            lines[agreeing.place] = agreeing.filled.map(|(line, _)| line);
        }
        for (candidate, line) in replacing.into_iter().zip(lines) {
            match line {
                None => self.imported.recorded.already_there += 1,
                Some(line) => {
                    self.imported.replaced += 1;
                    if self.imported.replaced_ids.len() < MAX_NAMED {
                        self.imported.replaced_ids.push(own_id(&candidate).to_owned());
                    }
                    self.replaced.insert(hash(&candidate.id));
                    self.replacements.push(Replacement { id: candidate.id, line });
                }
            }
        }
        Ok(())
    }

    /// Counts records as there that say what is there, in another form of file; of the others it is said that they
    /// contradict it. What is there is one row of a file, and not several.
    fn settle(&mut self, conflicts: Vec<Candidate>) -> Result<(), StoreError> {
        let mut there = HashSet::new();
        let agreeing = if self.log == Log::Outcomes {
            agreeing(self.context, self.log, &conflicts)?
        } else {
            Vec::new()
        };
        for agreeing in agreeing {
            let id = hash(&conflicts[agreeing.place].id);
            let is_taken = self.replaced.contains(&id) || self.known.is_seen(id, agreeing.content, self.file);
            if !is_taken && there.insert(agreeing.place) {
                self.known.see(id, agreeing.content, self.file);
            }
        }
        self.imported.recorded.already_there += there.len() as u64;
        let conflicts: Vec<(u64, String, Vec<u8>)> = conflicts
            .into_iter()
            .enumerate()
            .filter(|(at, _)| !there.contains(at))
            .map(|(_, candidate)| {
                let why = format!("{} is there already with another content", own_id(&candidate));
                (candidate.line, why, candidate.row.line)
            })
            .collect();
        if !self.options.is_dry_run {
            let at = self.context.now.to_string();
            let reject = |(line, why, text): &(u64, String, Vec<u8>)| {
                Rejected::new(at.clone(), "import", *line, why.clone(), text.trim_ascii())
            };
            let rejected: Vec<Rejected<'_>> = conflicts.iter().map(reject).collect();
            note_rejected(self.context, &rejected, &mut self.imported.recorded);
        }
        let refused = conflicts.into_iter().map(|(line, why, _)| Refused { line, why });
        self.imported.recorded.conflicts.extend(refused);
        Ok(())
    }
}

/// The id that a record itself has: that of a fill stands behind its account and symbol.
fn own_id(candidate: &Candidate) -> &str {
    candidate.id.rsplit('\u{1f}').next().unwrap_or_default()
}

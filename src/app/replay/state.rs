//! Where a replay that was stopped resumes.

use serde::{Deserialize, Serialize};

use super::super::Context;
use super::scenario::Scenario;
use crate::store::{Durability, StoreError, read_state, replace_state};

/// Sessions between two saves.
const SAVED_EVERY: usize = 20;

/// Version of the form; an older one begins again.
const FORM: u32 = 10;

/// Letters of the checksum.
const SUM: usize = 16;

/// A replay as far as it got: what is written borrows the scenarios.
#[derive(Serialize, Deserialize)]
struct Saved<S = Scenario> {
    form: u32,
    fingerprint: u64,
    sessions: usize,
    trained: u64,
    scenarios: Vec<S>,
}

/// Saves now and then, and finds what was saved.
pub(super) struct Progression<'a> {
    context: &'a Context<'a>,
    fingerprint: u64,
    /// Why nothing more is saved, if so.
    pub trouble: Option<StoreError>,
}

impl<'a> Progression<'a> {
    pub(super) fn new(context: &'a Context<'a>, fingerprint: u64) -> Self {
        Self { context, fingerprint, trouble: None }
    }

    /// Sessions done, models trained and the scenarios that are saved of an earlier run of the same replay; `None` where there is none, or it was
    /// damaged, or anything that goes in has changed.
    pub(super) fn find(&self) -> Option<(usize, u64, Vec<Scenario>)> {
        let bytes = read_state(self.context.disk, &self.context.layout.replay_state()).ok()??;
        let (sum, body) = bytes.split_at_checked(SUM)?;
        if sum != checksum(body).as_bytes() {
            return None;
        }
        let saved: Saved<Scenario> = serde_json::from_slice(body).ok()?;
        let fits = saved.form == FORM && saved.fingerprint == self.fingerprint;
        fits.then_some((saved.sessions, saved.trained, saved.scenarios))
    }

    /// Saves after every so many sessions. A replay that cannot save goes on all the same.
    pub(super) fn save(&mut self, sessions: usize, trained: u64, scenarios: &[Scenario]) {
        if !sessions.is_multiple_of(SAVED_EVERY) || self.trouble.is_some() || self.context.as_of.is_some() {
            return;
        }
        self.trouble = self.write(sessions, trained, scenarios).err();
    }

    fn write(&self, sessions: usize, trained: u64, scenarios: &[Scenario]) -> Result<(), StoreError> {
        let path = self.context.layout.replay_state();
        let failed = |source: std::io::Error| StoreError::Write { path: path.clone(), source };
        let saved = Saved {
            form: FORM,
            fingerprint: self.fingerprint,
            sessions,
            trained,
            scenarios: scenarios.iter().filter(|scenario| !scenario.is_walked_again()).collect::<Vec<_>>(),
        };
        let mut bytes = vec![b'0'; SUM];
        serde_json::to_writer(&mut bytes, &saved).map_err(|error| failed(error.into()))?;
        let sum = checksum(&bytes[SUM..]);
        bytes[..SUM].copy_from_slice(sum.as_bytes());
        let context = self.context;
        let _lock = context.lock()?;
        if let Some(dir) = path.parent() {
            context.disk.create_dir_all(dir).map_err(failed)?;
        }
        replace_state(context.disk, &path, &bytes, Durability::Cache)
    }

    /// Takes the saved state away: the replay is done.
    pub(super) fn done(&self) {
        // What stays behind is taken for what it is by the next run.
        let _ = self.context.disk.remove(&self.context.layout.replay_state());
    }
}

fn checksum(body: &[u8]) -> String {
    format!("{:016x}", xxhash_rust::xxh3::xxh3_64(body))
}

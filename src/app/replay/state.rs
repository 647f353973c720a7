//! Where a replay that was stopped goes on.

use serde::{Deserialize, Serialize};

use super::super::Desk;
use super::life::Life;
use crate::store::{Durability, StoreError, lock_store, read_state, replace_state};

/// Sessions between two saves.
const SAVED_EVERY: usize = 20;

/// Version of the form; an older one begins anew.
const FORM: u32 = 2;

/// A replay as far as it got.
#[derive(Serialize, Deserialize)]
struct Saved {
    form: u32,
    fingerprint: u64,
    sessions: usize,
    trained: u64,
    lives: Vec<Life>,
}

/// Saves now and then, and finds what was saved.
pub(super) struct Progression<'a> {
    desk: &'a Desk<'a>,
    fingerprint: u64,
    /// Why nothing more is saved, if so.
    pub trouble: Option<StoreError>,
}

impl<'a> Progression<'a> {
    pub(super) fn new(desk: &'a Desk<'a>, fingerprint: u64) -> Self {
        Self { desk, fingerprint, trouble: None }
    }

    /// Sessions done, trainings and lives of an earlier run of the same replay; `None` where there is none, or it was
    /// damaged, or anything that goes in has changed.
    pub(super) fn find(&self) -> Option<(usize, u64, Vec<Life>)> {
        let bytes = read_state(self.desk.disk, &self.desk.layout.replay_state()).ok()??;
        let (sum, body) = bytes.split_at_checked(16)?;
        if sum != checksum(body).as_bytes() {
            return None;
        }
        let saved: Saved = serde_json::from_slice(body).ok()?;
        let fits = saved.form == FORM && saved.fingerprint == self.fingerprint;
        fits.then_some((saved.sessions, saved.trained, saved.lives))
    }

    /// Saves after every so many sessions. A replay that cannot save goes on all the same.
    pub(super) fn save(&mut self, sessions: usize, trained: u64, lives: &[Life]) {
        if !sessions.is_multiple_of(SAVED_EVERY) || self.trouble.is_some() || self.desk.as_of.is_some() {
            return;
        }
        self.trouble = self.write(sessions, trained, lives).err();
    }

    fn write(&self, sessions: usize, trained: u64, lives: &[Life]) -> Result<(), StoreError> {
        let path = self.desk.layout.replay_state();
        let failed = |source: std::io::Error| StoreError::Write { path: path.clone(), source };
        let saved =
            Saved { form: FORM, fingerprint: self.fingerprint, sessions, trained, lives: lives.to_vec() };
        let body = serde_json::to_vec(&saved).map_err(|error| failed(error.into()))?;
        let desk = self.desk;
        let _lock =
            lock_store(desk.disk, &desk.layout, desk.patience(), &mut || desk.progress.waiting_for_lock())?;
        if let Some(dir) = path.parent() {
            desk.disk.create_dir_all(dir).map_err(failed)?;
        }
        let bytes = [checksum(&body).as_bytes(), &body].concat();
        replace_state(desk.disk, &path, &bytes, Durability::Cache)
    }

    /// Takes the saved state away: the replay is done.
    pub(super) fn done(&self) {
        // What stays behind is taken for what it is by the next run.
        let _ = self.desk.disk.remove(&self.desk.layout.replay_state());
    }
}

fn checksum(body: &[u8]) -> String {
    format!("{:016x}", xxhash_rust::xxh3::xxh3_64(body))
}

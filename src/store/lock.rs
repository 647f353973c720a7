//! One writer at a time: a kernel lock, so that nothing stale is left when a process is killed.

use std::time::Duration;

use super::error::StoreError;
use super::file_system::{Disk, LockGuard};
use super::layout::Layout;

/// After how long a held lock is tried again. Who has waited longer tries more often, so that nobody waits
/// much longer than others; who waits very long, waits for an analysis.
fn step(waited: Duration) -> Duration {
    match waited.as_millis() {
        0..8 => Duration::from_millis(2),
        8..100 => Duration::from_micros(500),
        _ => Duration::from_millis(5),
    }
}

/// How long to wait for the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockTimeout(pub Duration);

impl LockTimeout {
    /// What an engine can spare: 200 ms.
    pub const ENGINE: Self = Self(Duration::from_millis(200));
}

/// The right to write to a store, for as long as it lives.
pub struct StoreLock {
    _guard: Box<dyn LockGuard>,
}

impl std::fmt::Debug for StoreLock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StoreLock")
    }
}

/// Takes the lock, creating the folders of the store when they are missing. `on_wait` is called once after
/// a second of waiting.
///
/// # Errors
/// [`StoreError::Locked`] when the time runs out, [`StoreError::NoLocks`] when there are none, [`StoreError::Write`] when the folders or the lock
/// file cannot be made.
pub fn lock_store(
    disk: &dyn Disk,
    layout: &Layout,
    lock_timeout: LockTimeout,
    on_wait: &mut dyn FnMut(),
) -> Result<StoreLock, StoreError> {
    let hidden = layout.hidden();
    let path = layout.lock();
    let attempt = || match disk.try_lock(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            disk.create_dir_all(&hidden).map_err(|e| StoreError::writing(&hidden, e))?;
            disk.try_lock(&path).map_err(|e| StoreError::locking(&path, e))
        }
        other => other.map_err(|e| StoreError::locking(&path, e)),
    };
    let (mut waited, mut is_said) = (Duration::ZERO, false);
    loop {
        if let Some(guard) = attempt()? {
            return Ok(StoreLock { _guard: guard });
        }
        if waited >= lock_timeout.0 {
            return Err(StoreError::Locked { path, waited_ms: lock_timeout.0.as_millis() as u64 });
        }
        waited += disk.pause(step(waited));
        if !is_said && waited >= Duration::from_secs(1) {
            is_said = true;
            on_wait();
        }
    }
}

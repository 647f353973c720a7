//! One writer at a time: a kernel lock, so that nothing stale is left when a process is killed.

use std::time::Duration;

use super::disk::{Disk, LockGuard};
use super::error::StoreError;
use super::layout::Layout;

/// How often a held lock is tried again: an exit holds it for less than two milliseconds, an analysis for longer.
const STEPS: [Duration; 2] = [Duration::from_millis(1), Duration::from_millis(5)];

/// How long the short steps are taken.
const SHORT: Duration = Duration::from_millis(50);

/// How long to wait for the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience(pub Duration);

impl Patience {
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
/// [`StoreError::Locked`] when the patience runs out, [`StoreError::Write`] when the folders or the lock
/// file cannot be made.
pub fn lock_store(
    disk: &dyn Disk,
    layout: &Layout,
    patience: Patience,
    on_wait: &mut dyn FnMut(),
) -> Result<StoreLock, StoreError> {
    let hidden = layout.hidden();
    let path = layout.lock();
    let attempt = || match disk.try_lock(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            disk.create_dir_all(&hidden).map_err(|e| StoreError::writing(&hidden, e))?;
            disk.try_lock(&path).map_err(|e| StoreError::writing(&path, e))
        }
        other => other.map_err(|e| StoreError::writing(&path, e)),
    };
    let mut waited = Duration::ZERO;
    loop {
        if let Some(guard) = attempt()? {
            return Ok(StoreLock { _guard: guard });
        }
        if waited >= patience.0 {
            return Err(StoreError::Locked { path, waited_ms: waited.as_millis() as u64 });
        }
        let step = STEPS[usize::from(waited >= SHORT)];
        disk.pause(step);
        waited += step;
        if waited == Duration::from_secs(1) {
            on_wait();
        }
    }
}

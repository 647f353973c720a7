//! When the program itself fails: caught, in one line, so that an engine's record is kept all the same.

use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, Once};

/// How many commands run that want to know of a panic.
static CAUGHT: AtomicUsize = AtomicUsize::new(0);

/// Where the last panic was, and what it said.
static LAST: Mutex<Option<String>> = Mutex::new(None);

/// What `work` returns, or where and why it panicked, on whichever thread that was.
pub(super) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |info| {
            if CAUGHT.load(Ordering::Relaxed) == 0 {
                return before(info);
            }
            let place =
                info.location().map(|at| format!("{}:{}: ", at.file(), at.line())).unwrap_or_default();
            let what = info.payload_as_str().unwrap_or("it does not say why").replace('\n', " ");
            if let Ok(mut last) = LAST.lock() {
                *last = Some(place + &what);
            }
        }));
    });
    CAUGHT.fetch_add(1, Ordering::Relaxed);
    // What a panic leaves half done is dropped with the command: files are whole at every moment.
    let done = catch_unwind(AssertUnwindSafe(work));
    CAUGHT.fetch_sub(1, Ordering::Relaxed);
    done.map_err(|_| {
        let last = LAST.lock().ok().and_then(|mut last| last.take());
        last.unwrap_or_else(|| "it does not say where".into())
    })
}

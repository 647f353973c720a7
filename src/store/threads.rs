//! The threads that unpack and learn: as many as the machine has cores, fewer where the system gives fewer, none
//! beside the one that asks where it gives none.

use std::collections::VecDeque;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, channel};

static LIMIT: OnceLock<usize> = OnceLock::new();
static COUNT: OnceLock<usize> = OnceLock::new();

/// Uses no more threads than this. Call it before anything is read.
pub fn limit_threads(most: usize) {
    let _ = LIMIT.set(most);
}

/// Begins the threads, once, and returns how many work. One means that whoever asked works alone: rayon's own pool
/// would panic where no thread is to be had.
pub fn start_threads() -> usize {
    *COUNT.get_or_init(|| {
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        begin(LIMIT.get().copied().unwrap_or(usize::MAX).min(cores))
    })
}

/// Frees what the threads made, on them: of memory that one thread takes and another gives back, each waits for the other's
/// lock.
pub fn free_on_threads<T: Send + 'static>(made: T) {
    if start_threads() > 1 {
        rayon::spawn(move || drop(made));
    }
}

/// Pieces of work on their way through the threads, taken back in the order in which they were sent.
#[derive(Debug)]
pub struct Underway<T>(VecDeque<Receiver<T>>);

impl<T> Default for Underway<T> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<T: Send + 'static> Underway<T> {
    /// Sends a piece of work to the threads; where whoever asks works alone it is done at once.
    pub fn send(&mut self, work: impl FnOnce() -> T + Send + 'static) {
        let (sender, receiver) = channel();
        self.0.push_back(receiver);
        // Nobody may wait for it any more. A panic would end the process: whoever waits is told that nothing comes.
        let work = move || {
            if let Ok(made) = catch_unwind(AssertUnwindSafe(work)) {
                let _ = sender.send(made);
            }
        };
        if start_threads() > 1 { rayon::spawn(work) } else { work() }
    }

    /// How many pieces are on their way.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What became of the next piece; `None` when there is none, or when it panicked.
    pub fn take_next(&mut self) -> Option<T> {
        self.0.pop_front()?.recv().ok()
    }
}

fn begin(wanted: usize) -> usize {
    let mut waiting = Vec::new();
    // They are begun before the pool is made, which could not be made a second time.
    for _ in (0..wanted).filter(|_| wanted > 1) {
        let (sender, receiver) = channel::<rayon::ThreadBuilder>();
        let work = move || {
            if let Ok(thread) = receiver.recv() {
                thread.run();
            }
        };
        if std::thread::Builder::new().spawn(work).is_err() {
            break;
        }
        waiting.push(sender);
    }
    let count = waiting.len();
    let builder = rayon::ThreadPoolBuilder::new();
    if count < 2 {
        // An error means that there is a pool already.
        let _ = builder.num_threads(1).use_current_thread().build_global();
        return 1;
    }
    let hand_over = |thread| {
        let sent = waiting.pop().map(|sender| sender.send(thread));
        sent.and_then(Result::ok).ok_or_else(|| std::io::Error::other("a thread ended"))
    };
    let _ = builder.num_threads(count).spawn_handler(hand_over).build_global();
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_come_back_in_their_order_and_one_that_panicked_does_not() {
        let mut underway = Underway::default();
        for piece in 0..100_u32 {
            underway.send(move || if piece == 50 { panic!("a test") } else { piece });
        }
        assert_eq!(underway.len(), 100);
        for piece in 0..100 {
            assert_eq!(underway.take_next(), Some(piece).filter(|piece| *piece != 50));
        }
        assert!(underway.is_empty() && underway.take_next().is_none());
    }
}

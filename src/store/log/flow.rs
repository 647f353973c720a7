//! Groups of members on their way through the cores, taken back in the order of the file.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};

use rayon::Scope;

use super::frames::{Batch, Done, Mapper, Tools};

/// Groups that are unpacked ahead: enough that no core waits for the thread that takes their results, few
/// enough to be held.
pub(super) const AHEAD: usize = 6;

/// What is made of groups, in their order; each brings its batch back.
pub(super) struct Flow {
    /// What was made of members before those that are coming.
    pub(super) made: Vec<Done>,
    coming: VecDeque<Receiver<(Done, Arc<Batch>)>>,
}

impl Flow {
    pub(super) fn new() -> Self {
        Self { made: Vec::new(), coming: VecDeque::new() }
    }

    /// How many groups are on their way.
    pub(super) fn len(&self) -> usize {
        self.coming.len()
    }

    /// Sends a group of a batch to the cores of `scope`; without one it is unpacked at once.
    pub(super) fn send<'s>(
        &mut self,
        scope: Option<&Scope<'s>>,
        batch: &Arc<Batch>,
        group: (usize, usize),
        spare: &'s Mutex<Vec<Tools>>,
        map: &'s Mapper<'s>,
    ) {
        let (sender, receiver) = channel();
        self.coming.push_back(receiver);
        let batch = Arc::clone(batch);
        let unpack = move || {
            let done = batch.unpack(group, spare, map);
            // Nobody waits for it if a group before it is damaged.
            let _ = sender.send((done, batch));
        };
        match scope {
            Some(scope) => scope.spawn(|_| unpack()),
            None => unpack(),
        }
    }

    /// What was made of the next group; `None` when there is none, or when making it panicked, which ends the
    /// scope.
    pub(super) fn next(&mut self) -> Option<(Done, Arc<Batch>)> {
        self.coming.pop_front()?.recv().ok()
    }

    /// Drops what is still on its way.
    pub(super) fn clear(&mut self) {
        self.coming.clear();
    }
}

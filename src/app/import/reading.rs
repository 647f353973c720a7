//! The rows of a file, read on all cores while the thread that asks stores those before them.

use std::collections::VecDeque;
use std::io;
use std::sync::mpsc::{Receiver, sync_channel};

use rayon::prelude::*;

use crate::store::start_threads;
use crate::wire::{Piece, Splitter};

/// Rows that are read and handed on together.
const BATCH: usize = 2_048;

/// Batches that are read while one is handed on: the cores are not done with one before the next is there.
const AHEAD: usize = 2;

/// How far a file was read.
#[derive(Debug)]
pub(super) enum End {
    /// To its end.
    Whole,
    /// Until who takes its rows wanted no more.
    Stopped,
    /// To where it could not be read on.
    Broken(io::Error),
}

/// Reads the rows that `splitter` cuts, and hands them in their order to `take`, which says whether it wants more. What was
/// cut before the file could not be read on is handed on all the same.
///
/// # Errors
/// Those of `take`.
pub(super) fn read_rows<R: Send, E>(
    splitter: &mut dyn Splitter,
    read: impl Fn(&Piece) -> R + Sync,
    mut take: impl FnMut(&[Piece], Vec<R>) -> Result<bool, E>,
) -> Result<End, E> {
    let read = &read;
    // Who waits for a batch would wait for itself.
    let is_alone = start_threads() < 2;
    rayon::in_place_scope(|cores| {
        let mut end = None;
        let (mut ahead, mut spare) = (VecDeque::<Receiver<(Vec<Piece>, Vec<R>)>>::new(), Vec::new());
        loop {
            while end.is_none() && ahead.len() < AHEAD {
                let mut pieces: Vec<Piece> = spare.pop().unwrap_or_default();
                let count = splitter.next_rows(&mut pieces, BATCH).unwrap_or_else(|error| {
                    end = Some(End::Broken(error));
                    0
                });
                if count < BATCH {
                    end.get_or_insert(End::Whole);
                }
                let (done, waits) = sync_channel(1);
                // Nobody waits for it where an earlier batch was the last that was wanted.
                let hand_over = move |pieces, rows| drop(done.send((pieces, rows)));
                if is_alone {
                    let rows = pieces[..count].iter().map(read).collect();
                    hand_over(pieces, rows);
                } else {
                    cores.spawn(move |_| {
                        let rows = pieces[..count].par_iter().map(read).collect();
                        hand_over(pieces, rows);
                    });
                }
                ahead.push_back(waits);
            }
            let Some((pieces, rows)) = ahead.pop_front().and_then(|batch| batch.recv().ok()) else {
                return Ok(end.unwrap_or(End::Stopped));
            };
            let wants_more = take(&pieces[..rows.len()], rows)?;
            if !wants_more {
                return Ok(end.filter(|_| ahead.is_empty()).unwrap_or(End::Stopped));
            }
            spare.push(pieces);
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers, until one at which the input breaks.
    struct Numbers(u64, u64);

    impl Splitter for Numbers {
        fn next(&mut self, piece: &mut Piece) -> io::Result<bool> {
            if self.0 == self.1 {
                return if self.1 == 7_000 { Err(io::Error::other("broken")) } else { Ok(false) };
            }
            self.0 += 1;
            *piece = Piece { line: self.0, text: String::new() };
            Ok(true)
        }
    }

    fn seen(count: u64, most: usize) -> (Vec<u64>, End) {
        let mut seen = Vec::new();
        let end = read_rows(
            &mut Numbers(0, count),
            |piece| piece.line * 2,
            |pieces, rows| {
                assert!(pieces.iter().zip(&rows).all(|(piece, row)| piece.line * 2 == *row));
                seen.extend(rows);
                Ok::<_, ()>(seen.len() < most)
            },
        );
        (seen, end.unwrap())
    }

    #[test]
    fn rows_come_in_their_order_and_to_the_end() {
        for count in [0, 1, BATCH as u64 - 1, BATCH as u64, 20_000] {
            let (rows, end) = seen(count, usize::MAX);
            assert!(rows.iter().copied().eq((1..=count).map(|line| line * 2)), "{count}");
            assert!(matches!(end, End::Whole), "{count} {end:?}");
        }
    }

    #[test]
    fn what_was_cut_before_the_input_broke_is_handed_on() {
        let (rows, end) = seen(7_000, usize::MAX);
        assert_eq!(rows.len(), 7_000 / BATCH * BATCH);
        assert!(matches!(end, End::Broken(_)));
    }

    #[test]
    fn nothing_is_handed_on_that_is_not_wanted() {
        let (rows, end) = seen(20_000, 3_000);
        assert_eq!(rows.len(), 2 * BATCH);
        assert!(matches!(end, End::Stopped));
    }
}

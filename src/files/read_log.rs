//! A log that was read, and its rows when they are wanted once more.

use crate::store::{OpenLog, Position, StoreError};

/// Times that a log may be read again. Where it is not in the order in which its rows are wanted, more of them are held at once.
const READS: usize = 3;

/// A log that was read, and where its stretches begin, by which rows are found again.
pub(crate) struct ReadLog {
    pub log: OpenLog,
    /// The places of members, in the order of the file.
    pub stretches: Vec<Position>,
}

/// Notes where a stretch begins; of the parts of one large member the first does.
pub(super) fn begins(stretches: &mut Vec<Position>, at: u64, rows: u64) {
    if stretches.last().is_none_or(|last| last.len < at) {
        stretches.push(Position { len: at, rows, ..Position::default() });
    }
}

impl ReadLog {
    /// The stretch in which a row stands.
    fn stretch_of(&self, row: u64) -> usize {
        self.stretches.partition_point(|stretch| stretch.rows <= row).saturating_sub(1)
    }

    /// How many lines are to be held at once, `least` or more, of rows in the order in which they are wanted.
    pub(crate) fn held<T>(&self, rows: &[T], row_of: impl Fn(&T) -> u64, least: usize) -> usize {
        let stretches_of = |slice: &[T]| {
            let mut stretches: Vec<usize> = slice.iter().map(|one| self.stretch_of(row_of(one))).collect();
            stretches.sort_unstable();
            stretches.dedup();
            stretches.len()
        };
        let mut held = least;
        while held < rows.len()
            && rows.rchunks(held).map(stretches_of).sum::<usize>() > READS * self.stretches.len()
        {
            held *= 2;
        }
        held
    }

    /// Reads the lines of rows, which are in the order of the log, each to its place in `lines`.
    ///
    /// # Errors
    /// [`StoreError`] when they cannot be read, or are no longer there.
    pub(crate) fn fetch(&self, mut wanted: &[(u64, usize)], lines: &mut [Vec<u8>]) -> Result<(), StoreError> {
        while let Some((first, _)) = wanted.first() {
            let begin = self.stretch_of(*first);
            // Stretches that follow each other are read together.
            let (mut end, mut together) = (begin, 0);
            while wanted.get(together).is_some_and(|(row, _)| self.stretch_of(*row) <= end) {
                end += 1;
                together += wanted[together..].partition_point(|(row, _)| self.stretch_of(*row) < end);
            }
            let (of_these, others) = wanted.split_at(together);
            let from = self.stretches.get(begin).copied().unwrap_or_default();
            let until = self.stretches.get(end).map_or(u64::MAX, |next: &Position| next.len);
            let mut left = of_these.iter();
            self.log.scan_between(
                (from, until),
                |chunk| chunk.to_lines(),
                |before, mut found| {
                    let after = before + found.len() as u64;
                    let here = left.as_slice().partition_point(|(row, _)| *row < after);
                    for (row, place) in left.by_ref().take(here) {
                        if let Some(line) = found.get_mut((row - before) as usize) {
                            lines[*place] = std::mem::take(line);
                        }
                    }
                },
            )?;
            if of_these.iter().any(|(_, place)| lines[*place].is_empty()) {
                return Err(self.log.changed());
            }
            wanted = others;
        }
        Ok(())
    }
}

//! Cuts a stream of text into pieces of whole lines, passing over lines that are too long.

use crate::wire::MAX_LINE_BYTES;

/// The most text that is taken at a time, so that no line within it can be too long.
const PIECE: usize = MAX_LINE_BYTES / 4;

/// Cuts a stream of text into pieces of whole lines.
#[derive(Default)]
pub(super) struct Splitter {
    carry: Vec<u8>,
    /// Bytes so far of a line that is too long.
    dropping: u64,
    passed_over: Vec<u64>,
}

impl Splitter {
    pub(super) fn push(&mut self, text: &[u8], emit: &mut impl FnMut(&[u8])) {
        text.chunks(PIECE).for_each(|piece| self.push_piece(piece, emit));
    }

    fn push_piece(&mut self, piece: &[u8], emit: &mut impl FnMut(&[u8])) {
        let ends = memchr::memchr(b'\n', piece).zip(memchr::memrchr(b'\n', piece));
        let Some((first, last)) = ends else { return self.keep(piece) };
        self.keep(&piece[..first]);
        if self.dropping > 0 {
            self.passed_over.push(std::mem::take(&mut self.dropping) + 1);
            self.carry.extend_from_slice(&piece[first + 1..=last]);
        } else {
            self.carry.extend_from_slice(&piece[first..=last]);
        }
        if !self.carry.is_empty() {
            emit(&self.carry);
            self.carry.clear();
        }
        self.keep(&piece[last + 1..]);
    }

    fn keep(&mut self, rest: &[u8]) {
        if self.dropping > 0 || self.carry.len() + rest.len() > MAX_LINE_BYTES {
            self.dropping += (self.carry.len() + rest.len()) as u64;
            self.carry.clear();
        } else {
            self.carry.extend_from_slice(rest);
        }
    }

    /// Hands on what is left, and returns the lengths of the lines that were passed over.
    pub(super) fn finish(mut self, emit: &mut impl FnMut(&[u8])) -> Vec<u64> {
        if self.dropping > 0 {
            self.passed_over.push(self.dropping);
        } else if !self.carry.is_empty() {
            emit(&self.carry);
        }
        self.passed_over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &[u8], piece: usize) -> (Vec<usize>, Vec<u64>) {
        let mut lengths = Vec::new();
        let mut emit = |text: &[u8]| {
            let lines = text.split_inclusive(|byte| *byte == b'\n');
            lengths.extend(lines.map(|line| line.trim_ascii_end().len()));
        };
        let mut splitter = Splitter::default();
        text.chunks(piece).for_each(|piece| splitter.push(piece, &mut emit));
        let long = splitter.finish(&mut emit);
        (lengths, long)
    }

    #[test]
    fn a_line_is_too_long_from_the_same_byte_on_whatever_the_pieces() {
        for (len, is_kept) in [(MAX_LINE_BYTES, true), (MAX_LINE_BYTES + 1, false)] {
            for piece in [1_000, 100_003, 8 << 20] {
                for end in [&b"\n"[..], b"\nbehind\n", b""] {
                    let text = [&b"before\n"[..], &vec![b'x'; len], end].concat();
                    let (mut lengths, long) = split(&text, piece);
                    assert_eq!(long.is_empty(), is_kept, "{len} bytes in pieces of {piece}");
                    if !is_kept {
                        assert_eq!(long, [len as u64 + u64::from(!end.is_empty())]);
                        lengths.insert(1, len);
                    }
                    assert_eq!(lengths[..2], [6, len]);
                    assert_eq!(lengths.len(), if end.len() > 1 { 3 } else { 2 });
                }
            }
        }
    }
}

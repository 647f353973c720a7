//! Cuts a stream of text into pieces of whole lines, passing over lines that are too long.

/// The longest line that is read, in bytes; longer ones are passed over and counted.
pub(in crate::store) const MAX_LINE_BYTES: usize = 1 << 20;

/// Cuts a stream of text into pieces of whole lines.
#[derive(Default)]
pub(super) struct Splitter {
    carry: Vec<u8>,
    dropping: u64,
    passed_over: Vec<u64>,
}

impl Splitter {
    pub(super) fn push(&mut self, piece: &[u8], emit: &mut impl FnMut(&[u8])) {
        let Some(last) = memchr::memrchr(b'\n', piece) else {
            self.keep(piece);
            return;
        };
        let (whole, rest) = piece.split_at(last + 1);
        let whole = if self.dropping > 0 {
            let end = memchr::memchr(b'\n', whole).map_or(whole.len(), |at| at + 1);
            self.passed_over.push(self.dropping + end as u64);
            self.dropping = 0;
            &whole[end..]
        } else {
            whole
        };
        self.carry.extend_from_slice(whole);
        emit(&self.carry);
        self.carry.clear();
        self.keep(rest);
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

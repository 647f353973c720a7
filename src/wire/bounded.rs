//! Files of other programs, read in bounded memory: a line too long to be a record is passed over and counted,
//! never held.

use std::io::{self, BufRead, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The longest line of a file that is read, in bytes without its end; longer ones are passed over and counted.
pub const MAX_LINE_BYTES: usize = 1 << 20;

/// The most that one record of a file may have, over however many lines its cells go, in bytes.
const MAX_RECORD_OF_FILE: u64 = 2 << 20;

/// Adds the next line of `input` to `bytes`, up to and with its `end`, but no more than `most` bytes of it: the rest is
/// read and dropped. Returns whether there was one.
///
/// # Errors
/// Those of the input.
pub fn read_line_within(
    input: &mut dyn BufRead,
    end: u8,
    most: usize,
    bytes: &mut Vec<u8>,
) -> io::Result<bool> {
    let most = bytes.len() + most;
    let mut is_any = false;
    loop {
        let chunk = match input.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            chunk => chunk?,
        };
        if chunk.is_empty() {
            return Ok(is_any);
        }
        is_any = true;
        let found = memchr::memchr(end, chunk);
        let used = found.map_or(chunk.len(), |at| at + 1);
        bytes.extend_from_slice(&chunk[..used.min(most - bytes.len())]);
        input.consume(used);
        if found.is_some() {
            return Ok(true);
        }
    }
}

/// How many lines were passed over, also once the reader was handed on.
#[derive(Clone, Debug, Default)]
pub struct PassedOver(Arc<AtomicU64>);

impl PassedOver {
    /// How many lines.
    pub fn lines(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The lines of `input` but those that are too long; in the place of one stands an empty line, so that the lines
/// behind it keep their numbers.
#[derive(Debug)]
pub struct BoundedLines<R> {
    input: R,
    /// A line that was put together, of which so many bytes were handed on.
    line: Vec<u8>,
    given: usize,
    /// Bytes of the input's own buffer that hold whole lines.
    direct: usize,
    is_dropping: bool,
    record_bytes: u64,
    passed_over: PassedOver,
}

impl<R: BufRead> BoundedLines<R> {
    /// Reads `input`.
    pub fn new(input: R) -> Self {
        Self {
            input,
            line: Vec::new(),
            given: 0,
            direct: 0,
            is_dropping: false,
            record_bytes: 0,
            passed_over: PassedOver::default(),
        }
    }

    /// The count of lines passed over, to be asked at the end.
    pub fn passed_over(&self) -> PassedOver {
        self.passed_over.clone()
    }

    /// Says that a record begins: one with more than two megabytes is an error. A cell whose quote is never closed
    /// would else take in the rest of the file.
    pub fn start_record(&mut self) {
        self.record_bytes = 0;
    }

    /// Puts the next lines where they are handed on.
    fn advance(&mut self) -> io::Result<()> {
        self.line.clear();
        self.given = 0;
        loop {
            let bytes = self.input.fill_buf()?;
            let bytes = &bytes[..bytes.len().min(MAX_LINE_BYTES)];
            if bytes.is_empty() {
                if std::mem::take(&mut self.is_dropping) {
                    self.passed_over.0.fetch_add(1, Ordering::Relaxed);
                }
                return Ok(());
            }
            if self.line.is_empty()
                && !self.is_dropping
                && let Some(last) = memchr::memrchr(b'\n', bytes)
            {
                self.direct = last + 1;
                return Ok(());
            }
            let end = memchr::memchr(b'\n', bytes);
            let rest = &bytes[..end.unwrap_or(bytes.len())];
            if self.is_dropping || self.line.len() + rest.len() > MAX_LINE_BYTES {
                self.is_dropping = true;
                self.line.clear();
            } else {
                self.line.extend_from_slice(rest);
            }
            let used = rest.len() + usize::from(end.is_some());
            self.input.consume(used);
            if end.is_some() {
                self.line.push(b'\n');
                if std::mem::take(&mut self.is_dropping) {
                    self.passed_over.0.fetch_add(1, Ordering::Relaxed);
                }
                return Ok(());
            }
        }
    }
}

impl<R: BufRead> BufRead for BoundedLines<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.record_bytes > MAX_RECORD_OF_FILE {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a record with more than 2 MiB"));
        }
        if self.given == self.line.len() && self.direct == 0 {
            self.advance()?;
        }
        if self.direct > 0 {
            return Ok(&self.input.fill_buf()?[..self.direct]);
        }
        Ok(&self.line[self.given..])
    }

    fn consume(&mut self, amount: usize) {
        self.record_bytes += amount as u64;
        if self.direct > 0 {
            self.direct -= amount;
            self.input.consume(amount);
        } else {
            self.given += amount;
        }
    }
}

impl<R: BufRead> Read for BoundedLines<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let bytes = self.fill_buf()?;
        let len = bytes.len().min(into.len());
        into[..len].copy_from_slice(&bytes[..len]);
        self.consume(len);
        Ok(len)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn of_a_line_without_an_end_only_the_beginning_is_held() {
        let endless = io::repeat(b'x').take(64 << 20).chain(&b"\nnext\n"[..]);
        let mut input = io::BufReader::new(endless);
        let mut bytes = b"before".to_vec();
        assert!(read_line_within(&mut input, b'\n', 10, &mut bytes).unwrap());
        assert_eq!(bytes, b"beforexxxxxxxxxx");
        assert!(bytes.capacity() < 1 << 20);
        bytes.clear();
        assert!(read_line_within(&mut input, b'\n', 10, &mut bytes).unwrap());
        assert_eq!(bytes, b"next\n");
        assert!(!read_line_within(&mut input, b'\n', 10, &mut bytes).unwrap());
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn all_lines_but_the_long_ones_come_back(
            lengths in proptest::collection::vec(prop_oneof![
                8 => 0usize..60, 1 => MAX_LINE_BYTES - 2..MAX_LINE_BYTES + 3, 1 => Just(3 * MAX_LINE_BYTES)
            ], 0..12),
            ends in any::<bool>(), buffer in prop_oneof![Just(7usize), Just(8_192), Just(4 << 20)],
        ) {
            let mut text: Vec<u8> = Vec::new();
            let mut expected: Vec<u8> = Vec::new();
            for (number, len) in lengths.iter().enumerate() {
                let is_last = number + 1 == lengths.len();
                let end: &[u8] = if is_last && !ends { b"" } else { b"\n" };
                let line = vec![b'a' + number as u8; *len];
                text.extend([&line[..], end].concat());
                expected.extend(if *len > MAX_LINE_BYTES { end.to_vec() } else { [&line[..], end].concat() });
            }
            let mut reader = BoundedLines::new(io::BufReader::with_capacity(buffer, &text[..]));
            let passed_over = reader.passed_over();
            let mut read = Vec::new();
            reader.read_to_end(&mut read).unwrap_or_default();
            let long = lengths.iter().filter(|len| **len > MAX_LINE_BYTES).count() as u64;
            if read.len() as u64 <= MAX_RECORD_OF_FILE {
                prop_assert_eq!(passed_over.lines(), long);
                prop_assert!(read == expected);
            }
        }
    }

    #[test]
    fn a_record_without_an_end_is_an_error() {
        let endless = b"a line\n".repeat(1 << 20);
        let mut reader = BoundedLines::new(io::BufReader::new(&endless[..]));
        assert!(io::copy(&mut reader, &mut io::sink()).is_err());
        reader.start_record();
        assert!(reader.fill_buf().is_ok());
    }
}

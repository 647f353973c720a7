//! Input read in bounded memory: of a line too long to be a record the rest is dropped, never held.

use std::io::{self, BufRead};

/// The longest line of a file that is read, in bytes without its end; longer ones are passed over and counted.
pub const MAX_LINE_BYTES: usize = 1 << 20;

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

#[cfg(test)]
mod tests {
    use std::io::Read as _;

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
}

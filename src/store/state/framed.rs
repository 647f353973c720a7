//! Files of this program's own form: four letters, the version (four bytes, the least first), a CRC-32 of the rest, and the
//! rest.

use serde::{Deserialize, Serialize};

use crate::store::error::StoreError;

/// Letters, version, checksum.
const HEAD: usize = 12;

/// Why bytes are not what they are taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameError {
    /// They begin with other letters.
    Foreign,
    /// They are of this newer version.
    Newer(u32),
    /// They are of an older version, were cut short or changed.
    Unusable,
}

/// The bytes of a file of that kind and version.
///
/// # Errors
/// [`StoreError::Write`] of the file that `name` says.
pub fn encode_framed(
    magic: &[u8; 4],
    version: u32,
    value: &impl Serialize,
    name: &std::path::Path,
) -> Result<Vec<u8>, StoreError> {
    let body = postcard::to_stdvec(value)
        .map_err(|error| StoreError::writing(name, std::io::Error::other(error.to_string())))?;
    let mut bytes = Vec::with_capacity(body.len() + HEAD);
    bytes.extend(magic);
    bytes.extend(version.to_le_bytes());
    bytes.extend(crc32fast::hash(&body).to_le_bytes());
    bytes.extend(body);
    Ok(bytes)
}

/// What stands in the bytes of such a file.
///
/// # Errors
/// [`FrameError`].
pub fn decode_framed<'b, T: Deserialize<'b>>(
    magic: &[u8; 4],
    version: u32,
    bytes: &'b [u8],
) -> Result<T, FrameError> {
    let found = bytes.strip_prefix(magic).ok_or(FrameError::Foreign)?;
    let (found_version, found) = found.split_first_chunk().ok_or(FrameError::Unusable)?;
    let (crc, body) = found.split_first_chunk().ok_or(FrameError::Unusable)?;
    match u32::from_le_bytes(*found_version) {
        newer if newer > version => Err(FrameError::Newer(newer)),
        same if same == version && u32::from_le_bytes(*crc) == crc32fast::hash(body) => {
            postcard::from_bytes(body).map_err(|_| FrameError::Unusable)
        }
        _ => Err(FrameError::Unusable),
    }
}

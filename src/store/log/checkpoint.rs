//! The cache that makes an append cost no more in a long log than in a short one: where the log was read
//! to, what was found there, and the last ids. Deletable; whatever does not fit is rebuilt.

use std::collections::VecDeque;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::position::Position;
use crate::store::error::StoreError;
use crate::store::file_system::Disk;
use crate::store::state::framed::{decode_framed, encode_framed};
use crate::store::state::state_file::{Durability, read_state, replace_state};

const MAGIC: &[u8; 4] = b"DTCK";

/// Raised whenever the meaning of the cached bytes changes.
const VERSION: u32 = 15;

/// How many ids are remembered.
const RING: usize = 4_096;

/// The last records of a log: hashes of their ids, each with what tells one content from another. They are searched
/// one by one: that costs a microsecond and is done once a record, where keeping them in a set would be paid for
/// every row that is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdRing(#[serde(with = "packed")] VecDeque<(u64, u64)>);

/// Bytes of an id's hash. With four, one record in a million met a foreign id, and a new signal was refused for it.
const ID: usize = 6;

/// Bytes of an id and its content.
const PACKED: usize = ID + 8;

/// Hashes as one stretch of bytes, which every record reads.
mod packed {
    use std::collections::VecDeque;

    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::{Serialize, Serializer};
    use serde_bytes::Bytes;

    use super::{ID, PACKED};

    type Ring = VecDeque<(u64, u64)>;

    pub(super) fn serialize<S: Serializer>(ring: &Ring, to: S) -> Result<S::Ok, S::Error> {
        let mut bytes = Vec::with_capacity(ring.len() * PACKED);
        for (id, content) in ring {
            bytes.extend_from_slice(&id.to_le_bytes()[..ID]);
            bytes.extend(content.to_le_bytes());
        }
        Bytes::new(&bytes).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Ring, D::Error> {
        let bytes = <&Bytes>::deserialize(from)?;
        let (records, []) = bytes.as_chunks::<PACKED>() else { return Err(D::Error::custom("half a hash")) };
        let record = |record: &[u8; PACKED]| {
            let [a, b, c, d, e, f, content @ ..] = *record;
            (u64::from_le_bytes([a, b, c, d, e, f, 0, 0]), u64::from_le_bytes(content))
        };
        Ok(records.iter().map(record).collect())
    }
}

impl IdRing {
    /// How many ids are remembered.
    pub const ROOM: usize = RING;

    fn hash(id: &str) -> u64 {
        xxhash_rust::xxh3::xxh3_64(id.as_bytes()) >> (u64::BITS as usize - 8 * ID)
    }

    /// The contents that came under an id, the oldest first.
    pub fn contents(&self, id: &str) -> impl Iterator<Item = u64> {
        let hash = Self::hash(id);
        self.0.iter().filter(move |(known, _)| *known == hash).map(|(_, content)| *content)
    }

    /// Whether the id is among the last ones.
    pub fn contains(&self, id: &str) -> bool {
        self.contents(id).next().is_some()
    }

    /// Remembers an id with its content and forgets the oldest when there are too many.
    pub fn push(&mut self, id: &str, content: u64) {
        if self.0.len() == RING {
            self.0.pop_front();
        }
        self.0.push_back((Self::hash(id), content));
    }
}

/// What is known of a log up to a position.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint<T> {
    /// Where the log was read to.
    pub position: Position,
    /// The last ids before that.
    pub ids: IdRing,
    /// Bytes before that which were passed over as damaged.
    pub damaged_bytes: u64,
    /// Lines before that which could not be read.
    pub unreadable_rows: u64,
    /// What the last analysis said, as text that nobody here reads.
    pub analysis: Option<String>,
    /// What was made of the rows before that.
    pub folded: T,
}

/// Why a checkpoint is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckpointMiss {
    /// There is none.
    Absent,
    /// It is damaged, or of another version.
    Unreadable,
    /// The log is not the one that it was made of.
    DoesNotFit,
}

impl<T: Serialize + DeserializeOwned> Checkpoint<T> {
    /// Reads the checkpoint at `path` and checks it against the log at `log`.
    ///
    /// # Errors
    /// Why it cannot be used; each is cured by a rebuild.
    pub fn load(disk: &dyn Disk, path: &Path, log: &Path) -> Result<Self, CheckpointMiss> {
        let bytes =
            read_state(disk, path).map_err(|_| CheckpointMiss::Unreadable)?.ok_or(CheckpointMiss::Absent)?;
        let checkpoint = Self::decode(&bytes).ok_or(CheckpointMiss::Unreadable)?;
        if checkpoint.position.fits(disk, log) { Ok(checkpoint) } else { Err(CheckpointMiss::DoesNotFit) }
    }

    /// Reads the checkpoint at `path` without asking whether it fits a log.
    pub fn load_unchecked(disk: &dyn Disk, path: &Path) -> Option<Self> {
        Self::decode(&read_state(disk, path).ok()??)
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        decode_framed(MAGIC, VERSION, bytes).ok()
    }

    /// Writes the checkpoint. Call it under the lock.
    ///
    /// # Errors
    /// [`StoreError::Write`]; nothing is lost by it but time.
    pub fn save(&self, disk: &dyn Disk, path: &Path) -> Result<(), StoreError> {
        replace_state(disk, path, &encode_framed(MAGIC, VERSION, self, path)?, Durability::Cache)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ring_forgets_the_oldest() {
        let mut ring = IdRing::default();
        for number in 0..RING + 1 {
            ring.push(&format!("t{number}"), number as u64);
        }
        assert!(!ring.contains("t0") && ring.contains("t1") && ring.contains(&format!("t{RING}")));
        let bytes = postcard::to_stdvec(&ring).unwrap();
        assert_eq!(postcard::from_bytes(&bytes), Ok(ring));
    }

    #[test]
    fn ids_that_half_a_hash_takes_for_one_are_two() {
        let mut seen = std::collections::HashMap::new();
        let mut pairs = 0;
        for number in 0..200_000 {
            let id = format!("p{number:06}");
            if let Some(other) = seen.insert(xxhash_rust::xxh3::xxh3_64(id.as_bytes()) >> 32, id.clone()) {
                let mut ring = IdRing::default();
                ring.push(&other, 1);
                assert!(ring.contains(&other) && !ring.contains(&id), "{id} is taken for {other}");
                pairs += 1;
            }
        }
        assert!(pairs > 0);
    }

    #[test]
    fn damaged_bytes_are_no_checkpoint() {
        let checkpoint = Checkpoint { folded: 7u32, ..Checkpoint::default() };
        let body = postcard::to_stdvec(&checkpoint).unwrap();
        let mut bytes =
            [&MAGIC[..], &VERSION.to_le_bytes(), &crc32fast::hash(&body).to_le_bytes(), &body].concat();
        assert_eq!(Checkpoint::<u32>::decode(&bytes), Some(checkpoint));
        for at in 0..bytes.len() {
            bytes[at] ^= 1;
            assert_eq!(Checkpoint::<u32>::decode(&bytes), None, "byte {at}");
            bytes[at] ^= 1;
        }
        assert_eq!(Checkpoint::<u32>::decode(&bytes[..9]), None);
    }
}

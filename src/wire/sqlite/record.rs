//! A record of a table: the types of its values, then the values.

use serde_json::Value;

use super::SqliteError;
use super::pages::Encoding;

/// A number of variable length, at most nine bytes; and how many bytes it has.
pub(super) fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0u64;
    for (at, byte) in bytes.iter().take(9).enumerate() {
        if at == 8 {
            return Some((value << 8 | u64::from(*byte), 9));
        }
        value = value << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((value, at + 1));
        }
    }
    None
}

/// The values of a record. A blob says nothing to a reader of trades: it is null.
///
/// # Errors
/// [`SqliteError::Damaged`] when types and values do not add up.
pub(super) fn values(record: &[u8], encoding: Encoding) -> Result<Vec<Value>, SqliteError> {
    let damaged = || SqliteError::Damaged("a record");
    let (head, first) = varint(record).ok_or_else(damaged)?;
    let head = usize::try_from(head).ok().filter(|head| *head <= record.len()).ok_or_else(damaged)?;
    let mut types = record.get(first..head).ok_or_else(damaged)?;
    let mut rest = &record[head..];
    let mut values = Vec::new();
    while !types.is_empty() {
        let (kind, len) = varint(types).ok_or_else(damaged)?;
        types = &types[len..];
        let size = size_of(kind).filter(|size| *size <= rest.len()).ok_or_else(damaged)?;
        let (bytes, behind) = rest.split_at(size);
        values.push(value(kind, bytes, encoding).ok_or_else(damaged)?);
        rest = behind;
    }
    Ok(values)
}

/// Bytes of a value, by its type.
fn size_of(kind: u64) -> Option<usize> {
    match kind {
        0 | 8 | 9 => Some(0),
        1..=4 => Some(kind as usize),
        5 => Some(6),
        6 | 7 => Some(8),
        10 | 11 => None,
        _ => usize::try_from((kind - 12) / 2).ok(),
    }
}

fn value(kind: u64, bytes: &[u8], encoding: Encoding) -> Option<Value> {
    Some(match kind {
        0 => Value::Null,
        8 => 0.into(),
        9 => 1.into(),
        1..=6 => integer(bytes).into(),
        7 => {
            let number = f64::from_be_bytes(bytes.try_into().ok()?);
            // A number that is none is null in this program.
            serde_json::Number::from_f64(number).map_or(Value::Null, Value::Number)
        }
        _ if kind.is_multiple_of(2) => Value::Null,
        _ => text(bytes, encoding).into(),
    })
}

/// A whole number with its sign, of one to eight bytes.
fn integer(bytes: &[u8]) -> i64 {
    let is_negative = bytes.first().is_some_and(|byte| byte & 0x80 != 0);
    bytes.iter().fold(if is_negative { -1 } else { 0 }, |value, byte| value << 8 | i64::from(*byte))
}

/// A text as it is written; what is no text is replaced.
pub(super) fn text(bytes: &[u8], encoding: Encoding) -> String {
    let units = |of: fn([u8; 2]) -> u16| {
        let units = bytes.as_chunks::<2>().0.iter().map(|pair| of(*pair));
        char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    };
    match encoding {
        Encoding::Utf8 => String::from_utf8_lossy(bytes).into_owned(),
        Encoding::Utf16Le => units(u16::from_le_bytes),
        Encoding::Utf16Be => units(u16::from_be_bytes),
    }
}

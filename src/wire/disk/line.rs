//! A stored line: one flat object, written as serde_json writes it but for its keys, which need no escape and are written
//! as they stand. They are most of a line, and looking through them byte by byte was most of what writing one cost.

use serde::Serialize;
use serde::ser::{Error as _, Impossible, SerializeStruct, Serializer};
use serde_json::Error;

use crate::domain::Timestamp;

/// Room that nearly every line has enough of, or needs twice.
const LINE: usize = 448;

/// One value as one line of JSON with its newline. The forms written here are structs and hold nothing that JSON lacks.
pub(super) fn json_line<T: Serialize>(value: &T) -> Vec<u8> {
    json_line_with_room(LINE, value)
}

/// The same, of a form of which most lines are that long at most.
pub(super) fn json_line_with_room<T: Serialize>(room: usize, value: &T) -> Vec<u8> {
    let mut line = Vec::with_capacity(room);
    if value.serialize(Flat(&mut line)).is_err() {
        line.clear();
    }
    line.push(b'\n');
    line
}

/// A moment, written as it is said.
pub(super) struct AsText(pub Timestamp);

impl Serialize for AsText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.with_text(|text| serializer.serialize_str(text))
    }
}

/// Writes a struct as an object.
struct Flat<'o>(&'o mut Vec<u8>);

/// The fields of a struct, behind those that are written.
struct Fields<'o> {
    line: &'o mut Vec<u8>,
    /// What stands before the next key.
    before: u8,
}

impl SerializeStruct for Fields<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Error> {
        debug_assert!(!key.contains(['"', '\\']) && key.is_ascii());
        self.line.extend_from_slice(&[self.before, b'"']);
        self.line.extend_from_slice(key.as_bytes());
        self.line.extend_from_slice(b"\":");
        self.before = b',';
        value.serialize(&mut serde_json::Serializer::new(&mut *self.line))
    }

    fn end(self) -> Result<(), Error> {
        // An object without a field is opened nowhere else.
        if self.before == b'{' {
            self.line.push(b'{');
        }
        self.line.push(b'}');
        Ok(())
    }
}

/// Methods for what is no line.
macro_rules! no_line {
    ($($method:ident($($of:ty),*) $(<$bound:ident>)? -> $ok:ty;)*) => {$(
        fn $method$(<$bound: Serialize + ?Sized>)?(self, $(_: $of),*) -> Result<$ok, Error> {
            Err(Error::custom("a stored line is a struct"))
        }
    )*};
}

impl<'o> Serializer for Flat<'o> {
    type Ok = ();
    type Error = Error;
    type SerializeStruct = Fields<'o>;
    type SerializeSeq = Impossible<(), Error>;
    type SerializeTuple = Impossible<(), Error>;
    type SerializeTupleStruct = Impossible<(), Error>;
    type SerializeTupleVariant = Impossible<(), Error>;
    type SerializeMap = Impossible<(), Error>;
    type SerializeStructVariant = Impossible<(), Error>;

    fn serialize_struct(self, _name: &'static str, _len: usize) -> Result<Fields<'o>, Error> {
        Ok(Fields { line: self.0, before: b'{' })
    }

    no_line! {
        serialize_bool(bool) -> ();
        serialize_i8(i8) -> ();
        serialize_i16(i16) -> ();
        serialize_i32(i32) -> ();
        serialize_i64(i64) -> ();
        serialize_u8(u8) -> ();
        serialize_u16(u16) -> ();
        serialize_u32(u32) -> ();
        serialize_u64(u64) -> ();
        serialize_f32(f32) -> ();
        serialize_f64(f64) -> ();
        serialize_char(char) -> ();
        serialize_str(&str) -> ();
        serialize_bytes(&[u8]) -> ();
        serialize_none() -> ();
        serialize_some(&T) <T> -> ();
        serialize_unit() -> ();
        serialize_unit_struct(&'static str) -> ();
        serialize_unit_variant(&'static str, u32, &'static str) -> ();
        serialize_newtype_struct(&'static str, &T) <T> -> ();
        serialize_newtype_variant(&'static str, u32, &'static str, &T) <T> -> ();
        serialize_seq(Option<usize>) -> Self::SerializeSeq;
        serialize_tuple(usize) -> Self::SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant;
        serialize_map(Option<usize>) -> Self::SerializeMap;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Form<'a> {
        text: &'a str,
        none: Option<f64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        absent: Option<f64>,
        number: f64,
        list: Vec<Option<i64>>,
        inner: serde_json::Value,
    }

    #[derive(Serialize)]
    struct Nothing {}

    #[test]
    fn a_line_has_the_bytes_that_serde_json_writes() {
        let form = Form {
            text: "a\"b\\c\n\u{1}ü",
            none: None,
            absent: None,
            number: 0.1 + 0.2,
            list: vec![Some(-3), None],
            inner: serde_json::json!({"q\"": [1.5, {"z": null}]}),
        };
        let plain = serde_json::to_string(&form).unwrap();
        assert_eq!(String::from_utf8(json_line(&form)).unwrap(), plain + "\n");
        assert_eq!(json_line(&Form { absent: Some(2.0), ..form })[..10], *b"{\"text\":\"a");
        assert_eq!(json_line(&Nothing {}), b"{}\n");
        assert_eq!(json_line(&7), b"\n", "no struct, no line");
    }
}

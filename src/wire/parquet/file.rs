//! The bytes of a Parquet file of one session of one desk.

use std::collections::HashSet;
use std::io;
use std::sync::Arc;

use chrono::Datelike;
use parquet::basic::{Compression, GzipLevel, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{Type, TypePtr};
use serde_json::Value as Json;

use super::{ParquetKind, ParquetTable, unknown_to_extra};
use crate::domain::{Date, Timestamp};
use crate::wire::input::{JsonObject, parse_object};

/// Rows of a group, of which readers skip those that cannot hold what is asked for.
const GROUP_ROWS: usize = 65_536;

/// The trading dates of Parquet count from here: 1970-01-01 as days of the common era.
const EPOCH_DAYS: i32 = 719_163;

/// The values of a column, and of each row whether it has one.
struct Values<T> {
    values: Vec<T>,
    levels: Vec<i16>,
}

impl<T> Values<T> {
    fn of(rows: &[JsonObject], key: &str, value: impl Fn(&Json) -> Option<T>) -> Self {
        let mut found = Self { values: Vec::new(), levels: Vec::with_capacity(rows.len()) };
        for row in rows {
            let value = row.get(key).and_then(&value);
            found.levels.push(i16::from(value.is_some()));
            found.values.extend(value);
        }
        found
    }
}

fn column(
    name: &str,
    physical: Physical,
    logical: Option<LogicalType>,
    may_be_null: bool,
) -> Result<TypePtr, ParquetError> {
    let repetition = if may_be_null { Repetition::OPTIONAL } else { Repetition::REQUIRED };
    let builder = Type::primitive_type_builder(name, physical).with_logical_type(logical);
    Ok(Arc::new(builder.with_repetition(repetition).build()?))
}

fn schema(table: ParquetTable, has_desk: bool) -> Result<TypePtr, ParquetError> {
    let mut columns = Vec::new();
    if has_desk {
        columns.push(column("desk", Physical::BYTE_ARRAY, Some(LogicalType::String), false)?);
    }
    columns.push(column("session", Physical::INT32, Some(LogicalType::Date), false)?);
    for (name, kind) in table.columns() {
        let (physical, logical) = match kind {
            ParquetKind::Text | ParquetKind::Json => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            ParquetKind::Moment => (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MICROS))),
            ParquetKind::Real => (Physical::DOUBLE, None),
            ParquetKind::Whole => (Physical::INT64, None),
            ParquetKind::Flag => (Physical::BOOLEAN, None),
        };
        columns.push(column(name, physical, logical, true)?);
    }
    Ok(Arc::new(Type::group_type_builder(table.name()).with_fields(columns).build()?))
}

/// Writes a column of the record's keys.
fn write_column(
    writer: &mut ColumnWriter<'_>,
    rows: &[JsonObject],
    (key, kind): (&str, ParquetKind),
) -> Result<(), ParquetError> {
    let moment = |value: &Json| Some(Timestamp::parse(value.as_str()?).ok()?.micros());
    let bytes = |text: &str| ByteArray::from(text.as_bytes().to_vec());
    match writer {
        ColumnWriter::ByteArrayColumnWriter(writer) => {
            let found = Values::of(rows, key, |value| match (value, kind) {
                (Json::Null, _) => None,
                (Json::String(text), ParquetKind::Text) => Some(bytes(text)),
                (other, _) => Some(bytes(&other.to_string())),
            });
            writer.write_batch(&found.values, Some(&found.levels), None)?;
        }
        ColumnWriter::DoubleColumnWriter(writer) => {
            let found = Values::of(rows, key, Json::as_f64);
            writer.write_batch(&found.values, Some(&found.levels), None)?;
        }
        ColumnWriter::BoolColumnWriter(writer) => {
            let found = Values::of(rows, key, Json::as_bool);
            writer.write_batch(&found.values, Some(&found.levels), None)?;
        }
        ColumnWriter::Int64ColumnWriter(writer) => {
            let found = Values::of(rows, key, |value| match kind {
                ParquetKind::Moment => moment(value),
                _ => value.as_i64(),
            });
            writer.write_batch(&found.values, Some(&found.levels), None)?;
        }
        _ => return Err(ParquetError::General(format!("{key} has a form that no column has"))),
    }
    Ok(())
}

/// Writes the columns that are the same in every row.
fn write_constant(
    writer: &mut ColumnWriter<'_>,
    rows: usize,
    desk: Option<&str>,
    session: Date,
) -> Result<(), ParquetError> {
    match writer {
        ColumnWriter::ByteArrayColumnWriter(writer) => {
            let desk = ByteArray::from(desk.unwrap_or_default().as_bytes().to_vec());
            writer.write_batch(&vec![desk; rows], None, None)?;
        }
        ColumnWriter::Int32ColumnWriter(writer) => {
            writer.write_batch(&vec![session.num_days_from_ce() - EPOCH_DAYS; rows], None, None)?;
        }
        _ => {}
    }
    Ok(())
}

/// Packed, but for columns in which nothing stands: to begin a packer costs more than they have.
fn properties(table: ParquetTable, rows: &[JsonObject]) -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::GZIP(GzipLevel::default()))
        .set_created_by(format!("dtlearn {}", env!("CARGO_PKG_VERSION")));
    for (name, _) in table.columns() {
        if rows.iter().all(|row| row.get(*name).is_none_or(Json::is_null)) {
            properties = properties.set_column_compression((*name).into(), Compression::UNCOMPRESSED);
        }
    }
    properties.build()
}

fn write(
    table: ParquetTable,
    desk: Option<&str>,
    session: Date,
    lines: &[Box<[u8]>],
) -> Result<Vec<u8>, ParquetError> {
    let known: HashSet<&str> = table.columns().iter().map(|(name, _)| *name).collect();
    let parsed = |lines: &[Box<[u8]>]| -> Vec<JsonObject> {
        let mut rows: Vec<JsonObject> = lines.iter().filter_map(|line| parse_object(line).ok()).collect();
        rows.iter_mut().for_each(|row| unknown_to_extra(row, |key| known.contains(key)));
        rows
    };
    let mut groups = lines.chunks(GROUP_ROWS);
    let mut rows = parsed(groups.next().unwrap_or_default());
    let properties = Arc::new(properties(table, &rows));
    let mut writer = SerializedFileWriter::new(Vec::new(), schema(table, desk.is_some())?, properties)?;
    let constants = 1 + usize::from(desk.is_some());
    while !rows.is_empty() {
        let mut group = writer.next_row_group()?;
        let mut place = 0usize;
        while let Some(mut column) = group.next_column()? {
            match place.checked_sub(constants).and_then(|at| table.columns().get(at)) {
                Some(known) => write_column(column.untyped(), &rows, *known)?,
                None => write_constant(column.untyped(), rows.len(), desk, session)?,
            }
            column.close()?;
            place += 1;
        }
        group.close()?;
        rows = parsed(groups.next().unwrap_or_default());
    }
    writer.into_inner()
}

/// A Parquet file of the stored lines of one session, in their order; without a name of a desk there is no such column.
///
/// # Errors
/// What the writer of the form says; none is known that a record could bring about.
pub fn parquet_file(
    table: ParquetTable,
    desk: Option<&str>,
    session: Date,
    lines: &[Box<[u8]>],
) -> io::Result<Vec<u8>> {
    write(table, desk, session, lines).map_err(io::Error::other)
}

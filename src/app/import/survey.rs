//! The first look at a file: what its names mean, how its values are written, and what is left over.

use std::io::{self, BufRead};
use std::path::PathBuf;

use rayon::prelude::*;

use super::source::Part;
use super::{FileReport, ImportError, ImportOptions};
use crate::domain::Timestamp;
use crate::files::Context;
use crate::wire::{
    Conventions, ExitRecord, ExitRules, FillInput, FormatError, ImportNames, Kind, Piece, Row, RowReader,
    Survey, open_rows, read_exit, read_fill,
};

/// How a file will be read.
pub(super) struct Plan {
    pub part: Part,
    pub reader: Box<dyn RowReader>,
    pub conventions: Conventions,
    pub report: FileReport,
    /// Whether the newest trades come first.
    pub is_descending: bool,
}

impl Plan {
    /// Looks through a file.
    ///
    /// # Errors
    /// [`ImportError::LeftOver`] when a name that looks like money is no field; else what is wrong with the file.
    pub(super) fn of(
        context: &Context<'_>,
        part: Part,
        names: &ImportNames,
        options: &ImportOptions,
    ) -> Result<Self, ImportError> {
        let path: PathBuf = part.path.clone();
        let failed = |source| ImportError::Input { path: path.clone(), source };
        let form = |source: FormatError| ImportError::Form { path: path.clone(), source };
        let mut reader = {
            let mut input = part.open(context).map_err(failed)?;
            let head = input.fill_buf().map_err(failed)?;
            open_rows(head, names, options.symbol.is_some(), options.format).map_err(form)?
        };
        let plain = Conventions::with_times(options.times);
        context.progress.begin("looking through the file", None);
        let input = part.open(context).map_err(failed)?;
        let seen = Seen::through(input, reader.as_mut(), &plain).map_err(failed);
        context.progress.end();
        let Seen { survey, first, last, rows, passed_over } = seen?;
        reader.has_what_was_mapped().map_err(|error| form(error.into()))?;
        let (mut conventions, said) =
            survey.conventions(options.times, options.commas, reader.costs_are_negative());
        conventions.account_zone = Some(context.market().calendar().zone());
        let notes = part.notes.iter().cloned().chain(reader.notes()).chain(said).collect();
        let report = FileReport {
            path: path.clone(),
            format: reader.format(),
            is_of_fills: reader.kind() == Kind::Fill,
            rows,
            columns: reader.columns(),
            notes,
            passed_over,
        };
        let left_over = reader.left_over();
        if !left_over.is_empty() {
            return Err(ImportError::LeftOver { path, names: left_over, report: Box::new(report) });
        }
        let time = |piece: &Piece| time_of(reader.as_ref(), piece, &conventions);
        let is_descending = match (first.as_ref().and_then(time), time(&last)) {
            (Some(first), Some(last)) if first != last => first > last,
            _ => reader.is_newest_first(),
        };
        Ok(Self { part, reader, conventions, report, is_descending })
    }
}

/// Rows that are looked at together, and those of them that one core takes.
const BATCH: usize = 8_192;
const SHARE: usize = 512;

/// What all rows of a file say together.
#[derive(Default)]
struct Seen {
    survey: Survey,
    first: Option<Piece>,
    last: Piece,
    rows: u64,
    /// Rows that are blank, or a total.
    passed_over: u64,
}

impl Seen {
    fn through(
        input: Box<dyn BufRead + '_>,
        reader: &mut dyn RowReader,
        conventions: &Conventions,
    ) -> io::Result<Self> {
        let mut seen = Self::default();
        let (mut pieces, mut next): (Vec<Piece>, Vec<Piece>) = (Vec::new(), Vec::new());
        let mut splitter = reader.split(input);
        let mut count = splitter.next_rows(&mut pieces, BATCH)?;
        while count > 0 {
            pieces[..count].iter().for_each(|piece| reader.learn(piece));
            let (mut shares, mut more) = (Vec::new(), Ok(0));
            // The cores look at these while this thread cuts the next ones.
            rayon::in_place_scope(|cores| {
                let (rows, reader, shares) = (&pieces[..count], &*reader, &mut shares);
                cores.spawn(move |_| {
                    let of = |share: &[Piece]| Self::of(share, reader, conventions);
                    *shares = rows.par_chunks(SHARE).map(of).collect::<Vec<Self>>();
                });
                if count == BATCH {
                    more = splitter.next_rows(&mut next, BATCH);
                }
            });
            shares.into_iter().for_each(|share| seen.absorb(share));
            count = more?;
            std::mem::swap(&mut pieces, &mut next);
        }
        reader.end_learning();
        Ok(seen)
    }

    fn of(pieces: &[Piece], reader: &dyn RowReader, conventions: &Conventions) -> Self {
        let mut seen = Self::default();
        let mut last = None;
        for piece in pieces {
            match reader.row(piece, conventions) {
                Ok(Row::Record(fields)) => seen.survey.see(&fields),
                Ok(Row::Blank | Row::Total) => {
                    seen.passed_over += 1;
                    continue;
                }
                Err(_) => {}
            }
            seen.rows += 1;
            seen.first.get_or_insert_with(|| piece.clone());
            last = Some(piece);
        }
        seen.last = last.cloned().unwrap_or_default();
        seen
    }

    fn absorb(&mut self, later: Self) {
        self.survey.absorb(later.survey);
        if later.rows > 0 {
            self.last = later.last;
        }
        self.first = self.first.take().or(later.first);
        self.rows += later.rows;
        self.passed_over += later.passed_over;
    }
}

/// When the trade of a row was closed, or the fill was made.
fn time_of(reader: &dyn RowReader, piece: &Piece, conventions: &Conventions) -> Option<Timestamp> {
    let Ok(Row::Record(fields)) = reader.row(piece, conventions) else { return None };
    let rules = ExitRules { symbol: Some("?".into()), ..ExitRules::default() };
    if reader.kind() == Kind::Fill {
        return match read_fill(fields, &rules).ok()? {
            FillInput::Fill(fill) => Some(fill.read.record.fill.time),
            FillInput::Event(_) => None,
        };
    }
    match read_exit(fields, &rules).ok()? {
        ExitRecord::Trade(trade) => Some(trade.read.record.trade.closed().exit_time),
        _ => None,
    }
}

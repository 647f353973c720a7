//! The trades of files without storing them, for whoever holds them against something.

use std::path::PathBuf;
use std::sync::Arc;

use super::{ImportError, ImportOptions, names_of_files, plans};
use crate::app::record::exit_rules;
use crate::domain::{Books, Fill, Trade};
use crate::files::Context;
use crate::wire::{ExitRecord, ExitRules, FillInput, Kind, Piece, Row, WireError, read_exit, read_fill};

/// What a row turned out to be.
enum Found {
    Trade(Box<Trade>),
    Fill(Box<Fill>),
    Nothing,
}

/// The closed trades of files, those of fills netted as the settings say; and a sentence for each row that is none.
///
/// # Errors
/// [`ImportError`].
pub(in crate::app) fn read_trades(
    context: &Context<'_>,
    files: &[PathBuf],
    options: &ImportOptions,
) -> Result<(Vec<Trade>, Vec<String>), ImportError> {
    let names = names_of_files(context, options)?;
    let (plans, mut refused) = plans(context, files, &names, options)?;
    let rules = ExitRules {
        result: options.result,
        default_qty: options.default_qty,
        symbol: options.symbol.clone(),
        ..exit_rules(context)
    };
    let (mut trades, mut fills) = (Vec::new(), Vec::new());
    for plan in &plans {
        let failed = |source| ImportError::Input { path: plan.part.path.clone(), source };
        let mut splitter = plan.reader.split(plan.part.open(context).map_err(failed)?);
        let mut piece = Piece::default();
        let is_fill = plan.reader.kind() == Kind::Fill;
        let before = fills.len();
        while splitter.next(&mut piece).map_err(failed)? {
            let read = || -> Result<Found, WireError> {
                let Row::Record(fields) = plan.reader.row(&piece, &plan.conventions)? else {
                    return Ok(Found::Nothing);
                };
                if is_fill {
                    return Ok(match read_fill(fields, &rules)? {
                        FillInput::Fill(fill) => Found::Fill(Box::new(fill.read.record.fill)),
                        FillInput::Event(_) => Found::Nothing,
                    });
                }
                Ok(match read_exit(fields, &rules)? {
                    ExitRecord::Trade(trade) => Found::Trade(Box::new(trade.read.record.trade)),
                    ExitRecord::Open | ExitRecord::Event(_) => Found::Nothing,
                })
            };
            match read() {
                Ok(Found::Trade(trade)) => trades.push(*trade),
                Ok(Found::Fill(fill)) => fills.push(*fill),
                Ok(Found::Nothing) => {}
                Err(why) => refused.push(format!("{}: line {}: {why}", plan.part.path.display(), piece.line)),
            }
        }
        // Those of one moment in the order in which they happened.
        if plan.is_descending {
            fills[before..].reverse();
        }
    }
    number(&mut fills);
    let mut books = Books::new(context.settings.intake.netting);
    books.net_anew(fills.into_iter().map(Arc::new).collect(), |closing| {
        trades.extend(Trade::new(closing.trade));
    });
    Ok((trades, refused))
}

/// Equal fills without an id of their own are several.
fn number(fills: &mut [Fill]) {
    let mut seen = std::collections::HashMap::new();
    for fill in fills {
        let count: &mut u32 = seen.entry(crate::wire::fill_identity(fill)).or_default();
        *count += 1;
        // The venue's own ids name one fill each: the second is the same.
        if *count > 1 && fill.fill_id.starts_with('h') && fill.fill_id.len() == 33 {
            fill.fill_id = format!("{}-{count}", fill.fill_id).into();
        }
    }
}

//! One record, read into the line that it will be in its log.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::mem::take;
use std::sync::Arc;

use crate::domain::{BookKey, Fill, Instruments, Market, Timestamp, costs};
use crate::files::Context;
use crate::store::{Log, MAX_MEMBER_TEXT, Row};
use crate::wire::{
    Conventions, ExitRecord, ExitRules, Field, Fields, FillInput, Kind, MAX_RECORD_BYTES, Names, Read,
    ReadExit, ReadFill, WireError, content_of, fill_content, fill_identity, news_content, parse_object,
    read_exit, read_fill, read_missed, read_news, read_signal, signal_content,
};

/// A record ready to be stored.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub id: String,
    pub row: Row,
    /// What tells it from another record of the same id.
    pub content: u64,
    /// Whether the id was made of the record itself: equal records of one input are then several trades.
    pub is_unnamed: bool,
    /// Of those, which of its kind it is, from 1; the id of the second ends in `-2`, and so on.
    pub number: u32,
    /// Whether it was taken as one unit, because it has no quantity.
    pub is_defaulted: bool,
    /// How its stated result differs from that of prices, quantity and costs.
    pub dispute: Option<Dispute>,
    pub left_over: BTreeSet<String>,
    pub warnings: Vec<String>,
    /// Of a trade that fills closed, its book: whether it is there was asked before.
    pub book: Option<Box<BookKey>>,
    /// Of a fill, what is netted of it.
    pub fill: Option<Arc<Fill>>,
    /// What its sender says of the positions that are still open.
    pub open_pnl: Option<f64>,
    /// Where `fold_case` writes its symbol otherwise than its sender does: the record as it would be without, which is how
    /// it may be there from before the setting.
    pub as_sent: Option<Box<Candidate>>,
    /// Its line in the input, from 1; 0 where nobody asks.
    pub line: u64,
}

impl Candidate {
    /// A line as it stands in a log.
    pub(crate) fn of_line(id: String, content: u64, row: Row) -> Self {
        Self {
            id,
            row,
            content,
            is_unnamed: false,
            number: 1,
            is_defaulted: false,
            dispute: None,
            left_over: BTreeSet::new(),
            warnings: Vec::new(),
            book: None,
            fill: None,
            open_pnl: None,
            as_sent: None,
            line: 0,
        }
    }
}

/// A stated result beside that of prices, quantity and costs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Dispute {
    pub symbol: String,
    /// The stated result before costs over the computed one.
    pub factor: f64,
    /// The stated result less the computed one.
    pub difference: f64,
}

impl Dispute {
    /// Counts it, and adds it to those from which a cause is told.
    pub(crate) fn note(&self, recorded: &mut crate::report::Recorded) {
        recorded.disputed += 1;
        recorded.disputes.push(&self.symbol, self.factor, self.difference);
    }

    fn of(trade: &crate::domain::Trade) -> Option<Self> {
        let (stated, computed, closed) = (trade.pnl(), trade.pnl_computed()?, trade.closed());
        let rate = closed.fx_rate.unwrap_or(1.0);
        let costs = costs(closed.fees, closed.rebate, closed.funding) * rate;
        let factor = (stated + costs) / (computed + costs);
        Some(Self { symbol: closed.symbol.clone(), factor, difference: stated - computed })
    }
}

/// What a record turned out to be.
#[derive(Debug)]
pub(crate) enum Taken {
    Record(Box<Candidate>),
    /// A missed signal that is too weak to be kept.
    TooWeak,
    /// A position that is still open.
    Open,
    /// An event that is not a closed trade, by its word.
    Event(String),
}

/// The names of an engine's records, under what the settings say of them.
pub(crate) fn names_of(context: &Context<'_>, log: Log) -> Names {
    let kind = match log {
        Log::Outcomes => Kind::Exit,
        Log::Signals => Kind::Signal,
        Log::Missed => Kind::Missed,
        Log::Fills => Kind::Fill,
        Log::News => Kind::News,
    };
    let intake = &context.settings.intake;
    if kind != Kind::Exit || (intake.maps.is_empty() && intake.ignored.is_empty()) {
        return Names::of(kind);
    }
    // They were checked when the settings were read.
    Names::parse(kind, &intake.maps, &intake.ignored).unwrap_or_else(|_| Names::of(kind))
}

/// By which records are read: what the settings and the command say, and the same without `fold_case` where that is set.
pub(crate) struct IntakeRules {
    rules: ExitRules,
    as_sent: Option<ExitRules>,
}

impl From<ExitRules> for IntakeRules {
    fn from(rules: ExitRules) -> Self {
        let as_sent = rules.instruments.fold_case.then(|| {
            let instruments = Instruments { fold_case: false, ..rules.instruments.clone() };
            ExitRules { instruments, ..rules.clone() }
        });
        Self { rules, as_sent }
    }
}

/// The rules of the settings.
pub(crate) fn intake_rules(context: &Context<'_>) -> IntakeRules {
    exit_rules(context).into()
}

/// What the settings say of closed trades on their way in.
pub(crate) fn exit_rules(context: &Context<'_>) -> ExitRules {
    ExitRules {
        account_currency: context.settings.currency.clone(),
        instruments: context.settings.instruments.clone(),
        ..ExitRules::default()
    }
}

/// Reads the record of one log into a line.
///
/// # Errors
/// Why it is refused.
pub(crate) fn read_candidate(
    context: &Context<'_>,
    log: Log,
    input: &[u8],
    names: &Names,
    conventions: &Conventions,
    rules: &IntakeRules,
) -> Result<Taken, WireError> {
    candidate_of(context, log, fields_of(input, names, conventions)?, rules)
}

/// The fields of a record.
///
/// # Errors
/// It is too long, or no JSON object.
pub(super) fn fields_of<'c>(
    input: &[u8],
    names: &Names,
    conventions: &'c Conventions,
) -> Result<Fields<'c>, WireError> {
    if input.len() > MAX_RECORD_BYTES {
        return Err(WireError::TooLong(input.len()));
    }
    Ok(Fields::of_object(parse_object(input)?, names, conventions))
}

/// As [`read_candidate`], from the fields of the record.
///
/// # Errors
/// Why it is refused.
pub(crate) fn candidate_of(
    context: &Context<'_>,
    log: Log,
    fields: Fields<'_>,
    rules: &IntakeRules,
) -> Result<Taken, WireError> {
    // Fills are netted, and known, by the symbol as it is written now.
    let is_folded = log != Log::Fills && is_folded(&fields, &rules.rules);
    let as_sent = rules.as_sent.as_ref().filter(|_| is_folded).map(|rules| (fields.clone(), rules));
    let mut taken = any_candidate_of(context, log, fields, &rules.rules)?;
    let Taken::Record(candidate) = &mut taken else { return Ok(taken) };
    // What is stored is no longer than what is read back.
    if candidate.row.line.len() > MAX_MEMBER_TEXT {
        return Err(WireError::TooLong(candidate.row.line.len()));
    }
    if let Some((fields, rules)) = as_sent
        && let Ok(Taken::Record(sent)) = any_candidate_of(context, log, fields, rules)
    {
        candidate.as_sent = Some(sent);
    }
    Ok(taken)
}

/// Whether a record's symbol is written otherwise than its sender does.
fn is_folded(fields: &Fields<'_>, rules: &ExitRules) -> bool {
    let own = fields.peek(Field::Symbol).and_then(|raw| raw.text());
    let symbol = own.or_else(|| rules.symbol.as_deref().map(Cow::Borrowed));
    symbol.is_some_and(|symbol| rules.instruments.written(&*symbol) != symbol)
}

fn any_candidate_of(
    context: &Context<'_>,
    log: Log,
    fields: Fields<'_>,
    rules: &ExitRules,
) -> Result<Taken, WireError> {
    let written = |symbol: String| rules.instruments.written(symbol).into_owned();
    match log {
        Log::Outcomes => match read_exit(fields, rules)? {
            ExitRecord::Trade(trade) => {
                Ok(Taken::Record(Box::new(trade_candidate((context.now, context.market()), *trade))))
            }
            ExitRecord::Open => Ok(Taken::Open),
            ExitRecord::Event(word) => Ok(Taken::Event(word)),
        },
        Log::Fills => match read_fill(fields, rules)? {
            FillInput::Fill(fill) => Ok(Taken::Record(Box::new(fill_candidate(context, fill)))),
            FillInput::Event(word) => Ok(Taken::Event(word)),
        },
        Log::Signals => {
            let mut read = read_signal(fields)?;
            read.record.signal.symbol = written(take(&mut read.record.signal.symbol));
            let signal = &read.record.signal;
            let line = read.record.to_line(context.now);
            Ok(Taken::Record(Box::new(signal_candidate(
                context,
                signal.id(),
                signal.timestamp,
                line,
                read.warnings,
            ))))
        }
        Log::News => Ok(Taken::Record(Box::new(news_candidate(context, fields, written)?))),
        Log::Missed => {
            let mut read = read_missed(fields)?;
            read.record.signal.symbol = written(take(&mut read.record.signal.symbol));
            read.warnings.extend(crate::files::brain_warning(context));
            if read.record.signal.confidence < context.settings.min_missed_confidence {
                return Ok(Taken::TooWeak);
            }
            read.record.freeze_policy(crate::files::brain::levels(context));
            let signal = &read.record.signal;
            let line = read.record.to_line(context.now);
            Ok(Taken::Record(Box::new(signal_candidate(
                context,
                signal.id(),
                signal.timestamp,
                line,
                read.warnings,
            ))))
        }
    }
}

/// A closed trade as it is written now, by the calendars of the market.
pub(super) fn trade_candidate((now, market): (Timestamp, &Market), trade: ReadExit) -> Candidate {
    let ReadExit { read, is_unnamed, is_defaulted, open_pnl } = trade;
    let trade = &read.record.trade;
    let exit = trade.closed().exit_time;
    let mut warnings = read.warnings;
    if exit > now {
        warnings.push(format!("{exit} lies in the future: it counts once that time has come"));
    }
    for name in &read.record.left_over {
        warnings.push(format!(
            "{name} looks like money and was not taken: map it to a field or ignore it in [intake]"
        ));
    }
    let line = read.record.to_line(now, market);
    Candidate {
        id: trade.trade_id().to_owned(),
        content: content_of(&line, exit, Some(trade.closed().exit_price), trade.qty()),
        is_unnamed,
        number: 1,
        is_defaulted,
        dispute: Dispute::of(trade),
        left_over: read.record.left_over.iter().cloned().collect(),
        warnings,
        book: None,
        fill: None,
        open_pnl,
        as_sent: None,
        line: 0,
        row: Row { line, event_us: exit.micros() },
    }
}

fn fill_candidate(context: &Context<'_>, mut read: Box<ReadFill>) -> Candidate {
    let is_unnamed = read.is_unnamed;
    let Read { record, warnings } = &mut read.read;
    let (fill, mut warnings) = (&record.fill, take(warnings));
    if fill.time > context.now {
        warnings.push(format!("{} lies in the future: it counts once that time has come", fill.time));
    }
    for name in &record.left_over {
        warnings
            .push(format!("{name} looks like money and was not taken: give it another name or leave it out"));
    }
    let row = Row { line: record.to_line(context.now), event_us: fill.time.micros() };
    let candidate = Candidate::of_line(fill_identity(fill), fill_content(fill), row);
    let left_over = take(&mut record.left_over).into_iter().collect();
    record.read_back();
    record.fill.net_under(&context.settings.instruments);
    let fill = Some(Arc::new(read.read.record.fill));
    Candidate { is_unnamed, left_over, warnings, fill, ..candidate }
}

fn news_candidate(
    context: &Context<'_>,
    fields: Fields<'_>,
    written: impl Fn(String) -> String,
) -> Result<Candidate, WireError> {
    let mut read = read_news(fields)?;
    read.record.item.symbol = read.record.item.symbol.take().map(written);
    let item = &read.record.item;
    let line = read.record.to_line(context.now);
    let content = news_content(&line).map_or(0, |(_, content)| content);
    let row = Row { line, event_us: item.timestamp.micros() };
    let warnings = with_future(context, item.timestamp, read.warnings);
    Ok(Candidate { warnings, ..Candidate::of_line(item.id(), content, row) })
}

fn signal_candidate(
    context: &Context<'_>,
    id: String,
    moment: crate::domain::Timestamp,
    line: Vec<u8>,
    warnings: Vec<String>,
) -> Candidate {
    let warnings = with_future(context, moment, warnings);
    let content = signal_content(&line).map_or(0, |(_, content)| content);
    Candidate { warnings, ..Candidate::of_line(id, content, Row { line, event_us: moment.micros() }) }
}

/// The warnings of a record, with that of a moment that has not come.
fn with_future(
    context: &Context<'_>,
    moment: crate::domain::Timestamp,
    mut warnings: Vec<String>,
) -> Vec<String> {
    if moment > context.now {
        warnings.push(format!("{moment} is in the future; it counts once that time has come"));
    }
    warnings
}

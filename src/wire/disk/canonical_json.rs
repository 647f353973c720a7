//! The quick way to read a stored outcome, and with the same [`Cursor`] a stored fill: a line with its keys in the
//! order in which this program writes them, the first one there and any other absent, with or without a blank behind
//! all colons and commas, as Python writes them. At anything else it gives up, and the plain way decides; what it does
//! read, it reads as the plain way would.
//!
//! What steps through a line is inlined into [`read_in_order`], so that the place stays in registers; what is
//! rare (long numbers, objects) is not.

use std::borrow::Cow;

use super::stored::StoredOutcome;
use super::text::{Number, Text};
use crate::wire::digits::{Digits, Short, quote};

/// A key as it stands behind another field, without and with the blanks that Python writes.
macro_rules! key {
    ($name:literal) => {
        [concat!(",\"", $name, "\":"), concat!(", \"", $name, "\": ")]
    };
}
pub(super) use key;

/// Reads a line into `stored`, which is then without anything that is worked out; false when the line is not
/// as this program writes it.
pub(super) fn read_in_order<'a>(line: &'a [u8], stored: &mut StoredOutcome<'a>) -> bool {
    let Some(text) = plain(line) else { return false };
    let Some(rest) = line.strip_prefix(b"{\"symbol\":") else { return false };
    match rest.strip_prefix(b" ") {
        None => Cursor::<0> { text, rest }.read(stored).is_some(),
        Some(rest) => Cursor::<1> { text, rest }.read(stored).is_some(),
    }
}

/// The text of a line in which the end of a text is the next quote: looked for once in the whole line.
#[inline(always)]
fn plain(line: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(line).ok()?;
    // No early end and no branch: it is done for many bytes at once.
    let is_odd = line.iter().fold(false, |odd, byte| odd | (*byte < b' ') | (*byte == b'\\'));
    (!is_odd).then_some(text)
}

/// A place in a line, behind a value or a key. `BLANKS` is 1 where blanks stand behind commas and colons.
pub(super) struct Cursor<'a, const BLANKS: usize> {
    text: &'a str,
    rest: &'a [u8],
}

impl<'a> Cursor<'a, 0> {
    /// The place behind the first key of a line that this program wrote.
    #[inline(always)]
    pub(super) fn behind(first: &str, line: &'a [u8]) -> Option<Self> {
        Some(Self { text: plain(line)?, rest: line.strip_prefix(first.as_bytes())? })
    }

    /// Whether the line ends here.
    #[inline(always)]
    pub(super) fn is_at_end(&self) -> bool {
        self.rest == b"}"
    }
}

impl<'a, const BLANKS: usize> Cursor<'a, BLANKS> {
    /// Reads the fields, from the value of the first one on.
    fn read(mut self, stored: &mut StoredOutcome<'a>) -> Option<()> {
        let at = &mut self;
        stored.symbol = at.text_or_null()?;
        stored.entry_time = at.text(key!("entry_time"))?;
        stored.exit_time = at.text(key!("exit_time"))?;
        stored.side = at.text(key!("side"))?;
        stored.entry_price = at.number(key!("entry_price"))?;
        stored.exit_price = at.number(key!("exit_price"))?;
        stored.pnl = at.number(key!("pnl"))?;
        stored.pnl_pct = at.number(key!("pnl_pct"))?;
        at.skip(key!("hold_duration_minutes"))?;
        at.skip(key!("model_label"))?;
        stored.model_confidence = at.number(key!("model_confidence"))?;
        at.skip(key!("lgb_prob"))?;
        at.skip(key!("lstm_prob"))?;
        at.skip(key!("transformer_prob"))?;
        stored.regime = at.text(key!("regime"))?;
        at.skip(key!("vix"))?;
        stored.sector = at.text(key!("sector"))?;
        at.skip(key!("time_of_day"))?;
        at.skip(key!("success"))?;
        at.skip(key!("quality"))?;
        stored.exit_reason = at.text(key!("exit_reason"))?;
        stored.trade_id = at.text(key!("trade_id"))?;
        stored.signal_id.0 = at.text(key!("signal_id"))?;
        stored.qty = at.number(key!("qty"))?;
        stored.fees = at.number(key!("fees"))?;
        stored.stop_price.0 = at.number(key!("stop_price"))?;
        stored.target_price.0 = at.number(key!("target_price"))?;
        stored.hit_target.0 = at.flag(key!("hit_target"))?;
        stored.hit_stop.0 = at.flag(key!("hit_stop"))?;
        at.skip(key!("outcome"))?;
        stored.mfe_pct.0 = at.number(key!("mfe_pct"))?;
        stored.mae_pct.0 = at.number(key!("mae_pct"))?;
        stored.setup = at.text(key!("setup"))?;
        stored.strategy = at.text(key!("strategy"))?;
        stored.variant = at.text(key!("variant"))?;
        stored.timeframe = at.text(key!("timeframe"))?;
        at.skip(key!("experiment"))?;
        at.skip(key!("variant_share"))?;
        stored.size_multiplier.0 = at.number(key!("size_multiplier"))?;
        at.skip(key!("size_propensity"))?;
        at.skip(key!("equity_usd"))?;
        at.skip(key!("qty_intended"))?;
        stored.multiplier = at.number(key!("multiplier"))?;
        stored.inverse = at.flag(key!("inverse"))?;
        stored.funding = at.number(key!("funding"))?;
        stored.rebate = at.number(key!("rebate"))?;
        at.skip(key!("currency"))?;
        stored.fx_rate = at.number(key!("fx_rate"))?;
        at.skip(key!("pnl_computed"))?;
        stored.pnl_disputed = at.flag(key!("pnl_disputed"))?;
        at.skip(key!("account"))?;
        at.skip(key!("fill_id"))?;
        // A list, as few lines have it, is read the plain way.
        stored.left_over = false;
        at.skip(key!("features"))?;
        at.skip(key!("extra"))?;
        stored.leg = at.whole_number(key!("leg"))?;
        stored.schema = at.whole_number(key!("schema"))?;
        stored._ts = at.text(key!("_ts"))?;
        stored.is_common_json = true;
        (self.rest == b"}").then_some(())
    }

    /// Steps over the word if it stands here.
    #[inline(always)]
    fn word(&mut self, word: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(word.as_bytes())?;
        Some(())
    }

    /// Steps over the key if it stands here.
    #[inline(always)]
    fn key(&mut self, key: [&str; 2]) -> bool {
        self.word(key[BLANKS]).is_some()
    }

    /// What stands between here and `rest`.
    #[inline(always)]
    fn up_to(&self, rest: &[u8]) -> Option<&'a str> {
        self.text.get(self.text.len() - self.rest.len()..self.text.len() - rest.len())
    }

    #[inline(always)]
    pub(super) fn text(&mut self, key: [&str; 2]) -> Option<Option<Text<'a>>> {
        if self.key(key) { self.text_or_null() } else { Some(None) }
    }

    #[inline(always)]
    pub(super) fn text_or_null(&mut self) -> Option<Option<Text<'a>>> {
        if self.rest.first()? == &b'n' {
            return self.word("null").map(|()| None);
        }
        let from = self.text.len() - self.rest.len() + 1;
        let len = self.quoted()?;
        Some(Some(Text(Cow::Borrowed(self.text.get(from..from + len)?))))
    }

    #[inline(always)]
    pub(super) fn number(&mut self, key: [&str; 2]) -> Option<Option<Number>> {
        if !self.key(key) {
            return Some(None);
        }
        if let Some((number, rest)) = Short::read(self.rest) {
            self.rest = rest;
            return Some(Some(Number(number.value())));
        }
        if self.rest.first()? == &b'n' {
            return self.word("null").map(|()| None);
        }
        let (digits, rest) = Digits::read(self.rest)?;
        let value = match digits.value() {
            Some(value) => value,
            None => self.up_to(rest)?.parse().ok()?,
        };
        self.rest = rest;
        value.is_finite().then_some(Some(Number(value)))
    }

    #[inline(always)]
    pub(super) fn whole_number(&mut self, key: [&str; 2]) -> Option<Option<u32>> {
        if !self.key(key) {
            return Some(None);
        }
        if self.rest.first()? == &b'n' {
            return self.word("null").map(|()| None);
        }
        let (_, rest) = Digits::read(self.rest)?;
        let value = self.up_to(rest)?.parse().ok()?;
        self.rest = rest;
        Some(Some(value))
    }

    #[inline(always)]
    pub(super) fn flag(&mut self, key: [&str; 2]) -> Option<Option<bool>> {
        if !self.key(key) {
            return Some(None);
        }
        match self.rest.first()? {
            b't' => self.word("true").map(|()| Some(true)),
            b'f' => self.word("false").map(|()| Some(false)),
            _ => self.word("null").map(|()| None),
        }
    }

    #[inline(always)]
    pub(super) fn skip(&mut self, key: [&str; 2]) -> Option<()> {
        if !self.key(key) {
            return Some(());
        }
        if self.rest.first()? == &b'{' {
            self.rest = behind_object::<BLANKS>(self.rest)?;
            return Some(());
        }
        self.skip_scalar()
    }

    #[inline(always)]
    fn skip_scalar(&mut self) -> Option<()> {
        match self.rest.first()? {
            b'"' => self.quoted().map(|_| ()),
            b'n' => self.word("null"),
            b't' => self.word("true"),
            b'f' => self.word("false"),
            _ => {
                self.rest = match Short::read(self.rest) {
                    Some((_, rest)) => rest,
                    None => Digits::read(self.rest)?.1,
                };
                Some(())
            }
        }
    }

    /// Steps over a text; its length in bytes.
    #[inline(always)]
    fn quoted(&mut self) -> Option<usize> {
        let inside = self.rest.strip_prefix(b"\"")?;
        let len = quote(inside)?;
        self.rest = inside.get(len + 1..)?;
        Some(len)
    }
}

/// What follows an object of texts, numbers and flags.
#[inline(never)]
fn behind_object<const BLANKS: usize>(object: &[u8]) -> Option<&[u8]> {
    let mut at = Cursor::<BLANKS> { text: "", rest: object.strip_prefix(b"{")? };
    if let Some(rest) = at.rest.strip_prefix(b"}") {
        return Some(rest);
    }
    loop {
        at.quoted()?;
        at.word([":", ": "][BLANKS])?;
        at.skip_scalar()?;
        if let Some(rest) = at.rest.strip_prefix(b"}") {
            return Some(rest);
        }
        at.word([",", ", "][BLANKS])?;
    }
}

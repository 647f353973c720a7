//! The quick way to read a stored outcome: a line with its keys in the order in which this program writes
//! them, any of them absent, with or without a blank behind colons and commas, as Python writes them. At
//! anything else it gives up, and the plain way decides; what it does read, it reads as the plain way would.

use std::borrow::Cow;

use super::outcome::StoredOutcome;
use super::text::{Number, Text};

/// Powers of ten that a float holds exactly, as many as [`EXACT_DIGITS`] can have behind the point.
const POWERS: [f64; 16] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// So many digits fit into a float without rounding, so that one division gives the nearest float.
const EXACT_DIGITS: usize = 15;

/// Reads a line; `None` when it is not as this program writes it.
pub(super) fn read_in_order(line: &[u8]) -> Option<StoredOutcome<'_>> {
    let text = std::str::from_utf8(line).ok()?;
    // Looked for once in the whole line, so that the end of a text is the next quote.
    let lowest = line.iter().fold(u8::MAX, |lowest, byte| lowest.min(*byte));
    if lowest < b' ' || memchr::memchr(b'\\', line).is_some() {
        return None;
    }
    if line.first() != Some(&b'{') {
        return None;
    }
    let mut at = Cursor { text, at: 1, ended: false };
    let stored = StoredOutcome {
        symbol: at.text("\"symbol\":")?,
        entry_time: at.text("\"entry_time\":")?,
        exit_time: at.text("\"exit_time\":")?,
        side: at.text("\"side\":")?,
        entry_price: at.number("\"entry_price\":")?,
        exit_price: at.number("\"exit_price\":")?,
        pnl: at.number("\"pnl\":")?,
        pnl_pct: at.number("\"pnl_pct\":")?,
        model_confidence: {
            at.skip("\"hold_duration_minutes\":")?;
            at.skip("\"model_label\":")?;
            at.number("\"model_confidence\":")?
        },
        regime: {
            at.skip("\"lgb_prob\":")?;
            at.skip("\"lstm_prob\":")?;
            at.skip("\"transformer_prob\":")?;
            at.text("\"regime\":")?
        },
        sector: {
            at.skip("\"vix\":")?;
            at.text("\"sector\":")?
        },
        exit_reason: {
            at.skip("\"time_of_day\":")?;
            at.skip("\"success\":")?;
            at.skip("\"quality\":")?;
            at.text("\"exit_reason\":")?
        },
        trade_id: at.text("\"trade_id\":")?,
        qty: {
            at.skip("\"signal_id\":")?;
            at.number("\"qty\":")?
        },
        fees: at.number("\"fees\":")?,
        setup: {
            at.skip("\"stop_price\":")?;
            at.skip("\"target_price\":")?;
            at.skip("\"hit_target\":")?;
            at.skip("\"hit_stop\":")?;
            at.skip("\"outcome\":")?;
            at.skip("\"mfe_pct\":")?;
            at.skip("\"mae_pct\":")?;
            at.text("\"setup\":")?
        },
        strategy: at.text("\"strategy\":")?,
        variant: at.text("\"variant\":")?,
        schema: {
            at.skip("\"features\":")?;
            at.skip("\"extra\":")?;
            at.whole_number("\"schema\":")?
        },
        _ts: at.text("\"_ts\":")?,
        is_common_json: true,
        derived: Default::default(),
    };
    (at.ended && at.at == line.len()).then_some(stored)
}

/// A place in a line, at the beginning of a key or, once `ended`, behind the object.
struct Cursor<'a> {
    text: &'a str,
    at: usize,
    ended: bool,
}

impl<'a> Cursor<'a> {
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blank(&mut self) {
        self.at += usize::from(self.byte() == Some(b' '));
    }

    /// Steps over the key, with its quotes and colon, if it stands here.
    #[inline(always)]
    fn key(&mut self, key: &str) -> bool {
        let here = !self.ended && self.text.as_bytes()[self.at..].starts_with(key.as_bytes());
        if here {
            self.at += key.len();
            self.blank();
        }
        here
    }

    /// Steps from a value to the next key, or behind the object.
    #[inline(always)]
    fn next(&mut self) -> Option<()> {
        match self.byte()? {
            b',' => {
                self.at += 1;
                self.blank();
            }
            b'}' => {
                self.at += 1;
                self.ended = true;
            }
            _ => return None,
        }
        Some(())
    }

    fn word(&mut self, word: &str) -> Option<()> {
        self.text.as_bytes()[self.at..].starts_with(word.as_bytes()).then(|| self.at += word.len())
    }

    /// The inside of a text.
    #[inline(always)]
    fn quoted(&mut self) -> Option<&'a str> {
        if self.byte() != Some(b'"') {
            return None;
        }
        let from = self.at + 1;
        let len = memchr::memchr(b'"', &self.text.as_bytes()[from..])?;
        self.at = from + len + 1;
        self.text.get(from..from + len)
    }

    #[inline(always)]
    fn text(&mut self, key: &str) -> Option<Option<Text<'a>>> {
        if !self.key(key) {
            return Some(None);
        }
        let text = match self.byte()? {
            b'n' => self.word("null").map(|()| None)?,
            _ => Some(Text(Cow::Borrowed(self.quoted()?))),
        };
        self.next()?;
        Some(text)
    }

    #[inline(always)]
    fn number(&mut self, key: &str) -> Option<Option<Number>> {
        if !self.key(key) {
            return Some(None);
        }
        let number = match self.byte()? {
            b'n' => self.word("null").map(|()| None)?,
            _ => Some(Number(self.digits()?.value()?)),
        };
        self.next()?;
        Some(number)
    }

    fn whole_number(&mut self, key: &str) -> Option<Option<u32>> {
        if !self.key(key) {
            return Some(None);
        }
        let number = match self.byte()? {
            b'n' => self.word("null").map(|()| None)?,
            _ => Some(self.digits()?.text.parse().ok()?),
        };
        self.next()?;
        Some(number)
    }

    #[inline(always)]
    fn skip(&mut self, key: &str) -> Option<()> {
        if !self.key(key) {
            return Some(());
        }
        if self.byte()? == b'{' {
            self.skip_object()?
        } else {
            self.skip_scalar()?
        }
        self.next()
    }

    fn skip_scalar(&mut self) -> Option<()> {
        match self.byte()? {
            b'"' => self.quoted().map(|_| ()),
            b'n' => self.word("null"),
            b't' => self.word("true"),
            b'f' => self.word("false"),
            _ => self.digits().map(|_| ()),
        }
    }

    /// Steps over an object of texts, numbers and flags.
    fn skip_object(&mut self) -> Option<()> {
        self.at += 1;
        if self.byte()? == b'}' {
            self.at += 1;
            return Some(());
        }
        loop {
            self.quoted()?;
            self.word(":")?;
            self.blank();
            self.skip_scalar()?;
            match self.byte()? {
                b',' => {
                    self.at += 1;
                    self.blank();
                }
                b'}' => {
                    self.at += 1;
                    return Some(());
                }
                _ => return None,
            }
        }
    }

    /// Steps over a number of JSON's form.
    #[inline(always)]
    fn digits(&mut self) -> Option<Digits<'a>> {
        let bytes = self.text.as_bytes();
        let from = self.at;
        let negative = self.byte() == Some(b'-');
        let mut at = from + usize::from(negative);
        let mut found = Digits { text: "", negative, whole: 0, count: 0, behind_point: 0, exponent: false };
        let first = at;
        found.take(bytes, &mut at);
        if found.count == 0 || (bytes[first] == b'0' && found.count > 1) {
            return None;
        }
        if bytes.get(at) == Some(&b'.') {
            at += 1;
            let before = found.count;
            found.take(bytes, &mut at);
            found.behind_point = found.count - before;
            if found.behind_point == 0 {
                return None;
            }
        }
        if matches!(bytes.get(at), Some(b'e' | b'E')) {
            at += 1;
            at += usize::from(matches!(bytes.get(at), Some(b'+' | b'-')));
            let power = bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            if power == 0 {
                return None;
            }
            at += power;
            found.exponent = true;
        }
        found.text = self.text.get(from..at)?;
        self.at = at;
        Some(found)
    }
}

/// A number as it was written.
struct Digits<'a> {
    text: &'a str,
    negative: bool,
    /// The digits without the point; of no use when there are more than [`EXACT_DIGITS`].
    whole: u64,
    count: usize,
    behind_point: usize,
    exponent: bool,
}

impl Digits<'_> {
    #[inline(always)]
    fn take(&mut self, bytes: &[u8], at: &mut usize) {
        let rest = bytes.get(*at..).unwrap_or_default();
        let digits = rest.iter().map(|byte| byte.wrapping_sub(b'0')).take_while(|digit| *digit < 10);
        let mut count = 0;
        for digit in digits {
            self.whole = self.whole.wrapping_mul(10).wrapping_add(u64::from(digit));
            count += 1;
        }
        self.count += count;
        *at += count;
    }

    /// The nearest float; `None` when there is no finite one.
    #[inline(always)]
    fn value(&self) -> Option<f64> {
        if self.count <= EXACT_DIGITS && !self.exponent {
            let size = self.whole as f64 / POWERS[self.behind_point];
            return Some(if self.negative { -size } else { size });
        }
        self.text.parse().ok().filter(|number: &f64| number.is_finite())
    }
}

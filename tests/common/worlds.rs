//! Made-up worlds whose truth is known: signals and exits as an engine would send them, each with its true chance.
#![allow(dead_code, unreachable_pub, reason = "each file that includes it uses a part of it")]

use chrono::Datelike;
use dtlearn::domain::{Date, Timestamp};
use dtlearn::learn::Rng;

/// What the chance of a good outcome depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum World {
    /// Eight to sixteen of the columns: straight, in steps, by size, a third of them by the side.
    Planted,
    /// Eight columns, all straight, weakly.
    Linear,
    /// The product of three columns, none of which says anything alone.
    Product,
    /// As planted, and half of the relations turn round half way.
    Flip,
    /// Fourteen of 200 symbols, which are traded three times as often as others.
    Symbols,
    /// As planted, with 15 % good outcomes and columns with heavy tails.
    Rare,
    /// Nothing.
    Noise,
}

/// All of them, with their names.
pub const WORLDS: [(&str, World); 7] = [
    ("planted", World::Planted),
    ("linear", World::Linear),
    ("product", World::Product),
    ("flip", World::Flip),
    ("symbols", World::Symbols),
    ("rare", World::Rare),
    ("noise", World::Noise),
];

/// A signal with its exit, as JSON, and the chance that it had.
pub struct Row {
    pub signal: String,
    pub exit: String,
    pub chance: f64,
    pub good: bool,
}

/// Columns of a signal besides its words.
const COLUMNS: usize = 46;

/// Columns that are 0 or 1, from this one on.
const FLAGS: usize = 36;

struct Draw(Rng);

impl Draw {
    fn unit(&mut self) -> f64 {
        ((self.0.bits() >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * self.unit().ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }

    fn sign(&mut self) -> f64 {
        if self.unit() < 0.5 { 1.0 } else { -1.0 }
    }
}

/// A relation between a column and the chance.
struct Relation {
    column: usize,
    by_side: bool,
    shape: u8,
    weight: f64,
    turns: bool,
}

impl Relation {
    fn of(&self, values: &[f64], side: f64) -> f64 {
        let x = values[self.column];
        let shaped = match self.shape {
            0 => x,
            1 => f64::from(u8::from(x > 0.6)) * 2.0,
            2 => x.abs() - 0.8,
            _ => f64::from(u8::from(x > -0.3)) * 2.0,
        };
        self.weight * shaped * if self.by_side { side } else { 1.0 }
    }
}

fn relations(world: World, seed: u64, draw: &mut Draw) -> Vec<Relation> {
    let weight = |draw: &mut Draw| draw.sign() * (0.4 + 0.8 * draw.unit());
    let mut free: Vec<usize> = (0..FLAGS).collect();
    for at in (1..free.len()).rev() {
        let other = draw.0.below(at + 1);
        free.swap(at, other);
    }
    let count = match world {
        World::Planted | World::Flip | World::Rare => 8 + 4 * (seed % 3) as usize,
        World::Linear => 8,
        _ => 0,
    };
    (0..count)
        .map(|at| Relation {
            column: free[at],
            by_side: world != World::Linear && at % 3 == 2,
            shape: if world == World::Linear || at % 3 == 2 { 0 } else { (at % 4) as u8 },
            weight: weight(draw),
            turns: world == World::Flip && at % 2 == 0,
        })
        .collect()
}

/// How far log-odds spread, and the share of good outcomes.
fn spread_of(world: World, seed: u64) -> (f64, f64) {
    match world {
        World::Planted | World::Flip => (0.64, 0.36),
        World::Linear => (if seed % 2 == 1 { 0.28 } else { 0.48 }, 0.42),
        World::Product => (0.75, 0.45),
        World::Symbols => (0.0, 0.45),
        World::Rare => (0.62, 0.15),
        World::Noise => (0.0, 0.40),
    }
}

/// A world of so many rows; the same seed gives the same rows.
pub fn make(world: World, rows: usize, seed: u64) -> Vec<Row> {
    let mut draw = Draw(Rng::new(seed, 77));
    let relations = relations(world, seed, &mut draw);
    let loadings: Vec<[f64; 4]> =
        (0..COLUMNS).map(|_| std::array::from_fn(|_| 0.5 * draw.normal())).collect();
    let sessions = if rows <= 2000 { 20 } else { (rows / 125).clamp(40, 80) };
    let days = weekdays(sessions);
    let effects: Vec<f64> = (0..200).map(|at| if at < 14 { 1.6 * draw.sign() } else { 0.0 }).collect();
    let mut all: Vec<(Vec<f64>, f64, usize, usize, f64)> = Vec::with_capacity(rows);
    for row in 0..rows {
        let factors: [f64; 4] = std::array::from_fn(|_| draw.normal());
        let values: Vec<f64> =
            (0..COLUMNS).map(|column| value(column, &factors, &loadings, &mut draw)).collect();
        let side = draw.sign();
        let session = row * sessions / rows;
        let symbol = draw.0.below(228);
        // The first fourteen come three times.
        let symbol = if symbol < 200 { symbol } else { symbol % 14 };
        let raw = match world {
            World::Product => (values[0] * values[1] * values[2]).clamp(-3.0, 3.0),
            World::Symbols => effects[symbol],
            _ => {
                let half = session * 2 >= sessions;
                let turned = |r: &Relation| if r.turns && half { -1.0 } else { 1.0 };
                relations.iter().map(|r| r.of(&values, side) * turned(r)).sum()
            }
        };
        all.push((values, side, session, symbol, raw));
    }
    let (spread, base) = spread_of(world, seed);
    let mean = all.iter().map(|row| row.4).sum::<f64>() / rows as f64;
    let deviation = (all.iter().map(|row| (row.4 - mean).powi(2)).sum::<f64>() / rows as f64).sqrt();
    let scale = if world == World::Symbols { 1.0 } else { spread / deviation.max(1e-9) };
    all.into_iter()
        .enumerate()
        .map(|(row, (values, side, session, symbol, raw))| {
            let log_odds = (base / (1.0 - base)).ln() + (raw - mean) * scale;
            let chance = 1.0 / (1.0 + (-log_odds).exp());
            let good = draw.unit() < chance;
            let share = (row * sessions) as f64 / rows as f64 - session as f64;
            let at = days[session].micros() / 1000 + (60e3 + share * 22_000e3) as i64;
            let symbol = if world == World::Symbols { symbol } else { symbol % 10 };
            records(world, row, at, &values, side, symbol, (chance, good), &mut draw)
        })
        .collect()
}

fn value(column: usize, factors: &[f64; 4], loadings: &[[f64; 4]], draw: &mut Draw) -> f64 {
    let common: f64 = factors.iter().zip(&loadings[column]).map(|(f, l)| f * l).sum();
    let own = (common + draw.normal()) / (1.0 + loadings[column].iter().map(|l| l * l).sum::<f64>()).sqrt();
    match column {
        FLAGS.. => f64::from(u8::from(own > 0.4)),
        // A count has few values.
        c if c % 9 == 8 => own.round(),
        _ => own,
    }
}

/// The openings of so many trading days.
fn weekdays(count: usize) -> Vec<Timestamp> {
    let mut day = Date::from_ymd_opt(2026, 3, 2).unwrap_or_default();
    let mut days = Vec::new();
    while days.len() < count {
        if day.weekday().num_days_from_monday() < 5 {
            days.push(Timestamp::from_local(day, 570, chrono_tz::America::New_York));
        }
        day = day.succ_opt().unwrap_or_default();
    }
    days
}

#[expect(clippy::too_many_arguments, reason = "a row is made of all of these")]
fn records(
    world: World,
    row: usize,
    at_ms: i64,
    values: &[f64],
    side: f64,
    symbol: usize,
    (chance, good): (f64, bool),
    draw: &mut Draw,
) -> Row {
    let stamp = |ms: i64| Timestamp::from_millis(ms).map_or_else(String::new, |at| at.to_string());
    let (at, until) = (stamp(at_ms), stamp(at_ms + 240_000));
    let tail = |x: f64| if world == World::Rare { x * (1.0 + x * x) } else { x };
    let unit = |column: usize| [1.0, 0.001, 50.0, 10.0][column % 4];
    let mut features = String::new();
    for (column, value) in values.iter().enumerate() {
        let value = if column >= FLAGS { *value } else { tail(*value) * unit(column) };
        features.push_str(&format!("\"f{column:02}\":{},", (value * 1e7).round() / 1e7));
    }
    features.push_str(&format!("\"side_long\":{}", f64::from(u8::from(side > 0.0))));
    let (setup, regime) = (["orb", "fade", "trend"][draw.0.below(3)], ["calm", "volatile"][draw.0.below(2)]);
    let confidence = (0.5 + 0.1 * draw.normal()).clamp(0.0, 1.0);
    let (long, buy) = if side > 0.0 { ("LONG", "BUY") } else { ("SHORT", "SELL") };
    let price = 100.0 + side * if good { 0.4 } else { -0.3 };
    let words = format!(
        r#""symbol":"S{symbol:03}","setup":"{setup}","regime":"{regime}","confidence":{confidence:.4}"#
    );
    let signal = format!(
        r#"{{"signal_id":"p{row:06}","timestamp":"{at}","side":"{long}","entry_price":100.0,{words},"features":{{{features}}}}}"#
    );
    let exit = format!(
        r#"{{"type":"exit","trade_id":"p{row:06}","signal_id":"p{row:06}","side":"{buy}","entry_price":100.0,"price":{price},"qty":10,"fees":0,"entry_timestamp":"{at}","timestamp":"{until}","exit_reason":"time_stop",{words}}}"#
    );
    Row { signal, exit, chance, good }
}

//! Tries every condition, pair and promising triple, and keeps what chance does not explain.

use rayon::prelude::*;

use super::conditions::{Condition, Single, holds_of_all, singles};
use super::contrast::Contrast;
use super::crossed::{counted, subjects};
use super::pattern::{FALSE_SHARE, LEAST_ROWS, LEAST_SESSIONS, Pattern, PatternVerdict, pattern_of};
use super::rows::{Bits, Rows, both, common, count};
use super::unexplained::Unexplained;
use crate::learn::dataset::{Dataset, Example};
use crate::metrics::win_rate;

/// Pooled standard errors below which a pair is counted as tried and not looked at closely.
const WORTH_A_LOOK: f64 = 2.5;

/// Pairs that are extended to triples.
const EXTENDED: usize = 100;

/// Standard errors that a pattern must have left once the others are known.
const LEFT_OVER: f64 = 4.0;

/// Standard errors below which a pattern is taken as explained by those that were told.
const STILL_OPEN: f64 = 3.0;

/// Standard errors by which a further condition must add to a pattern.
const ADDS: f64 = 4.0;

/// Rows that are looked at in one round of the search for the simplest patterns, over all that are clear.
const ROWS_A_ROUND: usize = 400_000_000;

/// Runners-up that are shown, whatever stands out.
const UNCLEAR_SHOWN: usize = 5;

/// The most patterns that are named.
const NAMED: usize = 40;

/// What a mining came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mined {
    /// Edges by the lower end of their lift, then drags by the upper end, then a few unclear ones by p.
    pub patterns: Vec<Pattern>,
    /// Patterns that had enough rows and were tried, or counted as tried.
    pub tried: u64,
    /// Single conditions that had too few rows or sessions.
    pub too_few: u64,
    /// Rows.
    pub rows: u64,
    /// Sessions.
    pub sessions: u64,
    /// Share of all rows that won.
    pub win_rate: Option<f64>,
}

/// A pattern that was tried.
#[derive(Clone)]
struct Found {
    parts: Vec<usize>,
    contrast: Contrast,
    p: f64,
}

/// The indices of what passes Benjamini and Hochberg's procedure (1995, *Journal of the Royal Statistical Society
/// B* 57(1), 289–300) at `share` among `tried`, of which those not in `found` have p = 1.
fn passing(found: &[Found], tried: u64, share: f64) -> usize {
    let mut ps: Vec<f64> = found.iter().map(|found| found.p).collect();
    ps.sort_by(f64::total_cmp);
    let passes = |(at, p): (usize, &f64)| *p <= share * (at + 1) as f64 / tried.max(1) as f64;
    ps.iter().enumerate().rposition(passes).map_or(0, |at| at + 1)
}

/// Keeps of `found` what passes; on noise, anything passes in at most `share` of all runs.
fn keep(mut found: Vec<Found>, tried: u64, share: f64) -> (Vec<Found>, Vec<Found>) {
    let passing = passing(&found, tried, share);
    found.sort_by(|a, b| a.p.total_cmp(&b.p).then_with(|| a.parts.cmp(&b.parts)));
    let rest = found.split_off(passing);
    (found, rest)
}

/// Mines rows in order of time; `cuts` are cuts of features that a model found worth making.
pub fn mine(dataset: &Dataset, examples: &[&Example], cuts: &[(String, f64)]) -> Mined {
    let rows = Rows::of(examples);
    let all = count(&rows.all);
    let wins = count(&rows.won);
    let mut mined = Mined {
        rows: all,
        sessions: rows.sessions.len() as u64,
        win_rate: win_rate(wins, all).ok().map(|rate| rate.point),
        ..Mined::default()
    };
    if all < LEAST_ROWS {
        return mined;
    }
    let singles = singles(dataset, examples, &rows, cuts, 1);
    let (enough, few): (Vec<Single>, Vec<Single>) =
        singles.into_iter().partition(|single| single.n >= LEAST_ROWS);
    mined.too_few = few.len() as u64;
    let judge = |parts: Vec<usize>, bits: &Bits| -> Found {
        let contrast = Contrast::of(&rows, bits, None);
        let p = if contrast.sessions < LEAST_SESSIONS { 1.0 } else { contrast.p() };
        Found { parts, contrast, p }
    };
    let share = FALSE_SHARE / 3.0;
    let ones: Vec<Found> =
        enough.par_iter().enumerate().map(|(at, single)| judge(vec![at], &single.bits)).collect();
    let spread = spread(&ones);
    let (pairs, pairs_tried) = pairs(&enough, &rows, (all, wins), &judge);
    let (triples, triples_tried) = triples(&enough, &pairs, (all, wins), &rows, pairs_tried, &judge);
    mined.tried = ones.len() as u64 + pairs_tried + triples_tried;
    let (mut clear, mut unclear) = keep(ones.clone(), ones.len() as u64, share);
    for (found, tried) in [(pairs, pairs_tried), (triples, triples_tried)] {
        let (kept, rest) = keep(found, tried, share);
        clear.extend(kept);
        unclear.extend(rest);
    }
    let told = fold(clear, &ones, &enough, &rows);
    let known: Vec<Vec<usize>> = told.iter().map(|found| found.parts.clone()).collect();
    let describe = |found: &Found, verdict| describe(found, verdict, &enough, &rows, spread);
    let (mut edges, mut drags): (Vec<Pattern>, Vec<Pattern>) = told
        .iter()
        .map(|found| {
            describe(
                found,
                if found.contrast.lift > 0.0 { PatternVerdict::Edge } else { PatternVerdict::Drag },
            )
        })
        .partition(|pattern| pattern.verdict == PatternVerdict::Edge);
    edges.sort_by(|a, b| b.lift_interval.0.total_cmp(&a.lift_interval.0));
    drags.sort_by(|a, b| a.lift_interval.1.total_cmp(&b.lift_interval.1));
    unclear.retain(|found| !known.contains(&found.parts) && found.contrast.sessions >= LEAST_SESSIONS);
    unclear.sort_by(|a, b| a.p.total_cmp(&b.p).then_with(|| a.parts.cmp(&b.parts)));
    let open: Vec<Pattern> =
        unclear.iter().take(UNCLEAR_SHOWN).map(|found| describe(found, PatternVerdict::Unclear)).collect();
    mined.patterns = edges.into_iter().take(NAMED).chain(drags.into_iter().take(NAMED)).chain(open).collect();
    mined
}

/// The rows of which all of these conditions hold. They are made anew where they are needed: those of every pair
/// of a hundred thousand rows would fill the memory.
fn bits_of(parts: &[usize], singles: &[Single]) -> Bits {
    let mut parts = parts.iter().map(|part| &singles[*part].bits);
    let first = parts.next().cloned().unwrap_or_default();
    parts.fold(first, |bits, other| both(&bits, other))
}

/// How much the true lifts differ from zero, as a variance, by the method of moments over the singles.
fn spread(ones: &[Found]) -> f64 {
    let told: Vec<f64> = ones
        .iter()
        .filter(|found| found.contrast.error > 0.0)
        .map(|found| found.contrast.lift.powi(2) - found.contrast.error.powi(2))
        .collect();
    if told.is_empty() { 0.0 } else { (told.iter().sum::<f64>() / told.len() as f64).max(0.0) }
}

/// Whether the pooled win rate of a set is far enough from that of all rows to be looked at by session.
fn worth_a_look(n: u64, won: u64, (all, wins): (u64, u64)) -> bool {
    let (n, won, all, wins) = (n as f64, won as f64, all as f64, wins as f64);
    let rate = wins / all;
    let error = (n * (1.0 - n / all) * rate * (1.0 - rate)).sqrt();
    error > 0.0 && ((won - n * rate) / error).abs() >= WORTH_A_LOOK
}

/// Pairs of conditions with different subjects, as far as they are worth a look, and how many had enough rows.
fn pairs(
    singles: &[Single],
    rows: &Rows,
    totals: (u64, u64),
    judge: &(impl Fn(Vec<usize>, &Bits) -> Found + Sync),
) -> (Vec<Found>, u64) {
    let (subjects, counted) = (subjects(singles, rows), counted(rows));
    let of = |at: usize| -> (Vec<Vec<Found>>, u64) {
        let mine = &subjects[at];
        let mut found: Vec<Vec<Found>> = vec![Vec::new(); mine.members.len()];
        let mut tried = 0;
        for others in &subjects[at + 1..] {
            mine.each_pair(others, &counted, |first, second, (n, won)| {
                let parts = [mine.members[first].number, others.members[second].number];
                let [one, other] = parts.map(|part| &singles[part]);
                // The same rows as one condition alone are no pair, nor are two conditions on one subject.
                let is_one =
                    n == one.n || n == other.n || one.condition.subject() == other.condition.subject();
                if n < LEAST_ROWS || is_one {
                    return;
                }
                tried += 1;
                if worth_a_look(n, won, totals) {
                    let judged = judge(parts.to_vec(), &both(&one.bits, &other.bits));
                    found[first].extend(Some(judged).filter(|judged| judged.p < 0.01));
                }
            });
        }
        (found, tried)
    };
    let parts: Vec<(Vec<Vec<Found>>, u64)> = (0..subjects.len()).into_par_iter().map(of).collect();
    let tried = parts.iter().map(|(_, tried)| tried).sum();
    (parts.into_iter().flat_map(|(found, _)| found.into_iter().flatten()).collect(), tried)
}

/// The most promising pairs with a third condition. Every triple that could have been made counts as tried.
fn triples(
    singles: &[Single],
    pairs: &[Found],
    totals: (u64, u64),
    rows: &Rows,
    pairs_tried: u64,
    judge: &(impl Fn(Vec<usize>, &Bits) -> Found + Sync),
) -> (Vec<Found>, u64) {
    let mut best: Vec<&Found> = pairs.iter().collect();
    best.sort_by(|a, b| a.p.total_cmp(&b.p).then_with(|| a.parts.cmp(&b.parts)));
    let of = |pair: &&Found| -> Vec<Found> {
        let bits = bits_of(&pair.parts, singles);
        let n_pair = count(&bits);
        let winners = both(&bits, &rows.won);
        let subjects: Vec<&str> = pair.parts.iter().map(|part| singles[*part].condition.subject()).collect();
        let mut found = Vec::new();
        for (third, other) in singles.iter().enumerate() {
            if other.condition.is_band() || subjects.contains(&other.condition.subject()) {
                continue;
            }
            let n = common(&bits, &other.bits);
            if n < LEAST_ROWS || n == n_pair || !worth_a_look(n, common(&winners, &other.bits), totals) {
                continue;
            }
            let mut parts = pair.parts.clone();
            parts.push(third);
            parts.sort_unstable();
            found.push(judge(parts, &both(&bits, &other.bits)));
        }
        found.retain(|found| found.p < 1e-4);
        found
    };
    let mut found: Vec<Found> =
        best.into_iter().take(EXTENDED).collect::<Vec<_>>().par_iter().flat_map_iter(of).collect();
    found.sort_by(|a, b| a.parts.cmp(&b.parts));
    found.dedup_by(|a, b| a.parts == b.parts);
    let thirds = singles.iter().filter(|single| !single.condition.is_band()).count() as u64;
    (found, pairs_tried * thirds / 3)
}

/// Of patterns that say the same, the simplest. One by one the pattern is told that explains most of what those
/// before it leave over (matching pursuit: Mallat and Zhang 1993, *IEEE Transactions on Signal Processing* 41(12),
/// 3397–3415), without the conditions that add nothing to it, until nothing much is left over.
fn fold(mut clear: Vec<Found>, ones: &[Found], singles: &[Single], rows: &Rows) -> Vec<Found> {
    clear.sort_by(|a, b| a.p.total_cmp(&b.p).then_with(|| a.parts.cmp(&b.parts)));
    clear.truncate((ROWS_A_ROUND / rows.places.len().max(1)).clamp(500, 20_000));
    let mut unexplained = Unexplained::of(rows);
    let mut told: Vec<Found> = Vec::new();
    while told.len() < 2 * NAMED {
        let left: Vec<f64> = clear
            .par_iter()
            .map(|found| unexplained.t(rows, &bits_of(&found.parts, singles)).0.abs())
            .collect();
        let best = (0..clear.len()).max_by(|a, b| left[*a].total_cmp(&left[*b]).then(b.cmp(a)));
        let Some(best) = best.filter(|best| left[*best] >= LEFT_OVER) else { break };
        let found = simplest(clear[best].clone(), ones, singles, rows);
        // What is mostly explained hardly ever comes back.
        let open: Vec<bool> = (0..clear.len()).map(|at| at != best && left[at] >= STILL_OPEN).collect();
        let mut at = open.iter();
        clear.retain(|other| at.next().is_some_and(|open| *open) && other.parts != found.parts);
        unexplained.take_out(rows, &bits_of(&found.parts, singles));
        if told.iter().all(|known| known.parts != found.parts && !is_same_band(known, &found, singles)) {
            told.push(found);
        }
    }
    told
}

/// Whether both are bands of one number that overlap and say the same of it: the one that was told first is the stronger.
fn is_same_band(known: &Found, found: &Found, singles: &[Single]) -> bool {
    let ([known_part], [part]) = (known.parts.as_slice(), found.parts.as_slice()) else { return false };
    let (one, other) = (&singles[*known_part].condition, &singles[*part].condition);
    one.overlaps(other) && known.contrast.lift * found.contrast.lift > 0.0
}

/// Drops conditions as long as the pattern without them says as much.
fn simplest(mut found: Found, ones: &[Found], singles: &[Single], rows: &Rows) -> Found {
    while found.parts.len() > 1 {
        let simpler = (0..found.parts.len()).find_map(|out| {
            let mut parts = found.parts.clone();
            parts.remove(out);
            let simpler = match parts.as_slice() {
                [one] => ones[*one].clone(),
                _ => {
                    let contrast = Contrast::of(rows, &bits_of(&parts, singles), None);
                    Found { p: contrast.p(), parts, contrast }
                }
            };
            let same_way = simpler.contrast.lift * found.contrast.lift > 0.0;
            let enough = simpler.contrast.t().abs() >= LEFT_OVER;
            let known = bits_of(&simpler.parts, singles);
            let added = Contrast::of(rows, &bits_of(&found.parts, singles), Some(&known)).t().abs();
            (same_way && enough && added < ADDS).then_some(simpler)
        });
        match simpler {
            Some(simpler) => found = simpler,
            None => break,
        }
    }
    found
}

fn describe(found: &Found, verdict: PatternVerdict, singles: &[Single], rows: &Rows, spread: f64) -> Pattern {
    let bits = bits_of(&found.parts, singles);
    let conditions = found.parts.iter().map(|part| singles[*part].condition.clone()).collect();
    pattern_of((found.contrast, found.p), verdict, &bits, rows, spread, conditions)
}

/// A pattern that was named before, on other rows: nothing is tried, so its own p decides at `share`.
pub fn look_again(
    dataset: &Dataset,
    examples: &[&Example],
    conditions: &[Condition],
    share: f64,
) -> Option<Pattern> {
    let rows = Rows::of(examples);
    let holds = holds_of_all(dataset, examples, conditions);
    let bits = rows.bits(|row| holds[row]);
    let n = count(&bits);
    if n == 0 {
        return None;
    }
    let contrast = Contrast::of(&rows, &bits, None);
    let p = contrast.p();
    let verdict = if n < LEAST_ROWS || contrast.sessions < LEAST_SESSIONS {
        PatternVerdict::TooFew
    } else if p > share {
        PatternVerdict::Unclear
    } else if contrast.lift > 0.0 {
        PatternVerdict::Edge
    } else {
        PatternVerdict::Drag
    };
    Some(pattern_of((contrast, p), verdict, &bits, &rows, 0.0, conditions.to_vec()))
}

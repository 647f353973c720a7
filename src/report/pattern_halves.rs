//! What the model in use does with a pattern, and what following it would have brought: as sentences, and as JSON.

use serde_json::{Value as Json, json};

use super::text::signed;
use crate::learn::{Half, OtherHalf};
use crate::metrics::DifferenceVerdict;
use crate::stats::evidence::ENOUGH;

/// What the difference is against.
const fn against(half: &Half) -> &'static str {
    if half.is_within { "within the same days" } else { "against other days" }
}

/// `the model gives them 61.2 %, the others of the same days 48.0 %: 12.9 points higher (11.8 to 14.0, n 180)`.
fn of_model(half: &Half) -> String {
    let percent = |share: f64| format!("{:.1} %", share * 100.0);
    let means = format!(
        "the model gives them a chance of {} and the others {}",
        percent(half.mean),
        percent(half.mean_others)
    );
    let Ok((difference, (low, high))) = half.difference else {
        return format!("{means} (n {}): too few days to compare", half.n);
    };
    let word = match half.verdict {
        DifferenceVerdict::Higher => "higher",
        DifferenceVerdict::Lower => "lower",
        DifferenceVerdict::Unclear => "no clear difference",
        DifferenceVerdict::TooFew => "too few to tell",
    };
    format!(
        "{means}, {} points {} ({} to {}, n {}): {word}",
        signed(difference * 100.0, 1),
        against(half),
        signed(low * 100.0, 1),
        signed(high * 100.0, 1),
        half.n
    )
}

/// Whether following it would have been better: taking what wins more often, or leaving out what wins less often.
const fn verdict(half: &Half, leave_out: bool) -> &'static str {
    match (half.verdict, leave_out) {
        (DifferenceVerdict::Higher, false) | (DifferenceVerdict::Lower, true) => "better",
        (DifferenceVerdict::Lower, false) | (DifferenceVerdict::Higher, true) => "worse",
        (DifferenceVerdict::Unclear, _) => "cannot tell",
        (DifferenceVerdict::TooFew, _) => "too few",
    }
}

/// `these trades made +0.56 % each (n 180), the others -0.33 %, +0.89 % within the same days (+0.71 to +1.07 %): taking only these
/// would have been better, E 312`.
fn of_trades(half: &Half, leave_out: bool) -> String {
    let percent = |share: f64| format!("{} %", signed(share * 100.0, 2));
    let what = if leave_out { "leaving them out" } else { "taking only these" };
    let between = match half.difference {
        Ok((difference, (low, high))) => {
            let (by, low, high) = (percent(difference), percent(low), percent(high));
            format!(", {by} {} ({low} to {high})", against(half))
        }
        Err(_) => String::new(),
    };
    let e = match (half.e, half.verdict) {
        (None, _) => String::new(),
        // Beside an interval that excludes zero one wants to know why there is no verdict.
        (Some(e), DifferenceVerdict::Unclear) => {
            format!(", E {} of {ENOUGH:.0} once everything that was tried is counted", short(e))
        }
        (Some(e), _) => format!(", E {}", short(e)),
    };
    let brought = match verdict(half, leave_out) {
        "cannot tell" => format!("whether {what} would have been better cannot be told"),
        "too few" => format!("too few to tell whether {what} would have been better"),
        word => format!("{what} would have been {word}"),
    };
    format!(
        "these trades made {} each (n {}), the others {}{between}: {brought}{e}",
        percent(half.mean),
        half.n,
        percent(half.mean_others),
    )
}

fn short(e: f64) -> String {
    match e {
        e if e >= 1e6 => "above a million".into(),
        e if e >= 10.0 => format!("{e:.0}"),
        e => format!("{e:.2}"),
    }
}

/// The sentences of it. `leave_out`: following it means not to take what it holds of.
pub(super) fn half_sentences(half: &OtherHalf, leave_out: bool) -> Vec<String> {
    let scored = half.scored.as_ref().map(of_model);
    let followed = half.followed.as_ref().map(|followed| of_trades(followed, leave_out));
    scored.into_iter().chain(followed).collect()
}

/// Keys of both; null without a model, or without trades on both sides.
pub(super) fn half_json(half: &OtherHalf, leave_out: bool) -> [(&'static str, Json); 2] {
    let ends = |half: &Half| match half.difference {
        Ok((difference, (low, high))) => [Some(difference), Some(low), Some(high)],
        Err(_) => [None; 3],
    };
    let scored = half.scored.as_ref().map(|scored| {
        let [difference, low, high] = ends(scored).map(|end| end.map(|end| end * 100.0));
        json!({
            "n": scored.n,
            "n_others": scored.others,
            "sessions": scored.sessions,
            "mean_probability": scored.mean,
            "mean_probability_others": scored.mean_others,
            "difference_points": difference,
            "difference_low_points": low,
            "difference_high_points": high,
            "verdict": scored.verdict.as_str(),
        })
    });
    let followed = half.followed.as_ref().map(|followed| {
        let [difference, low, high] = ends(followed);
        json!({
            "n": followed.n,
            "n_others": followed.others,
            "sessions": followed.sessions,
            "mean_pnl_pct": followed.mean,
            "mean_pnl_pct_others": followed.mean_others,
            "difference_pnl_pct": difference,
            "difference_low": low,
            "difference_high": high,
            // JSON has no infinity.
            "e": followed.e.map(|e| e.min(1e300)),
            "judgement": verdict(followed, leave_out),
        })
    });
    [("model", scored.into()), ("followed", followed.into())]
}

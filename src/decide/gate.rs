//! May a new model replace the one in use?

/// Held-out rows below which nothing can be told.
const NEEDED_ROWS: u64 = 30;

/// The new model's accuracy must reach this share of the old one's.
const ACCURACY_SHARE: f64 = 0.95;

/// Training accuracy above held-out accuracy by more than this is overfitting.
const OVERFIT_GAP: f64 = 0.20;

/// What the gate looks at; all figures but the training accuracy are of the same held-out rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeployGateFacts {
    /// Held-out rows.
    pub rows: u64,
    /// Whether both outcomes occur among them.
    pub both_outcomes: bool,
    /// Of the new model.
    pub accuracy: Option<f64>,
    /// Of the model in use; without one, of always guessing the majority.
    pub reference_accuracy: Option<f64>,
    /// Whether there is a model in use.
    pub has_champion: bool,
    /// Of the new model on the rows that it learned from.
    pub train_accuracy: f64,
    /// Of the new model.
    pub log_loss: Option<f64>,
    /// Of always saying the base rate.
    pub base_log_loss: Option<f64>,
    /// Area under the ROC curve of the new model.
    pub auc: Option<f64>,
    /// Mean, lower and upper end of the improvement in log loss over the reference, by session.
    pub improvement: Option<(f64, f64, f64)>,
    /// Features that tell the outcome all by themselves.
    pub suspects: Vec<(String, f64)>,
}

/// What the gate says.
#[derive(Clone, Debug, PartialEq)]
pub enum DeployGate {
    /// The new model may be deployed.
    Open,
    /// It may not, for these reasons.
    Refused(Vec<String>),
    /// Nothing can be told yet.
    CannotTell {
        /// Why not.
        why: String,
        /// About how many more held-out rows it takes, where that can be said.
        more_rows: Option<u64>,
    },
}

fn percent(value: f64) -> String {
    format!("{:.1} %", value * 100.0)
}

/// Decides. `strict` asks that the interval of the improvement lies above zero.
pub fn gate(facts: &DeployGateFacts, strict: bool) -> DeployGate {
    let n = facts.rows;
    if !facts.suspects.is_empty() {
        let of = |(name, auc): &(String, f64)| {
            format!(
                "{name} tells the outcome all by itself (AUC {auc:.2}): it must have been known only later"
            )
        };
        return DeployGate::Refused(facts.suspects.iter().map(of).collect());
    }
    if n < NEEDED_ROWS {
        return DeployGate::CannotTell {
            why: format!("{n} held-out rows, it takes {NEEDED_ROWS}"),
            more_rows: Some(NEEDED_ROWS - n),
        };
    }
    let (true, Some(accuracy), Some(reference), Some(loss), Some(base)) =
        (facts.both_outcomes, facts.accuracy, facts.reference_accuracy, facts.log_loss, facts.base_log_loss)
    else {
        let why = format!("all {n} held-out rows came out alike");
        return DeployGate::CannotTell { why, more_rows: None };
    };
    let mut reasons = Vec::new();
    if accuracy < ACCURACY_SHARE * reference {
        let whose = if facts.has_champion { "the model in use has" } else { "guessing the majority has" };
        reasons.push(format!(
            "accuracy {} (n {n}), {whose} {}: it must reach 95 % of that",
            percent(accuracy),
            percent(reference)
        ));
    }
    if facts.train_accuracy - accuracy > OVERFIT_GAP {
        reasons.push(format!(
            "overfit: accuracy {} in training, {} held out (n {n})",
            percent(facts.train_accuracy),
            percent(accuracy)
        ));
    }
    if loss >= base {
        reasons.push(format!(
            "no skill: held-out log loss {loss:.4} (n {n}), the base rate alone has {base:.4}"
        ));
    }
    if facts.auc.is_none_or(|auc| auc <= 0.5) {
        // A constant can be nearer to the held-out rate than the base rate is, by luck alone.
        let auc = facts.auc.map_or("none".into(), |auc| format!("{auc:.3}"));
        reasons.push(format!(
            "no skill: held-out AUC {auc} (n {n}), it tells good from bad no better than chance"
        ));
    }
    if !reasons.is_empty() {
        return DeployGate::Refused(reasons);
    }
    if !strict {
        return DeployGate::Open;
    }
    match facts.improvement {
        Some((_, low, _)) if low > 0.0 => DeployGate::Open,
        Some((mean, low, high)) if mean > 0.0 => {
            // An interval narrows with the root of the rows.
            let half = (high - low) / 2.0;
            let factor = (half / mean).powi(2) - 1.0;
            let more = (factor.clamp(0.0, 1e6) * n as f64).ceil() as u64;
            DeployGate::CannotTell {
                why: format!(
                    "log loss better by {mean:.4} ({low:.4} to {high:.4}, n {n}): the interval holds zero"
                ),
                more_rows: Some(more.max(1)),
            }
        }
        Some((mean, low, high)) => DeployGate::Refused(vec![format!(
            "log loss no better: {mean:+.4} ({low:.4} to {high:.4}, n {n})"
        )]),
        None => {
            DeployGate::CannotTell { why: "one held-out session has no interval".into(), more_rows: None }
        }
    }
}

/// Trades on which two deployed models are compared before one may be rolled back.
pub const WATCHED_TRADES: u64 = 20;

/// Whether a deployed model did so much worse than its predecessor on the trades since that it goes back.
pub fn goes_back(trades: u64, accuracy: f64, predecessor: f64) -> bool {
    trades >= WATCHED_TRADES && accuracy < ACCURACY_SHARE * predecessor
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> DeployGateFacts {
        DeployGateFacts {
            rows: 200,
            both_outcomes: true,
            accuracy: Some(0.60),
            reference_accuracy: Some(0.60),
            has_champion: true,
            train_accuracy: 0.70,
            log_loss: Some(0.66),
            base_log_loss: Some(0.69),
            auc: Some(0.62),
            improvement: Some((0.03, 0.01, 0.05)),
            suspects: Vec::new(),
        }
    }

    fn refused(facts: &DeployGateFacts, strict: bool) -> String {
        match gate(facts, strict) {
            DeployGate::Refused(reasons) => reasons.join("; "),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_condition_alone_shuts_the_gate() {
        assert_eq!(gate(&good(), false), DeployGate::Open);
        assert_eq!(gate(&good(), true), DeployGate::Open);
        // 0.95 · 0.60 = 0.57.
        assert_eq!(gate(&DeployGateFacts { accuracy: Some(0.57), ..good() }, false), DeployGate::Open);
        let worse = DeployGateFacts { accuracy: Some(0.569), ..good() };
        assert_eq!(
            refused(&worse, false),
            "accuracy 56.9 % (n 200), the model in use has 60.0 %: it must reach 95 % of that"
        );
        let overfit = DeployGateFacts { train_accuracy: 0.81, ..good() };
        assert_eq!(refused(&overfit, false), "overfit: accuracy 81.0 % in training, 60.0 % held out (n 200)");
        let skill = DeployGateFacts { log_loss: Some(0.69), ..good() };
        assert_eq!(
            refused(&skill, false),
            "no skill: held-out log loss 0.6900 (n 200), the base rate alone has 0.6900"
        );
        let constant = DeployGateFacts { auc: Some(0.5), ..good() };
        assert!(refused(&constant, false).starts_with("no skill: held-out AUC 0.500 (n 200)"));
        let leak = DeployGateFacts { suspects: vec![("peek".into(), 0.97)], ..good() };
        assert!(refused(&leak, false).starts_with("peek tells the outcome all by itself (AUC 0.97)"));
        let no_better = DeployGateFacts { improvement: Some((-0.01, -0.02, 0.01)), ..good() };
        assert_eq!(gate(&no_better, false), DeployGate::Open);
        assert!(refused(&no_better, true).starts_with("log loss no better: -0.0100"));
    }

    #[test]
    fn what_cannot_be_told_says_how_much_more_it_takes() {
        let few = gate(&DeployGateFacts { rows: 12, ..good() }, false);
        assert_eq!(
            few,
            DeployGate::CannotTell { why: "12 held-out rows, it takes 30".into(), more_rows: Some(18) }
        );
        let alike = gate(&DeployGateFacts { both_outcomes: false, ..good() }, false);
        assert!(matches!(alike, DeployGate::CannotTell { more_rows: None, .. }));
        // Half width 0.04, mean 0.02: four times the rows, so three times 200 more.
        let wide = gate(&DeployGateFacts { improvement: Some((0.02, -0.02, 0.06)), ..good() }, true);
        assert!(matches!(wide, DeployGate::CannotTell { more_rows: Some(600), .. }), "{wide:?}");
    }

    #[test]
    fn a_model_goes_back_after_twenty_trades_that_say_so() {
        assert!(!goes_back(19, 0.1, 0.9));
        assert!(goes_back(20, 0.56, 0.60));
        assert!(!goes_back(20, 0.57, 0.60));
    }
}

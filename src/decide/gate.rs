//! May a new model replace the one in use? Is it no worse, and is there any skill at all?

use crate::stats::evidence::ENOUGH;

/// Held-out rows below which nothing can be told.
pub const HELD_OUT_ROWS: u64 = 30;

/// Training accuracy above held-out accuracy by more than this is overfitting.
const OVERFIT_GAP: f64 = 0.20;

/// Which questions a new model is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GateMode {
    /// Accuracy within 5 % of the model in use, no overfitting: nothing else.
    Seed,
    /// Also: no worse than the model in use and than the base rate, and skill that is shown over sessions.
    #[default]
    Plain,
    /// Also: better than the model in use by evidence of its own.
    Strict,
}

/// What the sessions so far say of the skill of everything that was trained: each was scored once, by a fit that had
/// not seen it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ShownSkill {
    /// Sessions that were scored.
    pub sessions: u64,
    /// The e-value after the last of them.
    pub e: f64,
    /// The largest that it ever was; skill is shown where this reaches [`ENOUGH`].
    pub peak: f64,
}

/// What the gate looks at; all figures but the training accuracy are of the same held-out rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeployGateFacts {
    /// Rows that neither model has seen.
    pub rows: u64,
    /// Whether both outcomes occur among them.
    pub both_outcomes: bool,
    /// Rows that the new model calls right.
    pub right: u64,
    /// Rows that the model in use calls right; without one, that guessing the majority does.
    pub reference_right: u64,
    /// Whether there is a model in use.
    pub has_champion: bool,
    /// Accuracy of the new model on the rows that it learned from.
    pub train_accuracy: f64,
    /// By how much guessing the majority of training is more often right in training than held out.
    pub majority_drift: f64,
    /// Of the new model.
    pub log_loss: Option<f64>,
    /// Of always saying the base rate.
    pub base_log_loss: Option<f64>,
    /// Area under the ROC curve of the new model.
    pub auc: Option<f64>,
    /// Mean, lower and upper end of the improvement in log loss over the reference, by session.
    pub improvement: Option<(f64, f64, f64)>,
    /// The e-value against "the model in use is no worse"; none without one.
    pub better_e: Option<f64>,
    /// Skill over all attempts.
    pub skill: ShownSkill,
    /// Features that tell the outcome all by themselves.
    pub suspects: Vec<(String, f64)>,
}

impl DeployGateFacts {
    /// Share of rows that the new model calls right.
    pub fn accuracy(&self) -> Option<f64> {
        (self.rows > 0).then(|| self.right as f64 / self.rows as f64)
    }

    /// The same of the reference.
    pub fn reference_accuracy(&self) -> Option<f64> {
        (self.rows > 0).then(|| self.reference_right as f64 / self.rows as f64)
    }
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
        /// What is missing.
        why: String,
        /// About how many more held-out rows it takes, where that can be said.
        more_rows: Option<u64>,
        /// About how many more sessions it takes, where that can be said.
        more_sessions: Option<u64>,
    },
}

fn percent(value: f64) -> String {
    format!("{:.1} %", value * 100.0)
}

/// Decides.
pub fn gate(facts: &DeployGateFacts, mode: GateMode) -> DeployGate {
    let n = facts.rows;
    if !facts.suspects.is_empty() {
        let of = |(name, auc): &(String, f64)| {
            format!("{name} alone predicts the outcome (AUC {auc:.2}): it must come from after the entry")
        };
        return DeployGate::Refused(facts.suspects.iter().map(of).collect());
    }
    if n < HELD_OUT_ROWS {
        return DeployGate::CannotTell {
            why: format!("{n} held-out rows, it takes {HELD_OUT_ROWS}"),
            more_rows: Some(HELD_OUT_ROWS - n),
            more_sessions: None,
        };
    }
    if !facts.both_outcomes {
        let why = format!("all {n} held-out rows have the same outcome");
        return DeployGate::CannotTell { why, more_rows: None, more_sessions: None };
    }
    let mut reasons = floors(facts);
    if mode != GateMode::Seed {
        reasons.extend(no_worse(facts));
    }
    if !reasons.is_empty() {
        return DeployGate::Refused(reasons);
    }
    match mode {
        GateMode::Seed => DeployGate::Open,
        _ if facts.skill.peak < ENOUGH => DeployGate::CannotTell {
            why: skill_so_far(&facts.skill),
            more_rows: None,
            more_sessions: more_sessions(&facts.skill),
        },
        GateMode::Strict => surely_better(facts),
        GateMode::Plain => DeployGate::Open,
    }
}

/// The seed's own conditions.
fn floors(facts: &DeployGateFacts) -> Vec<String> {
    let n = facts.rows;
    let mut reasons = Vec::new();
    let (accuracy, reference) = (facts.accuracy().unwrap_or(0.0), facts.reference_accuracy().unwrap_or(0.0));
    // In whole rows, so that exactly 95 % passes.
    if 20 * facts.right < 19 * facts.reference_right {
        let whose = if facts.has_champion {
            "the model in use reaches"
        } else {
            "always guessing the majority reaches"
        };
        reasons.push(format!(
            "accuracy {} (n {n}), {whose} {}: it must reach 95 % of that",
            percent(accuracy),
            percent(reference)
        ));
    }
    // A model that says nearly the same of every row is right as often as the majority is large, and that changes by
    // itself: what the change explains is no overfitting.
    let gap = facts.train_accuracy - accuracy;
    if gap.min(gap - facts.majority_drift) > OVERFIT_GAP {
        reasons.push(format!(
            "overfit: accuracy {} in training, {} held out (n {n})",
            percent(facts.train_accuracy),
            percent(accuracy)
        ));
    }
    reasons
}

/// Whether it is worse than what runs, or than saying nothing.
fn no_worse(facts: &DeployGateFacts) -> Vec<String> {
    let n = facts.rows;
    let mut reasons = Vec::new();
    if let (Some(loss), Some(base)) = (facts.log_loss, facts.base_log_loss)
        && loss >= base
    {
        reasons.push(format!(
            "no skill: held-out log loss {loss:.4} (n {n}), the base rate alone gives {base:.4}"
        ));
    }
    if facts.auc.is_none_or(|auc| auc <= 0.5) {
        // A constant can be nearer to the held-out rate than the base rate is, by luck alone.
        let auc = facts.auc.map_or("none".into(), |auc| format!("{auc:.3}"));
        reasons.push(format!("no skill: held-out AUC {auc} (n {n}), no better than chance"));
    }
    // As good is good enough: the same model once more is the same model, and is put into use as asked.
    if let Some((mean, low, high)) = facts.improvement.filter(|(mean, ..)| facts.has_champion && *mean < 0.0)
    {
        reasons.push(format!(
            "log loss worse than that of the model in use: {mean:+.4} ({low:.4} to {high:.4}, n {n})"
        ));
    }
    reasons
}

fn skill_so_far(skill: &ShownSkill) -> String {
    match skill.sessions {
        0 => "no session was scored by a model that had not seen it".into(),
        1 => format!("skill is not shown by 1 session: E {:.1} of {ENOUGH:.0}", skill.e),
        n => format!("skill is not shown by {n} sessions: E {:.1} of {ENOUGH:.0}", skill.e),
    }
}

/// Sessions that are missing if the next ones say as much as those so far.
fn more_sessions(skill: &ShownSkill) -> Option<u64> {
    let each = skill.e.ln() / skill.sessions as f64;
    let missing = ((ENOUGH.ln() - skill.e.ln()) / each).ceil();
    (each > 0.0 && missing <= 250.0).then_some(missing.max(1.0) as u64)
}

fn surely_better(facts: &DeployGateFacts) -> DeployGate {
    match facts.better_e {
        Some(e) if e < ENOUGH => DeployGate::CannotTell {
            why: format!("not shown to be better than the model in use: E {e:.1} of {ENOUGH:.0}"),
            more_rows: None,
            more_sessions: None,
        },
        _ => DeployGate::Open,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> DeployGateFacts {
        DeployGateFacts {
            rows: 200,
            both_outcomes: true,
            right: 120,
            reference_right: 120,
            has_champion: true,
            train_accuracy: 0.70,
            majority_drift: 0.0,
            log_loss: Some(0.66),
            base_log_loss: Some(0.69),
            auc: Some(0.62),
            improvement: Some((0.03, 0.01, 0.05)),
            better_e: Some(20.0),
            skill: ShownSkill { sessions: 9, e: 3.0, peak: 20.0 },
            suspects: Vec::new(),
        }
    }

    fn refused(facts: &DeployGateFacts, mode: GateMode) -> String {
        match gate(facts, mode) {
            DeployGate::Refused(reasons) => reasons.join("; "),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_condition_alone_shuts_the_gate() {
        for mode in [GateMode::Seed, GateMode::Plain, GateMode::Strict] {
            assert_eq!(gate(&good(), mode), DeployGate::Open);
            // 95 % of 120 are 114; of 40 of 53, as was seen, 38.
            assert_eq!(gate(&DeployGateFacts { right: 114, ..good() }, mode), DeployGate::Open);
            let seen = DeployGateFacts { rows: 53, right: 38, reference_right: 40, ..good() };
            assert_eq!(gate(&seen, mode), DeployGate::Open);
            assert_eq!(
                refused(&DeployGateFacts { right: 113, ..good() }, mode),
                "accuracy 56.5 % (n 200), the model in use reaches 60.0 %: it must reach 95 % of that"
            );
            let overfit = DeployGateFacts { train_accuracy: 0.81, ..good() };
            assert_eq!(
                refused(&overfit, mode),
                "overfit: accuracy 81.0 % in training, 60.0 % held out (n 200)"
            );
            // Of a nearly constant model the majority explains it.
            let constant = DeployGateFacts { majority_drift: 0.2, ..overfit };
            assert_eq!(gate(&constant, mode), DeployGate::Open);
            let leak = DeployGateFacts { suspects: vec![("peek".into(), 0.97)], ..good() };
            assert!(refused(&leak, mode).starts_with("peek alone predicts the outcome (AUC 0.97)"));
        }
    }

    #[test]
    fn what_the_seed_does_not_ask() {
        let base = DeployGateFacts { log_loss: Some(0.69), ..good() };
        let constant = DeployGateFacts { auc: Some(0.5), ..good() };
        let worse = DeployGateFacts { improvement: Some((-0.01, -0.02, 0.01)), ..good() };
        for (facts, words) in [
            (&base, "no skill: held-out log loss 0.6900 (n 200), the base rate alone gives 0.6900"),
            (&constant, "no skill: held-out AUC 0.500 (n 200)"),
            (&worse, "log loss worse than that of the model in use: -0.0100"),
        ] {
            assert!(refused(facts, GateMode::Plain).starts_with(words));
            assert_eq!(gate(facts, GateMode::Seed), DeployGate::Open);
        }
        let equal = DeployGateFacts { improvement: Some((0.0, 0.0, 0.0)), ..good() };
        assert_eq!(gate(&equal, GateMode::Plain), DeployGate::Open);
        // Without a model in use the improvement is over the base rate, which is asked for already.
        assert_eq!(
            gate(&DeployGateFacts { has_champion: false, ..worse }, GateMode::Plain),
            DeployGate::Open
        );
        let unproven = DeployGateFacts { skill: ShownSkill { sessions: 9, e: 3.0, peak: 19.9 }, ..good() };
        assert_eq!(gate(&unproven, GateMode::Seed), DeployGate::Open);
        // ln 20 − ln 3 is 1.73 times ln 3: 1.73 times nine sessions.
        assert_eq!(
            gate(&unproven, GateMode::Plain),
            DeployGate::CannotTell {
                why: "skill is not shown by 9 sessions: E 3.0 of 20".into(),
                more_rows: None,
                more_sessions: Some(16)
            }
        );
        let sinking = DeployGateFacts { skill: ShownSkill { sessions: 9, e: 0.5, peak: 1.0 }, ..good() };
        assert!(matches!(
            gate(&sinking, GateMode::Plain),
            DeployGate::CannotTell { more_sessions: None, .. }
        ));
        let alike = DeployGateFacts { better_e: Some(19.9), ..good() };
        assert_eq!(gate(&alike, GateMode::Plain), DeployGate::Open);
        assert!(matches!(gate(&alike, GateMode::Strict), DeployGate::CannotTell { .. }));
        assert_eq!(gate(&DeployGateFacts { better_e: None, ..good() }, GateMode::Strict), DeployGate::Open);
    }

    #[test]
    fn what_cannot_be_told_says_how_much_more_it_takes() {
        let few = gate(&DeployGateFacts { rows: 12, ..good() }, GateMode::Plain);
        assert_eq!(
            few,
            DeployGate::CannotTell {
                why: "12 held-out rows, it takes 30".into(),
                more_rows: Some(18),
                more_sessions: None
            }
        );
        let enough = DeployGateFacts { rows: 30, right: 18, reference_right: 18, ..good() };
        assert!(!matches!(gate(&enough, GateMode::Plain), DeployGate::CannotTell { .. }));
        let alike = gate(&DeployGateFacts { both_outcomes: false, ..good() }, GateMode::Seed);
        assert!(matches!(alike, DeployGate::CannotTell { more_rows: None, .. }));
    }

    #[test]
    fn two_hundred_and_fifty_sessions_more_are_said_and_no_more_than_that() {
        // With E = 20^(1/x) after ten sessions it takes x − 1 times ten more.
        let more = |x: f64| more_sessions(&ShownSkill { sessions: 10, e: ENOUGH.powf(1.0 / x), peak: 20.0 });
        assert_eq!((more(25.95), more(26.05)), (Some(250), None));
        assert_eq!((more(2.05), more(1.0)), (Some(11), Some(1)));
        assert_eq!((more(f64::INFINITY), more(-2.0)), (None, None));
    }
}

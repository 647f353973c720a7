//! How often each rule of the guard locks where nothing is wrong, and how soon where something is.

use dtlearn::decide::{
    GuardAction, GuardDay, GuardExit, GuardExitFacts, GuardKind, GuardRule, GuardRules, GuardWord, Lock,
    LockLength, PastSession, Per, Release, SessionSum, judge, reduced_knobs, resampled_rates, session_locks,
};
use dtlearn::domain::{Calendar, Date, KNOBS, PerKnob, Session, Side, Timestamp};

use crate::draws::{Draws, Rate, median, say};

const TRADES: usize = 40;

/// Business days with a session from the beginning of 2024 on.
fn sessions(count: usize) -> Vec<Session> {
    let calendar = Calendar::xnys();
    let first: Date = "2024-01-02".parse().unwrap();
    let last: Date = "2034-12-29".parse().unwrap();
    calendar.sessions(first, last).filter_map(|date| calendar.session(date)).take(count).collect()
}

/// The n-th of a session's trades, spread evenly over it.
fn exit(session: &Session, n: usize, of: usize, frac: f64, is_stopped: bool) -> GuardExit {
    let length = session.close.micros() - session.open.micros();
    let at = session.open.micros() + length * (n as i64 + 1) / (of as i64 + 1);
    GuardExit {
        at: Timestamp::from_micros(at),
        id: (format!("{at}").into(), 0),
        facts: GuardExitFacts {
            symbol: format!("S{}", n % 7).into(),
            side: if n.is_multiple_of(3) { Side::Short } else { Side::Long },
            strategy: "unknown".into(),
            pnl: 1_000.0 * frac,
            pnl_frac: frac,
            stop_frac: Some(0.008),
            is_stopped,
        },
    }
}

/// One rule of a kind, or all that are shipped.
fn only(kind: &str) -> GuardRules {
    let rules = GuardRules::shipped(kind);
    GuardRules { rules, ..GuardRules::default() }
}

/// Results of an engine: deviations of .8 %, .1 of one deviation won a trade.
fn usual(draws: &mut Draws) -> f64 {
    0.008 * (draws.normal() + 0.1)
}

/// Walks through sessions of 40 trades; `result` makes the n-th trade of the session with this number. What `look` says
/// of a session's locks ends the walk.
fn walk<T>(
    rules: &GuardRules,
    count: usize,
    mut result: impl FnMut(usize, usize) -> f64,
    mut look: impl FnMut(usize, &[Lock]) -> Option<T>,
) -> Option<T> {
    let sessions = sessions(count);
    let mut day = GuardDay::new(sessions[0].date, 1e6, 0.02);
    for (number, session) in sessions.iter().enumerate() {
        if number > 0 {
            day = day.next(session.date, rules, 0.02);
        }
        for n in 0..TRADES {
            let frac = result(number, n);
            day.add(exit(session, n, TRADES, frac, frac < -0.008));
        }
        let (locks, _) = session_locks(&rules.rules, &day, session, &[], session.close);
        if let Some(found) = look(number, &locks) {
            return Some(found);
        }
    }
    None
}

/// Sessions until something is known of the past, and the trades before them.
const WARM: usize = 65;

/// Mean trades between false alarms of the rules, over lives of so many sessions.
fn between_alarms(name: &str, rules: &GuardRules, lives: u64, make: impl Fn(&mut Draws, f64) -> f64) -> f64 {
    let (mut trades, mut alarms) = (0usize, 0usize);
    for life in 0..lives {
        let mut draws = Draws::new(life);
        let mut shock = 0.0;
        walk(
            rules,
            WARM + 250,
            |_, n| {
                if n == 0 {
                    shock = draws.normal();
                }
                make(&mut draws, shock)
            },
            |number, locks| {
                if number >= WARM {
                    trades += TRADES;
                    alarms += locks.len();
                }
                None::<()>
            },
        );
    }
    let mean = trades as f64 / alarms.max(1) as f64;
    say(&format!(
        "{name}: {alarms} false alarms in {trades} trades, {mean:.0} trades between them in the mean"
    ));
    mean
}

#[test]
fn the_detectors_keep_their_time_between_false_alarms() {
    // Stated: the trades of 60 sessions, 2,400.
    let detector = only("detector");
    assert!(between_alarms("detector, nothing wrong", &detector, 60, |d, _| usual(d)) >= 2_400.0);
    let skewed = |d: &mut Draws| if d.chance(0.775) { 0.005 } else { -0.0145 };
    assert!(
        between_alarms("detector, small wins and large losses", &detector, 60, |d, _| skewed(d)) >= 2_400.0
    );
    let rare = |d: &mut Draws| if d.chance(0.1) { 0.03 } else { -0.0028 };
    assert!(
        between_alarms("detector, large wins and small losses", &detector, 60, |d, _| rare(d)) >= 2_400.0
    );
    // Printed, not promised: a day that everything shares is a reason to be careful.
    between_alarms("detector, trades of a day share a shock of .3 deviations", &detector, 30, |d, shock| {
        usual(d) + 0.0024 * shock
    });
    let wins = only("win_rate");
    let coin = |d: &mut Draws| if d.chance(0.52) { 0.008 } else { -0.008 };
    assert!(between_alarms("win rate, 52 % won", &wins, 60, |d, _| coin(d)) >= 2_000.0);
}

/// Trades from a break at the tenth trade of a session to the first alarm, over many lives; without one within 10
/// sessions, 400.
fn delay(rules: &GuardRules, lives: u64, make: impl Fn(&mut Draws, bool) -> f64) -> Vec<u64> {
    let begin = WARM + 1;
    (0..lives)
        .map(|life| {
            let mut draws = Draws::new(life);
            let made = walk(
                rules,
                begin + 10,
                |number, n| make(&mut draws, number > begin || (number == begin && n >= 10)),
                |number, locks| {
                    let since = |lock: &Lock| {
                        let session = &sessions(begin + 10)[number];
                        let length = session.close.micros() - session.open.micros();
                        let n = (lock.at.micros() - session.open.micros()) * (TRADES as i64 + 1) / length - 1;
                        ((number - begin) as i64 * TRADES as i64 + n - 9).max(1) as u64
                    };
                    if number < begin {
                        return None;
                    }
                    let broken = |lock: &&Lock| number > begin || since(lock) > 1;
                    locks.iter().find(broken).map(since)
                },
            );
            made.unwrap_or(400)
        })
        .collect()
}

#[test]
fn a_break_is_seen_as_soon_as_it_can_be() {
    let detector = only("detector");
    let broken = |drop: f64| {
        move |d: &mut Draws, is_broken: bool| usual(d) - if is_broken { drop * 0.008 } else { 0.0 }
    };
    for (drop, most) in [(1.0, 20), (0.5, 120)] {
        let delays = delay(&detector, 200, broken(drop));
        let within = delays.iter().filter(|delay| **delay <= 30).count();
        let middle = median(delays).unwrap();
        say(&format!(
            "detector, {drop} deviations lower: seen after {middle} trades in the median, {within} of 200 within the session"
        ));
        assert!(middle <= most, "{drop}: {middle}");
    }
    let wins = only("win_rate");
    let rate = |d: &mut Draws, is_broken: bool| {
        if d.chance(if is_broken { 0.37 } else { 0.52 }) { 0.008 } else { -0.008 }
    };
    let middle = median(delay(&wins, 200, rate)).unwrap();
    say(&format!("win rate, 52 % to 37 %: seen after {middle} trades in the median"));
    assert!(middle <= 130, "{middle}");
}

#[test]
fn runs_and_clusters_come_by_chance_as_seldom_as_stated() {
    for (kind, limit) in [("losing_run", 1.0 / 60.0), ("stop_losses", 1.0 / 60.0)] {
        let rules = only(kind);
        let (mut fired, mut of) = (0, 0);
        for life in 0..10 {
            let mut draws = Draws::new(life);
            walk(
                &rules,
                WARM + 200,
                |_, _| usual(&mut draws),
                |number, locks| {
                    if number >= WARM {
                        of += 1;
                        fired += usize::from(!locks.is_empty());
                    }
                    None::<()>
                },
            );
        }
        let rate = Rate { hits: fired, of };
        say(&format!(
            "{kind}: a lock by chance in {:.2} % of sessions ({fired} of {of})",
            100.0 * rate.share()
        ));
        assert!(rate.is_at_most(limit), "{kind}: {rate:?}");
    }
}

/// The sessions of an engine without an edge, under these rules.
fn lived(life: u64, rules: &GuardRules, sessions: &[Session]) -> (GuardDay, Vec<PastSession>) {
    let mut draws = Draws::new(life);
    let mut day = GuardDay::new(sessions[0].date, 1e6, 0.02);
    let mut past = Vec::new();
    for session in sessions {
        day = day.next(session.date, rules, 0.02);
        for n in 0..TRADES {
            let frac = usual(&mut draws);
            day.add(exit(session, n, TRADES, frac, frac < -0.008));
        }
        past.push(PastSession { session: *session, day: day.clone() });
    }
    (day, past)
}

#[test]
fn own_sessions_resampled_lock_as_seldom_as_stated() {
    let rules = GuardRules::default();
    let (day, past) = lived(5, &rules, &sessions(61));
    for rate in resampled_rates(&rules, &day, &past, 2_000) {
        say(&format!("resampled, {}: {} of 2000 sessions, {} locks", rate.rule, rate.sessions, rate.locks));
        if ["losing_run", "stop_losses", "detector"].contains(&rate.rule.as_str()) {
            let rate = Rate { hits: rate.sessions as usize, of: 2_000 };
            assert!(rate.is_at_most(1.0 / 60.0), "{rate:?}");
        }
    }
}

#[test]
fn a_symbol_is_locked_by_chance_as_seldom_as_stated() {
    let rules = only("low_profit");
    let sessions = sessions(61);
    let (mut locked, mut stated) = (0usize, 0.0);
    let lives = 60;
    let more = Rate::of("low_profit, resampled own sessions: more locks than stated", lives, |life| {
        let (day, past) = lived(life, &rules, &sessions);
        let rate = resampled_rates(&rules, &day, &past, 500)[0].sessions;
        let most = day.past().low_profit_rate(60.0);
        locked += rate as usize;
        stated += most / lives as f64;
        f64::from(rate) / 500.0 > most
    });
    let all = Rate { hits: locked, of: 500 * lives };
    say(&format!(
        "low_profit, resampled own sessions: a lock in {:.2} % in the mean, at most {:.2} % stated",
        100.0 * all.share(),
        100.0 * stated
    ));
    // One record in twenty may say too little; the mean over records is that of the worst of 60.
    assert!(more.is_at_most(0.05) && all.share() <= 0.025, "{more:?} {all:?}");
}

/// Rules of every kind, per everything that may be.
fn all_rules() -> Vec<GuardRule> {
    let mut rules = GuardRules::default().rules;
    for (at, per) in [Per::Side, Per::Symbol, Per::Strategy].into_iter().enumerate() {
        let kind = GuardKind::StopLosses { stops: Some(2), within_min: 30.0, sessions: 60.0 };
        let (action, lock) = (GuardAction::Halt, LockLength::Minutes(20.0));
        rules.push(GuardRule { name: format!("extra_{at}"), kind, per, action, lock });
    }
    rules
}

#[test]
fn whatever_happens_no_knob_is_riskier_and_order_changes_nothing() {
    let rules = GuardRules { rules: all_rules(), ..GuardRules::default() };
    let session = sessions(1)[0];
    for life in 0..300 {
        let mut draws = Draws::new(life);
        let wild = |d: &mut Draws| 0.05 * d.normal().powi(3) - 0.01;
        let count = (draws.unit() * 60.0) as usize;
        let exits: Vec<GuardExit> = (0..count)
            .map(|n| {
                let frac = wild(&mut draws);
                exit(&session, n, count, frac, frac < -0.02)
            })
            .collect();
        let mut in_order = GuardDay::new(session.date, 10_000.0, 0.02);
        in_order.before =
            vec![SessionSum { day: 1, trades: 40, wins: 20, losses: 20, ..SessionSum::default() }; 30];
        let mut backwards = in_order.clone();
        exits.iter().for_each(|exit| in_order.add(exit.clone()));
        exits.iter().rev().for_each(|exit| backwards.add(exit.clone()));
        let released =
            Release { at: Timestamp::from_micros(session.open.micros() + 3_600_000_000), rule: None };
        for minute in (0..400).step_by(7) {
            let now = Timestamp::from_micros(session.open.micros() + minute * 60_000_000);
            let releases = [released.clone()];
            let (locks, readings) = session_locks(&rules.rules, &in_order, &session, &releases, now);
            assert_eq!(
                (locks.clone(), readings.clone()),
                session_locks(&rules.rules, &backwards, &session, &releases, now)
            );
            let state = judge(locks, readings, now);
            if now >= session.close {
                assert_eq!(state.word, GuardWord::Active, "nothing outlasts the session");
            }
            let base = PerKnob::from_fn(|name| {
                let knob = KNOBS[name];
                knob.effective(knob.low + draws.unit() * knob.width())
            });
            let with = reduced_knobs(&KNOBS, &base, state.word, &rules.reducing);
            for (name, (before, after)) in
                dtlearn::domain::KnobName::ALL.into_iter().zip(base.into_iter().zip(with))
            {
                assert!(after <= before && KNOBS[name].holds(after), "{name:?}: {before} → {after}");
            }
        }
    }
}

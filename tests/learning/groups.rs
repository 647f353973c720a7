//! The groups that the first screen of `report` names: how often noise is named, and a group that is there.

use dtlearn::domain::{Date, Outcome};
use dtlearn::metrics::{EngineResults, EngineTrade, GroupResult};

use crate::draws::{Draws, Rate};

/// Sessions of so many trades that win with the same chance, in four setups, a regime for each session, two sides and four parts
/// of the day, alone and in the pairs of the program; one setup may win more often.
fn named(
    seed: u64,
    (sessions, trades): (i32, u64),
    win: f64,
    lift: f64,
) -> (Vec<GroupResult>, Vec<GroupResult>) {
    let mut draws = Draws::new(seed);
    let mut results = EngineResults::default();
    let below = |draws: &mut Draws, of: usize| (draws.unit() * of as f64) as usize;
    for session in 0..sessions {
        let date = Date::from_num_days_from_ce_opt(739_000 + session).unwrap();
        let regime = ["trend", "range", "volatile"][below(&mut draws, 3)];
        for _ in 0..trades {
            let setup = ["a", "b", "c", "d"][below(&mut draws, 4)];
            let side = ["LONG", "SHORT"][below(&mut draws, 2)];
            let part = ["open", "morning", "midday", "close"][below(&mut draws, 4)];
            let chance = if setup == "a" { win + lift } else { win };
            // Losses are as large as wins are rare: no edge whatever the chance.
            let frac = if draws.chance(chance) { 0.01 * (1.0 - win) } else { -0.01 * win };
            let groups = [
                format!("setup {setup}"),
                format!("regime {regime}"),
                format!("side {side}"),
                part.to_owned(),
                format!("setup {setup}, {part}"),
                format!("setup {setup}, regime {regime}"),
                format!("side {side}, regime {regime}"),
            ];
            results.add(&EngineTrade {
                date,
                net: 1000.0 * frac,
                frac,
                outcome: Outcome::of(frac),
                fees: None,
                groups: &groups,
            });
        }
    }
    results.clear_groups()
}

#[test]
fn groups_of_noise_are_not_named_and_one_that_is_there_is() {
    for (win, size) in [
        (0.5, (62, 26)),
        (0.5, (25, 20)),
        (0.45, (20, 10)),
        (0.1, (62, 26)),
        (0.9, (62, 26)),
        (0.95, (62, 26)),
    ] {
        let (sessions, trades) = size;
        let text = format!(
            "{:.0} % of {sessions} × {trades} trades win: a group of the first screen is named",
            100.0 * win
        );
        let rate = Rate::of(&text, 300, |seed| {
            let (worse, better) = named(seed, size, win, 0.0);
            !worse.is_empty() || !better.is_empty()
        });
        assert!(rate.is_at_most(0.05), "{rate:?}");
    }
    let seen = Rate::of("a setup that wins 62 % instead of 47 % in 62 × 26 trades: named", 300, |seed| {
        named(seed, (62, 26), 0.47, 0.15).1.iter().any(|group| group.name == "setup a")
    });
    assert!(seen.share() >= 0.8, "{seen:?}");
}

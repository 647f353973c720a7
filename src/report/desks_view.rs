//! `report desks`: desks against each other.

use serde_json::json;

use super::grid::{Cell, Column, Grid, View};
use super::text::plural;
use crate::metrics::{ComparedDesk, DESK_SESSIONS, DeskComparison, DeskVerdict, win_rate};

/// Builds the view of desks over a span of days, or all; `unread` more could not be read.
pub fn desks_view(compared: &DeskComparison, unread: usize, days: Option<u16>, currency: &str) -> View {
    let mut view = View { name: "report.desks", ..View::default() };
    let desks = &compared.desks;
    view.lead = lead(compared, unread, days);
    let grid = grid(desks, currency);
    view.records = grid.clone();
    if !desks.is_empty() {
        view.grids.push(grid);
        view.notes.push(format!(
            "A session's result is a share of the desk's capital. All desks with {DESK_SESSIONS} sessions were looked at \
             together: of those that are named at most one in twenty is chance, in the mean (Benjamini and Hochberg). \
             Expected is the mean shrunk towards the mean of all desks (Morris)."
        ));
    }
    let rows: Vec<_> = desks.iter().map(desk_json).collect();
    view.payload.insert("compared".into(), rows.into());
    view.payload.insert("best_by_luck_frac".into(), json!(compared.best_by_luck));
    view.payload.insert("days".into(), days.map_or(json!("all"), |days| json!(days)));
    view
}

fn lead(compared: &DeskComparison, unread: usize, days: Option<u16>) -> Vec<String> {
    let desks = &compared.desks;
    if desks.len() < 2 && unread > 0 {
        return vec![format!(
            "Of {} desks {} could be read: there is none to compare.",
            desks.len() + unread,
            desks.len()
        )];
    }
    if desks.len() < 2 {
        return vec![
            "One desk: name the others with --root, such as --root 'desks/*', to compare them.".into(),
        ];
    }
    let count = |verdict: DeskVerdict| desks.iter().filter(|desk| desk.verdict == verdict).count();
    let [makes, loses, unclear, few] =
        [DeskVerdict::Makes, DeskVerdict::Loses, DeskVerdict::Unclear, DeskVerdict::TooFew].map(count);
    let span = days.map_or_else(String::new, |days| format!(" in {}", plural(u64::from(days), "day")));
    let told = |n: usize, one: &str, many: &str, of: &str| {
        (n > 0).then(|| format!("{n} {}{of}", if n == 1 { one } else { many }))
    };
    let few_sessions = format!(" fewer than {DESK_SESSIONS} sessions");
    let said: Vec<String> = [
        told(makes, "makes", "make", &format!(" money{span} beyond chance")),
        told(loses, "loses", "lose", &format!(" money{span} beyond chance")),
        told(unclear, "is", "are", " unclear"),
        told(few, "has", "have", &few_sessions),
    ]
    .into_iter()
    .flatten()
    .collect();
    let mut lead = vec![format!("Of {} desks {}", desks.len(), said.join(", "))];
    let shown = |desk: &&ComparedDesk| desk.verdict != DeskVerdict::TooFew;
    let mean = |desk: &&ComparedDesk| desk.mean.map_or(f64::NEG_INFINITY, |(mean, _)| mean);
    let best = desks.iter().filter(shown).max_by(|a, b| mean(a).total_cmp(&mean(b)));
    if let (Some(best), Some(luck)) = (best, compared.best_by_luck) {
        let asked = desks.len() - few;
        let mut text = format!(
            "{} shows the most, {} a session (n {}); the best of {asked} that are all alike would show about {}",
            best.results.name,
            percent(mean(&best)),
            best.results.sessions.len(),
            percent(luck)
        );
        if let Some(expected) = best.shrunken {
            text += &format!(": expect {}", percent(expected));
        }
        lead.push(text);
        lead.push(if luck >= mean(&best) {
            format!("What the best of {asked} shows is luck, or mostly: so many desks that are all alike show as much")
        } else {
            format!("Part of what the best of {asked} shows is luck all the same: judge it by what comes after today")
        });
    }
    lead
}

fn percent(frac: f64) -> String {
    format!("{:+.3} %", frac * 100.0)
}

fn grid(desks: &[ComparedDesk], currency: &str) -> Grid {
    let columns = vec![
        Column::text("desk", "Desk", 0),
        Column::number("trades", "Trades", 2),
        Column::number("sessions", "Sessions", 1),
        Column::number("win_rate", "Win rate", 4),
        Column::number("net_usd", &format!("Net P&L ({currency})"), 1),
        Column::number("session_frac", "A session", 0),
        Column::number("session_low_frac", "from", 2),
        Column::number("session_high_frac", "to", 2),
        Column::number("expected_frac", "Expected", 0),
        Column::text("verdict", "Verdict", 0),
    ];
    let rows = desks.iter().map(|desk| {
        let results = &desk.results;
        let of_mean = |pick: fn((f64, (f64, f64))) -> f64| {
            desk.mean.map_or_else(Cell::Undefined, |mean| Cell::Change(pick(mean)))
        };
        let rate = results.wins as f64 / results.trades as f64;
        vec![
            Cell::Text(results.name.clone()),
            Cell::Count(results.trades),
            Cell::Count(results.sessions.len() as u64),
            if results.trades > 0 { Cell::Share(rate) } else { Cell::Absent },
            results.net_usd.map_or_else(Cell::Undefined, Cell::Money),
            of_mean(|(mean, _)| mean),
            of_mean(|(_, (low, _))| low),
            of_mean(|(_, (_, high))| high),
            desk.shrunken.map_or(Cell::Absent, Cell::Change),
            Cell::Text(desk.verdict.as_str().into()),
        ]
    });
    Grid { title: None, rows: rows.collect(), columns, empty: String::new() }
}

fn desk_json(desk: &ComparedDesk) -> serde_json::Value {
    let results = &desk.results;
    let rate = win_rate(results.wins, results.trades).ok();
    json!({
        "desk": results.name,
        "trades": results.trades,
        "win_rate": rate.map(|rate| rate.point),
        "sessions": results.sessions.len(),
        "capital_usd": results.capital_usd,
        "net_usd": results.net_usd.ok(),
        "session_frac": desk.mean.ok().map(|(mean, _)| mean),
        "session_interval_frac": desk.mean.ok().map(|(_, (low, high))| [low, high]),
        "expected_frac": desk.shrunken,
        "verdict": desk.verdict.as_str(),
    })
}

//! `size --by`: sizes across strategies or symbols against one size for all.

use serde_json::{Value as Json, json};

use super::experiment_text::e_text;
use super::grid::{Cell, Column, Grid, View};
use super::text::plural;
use crate::decide::{Allocation, Share};
use crate::stats::evidence::ENOUGH;

/// What there is to say of sizes across groups.
#[derive(Clone, Debug, PartialEq)]
pub struct AllocationData {
    /// `strategy` or `symbol`.
    pub by: &'static str,
    /// The names of the groups, in the order of the sizes.
    pub names: Vec<String>,
    /// Sessions with a trade of one of them.
    pub sessions: usize,
    /// Trades of no group: those without a name, and those of the groups beyond the largest ones.
    pub left_out: u64,
    /// The sizes; none with fewer than two groups, or the sessions that there are where those are too few.
    pub found: Option<Result<Allocation, usize>>,
}

fn headline(data: &AllocationData) -> String {
    let by = data.by;
    let found = match &data.found {
        None => {
            return format!("No answer: it takes two that have a {by}, there {}.", have(data.names.len()));
        }
        Some(Err(sessions)) => {
            return format!(
                "No opinion yet: it takes 60 sessions, there are {sessions}. One size for all stays."
            );
        }
        Some(Ok(found)) => found,
    };
    let evidence = format!(
        "E {} of {ENOUGH:.0} in {} walked forward",
        e_text(found.e),
        plural(found.sessions, "session")
    );
    if found.pays {
        return format!("These sizes by {by} have made more than one size: {evidence}.");
    }
    format!("One size for every {by}: nothing shows that another allocation makes more ({evidence}).")
}

fn have(count: usize) -> String {
    if count == 1 { "is 1".into() } else { format!("are {count}") }
}

fn grid(data: &AllocationData, found: &Allocation) -> Grid {
    let row = |(name, share): (&String, &Share)| {
        vec![
            Cell::Text(name.clone()),
            Cell::Ratio(share.multiplier),
            Cell::Count(share.trades),
            Cell::Change(share.mean),
            Cell::Ratio(share.t),
            Cell::Change(share.shrunken),
        ]
    };
    let mut title = data.by.to_owned();
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    Grid {
        title: None,
        columns: vec![
            Column::text(data.by, &title, 0),
            Column::number("multiplier", "Size", 0),
            Column::number("trades", "Trades", 0),
            Column::number("mean", "A session", 1),
            Column::number("t", "t", 1),
            Column::number("shrunken", "Shrunk", 2),
        ],
        rows: data.names.iter().zip(&found.shares).map(row).collect(),
        empty: String::new(),
    }
}

fn notes(data: &AllocationData, found: &Allocation) -> Vec<String> {
    let mut notes = Vec::new();
    notes.push(if found.knows_means {
        "Sizes use shrunk means and the covariance; gross exposure is that of one size.".into()
    } else {
        "Nothing is known of what each makes, so they get equal risk; gross exposure is that of one size."
            .into()
    });
    if let Some(beyond) = found.beyond {
        let between = found.interval.map_or_else(
            || "no interval yet".into(),
            |(low, high)| format!("{:+.3} to {:+.3} %", 100.0 * low, 100.0 * high),
        );
        notes.push(format!(
            "Walked forward: {:+.3} % of the account a session beyond one size, at a tenth of it a trade ({between}).",
            100.0 * beyond
        ));
    }
    let (with, flat) = found.constrained;
    notes.push(format!(
        "5 % chance of a 20 % loss at {:.0} % of the account per trade with these sizes, at {:.0} % with one size.",
        100.0 * with,
        100.0 * flat
    ));
    if data.left_out > 0 {
        notes.push(format!("{} of none of these are left out.", plural(data.left_out, "trade")));
    }
    notes
}

/// Builds the view.
pub fn allocation_view(data: &AllocationData) -> View {
    let mut view = View { name: "size.by", lead: vec![headline(data)], ..View::default() };
    view.payload.insert("by".into(), data.by.into());
    view.payload.insert("sessions".into(), data.sessions.into());
    view.payload.insert("left_out".into(), data.left_out.into());
    let Some(Ok(found)) = &data.found else { return view };
    view.grids.push(grid(data, found));
    view.records = grid(data, found);
    view.notes = notes(data, found);
    let groups = data.names.iter().zip(&found.shares).map(|(name, share)| {
        json!({"name": name, "multiplier": share.multiplier, "trades": share.trades, "mean": share.mean, "t": share.t, "shrunken": share.shrunken})
    });
    let entries = [
        ("groups", groups.collect::<Json>()),
        ("pays", found.pays.into()),
        ("e", found.e.into()),
        ("compared_sessions", found.sessions.into()),
        ("beyond", json!(found.beyond)),
        ("interval", json!(found.interval)),
        ("knows_means", found.knows_means.into()),
        ("covariance_drawn", found.drawn.into()),
        ("constrained_frac", found.constrained.0.into()),
        ("constrained_frac_of_one_size", found.constrained.1.into()),
    ];
    view.payload.extend(entries.map(|(key, value)| (key.to_owned(), value)));
    view
}

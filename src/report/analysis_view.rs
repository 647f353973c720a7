//! What `analyze` says when it is done.

use serde_json::{Value as Json, json};

use super::FiguresByWindow;
use super::grid::View;
use super::metrics_view::{flat_records, metrics_view, side_by_side, standing_notes};
use super::text::{plural, verdict};
use crate::domain::Window;
use crate::files::ReadSums;
use crate::metrics::Metric;

const SHOWN: &[Metric] = &[
    Metric::TotalTrades,
    Metric::WinRate,
    Metric::TotalPnl,
    Metric::ProfitFactor,
    Metric::SharpeRatio,
    Metric::DrawdownPct,
];

/// Builds the view.
pub fn analysis_view(data: &FiguresByWindow, read: &ReadSums) -> View {
    let mut view = metrics_view(data);
    view.name = "analyze";
    view.records = flat_records(data);
    view.payload.insert(
        "read".into(),
        json!({
            "rows": read.rows,
            "unreadable_rows": read.unreadable_rows,
            "damaged_bytes": read.damaged_bytes,
            "repeated": read.repeated,
        }),
    );
    let trades = data.all().map_or(0, crate::metrics::Performance::trades);
    view.payload.insert("trades".into(), Json::from(trades));
    if trades > 0 {
        let week = data.window(Window::Days(7)).map(|week| verdict(week, &data.currency)).unwrap_or_default();
        view.lead = vec![format!("Analysed {}; 7 days: {week}", plural(trades, "trade"))];
        view.grids = vec![side_by_side(data, SHOWN)];
        view.notes = standing_notes(data, SHOWN);
    }
    view
}

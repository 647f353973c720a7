//! What `analyze` says when it is done.

use serde_json::{Value as Json, json};

use super::FiguresByWindow;
use super::desks_text::DesksTold;
use super::grid::View;
use super::metrics_view::{flat_records, metrics_view, side_by_side, standing_notes};
use super::pricing_data::Pricing;
use super::text::{NO_TRADES_YET, plural, verdict};
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

/// What an analysis found.
#[derive(Clone, Debug)]
pub struct AnalysisData {
    /// The figures.
    pub figures: FiguresByWindow,
    /// What was read for them.
    pub read: ReadSums,
    /// The desks that they are of, where several were asked for.
    pub desks: Option<DesksTold>,
    /// What the pricing of missed signals did; none where nothing was to be priced.
    pub pricing: Option<Pricing>,
}

/// The answer in a line.
pub fn analysis_sentence(data: &FiguresByWindow) -> String {
    let trades = trades_of(data);
    if trades == 0 {
        return NO_TRADES_YET.into();
    }
    let week = data.window(Window::Days(7)).map(|week| verdict(week, &data.currency)).unwrap_or_default();
    format!("Analysed {}; 7 days: {week}", plural(trades, "trade"))
}

fn trades_of(data: &FiguresByWindow) -> u64 {
    data.all().map_or(0, crate::metrics::Performance::trades)
}

fn pricing_sentence(pricing: &Pricing) -> String {
    let mut parts = vec![format!("{} priced", plural(pricing.resolved, "missed signal"))];
    if pricing.picks > 0 {
        parts.push(format!("{} priced", plural(pricing.picks, "untraded signal")));
    }
    if pricing.pending > 0 {
        parts.push(format!("{} waiting for prices", pricing.pending));
    }
    if pricing.given_up > 0 {
        parts.push(format!("{} unresolvable after 7 days without prices", pricing.given_up));
    }
    parts.join(", ")
}

fn pricing_json(pricing: &Pricing) -> Json {
    json!({
        "resolved": pricing.resolved,
        "pending": pricing.pending,
        "unresolvable": pricing.given_up,
        "picks": pricing.picks,
        "symbol_sessions": pricing.sessions,
        "prices": pricing.prices,
        "bad_rows": pricing.bad_rows,
        "far_off": pricing.far_off.len(),
        "likely_symbols": pricing.likely,
    })
}

/// Builds the view.
pub fn analysis_view(analysis: &AnalysisData) -> View {
    let AnalysisData { figures: data, read, desks, pricing } = analysis;
    let mut view = metrics_view(data, None);
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
    let trades = trades_of(data);
    view.payload.insert("trades".into(), Json::from(trades));
    view.lead = vec![analysis_sentence(data)];
    if trades > 0 {
        view.grids = vec![side_by_side(data, SHOWN)];
        view.notes = standing_notes(data, SHOWN);
    }
    if let Some(pricing) = pricing {
        if pricing.resolved + pricing.pending + pricing.given_up + pricing.picks > 0 {
            view.lead.push(pricing_sentence(pricing));
        }
        view.payload.insert("missed_opportunities".into(), pricing_json(pricing));
    }
    if let Some(desks) = desks {
        desks.tell(&mut view);
    }
    view
}

//! `report risk`: how deep and how long the account fell, its tails, its months, and where it may go from here.

use serde_json::{Map, Value as Json, json};

use super::blocks::{block, extremes};
use super::grid::{Cell, Column, Grid, View};
use super::text::{amount, percent, plural};
use crate::metrics::{Fall, MetricResult, Month, ROLLING_SESSIONS, Risk, TAIL};
use crate::simulate::{
    FAN_FALLS, FAN_GAINS, FAN_NEEDED, FAN_PATHS, FAN_POINTS, FAN_SESSIONS, RUIN, SessionFan,
};

/// Letters of a run.
const RUN: usize = 40;

fn lead(risk: &Risk, currency: &str) -> Vec<String> {
    let sessions = risk.sessions.len() as u64;
    if sessions == 0 {
        return vec![
            "No trades in this span: look further back with --days N, or at everything with --days all."
                .into(),
        ];
    }
    let mut lead = Vec::new();
    lead.push(match risk.falls.first() {
        None => format!("Never closed below an earlier close in {}", plural(sessions, "session")),
        Some(fall) => format!(
            "Deepest fall at the close {:.1} % ({} {currency}) {} to {}, {}",
            fall.frac * 100.0,
            amount(fall.usd),
            fall.peak.map_or("from the beginning".to_owned(), |date| format!("from {date}")),
            fall.trough,
            fall.recovered.map_or("not yet recovered".to_owned(), |date| format!("recovered on {date}")),
        ),
    });
    lead.push(format!(
        "Below an earlier close in {} of {}, at most {} in a row",
        percent(risk.under_water),
        plural(sessions, "session"),
        risk.longest_under_water
    ));
    if let Ok(cvar) = risk.cvar_sessions {
        let does = if cvar < 0.0 { "lose" } else { "make" };
        lead.push(format!("The worst 5 % of sessions {does} {} {currency} on average", amount(cvar.abs())));
    }
    lead
}

fn falls_grid(falls: &[Fall], currency: &str) -> Grid {
    let date = |date: Option<crate::domain::Date>, absent: &str| {
        Cell::Text(date.map_or_else(|| absent.to_owned(), |date| date.to_string()))
    };
    let row = |fall: &Fall| {
        vec![
            date(fall.peak, "beginning"),
            Cell::Text(fall.trough.to_string()),
            date(fall.recovered, "not yet"),
            Cell::Change(-fall.frac),
            Cell::Money(-fall.usd),
            Cell::Count(fall.sessions_down),
            Cell::Count(fall.sessions),
        ]
    };
    Grid {
        title: Some("Drawdowns at the close, the deepest first".into()),
        columns: vec![
            Column::fixed("peak", "Peak", 0),
            Column::fixed("trough", "Trough", 0),
            Column::fixed("recovered", "Recovered", 0),
            Column::number("drawdown_pct", "Fall", 0),
            Column::number("drawdown_usd", currency, 1),
            Column::number("sessions_down", "Down", 2),
            Column::number("sessions", "Sessions", 0),
        ],
        rows: falls.iter().map(row).collect(),
        empty: "The account never closed below an earlier close.".into(),
    }
}

fn figures_grid(risk: &Risk, currency: &str) -> Grid {
    let of = |value: MetricResult, cell: fn(f64) -> Cell| value.map_or_else(Cell::Undefined, cell);
    let tail = TAIL * 100.0;
    let rows = vec![
        (format!("CVaR of sessions, worst {tail:.0} % ({currency})"), of(risk.cvar_sessions, Cell::Money)),
        (format!("CVaR of trades, worst {tail:.0} %"), of(risk.cvar_trades, Cell::Change)),
        ("Tail ratio".into(), of(risk.tail_ratio, Cell::Ratio)),
        ("Ulcer index".into(), of(risk.ulcer_index, Cell::Share)),
        ("Calmar ratio".into(), of(risk.calmar, Cell::Ratio)),
        ("Time under water".into(), of(risk.under_water, Cell::Share)),
    ];
    Grid {
        title: Some("Figures".into()),
        columns: vec![Column::text("figure", "", 0), Column::number("value", "", 0)],
        rows: rows.into_iter().map(|(name, value)| vec![Cell::Text(name), value]).collect(),
        empty: String::new(),
    }
}

/// A run as a line of letters, at most [`RUN`] of them, each between the lowest and the highest.
fn spark(values: &[f64]) -> String {
    let step = values.len().div_ceil(RUN).max(1);
    let last = values.len().saturating_sub(1) % step;
    let kept: Vec<f64> = values.iter().copied().skip(last).step_by(step).collect();
    let ends = extremes(kept.iter().copied());
    kept.iter().map(|value| block(*value, ends)).collect()
}

fn rolling_grid(risk: &Risk) -> Option<Grid> {
    let sharpe: Vec<f64> = risk.rolling.iter().filter_map(|at| at.sharpe.ok()).collect();
    let rates: Vec<f64> = risk.rolling.iter().filter_map(|at| at.win_rate).collect();
    let row = |name: &str, values: &[f64], cell: fn(f64) -> Cell| {
        let (low, high) = extremes(values.iter().copied());
        let now = values.last().copied();
        let ends = [now, now.map(|_| low), now.map(|_| high)].map(|value| value.map_or(Cell::Absent, cell));
        [vec![Cell::Text(name.into()), Cell::Text(spark(values))], ends.into()].concat()
    };
    (!risk.rolling.is_empty()).then(|| Grid {
        title: Some(format!("Over {ROLLING_SESSIONS} sessions, at each close")),
        columns: vec![
            Column::text("figure", "", 0),
            Column::fixed("run", "Run", 1),
            Column::number("now", "now", 0),
            Column::number("lowest", "lowest", 0),
            Column::number("highest", "highest", 0),
        ],
        rows: vec![row("Sharpe ratio", &sharpe, Cell::Ratio), row("Win rate", &rates, Cell::Share)],
        empty: String::new(),
    })
}

fn months_grid(risk: &Risk, currency: &str) -> Grid {
    let row = |month: &Month| {
        vec![
            Cell::Text(month.name.clone()),
            Cell::Count(month.sessions.len() as u64),
            Cell::Count(month.trades()),
            month.win_rate().map_or(Cell::Absent, Cell::Share),
            Cell::Money(month.pnl()),
            month.best().map_or(Cell::Absent, Cell::Money),
            month.worst().map_or(Cell::Absent, Cell::Money),
            Cell::Money(-month.fall),
        ]
    };
    Grid {
        title: Some("By month".into()),
        columns: vec![
            Column::fixed("month", "Month", 0),
            Column::number("sessions", "Sessions", 2),
            Column::number("trades", "Trades", 1),
            Column::number("win_rate", "Win rate", 1),
            Column::number("pnl", &format!("P&L ({currency})"), 0),
            Column::number("best_session", "Best day", 2),
            Column::number("worst_session", "Worst day", 2),
            Column::number("drawdown_usd", "Fall", 0),
        ],
        rows: risk.months.iter().map(row).collect(),
        empty: String::new(),
    }
}

/// A share of the paths; what none or all of them do is not for that impossible or certain.
fn chance_cell(chance: f64) -> Cell {
    if chance < 0.001 {
        Cell::Text("below 0.1 %".into())
    } else if chance > 0.999 {
        Cell::Text("above 99.9 %".into())
    } else {
        Cell::Share(chance)
    }
}

fn fan_grids(fan: &SessionFan, currency: &str) -> [Grid; 2] {
    let at = [4, 19, 39, FAN_SESSIONS - 1];
    let course = at.iter().filter_map(|at| {
        let points = fan.course.get(*at)?;
        let cells = points.iter().map(|equity| Cell::Amount(*equity));
        Some(std::iter::once(Cell::Count(*at as u64 + 1)).chain(cells).collect())
    });
    let headings = FAN_POINTS.map(|point| format!("{:.0} %", point * 100.0));
    let mut columns = vec![Column::number("sessions", "Sessions", 0)];
    columns.extend(FAN_POINTS.iter().zip(&headings).map(|(point, heading)| {
        Column::number(
            &format!("p{:02.0}", point * 100.0),
            heading,
            if (0.2..0.8).contains(point) && *point != 0.5 { 1 } else { 0 },
        )
    }));
    let mut chances: Vec<(String, f64)> = FAN_FALLS
        .iter()
        .zip(fan.falls)
        .map(|(fall, chance)| (format!("falls {:.0} % or more from a peak", fall * 100.0), chance))
        .collect();
    chances.extend(
        FAN_GAINS
            .iter()
            .zip(fan.gains)
            .map(|(gain, chance)| (format!("reaches {:.0} % above today", gain * 100.0), chance)),
    );
    if let Some((goal, chance)) = fan.goal {
        chances.push((format!("reaches the goal of {} {currency} more", amount(goal)), chance));
    }
    chances.push((format!("loses {:.0} % of today's equity", RUIN * 100.0), fan.ruin));
    chances.push(("ends below today".into(), fan.below_today));
    [
        Grid {
            title: Some(format!("Equity from here ({currency}): points of {FAN_PATHS} paths")),
            columns,
            rows: course.collect(),
            empty: String::new(),
        },
        Grid {
            title: Some(format!("Within {FAN_SESSIONS} sessions the account")),
            columns: vec![Column::text("event", "", 0), Column::number("chance", "Chance", 0)],
            rows: chances
                .into_iter()
                .map(|(name, chance)| vec![Cell::Text(name), chance_cell(chance)])
                .collect(),
            empty: String::new(),
        },
    ]
}

fn fan_json(fan: &SessionFan) -> Json {
    let falls: Map<String, Json> = FAN_FALLS
        .iter()
        .zip(fan.falls)
        .map(|(fall, chance)| (format!("{:.0}", fall * 100.0), chance.into()))
        .collect();
    let gains: Map<String, Json> = FAN_GAINS
        .iter()
        .zip(fan.gains)
        .map(|(gain, chance)| (format!("{:.0}", gain * 100.0), chance.into()))
        .collect();
    json!({
        "equity": fan.equity,
        "drawn_from_sessions": fan.drawn_from,
        "sessions": FAN_SESSIONS,
        "paths": FAN_PATHS,
        "points": FAN_POINTS,
        "course": fan.course,
        "chance_of_drawdown_pct": falls,
        "chance_of_gain_pct": gains,
        "chance_of_ruin": fan.ruin,
        "chance_below_today": fan.below_today,
        "goal": fan.goal.map(|(amount, chance)| json!({"usd": amount, "chance": chance})),
    })
}

fn payload(risk: &Risk, fan: Option<&SessionFan>) -> Map<String, Json> {
    let falls = risk.falls.iter().map(|fall| {
        json!({
            "peak": fall.peak.map(|date| date.to_string()),
            "trough": fall.trough.to_string(),
            "recovered": fall.recovered.map(|date| date.to_string()),
            "drawdown_usd": fall.usd,
            "drawdown_pct": fall.frac,
            "sessions_down": fall.sessions_down,
            "sessions": fall.sessions,
        })
    });
    let months = risk.months.iter().map(|month| {
        json!({
            "month": month.name,
            "sessions": month.sessions.len(),
            "trades": month.trades(),
            "win_rate": month.win_rate(),
            "pnl": month.pnl(),
            "drawdown_usd": month.fall,
        })
    });
    let rolling = risk.rolling.iter().map(|at| {
        json!({"date": at.date.to_string(), "sharpe_ratio": at.sharpe.ok(), "win_rate": at.win_rate, "trades": at.trades})
    });
    let mut out = Map::new();
    out.insert("capital_usd".into(), risk.capital.into());
    out.insert("sessions".into(), risk.sessions.len().into());
    out.insert("drawdowns".into(), falls.collect::<Vec<_>>().into());
    out.insert("under_water_pct".into(), risk.under_water.ok().into());
    out.insert("longest_under_water_sessions".into(), risk.longest_under_water.into());
    out.insert("cvar_sessions_usd".into(), risk.cvar_sessions.ok().into());
    out.insert("cvar_trades_pct".into(), risk.cvar_trades.ok().into());
    out.insert("tail_ratio".into(), risk.tail_ratio.ok().into());
    out.insert("ulcer_index".into(), risk.ulcer_index.ok().into());
    out.insert("calmar_ratio".into(), risk.calmar.ok().into());
    out.insert("rolling_20".into(), rolling.collect::<Vec<_>>().into());
    out.insert("months".into(), months.collect::<Vec<_>>().into());
    out.insert("fan".into(), fan.map(fan_json).into());
    out
}

/// Builds the view.
pub fn risk_view(risk: &Risk, fan: Option<&SessionFan>, currency: &str) -> View {
    let mut view = View {
        name: "report.risk",
        lead: lead(risk, currency),
        payload: payload(risk, fan),
        ..View::default()
    };
    let months = months_grid(risk, currency);
    view.records = months.clone();
    if risk.sessions.is_empty() {
        return view;
    }
    view.grids.extend([falls_grid(&risk.falls, currency), figures_grid(risk, currency)]);
    view.grids.extend(rolling_grid(risk));
    view.grids.push(months);
    match fan {
        Some(fan) => {
            view.grids.extend(fan_grids(fan, currency));
            view.notes.push(format!(
                "The paths draw blocks of the {} sessions before, as if those to come were like them and the size stayed: they \
                 know nothing of what has not happened yet.",
                fan.drawn_from
            ));
        }
        None => view.notes.push(format!("Where the account may go from here takes {FAN_NEEDED} sessions.")),
    }
    view.notes.push(format!("Drawdown is measured on a capital of {} {currency}.", amount(risk.capital)));
    view
}

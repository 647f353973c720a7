//! The sections of the page: each part of what was found, with its charts, under one heading.

use super::brain_view::brain_view;
use super::chart::Chart;
use super::experiment_charts::experiment_charts;
use super::experiment_view::experiments_view;
use super::grid::View;
use super::guard_history_view::guard_history_view;
use super::heat_view::heat_view;
use super::missed_view::missed_view;
use super::model_view::{model_view, retrains_view};
use super::page::{Section, knob_charts, reliability_chart, retrain_chart};
use super::page_dots::{gate_chart, pattern_dots};
use super::page_of_trades::sections_of_trades;
use super::page_parts::{PAGE_DAYS, PageBook, PageFound, PagePart};
use super::patterns_view::patterns_view;
use super::portfolio_charts::{correlation_map, heat_course};
use super::portfolio_view::portfolio_view;
use super::positions_view::positions_view;
use super::scope::Terms;
use super::size_chart::size_charts;
use super::size_view::size_view;
use super::what_if_charts::what_if_charts;
use super::what_if_view::what_if_words;
use crate::domain::KnobName;
use crate::simulate::WhatIfFacts;

/// The charts of a section, and its words.
type Shown = (Vec<Chart>, View);

fn shown<T>(found: &PageFound<T>, draw: impl FnOnce(&T) -> Shown) -> Shown {
    match found {
        Ok(data) => draw(data),
        Err(why) => (Vec::new(), View { lead: vec![why.clone()], ..View::default() }),
    }
}

fn alone(view: View) -> Shown {
    (Vec::new(), view)
}

/// Every knob over its range. The curves have their words; the table of all their values is `dtlearn what-if`'s.
fn sweeps(facts: &WhatIfFacts) -> Shown {
    let (view, charts) = (what_if_words(facts), what_if_charts(facts));
    let is_idle = |name: &KnobName| charts.iter().all(|(drawn, _)| drawn != name);
    let idle: Vec<&str> = KnobName::ALL.into_iter().filter(is_idle).map(KnobName::as_str).collect();
    let mut notes = view.notes;
    if !idle.is_empty() {
        let said = format!("Every record comes out the same under any value of {}.", idle.join(", "));
        notes.insert(0, said);
    }
    let charts = charts.into_iter().map(|(_, chart)| chart).collect();
    (charts, View { lead: view.lead, notes, ..View::default() })
}

/// What is open by the recorded fills, and what it risks.
fn open_book(book: &PageBook, terms: &Terms) -> Shown {
    let view = positions_view(&book.positions, terms.now, &terms.currency, &terms.calendar);
    alone(match &book.heat {
        None => View { lead: view.lead.into_iter().take(1).collect(), ..View::default() },
        Some(Ok(heat)) => {
            let heat = heat_view(heat);
            let mut grids = view.grids;
            grids.iter_mut().for_each(|grid| grid.title = Some("Positions".into()));
            grids.extend(heat.grids);
            View { lead: heat.lead, grids, notes: heat.notes, ..View::default() }
        }
        Some(Err(why)) => View { lead: vec![why.clone()], ..view },
    })
}

fn book_through_time(data: &super::PortfolioData) -> Shown {
    let maps = data.book.correlations.iter().map(correlation_map);
    (heat_course(data).into_iter().chain(maps).collect(), portfolio_view(data))
}

/// The sections of a part of the page.
pub fn page_sections(part: &PagePart, terms: &Terms) -> Vec<Section> {
    let section = |heading: &str, id: &'static str, (charts, view): Shown| {
        // What is open is what there is to see of it.
        let opens = id == "open-book";
        vec![Section { heading: heading.into(), id, tiles: Vec::new(), charts, view, opens }]
    };
    match part {
        PagePart::Trades(data) => sections_of_trades(data, terms),
        PagePart::Missed(data) => {
            let view = missed_view(&data.totals, data.oldest, data.days, &data.currency);
            section("Missed signals", "missed", (gate_chart(&data.totals).into_iter().collect(), view))
        }
        PagePart::Patterns(found) => {
            let draw = |data: &_| (pattern_dots(data).into_iter().collect(), patterns_view(data));
            section(&format!("Patterns, {PAGE_DAYS} days"), "patterns", shown(found, draw))
        }
        PagePart::OpenBook(found) => {
            section("Open book", "open-book", shown(found, |book| open_book(book, terms)))
        }
        PagePart::BookThroughTime(found) => {
            section(&format!("Heat through time, {PAGE_DAYS} days"), "book", shown(found, book_through_time))
        }
        PagePart::Guard(found) => {
            section("Guard", "guard", shown(found, |data| alone(guard_history_view(data))))
        }
        PagePart::Knobs(found) => {
            let draw = |data: &_| (knob_charts(data, terms.now, &terms.calendar), brain_view(data));
            section("Knobs", "knobs", shown(found, draw))
        }
        PagePart::Size(found) => {
            let draw = |data: &super::SizingData| {
                (size_charts(&data.history.points), size_view(data, "report.sizing", true))
            };
            section("Size", "size", shown(found, draw))
        }
        PagePart::Experiments(found) => {
            let draw = |all: &Vec<super::ExperimentData>| {
                let running = all.iter().filter(|data| data.stopped.is_none());
                (running.flat_map(experiment_charts).collect(), experiments_view(all))
            };
            section("Experiments", "experiments", shown(found, draw))
        }
        PagePart::WhatIf(found) => section("What if", "what-if", shown(found, sweeps)),
        PagePart::Model(found) => {
            let draw = |data: &super::ModelData| {
                let charts = data.live.iter().filter_map(|file| reliability_chart(&file.validation));
                (charts.collect(), model_view(data))
            };
            section("Model", "model", shown(found, draw))
        }
        PagePart::Retrains(found) => {
            let draw = |data: &super::RetrainsData| {
                (retrain_chart(&data.attempts).into_iter().collect(), retrains_view(data))
            };
            section("Retrains", "retrains", shown(found, draw))
        }
    }
}

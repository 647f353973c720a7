//! The models of a scenario: the one in use, the one before it and the challenger in shadow, held against each other on the
//! trades since, as `retrain` does.

use serde::{Deserialize, Serialize};

use super::super::model_comparison::{Consequence, consequence};
use super::entries::Session;
use super::history::History;
use super::past::Taken;
use crate::decide::ShadowRecord;
use crate::domain::Timestamp;
use crate::learn::ModelFile;
use crate::stats::evidence::{Forecast, ForecastTest};

/// The models, and the trades on which they are compared.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct ModelsInUse {
    pub current: Option<ModelFile>,
    previous: Option<ModelFile>,
    challenger: Option<ModelFile>,
    /// Which of all challengers that is.
    number: u32,
    /// Sessions that it has been in shadow for.
    sessions: u64,
    /// Whether the next one takes its place.
    gives_way: bool,
    /// Trades since the deployment.
    watched: Vec<ComparedTrade>,
}

/// What the models gave a trade.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct ComparedTrade {
    exit_us: i64,
    label: bool,
    current: f64,
    previous: Option<f64>,
    /// And which one gave it.
    challenger: Option<(u32, f64)>,
    base_rate: f64,
}

impl ModelsInUse {
    /// Notes what the models gave the trades that a session `took`, for the day on which they are compared; `current` are the
    /// chances that the one in use gave.
    pub(super) fn watch(&mut self, history: &History, took: &[Taken], current: &[(usize, Option<f64>)]) {
        let slots = || took.iter().map(|taken| taken.slot);
        let by = |model: &Option<ModelFile>| match model {
            Some(model) => history.chances(model, slots()),
            None => vec![None; took.len()],
        };
        let (previous, challenger) = (by(&self.previous), by(&self.challenger));
        self.sessions += 1;
        let number = self.number;
        let Some(base_rate) = self.current.as_ref().map(|file| file.training.base_rate) else { return };
        for (taken, (previous, challenger)) in took.iter().zip(previous.into_iter().zip(challenger)) {
            let chance = current.iter().find(|(slot, _)| *slot == taken.slot).and_then(|(_, chance)| *chance);
            let label = history.labelled(taken.slot).map(|example| example.label);
            if let (Some(current), Some(label)) = (chance, label) {
                let exit_us = taken.exit_us;
                let challenger = challenger.map(|chance| (number, chance));
                let compared = ComparedTrade { exit_us, label, current, previous, challenger, base_rate };
                self.watched.push(compared);
            }
        }
    }

    /// Takes the model before the one in use, or the challenger, or none into use, where the trades since say so.
    pub(super) fn follow(&mut self, history: &History, session: &Session) -> Option<Consequence> {
        self.current.as_ref()?;
        let mut predecessor = self.previous.as_ref().map(|_| ForecastTest::default());
        let mut shadow = ShadowRecord::default();
        let mut base_rate = ForecastTest::default();
        let known: Vec<&ComparedTrade> =
            self.watched.iter().filter(|watched| watched.exit_us <= session.close.micros()).collect();
        let day = |trade: &ComparedTrade| history.market.trading_date(Timestamp::from_micros(trade.exit_us));
        for trades in known.chunk_by(|a, b| day(a) == day(b)) {
            let against = |rival: &dyn Fn(&ComparedTrade) -> Option<f64>| -> Vec<Forecast> {
                let of = |trade: &&ComparedTrade| {
                    Some(Forecast { tried: trade.current, rival: rival(trade)?, won: trade.label })
                };
                trades.iter().filter_map(of).collect()
            };
            base_rate.push(&against(&|trade| Some(trade.base_rate)));
            predecessor.iter_mut().for_each(|test| test.push(&against(&|trade| trade.previous)));
            let chance = |trade: &ComparedTrade| trade.challenger.map(|(_, chance)| chance);
            let own = |trade: &ComparedTrade| {
                trade.challenger.filter(|(number, _)| *number == self.number).map(|(_, chance)| chance)
            };
            shadow.all.push(&against(&chance));
            shadow.own.push(&against(&own));
        }
        self.gives_way = shadow.gives_way(self.sessions, false);
        let shadow = self.challenger.as_ref().map(|_| &shadow);
        let found = consequence(predecessor.as_ref(), shadow, &base_rate)?;
        match found {
            Consequence::RollBack => self.current = self.previous.take(),
            Consequence::Promote => {
                self.previous = std::mem::replace(&mut self.current, self.challenger.take())
            }
            Consequence::Retire => (self.current, self.challenger) = (None, None),
        }
        self.watched.clear();
        Some(found)
    }

    /// Puts a model that passed the gate into use.
    pub(super) fn deploy(&mut self, model: ModelFile) {
        self.previous = self.current.replace(model);
        self.challenger = None;
        self.watched.clear();
    }

    /// Puts a model that did not pass the gate in shadow of the one in use, where there is one and the challenger before it
    /// gives way.
    pub(super) fn shadow(&mut self, model: ModelFile) {
        if self.current.is_some() && (self.challenger.is_none() || self.gives_way) {
            self.challenger = Some(model);
            self.number += 1;
            self.sessions = 0;
        }
    }
}

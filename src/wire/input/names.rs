//! What the names of one input mean: the vocabulary, under what the user says of it.

use std::collections::HashMap;

use super::likeness::{Likeness, likeness_of};
use super::vocabulary::{Field, Kind, Meaning, Rank, folded, meaning_of};

/// Why a mapping cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MapError {
    /// Not `column=field`.
    #[error("{0:?} is not of the form column=field")]
    Form(String),
    /// No field of that name.
    #[error("there is no field {field:?}{}", nearest.map(|n| format!(", did you mean {n:?}?")).unwrap_or_default())]
    NoSuchField {
        /// What was asked for.
        field: String,
        /// The field that is spelt most like it.
        nearest: Option<&'static str>,
    },
    /// The input has no such name.
    #[error("there is no column {column:?} in the file; it has: {has}")]
    NoSuchColumn {
        /// What was asked for.
        column: String,
        /// The names that are there.
        has: String,
    },
    /// Two columns stand for one field.
    #[error("the columns {one:?} and {other:?} both stand for {field}")]
    TwoColumns {
        /// One of them.
        one: String,
        /// The other.
        other: String,
        /// The field.
        field: &'static str,
    },
}

/// What a name is to a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// A field.
    Field(Meaning),
    /// Something that is worked out anew.
    Derived,
    /// Nothing that is known.
    Unknown(Option<Likeness>),
    /// Something that the user wants left out of account.
    Ignored,
}

/// Keys that this program works out anew.
const DERIVED: &[&str] = &[
    "hold_duration_minutes",
    "time_of_day",
    "success",
    "quality",
    "outcome",
    "leg",
    "pnl_computed",
    "pnl_disputed",
    "left_over",
    "schema",
    "_ts",
];

/// Keys of missed signals that this program fills.
const DERIVED_OF_SIGNALS: &[&str] = &[
    "price_15m",
    "price_30m",
    "price_1h",
    "price_eod",
    "would_have_won",
    "hypothetical_pnl_pct",
    "evaluated",
    "pnl_15m",
    "pnl_30m",
    "pnl_1h",
    "pnl_eod",
    "exit_policy",
    "pnl_held_to_close",
    "exit_reason",
    "exit_time",
    "state",
    "schema",
    "_logged_at",
    "_ts",
];

/// Keys of stored fills that are written by this program alone.
const DERIVED_OF_FILLS: &[&str] = &["pnl_rounding", "left_over", "schema", "_ts"];

/// Keys of stored news that are written by this program alone.
const DERIVED_OF_NEWS: &[&str] = &["news_id", "schema", "_ts"];

/// What the names of an input mean.
#[derive(Clone, Debug)]
pub struct Names {
    kind: Kind,
    maps: Vec<(String, Field)>,
    /// Mappings of the settings.
    standing: Vec<(String, Field)>,
    ignored: Vec<String>,
    /// What was found before: in a file every row has the same names.
    cache: HashMap<String, Found>,
}

impl Names {
    /// The vocabulary alone.
    pub fn of(kind: Kind) -> Self {
        Self { kind, maps: Vec::new(), standing: Vec::new(), ignored: Vec::new(), cache: HashMap::new() }
    }

    /// The vocabulary under mappings of the form `column=field` and names to leave out of account.
    ///
    /// # Errors
    /// [`MapError::Form`] and [`MapError::NoSuchField`].
    pub fn parse(kind: Kind, maps: &[String], ignored: &[String]) -> Result<Self, MapError> {
        let mut names = Self { ignored: ignored.iter().map(|name| folded(name)).collect(), ..Self::of(kind) };
        let of_kind = |field: Field| super::vocabulary::has_field(kind, field);
        for pair in maps {
            let (column, field) = pair.rsplit_once('=').ok_or_else(|| MapError::Form(pair.clone()))?;
            let field = field.trim();
            let known = Field::from_name(field).filter(|field| of_kind(*field));
            // A field may be called by its other certain names too.
            let alias =
                || meaning_of(field, kind).filter(|meaning| meaning.rank == Rank::Certain).map(|m| m.field);
            let Some(known) = known.or_else(alias) else {
                let all = Field::ALL.iter().filter(|field| of_kind(**field)).map(|field| field.as_str());
                let close = all.map(|name| (strsim::jaro_winkler(name, field), name));
                let nearest = close.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|best| best.0 > 0.7);
                return Err(MapError::NoSuchField { field: field.to_owned(), nearest: nearest.map(|n| n.1) });
            };
            names.maps.push((column.trim().to_owned(), known));
        }
        Ok(names)
    }

    /// The same under what the settings say: those of the command come first, and a name of the settings that the
    /// input has not is no error.
    ///
    /// # Errors
    /// As [`Names::parse`].
    pub fn with_settings(mut self, maps: &[String], ignored: &[String]) -> Result<Self, MapError> {
        let settings = Self::parse(self.kind, maps, ignored)?;
        let is_new = |(_, field): &(String, Field)| !self.maps.iter().any(|(_, known)| known == field);
        self.standing = settings.maps.into_iter().filter(is_new).collect();
        self.ignored.extend(settings.ignored);
        Ok(self)
    }

    /// The vocabulary alone: for records that a format has rewritten, in which what was mapped stands under its field and the
    /// names of the file that are ignored are no more. Another ignored name is one of the format's.
    pub fn without_maps<S: AsRef<str>>(&self, of_file: &[S]) -> Self {
        let gone: Vec<String> = of_file.iter().map(|name| folded(name.as_ref())).collect();
        let left = self.ignored.iter().filter(|name| !gone.contains(name));
        Self { ignored: left.cloned().collect(), ..Self::of(self.kind) }
    }

    /// What the records are.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The names that the user mapped.
    pub fn mapped(&self) -> impl Iterator<Item = (&str, Field)> {
        self.maps.iter().map(|(name, field)| (name.as_str(), *field))
    }

    /// Whether the user ignores a name.
    pub fn ignores(&self, name: &str) -> bool {
        !self.ignored.is_empty() && self.ignored.contains(&folded(name))
    }

    /// Remembers what a name means.
    pub fn learn(&mut self, name: &str) {
        if self.cache.len() < 4_096 && !self.cache.contains_key(name) {
            let found = self.look_up(name);
            self.cache.insert(name.to_owned(), found);
        }
    }

    /// What a name means.
    pub fn find(&self, name: &str) -> Found {
        match self.cache.get(name) {
            Some(found) => *found,
            None => self.look_up(name),
        }
    }

    fn derived(&self) -> &'static [&'static str] {
        match self.kind {
            Kind::Exit => DERIVED,
            Kind::Signal | Kind::Missed => DERIVED_OF_SIGNALS,
            Kind::Bar => &[],
            Kind::Fill => DERIVED_OF_FILLS,
            Kind::News => DERIVED_OF_NEWS,
        }
    }

    fn look_up(&self, name: &str) -> Found {
        let mapped = self.maps.iter().find(|(column, _)| column == name);
        let mapped = mapped.or_else(|| self.maps.iter().find(|(column, _)| folded(column) == folded(name)));
        let mapped =
            mapped.or_else(|| self.standing.iter().find(|(column, _)| folded(column) == folded(name)));
        if let Some((_, field)) = mapped {
            return Found::Field(Meaning { field: *field, rank: Rank::Mapped, name: field.as_str() });
        }
        if self.ignores(name) {
            return Found::Ignored;
        }
        if self.derived().contains(&name) {
            return Found::Derived;
        }
        match meaning_of(name, self.kind) {
            // What the user mapped is settled: the file's own name for it says nothing more.
            Some(meaning) if self.maps.iter().any(|(_, field)| *field == meaning.field) => {
                Found::Unknown(None)
            }
            Some(meaning) => Found::Field(meaning),
            // Signals have no result that a name could tell of.
            None if !matches!(self.kind, Kind::Exit | Kind::Fill) => Found::Unknown(None),
            None => Found::Unknown(likeness_of(name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_user_says_wins() {
        let names = Names::parse(Kind::Exit, &["Filled=qty".into(), "P=quantum".into()], &[])
            .map_err(|e| e.to_string());
        assert!(names.unwrap_err().starts_with("there is no field \"quantum\""));
        let names = Names::parse(Kind::Exit, &["Filled=qty".into()], &["Day P&L".into()]).unwrap();
        assert!(matches!(
            names.find("Filled"),
            Found::Field(Meaning { field: Field::Qty, rank: Rank::Mapped, .. })
        ));
        assert_eq!(names.find("qty"), Found::Unknown(None));
        assert_eq!(names.find("day_pl"), Found::Ignored);
        assert_eq!(names.find("Est. tax"), Found::Unknown(Some(Likeness::Money)));
        assert_eq!(names.find("_ts"), Found::Derived);
        let wrong = |pair: &str| Names::parse(Kind::Exit, &[pair.to_owned()], &[]).unwrap_err().to_string();
        assert_eq!(wrong("Px"), "\"Px\" is not of the form column=field");
        assert_eq!(
            wrong("Px=entry_prize"),
            "there is no field \"entry_prize\", did you mean \"entry_price\"?"
        );
    }
}

//! What an examination of the store found: each thing with its place, how bad it is, and what repairs it.

use std::borrow::Cow;
use std::path::Path;

use crate::domain::KnobName;
use crate::report::{DoctorData, HealthCheck, RepairReport};
use crate::store::{Log, StoreError};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing, nothing is lost.
    Warning,
    /// Something in a file cannot be read, or says what is not so.
    Damage,
}

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// The file, and where in it: `path:record` or `path` and a byte.
    pub place: String,
    /// What is wrong.
    pub what: String,
    /// The command that mends it.
    pub remedy: Option<Cow<'static, str>>,
}

/// What was looked at.
#[derive(Clone, Debug, Default)]
pub struct Examination {
    /// What is not as it should be, in the order of the files.
    pub findings: Vec<Finding>,
    /// Rows of each log.
    pub rows: Vec<(Log, u64)>,
}

pub(super) const REPAIR: &str = "dtlearn doctor --repair";
pub(super) const ANALYZE: &str = "dtlearn analyze";

/// An error without the path that stands before it anyway.
pub(super) fn words(error: &StoreError) -> String {
    let text = error.to_string();
    text.split_once(": ").map_or(text.clone(), |(_, rest)| rest.to_owned())
}

impl Examination {
    fn add(
        &mut self,
        severity: Severity,
        path: &Path,
        place: &str,
        what: &str,
        remedy: Option<Cow<'static, str>>,
    ) {
        let place = format!("{}{place}", path.display());
        self.findings.push(Finding { severity, place, what: what.to_owned(), remedy });
    }

    pub(super) fn damage(&mut self, path: &Path, place: &str, what: &str, remedy: Option<&'static str>) {
        self.add(Severity::Damage, path, place, what, remedy.map(Cow::Borrowed));
    }

    /// A knob that must go back to its default.
    pub(super) fn knob(&mut self, path: &Path, what: &str, name: KnobName) {
        let remedy = format!("dtlearn brain-adjust --reset {}", name.as_str());
        self.add(Severity::Damage, path, "", what, Some(remedy.into()));
    }

    pub(super) fn warn(&mut self, path: &Path, what: &str, remedy: Option<&'static str>) {
        self.add(Severity::Warning, path, "", what, remedy.map(Cow::Borrowed));
    }

    /// The findings as reports give them, and what was repaired before.
    pub fn told(self, repaired: Option<RepairReport>) -> DoctorData {
        let check = |finding: Finding| HealthCheck {
            is_damage: finding.severity == Severity::Damage,
            place: finding.place,
            what: finding.what,
            remedy: finding.remedy.map(Cow::into_owned),
        };
        let checks = self.findings.into_iter().map(check).collect();
        DoctorData { checks, rows: self.rows, repaired }
    }

    /// The worst of the findings.
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }
}

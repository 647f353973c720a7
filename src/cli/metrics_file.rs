//! The table `[metrics]` of `dtlearn.toml`.

use toml::Table;

use super::error::{CliError, SettingsPage};
use super::rulebook_file::Part;

/// The widest break-even band, hundredths of a percent of the position either way: beyond, hardly a day's trade would count.
const WIDEST_BPS: f64 = 1e3;

/// The break-even band, a fraction of the position; 0 where the file names none.
///
/// # Errors
/// [`CliError::Config`] names the file and the setting.
pub(super) fn scratch_frac(shown: &str, file: &Table) -> Result<f64, CliError> {
    read(file).map_err(|why| CliError::Config(SettingsPage::Integrator, format!("{shown}: {why}")))
}

fn read(file: &Table) -> Result<f64, String> {
    let Some(value) = file.get("metrics") else { return Ok(0.0) };
    let part = Part::of("metrics", value)?;
    part.known(&["scratch_bps"])?;
    let bps = part.number("scratch_bps")?.unwrap_or(0.0);
    if (0.0..=WIDEST_BPS).contains(&bps) {
        Ok(bps / 1e4)
    } else {
        Err(format!("metrics.scratch_bps: {bps} is not a number of hundredths of a percent from 0 to 1000"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_named() {
        let read = |text: &str| read(&text.parse().unwrap());
        assert_eq!(read(""), Ok(0.0));
        assert_eq!(read("[metrics]\nscratch_bps = 2.5"), Ok(0.00025));
        for (text, why) in [
            ("metrics = 1", "metrics is not a table"),
            (
                "[metrics]\nscratch = 2",
                "there is no setting \"metrics.scratch\", did you mean \"scratch_bps\"?",
            ),
            (
                "[metrics]\nscratch_bps = -1",
                "metrics.scratch_bps: -1 is not a number of hundredths of a percent from 0 to 1000",
            ),
            ("[metrics]\nscratch_bps = nan", "metrics.scratch_bps: \"nan\" is not a number"),
        ] {
            assert_eq!(read(text).unwrap_err(), why);
        }
    }
}

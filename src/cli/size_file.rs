//! The table `[size]` of `dtlearn.toml`.

use toml::Table;

use super::error::{CliError, SettingsPage};
use super::rulebook_file::Part;
use crate::app::SizeSettings;
use crate::domain::LEAST_PROPENSITY;

/// How size is learned.
///
/// # Errors
/// [`CliError::Config`] names the file and the setting.
pub(super) fn size_settings(shown: &str, file: &Table) -> Result<SizeSettings, CliError> {
    read(file).map_err(|why| CliError::Config(SettingsPage::Size, format!("{shown}: {why}")))
}

fn read(file: &Table) -> Result<SizeSettings, String> {
    let mut out = SizeSettings::default();
    let Some(value) = file.get("size") else { return Ok(out) };
    let part = Part::of("size", value)?;
    part.known(&["apply", "explore"])?;
    out.apply = part.flag("apply")?.unwrap_or(out.apply);
    if let Some(explore) = part.number("explore")? {
        if !(0.0..=0.8).contains(&explore) {
            return Err(format!("size.explore: {explore} is not a share from 0 to 0.8"));
        }
        // Half of the drawn sizes are smaller, half are larger.
        let least = 2.0 * LEAST_PROPENSITY;
        if explore > 0.0 && explore < least {
            return Err(format!(
                "size.explore: {explore} draws sizes too rarely to learn from: 0 for none, or {least} to 0.8"
            ));
        }
        out.explore = explore;
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_named() {
        let read = |text: &str| read(&text.parse().unwrap());
        assert_eq!(read(""), Ok(SizeSettings::default()));
        assert!(read("[size]\napply = true").unwrap().apply);
        assert_eq!(read("[size]\nexplore = 0.000002").unwrap().explore, 0.000_002);
        for (text, why) in [
            ("size = 1", "size is not a table"),
            ("[size]\naply = true", "there is no setting \"size.aply\", did you mean \"apply\"?"),
            ("[size]\nexplore = 1", "size.explore: 1 is not a share from 0 to 0.8"),
            (
                "[size]\nexplore = 0.0000019",
                "size.explore: 0.0000019 draws sizes too rarely to learn from: 0 for none, or 0.000002 to 0.8",
            ),
            ("[size]\napply = 1", "size.apply: \"1\" is not true or false"),
        ] {
            assert_eq!(read(text).unwrap_err(), why);
        }
    }
}

//! Which keys of what is written may be null or absent, as the source says it: those of fields whose type is optional, and
//! those that are put in from a value that may not be there. What cannot be seen to be there may not be.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

use super::folders::files_below;

/// Keys by what the source says of them.
#[derive(Default)]
pub struct OptionalKeys {
    /// Those that may be null.
    pub null: BTreeSet<String>,
    /// Those that may be absent.
    pub absent: BTreeSet<String>,
}

pub static OPTIONAL: LazyLock<OptionalKeys> = LazyLock::new(|| {
    let sources = files_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let sources = sources.iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    let texts: Vec<String> = sources.map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let lines: Vec<&str> = texts.iter().flat_map(|text| text.lines().map(str::trim)).collect();
    let mut found = OptionalKeys::default();
    let mut may_be_absent = false;
    for line in &lines {
        found.null.extend(metric(line).map(str::to_owned));
        of_field(line, may_be_absent, &mut found);
        may_be_absent = line.starts_with("#[serde(") && line.contains("skip_serializing_if")
            || (may_be_absent && line.starts_with("#["));
    }
    let put_in: Vec<String> = lines.iter().filter_map(|line| put_in(line, &found.null)).collect();
    found.null.extend(put_in);
    found
});

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// A field: `pub setup: Option<String>,`.
fn of_field(line: &str, may_be_absent: bool, found: &mut OptionalKeys) {
    let field = line.strip_prefix("pub ").unwrap_or(line);
    let Some((key, of)) = field.split_once(": ").filter(|(key, _)| is_name(key)) else { return };
    if may_be_absent {
        found.absent.insert(key.to_owned());
    }
    if of.starts_with("Option<") || may_be_absent {
        found.null.insert(key.to_owned());
    }
}

/// The name in a row of the catalog of metrics, any of which may be without a value: `WinRate, "win_rate", "Win rate", …`.
fn metric(line: &str) -> Option<&str> {
    let (row, rest) = line.split_once(", \"")?;
    let (name, behind) = rest.split_once("\", \"")?;
    let is_row = row.starts_with(|c: char| c.is_ascii_uppercase()) && is_name(row) && behind.ends_with(';');
    // A count is always there.
    let is_row = is_row && !behind.contains("|of| Ok(");
    (is_row && is_name(name)).then_some(name)
}

/// The key of `"setup": value,` in a json!, or of `insert("setup".into(), value);`, whose value may not be there.
fn put_in(line: &str, optional: &BTreeSet<String>) -> Option<String> {
    let of_mark = |(mark, end): (&str, &str)| {
        let (before, value) = line.split_once(mark)?;
        let key = before.rsplit('"').next().filter(|key| is_name(key))?;
        let value = value.strip_suffix(end).unwrap_or("something(on several lines)");
        (!is_there(value, optional)).then(|| key.to_owned())
    };
    [("\": ", ","), ("\".into(), ", ");")].into_iter().find_map(of_mark)
}

/// Whether a value is seen to be there: a literal, a text or a count made here, or a field that is not optional.
fn is_there(value: &str, optional: &BTreeSet<String>) -> bool {
    let plain = value.trim_end_matches(".into()").trim_start_matches('&');
    if plain.starts_with(|c: char| c == '"' || c.is_ascii_digit()) || plain.starts_with("format!(") {
        return true;
    }
    let made = [".len()", ".as_str()", ".to_string()", ".to_owned()", ".is_empty()", ".is_some()"];
    let owner = made.iter().find_map(|method| plain.strip_suffix(method)).unwrap_or(plain);
    let segments: Vec<&str> = owner.split('.').collect();
    let is_field = segments.iter().all(|segment| is_name(segment)) && (segments.len() > 1 || owner != plain);
    is_field && segments.last().is_some_and(|last| !optional.contains(*last))
}

//! Which stores `--root` names, given once, several times or as a pattern, and where the file of settings is.

use std::path::{Component, Path, PathBuf};

use super::Environment;
use super::error::CliError;
use super::options::GlobalArgs;
use crate::store::Layout;

/// The store of a command that is about one, or the first of several.
pub(super) fn first_root(around: &Environment<'_>, args: &GlobalArgs) -> PathBuf {
    let first = given(around, args).into_iter().next();
    let first = first.and_then(|root| match expanded(around, &root) {
        Ok(found) => found.into_iter().next(),
        Err(_) => Some(root),
    });
    first.unwrap_or_else(|| "./da_brains".into())
}

/// Where the file of settings is, and whether somebody named it.
pub(super) fn file_path(around: &Environment<'_>, args: &GlobalArgs) -> (PathBuf, bool) {
    let named = args.config.clone().or_else(|| around.var_path("DTLEARN_CONFIG"));
    let is_named = named.is_some();
    (named.unwrap_or_else(|| Layout::new(first_root(around, args)).config()), is_named)
}

/// The roots as they were given.
pub(super) fn given(around: &Environment<'_>, args: &GlobalArgs) -> Vec<PathBuf> {
    if args.root.is_empty() {
        around.var_path("DTLEARN_ROOT").into_iter().collect()
    } else {
        args.root.clone()
    }
}

/// Whether several roots were given, or a pattern, for a command that is about one.
pub(super) fn are_several(around: &Environment<'_>, args: &GlobalArgs) -> bool {
    let given = given(around, args);
    given.len() > 1 || given.iter().any(|root| is_pattern(around, root))
}

/// Whether a root stands for whatever is called so: a folder that really has such a name stands for itself.
fn is_pattern(around: &Environment<'_>, root: &Path) -> bool {
    let has_marks = root.to_string_lossy().contains(['*', '?']);
    has_marks && !matches!(around.disk.stat(root), Ok(Some(_)))
}

/// The stores that a root stands for: itself, or, where it is a pattern, every folder that fits, in order of names.
pub(super) fn expanded(around: &Environment<'_>, root: &Path) -> Result<Vec<PathBuf>, CliError> {
    if !is_pattern(around, root) {
        return Ok(vec![root.to_owned()]);
    }
    let mut found = vec![PathBuf::new()];
    for part in root.components() {
        let text = part.as_os_str().to_string_lossy();
        let is_plain = !matches!(part, Component::Normal(_)) || !text.contains(['*', '?']);
        found = if is_plain {
            found.into_iter().map(|folder| folder.join(part)).collect()
        } else {
            found.iter().flat_map(|folder| matching(around, folder, &text)).collect()
        };
    }
    // A folder may hold the store, or the folder of the stores of an engine that holds it.
    let is_there = |path: &Path| matches!(around.disk.stat(path), Ok(Some(_)));
    let store = |folder: PathBuf| {
        let inner = folder.join("da_brains");
        if !is_there(&Layout::new(&folder).learning()) && is_there(&inner) { inner } else { folder }
    };
    let found: Vec<PathBuf> = found.into_iter().filter(|folder| is_there(folder)).map(store).collect();
    if found.is_empty() {
        let why = format!("{}: no folder is called so", root.display());
        return Err(CliError::Usage(why, Some("--root 'desks/*' stands for every folder in desks".into())));
    }
    Ok(found)
}

/// The folders in a folder whose names fit; hidden ones only where the pattern says so.
fn matching(around: &Environment<'_>, folder: &Path, pattern: &str) -> Vec<PathBuf> {
    let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let entries = around.disk.list(here).unwrap_or_default();
    let fitting = entries.into_iter().filter(|entry| {
        let is_hidden = entry.name.starts_with('.') && !pattern.starts_with('.');
        !entry.stat.is_file && !is_hidden && fits(pattern.as_bytes(), entry.name.as_bytes())
    });
    fitting.map(|entry| folder.join(entry.name)).collect()
}

/// Whether a name is as a pattern says: `*` is any text, `?` one byte.
fn fits(pattern: &[u8], name: &[u8]) -> bool {
    let (mut at, mut of) = (0, 0);
    // Where the last star stands, and up to where it has taken the name.
    let mut star: Option<(usize, usize)> = None;
    while at < name.len() {
        match pattern.get(of) {
            Some(b'*') => {
                star = Some((of + 1, at));
                of += 1;
            }
            Some(byte) if *byte == b'?' || *byte == name[at] => (at, of) = (at + 1, of + 1),
            _ => match star {
                Some((behind, taken)) => {
                    star = Some((behind, taken + 1));
                    (at, of) = (taken + 1, behind);
                }
                None => return false,
            },
        }
    }
    pattern[of..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_text_and_a_question_mark_one_byte() {
        for (pattern, name, wanted) in [
            ("*", "momentum", true),
            ("m*m", "momentum", true),
            ("m*x", "momentum", false),
            ("desk?", "desk1", true),
            ("desk?", "desk12", false),
            ("*a*b", "xaybab", true),
            ("", "", true),
            ("a", "", false),
            ("a**", "a", true),
        ] {
            assert_eq!(fits(pattern.as_bytes(), name.as_bytes()), wanted, "{pattern} {name}");
        }
    }
}

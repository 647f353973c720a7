//! Sentences on lines of a terminal: broken between words, and never inside what a reader would copy.

use unicode_width::UnicodeWidthStr;

/// The widest label that the lines after the first are set in by.
const LABEL_MAX: usize = 12;

/// A sentence on lines of at most `width`; below a label (`Week    …`) the lines are set in. What is longer than a line
/// by itself stays whole where it has no blank.
pub(in crate::cli) fn wrapped(text: &str, width: Option<usize>) -> String {
    let Some(width) = width.filter(|width| text.width() > *width) else { return text.to_owned() };
    let rest = text.split_once("  ").map_or("", |(_, rest)| rest.trim_start());
    let label = text.len() - rest.len();
    let inset = if label <= LABEL_MAX && width > 3 * LABEL_MAX { label } else { 0 };
    let (label, rest) = text.split_at(inset);
    let mut out = label.to_owned();
    let mut used = inset;
    for (at, piece) in pieces(rest, width - inset).into_iter().enumerate() {
        let len = piece.width();
        if at > 0 && used + 1 + len > width {
            out += "\n";
            out += &" ".repeat(inset);
            used = inset;
        } else if at > 0 {
            out += " ";
            used += 1;
        }
        out += &piece;
        used += len;
    }
    out
}

/// What is not broken: words, and runs of them that belong together where they fit on a line of `room`.
fn pieces(text: &str, room: usize) -> Vec<String> {
    let words: Vec<&str> = text.split(' ').collect();
    let mut pieces: Vec<String> = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let is_behind_colon = at > 0 && words[at - 1].ends_with(':');
        let fits = |count: &usize| words[at..at + count].join(" ").width() <= room;
        let count = command(&words[at..], is_behind_colon).filter(fits);
        let count = count.or_else(|| option(&words[at..]).filter(fits)).unwrap_or(1);
        // A percent sign stays with its number, whatever stands between them.
        let signs = words[at + count..].iter().take_while(|word| word.starts_with('%')).count();
        pieces.push(words[at..at + count + signs].join(" "));
        at += count + signs;
    }
    pieces
}

/// Of how many words a command is with which a text begins: in back-ticks up to the last of them, behind a colon up to the
/// end of its clause.
fn command(words: &[&str], is_behind_colon: bool) -> Option<usize> {
    let first = words[0].trim_start_matches(['(', '[']);
    if let Some(rest) = first.strip_prefix('`') {
        let is_last = |at: usize, word: &str| if at == 0 { rest.contains('`') } else { word.contains('`') };
        return Some(words.iter().enumerate().position(|(at, word)| is_last(at, word))? + 1);
    }
    let is_end = |word: &&str| word.ends_with([';', ',', '.', ')']);
    (is_behind_colon && first == "dtlearn")
        .then(|| words.iter().position(is_end).map_or(words.len(), |end| end + 1))
}

/// Of how many words an option with its value is: `--tz America/New_York`, `--dates DMY`.
fn option(words: &[&str]) -> Option<usize> {
    let is_value = |word: &&str| word.starts_with(|c: char| c.is_ascii_uppercase() || c == '\'');
    (words[0].starts_with("--") && !words[0].ends_with([',', ';', '.', ':', ')']))
        .then(|| words.get(1).filter(|word| is_value(word)).map(|_| 2))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_copied_is_not_broken() {
        let broken = |text: &str| wrapped(text, Some(40));
        assert_eq!(
            broken("record a trade with `dtlearn record-exit --file x`, or look elsewhere"),
            "record a trade with\n`dtlearn record-exit --file x`, or look\nelsewhere"
        );
        assert_eq!(
            broken("stop it before that with: dtlearn experiment stop a; then wait"),
            "stop it before that with:\ndtlearn experiment stop a; then wait"
        );
        assert_eq!(
            broken("the zone in which times of a file are --tz Europe/Berlin"),
            "the zone in which times of a file are\n--tz Europe/Berlin"
        );
        // What fits on no line is broken like any other.
        let long = format!("run `dtlearn {}` now", "report ".repeat(8).trim());
        assert!(broken(&long).lines().all(|line| line.width() <= 40), "{}", broken(&long));
        assert_eq!(
            broken("Week    of 222 trades in the last days 33.3 %"),
            "Week    of 222 trades in the last days\n        33.3 %"
        );
    }

    /// Every error and every hint that the tests know, at 80 columns.
    #[test]
    fn no_error_that_is_known_is_broken_inside_of_a_command() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/errors");
        let mut commands = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            let said = text.split_once("\n---\n").map_or("", |(_, said)| said);
            for line in said.lines() {
                let shown = wrapped(line, Some(80));
                let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
                assert_eq!(words(&shown), words(line));
                let inside = line.split('`').skip(1).step_by(2).filter(|command| command.width() <= 78);
                for command in inside {
                    commands += 1;
                    assert!(shown.contains(command), "{command} is broken in\n{shown}");
                }
                let widest =
                    shown.lines().filter(|line| line.contains(' ')).map(UnicodeWidthStr::width).max();
                assert!(widest.unwrap_or(0) <= 80 || line.starts_with(' '), "{shown}");
            }
        }
        assert!(commands > 50, "{commands}");
    }
}

//! Text from records never reaches a terminal as it is: an escape sequence in a symbol could hide a loss.

use std::borrow::Cow;
use std::fmt::Write;

/// Whether a character could change what a terminal shows, other than by its own picture.
pub(super) fn is_treacherous(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// The text with every treacherous character written out, such as `\u{1b}`.
pub(in crate::cli) fn safe(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_treacherous) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_treacherous(c) {
            // Writing into a String cannot fail.
            let _ = write!(out, "{}", c.escape_default());
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_deceive_is_written_out() {
        assert_eq!(safe("AAPL"), "AAPL");
        assert_eq!(safe("A\u{1b}[31mB\nC\u{202e}D\u{200b}"), "A\\u{1b}[31mB\\nC\\u{202e}D\\u{200b}");
        assert_eq!(safe("Zürich 東京"), "Zürich 東京");
    }
}

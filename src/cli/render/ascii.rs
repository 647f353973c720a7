//! An answer in plain ASCII: for terminals, logs and mails that have nothing else. Each letter is one letter again, so
//! that columns stay where they are.

/// The letter that stands for another.
fn plain(c: char) -> char {
    match c {
        _ if c.is_ascii() => c,
        '├' => '[',
        '┤' => ']',
        '│' | '┼' => '|',
        '●' => 'o',
        '─' | '–' | '—' | '−' => '-',
        // A curve by height.
        '▁' => '_',
        '▂' => '.',
        '▃' => ',',
        '▄' => '-',
        '▅' => '=',
        '▆' => '+',
        '▇' => '*',
        '█' => '#',
        '…' => '~',
        '→' => '>',
        '≥' => '>',
        '≤' => '<',
        '×' | '·' => 'x',
        '∞' => '!',
        '√' => 'v',
        'Σ' => 'S',
        '’' | '‘' => '\'',
        '“' | '”' => '"',
        '\u{a0}' => ' ',
        _ => '?',
    }
}

/// The text in ASCII.
pub(super) fn ascii(text: &str) -> String {
    text.chars().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_letter_is_one_letter_of_ascii() {
        assert_eq!(ascii("├─┼●─┤ ▁▂▃▄▅▆▇█ – 25.0 % → …"), "[-|o-] _.,-=+*# - 25.0 % > ~");
        let all: String = (' '..='\u{2fff}').collect();
        assert!(ascii(&all).is_ascii() && ascii(&all).len() == all.chars().count());
    }
}

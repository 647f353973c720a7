//! The words and signs of a filter, each with its place.

use super::error::FilterError;

/// What a piece of the expression is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A name, a number, a date, a word without quotes.
    Word(String),
    /// A text in quotes.
    Quoted(String),
    /// `= != < <= > >= ( ) ,`
    Sign(&'static str),
}

/// A piece with its place, counted in letters.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Placed {
    pub token: Token,
    pub at: usize,
    pub width: usize,
}

/// Signs, the longer before those that begin them, with the form that stands for them.
const SIGNS: [(&str, &str); 14] = [
    ("<=", "<="),
    (">=", ">="),
    ("!=", "!="),
    ("<>", "!="),
    ("==", "="),
    ("&&", "and"),
    ("||", "or"),
    ("=", "="),
    ("<", "<"),
    (">", ">"),
    ("(", "("),
    (")", ")"),
    (",", ","),
    ("!", "not"),
];

/// Letters of words without quotes: names, symbols such as `BTC/USDT` and `BRK.B`, numbers, times.
fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || "_.:/+-%$#@^*".contains(letter)
}

/// Whether a text is a word that needs no quotes.
pub(super) fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_of_word)
}

/// Takes an expression apart.
pub(super) fn tokens(text: &str) -> Result<Vec<Placed>, FilterError> {
    let letters: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < letters.len() {
        let letter = letters[at];
        if letter.is_whitespace() {
            at += 1;
            continue;
        }
        let sign = SIGNS.iter().find(|(sign, _)| {
            let sign: Vec<char> = sign.chars().collect();
            letters[at..].starts_with(&sign)
        });
        let (token, width) = if let Some((sign, meaning)) = sign {
            let token = match *meaning {
                "and" | "or" | "not" => Token::Word((*meaning).to_owned()),
                sign => Token::Sign(sign),
            };
            (token, sign.len())
        } else if letter == '"' || letter == '\'' {
            quoted(text, &letters, at)?
        } else if is_of_word(letter) {
            let word: String = letters[at..].iter().take_while(|letter| is_of_word(**letter)).collect();
            let width = word.chars().count();
            (Token::Word(word), width)
        } else {
            let shown = letter.escape_debug();
            return Err(FilterError::new(text, at, 1, format!("`{shown}` has no meaning here")));
        };
        found.push(Placed { token, at, width });
        at += width;
    }
    Ok(found)
}

/// A text in quotes; a quote in it is written twice.
fn quoted(text: &str, letters: &[char], from: usize) -> Result<(Token, usize), FilterError> {
    let quote = letters[from];
    let (mut inside, mut at) = (String::new(), from + 1);
    loop {
        match letters.get(at) {
            None => {
                let what = format!("the quote {quote} that begins here has no end");
                return Err(FilterError::new(text, from, 1, what));
            }
            Some(letter) if *letter == quote && letters.get(at + 1) == Some(&quote) => {
                inside.push(quote);
                at += 2;
            }
            Some(letter) if *letter == quote => return Ok((Token::Quoted(inside), at + 1 - from)),
            Some(letter) => {
                inside.push(*letter);
                at += 1;
            }
        }
    }
}

//! What all pictures are made of: colours, letters, lines, and the way from numbers to places.

use maud::{Markup, html};

use super::axis::named_ticks;
use crate::domain::Date;
use crate::report::Scale;

// The colours of the light page; the page's style turns them where it is dark.
pub(super) const INK: &str = "#1F2328";
pub(super) const FAINT: &str = "#D0D7DE";
pub(super) const LINE: &str = "#0969DA";
pub(super) const GAIN: &str = "#1A7F37";
pub(super) const LOSS: &str = "#CF222E";

/// Size of letters: a picture is drawn about as wide as it is shown, on a telephone too.
pub(super) const LETTERS: &str = "13";
pub(super) const SMALL: &str = "12";

/// The room that a text takes in small letters, about.
pub(super) fn room(text: &str) -> f64 {
    let width = |c: char| match c {
        'M' | 'W' | 'm' | 'w' | '%' | '…' => 10.5,
        'A'..='Z' => 8.6,
        'i' | 'j' | 'l' | 'f' | 't' | 'r' | ' ' | '.' | ',' | ':' | '(' | ')' | '-' => 4.2,
        _ => 6.8,
    };
    text.chars().map(width).sum()
}

/// The text in so much room: what is too long loses its middle, as names differ at either end.
pub(super) fn fitted(text: &str, most: f64) -> String {
    if room(text) <= most {
        return text.to_owned();
    }
    let all: Vec<char> = text.chars().collect();
    let cut = |kept: usize| -> String {
        let head = kept.div_ceil(2);
        all[..head].iter().chain(&['…']).chain(&all[all.len() - (kept - head)..]).collect()
    };
    (1..all.len()).rev().map(cut).find(|text| room(text) <= most).unwrap_or_else(|| "…".into())
}

/// The colour of a gain or a loss.
pub(super) fn tone(value: f64) -> &'static str {
    if value < 0.0 { LOSS } else { GAIN }
}

/// A place in the picture, to a tenth.
pub(super) fn at(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// From numbers to places.
#[derive(Clone, Copy)]
pub(super) struct Axis {
    from: (f64, f64),
    to: (f64, f64),
}

impl Axis {
    pub(super) fn new(from: (f64, f64), to: (f64, f64)) -> Self {
        Self { from, to }
    }

    pub(super) fn place(&self, value: f64) -> f64 {
        let width = self.from.1 - self.from.0;
        let share = if width > 0.0 { (value - self.from.0) / width } else { 0.5 };
        self.to.0 + share.clamp(0.0, 1.0) * (self.to.1 - self.to.0)
    }
}

pub(super) fn letters(x: f64, y: f64, anchor: &str, size: &str, text: &str) -> Markup {
    html! { text x=(at(x)) y=(at(y)) text-anchor=(anchor) font-size=(size) fill=(INK) { (text) } }
}

pub(super) fn line(x: (f64, f64), y: (f64, f64), colour: &str) -> Markup {
    html! { line x1=(at(x.0)) x2=(at(x.1)) y1=(at(y.0)) y2=(at(y.1)) stroke=(colour) {} }
}

/// A part of the picture that shows nothing but its words under the pointer; the style knows its class.
pub(super) fn hover(x: (f64, f64), y: (f64, f64), words: &str) -> Markup {
    let (left, top, width, height) = (x.0, y.0, x.1 - x.0, y.1 - y.0);
    html! { path class="h" d={ "M" (at(left)) " " (at(top)) "h" (at(width)) "v" (at(height)) "h-" (at(width)) "z" } { title { (words) } } }
}

/// Lines across with their numbers at the left.
pub(super) fn levels(
    axis: Axis,
    range: (f64, f64),
    most: usize,
    scale: Scale,
    (left, right): (f64, f64),
) -> Markup {
    html! {
        @for (value, name) in named_ticks(range, most, scale) {
            (line((left, right), (axis.place(value), axis.place(value)), FAINT))
            (letters(left - 6.0, axis.place(value) + 5.0, "end", SMALL, &name))
        }
    }
}

/// Numbers below an axis, none of them beyond `right` or over another.
pub(super) fn numbers_below(
    axis: Axis,
    range: (f64, f64),
    most: usize,
    scale: Scale,
    (y, right): (f64, f64),
) -> Markup {
    let mut free = 0.0;
    let mut shown = Vec::new();
    for (value, name) in named_ticks(range, most, scale) {
        let half = room(&name) / 2.0;
        let x = axis.place(value).min(right - half);
        if x - half >= free {
            free = x + half + 4.0;
            shown.push((x, name));
        }
    }
    html! { @for (x, name) in &shown { (letters(*x, y, "middle", SMALL, name)) } }
}

/// The first and the last date below an axis.
pub(super) fn ends(first: Date, last: Date, (left, right): (f64, f64), y: f64) -> Markup {
    html! {
        (letters(left, y, "start", SMALL, &first.to_string()))
        @if first != last { (letters(right, y, "end", SMALL, &last.to_string())) }
    }
}

pub(super) fn path(points: impl Iterator<Item = (f64, f64)>) -> String {
    let mut text = String::new();
    for (index, (x, y)) in points.enumerate() {
        text.push_str(&format!("{}{x:.1} {y:.1}", if index == 0 { "M" } else { "L" }));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_too_long_still_differ() {
        let names = ["opening_range_breakout_failed", "opening_range_breakout_confirmed"];
        let cut = names.map(|name| fitted(name, 120.0));
        assert!(cut.iter().all(|name| name.contains('…') && room(name) <= 120.0), "{cut:?}");
        assert_ne!(cut[0], cut[1]);
        assert_eq!(fitted("orb", 120.0), "orb");
    }
}

//! Values as blocks of eight heights, for a run of them in a cell.

const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A value between two ends as a block: the lowest where the ends are one, or the value lies below them.
pub(super) fn block(value: f64, (low, high): (f64, f64)) -> char {
    let share = if high > low { ((value - low) / (high - low)).clamp(0.0, 1.0) } else { 0.0 };
    BLOCKS[(share * (BLOCKS.len() - 1) as f64).round() as usize]
}

/// The lowest and the highest of values; infinite ones of none.
pub(super) fn extremes(values: impl IntoIterator<Item = f64>) -> (f64, f64) {
    values.into_iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)))
}

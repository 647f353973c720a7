//! Which known word did somebody mean?

/// The known word that is most like another one, where any is.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let close = known.into_iter().map(|name| (strsim::jaro_winkler(name, word), name));
    close.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|best| best.0 > 0.7).map(|best| best.1)
}

//! One name for each feature, however records spell it.

/// The one name of a feature: camelCase and snake_case are the same, in small letters.
pub fn feature_key(name: &str) -> String {
    let mut key = String::with_capacity(name.len() + 4);
    let mut before_small = false;
    for letter in name.trim().chars() {
        if letter.is_uppercase() && before_small {
            key.push('_');
        }
        before_small = letter.is_lowercase() || letter.is_ascii_digit();
        if matches!(letter, '-' | ' ' | '.') { key.push('_') } else { key.extend(letter.to_lowercase()) }
    }
    key
}

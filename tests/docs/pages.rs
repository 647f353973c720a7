//! Pages of the manual as text.

pub fn page(name: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("man").join(name);
    std::fs::read_to_string(path).unwrap().replace("\\-", "-")
}

/// Whether a page has an entry of that name: a tag in bold, with a definition under it.
pub fn has_entry(page: &str, name: &str) -> bool {
    let lines: Vec<&str> = page.lines().collect();
    let tag = |line: &str| {
        line.starts_with(".B") && line.split([' ', ',', '"']).skip(1).any(|word| word.trim() == name)
    };
    lines.windows(3).any(|three| three[0] == ".TP" && tag(three[1]) && !three[2].starts_with(".TP"))
}

/// The checkout.
pub const ROOT: &str = env!("CARGO_MANIFEST_DIR");

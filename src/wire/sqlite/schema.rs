//! The columns of a table, from the statement that made it.

/// The columns of a table, in their order, and which of them is the number of the row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Columns {
    pub(super) names: Vec<String>,
    /// The column whose value is the row's own number: it is not kept in the record.
    pub(super) row_id: Option<usize>,
}

/// What begins a part of the statement that is no column.
const CONSTRAINTS: [&str; 5] = ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"];

/// The columns that a `CREATE TABLE` names.
pub(super) fn columns(statement: &str) -> Columns {
    let mut found = Columns::default();
    let mut types: Vec<String> = Vec::new();
    let Some((_, inside)) = statement.split_once('(') else { return found };
    for part in parts(inside) {
        let (first, is_quoted, rest) = word(&part);
        // In ASCII alone: other capitals can be longer than their letters, and offsets in them do not fit the statement.
        let upper = first.to_ascii_uppercase();
        let words: Vec<String> = rest.to_ascii_uppercase().split_whitespace().map(str::to_owned).collect();
        if !is_quoted && CONSTRAINTS.contains(&upper.as_str()) {
            let keyed = part.to_ascii_uppercase().find("PRIMARY KEY").and_then(|at| part.get(at..));
            if let Some((_, inside)) = keyed.and_then(|keyed| keyed.split_once('('))
                && let Some((key, _)) = inside.split_once(')')
            {
                let (key, ..) = word(key);
                let at = found.names.iter().position(|name| name.eq_ignore_ascii_case(&key));
                found.row_id = found.row_id.or(at.filter(|at| types[*at] == "INTEGER"));
            }
            continue;
        }
        if first.is_empty() {
            continue;
        }
        let kind = words.first().cloned().unwrap_or_default();
        if kind == "INTEGER"
            && words.windows(2).any(|pair| pair[0] == "PRIMARY" && pair[1].starts_with("KEY"))
        {
            found.row_id = Some(found.names.len());
        }
        types.push(kind);
        found.names.push(first);
    }
    found
}

/// What stands between the commas of the outermost brackets.
fn parts(inside: &str) -> Vec<String> {
    let (mut parts, mut part) = (Vec::new(), String::new());
    let (mut depth, mut quote) = (0usize, None);
    for c in inside.chars() {
        match (quote, c) {
            (Some(end), c) if c == end => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'' | '`') => quote = Some(c),
            (None, '[') => quote = Some(']'),
            (None, '(') => depth += 1,
            (None, ')') if depth == 0 => break,
            (None, ')') => depth -= 1,
            (None, ',') if depth == 0 => {
                parts.push(std::mem::take(&mut part));
                continue;
            }
            _ => {}
        }
        part.push(c);
    }
    parts.push(part);
    parts
}

/// The first word of a part, without its quotes; whether it had any; and what follows.
fn word(part: &str) -> (String, bool, &str) {
    let part = part.trim();
    let end = match part.chars().next() {
        Some('[') => ']',
        Some(quote @ ('"' | '`' | '\'')) => quote,
        _ => {
            let at = part.find(|c: char| c.is_whitespace() || c == '(').unwrap_or(part.len());
            let (first, rest) = part.split_at(at);
            return (first.to_owned(), false, rest);
        }
    };
    let inside = part.strip_prefix(['[', '"', '`', '\'']).unwrap_or(part);
    match inside.split_once(end) {
        Some((name, rest)) => (name.to_owned(), true, rest),
        None => (inside.to_owned(), true, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_told_from_constraints() {
        let of = |statement: &str| {
            let found = columns(statement);
            (found.names.join(" "), found.row_id)
        };
        assert_eq!(
            of(
                "CREATE TABLE trades (\n\tid INTEGER NOT NULL, \n\t\"pair, odd\" VARCHAR(25) NOT NULL, rate NUMERIC(10, 2) \
                DEFAULT 'a,b)', \n\tPRIMARY KEY (id), FOREIGN KEY(x) REFERENCES y (z)\n)"
            ),
            ("id pair, odd rate".into(), Some(0))
        );
        assert_eq!(
            of("CREATE TABLE t (a TEXT, `b` integer primary key, [c d] REAL)"),
            ("a b c d".into(), Some(1))
        );
        assert_eq!(
            of("CREATE TABLE t (id VARCHAR PRIMARY KEY, \"primary\" INT)"),
            ("id primary".into(), None)
        );
        assert_eq!(of("CREATE TABLE t"), (String::new(), None));
        // Their capitals are longer than the letters, or shorter.
        for name in ["\u{149}".repeat(40), "\u{fb01}".repeat(5), "\u{131}".repeat(9)] {
            let statement = format!("CREATE TABLE t (id INTEGER, constraint {name} primary key (id))");
            assert_eq!(of(&statement), ("id".into(), Some(0)));
        }
    }
}

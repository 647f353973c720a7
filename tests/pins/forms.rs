//! Forms in which long answers are kept short and their changes easy to read.

use serde_json::Value;

/// Trades as a broker would write them.
pub const TRADES: &str = "Symbol,Side,Fill Px,Exit Price,Qty,Entry Time,Exit Time\n\
    MSFT,BUY,100,101,10,2019-02-14 10:00:00,2019-02-14 10:30:00\n\
    AAPL,SELL,200,199,5,2019-02-14 11:00:00,2019-02-14 11:45:00\n\
    AAPL,SELL,200,0,5,2019-02-14 11:00:00,2019-02-14 11:45:00\n";

/// JSON with every value on one line that has the room.
pub fn short_json(value: &Value) -> String {
    let mut out = String::new();
    write(value, 0, &mut out);
    out
}

fn write(value: &Value, depth: usize, out: &mut String) {
    let line = value.to_string();
    let inner = " ".repeat(depth + 1);
    let mut first = true;
    let mut next = |out: &mut String| {
        out.push_str(if first { "\n" } else { ",\n" });
        out.push_str(&inner);
        first = false;
    };
    match value {
        _ if depth > 0 && line.len() + depth <= 110 => out.push_str(&line),
        Value::Object(fields) => {
            out.push('{');
            for (at, (key, value)) in fields.iter().enumerate() {
                next(out);
                out.push_str(&format!("{}: ", Value::from(key.as_str())));
                // Five days fill the windows of 7 and of 90 days alike.
                let same = fields.iter().take(at).find(|(_, earlier)| *earlier == value);
                match same.filter(|_| value.to_string().len() > 200) {
                    Some((earlier, _)) => out.push_str(&format!("the same as {earlier}")),
                    None => write(value, depth + 1, out),
                }
            }
            out.push_str(&format!("\n{}}}", " ".repeat(depth)));
        }
        Value::Array(items) => {
            out.push('[');
            for item in items {
                next(out);
                write(item, depth + 1, out);
            }
            out.push_str(&format!("\n{}]", " ".repeat(depth)));
        }
        _ => out.push_str(&line),
    }
}

/// The sections of a page with the addresses that lead to them, a tag a line.
pub fn sections(page: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut id = "head";
    let parts = page.split("<h2 id=\"");
    for (at, part) in parts.enumerate() {
        let text = match at {
            0 => part,
            _ => {
                let (name, text) = part.split_once("\">").unwrap();
                id = name;
                text
            }
        };
        found.push((id.to_owned(), text.replace("><", ">\n<")));
    }
    found
}

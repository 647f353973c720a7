//! The text format that Prometheus reads: HELP and TYPE of each metric, then a line for each value.
//!
//! Format: \u{201c}Exposition formats\u{201d} in the documentation of Prometheus, text format 0.0.4.

use std::io::{self, Write};

use super::escape::safe;
use crate::report::Gauge;

/// A text in which the backslash, and in a label the quote, are escaped. A newline, like everything that could deceive a
/// terminal, is made visible before.
fn escaped(text: &str, is_label: bool) -> String {
    let text = safe(text).replace('\\', "\\\\");
    if is_label { text.replace('"', "\\\"") } else { text }
}

/// Writes the gauges.
pub(super) fn write(gauges: &[Gauge], out: &mut dyn Write) -> io::Result<()> {
    for Gauge { name, help, samples } in gauges {
        writeln!(out, "# HELP {name} {}\n# TYPE {name} gauge", escaped(help, false))?;
        for (labels, value) in samples {
            let labels: Vec<String> =
                labels.iter().map(|(label, text)| format!("{label}=\"{}\"", escaped(text, true))).collect();
            let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
            writeln!(out, "{name}{labels} {value}")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_any_text_stay_one_line_and_one_label() {
        let labels = vec![("grouping", "by_setup".to_owned()), ("key", "a\"b\\c\nd\u{1b}".to_owned())];
        let samples = vec![(labels, -0.25), (Vec::new(), 3.0)];
        let gauges = [Gauge { name: "dtlearn_x_ratio".into(), help: "What\nit is".into(), samples }];
        let mut out = Vec::new();
        write(&gauges, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 4, "{text}");
        assert!(!text.contains('\u{1b}') && lines[0].starts_with("# HELP dtlearn_x_ratio What"), "{text}");
        assert_eq!((lines[1], lines[3]), ("# TYPE dtlearn_x_ratio gauge", "dtlearn_x_ratio 3"));
        assert!(lines[2].starts_with(r#"dtlearn_x_ratio{grouping="by_setup",key="a\"b\\"#), "{text}");
        assert!(lines[2].ends_with(r#""} -0.25"#), "{text}");
    }
}

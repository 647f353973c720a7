use super::*;

fn field(name: &str) -> Option<Field> {
    meaning_of(name, Kind::Exit).map(|meaning| meaning.field)
}

#[test]
fn a_name_means_one_field_of_a_kind() {
    for kind in [Kind::Exit, Kind::Signal, Kind::Missed, Kind::Bar, Kind::Fill] {
        let mut seen = std::collections::HashMap::new();
        for word in words(kind) {
            for name in [word.field.as_str()].iter().chain(word.names).chain(word.loose) {
                if let Some(other) =
                    seen.insert(folded(name), word.field).filter(|other| *other != word.field)
                {
                    panic!("{name} means {} and {}", other.as_str(), word.field.as_str());
                }
            }
        }
    }
}

#[test]
fn names_are_folded() {
    for (name, of) in [
        ("Entry Price", Field::EntryPrice),
        ("entryPrice", Field::EntryPrice),
        ("entry-price", Field::EntryPrice),
        ("ENTRY.PRICE", Field::EntryPrice),
        ("Market pos.", Field::Side),
        ("Profit USD", Field::Pnl),
        ("Net P&L USD", Field::Pnl),
        ("Gain/Loss ($)", Field::Pnl),
        ("Profit / Loss", Field::Pnl),
        ("Gross P&L", Field::GrossPnl),
        ("Commission & Fees", Field::Fees),
        ("Clearing Fee", Field::Fees),
        ("Exit Fees", Field::Fees),
        ("Filled Qty", Field::Qty),
        ("Size (qty)", Field::Qty),
        ("boughtTimestamp", Field::BuyTime),
    ] {
        assert_eq!(field(name), Some(of), "{name}");
    }
    for name in ["Cum. net profit", "Profit %", "ReturnPct", "MAE", "Amount", "Bars", "fee_open", "Trade #"] {
        assert_eq!(field(name), None, "{name}");
    }
}

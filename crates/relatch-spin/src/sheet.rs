//! Cells of CSV files that people open in a spreadsheet.

/// What a spreadsheet takes for the beginning of a formula.
const BEGINS_FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// A spreadsheet would run a cell that begins like a formula: an apostrophe before it keeps it text.
pub fn guarded(cell: String) -> String {
    if cell.starts_with(BEGINS_FORMULA) { format!("'{cell}") } else { cell }
}

/// A cell without the apostrophe that [`guarded`] put there.
pub fn unguarded(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if rest.starts_with(BEGINS_FORMULA) => rest,
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for cell in ["=1+1", "+44", "-1", "@x"] {
            assert_eq!(guarded(cell.to_owned()), format!("'{cell}"));
            assert_eq!(unguarded(&guarded(cell.to_owned())), cell);
        }
        assert_eq!(unguarded("'s-Hertogenbosch"), "'s-Hertogenbosch");
    }
}

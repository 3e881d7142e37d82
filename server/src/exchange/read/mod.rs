//! A file becomes a table of text cells, whatever it was written with.

mod csv;
mod xlsx;

use roundsman_core::error::{Refusal, Result, codes};

/// Bytes of a file at most.
pub const FILE_BYTES_MAX: usize = 20 * 1024 * 1024;
/// Rows of a file at most, without its header.
pub const ROWS_MAX: usize = 100_000;
/// Columns of a file at most.
pub const COLUMNS_MAX: usize = 200;
/// Bytes of all cells together at most.
const TEXT_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The cells of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// What the first row calls each column.
    pub header: Vec<String>,
    /// The others that hold something.
    pub rows: Vec<Line>,
    /// Whether columns are separated by semicolons, as where decimals have a comma.
    pub semicolons: bool,
}

/// A row of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// Its number as a spreadsheet counts: the header is 1.
    pub n: u32,
    /// As many as the header has.
    pub cells: Vec<String>,
    /// Whether there was more in it: a comma inside a number splits a cell, and moves those after it.
    pub beyond: bool,
}

/// Reads a CSV file or a workbook's first sheet.
///
/// # Errors
/// [`codes::TOO_LARGE`] beyond the limits, [`codes::INVALID`] when it cannot be read, and
/// [`codes::EMPTY`] when it holds no rows.
pub fn read(bytes: &[u8]) -> Result<Table> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(too_large("file"));
    }
    let is_workbook = bytes.starts_with(b"PK\x03\x04");
    let (lines, semicolons) =
        if is_workbook { (xlsx::read(bytes)?, false) } else { csv::read(bytes)? };
    let mut lines = lines.into_iter();
    let header = lines.next().ok_or_else(|| Refusal::new(codes::EMPTY).with("field", "file"))?;
    // What stands beside a workbook's table was put there; nothing was split.
    let width = if is_workbook { usize::MAX } else { header.cells.len() };
    let mut header: Vec<String> = header.cells.iter().map(|cell| cell.trim().to_owned()).collect();
    while header.last().is_some_and(String::is_empty) {
        header.pop();
    }
    let rows: Vec<Line> = lines.map(|line| fitted(line, header.len(), width)).collect();
    if header.is_empty() || rows.is_empty() {
        return Err(Refusal::new(codes::EMPTY).with("field", "file"));
    }
    Ok(Table { header, rows, semicolons })
}

fn fitted(mut line: Line, named: usize, width: usize) -> Line {
    line.beyond = line.cells.iter().skip(width).any(|cell| !cell.trim().is_empty());
    line.cells.resize(named, String::new());
    line
}

/// Collects lines and refuses what would not fit.
#[derive(Default)]
struct Lines {
    lines: Vec<Line>,
    bytes: usize,
}

impl Lines {
    /// Adds a row; one without content is left out.
    fn push(&mut self, n: usize, cells: Vec<String>) -> Result<()> {
        if cells.iter().all(|cell| cell.trim().is_empty()) {
            return Ok(());
        }
        self.bytes += cells.iter().map(String::len).sum::<usize>();
        if cells.len() > COLUMNS_MAX {
            return Err(too_large("columns"));
        }
        if self.lines.len() > ROWS_MAX {
            return Err(too_large("rows"));
        }
        if self.bytes > TEXT_BYTES_MAX {
            return Err(too_large("file"));
        }
        let cells = cells.into_iter().map(without_guard).collect();
        self.lines.push(Line { n: u32::try_from(n).unwrap_or(u32::MAX), cells, beyond: false });
        Ok(())
    }
}

/// Characters with which a spreadsheet takes a cell for a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// A cell that no spreadsheet computes.
#[must_use]
pub fn guarded(cell: &str) -> String {
    if cell.starts_with(FORMULA) { format!("'{cell}") } else { cell.to_owned() }
}

/// What [`guarded`] was given.
fn without_guard(cell: String) -> String {
    match cell.strip_prefix('\'') {
        Some(rest) if rest.starts_with(FORMULA) => rest.to_owned(),
        _ => cell,
    }
}

fn too_large(what: &str) -> Refusal {
    Refusal::new(codes::TOO_LARGE).with("field", what)
}

fn unreadable(detail: impl ToString) -> Refusal {
    Refusal::new(codes::INVALID).with("field", "file").with("detail", detail.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_is_made_harmless_and_read_back() {
        for cell in ["=1+1", "+49 30 1", "-5", "@x", "plain", "'quoted'", ""] {
            assert_eq!(without_guard(guarded(cell)), cell);
            assert!(!guarded(cell).starts_with(FORMULA), "{cell}");
        }
    }

    #[test]
    fn a_file_without_rows_is_refused() {
        for bytes in [&b""[..], b"\n\n", b"Code;Name\n", b"Code;Name\n;\n"] {
            assert_eq!(read(bytes).map_err(|it| it.code), Err(codes::EMPTY.to_owned()));
        }
    }

    #[test]
    fn rows_are_numbered_as_in_a_spreadsheet_and_as_wide_as_the_header() {
        let table = read(b"Code,Name\n\nA\nB,Bee,more\n").unwrap();
        let rows = table.rows.iter();
        let found: Vec<_> = rows.map(|row| (row.n, row.cells.len(), row.beyond)).collect();
        assert_eq!(found, [(3, 2, false), (4, 2, true)]);
    }
}

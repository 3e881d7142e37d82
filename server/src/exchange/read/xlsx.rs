//! Workbooks: the first sheet, cell by cell, so that one far away costs no memory.

use std::io::{Cursor, Read as _};

use calamine::{DataRef, Reader as _, Xlsx};
use roundsman_core::error::Result;

use super::{COLUMNS_MAX, Line, Lines, ROWS_MAX, too_large, unreadable};

/// Bytes of a workbook at most, once it is unpacked.
const UNPACKED_BYTES_MAX: u64 = 256 * 1024 * 1024;

pub fn read(bytes: &[u8]) -> Result<Vec<Line>> {
    check_size(bytes, UNPACKED_BYTES_MAX)?;
    let mut book: Xlsx<_> =
        calamine::open_workbook_from_rs(Cursor::new(bytes)).map_err(unreadable)?;
    let sheet = book.sheet_names().first().cloned().unwrap_or_default();
    let mut reader = book.worksheet_cells_reader(&sheet).map_err(unreadable)?;
    let (mut lines, mut row, mut cells) = (Lines::default(), 0, Vec::new());
    while let Some(cell) = reader.next_cell().map_err(unreadable)? {
        let text = text(cell.get_value());
        if text.is_empty() {
            continue;
        }
        let (at, column) = cell.get_position();
        if at != row {
            lines.push(row as usize + 1, std::mem::take(&mut cells))?;
            row = at;
        }
        let column = column as usize;
        if column >= COLUMNS_MAX {
            return Err(too_large("columns"));
        }
        if row as usize > ROWS_MAX {
            return Err(too_large("rows"));
        }
        if cells.len() <= column {
            cells.resize(column + 1, String::new());
        }
        cells[column] = text;
    }
    lines.push(row as usize + 1, cells)?;
    Ok(lines.lines)
}

/// Unpacks it into nothing: what a zip says about its size need not be true.
fn check_size(bytes: &[u8], bytes_max: u64) -> Result<()> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(unreadable)?;
    let mut left = bytes_max;
    for index in 0..archive.len() {
        let file = archive.by_index(index).map_err(unreadable)?;
        let unpacked = std::io::copy(&mut file.take(left + 1), &mut std::io::sink());
        left = left.checked_sub(unpacked.map_err(unreadable)?).ok_or_else(|| too_large("file"))?;
    }
    Ok(())
}

/// What a cell says: days as 2026-11-23, numbers with a point.
fn text(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::String(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(yes) => yes.to_string(),
        DataRef::DateTime(at) => {
            let (year, month, day, ..) = at.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02}")
        }
        DataRef::DateTimeIso(text) => text.chars().take(10).collect(),
        DataRef::DurationIso(text) => text.clone(),
        DataRef::Error(_) | DataRef::Empty => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in files {
            archive.start_file(*name, SimpleFileOptions::default()).unwrap();
            archive.write_all(content).unwrap();
        }
        archive.finish().unwrap().into_inner()
    }

    /// A workbook of one sheet with this inside.
    fn book(sheet: &str) -> Vec<u8> {
        let types =
            r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>"#;
        let book = r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="A" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
        let links = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#;
        let root = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
        let styles = r#"<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>"#;
        let sheet = format!(
            r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{sheet}</sheetData></worksheet>"#
        );
        zipped(&[
            ("[Content_Types].xml", types.as_bytes()),
            ("_rels/.rels", root.as_bytes()),
            ("xl/workbook.xml", book.as_bytes()),
            ("xl/_rels/workbook.xml.rels", links.as_bytes()),
            ("xl/styles.xml", styles.as_bytes()),
            ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
        ])
    }

    #[test]
    fn cells_are_text() {
        let sheet = r#"<row r="1"><c r="A1" t="inlineStr"><is><t>Code</t></is></c><c r="B1" t="inlineStr"><is><t>Since</t></is></c></row>
            <row r="3"><c r="A3"><v>12.5</v></c><c r="B3" s="1"><v>46349</v></c></row>"#;
        let lines = read(&book(sheet)).unwrap();
        let cells: Vec<_> = lines.iter().map(|it| (it.n, it.cells.join("|"))).collect();
        assert_eq!(cells, [(1, "Code|Since".to_owned()), (3, "12.5|2026-11-23".to_owned())]);
    }

    #[test]
    fn a_cell_far_away_is_refused_and_costs_nothing() {
        for far in ["XFD1", "A1048576"] {
            let sheet = format!(r#"<row><c r="{far}"><v>1</v></c></row>"#);
            let refused = read(&book(&sheet)).map_err(|refusal| refusal.code);
            assert_eq!(refused, Err("TOO_LARGE".to_owned()), "{far}");
        }
    }

    #[test]
    fn what_unpacks_to_too_much_is_refused() {
        let small = zipped(&[("a", &[0; 600]), ("b", &[0; 600])]);
        assert!(check_size(&small, 1_200).is_ok());
        assert!(check_size(&small, 1_199).is_err());
        assert!(read(b"PK\x03\x04 and no more").is_err());
    }
}

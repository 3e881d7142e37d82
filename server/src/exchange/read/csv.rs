//! CSV: the encoding and what separates columns are found out.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use roundsman_core::error::Result;

use super::{Line, Lines, unreadable};

/// What separates columns somewhere in the world.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// Bytes that are looked at to tell an encoding.
const SAMPLE_BYTES: usize = 256 * 1024;

/// The lines, and whether semicolons separate their columns.
pub fn read(bytes: &[u8]) -> Result<(Vec<Line>, bool)> {
    if !is_text(bytes) {
        return Err(unreadable("it is no text"));
    }
    let text = decode(bytes);
    let delimiter = delimiter(&text);
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let (mut lines, mut n) = (Lines::default(), 0);
    for record in reader.records() {
        let record = record.map_err(unreadable)?;
        let begin = record.position().map_or(0, csv::Position::byte);
        n += 1 + empty_lines(text.as_bytes(), usize::try_from(begin).unwrap_or(usize::MAX));
        lines.push(n, record.iter().map(str::to_owned).collect())?;
    }
    Ok((lines.lines, delimiter == b';'))
}

/// Whether this can be text: pictures, old workbooks and the like have zero bytes, which only UTF-16
/// has as well, and that says so.
fn is_text(bytes: &[u8]) -> bool {
    encoding_rs::Encoding::for_bom(bytes).is_some() || !bytes.contains(&0)
}

/// Empty lines before a record that begins here: the reader passes over them, spreadsheets count them.
fn empty_lines(text: &[u8], begin: usize) -> usize {
    let before = text.get(..begin).and_then(<[u8]>::last);
    let rest = text.get(begin..).unwrap_or_default();
    // The end of a line of two bytes may be left over from the record before.
    let rest = if before == Some(&b'\r') { rest.strip_prefix(b"\n").unwrap_or(rest) } else { rest };
    rest.iter().take_while(|it| matches!(it, b'\r' | b'\n')).filter(|it| **it == b'\n').count()
}

/// The text, whatever it was encoded in: UTF-8 when it can be that, UTF-16 when it says so, and
/// what the letters look like otherwise (GB18030, Latin-1 and others).
fn decode(bytes: &[u8]) -> String {
    if let Some((encoding, _)) = encoding_rs::Encoding::for_bom(bytes) {
        return encoding.decode(bytes).0.into_owned();
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.to_owned();
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    let sample = &bytes[..bytes.len().min(SAMPLE_BYTES)];
    detector.feed(sample, sample.len() == bytes.len());
    detector.guess(None, Utf8Detection::Deny).decode(bytes).0.into_owned()
}

/// What occurs most often in the first line, outside of quotes.
fn delimiter(text: &str) -> u8 {
    let mut counts = [0_usize; DELIMITERS.len()];
    let mut quoted = false;
    for byte in text.trim_start().bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => break,
            _ if quoted => {}
            _ => {
                if let Some(at) = DELIMITERS.iter().position(|it| *it == byte) {
                    counts[at] += 1;
                }
            }
        }
    }
    let most = counts.iter().copied().max().unwrap_or(0);
    let first = counts.iter().position(|count| *count == most).unwrap_or(0);
    DELIMITERS[first]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(bytes: &[u8]) -> Vec<Vec<String>> {
        read(bytes).unwrap().0.into_iter().map(|line| line.cells).collect()
    }

    #[test]
    fn encodings_are_found_out() {
        let chinese = "客户编号,客户名称,地址\nA1,海港食品有限公司,青岛市市南区中山路十二号\n";
        let french = "Code,Nom\nA1,Pâtisserie Générale à Besançon\nA2,Crémerie du Théâtre\n";
        for (text, encoding) in [
            (chinese, encoding_rs::UTF_8),
            (chinese, encoding_rs::GB18030),
            (french, encoding_rs::UTF_8),
            (french, encoding_rs::WINDOWS_1252),
        ] {
            assert_eq!(decode(&encoding.encode(text).0), text, "{}", encoding.name());
        }
        assert_eq!(decode(b"\xef\xbb\xbfCode"), "Code");
        let utf16: Vec<u8> = "\u{feff}Ä,B".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(decode(&utf16), "Ä,B");
    }

    #[test]
    fn what_is_no_text_is_not_read() {
        let old_workbook = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0\0\0,a\n1,2\n";
        assert_eq!(read(old_workbook).unwrap_err().params["field"], "file");
    }

    #[test]
    fn delimiters_are_found_out() {
        let wanted = [["a, b", "c"]];
        for text in ["\"a, b\",c", "a, b;c;", "a, b\tc\t", "a, b|c|"] {
            let found = cells(text.as_bytes());
            assert_eq!(found[0][..2], wanted[0], "{text}");
        }
    }

    #[test]
    fn quotes_may_hold_line_ends() {
        assert_eq!(cells(b"a,b\n\"1\n2\",3\n")[1], ["1\n2", "3"]);
    }

    #[test]
    fn rows_are_counted_as_a_spreadsheet_does() {
        for text in ["a\n\n\"1\n1\"\n2\n", "a\r\n\r\n\"1\r\n1\"\r\n2\r\n"] {
            let numbers: Vec<_> = read(text.as_bytes()).unwrap().0.iter().map(|it| it.n).collect();
            assert_eq!(numbers, [1, 3, 4], "{text:?}");
        }
    }
}

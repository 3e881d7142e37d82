//! What a cell means: numbers, days and yes or no as several countries write them.
//!
//! How a column writes is found out from the whole column, since one cell alone may be read in two
//! ways.

use roundsman_core::text::search_key;
use roundsman_core::time::Day;
use rust_decimal::Decimal;

/// What stands before the decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// 1,234.50
    Point,
    /// 1.234,50
    Comma,
}

/// What a day is written with first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayOrder {
    /// 2026-11-23
    Year,
    /// 23.11.2026
    Day,
    /// 11/23/2026
    Month,
}

/// The decimal mark of a column. `otherwise` holds when no cell tells: `1,234` alone may be either.
pub fn mark<'a>(cells: impl Iterator<Item = &'a str>, otherwise: Mark) -> Mark {
    cells.filter_map(mark_of).next().unwrap_or(otherwise)
}

fn mark_of(cell: &str) -> Option<Mark> {
    let of = |mark| if mark == '.' { Mark::Point } else { Mark::Comma };
    let marks: Vec<(usize, char)> =
        cell.char_indices().filter(|(_, c)| matches!(c, '.' | ',')).collect();
    match marks.as_slice() {
        [] => None,
        [(at, mark)] => {
            let after = cell[at + 1..].chars().filter(char::is_ascii_digit).count();
            (after != 3).then(|| of(*mark))
        }
        // The same mark twice groups thousands, so the other one would be the decimal mark.
        [(_, first), .., (_, last)] if first == last => {
            Some(if *first == '.' { Mark::Comma } else { Mark::Point })
        }
        [.., (_, last)] => Some(of(*last)),
    }
}

/// A number, with or without a currency and grouped thousands; none when it is none.
pub fn decimal(cell: &str, mark: Mark) -> Option<Decimal> {
    let bare = search_key(cell);
    let bare = bare
        .trim_matches(|c: char| !c.is_ascii_digit() && !matches!(c, '-' | '(' | ')' | '.' | ','));
    let negative = bare.starts_with('-') || (bare.starts_with('(') && bare.ends_with(')'));
    let (group, point) = match mark {
        Mark::Point => (',', '.'),
        Mark::Comma => ('.', ','),
    };
    let bare = bare.trim_start_matches(['-', '(']).trim_end_matches(')').trim();
    if !bare.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let (whole, part) = bare.split_once(point).unwrap_or((bare, ""));
    let groups: Vec<&str> = whole.split([group, ' ', '\'', '\u{2019}']).collect();
    let number: Decimal =
        format!("{}.{part}", joined(&groups)?).trim_end_matches('.').parse().ok()?;
    Some(if negative { -number } else { number })
}

/// Thousands without what stands between them; none when they are no thousands, as in `12,5` where
/// the point is the decimal mark: a price ten times too high is worse than a row to be mended.
fn joined(groups: &[&str]) -> Option<String> {
    let digits = |it: &&str| it.bytes().all(|byte| byte.is_ascii_digit());
    let sizes = groups.iter().skip(1).map(|it| it.len());
    let last = groups.len().saturating_sub(2);
    // In India all groups but the last have two digits.
    let fit = sizes.enumerate().all(|(at, size)| size == 3 || (size == 2 && at < last));
    let whole = groups.concat();
    let whole = if whole.is_empty() { "0".to_owned() } else { whole };
    (groups.iter().all(digits) && fit).then_some(whole)
}

/// Whether a column writes parts of 100 as parts of 1: none is above 1, and some lies between.
pub fn are_fractions<'a>(cells: impl Iterator<Item = &'a str>, mark: Mark) -> bool {
    let mut between = false;
    for cell in cells {
        let Some(number) = decimal(cell, mark) else { continue };
        if number > Decimal::ONE || cell.contains('%') {
            return false;
        }
        between |= number > Decimal::ZERO && number < Decimal::ONE;
    }
    between
}

/// In which order a column writes its days; none when no cell tells and it matters.
pub fn day_order<'a>(cells: impl Iterator<Item = &'a str>) -> Option<DayOrder> {
    let mut certain = true;
    for cell in cells {
        match parts(cell) {
            Some(([year, _, _], _)) if year > 31 => return Some(DayOrder::Year),
            Some(([first, _, _], _)) if first > 12 => return Some(DayOrder::Day),
            Some(([_, second, _], _)) if second > 12 => return Some(DayOrder::Month),
            // Only days are written with points this way.
            Some((_, '.')) => return Some(DayOrder::Day),
            Some(_) => certain = false,
            None => {}
        }
    }
    certain.then_some(DayOrder::Year)
}

/// A day, without what may follow about the time; none when it is none.
pub fn day(cell: &str, order: DayOrder) -> Option<Day> {
    let ([a, b, c], _) = parts(cell)?;
    let (year, month, day) = match order {
        _ if a > 31 => (a, b, c),
        DayOrder::Year => (a, b, c),
        DayOrder::Day => (c, b, a),
        DayOrder::Month => (c, a, b),
    };
    let year = if year < 100 { year + 2000 } else { year };
    format!("{year:04}-{month:02}-{day:02}").parse().ok()
}

/// Three numbers and what stands between the first two.
fn parts(cell: &str) -> Option<([u32; 3], char)> {
    let cell = cell.trim();
    let compact = cell.len() == 8 && cell.bytes().all(|it| it.is_ascii_digit());
    if compact {
        let number = |from: usize, to: usize| cell[from..to].parse().ok();
        return Some(([number(0, 4)?, number(4, 6)?, number(6, 8)?], ' '));
    }
    let separator = cell.chars().find(|c| !c.is_ascii_digit())?;
    let mut numbers = cell
        .split(['-', '/', '.', '年', '月', '日', ' ', 'T'])
        .filter(|it| !it.is_empty())
        .map(|it| it.parse().ok());
    let three = [numbers.next()??, numbers.next()??, numbers.next()??];
    matches!(separator, '-' | '/' | '.' | '年').then_some((three, separator))
}

/// Yes or no in several languages; none when it is neither.
pub fn yes(cell: &str) -> Option<bool> {
    match search_key(cell).as_str() {
        "1" | "-1" | "yes" | "y" | "true" | "t" | "x" | "ja" | "oui" | "si" | "是" | "真"
        | "有" => Some(true),
        "0" | "no" | "n" | "false" | "f" | "nein" | "non" | "否" | "假" | "无" => Some(false),
        _ => None,
    }
}

/// Whether this can be dialled: digits and what people put between them.
pub fn is_phone(cell: &str) -> bool {
    let digits = cell.chars().filter(char::is_ascii_digit).count();
    let known = |c: char| c.is_ascii_digit() || " +-()/.,;extEXT转#\u{a0}".contains(c);
    digits >= 5 && cell.chars().all(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_several_countries() {
        for (cells, number) in [
            (&["1,234.50"][..], "1234.50"),
            (&["1.234,50"], "1234.50"),
            (&["1 234,5"], "1234.5"),
            (&["1'234.50"], "1234.50"),
            (&["¥ 12.80"], "12.80"),
            (&["12,80 €"], "12.80"),
            (&["-3"], "-3"),
            (&["(3.5)"], "-3.5"),
            (&["1.234.567"], "1234567"),
            (&["1,234,567"], "1234567"),
            (&["１２．５"], "12.5"),
            (&["1,00,000.5"], "100000.5"),
            (&[".5"], "0.5"),
            (&["1.234", "2,5"], "1234"),
            (&["1,234", "2.5"], "1234"),
        ] {
            let mark = mark(cells.iter().copied(), Mark::Point);
            assert_eq!(decimal(cells[0], mark), number.parse().ok(), "{cells:?}");
        }
        for cell in ["", "abc", "1.2.3,4,5", "1,5,", "--", "12a4", "12,5", "1,2345", "5 6"] {
            assert_eq!(decimal(cell, Mark::Point), None, "{cell}");
        }
        assert_eq!(mark(["1,234"].into_iter(), Mark::Comma), Mark::Comma);
    }

    #[test]
    fn discounts_as_parts_of_one_or_of_a_hundred() {
        for (cells, fractions) in [
            (&["0", "0.15", "0.0"][..], true),
            (&["0.5", "1"], true),
            (&["0", "15", "0.5"], false),
            (&["0", "1"], false),
            (&["0.5 %", ""], false),
            (&["", "none"], false),
        ] {
            assert_eq!(are_fractions(cells.iter().copied(), Mark::Point), fractions, "{cells:?}");
        }
    }

    #[test]
    fn days_of_several_countries() {
        for (cells, day_text) in [
            (&["2026-11-23"][..], "2026-11-23"),
            (&["1996-07-04 00:00:00.000"], "1996-07-04"),
            (&["2026/1/5"], "2026-01-05"),
            (&["2026年11月3日"], "2026-11-03"),
            (&["20261123"], "2026-11-23"),
            (&["23.11.2026"], "2026-11-23"),
            (&["3.4.2026"], "2026-04-03"),
            (&["03/04/2026", "25/04/2026"], "2026-04-03"),
            (&["03/04/2026", "04/25/2026"], "2026-03-04"),
        ] {
            let order = day_order(cells.iter().copied()).unwrap();
            assert_eq!(day(cells[0], order), day_text.parse().ok(), "{cells:?}");
        }
        assert_eq!(day_order(["03/04/2026"].into_iter()), None, "day or month?");
        for cell in ["", "soon", "2026-13-01", "2026-02-30", "12"] {
            assert_eq!(day(cell, DayOrder::Year), None, "{cell}");
        }
    }

    #[test]
    fn what_can_be_dialled() {
        for phone in ["030-0074321", "(5) 555-4729", "+86 138 1234 5678", "0621-08460 ext 3"] {
            assert!(is_phone(phone), "{phone}");
        }
        for text in ["n/a", "12", "see notes", "0532-abc12345"] {
            assert!(!is_phone(text), "{text}");
        }
    }

    #[test]
    fn yes_and_no() {
        assert_eq!(["1", "是", "TRUE", "x"].map(yes), [Some(true); 4]);
        assert_eq!(["0", "否", "No", "false"].map(yes), [Some(false); 4]);
        assert_eq!(yes("perhaps"), None);
    }
}

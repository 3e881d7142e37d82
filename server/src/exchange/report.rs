//! What became of a file, for people: sentences at a terminal, and the file of refused rows.

use roundsman_core::error::{Refusal, codes};
use roundsman_store::imports::RunRow;

use super::read::{Table, guarded};
use super::sheet::{Fault, FaultCode};
use super::twins::Twin;
use crate::error::{Error, Result};

/// In which a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    En,
    /// Chinese.
    Zh,
}

/// What is wrong with a cell, in a sentence without its column.
#[must_use]
pub fn sentence(fault: &Fault, language: Language) -> String {
    let (en, zh) = match fault.code {
        FaultCode::Missing => ("is missing", "缺失"),
        FaultCode::TooLong => ("is too long", "过长"),
        FaultCode::NotANumber => ("is not a number", "不是数字"),
        FaultCode::Negative => ("is less than zero", "小于零"),
        FaultCode::NotADay => ("is not a date", "不是日期"),
        FaultCode::DayOrMonth => {
            ("may be day-month or month-day; write 2026-11-23", "无法分辨日和月，请写成 2026-11-23")
        }
        FaultCode::NotYesOrNo => ("is neither yes nor no", "既不是“是”也不是“否”"),
        FaultCode::NotAPhone => ("is not a phone number", "不是电话号码"),
        FaultCode::NotAPlace => ("is not a place on the map", "不是有效的经纬度"),
        FaultCode::Unknown => ("is not known here", "系统中没有"),
        FaultCode::Repeated => ("occurs in an earlier row", "与前面的行重复"),
        FaultCode::Beyond => (
            "has more cells than there are columns; is there a comma in a number?",
            "单元格多于列数；数字里是否有逗号？",
        ),
        FaultCode::NoFirstPrice => {
            ("begins a list without a price from 0", "价目表还没有从 0 起的价格")
        }
        FaultCode::BeforeEarlierRow => (
            "is before the day of an earlier row; sort the file by it",
            "早于前面某行的日期，请按日期排序",
        ),
        FaultCode::Refused => ("could not be recorded", "无法记录"),
        FaultCode::NotPositive => ("is not more than zero", "必须大于零"),
        FaultCode::NotADiscount => ("is not a discount from 0 to 100 %", "不是 0 到 100% 的折扣"),
        FaultCode::InTheFuture => ("is a day that has not come yet", "是还没到的日期"),
        FaultCode::Differs => {
            ("is not what an earlier row about the same says", "与前面同一编号的行不一致")
        }
        FaultCode::Together => (
            "has another row that cannot be imported; they come in together or not at all",
            "有其他行无法导入；同一编号的行要么全部导入，要么全部不导入",
        ),
        FaultCode::NotALogin => {
            ("has a space; nobody can sign in with it", "含有空格，不能用来登录")
        }
        FaultCode::Taken => ("belongs to somebody else", "已被他人使用"),
        FaultCode::NotARep => ("belongs to somebody who is no rep", "属于非业务员"),
        FaultCode::Fixed => {
            ("is another than here; a file does not change it", "与系统中的不同，不能通过文件更改")
        }
    };
    let text = if language == Language::Zh { zh } else { en };
    if fault.value.is_empty() { text.to_owned() } else { format!("“{}” {text}", fault.value) }
}

/// Why a row was not imported: each cell by its column.
///
/// # Errors
/// When what was stored cannot be read.
pub fn reason(row: &RunRow, language: Language) -> Result<String> {
    let mut reasons = Vec::new();
    for fault in faults(row)? {
        let column = if fault.column.is_empty() { &fault.field } else { &fault.column };
        reasons.push(format!("{column}: {}", sentence(&fault, language)));
    }
    if let Some(twin) = twin(row)? {
        reasons.push(match language {
            Language::En => format!("probably the same as “{}” ({} %)", twin.name, twin.score),
            Language::Zh => format!("很可能与“{}”是同一客户（{}%）", twin.name, twin.score),
        });
    }
    Ok(reasons.join("; "))
}

/// What a row is probably the same as.
///
/// # Errors
/// When what was stored cannot be read.
pub fn twin(row: &RunRow) -> Result<Option<Twin>> {
    row.twin.as_deref().map(serde_json::from_str).transpose().map_err(Error::internal)
}

/// What is wrong with the cells of a row.
///
/// # Errors
/// When what was stored cannot be read.
pub fn faults(row: &RunRow) -> Result<Vec<Fault>> {
    serde_json::from_str(&row.faults).map_err(Error::internal)
}

/// Those rows as a file that can be put right and imported again: the columns as they were, then the
/// row and why. No spreadsheet computes any of its cells.
///
/// # Errors
/// When what was stored cannot be read.
pub fn refused(table: &Table, rows: &[RunRow], language: Language) -> Result<String> {
    let (number, why) = if language == Language::Zh {
        ("行号", "未导入原因")
    } else {
        ("Row", "Why not imported")
    };
    let mut file = csv::Writer::from_writer(Vec::new());
    let header = table.header.iter().map(String::as_str).chain([number, why]);
    file.write_record(header.map(guarded)).map_err(Error::internal)?;
    for row in rows {
        let Some(line) = table.rows.iter().find(|line| line.n == row.n) else { continue };
        let added = [row.n.to_string(), reason(row, language)?];
        let cells = line.cells.iter().cloned().chain(added);
        file.write_record(cells.map(|it| guarded(&it))).map_err(Error::internal)?;
    }
    let bytes = file.into_inner().map_err(|error| Error::internal(error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(Error::internal)?;
    // Spreadsheets take a file without this mark for the encoding of their country.
    Ok(format!("\u{feff}{text}"))
}

/// Why a file was not taken, in a sentence; none for what is no fault of it.
#[must_use]
pub fn file_sentence(refusal: &Refusal) -> Option<String> {
    let field = refusal.params.get("field").map_or("", String::as_str);
    Some(match (refusal.code.as_str(), field) {
        (codes::EMPTY, "file") => "the file holds no rows below a header".to_owned(),
        (codes::EMPTY, field) => {
            format!("no column is recognised as “{field}”; name it with --map COLUMN={field}")
        }
        (codes::TOO_LARGE, what) => format!("too large: {what}"),
        (codes::INVALID, "file") => format!(
            "the file cannot be read: {}",
            refusal.params.get("detail").map_or("", String::as_str)
        ),
        (codes::INVALID, "mapping") => {
            "a column is mapped to a field that does not exist".to_owned()
        }
        (codes::INVALID, "state") => "this cannot be done with it any more".to_owned(),
        (codes::NOT_FOUND, _) => "there is no such import".to_owned(),
        _ => return None,
    })
}

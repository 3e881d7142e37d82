//! Many rows in few statements. A statement costs a way to the database's thread and back, which
//! for a small row is most of what it costs.

use roundsman_core::id::ItemId;
use sqlx::query_builder::Separated;
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use crate::Result;

/// Rows of one statement, the most first: few shapes, so that each is prepared once.
const SIZES: [usize; 4] = [64, 16, 4, 1];

/// Runs `{into} values (…), (…) {then}` for all rows, as many at a time as there are.
///
/// # Errors
/// When the database refuses.
pub async fn insert<T>(
    db: &mut SqliteConnection,
    into: &str,
    rows: &[T],
    then: &str,
    bind: impl Fn(&mut Separated<'_, Sqlite, &'static str>, &T) + Send,
) -> Result<()>
where
    T: Sync,
{
    let mut rest = rows;
    while !rest.is_empty() {
        let size = SIZES.into_iter().find(|size| *size <= rest.len()).unwrap_or(1);
        let (now, later) = rest.split_at(size);
        let mut query = QueryBuilder::<Sqlite>::new(into);
        query.push_values(now, |mut row, it| bind(&mut row, it));
        query.push(then);
        query.build().execute(&mut *db).await?;
        rest = later;
    }
    Ok(())
}

/// Keys as one parameter: `key in (select unhex(value) from json_each($1))`.
pub fn keys<K: AsRef<[u8]>>(keys: impl IntoIterator<Item = K>) -> String {
    let mut text = String::from("[");
    for key in keys {
        if text.len() > 1 {
            text.push(',');
        }
        text.push('"');
        for byte in key.as_ref() {
            for digit in [byte >> 4, byte & 15] {
                text.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
            }
        }
        text.push('"');
    }
    text.push(']');
    text
}

/// Items as one parameter.
pub(crate) fn items(items: impl IntoIterator<Item = ItemId>) -> String {
    keys(items.into_iter().map(ItemId::to_bytes))
}

/// Numbers as one parameter: `id in (select value from json_each($1))`.
pub(crate) fn numbers(numbers: &[i64]) -> String {
    let texts: Vec<_> = numbers.iter().map(i64::to_string).collect();
    format!("[{}]", texts.join(","))
}

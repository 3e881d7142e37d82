//! Text for search: what people type finds what is stored, whatever the script, the accents or the
//! way a phone number was written.
//!
//! A row stores [`search_keys`]; a query becomes [`query_terms`]; a row is found when its keys
//! contain every term. Terms hold letters and digits only, so they are safe inside an SQL `LIKE`.

use pinyin::ToPinyin;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Between the forms of a row, so that no term matches across two of them.
const SEPARATOR: char = '\n';

/// Folds text for comparison: lower case, full-width as half-width, Latin without accents, one
/// space where there was white space. Han, digits and punctuation stay.
#[must_use]
pub fn search_key(text: &str) -> String {
    let folded: String = text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).nfc().collect();
    let plain: String = folded.chars().fold(String::with_capacity(folded.len()), push_plain);
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a row stores to be found by: every part compact, and by its pinyin when it has Han.
#[must_use]
pub fn search_keys(parts: &[&str]) -> String {
    let mut forms = Vec::new();
    for part in parts {
        for form in forms_of(part) {
            if !form.is_empty() && !forms.contains(&form) {
                forms.push(form);
            }
        }
    }
    forms.join(&SEPARATOR.to_string())
}

/// The terms of a query; a row is found when its keys contain all of them. None: everything.
#[must_use]
pub fn query_terms(query: &str) -> Vec<String> {
    let key = search_key(query);
    let terms: Vec<_> = key.split(' ').map(|word| domestic(word).unwrap_or_else(|| compact(word))).collect();
    terms.into_iter().filter(|term| !term.is_empty()).collect()
}

/// Whether a row with these `keys` is found by `query`.
#[must_use]
pub fn matches(keys: &str, query: &str) -> bool {
    query_terms(query).iter().all(|term| keys.contains(term.as_str()))
}

fn forms_of(part: &str) -> Vec<String> {
    let key = search_key(part);
    let mut forms = vec![compact(&key)];
    if let Some(number) = domestic(&key) {
        forms.push(with_trunk_zero(&number));
    }
    if key.chars().any(|c| c.to_pinyin().is_some()) {
        forms.extend(pinyin_forms(&compact(&key)));
    }
    forms
}

/// Letters and digits only: `138-1234 5678` and `13812345678` become the same.
fn compact(key: &str) -> String {
    key.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Initials and full pinyin; other letters and digits stay where they are. `ü` is typed as `v` or `u`.
fn pinyin_forms(compact: &str) -> Vec<String> {
    let (mut initials, mut full) = (String::new(), String::new());
    for c in compact.chars() {
        match c.to_pinyin() {
            Some(reading) => {
                initials.push_str(reading.first_letter());
                full.push_str(reading.plain());
            }
            None => {
                initials.push(c);
                full.push(c);
            }
        }
    }
    vec![initials, full.replace('ü', "v"), full.replace('ü', "u")]
}

/// The digits of a number written with China's country code, without it; none for anything else.
fn domestic(key: &str) -> Option<String> {
    let digits = compact(key);
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let mobile = |number: &str| number.len() == 11 && number.starts_with('1');
    let rest = if key.contains('+') { digits.strip_prefix("86") } else { digits.strip_prefix("0086") };
    rest.or_else(|| digits.strip_prefix("86").filter(|rest| mobile(rest))).map(str::to_owned)
}

/// At home a landline's area code begins with 0, which falls away behind +86; mobiles have none.
fn with_trunk_zero(number: &str) -> String {
    let mobile = number.len() == 11 && number.starts_with('1');
    if mobile || number.starts_with('0') { number.to_owned() } else { format!("0{number}") }
}

/// Latin letters that Unicode does not take apart.
fn push_plain(mut text: String, c: char) -> String {
    match c {
        'ß' => text.push_str("ss"),
        'æ' => text.push_str("ae"),
        'œ' => text.push_str("oe"),
        'þ' => text.push_str("th"),
        'ø' => text.push('o'),
        'ł' => text.push('l'),
        'đ' | 'ð' => text.push('d'),
        'ı' => text.push('i'),
        _ => text.push(c),
    }
    text
}

//! Text for search: what people type finds what is stored, whatever the script, the accents or the
//! way a phone number was written.
//!
//! A row stores [`search_keys`]; a query becomes [`query_terms`]; a row is found when its keys
//! contain every term. Terms hold letters and digits only, so none is special to SQL's `LIKE`.

mod readings;

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Between the forms of a row, so that no term matches across two of them.
const SEPARATOR: &str = "\n";

/// Folds text for comparison: lower case, full-width as half-width, Latin without accents, one
/// space where there was white space. Han, digits and punctuation stay.
#[must_use]
pub fn search_key(text: &str) -> String {
    let bare = text.nfkd().filter(|c| !is_combining_mark(*c));
    let folded = bare.flat_map(char::to_lowercase).nfc().fold(String::new(), push_plain);
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a row stores to be found by: every part as letters and digits, phone numbers as they are
/// dialled at home, and Han also by its pinyin and the initials of it.
#[must_use]
pub fn search_keys(parts: &[&str]) -> String {
    let mut forms = Vec::new();
    for form in parts.iter().flat_map(|part| forms_of(part)) {
        if !form.is_empty() && !forms.contains(&form) {
            forms.push(form);
        }
    }
    forms.join(SEPARATOR)
}

/// The terms of a query; a row is found when its keys contain all of them. Empty: every row is.
#[must_use]
pub fn query_terms(query: &str) -> Vec<String> {
    let key = search_key(query);
    let term = |word| without_country(word).unwrap_or_else(|| letters_and_digits(word));
    key.split(' ').map(term).filter(|term| !term.is_empty()).collect()
}

/// Whether a row with these `keys` is found by `query`.
#[must_use]
pub fn matches(keys: &str, query: &str) -> bool {
    query_terms(query).iter().all(|term| keys.contains(term.as_str()))
}

fn forms_of(part: &str) -> Vec<String> {
    let key = search_key(part);
    let bare = letters_and_digits(&key);
    let mut forms = vec![bare.clone()];
    forms.extend(without_country(&key).map(with_trunk_zero));
    if readings::is_readable(&bare) {
        let spellings = [readings::plain(&bare), readings::usual(&bare)];
        forms.extend(spellings.into_iter().flat_map(|it| typed(&it)));
    }
    forms
}

/// How people type a spelling: `ü` is a `v` on most keyboards, a `u` on the others.
fn typed(spelling: &readings::Spelling) -> [String; 3] {
    [
        search_key(&spelling.initials),
        search_key(&spelling.full.replace('ü', "v")),
        search_key(&spelling.full),
    ]
}

/// `138-1234 5678` and `13812345678` become the same.
fn letters_and_digits(key: &str) -> String {
    key.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// The digits of a phone number behind China's country code; none for anything else.
fn without_country(key: &str) -> Option<String> {
    let digits = letters_and_digits(key);
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let plus = key.trim_start_matches('(').starts_with('+');
    let national = digits.strip_prefix(if plus { "86" } else { "0086" });
    let bare_mobile = || digits.strip_prefix("86").filter(|number| is_mobile(number));
    national.or_else(bare_mobile).map(str::to_owned)
}

/// At home a landline's area code begins with the 0 that falls away behind +86; mobiles have none.
fn with_trunk_zero(number: String) -> String {
    let whole = number.is_empty() || number.starts_with('0') || is_mobile(&number);
    if whole { number } else { format!("0{number}") }
}

fn is_mobile(number: &str) -> bool {
    number.len() == 11 && number.starts_with('1')
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

#[cfg(test)]
mod tests {
    use super::*;

    fn found(parts: &[&str], query: &str) -> bool {
        matches(&search_keys(parts), query)
    }

    #[test]
    fn text_is_folded() {
        for (text, key) in [
            ("  Café\tZOË ", "cafe zoe"),
            ("ＡＢＣ　１２３", "abc 123"),
            ("Ｃａｆｅ（上海）", "cafe(上海)"),
            ("Straße Łódź Ørsted Đà Nẵng", "strasse lodz orsted da nang"),
            ("İstanbul IŞIK", "istanbul isik"),
            ("海港食品", "海港食品"),
            ("㎏ ½", "kg 1⁄2"),
            ("서울 식당", "서울 식당"),
            ("", ""),
        ] {
            assert_eq!(search_key(text), key, "{text}");
        }
    }

    #[test]
    fn han_is_found_by_substring_initials_and_pinyin() {
        for query in [
            "海港食品",
            "港食",
            "hgsp",
            "HGSP",
            "ｈｇｓｐ",
            "gsp",
            "haigangshipin",
            "haigang",
            "shipin",
            "hai gang",
        ] {
            assert!(found(&["海港食品"], query), "{query}");
        }
        for query in ["海食", "hgps", "haishi", "spg"] {
            assert!(!found(&["海港食品"], query), "{query}");
        }
    }

    #[test]
    fn han_among_latin_and_digits_keeps_its_place() {
        for query in ["7-11", "711bld", "711 bianli", "便利店", "bld"] {
            assert!(found(&["7-11 便利店"], query), "{query}");
        }
        assert!(found(&["老王Café（西湖店）"], "lwcafe"));
        assert!(found(&["老王Café（西湖店）"], "xhd cafe 老王"));
    }

    #[test]
    fn names_are_found_by_their_plain_and_their_usual_reading() {
        for (name, plain, usual) in [
            ("重庆火锅", "zqhg", "cqhg"),
            ("厦门港", "shamen", "xiamen"),
            ("大厦", "dasha", "ds"),
            ("长沙银行", "zsyx", "csyh"),
            ("成都小吃", "cdxc", "chengdu"),
            ("番茄酱", "fanjia", "fqj"),
            ("调味料", "diaowei", "tiaowei"),
        ] {
            assert!(found(&[name], plain), "{name} {plain}");
            assert!(found(&[name], usual), "{name} {usual}");
        }
    }

    #[test]
    fn u_with_dots_is_typed_as_v_or_u() {
        for query in ["lvcha", "lucha", "lücha", "lc"] {
            assert!(found(&["绿茶"], query), "{query}");
        }
    }

    #[test]
    fn latin_is_found_without_accents() {
        for query in ["cafe zoe", "CAFÉ", "zoë", "cafe-zoe", "oe ca"] {
            assert!(found(&["Café Zoë"], query), "{query}");
        }
        assert!(!found(&["Café Zoë"], "cafe zoes"));
    }

    #[test]
    fn mobiles_are_found_by_any_part_however_written() {
        let stored = [
            "13812345678",
            "138 1234 5678",
            "138-1234-5678",
            "+86 138 1234 5678",
            "(+86) 138-12345678",
            "0086 13812345678",
            "8613812345678",
            "＋８６　１３８１２３４５６７８",
        ];
        let queries = [
            "13812345678",
            "138 1234 5678",
            "138-1234-5678",
            "+86 138-1234-5678",
            "+8613812345678",
            "(+86)13812345678",
            "008613812345678",
            "8613812345678",
            "5678",
            "1234-56",
            "1381",
        ];
        for phone in stored {
            for query in queries {
                assert!(found(&["海港食品", phone], query), "{phone} by {query}");
            }
            assert!(!found(&["海港食品", phone], "13812345679"), "{phone}");
        }
    }

    #[test]
    fn landlines_are_found_with_and_without_country_code() {
        let stored =
            ["0571-8765 4321", "(0571) 87654321", "+86 571 8765 4321", "0086-571-87654321"];
        let queries = [
            "0571-87654321",
            "0571 8765",
            "87654321",
            "+86 571 8765 4321",
            "+8657187654321",
            "(0571)8765",
        ];
        for phone in stored {
            for query in queries {
                assert!(found(&[phone], query), "{phone} by {query}");
            }
        }
        assert!(found(&["+86 10 6552 9988"], "010-65529988"));
    }

    #[test]
    fn every_word_must_be_found_in_any_part() {
        let keys =
            search_keys(&["海港食品", "Harbour Foods", "杭州市西湖区文三路 12 号", "C-1042"]);
        for query in ["hgsp 西湖", "harbour 文三路", "c1042", "C-1042 hg", "wsl12", ""] {
            assert!(matches(&keys, query), "{query}");
        }
        assert!(!matches(&keys, "hgsp 余杭"));
        assert!(!matches(&keys, "foods杭州"), "no match across two parts");
    }

    #[test]
    fn terms_hold_nothing_special_to_sql() {
        assert_eq!(query_terms("100% _ 'or' \\ \"x\""), ["100", "or", "x"]);
        assert_eq!(query_terms(" 　 - "), Vec::<String>::new());
    }

    #[test]
    fn same_forms_are_stored_once() {
        assert_eq!(search_keys(&["Zoë", "zoe", "", "Z.O.E."]), "zoe");
        assert_eq!(
            search_keys(&["海港", "+86 571 1234567"]),
            "海港\nhg\nhaigang\n865711234567\n05711234567"
        );
    }
}

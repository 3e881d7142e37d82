//! How Han text is read aloud: its pinyin and the initials of it.

use pinyin::ToPinyin;

/// Characters and words whose plain reading, which a dictionary gives character by character, is
/// not how names of shops, places and food are read. Longer words stand before their parts.
const USUAL: &[(&str, &[&str])] = &[
    ("重庆", &["chong", "qing"]),
    ("重阳", &["chong", "yang"]),
    ("厦门", &["xia", "men"]),
    ("六安", &["lu", "an"]),
    ("番禺", &["pan", "yu"]),
    ("乐清", &["yue", "qing"]),
    ("单县", &["shan", "xian"]),
    ("铅山", &["yan", "shan"]),
    ("西藏", &["xi", "zang"]),
    ("银行", &["yin", "hang"]),
    ("商行", &["shang", "hang"]),
    ("车行", &["che", "hang"]),
    ("粮行", &["liang", "hang"]),
    ("酒行", &["jiu", "hang"]),
    ("行业", &["hang", "ye"]),
    ("音乐", &["yin", "yue"]),
    ("会计", &["kuai", "ji"]),
    ("便宜", &["pian", "yi"]),
    ("咖喱", &["ga", "li"]),
    ("薄荷", &["bo", "he"]),
    ("什锦", &["shi", "jin"]),
    ("蛤蜊", &["ge", "li"]),
    ("长", &["chang"]),
    ("都", &["du"]),
    ("佛", &["fo"]),
    ("茄", &["qie"]),
    ("调", &["tiao"]),
    ("参", &["shen"]),
    ("曾", &["zeng"]),
    ("覃", &["qin"]),
    ("解", &["xie"]),
    ("查", &["zha"]),
];

/// Text spelled out twice; what has no reading stays where it is.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Spelling {
    /// The first letter of every syllable.
    pub initials: String,
    /// Every syllable in full, without tones.
    pub full: String,
}

/// Whether any of it has a reading.
pub(super) fn is_readable(text: &str) -> bool {
    text.chars().any(|c| c.to_pinyin().is_some())
}

/// Each character by its plain reading.
pub(super) fn plain(text: &str) -> Spelling {
    text.chars().fold(Spelling::default(), push_plain)
}

/// Words by their usual reading, the rest by the plain one.
pub(super) fn usual(text: &str) -> Spelling {
    let mut spelling = Spelling::default();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        match USUAL.iter().find(|(word, _)| rest.starts_with(word)) {
            Some((word, syllables)) => {
                spelling = syllables.iter().fold(spelling, push_syllable);
                rest = &rest[word.len()..];
            }
            None => {
                spelling = push_plain(spelling, c);
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    spelling
}

fn push_plain(mut spelling: Spelling, c: char) -> Spelling {
    match c.to_pinyin() {
        Some(reading) => push_syllable(spelling, &reading.plain()),
        None => {
            spelling.initials.push(c);
            spelling.full.push(c);
            spelling
        }
    }
}

fn push_syllable(mut spelling: Spelling, syllable: &&str) -> Spelling {
    spelling.initials.extend(syllable.chars().next());
    spelling.full.push_str(syllable);
    spelling
}

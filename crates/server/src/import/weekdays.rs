//! Weekdays in one cell: 月水金, 月・水・金, 月曜日 水曜日, 月〜金, 毎日, 平日, mon,wed,fri.

use units::Weekday;

use super::flaw::Wrong;

/// In the order of [`Weekday::ALL`].
pub const SIGNS: [char; 7] = ['月', '火', '水', '木', '金', '土', '日'];
const ENGLISH: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// The one form: `月水金`.
pub fn write(days: &[Weekday]) -> String {
    Weekday::ALL.iter().zip(SIGNS).filter(|(day, _)| days.contains(day)).map(|(_, sign)| sign).collect()
}

pub fn read(text: &str) -> Vec<Weekday> {
    SIGNS.iter().zip(Weekday::ALL).filter(|(sign, _)| text.contains(**sign)).map(|(_, day)| day).collect()
}

/// `text` is already of half width.
pub fn weekdays(text: &str) -> Result<String, Wrong> {
    let wrong = || {
        Wrong::new(
            "invalid_weekdays",
            "not weekdays; such as 月水金, 月・水・金, 月〜金, 毎日 or mon,wed,fri",
            "曜日として読めません。例: 月水金、月・水・金、月〜金、毎日",
        )
    };
    let mut signs = text
        .to_lowercase()
        .replace("曜日", "")
        .replace('曜', "")
        .replace("毎日", "月~日")
        .replace("平日", "月~金");
    for (english, sign) in ENGLISH.iter().zip(SIGNS) {
        for long in ["sday", "nesday", "rsday", "urday", "day", ""] {
            signs = signs.replace(&format!("{english}{long}"), &sign.to_string());
        }
    }
    let signs = signs.replace(['〜', '-', '―', '–'], "~");
    let (mut days, mut ranged) = ([false; 7], None::<usize>);
    let mut last = None;
    for c in signs.chars() {
        if let Some(day) = SIGNS.iter().position(|sign| *sign == c) {
            if let Some(from) = ranged.take() {
                // 金〜月 goes over the weekend.
                (0..7).map(|n| (from + n) % 7).take_while(|d| *d != day).for_each(|d| days[d] = true);
            }
            days[day] = true;
            last = Some(day);
        } else if c == '~' {
            ranged = Some(last.ok_or_else(wrong)?);
        } else if !(c.is_whitespace() || "・,、/.;と".contains(c)) {
            return Err(wrong());
        }
    }
    if ranged.is_some() || !days.contains(&true) {
        return Err(wrong());
    }
    Ok(SIGNS.iter().zip(days).filter(|(_, on)| *on).map(|(sign, _)| sign).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weekdays_are_read_however_they_are_written() {
        for (text, expected) in [
            ("月水金", "月水金"),
            ("金・月", "月金"),
            ("月曜日、水曜日", "月水"),
            ("日曜日", "日"),
            ("月〜金", "月火水木金"),
            ("金~月", "月金土日"),
            ("毎日", "月火水木金土日"),
            ("平日", "月火水木金"),
            ("Mon,Wed/fri", "月水金"),
            ("tuesday thursday", "火木"),
        ] {
            assert_eq!(weekdays(text).as_deref(), Ok(expected), "{text}");
        }
        for text in ["", "週2回", "月〜", "〜金", "月x"] {
            assert!(weekdays(text).is_err(), "{text}");
        }
        assert_eq!(write(&read("金月")), "月金");
    }
}

//! One cell into the one form in which it is kept and compared.

use unicode_normalization::UnicodeNormalization;
use units::{DayTime, DayWindow};

use super::columns::Form;
use super::flaw::Wrong;
use super::{calendar, weekdays};

const YES: &str = "○";

/// Half width for digits and Latin letters, full width for kana, one blank between words. A wave dash stays one.
pub fn plain(text: &str) -> String {
    let text: String = text.replace('～', "〜").nfkc().collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The kept form of a cell; an empty cell is an empty text in every form.
pub fn read(form: Form, raw: &str) -> Result<String, Wrong> {
    if let Form::Free = form {
        return free(raw);
    }
    let text = plain(raw);
    if text.is_empty() {
        return Ok(text);
    }
    match form {
        Form::Text(max) => limited(text, max),
        Form::Free => free(raw),
        Form::Reference | Form::References => limited(text, 500),
        Form::Kana => kana(text),
        Form::Phone => phone(&text),
        Form::Yes | Form::Weekday(_) => {
            yes(&text).map(|yes| if yes { YES.to_owned() } else { String::new() })
        }
        Form::Date => calendar::date(&text),
        Form::Whole(min, max) => whole(&text, min, max),
        Form::Latitude => degrees(&text, 90.0, (122.0, 154.0), ("latitude", "緯度", "経度")),
        Form::Longitude => degrees(&text, 180.0, (20.0, 46.0), ("longitude", "経度", "緯度")),
        Form::Time => time(&text).map(|t| t.to_string()),
        Form::Spans => spans(&text),
        Form::Weekdays => weekdays::weekdays(&text),
        Form::Choice(words) => choice(&text, words),
        Form::Layouts => layouts(&text),
        Form::Walker => walker(&text),
        Form::Seat => seat(&text),
    }
}

fn limited(text: String, max: usize) -> Result<String, Wrong> {
    let length = text.chars().count();
    if length > max {
        return Err(Wrong::new(
            "too_long",
            format!("{length} characters; at most {max}"),
            format!("{length}文字あります。{max}文字以内で書いてください"),
        ));
    }
    if text.chars().any(char::is_control) {
        return Err(Wrong::new("control_character", "a control character", "制御文字が入っています"));
    }
    Ok(text)
}

fn free(raw: &str) -> Result<String, Wrong> {
    let lines: Vec<&str> = raw.trim().lines().map(str::trim_end).collect();
    // A note holds no line breaks (the API takes none either); what stood on lines of its own stays apart.
    let text = lines.join(" / ");
    limited(text, 1_000)
}

fn kana(text: String) -> Result<String, Wrong> {
    let is_kana = |c: char| {
        matches!(c, 'ぁ'..='ゖ' | 'ァ'..='ヺ' | 'ー' | '・' | ' ' | '゛' | '゜') || c.is_ascii_alphanumeric()
    };
    match text.chars().find(|c| !is_kana(*c)) {
        None => limited(text, 100),
        Some(other) => Err(Wrong::new(
            "invalid_kana",
            format!("`{other}` is not kana; write the reading in katakana or hiragana"),
            format!("「{other}」はかなではありません。ひらがなかカタカナで書いてください"),
        )),
    }
}

fn phone(text: &str) -> Result<String, Wrong> {
    let hyphen = |c: char| matches!(c, 'ー' | '‐' | '‑' | '–' | '—' | '―' | '−' | '─' | '_' | ' ' | '.');
    let text: String = text.chars().map(|c| if hyphen(c) { '-' } else { c }).collect();
    let text = text.trim_start_matches('(').replace(['(', ')'], "-").replace("--", "-");
    let text = text.trim_matches('-').to_owned();
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let sound = text.chars().enumerate().all(|(n, c)| c.is_ascii_digit() || c == '-' || (n == 0 && c == '+'));
    if sound
        && (text.starts_with('0') && (10..=11).contains(&digits)
            || text.starts_with('+') && (8..=15).contains(&digits))
    {
        return Ok(text);
    }
    if sound && (9..=10).contains(&digits) && !text.starts_with('0') {
        // Spreadsheets take a phone number for a number and drop its zero.
        return Err(Wrong::new(
            "invalid_phone",
            format!("the leading 0 is missing, as a spreadsheet drops it; perhaps 0{text}"),
            format!("先頭の0が落ちているようです(表計算ソフトでよく起こります)。0{text} ではありませんか"),
        ));
    }
    Err(Wrong::new(
        "invalid_phone",
        "not a phone number; 10 or 11 digits beginning with 0, or + and the country's",
        "電話番号として読めません。0から始まる10桁か11桁で書いてください",
    ))
}

fn yes(text: &str) -> Result<bool, Wrong> {
    const YES: [&str; 22] = [
        "○", "〇", "◯", "●", "◎", "レ", "れ", "✓", "✔", "☑", "有", "有り", "あり", "要", "必要", "はい",
        "該当", "する", "1", "yes", "y", "true",
    ];
    const NO: [&str; 19] = [
        "×",
        "✕",
        "✗",
        "x",
        "無",
        "無し",
        "なし",
        "不要",
        "いいえ",
        "非該当",
        "しない",
        "否",
        "0",
        "no",
        "n",
        "false",
        "-",
        "ー",
        "off",
    ];
    let text = text.to_lowercase();
    if YES.contains(&text.as_str()) || text == "on" || text == "t" {
        return Ok(true);
    }
    if NO.contains(&text.as_str()) || text == "f" {
        return Ok(false);
    }
    Err(Wrong::new(
        "invalid_yes",
        "neither yes nor no; ○, 有, 1, はい for yes, ×, 無, 0 or nothing for no",
        "はい・いいえが分かりません。「○・有・1」か「×・無・0・空欄」で書いてください",
    ))
}

fn whole(text: &str, min: i64, max: i64) -> Result<String, Wrong> {
    let digits = text.trim_end_matches(['名', '人', '台', '席', '分', '秒', '脚']).replace(',', "");
    // Spreadsheets write a whole number as 5.0 where the column shows decimals.
    let digits = digits
        .split_once('.')
        .map_or(digits.as_str(), |(n, f)| if f.bytes().all(|b| b == b'0') { n } else { "" })
        .to_owned();
    match digits.parse::<i64>() {
        Ok(number) if (min..=max).contains(&number) => Ok(number.to_string()),
        _ => Err(Wrong::new(
            "invalid_number",
            format!("a whole number between {min} and {max}"),
            format!("{min}から{max}までの整数で書いてください"),
        )),
    }
}

/// `swapped`: what the other of the two is in Japan.
fn degrees(text: &str, most: f64, swapped: (f64, f64), names: (&str, &str, &str)) -> Result<String, Wrong> {
    let (name, ja, other) = names;
    let number = text.trim_end_matches('度').parse::<f64>().ok().filter(|n| n.is_finite());
    match number {
        Some(n) if n >= swapped.0 && n <= swapped.1 && (name == "latitude" || n < 90.0) => Err(Wrong::new(
            "swapped_coordinates",
            "latitude and longitude are swapped, or this is not in Japan",
            format!("{ja}と{other}が入れ替わっているようです"),
        )),
        Some(n) if n.abs() <= most => Ok(format!("{n}")),
        _ => Err(Wrong::new(
            "invalid_degrees",
            format!("not a {name} in decimal degrees (WGS 84), such as 36.3219 or 139.0033"),
            format!("{ja}として読めません。十進の度(世界測地系)で書いてください"),
        )),
    }
}

pub fn time(text: &str) -> Result<DayTime, Wrong> {
    let wrong = || {
        Wrong::new(
            "invalid_time",
            "not a clock time between 00:00 and 23:59, such as 09:30",
            "時刻として読めません。例: 9:30、09:30、9時30分",
        )
    };
    let text = text.trim().trim_end_matches('分').replace('時', ":");
    let mut parts = text.split(':').map(str::trim);
    let mut next = |empty_is_zero: bool| -> Option<u32> {
        let part = parts.next()?;
        if part.is_empty() && empty_is_zero {
            return Some(0);
        }
        (part.len() <= 2 && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse().ok()).flatten()
    };
    let (hour, minute) = (next(false).ok_or_else(wrong)?, next(true).ok_or_else(wrong)?);
    // Seconds come from spreadsheets and are zero there.
    let second = if text.matches(':').count() == 2 { next(false).ok_or_else(wrong)? } else { 0 };
    if parts.next().is_some() || hour > 23 || minute > 59 || second > 59 {
        return Err(wrong());
    }
    DayTime::parse(&format!("{hour:02}:{minute:02}:{second:02}")).map_err(|_| wrong())
}

fn spans(text: &str) -> Result<String, Wrong> {
    let wrong = || {
        Wrong::new(
            "invalid_span",
            "not spans of time, such as 07:30-12:00;13:00-17:00",
            "時間帯として読めません。例: 07:30-12:00;13:00-17:00",
        )
    };
    let parts = text.split([';', ',', '、', '/']).filter(|p| !p.trim().is_empty());
    let written: Result<Vec<String>, Wrong> = parts
        .map(|span| {
            let (from, to) = span.split_once(['-', '〜', '~', '–', 'ー', '−']).ok_or_else(wrong)?;
            let window = DayWindow::new(time(from)?, time(to)?).map_err(|_| wrong())?;
            Ok(format!("{}-{}", window.open(), window.close()))
        })
        .collect();
    Ok(written?.join(";"))
}

fn choice(text: &str, words: &[(&str, &[&str])]) -> Result<String, Wrong> {
    let lower = text.to_lowercase();
    let found = words.iter().find(|(word, others)| *word == text || others.contains(&lower.as_str()));
    found.map(|(word, _)| (*word).to_owned()).ok_or_else(|| {
        let list: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        Wrong::new(
            "invalid_choice",
            format!("one of {}", list.join(", ")),
            format!("{} のどれかで書いてください", list.join("、")),
        )
    })
}

fn layouts(text: &str) -> Result<String, Wrong> {
    let wrong = || {
        Wrong::new(
            "invalid_layouts",
            "not arrangements of seats+wheelchairs, such as 7+0/5+1",
            "座席配置として読めません。「利用者席+車いす」を / で区切ってください。例: 7+0/5+1",
        )
    };
    let mut all = Vec::new();
    for part in text.split(['/', ';', '、', ',']) {
        let (seats, chairs) = part.trim().split_once('+').unwrap_or((part.trim(), "0"));
        let number = |t: &str| t.trim().parse::<u8>().map_err(|_| wrong());
        all.push(format!("{}+{}", number(seats)?, number(chairs)?));
    }
    Ok(all.join("/"))
}

/// Tenths of a seat as the offices write them.
pub fn write_walker(tenths: u16) -> String {
    match (tenths / 10, tenths % 10) {
        (0, 0) => String::new(),
        (whole, 0) => whole.to_string(),
        (whole, tenths) => format!("{whole}.{tenths}"),
    }
}

pub fn read_walker(text: &str) -> u16 {
    text.parse::<f64>().map_or(0, |seats| (seats * 10.0).round() as u16)
}

fn walker(text: &str) -> Result<String, Wrong> {
    // "1" is a mark in these columns, "1.0" is a seat.
    if let Ok(is_there) = yes(text) {
        return Ok(if is_there { write_walker(4) } else { String::new() });
    }
    match text.parse::<f64>() {
        Ok(seats) if (0.0..=2.0).contains(&seats) => Ok(write_walker((seats * 10.0).round() as u16)),
        _ => Err(Wrong::new(
            "invalid_walker",
            "yes or no, or the part of a seat that it takes, 0.1 to 2.0",
            "「○」か「×」、または座席の割合(0.1〜2.0)で書いてください",
        )),
    }
}

pub const SEATS: [(&str, &[&str]); 3] = [
    ("助手席", &["front", "前", "前席"]),
    ("運転席の後ろ", &["behind_driver", "運転手の後ろ", "運転席後ろ"]),
    ("ドアの近く", &["near_door", "ドア側", "入口側"]),
];
pub const MUST: &str = "(必須)";

fn seat(text: &str) -> Result<String, Wrong> {
    let (seat, must) = text.strip_suffix(MUST).map_or((text, ""), |seat| (seat, MUST));
    choice(seat.trim(), &SEATS).map(|seat| format!("{seat}{must}"))
}

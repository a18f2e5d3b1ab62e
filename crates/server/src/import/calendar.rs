//! Dates as offices write them: by era (令和8年4月1日, R8.4.1, 昭和15/3/2, 平成元年5月1日) or by the common calendar.
//!
//! Written here because the crates that know Japanese eras (`icu_calendar` for one) reckon with them and do not read them as
//! people write them; the table of eras is five lines and the rest is what these lists need.

use units::ServiceDay;

use super::flaw::Wrong;

struct Era {
    names: [&'static str; 3],
    /// The first day. Japan counts by the common calendar since 1873, which is 明治6年.
    first: &'static str,
    last: &'static str,
    /// The year before its first.
    base: i32,
}

const ERAS: [Era; 5] = [
    Era { names: ["令和", "令", "R"], first: "2019-05-01", last: "9999-12-31", base: 2018 },
    Era { names: ["平成", "平", "H"], first: "1989-01-08", last: "2019-04-30", base: 1988 },
    Era { names: ["昭和", "昭", "S"], first: "1926-12-25", last: "1989-01-07", base: 1925 },
    Era { names: ["大正", "大", "T"], first: "1912-07-30", last: "1926-12-24", base: 1911 },
    Era { names: ["明治", "明", "M"], first: "1873-01-01", last: "1912-07-29", base: 1867 },
];

fn wrong(en: impl Into<String>, ja: impl Into<String>) -> Wrong {
    Wrong::new("invalid_date", en, ja)
}

/// A date in its one form, `2026-04-01`. `text` is already of half width.
pub fn date(text: &str) -> Result<String, Wrong> {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    // The weekday behind a date, as in 4/1(水), says nothing new.
    let text = text.split('(').next().unwrap_or_default();
    let upper = text.to_uppercase();
    let era = ERAS.iter().find_map(|era| {
        era.names.iter().find_map(|name| upper.strip_prefix(name)).map(|rest| (era, rest.to_owned()))
    });
    let (era, rest) = match era {
        Some((era, rest)) => (Some(era), rest),
        None => (None, upper.strip_prefix("西暦").unwrap_or(&upper).to_owned()),
    };
    let Some([year, month, day]) = numbers(&rest, era.is_some()) else {
        return Err(no_date(&rest));
    };
    let year = match era {
        Some(era) => era.base + year,
        None if year < 1000 => {
            return Err(wrong(
                "the year has less than four digits; write the era (昭和15年3月2日) or 1940-03-02",
                "年が4桁ありません。元号を付けるか(昭和15年3月2日)、西暦4桁で書いてください(1940/3/2)",
            ));
        }
        None => year,
    };
    let iso = format!("{year:04}-{month:02}-{day:02}");
    let found = ServiceDay::parse(&iso).map_err(|_| {
        wrong(
            format!("{year}-{month}-{day} is no day of the calendar"),
            format!("{year}年{month}月{day}日は暦にありません"),
        )
    })?;
    // The written form of a day in its one form orders as the days do.
    if let Some(era) = era
        && (*iso < *era.first || *iso > *era.last)
    {
        let name = era.names[0];
        return Err(wrong(
            format!(
                "{iso} is not in {name}, which lasted from {} to {}; it is {}",
                era.first,
                era.last,
                by_era(&iso)
            ),
            format!("{name}は{}から{}までです。{iso}は{}です", era.first, era.last, by_era(&iso)),
        ));
    }
    Ok(found.to_string())
}

/// The same day as people would write it.
fn by_era(iso: &str) -> String {
    let year: i32 = iso.get(..4).and_then(|y| y.parse().ok()).unwrap_or_default();
    let era = ERAS.iter().find(|era| *iso >= *era.first && *iso <= *era.last);
    let rest: Vec<&str> = iso.splitn(2, '-').collect();
    era.map_or_else(
        || iso.to_owned(),
        |era| {
            let n = year - era.base;
            let n = if n == 1 { "元".to_owned() } else { n.to_string() };
            let (month, day) = rest.get(1).and_then(|r| r.split_once('-')).unwrap_or(("", ""));
            format!(
                "{}{n}年{}月{}日",
                era.names[0],
                month.trim_start_matches('0'),
                day.trim_start_matches('0')
            )
        },
    )
}

/// Year, month and day, with any of the usual marks between them or eight digits in a row.
fn numbers(text: &str, in_era: bool) -> Option<[i32; 3]> {
    if !in_era && text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()) {
        return Some([text[..4].parse().ok()?, text[4..6].parse().ok()?, text[6..].parse().ok()?]);
    }
    let text = text.replace('元', "1");
    let text = text.strip_suffix('日').unwrap_or(&text).replace(['年', '月', '.', '-', '・'], "/");
    let parts: Vec<&str> = text.split('/').collect();
    let [year, month, day] = parts.as_slice() else { return None };
    let number = |part: &str, most: usize| -> Option<i32> {
        let sound = (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        sound.then(|| part.parse().ok()).flatten().filter(|n| *n > 0)
    };
    Some([number(year, 4)?, number(month, 2)?, number(day, 2)?])
}

fn no_date(text: &str) -> Wrong {
    // A spreadsheet shows a day's number where the cell has lost its date format.
    if text.len() == 5 && text.bytes().all(|b| b.is_ascii_digit()) {
        return wrong(
            "this looks like a spreadsheet's number for a day; give the column a date format and save again",
            "表計算ソフトの日付の連番のようです。列の表示形式を日付にして保存し直してください",
        );
    }
    wrong(
        "not a date; such as 1940-03-02, 1940/3/2, 昭和15年3月2日 or S15.3.2",
        "日付として読めません。例: 昭和15年3月2日、S15.3.2、1940/3/2",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_however_they_are_written() {
        for (text, expected) in [
            ("令和8年4月1日", "2026-04-01"),
            ("R8.4.1", "2026-04-01"),
            ("r8/4/1", "2026-04-01"),
            ("令和元年5月1日", "2019-05-01"),
            ("昭和15/3/2", "1940-03-02"),
            ("S15.3.2", "1940-03-02"),
            ("S15-03-02", "1940-03-02"),
            ("昭15.3.2", "1940-03-02"),
            ("昭和64年1月7日", "1989-01-07"),
            ("H1.1.8", "1989-01-08"),
            ("大正15年12月24日", "1926-12-24"),
            ("M45.7.29", "1912-07-29"),
            ("2026/4/1", "2026-04-01"),
            ("2026-04-01", "2026-04-01"),
            ("2026年4月1日(水)", "2026-04-01"),
            ("西暦2026年4月1日", "2026-04-01"),
            ("20260401", "2026-04-01"),
            ("2024/2/29", "2024-02-29"),
        ] {
            assert_eq!(date(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_said_to_be_none_and_why() {
        for (text, word) in [
            ("昭和64年1月8日", "平成元年1月8日"),
            ("令和元年4月30日", "平成31年4月30日"),
            ("2026/2/29", "no day of the calendar"),
            ("2026/13/1", "no day of the calendar"),
            ("15/3/2", "four digits"),
            ("46113", "spreadsheet"),
            ("春", "not a date"),
            ("R8", "not a date"),
            ("R8.4.1.2", "not a date"),
            ("2026/0/1", "not a date"),
            ("２０２６", "not a date"),
        ] {
            let wrong = date(text).unwrap_err();
            assert!(wrong.en.contains(word), "{text}: {}", wrong.en);
        }
    }
}

//! Numbers in the tags of a map: speeds, widths, durations. What says no number is no number.

use super::tags::Tags;

/// `40`, `40 km/h`, `25 mph`, `walk`; `None` for what says no number. Never below walking pace.
pub(super) fn kmh(text: &str) -> Option<u8> {
    if text == "walk" {
        return Some(5);
    }
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u32 = text[..digits].parse().ok()?;
    let kmh = if text[digits..].trim_start().starts_with("mph") {
        number.saturating_mul(1609) / 1000
    } else {
        number
    };
    Some(kmh.clamp(5, 250) as u8)
}

/// What measures across, in decimetres; 0 where nothing is known. A `maxwidth` is that of the vehicle, so the lane is half
/// a metre wider. `yh:WIDTH` gives the classes of the Japanese road ledger that many extracts of Japan carry.
pub(super) fn width_dm(tags: &Tags) -> u8 {
    let metres = |key: &str| tags.get(key).and_then(metres);
    let lane = metres("width").or_else(|| metres("est_width"));
    let sign = metres("maxwidth:physical").or_else(|| metres("maxwidth")).map(|m| m + 0.5);
    let ledger = match tags.get("yh:WIDTH") {
        Some(class) if class.starts_with("1.5m") => Some(2.5),
        Some(class) if class.starts_with("3.0m") => Some(4.0),
        _ => None,
    };
    let least = [lane.or(ledger), sign].into_iter().flatten().fold(f64::INFINITY, f64::min);
    if least.is_finite() { (least * 10.0).round().clamp(5.0, 254.0) as u8 } else { 0 }
}

/// `2.5`, `2.5 m`, `2,5`; feet and inches are not read.
fn metres(text: &str) -> Option<f64> {
    let text = text.trim().trim_end_matches('m').trim_end().replace(',', ".");
    text.parse::<f64>().ok().filter(|m| m.is_finite() && (0.5..=100.0).contains(m))
}

/// `00:30`, `1:05:00`, `30` (minutes), `PT1H30M`.
pub(super) fn ferry_seconds(text: &str) -> Option<u32> {
    let seconds = if let Some(iso) = text.strip_prefix("PT") {
        let mut seconds = 0_u32;
        let mut number = 0_u32;
        for c in iso.chars() {
            match c {
                '0'..='9' => number = number.checked_mul(10)?.checked_add(c as u32 - '0' as u32)?,
                'H' | 'M' | 'S' => {
                    let unit = if c == 'H' {
                        3_600
                    } else if c == 'M' {
                        60
                    } else {
                        1
                    };
                    seconds = seconds.checked_add(number.checked_mul(unit)?)?;
                    number = 0;
                }
                _ => return None,
            }
        }
        seconds
    } else {
        let parts: Vec<u32> = text.split(':').map(|p| p.trim().parse().ok()).collect::<Option<_>>()?;
        match parts.as_slice() {
            [minutes] => minutes.checked_mul(60)?,
            [hours, minutes] => hours.checked_mul(3_600)?.checked_add(minutes.checked_mul(60)?)?,
            [hours, minutes, seconds] => {
                hours.checked_mul(3_600)?.checked_add(minutes.checked_mul(60)?)?.checked_add(*seconds)?
            }
            _ => return None,
        }
    };
    (1..=7 * 86_400).contains(&seconds).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, seconds) in [
            ("00:30", Some(1_800)),
            ("1:05:10", Some(3_910)),
            ("45", Some(2_700)),
            ("PT1H30M", Some(5_400)),
            ("soon", None),
            ("0", None),
            ("99999999:00", None),
            ("PT99999999999H", None),
        ] {
            assert_eq!(ferry_seconds(text), seconds, "{text}");
        }
    }

    #[test]
    fn widths() {
        let of =
            |line: &str| width_dm(&Tags(line.split(' ').filter_map(|tag| tag.split_once('=')).collect()));
        assert_eq!(of("width=2.5"), 25);
        assert_eq!(of("width=3m maxwidth=1.7"), 22);
        assert_eq!(of("yh:WIDTH=1.5m～3.0m"), 25);
        assert_eq!(of("yh:WIDTH=5.5m～13.0m"), 0);
        assert_eq!(of("width=narrow"), 0);
        assert_eq!(of("width=NaN"), 0);
    }
}

//! The forms of values that are texts on the wire: ids, days, times and words. A schema says which it is by its example.

use std::sync::LazyLock;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

/// Words of a plain enum in the order of its variants, as its reader names them when it meets another.
fn words<T: DeserializeOwned>() -> Vec<String> {
    let Err(error) = serde_json::from_value::<T>(json!("\u{0}")).map(|_| ()) else { return Vec::new() };
    let text = error.to_string();
    let (_, expected) = text.split_once("expected").unwrap_or_default();
    expected.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// An example that is one of these words stands for all of them; of two lists with the same word the first counts.
static WORDS: LazyLock<Vec<Vec<String>>> = LazyLock::new(|| {
    vec![
        words::<domain::VehicleKind>(),
        words::<domain::Direction>(),
        words::<domain::AbsenceKind>(),
        words::<domain::JoinKind>(),
        words::<domain::FactKind>(),
        words::<domain::Channel>(),
        words::<domain::Purpose>(),
        words::<domain::CountsAs>(),
        words::<domain::RideClass>(),
        words::<domain::Seat>(),
        words::<units::Weekday>(),
    ]
});

const ID_KINDS: [&str; 12] = [
    "corporation",
    "place",
    "facility",
    "vehicle",
    "rider",
    "driver",
    "request",
    "offer",
    "notice",
    "contradiction",
    "area",
    "delivery",
];

/// What an example says of all values like it.
fn form(example: &str) -> Option<(&'static str, Value)> {
    let shape: String = example.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    match shape.as_str() {
        "0000-00-00T00:00:00+00:00" => return Some(("format", json!("date-time"))),
        "0000-00-00" => return Some(("format", json!("date"))),
        "00:00" => return Some(("pattern", json!("^([01][0-9]|2[0-3]):[0-5][0-9]$"))),
        _ => {}
    }
    if let Some((kind, number)) = example.rsplit_once('-')
        && ID_KINDS.contains(&kind)
        && number.bytes().all(|b| b.is_ascii_digit())
    {
        return Some(("pattern", json!(format!("^{kind}-[0-9]{{1,9}}$"))));
    }
    if example.starts_with("request-") && example.ends_with(":pickup") {
        return Some(("pattern", json!("^request-[0-9]{1,9}:(pickup|dropoff)$")));
    }
    let all = WORDS.iter().find(|words| words.iter().any(|word| word == example))?;
    Some(("enum", json!(all)))
}

/// Adds the forms of a schema's properties.
pub fn sharpen(schema: &mut Value) {
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else { return };
    for property in properties.values_mut() {
        let Some(property) = property.as_object_mut() else { continue };
        unsign(property);
        let example =
            property.get("example").cloned().or_else(|| property.get("examples").map(|all| all[0].clone()));
        if let Some(example) = example {
            apply(property, &example);
        }
    }
}

/// What is never negative has the whole range above.
fn unsign(schema: &mut Map<String, Value>) {
    let is_never_negative = schema.get("minimum").is_some_and(|minimum| minimum == 0);
    let format = schema.get("format").and_then(Value::as_str).unwrap_or_default();
    if let (true, "int32" | "int64") = (is_never_negative, format) {
        let format = json!(format!("u{format}"));
        schema.insert("format".to_owned(), format);
    }
}

/// The same for a parameter, whose example stands beside its schema.
pub fn sharpen_parameter(parameter: &mut Value) {
    let example = parameter["example"].clone();
    // What a path names and is not there is not found, whatever its form; so only words and days are told.
    if let Some(schema) = parameter.get_mut("schema").and_then(Value::as_object_mut)
        && let Some((key, value)) = example.as_str().and_then(form)
        && key != "pattern"
    {
        schema.insert(key.to_owned(), value);
    }
}

fn apply(schema: &mut Map<String, Value>, example: &Value) {
    match example {
        Value::String(text) => {
            if let Some((key, mut value)) = form(text) {
                let may_be_absent = schema.get("type").is_some_and(Value::is_array);
                if let (true, Some(words)) = (may_be_absent, value.as_array_mut()) {
                    words.push(Value::Null);
                }
                schema.insert(key.to_owned(), value);
            }
        }
        Value::Array(examples) => {
            if let (Some(first), Some(items)) =
                (examples.first(), schema.get_mut("items").and_then(Value::as_object_mut))
            {
                apply(items, first);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_from_the_types_themselves() {
        assert_eq!(words::<domain::VehicleKind>(), ["kei", "compact", "minivan", "van"]);
        assert!(WORDS.iter().all(|words| words.len() >= 2));
        assert_eq!(form("van"), Some(("enum", json!(["kei", "compact", "minivan", "van"]))));
        assert_eq!(form("both").unwrap().1, json!(["both", "pickup_run", "dropoff_run"]));
        assert_eq!(form("rider-12"), Some(("pattern", json!("^rider-[0-9]{1,9}$"))));
        assert_eq!(form("2026-11-24T07:30:00+09:00"), Some(("format", json!("date-time"))));
        assert_eq!(form("さくら1号"), None);
    }
}

//! Words shown to people, from the message files. The pages have their own; these are the ones that travel on the wire.

use std::sync::LazyLock;

use domain::{Alternative, Reason, RideClass};
use serde_json::Value;
use units::DayTime;

static JA: LazyLock<Value> = LazyLock::new(|| parse(include_str!("../messages/ja.json")));
static EN: LazyLock<Value> = LazyLock::new(|| parse(include_str!("../messages/en.json")));

/// The files are part of the program and are checked by a test; an unreadable one yields codes instead of words.
fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Both {
    pub ja: String,
    pub en: String,
}

fn look_up(group: &str, code: &str) -> Both {
    let word = |file: &Value| file[group][code].as_str().unwrap_or(code).to_owned();
    Both { ja: word(&JA), en: word(&EN) }
}

pub fn reason(reason: Reason) -> Both {
    look_up("reason", reason.code())
}

pub fn class(class: RideClass) -> Both {
    look_up("class", class.code())
}

pub fn alternative(alternative: &Alternative) -> Both {
    let fill = |both: Both, key: &str, ja: &str, en: &str| Both {
        ja: both.ja.replace(key, ja),
        en: both.en.replace(key, en),
    };
    match alternative {
        Alternative::OtherTime { at } => {
            let time = DayTime::of(*at).to_string();
            fill(look_up("alternative", "other_time"), "{time}", &time, &time)
        }
        Alternative::FewerPeople { people } => {
            let people = people.to_string();
            fill(look_up("alternative", "fewer_people"), "{people}", &people, &people)
        }
        Alternative::OtherStop { .. } => look_up("alternative", "other_stop"),
        Alternative::OtherClass { class: other } => {
            let class = class(*other);
            fill(look_up("alternative", "other_class"), "{class}", &class.ja, &class.en)
        }
    }
}

/// A sentence of a group with its blanks filled, each with a text in both languages.
pub fn sentence(group: &str, code: &str, blanks: &[(&str, Both)]) -> Both {
    blanks.iter().fold(look_up(group, code), |both, (key, text)| Both {
        ja: both.ja.replace(key, &text.ja),
        en: both.en.replace(key, &text.en),
    })
}

/// The Japanese sentence for a problem code, with the field's everyday name.
pub fn problem_ja(code: &str, field: Option<&str>, detail: &str) -> String {
    let sentence = match field {
        Some(_) => &JA["problem"][code],
        None => JA["problem_of_whole"].get(code).unwrap_or(&JA["problem"][code]),
    };
    let sentence = sentence.as_str().unwrap_or("{detail}");
    let field = field.map_or("", |f| JA["field"][f].as_str().unwrap_or(f));
    sentence.replace("{field}", field).replace("{detail}", detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_have_a_word_for_every_code() {
        let groups = ["reason", "alternative", "class", "notice", "direction"];
        let outside = ["told", "letter", "script", "spoken", "undelivered"];
        for group in groups.into_iter().chain(outside) {
            let keys = |file: &Value| file[group].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
            assert_eq!(keys(&JA), keys(&EN), "{group}");
        }
        for class_code in RideClass::ALL {
            assert_ne!(class(class_code).ja, class_code.code());
        }
        assert_eq!(
            problem_ja("time_in_past", Some("wish.at"), ""),
            "「希望時刻」がすでに過ぎています。これからの時刻を入れてください。"
        );
    }
}

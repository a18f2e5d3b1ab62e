//! Names in the manner of a provincial town north of Tokyo. The town, its rivers and its national road do not exist
//! (99 is one of the numbers that no national road bears).

use super::Setting;
use super::plane::Chance;

pub(super) const TOWN: (&str, &str) = ("ひばり沢市", "ひばりさわし");
pub(super) const RIVER: &str = "瀬音川";
pub(super) const BROOK: &str = "鈴見川";
pub(super) const NATIONAL_ROAD: &str = "国道99号";
pub(super) const OLD_HIGHWAY: &str = "旧街道";
pub(super) const STATION_AVENUE: &str = "駅前通り";
pub(super) const NORTH_ROAD: &str = "県道12号";
pub(super) const SOUTH_ROAD: &str = "県道31号";
pub(super) const WEST_ROAD: &str = "県道45号";
pub(super) const EAST_ROAD: &str = "県道58号";
pub(super) const RING_ROAD: &str = "北部環状線";
pub(super) const HILL_ROAD: &str = "見晴らし街道";
pub(super) const SOUTH_BANK: &str = "川南通り";
pub(super) const TRACKSIDE: &str = "線路通り";
pub(super) const STATION_WEST: &str = "西口通り";
pub(super) const STATION_EAST: &str = "東口通り";
pub(super) const SOUTH_WEST_ROAD: &str = "県道63号";
pub(super) const STATION: (&str, &str) = ("ひばり沢駅", "ひばりさわえき");
pub(super) const CASTLE_PARK: (&str, &str) = ("城址公園", "じょうしこうえん");
pub(super) const RIVER_PARK: (&str, &str) = ("河川敷公園", "かせんじきこうえん");

type Name = (&'static str, &'static str);

const CENTRE: [Name; 3] =
    [("本町", "ほんちょう"), ("駅前町", "えきまえちょう"), ("宮前町", "みやまえちょう")];
const SUBURB: [Name; 10] = [
    ("栄町", "さかえちょう"),
    ("桜台", "さくらだい"),
    ("末広町", "すえひろちょう"),
    ("泉町", "いずみちょう"),
    ("松原", "まつばら"),
    ("美里町", "みさとちょう"),
    ("旭町", "あさひちょう"),
    ("若葉台", "わかばだい"),
    ("日の出町", "ひのでちょう"),
    ("富士見町", "ふじみちょう"),
];
const HILLSIDE: [Name; 4] = [
    ("緑ヶ丘", "みどりがおか"),
    ("見晴台", "みはらしだい"),
    ("山手町", "やまてちょう"),
    ("城山", "しろやま"),
];
const VILLAGE: [Name; 9] = [
    ("上沢", "かみさわ"),
    ("下沢", "しもさわ"),
    ("新田", "しんでん"),
    ("大久保", "おおくぼ"),
    ("石田", "いしだ"),
    ("鶴巻", "つるまき"),
    ("長瀬", "ながせ"),
    ("柳原", "やなぎはら"),
    ("高木", "たかぎ"),
];

/// Hands out names by setting; the old town keeps its three, the others change places from seed to seed.
pub(super) struct Districts {
    left: [Vec<Name>; 4],
}

impl Districts {
    pub fn shuffled(chance: &mut Chance) -> Districts {
        let mut left = [CENTRE.to_vec(), SUBURB.to_vec(), VILLAGE.to_vec(), HILLSIDE.to_vec()];
        for names in &mut left[1..] {
            chance.shuffle(names);
        }
        left[0].reverse();
        Districts { left }
    }

    pub fn next(&mut self, setting: Setting) -> Name {
        let kind = match setting {
            Setting::Centre => 0,
            Setting::Suburb => 1,
            Setting::Village => 2,
            Setting::Hillside => 3,
        };
        // The outline asks for fewer of each kind than there are.
        self.left[kind].pop().unwrap_or(("新町", "しんまち"))
    }
}

//! Lists through the reading, the trial and a real engine, without HTTP.

use std::sync::Arc;

use dispatch::{Engine, Setup, Snapshot, Submission};
use proptest::prelude::*;
use roads::{Roads, StraightLines};
use store::MemoryLog;
use units::{AreaId, Timestamp};

use super::columns::{Kind, Need};
use super::flaw::Flaw;
use super::header::Mapping;
use super::plan::{Plan, plan};
use super::trial::Trial;
use super::{decode, export, header, sheet};

/// An office without HTTP before it.
struct Office {
    engine: Engine,
    roads: Arc<Roads>,
}

impl Office {
    fn open() -> Office {
        // The box of Takasaki; what lies outside is off the road.
        let bounds = roads::Bounds::parse("36.25,138.90,36.40,139.10").unwrap();
        let roads = Arc::new(Roads::straight_lines(StraightLines::within(bounds)).unwrap());
        let setup = Setup { area: AreaId(1), roads: roads.clone(), log: Box::new(MemoryLog::new()) };
        Office { engine: Engine::open(setup).unwrap(), roads }
    }

    fn now() -> Timestamp {
        Timestamp::parse("2026-11-24T07:30:00+09:00").unwrap()
    }

    fn trial(&self) -> Trial {
        let snapshot = Snapshot {
            area: self.engine.state().clone(),
            version: self.engine.version(),
            effort: self.engine.effort(),
        };
        Trial::new(&snapshot, self.engine.register(), self.roads.clone(), Self::now())
    }

    fn read(&self, kind: Kind, bytes: &[u8], mapping: &Mapping) -> (Plan, Trial) {
        let (text, _) = decode::decode(bytes, None).unwrap();
        let sheet = sheet::read(&text, None).unwrap();
        let header = header::read(kind, &sheet.header, mapping).unwrap();
        let mut trial = self.trial();
        let plan = plan(&mut trial, kind, &sheet, &header);
        (plan, trial)
    }

    /// Takes the sound rows in.
    fn take(&mut self, kind: Kind, text: &str) -> Plan {
        let (plan, trial) = self.read(kind, text.as_bytes(), &Mapping::new());
        for step in trial.steps {
            let mut submission = Submission::of(step.command, "operator");
            submission.register = step.register;
            let reply = self.engine.submit(submission, Self::now()).unwrap();
            if step.subject.is_some() {
                assert_eq!(reply.subject, step.subject);
            }
        }
        plan
    }

    fn must(&mut self, kind: Kind, text: &str) -> Plan {
        let plan = self.take(kind, text);
        assert!(plan.flaws.is_empty(), "{:#?}", plan.flaws);
        plan
    }

    fn export(&self, kind: Kind) -> String {
        export::write(&self.trial(), kind).unwrap()
    }

    /// One facility and a few people, all from lists.
    fn settled() -> Office {
        let mut office = Office::open();
        office.must(Kind::Places, "地点番号,名称,住所,緯度,経度,分類\nP001,みどり診療所,高崎市栄町1-1,36.32,139.00,医院\nP002,スーパー,,36.33,139.01,買物\n");
        office.must(
            Kind::Facilities,
            "事業所番号,事業所名,法人名,住所,緯度,経度,サービス開始,サービス終了\n10,デイみどり,みどり会,高崎市2-2,36.321,139.004,9:30,16:40\n",
        );
        office.must(
            Kind::Vehicles,
            "車両名,ナンバー,事業所,車種,定員,車いす台数\nさくら1号,高崎500あ1,デイみどり,ミニバン,8,2\n",
        );
        office.must(
            Kind::Drivers,
            "職員番号,氏名,事業所,免許,曜日,勤務時間\nS1,高橋 一,10,普通,月〜金,7:30-12:00;13:00-18:00\n",
        );
        office.must(
            Kind::Riders,
            "利用者番号,氏名,フリガナ,生年月日,住所,緯度,経度,車いす,歩行器,事業所,月,火,水,木,金,申し送り,契約開始日,登録地点\n\
             R001,佐藤　ハル,ｻﾄｳ ﾊﾙ,昭和15年3月2日,高崎市３－３,36.323,139.005,,○,デイみどり,○,,○,,〇,玄関に段差,R6.4.1,P001\n\
             R002,鈴木 一郎,スズキ イチロウ,S10/1/5,高崎市4-4,36.324,139.006,有,,10,,レ,,1,,,2024-04-01,\n",
        );
        office.must(Kind::NotWith, "利用者番号,相手,理由\nR002,佐藤 ハル,口論になる\n");
        office
    }
}

fn told(flaws: &[Flaw]) -> Vec<(u32, &str, &str)> {
    flaws.iter().map(|f| (f.row, f.column.as_str(), f.code.as_str())).collect()
}

#[test]
fn lists_become_masters() {
    let office = Office::settled();
    let area = office.engine.state();
    let riders: Vec<_> = area.riders.values().collect();
    assert_eq!(riders.len(), 2);
    assert_eq!(riders[0].needs.walker_tenths, 4);
    assert!(riders[1].needs.wheelchair && riders[1].needs.boarding.0 == 300);
    assert_eq!(riders[0].membership.as_ref().map(|m| m.weekdays.0.len()), Some(3));
    assert_eq!(riders[0].places.len(), 2);
    assert_eq!(riders[0].care.not_with.len(), 1, "the pair is kept with the lower id");
    let vehicle = area.vehicles.values().next().unwrap();
    let seats: Vec<_> = vehicle.layouts.iter().map(|l| (l.seats, l.wheelchairs)).collect();
    assert_eq!(seats, [(7, 0), (5, 1), (3, 2)], "the driver's seat is none of the riders'");
    let export = office.export(Kind::Riders);
    for word in ["サトウ ハル", "1940-03-02", "2024-04-01", "月水金", "高崎市3-3"] {
        assert!(export.contains(word), "{word}: {export}");
    }
    // The log speaks of ids alone.
    let events =
        serde_json::to_string(&area.riders.values().map(|r| (**r).clone()).collect::<Vec<_>>()).unwrap();
    assert!(!events.contains("佐藤") && !events.contains("1940"));
}

#[test]
fn a_list_that_comes_again_doubles_nothing_and_changes_what_differs() {
    let mut office = Office::settled();
    let version = office.engine.version();
    for kind in Kind::ALL {
        let plan = office.must(kind, &office.export(kind));
        assert_eq!((plan.changes.len(), plan.unchanged), (0, plan.rows), "{kind:?} {:#?}", plan.changes);
    }
    assert_eq!(office.engine.version(), version, "nothing was written");
    // Columns that are not in the file stay as they are; the person is found by birth date and name, however it is spaced.
    let plan = office
        .must(Kind::Riders, "氏名,生年月日,電話番号,車いす\n佐藤ハル,1940/3/2,０２７ー０００ー００１０,○\n");
    assert_eq!(plan.changes[0].columns, ["氏名", "電話番号", "車いす"]);
    assert_eq!(office.engine.state().riders.len(), 2);
    let rider = office.engine.state().riders.values().next().unwrap().clone();
    assert!(rider.needs.wheelchair && rider.needs.boarding.0 == 300 && rider.membership.is_some());
    assert!(office.export(Kind::Riders).contains("027-000-0010"));
    // A home moves with its rider.
    let plan = office.must(Kind::Riders, "利用者番号,氏名,緯度,経度\nR001,佐藤ハル,36.33,139.02\n");
    assert_eq!(plan.changes[0].columns, ["緯度", "経度"]);
    assert_eq!(office.engine.state().places.len(), 5);
}

#[test]
fn every_flaw_is_told_by_row_and_column() {
    let office = Office::settled();
    let list = "利用者番号,氏名,フリガナ,生年月日,電話番号,緯度,経度,歩行器,車いす,事業所,利用曜日,乗車秒数,座席希望,登録地点\n\
        R010,,かな,昭和65年1月1日,9012345678,36.3,139,大,多分,デイあお,週2,x,屋根,P999\n\
        R011,田中 花,漢字,46113,12,139.0,36.3,3.5,,,,9999,,\n\
        R012,山田 太郎,,,,35.0,139.0,,,,,,,\n\
        R013,山本 次郎,,,,,,,,,,,,\n\
        R014,佐藤 ハル,,S15.3.2,,36.3,139,,,,,,,\n\
        R012,山田 花子,,,,36.3,139.0,,,,,,,\n\
        ,佐藤 ハル,,,,36.3,139.0,,,,,,,\n\
        R015,木村 三郎,,,,36.3,139.0,,,デイみどり,,,,\n\
        R016,木村 四郎,,,,36.3,139.0,,,,,,\n\
        R017,木村 五郎,,,,36.3,139.0,,,,,,,\n";
    let (plan, _) = office.read(Kind::Riders, list.as_bytes(), &Mapping::new());
    let expected = [
        (2, "乗車秒数", "invalid_number"),
        (2, "事業所", "unknown_reference"),
        (2, "利用曜日", "invalid_weekdays"),
        (2, "座席希望", "invalid_choice"),
        (2, "歩行器", "invalid_walker"),
        (2, "氏名", "missing"),
        (2, "生年月日", "invalid_date"),
        (2, "登録地点", "unknown_reference"),
        (2, "車いす", "invalid_yes"),
        (2, "電話番号", "invalid_phone"),
        (3, "フリガナ", "invalid_kana"),
        (3, "乗車秒数", "invalid_number"),
        (3, "歩行器", "invalid_walker"),
        (3, "生年月日", "invalid_date"),
        (3, "経度", "swapped_coordinates"),
        (3, "緯度", "swapped_coordinates"),
        (3, "電話番号", "invalid_phone"),
        (4, "緯度", "off_road"),
        (5, "緯度", "missing"),
        (6, "利用者番号", "duplicate_of_registered"),
        (7, "利用者番号", "duplicate_row"),
        (8, "氏名", "same_name"),
        (9, "利用曜日", "missing"),
        (10, "", "uneven_row"),
    ];
    assert_eq!(told(&plan.flaws), expected);
    assert_eq!((plan.rows, plan.count("added"), plan.faulty_rows().len()), (10, 1, 9));
    for flaw in &plan.flaws {
        assert!(!flaw.detail.is_empty() && !flaw.detail_ja.is_empty(), "{flaw:?}");
    }
    let phone = plan.flaws.iter().find(|f| f.code == "invalid_phone").unwrap();
    assert_eq!(phone.found, "9012345678");
    assert!(phone.detail_ja.contains("09012345678"), "{phone:?}");
}

#[test]
fn flaws_of_the_other_lists_are_told_too() {
    let office = Office::settled();
    let flaws = |kind, text: &str| {
        let (plan, _) = office.read(kind, text.as_bytes(), &Mapping::new());
        plan.flaws.iter().map(|f| format!("{} {} {}", f.row, f.column, f.code)).collect::<Vec<_>>()
    };
    assert_eq!(
        flaws(Kind::Places, "名称,緯度,経度,通れる車\nx,36.3,139,戦車\n,,,\n薬局,abc,139,軽\n"),
        ["2 通れる車 invalid_choice", "4 緯度 invalid_degrees"]
    );
    assert_eq!(
        flaws(
            Kind::Facilities,
            "事業所名,法人名,緯度,経度,サービス開始,サービス終了,迎え開始,乗車時間上限\nあお,あお会,36.3,139,25:00,16:40,7:30,2\n"
        ),
        ["2 サービス開始 invalid_time", "2 乗車時間上限 invalid_number"]
    );
    assert_eq!(
        flaws(Kind::Vehicles, "車両名,事業所,車種,定員\n2号,デイみどり,,\n3号,なし,軽,99\n"),
        ["2 定員 missing", "2 車種 missing", "3 事業所 unknown_reference", "3 定員 invalid_number"]
    );
    assert_eq!(
        flaws(
            Kind::Drivers,
            "氏名,事業所,免許,曜日,勤務時間\n一,10,普通,月,18:00-7:30\n二,10,普通,月,7:30-10:00;9:00-12:00\n"
        ),
        ["2 勤務時間 invalid_span", "3 勤務時間 invalid_value"]
    );
    assert_eq!(
        flaws(Kind::NotWith, "利用者,相手\nR001,R001\nR001,R999\nR001,\nR001,R002\nR002,R001\n"),
        ["2 相手 same_rider", "3 相手 unknown_reference", "4 相手 missing", "6 利用者 duplicate_row"]
    );
    assert_eq!(
        flaws(Kind::Memberships, "利用者,事業所,曜日\nR001,10,\nR009,10,月\nR002,10,月\nR002,10,火\n"),
        ["2 曜日 missing", "3 利用者 unknown_reference", "5 利用者 duplicate_row"]
    );
    assert_eq!(flaws(Kind::Riders, "なまえ,でんわ\nx,y\n"), ["1  no_known_column"]);
    assert_eq!(flaws(Kind::Riders, "氏名,お名前\nx,y\n"), ["1 お名前 duplicate_column"]);
    assert_eq!(flaws(Kind::Riders, "氏名\n"), [""; 0], "a header alone does nothing");
}

#[test]
fn headers_are_mapped_as_the_office_says() {
    let office = Office::settled();
    let list = "No.;ご利用者;北緯;東経;備考\n1;小林 四郎;36.3;139;x\n";
    let mapping = [("ご利用者", "name"), ("No.", "利用者番号"), ("備考", "")];
    let mapping: Mapping = mapping.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    let (plan, trial) = office.read(Kind::Riders, list.as_bytes(), &mapping);
    assert_eq!((plan.flaws.len(), plan.count("added")), (0, 1), "{:?}", plan.flaws);
    let register = trial
        .steps
        .iter()
        .find_map(|s| (s.name == "add_rider").then(|| s.register.clone()))
        .flatten()
        .unwrap();
    assert!(register.body.contains("小林 四郎") && !register.body.contains("\"x\""), "{}", register.body);
    let words = ["a".to_owned()];
    let wrong: Mapping = [("b".to_owned(), "name".to_owned())].into();
    assert!(header::read(Kind::Riders, &words, &wrong).is_err());
    let wrong: Mapping = [("a".to_owned(), "nmae".to_owned())].into();
    assert!(header::read(Kind::Riders, &words, &wrong).is_err());
}

#[test]
fn files_that_are_no_lists_are_turned_away_with_a_reason() {
    let turned = |bytes: &[u8]| {
        let text = decode::decode(bytes, None).map(|(text, _)| text);
        text.and_then(|text| sheet::read(&text, None)).map(|s| s.rows.len()).map_err(|p| p.code)
    };
    assert_eq!(turned(b""), Err("empty_file".to_owned()));
    assert_eq!(turned(b"\xef\xbb\xbf\r\n\r\n"), Err("empty_file".to_owned()));
    assert_eq!(turned(b"PK\x03\x04rest"), Err("not_text".to_owned()));
    assert_eq!(turned(b"a,b\n1,\0\n"), Err("not_text".to_owned()));
    assert_eq!(turned(&[0xff, 0xfe, 0xfd, 0x80, 0x81]), Err("bad_encoding".to_owned()));
    assert_eq!(turned(b"a,\"b\n1,2\n"), Err("unbalanced_quotes".to_owned()));
    assert_eq!(turned("名\n".repeat(20_100).as_bytes()), Err("too_many_rows".to_owned()));
    assert_eq!(turned(format!("a\n{}\n", "x".repeat(5_000)).as_bytes()), Err("bad_csv".to_owned()));
    assert_eq!(turned(",".repeat(300).as_bytes()), Err("bad_csv".to_owned()));
    let (sjis, _, _) = encoding_rs::SHIFT_JIS.encode("氏名,フリガナ\n髙橋,ﾀｶﾊｼ\n");
    assert_eq!(decode::decode(&sjis, None).unwrap(), ("氏名,フリガナ\n髙橋,ﾀｶﾊｼ\n".to_owned(), "Shift_JIS"));
    let utf16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain("氏名\t\n".encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert_eq!(decode::decode(&utf16, None).unwrap().1, "UTF-16LE");
}

#[test]
fn shift_jis_is_written_where_every_letter_has_a_place_in_it() {
    let (bytes, charset) = export::encode("月〜金,髙橋\r\n", Some("shift_jis")).unwrap();
    assert_eq!((charset, decode::decode(&bytes, None).unwrap().1), ("shift_jis", "Shift_JIS"));
    assert_eq!(export::encode("𠮷野", Some("sjis")).unwrap_err().code, "not_in_shift_jis");
    assert_eq!(export::encode("x", Some("latin-1")).unwrap_err().code, "invalid_value");
    assert!(export::encode("x", None).unwrap().0.starts_with(b"\xef\xbb\xbf"));
}

/// Texts of the kinds that people type, and of those that break spreadsheets.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        "[一-龠ァ-ヶぁ-ん]{1,6}( [一-龠]{1,3})?",
        "[ -~]{1,12}",
        "[=+@'\"-][ -~ァ-ヶ]{0,8}",
        "[０-９Ａ-Ｚ㈱①～〜ー−ｱ-ﾝ,;\"]{1,8}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// What is typed by hand goes out and comes back without a change, and fills an empty office with the same.
    #[test]
    fn export_then_import_gives_back_the_same(
        people in prop::collection::vec((word(), word(), word(), any::<bool>(), 0u16..20, 0usize..3, 0u32..500), 1..6)
    ) {
        use crate::register::{PlaceEntry, RiderEntry, body};
        let mut office = Office::settled();
        for (n, (name, note, address, wheelchair, walker, seat, spot)) in people.iter().enumerate() {
            let clean = |t: &str| t.trim().to_owned();
            if clean(name).is_empty() { continue; }
            let position = [139.0 + f64::from(*spot) / 7_000.0, 36.3 + f64::from(*spot) / 9_000.0];
            let point = units::Point::from_degrees(position[1], position[0]).unwrap();
            let node = office.roads.snap(point).unwrap().node;
            let home = PlaceEntry { label: "自宅".into(), address: Some(clean(address)).filter(|a| !a.is_empty()), position, ..PlaceEntry::default() };
            let mut typed = |command, entry| {
                let mut submission = Submission::of(command, "operator");
                submission.register = entry;
                office.engine.submit(submission, Office::now()).unwrap().subject.unwrap()
            };
            let new = domain::NewPlace { node, largest_vehicle: domain::VehicleKind::Van };
            let place = typed(domain::Command::AddPlace(new), Some(body(&home, &[]))).parse().unwrap();
            let needs = crate::input::NewNeeds { wheelchair: *wheelchair, walker_tenths: *walker, ..Default::default() }.needs();
            let new = domain::NewRider { needs, places: vec![place], membership: None };
            let entry = RiderEntry { name: clean(name), note: Some(clean(note)).filter(|a| !a.is_empty()), ..RiderEntry::default() };
            let rider = typed(domain::Command::AddRider(new), Some(body(&entry, &[]))).parse().unwrap();
            if *seat > 0 {
                let seat = Some(domain::SeatWish { seat: domain::Seat::NearDoor, must: *seat > 1 });
                let care = domain::Care { never_alone: n % 2 == 0, seat, ..Default::default() };
                typed(domain::Command::SetCare { rider, care }, None);
            }
        }
        let lists = Kind::ALL.map(|kind| (kind, office.export(kind)));
        for (kind, list) in &lists {
            let (plan, trial) = office.read(*kind, list.as_bytes(), &Mapping::new());
            prop_assert!(plan.flaws.is_empty(), "{:?} {:#?}\n{}", kind, plan.flaws, list);
            prop_assert_eq!((plan.changes.len(), trial.steps.len()), (0, 0), "{:#?}\n{}", plan.changes, list);
        }
        let mut empty = Office::open();
        for (kind, list) in &lists {
            let plan = empty.take(*kind, list);
            prop_assert!(plan.flaws.is_empty(), "{:?} {:#?}\n{}", kind, plan.flaws, list);
        }
        // Letters are of one width after the first reading; from then on every list stays as it is.
        let again = Kind::ALL.map(|kind| empty.export(kind));
        let mut third = Office::open();
        for (kind, list) in Kind::ALL.iter().zip(&again) {
            third.take(*kind, list);
        }
        for ((kind, list), first) in Kind::ALL.iter().zip(&again).zip(&lists) {
            prop_assert_eq!(&third.export(*kind), list);
            prop_assert_eq!(list.lines().count(), first.1.lines().count());
        }
    }
}

/// The tables of columns in the documentation are those of the code.
#[test]
fn the_documented_columns_are_the_real_ones() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/import.md");
    let document = std::fs::read_to_string(path).unwrap();
    let mut renewed = document.clone();
    for kind in Kind::ALL {
        let (begin, end) = (format!("<!-- columns of {} -->\n", kind.as_str()), "<!-- end -->");
        let from = renewed.find(&begin).unwrap_or_else(|| panic!("no table of {kind:?}")) + begin.len();
        let to = from + renewed[from..].find(end).unwrap();
        renewed.replace_range(from..to, &table(kind));
    }
    if std::env::var_os("KUSEKI_GOLDEN").is_some() {
        std::fs::write(path, &renewed).unwrap();
        return;
    }
    assert!(renewed == document, "renew docs/import.md with KUSEKI_GOLDEN=1");
}

fn table(kind: Kind) -> String {
    let mut text =
        "| 列名 | English | also read | what | needed | example |\n|---|---|---|---|---|---|\n".to_owned();
    for column in kind.columns() {
        let need = match column.need {
            Need::Required => "yes",
            Need::Optional => "",
            Need::ReadOnly => "read only",
        };
        let others = column.others.join("、");
        text += &format!(
            "| {} | `{}` | {others} | {} | {need} | {} |\n",
            column.ja,
            column.name,
            column.form.describe(),
            column.example
        );
    }
    text
}

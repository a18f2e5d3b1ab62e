//! The columns of each kind of list. `docs/import.md` shows the same tables; a test compares them.

use super::columns::Form::{self, *};
use super::columns::Need::{Optional, ReadOnly, Required};
use super::columns::{Column, Need};

type Words = &'static [&'static str];
type Choices = &'static [(&'static str, Words)];

const fn column(
    names: (&'static str, &'static str),
    others: Words,
    form: Form,
    need: Need,
    example: &'static str,
) -> Column {
    Column { name: names.0, ja: names.1, others, form, need, example }
}

const CATEGORIES: Form = Choice(&[
    ("自宅", &["home", "家"]),
    ("診療所", &["clinic", "医院", "クリニック"]),
    ("病院", &["hospital"]),
    ("買い物", &["shop", "買物", "商店", "店舗", "スーパー"]),
    ("余暇", &["leisure", "娯楽"]),
    ("公共", &["public", "役所", "公共施設"]),
    ("通所介護", &["day_service", "デイ", "デイサービス", "事業所"]),
    ("交通", &["transit", "駅", "バス停"]),
    ("その他", &["other"]),
]);
const KINDS: Choices = &[
    ("軽", &["kei", "軽自動車"]),
    ("小型", &["compact", "コンパクト", "小型車"]),
    ("ミニバン", &["minivan", "中型ワゴン"]),
    ("大型ワゴン", &["van", "バン", "ワゴン", "ハイエース型", "キャラバン型"]),
];
const LICENCES: Form = Choice(&[
    ("軽", &["kei", "軽自動車", "軽のみ"]),
    ("小型", &["compact", "コンパクト", "小型車"]),
    ("ミニバン", &["minivan", "中型ワゴン"]),
    (
        "大型ワゴン",
        &["van", "バン", "ワゴン", "普通", "普通免許", "準中型", "中型", "大型", "普通二種", "中型二種"],
    ),
]);
const CONTRACTS: Form = Choice(&[
    ("契約", &["active", "契約中", "利用中"]),
    ("体験", &["trial", "お試し"]),
    ("停止", &["paused", "休止", "中止", "終了"]),
]);

pub const PLACES: &[Column] = &[
    column(("number", "地点番号"), &["番号", "地点コード", "コード", "no", "id"], Text(60), Optional, "P001"),
    column(
        ("label", "名称"),
        &["地点名", "地点名称", "場所", "場所名", "name"],
        Text(200),
        Required,
        "みどり診療所",
    ),
    column(("address", "住所"), &["所在地"], Text(500), Optional, "群馬県高崎市栄町1-1"),
    column(("latitude", "緯度"), &["lat", "北緯", "緯度(lat)"], Latitude, Required, "36.3219"),
    column(("longitude", "経度"), &["lon", "lng", "東経", "経度(lng)"], Longitude, Required, "139.0033"),
    column(("category", "分類"), &["区分", "種別", "カテゴリ"], CATEGORIES, Optional, "診療所"),
    column(
        ("largest_vehicle", "通れる車"),
        &["車両制限", "通行できる車"],
        Choice(KINDS),
        Optional,
        "ミニバン",
    ),
    column(("phone", "電話番号"), &["電話", "tel"], Phone, Optional, "027-000-0000"),
    column(("room", "部屋番号"), &["号室", "建物", "建物名"], Text(100), Optional, "201"),
    column(("landmark", "目印"), &["目標物"], Text(200), Optional, "青い屋根"),
    column(("memo", "備考"), &["メモ", "note"], Free, Optional, "裏口から"),
];

pub const FACILITIES: &[Column] = &[
    column(
        ("number", "事業所番号"),
        &["番号", "事業所コード", "コード", "no", "id"],
        Text(60),
        Optional,
        "1070000001",
    ),
    column(("name", "事業所名"), &["名称", "施設名", "事業所"], Text(200), Required, "デイサービスみどり"),
    column(
        ("furigana", "フリガナ"),
        &["ふりがな", "カナ", "かな", "事業所名カナ"],
        Kana,
        Optional,
        "デイサービスミドリ",
    ),
    column(
        ("corporation", "法人名"),
        &["法人", "運営法人", "会社名"],
        Text(200),
        Required,
        "社会福祉法人みどり会",
    ),
    column(("post_code", "郵便番号"), &["〒"], Text(10), Optional, "370-0000"),
    column(("place", "拠点番号"), &["地点番号", "拠点", "車庫"], Reference, Optional, "P010"),
    column(("address", "住所"), &["所在地"], Text(500), Optional, "群馬県高崎市栄町2-2"),
    column(("latitude", "緯度"), &["lat", "北緯"], Latitude, Optional, "36.3220"),
    column(("longitude", "経度"), &["lon", "lng", "東経"], Longitude, Optional, "139.0040"),
    column(("phone", "電話番号"), &["電話", "tel"], Phone, Optional, "027-000-0001"),
    column(("fax", "FAX番号"), &["fax", "ファックス"], Phone, Optional, "027-000-0002"),
    column(
        ("mail", "メール"),
        &["メールアドレス", "email", "e-mail"],
        Text(200),
        Optional,
        "midori@example.jp",
    ),
    column(("contact", "担当者"), &["連絡担当者", "管理者"], Text(100), Optional, "田中"),
    column(
        ("service_begin", "サービス開始時刻"),
        &["サービス開始", "提供開始時刻", "開始時刻"],
        Time,
        Required,
        "09:30",
    ),
    column(
        ("service_end", "サービス終了時刻"),
        &["サービス終了", "提供終了時刻", "終了時刻"],
        Time,
        Required,
        "16:40",
    ),
    column(("pickup_begin", "迎え開始時刻"), &["迎え開始"], Time, Optional, "07:30"),
    column(("pickup_end", "迎え終了時刻"), &["迎え終了"], Time, Optional, "09:45"),
    column(("dropoff_begin", "送り開始時刻"), &["送り開始"], Time, Optional, "16:25"),
    column(("dropoff_end", "送り終了時刻"), &["送り終了"], Time, Optional, "18:40"),
    column(
        ("ride_max_minutes", "乗車時間の上限(分)"),
        &["乗車時間上限", "最長乗車時間"],
        Whole(5, 180),
        Optional,
        "40",
    ),
];

pub const VEHICLES: &[Column] = &[
    column(
        ("number", "車両番号"),
        &["番号", "車両コード", "コード", "no", "id", "号車"],
        Text(60),
        Optional,
        "1",
    ),
    column(("name", "車両名"), &["名称", "車名", "愛称", "車両"], Text(100), Required, "さくら1号"),
    column(
        ("plate", "ナンバー"),
        &["ナンバープレート", "登録番号", "自動車登録番号"],
        Text(50),
        Optional,
        "高崎 500 あ 00-01",
    ),
    column(
        ("facility", "事業所"),
        &["事業所名", "事業所番号", "所属", "所属事業所"],
        Reference,
        Required,
        "デイサービスみどり",
    ),
    column(("kind", "車種"), &["車両区分", "車型", "タイプ"], Choice(KINDS), Required, "ミニバン"),
    column(("capacity", "定員"), &["乗車定員"], Whole(2, 60), ReadOnly, "8"),
    column(("seats", "利用者席数"), &["座席数", "席数"], Whole(0, 60), ReadOnly, "7"),
    column(
        ("wheelchairs", "車いす台数"),
        &["車椅子台数", "車いす", "車椅子", "車いす固定数"],
        Whole(0, 20),
        ReadOnly,
        "2",
    ),
    column(("layouts", "座席配置"), &["配置", "レイアウト"], Layouts, Required, "7+0/5+1/3+2"),
    column(("shift_begin", "運行開始時刻"), &["稼働開始", "運行開始"], Time, Optional, "07:30"),
    column(("shift_end", "運行終了時刻"), &["稼働終了", "運行終了"], Time, Optional, "18:30"),
    column(("attendant", "添乗員"), &["添乗", "添乗員あり"], Yes, Optional, "○"),
    column(("driver_name", "主な運転手"), &["運転手", "運転者", "担当運転手"], Text(100), Optional, "高橋"),
    column(("inspection_until", "車検満了日"), &["車検", "車検有効期限"], Date, Optional, "令和9年3月31日"),
    column(("memo", "備考"), &["メモ", "note"], Free, Optional, "リフト付き"),
];

pub const DRIVERS: &[Column] = &[
    column(
        ("number", "職員番号"),
        &["番号", "社員番号", "職員コード", "コード", "no", "id"],
        Text(60),
        Optional,
        "S01",
    ),
    column(("name", "氏名"), &["名前", "職員名", "運転手名", "お名前"], Text(100), Required, "高橋 一"),
    column(
        ("furigana", "フリガナ"),
        &["ふりがな", "カナ", "かな", "氏名カナ", "氏名かな"],
        Kana,
        Optional,
        "タカハシ ハジメ",
    ),
    column(("phone", "電話番号"), &["電話", "携帯", "携帯電話", "tel"], Phone, Optional, "090-0000-0001"),
    column(("mail", "メール"), &["メールアドレス", "email", "e-mail"], Text(200), Optional, "s01@example.jp"),
    column(
        ("facility", "事業所"),
        &["事業所名", "事業所番号", "所属", "所属事業所"],
        Reference,
        Required,
        "デイサービスみどり",
    ),
    column(("licence", "免許"), &["運転できる車", "免許区分", "運転免許"], LICENCES, Required, "普通"),
    column(("weekdays", "勤務曜日"), &["曜日", "出勤曜日"], Weekdays, Required, "月火水木金"),
    column(("mon", "月"), &["月曜", "月曜日"], Weekday(0), ReadOnly, "○"),
    column(("tue", "火"), &["火曜", "火曜日"], Weekday(1), ReadOnly, "○"),
    column(("wed", "水"), &["水曜", "水曜日"], Weekday(2), ReadOnly, "○"),
    column(("thu", "木"), &["木曜", "木曜日"], Weekday(3), ReadOnly, "○"),
    column(("fri", "金"), &["金曜", "金曜日"], Weekday(4), ReadOnly, "○"),
    column(("sat", "土"), &["土曜", "土曜日"], Weekday(5), ReadOnly, ""),
    column(("sun", "日"), &["日曜", "日曜日"], Weekday(6), ReadOnly, ""),
    column(("shifts", "勤務時間"), &["シフト", "勤務時間帯"], Spans, Required, "07:30-12:00;13:00-18:00"),
    column(("duties", "兼務時間"), &["施設内業務", "兼務"], Spans, Optional, "10:00-15:00"),
    column(("category", "職種"), &["区分", "雇用区分"], Text(60), Optional, "介護職員"),
    column(
        ("licence_until", "免許有効期限"),
        &["免許期限", "免許証有効期限"],
        Date,
        Optional,
        "令和10年5月1日",
    ),
    column(("memo", "備考"), &["メモ", "note"], Free, Optional, ""),
];

pub const RIDERS: &[Column] = &[
    column(
        ("number", "利用者番号"),
        &["番号", "利用者コード", "利用者id", "コード", "被保険者番号", "no", "id"],
        Text(60),
        Optional,
        "R001",
    ),
    column(("name", "氏名"), &["名前", "利用者名", "利用者氏名", "お名前"], Text(100), Required, "佐藤 ハル"),
    column(
        ("furigana", "フリガナ"),
        &["ふりがな", "カナ", "かな", "氏名カナ", "氏名かな", "よみがな"],
        Kana,
        Optional,
        "サトウ ハル",
    ),
    column(("birth_date", "生年月日"), &["誕生日", "birthday"], Date, Optional, "昭和15年3月2日"),
    column(("sex", "性別"), &["gender"], Text(10), Optional, "女"),
    column(("phone", "電話番号"), &["電話", "連絡先", "tel", "自宅電話"], Phone, Optional, "027-000-0010"),
    column(("home", "自宅番号"), &["自宅の地点番号", "乗降場所"], Reference, Optional, "P020"),
    column(("address", "住所"), &["自宅住所", "現住所"], Text(500), Optional, "群馬県高崎市栄町3-3"),
    column(("latitude", "緯度"), &["lat", "北緯"], Latitude, Optional, "36.3230"),
    column(("longitude", "経度"), &["lon", "lng", "東経"], Longitude, Optional, "139.0050"),
    column(("places", "登録地点"), &["その他の地点", "行き先", "行先"], References, Optional, "P001;P002"),
    column(("wheelchair", "車いす"), &["車椅子", "車イス", "車いす利用"], Yes, Optional, "○"),
    column(("walker", "歩行器"), &["シルバーカー", "歩行器利用"], Walker, Optional, "0.4"),
    column(("attendant", "添乗"), &["添乗員", "添乗員要", "介助者", "要添乗"], Yes, Optional, "○"),
    column(("boarding_seconds", "乗車秒数"), &["乗車時間(秒)"], Whole(0, 3600), Optional, "120"),
    column(("alighting_seconds", "降車秒数"), &["降車時間(秒)"], Whole(0, 3600), Optional, "90"),
    column(
        ("facility", "事業所"),
        &["事業所名", "事業所番号", "利用事業所"],
        Reference,
        Optional,
        "デイサービスみどり",
    ),
    column(("weekdays", "利用曜日"), &["曜日", "通所曜日"], Weekdays, Optional, "月水金"),
    column(("mon", "月"), &["月曜", "月曜日"], Weekday(0), ReadOnly, "○"),
    column(("tue", "火"), &["火曜", "火曜日"], Weekday(1), ReadOnly, ""),
    column(("wed", "水"), &["水曜", "水曜日"], Weekday(2), ReadOnly, "○"),
    column(("thu", "木"), &["木曜", "木曜日"], Weekday(3), ReadOnly, ""),
    column(("fri", "金"), &["金曜", "金曜日"], Weekday(4), ReadOnly, "○"),
    column(("sat", "土"), &["土曜", "土曜日"], Weekday(5), ReadOnly, ""),
    column(("sun", "日"), &["日曜", "日曜日"], Weekday(6), ReadOnly, ""),
    column(("never_alone", "ひとり乗車不可"), &["単独乗車不可", "一人乗車不可"], Yes, Optional, ""),
    column(("seat", "座席希望"), &["座席", "座席指定"], Seat, Optional, "助手席"),
    column(
        ("note", "申し送り"),
        &["申送り", "備考", "特記事項", "メモ", "送迎時の注意"],
        Free,
        Optional,
        "玄関に段差",
    ),
    column(("care_level", "要介護度"), &["介護度"], Text(20), Optional, "要介護2"),
    column(("contract", "契約状態"), &["契約", "状態", "利用状況"], CONTRACTS, Optional, "契約"),
    column(("contract_from", "契約開始日"), &["利用開始日", "契約日"], Date, Optional, "令和6年4月1日"),
    column(("contract_until", "契約終了日"), &["利用終了日", "契約満了日"], Date, Optional, ""),
    column(
        ("emergency_name", "緊急連絡先氏名"),
        &["緊急連絡先", "家族氏名", "キーパーソン"],
        Text(100),
        Optional,
        "佐藤 次郎",
    ),
    column(
        ("emergency_phone", "緊急連絡先電話番号"),
        &["緊急連絡先電話", "家族電話番号", "緊急電話番号"],
        Phone,
        Optional,
        "090-0000-0002",
    ),
    column(("family_name", "家族連絡先氏名"), &["ご家族連絡先"], Text(100), Optional, "佐藤 花子"),
    column(("family_phone", "家族連絡先電話番号"), &["ご家族電話番号"], Phone, Optional, "090-0000-0002"),
    column(
        ("family_by", "家族への連絡方法"),
        &["家族連絡方法"],
        Choice(&[
            ("電話", &["phone", "tel"]),
            ("メール", &["mail", "e-mail", "email"]),
            ("アプリ", &["webhook", "app", "LINE"]),
            ("なし", &["nobody", "不要"]),
        ]),
        Optional,
        "メール",
    ),
    column(
        ("family_address", "家族連絡先アドレス"),
        &["家族メールアドレス"],
        Text(254),
        Optional,
        "hanako@example.jp",
    ),
    column(("family_instead", "家族だけに連絡"), &["本人に連絡しない"], Yes, Optional, ""),
];

pub const MEMBERSHIPS: &[Column] = &[
    column(("rider", "利用者"), &["利用者番号", "番号", "氏名", "利用者名"], Reference, Required, "R001"),
    column(("facility", "事業所"), &["事業所名", "事業所番号"], Reference, Required, "デイサービスみどり"),
    column(("weekdays", "利用曜日"), &["曜日", "通所曜日"], Weekdays, Required, "月水金"),
    column(("mon", "月"), &["月曜", "月曜日"], Weekday(0), ReadOnly, "○"),
    column(("tue", "火"), &["火曜", "火曜日"], Weekday(1), ReadOnly, ""),
    column(("wed", "水"), &["水曜", "水曜日"], Weekday(2), ReadOnly, "○"),
    column(("thu", "木"), &["木曜", "木曜日"], Weekday(3), ReadOnly, ""),
    column(("fri", "金"), &["金曜", "金曜日"], Weekday(4), ReadOnly, "○"),
    column(("sat", "土"), &["土曜", "土曜日"], Weekday(5), ReadOnly, ""),
    column(("sun", "日"), &["日曜", "日曜日"], Weekday(6), ReadOnly, ""),
    column(("contract_from", "契約開始日"), &["利用開始日", "契約日"], Date, Optional, "令和6年4月1日"),
    column(("contract_until", "契約終了日"), &["利用終了日", "契約満了日"], Date, Optional, ""),
];

pub const NOT_WITH: &[Column] = &[
    column(("rider", "利用者"), &["利用者番号", "番号", "氏名", "利用者1"], Reference, Required, "R001"),
    column(
        ("other", "相手"),
        &["相手番号", "相手の利用者番号", "相手氏名", "利用者2"],
        Reference,
        Required,
        "R002",
    ),
    column(("reason", "理由"), &["備考", "メモ"], Text(500), Optional, "口論になる"),
];

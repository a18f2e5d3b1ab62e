use std::sync::Arc;

use dispatch::{ServiceSetup, Setup, Submission, SystemClock};
use domain::{
    Cause, Command, Layout, Membership, Needs, NewFacility, NewPlace, NewRider, NewVehicle, Notice,
    VehicleKind, VisitKey, Weekdays,
};
use roads::{Roads, StraightLines};
use units::{
    AreaId, CorporationId, DayTime, DayWindow, NoticeId, PlaceId, Point, Seconds, Timestamp, VehicleId,
    Weekday, Window,
};

use super::*;
use crate::legs::Legs;
use crate::notify::Deliveries;
use crate::register::{VehicleEntry, body};

fn at(text: &str) -> Timestamp {
    Timestamp::parse(&format!("2026-11-24T{text}:00+09:00")).unwrap()
}

fn window(from: &str, to: &str) -> Window {
    Window::new(at(from), at(to)).unwrap()
}

#[test]
fn times_are_said_as_on_the_telephone() {
    assert_eq!(spoken_time(at("09:15")).ja, "9時15分ごろ");
    assert_eq!(spoken_time(at("09:00")).ja, "9時ごろ");
    assert_eq!(spoken_time(at("12:05")).ja, "午後0時5分ごろ");
    assert_eq!(spoken_time(at("16:50")).ja, "午後4時50分ごろ");
    assert_eq!(spoken_window(window("08:40", "08:55")).ja, "8時40分から8時55分ごろ");
    assert_eq!(spoken_window(window("08:40", "08:40")).ja, "8時40分ごろ");
    assert_eq!(spoken_window(window("08:40", "08:55")).en, "between 8:40 and 8:55");
}

/// A facility, a vehicle, a member and a resident who is none.
struct Office {
    service: dispatch::Service,
    legs: Legs,
    deliveries: Deliveries,
}

impl Office {
    async fn open() -> Office {
        let roads = Arc::new(Roads::straight_lines(StraightLines::in_japan()).unwrap());
        let log = Box::new(store::MemoryLog::new());
        let engine = Setup { area: AreaId(1), roads: roads.clone(), log };
        let (clock, tick_every) = (Arc::new(SystemClock), std::time::Duration::from_secs(3_600));
        let setup = ServiceSetup { engine, clock, tick_every, improve_steps: 0, snapshots: None };
        let service = dispatch::Service::start(setup);
        let office = Office {
            service: service.unwrap(),
            legs: Legs::new(roads.clone()),
            deliveries: Deliveries::default(),
        };
        office.must(Command::AddCorporation, None).await;
        let node = roads.snap(Point::from_degrees(36.3, 139.2).unwrap()).unwrap().node;
        office.must(Command::AddPlace(NewPlace { node, largest_vehicle: VehicleKind::Van }), None).await;
        let hours = |a, b| DayWindow::new(DayTime::hm(a, 0), DayTime::hm(b, 0)).unwrap();
        let facility = NewFacility {
            corporation: CorporationId(1),
            place: PlaceId(1),
            service: hours(9, 16),
            pickup_hours: hours(7, 9),
            dropoff_hours: hours(16, 18),
            ride_max: Seconds::minutes(40),
        };
        let name = body(&NameEntry { name: "デイみどり".to_owned(), ..NameEntry::default() }, &[]);
        office.must(Command::AddFacility(facility), Some(name)).await;
        let vehicle = NewVehicle {
            facility: FacilityId(1),
            kind: VehicleKind::Van,
            layouts: vec![Layout { seats: 5, wheelchairs: 0 }],
            shift: hours(7, 18),
            attendant: false,
        };
        let name = VehicleEntry { name: "さくら1号".to_owned(), ..VehicleEntry::default() };
        office.must(Command::AddVehicle(vehicle), Some(body(&name, &[]))).await;
        let member = Membership { facility: FacilityId(1), weekdays: Weekdays(vec![Weekday::Tue]) };
        for (name, membership) in [("佐藤 ハル", Some(member)), ("鈴木 キヨ", None)] {
            let (wheelchair, attendant) = (false, false);
            let needs = Needs {
                wheelchair,
                walker_tenths: 0,
                attendant,
                boarding: Seconds(60),
                alighting: Seconds(60),
            };
            let new = NewRider { needs, places: vec![PlaceId(1)], membership };
            let known = RiderEntry { name: name.to_owned(), ..RiderEntry::default() };
            office.must(Command::AddRider(new), Some(known.body())).await;
        }
        office
    }

    async fn must(&self, command: Command, register: Option<dispatch::RegisterBody>) {
        let submission = Submission { register, ..Submission::of(command, "test") };
        self.service.submit(submission).await.unwrap();
    }

    fn script(&self, to: Listener, news: News) -> wire::Script {
        let snapshot = self.service.snapshot();
        let viewer = Viewer {
            sight: crate::access::sight::Sight::everything(),
            service: &self.service,
            legs: &self.legs,
            snapshot: &snapshot,
            now: at("08:00"),
            area_name: "せおと町",
            deliveries: &self.deliveries,
        };
        let notice = Notice { id: NoticeId(1), to, news };
        let day = ServiceDay::of(at("08:00"));
        viewer.script(&IssuedNotice { notice, day, cause: Cause::Improvement, given_at: None })
    }
}

const MEMBER: Listener = Listener::Rider(RiderId(1));
const GUEST: Listener = Listener::Rider(RiderId(2));
const ASK: &str = "こちらはデイみどり、送迎の係です。佐藤 ハル様でいらっしゃいますか。\n";
const BYE: &str = "\nご不明な点はございませんか。では、失礼いたします。";

#[tokio::test]
async fn every_kind_of_news_has_words_to_read_aloud() {
    let office = Office::open().await;
    let (request, vehicle) = (RequestId(1), VehicleId(1));
    let (pickup, dropoff) = (Direction::PickupRun, Direction::DropoffRun);
    let read = |news: News| {
        let script = office.script(MEMBER, news);
        assert!(!script.read_ja.contains('{') && !script.read_en.contains('{'), "{script:?}");
        assert!(!script.if_unanswered_ja.contains('{'), "{script:?}");
        let told = script.read_ja.strip_prefix(ASK).and_then(|text| text.strip_suffix(BYE));
        told.unwrap_or_else(|| panic!("{}", script.read_ja)).to_owned()
    };
    let time = |direction, former, window| News::Time { request, direction, vehicle, former, window };
    assert_eq!(
        read(time(pickup, None, window("08:40", "08:55"))),
        "本日のお迎えの時間が決まりました。8時40分から8時55分ごろに、さくら1号がまいります。"
    );
    assert_eq!(
        read(time(pickup, Some(window("08:40", "08:55")), window("09:00", "09:15"))),
        "本日のお迎えの時間が変わりました。8時40分から8時55分ごろとお伝えしておりましたが、9時から9時15分ごろに、\
         さくら1号がまいります。ご迷惑をおかけして申し訳ございません。"
    );
    assert_eq!(
        read(time(dropoff, None, window("16:50", "17:05"))),
        "本日のお送りの時間が決まりました。さくら1号で、午後4時50分から午後5時5分ごろにご自宅へ着く予定です。"
    );
    assert_eq!(
        read(News::OtherVehicle { request, direction: pickup, vehicle, window: window("08:40", "08:55") }),
        "本日のお迎えの車が変わりました。さくら1号がまいります。時間は8時40分から8時55分ごろで、変わりはございません。"
    );
    assert_eq!(
        read(News::OtherVehicle { request, direction: dropoff, vehicle, window: window("16:50", "17:05") }),
        "本日のお送りの車が変わりました。さくら1号でお送りします。ご自宅に着く時間は午後4時50分から午後5時5分ごろで、\
         変わりはございません。"
    );
    assert_eq!(
        read(News::NoRide { request, direction: Some(dropoff), former: Some(window("16:50", "17:05")) }),
        "申し訳ございません。本日のお送りの車をご用意できなくなりました。ほかの方法を、ご一緒に考えさせてください。"
    );
    let late = |visit| News::Late { visit, vehicle, window: window("08:40", "08:55"), late: Seconds(601) };
    assert_eq!(
        read(late(VisitKey::pickup(request))),
        "お迎えが遅れております。さくら1号は、お約束より11分ほど遅れて、9時6分ごろに着く見込みです。\
         お家の中でお待ちください。申し訳ございません。"
    );
    assert_eq!(
        read(late(VisitKey::dropoff(request))),
        "お帰りの車が遅れております。さくら1号は、お約束より11分ほど遅れて、9時6分ごろにご自宅へ着く見込みです。\
         申し訳ございません。"
    );
}

#[tokio::test]
async fn guests_drivers_and_facilities_are_spoken_to_as_what_they_are() {
    let office = Office::open().await;
    let request = RequestId(1);
    let no_ride = News::NoRide { request, direction: None, former: Some(window("10:00", "10:15")) };
    let script = office.script(GUEST, no_ride);
    assert_eq!(
        script.read_ja,
        format!(
            "こちらはせおと町、送迎の係です。鈴木 キヨ様でいらっしゃいますか。\n申し訳ございません。本日の車をご用意できなく\
             なりました。ほかの時間や方法を、ご一緒に考えさせてください。{BYE}"
        )
    );
    assert!(script.if_unanswered_ja.ends_with("車は行きません。"), "{script:?}");

    let visits = News::Visits { added: Vec::new(), dropped: Vec::new(), retimed: Vec::new() };
    let script = office.script(Listener::Driver(VehicleId(1)), visits);
    assert_eq!(
        script.read_ja,
        "さくら1号の運転手さん、お疲れさまです。\n本日の立ち寄り先が変わりました。追加はなし、取りやめはなし、\
         時刻の変更はなしです。\n安全な所に止まってから、画面で確かめてください。"
    );
    let runs = News::Runs { moved: 1, retimed: 2, without: 0 };
    let script = office.script(Listener::Facility(FacilityId(1)), runs);
    assert_eq!(
        script.read_ja,
        "デイみどりさん、いつもお世話になっております。送迎の係です。\n本日の送迎表が変わりました。車の変わる方が1名、\
         時間の変わる方が2名、車をご用意できない方が0名です。\n送迎表の画面でご確認ください。よろしくお願いいたします。"
    );
}

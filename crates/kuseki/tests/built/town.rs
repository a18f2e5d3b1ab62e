//! Masters for a test: a corporation, a facility, vehicles, places on the drawn town's streets, riders.

use roads::Roads;
use serde_json::{Value, json};
use units::{DayTime, Node, ServiceDay, Timestamp};

use crate::house::{Client, Site, id_of};

/// A later day with the whole of it still to come. Should midnight pass meanwhile, it is the day that just began, and
/// its morning is still to come.
pub fn tomorrow() -> ServiceDay {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    ServiceDay::of(Timestamp::from_unix_seconds(now.as_secs() as i64)).next()
}

pub fn at(day: ServiceDay, hour: u32, minute: u32) -> String {
    day.at(DayTime::hm(hour, minute)).to_string()
}

/// Points on streets around the middle of the town that every vehicle gets through, as `[longitude, latitude]`.
pub fn street_points(site: &Site, count: usize) -> Vec<Value> {
    let roads = Roads::open(&site.roads()).unwrap();
    let (sw, ne) = (roads.bounds().sw, roads.bounds().ne);
    let (lat, lon) = ((sw.lat() + ne.lat()) / 2.0, (sw.lon() + ne.lon()) / 2.0);
    let mut points: Vec<_> = (0..roads.node_count() as u32).filter_map(|n| roads.point(Node(n))).collect();
    points.retain(|p| roads.snap(*p).is_ok_and(|snap| snap.width_dm.is_none_or(|width| width >= 27)));
    points.sort_by(|a, b| {
        let away = |p: &units::Point| (p.lat() - lat).powi(2) + (p.lon() - lon).powi(2);
        away(a).total_cmp(&away(b))
    });
    let stride = points.len() / 5 / (count + 1);
    (1..=count).map(|k| &points[k * stride]).map(|p| json!([p.lon(), p.lat()])).collect()
}

/// A served town's masters.
pub struct Town {
    pub client: Client,
    pub facility: String,
    pub corporation: String,
    pub vehicle: String,
    /// The base first, then the others.
    pub places: Vec<String>,
    /// A resident with places 1 and 2; no member.
    pub rider: String,
    points: Vec<Value>,
}

impl Town {
    /// One corporation with one facility and one minivan, six places, one resident.
    pub async fn register(client: Client, site: &Site) -> Town {
        let points = street_points(site, 60);
        let corporation =
            id_of(&client.post("/corporations", &json!({ "name": "みどり会" })).await.expect(201));
        let mut places = Vec::new();
        for (n, point) in points.iter().take(6).enumerate() {
            let body = json!({ "label": format!("場所{n}"), "position": point });
            places.push(id_of(&client.post("/places", &body).await.expect(201)));
        }
        let body = json!({ "corporation": corporation, "name": "デイみどり", "place": places[0], "service": ["09:30", "16:40"] });
        let facility = id_of(&client.post("/facilities", &body).await.expect(201));
        let mut town = Town {
            client,
            facility,
            corporation,
            vehicle: String::new(),
            places,
            rider: String::new(),
            points,
        };
        town.vehicle =
            town.add_vehicle("みどり1号", json!([{ "seats": 4 }, { "seats": 2, "wheelchairs": 1 }])).await;
        let home = json!({ "name": "佐藤 ハル", "furigana": "さとう はる", "places": [town.places[1], town.places[2]] });
        town.rider = id_of(&town.client.post("/riders", &home).await.expect(201));
        town
    }

    pub async fn add_vehicle(&self, name: &str, layouts: Value) -> String {
        let body = json!({ "facility": self.facility, "name": name, "kind": "minivan", "layouts": layouts });
        id_of(&self.client.post("/vehicles", &body).await.expect(201))
    }

    /// A place on the `number`th of sixty streets.
    pub async fn add_place(&self, number: usize) -> String {
        let body =
            json!({ "label": format!("家{number}"), "position": self.points[number], "category": "home" });
        id_of(&self.client.post("/places", &body).await.expect(201))
    }

    /// A member who attends every day of the week, with a home of his or her own.
    pub async fn add_member(&self, number: usize, needs: Value) -> String {
        let home = self.add_place(number).await;
        let weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        let body = json!({
            "name": format!("会員{number}"), "places": [home], "needs": needs,
            "membership": { "facility": self.facility, "weekdays": weekdays },
        });
        id_of(&self.client.post("/riders", &body).await.expect(201))
    }

    /// The resident's wish to leave the first place for the second tomorrow morning.
    pub fn wish(&self) -> Value {
        json!({
            "rider": self.rider, "from": self.places[1], "to": self.places[2], "channel": "phone",
            "purpose": "shopping", "wish": { "kind": "leave_at", "at": at(tomorrow(), 10, 30) },
        })
    }
}

//! Registers the town over the API, once; on later days finds it registered.

use serde_json::{Value, json};
use units::DayWindow;

use super::world::{Ids, World};
use crate::fault::Fault;

fn pair(window: DayWindow) -> Value {
    json!([window.open(), window.close()])
}

fn id_of(body: &Value) -> String {
    body["id"].as_str().unwrap_or_default().to_owned()
}

/// Everybody and everything gets its id. Commands carry fixed keys, so a demo that was cut off while registering goes on
/// where it stopped: what was done already is answered as it was then.
pub async fn register(world: &World) -> Result<Ids, Fault> {
    let phone = &world.phone;
    let people = &world.people;
    let mut ids = Ids::default();
    let mut corporations = Vec::new();
    for (n, corporation) in people.corporations.iter().enumerate() {
        let body = json!({ "name": corporation.name });
        corporations.push(id_of(&phone.must("/corporations", &format!("demo-corporation-{n}"), body).await?));
    }
    for (n, place) in people.places.iter().enumerate() {
        let body = json!({
            "label": place.label, "address": place.address, "category": place.category.code(),
            "position": [place.point.lon(), place.point.lat()], "largest_vehicle": place.largest_vehicle,
        });
        ids.places.push(id_of(&phone.must("/places", &format!("demo-place-{n}"), body).await?));
    }
    for (n, facility) in people.facilities.iter().enumerate() {
        let body = json!({
            "corporation": corporations[facility.corporation], "name": facility.name, "place": ids.places[facility.place],
            "service": pair(facility.service), "pickup_hours": pair(facility.pickup_hours),
            "dropoff_hours": pair(facility.dropoff_hours), "ride_max_minutes": facility.ride_max.0 / 60,
        });
        ids.facilities.push(id_of(&phone.must("/facilities", &format!("demo-facility-{n}"), body).await?));
    }
    for (n, vehicle) in people.vehicles.iter().enumerate() {
        let layouts: Vec<Value> = vehicle
            .layouts
            .iter()
            .map(|l| json!({ "seats": l.seats, "wheelchairs": l.wheelchairs }))
            .collect();
        let body = json!({
            "facility": ids.facilities[vehicle.facility], "name": vehicle.name, "plate": vehicle.plate, "kind": vehicle.kind,
            "layouts": layouts, "shift": pair(vehicle.shift), "attendant": vehicle.attendant, "driver_name": vehicle.driver.name,
        });
        ids.vehicles.push(id_of(&phone.must("/vehicles", &format!("demo-vehicle-{n}"), body).await?));
    }
    for (n, rider) in people.riders.iter().enumerate() {
        let membership = rider.membership.as_ref().map(
            |(facility, weekdays)| json!({ "facility": ids.facilities[*facility], "weekdays": weekdays.0 }),
        );
        let places: Vec<&String> = rider.places.iter().map(|p| &ids.places[*p]).collect();
        let person = &rider.person;
        let body = json!({
            "name": person.name.name, "furigana": person.name.furigana, "phone": person.phone, "note": person.note,
            "needs": {
                "wheelchair": rider.needs.wheelchair, "walker_tenths": rider.needs.walker_tenths,
                "attendant": rider.needs.attendant, "boarding_seconds": rider.needs.boarding.0,
                "alighting_seconds": rider.needs.alighting.0,
            },
            "places": places, "membership": membership,
        });
        ids.riders.push(id_of(&phone.must("/riders", &format!("demo-rider-{n}"), body).await?));
    }
    Ok(ids)
}

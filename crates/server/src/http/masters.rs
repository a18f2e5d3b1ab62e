//! Masters: corporations, places, facilities, vehicles, riders.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use dispatch::RegisterBody;
use domain::{
    Command, Layout, Membership, NewFacility, NewPlace, NewRider, NewVehicle, VehicleKind, Weekdays,
};
use serde::Deserialize;
use units::{CorporationId, DayTime, DayWindow, FacilityId, PlaceId, Point, RiderId, Seconds, VehicleId};

use crate::app::{App, Call, path_id};
use crate::input;
use crate::problem::Problem;
use crate::register::{NameEntry, PlaceEntry, RiderEntry, VehicleEntry, body, entry, matches};
use crate::wire;

pub(super) const OPERATOR: &str = "operator";
type Created<T> = Result<(StatusCode, Json<T>), Problem>;

/// The id that a command created, as its own type.
fn created<T: std::str::FromStr>(subject: Option<String>) -> Result<T, Problem> {
    let missing = || Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the created id is missing");
    subject.and_then(|s| s.parse().ok()).ok_or_else(missing)
}

/// Adds a corporation.
#[utoipa::path(post, path = "/corporations", tag = "masters", request_body = input::NewCorporation,
    responses((status = 201, body = wire::Corporation), (status = 422, body = Problem)))]
pub async fn add_corporation(
    State(app): State<Arc<App>>,
    call: Call<input::NewCorporation>,
) -> Created<wire::Corporation> {
    let name = input::text("name", &call.input.name, 200)?;
    let register = body(&NameEntry { name: name.clone(), ..NameEntry::default() }, &[&name]);
    let reply = app.submit(Command::AddCorporation, OPERATOR, call.key, Some(register)).await?;
    let id: CorporationId = created(reply.subject)?;
    let known: NameEntry = entry(&app.service.register, "corporation", &id.to_string());
    Ok((StatusCode::CREATED, Json(wire::Corporation { id: id.to_string(), name: known.name })))
}

/// All corporations.
#[utoipa::path(get, path = "/corporations", tag = "masters", responses((status = 200, body = wire::Corporations)))]
pub async fn list_corporations(State(app): State<Arc<App>>) -> Json<wire::Corporations> {
    let snapshot = app.service.snapshot();
    let name =
        |id: &CorporationId| entry::<NameEntry>(&app.service.register, "corporation", &id.to_string()).name;
    let all =
        snapshot.area.corporations.iter().map(|id| wire::Corporation { id: id.to_string(), name: name(id) });
    Json(wire::Corporations { corporations: all.collect() })
}

/// Adds a place where a vehicle may halt; it is tied to the nearest road within 300 m.
#[utoipa::path(post, path = "/places", tag = "masters", request_body = input::NewPlace,
    responses((status = 201, body = wire::Place), (status = 422, body = Problem)))]
pub async fn add_place(State(app): State<Arc<App>>, call: Call<input::NewPlace>) -> Created<wire::Place> {
    let (new, known) = place_of(&app, &call.input)?;
    let reply = app.submit(Command::AddPlace(new), OPERATOR, call.key, Some(place_body(&known))).await?;
    let id: PlaceId = created(reply.subject)?;
    let snapshot = app.service.snapshot();
    Ok((StatusCode::CREATED, Json(app.viewer(&snapshot).place(id))))
}

/// What a caller says of a place, tied to its road.
pub(super) fn place_of(app: &App, new: &input::NewPlace) -> Result<(NewPlace, PlaceEntry), Problem> {
    let label = input::text("label", &new.label, 200)?;
    let address = input::optional_text("address", new.address.as_ref(), 500)?;
    let point = Point::from_degrees(new.position[1], new.position[0])
        .ok_or_else(|| Problem::invalid("position", "longitude within 180 and latitude within 90 degrees"))?;
    let snap = app.service.roads.snap(point).map_err(|off| {
        Problem::field(StatusCode::UNPROCESSABLE_ENTITY, "off_road", "position", off.to_string())
    })?;
    let (category, position) = (new.category, new.position);
    let known = PlaceEntry { label, address, category, position, ..PlaceEntry::default() };
    let largest_vehicle = new.largest_vehicle.unwrap_or_else(|| largest_through(snap.width_dm));
    Ok((NewPlace { node: snap.node, largest_vehicle }, known))
}

pub(super) fn place_body(known: &PlaceEntry) -> RegisterBody {
    body(known, &[&known.label, known.address.as_deref().unwrap_or_default()])
}

/// The largest vehicle that gets through a lane as wide as the map says: its own breadth (1.48 m for a kei by law, 1.7 m for
/// compact and minivan by class, 1.9 m for a large van) and a good half metre for mirrors and walls.
pub(crate) fn largest_through(width_dm: Option<u8>) -> VehicleKind {
    match width_dm {
        Some(..22) => VehicleKind::Kei,
        Some(22..24) => VehicleKind::Compact,
        Some(24..27) => VehicleKind::Minivan,
        _ => VehicleKind::Van,
    }
}

/// All places.
#[utoipa::path(get, path = "/places", tag = "masters", responses((status = 200, body = wire::Places)))]
pub async fn list_places(State(app): State<Arc<App>>) -> Json<wire::Places> {
    let snapshot = app.service.snapshot();
    let viewer = app.viewer(&snapshot);
    Json(wire::Places { places: snapshot.area.places.keys().map(|id| viewer.place(*id)).collect() })
}

/// Adds a day-service facility.
#[utoipa::path(post, path = "/facilities", tag = "masters", request_body = input::NewFacility,
    responses((status = 201, body = wire::Facility), (status = 422, body = Problem)))]
pub async fn add_facility(
    State(app): State<Arc<App>>,
    call: Call<input::NewFacility>,
) -> Created<wire::Facility> {
    let (new, known) = facility_of(&call.input)?;
    let register = body(&known, &[&known.name]);
    let reply = app.submit(Command::AddFacility(new), OPERATOR, call.key, Some(register)).await?;
    let id: FacilityId = created(reply.subject)?;
    let snapshot = app.service.snapshot();
    let view =
        app.viewer(&snapshot).facility(id).ok_or_else(|| Problem::not_found("facility", &id.to_string()))?;
    Ok((StatusCode::CREATED, Json(view)))
}

pub(super) fn facility_of(new: &input::NewFacility) -> Result<(NewFacility, NameEntry), Problem> {
    let name = input::text("name", &new.name, 200)?;
    let service = input::day_window("service", &new.service)?;
    let (before, after) = run_hours(service)?;
    let pickup_hours = match &new.pickup_hours {
        Some(pair) => input::day_window("pickup_hours", pair)?,
        None => before,
    };
    let dropoff_hours = match &new.dropoff_hours {
        Some(pair) => input::day_window("dropoff_hours", pair)?,
        None => after,
    };
    let facility = NewFacility {
        corporation: input::id("corporation", &new.corporation)?,
        place: input::id("place", &new.place)?,
        service,
        pickup_hours,
        dropoff_hours,
        ride_max: input::minutes("ride_max_minutes", new.ride_max_minutes, Seconds::minutes(40), 180)?,
    };
    Ok((facility, NameEntry { name, ..NameEntry::default() }))
}

/// 送迎 hours where none are given: two hours before the service and a quarter of an hour into it; as much around its end.
pub(crate) fn run_hours(service: DayWindow) -> Result<(DayWindow, DayWindow), Problem> {
    let around = |from: i64, to: i64, base: DayTime| {
        let clock = |offset: i64| {
            let minutes = (i64::from(base.seconds()) / 60 + offset).clamp(0, 24 * 60 - 1) as u32;
            DayTime::hm(minutes / 60, minutes % 60)
        };
        DayWindow::new(clock(from), clock(to)).map_err(|e| Problem::invalid("service", e.to_string()))
    };
    Ok((around(-120, 15, service.open())?, around(-15, 120, service.close())?))
}

/// All facilities.
#[utoipa::path(get, path = "/facilities", tag = "masters", responses((status = 200, body = wire::Facilities)))]
pub async fn list_facilities(State(app): State<Arc<App>>) -> Json<wire::Facilities> {
    let snapshot = app.service.snapshot();
    let viewer = app.viewer(&snapshot);
    Json(wire::Facilities {
        facilities: snapshot.area.facilities.keys().filter_map(|id| viewer.facility(*id)).collect(),
    })
}

/// Adds a vehicle of a facility.
#[utoipa::path(post, path = "/vehicles", tag = "masters", request_body = input::NewVehicle,
    responses((status = 201, body = wire::Vehicle), (status = 422, body = Problem)))]
pub async fn add_vehicle(
    State(app): State<Arc<App>>,
    call: Call<input::NewVehicle>,
) -> Created<wire::Vehicle> {
    let (new, known) = vehicle_of(&call.input)?;
    let register = body(&known, &[&known.name, &known.plate]);
    let reply = app.submit(Command::AddVehicle(new), OPERATOR, call.key, Some(register)).await?;
    let id: VehicleId = created(reply.subject)?;
    let snapshot = app.service.snapshot();
    let view =
        app.viewer(&snapshot).vehicle(id).ok_or_else(|| Problem::not_found("vehicle", &id.to_string()))?;
    Ok((StatusCode::CREATED, Json(view)))
}

pub(super) fn vehicle_of(new: &input::NewVehicle) -> Result<(NewVehicle, VehicleEntry), Problem> {
    let known = VehicleEntry {
        name: input::text("name", &new.name, 100)?,
        plate: input::optional_text("plate", Some(&new.plate), 50)?.unwrap_or_default(),
        driver_name: input::optional_text("driver_name", new.driver_name.as_ref(), 100)?,
        ..VehicleEntry::default()
    };
    let all_day = DayWindow::new(DayTime::hm(7, 30), DayTime::hm(18, 30))
        .map_err(|e| Problem::invalid("shift", e.to_string()))?;
    let vehicle = NewVehicle {
        facility: input::id("facility", &new.facility)?,
        kind: new.kind,
        layouts: new.layouts.iter().map(|l| Layout { seats: l.seats, wheelchairs: l.wheelchairs }).collect(),
        shift: new.shift.as_ref().map_or(Ok(all_day), |pair| input::day_window("shift", pair))?,
        attendant: new.attendant,
    };
    Ok((vehicle, known))
}

/// Adds a rider. Name, reading, phone, note and contact stay in the register beside the log.
#[utoipa::path(post, path = "/riders", tag = "masters", request_body = input::NewRider,
    responses((status = 201, body = wire::Rider), (status = 422, body = Problem)))]
pub async fn add_rider(State(app): State<Arc<App>>, call: Call<input::NewRider>) -> Created<wire::Rider> {
    let (new, known) = rider_of(&call.input)?;
    let reply = app.submit(Command::AddRider(new), OPERATOR, call.key, Some(known.body())).await?;
    let id: RiderId = created(reply.subject)?;
    rider_view(&app, id).map(|view| (StatusCode::CREATED, Json(view)))
}

pub(super) fn rider_of(new: &input::NewRider) -> Result<(NewRider, RiderEntry), Problem> {
    let known = RiderEntry {
        name: input::text("name", &new.name, 100)?,
        furigana: input::optional_text("furigana", Some(&new.furigana), 100)?.unwrap_or_default(),
        phone: input::optional_text("phone", new.phone.as_ref(), 30)?,
        note: input::optional_text("note", new.note.as_ref(), 1_000)?,
        contact: new.contact.as_ref().map(input::NewContact::contact).transpose()?.unwrap_or_default(),
        ..RiderEntry::default()
    };
    let membership = match &new.membership {
        Some(m) => Some(Membership {
            facility: input::id("membership.facility", &m.facility)?,
            weekdays: Weekdays(m.weekdays.clone()),
        }),
        None => None,
    };
    let places = new.places.iter().map(|p| input::id("places", p)).collect::<Result<Vec<PlaceId>, _>>()?;
    Ok((NewRider { needs: new.needs.needs(), places, membership }, known))
}

pub(super) fn rider_view(app: &App, id: RiderId) -> Result<wire::Rider, Problem> {
    let snapshot = app.service.snapshot();
    app.viewer(&snapshot).rider(id).ok_or_else(|| Problem::not_found("rider", &id.to_string()))
}

/// One rider.
#[utoipa::path(get, path = "/riders/{id}", tag = "masters", params(("id" = String, Path, example = "rider-1")),
    responses((status = 200, body = wire::Rider), (status = 404, body = Problem)))]
pub async fn get_rider(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<Json<wire::Rider>, Problem> {
    rider_view(&app, path_id("rider", &id)?).map(Json)
}

/// Registers a further place of a rider.
#[utoipa::path(post, path = "/riders/{id}/places", tag = "masters", params(("id" = String, Path, example = "rider-1")),
    request_body = input::AddedPlace,
    responses((status = 200, body = wire::Rider), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn add_rider_place(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    call: Call<input::AddedPlace>,
) -> Result<Json<wire::Rider>, Problem> {
    let rider: RiderId = path_id("rider", &id)?;
    rider_view(&app, rider)?;
    let place = input::id("place", &call.input.place)?;
    app.submit(Command::AddRiderPlace { rider, place }, OPERATOR, call.key, None).await?;
    rider_view(&app, rider).map(Json)
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
pub struct Search {
    /// Words of the name, its reading (any kana) or the phone number.
    query: Option<String>,
    /// 20 by default, 1,000 at most.
    limit: Option<usize>,
}

/// Finds riders by name, reading or phone number.
#[utoipa::path(get, path = "/riders", tag = "masters", params(Search), responses((status = 200, body = wire::Riders)))]
pub async fn list_riders(State(app): State<Arc<App>>, Query(search): Query<Search>) -> Json<wire::Riders> {
    let snapshot = app.service.snapshot();
    let viewer = app.viewer(&snapshot);
    let query = search.query.unwrap_or_default();
    let found = snapshot.area.riders.keys().filter(|id| {
        let known: RiderEntry = entry(&app.service.register, "rider", &id.to_string());
        matches(&known, &query)
    });
    let limit = search.limit.unwrap_or(20).min(1_000);
    Json(wire::Riders { riders: found.take(limit).filter_map(|id| viewer.rider(*id)).collect() })
}

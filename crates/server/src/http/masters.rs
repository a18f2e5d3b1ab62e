//! Masters: corporations, places, facilities, vehicles, riders.

use std::ops::Bound;
use std::sync::Arc;

use axum::Json;
use axum::extract::{OriginalUri, Path, Query, State};
use axum::http::StatusCode;
use dispatch::RegisterBody;
use domain::{
    Command, Layout, Membership, NewFacility, NewPlace, NewRider, NewVehicle, VehicleKind, Weekdays,
};
use serde::Deserialize;
use units::{CorporationId, DayTime, DayWindow, FacilityId, PlaceId, Point, RiderId, Seconds, VehicleId};

use crate::app::{App, Call, path_id};
use crate::conditional::{Master, Stated};
use crate::input;
use crate::page::{Paged, Paging, behind};
use crate::problem::Problem;
use crate::register::{NameEntry, PlaceEntry, RiderEntry, VehicleEntry, body, entry, matches};
use crate::wire;

pub const OPERATOR: &str = "operator";
type Created<T> = Result<(StatusCode, Json<T>), Problem>;
type Read<T> = Result<Stated<T>, Problem>;

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

/// The corporations, in the order in which they were added.
#[utoipa::path(get, path = "/corporations", tag = "masters", params(Paging),
    responses((status = 200, body = wire::Corporations), (status = 422, body = Problem)))]
pub async fn list_corporations(
    State(app): State<Arc<App>>,
    Query(paging): Query<Paging>,
    OriginalUri(uri): OriginalUri,
) -> Result<Paged<wire::Corporations>, Problem> {
    let snapshot = app.service.snapshot();
    let after: Option<CorporationId> = paging.after()?;
    let from = after.map_or(Bound::Unbounded, Bound::Excluded);
    let name =
        |id: &CorporationId| entry::<NameEntry>(&app.service.register, "corporation", &id.to_string()).name;
    let page = paging.cut(snapshot.area.corporations.range((from, Bound::Unbounded)), |id| **id)?;
    let page = page.map(|id| Some(wire::Corporation { id: id.to_string(), name: name(id) }));
    Ok(page.answer(&uri, |corporations, next| wire::Corporations { corporations, next }))
}

/// Adds a place where a vehicle may halt; it is tied to the nearest road within 300 m.
#[utoipa::path(post, path = "/places", tag = "masters", request_body = input::NewPlace,
    responses((status = 201, body = wire::Place), (status = 422, body = Problem)))]
pub async fn add_place(State(app): State<Arc<App>>, call: Call<input::NewPlace>) -> Read<wire::Place> {
    let (new, known) = place_of(&app, &call.input)?;
    let reply = app.submit(Command::AddPlace(new), OPERATOR, call.key, Some(place_body(&known))).await?;
    let id: PlaceId = created(reply.subject)?;
    let snapshot = app.service.snapshot();
    Ok(Stated(app.state(Master::Place(id))?, StatusCode::CREATED, app.viewer(&snapshot).place(id)))
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

/// The places, in the order in which they were added.
#[utoipa::path(get, path = "/places", tag = "masters", params(Paging),
    responses((status = 200, body = wire::Places), (status = 422, body = Problem)))]
pub async fn list_places(
    State(app): State<Arc<App>>,
    Query(paging): Query<Paging>,
    OriginalUri(uri): OriginalUri,
) -> Result<Paged<wire::Places>, Problem> {
    let snapshot = app.service.snapshot();
    let viewer = app.viewer(&snapshot);
    // What the caller may not know is not listed.
    let places = behind(&snapshot.area.places, paging.after()?).map(|(id, _)| (*id, viewer.place(*id)));
    let page = paging.cut(places.filter(|(_, place)| place.at.is_some()), |(id, _)| *id)?;
    let page = page.map(|(_, place)| Some(place));
    Ok(page.answer(&uri, |places, next| wire::Places { places, next }))
}

/// One place.
#[utoipa::path(get, path = "/places/{id}", tag = "masters", params(("id" = String, Path, example = "place-1")),
    responses((status = 200, body = wire::Place), (status = 404, body = Problem)))]
pub async fn get_place(State(app): State<Arc<App>>, Path(id): Path<String>) -> Read<wire::Place> {
    let place: PlaceId = path_id("place", &id)?;
    let state = app.state(Master::Place(place))?;
    Ok(Stated(state, StatusCode::OK, app.viewer(&app.service.snapshot()).place(place)))
}

/// Adds a day-service facility.
#[utoipa::path(post, path = "/facilities", tag = "masters", request_body = input::NewFacility,
    responses((status = 201, body = wire::Facility), (status = 422, body = Problem)))]
pub async fn add_facility(
    State(app): State<Arc<App>>,
    call: Call<input::NewFacility>,
) -> Read<wire::Facility> {
    let (new, known) = facility_of(&call.input)?;
    let register = body(&known, &[&known.name]);
    let reply = app.submit(Command::AddFacility(new), OPERATOR, call.key, Some(register)).await?;
    let id: FacilityId = created(reply.subject)?;
    let snapshot = app.service.snapshot();
    let view =
        app.viewer(&snapshot).facility(id).ok_or_else(|| Problem::not_found("facility", &id.to_string()))?;
    Ok(Stated(app.state(Master::Facility(id))?, StatusCode::CREATED, view))
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

/// The facilities, in the order in which they were added.
#[utoipa::path(get, path = "/facilities", tag = "masters", params(Paging),
    responses((status = 200, body = wire::Facilities), (status = 422, body = Problem)))]
pub async fn list_facilities(
    State(app): State<Arc<App>>,
    Query(paging): Query<Paging>,
    OriginalUri(uri): OriginalUri,
) -> Result<Paged<wire::Facilities>, Problem> {
    let snapshot = app.service.snapshot();
    let viewer = app.viewer(&snapshot);
    let page = paging.cut(behind(&snapshot.area.facilities, paging.after()?), |(id, _)| **id)?;
    let page = page.map(|(id, _)| viewer.facility(*id));
    Ok(page.answer(&uri, |facilities, next| wire::Facilities { facilities, next }))
}

/// One facility.
#[utoipa::path(get, path = "/facilities/{id}", tag = "masters", params(("id" = String, Path, example = "facility-1")),
    responses((status = 200, body = wire::Facility), (status = 404, body = Problem)))]
pub async fn get_facility(State(app): State<Arc<App>>, Path(id): Path<String>) -> Read<wire::Facility> {
    let facility: FacilityId = path_id("facility", &id)?;
    let state = app.state(Master::Facility(facility))?;
    let view = app.viewer(&app.service.snapshot()).facility(facility);
    Ok(Stated(state, StatusCode::OK, view.ok_or_else(|| Problem::not_found("facility", &id))?))
}

/// Adds a vehicle of a facility.
#[utoipa::path(post, path = "/vehicles", tag = "masters", request_body = input::NewVehicle,
    responses((status = 201, body = wire::Vehicle), (status = 422, body = Problem)))]
pub async fn add_vehicle(State(app): State<Arc<App>>, call: Call<input::NewVehicle>) -> Read<wire::Vehicle> {
    let (new, known) = vehicle_of(&call.input)?;
    let register = body(&known, &[&known.name, &known.plate]);
    let reply = app.submit(Command::AddVehicle(new), OPERATOR, call.key, Some(register)).await?;
    let id: VehicleId = created(reply.subject)?;
    let snapshot = app.service.snapshot();
    let view =
        app.viewer(&snapshot).vehicle(id).ok_or_else(|| Problem::not_found("vehicle", &id.to_string()))?;
    Ok(Stated(app.state(Master::Vehicle(id))?, StatusCode::CREATED, view))
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
pub async fn add_rider(State(app): State<Arc<App>>, call: Call<input::NewRider>) -> Read<wire::Rider> {
    let (new, known) = rider_of(&call.input)?;
    let reply = app.submit(Command::AddRider(new), OPERATOR, call.key, Some(known.body())).await?;
    let id: RiderId = created(reply.subject)?;
    Ok(Stated(app.state(Master::Rider(id))?, StatusCode::CREATED, rider_view(&app, id)?))
}

pub(super) fn rider_of(new: &input::NewRider) -> Result<(NewRider, RiderEntry), Problem> {
    let known = RiderEntry {
        name: input::text("name", &new.name, 100)?,
        furigana: input::optional_text("furigana", Some(&new.furigana), 100)?.unwrap_or_default(),
        phone: input::optional_text("phone", new.phone.as_ref(), 30)?,
        note: input::optional_text("note", new.note.as_ref(), 1_000)?,
        contact: new.contact.as_ref().map(input::NewContact::contact).transpose()?.unwrap_or_default(),
        family: new.family.as_ref().map(input::NewFamily::family).transpose()?,
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
pub async fn get_rider(State(app): State<Arc<App>>, Path(id): Path<String>) -> Read<wire::Rider> {
    let rider: RiderId = path_id("rider", &id)?;
    let state = app.state(Master::Rider(rider))?;
    Ok(Stated(state, StatusCode::OK, rider_view(&app, rider)?))
}

/// Registers a further place of a rider.
#[utoipa::path(post, path = "/riders/{id}/places", tag = "masters", params(("id" = String, Path, example = "rider-1")),
    request_body = input::AddedPlace,
    responses((status = 200, body = wire::Rider), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn add_rider_place(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    call: Call<input::AddedPlace>,
) -> Read<wire::Rider> {
    let rider: RiderId = path_id("rider", &id)?;
    rider_view(&app, rider)?;
    let place = input::id("place", &call.input.place)?;
    app.submit(Command::AddRiderPlace { rider, place }, OPERATOR, call.key, None).await?;
    Ok(Stated(app.state(Master::Rider(rider))?, StatusCode::OK, rider_view(&app, rider)?))
}

/// Which riders, and which page of them.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// Words of the name, its reading (any kana) or the phone number.
    #[param(example = "さとう")]
    query: Option<String>,
    /// Rows of the page, 1 to 1,000; 200 by default.
    #[param(minimum = 1, maximum = 1_000)]
    limit: Option<usize>,
    /// Where the page begins, as `next` of the page before has it; the first page without it.
    cursor: Option<String>,
}

/// Finds riders by name, reading or phone number, in the order in which they were added.
#[utoipa::path(get, path = "/riders", tag = "masters", params(Search),
    responses((status = 200, body = wire::Riders), (status = 422, body = Problem)))]
pub async fn list_riders(
    State(app): State<Arc<App>>,
    Query(search): Query<Search>,
    OriginalUri(uri): OriginalUri,
) -> Result<Paged<wire::Riders>, Problem> {
    let snapshot = app.service.snapshot();
    let viewer = app.viewer(&snapshot);
    let query = search.query.unwrap_or_default();
    let paging = Paging { limit: search.limit, cursor: search.cursor };
    let shown = |id: &RiderId| viewer.sight.rider(*id) && !snapshot.area.erased.contains(id);
    let all = behind(&snapshot.area.riders, paging.after()?).filter(|(id, _)| shown(id));
    let found = all.filter(|(id, _)| {
        let known: RiderEntry = entry(&app.service.register, "rider", &id.to_string());
        matches(&known, &query)
    });
    let page = paging.cut(found, |(id, _)| **id)?.map(|(id, _)| viewer.rider(*id));
    Ok(page.answer(&uri, |riders, next| wire::Riders { riders, next }))
}

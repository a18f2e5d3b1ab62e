//! The people of a drawn town: corporations, day-service facilities, vehicles, members and residents.
//!
//! Indices stand for what has no id yet; whoever registers the town assigns ids. What planning needs is kept apart from
//! names, telephone numbers, addresses and notes, which belong into the register and never into the log.

mod names;
mod places;
mod fleet;
mod riders;

use domain::{Layout, Needs, VehicleKind, Weekdays};
use roads::Town;
use units::{DayWindow, Node, Point, Seconds};

use crate::Fault;
use crate::draw::{Draw, Purpose};

pub use names::FullName;

/// How many of everything; the plan of the town, not a limit of the engine.
pub const CORPORATIONS: usize = 2;
pub const FACILITIES: usize = 3;
pub const VEHICLES: usize = 12;
pub const MEMBERS: usize = 100;
pub const RESIDENTS: usize = 200;

/// All that is registered before the first day. Deterministic in town and seed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TownPeople {
    pub corporations: Vec<Corporation>,
    pub places: Vec<TownPlace>,
    pub facilities: Vec<TownFacility>,
    pub vehicles: Vec<TownVehicle>,
    /// Members first, then residents.
    pub riders: Vec<TownRider>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Corporation {
    pub name: String,
}

/// What a place is for the people who go there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PlaceCategory {
    Home,
    Clinic,
    Hospital,
    Shop,
    Leisure,
    Public,
    DayService,
    Transit,
}

impl PlaceCategory {
    /// As it is written on the wire and in the register.
    pub const fn code(self) -> &'static str {
        match self {
            PlaceCategory::Home => "home",
            PlaceCategory::Clinic => "clinic",
            PlaceCategory::Hospital => "hospital",
            PlaceCategory::Shop => "shop",
            PlaceCategory::Leisure => "leisure",
            PlaceCategory::Public => "public",
            PlaceCategory::DayService => "day_service",
            PlaceCategory::Transit => "transit",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TownPlace {
    pub node: Node,
    pub largest_vehicle: VehicleKind,
    pub point: Point,
    pub category: PlaceCategory,
    /// `自宅` for homes.
    pub label: String,
    pub address: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TownFacility {
    pub corporation: usize,
    pub place: usize,
    pub service: DayWindow,
    pub pickup_hours: DayWindow,
    pub dropoff_hours: DayWindow,
    pub ride_max: Seconds,
    /// Members whom it may have in the house at the same time.
    pub capacity: u32,
    pub name: String,
    pub phone: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TownVehicle {
    pub facility: usize,
    pub kind: VehicleKind,
    pub layouts: Vec<Layout>,
    pub shift: DayWindow,
    pub attendant: bool,
    pub name: String,
    pub plate: String,
    pub driver: FullName,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TownRider {
    pub needs: Needs,
    /// Indices into [`TownPeople::places`], the home first.
    pub places: Vec<usize>,
    /// Facility and the weekdays of attendance.
    pub membership: Option<(usize, Weekdays)>,
    pub person: Person,
}

/// For the register alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub name: FullName,
    pub phone: String,
    /// 申し送り: what a driver must know at the door.
    pub note: Option<String>,
}

/// Draws the people of a town.
///
/// # Errors
/// [`Fault::TooFewPlots`] where the town lacks sites or houses, [`Fault::OffRoad`] where a plot lies off its roads.
pub fn draw_people(town: &Town, seed: u64) -> Result<TownPeople, Fault> {
    let mut sites = places::Sites::new(town, Draw::new(seed, Purpose::Sites));
    let facilities = fleet::draw_facilities(&mut sites)?;
    sites.open_public_places()?;
    let mut riders = riders::draw_members(&mut sites, &facilities, &mut Draw::new(seed, Purpose::Members))?;
    riders.extend(riders::draw_residents(&mut sites, &mut Draw::new(seed, Purpose::Residents))?);
    riders::name_all(&mut riders, &mut Draw::new(seed, Purpose::Persons));
    Ok(TownPeople {
        corporations: fleet::list_corporations(),
        vehicles: fleet::draw_vehicles(&facilities, &mut Draw::new(seed, Purpose::Fleet)),
        places: sites.into_places(),
        facilities,
        riders,
    })
}

impl TownPeople {
    /// The member's facility on this weekday pattern, if the rider is a member.
    pub fn find_facility(&self, rider: usize) -> Option<&TownFacility> {
        let (facility, _) = self.riders.get(rider)?.membership.as_ref()?;
        self.facilities.get(*facility)
    }
}

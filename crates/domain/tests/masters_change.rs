//! What is known of a master is replaced, unless a ride to come rests on it.
#![allow(clippy::unwrap_used)]

use domain::{
    Area, Care, Channel, Command, Decision, Event, Facility, Layout, Membership, Needs, NewPlace, NewRider,
    NewVehicle, Place, Purpose, Rejection, Rider, TravelTimes, VehicleKind, Weekdays, Wish, decide,
};
use units::{
    AreaId, CorporationId, DayTime, DayWindow, FacilityId, Metres, Node, PlaceId, RequestId, RiderId,
    Seconds, Timestamp, VehicleId, Weekday,
};

struct Nowhere;

impl TravelTimes for Nowhere {
    fn seconds(&self, _: Node, _: Node) -> Seconds {
        Seconds::ZERO
    }

    fn metres(&self, _: Node, _: Node) -> Metres {
        Metres::ZERO
    }
}

fn tried(area: &Area, command: Command) -> Result<Decision, Rejection> {
    decide(area, &command, Timestamp::parse("2026-11-24T09:00:00+09:00").unwrap(), &Nowhere)
}

fn hours(open: u32, close: u32) -> DayWindow {
    DayWindow::new(DayTime::hm(open, 0), DayTime::hm(close, 0)).unwrap()
}

const NEEDS: Needs = Needs {
    wheelchair: false,
    walker_tenths: 0,
    attendant: false,
    boarding: Seconds(120),
    alighting: Seconds(90),
};

/// A facility at place 1, a rider of places 2 and 3 who has just asked to go from one to the other.
fn asked() -> Area {
    let mut area = Area::new(AreaId(1));
    let mut happen = |event: Event| area.apply(&event).unwrap();
    happen(Event::CorporationAdded { corporation: CorporationId(1) });
    for id in 1..=4 {
        let place = Place { id: PlaceId(id), node: Node(id), largest_vehicle: VehicleKind::Van };
        happen(Event::PlaceAdded { place });
    }
    let facility = Facility {
        id: FacilityId(1),
        corporation: CorporationId(1),
        place: PlaceId(1),
        service: hours(9, 16),
        pickup_hours: hours(7, 10),
        dropoff_hours: hours(15, 18),
        ride_max: Seconds::minutes(40),
    };
    happen(Event::FacilityAdded { facility });
    let places = vec![PlaceId(2), PlaceId(3)];
    let rider = Rider { id: RiderId(1), needs: NEEDS, places, membership: None, care: Care::default() };
    happen(Event::RiderAdded { rider });
    let at = Timestamp::parse("2026-11-24T10:00:00+09:00").unwrap();
    happen(Event::RequestMade {
        request: RequestId(1),
        rider: RiderId(1),
        people: 1,
        from: PlaceId(2),
        to: PlaceId(3),
        wish: Wish::LeaveAt(at),
        channel: Channel::Phone,
        purpose: Purpose::Shopping,
        at,
    });
    area
}

#[test]
fn what_a_ride_rests_on_stays_until_it_is_over() {
    let area = asked();
    let rider = |needs: Needs, places: &[u32]| {
        let places = places.iter().map(|p| PlaceId(*p)).collect();
        let weekdays = Weekdays(vec![Weekday::Mon]);
        let membership = Some(Membership { facility: FacilityId(1), weekdays });
        let new = NewRider { needs, places, membership };
        tried(&area, Command::ChangeRider { rider: RiderId(1), new })
    };
    assert!(rider(NEEDS, &[2, 3, 4]).is_ok(), "membership and further places touch no ride");
    let wheelchair = Needs { wheelchair: true, ..NEEDS };
    for refused in [rider(wheelchair, &[2, 3]), rider(NEEDS, &[2, 4])] {
        assert!(matches!(refused, Err(Rejection::WrongState { .. })), "{refused:?}");
    }
    let place = |id: u32, node: u32| {
        let new = NewPlace { node: Node(node), largest_vehicle: VehicleKind::Van };
        tried(&area, Command::ChangePlace { place: PlaceId(id), new })
    };
    assert!(matches!(place(2, 9), Err(Rejection::WrongState { .. })));
    assert!(place(2, 2).is_ok_and(|d| d.events.len() == 1), "its label in the register may differ");
    assert!(place(4, 9).is_ok());
    assert!(matches!(place(9, 9), Err(Rejection::Unknown { .. })));
}

#[test]
fn a_change_is_held_to_the_rules_of_an_addition() {
    let area = asked();
    let new = NewRider { needs: NEEDS, places: Vec::new(), membership: None };
    assert!(matches!(
        tried(&area, Command::ChangeRider { rider: RiderId(1), new }),
        Err(Rejection::Invalid { .. })
    ));
    let layouts = vec![Layout { seats: 4, wheelchairs: 0 }];
    let new = NewVehicle {
        facility: FacilityId(1),
        kind: VehicleKind::Van,
        layouts,
        shift: hours(7, 18),
        attendant: false,
    };
    assert!(matches!(
        tried(&area, Command::ChangeVehicle { vehicle: VehicleId(1), new }),
        Err(Rejection::Unknown { .. })
    ));
}

//! Plots beside the streets: where people live, shop and are cared for.

use ordered_float::OrderedFloat;

use super::land::{Land, on_board};
use super::plane::{Chance, SegmentGrid, V, along, to_point};
use super::streets::{Mark, Street, Streets};
use super::{Plot, PlotKind, Setting, names};
use crate::RoadClass;

/// How many plots of each kind a town has.
const HOUSES: usize = 2_600;
const HIGH_STREET: usize = 36;
const SHOPS: usize = 40;
const CLINICS: usize = 25;
const HALLS: usize = 10;
const FACILITIES: usize = 6;

/// From the middle of the road to the front door.
const SETBACK: f64 = 13.0;

#[derive(Clone, Copy)]
struct Spot {
    at: V,
    patch: usize,
    street: usize,
}

pub(super) struct Planner<'a> {
    land: &'a Land,
    streets: &'a Streets,
    /// Streets by place, so that a plot does not lie on another one.
    kerbs: SegmentGrid<usize>,
    chance: Chance,
    taken: Vec<V>,
    pub plots: Vec<Plot>,
}

impl<'a> Planner<'a> {
    pub fn new(land: &'a Land, streets: &'a Streets, seed: u64) -> Planner<'a> {
        let mut kerbs = SegmentGrid::new();
        for (i, street) in streets.streets.iter().enumerate() {
            kerbs.add_line(&street.line, i);
        }
        Planner { land, streets, kerbs, chance: Chance::new(seed, 5), taken: Vec::new(), plots: Vec::new() }
    }

    /// Lays out all plots; the town hall's place is given back for the map.
    pub fn lay(&mut self) -> Option<V> {
        let centre = |planner: &Self, spot: &Spot| planner.setting(spot) == Setting::Centre;
        let main = self.spots(34.0, |s| s.arterial.is_some());
        let high: Vec<Spot> = main
            .iter()
            .copied()
            .filter(|s| centre(self, s) && HIGH_STREETS.contains(&self.street(s).name.as_str()))
            .collect();
        let station = self.land.station;
        let patch = self.land.patch_at(station).unwrap_or(1);
        self.plots.push(Plot {
            kind: PlotKind::Station,
            district: patch,
            point: to_point(station + (self.forecourt() - station) * 0.8),
        });

        let hall_first: Vec<Spot> = main.iter().copied().filter(|s| s.patch == 0).collect();
        let goal = self.land.patches[0].centre;
        let town_hall = self.nearest_to(&hall_first, goal).map(|spot| self.put(PlotKind::TownHall, spot));
        let edge_of_centre = station.mix(self.land.patches[3].centre, 0.9);
        let by_the_trunk = self.land.patches[5].centre;
        for goal in [edge_of_centre, by_the_trunk] {
            if let Some(spot) = self.nearest_to(&main, goal) {
                self.put(PlotKind::Hospital, spot);
            }
        }
        self.spread(PlotKind::HighStreet, &high, HIGH_STREET, 30.0, |_| 1.0);
        let roadside: Vec<Spot> = main.iter().copied().filter(|s| !centre(self, s)).collect();
        self.spread(PlotKind::Shop, &roadside, SHOPS, 140.0, |setting| match setting {
            Setting::Suburb => 1.0,
            Setting::Centre | Setting::Hillside => 0.4,
            Setting::Village => 0.15,
        });
        let collectors = self.spots(40.0, |s| s.arterial.is_none() && s.class == RoadClass::Tertiary);
        let mut busy = main;
        busy.extend(&collectors);
        self.spread(PlotKind::Clinic, &busy, CLINICS, 260.0, |setting| match setting {
            Setting::Centre => 1.0,
            Setting::Suburb => 0.6,
            Setting::Hillside => 0.3,
            Setting::Village => 0.12,
        });
        self.halls(&collectors);
        self.facilities(&collectors);
        self.houses();
        town_hall
    }

    fn street(&self, spot: &Spot) -> &Street {
        &self.streets.streets[spot.street]
    }

    fn setting(&self, spot: &Spot) -> Setting {
        self.land.patches[spot.patch].setting
    }

    /// The station's forecourt: where the avenue begins.
    fn forecourt(&self) -> V {
        let avenue = self.land.arterials.iter().find(|a| a.name == names::STATION_AVENUE);
        avenue.map_or(self.land.station, |a| a.line[0])
    }

    /// Places on both sides of the wanted streets that lie in a district, on dry ground and on no other street.
    fn spots(&self, pace: f64, wanted: impl Fn(&Street) -> bool) -> Vec<Spot> {
        let mut spots = Vec::new();
        for (i, street) in self.streets.streets.iter().enumerate().filter(|(_, s)| wanted(s)) {
            let length = street.length();
            let mut at = pace * 0.5;
            while at < length {
                let (p, direction) = along(&street.line, at);
                for side in [direction.left(), direction.left() * -1.0] {
                    let place = p + side * SETBACK;
                    let free = on_board(place, 30.0)
                        && self.kerbs.nearest(place, SETBACK * 0.75, |other| other != i).is_none()
                        && self.streets.lines.nearest(place, 16.0, |mark| mark == Mark::Railway).is_none()
                        && !self.streets.in_water(self.land, place, 14.0)
                        && !self.land.in_park(place);
                    if let Some(patch) = self.land.patch_at(place).filter(|_| free) {
                        spots.push(Spot { at: place, patch, street: i });
                    }
                }
                at += pace;
            }
        }
        spots
    }

    fn put(&mut self, kind: PlotKind, spot: Spot) -> V {
        self.taken.push(spot.at);
        self.plots.push(Plot { kind, district: spot.patch, point: to_point(spot.at) });
        spot.at
    }

    fn is_free(&self, spot: &Spot, apart: f64) -> bool {
        self.taken.iter().all(|t| t.to(spot.at) >= apart)
    }

    fn nearest_to(&self, spots: &[Spot], goal: V) -> Option<Spot> {
        spots.iter().copied().filter(|s| self.is_free(s, 25.0)).min_by_key(|s| OrderedFloat(s.at.to(goal)))
    }

    /// Takes spots by lot, weighted by setting, keeping plots of one kind apart from each other.
    fn spread(
        &mut self,
        kind: PlotKind,
        spots: &[Spot],
        count: usize,
        apart: f64,
        weight: impl Fn(Setting) -> f64,
    ) {
        let mut lots: Vec<(OrderedFloat<f64>, usize)> = (0..spots.len())
            .map(|i| (OrderedFloat(self.chance.share() / weight(self.setting(&spots[i])).max(1e-9)), i))
            .collect();
        lots.sort_unstable();
        let mut placed: Vec<V> = Vec::new();
        // If the town is too small for the distance, half of it must do.
        for distance in [apart, apart / 2.0, 0.0] {
            for (_, i) in &lots {
                let spot = spots[*i];
                if placed.len() < count
                    && placed.iter().all(|p| p.to(spot.at) > distance)
                    && self.is_free(&spot, 18.0)
                {
                    placed.push(spot.at);
                    self.put(kind, spot);
                }
            }
        }
    }

    /// One hall near the middle of each district, until there are enough; on a collector if the district has one.
    fn halls(&mut self, collectors: &[Spot]) {
        let streets = self.spots(40.0, |s| s.class >= RoadClass::Tertiary);
        let mut order: Vec<usize> = (1..self.land.patches.len()).collect();
        self.chance.shuffle(&mut order);
        for patch in order.into_iter().take(HALLS) {
            let of = |all: &[Spot]| all.iter().copied().filter(|s| s.patch == patch).collect::<Vec<Spot>>();
            let goal = self.land.patches[patch].centre;
            let spot =
                self.nearest_to(&of(collectors), goal).or_else(|| self.nearest_to(&of(&streets), goal));
            if let Some(spot) = spot {
                self.put(PlotKind::Hall, spot);
            }
        }
    }

    /// Day-service sites stand outside the old town and as far from each other as can be.
    fn facilities(&mut self, collectors: &[Spot]) {
        let outside: Vec<Spot> =
            collectors.iter().copied().filter(|s| self.setting(s) != Setting::Centre).collect();
        let mut sites: Vec<V> = Vec::new();
        let start = self.chance.below(outside.len());
        for round in 0..FACILITIES {
            let next = if round == 0 {
                outside.get(start).copied()
            } else {
                let nearest_site = |s: &Spot| sites.iter().map(|t| OrderedFloat(t.to(s.at))).min();
                outside.iter().copied().filter(|s| self.is_free(s, 25.0)).max_by_key(nearest_site)
            };
            if let Some(spot) = next {
                sites.push(self.put(PlotKind::Facility, spot));
            }
        }
    }

    fn houses(&mut self) {
        let spots = self.spots(24.0, |s| s.arterial.is_none() && s.class >= RoadClass::Tertiary);
        self.spread(PlotKind::House, &spots, HOUSES, 14.0, |setting| match setting {
            Setting::Centre => 1.0,
            Setting::Suburb => 0.85,
            Setting::Hillside => 0.6,
            Setting::Village => 0.4,
        });
    }
}

const HIGH_STREETS: [&str; 4] =
    [names::STATION_AVENUE, names::OLD_HIGHWAY, names::STATION_WEST, names::STATION_EAST];

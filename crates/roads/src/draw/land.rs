//! The lie of the land: rivers, railway, main roads, districts. A hand-made outline of a provincial town, bent, shifted
//! and mirrored by the seed.

use super::Setting;
use super::names;
use super::plane::{Chance, HEIGHT, Noise, V, WIDTH, crossing, spline, v};
use crate::RoadClass;

pub(super) struct Water {
    pub name: &'static str,
    pub width: f64,
    pub line: Vec<V>,
}

pub(super) struct Arterial {
    pub class: RoadClass,
    pub name: String,
    pub line: Vec<V>,
}

/// A district, and the lattice its streets are bent from.
pub(super) struct Patch {
    pub name: &'static str,
    pub furigana: &'static str,
    pub setting: Setting,
    pub centre: V,
    pub radius: f64,
    /// Direction of the longer side of blocks.
    pub axis: V,
}

/// How land is used, by which its streets are laid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Zone {
    District(Setting),
    /// Scattered houses and fields between the districts of the town.
    Fringe,
    Country,
}

pub(super) struct Land {
    pub waters: Vec<Water>,
    pub railway: Vec<V>,
    pub station: V,
    pub arterials: Vec<Arterial>,
    pub patches: Vec<Patch>,
    /// Wooded hills: middle and reach.
    pub hills: Vec<(V, f64)>,
    pub parks: Vec<Park>,
    pub noise: Noise,
}

pub(super) struct Park {
    pub middle: V,
    pub reach: f64,
    /// Name and reading; small parks have none.
    pub name: Option<(&'static str, &'static str)>,
    pub moat: bool,
}

impl Land {
    pub fn new(seed: u64) -> Land {
        let mut chance = Chance::new(seed, 1);
        let noise = Noise(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5eed);
        let mirrored = chance.happens(0.5);
        let mut pen = Pen { chance, noise, mirrored };
        let waters = pen.waters();
        let (railway, station) = pen.railway();
        let arterials = pen.arterials(station);
        let patches = pen.patches(station);
        let hills = HILLS.iter().map(|(x, y, reach)| (pen.at(*x, *y, 150.0), *reach)).collect();
        let mut land = Land { waters, railway, station, arterials, patches, hills, parks: Vec::new(), noise };
        land.parks = pen.parks(&land);
        land
    }

    pub fn in_park(&self, p: V) -> bool {
        self.parks.iter().any(|park| p.to(park.middle) < park.reach)
    }

    /// How strongly a district claims a place: 1 in its middle, 0 on its ragged rim, less outside.
    fn pull(&self, patch: &Patch, p: V) -> f64 {
        let rim = patch.radius * (1.0 + 0.22 * self.noise.at(p, 520.0) + 0.12 * self.noise.at(p, 190.0));
        1.0 - p.to(patch.centre) / rim
    }

    /// The district a place belongs to: that of the greatest pull.
    pub fn patch_at(&self, p: V) -> Option<usize> {
        let mut best = None;
        for (i, patch) in self.patches.iter().enumerate() {
            let here = self.pull(patch, p);
            if here > best.map_or(0.0, |(most, _)| most) {
                best = Some((here, i));
            }
        }
        best.map(|(_, i)| i)
    }

    pub fn zone_at(&self, p: V) -> Zone {
        if let Some(patch) = self.patch_at(p) {
            return Zone::District(self.patches[patch].setting);
        }
        let near_town = |patch: &Patch| patch.setting != Setting::Village && self.pull(patch, p) > -0.34;
        if self.patches.iter().any(near_town) { Zone::Fringe } else { Zone::Country }
    }

    pub fn on_hill(&self, p: V) -> bool {
        self.hills.iter().any(|(middle, reach)| p.to(*middle) < reach * (1.0 + 0.2 * self.noise.at(p, 700.0)))
    }

    /// Where main roads cross water.
    pub fn bridges(&self) -> Vec<V> {
        let mut bridges = Vec::new();
        for water in &self.waters {
            for arterial in &self.arterials {
                for a in arterial.line.windows(2) {
                    for w in water.line.windows(2) {
                        bridges.extend(crossing(a[0], a[1], w[0], w[1]).map(|(t, _)| a[0].mix(a[1], t)));
                    }
                }
            }
        }
        bridges
    }
}

const HILLS: [(f64, f64, f64); 7] = [
    (300.0, 8100.0, 900.0),
    (1250.0, 8200.0, 700.0),
    (2500.0, 7900.0, 800.0),
    (3900.0, 7800.0, 950.0),
    (5000.0, 8300.0, 800.0),
    (200.0, 200.0, 700.0),
    (900.0, -100.0, 600.0),
];

/// Draws by hand, so to say: every key point shakes a little.
struct Pen {
    chance: Chance,
    noise: Noise,
    mirrored: bool,
}

/// A point of a main road's course: a junction that several roads share, or a place in metres from the town's corner.
#[derive(Clone, Copy)]
enum Key {
    Junction(usize),
    At(f64, f64),
}

/// Junctions in metres; number 0, the station's forecourt, follows from the railway.
const JUNCTIONS: [(f64, f64); 10] = [
    (5250.0, 5000.0), // 1: old centre
    (1850.0, 4450.0), // 2: west bank
    (4980.0, 6350.0), // 3: north gate
    (2000.0, 6150.0), // 4: west gate
    (5300.0, 1950.0), // 5: south gate
    (1850.0, 1800.0), // 6: south-west
    (8550.0, 3950.0), // 7: east gate
    (8450.0, 5250.0), // 8: east, half-way
    (8750.0, 6750.0), // 9: north-east
    (5850.0, 3950.0), // 10: under the tracks
];

/// Class, name and course of every main road.
type Course = (RoadClass, &'static str, &'static [Key]);

const MAIN_ROADS: &[Course] = &[
    (
        RoadClass::Trunk,
        names::NATIONAL_ROAD,
        &[
            Key::At(-100.0, 1450.0),
            Key::Junction(6),
            Key::At(3600.0, 1980.0),
            Key::Junction(5),
            Key::At(6150.0, 2020.0),
            Key::At(6620.0, 2600.0),
            Key::At(7250.0, 3350.0),
            Key::Junction(7),
            Key::At(10100.0, 4500.0),
        ],
    ),
    (
        RoadClass::Primary,
        names::OLD_HIGHWAY,
        &[
            Key::At(-100.0, 4750.0),
            Key::At(900.0, 4620.0),
            Key::Junction(2),
            Key::At(2700.0, 4230.0),
            Key::At(3350.0, 4480.0),
            Key::At(4300.0, 4870.0),
            Key::Junction(1),
            Key::At(6200.0, 5330.0),
            Key::At(7150.0, 5900.0),
            Key::Junction(9),
            Key::At(10100.0, 7350.0),
        ],
    ),
    (
        RoadClass::Primary,
        names::STATION_AVENUE,
        &[Key::Junction(0), Key::At(5330.0, 4700.0), Key::Junction(1)],
    ),
    (
        RoadClass::Secondary,
        names::NORTH_ROAD,
        &[
            Key::Junction(1),
            Key::At(4900.0, 5700.0),
            Key::Junction(3),
            Key::At(5250.0, 7200.0),
            Key::At(5150.0, 8100.0),
        ],
    ),
    (
        RoadClass::Secondary,
        names::SOUTH_ROAD,
        &[
            Key::At(6200.0, 5330.0),
            Key::At(6080.0, 4750.0),
            Key::Junction(10),
            Key::At(5600.0, 3300.0),
            Key::At(5380.0, 2600.0),
            Key::Junction(5),
            Key::At(5050.0, 1000.0),
            Key::At(5150.0, -100.0),
        ],
    ),
    (
        RoadClass::Secondary,
        names::WEST_ROAD,
        &[
            Key::At(1500.0, 8100.0),
            Key::At(1750.0, 7000.0),
            Key::Junction(4),
            Key::At(1830.0, 5300.0),
            Key::Junction(2),
            Key::At(1750.0, 3100.0),
            Key::Junction(6),
            Key::At(1600.0, 800.0),
            Key::At(1700.0, -100.0),
        ],
    ),
    (
        RoadClass::Secondary,
        names::EAST_ROAD,
        &[
            Key::At(9300.0, 8100.0),
            Key::Junction(9),
            Key::Junction(8),
            Key::Junction(7),
            Key::At(8350.0, 3100.0),
            Key::At(8550.0, 2350.0),
        ],
    ),
    (
        RoadClass::Tertiary,
        names::RING_ROAD,
        &[
            Key::Junction(4),
            Key::At(3200.0, 6080.0),
            Key::At(4100.0, 6150.0),
            Key::Junction(3),
            Key::At(6100.0, 6250.0),
            Key::At(7150.0, 6650.0),
            Key::Junction(9),
        ],
    ),
    (
        RoadClass::Tertiary,
        names::HILL_ROAD,
        &[
            Key::At(1750.0, 7000.0),
            Key::At(2350.0, 7350.0),
            Key::At(2750.0, 6950.0),
            Key::At(3250.0, 7250.0),
            Key::At(3700.0, 6850.0),
            Key::At(4200.0, 7150.0),
            Key::At(4650.0, 6750.0),
            Key::Junction(3),
        ],
    ),
    (
        RoadClass::Tertiary,
        names::SOUTH_BANK,
        &[
            Key::Junction(5),
            Key::At(6300.0, 1350.0),
            Key::At(7300.0, 1150.0),
            Key::At(8300.0, 950.0),
            Key::At(9200.0, 750.0),
            Key::At(10100.0, 700.0),
        ],
    ),
    (
        RoadClass::Tertiary,
        names::TRACKSIDE,
        &[Key::Junction(10), Key::At(6900.0, 4330.0), Key::At(7600.0, 4850.0), Key::Junction(8)],
    ),
    (
        RoadClass::Tertiary,
        names::STATION_WEST,
        &[Key::Junction(0), Key::At(4750.0, 4350.0), Key::At(4300.0, 4870.0)],
    ),
    (
        RoadClass::Tertiary,
        names::STATION_EAST,
        &[Key::Junction(0), Key::At(5720.0, 4560.0), Key::At(6080.0, 4750.0)],
    ),
    (
        RoadClass::Tertiary,
        names::SOUTH_WEST_ROAD,
        &[
            Key::At(1750.0, 3100.0),
            Key::At(2700.0, 2700.0),
            Key::At(3500.0, 2650.0),
            Key::At(3600.0, 1980.0),
            Key::At(3500.0, 900.0),
            Key::At(3350.0, -100.0),
        ],
    ),
];

impl Pen {
    fn at(&mut self, x: f64, y: f64, shake: f64) -> V {
        let p = v(if self.mirrored { WIDTH - x } else { x }, y);
        p + self.chance.shift(shake)
    }

    fn line(&mut self, points: &[(f64, f64)], shake: f64) -> Vec<V> {
        points.iter().map(|(x, y)| self.at(*x, *y, shake)).collect()
    }

    /// Bends a line by noise, less towards its ends where it meets others.
    fn bend(&self, line: Vec<V>, wavelength: f64, reach: f64) -> Vec<V> {
        let noise = Noise(self.noise.0 ^ 0xbe4d);
        line.into_iter().map(|p| p + noise.shift(p, wavelength, reach)).collect()
    }

    fn waters(&mut self) -> Vec<Water> {
        let main = [
            (-500.0, 6450.0),
            (700.0, 6150.0),
            (1600.0, 5450.0),
            (2700.0, 4700.0),
            (3800.0, 4050.0),
            (4550.0, 3150.0),
            (5750.0, 2550.0),
            (7100.0, 2600.0),
            (8400.0, 1950.0),
            (9400.0, 1750.0),
            (10500.0, 1350.0),
        ];
        let main = self.line(&main, 70.0);
        let mouth = main[7].mix(main[8], 0.35);
        let main = self.bend(spline(&main, 25.0), 620.0, 75.0);
        let mouth = main.iter().copied().min_by(|a, b| a.to(mouth).total_cmp(&b.to(mouth))).unwrap_or(mouth);
        let mut brook = self.line(
            &[
                (6900.0, 8500.0),
                (6700.0, 7500.0),
                (7050.0, 6500.0),
                (7350.0, 5500.0),
                (7150.0, 4500.0),
                (7550.0, 3600.0),
            ],
            90.0,
        );
        brook = self.bend(spline(&brook, 20.0), 330.0, 55.0);
        let end = brook[brook.len() - 1];
        brook.extend(
            spline(&[end, end.mix(mouth, 0.5) + self.chance.shift(50.0), mouth], 20.0).into_iter().skip(1),
        );
        vec![
            Water { name: names::RIVER, width: 75.0, line: main },
            Water { name: names::BROOK, width: 16.0, line: brook },
        ]
    }

    fn railway(&mut self) -> (Vec<V>, V) {
        let mut keys =
            self.line(&[(-500.0, 2350.0), (1900.0, 2900.0), (3500.0, 3330.0), (4450.0, 3720.0)], 60.0);
        let station = self.at(5350.0, 4250.0, 50.0);
        keys.push(station);
        keys.extend(
            self.line(&[(6400.0, 4750.0), (7600.0, 5450.0), (8800.0, 6050.0), (10500.0, 6600.0)], 60.0),
        );
        (spline(&keys, 30.0), station)
    }

    /// Main roads. Those that share a key point meet there; where two merely cross there is a junction as well.
    fn arterials(&mut self, station: V) -> Vec<Arterial> {
        let mut junctions = vec![station + v(0.0, 95.0)];
        for (x, y) in JUNCTIONS {
            junctions.push(self.at(x, y, 60.0));
        }
        let mut roads: Vec<(RoadClass, &str, Vec<V>)> = Vec::new();
        for (class, name, course) in MAIN_ROADS {
            let mut keys = Vec::new();
            for key in *course {
                keys.push(match *key {
                    Key::Junction(number) => junctions[number],
                    Key::At(x, y) => self.at(x, y, 60.0),
                });
            }
            roads.push((*class, name, keys));
        }
        meet(roads)
            .into_iter()
            .map(|(class, name, keys)| Arterial { class, name: name.to_owned(), line: spline(&keys, 20.0) })
            .collect()
    }

    /// The castle's park in the old town, one on the river bank, and a small one in each newer district.
    fn parks(&mut self, land: &Land) -> Vec<Park> {
        let castle = land.patches[2].centre + self.chance.shift(60.0) + v(0.0, 210.0);
        let mut parks =
            vec![Park { middle: castle, reach: 165.0, name: Some(names::CASTLE_PARK), moat: true }];
        // Downstream of the railway bridge, where neither tracks nor main roads pass.
        let river = &land.waters[0].line;
        let banks = (river.len() * 45 / 100..river.len() * 70 / 100).map(|i| {
            let along = (river[i + 1] - river[i - 1]).unit();
            river[i] + along.left() * 185.0
        });
        let far = |line: &[V], p: V| line.iter().all(|q| q.to(p) > 190.0);
        let quiet =
            banks.filter(|p| far(&land.railway, *p) && land.arterials.iter().all(|a| far(&a.line, *p)));
        parks.extend(quiet.take(1).map(|middle| Park {
            middle,
            reach: 125.0,
            name: Some(names::RIVER_PARK),
            moat: false,
        }));
        for patch in land.patches.iter().filter(|p| matches!(p.setting, Setting::Suburb | Setting::Hillside))
        {
            let middle = patch.centre + self.chance.shift(patch.radius * 0.4);
            let apart = |a: &Arterial| a.line.iter().all(|p| p.to(middle) > 110.0);
            if land.arterials.iter().all(apart) {
                let reach = self.chance.within(45.0, 75.0);
                parks.push(Park { middle, reach, name: None, moat: false });
            }
        }
        parks
    }

    fn patches(&mut self, station: V) -> Vec<Patch> {
        use Setting::{Centre, Hillside, Suburb, Village};
        let outline = [
            (Centre, 5150.0, 5250.0, 800.0),
            (Centre, 5450.0, 4560.0, 640.0),
            (Centre, 4250.0, 5300.0, 720.0),
            (Suburb, 6350.0, 5550.0, 820.0),
            (Suburb, 6350.0, 6950.0, 880.0),
            (Suburb, 4500.0, 1950.0, 860.0),
            (Suburb, 6250.0, 3500.0, 880.0),
            (Suburb, 8150.0, 4650.0, 980.0),
            (Suburb, 1500.0, 3850.0, 880.0),
            (Suburb, 3050.0, 5650.0, 760.0),
            (Hillside, 3650.0, 6950.0, 840.0),
            (Hillside, 2250.0, 7000.0, 640.0),
            (Village, 900.0, 1500.0, 600.0),
            (Village, 7600.0, 1050.0, 660.0),
            (Village, 9250.0, 6900.0, 680.0),
            (Village, 9250.0, 2900.0, 600.0),
        ];
        let mut names = names::Districts::shuffled(&mut self.chance);
        outline
            .into_iter()
            .enumerate()
            .map(|(i, (setting, x, y, radius))| {
                let centre = if i == 1 { station + v(40.0, 260.0) } else { self.at(x, y, 90.0) };
                let (name, furigana) = names.next(setting);
                let radius = radius * self.chance.within(0.92, 1.1);
                let axis = v(1.0, self.chance.within(-0.55, 0.55)).unit();
                let axis = if self.chance.happens(0.35) { axis.left() } else { axis };
                Patch { name, furigana, setting, centre, radius, axis }
            })
            .collect()
    }
}

/// Key points were drawn anew for each road; those meant as one are drawn together so that the roads meet.
fn meet(mut roads: Vec<(RoadClass, &str, Vec<V>)>) -> Vec<(RoadClass, &str, Vec<V>)> {
    for i in 0..roads.len() {
        for k in 0..roads[i].2.len() {
            let p = roads[i].2[k];
            for other in &mut roads[i + 1..] {
                for q in &mut other.2 {
                    if p.to(*q) < 180.0 {
                        *q = p;
                    }
                }
            }
        }
    }
    // A key point may have met two neighbours of one road.
    for (_, _, keys) in &mut roads {
        keys.dedup();
    }
    roads
}

/// Whether a place is on the board, by that margin.
pub(super) fn on_board(p: V, margin: f64) -> bool {
    p.x >= margin && p.y >= margin && p.x <= WIDTH - margin && p.y <= HEIGHT - margin
}

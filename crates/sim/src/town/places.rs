//! From plots of land to places where a vehicle may halt, with label, address and the lane that leads there.

use domain::VehicleKind;
use roads::{PlotKind, Setting, Town};
use units::Point;

use super::{PlaceCategory, TownPlace};
use crate::Fault;
use crate::draw::Draw;

/// Plots that are still free, and the places made of those that are not.
pub(super) struct Sites<'a> {
    town: &'a Town,
    draw: Draw,
    houses: Vec<usize>,
    places: Vec<TownPlace>,
}

const SHOPS: [&str; 8] = [
    "スーパー たまや",
    "スーパー まるよし",
    "ドラッグ はなみず",
    "ホームセンター かわべ",
    "食品館 みのり",
    "農産物直売所 こだち",
    "スーパー ひらせ",
    "生活館 あおば",
];
const HIGH_STREET: [&str; 8] = [
    "小倉呉服店",
    "和菓子 しらかば",
    "まるい薬局",
    "荒物 かどや",
    "理容 いずみ",
    "豆腐 つるや",
    "文具 みどり屋",
    "美容室 さくら",
];
const CLINICS: [&str; 8] = [
    "あさひ内科クリニック",
    "すずかけ整形外科",
    "ひなた眼科",
    "中央歯科医院",
    "みつば皮膚科",
    "こもれび内科",
    "かえで耳鼻科",
    "やまなみ外科",
];
const HALLS: [&str; 6] =
    ["やすらぎの湯", "地域交流センター", "ふれあい会館", "図書館", "老人福祉センター", "市民プラザ"];
const FACILITIES: [&str; 4] =
    ["デイサービスさくら", "デイサービスひまわり", "デイホームけやき", "デイサービスもみじ"];

impl<'a> Sites<'a> {
    pub(super) fn new(town: &'a Town, mut draw: Draw) -> Sites<'a> {
        let plots = town.plots.iter().enumerate();
        let mut houses: Vec<usize> =
            plots.filter(|(_, plot)| plot.kind == PlotKind::House).map(|(index, _)| index).collect();
        draw.shuffle(&mut houses);
        Sites { town, draw, houses, places: Vec::new() }
    }

    pub(super) fn into_places(self) -> Vec<TownPlace> {
        self.places
    }

    pub(super) fn places(&self) -> &[TownPlace] {
        &self.places
    }

    /// A facility's site, and its index among the places. Where the town has too few sites a house's plot is built over.
    pub(super) fn open_facility(&mut self, number: usize) -> Result<(usize, String), Fault> {
        let mut sites =
            self.town.plots.iter().enumerate().filter(|(_, plot)| plot.kind == PlotKind::Facility);
        let plot = match sites.nth(number) {
            Some((plot, _)) => plot,
            None => self.take_house(|_| true)?,
        };
        let name = numbered(&FACILITIES, number);
        let place = self.open(plot, PlaceCategory::DayService, name.clone())?;
        // The forecourt takes any vehicle.
        self.places[place].largest_vehicle = VehicleKind::Van;
        Ok((place, name))
    }

    /// Shops, clinics and the other places where people go. One place each, shared by all who have it registered.
    pub(super) fn open_public_places(&mut self) -> Result<(), Fault> {
        let mut counts = [0usize; 4];
        let plots: Vec<(usize, PlotKind)> = self.town.plots.iter().map(|p| p.kind).enumerate().collect();
        for (plot, kind) in plots {
            let mut name = |list: usize, names: &[&str]| {
                counts[list] += 1;
                numbered(names, counts[list] - 1)
            };
            let (category, label) = match kind {
                PlotKind::Shop => (PlaceCategory::Shop, name(0, &SHOPS)),
                PlotKind::HighStreet => (PlaceCategory::Shop, name(1, &HIGH_STREET)),
                PlotKind::Clinic => (PlaceCategory::Clinic, name(2, &CLINICS)),
                PlotKind::Hall => (PlaceCategory::Leisure, name(3, &HALLS)),
                PlotKind::Hospital => (PlaceCategory::Hospital, "中央病院".to_owned()),
                PlotKind::TownHall => (PlaceCategory::Public, "市役所".to_owned()),
                PlotKind::Station => (PlaceCategory::Transit, "駅前広場".to_owned()),
                PlotKind::House | PlotKind::Facility => continue,
            };
            let place = self.open(plot, category, label)?;
            if kind != PlotKind::HighStreet {
                self.places[place].largest_vehicle = VehicleKind::Van;
            }
        }
        let found = self.places.iter().filter(|p| p.category != PlaceCategory::DayService).count();
        if found == 0 {
            return Err(Fault::TooFewPlots { kind: "shops, clinics and halls", found, needed: 1 });
        }
        Ok(())
    }

    /// A home on a free plot, the likelier the nearer to `near` when that is given.
    pub(super) fn open_home(&mut self, near: Option<Point>) -> Result<usize, Fault> {
        let plot = match near {
            None => self.take_house(|_| true)?,
            Some(centre) => {
                // From 1 to 4.5 km: members live near their facility, a few farther out.
                let reach = 1000.0 + 700.0 * (self.draw.skewed(0, 5) as f64);
                let town = self.town;
                self.take_house(|plot| town.plots[plot].point.metres_to(centre) <= reach)
                    .or_else(|_| self.take_house(|_| true))?
            }
        };
        self.open(plot, PlaceCategory::Home, "自宅".to_owned())
    }

    fn take_house(&mut self, fits: impl Fn(usize) -> bool) -> Result<usize, Fault> {
        let found = self.houses.iter().rposition(|plot| fits(*plot));
        let at = found.ok_or(Fault::TooFewPlots { kind: "homes", found: 0, needed: 1 })?;
        Ok(self.houses.remove(at))
    }

    fn open(&mut self, plot: usize, category: PlaceCategory, label: String) -> Result<usize, Fault> {
        let land = self.town.plots[plot];
        let snap = self.town.roads.snap(land.point).map_err(|source| Fault::OffRoad { source })?;
        let district = self.town.districts.get(land.district);
        let setting = district.map_or(Setting::Suburb, |d| d.setting);
        let name = district.map_or("", |d| d.name.as_str());
        let address = self.address(name, setting);
        let largest_vehicle = self.lane(setting);
        self.places.push(TownPlace {
            node: snap.node,
            largest_vehicle,
            point: land.point,
            category,
            label,
            address,
        });
        Ok(self.places.len() - 1)
    }

    /// Old towns and villages count banchi through; newer quarters have block and house number.
    fn address(&mut self, district: &str, setting: Setting) -> String {
        let town = &self.town.name;
        match setting {
            Setting::Centre | Setting::Suburb => {
                let (chome, block, house) =
                    (self.draw.between(1, 4), self.draw.between(1, 28), self.draw.between(1, 18));
                format!("{town}{district}{chome}丁目{block}番{house}号")
            }
            Setting::Village | Setting::Hillside => {
                format!("{town}{district}{}番地", self.draw.between(12, 1480))
            }
        }
    }

    /// The largest vehicle that gets through. Shares are assumptions: one lane in four of the old town takes only small
    /// cars, on the slopes one in eight.
    fn lane(&mut self, setting: Setting) -> VehicleKind {
        let (kei, compact, minivan) = match setting {
            Setting::Centre => (80, 180, 200),
            Setting::Hillside => (30, 100, 150),
            Setting::Village => (10, 50, 100),
            Setting::Suburb => (0, 40, 100),
        };
        match self.draw.below(1000) {
            n if n < kei => VehicleKind::Kei,
            n if n < kei + compact => VehicleKind::Compact,
            n if n < kei + compact + minivan => VehicleKind::Minivan,
            _ => VehicleKind::Van,
        }
    }

    /// Someone who cannot ride in what fits the lane is met where the lane begins.
    pub(super) fn meet_at_corner(&mut self, place: usize, least: VehicleKind) {
        let known = &mut self.places[place].largest_vehicle;
        *known = (*known).max(least);
    }
}

/// The nth name; further rounds through the list get a number.
fn numbered(names: &[&str], index: usize) -> String {
    let name = names[index % names.len()];
    match index / names.len() {
        0 => name.to_owned(),
        round => format!("{name} {}号店", round + 1),
    }
}

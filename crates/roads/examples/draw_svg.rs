//! `cargo run -p roads --example draw_svg -- SEED OUT.svg`: the drawn town as a picture, to look at.

use std::fmt::Write as _;

use roads::{AreaKind, Bounds, LabelKind, PlotKind, RoadClass, Town, draw_town};
use units::Point;

/// Metres of the picture's one pixel.
const METRES_PER_PIXEL: f64 = 5.0;

struct Canvas {
    bounds: Bounds,
    svg: String,
}

impl Canvas {
    fn xy(&self, p: Point) -> (f64, f64) {
        let y = (self.bounds.ne.lat() - p.lat()) * 111_195.0;
        let x = (p.lon() - self.bounds.sw.lon()) * 111_195.0 * 0.805;
        (x / METRES_PER_PIXEL, y / METRES_PER_PIXEL)
    }

    fn path(&self, points: &[Point]) -> String {
        let mut d = String::new();
        for (i, p) in points.iter().enumerate() {
            let (x, y) = self.xy(*p);
            let _ = write!(d, "{}{x:.1},{y:.1}", if i == 0 { "M" } else { "L" });
        }
        d
    }

    fn stroke(&mut self, points: &[Point], colour: &str, width: f64, more: &str) {
        let d = self.path(points);
        let _ = writeln!(
            self.svg,
            r#"<path d="{d}" fill="none" stroke="{colour}" stroke-width="{width}" stroke-linejoin="round" stroke-linecap="round" {more}/>"#
        );
    }

    fn text(&mut self, p: Point, size: f64, colour: &str, text: &str) {
        let (x, y) = self.xy(p);
        let _ = writeln!(
            self.svg,
            r##"<text x="{x:.0}" y="{y:.0}" font-size="{size}" fill="{colour}" stroke="#fff" stroke-width="4" paint-order="stroke" text-anchor="middle" font-family="Noto Sans CJK JP">{text}</text>"##
        );
    }
}

/// Casing colour, colour and width of a road.
fn style(class: RoadClass) -> (&'static str, &'static str, f64) {
    match class {
        RoadClass::Motorway | RoadClass::Trunk => ("#c8743c", "#f4a766", 5.5),
        RoadClass::Primary => ("#c9a33e", "#fbd779", 5.0),
        RoadClass::Secondary => ("#c9b45a", "#fdeea5", 4.4),
        RoadClass::Tertiary => ("#b5b5ad", "#ffffff", 3.6),
        RoadClass::Track => ("#d5cfbf", "#efe9da", 1.2),
        _ => ("#c9c6bd", "#ffffff", 2.2),
    }
}

fn picture(town: &Town) -> String {
    let shapes = town.roads.shapes();
    let mut c = Canvas { bounds: town.roads.bounds(), svg: String::new() };
    let (width, _) = c.xy(c.bounds.ne);
    let (_, height) = c.xy(c.bounds.sw);
    let _ = writeln!(
        c.svg,
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0} {height:.0}" width="{width:.0}" height="{height:.0}"><rect width="100%" height="100%" fill="#f1efe6"/>"##
    );
    for area in &shapes.areas {
        let colour = match area.kind {
            AreaKind::Wood => "#cfe0bf",
            AreaKind::Paddy => "#e3edcf",
            AreaKind::BuiltUp => "#e9e5dd",
            AreaKind::Park => "#bfe0b4",
            AreaKind::Water => "#a9d0ea",
        };
        let d = c.path(&area.ring);
        let _ = writeln!(c.svg, r#"<path d="{d}Z" fill="{colour}"/>"#);
    }
    for river in &shapes.rivers {
        c.stroke(&river.line, "#a9d0ea", f64::from(river.width_metres) / METRES_PER_PIXEL, "");
    }
    for road in &shapes.roads {
        for line in &road.lines {
            c.stroke(line, style(road.class).0, style(road.class).2 + 1.2, "");
        }
    }
    for road in &shapes.roads {
        for line in &road.lines {
            let colour = if road.oneway { "#bcd2ff" } else { style(road.class).1 };
            c.stroke(line, colour, style(road.class).2, "");
        }
    }
    for railway in &shapes.railways {
        c.stroke(railway, "#777", 2.6, "");
        c.stroke(railway, "#fff", 1.4, r#"stroke-dasharray="8 8""#);
    }
    for plot in &town.plots {
        let (colour, r) = match plot.kind {
            PlotKind::House => ("#8d8577", 0.9),
            PlotKind::Shop | PlotKind::HighStreet => ("#2f7fd0", 2.4),
            PlotKind::Clinic => ("#d23b6a", 3.0),
            PlotKind::Hospital => ("#c00000", 5.0),
            PlotKind::TownHall | PlotKind::Station => ("#333", 5.0),
            PlotKind::Facility => ("#7a2fd0", 5.0),
            PlotKind::Hall => ("#2f9d5a", 4.0),
        };
        let (x, y) = c.xy(plot.point);
        let _ = writeln!(c.svg, r#"<circle cx="{x:.1}" cy="{y:.1}" r="{r}" fill="{colour}"/>"#);
    }
    for bridge in &town.bridges {
        let (x, y) = c.xy(*bridge);
        let _ = writeln!(
            c.svg,
            r##"<circle cx="{x:.1}" cy="{y:.1}" r="7" fill="none" stroke="#d06a2f" stroke-width="1.5"/>"##
        );
    }
    for label in &shapes.labels {
        let size = match label.kind {
            LabelKind::Town => 44.0,
            LabelKind::District => 26.0,
            LabelKind::Station | LabelKind::Landmark => 18.0,
        };
        c.text(label.point, size, "#444", &label.name);
    }
    for road in shapes.roads.iter().filter(|r| r.class <= RoadClass::Tertiary && !r.name.is_empty()) {
        if let Some(line) = road.lines.iter().max_by_key(|line| line.len()) {
            c.text(line[line.len() / 2], 13.0, "#7a5a20", &road.name);
        }
    }
    for river in &shapes.rivers {
        c.text(river.line[river.line.len() / 3], 18.0, "#3a7fb0", &river.name);
    }
    c.svg.push_str("</svg>\n");
    c.svg
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let seed = args.next().ok_or("usage: draw_svg SEED OUT.svg")?.parse()?;
    let out = args.next().ok_or("usage: draw_svg SEED OUT.svg")?;
    let begin = std::time::Instant::now();
    let town = draw_town(seed)?;
    println!(
        "{:?}: {:?}, {} plots, {} bridges, {} m of road, drawn in {:?}",
        town.name,
        town.roads,
        town.plots.len(),
        town.bridges.len(),
        town.roads.road_metres().0,
        begin.elapsed()
    );
    std::fs::write(out, picture(&town))?;
    Ok(())
}

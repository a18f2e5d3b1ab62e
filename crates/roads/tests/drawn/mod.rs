//! A small drawn extract with everything in it that an import looks at.

#![allow(dead_code, clippy::unwrap_used)]

use roads::{OsmNode, OsmRelation, OsmWay, PbfWriter};
use units::Point;

/// A drawing of an extract: points on a plane whose unit is 100 m, ways, relations.
#[derive(Default, Clone)]
pub struct Drawing {
    pub nodes: Vec<OsmNode>,
    pub ways: Vec<OsmWay>,
    pub relations: Vec<OsmRelation>,
}

/// `highway=residential oneway=yes` as tags.
pub fn tags(line: &str) -> Vec<(String, String)> {
    let pairs = line.split_whitespace().filter_map(|tag| tag.split_once('='));
    pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// The plane lies near Maebashi.
pub fn at(x: i32, y: i32) -> Point {
    Point::from_e7(363_900_000 + y * 8_993, 1_390_600_000 + x * 11_170)
}

impl Drawing {
    pub fn node(&mut self, id: i64, (x, y): (i32, i32), line: &str) -> &mut Self {
        self.nodes.push(OsmNode { id, point: at(x, y), tags: tags(line) });
        self
    }

    pub fn way(&mut self, id: i64, refs: &[i64], line: &str) -> &mut Self {
        self.ways.push(OsmWay { id, refs: refs.to_vec(), tags: tags(line) });
        self
    }

    /// Members as `from w1 via n5 to w2`.
    pub fn relation(&mut self, id: i64, members: &str, line: &str) -> &mut Self {
        let words: Vec<&str> = members.split_whitespace().collect();
        let members = words.chunks(2).map(|pair| {
            let kind = pair[1].chars().next().unwrap();
            (pair[0].to_owned(), kind, pair[1][1..].parse().unwrap())
        });
        self.relations.push(OsmRelation { id, members: members.collect(), tags: tags(line) });
        self
    }

    pub fn bytes(&self, deflate: bool) -> Vec<u8> {
        let mut writer = PbfWriter::with(Vec::new(), deflate).unwrap();
        for node in &self.nodes {
            writer.node(node.clone()).unwrap();
        }
        for way in &self.ways {
            writer.way(way.clone()).unwrap();
        }
        for relation in &self.relations {
            writer.relation(relation.clone()).unwrap();
        }
        writer.finish().unwrap()
    }
}

/// A grid of streets of `size` by `size` blocks, numbered row by row from 1.
pub fn grid(size: i64) -> Drawing {
    let mut drawing = Drawing::default();
    let number = |x: i64, y: i64| y * size + x + 1;
    for y in 0..size {
        for x in 0..size {
            drawing.node(number(x, y), (x as i32, y as i32), "");
        }
    }
    for y in 0..size {
        let row: Vec<i64> = (0..size).map(|x| number(x, y)).collect();
        drawing.way(100 + y, &row, &format!("highway=residential name=row-{y}"));
        let column: Vec<i64> = (0..size).map(|x| number(y, x)).collect();
        drawing.way(200 + y, &column, &format!("highway=tertiary name=column-{y}"));
    }
    drawing
}

/// All kinds of things on a grid.
pub fn everything() -> Drawing {
    let mut drawing = grid(5);
    drawing.nodes[6].tags = tags("highway=traffic_signals");
    drawing.nodes[7].tags = tags("highway=stop direction=forward");
    drawing.nodes[12].tags = tags("railway=level_crossing");
    drawing
        .node(30, (6, 0), "")
        .node(31, (9, 0), "barrier=bollard")
        .node(32, (12, 0), "")
        .node(40, (20, 20), "")
        .node(41, (21, 20), "")
        .node(50, (0, 9), "")
        .node(60, (2, 2), "place=suburb name=町");
    drawing
        .way(300, &[5, 30, 31, 32], "highway=service width=2.3 surface=gravel")
        .way(301, &[40, 41], "highway=residential name=island")
        .way(302, &[1, 50], "route=ferry motor_vehicle=yes duration=00:10")
        .way(303, &[25, 24], "highway=primary oneway=-1 maxspeed=40")
        .way(304, &[2, 3, 8, 7, 2], "highway=tertiary junction=roundabout")
        .way(305, &[9, 9], "highway=residential")
        .way(306, &[3, 999], "highway=residential")
        .way(307, &[60, 13], "waterway=river name=川");
    drawing
        .relation(1, "from w101 via n7 to w201", "type=restriction restriction=no_left_turn")
        .relation(2, "from w202 via w102 to w203", "type=restriction restriction=only_right_turn")
        .relation(3, "from w1 via n2 to w3", "type=restriction restriction=no_u_turn");
    drawing
}

//! What a map shows of a network: roads, water, railways, land, names. Nothing here takes part in routing.

use serde::Serialize;
use units::Point;

use crate::RoadClass;
use crate::network::Network;

/// Everything a map draws, in drawing order within each list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shapes {
    /// Lesser classes first, so that greater roads are painted over them.
    pub roads: Vec<RoadShape>,
    pub areas: Vec<AreaShape>,
    pub rivers: Vec<RiverShape>,
    pub railways: Vec<Vec<Point>>,
    pub labels: Vec<Label>,
}

/// All stretches of one road: same class, same name (empty when nameless), same one-way sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoadShape {
    pub class: RoadClass,
    pub name: String,
    pub oneway: bool,
    /// A one-way stretch runs in the direction of travel.
    pub lines: Vec<Vec<Point>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AreaKind {
    Wood,
    Paddy,
    BuiltUp,
    Park,
    Water,
}

/// A closed ring without holes; the first point is not repeated at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AreaShape {
    pub kind: AreaKind,
    pub ring: Vec<Point>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RiverShape {
    pub name: String,
    /// Breadth of the water in metres.
    pub width_metres: u32,
    pub line: Vec<Point>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelKind {
    Town,
    District,
    Station,
    Landmark,
}

/// A name to be written at a point; `furigana` is empty where the source gives no reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    pub kind: LabelKind,
    pub name: String,
    pub furigana: String,
    pub point: Point,
}

/// The shapes that do not follow from the network itself and so are kept in the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Scenery {
    pub areas: Vec<AreaShape>,
    pub rivers: Vec<RiverShape>,
    pub railways: Vec<Vec<Point>>,
    pub labels: Vec<Label>,
}

impl Shapes {
    pub(crate) fn of(network: &Network, scenery: Scenery) -> Shapes {
        let Scenery { areas, rivers, railways, labels } = scenery;
        Shapes { roads: roads_of(network), areas, rivers, railways, labels }
    }
}

/// What must agree for two edges to be one stroke on the map.
type Look = (std::cmp::Reverse<RoadClass>, u32, bool);

fn look(network: &Network, edge: usize) -> Look {
    let e = &network.edges[edge];
    (std::cmp::Reverse(e.class), e.name, e.is_oneway())
}

/// Joins edges of one look into strokes as long as they run on without a fork: a map writes a name along a stroke.
fn roads_of(network: &Network) -> Vec<RoadShape> {
    let mut by_look: Vec<(Look, usize)> = (0..network.edges.len()).map(|e| (look(network, e), e)).collect();
    by_look.sort_unstable();
    let mut used = vec![false; network.edges.len()];
    let mut roads = Vec::new();
    for group in by_look.chunk_by(|a, b| a.0 == b.0) {
        let (std::cmp::Reverse(class), name, oneway) = group[0].0;
        let mut lines = Vec::new();
        for &(_, edge) in group {
            if !used[edge] {
                lines.push(stroke(network, edge, &mut used));
            }
        }
        roads.push(RoadShape { class, name: network.names[name as usize].clone(), oneway, lines });
    }
    roads
}

fn stroke(network: &Network, edge: usize, used: &mut [bool]) -> Vec<Point> {
    used[edge] = true;
    let e = &network.edges[edge];
    let forward = e.is_open(true);
    let (first, last) = if forward { (e.a, e.b) } else { (e.b, e.a) };
    let mut line = network.line(edge, forward);
    extend(network, edge, last, &mut line, used, true);
    line.reverse();
    extend(network, edge, first, &mut line, used, false);
    line.reverse();
    line
}

/// Lengthens the line beyond `end`; `downstream` says on which side a one-way stroke is being lengthened.
fn extend(
    network: &Network,
    edge: usize,
    mut end: u32,
    line: &mut Vec<Point>,
    used: &mut [bool],
    downstream: bool,
) {
    let mut last = edge;
    while let Some(next) = only_other(network, end, last) {
        let e = &network.edges[next];
        let runs_on = !e.is_oneway() || (e.a == end) == (e.is_open(true) == downstream);
        if used[next] || !runs_on {
            return;
        }
        used[next] = true;
        line.extend(network.line(next, e.a == end).into_iter().skip(1));
        end = if e.a == end { e.b } else { e.a };
        last = next;
    }
}

/// The one other edge of the same look at the node, if there is exactly one.
fn only_other(network: &Network, node: u32, edge: usize) -> Option<usize> {
    let wanted = look(network, edge);
    let mut others = network.edges_at(node).filter(|other| *other != edge && look(network, *other) == wanted);
    let first = others.next()?;
    others.next().is_none().then_some(first)
}

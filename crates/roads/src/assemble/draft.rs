//! Ways as they are drawn, before anything is derived.

use units::Point;

use crate::RoadClass;
use crate::network::flag;
use crate::speeds::Surface;

/// What stands at a point, as bits.
pub(crate) mod post {
    pub const SIGNALS: u8 = 1;
    pub const CROSSING: u8 = 2;
    pub const STOP: u8 = 4;
    pub const LEVEL_CROSSING: u8 = 8;
    /// It holds only those who drive in the order of the way's points, or only the others.
    pub const ALONG_ONLY: u8 = 16;
    pub const AGAINST_ONLY: u8 = 32;
}

/// Ways over shared points.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub points: Vec<Point>,
    /// What stands at each point.
    pub posts: Vec<u8>,
    pub ways: Vec<DraftWay>,
    pub restrictions: Vec<Restriction>,
    pub drives_left: bool,
}

impl Draft {
    pub fn add_point(&mut self, at: Point, posts: u8) -> u32 {
        self.points.push(at);
        self.posts.push(posts);
        self.points.len() as u32 - 1
    }
}

#[derive(Debug, Clone)]
pub(crate) struct DraftWay {
    pub nodes: Vec<u32>,
    pub look: WayLook,
}

/// What two ways must share to become one edge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WayLook {
    pub class: RoadClass,
    pub name: String,
    pub direction: Direction,
    pub surface: Surface,
    /// Bits of [`flag`], without those of direction.
    pub flags: u8,
    /// 0 where none is signed.
    pub limit_kmh: u8,
    /// 0 where unknown.
    pub width_dm: u8,
}

impl WayLook {
    pub fn plain(class: RoadClass, name: &str, direction: Direction) -> WayLook {
        WayLook {
            class,
            name: name.to_owned(),
            direction,
            surface: Surface::Paved,
            flags: 0,
            limit_kmh: 0,
            width_dm: 0,
        }
    }

    pub fn open_flags(&self) -> u8 {
        match self.direction {
            Direction::Both => flag::OPEN_AB | flag::OPEN_BA,
            Direction::Along => flag::OPEN_AB,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Both,
    /// Only in the order of the way's nodes.
    Along,
}

/// A turn restriction in terms of the draft: whoever comes over a `from` way ...
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Restriction {
    /// ... may go on to `to` only (or must not).
    pub only: bool,
    /// Indices of draft ways; the pieces of one way as drawn, of which one fits.
    pub from: Vec<u32>,
    pub to: Vec<u32>,
    pub via: Via,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Via {
    /// `u32::MAX` where the point is not there.
    Point(u32),
    /// Way after way, each in its pieces.
    Ways(Vec<Vec<u32>>),
}

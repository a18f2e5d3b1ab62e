//! What the fuzz targets share.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use roads::map::TileId;
use roads::{Period, Roads};
use units::Node;

/// One for each process; in memory where the system has such a place.
pub fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let memory = Path::new("/dev/shm");
        let parent = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let folder = parent.join(format!("kuseki-fuzz-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder to write to");
        folder
    })
}

pub fn write(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).expect("a file to write to");
}

/// What was imported can be kept and opened, and says the same.
pub fn keep_and_ask(roads: &Roads) {
    ask(roads);
    let path = folder().join("kept.roads");
    roads.save(&path).expect("what was imported can be kept");
    let opened = Roads::open(&path).expect("what was kept can be opened");
    assert_eq!(opened.fingerprint(), roads.fingerprint());
    for (a, b) in ends(roads) {
        for period in Period::ALL {
            assert_eq!(opened.travel_during(period, a, b), roads.travel_during(period, a, b));
            let path = roads.path_during(period, a, b);
            let travel = roads.travel_during(period, a, b);
            assert_eq!((path.seconds, path.metres), (travel.seconds, travel.metres));
        }
    }
}

/// Every door answers without a panic.
pub fn ask(roads: &Roads) {
    for (a, b) in ends(roads) {
        for period in [Period::Midday, Period::Snow] {
            roads.travel_during(period, a, b);
            roads.path_during(period, b, a);
            roads.many_to_many_during(period, &[a, b], &[b, a]);
        }
        if let Some(point) = roads.point(a) {
            let _ = roads.snap_near(point, 3);
        }
    }
    if let Some(world) = TileId::new(0, 0, 0) {
        roads.map().tile(world);
    }
}

fn ends(roads: &Roads) -> [(Node, Node); 3] {
    let count = roads.node_count() as u32;
    [(0, count - 1), (count / 2, 0), (count / 3, count / 3)].map(|(a, b)| (Node(a), Node(b)))
}

/// Bytes of a roads file's head and of a line of its table.
const HEAD: usize = 28;
const LINE: usize = 16;

/// Makes the lengths and checksums of a roads file fit what they stand over.
pub fn mend(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let Some(count) = bytes.get(HEAD).map(|count| usize::from(*count)) else { return bytes };
    let table = HEAD + 4..HEAD + 4 + count * LINE;
    if bytes.len() < table.end {
        return bytes;
    }
    let mut from = table.end;
    for line in table.clone().step_by(LINE) {
        let mut length = [0; 8];
        length.copy_from_slice(&bytes[line + 4..line + 12]);
        let left = bytes.len() - from;
        let is_last = line + LINE == table.end;
        let length = if is_last { left } else { left.min(u64::from_le_bytes(length) as usize) };
        bytes[line + 4..line + 12].copy_from_slice(&(length as u64).to_le_bytes());
        let sum = crc32fast::hash(&bytes[from..from + length]);
        bytes[line + 12..line + 16].copy_from_slice(&sum.to_le_bytes());
        from += length;
    }
    let rest = (bytes.len() - HEAD) as u64;
    bytes[16..24].copy_from_slice(&rest.to_le_bytes());
    let sum = crc32fast::hash(&bytes[HEAD..table.end]);
    bytes[24..28].copy_from_slice(&sum.to_le_bytes());
    bytes
}

//! Tiles of the map: cut when they are first asked for, packed once, kept as long as there is room.

use std::io::Write;
use std::sync::Arc;

use axum::body::Bytes;
use axum::http::{HeaderMap, header};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use roads::Roads;
use roads::map::TileId;
use tokio::sync::Semaphore;

/// Bytes of packed tiles kept in memory: a city at all zoom levels several times over.
const KEPT_BYTES: u64 = 48 * 1024 * 1024;
/// A guess at the usual size, by which the cache lays out its table.
const USUAL_BYTES: u64 = 8 * 1024;
/// Cutting is quick, but many browsers at once must not take every core from the planner.
const CUT_AT_ONCE: usize = 2;

/// How a tile is packed on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Packing {
    None,
    Gzip,
    Brotli,
}

impl Packing {
    /// The best that the client takes.
    pub fn taken_by(request: &HeaderMap) -> Packing {
        if takes(request, "br") {
            Packing::Brotli
        } else if takes(request, "gzip") {
            Packing::Gzip
        } else {
            Packing::None
        }
    }

    /// The word of `Content-Encoding`.
    pub fn word(self) -> Option<&'static str> {
        match self {
            Packing::None => None,
            Packing::Gzip => Some("gzip"),
            Packing::Brotli => Some("br"),
        }
    }

    fn pack(self, plain: Vec<u8>) -> std::io::Result<Vec<u8>> {
        match self {
            Packing::None => Ok(plain),
            Packing::Gzip => {
                let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
                out.write_all(&plain)?;
                out.finish()
            }
            Packing::Brotli => {
                let mut out = Vec::new();
                // Quality 5 packs nearly as well as 9 in a tenth of the time; 22 is the usual window.
                let mut writer = brotli::CompressorWriter::new(&mut out, 8 * 1024, 5, 22);
                writer.write_all(&plain)?;
                drop(writer);
                Ok(out)
            }
        }
    }
}

/// True when `Accept-Encoding` names the coding and does not refuse it with `q=0`.
pub fn takes(request: &HeaderMap, wanted: &str) -> bool {
    request
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|coding| {
            let mut parts = coding.split(';').map(str::trim);
            parts.next().is_some_and(|name| name.eq_ignore_ascii_case(wanted))
                && !parts.any(|part| matches!(part.strip_prefix("q="), Some(q) if q.parse::<f32>().is_ok_and(|q| q <= 0.0)))
        })
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<(TileId, Packing), Bytes> for ByBytes {
    fn weight(&self, _key: &(TileId, Packing), tile: &Bytes) -> u64 {
        // An empty tile takes its place in the table, too.
        tile.len() as u64 + 64
    }
}

pub struct Tiles {
    roads: Arc<Roads>,
    kept: Cache<(TileId, Packing), Bytes, ByBytes>,
    cutting: Semaphore,
    version: String,
}

impl Tiles {
    pub fn new(roads: Arc<Roads>) -> Tiles {
        let version = roads.map().version();
        let kept = Cache::with_weighter((KEPT_BYTES / USUAL_BYTES) as usize, KEPT_BYTES, ByBytes);
        Tiles { roads, kept, cutting: Semaphore::new(CUT_AT_ONCE), version }
    }

    /// Changes when the map does.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The tile's packed bytes, empty where the map shows nothing. `None` if it could not be made, which is our mistake.
    pub async fn get(self: &Arc<Self>, id: TileId, packing: Packing) -> Option<Bytes> {
        let key = (id, packing);
        if let Some(tile) = self.kept.get(&key) {
            metrics::counter!("kuseki_tiles_total", "from" => "memory").increment(1);
            return Some(tile);
        }
        let _turn = self.cutting.acquire().await.ok()?;
        // Somebody may have asked for the same while this request waited for its turn.
        if let Some(tile) = self.kept.get(&key) {
            return Some(tile);
        }
        let tiles = self.clone();
        let cut = tokio::task::spawn_blocking(move || {
            let began = std::time::Instant::now();
            let plain = tiles.roads.map().tile(id);
            let packed = if plain.is_empty() { Ok(plain) } else { packing.pack(plain) };
            metrics::histogram!("kuseki_tile_seconds").record(began.elapsed().as_secs_f64());
            packed
        });
        match cut.await {
            Ok(Ok(packed)) => {
                metrics::counter!("kuseki_tiles_total", "from" => "map").increment(1);
                let tile = Bytes::from(packed);
                self.kept.insert(key, tile.clone());
                Some(tile)
            }
            outcome => {
                tracing::error!("tile {id:?} could not be made: {outcome:?}");
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use std::io::Read;

    #[test]
    fn what_is_packed_comes_out_again_and_the_best_that_is_taken_is_chosen() {
        let plain: Vec<u8> = (0..10_000_u32).map(|n| (n % 7) as u8).collect();
        let mut out = Vec::new();
        let packed = Packing::Gzip.pack(plain.clone()).unwrap();
        flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut out).unwrap();
        assert_eq!(out, plain);
        out.clear();
        let packed = Packing::Brotli.pack(plain.clone()).unwrap();
        brotli::Decompressor::new(packed.as_slice(), 4096).read_to_end(&mut out).unwrap();
        assert!(out == plain && packed.len() < plain.len() / 10);
        for (said, packing) in [
            ("gzip, deflate, br, zstd", Packing::Brotli),
            ("gzip;q=0.5, br;q=0", Packing::Gzip),
            ("identity", Packing::None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(said));
            assert_eq!(Packing::taken_by(&headers), packing, "{said}");
        }
        assert_eq!(Packing::taken_by(&HeaderMap::new()), Packing::None);
    }

    #[test]
    fn memory_is_bounded_whatever_is_asked_for() {
        let kept = Cache::with_weighter(100, 100_000, ByBytes);
        for x in 0..2_000 {
            let id = TileId::new(11, x, 0).unwrap();
            kept.insert((id, Packing::None), Bytes::from(vec![0; 1_000]));
        }
        assert!(kept.weight() <= 100_000 && kept.len() > 10);
    }
}

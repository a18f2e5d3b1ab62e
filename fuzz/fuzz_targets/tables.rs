//! A pair of tables: junctions, a zero byte, roads.
#![no_main]

use libfuzzer_sys::fuzz_target;
use roads::{ImportOptions, import_tables};

fuzz_target!(|bytes: &[u8]| {
    let folder = kuseki_fuzz::folder();
    let (nodes, edges) = (folder.join("nodes.csv"), folder.join("edges.csv"));
    let cut = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    kuseki_fuzz::write(&nodes, &bytes[..cut]);
    kuseki_fuzz::write(&edges, bytes.get(cut + 1..).unwrap_or_default());
    if let Ok((roads, _)) = import_tables(&nodes, &edges, &ImportOptions::default(), &mut |_| {}) {
        kuseki_fuzz::keep_and_ask(&roads);
    }
});

//! An OpenStreetMap extract: the bytes of an `.osm.pbf` file. Whatever is read all the same is kept, opened and asked.
#![no_main]

use libfuzzer_sys::fuzz_target;
use roads::{ImportOptions, import_osm};

fuzz_target!(|bytes: &[u8]| {
    let folder = kuseki_fuzz::folder();
    let path = folder.join("town.osm.pbf");
    kuseki_fuzz::write(&path, bytes);
    if let Ok((roads, _)) = import_osm(&path, &ImportOptions::default(), &mut |_| {}) {
        kuseki_fuzz::keep_and_ask(&roads);
    }
});

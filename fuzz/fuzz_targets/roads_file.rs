//! A written roads file whose checksums were made to fit: the first ones would stop nearly every change.
#![no_main]

use libfuzzer_sys::fuzz_target;
use roads::Roads;

fuzz_target!(|bytes: &[u8]| {
    let path = kuseki_fuzz::folder().join("town.roads");
    kuseki_fuzz::write(&path, &kuseki_fuzz::mend(bytes));
    if let Ok(roads) = Roads::open(&path) {
        kuseki_fuzz::ask(&roads);
        if let Some(speeds) = roads.speeds().cloned()
            && let Ok(roads) = roads.with_speeds(speeds)
        {
            kuseki_fuzz::ask(&roads);
        }
    }
});

//! Writes what the fuzzers begin with into `corpus`: a small extract that holds everything, plain and deflated, the same as
//! tables and as a roads file.

#[path = "../../../crates/roads/tests/drawn/mod.rs"]
mod drawn;

use std::path::Path;

use roads::{ImportOptions, import_osm};

const NODES: &str = "node_id,lat,lon,tag\n1,36.39,139.06,\n2,36.391,139.06,traffic_signals\n3,36.391,139.061,\n";
const EDGES: &str = "from_id,to_id,length_m,highway,name,maxspeed,lanes,oneway,geometry\n\
    1,2,111,primary,通り,40,2,0,\"139.06 36.39,139.0601 36.3905,139.06 36.391\"\n\
    2,1,111,primary,通り,40,2,0,\"139.06 36.391,139.0601 36.3905,139.06 36.39\"\n\
    2,3,90,residential,,,,0,\n3,2,90,residential,,,,0,\n1,3,200,tertiary,,,,1,\n";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for target in ["extract", "tables", "roads_file"] {
        std::fs::create_dir_all(corpus.join(target))?;
    }
    let plain = corpus.join("extract/plain.osm.pbf");
    std::fs::write(&plain, drawn::everything().bytes(false))?;
    std::fs::write(corpus.join("extract/deflated.osm.pbf"), drawn::everything().bytes(true))?;
    std::fs::write(corpus.join("extract/grid.osm.pbf"), drawn::grid(5).bytes(false))?;
    std::fs::write(corpus.join("tables/town"), format!("{NODES}\0{EDGES}"))?;
    let (roads, _) = import_osm(&plain, &ImportOptions::default(), &mut |_| {})?;
    roads.save(&corpus.join("roads_file/town.roads"))?;
    Ok(())
}

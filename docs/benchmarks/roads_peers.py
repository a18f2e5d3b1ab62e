#!/usr/bin/env python3
"""Compares kuseki's roads with OSRM (MLD) and Valhalla on one extract, in one run. Prints one JSON line.

Needs Python 3.12 with `pip install osrm-bindings pyvalhalla`. Usage: roads_peers.py KUSEKI EXTRACT.osm.pbf [PAIRS]

OSRM gets its own car profile with kuseki's class speeds and waits, Valhalla the class speeds and its own waits, so that what
differs is the network that each reads out of the extract and how it turns, not what a road is assumed to allow.
"""

import csv
import json
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import osrm
import valhalla

SPEEDS = {
    "motorway": 80, "motorway_link": 40, "trunk": 50, "trunk_link": 40, "primary": 40, "primary_link": 40,
    "secondary": 40, "secondary_link": 40, "tertiary": 35, "tertiary_link": 35, "unclassified": 25,
    "residential": 25, "living_street": 15, "service": 15, "track": 12,
}


# What OSRM does not know is left out on our side: built-up areas, giving way, narrow lanes.
MATCHING = """
[midday]
built_up_percent = 100
narrow_percent = 100
give_way_seconds = 0
near_turn_seconds = 2.5
far_turn_seconds = 4.5
sharp_seconds = 2.5
signal_seconds = 2
"""


def profile(folder: Path) -> Path:
    """OSRM's car profile at kuseki's speeds."""
    source = Path(osrm.__file__).parent / "share" / "profiles"
    shutil.copytree(source, folder / "profiles")
    path = folder / "profiles" / "car.lua"
    text = path.read_text()
    for name, kmh in SPEEDS.items():
        text = re.sub(rf"(\n\s+{name}\s*=\s*)\d+,", rf"\g<1>{kmh},", text, count=1)
    for key, value in {
        "speed_reduction": "1.0", "side_road_multiplier": "1.0", "lane_markings_penalty": "1.0",
        "turn_penalty": "5.0", "u_turn_penalty": "25", "turn_bias": "1.0",
    }.items():
        text = re.sub(rf"(\n\s+{key}\s*=\s*)[\d.]+,", rf"\g<1>{value},", text, count=1)
    text = text.replace("weight_name                     = 'routability'", "weight_name = 'duration'")
    path.write_text(text)
    return path


def timed(command: list[str]) -> tuple[float, str]:
    begin = time.monotonic()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return time.monotonic() - begin, done.stdout


def quantiles(numbers: list[float]) -> dict:
    cuts = statistics.quantiles(numbers, n=100)
    return {"p5": round(cuts[4], 3), "median": round(cuts[49], 3), "p95": round(cuts[94], 3)}


def main() -> None:
    kuseki, extract = sys.argv[1], Path(sys.argv[2]).resolve()
    pairs = sys.argv[3] if len(sys.argv) > 3 else "2000"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        roads, dump = folder / "town.roads", folder / "pairs.csv"
        speeds = folder / "speeds.toml"
        speeds.write_text(MATCHING)
        own_import, _ = timed(
            [kuseki, "roads", "import", str(extract), "--out", str(roads), "--speeds", str(speeds)]
        )
        own_peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000
        _, line = timed([kuseki, "bench", "roads", str(roads), "--pairs", pairs, "--dump", str(dump)])
        own = json.loads(line)

        lua = profile(folder)
        shutil.copy(extract, folder / "town.osm.pbf")
        tools = Path(osrm.__file__).parent / "bin"
        steps = {}
        base = str(folder / "town.osrm")
        for step, command in {
            "extract": [str(tools / "osrm-extract"), "-t", "2", "-p", str(lua), str(folder / "town.osm.pbf")],
            "partition": [str(tools / "osrm-partition"), "-t", "2", base],
            "customize": [str(tools / "osrm-customize"), "-t", "2", base],
        }.items():
            steps[step], _ = timed(command)
        peer_peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000
        before = resident()
        # Without the map of the files into memory, which counts only what was touched so far.
        engine = osrm.OSRM(algorithm="MLD", storage_config=base, use_shared_memory=False, use_mmap=False)
        loaded = resident() - before
        rows = [{k: float(v) for k, v in row.items()} for row in csv.DictReader(dump.open())]

        def osrm_route(ends: list) -> tuple[float, float]:
            route = engine.Route(osrm.RouteParameters(coordinates=ends, overview="false"))["routes"][0]
            return route["duration"], route["distance"]

        compared = compare(rows, osrm_route)
        spots = [(row["from_lon"], row["from_lat"]) for row in rows[:1000]]
        tables = {}
        for size in (100, len(spots)):
            begin = time.perf_counter()
            engine.Table(osrm.TableParameters(coordinates=spots[:size]))
            tables[f"table_{size}_ms"] = round((time.perf_counter() - begin) * 1000, 1)
        print(json.dumps({
            "extract": extract.name,
            "kuseki": {"import_s": round(own_import, 2), "import_peak_mb": round(own_peak), **own},
            "osrm": {
                "import_s": round(sum(steps.values()), 2), "steps_s": {k: round(v, 2) for k, v in steps.items()},
                "import_peak_mb": round(peer_peak), **tables, "loaded_mb": round(loaded, 1), **compared,
            },
            "valhalla": valhalla_peer(folder, rows),
        }))


def compare(rows: list[dict], route) -> dict:
    """What a peer's `route` says of the pairs beside ours: ratios ours / peer of all that last a minute."""
    ratios, lengths, spent, largest = [], [], [], []
    for row in rows:
        ends = [(row["from_lon"], row["from_lat"]), (row["to_lon"], row["to_lat"])]
        begin = time.perf_counter()
        try:
            seconds, metres = route(ends)
        except (RuntimeError, valhalla.ValhallaError):
            continue
        spent.append(time.perf_counter() - begin)
        if row["seconds"] < 60 or seconds < 60:
            continue
        ratio = row["seconds"] / seconds
        ratios.append(ratio)
        lengths.append(row["metres"] / max(metres, 1.0))
        largest.append((abs(ratio - 1), ratio, row["seconds"], seconds, row["metres"], metres, ends))
    largest.sort(reverse=True)
    return {
        "one_to_one_us": round(statistics.median(spent) * 1e6, 1),
        "pairs": len(ratios),
        "time_ratio": quantiles(ratios),
        "length_ratio": quantiles(lengths),
        "median_deviation_percent": round(statistics.median(abs(r - 1) for r in ratios) * 100, 2),
        "correlation": round(statistics.correlation([x[2] for x in largest], [x[3] for x in largest]), 4),
        "largest": [
            {"ratio": round(r, 2), "ours_s": s, "peer_s": d, "ours_m": m, "peer_m": n, "ends": e}
            for _, r, s, d, m, n, e in largest[:8]
        ],
    }


def valhalla_peer(folder: Path, rows: list[dict]) -> dict:
    """Valhalla's `auto` on tiles built at kuseki's class speeds."""
    way = [SPEEDS[k] for k in (
        "motorway", "trunk", "primary", "secondary", "tertiary", "unclassified", "residential", "service"
    )]
    link = [SPEEDS[f"{k}_link"] for k in ("motorway", "trunk", "primary", "secondary", "tertiary")]
    service = [SPEEDS["service"]] * 4
    area = {"way": way, "link_exiting": link, "link_turning": link, "roundabout": way, "service": service}
    speeds = folder / "valhalla_speeds.json"
    speeds.write_text(json.dumps([{"urban": area, "suburban": area, "rural": area}]))
    (folder / "tiles").mkdir()
    # Asked for, then taken out again: single tiles are read.
    (folder / "none.tar").touch()
    config = valhalla.get_config(tile_extract=folder / "none.tar", tile_dir=folder / "tiles")
    config["mjolnir"].update(default_speeds_config=str(speeds), concurrency=2)
    config["mjolnir"].pop("tile_extract", None)
    for service_limits in config["service_limits"].values():
        if isinstance(service_limits, dict) and "max_matrix_location_pairs" in service_limits:
            service_limits["max_matrix_location_pairs"] = 100_000
    (folder / "valhalla.json").write_text(json.dumps(config))
    tool = Path(valhalla.__file__).parent / "bin" / "valhalla_build_tiles"
    took, _ = timed([str(tool), "-c", str(folder / "valhalla.json"), str(folder / "town.osm.pbf")])
    actor = valhalla.Actor(config)

    def places(ends: list) -> list[dict]:
        return [{"lat": lat, "lon": lon} for lon, lat in ends]

    def route(ends: list) -> tuple[float, float]:
        trip = actor.route({"locations": places(ends), "costing": "auto", "directions_type": "none"})["trip"]
        return trip["summary"]["time"], trip["summary"]["length"] * 1000

    compared = compare(rows, route)
    spots = places([(row["from_lon"], row["from_lat"]) for row in rows[:100]])
    begin = time.perf_counter()
    actor.matrix({"sources": spots, "targets": spots, "costing": "auto"})
    table = round((time.perf_counter() - begin) * 1000, 1)
    return {"import_s": round(took, 2), "table_100_ms": table, **compared}


def resident() -> float:
    line = next(x for x in Path("/proc/self/status").read_text().splitlines() if x.startswith("VmRSS"))
    return int(line.split()[1]) / 1000


if __name__ == "__main__":
    main()

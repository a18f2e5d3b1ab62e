#!/usr/bin/env python3
"""Compares kuseki's roads with OSRM (MLD) on one extract, in one run. Prints one JSON line.

Needs Python 3.12 with `pip install osrm-bindings`. Usage: roads_peers.py KUSEKI EXTRACT.osm.pbf [PAIRS]

OSRM gets its own car profile with kuseki's class speeds and waits, so that what differs is the network that each reads
out of the extract and how it turns, not what a road is assumed to allow.
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
        engine = osrm.OSRM(algorithm="MLD", storage_config=base, use_shared_memory=False)
        rows = [{k: float(v) for k, v in row.items()} for row in csv.DictReader(dump.open())]
        ratios, lengths, spent, largest = [], [], [], []
        for row in rows:
            ends = [(row["from_lon"], row["from_lat"]), (row["to_lon"], row["to_lat"])]
            begin = time.perf_counter()
            try:
                route = engine.Route(osrm.RouteParameters(coordinates=ends, overview="false"))["routes"][0]
            except RuntimeError:
                continue
            spent.append(time.perf_counter() - begin)
            if row["seconds"] < 60 or route["duration"] < 60:
                continue
            ratio = row["seconds"] / route["duration"]
            ratios.append(ratio)
            lengths.append(row["metres"] / max(route["distance"], 1.0))
            largest.append((abs(ratio - 1), ratio, row["seconds"], route["duration"], row["metres"], route["distance"], ends))
        spots = [(row["from_lon"], row["from_lat"]) for row in rows[:1000]]
        tables = {}
        for size in (100, len(spots)):
            begin = time.perf_counter()
            engine.Table(osrm.TableParameters(coordinates=spots[:size]))
            tables[f"table_{size}_ms"] = round((time.perf_counter() - begin) * 1000, 1)
        largest.sort(reverse=True)
        print(json.dumps({
            "extract": extract.name,
            "kuseki": {"import_s": round(own_import, 2), "import_peak_mb": round(own_peak), **own},
            "osrm": {
                "import_s": round(sum(steps.values()), 2), "steps_s": {k: round(v, 2) for k, v in steps.items()},
                "import_peak_mb": round(peer_peak), "one_to_one_us": round(statistics.median(spent) * 1e6, 1),
                **tables, "memory_mb": round(resident() - before),
            },
            "pairs": len(ratios),
            "time_ratio": quantiles(ratios),
            "length_ratio": quantiles(lengths),
            "median_deviation_percent": round(statistics.median(abs(r - 1) for r in ratios) * 100, 2),
            "largest": [
                {"ratio": round(r, 2), "ours_s": s, "osrm_s": d, "ours_m": m, "osrm_m": n, "ends": e}
                for _, r, s, d, m, n, e in largest[:8]
            ],
        }))


def resident() -> float:
    line = next(x for x in Path("/proc/self/status").read_text().splitlines() if x.startswith("VmRSS"))
    return int(line.split()[1]) / 1000


if __name__ == "__main__":
    main()

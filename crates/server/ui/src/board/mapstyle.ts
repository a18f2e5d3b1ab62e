// The map's drawing, made from the engine's own roads: no tiles, no glyph server, nothing from outside.

import type { FeatureCollection } from "geojson";
import type { StyleSpecification } from "maplibre-gl";
import type { TownMap } from "../lib/types.ts";

/** Widths in pixels at zoom 11, 14 and 17 by road class, in drawing order from below. */
const ROADS: [string[], number, number, number, string, string][] = [
  [["service", "track", "path", "footway", "living_street"], 0.3, 1.6, 6, "#fbfaf6", "#cbc4b3"],
  [["residential", "unclassified", "road"], 0.8, 2.8, 10, "#ffffff", "#bfb7a4"],
  [["tertiary", "tertiary_link"], 1.2, 4.5, 14, "#ffffff", "#aba28d"],
  [["secondary", "secondary_link"], 1.8, 6, 17, "#fdf0c4", "#b59f66"],
  [["primary", "primary_link"], 2.4, 7.5, 20, "#fbe3a5", "#b18f45"],
  [["trunk", "trunk_link", "motorway", "motorway_link"], 2.8, 8.5, 22, "#f6d08a", "#a67c36"],
];
const FONT = ["Noto Sans CJK JP Regular"];

type Layer = StyleSpecification["layers"][number];

function width(low: number, mid: number, high: number, extra = 0) {
  return ["interpolate", ["exponential", 1.4], ["zoom"], 11, low + extra * 0.5, 14, mid + extra, 17, high + extra] as unknown as number;
}

function roadLayers(): Layer[] {
  const known = ROADS.flatMap(([classes]) => classes);
  const layers: Layer[] = [];
  for (const part of ["casing", "fill"] as const) {
    ROADS.forEach(([classes, low, mid, high, fill, casing], index) => {
      const listed = ["in", ["get", "class"], ["literal", classes]];
      // A class that this list does not know is drawn as a residential street.
      const filter = index === 1 ? ["any", listed, ["!", ["in", ["get", "class"], ["literal", known]]]] : listed;
      layers.push({
        id: `road-${part}-${index}`,
        type: "line",
        source: "roads",
        filter: filter as never,
        layout: { "line-cap": "round", "line-join": "round" },
        paint: { "line-color": part === "fill" ? fill : casing, "line-width": width(low, mid, high, part === "fill" ? 0 : 1.6) },
      });
    });
  }
  return layers;
}

const polygon = ["==", ["geometry-type"], "Polygon"] as never;
const line = ["==", ["geometry-type"], "LineString"] as never;

/** Metres to pixels doubles with every zoom level; 14 is where one pixel is about 7.8 m at the latitude of Japan. */
const riverWidth = [
  "interpolate",
  ["exponential", 2],
  ["zoom"],
  11,
  ["max", 1, ["/", ["coalesce", ["get", "width_m"], 6], 62]],
  18,
  ["max", 4, ["*", ["coalesce", ["get", "width_m"], 6], 2.05]],
] as unknown as number;

/** Woods, paddies and parks are told apart faintly: they help to find one's way and must not outshine the roads. */
const landColour = ["match", ["get", "kind"], "wood", "#d6e0cb", "paddy", "#e4ead2", "park", "#d3e4c8", "built_up", "#ece7dd", "#e9e6dc"] as unknown as string;

export function townStyle(map: TownMap): StyleSpecification {
  const { roads, land, water, railways, labels } = map.layers;
  const empty = { type: "FeatureCollection", features: [] };
  const source = (data: unknown) => ({ type: "geojson" as const, data: data as FeatureCollection });
  return {
    version: 8,
    sources: {
      roads: source(roads),
      land: source(land ?? empty),
      water: source(water),
      railways: source(railways),
      labels: source(labels),
      path: source(empty),
    },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": "#e9e6dc" } },
      { id: "land", type: "fill", source: "land", paint: { "fill-color": landColour } },
      { id: "water-area", type: "fill", source: "water", filter: polygon, paint: { "fill-color": "#a9cfe3" } },
      { id: "water-line", type: "line", source: "water", filter: line, layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": "#a9cfe3", "line-width": riverWidth } },
      ...roadLayers(),
      { id: "rail", type: "line", source: "railways", paint: { "line-color": "#8c8c8c", "line-width": 2.5 } },
      { id: "rail-ties", type: "line", source: "railways", paint: { "line-color": "#ffffff", "line-width": 1.3, "line-dasharray": [5, 5] } },
      { id: "path-casing", type: "line", source: "path", layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": "#ffffff", "line-width": 9, "line-opacity": ["get", "opacity"] } },
      { id: "path", type: "line", source: "path", layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": ["get", "colour"], "line-width": 5, "line-opacity": ["get", "opacity"] } },
      {
        id: "labels",
        type: "symbol",
        source: "labels",
        layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": ["interpolate", ["linear"], ["zoom"], 11, 14, 15, 18], "text-padding": 8, "text-max-width": 8 },
        paint: { "text-color": "#4b4539", "text-halo-color": "#f5f3ec", "text-halo-width": 2 },
      },
    ],
  };
}

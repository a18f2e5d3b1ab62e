// The map's drawing: kuseki's own vector tiles, calm enough that vehicles and ways stand out above them. No glyph server, no
// sprites, nothing from outside unless the area has switched to an online raster.

import type { ExpressionSpecification, FilterSpecification, StyleSpecification } from "maplibre-gl";
import type { MapDescription } from "../lib/types.ts";
import { iconName, ICON_KINDS } from "./mapicons.ts";

type Layer = StyleSpecification["layers"][number];

const FONT = ["Noto Sans CJK JP Regular"];
const GROUND = "#ebe8df";
const WATER = "#a9cfe3";
const HALO = "#f7f5ef";

/** Kinds, width in pixels at zoom 11, 14 and 17, fill and casing, from below. */
const ROADS: { id: string; kinds: string[]; width: [number, number, number]; fill: string; casing: string }[] = [
  { id: "service", kinds: ["service", "track", "living_street"], width: [0.3, 1.4, 6], fill: "#fdfcf9", casing: "#cbc4b3" },
  { id: "street", kinds: ["residential", "unclassified"], width: [0.7, 2.6, 10], fill: "#ffffff", casing: "#c2baa7" },
  { id: "tertiary", kinds: ["tertiary"], width: [1.2, 4.2, 14], fill: "#ffffff", casing: "#aba28d" },
  { id: "secondary", kinds: ["secondary"], width: [1.8, 5.6, 17], fill: "#fdf2cb", casing: "#b8a36c" },
  { id: "primary", kinds: ["primary"], width: [2.3, 7, 20], fill: "#fbe6b0", casing: "#b3934c" },
  { id: "trunk", kinds: ["trunk", "motorway"], width: [2.7, 8, 22], fill: "#f5d08c", casing: "#a67c36" },
];

const kindIn = (...kinds: string[]): ExpressionSpecification => ["in", ["get", "kind"], ["literal", kinds]];
const has = (key: string): ExpressionSpecification => ["==", ["get", key], true];
const all = (...parts: ExpressionSpecification[]): FilterSpecification => ["all", ...parts] as FilterSpecification;

/** A width that grows with the zoom; ramps are narrower than the road they lead to. */
function width([low, mid, high]: [number, number, number], extra = 0): ExpressionSpecification {
  const at = (pixels: number, more: number): ExpressionSpecification => ["+", ["case", has("ramp"), pixels * 0.6, pixels], more];
  return ["interpolate", ["exponential", 1.4], ["zoom"], 11, at(low, extra * 0.5), 14, at(mid, extra), 17, at(high, extra)];
}

/** All roads of one level: all casings first, then all fills, so that crossings run together. */
function roadLayers(level: "tunnel" | "ground" | "bridge"): Layer[] {
  const here: Record<typeof level, ExpressionSpecification> = {
    tunnel: has("tunnel"),
    ground: ["all", ["!", has("tunnel")], ["!", has("bridge")]],
    bridge: has("bridge"),
  };
  return (["casing", "fill"] as const).flatMap((part) =>
    ROADS.map(
      ({ id, kinds, width: wide, fill, casing }): Layer => ({
        id: `road-${level}-${part}-${id}`,
        type: "line",
        source: "town",
        "source-layer": "road",
        filter: all(kindIn(...kinds), here[level]),
        layout: { "line-cap": level === "ground" ? "round" : "butt", "line-join": "round" },
        paint: {
          "line-color": part === "fill" ? (level === "tunnel" ? "#f3f0e8" : fill) : level === "bridge" ? "#77705f" : casing,
          "line-width": width(wide, part === "fill" ? 0 : 1.6),
          ...(level === "tunnel" && part === "casing" ? { "line-dasharray": [2.5, 1.5] } : {}),
        },
      }),
    ),
  );
}

/** Metres to pixels double with every zoom level; at 14 a pixel is about 3.9 m at the latitude of Japan. */
const breadth: ExpressionSpecification = ["coalesce", ["get", "width_m"], 3];
const riverWidth: ExpressionSpecification = [
  "interpolate", ["exponential", 2], ["zoom"],
  10, ["max", 1, ["/", breadth, 62]],
  18, ["max", 3, ["*", breadth, 4.1]],
];

function railLayers(): Layer[] {
  const line = (id: string, filter: FilterSpecification, paint: object): Layer => ({ id, type: "line", source: "town", "source-layer": "rail", filter, paint });
  const heavy = all(kindIn("rail", "light_rail"), ["!", has("tunnel")]);
  return [
    line("rail-hidden", all(["any", kindIn("subway"), has("tunnel")]), { "line-color": "#8d8aa0", "line-width": 1.5, "line-dasharray": [3, 3] }),
    line("rail-siding", all(kindIn("siding", "tram"), ["!", has("tunnel")]), { "line-color": "#8f8f8f", "line-width": ["interpolate", ["linear"], ["zoom"], 13, 0.6, 17, 2] }),
    line("rail", heavy, { "line-color": "#6f6f6f", "line-width": ["interpolate", ["linear"], ["zoom"], 8, 1, 13, 2.2, 15.5, 2.4, 18, 5] }),
    line("rail-ties", heavy, { "line-color": "#ffffff", "line-width": ["interpolate", ["linear"], ["zoom"], 8, 0.4, 13, 1.1, 15.5, 1.2, 18, 3], "line-dasharray": [6, 6] }),
  ];
}

const landColour: ExpressionSpecification = [
  "match", ["get", "kind"],
  "wood", "#d3dfc8", "paddy", "#e5ebd4", "farmland", "#ebebd6", "grass", "#dfe8d0", "park", "#d0e3c5", "sand", "#f1ead2",
  "cemetery", "#dde2d6", "grounds", "#ece3da", "built_up", "#e6e1d6", GROUND,
];

function groundLayers(): Layer[] {
  const fill = (id: string, layer: string, paint: object, extra: object = {}): Layer => ({ id, type: "fill", source: "town", "source-layer": layer, paint, ...extra }) as Layer;
  const stroke = { "line-cap": "round", "line-join": "round" } as const;
  return [
    { id: "ground", type: "background", paint: { "background-color": GROUND } },
    fill("land", "land", { "fill-color": landColour, "fill-antialias": false }),
    fill("water", "water", { "fill-color": WATER }),
    { id: "waterway", type: "line", source: "town", "source-layer": "waterway", filter: all(["!", kindIn("coast")]), layout: stroke, paint: { "line-color": WATER, "line-width": riverWidth } },
    { id: "coast", type: "line", source: "town", "source-layer": "waterway", filter: all(kindIn("coast")), layout: stroke, paint: { "line-color": "#6f9fb8", "line-width": 1.2 } },
    fill("building", "building", { "fill-color": "#dcd5c6", "fill-outline-color": "#bdb4a1" }, { minzoom: 15 }),
    { id: "ferry", type: "line", source: "town", "source-layer": "road", filter: all(kindIn("ferry")), paint: { "line-color": "#4f86a8", "line-width": 1.5, "line-dasharray": [4, 4] } },
    { id: "path", type: "line", source: "town", "source-layer": "road", filter: all(kindIn("path")), minzoom: 15, paint: { "line-color": "#a89c84", "line-width": ["interpolate", ["linear"], ["zoom"], 15, 0.8, 18, 2], "line-dasharray": [3, 2] } },
    ...roadLayers("tunnel"),
    ...roadLayers("ground"),
    ...railLayers(),
    ...roadLayers("bridge"),
    {
      id: "oneway", type: "symbol", source: "town", "source-layer": "road", filter: all(has("oneway"), ["!", kindIn("path", "ferry")]), minzoom: 15.5,
      layout: { "symbol-placement": "line", "symbol-spacing": 140, "icon-image": "oneway", "icon-rotation-alignment": "map", "icon-padding": 4 },
    },
  ];
}

/** Names in the order of what may be left out first; the map keeps those it places first. */
function nameLayers(): Layer[] {
  const along = (id: string, layer: string, filter: FilterSpecification, colour: string, minzoom: number): Layer => ({
    id, type: "symbol", source: "town", "source-layer": layer, filter, minzoom,
    layout: { "symbol-placement": "line", "text-field": ["get", "name"], "text-font": FONT, "text-size": ["interpolate", ["linear"], ["zoom"], 13, 12, 17, 15], "symbol-spacing": 320, "text-max-angle": 35, "text-padding": 6 },
    paint: { "text-color": colour, "text-halo-color": HALO, "text-halo-width": 1.8 },
  });
  const lesser = kindIn("residential", "unclassified", "living_street", "service", "path", "track");
  const place = (id: string, kinds: string[], sizes: [number, number], colour: string, spacing = 0): Layer => ({
    id, type: "symbol", source: "town", "source-layer": "place", filter: all(kindIn(...kinds)),
    layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": ["interpolate", ["linear"], ["zoom"], 10, sizes[0], 16, sizes[1]], "text-letter-spacing": spacing, "text-padding": 8, "text-max-width": 8, "symbol-sort-key": ["get", "rank"] },
    paint: { "text-color": colour, "text-halo-color": HALO, "text-halo-width": 2 },
  });
  return [
    along("name-lesser", "road", all(["!=", ["coalesce", ["get", "name"], ""], ""], lesser), "#5b5446", 15),
    along("name-river", "waterway", all(["!=", ["coalesce", ["get", "name"], ""], ""]), "#2c6280", 12),
    along("name-road", "road", all(["!=", ["coalesce", ["get", "name"], ""], ""], ["!", lesser]), "#4b4539", 12),
    {
      id: "number", type: "symbol", source: "town", "source-layer": "road", filter: all(["!=", ["coalesce", ["get", "ref"], ""], ""], kindIn("motorway", "trunk", "primary", "secondary")), minzoom: 11,
      layout: { "symbol-placement": "line", "symbol-spacing": 420, "icon-image": "shield", "icon-text-fit": "both", "icon-text-fit-padding": [1, 4, 1, 4], "icon-rotation-alignment": "viewport", "text-rotation-alignment": "viewport", "text-field": ["get", "ref"], "text-font": FONT, "text-size": 12, "text-padding": 20 },
      paint: { "text-color": "#274e8c" },
    },
    {
      id: "name-water", type: "symbol", source: "town", "source-layer": "water", filter: all(["!=", ["coalesce", ["get", "name"], ""], ""]), minzoom: 12,
      layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": 13, "text-max-width": 7, "text-padding": 10 },
      paint: { "text-color": "#2c6280", "text-halo-color": "#d5e8f1", "text-halo-width": 1.5 },
    },
    {
      id: "poi", type: "symbol", source: "town", "source-layer": "poi", filter: all(["!", kindIn("station")]),
      layout: { "icon-image": ["match", ["get", "kind"], ...ICON_KINDS.flatMap((kind) => [kind, iconName(kind)]), ""] as unknown as ExpressionSpecification, "text-field": ["get", "name"], "text-font": FONT, "text-size": 13, "text-anchor": "top", "text-offset": [0, 0.8], "text-optional": true, "text-max-width": 8, "symbol-sort-key": ["get", "rank"], "text-padding": 4 },
      paint: { "text-color": "#51483a", "text-halo-color": HALO, "text-halo-width": 1.8 },
    },
    place("place-small", ["hamlet", "neighbourhood", "quarter"], [12, 15], "#5a5345"),
    place("place-middle", ["suburb", "village"], [13, 17], "#463f33", 0.05),
    {
      id: "station", type: "symbol", source: "town", "source-layer": "poi", filter: all(kindIn("station")),
      layout: { "icon-image": iconName("station"), "text-field": ["get", "name"], "text-font": FONT, "text-size": ["interpolate", ["linear"], ["zoom"], 11, 12, 15, 15], "text-anchor": "top", "text-offset": [0, 0.8], "text-optional": true, "text-padding": 4 },
      paint: { "text-color": "#2f2f45", "text-halo-color": HALO, "text-halo-width": 2 },
    },
    place("place-large", ["town", "city"], [14, 20], "#37322a", 0.08),
  ];
}

/** Where the online raster is shown, these are not: it brings its own. */
export const NAME_LAYERS = nameLayers().map((layer) => layer.id);
export const RASTER = "raster";

export function townStyle(map: MapDescription): StyleSpecification {
  const path = (id: string, paint: object): Layer => ({ id, type: "line", source: "path", layout: { "line-cap": "round", "line-join": "round" }, paint });
  const raster = map.raster;
  const names = nameLayers().map((layer): Layer => ({ ...layer, layout: { ...layer.layout, visibility: raster ? "none" : "visible" } }) as Layer);
  return {
    version: 8,
    sources: {
      // Tiles are fetched by a worker, which knows no address of its own.
      town: { type: "vector", tiles: map.tiles.map((tile) => (tile.startsWith("/") ? location.origin + tile : tile)), minzoom: map.minzoom, maxzoom: map.maxzoom, bounds: map.bounds },
      ...(raster ? { [RASTER]: { type: "raster" as const, tiles: raster.tiles, tileSize: 256, minzoom: raster.minzoom, maxzoom: raster.maxzoom } } : {}),
      path: { type: "geojson", data: { type: "FeatureCollection", features: [] } },
    },
    layers: [
      ...groundLayers(),
      ...(raster ? [{ id: RASTER, type: "raster" as const, source: RASTER, paint: { "raster-saturation": -0.25, "raster-fade-duration": 0 } }] : []),
      // The way of a vehicle covers the streets but not their names, which say where it leads.
      path("path-casing", { "line-color": "#ffffff", "line-width": 10, "line-opacity": ["get", "opacity"] }),
      path("path-line", { "line-color": ["get", "colour"], "line-width": 6, "line-opacity": ["get", "opacity"] }),
      ...names,
    ],
  };
}

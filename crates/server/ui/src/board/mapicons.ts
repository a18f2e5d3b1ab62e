// The map's few signs, drawn on the spot: a square with the letter a Japanese map would use, an arrow, a frame for numbers.

import type { Map as TownMapView } from "maplibre-gl";
import type { Lang } from "../lib/types.ts";

const LETTERS: Record<string, { ja: string; en: string; colour: string }> = {
  station: { ja: "駅", en: "T", colour: "#3d3d5c" },
  hospital: { ja: "病", en: "H", colour: "#a32e2a" },
  clinic: { ja: "医", en: "C", colour: "#a8514d" },
  town_hall: { ja: "役", en: "G", colour: "#4c4a6b" },
  school: { ja: "文", en: "S", colour: "#6b5a3a" },
  supermarket: { ja: "店", en: "M", colour: "#8a5a10" },
  day_service: { ja: "福", en: "D", colour: "#2c6b55" },
  community_centre: { ja: "公", en: "L", colour: "#4c4a6b" },
  post_office: { ja: "〒", en: "P", colour: "#8f3a2f" },
  landmark: { ja: "◆", en: "◆", colour: "#5b6b3a" },
};
export const ICON_KINDS = Object.keys(LETTERS);
export const iconName = (kind: string) => `sign-${kind}`;

const RATIO = 2;
const SIDE = 19;

function draw(side: number, high: number, paint: (context: CanvasRenderingContext2D) => void): ImageData | null {
  const canvas = document.createElement("canvas");
  canvas.width = side * RATIO;
  canvas.height = high * RATIO;
  const context = canvas.getContext("2d");
  if (!context) return null;
  context.scale(RATIO, RATIO);
  paint(context);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

function sign(letter: string, colour: string): ImageData | null {
  return draw(SIDE, SIDE, (context) => {
    context.fillStyle = colour;
    context.strokeStyle = "#ffffff";
    context.lineWidth = 1.5;
    context.beginPath();
    context.roundRect(1, 1, SIDE - 2, SIDE - 2, 4);
    context.fill();
    context.stroke();
    context.fillStyle = "#ffffff";
    context.font = "600 12px 'Noto Sans JP', 'Noto Sans CJK JP', 'Hiragino Sans', Meiryo, sans-serif";
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(letter, SIDE / 2, SIDE / 2 + 0.5);
  });
}

/** Puts all signs on the map, or changes their letters to another language's. */
export function putIcons(view: TownMapView, lang: Lang): void {
  const put = (name: string, image: ImageData | null, options: object = {}) => {
    if (!image) return;
    if (view.hasImage(name)) view.updateImage(name, image);
    else view.addImage(name, image, { pixelRatio: RATIO, ...options });
  };
  for (const [kind, { colour, ...letters }] of Object.entries(LETTERS)) put(iconName(kind), sign(letters[lang], colour));
  put(
    "oneway",
    draw(16, 10, (context) => {
      context.strokeStyle = "#6d6553";
      context.lineWidth = 1.6;
      context.lineCap = "round";
      context.lineJoin = "round";
      context.beginPath();
      context.moveTo(1.5, 5);
      context.lineTo(14, 5);
      context.moveTo(10, 2);
      context.lineTo(14, 5);
      context.lineTo(10, 8);
      context.stroke();
    }),
  );
  put(
    "shield",
    draw(16, 14, (context) => {
      context.fillStyle = "#ffffff";
      context.strokeStyle = "#4f73ab";
      context.lineWidth = 1.2;
      context.beginPath();
      context.roundRect(1, 1, 14, 12, 3);
      context.fill();
      context.stroke();
    }),
    { stretchX: [[10, 22]], stretchY: [[10, 18]], content: [6, 4, 26, 24] },
  );
}

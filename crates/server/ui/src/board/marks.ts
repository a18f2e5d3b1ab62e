// The map's marks as HTML elements: they can be reached by keyboard, read aloud, and moved without redrawing the map.

import type { Map as TownMapView, Marker } from "maplibre-gl";
import type { Glide } from "../lib/glide.ts";
import type { Facility, Position, Vehicle, Visit } from "../lib/types.ts";
import { shortName } from "./store.svelte.ts";

type Library = typeof import("maplibre-gl");
type VehicleMark = { vehicle: Vehicle; colour: string; chosen: boolean; label: string; title: string };
type FacilityMark = { facility: Facility; colour: string };
type PointMark = { id: string; at: Position; kind: "pickup" | "dropoff"; text: string; chosen: boolean; request: string; title: string };
type Held = { marker: Marker; element: HTMLElement; parked: boolean; chosen: boolean; tagWidth: number; offset: [number, number] };
type Box = { left: number; top: number; right: number; bottom: number };

const SIDES = ["right", "left", "above", "below"] as const;
type Side = (typeof SIDES)[number];

/** Parked vehicles of one yard stand in a row below its sign, in pixels. */
const YARD_STEP = 30;
const YARD_BELOW = 22;
/** Rounds a position to about 50 m: vehicles in one yard share it. */
const yardOf = (at: Position) => `${Math.round(at[0] * 2000)}:${Math.round(at[1] * 2000)}`;

export class Marks {
  private readonly library: Library;
  private readonly view: TownMapView;
  private readonly onVehicle: (id: string) => void;
  private readonly onRequest: (id: string) => void;
  private readonly heldVehicles = new Map<string, Held>();
  private readonly heldFacilities = new Map<string, Held>();
  private readonly heldPoints = new Map<string, Held>();

  constructor(library: Library, view: TownMapView, onVehicle: (id: string) => void, onRequest: (id: string) => void) {
    this.library = library;
    this.view = view;
    this.onVehicle = onVehicle;
    this.onRequest = onRequest;
  }

  vehicles(marks: VehicleMark[]): void {
    this.drop(this.heldVehicles, new Set(marks.filter((mark) => mark.vehicle.position).map((mark) => mark.vehicle.id)));
    const yards = new Map<string, VehicleMark[]>();
    for (const mark of marks) {
      const { vehicle } = mark;
      if (!vehicle.position) continue;
      if (vehicle.state === "parked") {
        const yard = yardOf(vehicle.position);
        yards.set(yard, [...(yards.get(yard) ?? []), mark]);
      }
      const held = this.heldVehicles.get(vehicle.id) ?? this.addVehicle(vehicle);
      held.parked = vehicle.state === "parked";
      held.chosen = mark.chosen;
      held.element.style.setProperty("--colour", mark.colour);
      held.element.classList.toggle("parked", held.parked);
      held.element.classList.toggle("chosen", mark.chosen);
      held.element.setAttribute("aria-label", mark.title);
      held.element.setAttribute("aria-pressed", String(mark.chosen));
      const tag = held.element.querySelector<HTMLElement>(".tag");
      if (tag && write(tag, mark.label)) held.tagWidth = widthOf(mark.label);
      if (!held.parked) this.shift(held, [0, 0]);
    }
    for (const yard of yards.values()) {
      yard.forEach((mark, index) => {
        const held = this.heldVehicles.get(mark.vehicle.id);
        if (held) this.shift(held, [(index - (yard.length - 1) / 2) * YARD_STEP, YARD_BELOW]);
      });
    }
  }

  facilities(marks: FacilityMark[]): void {
    this.drop(this.heldFacilities, new Set(marks.map((mark) => mark.facility.id)));
    for (const { facility, colour } of marks) {
      let held = this.heldFacilities.get(facility.id);
      if (!held) {
        const element = this.element("div", "facility");
        element.setAttribute("role", "img");
        held = this.hold(this.heldFacilities, facility.id, element, facility.at);
      }
      held.element.setAttribute("aria-label", facility.name);
      held.element.style.setProperty("--colour", colour);
      if (write(held.element, facility.name)) held.tagWidth = widthOf(facility.name) + 4;
      held.marker.setLngLat(facility.at);
    }
  }

  points(marks: PointMark[]): void {
    this.drop(this.heldPoints, new Set(marks.map((mark) => mark.id)));
    for (const mark of marks) {
      let held = this.heldPoints.get(mark.id);
      if (!held) {
        const element = this.element("button", "mark point");
        element.addEventListener("click", (event) => {
          event.stopPropagation();
          this.onRequest(mark.request);
        });
        held = this.hold(this.heldPoints, mark.id, element, mark.at);
      }
      held.element.classList.toggle("dropoff", mark.kind === "dropoff");
      held.element.classList.toggle("chosen", mark.chosen);
      held.element.setAttribute("aria-label", mark.title);
      write(held.element, mark.text);
      held.marker.setLngLat(mark.at);
    }
  }

  /**
   * Puts every name tag on a side where it covers neither a sign nor another tag; without room it is left out and the
   * vehicle's number must do. The chosen vehicle comes first, and a tag stays where it is as long as that is free.
   */
  arrangeTags(): void {
    const taken: Box[] = [];
    const { clientWidth, clientHeight } = this.view.getContainer();
    const frame: Box = { left: 0, top: 0, right: clientWidth, bottom: clientHeight };
    for (const held of this.heldFacilities.values()) taken.push(this.boxOf(held, held.tagWidth, "sign"));
    const vehicles = [...this.heldVehicles.values()].sort((a, b) => Number(b.chosen) - Number(a.chosen));
    for (const held of vehicles) taken.push(this.boxOf(held, 0, "body"));
    for (const held of vehicles) {
      if (held.parked && !held.chosen) continue;
      const own = this.boxOf(held, 0, "body");
      const present = held.element.dataset.side as Side | undefined;
      const sides = present ? [present, ...SIDES.filter((side) => side !== present)] : SIDES;
      const free = sides.find((side) => {
        const box = this.boxOf(held, held.tagWidth, side);
        return inside(box, frame) && !taken.some((other) => overlaps(box, other) && !same(other, own));
      });
      const side = free ?? (held.chosen ? "right" : undefined);
      if (side) {
        held.element.dataset.side = side;
        taken.push(this.boxOf(held, held.tagWidth, side));
      } else delete held.element.dataset.side;
    }
  }

  /** Where a mark's body, sign or tag is drawn, in pixels of the map. */
  private boxOf(held: Held, width: number, part: Side | "body" | "sign"): Box {
    const at = this.view.project(held.marker.getLngLat());
    const x = at.x + held.offset[0];
    const y = at.y + held.offset[1];
    if (part === "body") return { left: x - 17, top: y - 17, right: x + 17, bottom: y + 17 };
    if (part === "sign") return { left: x - width / 2, top: y - 38, right: x + width / 2, bottom: y - 6 };
    if (part === "right" || part === "left") {
      const left = part === "right" ? x + 24 : x - 24 - width;
      return { left, top: y - 14, right: left + width, bottom: y + 14 };
    }
    const top = part === "above" ? y - 48 : y + 22;
    return { left: x - width / 2, top, right: x + width / 2, bottom: top + 28 };
  }

  /** Sets every vehicle where its glide is at this moment. */
  move(glides: Map<string, Glide>, realMs: number): void {
    for (const [id, held] of this.heldVehicles) {
      const place = glides.get(id)?.place(realMs);
      if (!place) continue;
      held.marker.setLngLat(place.at);
      const nose = held.element.querySelector<SVGElement>(".nose");
      if (!nose) continue;
      nose.style.visibility = place.heading === null ? "hidden" : "visible";
      if (place.heading !== null) nose.style.transform = `rotate(${Math.round(place.heading)}deg)`;
    }
  }

  clear(): void {
    for (const held of [this.heldVehicles, this.heldFacilities, this.heldPoints]) this.drop(held, new Set());
  }

  private addVehicle(vehicle: Vehicle): Held {
    const element = this.element("button", "mark vehicle");
    element.dataset.vehicle = vehicle.id;
    element.innerHTML =
      '<svg class="nose" viewBox="-20 -20 40 40" aria-hidden="true"><path d="M-7 -15 L0 -26 L7 -15 Z"/></svg><span class="body"></span><span class="tag"></span>';
    (element.querySelector(".nose") as SVGElement).style.overflow = "visible";
    write(element.querySelector(".body"), shortName(vehicle));
    element.addEventListener("click", (event) => {
      event.stopPropagation();
      this.onVehicle(vehicle.id);
    });
    return this.hold(this.heldVehicles, vehicle.id, element, vehicle.position as Position);
  }

  private shift(held: Held, offset: [number, number]): void {
    if (held.offset[0] === offset[0] && held.offset[1] === offset[1]) return;
    held.offset = offset;
    held.marker.setOffset(offset);
  }

  private hold(shelf: Map<string, Held>, id: string, element: HTMLElement, at: Position): Held {
    const marker = new this.library.Marker({ element, anchor: "center" }).setLngLat(at).addTo(this.view);
    const held: Held = { marker, element, parked: false, chosen: false, tagWidth: 0, offset: [0, 0] };
    shelf.set(id, held);
    return held;
  }

  private element(tag: "button" | "div", classes: string): HTMLElement {
    const element = document.createElement(tag);
    element.className = classes;
    if (element instanceof HTMLButtonElement) element.type = "button";
    return element;
  }

  private drop(shelf: Map<string, Held>, kept: Set<string>): void {
    for (const [id, held] of shelf) {
      if (kept.has(id)) continue;
      held.marker.remove();
      shelf.delete(id);
    }
  }
}

function overlaps(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

function inside(a: Box, frame: Box): boolean {
  return a.left >= frame.left && a.right <= frame.right && a.top >= frame.top && a.bottom <= frame.bottom;
}

function same(a: Box, b: Box): boolean {
  return a.left === b.left && a.top === b.top;
}

/** Width of a tag in pixels: 16 px for a full-width letter, 9 for a half-width one, and its frame. */
function widthOf(text: string): number {
  return 20 + [...text].reduce((sum, letter) => sum + (letter.charCodeAt(0) > 0xff ? 16 : 9), 0);
}

/** True when the text was another one before. */
function write(element: Element | null, text: string): boolean {
  if (!element || element.textContent === text) return false;
  element.textContent = text;
  return true;
}

/** Visits that follow each other at one place for one purpose share a mark: `2-4`. */
export function groupVisits(visits: Visit[]): { first: Visit; visits: Visit[]; text: string }[] {
  const groups: { first: Visit; visits: Visit[]; from: number }[] = [];
  visits.forEach((visit, index) => {
    const last = groups.at(-1);
    if (last && last.first.kind === visit.kind && last.first.place.at && visit.place.at && yardOf(last.first.place.at) === yardOf(visit.place.at)) last.visits.push(visit);
    else groups.push({ first: visit, visits: [visit], from: index + 1 });
  });
  return groups.map(({ first, visits: there, from }) => ({ first, visits: there, text: there.length > 1 ? `${from}-${from + there.length - 1}` : String(from) }));
}

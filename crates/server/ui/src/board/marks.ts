// The map's marks as HTML elements: they can be reached by keyboard, read aloud, and moved without redrawing the map.

import type { Map as TownMapView, Marker } from "maplibre-gl";
import type { Glide } from "../lib/glide.ts";
import type { Facility, Position, Vehicle } from "../lib/types.ts";
import { shortName } from "./store.svelte.ts";

type Library = typeof import("maplibre-gl");
type VehicleMark = { vehicle: Vehicle; colour: string; chosen: boolean; label: string; title: string };
type FacilityMark = { facility: Facility; colour: string };
type PointMark = { id: string; at: Position; kind: "pickup" | "dropoff"; text: string; chosen: boolean; request: string; title: string };
type Held = { marker: Marker; element: HTMLElement; parked: boolean };

/** Parked vehicles of one yard stand in a row below its sign, in pixels. */
const YARD_STEP = 30;
const YARD_BELOW = 34;
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
      held.element.style.setProperty("--colour", mark.colour);
      held.element.classList.toggle("parked", held.parked);
      held.element.classList.toggle("chosen", mark.chosen);
      held.element.setAttribute("aria-label", mark.title);
      held.element.setAttribute("aria-pressed", String(mark.chosen));
      write(held.element.querySelector(".tag"), mark.label);
      if (!held.parked) held.marker.setOffset([0, 0]);
    }
    for (const yard of yards.values()) {
      yard.forEach((mark, index) => {
        this.heldVehicles.get(mark.vehicle.id)?.marker.setOffset([(index - (yard.length - 1) / 2) * YARD_STEP, YARD_BELOW]);
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
      write(held.element, facility.name);
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
    // The anchor is the middle of the round body, not of body and tag together.
    return this.hold(this.heldVehicles, vehicle.id, element, vehicle.position as Position, true);
  }

  private hold(shelf: Map<string, Held>, id: string, element: HTMLElement, at: Position, bodyOnly = false): Held {
    const marker = new this.library.Marker({ element, anchor: bodyOnly ? "left" : "center" }).setLngLat(at).addTo(this.view);
    if (bodyOnly) element.style.marginLeft = "-17px";
    const held = { marker, element, parked: false };
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

function write(element: Element | null, text: string): void {
  if (element && element.textContent !== text) element.textContent = text;
}

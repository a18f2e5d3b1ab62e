// Sentences and names that several pages put together from the same parts.

import { locale, number, t, word } from "./i18n.svelte.ts";
import { hourMinute, spokenTime } from "./time.ts";
import type { Person, RideRequest, Run, Visit } from "./types.ts";

/** The name with the polite ending where the language has one. */
export function polite(name: string): string {
  if (!name) return t("person.hidden");
  return t("person.polite", { name });
}

export function runName(run: Run): string {
  return t(run.direction === "pickup_run" ? "run.pickup" : "run.dropoff", { number: run.number });
}

export function windowText(window: [string, string]): string {
  return t("time.window", { from: hourMinute(window[0]), to: hourMinute(window[1]) });
}

export function lateText(minutes: number): string {
  return t("late.minutes", { minutes });
}

export function visitKind(visit: Pick<Visit, "kind">): string {
  return t(visit.kind === "pickup" ? "visit.pickup" : "visit.dropoff");
}

export function placeName(place: { label: string; category: string }): string {
  if (!place.label) return t("place.hidden");
  return place.category === "home" ? t("place.home") : place.label;
}

export function kilometres(metres: number): string {
  return t("unit.km", { value: number(metres / 1000, 1) });
}

/** What the person at the desk reads to the caller once the ride is booked. */
export function readBack(request: RideRequest): string {
  if (!request.promise) return "";
  const say = (time: string) => spokenTime(time, locale.lang);
  return t("form.read_back", {
    name: polite(request.rider.name),
    from: say(request.promise.pickup[0]),
    to: say(request.promise.pickup[1]),
    vehicle: request.vehicle_name ?? t("vehicle.unnamed"),
    place: placeName(request.from),
    goal: placeName(request.to),
    latest: say(request.promise.dropoff_latest),
  });
}

export function wishText(wish: RideRequest["wish"]): string {
  return t(wish.kind === "leave_at" ? "wish.leave_at_time" : "wish.arrive_by_time", { time: hourMinute(wish.at) });
}

export function purposeName(purpose: string | null): string {
  return purpose === null ? word("purpose", "none") : word("purpose", purpose);
}

export function readingOf(person: Pick<Person, "furigana">): string {
  return t("person.reading", { furigana: person.furigana });
}

/** What the policy forbids does not come free, however long one waits. */
const BY_POLICY = ["class_not_allowed", "outside_guest_hours", "too_many_people"];

/** Whether a refused wish can go on the waiting list. */
export function mayWait(request: RideRequest): boolean {
  return request.state === "refused" && !["pickup_run", "dropoff_run"].includes(request.wish.kind) && !(request.refusal?.reasons ?? []).some((reason) => BY_POLICY.includes(reason.code));
}

// Calls to /api/v1. A fault of any kind comes out as ApiFault, which holds the server's problem document when there is one.

import type { Lang, Problem } from "./types.ts";

export class ApiFault extends Error {
  /** Status 0 means that no answer came at all. */
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.detail ?? problem.title ?? `HTTP ${problem.status}`);
    this.problem = problem;
  }
  /** True when the same call may well succeed later without any change. */
  get passing(): boolean {
    return this.problem.status === 0 || this.problem.status === 429 || this.problem.status >= 500;
  }
}

/** The server's sentence in the page's language, or null when it sent none. */
export function problemText(problem: Problem, lang: Lang): string | null {
  return (lang === "ja" ? (problem.detail_ja ?? problem.detail) : problem.detail) ?? problem.title ?? null;
}

/** The sentences that belong to one field of a form; `field` also matches its parts (`wish` matches `wish.at`). */
export function fieldErrors(problem: Problem | null, field: string, lang: Lang): string[] {
  return (problem?.errors ?? [])
    .filter((error) => error.field === field || error.field.startsWith(`${field}.`))
    .map((error) => (lang === "ja" ? (error.detail_ja ?? error.detail) : error.detail));
}

/** A fresh idempotency key: one per action of a person, the same on every retry of that action. */
export function newKey(): string {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  // Plain HTTP on a local network is no secure context and has no randomUUID.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

type Call = { method?: "GET" | "POST" | "PUT" | "DELETE"; body?: unknown; key?: string; signal?: AbortSignal; timeoutMs?: number };

/** Asks to sign in, and to come back here. Pages hold nothing of a person, so nothing is lost by leaving. */
export function askToSignIn(): void {
  if (typeof location === "undefined" || location.pathname === "/sign-in") return;
  location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
}

async function problemOf(response: Response): Promise<Problem> {
  const problem = await documentOf(response);
  if (problem.code === "not_signed_in") askToSignIn();
  const wait = Number(response.headers.get("retry-after"));
  return wait > 0 ? { ...problem, retry_after: wait } : problem;
}

async function documentOf(response: Response): Promise<Problem> {
  const type = response.headers.get("content-type") ?? "";
  if (type.includes("json")) {
    try {
      return { ...((await response.json()) as Problem), status: response.status };
    } catch {
      // A body cut short tells nothing more than the status does.
    }
  }
  return { status: response.status };
}

export async function call<T>(path: string, options: Call = {}): Promise<T> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (options.body !== undefined) headers["content-type"] = "application/json";
  if (options.key) headers["idempotency-key"] = options.key;
  const limit = AbortSignal.timeout(options.timeoutMs ?? 15_000);
  let response: Response;
  try {
    response = await fetch(`/api/v1${path}`, {
      method: options.method ?? "GET",
      headers,
      signal: options.signal ? AbortSignal.any([options.signal, limit]) : limit,
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    });
  } catch (cause) {
    if (options.signal?.aborted) throw cause;
    throw new ApiFault({ status: 0 });
  }
  if (!response.ok) throw new ApiFault(await problemOf(response));
  if (response.status === 204) return undefined as T;
  try {
    return (await response.json()) as T;
  } catch {
    throw new ApiFault({ status: 0 });
  }
}

/** All rows of a list, page by page. */
export async function listAll<T>(path: string, field: string): Promise<T[]> {
  const rows: T[] = [];
  let next: string | null = path;
  while (next !== null) {
    const page: Record<string, unknown> = await call<Record<string, unknown>>(next);
    rows.push(...((page[field] ?? []) as T[]));
    // The server gives the whole address, this one takes what is behind the version.
    next = typeof page.next === "string" ? page.next.replace(/^\/api\/v1/, "") : null;
  }
  return rows;
}

/** Sends a file as it is; a long list takes its time. */
export async function upload<T>(path: string, file: Blob, key: string, timeoutMs = 300_000): Promise<T> {
  let response: Response;
  try {
    response = await fetch(`/api/v1${path}`, {
      method: "POST",
      headers: { accept: "application/json", "content-type": "text/csv", "idempotency-key": key },
      signal: AbortSignal.timeout(timeoutMs),
      body: file,
    });
  } catch {
    throw new ApiFault({ status: 0 });
  }
  if (!response.ok) throw new ApiFault(await problemOf(response));
  return (await response.json()) as T;
}

/** Calls until an answer comes, at most `times` attempts, with the same idempotency key each time. */
export async function insist<T>(path: string, options: Call & { key: string }, times = 3): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call<T>(path, options);
    } catch (fault) {
      if (!(fault instanceof ApiFault) || !fault.passing || attempt >= times) throw fault;
      await new Promise((done) => setTimeout(done, 400 * 2 ** attempt));
    }
  }
}

/** Number of the feed's last message, from which a page without the board's picture begins to listen. */
export async function presentNumber(): Promise<number> {
  // The health page names it and holds nobody's data.
  const answer = await fetch("/health", { headers: { accept: "application/json" } });
  return ((await answer.json()) as { log_version: number }).log_version;
}

// One list of the page of accounts: loaded, changed, loaded again; what went wrong is kept for the eye.

import { ApiFault, call, newKey } from "../lib/api.ts";

export class Kept<Item> {
  items: Item[] = $state.raw([]);
  fault: ApiFault | null = $state.raw(null);
  busy = $state(false);
  private readonly path: string;
  private readonly field: string;

  /** `field` is the name of the list in the answer to `path`. */
  constructor(path: string, field: string) {
    this.path = path;
    this.field = field;
  }

  load(): Promise<void> {
    return this.act(async () => undefined).then(() => undefined);
  }

  /** Does one thing and shows the list as it stands then; nothing where it went wrong. */
  async act<T>(work: () => Promise<T>): Promise<T | undefined> {
    this.busy = true;
    this.fault = null;
    try {
      const done = await work();
      this.items = (await call<Record<string, Item[]>>(this.path))[this.field] ?? [];
      return done;
    } catch (cause) {
      this.fault = cause instanceof ApiFault ? cause : new ApiFault({ status: 0 });
      return undefined;
    } finally {
      this.busy = false;
    }
  }

  add<T>(body: unknown): Promise<T | undefined> {
    return this.act(() => call<T>(this.path, { method: "POST", body, key: newKey() }));
  }

  remove(id: string): Promise<undefined> {
    return this.act(() => call<undefined>(`${this.path}/${id}`, { method: "DELETE" }));
  }
}

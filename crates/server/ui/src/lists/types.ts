// What the import and export of lists answer.

export const KINDS = ["places", "facilities", "vehicles", "drivers", "riders", "memberships", "not_with"] as const;
export type Kind = (typeof KINDS)[number];

export type Flaw = { row: number; column: string; code: string; found: string; detail: string; detail_ja: string };

export type Report = {
  kind: Kind;
  dry_run: boolean;
  encoding: string;
  separator: string;
  columns: { header: string; column: string | null; column_ja: string | null }[];
  available: { column: string; column_ja: string; required: boolean }[];
  rows: number;
  added: number;
  changed: number;
  unchanged: number;
  faulty: number;
  flaws: Flaw[];
  changes: { row: number; what: string; name: string; columns: string[] }[];
  faulty_csv?: string;
};

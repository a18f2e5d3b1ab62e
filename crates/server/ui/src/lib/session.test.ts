import { describe, expect, it } from "vitest";
import { homeOf, keepsAccounts, nextPage, type Session } from "./session.ts";

describe("signing in", () => {
  it("leads to the page that was asked for, and never to another site", () => {
    expect(nextPage("?next=%2Fday", "operator")).toBe("/day");
    for (const lure of ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", ""]) {
      expect(nextPage(`?next=${encodeURIComponent(lure)}`, "municipality")).toBe("/town");
    }
  });

  it("leads everybody to the own page", () => {
    expect([homeOf("driver"), homeOf("municipality"), homeOf("operator"), homeOf(null)]).toEqual(["/driver", "/town", "/", "/"]);
  });

  it("shows the accounts to whoever keeps some", () => {
    const session: Session = { open: true, id: null, name: null, role: null, of: [], whole_area: true, ends_at: null, trial: [] };
    expect(keepsAccounts(session)).toBe(true);
    expect(keepsAccounts({ ...session, role: "driver" })).toBe(false);
    expect(keepsAccounts({ ...session, open: false, role: "auditor" })).toBe(true);
  });
});

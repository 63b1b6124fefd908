import { expect, test } from "vitest";
import { byConcern, type ContractToday, part, used } from "./books";

const today = (contract: string, more: Partial<ContractToday> = {}): ContractToday => ({
  contract,
  client: "Velour Group",
  party: "Lusora",
  tier: 1,
  day: "2026-11-23",
  zone: "Europe/Lisbon",
  accepted: 0,
  reserved: 0,
  cap: null,
  minimum: null,
  currency: "EUR",
  spent: 0,
  budget: null,
  against: null,
  share: null,
  ...more,
});

test("a bar is as long as the part of the whole, and full where nothing is allowed", () => {
  expect([part(3, 4), part(9, 4), part(0, 0), part(null, 4), part(3, null)]).toEqual([0.75, 1, 1, 0, 0]);
});

test("the tighter of two limits counts", () => {
  expect(used(today("a", { accepted: 10, cap: 100, spent: 90, budget: 100 }))).toBe(0.9);
});

test("whoever takes nothing more comes first, then whoever is nearest to a limit", () => {
  const contracts = [today("calm"), today("near", { accepted: 9, cap: 10 }), today("full", { accepted: 5, cap: 5, against: "cap_reached" }), today("also-calm")];
  expect(byConcern(contracts, "en").map((one) => one.contract)).toEqual(["full", "near", "also-calm", "calm"]);
});

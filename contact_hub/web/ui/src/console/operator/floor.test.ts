import { describe, expect, test } from "vitest";
import { counts, type FloorAgent, queuesOf, secondsSince, sorted, stateOf } from "./floor";

const agent = (name: string, more: Partial<FloorAgent> = {}): FloorAgent => ({
  agent: name,
  name,
  pool: "lisbon",
  availability: "ready",
  reason: null,
  since: "2026-11-21T10:00:00Z",
  connected: true,
  seats: 3,
  seats_used: 0,
  conversations: [],
  ...more,
});

describe("what the floor sees of an agent", () => {
  test("engaged follows from seats in use", () => {
    expect(stateOf(agent("A"))).toBe("ready");
    expect(stateOf(agent("A", { seats_used: 1 }))).toBe("engaged");
  });

  test("away while engaged is away: nothing new will come", () => {
    expect(stateOf(agent("A", { seats_used: 1, availability: "away" }))).toBe("away");
  });

  test("a line that is gone is a loss only where somebody should be there", () => {
    expect(stateOf(agent("A", { connected: false }))).toBe("lost");
    expect(stateOf(agent("A", { connected: false, availability: "offline" }))).toBe("offline");
    expect(stateOf(agent("A", { connected: false, availability: "offline", seats_used: 1 }))).toBe("lost");
  });
});

test("every agent is counted once", () => {
  const found = counts([agent("A"), agent("B", { seats_used: 2 }), agent("C", { availability: "offline", connected: false })]);
  expect(Object.values(found).reduce((sum, one) => sum + one)).toBe(3);
  expect(found).toMatchObject({ ready: 1, engaged: 1, offline: 1 });
});

test("trouble stands first, then whoever has been in a state longest", () => {
  const agents = [
    agent("Ready late", { since: "2026-11-21T11:00:00Z" }),
    agent("Ready long"),
    agent("Lost", { connected: false }),
    agent("Busy", { seats_used: 1 }),
  ];
  expect(sorted(agents, "state", "en").map((one) => one.name)).toEqual(["Lost", "Busy", "Ready long", "Ready late"]);
});

test("a brand for which nobody waits is shown too", () => {
  const brands = ["Noor", "Velour"].map((name) => ({ id: name.toLowerCase(), name, colour: "#123456" }));
  const queues = queuesOf({ brands, queues: [{ brand: "velour", waiting: 2, oldest_since: "2026-11-21T10:00:00Z" }] }, "en");
  expect(queues.map(({ name, waiting }) => [name, waiting])).toEqual([["Velour", 2], ["Noor", 0]]);
});

test("time in state goes by the server's clock and is never negative", () => {
  const now = Date.parse("2026-11-21T10:01:05Z");
  expect(secondsSince("2026-11-21T10:00:00Z", now)).toBe(65);
  expect(secondsSince("2026-11-21T10:02:00Z", now)).toBe(0);
  expect(secondsSince(null, now)).toBe(0);
});

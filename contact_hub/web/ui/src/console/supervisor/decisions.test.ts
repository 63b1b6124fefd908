import { describe, expect, test } from "vitest";
import { Texts } from "$shared/i18n";
import { type Entry, readJournal, tellDecision, tellEvent } from "./decisions";

const TEXTS = new Texts({
  tag: "en",
  dir: "ltr",
  texts: {
    "quality.screen.decision.offered": "Offered to {agent} ({pool}).",
    "quality.screen.decision.queued": "Queued.",
    "quality.screen.decision.queued_closed": "Queued until {opening}.",
    "quality.screen.decision.queued_no_opening": "Queued, no opening known.",
    "quality.screen.decision.withdrawn": "The offer to {agent} ended. {because}",
    "quality.screen.event.transferred_agent": "{by} handed it to {agent}.",
    "quality.screen.event.transferred_pool": "{by} handed it to {pool}.",
    "quality.screen.event.transferred_queue": "{by} put it back.",
    "quality.screen.step.tier": "first tier",
    "quality.screen.step.longest_idle": "longest free",
    "quality.screen.trace.chosen": "How: {steps}.",
    "quality.screen.trace.eligible": { one: "One could.", other: "{n} could." },
    "quality.screen.trace.nobody": "Nobody could.",
    "quality.screen.trace.rules": "Rules {version}.",
    "quality.screen.trace.step": "{step} ({left} left)",
    "quality.screen.trace.tier": "Tier {tier}.",
    "quality.screen.trace.waited": "Waited {time}.",
    "routing.reason.offline": "Is offline.",
    "routing.reason.lapsed": "Nobody answered in time.",
    "error.seats_full": "No seats free.",
  },
});
const NAMES: Record<string, string> = { a1: "Ana Lima", p1: "Lisbon" };
const name = (id: string) => NAMES[id] ?? id;
const plain = (text: string) => text.replace(/[\u2068\u2069]/g, "");
const trace = { rules: 7, tier: 1, eligible: 3, excluded: { seats_full: 2, offline: 11, off_shift: 2 }, chosen_by: [["tier", 3], ["longest_idle", 1]] as const, waited_seconds: 9.4, why: "longest_idle" };
const tell = (decision: Entry) => tellDecision(decision, TEXTS, name);

describe("an offer", () => {
  const told = tell({ type: "offered", agent: "a1", pool: "p1", until: "2026-11-21T10:00:39Z", trace });

  test("names who was asked", () => {
    expect(plain(told.sentence)).toBe("Offered to Ana Lima (Lisbon).");
    expect(told.tone).toBe("open");
  });

  test("says how many could, how the choice fell, how long it waited and under which rules", () => {
    expect(told.because.map(plain)).toEqual(["Waited 9 sec.", "3 could.", "How: first tier (3 left) → longest free (1 left).", "Tier 1.", "Rules 7."]);
  });

  test("counts who was not asked, most frequent reason first, in words even where the catalogue has none", () => {
    expect(told.excluded.map(({ text, agents }) => [text, agents])).toEqual([["Is offline.", 11], ["off shift", 2], ["No seats free.", 2]]);
  });
});

test("the server's own sentence is taken, with what it leaves out", () => {
  const told = tell({ type: "offered", agent: "a1", told: "Offered to Ana Lima (Lisbon): 3 could take it.", trace });
  expect(told.sentence).toBe("Offered to Ana Lima (Lisbon): 3 could take it.");
  expect(told.because.map(plain)).toEqual(["Waited 9 sec.", "Rules 7."]);
  expect(told.excluded).toHaveLength(3);
});

test("waiting says whether somebody will ever come", () => {
  const queued = { type: "queued", trace: { ...trace, eligible: 0, chosen_by: [] } };
  expect(tell(queued).because.map(plain)).toContain("Nobody could.");
  expect(tell({ ...queued, all_closed: true }).sentence).toBe("Queued, no opening known.");
  expect(plain(tell({ ...queued, all_closed: true, next_opening: "2026-11-23T08:00:00Z" }).sentence)).toMatch(/^Queued until Nov 23, 2026/);
});

test("a trace the journal wrote without empty fields is read all the same", () => {
  const { chosen_by, tier, excluded, ...short } = trace;
  expect(tell({ type: "offered", trace: short } as unknown as Entry).because.map(plain)).toContain("Rules 7.");
});

test("an ended offer says why", () => {
  expect(plain(tell({ type: "withdrawn", agent: "a1", because: "lapsed" }).sentence)).toBe("The offer to Ana Lima ended. Nobody answered in time.");
});

test("a transfer says to whom", () => {
  const event = (more: object) => plain(tellEvent({ type: "transferred", by: "a1", ...more }, TEXTS, name));
  expect([event({ agent: "a9" }), event({ pool: "p1" }), event({})]).toEqual(["Ana Lima handed it to a9.", "Ana Lima handed it to Lisbon.", "Ana Lima put it back."]);
});

test("the journal's own lines become steps; what the transcript shows is left to it", () => {
  const at = "2026-11-21T10:00:00Z";
  const steps = readJournal([
    { seq: 1, at, is: "inquiry_opened", inquiry: "i" },
    { seq: 2, at, is: "step", rules: 7, event: { is: "inquiry_arrived", inquiry: "i" }, decisions: [{ is: "queued", inquiry: "i" }] },
    { seq: 3, at, is: "message_posted", speaker: "customer" },
    { seq: 4, at, is: "conversation_rated", score: 5 },
  ]);
  expect(steps.map((step) => [step.event.type, ...step.decisions.map((decision) => decision.type)])).toEqual([["inquiry_arrived", "queued"], ["conversation_rated"]]);
});

test("what a later version wrote is shown by its name", () => {
  expect(tell({ type: "moon_landing" }).sentence).toBe("moon landing");
});

import { expect, test } from "vitest";
import { Texts } from "$shared/i18n";
import type { PublicEntryForStaff, StaffEntry } from "$shared/protocol.gen";
import type { Step } from "./decisions";
import { handledSeconds, merge } from "./transcript";

const TEXTS = new Texts({ tag: "en", dir: "ltr", texts: { "notice.joined": "{name} has joined.", "quality.screen.staff.note": "Note" } });
const at = (second: number) => new Date(Date.UTC(2026, 10, 21, 10, 0, second)).toISOString();

const said = (position: number, second: number, more: Partial<PublicEntryForStaff> = {}): PublicEntryForStaff => ({
  type: "public_entry",
  conversation: "c",
  position,
  at: at(second),
  speaker: "customer",
  text: `p${position}`,
  ...more,
});
const noted = (position: number, second: number, kind = "note"): StaffEntry => ({ type: "staff_entry", conversation: "c", position, at: at(second), kind, text: `s${position}` });

test("both logs are read in one order, and each keeps its own even where its clock jumped back", () => {
  const lines = merge([said(1, 0), said(2, 20), said(3, 10)], [noted(1, 5), noted(2, 20)], TEXTS);
  expect(lines.map((line) => line.key)).toEqual(["p1", "s1", "p2", "p3", "s2"]);
});

test("staff see who stood behind the persona", () => {
  const [line] = merge([said(1, 0, { speaker: "agent", author: "Ana Lima", persona: "Camille" })], [], TEXTS);
  expect(line).toMatchObject({ side: "brand", author: "Ana Lima", persona: "Camille" });
});

test("notices read as the customer saw them", () => {
  const [line] = merge([said(1, 0, { speaker: "brand", key: "notice.joined", values: { name: "Camille" } })], [], TEXTS);
  expect(line?.side).toBe("notice");
  expect(line?.text.replace(/[\u2068\u2069]/g, "")).toBe("Camille has joined.");
});

test("what staff see is in words: reasons, languages, people", () => {
  const texts = new Texts({
    tag: "en",
    dir: "ltr",
    texts: {
      "console.event.flagged": "Needs a look: {because}",
      "console.event.language_corrected": "{author}: {from} → {to}",
      "console.event.transfer_asked.pool": "{author} → {pool}",
      "routing.reason.nobody_qualified": "Nobody may answer.",
    },
  });
  const entries: StaffEntry[] = [
    { ...noted(1, 0, "flagged"), values: { because: "nobody_qualified" } },
    { ...noted(2, 1, "language_corrected"), author: "Ines", values: { from: "fr", to: "de" } },
    { ...noted(3, 2, "transfer_asked"), author: "Ana", values: { pool: "p1" } },
  ];
  const lines = merge([], entries, texts, (id) => (id === "p1" ? "Lisbon" : id));
  expect(lines.map((line) => line.kind.replace(/[\u2068\u2069]/g, ""))).toEqual(["Needs a look: Nobody may answer.", "Ines: French → German", "Ana → Lisbon"]);
});

test("a kind of entry nobody has words for is still readable", () => {
  expect(merge([], [noted(1, 0, "supervisor_joined")], TEXTS)[0]?.kind).toBe("supervisor joined");
});

test("handling runs from accept to release, once for everybody who had it", () => {
  const step = (second: number, ...types: string[]): Step => ({ seq: second, at: at(second), event: { type: "x" }, decisions: types.map((type) => ({ type })), rules: 1 });
  expect(handledSeconds([step(0, "queued"), step(5, "assigned"), step(15, "released", "offered"), step(20, "assigned"), step(50, "wrap_up_started"), step(59, "released")])).toBe(49);
  expect(handledSeconds([step(5, "assigned")])).toBeNull();
  expect(handledSeconds([step(5, "queued")])).toBeNull();
});

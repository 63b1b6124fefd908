import { expect, test } from "vitest";
import { byConcern, type Box, type Came, choices, type Goes, healthy } from "./mail";

test("what nobody knows stands before what failed, and that before what is late", () => {
  const mail = (state: Goes["state"], made_at: string) => ({ state, made_at, recipients: [] }) as unknown as Goes;
  const sorted = byConcern([mail("deferred", "3"), mail("failed", "1"), mail("unknown", "1"), mail("failed", "2")]);
  expect(sorted.map(({ state, made_at }) => state + made_at)).toEqual(["unknown1", "failed2", "failed1", "deferred3"]);
});

test("what was kept apart can be let in, what failed can be run again, what is too large neither", () => {
  const came = (state: Came["state"], reason: string) => choices({ state, reason } as Came);
  expect([came("held", "dmarc_fail"), came("failed", "timeout"), came("failed", "too_large")]).toEqual([["release", "drop"], ["again", "drop"], ["drop"]]);
});

test("a mailbox that is handed its mail is well without being fetched", () => {
  expect((["up", "open", "down", "stopped"] as const).map((state) => healthy({ state } as Box))).toEqual([true, true, false, false]);
});

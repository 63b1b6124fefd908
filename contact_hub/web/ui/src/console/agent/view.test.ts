import { describe, expect, test } from "vitest";
import type { ConsoleWelcome, ConversationCard, PublicEntryForStaff, StaffEntry, View } from "$shared/protocol.gen";
import { behind, type Desk, EMPTY, head, hear, inHand, merged, resume, thread } from "./view";

const card = (conversation: string, more: Partial<ConversationCard> = {}): ConversationCard => ({
  conversation,
  inquiry: `i-${conversation}`,
  brand: "velour",
  persona: "Camille",
  kind: "service",
  channel: "chat",
  state: "open",
  language: { tag: "fr", confidence: 0.9, settled: true },
  customer_name: null,
  customer_zone: null,
  public_head: 0,
  staff_head: 0,
  agent_read: 0,
  customer_read: 0,
  last_speaker: "customer",
  last_words: "",
  last_at: "2026-01-05T10:00:00Z",
  assigned_at: "2026-01-05T10:00:00Z",
  waiting_since: "2026-01-05T10:00:00Z",
  ...more,
});

const me = { agent: "a", name: "Ana", pool: "p", availability: "ready" as const };
const welcome = (view: Partial<View> = {}, epoch = "e1"): ConsoleWelcome => ({
  type: "welcome",
  protocol: 1,
  epoch,
  view: { me, ...view },
  reference: { rules: 1, brands: {}, away_reasons: [], decline_reasons: [], pools: [], agents: [], kinds: {} },
  heartbeat_seconds: 10,
  now: "2026-01-05T10:00:00Z",
  desk: 7,
});
const said = (position: number, at = "2026-01-05T10:00:00Z", conversation = "c1"): PublicEntryForStaff => ({
  type: "public_entry",
  conversation,
  position,
  at,
  speaker: "customer",
  text: `word ${position}`,
});
const noted = (position: number, at: string): StaffEntry => ({ type: "staff_entry", conversation: "c1", position, at, kind: "note" });
const all = (desk: Desk, ...frames: Parameters<typeof hear>[1][]): Desk => frames.reduce((before, frame) => hear(before, frame).desk, desk);
const open = all(EMPTY, welcome({ conversations: { c1: card("c1") } }));
const seen = ({ me, offers, conversations, queues }: Desk) => ({ me, offers, conversations, queues });

describe("the view", () => {
  test("an old view with its delta equals a fresh one", () => {
    const busy = { ...me, availability: "away" as const, reason: "lunch" };
    const after = { me: busy, conversations: { c2: card("c2") }, queues: { velour: { brand: "velour", waiting: 3 } } };
    const delta = all(open, {
      type: "delta",
      changes: [
        { collection: "conversations", key: "c1" },
        { collection: "me", key: "me", value: { ...busy } },
        { collection: "conversations", key: "c2", value: { ...card("c2") } },
        { collection: "queues", key: "velour", value: { brand: "velour", waiting: 3 } },
      ],
    });
    expect(seen(delta)).toEqual(seen(all(EMPTY, welcome(after))));
  });

  test("a key that goes and comes in one delta keeps its thread", () => {
    const desk = all(open, said(1), {
      type: "delta",
      changes: [
        { collection: "conversations", key: "c1" },
        { collection: "conversations", key: "c1", value: { ...card("c1") } },
      ],
    });
    expect(head(thread(desk, "c1").public)).toBe(1);
  });

  test("a conversation that leaves the view takes its thread along", () => {
    const desk = all(open, said(1), { type: "delta", changes: [{ collection: "conversations", key: "c1" }] });
    expect(desk.threads).toEqual({});
  });

  test("rows keep the order in which they were taken on, wrap-ups last", () => {
    const desk = all(
      EMPTY,
      welcome({
        conversations: {
          b: card("b", { assigned_at: "2026-01-05T10:02:00Z" }),
          w: card("w", { assigned_at: "2026-01-05T09:00:00Z", state: "wrap_up" }),
          a: card("a", { assigned_at: "2026-01-05T10:01:00Z", last_at: "2026-01-05T11:00:00Z" }),
        },
      }),
    );
    expect(inHand(desk.conversations).map((row) => row.conversation)).toEqual(["a", "b", "w"]);
  });
});

describe("a thread", () => {
  test("takes what comes in order, and what comes twice once", () => {
    const desk = all(open, said(1), said(2), said(2), said(1), said(3));
    expect(thread(desk, "c1").public.map((entry) => entry.position)).toEqual([1, 2, 3]);
  });

  test("a jump is a gap: nothing is shown out of place", () => {
    const { desk, gap } = hear(all(open, said(1)), said(3));
    expect(gap).toBe(true);
    expect(head(thread(desk, "c1").public)).toBe(1);
  });

  test("merges what the customer saw with what staff wrote by time, each log in its own order", () => {
    const desk = all(
      open,
      said(1, "2026-01-05T10:00:00Z"),
      noted(1, "2026-01-05T10:00:30Z"),
      noted(2, "2026-01-05T10:00:10Z"),
      said(2, "2026-01-05T10:00:20Z"),
      said(3, "2026-01-05T10:01:00Z"),
    );
    expect(merged(thread(desk, "c1")).map(({ log, entry }) => `${log[0]}${entry.position}`)).toEqual(["p1", "p2", "s1", "s2", "p3"]);
  });
});

describe("coming back", () => {
  test("says what it has of each conversation", () => {
    const desk = all(open, said(1), said(2), noted(1, "2026-01-05T10:00:00Z"));
    expect(resume(desk)).toEqual({ epoch: "e1", desk: 7, cursors: { c1: { public: 2, staff: 1 } } });
    expect(resume(EMPTY)).toBeNull();
  });

  test("keeps the threads of the same epoch that are still ours", () => {
    const desk = all(open, said(1), welcome({ conversations: { c1: card("c1") } }), said(1), said(2));
    expect(head(thread(desk, "c1").public)).toBe(2);
    expect(all(desk, welcome({})).threads).toEqual({});
  });

  test("forgets everything of another epoch", () => {
    const desk = all(open, said(1), welcome({ conversations: { c1: card("c1") } }, "e2"), said(1));
    expect(head(thread(desk, "c1").public)).toBe(1);
    expect(desk.epoch).toBe("e2");
  });

  test("a resync before the welcome empties the named threads and keeps what follows", () => {
    const resync = { type: "resync" as const, because: "epoch" as const, epoch: "e2", conversations: ["c1"] };
    const desk = all(open, said(1), said(2), resync, said(1), welcome({ conversations: { c1: card("c1") } }, "e2"));
    expect(head(thread(desk, "c1").public)).toBe(1);
  });

  test("heads beyond ours name the conversations that lag", () => {
    const desk = all(open, said(1));
    expect(behind(desk, { c1: [1, 0] })).toEqual([]);
    expect(behind(desk, { c1: [2, 0] })).toEqual(["c1"]);
    expect(behind(desk, { c1: [1, 1] })).toEqual(["c1"]);
  });
});

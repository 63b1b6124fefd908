import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Status } from "$shared/socket";
import type { FromConsole, ToConsole } from "$shared/protocol.gen";
import { Desk, type DeskOptions } from "./desk.svelte";

type Parts = Parameters<DeskOptions["socket"]>[0];

/** A socket in the test's hands. */
class Line {
  sent: FromConsole[] = [];
  live = false;
  resumed = 0;
  parts!: Parts;

  readonly open = (parts: Parts): ReturnType<DeskOptions["socket"]> => {
    this.parts = parts;
    const line = this;
    return {
      send: (frame) => (this.live ? (this.sent.push(frame), true) : false),
      start: () => {},
      stop: () => this.status({ kind: "stopped", code: 4009 }),
      reconnect: () => {
        this.resumed++;
        this.cut();
      },
      get live() {
        return line.live;
      },
    };
  };

  status(status: Status): void {
    this.live = status.kind === "live";
    this.parts.status(status);
  }

  cut(): void {
    this.status({ kind: "reconnecting", since: 0, next: 0, attempt: 0 });
  }

  say(...frames: ToConsole[]): void {
    for (const frame of frames) {
      this.parts.frame(frame);
      if (frame.type === "welcome") this.status({ kind: "live" });
    }
  }

  of<Type extends FromConsole["type"]>(type: Type): Extract<FromConsole, { type: Type }>[] {
    return this.sent.filter((frame): frame is Extract<FromConsole, { type: Type }> => frame.type === type);
  }
}

const card = (conversation: string, more: object = {}) => ({
  conversation,
  inquiry: `i-${conversation}`,
  brand: "velour",
  persona: "Camille",
  kind: "service",
  channel: "chat",
  state: "open" as const,
  language: { tag: "fr", confidence: 0.9, settled: true },
  customer_name: null,
  customer_zone: null,
  public_head: 1,
  staff_head: 0,
  agent_read: 0,
  customer_read: 0,
  last_speaker: "customer" as const,
  last_words: "",
  last_at: "2026-01-05T10:00:00Z",
  assigned_at: "2026-01-05T10:00:00Z",
  waiting_since: "2026-01-05T10:00:00Z",
  ...more,
});

const welcome = (...cards: ReturnType<typeof card>[]): ToConsole => ({
  type: "welcome",
  protocol: 1,
  epoch: "e",
  view: {
    me: { agent: "a", name: "Ana", pool: "p", availability: "ready" },
    conversations: Object.fromEntries(cards.map((one) => [one.conversation, one])),
  },
  reference: { rules: 1, brands: {}, away_reasons: [], decline_reasons: [], pools: [], agents: [], kinds: {} },
  heartbeat_seconds: 10,
  now: "2026-01-05T10:00:00Z",
  desk: 7,
});

const said = (position: number, conversation = "c1", client_message_id = ""): ToConsole => ({
  type: "public_entry",
  conversation,
  position,
  at: "2026-01-05T10:00:00Z",
  speaker: client_message_id ? "agent" : "customer",
  text: "…",
  client_message_id,
});

function sit(): { line: Line; desk: Desk } {
  const line = new Line();
  const desk = new Desk({ account: "ana", storage: localStorage, socket: line.open });
  return { line, desk };
}

beforeEach(() => {
  localStorage.clear();
  vi.useFakeTimers();
  return () => vi.useRealTimers();
});

describe("sending", () => {
  test("a reply stays on its way until acknowledged, and is sent again with the same id after a reconnect", () => {
    const { line, desk } = sit();
    line.say(welcome(card("c1")), said(1));
    desk.write("c1", "reply", "Bonjour");
    desk.send("c1", "reply");
    line.cut();
    expect(desk.underWay("c1").map(({ text, acked }) => [text, acked])).toEqual([["Bonjour", false]]);
    line.say(welcome(card("c1")));
    const [first, second] = line.of("reply");
    expect(second).toEqual(first);
    line.say(said(2, "c1", first!.client_message_id));
    expect(desk.underWay("c1")).toEqual([]);
  });

  test("what is acknowledged before its entry comes does not vanish in between", () => {
    const { line, desk } = sit();
    line.say(welcome(card("c1")), said(1));
    desk.write("c1", "reply", "Bonjour");
    desk.send("c1", "reply");
    const id = line.of("reply")[0]!.client_message_id;
    line.say({ type: "ack", client_message_id: id, conversation: "c1", log: "public", position: 2, at: "2026-01-05T10:00:00Z" });
    expect(desk.underWay("c1").map(({ acked }) => acked)).toEqual([true]);
    line.say(said(2, "c1", id));
    expect(desk.underWay("c1")).toEqual([]);
  });

  test("survives a reload of the page", () => {
    const { desk } = sit();
    desk.write("c1", "reply", "typed offline");
    desk.send("c1", "reply");
    const again = sit();
    again.line.say(welcome(card("c1")));
    expect(again.line.of("reply").map(({ text }) => text)).toEqual(["typed offline"]);
  });

  test("what the guard refuses comes back before what was begun since, with the findings", () => {
    const { line, desk } = sit();
    line.say(welcome(card("c1"), card("c2")), said(1));
    desk.write("c1", "reply", "We at Northwind");
    desk.send("c1", "reply");
    desk.write("c1", "reply", "and");
    const about = line.of("reply")[0]!.client_message_id;
    line.say({ type: "refusal", code: "guard_warned", sentence: "…", about, values: { findings: "wrong_language,unfilled_variable" } });
    expect(desk.draft("c1", "reply")).toBe("We at Northwind\nand");
    expect(desk.findings("c1", "reply")).toMatchObject({ insist: true, codes: ["wrong_language", "unfilled_variable"] });
    expect(desk.draft("c2", "reply")).toBe("");
    desk.send("c1", "reply", desk.findings("c1", "reply")!.codes);
    expect(line.of("reply").at(-1)).toMatchObject({ confirmed: ["wrong_language", "unfilled_variable"] });
  });

  test("a later try is the outbox's business, not the agent's", () => {
    const { line, desk } = sit();
    line.say(welcome(card("c1")), said(1));
    desk.write("c1", "reply", "Bonjour");
    desk.send("c1", "reply");
    const about = line.of("reply")[0]!.client_message_id;
    line.say({ type: "refusal", code: "overloaded", sentence: "…", about, retry_after_seconds: 2 });
    expect(desk.notes).toEqual([]);
    expect(desk.underWay("c1").map(({ waits }) => waits)).toEqual(["…"]);
    vi.advanceTimersByTime(2_100);
    expect(line.of("reply").map(({ client_message_id }) => client_message_id)).toEqual([about, about]);
  });

  test("words for a conversation that was handed on meanwhile are given back", () => {
    const { line, desk } = sit();
    line.say(welcome(card("c1")), said(1));
    line.cut();
    desk.write("c1", "reply", "One moment");
    desk.send("c1", "reply");
    desk.write("c1", "reply", "half a thought");
    line.say(welcome());
    const about = line.of("reply")[0]!.client_message_id;
    line.say({ type: "refusal", code: "not_yours", sentence: "Not yours.", about });
    expect(desk.notes.map(({ words }) => words)).toEqual(["half a thought", "One moment"]);
    expect(localStorage.length).toBe(0);
  });
});

describe("the line", () => {
  test("a gap is resumed from where we stand", () => {
    const { line, desk } = sit();
    line.say(welcome(card("c1")), said(1), said(3));
    expect(line.resumed).toBe(1);
    expect(line.parts.hello("t")).toMatchObject({ resume: { epoch: "e", cursors: { c1: { public: 1, staff: 0 } } } });
    expect(desk.thread("c1").public.length).toBe(1);
  });

  test("a head that stays ahead over two heartbeats is resumed; one that its entry catches up with is not", () => {
    const { line } = sit();
    const beat = (head: number): ToConsole => ({ type: "heartbeat", heads: { c1: [head, 0] } });
    line.say(welcome(card("c1")), said(1), beat(2), said(2), beat(3));
    expect(line.resumed).toBe(0);
    line.say(beat(3));
    expect(line.resumed).toBe(1);
  });

  test("a desk that is open elsewhere is taken only when told to", () => {
    const { line, desk } = sit();
    line.say({ type: "superseded", by: "open" });
    expect(desk.elsewhere).toBe("open");
    expect(line.parts.hello("t")).toMatchObject({ take_over: false });
    desk.takeOver();
    expect(line.parts.hello("t")).toMatchObject({ take_over: true });
    line.say(welcome());
    expect(desk.elsewhere).toBeNull();
    vi.advanceTimersByTime(120_000);
    expect(line.parts.hello("t")).toMatchObject({ take_over: false });
  });

  test("comes back to its own desk by its number, without taking over", () => {
    const { line } = sit();
    line.say(welcome());
    line.cut();
    expect(line.parts.hello("t")).toMatchObject({ take_over: false, resume: { desk: 7 } });
  });

  test("drafts are told a moment after the last key, and again where the line broke", () => {
    const { line, desk } = sit();
    line.say(welcome(card("c1")), said(1));
    desk.write("c1", "note", "a");
    desk.write("c1", "note", "ab");
    vi.advanceTimersByTime(1_100);
    expect(line.of("draft").map(({ mode, text }) => [mode, text])).toEqual([["note", "ab"]]);
    line.cut();
    line.say(welcome(card("c1")));
    expect(line.of("draft").map(({ text }) => text)).toEqual(["ab", "ab"]);
  });
});

describe("offers", () => {
  const offer = {
    offer: "o1",
    conversation: "c9",
    inquiry: "i9",
    brand: "velour",
    channel: "chat",
    kind: "service",
    language: { tag: "fr", confidence: 1, settled: true },
    waiting_since: "2026-01-05T10:00:00Z",
    until: "2026-01-05T10:00:20Z",
    why: "longest_idle",
  };

  test("one that is accepted is on screen as soon as it is ours, whatever was there", () => {
    const { line, desk } = sit();
    line.say(welcome(card("c1")), { type: "delta", changes: [{ collection: "offers", key: "o1", value: offer }] });
    expect(desk.accept("o1")).toBe(true);
    expect(desk.accept("o1")).toBe(false);
    expect(desk.selected?.conversation).toBe("c1");
    line.say({
      type: "delta",
      changes: [
        { collection: "offers", key: "o1" },
        { collection: "conversations", key: "c9", value: card("c9") },
      ],
    });
    expect(desk.selected?.conversation).toBe("c9");
  });

  test("one that somebody else's clock ended can be said so", () => {
    const { line, desk } = sit();
    line.say(welcome(), { type: "delta", changes: [{ collection: "offers", key: "o1", value: offer }] });
    desk.accept("o1");
    line.say({ type: "refusal", code: "offer_lapsed", sentence: "This offer is over.", about: "o1" });
    expect(desk.taking("o1")).toBe(false);
    expect(desk.notes.map(({ text }) => text)).toEqual(["This offer is over."]);
  });
});

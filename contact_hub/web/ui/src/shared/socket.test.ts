import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeSocket } from "./fake_socket";
import { CLOSE, HubSocket, Log, mintId, Outbox, type Pending, type Status } from "./socket";

interface Frame {
  type: string;
  [field: string]: unknown;
}

const WELCOME = { type: "welcome" };

function connect(options: { final?: (error: unknown) => boolean; ticket?: () => Promise<string> } = {}) {
  const statuses: Status["kind"][] = [];
  const frames: Frame[] = [];
  let tickets = 0;
  const socket = new HubSocket<Frame, Frame>({
    url: "/v1/widget/socket",
    ticket: options.ticket ?? (async () => `ticket-${++tickets}`),
    hello: (ticket) => ({ type: "hello", ticket, seen: frames.length }),
    frame: (frame) => frames.push(frame),
    status: ({ kind }) => statuses.push(kind),
    final: options.final,
    random: () => 0.5,
    open: (url) => new FakeSocket(url) as unknown as WebSocket,
  });
  return { socket, statuses, frames };
}

const settle = () => vi.advanceTimersByTimeAsync(0);

async function live() {
  const hub = connect();
  hub.socket.start();
  await settle();
  FakeSocket.last.accept();
  FakeSocket.last.say(WELCOME);
  return hub;
}

beforeEach(() => {
  FakeSocket.all = [];
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe("the socket", () => {
  it("says hello with a fresh ticket and is live only after welcome", async () => {
    const { socket, statuses } = connect();
    socket.start();
    await settle();
    FakeSocket.last.accept();
    expect(FakeSocket.last.sent).toEqual([{ type: "hello", ticket: "ticket-1", seen: 0 }]);
    expect(socket.send({ type: "post" })).toBe(false);
    FakeSocket.last.say(WELCOME);
    expect(socket.send({ type: "post" })).toBe(true);
    expect(statuses).toEqual(["connecting", "live"]);
  });

  it("comes back after a drop, with a new ticket and what it has by then", async () => {
    const { statuses } = await live();
    FakeSocket.last.say({ type: "entry" });
    FakeSocket.last.drop();
    await vi.advanceTimersByTimeAsync(1_000);
    FakeSocket.last.accept();
    expect(FakeSocket.last.sent).toEqual([{ type: "hello", ticket: "ticket-2", seen: 2 }]);
    FakeSocket.last.say(WELCOME);
    expect(statuses).toEqual(["connecting", "live", "reconnecting", "live"]);
  });

  it("never gives up, and never waits longer than a quarter of a minute", async () => {
    const { socket } = await live();
    FakeSocket.last.drop();
    for (let attempt = 0; attempt < 40; attempt++) {
      const before = FakeSocket.all.length;
      await vi.advanceTimersByTimeAsync(15_000);
      expect(FakeSocket.all.length).toBeGreaterThan(before);
      FakeSocket.last.drop();
    }
    expect(socket.status.kind).toBe("reconnecting");
  });

  it("takes 25 seconds of silence for a dead connection", async () => {
    await live();
    await vi.advanceTimersByTimeAsync(24_000);
    FakeSocket.last.say({ type: "heartbeat" });
    await vi.advanceTimersByTimeAsync(24_000);
    expect(FakeSocket.all).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1_500);
    expect(FakeSocket.all).toHaveLength(2);
    expect(FakeSocket.all[0]?.closedWith).toBe(1000);
  });

  it("waits as long as the server asks before it comes back", async () => {
    const { statuses } = await live();
    FakeSocket.last.say({ type: "reconnect", after_seconds: 4 });
    await vi.advanceTimersByTimeAsync(5_900);
    expect(FakeSocket.all).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(FakeSocket.all).toHaveLength(2);
    expect(statuses.at(-1)).toBe("reconnecting");
  });

  it("stays away when another window took over", async () => {
    const { socket } = await live();
    FakeSocket.last.drop(CLOSE.superseded);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(FakeSocket.all).toHaveLength(1);
    expect(socket.status).toEqual({ kind: "stopped", code: CLOSE.superseded });
  });

  it("does not hear a connection it has left", async () => {
    const { socket, frames } = await live();
    const old = FakeSocket.last;
    socket.reconnect();
    old.say({ type: "entry" });
    old.drop();
    await settle();
    expect(frames.filter(({ type }) => type === "entry")).toEqual([]);
    expect(FakeSocket.all).toHaveLength(2);
  });

  it("tries again for a ticket, unless the refusal is final", async () => {
    const refused = new Error("signed out");
    const patient = connect({ ticket: () => Promise.reject(refused) });
    patient.socket.start();
    await settle();
    expect(patient.socket.status.kind).toBe("reconnecting");
    const final = connect({ ticket: () => Promise.reject(refused), final: (error) => error === refused });
    final.socket.start();
    await settle();
    expect(final.socket.status.kind).toBe("stopped");
  });
});

interface Item extends Pending {
  text: string;
}

function outbox(storage: Storage | null = null) {
  const sent: string[] = [];
  const state = { live: true, sendable: true };
  const box = new Outbox<Item, Frame>({
    prefix: "out.",
    storage,
    frame: (item) => (state.sendable ? { type: "post", text: item.text } : null),
    send: (frame) => {
      if (state.live) sent.push(frame.text as string);
      return state.live;
    },
  });
  let clock = 0;
  const write = (text: string, lane = "") => box.add({ client_message_id: `id-${text}`, at: ++clock, lane, text });
  return { box, sent, state, write };
}

describe("the outbox", () => {
  it("sends one message of a lane at a time, in the order they were written", () => {
    const { box, sent, write } = outbox();
    write("one");
    write("two");
    expect(sent).toEqual(["one"]);
    box.settle("id-one");
    expect(sent).toEqual(["one", "two"]);
  });

  it("does not let lanes wait for each other", () => {
    const { sent, write } = outbox();
    write("one", "a");
    write("two", "b");
    write("three", "a");
    expect(sent).toEqual(["one", "two"]);
  });

  it("sends the same again when no answer comes", async () => {
    const { sent, write } = outbox();
    write("one");
    await vi.advanceTimersByTimeAsync(10_000);
    expect(sent).toEqual(["one", "one"]);
  });

  it("keeps the order when the first is to be tried again later", async () => {
    const { box, sent, write } = outbox();
    write("one");
    write("two");
    box.retry("id-one", 3_000);
    await vi.advanceTimersByTimeAsync(2_900);
    expect(sent).toEqual(["one"]);
    await vi.advanceTimersByTimeAsync(200);
    box.settle("id-one");
    expect(sent).toEqual(["one", "one", "two"]);
  });

  it("sends everything unsettled again on a new connection", () => {
    const { box, sent, state, write } = outbox();
    write("one");
    state.live = false;
    write("two");
    state.live = true;
    box.resend();
    box.settle("id-one");
    expect(sent).toEqual(["one", "one", "two"]);
  });

  it("lets nothing overtake what cannot be sent yet", () => {
    const { box, sent, state, write } = outbox();
    state.sendable = false;
    write("one");
    write("two");
    state.sendable = true;
    box.flush();
    expect(sent).toEqual(["one"]);
  });

  it("survives a reload", () => {
    localStorage.clear();
    const first = outbox(localStorage);
    first.state.live = false;
    first.write("one");
    first.write("two");
    const second = outbox(localStorage);
    expect(second.box.items.map(({ text }) => text)).toEqual(["one", "two"]);
    second.box.resend();
    second.box.settle("id-one");
    second.box.settle("id-two");
    expect(second.sent).toEqual(["one", "two"]);
    expect(outbox(localStorage).box.items).toEqual([]);
  });

  it("settles a message once, however often it is acknowledged", () => {
    const { box, write } = outbox();
    write("one");
    expect(box.settle("id-one")?.text).toBe("one");
    expect(box.settle("id-one")).toBeUndefined();
  });
});

describe("the log", () => {
  it("takes each position once, in order, and sees a gap", () => {
    const log = new Log<{ position: number }>();
    expect([1, 2, 2, 1, 4, 3].map((position) => log.take({ position }))).toEqual(["new", "new", "known", "known", "gap", "new"]);
    expect(log.head).toBe(3);
  });
});

it("mints ids that the server takes", () => {
  const ids = new Set(Array.from({ length: 1000 }, mintId));
  expect(ids.size).toBe(1000);
  for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9._:-]{8,64}$/);
});

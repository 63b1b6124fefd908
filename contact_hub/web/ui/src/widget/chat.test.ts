import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeSocket } from "$shared/fake_socket";
import { Chat } from "./chat";

const BRAND = { brand: "velour", name: "Velour", colour: "#7a1f3d", ink: "#fff", logo: "V", languages: ["fr"], language: "fr" };
const HOURS = { open: true };
const OPEN = { conversation: "c1", state: "open", head: 0 };

let asked: { url: string; authorization: string | undefined; body: unknown }[];

function hub() {
  asked = [];
  vi.stubGlobal("WebSocket", FakeSocket);
  vi.stubGlobal("fetch", async (url: string, init?: RequestInit) => {
    const headers = (init?.headers ?? {}) as Record<string, string>;
    asked.push({ url, authorization: headers.authorization, body: init?.body && JSON.parse(init.body as string) });
    const answer = url.includes("/api/texts/")
      ? { tag: "fr", dir: "ltr", texts: {} }
      : { token: "device-token", ticket: `ticket-${asked.length}`, brand: BRAND, hours: HOURS, texts: "/api/texts/widget/fr.json" };
    return { ok: true, status: 200, json: async () => answer };
  });
}

const pass = (ms = 0) => vi.advanceTimersByTimeAsync(ms);
const entry = (position: number, body: object, conversation = "c1") => ({ type: "entry", conversation, position, at: "2026-11-21T12:00:00Z", body });
const theirs = (position: number, text: string) => entry(position, { kind: "brand_message", text });
const mine = (position: number, text: string, id: string) => entry(position, { kind: "customer_message", text, client_message_id: id });
const said = (type: string) => FakeSocket.last.sent.filter((frame) => frame.type === type);

async function welcome(conversation?: object, epoch = "e1") {
  await pass();
  FakeSocket.last.accept();
  FakeSocket.last.say({ type: "welcome", protocol: 1, epoch, brand: BRAND, texts: "/api/texts/widget/fr.json", hours: HOURS, heartbeat_seconds: 10, conversation });
  await pass();
}

async function talking() {
  const chat = new Chat("velour", "fr");
  chat.open();
  await welcome(OPEN);
  return chat;
}

const shown = (chat: Chat) => [
  ...chat.entries.map(({ body }) => ("text" in body ? body.text : body.key)),
  ...chat.bubbles.map(({ text, acked }) => `${acked ? "sent" : "sending"}: ${text}`),
];

beforeEach(() => {
  localStorage.clear();
  FakeSocket.all = [];
  vi.useFakeTimers();
  hub();
});

afterEach(() => {
  vi.useRealTimers();
});

describe("a visitor's chat", () => {
  it("begins with what the visitor filled in, and shows the message once from writing to entry", async () => {
    const chat = new Chat("velour", "fr");
    chat.open();
    await welcome();
    chat.start({ text: " Bonjour ", name: "Ana" });
    const [start] = said("start");
    const id = start?.client_message_id as string;
    expect(start).toMatchObject({ text: "Bonjour", name: "Ana" });
    expect(shown(chat)).toEqual(["sending: Bonjour"]);
    FakeSocket.last.say({ type: "ack", client_message_id: id, conversation: "c1", position: 1, at: "2026-11-21T12:00:00Z" });
    expect(shown(chat)).toEqual(["sent: Bonjour"]);
    FakeSocket.last.say(mine(1, "Bonjour", id));
    expect(shown(chat)).toEqual(["Bonjour"]);
  });

  it("holds what is written before the conversation is open, and sends it into it", async () => {
    const chat = new Chat("velour", "fr");
    chat.open();
    await welcome();
    chat.start({ text: "one" });
    chat.say("two");
    expect(said("post")).toEqual([]);
    const id = said("start")[0]?.client_message_id as string;
    FakeSocket.last.say({ type: "ack", client_message_id: id, conversation: "c1", position: 1, at: "2026-11-21T12:00:00Z" });
    expect(said("post")).toMatchObject([{ conversation: "c1", text: "two" }]);
  });

  it("resumes where it stood and sends again what nobody acknowledged, under the same id", async () => {
    const chat = await talking();
    FakeSocket.last.say(theirs(1, "Hello"));
    chat.say("lost?");
    const id = said("post")[0]?.client_message_id;
    FakeSocket.last.drop();
    await pass(1_000);
    await welcome({ ...OPEN, head: 2 });
    expect(said("hello")).toMatchObject([{ resume: { epoch: "e1", conversation: "c1", position: 1 } }]);
    expect(said("post")).toMatchObject([{ client_message_id: id, text: "lost?" }]);
    FakeSocket.last.say(mine(2, "lost?", id as string));
    expect(shown(chat)).toEqual(["Hello", "lost?"]);
  });

  it("finds its unsent message again after a reload", async () => {
    const before = await talking();
    before.say("kept");
    FakeSocket.last.drop();
    const after = await talking();
    expect(shown(after)).toEqual(["sending: kept"]);
    expect(said("post")).toMatchObject([{ conversation: "c1", text: "kept" }]);
    expect(asked.filter(({ url }) => url.includes("session")).at(-1)?.authorization).toBe("Bearer device-token");
  });

  it("forgets its entries on resync and takes them all anew", async () => {
    const chat = await talking();
    FakeSocket.last.say(theirs(1, "old"));
    FakeSocket.last.say({ type: "resync", because: "epoch", epoch: "e2" });
    FakeSocket.last.say(theirs(1, "new"));
    FakeSocket.last.say(theirs(2, "newer"));
    expect(shown(chat)).toEqual(["new", "newer"]);
    FakeSocket.last.drop();
    await pass(1_000);
    FakeSocket.last.accept();
    expect(said("hello")).toMatchObject([{ resume: { epoch: "e2", position: 2 } }]);
  });

  it("offers its own last words again when a restored database has lost them", async () => {
    const chat = await talking();
    FakeSocket.last.say(mine(1, "kept", "id-kept-1"));
    FakeSocket.last.say(mine(2, "lost", "id-lost-2"));
    FakeSocket.last.drop();
    await pass(1_000);
    await welcome({ ...OPEN, head: 1 });
    FakeSocket.last.say({ type: "resync", because: "epoch", epoch: "e2" });
    FakeSocket.last.say(mine(1, "kept", "id-kept-1"));
    expect(said("post")).toMatchObject([{ client_message_id: "id-lost-2", text: "lost" }]);
    FakeSocket.last.say(mine(2, "lost", "id-lost-2"));
    expect(shown(chat)).toEqual(["kept", "lost"]);
  });

  it("knows a restored database by the welcome, whether or not the resync after it arrives", async () => {
    const chat = await talking();
    FakeSocket.last.say(mine(1, "kept", "id-kept-1"));
    FakeSocket.last.say(mine(2, "lost", "id-lost-2"));
    FakeSocket.last.drop();
    await pass(1_000);
    await welcome({ ...OPEN, head: 2 }, "e2");
    FakeSocket.last.drop();
    await pass(2_000);
    await welcome({ ...OPEN, head: 2 }, "e2");
    expect(said("hello")).toMatchObject([{ resume: { epoch: "e2", conversation: "c1", position: 0 } }]);
    FakeSocket.last.say(mine(1, "kept", "id-kept-1"));
    FakeSocket.last.say(theirs(2, "Are you there?"));
    expect(said("post")).toMatchObject([{ client_message_id: "id-lost-2", text: "lost" }]);
    FakeSocket.last.say(mine(3, "lost", "id-lost-2"));
    expect(shown(chat)).toEqual(["kept", "Are you there?", "lost"]);
  });

  it("comes back for what it missed when positions jump or the head is ahead", async () => {
    await talking();
    FakeSocket.last.say(theirs(1, "one"));
    FakeSocket.last.say(theirs(3, "three"));
    await pass(10);
    expect(FakeSocket.all).toHaveLength(2);
    await welcome({ ...OPEN, head: 1 });
    FakeSocket.last.say({ type: "heartbeat", head: 1 });
    await pass(10);
    expect(FakeSocket.all).toHaveLength(2);
    FakeSocket.last.say({ type: "heartbeat", head: 4 });
    await pass(10);
    expect(FakeSocket.all).toHaveLength(3);
  });

  it("says why a message was refused, and sends it anew when told to", async () => {
    const chat = await talking();
    chat.say("too much");
    const id = said("post")[0]?.client_message_id as string;
    FakeSocket.last.say({ type: "refusal", code: "text_too_long", sentence: "The message is too long.", about: id });
    expect(chat.bubbles).toMatchObject([{ text: "too much", refused: { code: "text_too_long" } }]);
    chat.again(id);
    expect(said("post")[1]?.client_message_id).not.toBe(id);
  });

  it("tries again by itself where the server says so", async () => {
    const chat = await talking();
    chat.say("busy");
    const id = said("post")[0]?.client_message_id;
    FakeSocket.last.say({ type: "refusal", code: "overloaded", sentence: "Busy.", about: id, retry_after_seconds: 2 });
    await pass(2_100);
    expect(said("post").map(({ client_message_id }) => client_message_id)).toEqual([id, id]);
    expect(shown(chat)).toEqual(["sending: busy"]);
  });

  it("says kindly why a message waits, and forgets it once it is taken", async () => {
    const chat = await talking();
    chat.say("busy");
    const id = said("post")[0]?.client_message_id as string;
    FakeSocket.last.say({ type: "refusal", code: "overloaded", sentence: "Busy.", about: id, retry_after_seconds: 2 });
    expect(chat.bubbles.map(({ waits }) => waits?.code)).toEqual(["overloaded"]);
    expect(chat.refusal).toBeNull();
    await pass(2_100);
    FakeSocket.last.say(mine(1, "busy", id));
    expect(chat.bubbles).toEqual([]);
  });

  it("comes back when it was told to, after a brand without a place for it", async () => {
    const chat = await talking();
    chat.say("kept");
    const id = said("post")[0]?.client_message_id;
    FakeSocket.last.say({ type: "refusal", code: "overloaded", sentence: "Busy.", retry_after_seconds: 5 });
    FakeSocket.last.say({ type: "reconnect", after_seconds: 5 });
    expect(chat.refusal?.code).toBe("overloaded");
    await pass(4_900);
    expect(FakeSocket.all).toHaveLength(1);
    await pass(5_200);
    await welcome(OPEN);
    expect(chat.refusal).toBeNull();
    expect(said("post").map(({ client_message_id }) => client_message_id)).toEqual([id]);
  });

  it("waits as long as a refused session says, and excuses itself in the reader's language", async () => {
    const refusal = { code: "overloaded", sentence: "Busy.", values: {} };
    let refuse = true;
    const fetched = globalThis.fetch;
    vi.stubGlobal("fetch", async (url: string, init?: RequestInit) => {
      if (!url.includes("session") || !refuse) return fetched(url, init);
      asked.push({ url, authorization: undefined, body: undefined });
      return { ok: false, status: 429, headers: new Headers({ "retry-after": "7" }), json: async () => refusal };
    });
    const chat = new Chat("velour", "fr");
    chat.open();
    await pass();
    expect(chat.trouble?.code).toBe("overloaded");
    expect(asked.map(({ url }) => url)).toEqual(["/api/widget/session", "/api/texts/widget/fr.json"]);
    refuse = false;
    await pass(6_900);
    expect(FakeSocket.all).toHaveLength(0);
    await pass(1_200);
    expect(FakeSocket.all).toHaveLength(1);
    expect(chat.trouble).toBeNull();
  });

  it("counts unread messages until they are seen, in every tab", async () => {
    const chat = await talking();
    FakeSocket.last.say(theirs(1, "one"));
    FakeSocket.last.say(theirs(2, "two"));
    expect(chat.unread).toBe(2);
    chat.see();
    expect(chat.unread).toBe(0);
    expect(said("read")).toMatchObject([{ conversation: "c1", position: 2 }]);
    const other = await talking();
    FakeSocket.last.say(theirs(1, "one"));
    FakeSocket.last.say(theirs(2, "two"));
    expect(other.unread).toBe(0);
  });

  it("leaves an ended conversation for a new one, and hears no more of it", async () => {
    const chat = await talking();
    FakeSocket.last.say(theirs(1, "bye"));
    FakeSocket.last.say({ type: "state", conversation: { ...OPEN, state: "ended", head: 1 } });
    expect(chat.ended).toBe(true);
    chat.start({ text: "again" });
    FakeSocket.last.drop();
    await pass(1_000);
    await welcome({ ...OPEN, state: "ended", head: 1 });
    FakeSocket.last.say(theirs(1, "bye"));
    expect(shown(chat)).toEqual(["sending: again"]);
    const id = said("start")[0]?.client_message_id as string;
    FakeSocket.last.say(entry(1, { kind: "customer_message", text: "again", client_message_id: id }, "c2"));
    expect(chat.conversation?.conversation).toBe("c2");
    expect(shown(chat)).toEqual(["again"]);
  });

  it("follows a conversation that was started in another tab", async () => {
    const chat = new Chat("velour", "fr");
    chat.open();
    await welcome();
    FakeSocket.last.say(mine(1, "from there", "other-tab"));
    FakeSocket.last.say({ type: "state", conversation: { ...OPEN, state: "waiting", head: 1 } });
    expect(shown(chat)).toEqual(["from there"]);
  });

  it("asks for no rating twice on this device", async () => {
    const chat = await talking();
    FakeSocket.last.say({ type: "state", conversation: { ...OPEN, state: "ended" } });
    chat.spareRating();
    const later = new Chat("velour", "fr");
    later.open();
    await welcome({ ...OPEN, state: "ended" });
    expect(later.conversation?.rated).toBe(true);
  });
});

// A socket that comes back for ever, and the two things that make coming back harmless: an outbox and a log by position.
//
// The rules (docs/protocol.md): the first frame is `hello` with a fresh one-time ticket and where we stand; only `welcome` makes the
// connection live. Silence of 25 s means it is dead, whatever the browser believes. A message stays in the outbox until its `ack`, and the
// same id is sent again until then. Positions come without gaps; a gap means: reconnect with `resume`.

import { HubRefusal } from "./http";

export const CLOSE = {
  normal: 1000,
  going_away: 1012,
  hello_expected: 4001,
  refused: 4003,
  slow_reader: 4008,
  superseded: 4009,
  revoked: 4010,
  limited: 4429,
  malformed: 4400,
} as const;

export type Status =
  | { readonly kind: "idle" }
  | { readonly kind: "connecting" }
  | { readonly kind: "live" }
  /** `since` and `next` are of `Date.now()`; `next` is when the next attempt starts. */
  | { readonly kind: "reconnecting"; readonly since: number; readonly next: number; readonly attempt: number }
  | { readonly kind: "stopped"; readonly code: number };

interface Frame {
  readonly type: string;
}

export interface SocketOptions<Out extends Frame, In extends Frame> {
  /** Path or address of the socket; a path means our own origin. */
  readonly url: string;
  /** A fresh one-time ticket, for every connection anew. What it throws means `reconnecting`, unless `final` says otherwise. */
  readonly ticket: () => Promise<string>;
  /** The first frame: built when the socket is open, so that `resume` says where we stand at that instant. */
  readonly hello: (ticket: string) => Out;
  readonly frame: (frame: In) => void;
  readonly status?: (status: Status) => void;
  /** Whether an error of `ticket` will never go away by itself (signed out). */
  readonly final?: (error: unknown) => boolean;
  readonly silenceMs?: number;
  readonly welcomeMs?: number;
  readonly random?: () => number;
  readonly open?: (url: string) => WebSocket;
}

const BACK_OFF_MS_MIN = 500;
// Every screen shall have converged within 30 s of healing: half of that may be spent waiting.
const BACK_OFF_MS_MAX = 15_000;
const STEADY_MS = 5_000;

export class HubSocket<Out extends Frame, In extends Frame> {
  readonly #options: SocketOptions<Out, In>;
  readonly #random: () => number;
  #socket: WebSocket | null = null;
  #status: Status = { kind: "idle" };
  #attempt = 0;
  #try = 0;
  #lostAt = 0;
  #liveAt = 0;
  #heardAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #watch: ReturnType<typeof setTimeout> | undefined;

  constructor(options: SocketOptions<Out, In>) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
  }

  get status(): Status {
    return this.#status;
  }

  get live(): boolean {
    return this.#status.kind === "live";
  }

  start(): void {
    if (this.#status.kind !== "idle" && this.#status.kind !== "stopped") return;
    addEventListener("online", this.#nudge);
    document.addEventListener("visibilitychange", this.#nudge);
    this.#attempt = 0;
    void this.#connect();
  }

  stop(code: number = CLOSE.normal): void {
    removeEventListener("online", this.#nudge);
    document.removeEventListener("visibilitychange", this.#nudge);
    this.#drop();
    this.#say({ kind: "stopped", code });
  }

  /** Ends this connection and resumes at once: for a gap, or a head beyond what we have. */
  reconnect(): void {
    if (this.#status.kind === "stopped" || this.#status.kind === "idle") return;
    this.#drop();
    this.#later(0);
  }

  /** Sends if the connection is live. False means: not sent, and nothing is kept; what must arrive belongs into an `Outbox`. */
  send(frame: Out): boolean {
    if (!this.live || this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  async #connect(): Promise<void> {
    const turn = ++this.#try;
    if (this.#status.kind !== "reconnecting") this.#say({ kind: "connecting" });
    let ticket: string;
    try {
      ticket = await this.#options.ticket();
    } catch (error) {
      if (turn !== this.#try) return;
      if (this.#options.final?.(error)) this.stop(CLOSE.revoked);
      else this.#later(Math.max(this.#backOff(), this.#toldToWait(error)));
      return;
    }
    if (turn === this.#try) this.#open(ticket);
  }

  #open(ticket: string): void {
    const { url, open, hello, welcomeMs = 10_000 } = this.#options;
    let socket: WebSocket;
    try {
      socket = open ? open(url) : new WebSocket(new URL(url, location.href.replace(/^http/, "ws")));
    } catch {
      this.#later(this.#backOff());
      return;
    }
    this.#socket = socket;
    const mine = (): boolean => this.#socket === socket;
    socket.onopen = () => mine() && socket.send(JSON.stringify(hello(ticket)));
    socket.onmessage = (event: MessageEvent<unknown>) => {
      if (mine() && typeof event.data === "string") this.#hear(JSON.parse(event.data) as In);
    };
    socket.onclose = (event) => mine() && this.#closed(event.code);
    this.#listen(welcomeMs);
  }

  #hear(frame: In): void {
    this.#heardAt = Date.now();
    this.#listen(this.#options.silenceMs ?? 25_000);
    if (frame.type === "welcome") this.#liveAt = Date.now();
    if (frame.type === "reconnect") {
      this.#options.frame(frame);
      const after = (frame as unknown as { after_seconds: number }).after_seconds * 1000;
      this.#drop();
      this.#later(after + this.#random() * Math.max(after, 1000));
      return;
    }
    // `welcome` reaches the owner before anybody hears "live": its answer to "live" may be to send, and it must know where it stands.
    this.#options.frame(frame);
    if (frame.type === "welcome" && this.#socket) this.#say({ kind: "live" });
  }

  #closed(code: number): void {
    this.#drop();
    if (code === CLOSE.superseded || code === CLOSE.revoked) this.stop(code);
    else this.#later(this.#backOff());
  }

  /** Forgets the present connection; whatever it still says is not heard. */
  #drop(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#watch);
    this.#try++;
    if (this.#liveAt && Date.now() - this.#liveAt >= STEADY_MS) this.#attempt = 0;
    this.#liveAt = 0;
    const socket = this.#socket;
    this.#socket = null;
    if (socket && socket.readyState <= WebSocket.OPEN) socket.close(CLOSE.normal);
  }

  #later(ms: number): void {
    if (this.#status.kind !== "reconnecting") this.#lostAt = Date.now();
    this.#say({ kind: "reconnecting", since: this.#lostAt, next: Date.now() + ms, attempt: this.#attempt });
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#connect(), ms);
  }

  /** Who was told when to come again comes then, or a little later: they were told in numbers. */
  #toldToWait(error: unknown): number {
    const after = error instanceof HubRefusal ? (error.retryAfterSeconds ?? 0) * 1_000 : 0;
    return after && after + this.#random() * 1_000;
  }

  /** Doubling with full jitter: after a restart, a thousand clients spread instead of knocking together. */
  #backOff(): number {
    const ceiling = Math.min(BACK_OFF_MS_MAX, BACK_OFF_MS_MIN * 2 ** this.#attempt);
    this.#attempt = Math.min(this.#attempt + 1, 16);
    return ceiling / 4 + this.#random() * ceiling * 0.75;
  }

  /** Re-armed by every frame. A tab that slept may fire late with frames waiting: only true silence counts. */
  #listen(ms: number): void {
    clearTimeout(this.#watch);
    this.#watch = setTimeout(() => {
      this.#drop();
      this.#later(this.#liveAt ? 0 : this.#backOff());
    }, ms);
  }

  /** The network is back, or the person is: no reason to wait out the back-off. */
  #nudge = (): void => {
    if (document.visibilityState === "hidden") return;
    if (this.#status.kind === "reconnecting") {
      clearTimeout(this.#timer);
      this.#later(this.#random() * 250);
    } else if (this.live && Date.now() - this.#heardAt > (this.#options.silenceMs ?? 25_000)) this.reconnect();
  };

  #say(status: Status): void {
    this.#status = status;
    this.#options.status?.(status);
  }
}

/** An id for a message, unique for ever. Not `randomUUID`: that one is missing where the page came over plain http. */
export function mintId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export interface Pending {
  readonly client_message_id: string;
  readonly at: number;
  /** Messages of one lane are sent one after the other; lanes do not wait for each other. */
  readonly lane: string;
}

/** Why something waits: a code for the catalogue, and the server's own sentence. */
export interface Why {
  readonly code: string;
  readonly sentence: string;
  readonly values?: Record<string, string>;
}

export interface OutboxOptions<Item extends Pending, Out extends Frame> {
  /** Begins the storage keys: one outbox per person and brand on this device. */
  readonly prefix: string;
  readonly storage: Storage | null;
  /** The frame that carries an item, or null while it cannot be sent (its conversation is not open yet). */
  readonly frame: (item: Item) => Out | null;
  readonly send: (frame: Out) => boolean;
  readonly changed?: () => void;
  readonly ackMs?: number;
}

/**
 * What was written and is not yet acknowledged. Survives a reload; each item stands under its own key, so tabs never overwrite each other.
 *
 * One message of a lane is under way at a time. That is what keeps them in order when the first is refused with "try again later".
 */
export class Outbox<Item extends Pending, Out extends Frame> {
  readonly #options: OutboxOptions<Item, Out>;
  readonly #items = new Map<string, Item>();
  readonly #underWay = new Map<string, { id: string; timer: ReturnType<typeof setTimeout> }>();
  readonly #why = new Map<string, Why>();

  constructor(options: OutboxOptions<Item, Out>) {
    this.#options = options;
    for (const item of this.#stored()) this.#items.set(item.client_message_id, item);
  }

  get items(): Item[] {
    return [...this.#items.values()].sort((a, b) => a.at - b.at);
  }

  has(id: string): boolean {
    return this.#items.has(id);
  }

  add(item: Item): void {
    this.#items.set(item.client_message_id, item);
    this.#keep(item);
    this.#changed();
    this.flush();
  }

  /** After `welcome`: nothing that was under way on the old connection counts. */
  resend(): void {
    for (const { timer } of this.#underWay.values()) clearTimeout(timer);
    this.#underWay.clear();
    if (this.#why.size) {
      this.#why.clear();
      this.#changed();
    }
    this.flush();
  }

  /** It is in the log (by `ack`, or because its entry came): forget it, send the next. */
  settle(id: string): Item | undefined {
    const item = this.#items.get(id);
    if (!item) return undefined;
    this.#items.delete(id);
    this.#why.delete(id);
    this.#forget(id);
    this.#free(item.lane, id);
    this.#changed();
    this.flush();
    return item;
  }

  /** It was refused but may be tried again: the lane waits, and whoever wrote it may read why. */
  retry(id: string, afterMs: number, why?: Why): void {
    const item = this.#items.get(id);
    if (!item) return;
    this.#hold(item, afterMs);
    if (!why) return;
    this.#why.set(id, why);
    this.#changed();
  }

  /** Why it has not gone yet, until it has. */
  waitsBecause(id: string): Why | undefined {
    return this.#why.get(id);
  }

  /** Sends the first of every lane that has nothing under way. */
  flush(): void {
    for (const item of this.items) {
      if (this.#underWay.has(item.lane)) continue;
      const frame = this.#options.frame(item);
      if (frame && this.#options.send(frame)) this.#hold(item, this.#options.ackMs ?? 10_000);
      // What cannot go now must not be overtaken by what comes after it in its lane.
      else this.#underWay.set(item.lane, { id: "", timer: 0 as never });
    }
    for (const [lane, { id }] of this.#underWay) if (!id) this.#underWay.delete(lane);
  }

  #hold(item: Item, ms: number): void {
    this.#free(item.lane);
    const timer = setTimeout(() => {
      this.#free(item.lane, item.client_message_id);
      this.flush();
    }, ms);
    this.#underWay.set(item.lane, { id: item.client_message_id, timer });
  }

  #free(lane: string, id?: string): void {
    const there = this.#underWay.get(lane);
    if (!there || (id !== undefined && there.id !== id)) return;
    clearTimeout(there.timer);
    this.#underWay.delete(lane);
  }

  #stored(): Item[] {
    const { storage, prefix } = this.#options;
    const found: Item[] = [];
    try {
      for (let n = 0; n < (storage?.length ?? 0); n++) {
        const key = storage?.key(n);
        if (key?.startsWith(prefix)) found.push(JSON.parse(storage?.getItem(key) ?? "null") as Item);
      }
    } catch {
      // Storage refused or spoilt: what can be read is kept.
    }
    return found.filter((item) => item?.client_message_id);
  }

  #keep(item: Item): void {
    try {
      this.#options.storage?.setItem(this.#options.prefix + item.client_message_id, JSON.stringify(item));
    } catch {
      // Full or refused: the message lives in memory until the page is left.
    }
  }

  #forget(id: string): void {
    try {
      this.#options.storage?.removeItem(this.#options.prefix + id);
    } catch {
      // Nothing was kept, then.
    }
  }

  #changed(): void {
    this.#options.changed?.();
  }
}

/** One conversation's entries in order. Positions are 1, 2, 3 …; what comes twice is known, what jumps is a gap. */
export class Log<Entry extends { readonly position: number }> {
  entries: readonly Entry[] = [];

  get head(): number {
    return this.entries.at(-1)?.position ?? 0;
  }

  take(entry: Entry): "new" | "known" | "gap" {
    if (entry.position <= this.head) return "known";
    if (entry.position > this.head + 1) return "gap";
    this.entries = [...this.entries, entry];
    return "new";
  }

  clear(): void {
    this.entries = [];
  }
}

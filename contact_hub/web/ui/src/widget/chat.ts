// One visitor's talk with one brand: what stands now, as plain fields, and what a visitor can do, as methods. Knows frames and nothing of layout;
// `watch` calls after every change.
//
// What the server says is kept as it was said; what the visitor wrote stays in the outbox until its entry is in the log. So a bubble is
// drawn exactly once: pending, then acknowledged, then as the entry that every other tab has, too.
import { ownZone } from "$shared/format";
import { HubRefusal, post } from "$shared/http";
import type * as P from "$shared/protocol.gen";
import { PROTOCOL } from "$shared/protocol.gen";
import { HubSocket, Log, mintId, Outbox, type Pending, type Status, type Why } from "$shared/socket";
import { Device } from "./device";
import { speakFrom } from "./texts";

/** What a visitor filled in before the chat. */
export interface Form {
  text: string;
  kind?: string;
  name?: string;
  email?: string;
}

interface Written extends Pending, Form {
  readonly what: "start" | "post";
  /** Absent while its conversation is not open yet. */
  readonly conversation?: string;
  readonly language?: string;
}

/** A message on its way. `position` is known once it is acknowledged; `refused` is why it will not go by itself. */
export interface Bubble {
  readonly id: string;
  readonly text: string;
  readonly acked: boolean;
  readonly refused?: P.Refusal;
  /** Why it has to wait; it will go by itself. */
  readonly waits?: Why;
}

interface Session {
  token: string;
  ticket: string;
  brand: P.BrandFace;
  hours: P.OpeningHours;
  texts: string;
}

const OFFERED_AGAIN_MAX = 20;
const TYPING_EVERY_MS = 3_000;
const TYPING_FADES_MS = 6_000;

export class Chat {
  status: Status = { kind: "idle" };
  /** The session could not be had: why. The socket keeps trying unless the refusal is final. */
  trouble: HubRefusal | null = null;
  brand: P.BrandFace | null = null;
  hours: P.OpeningHours = { open: true };
  conversation: P.ConversationState | null = null;
  entries: readonly P.PublicEntry[] = [];
  bubbles: readonly Bubble[] = [];
  queue: P.Queue | null = null;
  typing: P.PersonaFace | null = null;
  refusal: P.Refusal | null = null;
  visitor: string | null = null;
  /** The visitor's own choice of language; null: recognised. */
  chosen: string | null = null;
  /** Everything up to the head of `welcome` has arrived: what comes now is news. */
  settled = false;
  /** Whether we know if there is a conversation: a visitor without a token has none. */
  known = false;
  read = 0;
  /** A rating was given just now. */
  thanked = false;

  get unread(): number {
    return this.entries.filter((entry) => entry.body.kind === "brand_message" && entry.position > this.read).length;
  }

  get ended(): boolean {
    return this.conversation?.state === "ended";
  }

  readonly #id: string;
  readonly #device: Device;
  readonly #page: string;
  readonly #socket: HubSocket<P.FromWidget, P.ToWidget>;
  readonly #outbox: Outbox<Written, P.FromWidget>;
  readonly #log = new Log<P.PublicEntry>();
  readonly #acked = new Map<string, Written>();
  readonly #refused = new Map<string, { item: Written; why: P.Refusal }>();
  /** Own messages that a resync took away, until they are found again. */
  readonly #lost = new Map<string, string>();
  #epoch = "";
  #textsUrl = "";
  #ratedHere = "";
  /** The ended conversation that was left for a new one: what still comes of it is not shown. */
  #left = "";
  #typedAt = 0;
  #typingFades: ReturnType<typeof setTimeout> | undefined;
  #watcher: () => void = () => undefined;
  #telling = false;

  constructor(brand: string, pageLanguage: string) {
    this.#id = brand;
    this.#page = pageLanguage;
    this.#device = new Device(brand);
    this.chosen = this.#device.read("language");
    this.known = !this.#device.read("token");
    this.#device.watch("read", () => this.#recallRead());
    this.#device.watch("language", (tag) => void this.#spoken(tag));
    this.#outbox = new Outbox({
      ...this.#device.outbox,
      frame: (item) => this.#frame(item),
      send: (frame) => this.#socket.send(frame),
      changed: () => this.#draw(),
    });
    this.#socket = new HubSocket({
      url: "/v1/widget/socket",
      ticket: async () => (await this.#session()).ticket,
      hello: (ticket) => this.#hello(ticket),
      frame: (frame) => this.#hear(frame),
      status: (status) => this.#moved(status),
      final: (error) => error instanceof HubRefusal && ["brand_unknown", "origin_refused", "not_found"].includes(error.code),
    });
    this.#draw();
  }

  // ---------------------------------------------------------------- what a visitor can do

  open(): void {
    this.#socket.start();
  }

  /** What is written and not sent: a reload must not cost it. Of this tab alone, or two tabs would write over each other. */
  get draft(): string {
    return this.#device.readHere("draft") ?? "";
  }

  set draft(text: string) {
    this.#device.writeHere("draft", text);
  }

  watch(watcher: () => void): void {
    this.#watcher = watcher;
  }

  start(form: Form): void {
    this.#leave();
    this.#write({ what: "start", ...form, text: form.text.trim() });
  }

  say(text: string): void {
    this.#write({ what: "post", text: text.trim(), conversation: this.conversation?.conversation });
  }

  /** A refused message once more, as a new one: in this conversation, or in a new one where this has ended. */
  again(id: string): void {
    const refused = this.#refused.get(id);
    if (!refused) return;
    this.#refused.delete(id);
    const { what, kind, name, email, text } = refused.item;
    if (what === "start" || this.ended || !this.conversation) this.start({ text, kind, name, email });
    else this.say(text);
  }

  type(): void {
    const conversation = this.conversation?.conversation;
    if (!conversation || this.ended || Date.now() - this.#typedAt < TYPING_EVERY_MS) return;
    if (this.#socket.send({ type: "typing", conversation })) this.#typedAt = Date.now();
  }

  /** Everything there is has been seen. */
  see(): void {
    const conversation = this.conversation?.conversation;
    const head = this.#log.head;
    if (!conversation || head <= this.read) return;
    this.read = head;
    this.#changed();
    this.#device.write("read", `${conversation}|${head}`);
    this.#socket.send({ type: "read", conversation, position: head });
  }

  end(): void {
    if (this.conversation) this.#socket.send({ type: "end", conversation: this.conversation.conversation });
  }

  /** False: it could not be sent now, and should be asked for again. */
  rate(score: number, comment: string): boolean {
    const conversation = this.conversation?.conversation;
    if (!conversation || !this.#socket.send({ type: "rate", conversation, score, comment })) return false;
    this.spareRating();
    this.thanked = true;
    return true;
  }

  /** Whether the talk can be had by mail: it is over, somebody answered, and it is not on its way yet. */
  get mailable(): boolean {
    const kinds = (kind: string) => this.entries.some(({ body }) => body.kind === kind);
    const sent = this.entries.some(({ body }) => body.kind === "notice" && body.key === "notice.transcript_sent");
    return this.ended && !!this.brand?.mail && kinds("brand_message") && !sent;
  }

  /** Has the talk sent by mail. */
  mail(email: string): boolean {
    const conversation = this.conversation?.conversation;
    return !!conversation && this.#socket.send({ type: "transcript", conversation, email });
  }

  /** The visitor does not wish to rate; remembered here, for it is nobody else's business. */
  spareRating(): void {
    if (!this.conversation) return;
    this.#ratedHere = this.conversation.conversation;
    this.#device.write("rated", this.#ratedHere);
    this.conversation = { ...this.conversation, rated: true };
    this.#changed();
  }

  /** `null` leaves it to us again. */
  async choose(tag: string | null): Promise<void> {
    this.#device.write("language", tag);
    await this.#spoken(tag);
    if (tag && this.conversation && !this.ended) {
      this.#socket.send({ type: "language", conversation: this.conversation.conversation, tag });
    }
  }

  // ---------------------------------------------------------------- the session

  get #locales(): string[] {
    return [...new Set([...(this.chosen ? [this.chosen] : []), ...navigator.languages])].slice(0, 12);
  }

  /** A choice counts for more than the language of the page around us. */
  get #shownIn(): string | null {
    return this.chosen ?? (this.#page || null);
  }

  async #session(): Promise<Session> {
    const token = this.#device.read("token");
    const body = { brand: this.#id, locales: this.#locales, page_language: this.#shownIn, zone: ownZone() };
    const open = (headers: Record<string, string>) => post<Session>("/api/widget/session", body, headers);
    let session: Session;
    try {
      session = await open(token ? { authorization: `Bearer ${token}` } : {}).catch((error: unknown) => {
        // A token that is no longer known makes a new visitor, not a broken chat.
        if (token && error instanceof HubRefusal && error.status === 401) return open({});
        throw error;
      });
    } catch (error) {
      if (error instanceof HubRefusal) await this.#excuse();
      this.trouble = error instanceof HubRefusal ? error : this.trouble;
      this.#changed();
      throw error;
    }
    this.trouble = null;
    this.#device.write("token", session.token);
    this.hours = session.hours;
    await this.#wear(session.brand, session.texts);
    return session;
  }

  /** Before the first session we know neither the brand nor its language: what is wrong is said in the reader's own. */
  async #excuse(): Promise<void> {
    const tag = this.#shownIn ?? this.#locales[0];
    if (!this.#textsUrl && !this.trouble && tag) await speakFrom(`/api/texts/widget/${encodeURIComponent(tag)}.json`).catch(() => undefined);
  }

  async #wear(brand: P.BrandFace, textsUrl: string): Promise<void> {
    try {
      if (textsUrl !== this.#textsUrl) await speakFrom(textsUrl, brand.texts);
      this.#textsUrl = textsUrl;
    } finally {
      this.brand = brand;
      this.#changed();
    }
  }

  async #spoken(tag: string | null): Promise<void> {
    this.chosen = tag;
    await this.#session().catch(() => undefined);
  }

  // ---------------------------------------------------------------- frames out

  #hello(ticket: string): P.Hello {
    const conversation = this.conversation?.conversation;
    return {
      type: "hello",
      protocol: PROTOCOL,
      ticket,
      ...(conversation && { resume: { epoch: this.#epoch, conversation, position: this.#log.head } }),
      locales: this.#locales,
      page_language: this.#shownIn,
      zone: ownZone(),
    };
  }

  #write(written: Omit<Written, "client_message_id" | "at" | "lane">): void {
    this.refusal = null;
    this.#outbox.add({ ...written, ...(this.chosen && { language: this.chosen }), client_message_id: mintId(), at: Date.now(), lane: "" });
  }

  #frame(item: Written): P.FromWidget | null {
    const { client_message_id, text, kind, name, email, language } = item;
    if (item.what === "start") {
      const filled = { ...(kind && { kind }), ...(name && { name }), ...(email && { email }), ...(language && { language }) };
      return { type: "start", client_message_id, text, ...filled };
    }
    const conversation = item.conversation ?? this.conversation?.conversation;
    return conversation ? { type: "post", client_message_id, conversation, text } : null;
  }

  // ---------------------------------------------------------------- frames in

  #hear(frame: P.ToWidget): void {
    this.#changed();
    switch (frame.type) {
      case "welcome":
        return this.#welcomed(frame);
      case "face":
        void this.#wear(frame.brand, frame.texts).catch(() => undefined);
        return;
      case "resync":
        return this.#resynced(frame);
      case "entry":
        return this.#entered(frame);
      case "ack":
        return this.#acknowledged(frame);
      case "state":
        return this.#stands(frame.conversation);
      case "queue":
        this.queue = frame;
        return;
      case "brand_typing":
        this.#types(frame.persona ?? { name: this.brand?.name ?? "" });
        return;
      case "hours":
        this.hours = frame.hours;
        return;
      case "heartbeat":
        // While one conversation was left and the next is not open, the head is that of the one left.
        if (this.conversation && frame.head > this.#log.head) this.#socket.reconnect();
        return;
      case "refusal":
        return this.#refuse(frame);
      case "reconnect":
        return;
    }
  }

  #welcomed({ epoch, brand, texts, hours, conversation, visitor_name }: P.Welcome): void {
    // Of another epoch nothing we have can be trusted. The `resync` that says so comes after this, and may be lost with the connection.
    if (epoch !== this.#epoch && conversation && conversation.conversation === this.conversation?.conversation) this.#takenBack();
    this.#epoch = epoch;
    if (this.refusal?.retry_after_seconds != null) this.refusal = null;
    this.brand = brand;
    void this.#wear(brand, texts).catch(() => undefined);
    this.hours = hours;
    this.visitor = visitor_name ?? null;
    if (conversation?.state === "ended" && this.#outbox.items.some(({ what }) => what === "start")) this.#left = conversation.conversation;
    if (conversation) this.#stands(conversation);
    this.settled = this.#log.head >= (this.conversation?.head ?? 0);
    this.known = true;
  }

  /** What we have is not theirs any more. */
  #resynced({ because, epoch }: P.Resync): void {
    this.#epoch = epoch;
    if (because === "epoch") this.#takenBack();
    else this.#forget();
    this.#caughtUp();
  }

  /** After a restored database our own last words may be missing there: they are kept to be offered again. */
  #takenBack(): void {
    const kept = this.entries.flatMap(({ body }) => (body.kind === "customer_message" ? [body] : []));
    this.#forget();
    for (const { client_message_id, text } of kept.slice(-OFFERED_AGAIN_MAX)) this.#lost.set(client_message_id, text);
  }

  /** Once everything they have is here, what is still missing of ours is sent again, under its own id. */
  #caughtUp(): void {
    if (this.#log.head < (this.conversation?.head ?? 0)) return;
    this.settled = true;
    const lost = [...this.#lost];
    this.#lost.clear();
    for (const [client_message_id, text] of lost) {
      this.#outbox.add({ what: "post", text, client_message_id, conversation: this.conversation?.conversation, at: Date.now(), lane: "" });
    }
  }

  #moved(status: Status): void {
    this.status = status;
    this.#changed();
    if (status.kind === "live") this.#outbox.resend();
    else this.typing = null;
  }

  #stands(conversation: P.ConversationState): void {
    if (conversation.conversation === this.#left) return;
    if (this.conversation?.conversation !== conversation.conversation) {
      this.#forget();
      this.#ratedHere = this.#device.read("rated") ?? "";
    }
    this.conversation = { ...conversation, rated: conversation.rated || this.#ratedHere === conversation.conversation };
    if (conversation.state !== "waiting") this.queue = null;
    this.#recallRead(conversation.customer_read);
    this.#outbox.flush();
  }

  #entered(entry: P.PublicEntry): void {
    if (entry.conversation === this.#left) return;
    if (entry.conversation !== this.conversation?.conversation) {
      // Started in another tab; anything but its beginning means we missed that.
      if (entry.position !== 1) return this.#socket.reconnect();
      this.#stands({ conversation: entry.conversation, state: "waiting", head: 1 });
    }
    if (this.#log.take(entry) === "gap") return this.#socket.reconnect();
    this.entries = this.#log.entries;
    if (entry.body.kind === "customer_message") {
      this.#lost.delete(entry.body.client_message_id);
      this.#acked.delete(entry.body.client_message_id);
      this.#refused.delete(entry.body.client_message_id);
      this.#outbox.settle(entry.body.client_message_id);
    } else if (entry.body.kind === "brand_message") this.typing = null;
    this.#caughtUp();
    this.#draw();
  }

  #acknowledged({ client_message_id, conversation, position }: P.Ack): void {
    const item = this.#outbox.items.find((item) => item.client_message_id === client_message_id);
    if (conversation !== this.conversation?.conversation) this.#stands({ conversation, state: "waiting", head: position });
    if (item && position > this.#log.head) this.#acked.set(client_message_id, item);
    this.#outbox.settle(client_message_id);
    this.#draw();
  }

  #refuse(refusal: P.Refusal): void {
    const { about, code, retry_after_seconds: after } = refusal;
    const item = this.#outbox.items.find((item) => item.client_message_id === about);
    if (!item) this.refusal = refusal;
    else if (after != null) this.#outbox.retry(item.client_message_id, after * 1000, refusal);
    else if (code === "id_reused") this.#outbox.settle(item.client_message_id);
    else if (code === "conversation_open") {
      // Another tab was first: what was meant to open a conversation goes into the one that is open.
      this.#outbox.settle(item.client_message_id);
      this.#outbox.add({ ...item, what: "post", client_message_id: mintId() });
      if (!this.conversation || this.ended) this.#socket.reconnect();
    } else {
      this.#refused.set(item.client_message_id, { item, why: refusal });
      this.#outbox.settle(item.client_message_id);
      this.#draw();
    }
  }

  #types(persona: P.PersonaFace): void {
    clearTimeout(this.#typingFades);
    this.typing = persona;
    this.#typingFades = setTimeout(() => {
      this.typing = null;
      this.#changed();
    }, TYPING_FADES_MS);
  }

  // ---------------------------------------------------------------- what is kept

  /** Leaves an ended conversation for a new one. */
  #leave(): void {
    this.#left = this.conversation?.conversation ?? this.#left;
    this.conversation = null;
    this.thanked = false;
    this.#forget();
  }

  #forget(): void {
    this.#log.clear();
    this.#acked.clear();
    this.entries = [];
    this.queue = null;
    this.typing = null;
    this.settled = false;
    this.read = 0;
    this.#draw();
  }

  #recallRead(known = 0): void {
    const [conversation, position] = (this.#device.read("read") ?? "").split("|");
    const here = conversation === this.conversation?.conversation ? Number(position) : 0;
    this.read = Math.max(this.read, known, here);
    this.#changed();
  }

  #draw(): void {
    const bubble = (item: Written, acked: boolean, refused?: P.Refusal): [number, Bubble] => [
      item.at,
      { id: item.client_message_id, text: item.text, acked, refused, waits: acked ? undefined : this.#outbox.waitsBecause(item.client_message_id) },
    ];
    this.bubbles = [
      ...[...this.#acked.values()].map((item) => bubble(item, true)),
      ...this.#outbox.items.map((item) => bubble(item, false)),
      ...[...this.#refused.values()].map(({ item, why }) => bubble(item, false, why)),
    ]
      .sort(([a], [b]) => a - b)
      .map(([, bubble]) => bubble);
    this.#changed();
  }

  /** However much one frame moved, the screen is drawn once. */
  #changed(): void {
    if (this.#telling) return;
    this.#telling = true;
    queueMicrotask(() => {
      this.#telling = false;
      this.#watcher();
    });
  }
}

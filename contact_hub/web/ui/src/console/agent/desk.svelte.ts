// The agent's desk: the view as the server tells it, and what the agent does with it. Everything that must arrive goes through the outbox,
// everything that was begun through the drafts; the screen reads, and calls the verbs below.
import { CLOSE, type HubSocket, mintId, Outbox, type Pending, type Status } from "$shared/socket";
import {
  type BrandVoice,
  type ConversationCard,
  type FromConsole,
  type HistoryItem,
  PROTOCOL,
  type Refusal,
  type ToConsole,
} from "$shared/protocol.gen";
import { t } from "$shared/texts.svelte";
import { sentence } from "../parts/refusal";
import { Drafts, type Mode } from "./drafts";
import { addressesIn, answering, type MailHead } from "./mailing";
import { setServerTime } from "./time.svelte";
import { behind, type Desk as View, EMPTY, head, hear, inHand, NOTHING, resume, ringing } from "./view";

/** A reply or note on its way. */
export interface Written extends Pending {
  readonly conversation: string;
  readonly mode: Mode;
  readonly text: string;
  readonly confirmed: readonly string[];
  /** Where it is a mail: its head. */
  readonly mail?: MailHead;
  /** Where it sends a mail on: which, and to whom. */
  readonly forward?: { readonly position: number; readonly to: string };
}

/** What the guard, or another rule, said about a text that is back in the composer. */
export interface Findings {
  readonly text: string;
  readonly codes: readonly string[];
  /** The words it is about. */
  readonly excerpts?: string;
  /** The agent may insist. */
  readonly insist: boolean;
  readonly sentence: string;
}

export interface Note {
  readonly id: number;
  readonly tone: "info" | "bad";
  readonly text: string;
  /** Words of the agent's that found no place any more; shown until put away. */
  readonly words?: string;
}

export interface DeskOptions {
  readonly account: string;
  readonly storage: Storage | null;
  readonly socket: (parts: {
    hello: (ticket: string) => FromConsole;
    frame: (frame: ToConsole) => void;
    status: (status: Status) => void;
  }) => Pick<HubSocket<FromConsole, ToConsole>, "send" | "start" | "stop" | "reconnect" | "live">;
}

const TYPING_EVERY_MS = 3_000;
const TYPING_FADES_MS = 6_000;
const DRAFT_AFTER_MS = 1_000;
const NOTE_STAYS_MS = 8_000;

export class Desk {
  // The view in parts, each told only when it changed: a word in one thread moves nothing but that thread.
  #me = $state.raw(EMPTY.me);
  #offers = $state.raw(EMPTY.offers);
  #cards = $state.raw(EMPTY.conversations);
  #queues = $state.raw(EMPTY.queues);
  #reference = $state.raw(EMPTY.reference);
  #threads = $state.raw(EMPTY.threads);
  readonly #ringing = $derived(ringing(this.#offers));
  readonly #inHand = $derived(inHand(this.#cards));
  #view: View = EMPTY;
  #status = $state.raw<Status>({ kind: "idle" });
  #selected = $state<string | null>(null);
  #pending = $state.raw<readonly Written[]>([]);
  #acked = $state.raw<readonly Written[]>([]);
  #typing = $state.raw<ReadonlySet<string>>(new Set());
  #findings = $state.raw<Readonly<Record<string, Findings>>>({});
  #histories = $state.raw<Readonly<Record<string, readonly HistoryItem[]>>>({});
  #notes = $state.raw<readonly Note[]>([]);
  #elsewhere = $state<"open" | "other" | null>(null);
  #caughtUp = $state<number | null>(null);
  #taking = $state.raw<ReadonlySet<string>>(new Set());
  #draftsSeen = $state(0);
  #said = $state("");
  /** Heads of mails as the agent changed them; what is not here is as the last mail has it. */
  #heads = $state.raw<Readonly<Record<string, MailHead>>>({});
  /** Chats that the agent wants to answer by mail. */
  #byMail = $state.raw<ReadonlySet<string>>(new Set());

  readonly #options: DeskOptions;
  readonly #socket: ReturnType<DeskOptions["socket"]>;
  readonly #outbox: Outbox<Written, FromConsole>;
  readonly #drafts: Drafts;
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  #takeOver = false;
  #wanted: string | null = null;
  #typed = new Map<string, number>();
  #read = new Map<string, number>();
  #lagging = new Map<string, number>();
  /** Given away by the agent: what is left of their drafts is left on purpose. */
  #leaving = new Set<string>();
  #count = 0;
  #everLive = false;

  constructor(options: DeskOptions) {
    this.#options = options;
    this.#drafts = new Drafts(options.storage, `hub.work.${options.account}.draft.`);
    this.#socket = options.socket({
      hello: (ticket) => ({ type: "hello", protocol: PROTOCOL, ticket, resume: resume(this.#view), take_over: this.#takeOver }),
      frame: (frame) => this.#hear(frame),
      status: (status) => this.#became(status),
    });
    this.#outbox = new Outbox<Written, FromConsole>({
      prefix: `hub.work.${options.account}.out.`,
      storage: options.storage,
      frame: (item) => carried(item),
      send: (frame) => this.#socket.send(frame),
      changed: () => (this.#pending = this.#outbox.items),
    });
    this.#pending = this.#outbox.items;
    this.#selected = this.#kept();
    this.#heads = this.#keptHeads();
  }

  // ------------------------------------------------------------ what there is

  get me() {
    return this.#me;
  }

  get reference() {
    return this.#reference;
  }

  get queues() {
    return this.#queues;
  }

  get status(): Status {
    return this.#status;
  }

  get live(): boolean {
    return this.#status.kind === "live";
  }

  get offers() {
    return this.#ringing;
  }

  get conversations(): ConversationCard[] {
    return this.#inHand;
  }

  get selectedId(): string | null {
    return this.#selected;
  }

  get selected(): ConversationCard | null {
    return this.#selected === null ? null : (this.#cards[this.#selected] ?? null);
  }

  get notes(): readonly Note[] {
    return this.#notes;
  }

  /** Whether this desk is (or was just taken) elsewhere. */
  get elsewhere() {
    return this.#elsewhere;
  }

  /** How many updates came with the last reconnect; null once put away. */
  get caughtUp(): number | null {
    return this.#caughtUp;
  }

  /** For screen readers: the last thing that happened and is not otherwise said. */
  get said(): string {
    return this.#said;
  }

  taking(offer: string): boolean {
    return this.#taking.has(offer);
  }

  thread(conversation: string) {
    return this.#threads[conversation] ?? NOTHING;
  }

  /** What is on its way, oldest first; `acked`: on disk, and about to appear in the thread. */
  underWay(conversation: string): (Written & { acked: boolean; waits?: string })[] {
    const mine = (item: Written) => item.conversation === conversation;
    return [
      ...this.#acked.filter(mine).map((item) => ({ ...item, acked: true })),
      ...this.#pending.filter(mine).map((item) => ({ ...item, acked: false, waits: this.#waits(item.client_message_id) })),
    ];
  }

  /** Why it has not gone yet, where the server told us to wait; it goes by itself. */
  #waits(id: string): string | undefined {
    const why = this.#outbox.waitsBecause(id);
    return why && sentence(why.code, why.sentence, why.values);
  }

  get unsent(): number {
    return this.#pending.length;
  }

  customerTypes(conversation: string): boolean {
    return this.#typing.has(conversation);
  }

  draft(conversation: string, mode: Mode): string {
    void this.#draftsSeen;
    return this.#drafts.text(conversation, mode);
  }

  findings(conversation: string, mode: Mode): Findings | null {
    return this.#findings[lane(conversation, mode)] ?? null;
  }

  history(conversation: string): readonly HistoryItem[] | null {
    return this.#histories[conversation] ?? null;
  }

  voice(brand: string): BrandVoice | null {
    return this.#reference?.brands[brand] ?? null;
  }

  /** How many messages of the customer the agent has not seen. */
  unread(card: ConversationCard): number {
    return Math.max(0, card.public_head - Math.max(card.agent_read, this.#read.get(card.conversation) ?? 0));
  }

  /** Whether what is written next goes out as a mail. */
  byMail(card: ConversationCard): boolean {
    return card.channel === "email" || this.#byMail.has(card.conversation);
  }

  /** The head of the mail that is being written. */
  head(card: ConversationCard): MailHead | null {
    const voice = this.voice(card.brand)?.mail;
    return voice ? (this.#heads[card.conversation] ?? answering(card, this.thread(card.conversation).public, voice)) : null;
  }

  // ------------------------------------------------------------ what the agent does

  answerByMail(conversation: string, wanted: boolean): void {
    const others = [...this.#byMail].filter((id) => id !== conversation);
    this.#byMail = new Set(wanted ? [...others, conversation] : others);
  }

  writeHead(card: ConversationCard, change: Partial<MailHead>): void {
    const head = this.head(card);
    if (head) this.#keepHeads({ ...this.#heads, [card.conversation]: { ...head, ...change } });
  }

  /** Sends what stands in the composer as a mail. */
  sendMail(card: ConversationCard, confirmed: readonly string[] = []): boolean {
    const mail = this.head(card);
    return mail !== null && this.send(card.conversation, "reply", confirmed, mail);
  }

  forwardMail(conversation: string, position: number, to: string, text: string): boolean {
    if (!to) return false;
    this.#outbox.add({
      client_message_id: mintId(),
      at: Date.now(),
      lane: lane(conversation, "note"),
      conversation,
      mode: "note",
      text,
      confirmed: [],
      forward: { position, to },
    });
    return true;
  }

  decideMail(conversation: string, mail: string, decision: "sent" | "again"): void {
    this.#try({ type: "decide_mail", conversation, mail, decision });
  }

  start(): void {
    this.#socket.start();
  }

  stop(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#socket.stop();
  }

  /** This window, whatever is open elsewhere. (Coming back to one's own desk after a cut needs no such word: `resume.desk` proves it ours.) */
  takeOver(): void {
    this.#takeOver = true;
    this.#elsewhere = null;
    this.#socket.start();
  }

  reconnect(): void {
    this.#socket.reconnect();
  }

  select(conversation: string | null): void {
    if (this.#selected) this.#tellDrafts(this.#selected);
    this.#selected = conversation;
    this.#wanted = null;
    this.#keep(conversation);
  }

  /** The next or the previous of the list, round the end. */
  step(by: number): void {
    const all = this.conversations;
    const at = all.findIndex((card) => card.conversation === this.#selected);
    const next = all[(Math.max(at, by < 0 ? 0 : -1) + by + all.length) % all.length];
    if (next) this.select(next.conversation);
  }

  setAvailability(availability: "ready" | "away" | "offline", reason: string | null = null): void {
    this.#try({ type: "availability", availability, reason });
  }

  accept(offer: string): boolean {
    const card = this.#view.offers[offer];
    if (!card || this.#taking.has(offer) || !this.#try({ type: "accept", offer })) return false;
    this.#taking = new Set([...this.#taking, offer]);
    this.#wanted = card.conversation;
    return true;
  }

  decline(offer: string, reason: string): boolean {
    return this.#try({ type: "decline", offer, reason });
  }

  write(conversation: string, mode: Mode, text: string): void {
    this.#drafts.write(conversation, mode, text);
    this.#draftsSeen++;
    const findings = this.#findings[lane(conversation, mode)];
    if (findings && findings.text !== text) this.#find(conversation, mode, null);
    this.#later(`draft ${conversation}`, DRAFT_AFTER_MS, () => this.#tellDrafts(conversation));
    if (mode === "reply" && text) this.#tellTyping(conversation);
  }

  /** Sends what stands in the composer. `confirmed`: the findings insisted on. */
  send(conversation: string, mode: Mode, confirmed: readonly string[] = [], mail?: MailHead): boolean {
    const text = this.#drafts.text(conversation, mode).trim();
    if (!text) return false;
    this.#find(conversation, mode, null);
    this.#outbox.add({ client_message_id: mintId(), at: Date.now(), lane: lane(conversation, mode), conversation, mode, text, confirmed, mail });
    if (mail) this.#keepHeads(without(this.#heads, [conversation]));
    this.#drafts.write(conversation, mode, "");
    this.#draftsSeen++;
    this.#typed.delete(conversation);
    this.#tellDrafts(conversation);
    return true;
  }

  /** Something to settle before it is sent, found on this side. */
  find(conversation: string, mode: Mode, codes: readonly string[]): void {
    const text = this.#drafts.text(conversation, mode);
    this.#find(conversation, mode, { text, codes, insist: true, sentence: "" });
  }

  read(conversation: string): void {
    const card = this.#view.conversations[conversation];
    const position = head(this.thread(conversation).public);
    if (!card || position <= Math.max(card.agent_read, this.#read.get(conversation) ?? 0)) return;
    if (this.#socket.send({ type: "read", conversation, position })) this.#read.set(conversation, position);
  }

  transfer(conversation: string, to: { pool?: string; agent?: string }, note: string): boolean {
    this.#leaving.add(conversation);
    return this.#try({ type: "transfer", conversation, pool: to.pool ?? null, agent: to.agent ?? null, note });
  }

  correctLanguage(conversation: string, tag: string): boolean {
    return this.#try({ type: "language", conversation, tag });
  }

  end(conversation: string): boolean {
    return this.#try({ type: "end", conversation });
  }

  wrapUp(conversation: string, disposition: string, note: string): boolean {
    this.#leaving.add(conversation);
    return this.#try({ type: "wrap_up", conversation, disposition, note });
  }

  askHistory(conversation: string): void {
    if (!(conversation in this.#histories)) this.#socket.send({ type: "history", conversation });
  }

  putAway(note: number): void {
    this.#notes = this.#notes.filter(({ id }) => id !== note);
  }

  putAwayCaughtUp(): void {
    this.#caughtUp = null;
  }

  // ------------------------------------------------------------ what the server says

  #hear(frame: ToConsole): void {
    const before = this.#view;
    const { desk, gap } = hear(before, frame);
    this.#show(desk);
    if (gap) this.#socket.reconnect();
    switch (frame.type) {
      case "welcome":
        setServerTime(frame.now);
        this.#welcomed(before, frame.caught_up ?? 0);
        break;
      case "delta":
        this.#changed(before);
        break;
      case "public_entry":
      case "staff_entry":
        this.#entered(frame);
        break;
      case "ack":
        this.#settled(frame.client_message_id, frame.position);
        break;
      case "customer_typing":
        this.#types(frame.conversation, true);
        this.#later(`typing ${frame.conversation}`, TYPING_FADES_MS, () => this.#types(frame.conversation, false));
        break;
      case "history":
        this.#histories = { ...this.#histories, [frame.conversation]: frame.items };
        break;
      case "heartbeat":
        this.#compare(frame.heads);
        break;
      case "superseded":
        this.#elsewhere = frame.by;
        this.#socket.stop(CLOSE.superseded);
        break;
      case "refusal":
        this.#refused(frame);
        break;
    }
  }

  #show(view: View): void {
    this.#view = view;
    this.#me = view.me;
    this.#offers = view.offers;
    this.#cards = view.conversations;
    this.#queues = view.queues;
    this.#reference = view.reference;
    this.#threads = view.threads;
  }

  #welcomed(before: View, caughtUp: number): void {
    this.#takeOver = false;
    this.#elsewhere = null;
    this.#taking = new Set();
    this.#lagging.clear();
    this.#read.clear();
    for (const card of Object.values(this.#view.conversations)) this.#meet(card);
    this.#follow(before, true);
    if (this.#everLive) {
      this.#caughtUp = caughtUp;
      this.#later("caught up", NOTE_STAYS_MS, () => (this.#caughtUp = null));
    }
    this.#everLive = true;
  }

  #meet(card: ConversationCard): void {
    this.#drafts.meet(card.conversation, "reply", card.draft_reply ?? "");
    this.#drafts.meet(card.conversation, "note", card.draft_note ?? "");
    this.#draftsSeen++;
  }

  #changed(before: View): void {
    const after = this.#view;
    for (const card of before.conversations === after.conversations ? [] : Object.values(after.conversations)) {
      const old = before.conversations[card.conversation];
      if (!old) this.#meet(card);
      else if (old !== card) {
        this.#drafts.echo(card.conversation, "reply", card.draft_reply ?? "");
        this.#drafts.echo(card.conversation, "note", card.draft_note ?? "");
      }
    }
    this.#follow(before);
    const live = [...this.#taking].filter((offer) => offer in after.offers);
    if (live.length !== this.#taking.size) this.#taking = new Set(live);
  }

  /** Conversations that came and went: show what was asked for, forget what is in other hands, give back words that found no reader. */
  #follow({ conversations: before }: View, first = false): void {
    const now = this.#view.conversations;
    if (now === before && this.#selected !== null) return;
    const gone = Object.keys(before).filter((id) => !(id in now));
    if (gone.length || first) {
      const orphans = this.#drafts.keepOnly(new Set(Object.keys(now)));
      for (const { conversation, text } of orphans) if (!this.#leaving.has(conversation)) this.#note("info", t("console.draft_orphan"), text);
      this.#forget(gone);
    }
    if (this.#wanted !== null && this.#wanted in now) this.select(this.#wanted);
    else if (this.#selected === null || !(this.#selected in now)) this.select(this.conversations[0]?.conversation ?? null);
  }

  #forget(gone: readonly string[]): void {
    for (const id of gone) {
      this.#find(id, "reply", null);
      this.#find(id, "note", null);
      this.#leaving.delete(id);
    }
    this.#histories = without(this.#histories, gone);
    this.#keepHeads(without(this.#heads, gone));
    this.#byMail = new Set([...this.#byMail].filter((id) => !gone.includes(id)));
    this.#acked = this.#acked.filter((item) => !gone.includes(item.conversation));
  }

  #entered(entry: Extract<ToConsole, { type: "public_entry" | "staff_entry" }>): void {
    const id = entry.client_message_id;
    if (id) {
      this.#outbox.settle(id);
      this.#acked = this.#acked.filter((item) => item.client_message_id !== id);
    }
    if (entry.type === "public_entry" && entry.speaker === "customer") this.#types(entry.conversation, false);
  }

  #types(conversation: string, now: boolean): void {
    if (this.#typing.has(conversation) === now) return;
    const others = [...this.#typing].filter((other) => other !== conversation);
    this.#typing = new Set(now ? [...others, conversation] : others);
  }

  #settled(id: string, position: number): void {
    const item = this.#outbox.settle(id);
    if (!item) return;
    const of = this.thread(item.conversation);
    if (head(item.mode === "reply" ? of.public : of.staff) < position) this.#acked = [...this.#acked, item];
  }

  /** A head may overtake its entry by an instant; one that we still lack a heartbeat later is lost. */
  #compare(heads: Readonly<Record<string, [number, number]>>): void {
    const now = new Map(behind(this.#view, heads).map((id) => [id, head(this.thread(id).public) + head(this.thread(id).staff)]));
    const stuck = [...now].some(([id, had]) => this.#lagging.get(id) === had);
    this.#lagging = now;
    if (stuck) this.#socket.reconnect();
  }

  #refused(refusal: Refusal): void {
    const { code, sentence: said, about, values = {}, retry_after_seconds: after } = refusal;
    if (about && this.#outbox.has(about)) {
      if (after) this.#outbox.retry(about, after * 1_000, refusal);
      else this.#returned(about, code, said, values);
      return;
    }
    if (about && this.#taking.has(about)) this.#taking = new Set([...this.#taking].filter((offer) => offer !== about));
    this.#note("bad", sentence(code, said, values));
  }

  /** Not sent, and not to be: the words go back to where they were written, before whatever has been begun since. */
  #returned(id: string, code: string, said: string, values: Record<string, string>): void {
    const item = this.#outbox.settle(id);
    if (!item || code === "id_reused") return;
    const { conversation, mode, text, mail, forward } = item;
    const reason = sentence(code, said, values);
    if (mail && conversation in this.#view.conversations) this.#keepHeads({ ...this.#heads, [conversation]: mail });
    if (forward || !(conversation in this.#view.conversations)) {
      this.#note("bad", reason, text);
      return;
    }
    const begun = this.#drafts.text(conversation, mode);
    const back = begun ? `${text}\n${begun}` : text;
    this.#drafts.write(conversation, mode, back);
    this.#draftsSeen++;
    const codes = (values.findings ?? "").split(",").filter(Boolean);
    this.#find(conversation, mode, { text: back, codes, excerpts: quoted(values.excerpts), insist: code === "guard_warned", sentence: reason });
  }

  // ------------------------------------------------------------ small things

  #became(status: Status): void {
    this.#status = status;
    if (status.kind !== "live") return;
    this.#outbox.resend();
    for (const id of Object.keys(this.#view.conversations)) this.#tellDrafts(id);
  }

  /** For what makes sense only now: said at once, or the person is told that it was not. */
  #try(frame: FromConsole): boolean {
    if (this.#socket.send(frame)) return true;
    this.#note("bad", t("console.not_connected"));
    return false;
  }

  #tellDrafts(conversation: string): void {
    clearTimeout(this.#timers.get(`draft ${conversation}`));
    if (!(conversation in this.#view.conversations)) return;
    for (const { mode, text } of this.#drafts.untold(conversation)) {
      if (this.#socket.send({ type: "draft", conversation, mode, text })) this.#drafts.told(conversation, mode, text);
    }
  }

  #tellTyping(conversation: string): void {
    const now = Date.now();
    if (now - (this.#typed.get(conversation) ?? 0) < TYPING_EVERY_MS) return;
    if (this.#socket.send({ type: "typing", conversation })) this.#typed.set(conversation, now);
  }

  #find(conversation: string, mode: Mode, findings: Findings | null): void {
    const key = lane(conversation, mode);
    const others = Object.fromEntries(Object.entries(this.#findings).filter(([other]) => other !== key));
    this.#findings = findings ? { ...others, [key]: findings } : others;
  }

  #note(tone: Note["tone"], text: string, words?: string): void {
    const id = ++this.#count;
    this.#notes = [...this.#notes.filter((note) => note.text !== text || note.words), { id, tone, text, words }];
    if (!words) this.#later(`note ${id}`, NOTE_STAYS_MS, () => this.putAway(id));
  }

  /** Tells screen readers. */
  say(text: string): void {
    this.#said = text;
  }

  #later(name: string, ms: number, what: () => void): void {
    clearTimeout(this.#timers.get(name));
    this.#timers.set(name, setTimeout(what, ms));
  }

  #keepHeads(heads: Readonly<Record<string, MailHead>>): void {
    this.#heads = heads;
    try {
      if (Object.keys(heads).length) this.#options.storage?.setItem(this.#headsKey, JSON.stringify(heads));
      else this.#options.storage?.removeItem(this.#headsKey);
    } catch {
      // Then heads live as long as the page.
    }
  }

  #keptHeads(): Record<string, MailHead> {
    try {
      return JSON.parse(this.#options.storage?.getItem(this.#headsKey) ?? "{}") as Record<string, MailHead>;
    } catch {
      return {};
    }
  }

  get #headsKey(): string {
    return `hub.work.${this.#options.account}.heads`;
  }

  get #selectedKey(): string {
    return `hub.work.${this.#options.account}.selected`;
  }

  #kept(): string | null {
    try {
      return this.#options.storage?.getItem(this.#selectedKey) ?? null;
    } catch {
      return null;
    }
  }

  #keep(conversation: string | null): void {
    try {
      if (conversation) this.#options.storage?.setItem(this.#selectedKey, conversation);
      else this.#options.storage?.removeItem(this.#selectedKey);
    } catch {
      // Then the first of the list is shown after a reload.
    }
  }
}

/** Replies and notes of a conversation each keep their order; neither waits for the other. */
const lane = (conversation: string, mode: Mode): string => `${conversation} ${mode}`;

/** The words that were found. Of a wrong language the guard quotes its tag, which the finding already says. */
const quoted = (excerpts = ""): string => excerpts.split(" · ").filter((one) => !/^[a-z]{2,3}(-[A-Za-z0-9]+)*$/.test(one)).join(" · ");

const without = <Value>(record: Readonly<Record<string, Value>>, keys: readonly string[]): Record<string, Value> =>
  Object.fromEntries(Object.entries(record).filter(([key]) => !keys.includes(key)));

function carried({ client_message_id, conversation, mode, text, confirmed, mail, forward }: Written): FromConsole {
  if (forward) return { type: "forward_mail", client_message_id, conversation, text, confirmed: [...confirmed], ...forward };
  if (mail) {
    const { subject, quote, files } = mail;
    const head = { to: addressesIn(mail.to), cc: addressesIn(mail.cc), bcc: addressesIn(mail.bcc), subject, quote, attachments: files.map(({ id }) => id) };
    return { type: "reply_by_mail", client_message_id, conversation, text, ...head, confirmed: [...confirmed] };
  }
  if (mode === "note") return { type: "note", client_message_id, conversation, text };
  return { type: "reply", client_message_id, conversation, text, confirmed: [...confirmed] };
}

// What the server told us, as a value. Pure: a frame in, the next value out; knows no socket, no clock and no screen.
//
// Two laws hold it together. A delta applied to the old view equals what a fresh `welcome` would say (the server computes deltas as
// differences). And the positions of a log are 1, 2, 3 …: what comes twice is dropped, what jumps is a gap, and a gap means resume.
import type {
  Change,
  ConsoleResume,
  ConsoleWelcome,
  ConversationCard,
  Me,
  OfferCard,
  PublicEntryForStaff,
  QueueLine,
  Reference,
  StaffEntry,
  ToConsole,
} from "$shared/protocol.gen";

export interface Thread {
  readonly public: readonly PublicEntryForStaff[];
  readonly staff: readonly StaffEntry[];
}

export interface Desk {
  readonly epoch: string;
  /** Its number: proof of whose desk it is after a cut. */
  readonly number: number;
  readonly me: Me | null;
  readonly offers: Readonly<Record<string, OfferCard>>;
  readonly conversations: Readonly<Record<string, ConversationCard>>;
  readonly queues: Readonly<Record<string, QueueLine>>;
  readonly reference: Reference | null;
  readonly threads: Readonly<Record<string, Thread>>;
}

/** `gap`: something is missing before this frame; the connection has to be resumed. */
export interface Heard {
  readonly desk: Desk;
  readonly gap: boolean;
}

export const EMPTY: Desk = { epoch: "", number: 0, me: null, offers: {}, conversations: {}, queues: {}, reference: null, threads: {} };

export const NOTHING: Thread = { public: [], staff: [] };

export const thread = (desk: Desk, conversation: string): Thread => desk.threads[conversation] ?? NOTHING;

/** The position up to which we have a log. */
export const head = (log: readonly { readonly position: number }[]): number => log.at(-1)?.position ?? 0;

export function hear(desk: Desk, frame: ToConsole): Heard {
  switch (frame.type) {
    case "welcome":
      return whole(welcomed(desk, frame));
    case "delta":
      return whole(changed(desk, frame.changes));
    case "reference":
      return whole({ ...desk, reference: frame.reference });
    case "resync":
      return whole({ ...desk, epoch: frame.epoch, threads: without(desk.threads, frame.conversations) });
    case "public_entry":
      return taken(desk, frame.conversation, "public", frame);
    case "staff_entry":
      return taken(desk, frame.conversation, "staff", frame);
    default:
      return whole(desk);
  }
}

/** Where we stand, for `hello`; nothing before the first welcome. */
export function resume(desk: Desk): ConsoleResume | null {
  if (!desk.epoch) return null;
  const cursors = Object.entries(desk.threads).map(([id, of]) => [id, { public: head(of.public), staff: head(of.staff) }] as const);
  return { epoch: desk.epoch, desk: desk.number, cursors: Object.fromEntries(cursors) };
}

/** The conversations of which these heads promise more than we have. */
export function behind(desk: Desk, heads: Readonly<Record<string, readonly [number, number]>>): string[] {
  return Object.entries(heads)
    .filter(([id, [publicHead, staffHead]]) => head(thread(desk, id).public) < publicHead || head(thread(desk, id).staff) < staffHead)
    .map(([id]) => id);
}

export type Item = { readonly log: "public"; readonly entry: PublicEntryForStaff } | { readonly log: "staff"; readonly entry: StaffEntry };

/** Both logs as one, by time; each keeps its own order whatever the clocks said, and what the customer saw stands first on a tie. */
export function merged(of: Thread): Item[] {
  const items: Item[] = [];
  let p = 0;
  let s = 0;
  while (p < of.public.length || s < of.staff.length) {
    const open = of.public[p];
    const inner = of.staff[s];
    if (open && (!inner || Date.parse(open.at) <= Date.parse(inner.at))) {
      items.push({ log: "public", entry: open });
      p++;
    } else if (inner) {
      items.push({ log: "staff", entry: inner });
      s++;
    }
  }
  return items;
}

/** In the order in which they were taken on, those in wrap-up last: a row never moves while somebody aims at it. */
export function inHand(conversations: Desk["conversations"]): ConversationCard[] {
  return Object.values(conversations)
    .map((card) => ({ card, late: card.state === "wrap_up" ? 1 : 0, at: Date.parse(card.assigned_at) }))
    .sort((a, b) => a.late - b.late || a.at - b.at || (a.card.conversation < b.card.conversation ? -1 : 1))
    .map(({ card }) => card);
}

/** The one that ends first rings first. */
export const ringing = (offers: Desk["offers"]): OfferCard[] =>
  Object.values(offers).sort((a, b) => Date.parse(a.until) - Date.parse(b.until));

const whole = (desk: Desk): Heard => ({ desk, gap: false });

function welcomed(desk: Desk, { epoch, view, reference, desk: number }: ConsoleWelcome): Desk {
  const { me, offers = {}, conversations = {}, queues = {} } = view;
  // Of another epoch nothing we have can be trusted; of the same, what is no longer ours is let go.
  const kept = epoch === desk.epoch ? Object.entries(desk.threads).filter(([id]) => id in conversations) : [];
  return { epoch, number, me, offers, conversations, queues, reference, threads: Object.fromEntries(kept) };
}

function changed(desk: Desk, changes: readonly Change[]): Desk {
  // What no change names stays the same object: whoever shows it need not look again.
  const named = new Set(changes.map(({ collection }) => collection));
  const next = { ...desk };
  if (named.has("offers")) next.offers = { ...desk.offers };
  if (named.has("conversations")) next.conversations = { ...desk.conversations };
  if (named.has("queues")) next.queues = { ...desk.queues };
  const gone: string[] = [];
  for (const { collection, key, value } of changes) {
    if (collection === "me") next.me = value as unknown as Me;
    else if (value) (next[collection] as Record<string, unknown>)[key] = value;
    else {
      delete (next[collection] as Record<string, unknown>)[key];
      if (collection === "conversations") gone.push(key);
    }
  }
  const left = gone.filter((id) => !(id in next.conversations));
  return left.length ? { ...next, threads: without(next.threads, left) } : next;
}

function taken(desk: Desk, conversation: string, log: "public" | "staff", entry: PublicEntryForStaff | StaffEntry): Heard {
  const before = thread(desk, conversation);
  const last = head(before[log]);
  if (entry.position <= last) return whole(desk);
  if (entry.position > last + 1) return { desk, gap: true };
  const after = { ...before, [log]: [...before[log], entry] };
  return whole({ ...desk, threads: { ...desk.threads, [conversation]: after } });
}

function without<Value>(record: Readonly<Record<string, Value>>, keys: readonly string[]): Record<string, Value> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => !keys.includes(key)));
}

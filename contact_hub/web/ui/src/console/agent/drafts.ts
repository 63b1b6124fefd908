// What was begun and not sent, per conversation and mode. A draft has no other address than its conversation: nothing here knows which one
// is on screen, so none can turn up in another.
//
// Kept on this device with every key, and at the server a moment after the last one. Next to each draft stands what the server has shown us
// that it has (`synced`; having sent it proves nothing): only so can a draft that went on elsewhere be told from one that has not reached
// the server yet.

export type Mode = "reply" | "note";

interface Draft {
  readonly text: string;
  readonly synced: string;
}

const MODES: readonly Mode[] = ["reply", "note"];
const BLANK: Draft = { text: "", synced: "" };

export class Drafts {
  readonly #storage: Storage | null;
  readonly #prefix: string;
  readonly #drafts = new Map<string, Draft>();
  /** Sent on this connection; not sent twice, and not yet believed. */
  readonly #told = new Map<string, string>();

  /** `prefix` names the person: two people on one device never see each other's. */
  constructor(storage: Storage | null, prefix: string) {
    this.#storage = storage;
    this.#prefix = prefix;
  }

  text(conversation: string, mode: Mode): string {
    return this.#draft(conversation, mode).text;
  }

  write(conversation: string, mode: Mode, text: string): void {
    this.#put(conversation, mode, { ...this.#draft(conversation, mode), text });
  }

  told(conversation: string, mode: Mode, text: string): void {
    this.#told.set(`${conversation}.${mode}`, text);
  }

  /** What the server neither has nor was told on this connection. */
  untold(conversation: string): { mode: Mode; text: string }[] {
    return MODES.map((mode) => ({ mode, ...this.#draft(conversation, mode) }))
      .filter(({ mode, text, synced }) => text !== (this.#told.get(`${conversation}.${mode}`) ?? synced))
      .map(({ mode, text }) => ({ mode, text }));
  }

  /** The server's draft as a delta shows it: what it has by now. Nothing that is being typed changes under the hand. */
  echo(conversation: string, mode: Mode, theirs: string): void {
    this.#put(conversation, mode, { ...this.#draft(conversation, mode), synced: theirs });
  }

  /** The server's draft as a fresh view shows it: taken over unless this device has words the server never got. */
  meet(conversation: string, mode: Mode, theirs: string): void {
    const { text, synced } = this.#draft(conversation, mode);
    this.#told.delete(`${conversation}.${mode}`);
    this.#put(conversation, mode, { text: text === synced ? theirs : text, synced: theirs });
  }

  /** All other conversations are in other hands: their drafts are forgotten here, and handed out once for whoever wrote them. */
  keepOnly(conversations: ReadonlySet<string>): { conversation: string; mode: Mode; text: string }[] {
    const orphans = [];
    for (const key of new Set([...this.#drafts.keys(), ...this.#storedKeys()])) {
      const at = key.lastIndexOf(".");
      const conversation = key.slice(0, at);
      const mode = key.slice(at + 1) as Mode;
      if (conversations.has(conversation)) continue;
      const { text } = this.#draft(conversation, mode);
      if (text.trim()) orphans.push({ conversation, mode, text });
      this.#put(conversation, mode, BLANK);
      this.#drafts.delete(key);
      this.#told.delete(key);
    }
    return orphans;
  }

  #draft(conversation: string, mode: Mode): Draft {
    const key = `${conversation}.${mode}`;
    let draft = this.#drafts.get(key);
    if (!draft) {
      draft = this.#stored(key);
      this.#drafts.set(key, draft);
    }
    return draft;
  }

  #put(conversation: string, mode: Mode, draft: Draft): void {
    const key = `${conversation}.${mode}`;
    this.#drafts.set(key, draft);
    try {
      if (draft.text || draft.synced) this.#storage?.setItem(this.#prefix + key, JSON.stringify(draft));
      else this.#storage?.removeItem(this.#prefix + key);
    } catch {
      // Full or refused: it lives in memory, and at the server in a second.
    }
  }

  #stored(key: string): Draft {
    try {
      const { text, synced } = JSON.parse(this.#storage?.getItem(this.#prefix + key) ?? "{}") as Partial<Draft>;
      return { text: text ?? "", synced: synced ?? "" };
    } catch {
      return BLANK;
    }
  }

  #storedKeys(): string[] {
    try {
      const keys = Array.from({ length: this.#storage?.length ?? 0 }, (_, n) => this.#storage?.key(n) ?? "");
      return keys.filter((key) => key.startsWith(this.#prefix)).map((key) => key.slice(this.#prefix.length));
    } catch {
      return [];
    }
  }
}

// What was begun and not sent, per conversation and mode. A draft has no other address than its conversation: nothing here knows which one
// is on screen, so none can turn up in another.
//
// Kept on this device with every key, and at the server a moment after the last one. Next to each draft stands what the server is known to
// have (`synced`): only so can a draft that went on elsewhere be told from one that has not reached the server yet.

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

  /** The server has been told this much. */
  told(conversation: string, mode: Mode, text: string): void {
    this.#put(conversation, mode, { ...this.#draft(conversation, mode), synced: text });
  }

  /** What the server does not have yet. */
  untold(conversation: string): { mode: Mode; text: string }[] {
    return MODES.map((mode) => ({ mode, ...this.#draft(conversation, mode) }))
      .filter(({ text, synced }) => text !== synced)
      .map(({ mode, text }) => ({ mode, text }));
  }

  /** The server's draft, as a fresh view shows it: taken over unless this device has words the server never got. */
  meet(conversation: string, mode: Mode, theirs: string): void {
    const { text, synced } = this.#draft(conversation, mode);
    this.#put(conversation, mode, { text: text === synced ? theirs : text, synced: theirs });
  }

  /** The conversation is in other hands. */
  forget(conversation: string): void {
    for (const mode of MODES) this.#put(conversation, mode, BLANK);
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
}

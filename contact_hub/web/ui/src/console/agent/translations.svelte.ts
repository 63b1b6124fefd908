// What a machine says a message means, for the agent who asks: beside the original, never in its place, never sent. Kept until the page is left.
import { HubRefusal } from "$shared/http";
import { languageName } from "$shared/format";
import { explain, sentence } from "../parts/refusal";

export interface Machine {
  readonly text: string;
  /** `und`: not even the machine could say. */
  readonly source: string;
  readonly target: string;
  readonly direction: "ltr" | "rtl";
  readonly engine: string;
  readonly confidence: number | null;
}

export type Shown = { readonly kind: "busy" } | { readonly kind: "done"; readonly made: Machine } | { readonly kind: "failed"; readonly sentence: string };

export interface Asking {
  readonly get: <T>(path: string) => Promise<T>;
  readonly post: <T>(path: string, body: unknown) => Promise<T>;
}

interface Language {
  readonly tag: string | null;
  readonly settled: boolean;
}

export class Translations {
  #on = $state(false);
  #shown = $state.raw<Readonly<Record<string, Shown>>>({});
  readonly #made = new Map<string, Machine>();
  readonly #asking: Asking;
  readonly #reader: () => string;

  /** `reader` is the language of the screen now. */
  constructor(asking: Asking, reader: () => string) {
    this.#asking = asking;
    this.#reader = reader;
  }

  /** Whether this workspace has a machine at all. */
  get on(): boolean {
    return this.#on;
  }

  /** Everything that is shown: for whoever must know that something has grown. */
  get shown(): Readonly<Record<string, Shown>> {
    return this.#shown;
  }

  /** Asked at the beginning, and whenever the rules have changed. */
  async look(): Promise<void> {
    try {
      this.#on = (await this.#asking.get<{ on: boolean }>("/api/translation")).on;
    } catch {
      this.#on = false;
    }
  }

  /** Whether a button stands under each message: not where the customer plainly writes the reader's own language. */
  offered({ tag, settled }: Language): boolean {
    return this.#on && !(settled && tag !== null && base(tag) === base(this.#reader()));
  }

  of(conversation: string, position: number): Shown | null {
    return this.#shown[this.#place(conversation, position)] ?? null;
  }

  /** Shows it, asking for it where it was not asked before; what is shown is put away. */
  async toggle(conversation: string, position: number): Promise<void> {
    const place = this.#place(conversation, position);
    const now = this.#shown[place];
    if (now?.kind === "busy") return;
    if (now?.kind === "done") this.#show(place, null);
    else await this.show(conversation, position);
  }

  async show(conversation: string, position: number): Promise<void> {
    const to = this.#reader();
    const place = this.#place(conversation, position);
    const known = this.#made.get(place);
    if (known) {
      this.#show(place, { kind: "done", made: known });
      return;
    }
    if (this.#shown[place]?.kind === "busy") return;
    this.#show(place, { kind: "busy" });
    try {
      const path = `/api/conversations/${encodeURIComponent(conversation)}/messages/${position}/translation`;
      const made = await this.#asking.post<Machine>(path, { to });
      this.#made.set(place, made);
      this.#show(place, { kind: "done", made });
    } catch (error) {
      this.#show(place, { kind: "failed", sentence: told(error, to) });
    }
  }

  #place(conversation: string, position: number): string {
    return `${conversation} ${position} ${this.#reader()}`;
  }

  #show(place: string, what: Shown | null): void {
    const others = Object.fromEntries(Object.entries(this.#shown).filter(([other]) => other !== place));
    this.#shown = what ? { ...others, [place]: what } : others;
  }
}

/** Why not, with languages by their names. */
function told(error: unknown, tag: string): string {
  if (!(error instanceof HubRefusal)) return explain(error);
  const { source, target } = error.values;
  return sentence(error.code, error.sentence, { ...error.values, source: source ? named(source, tag) : "", target: target ? named(target, tag) : "" });
}

/** A language without its region: what was translated is German, wherever it was written. Empty where it is unknown. */
export function named(language: string, tag: string): string {
  const plain = language.split("-").filter((part, n) => n === 0 || part.length === 4);
  return plain[0] === "und" ? "" : languageName(plain.join("-"), tag);
}

const base = (tag: string): string => tag.split("-")[0] ?? tag;

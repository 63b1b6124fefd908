import { createContext } from "svelte";
import type { Desk } from "./desk.svelte";
import type { Translations } from "./translations.svelte";

/** What can be done here, by key and by name. */
export interface Command {
  readonly id: string;
  readonly label: string;
  readonly keys: readonly string[];
  readonly run: () => void;
  /** Not now: neither listed nor heard. */
  readonly off?: boolean;
}

export const [useDesk, provideDesk] = createContext<Desk>();

export const [useTranslations, provideTranslations] = createContext<Translations>();

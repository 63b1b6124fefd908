// The catalogue the frame speaks at present. A change of it comes with a change of the chat, which draws everything anew.
import { fetchCatalogue, NO_TEXTS, Texts, type Values } from "$shared/i18n";

let current = new Texts(NO_TEXTS);

export const texts = (): Texts => current;
export const t = (key: string, values?: Values): string => current.t(key, values);
export const tn = (key: string, n: number, values?: Values): string => current.tn(key, n, values);

/** The tag to write times and figures in: the reader's own region of the language, where the browser names one. */
export const regional = (): string => navigator.languages.find((tag) => tag.split("-")[0] === current.tag.split("-")[0]) ?? current.tag;

/** Speaks from the catalogue at `url`. What was spoken stays until it is there, and stays if it cannot be had. */
export async function speakFrom(url: string, overrides: Readonly<Record<string, string>> = {}): Promise<void> {
  current = new Texts(await fetchCatalogue(url), overrides);
  document.documentElement.lang = current.tag;
  document.documentElement.dir = current.dir;
}

/** The sentence of a refusal: in the reader's language where we have it, as the server said it where not. */
export function refused({ code, sentence, values }: { code: string; sentence: string; values?: Values }): string {
  return current.has(`error.${code}`) ? current.t(`error.${code}`, values) : sentence;
}

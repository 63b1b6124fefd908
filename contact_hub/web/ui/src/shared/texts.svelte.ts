// The catalogue a page speaks at present, as state: what is written with `t` and `tn` follows a change of language.
import { type Catalogue, fetchCatalogue, loadCatalogue, NO_TEXTS, Texts, type Values } from "./i18n";

let current = $state.raw(new Texts(NO_TEXTS));

export const texts = (): Texts => current;
export const t = (key: string, values?: Values): string => current.t(key, values);
export const tn = (key: string, n: number, values?: Values): string => current.tn(key, n, values);

/** Speak from this catalogue: sets language and direction of the page too. */
export function speak(catalogue: Catalogue, overrides: Readonly<Record<string, string>> = {}): void {
  current = new Texts(catalogue, overrides);
  document.documentElement.lang = catalogue.tag;
  document.documentElement.dir = catalogue.dir;
}

/** Loads and speaks a face's texts. What was on screen stays until they are there, and stays if they cannot be had. */
export async function useTexts(face: string, tag: string, overrides: Readonly<Record<string, string>> = {}): Promise<void> {
  speak(await loadCatalogue(face, tag), overrides);
}

export async function useTextsAt(url: string, overrides: Readonly<Record<string, string>> = {}): Promise<void> {
  speak(await fetchCatalogue(url), overrides);
}

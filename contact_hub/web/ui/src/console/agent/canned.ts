// Prepared replies: `{customer}`, `{persona}`, `{brand}` … are known here, `{?what}` only to the agent. The rules are those of the server's
// `contact_hub/workspace/canned.py`; what stays unfilled stays visible, and the guard asks about it.
import type { BrandVoice } from "$shared/protocol.gen";

export interface Canned {
  readonly key: string;
  readonly tag: string;
  readonly text: string;
  /** In the language the customer writes. */
  readonly fits: boolean;
}

const PIECE = /\{\{|\}\}|\{(\??[^{}\n]{1,80})\}/g;
const UNFILLED = /\{\??[^{}\n]{1,80}\}/g;

/** With every known value in its place. */
export const fill = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replace(PIECE, (piece, field: string | undefined) => (field === undefined ? piece.slice(1) : values[field.trim()] || piece));

/** The next place to fill in at or after `from`, round the end. */
export function nextField(text: string, from: number, back = false): readonly [start: number, end: number] | null {
  const places = [...text.matchAll(UNFILLED)].map((place) => [place.index, place.index + place[0].length] as const);
  if (back) return places.findLast(([, end]) => end < from) ?? places.at(-1) ?? null;
  return places.find(([start]) => start >= from) ?? places[0] ?? null;
}

/** All that fit the words typed; first those in the customer's language, then those that begin with the words. */
export function find(voice: BrandVoice, language: string | null, words: string): Canned[] {
  const wanted = words.trim().toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const found: Canned[] = [];
  for (const [key, byTag] of Object.entries(voice.canned)) {
    for (const [tag, text] of Object.entries(byTag)) {
      const hay = `${key} ${text}`.toLocaleLowerCase();
      if (wanted.every((word) => hay.includes(word))) found.push({ key, tag, text, fits: speaks(tag, language) });
    }
  }
  const starts = (one: Canned) => (wanted[0] !== undefined && one.key.toLocaleLowerCase().startsWith(wanted[0]) ? 0 : 1);
  return found.sort((a, b) => Number(b.fits) - Number(a.fits) || starts(a) - starts(b) || a.key.localeCompare(b.key));
}

/** `pt-BR` fits `pt`: a near text in the same language is better than one in another. */
const speaks = (tag: string, language: string | null): boolean => language !== null && tag.split("-")[0] === language.split("-")[0];

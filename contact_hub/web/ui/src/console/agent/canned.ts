// Prepared replies: `{customer}`, `{persona}`, `{brand}` … are known here, `{?what}` only to the agent. The rules are those of the server's
// `contact_hub/workspace/canned.py`; what stays unfilled stays visible, and the guard asks about it.
import type { BrandVoice } from "$shared/protocol.gen";

export interface Canned {
  readonly key: string;
  readonly tag: string;
  readonly text: string;
  /** In the language the customer writes, whichever variant of it. */
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

/** All that fit the words typed; first those in the customer's language, the nearest variant before the others, then those that begin with the words. */
export function find(voice: BrandVoice, language: string | null, words: string): Canned[] {
  const wanted = words.trim().toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const found: Canned[] = [];
  for (const [key, byTag] of Object.entries(voice.canned)) {
    for (const [tag, text] of Object.entries(byTag)) {
      const hay = `${key} ${text}`.toLocaleLowerCase();
      if (wanted.every((word) => hay.includes(word))) found.push({ key, tag, text, fits: nearness(tag, language) > 0 });
    }
  }
  const starts = (one: Canned) => (wanted[0] !== undefined && one.key.toLocaleLowerCase().startsWith(wanted[0]) ? 0 : 1);
  return found.sort(
    (a, b) => Number(b.fits) - Number(a.fits) || starts(a) - starts(b) || a.key.localeCompare(b.key) || nearness(b.tag, language) - nearness(a.tag, language),
  );
}

const NORWEGIAN = new Set(["no", "nb", "nn"]);

/**
 * How well a text in `tag` serves a customer who writes `language`, as the server's `i18n.tags.own_match` has it: 4 the very variant, 3 a parent
 * of it (`pt` for `pt-PT`), 2 another variant, 1 the other script of a language whose readers know both; 0 another language, or a script of their own.
 */
export function nearness(tag: string, language: string | null): number {
  if (language === null) return 0;
  if (tag === language) return 4;
  const [text, wanted] = [whole(tag), whole(language)];
  if (!text || !wanted) return 0;
  const same = text.language === wanted.language || (NORWEGIAN.has(text.language) && NORWEGIAN.has(wanted.language));
  if (!same) return 0;
  if (text.script !== wanted.script) return text.language === "sr" ? 1 : 0;
  if (text.region === wanted.region) return 4;
  return language.startsWith(`${tag}-`) ? 3 : 2;
}

/** With the script and region that go without saying. */
function whole(tag: string): Intl.Locale | null {
  try {
    return new Intl.Locale(tag).maximize();
  } catch {
    return null;
  }
}

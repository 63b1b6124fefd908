// Texts for people, as the server's catalogues give them for one tag.
//
// Values are isolated (FSI … PDI), so that a Latin name in an Arabic sentence, or an order number in a Hebrew one, never reorders its
// surroundings. Plurals follow `Intl.PluralRules`; texts that fell back to English may lack a category of the reader's language and then
// use `other`, exactly as the server does.

export type Plural = Partial<Record<Intl.LDMLPluralRule, string>>;

export interface Catalogue {
  readonly tag: string;
  readonly dir: "ltr" | "rtl";
  readonly texts: Readonly<Record<string, string | Plural>>;
}

export type Values = Readonly<Record<string, string | number>>;

const FSI = "\u2068";
const PDI = "\u2069";

export const NO_TEXTS: Catalogue = { tag: "en", dir: "ltr", texts: {} };

/** Text between isolates: for values that are put beside a text instead of into it. */
export const isolate = (value: string): string => FSI + value + PDI;

export class Texts {
  readonly tag: string;
  readonly dir: "ltr" | "rtl";
  readonly #texts: Catalogue["texts"];
  readonly #plural: Intl.PluralRules;
  readonly #number: Intl.NumberFormat;

  /** `overrides` are texts that win over the catalogue, key by key: a brand's own words. */
  constructor(catalogue: Catalogue, overrides: Readonly<Record<string, string>> = {}) {
    this.tag = catalogue.tag;
    this.dir = catalogue.dir;
    this.#texts = { ...catalogue.texts, ...overrides };
    // The pseudo-locale is no locale of the platform's; it is English in disguise.
    const known = catalogue.tag === "en-XA" ? "en" : catalogue.tag;
    this.#plural = new Intl.PluralRules(known);
    this.#number = new Intl.NumberFormat(known);
  }

  has(key: string): boolean {
    return key in this.#texts;
  }

  /** The text of `key` with its values; the bare key where no catalogue has it, so that a gap is seen and nothing breaks. */
  t(key: string, values: Values = {}): string {
    const text = this.#texts[key];
    if (text === undefined) return key;
    if (typeof text === "string") return this.#fill(text, values);
    return this.#fill(text.other ?? Object.values(text)[0] ?? key, values);
  }

  /** The text of `key` in the plural form for `n`, which is also a value. */
  tn(key: string, n: number, values: Values = {}): string {
    const text = this.#texts[key];
    if (text === undefined) return key;
    const form = typeof text === "string" ? text : (text[this.#plural.select(n)] ?? text.other ?? key);
    return this.#fill(form, { ...values, n });
  }

  #fill(text: string, values: Values): string {
    return text.replace(/\{([a-z][a-z0-9_]*)\}/g, (_, name: string) => {
      const value = values[name];
      if (value === undefined) return "";
      return isolate(typeof value === "number" ? this.#number.format(value) : value);
    });
  }
}

/** Loads a face's texts: `face` is a catalogue of `/api/texts`, `tag` whatever the reader asked for; the server finds the nearest. */
export async function loadCatalogue(face: string, tag: string): Promise<Catalogue> {
  return fetchCatalogue(`/api/texts/${encodeURIComponent(face)}/${encodeURIComponent(tag)}.json`);
}

export async function fetchCatalogue(url: string): Promise<Catalogue> {
  const answer = await fetch(url, { credentials: "same-origin" });
  if (!answer.ok) throw new Error(`texts ${url}: ${answer.status}`);
  return (await answer.json()) as Catalogue;
}

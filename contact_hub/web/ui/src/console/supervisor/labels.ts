// What a row of a report is called: ids by the names the viewer may see, languages, days and hours as the reader writes them.
import { day, languageName, timeOfDay } from "$shared/format";
import type { Texts } from "$shared/i18n";

export interface Facets {
  readonly clients: readonly { id: string; name: string }[];
  readonly brands: readonly { id: string; name: string; client: string; colour: string; zone: string; dispositions?: Readonly<Record<string, Readonly<Record<string, string>>>> }[];
  readonly pools: readonly { id: string; name: string; vendor: string | null }[];
  readonly vendors: readonly { id: string; name: string }[];
  readonly languages: readonly string[];
  readonly channels?: readonly string[];
  readonly kinds: readonly { id: string; labels: Readonly<Record<string, string>> }[];
  readonly zones: readonly string[];
}

export const NO_FACETS: Facets = { clients: [], brands: [], pools: [], vendors: [], languages: [], kinds: [], zones: [] };

/** Languages, kinds, days and hours are written here, in the reader's way; who is who the server knows best (a vendor may go by an alias). */
export function rowLabel(by: string, row: { key: string; label?: string }, facets: Facets, texts: Texts): string {
  if (row.key === "") return emptyLabel(by, texts);
  if (row.key === IN_HOUSE) return texts.t("quality.key.in_house");
  if (NAMED.has(by) && row.label && row.label !== row.key) return row.label;
  return keyLabel(by, row.key, facets, texts) ?? row.label ?? row.key;
}

const IN_HOUSE = "in_house";
const NAMED: ReadonlySet<string> = new Set(["client", "brand", "vendor", "pool"]);

function keyLabel(by: string, key: string, facets: Facets, texts: Texts): string | undefined {
  switch (by) {
    case "client":
      return nameIn(facets.clients, key);
    case "brand":
      return nameIn(facets.brands, key);
    case "vendor":
      return nameIn(facets.vendors, key);
    case "pool":
      return nameIn(facets.pools, key);
    case "language":
      return languageName(key, texts.tag);
    case "kind":
      return kindLabel(key, facets, texts.tag);
    case "channel":
      return texts.has(`quality.screen.channel.${key}`) ? texts.t(`quality.screen.channel.${key}`) : undefined;
    case "day":
      return dayLabel(key, texts.tag);
    case "hour":
      return hourLabel(key, texts.tag);
    default:
      return undefined;
  }
}

const emptyLabel = (by: string, texts: Texts): string => {
  const key = `quality.none.${by}`;
  return texts.has(key) ? texts.t(key) : texts.t("quality.screen.empty_key.other");
};

const nameIn = (known: readonly { id: string; name: string }[], id: string) => known.find((one) => one.id === id)?.name;

export const channelLabel = (channel: string, texts: Texts): string => keyLabel("channel", channel, NO_FACETS, texts) ?? channel;

/** The kind in the reader's language, in its base language, in English, or as it is called. */
export function kindLabel(id: string, facets: Facets, tag: string): string {
  return labelIn(facets.kinds.find((kind) => kind.id === id)?.labels, tag) ?? id;
}

/** A wrap-up code by the brand's own label for it. */
export function dispositionLabel(code: string, brand: string | undefined, facets: Facets, texts: Texts): string {
  if (code === "timeout" && texts.has("console.wrap.timeout")) return texts.t("console.wrap.timeout");
  return labelIn(facets.brands.find(({ id }) => id === brand)?.dispositions?.[code], texts.tag) ?? code.replaceAll(/[_-]+/g, " ");
}

const labelIn = (labels: Readonly<Record<string, string>> = {}, tag: string): string | undefined =>
  labels[tag] ?? labels[tag.split("-")[0] ?? tag] ?? labels.en;

// Row keys of days and hours are local to the report's zone, so they are written in UTC: no second shift may happen here.
export const dayLabel = (key: string, tag: string): string =>
  /^\d{4}-\d{2}-\d{2}$/.test(key) ? day(`${key}T00:00:00Z`, tag, "UTC") : key;

/** `2026-11-21` → `Sat 21`: for axes. */
export const dayTick = (key: string, tag: string): string =>
  /^\d{4}-\d{2}-\d{2}$/.test(key)
    ? new Intl.DateTimeFormat(tag === "en-XA" ? "en" : tag, { weekday: "short", day: "numeric", timeZone: "UTC" }).format(new Date(`${key}T00:00:00Z`))
    : key;

export function hourLabel(key: string, tag: string): string {
  const hour = Number(/(\d{1,2})(?::00)?$/.exec(key)?.[1] ?? Number.NaN);
  return Number.isInteger(hour) && hour < 24 ? timeOfDay(Date.UTC(2026, 0, 1, hour), tag, "UTC") : key;
}

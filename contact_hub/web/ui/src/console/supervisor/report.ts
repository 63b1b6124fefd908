// Reports as the server gives them (docs/measures.md), and how their figures are written.
import { number, percent } from "$shared/format";
import type { Texts } from "$shared/i18n";

export type Unit = "count" | "share" | "seconds";

/** A number, the observations behind it, its 95 % interval. No value: there is nothing to say. */
export interface Figure {
  readonly value: number | null;
  readonly n: number;
  readonly low: number | null;
  readonly high: number | null;
}

export interface Measure {
  readonly key: string;
  readonly name: string;
  readonly unit: Unit;
  readonly definition: string;
}

export type Cells = Readonly<Record<string, Figure>>;

export interface Row {
  readonly key: string;
  readonly label: string;
  readonly cells: Cells;
}

export interface Report {
  readonly as_of: string;
  readonly from: string;
  readonly to: string;
  readonly zone: string;
  readonly targets: Readonly<Record<string, number | string>>;
  readonly tiles: readonly (Measure & Figure)[];
  readonly table: {
    readonly by: string;
    readonly overlapping: boolean;
    readonly columns: readonly Measure[];
    readonly rows: readonly Row[];
    readonly total: { readonly key: null; readonly label: string; readonly cells: Cells };
  };
  readonly series: { readonly unit: "hour" | "day"; readonly points: readonly { readonly at: string; readonly cells: Cells }[] };
  readonly heat: {
    readonly hours: readonly number[];
    readonly rows: readonly { readonly key: string; readonly label: string; readonly cells: readonly { readonly hour: number; readonly cells: Cells }[] }[];
  };
}

export const NOTHING: Figure = { value: null, n: 0, low: null, high: null };

export const figureOf = (cells: Cells | undefined, measure: string): Figure => cells?.[measure] ?? NOTHING;

/** Which figures stand together; what is not named here comes last, so that a new measure shows without us. */
export const FAMILIES: readonly (readonly [family: string, measures: readonly string[]])[] = [
  ["volume", ["offered", "answered", "abandoned", "abandoned_short", "waiting", "passed_on"]],
  ["reach", ["answer_rate", "abandon_rate", "service_level", "asa", "asa_p50", "asa_p90"]],
  [
    "response",
    [
      "first_response",
      "first_response_p50",
      "first_response_p90",
      "first_response_open_p50",
      "first_response_open_p90",
      "next_response_p50",
      "next_response_p90",
      "next_response_within",
    ],
  ],
  ["work", ["aht", "aht_attention", "wrap_up", "occupancy", "utilisation", "missed_offers", "missed_offers_present", "agent_lost"]],
  ["outcome", ["csat", "csat_response", "fcr", "reopened", "transfer_rate"]],
  ["language", ["language_match", "language_confidence", "language_corrected"]],
];

export interface Family {
  readonly family: string;
  readonly measures: readonly Measure[];
}

export function families(measures: readonly Measure[]): Family[] {
  const left = new Map(measures.map((measure) => [measure.key, measure]));
  const take = (key: string) => {
    const found = left.get(key);
    left.delete(key);
    return found ? [found] : [];
  };
  const known = FAMILIES.map(([family, keys]) => ({ family, measures: keys.flatMap(take) }));
  return [...known, { family: "other", measures: [...left.values()] }].filter((one) => one.measures.length > 0);
}

/** `86.4%`, `1:05`, `12,034`; a dash where there is nothing to say. */
export function write(value: number | null, unit: Unit, tag: string): string {
  if (value === null) return "–";
  switch (unit) {
    case "count":
      return number(value, tag);
    case "share":
      return percent(value, tag, 1);
    case "seconds":
      return seconds(value, tag);
  }
}

/** `8.4 s`, `48 s`, `2:05 min`, `1:02:05 h`, in the digits and units of the reader. */
export function seconds(value: number, tag: string): string {
  if (value < 60) return number(value, tag, { style: "unit", unit: "second", unitDisplay: "narrow", maximumFractionDigits: value < 10 ? 1 : 0 });
  const whole = Math.round(value);
  const two = (part: number) => number(part, tag, { minimumIntegerDigits: 2, useGrouping: false });
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const clock = h > 0 ? `${number(h, tag)}:${two(m)}:${two(s)}` : `${number(m, tag)}:${two(s)}`;
  return `${clock} ${h > 0 ? unitOf("hour", tag) : unitOf("minute", tag)}`;
}

const unitOf = (unit: "hour" | "minute", tag: string): string =>
  (formatted(unit, tag).find((part) => part.type === "unit")?.value ?? "").trim();

function formatted(unit: string, tag: string): Intl.NumberFormatPart[] {
  const known = tag === "en-XA" ? "en" : tag;
  return new Intl.NumberFormat(known, { style: "unit", unit, unitDisplay: "short" }).formatToParts(2);
}

/** `84.1–88.3%`, `%84,1–88,3` where the sign stands first, `1:02–1:40 min`; nothing where there is no interval or nothing to be unsure of. */
export function writeInterval({ value, low, high }: Figure, unit: Unit, tag: string): string {
  if (low === null || high === null || value === null || unit === "count") return "";
  const [from, to] = [write(low, unit, tag), write(high, unit, tag)];
  if (from === to) return to;
  // The unit once, and where the upper bound has it: digits and what stands between them are kept.
  return unitIn(from) === unitIn(to) ? to.replace(NUMBER, `${NUMBER.exec(from)?.[0] ?? from}–$&`) : `${from} –${to}`;
}

const NUMBER = /\p{N}(?:.*\p{N})?/su;

const unitIn = (text: string): string => text.replace(/[\p{N}.,:٫٬\u200e\u200f\u061c-]/gu, "").trim();

/** As an axis writes it: shares without decimals. */
export const writeTick = (value: number, unit: Unit, tag: string): string => (unit === "share" ? percent(value, tag) : write(value, unit, tag));

export const measureName = (key: string, texts: Texts, targets: Report["targets"] = {}): string => said(`quality.measure.${key}.name`, key, texts, targets);

export const measureDefinition = (key: string, texts: Texts, targets: Report["targets"]): string =>
  said(`quality.measure.${key}.definition`, "", texts, targets);

const said = (textKey: string, otherwise: string, texts: Texts, targets: Report["targets"]): string =>
  texts.has(textKey) ? texts.t(textKey, targets) : otherwise.replaceAll("_", " ");

/** A figure in one sentence, for readers who do not see the picture. */
export function spoken(name: string, figure: Figure, unit: Unit, texts: Texts): string {
  if (figure.value === null) return texts.t("quality.screen.figure.none", { name });
  const interval = writeInterval(figure, unit, texts.tag);
  const values = { name, value: write(figure.value, unit, texts.tag), n: figure.n, interval };
  return texts.t(interval ? "quality.screen.figure.with_interval" : "quality.screen.figure.plain", values);
}

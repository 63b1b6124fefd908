// Who could answer when, as arithmetic: steps in time, the hours of a zone they fall into, and the gaps folded into what one would say of them.
import { day } from "$shared/format";

/** From this second since 1970 on, so many agents could be at work. */
export type Step = readonly [at: number, agents: number];
export type Interval = readonly [from: number, to: number];

export interface CoverLine {
  readonly brand: string;
  readonly language: string;
  readonly classes: readonly { readonly kind: string; readonly channel: string }[];
  readonly steps: readonly Step[];
  readonly gaps: readonly Interval[];
}

export interface CoverageMap {
  readonly since: string;
  readonly until: string;
  readonly rules: number;
  readonly first_gap: readonly [string, string] | null;
  readonly brands: readonly { readonly id: string; readonly name: string; readonly colour: string; readonly zone: string }[];
  readonly kinds: readonly { readonly id: string; readonly labels: Readonly<Record<string, string>> }[];
  readonly lines: readonly CoverLine[];
}

/** A brand in one language, whatever the kind of work: as well covered as its worst kind. */
export interface Pair {
  readonly key: string;
  readonly brand: string;
  readonly name: string;
  readonly colour: string;
  readonly zone: string;
  readonly language: string;
  readonly lines: readonly CoverLine[];
  readonly steps: readonly Step[];
  readonly fewest: number;
  readonly uncovered: number;
}

export const pairKey = (line: Pick<CoverLine, "brand" | "language">): string => `${line.brand}|${line.language}`;

export function pairsOf(map: CoverageMap): Pair[] {
  const until = Date.parse(map.until) / 1000;
  return [...groupBy(map.lines, pairKey)].flatMap(([key, lines]) => {
    const [first] = lines;
    const brand = map.brands.find((one) => one.id === first?.brand);
    if (!first || !brand) return [];
    const steps = fewestOf(lines.map((line) => line.steps));
    return {
      key,
      brand: brand.id,
      name: brand.name,
      colour: brand.colour,
      zone: brand.zone,
      language: first.language,
      lines,
      steps,
      fewest: Math.min(...steps.map(([, agents]) => agents)),
      uncovered: gapsOf(steps, until).reduce((sum, [from, to]) => sum + to - from, 0) / 3600,
    };
  });
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
}

/** At every moment the least of several. */
export function fewestOf(all: readonly (readonly Step[])[]): Step[] {
  const [only] = all;
  if (only && all.length === 1) return [...only];
  const moments = [...new Set(all.flatMap((steps) => steps.map(([at]) => at)))].sort((a, b) => a - b);
  const least: Step[] = [];
  for (const at of moments) {
    const agents = Math.min(...all.map((steps) => agentsAt(steps, at)));
    if (least.at(-1)?.[1] !== agents) least.push([at, agents]);
  }
  return least;
}

export function agentsAt(steps: readonly Step[], at: number): number {
  const place = steps.findLastIndex(([from]) => from <= at);
  return steps[Math.max(place, 0)]?.[1] ?? 0;
}

/** The least between two moments. */
export function fewestIn(steps: readonly Step[], from: number, to: number): number {
  return steps.reduce((least, [at, agents]) => (at > from && at < to ? Math.min(least, agents) : least), agentsAt(steps, from));
}

export const gapsOf = (steps: readonly Step[], until: number): Interval[] =>
  steps.flatMap(([at, agents], place) => (agents === 0 ? [[at, steps[place + 1]?.[0] ?? until] as const] : []));

/** What holds from when to when, between two moments. */
export const spansOf = (steps: readonly Step[], from: number, to: number): { from: number; to: number; agents: number }[] =>
  steps
    .map(([at, agents], place) => ({ from: Math.max(at, from), to: Math.min(steps[place + 1]?.[0] ?? to, to), agents }))
    .filter((span) => span.from < span.to);

export interface HourCell {
  /** The first moment of that hour; where the clocks are put back, of its first pass. */
  readonly at: number;
  /** The fewest at any moment of it. */
  readonly agents: number;
}

export interface DayRow {
  /** The local date, as `2026-11-22`. */
  readonly date: string;
  /** By local hour; null before the time looked at, after it, and for an hour that the clocks skip. */
  readonly cells: readonly (HourCell | null)[];
}

const SLICE = 900; // zones differ by quarters of an hour

/** The days between two moments as a calendar of `zone` shows them. */
export function daysOf(steps: readonly Step[], from: number, to: number, zone: string): DayRow[] {
  const rows = new Map<string, (HourCell | null)[]>();
  for (let at = from; at < to; at += SLICE) {
    const { date, hour } = localOf(at, zone);
    const cells = rows.get(date) ?? Array.from({ length: 24 }, () => null);
    rows.set(date, cells);
    const agents = fewestIn(steps, at, Math.min(at + SLICE, to));
    const before = cells[hour];
    cells[hour] = before ? { at: before.at, agents: Math.min(before.agents, agents) } : { at, agents };
  }
  return [...rows].map(([date, cells]) => ({ date, cells }));
}

/** The pages of the picture, a week each; what is left of the last day stays with the last. */
export function weeksOf(since: number, until: number): Interval[] {
  const count = Math.max(1, Math.round((until - since) / WEEK));
  return Array.from({ length: count }, (_, place) => [since + place * WEEK, place === count - 1 ? until : since + (place + 1) * WEEK] as const);
}

const DAY = 86_400;
const WEEK = 7 * DAY;

/** `always`: all the time looked at. `daily`, `weekly` (on some weekdays): at the same times, without exception, from the first to the last date. */
export interface Gap {
  readonly how: "always" | "daily" | "weekly" | "once";
  /** The first time it happens. */
  readonly from: number;
  readonly to: number;
  /** The last time it begins. */
  readonly last: number;
  readonly times: number;
  /** When it first begins on each of its weekdays. */
  readonly on: readonly number[];
}

/** Gaps as one would say them: what repeats is said once. Times of day are those of `zone`. One that is cut off where the time looked at begins or
    ends counts as whole where another shows how long it really is; so a gap may begin before `since`. */
export function fold(gaps: readonly Interval[], since: number, until: number, zone: string): Gap[] {
  if (gaps.some(([from, to]) => from <= since && to >= until)) return [{ how: "always", from: since, to: until, last: since, times: 1, on: [since] }];
  const inside = gaps.filter(([from, to]) => from > since && to < until);
  const alike = groupBy(gaps.map((gap) => whole(gap, inside, since, until)), ([from, to]) => `${localOf(from, zone).time} ${localOf(to, zone).time} ${dayNumber(to, zone) - dayNumber(from, zone)}`);
  return [...alike.values()].flatMap((group) => repeated(group, zone)).toSorted((a, b) => a.from - b.from);
}

function whole([from, to]: Interval, inside: readonly Interval[], since: number, until: number): Interval {
  const days = (a: number, b: number) => (a - b) % DAY === 0;
  const like = from <= since ? inside.find((one) => days(one[1], to) && one[1] - one[0] > to - from) : to >= until ? inside.find((one) => days(one[0], from) && one[1] - one[0] > to - from) : undefined;
  const length = like ? like[1] - like[0] : to - from;
  return from <= since ? [to - length, to] : [from, from + length];
}

function repeated(group: readonly Interval[], zone: string): Gap[] {
  if (group.length > 2 && evenly(group, 1, zone)) return [told(group, "daily")];
  const byWeekday = [...groupBy(group, ([from]) => String(((dayNumber(from, zone) % 7) + 7) % 7)).values()];
  const weekly = byWeekday.filter((same) => same.length > 1 && evenly(same, 7, zone));
  const once = byWeekday.filter((same) => !weekly.includes(same)).flat();
  const together = groupBy(weekly, (same) => String(same.length));
  return [...[...together.values()].map((several) => told(several.flat().toSorted((a, b) => a[0] - b[0]), "weekly", several.map(([first]) => first?.[0] ?? 0))), ...once.map((one) => told([one], "once"))];
}

const evenly = (group: readonly Interval[], days: number, zone: string): boolean =>
  group.every(([from], place) => place === 0 || dayNumber(from, zone) - dayNumber(group[place - 1]?.[0] ?? 0, zone) === days);

function told(group: readonly Interval[], how: Gap["how"], on?: readonly number[]): Gap {
  const [from, to] = group[0] ?? [0, 0];
  return { how, from, to, last: group.at(-1)?.[0] ?? from, times: group.length, on: on?.toSorted((a, b) => a - b) ?? [from] };
}

const formats = new Map<string, Intl.DateTimeFormat>();

function localOf(at: number, zone: string): { date: string; hour: number; time: string } {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    formats.set(zone, format);
  }
  const parts = Object.fromEntries(format.formatToParts(at * 1000).map(({ type, value }) => [type, value]));
  return { date: `${parts.year}-${parts.month}-${parts.day}`, hour: Number(parts.hour), time: `${parts.hour}:${parts.minute}` };
}

const dayNumber = (at: number, zone: string): number => Date.parse(localOf(at, zone).date) / (DAY * 1000);

/** `America/New_York` → `New York`: a zone as people name it, by its city. */
export const cityOf = (zone: string): string => (zone.split("/").at(-1) ?? zone).replaceAll("_", " ");

/** A local date written for the reader. */
export const dateText = (date: string, tag: string): string => day(`${date}T00:00:00Z`, tag, "UTC");

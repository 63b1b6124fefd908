// The arithmetic of pictures: scales, ticks, bands, funnels. Numbers in, numbers out; no element is known here.
//
// Time runs from left to right in every language: an axis is a drawing, not a sentence, and Arabic newspapers draw it so too. Everything
// that is read as a list (bars with their labels, funnels, tables) follows the direction of the page.

export interface Scale {
  (value: number): number;
  readonly ticks: readonly number[];
}

/** Steps of 1, 2 or 5 × 10ⁿ from 0 to the first tick at or above `max`: `niceTicks(37, 4)` → 0, 10, 20, 30, 40. */
export function niceTicks(max: number, count = 4, smallest = 0): number[] {
  const top = max > 0 && Number.isFinite(max) ? max : 1;
  const rough = Math.max(top / Math.max(1, count), smallest);
  const power = 10 ** Math.floor(Math.log10(rough));
  // A hair of tolerance, or 0.3 / 3 would not be 0.1.
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough * (1 - 1e-9)) ?? 10);
  const steps = Math.ceil((top / step) * (1 - 1e-9));
  return Array.from({ length: steps + 1 }, (_, place) => Number((place * step).toPrecision(12)));
}

/** Steps of a clock: 1, 2, 5, 10, 15, 30 seconds or minutes, hours after that; for axes of durations. */
export function clockTicks(max: number, count = 4): number[] {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400];
  const rough = Math.max(max, 1) / Math.max(1, count);
  const step = steps.find((size) => size >= rough) ?? Math.ceil(rough / 86_400) * 86_400;
  return Array.from({ length: Math.ceil(Math.max(max, 1) / step) + 1 }, (_, place) => place * step);
}

/** Values from 0 to the last tick onto `from` … `to` (which may run downwards). */
export function linear(ticks: readonly number[], from: number, to: number): Scale {
  const top = ticks.at(-1) || 1;
  const scale = (value: number) => from + (Math.min(Math.max(value, 0), top) / top) * (to - from);
  return Object.assign(scale, { ticks });
}

export interface Band {
  readonly start: number;
  readonly middle: number;
  readonly width: number;
}

/** `count` equal bands over `length`, `gap` of each left empty. */
export function bands(count: number, length: number, gap = 0.2): Band[] {
  const step = count > 0 ? length / count : length;
  const width = step * (1 - gap);
  return Array.from({ length: count }, (_, place) => ({ start: place * step + (step - width) / 2, middle: (place + 0.5) * step, width }));
}

/** Which of `count` labels to write when each needs `each` of `length`: every 1st, 2nd, 3rd, 6th, 12th, 24th … */
export function labelEvery(count: number, length: number, each: number): number {
  const least = Math.ceil((count * each) / Math.max(1, length));
  return [1, 2, 3, 6, 7, 12, 14, 24, 28, 48].find((step) => step >= least) ?? least;
}

export type Point = readonly [x: number, y: number];

/** A path through points, broken where a value is missing: a gap in the data is a gap in the line. */
export function line(points: readonly (Point | null)[]): string {
  let open = false;
  return points
    .map((point) => {
      const step = point && `${open ? "L" : "M"}${round(point[0])} ${round(point[1])}`;
      open = point !== null;
      return step ?? "";
    })
    .join("");
}

/** The areas between two lines, one closed piece for each run without a gap. */
export function ribbon(upper: readonly (Point | null)[], lower: readonly (Point | null)[]): string {
  const pieces: string[] = [];
  let run: number[] = [];
  const close = () => {
    const there = run.map((place) => upper[place] as Point);
    const back = run.map((place) => lower[place] as Point).reverse();
    if (run.length > 1) pieces.push(`${line([...there])}${line(back).replace("M", "L")}Z`);
    run = [];
  };
  upper.forEach((point, place) => (point && lower[place] ? run.push(place) : close()));
  close();
  return pieces.join("");
}

export interface Stage {
  readonly value: number;
  /** Part of the first stage, 0 … 1: the length of the bar. */
  readonly ofFirst: number;
  /** Part of the stage before; null for the first and where there was nothing before. */
  readonly ofPrevious: number | null;
}

export function funnel(values: readonly number[]): Stage[] {
  const first = values[0] ?? 0;
  return values.map((value, place) => {
    const before = values[place - 1];
    return {
      value,
      ofFirst: first > 0 ? Math.min(1, value / first) : 0,
      ofPrevious: before === undefined || before <= 0 ? null : value / before,
    };
  });
}

/** How dark a cell is: 0 for nothing, 0.08 … 1 for 1 … max; the root keeps small counts apart from none and from each other. */
export const shade = (value: number, max: number): number => (value <= 0 || max <= 0 ? 0 : 0.08 + 0.92 * Math.sqrt(Math.min(1, value / max)));

const round = (value: number): number => Math.round(value * 10) / 10;

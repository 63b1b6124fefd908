import { describe, expect, test } from "vitest";
import { agentsAt, type CoverageMap, daysOf, fewestIn, fewestOf, fold, gapsOf, type Interval, pairsOf, spansOf, type Step, weeksOf } from "./coverage";

const at = (text: string): number => Date.parse(`${text}:00Z`) / 1000;
const HOUR = 3600;
const SINCE = at("2026-11-22T10:00");
const nightly = (days: number, from = SINCE + 10 * HOUR, hours = 2): Interval[] => Array.from({ length: days }, (_, n) => [from + n * 24 * HOUR, from + n * 24 * HOUR + hours * HOUR]);

describe("steps", () => {
  const steps: Step[] = [[0, 2], [100, 0], [200, 5]];

  test("say how many there are at a moment, and between two", () => {
    expect([0, 99, 100, 250].map((moment) => agentsAt(steps, moment))).toEqual([2, 2, 0, 5]);
    expect(fewestIn(steps, 0, 100)).toBe(2);
    expect(fewestIn(steps, 0, 101)).toBe(0);
    expect(fewestIn(steps, 200, 900)).toBe(5);
  });

  test("have gaps and spans", () => {
    expect(gapsOf(steps, 300)).toEqual([[100, 200]]);
    expect(gapsOf([[0, 0]], 300)).toEqual([[0, 300]]);
    expect(spansOf(steps, 50, 150)).toEqual([{ from: 50, to: 100, agents: 2 }, { from: 100, to: 150, agents: 0 }]);
  });

  test("of several are as good as the worst", () => {
    expect(fewestOf([[[0, 3], [10, 1]], [[0, 2], [5, 4]]])).toEqual([[0, 2], [5, 3], [10, 1]]);
  });
});

test("a brand and language are as well covered as their worst kind of work", () => {
  const line = { brand: "noor", language: "ar", classes: [], gaps: [] };
  const map: CoverageMap = {
    since: "2026-11-22T10:00:00Z",
    until: "2026-11-29T10:00:00Z",
    rules: 3,
    first_gap: null,
    brands: [{ id: "noor", name: "Noor Living", colour: "#0f6b63", zone: "Asia/Dubai" }],
    kinds: [],
    lines: [
      { ...line, steps: [[SINCE, 4]] },
      { ...line, steps: [[SINCE, 1], [SINCE + 2 * HOUR, 0], [SINCE + 5 * HOUR, 1]] },
      { ...line, brand: "gone", steps: [[SINCE, 0]] },
    ],
  };
  expect(pairsOf(map).map(({ key, fewest, uncovered, lines }) => [key, fewest, uncovered, lines.length])).toEqual([["noor|ar", 0, 3, 2]]);
});

describe("hours", () => {
  test("are those of the reader's zone, each with its worst moment", () => {
    const [first, second] = daysOf([[SINCE, 2], [SINCE + 1.5 * HOUR, 0], [SINCE + 3 * HOUR, 1]], SINCE, SINCE + 15 * HOUR, "Europe/Berlin");
    expect(first?.date).toBe("2026-11-22");
    expect(first?.cells.map((cell) => cell?.agents ?? "-").slice(10, 16)).toEqual(["-", 2, 0, 0, 1, 1]);
    expect(second?.cells.filter(Boolean)).toHaveLength(2);
  });

  test("of a zone between the hours begin at its own", () => {
    const [row] = daysOf([[SINCE, 1]], SINCE, SINCE + 2 * HOUR, "Asia/Kolkata");
    expect(row?.cells.map((cell) => cell && (cell.at - SINCE) / 60).slice(15, 18)).toEqual([0, 30, 90]);
  });

  test("that the clocks skip do not exist, and those that happen twice are one", () => {
    const spring = daysOf([[0, 1]], at("2027-03-27T23:00"), at("2027-03-28T22:00"), "Europe/Berlin");
    expect(spring.map((row) => row.cells.filter(Boolean).length)).toEqual([23]);
    expect(spring[0]?.cells[2]).toBeNull();
    const autumn = daysOf([[0, 1], [at("2026-10-25T01:00"), 0], [at("2026-10-25T02:00"), 1]], at("2026-10-24T22:00"), at("2026-10-25T23:00"), "Europe/Berlin");
    expect(autumn.map((row) => row.cells.filter(Boolean).length)).toEqual([24]);
    expect(autumn[0]?.cells[2]?.agents).toBe(0);
  });
});

test("weeks follow one another to the end", () => {
  expect(weeksOf(SINCE, SINCE + 14 * 24 * HOUR)).toEqual([[SINCE, SINCE + 7 * 24 * HOUR], [SINCE + 7 * 24 * HOUR, SINCE + 14 * 24 * HOUR]]);
});

describe("gaps", () => {
  const until = SINCE + 28 * 24 * HOUR;
  const how = (gaps: readonly Interval[], zone = "UTC") => fold(gaps, SINCE, until, zone).map((gap) => [gap.how, gap.times]);

  test("of every night are one", () => {
    expect(how(nightly(28))).toEqual([["daily", 28]]);
  });

  test("that are cut off at either end belong to the others", () => {
    const cut = nightly(28, SINCE - HOUR).map(([from, to]) => [Math.max(from, SINCE), Math.min(to, until)] as const);
    expect(how([...cut, [until - HOUR, until]])).toEqual([["daily", 29]]);
  });

  test("of every Sunday are one", () => {
    const sundays = nightly(28).filter((_, n) => n % 7 === 0);
    expect(how(sundays)).toEqual([["weekly", 4]]);
    expect(how([...sundays, [SINCE + 30 * HOUR, SINCE + 31 * HOUR]])).toEqual([["weekly", 4], ["once", 1]]);
  });

  test("of the same weekdays every week are one", () => {
    const workdays = nightly(28, at("2026-11-22T20:00")).filter((_, n) => n % 7 > 0 && n % 7 < 4);
    const [gap, ...others] = fold(workdays, SINCE, until, "UTC");
    expect([gap?.how, gap?.times, gap?.on.length, others.length]).toEqual(["weekly", 12, 3, 0]);
  });

  test("that skip a week are told one by one", () => {
    expect(how(nightly(28).filter((_, n) => n === 0 || n === 14))).toEqual([["once", 1], ["once", 1]]);
  });

  test("that last all the time are told as such", () => {
    expect(how([[SINCE, until]])).toEqual([["always", 1]]);
  });

  test("move with the clocks of the zone they are read in", () => {
    const start = at("2026-10-20T20:00");
    const folded = fold(nightly(10, start), start - HOUR, start + 14 * 24 * HOUR, "Europe/Berlin");
    expect(folded.map((gap) => [gap.how, gap.times])).toEqual([["daily", 5], ["daily", 5]]);
  });
});

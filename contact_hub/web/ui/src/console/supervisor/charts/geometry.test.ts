import { describe, expect, test } from "vitest";
import { bands, clockTicks, funnel, labelEvery, line, linear, niceTicks, ribbon, shade } from "./geometry";

describe("ticks", () => {
  test("are round and reach over the largest value", () => {
    expect(niceTicks(37)).toEqual([0, 10, 20, 30, 40]);
    expect(niceTicks(0.3, 3)).toEqual([0, 0.1, 0.2, 0.3]);
    expect(niceTicks(1000, 4)).toEqual([0, 500, 1000]);
  });

  test("of counts have no halves", () => {
    expect(niceTicks(2, 4, 1)).toEqual([0, 1, 2]);
  });

  test("stand even where there is nothing", () => {
    expect(niceTicks(0, 4, 1)).toEqual([0, 1]);
    expect(niceTicks(Number.NaN, 4, 1)).toEqual([0, 1]);
  });

  test("of durations follow the clock", () => {
    expect(clockTicks(95)).toEqual([0, 30, 60, 90, 120]);
    expect(clockTicks(3500)).toEqual([0, 900, 1800, 2700, 3600]);
  });
});

test("a scale may run downwards and keeps values inside", () => {
  const y = linear([0, 50, 100], 200, 0);
  expect([y(0), y(50), y(100), y(140)]).toEqual([200, 100, 0, 0]);
});

test("bands fill the length and leave their gaps on both sides", () => {
  expect(bands(2, 100, 0.2)).toEqual([
    { start: 5, middle: 25, width: 40 },
    { start: 55, middle: 75, width: 40 },
  ]);
});

test("labels thin out until they fit", () => {
  expect(labelEvery(24, 1000, 40)).toBe(1);
  expect(labelEvery(24, 300, 40)).toBe(6);
});

test("a gap in the data is a gap in the line", () => {
  expect(line([[0, 1], [1, 2], null, [3, 4], [4, 5]])).toBe("M0 1L1 2M3 4L4 5");
});

test("a ribbon closes every run and drops lone points", () => {
  expect(ribbon([[0, 1], [1, 1], null, [3, 1]], [[0, 2], [1, 2], null, [3, 2]])).toBe("M0 1L1 1L1 2L0 2Z");
});

test("a funnel knows its losses", () => {
  expect(funnel([200, 150, 30])).toEqual([
    { value: 200, ofFirst: 1, ofPrevious: null },
    { value: 150, ofFirst: 0.75, ofPrevious: 0.75 },
    { value: 30, ofFirst: 0.15, ofPrevious: 0.2 },
  ]);
  expect(funnel([0, 0])[1]).toEqual({ value: 0, ofFirst: 0, ofPrevious: null });
});

test("one is seen beside none", () => {
  expect(shade(0, 100)).toBe(0);
  expect(shade(1, 100)).toBeGreaterThan(0.15);
  expect(shade(100, 100)).toBe(1);
});

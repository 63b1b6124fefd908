import { expect, test } from "vitest";
import { grouped, lineSpan, short, tally } from "./changes";

test("changes stand under the part of the file they belong to", () => {
  const changes = [
    { path: "agents[camille].languages.fr", kind: "changed", before: "B2", after: "C1" },
    { path: "brands[velour].floor", kind: "changed", before: "C1", after: "B2" },
    { path: "agents[amir]", kind: "added", after: {} },
    { path: "rules", kind: "removed", before: {} },
  ] as const;
  expect(grouped(changes).map(({ section, changes }) => [section, changes.length])).toEqual([["agents", 2], ["brands", 1], ["rules", 1]]);
  expect(tally(changes)).toEqual({ added: 1, removed: 1, changed: 2 });
});

test("values are said on one line", () => {
  expect(short("C1")).toBe("C1");
  expect(short(["fr", "en"])).toBe('["fr","en"]');
  expect(short(undefined)).toBe("–");
  expect(short("x".repeat(200))).toHaveLength(120);
});

test("a line is found by its number, and a number too high finds the last", () => {
  const text = "one\ntwo\nthree";
  expect(lineSpan(text, 2)).toEqual({ start: 4, end: 7 });
  expect(text.slice(lineSpan(text, 9).start)).toBe("three");
});

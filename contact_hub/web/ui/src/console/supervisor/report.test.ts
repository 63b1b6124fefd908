import { describe, expect, test } from "vitest";
import { families, type Measure, seconds, write, writeInterval, writeTick } from "./report";

const figure = (value: number | null, low: number | null = null, high: number | null = null) => ({ value, n: 10, low, high });

describe("figures are written as the reader writes them", () => {
  test("shares, counts and nothing", () => {
    expect(write(0.8642, "share", "en")).toBe("86.4%");
    expect(write(0.8642, "share", "de")).toBe("86,4\u00a0%");
    expect(write(12034, "count", "en")).toBe("12,034");
    expect(write(null, "seconds", "en")).toBe("–");
  });

  test("durations as a clock, with its unit", () => {
    expect([seconds(8.42, "en"), seconds(48, "en"), seconds(125, "en"), seconds(3725, "en")]).toEqual(["8.4s", "48s", "2:05 min", "1:02:05 hr"]);
    expect(seconds(125, "de")).toBe("2:05 Min.");
  });

  test("axes have no decimals they do not need", () => {
    expect([writeTick(0.25, "share", "en"), writeTick(90, "seconds", "en")]).toEqual(["25%", "1:30 min"]);
  });
});

describe("intervals", () => {
  test("say their unit once", () => {
    expect(writeInterval(figure(0.85, 0.828, 0.856), "share", "en")).toBe("82.8–85.6%");
    expect(writeInterval(figure(70, 62, 100), "seconds", "en")).toBe("1:02–1:40 min");
  });

  test("keep the sign where the reader has it", () => {
    expect(writeInterval(figure(0.95, 0.857, 1), "share", "tr")).toBe("%85,7–100,0");
    expect(writeInterval(figure(0.95, 0.857, 1), "share", "de")).toBe("85,7–100,0\u00a0%");
    expect(writeInterval(figure(0.95, 0.857, 1), "share", "fa")).toBe("۸۵٫۷–۱۰۰٫۰٪");
    expect(writeInterval(figure(70, 62, 100), "seconds", "tr")).toMatch(/^1:02–1:40 /);
  });

  test("say both units where they differ", () => {
    expect(writeInterval(figure(60, 48, 100), "seconds", "en")).toBe("48s –1:40 min");
  });

  test("are silent where there is nothing to be unsure of", () => {
    expect(writeInterval(figure(5, 5, 5), "count", "en")).toBe("");
    expect(writeInterval(figure(0.9), "share", "en")).toBe("");
  });
});

test("measures stand in families, and one nobody placed is not lost", () => {
  const measures = ["csat", "offered", "brand_new"].map((key): Measure => ({ key, name: key, unit: "count", definition: "" }));
  expect(families(measures).map(({ family, measures }) => [family, measures.map((one) => one.key)])).toEqual([
    ["volume", ["offered"]],
    ["outcome", ["csat"]],
    ["other", ["brand_new"]],
  ]);
});

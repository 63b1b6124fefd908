import { describe, expect, test } from "vitest";
import { csvUrl, drillPage, drillUrl, type FigureAt, pageOf, readFigure, readQuery, reportUrl, span, writeQuery } from "./query";

const HOME = "Europe/Berlin";
const NOW = new Date("2026-03-29T23:30:00Z"); // already the 30th in Berlin, the day after its clocks changed
const asked = (search: string) => readQuery(search, HOME);
const of = (url: string) => Object.fromEntries(new URLSearchParams(url.split("?")[1]));

describe("the address of the page", () => {
  test("holds only what differs from the defaults, and comes back as it went", () => {
    expect(pageOf(asked(""), HOME)).toBe("/quality");
    const search = "period=custom&from=2026-02-01&to=2026-02-07&zone=Asia%2FManila&by=language&brand=velour&kind=sales";
    expect(writeQuery(asked(search), HOME).toString()).toBe(search);
  });

  test("cannot be broken by what somebody typed into it", () => {
    const query = asked("period=soon&from=yesterday&zone=Mars/Olympus&by=mood&colour=red");
    expect([query.period, query.zone, query.by, query.filters]).toEqual(["7d", HOME, "pool", {}]);
    expect(asked("period=custom&from=2026-02-01").period).toBe("7d");
  });
});

describe("periods are dates of the zone", () => {
  test("today is today there", () => {
    expect(span(asked("period=today"), NOW)).toEqual({ from: "2026-03-30", to: "2026-03-30" });
    expect(span(asked("period=today&zone=America/New_York"), NOW)).toEqual({ from: "2026-03-29", to: "2026-03-29" });
  });

  test("weeks and months", () => {
    expect(span(asked(""), NOW)).toEqual({ from: "2026-03-24", to: "2026-03-30" });
    expect(span(asked("period=month"), NOW)).toEqual({ from: "2026-03-01", to: "2026-03-30" });
    expect(span(asked("period=last_month"), NOW)).toEqual({ from: "2026-02-01", to: "2026-02-28" });
  });

  test("turned round are put right", () => {
    expect(span(asked("from=2026-02-07&to=2026-02-01"), NOW)).toEqual({ from: "2026-02-01", to: "2026-02-07" });
  });
});

test("the CSV asks exactly what the table asked", () => {
  const query = asked("period=28d&by=vendor&brand=velour&language=pt-BR");
  expect(csvUrl(query, NOW, "de").split("?")[1]).toBe(reportUrl(query, NOW, "de").split("?")[1]);
  expect(of(csvUrl(query, NOW, "de"))).toEqual({
    from: "2026-03-03",
    to: "2026-03-30",
    zone: HOME,
    by: "vendor",
    brand: "velour",
    language: "pt-BR",
    tag: "de",
  });
});

describe("what stands behind a figure", () => {
  const query = asked("by=vendor&brand=velour");

  test("of a row is asked with the row's own grouping", () => {
    const at: FigureAt = { measure: "service_level", of: "row", row: "kappa", by: "vendor" };
    expect(of(drillUrl(query, NOW, at))).toMatchObject({ by: "vendor", row: "kappa", measure: "service_level", brand: "velour" });
  });

  test("of a stretch of time is asked by when it begins", () => {
    const at: FigureAt = { measure: "offered", of: "stretch", since: "2026-03-28T00:00+01:00", until: "2026-03-29T00:00+01:00" };
    expect(of(drillUrl(query, NOW, at))).toMatchObject({ at: at.since, from: "2026-03-24", to: "2026-03-30" });
  });

  test("of a language at an hour is asked by both, the unknown language too", () => {
    const at: FigureAt = { measure: "offered", of: "hour", language: "fr", hour: 9 };
    expect(of(drillUrl(query, NOW, at))).toMatchObject({ row: "fr", hour: "9" });
    expect(of(drillUrl(query, NOW, { ...at, language: "" }))).toMatchObject({ row: "", hour: "9" });
  });

  test("has an address that leads back to the same figure and the same report", () => {
    const places: FigureAt[] = [
      { measure: "csat", of: "total" },
      { measure: "csat", of: "row", by: "day", row: "2026-03-28" },
      { measure: "csat", of: "stretch", since: "2026-03-28T00:00+01:00", until: "2026-03-29T00:00+01:00" },
      { measure: "csat", of: "hour", language: "pt-BR", hour: 23 },
    ];
    for (const at of places) {
      const search = new URLSearchParams(drillPage(query, HOME, at).split("?")[1]);
      expect(readFigure(search)).toEqual(at);
      expect(readQuery(search, HOME)).toEqual(query);
    }
  });

  test("is nothing where the address names no figure", () => {
    expect(readFigure(new URLSearchParams("by=vendor"))).toBeNull();
  });
});

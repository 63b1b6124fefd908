import { describe, expect, test } from "vitest";
import { csvUrl, drillPage, drillUrl, pageOf, readQuery, reportUrl, span, timeDimension, writeQuery } from "./query";

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

  test("short ones are drawn by the hour", () => {
    expect(timeDimension(asked("period=yesterday"), NOW)).toBe("hour");
    expect(timeDimension(asked("period=28d"), NOW)).toBe("day");
  });
});

test("the CSV asks exactly what the table asked", () => {
  const query = asked("period=28d&by=vendor&brand=velour&language=pt-BR");
  expect(csvUrl(query, NOW).split("?")[1]).toBe(reportUrl(query, NOW).split("?")[1]);
  expect(of(csvUrl(query, NOW))).toEqual({
    from: "2026-03-03",
    to: "2026-03-30",
    zone: HOME,
    by: "vendor",
    brand: "velour",
    language: "pt-BR",
  });
});

test("what stands behind a figure is asked with the figure's own grouping", () => {
  const query = asked("by=vendor&brand=velour");
  const at = { measure: "service_level", row: "2026-03-28", by: "day" };
  expect(of(drillUrl(query, NOW, at))).toMatchObject({ by: "day", row: "2026-03-28", measure: "service_level", brand: "velour" });
  expect(drillPage(query, HOME, at)).toBe("/quality?by=vendor&brand=velour&measure=service_level&row=2026-03-28&rows=day");
});

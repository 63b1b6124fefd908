// What a report is asked: a period, a zone, filters, a dimension to group by. It lives in the address of the page, so that a figure can be
// sent to a colleague, and becomes the very same parameters for the report, the CSV and the list behind a figure: one question, three answers.

export const PERIODS = ["today", "yesterday", "7d", "28d", "month", "last_month", "custom"] as const;
export type Period = (typeof PERIODS)[number];

export const FILTERS = ["client", "brand", "vendor", "pool", "language", "kind", "channel"] as const;
export type Filter = (typeof FILTERS)[number];

export const DIMENSIONS = ["brand", "client", "vendor", "pool", "language", "kind", "channel", "day", "hour"] as const;
export type Dimension = (typeof DIMENSIONS)[number];

export interface Query {
  readonly period: Period;
  /** Dates of the zone, both inclusive; only where the period is `custom`. */
  readonly from: string;
  readonly to: string;
  readonly zone: string;
  readonly by: Dimension;
  readonly filters: Readonly<Partial<Record<Filter, string>>>;
}

export const DEFAULTS = { period: "7d", by: "pool" } as const;

export function readQuery(search: string | URLSearchParams, zone: string): Query {
  const given = new URLSearchParams(search);
  const [from, to] = [dateOf(given.get("from")), dateOf(given.get("to"))];
  const filters = Object.fromEntries(FILTERS.flatMap((name) => (given.get(name) ? [[name, given.get(name) as string]] : [])));
  const asked = oneOf(PERIODS, given.get("period"), from && to ? "custom" : DEFAULTS.period);
  const period = asked === "custom" && !(from && to) ? DEFAULTS.period : asked;
  return {
    period,
    from: period === "custom" ? from : "",
    to: period === "custom" ? to : "",
    zone: zoneOf(given.get("zone")) ?? zone,
    by: oneOf(DIMENSIONS, given.get("by"), DEFAULTS.by),
    filters,
  };
}

/** The query as the page's address holds it: only what differs from the defaults. */
export function writeQuery(query: Query, zone: string): URLSearchParams {
  const said = new URLSearchParams();
  if (query.period !== DEFAULTS.period) said.set("period", query.period);
  if (query.period === "custom") {
    said.set("from", query.from);
    said.set("to", query.to);
  }
  if (query.zone !== zone) said.set("zone", query.zone);
  if (query.by !== DEFAULTS.by) said.set("by", query.by);
  for (const name of FILTERS) if (query.filters[name]) said.set(name, query.filters[name]);
  return said;
}

/** The query as the server is asked. `by` may be another than the page's. */
export function parameters(query: Query, now: Date, by: string = query.by): URLSearchParams {
  const { from, to } = span(query, now);
  const said = new URLSearchParams({ from, to, zone: query.zone, by });
  for (const name of FILTERS) if (query.filters[name]) said.set(name, query.filters[name]);
  return said;
}

/** `tag`: the language in which the server names what only it can name. */
export const reportUrl = (query: Query, now: Date, tag: string, by?: string): string => `/api/quality/report?${parameters(query, now, by)}&tag=${tag}`;

/** The table on the screen as a file: the same parameters, so the same numbers. */
export const csvUrl = (query: Query, now: Date, tag: string): string => `/api/quality/report.csv?${parameters(query, now)}&tag=${tag}`;

/** One figure of a report: of the total, of a row of its table, of a stretch of time, of a language at an hour of the day. */
export type FigureAt = { readonly measure: string } & (
  | { readonly of: "total" }
  | { readonly of: "row"; readonly by: string; readonly row: string }
  | { readonly of: "stretch"; readonly since: string; readonly until: string }
  | { readonly of: "hour"; readonly language: string; readonly hour: number }
);

/** The question whose answer is the list behind the figure: the report's own question and the figure's place in its answer. */
export function drillUrl(query: Query, now: Date, at: FigureAt): string {
  const said = parameters(query, now);
  said.set("measure", at.measure);
  switch (at.of) {
    case "total":
      said.set("row", "total");
      break;
    case "row":
      said.set("by", at.by);
      said.set("row", at.row);
      break;
    case "stretch":
      said.set("at", at.since);
      break;
    case "hour":
      said.set("row", at.language);
      said.set("hour", String(at.hour));
  }
  return `/api/quality/drill?${said}`;
}

/** The page that lists what stands behind a figure: the report's address and the figure's place in it. */
export function drillPage(query: Query, zone: string, at: FigureAt): string {
  const said = writeQuery(query, zone);
  for (const [name, value] of Object.entries(at)) said.set(PLACE[name] ?? name, String(value));
  return `/quality?${said}`;
}

// In the address a figure's place must not be taken for a filter of the report.
const PLACE: Readonly<Record<string, string>> = { by: "rows", language: "speaking" };

/** The figure the address points at, if it does. */
export function readFigure(search: URLSearchParams): FigureAt | null {
  const [measure, of] = [search.get("measure"), search.get("of")];
  if (!measure) return null;
  switch (of) {
    case "row":
      return { measure, of, by: search.get("rows") ?? DEFAULTS.by, row: search.get("row") ?? "" };
    case "stretch":
      return { measure, of, since: search.get("since") ?? "", until: search.get("until") ?? "" };
    case "hour":
      return { measure, of, language: search.get("speaking") ?? "", hour: Number(search.get("hour") ?? 0) };
    default:
      return { measure, of: "total" };
  }
}

export function pageOf(query: Query, zone: string): string {
  const said = writeQuery(query, zone).toString();
  return said ? `/quality?${said}` : "/quality";
}

/** First and last date of the period, both inclusive, on the calendar of the query's zone. */
export function span(query: Query, now: Date): { from: string; to: string } {
  const today = dateIn(now, query.zone);
  const [year, month] = [Number(today.slice(0, 4)), Number(today.slice(5, 7))];
  switch (query.period) {
    case "today":
      return { from: today, to: today };
    case "yesterday":
      return { from: plusDays(today, -1), to: plusDays(today, -1) };
    case "7d":
      return { from: plusDays(today, -6), to: today };
    case "28d":
      return { from: plusDays(today, -27), to: today };
    case "month":
      return { from: `${today.slice(0, 7)}-01`, to: today };
    case "last_month":
      return { from: iso(Date.UTC(year, month - 2, 1)), to: iso(Date.UTC(year, month - 1, 0)) };
    case "custom":
      return query.from <= query.to ? { from: query.from, to: query.to } : { from: query.to, to: query.from };
  }
}

export const plusDays = (date: string, days: number): string => iso(Date.parse(date) + days * 86_400_000);

/** `2026-11-21`: the date that the calendar on the wall of `zone` shows at `moment`. */
export const dateIn = (moment: Date, zone: string): string =>
  new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" }).format(moment);

const iso = (moment: number): string => new Date(moment).toISOString().slice(0, 10);

const dateOf = (text: string | null): string => (text && /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)) ? text : "");

const oneOf = <T extends string>(known: readonly T[], text: string | null, otherwise: T): T =>
  known.includes(text as T) ? (text as T) : otherwise;

function zoneOf(name: string | null): string | null {
  if (!name) return null;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone ? name : null;
  } catch {
    return null;
  }
}

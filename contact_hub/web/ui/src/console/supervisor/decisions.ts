// What routing did, in sentences: an event or a decision with its trace goes in, what a supervisor reads comes out. Nothing is guessed: the
// trace holds counts and codes, so the sentences do too.
import { dateTime, duration, languageName, percent, timeOfDay } from "$shared/format";
import type { Texts } from "$shared/i18n";

export interface Trace {
  readonly rules: number;
  readonly tier: number | null;
  readonly eligible: number;
  readonly excluded: Readonly<Record<string, number>>;
  readonly chosen_by: readonly (readonly [step: string, left: number])[];
  readonly waited_seconds: number;
  readonly why: string;
}

/** A decision or event of the journal: its `type` names it, the other fields are its own. */
export interface Entry {
  readonly type: string;
  readonly trace?: Trace;
  /** The whole sentence with its reasons, where the server wrote it. */
  readonly told?: string;
  readonly [field: string]: unknown;
}

export interface Step {
  readonly seq: number;
  readonly at: string;
  readonly event: Entry;
  readonly decisions: readonly Entry[];
  readonly rules: number;
}

/** A line of the journal as it is kept: `is` names its kind; a step holds its event and decisions, a fact is its own event. */
export interface JournalLine {
  readonly seq: number;
  readonly at: string;
  readonly is: string;
  readonly rules?: number;
  readonly event?: Named;
  readonly decisions?: readonly Named[];
  readonly [field: string]: unknown;
}
type Named = { readonly is: string; readonly [field: string]: unknown };

// What the transcript shows anyway, and what only says again how the inquiry began.
const TOLD_ELSEWHERE: ReadonlySet<string> = new Set(["message_posted", "inquiry_opened"]);

export function readJournal(lines: readonly JournalLine[]): Step[] {
  const entry = ({ is, ...fields }: Named): Entry => ({ ...fields, type: is });
  return lines
    .filter((line) => !TOLD_ELSEWHERE.has(line.is))
    .map((line) => ({
      seq: line.seq,
      at: line.at,
      event: entry(line.event ?? line),
      decisions: (line.decisions ?? []).map(entry),
      rules: line.rules ?? 0,
    }));
}

/** How it ended, for the mark beside the sentence; each tone has its own shape, so that colour is never alone. */
export type Tone = "good" | "open" | "bad" | "plain";

export interface Told {
  readonly sentence: string;
  readonly tone: Tone;
  /** Short sentences of the trace, in reading order. */
  readonly because: readonly string[];
  /** Who was not asked, most frequent first. */
  readonly excluded: readonly { readonly reason: string; readonly text: string; readonly agents: number }[];
}

export interface Names {
  (id: string): string;
}

const TONES: Readonly<Record<string, Tone>> = {
  assigned: "good",
  wrap_up_ended: "plain",
  queued: "open",
  offered: "open",
  withdrawn: "bad",
  refused: "bad",
  flagged: "bad",
};

export function tellDecision(decision: Entry, texts: Texts, name: Names, zone?: string): Told {
  return {
    sentence: decision.told ?? sentenceOf(decision, texts, name, zone),
    tone: TONES[decision.type] ?? "plain",
    because: decision.trace ? (decision.told ? frameOf(decision.trace, texts) : traceOf(decision.type, decision.trace, texts)) : [],
    excluded: excludedOf(decision.trace?.excluded ?? {}, texts),
  };
}

export function tellEvent(event: Entry, texts: Texts, name: Names): string {
  const values = {
    agent: event.agent ? name(String(event.agent)) : event.by ? name(String(event.by)) : "",
    pool: event.pool ? name(String(event.pool)) : "",
    reason: event.reason ? readable(String(event.reason)) : "",
    because: event.because ? reasonText(String(event.because), texts) : "",
    language: event.tag ? languageName(String(event.tag), texts.tag) : "",
    confidence: typeof event.confidence === "number" ? percent(event.confidence, texts.tag) : "",
    score: typeof event.score === "number" ? event.score : "",
    version: typeof event.version === "number" ? event.version : "",
    availability: event.availability ? word("availability", String(event.availability), texts) : "",
  };
  const target = event.type === "transferred" ? (event.agent ? "_agent" : event.pool ? "_pool" : "_queue") : "";
  const who = event.type === "transferred" ? { ...values, by: name(String(event.by ?? "")) } : values;
  const key = `quality.screen.event.${event.type}${target}`;
  return texts.has(key) ? texts.t(key, who) : readable(event.type);
}

/** Why not, why over, why refused: the sentence of the routing catalogue or of the table of errors. */
export function reasonText(code: string, texts: Texts): string {
  const key = [`routing.reason.${code}`, `quality.screen.because.${code}`, `error.${code}`].find((known) => texts.has(known));
  return key ? texts.t(key) : readable(code);
}

function sentenceOf(decision: Entry, texts: Texts, name: Names, zone?: string): string {
  const at = (moment: unknown) => (moment ? timeOfDay(String(moment), texts.tag, zone) : "");
  const values = {
    agent: decision.agent ? name(String(decision.agent)) : "",
    pool: decision.pool ? name(String(decision.pool)) : "",
    until: at(decision.until),
    because: reasonText(String(decision.because ?? decision.code ?? ""), texts),
    disposition: readable(String(decision.disposition ?? "")),
    availability: word("availability", String(decision.availability ?? ""), texts),
    opening: decision.next_opening ? dateTime(String(decision.next_opening), texts.tag, zone) : "",
  };
  const key = `quality.screen.decision.${decision.type}${variant(decision)}`;
  return texts.has(key) ? texts.t(key, values) : readable(decision.type);
}

function variant(decision: Entry): string {
  if (decision.type === "queued" && decision.all_closed) return decision.next_opening ? "_closed" : "_no_opening";
  if (decision.type === "released" && decision.requeued) return "_requeued";
  if (decision.type === "wrap_up_ended" && decision.disposition === "timeout") return "_timeout";
  return "";
}

/** What the sentence leaves out: how old it was, and under which rules. */
function frameOf(trace: Trace, texts: Texts): string[] {
  const waited = trace.waited_seconds >= 1 ? [texts.t("quality.screen.trace.waited", { time: duration(trace.waited_seconds, texts.tag) })] : [];
  return [...waited, texts.t("quality.screen.trace.rules", { version: trace.rules })];
}

function traceOf(type: string, trace: Trace, texts: Texts): string[] {
  const said: string[] = [];
  if (trace.waited_seconds >= 1) said.push(texts.t("quality.screen.trace.waited", { time: duration(trace.waited_seconds, texts.tag) }));
  said.push(trace.eligible > 0 ? texts.tn("quality.screen.trace.eligible", trace.eligible) : texts.t("quality.screen.trace.nobody"));
  if (type === "offered") said.push(...choiceOf(trace, texts));
  if (trace.tier !== null && trace.tier !== undefined) said.push(texts.t("quality.screen.trace.tier", { tier: trace.tier }));
  said.push(texts.t("quality.screen.trace.rules", { version: trace.rules }));
  return said;
}

function choiceOf(trace: Trace, texts: Texts): string[] {
  const chosenBy = trace.chosen_by ?? [];
  if (chosenBy.length === 0) return trace.why ? [texts.t("quality.screen.trace.chosen", { steps: word("step", trace.why, texts) })] : [];
  const steps = chosenBy.map(([step, left]) => texts.t("quality.screen.trace.step", { step: word("step", step, texts), left }));
  return [texts.t("quality.screen.trace.chosen", { steps: steps.join(texts.dir === "rtl" ? " ← " : " → ") })];
}

export function excludedOf(excluded: Readonly<Record<string, number>>, texts: Texts): Told["excluded"] {
  return Object.entries(excluded)
    .sort(([left, fewer], [right, more]) => more - fewer || left.localeCompare(right))
    .map(([reason, agents]) => ({ reason, text: reasonText(reason, texts), agents }));
}

/** The catalogue's word for a code. */
export function word(family: "availability" | "step", code: string, texts: Texts): string {
  const key = `quality.screen.${family}.${code}`;
  return texts.has(key) ? texts.t(key) : readable(code);
}

/** A code that a workspace brought itself (dispositions, reasons for being away), as words. */
export const readable = (code: string): string => code.replaceAll("_", " ");

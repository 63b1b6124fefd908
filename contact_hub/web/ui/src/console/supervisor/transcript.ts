// Both logs of a conversation as one reading: what customer and brand said, and between it what only staff saw.
import type { MailFace, PublicEntryForStaff, StaffEntry } from "$shared/protocol.gen";
import { languageName } from "$shared/format";
import type { Texts } from "$shared/i18n";
import { type Names, readable, reasonText, type Step } from "./decisions";

export interface Line {
  readonly key: string;
  readonly at: string;
  readonly side: "customer" | "brand" | "staff" | "notice";
  /** Who said it, as staff may know: the agent under the persona. */
  readonly author: string;
  readonly persona: string;
  readonly text: string;
  readonly kind: string;
  /** What a mail has beside its words. */
  readonly mail?: MailFace;
}

/** `code`: a wrap-up code by the brand's own label. By time; at the same moment what everybody saw comes first, and each log keeps its own order whatever its clock says. */
export function merge(pub: readonly PublicEntryForStaff[], staff: readonly StaffEntry[], texts: Texts, name: Names = (id) => id, code: Names = readable): Line[] {
  const [spoken, internal] = [pub.map((entry) => spokenLine(entry, texts)), staff.map((entry) => staffLine(entry, texts, name, code))];
  const lines: Line[] = [];
  let [a, b] = [0, 0];
  while (a < spoken.length || b < internal.length) {
    const [left, right] = [spoken[a], internal[b]];
    const first = !right || (left && Date.parse(left.at) <= Date.parse(right.at));
    lines.push((first ? left : right) as Line);
    if (first) a++;
    else b++;
  }
  return lines;
}

/** Seconds that people worked on it, each from accept to release; null where nobody has, or somebody still does. */
export function handledSeconds(steps: readonly Step[]): number | null {
  let [sum, since]: [number | null, number | null] = [null, null];
  for (const step of steps) {
    for (const { type } of step.decisions) {
      if (type === "assigned") since = Date.parse(step.at);
      if (type !== "released" || since === null) continue;
      sum = (sum ?? 0) + (Date.parse(step.at) - since) / 1000;
      since = null;
    }
  }
  return since === null ? sum : null;
}

function spokenLine(entry: PublicEntryForStaff, texts: Texts): Line {
  const side = entry.key ? "notice" : entry.speaker === "customer" ? "customer" : "brand";
  return {
    key: `p${entry.position}`,
    at: entry.at,
    side,
    author: entry.author ?? "",
    persona: entry.persona ?? "",
    text: entry.key ? told(entry.key, entry.key, noticed(entry.values ?? {}, texts), texts) : (entry.text ?? ""),
    kind: entry.key ?? "message",
    ...(entry.mail && { mail: entry.mail }),
  };
}

const noticed = ({ language, ...values }: Readonly<Record<string, string>>, texts: Texts): Record<string, string> =>
  language === undefined ? values : { ...values, language: tongue(language, texts) };

function staffLine(entry: StaffEntry, texts: Texts, name: Names, code: Names): Line {
  return {
    key: `s${entry.position}`,
    at: entry.at,
    side: "staff",
    author: entry.author ?? "",
    persona: "",
    text: entry.text ?? "",
    kind: told(`console.event.${variant(entry)}`, `quality.screen.staff.${entry.kind}`, inWords(entry, texts, name, code), texts),
  };
}

/** The same event says different things by what it was about, and by what the reader may know. */
function variant({ kind, values = {} }: StaffEntry): string {
  if (kind === "transfer_asked") return `${kind}.${values.agent ? "agent" : values.pool ? "pool" : "queue"}`;
  return kind === "assigned" && !values.agent ? "assigned_elsewhere" : kind;
}

/** What the log keeps as codes, tags and ids, as a person reads it. */
function inWords({ author = "", values = {} }: StaffEntry, texts: Texts, name: Names, code: Names): Record<string, string> {
  const said = Object.entries(values).map(([key, value]) => [key, key === "disposition" ? code(value) : (WORDS[key]?.(value, texts, name) ?? value)]);
  return { author, ...Object.fromEntries(said) };
}

const tongue = (tag: string, texts: Texts) => (tag ? languageName(tag, texts.tag) : texts.t("quality.none.language"));
const WORDS: Readonly<Record<string, (value: string, texts: Texts, name: Names) => string>> = {
  because: (code, texts) => (texts.has(`console.because.${code}`) ? texts.t(`console.because.${code}`) : reasonText(code, texts)),
  from: tongue,
  to: tongue,
  language: tongue,
  agent: (id, _, name) => name(id),
  pool: (id, _, name) => name(id),
};

function told(key: string, otherwise: string, values: Readonly<Record<string, string>>, texts: Texts): string {
  if (texts.has(key)) return texts.t(key, values);
  return texts.has(otherwise) ? texts.t(otherwise, values) : readable(key.split(".").at(-1) ?? key);
}

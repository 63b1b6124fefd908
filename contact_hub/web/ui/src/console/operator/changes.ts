// What would change, for reading: grouped by the first word of its place, values short enough for a line.

export interface WorkspaceChange {
  readonly path: string;
  readonly kind: "added" | "removed" | "changed";
  readonly before?: unknown;
  readonly after?: unknown;
}

export interface WorkspaceProblem {
  readonly severity: "error" | "warning";
  readonly path: string;
  readonly code: string;
  readonly sentence: string;
  /** The catalogue's key for the sentence, and what stands in it. */
  readonly text?: string;
  readonly values?: Readonly<Record<string, string>>;
  readonly line?: number | null;
  readonly column?: number | null;
}

export interface Group {
  readonly section: string;
  readonly changes: readonly WorkspaceChange[];
}

/** `agents[camille].languages.fr` → `agents`; groups stand in the order in which they first appear. */
export function grouped(changes: readonly WorkspaceChange[]): Group[] {
  const groups = new Map<string, WorkspaceChange[]>();
  for (const change of changes) {
    const section = /^[^.[]*/.exec(change.path)?.[0] || change.path;
    groups.set(section, [...(groups.get(section) ?? []), change]);
  }
  return [...groups].map(([section, of]) => ({ section, changes: of }));
}

export const tally = (changes: readonly WorkspaceChange[]): Record<WorkspaceChange["kind"], number> =>
  changes.reduce(
    (sum, change) => {
      sum[change.kind] += 1;
      return sum;
    },
    { added: 0, removed: 0, changed: 0 },
  );

/** A value as YAML would say it on one line; long ones are cut in the middle of nothing but their length. */
export function short(value: unknown, most = 120): string {
  if (value === null || value === undefined) return "–";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

/** Where a line of a text begins and ends, counted from 1; the last line where there is none such. */
export function lineSpan(text: string, line: number): { start: number; end: number } {
  const lines = text.split("\n");
  const wanted = Math.min(Math.max(1, line), lines.length) - 1;
  const start = lines.slice(0, wanted).reduce((sum, one) => sum + one.length + 1, 0);
  return { start, end: start + (lines[wanted]?.length ?? 0) };
}

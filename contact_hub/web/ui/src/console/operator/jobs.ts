// Background work that is stuck, in words. Reasons are codes of the catalogue or the class of an error nobody foresaw; nothing here quotes a customer.
import { dateTime } from "$shared/format";
import type { Texts } from "$shared/i18n";

export interface StuckJob {
  readonly id: string;
  readonly kind: string;
  /** False: this version of the program does not know how to do it. */
  readonly known: boolean;
  readonly trouble: "failed" | "retrying" | "overdue" | "lost";
  readonly code: string | null;
  readonly error: string | null;
  readonly attempts: number;
  readonly created_at: string | null;
  readonly due_at: string;
}

export interface StuckJobs {
  readonly now: string;
  readonly jobs: readonly StuckJob[];
}

/** What the work is; its id where the catalogue has no words for it. */
export function kindText(kind: string, texts: Texts): string {
  const key = `admin.jobs.kind.${kind.replaceAll(".", "_")}`;
  return texts.has(key) ? texts.t(key) : kind;
}

/** What is wrong, and why as far as anybody knows. */
export function troubleText(job: StuckJob, texts: Texts): string {
  const values = { at: dateTime(job.due_at, texts.tag) };
  const counted = job.trouble === "failed" || job.trouble === "retrying";
  const key = `admin.jobs.trouble.${job.trouble}`;
  return [counted ? texts.tn(key, job.attempts, values) : texts.t(key, values), why(job, texts)].filter(Boolean).join(" ");
}

function why({ known, code, error }: StuckJob, texts: Texts): string {
  if (!known) return texts.t("admin.jobs.unknown");
  if (code) return texts.has(`error.${code}`) ? texts.t(`error.${code}`) : code;
  return error ? texts.t("admin.jobs.error", { error }) : "";
}

/** What only a person can settle is bad; what the program still tries is open. */
export const shapeOf = ({ trouble }: StuckJob): "bad" | "open" => (trouble === "failed" || trouble === "lost" ? "bad" : "open");

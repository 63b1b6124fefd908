// What the operator's mail page is told, and what it says of it. Knows no screen.

export interface Box {
  readonly mailbox: string;
  readonly brand: string;
  readonly address: string;
  readonly fetched: boolean;
  readonly sends: boolean;
  /** `open`: mail is handed in, nobody has to fetch it. */
  readonly state: "up" | "down" | "stopped" | "open";
  readonly looked_at: string | null;
  readonly trouble: string | null;
  readonly trouble_text: string | null;
  readonly trouble_since: string | null;
  readonly alert: string | null;
  readonly alert_at: string | null;
  readonly counts: Readonly<Record<string, number>>;
  readonly oldest_waiting: string | null;
}

export interface Came {
  readonly mail: string;
  readonly mailbox: string;
  readonly brand: string;
  readonly state: "held" | "failed";
  readonly reason: string | null;
  readonly received_at: string;
  readonly size: number;
  readonly sender: string;
  readonly subject: string;
  readonly attempts: number;
}

/** What a mail that waits for a decision says of itself. */
export interface Inside {
  readonly sender: string;
  readonly sender_name: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly words: string;
  readonly cut: boolean;
  readonly files: readonly { readonly name: string; readonly size: number }[];
}

export interface Goes {
  readonly mail: string;
  readonly brand: string;
  readonly kind: string;
  readonly state: "unknown" | "failed" | "bounced" | "deferred";
  readonly subject: string;
  readonly conversation: string | null;
  readonly attempts: number;
  readonly made_at: string;
  readonly due_at: string | null;
  readonly answer: string | null;
  readonly recipients: readonly { readonly address: string; readonly state: string; readonly status: string | null; readonly answer: string | null }[];
}

export interface Office {
  readonly now: string;
  readonly mailboxes: readonly Box[];
  readonly coming: readonly Came[];
  readonly going: readonly Goes[];
  readonly tripped: readonly { readonly brand: string; readonly sender: string; readonly since: string }[];
}

/** Whether a mailbox does what it shall. */
export const healthy = (box: Box): boolean => box.state === "up" || box.state === "open";

/** What can be done about a mail that did not become an inquiry. */
export const choices = (mail: Came): readonly ("release" | "again" | "drop")[] =>
  mail.state === "held" ? ["release", "drop"] : mail.reason === "too_large" ? ["drop"] : ["again", "drop"];

/** Those of whom something is still to be said. */
export const concerned = (mail: Goes): string[] => mail.recipients.filter((one) => one.state === mail.state).map(({ address }) => address);

/** Worst first: what nobody knows waits for a decision, what failed for somebody to look, what is late goes by itself. */
export const byConcern = (mails: readonly Goes[]): Goes[] => {
  const rank = ["unknown", "failed", "bounced", "deferred"];
  return mails.toSorted((a, b) => rank.indexOf(a.state) - rank.indexOf(b.state) || b.made_at.localeCompare(a.made_at));
};

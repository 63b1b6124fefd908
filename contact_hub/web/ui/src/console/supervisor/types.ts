// What the staff's HTTP API answers on conversations, as far as these pages read it.
import type { PublicEntryForStaff, StaffEntry } from "$shared/protocol.gen";
import type { JournalLine } from "./decisions";

export interface ConversationLine {
  readonly conversation: string;
  readonly inquiry: string;
  readonly brand: string;
  readonly client: string;
  readonly kind: string;
  readonly channel: string;
  readonly state: string;
  readonly language: string | null;
  readonly confidence: number | null;
  readonly customer: string | null;
  readonly agent_name: string | null;
  readonly pool: string | null;
  readonly vendor: string | null;
  readonly opened_at: string;
  readonly ended_at: string | null;
  readonly waited_seconds: number | null;
  readonly first_words: string;
  readonly score: number | null;
  readonly disposition: string | null;
}

/** An observation behind a figure: a conversation, or an agent where the figure is one of time. `counted`: is it in the numerator? */
export interface DrillLine extends Partial<ConversationLine> {
  readonly agent?: string | null;
  readonly counted?: boolean | null;
  readonly value?: number | null;
}

export interface Drill {
  readonly measure: string;
  readonly row: string | null;
  readonly total: number;
  readonly items: readonly DrillLine[];
}

export interface Conversations {
  readonly items: readonly ConversationLine[];
  readonly next: string | null;
}

export interface Conversation {
  readonly line: ConversationLine;
  readonly language: { readonly tag: string | null; readonly confidence: number; readonly settled: boolean; readonly reason?: string; readonly name?: string | null };
  readonly public: readonly PublicEntryForStaff[];
  readonly staff: readonly StaffEntry[];
  readonly steps: readonly JournalLine[];
  /** Names for the ids in the steps, as far as the viewer may know them. */
  readonly names: { readonly agents: Readonly<Record<string, string>>; readonly pools: Readonly<Record<string, string>> };
}

export interface Explained {
  readonly now: string;
  readonly inquiry: string;
  readonly state: string;
  readonly waited_seconds: number;
  readonly rules: number;
  readonly agents: readonly { readonly agent: string; readonly name: string; readonly pool: string; readonly eligible: boolean; readonly reasons: readonly string[] }[];
  readonly changes: readonly { readonly at: string; readonly code: string; readonly values: Readonly<Record<string, string | number>> }[];
  readonly sentence: string;
}

// How contracts stand today: what the server counted, and how long the bars are that show it.

export interface Share {
  readonly id: string;
  /** Parts of one: what was agreed, and what it is (null: nothing was accepted yet). */
  readonly agreed: number;
  readonly now: number | null;
  readonly accepted: number;
  readonly by_all: number;
}

export interface ContractToday {
  readonly contract: string;
  readonly client: string;
  readonly party: string;
  readonly tier: number;
  readonly day: string;
  readonly zone: string;
  readonly accepted: number;
  readonly reserved: number;
  readonly cap: number | null;
  readonly minimum: number | null;
  readonly currency: string | null;
  readonly spent: number | null;
  readonly budget: number | null;
  readonly against: string | null;
  readonly share: Share | null;
}

export interface BooksToday {
  readonly now: string;
  readonly rules: number;
  readonly contracts: readonly ContractToday[];
}

/** What takes nothing more comes first, then whoever is nearest to a limit. */
export const byConcern = (contracts: readonly ContractToday[], tag: string): ContractToday[] =>
  contracts.toSorted((a, b) => Number(b.against !== null) - Number(a.against !== null) || used(b) - used(a) || a.client.localeCompare(b.client, tag) || a.contract.localeCompare(b.contract, tag));

/** How much of the tighter limit is used, 0 … 1. */
export const used = (contract: ContractToday): number => Math.max(part(contract.accepted, contract.cap), part(contract.spent, contract.budget));

/** A part of a whole for a bar: 0 … 1, and 1 where nothing is allowed at all. */
export const part = (value: number | null, whole: number | null): number => (whole === null || value === null ? 0 : whole <= 0 ? 1 : Math.min(1, value / whole));

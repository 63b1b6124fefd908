// The floor as the server tells it every two seconds, and the little arithmetic of its page.

export interface HeldConversation {
  readonly conversation: string;
  readonly brand: string;
  readonly language: string | null;
  /** `offered`: it rings and is not theirs yet. */
  readonly state?: "offered" | "assigned" | "wrap_up";
  readonly since: string;
}

export interface FloorAgent {
  readonly agent: string;
  readonly name: string;
  readonly pool: string;
  readonly availability: "offline" | "ready" | "away" | "wrap_up";
  readonly reason: string | null;
  readonly since: string | null;
  readonly connected: boolean;
  readonly seats: number;
  readonly seats_used: number;
  readonly conversations: readonly HeldConversation[];
}

export interface FloorQueue {
  readonly brand: string;
  readonly waiting: number;
  readonly oldest_since: string | null;
}

export interface FloorNow {
  readonly now: string;
  readonly agents: readonly FloorAgent[];
  readonly queues: readonly FloorQueue[];
  readonly pools: readonly { readonly id: string; readonly name: string }[];
  readonly brands: readonly { readonly id: string; readonly name: string; readonly colour: string }[];
  readonly owner: { readonly epoch: number; readonly healthy: boolean };
}

/** What the floor sees of an agent: engaged follows from seats in use, lost from a line that is gone while the agent is not. */
export const STATES = ["lost", "engaged", "wrap_up", "ready", "away", "offline"] as const;
export type State = (typeof STATES)[number];

export function stateOf(agent: Pick<FloorAgent, "availability" | "connected" | "seats_used">): State {
  if (agent.availability === "offline") return agent.seats_used > 0 ? (agent.connected ? "engaged" : "lost") : "offline";
  if (!agent.connected) return "lost";
  if (agent.availability === "wrap_up" || agent.availability === "away") return agent.availability;
  return agent.seats_used > 0 ? "engaged" : "ready";
}

export const SHAPES = { lost: "bad", engaged: "busy", wrap_up: "plain", ready: "good", away: "open", offline: "off" } as const;

export const counts = (agents: readonly FloorAgent[]): Record<State, number> =>
  agents.reduce(
    (sum, agent) => {
      sum[stateOf(agent)] += 1;
      return sum;
    },
    { lost: 0, engaged: 0, wrap_up: 0, ready: 0, away: 0, offline: 0 } as Record<State, number>,
  );

/** One line for every brand, also where nobody waits; most waiting first. */
export function queuesOf(floor: Pick<FloorNow, "queues" | "brands">, tag: string): (FloorQueue & { readonly name: string; readonly colour: string })[] {
  const waiting = new Map(floor.queues.map((queue) => [queue.brand, queue]));
  return floor.brands
    .map(({ id, name, colour }) => ({ brand: id, waiting: 0, oldest_since: null, ...waiting.get(id), name, colour }))
    .sort((a, b) => b.waiting - a.waiting || a.name.localeCompare(b.name, tag));
}

export type Order = "state" | "name" | "pool" | "time";

/** By state (who is in trouble first), then by how long they have been in it; the others by what they say. */
export function sorted(agents: readonly FloorAgent[], order: Order, tag: string): FloorAgent[] {
  const name = (a: FloorAgent, b: FloorAgent) => a.name.localeCompare(b.name, tag);
  const time = (a: FloorAgent, b: FloorAgent) => (a.since ?? "9").localeCompare(b.since ?? "9");
  const state = (a: FloorAgent, b: FloorAgent) => STATES.indexOf(stateOf(a)) - STATES.indexOf(stateOf(b));
  const by: Record<Order, (a: FloorAgent, b: FloorAgent) => number> = {
    state: (a, b) => state(a, b) || time(a, b) || name(a, b),
    name,
    pool: (a, b) => a.pool.localeCompare(b.pool, tag) || state(a, b) || name(a, b),
    time: (a, b) => time(a, b) || name(a, b),
  };
  return agents.toSorted(by[order]);
}

/** `for` seconds, by the server's clock: ours may be wrong by minutes. */
export const secondsSince = (since: string | null, serverNow: number): number => (since ? Math.max(0, (serverNow - Date.parse(since)) / 1000) : 0);

// What the shop's page and the frame say to each other. Both ends name the other's exact origin in every message; neither ever carries
// a word of the conversation.

/** From the page (loader) to the frame. */
export type ToFrame = readonly [what: "show" | "hide"] | readonly [what: "language", tag: string] | readonly [what: "context", prefill: Prefill];

/** What a page may fill in beforehand: the visitor still sees it, and still sends it. */
export interface Prefill {
  readonly name?: string;
  readonly email?: string;
  readonly kind?: string;
  readonly question?: string;
}

/** How the launcher looks and what it says; the loader remembers it for the next page. */
export interface Face {
  readonly label: string;
  readonly title: string;
  readonly unread: number;
  readonly colour: string;
  readonly ink: string;
  /** There is a conversation: the next page loads the frame at once, for its unread badge. */
  readonly talking: boolean;
}

/** From the frame to the page. */
export type ToPage =
  | readonly [what: "ready"]
  | readonly [what: "close"]
  | readonly [what: "face", face: Face]
  | readonly [what: "event", name: "started" | "ended" | "unread", detail?: number];

// What the shop's page and the frame say to each other: pairs of a word and a value. Both ends name the other's exact origin in every
// message; neither ever carries a word of the conversation.

/** What a page may fill in beforehand: the visitor still sees it, and still sends it. */
export interface Prefill {
  readonly name?: string;
  readonly email?: string;
  readonly kind?: string;
  readonly question?: string;
}

/** From the page (loader) to the frame, by word. `show` is said when the frame has loaded, and whenever it changes. */
export interface Said {
  show: boolean;
  language?: string;
  context?: Prefill;
}

export type ToFrame = { [what in keyof Said]-?: readonly [what: what, about: NonNullable<Said[what]>] }[keyof Said];

/** How the launcher looks and what it says; the loader remembers it for the next page. */
export interface Face {
  readonly label: string;
  /** What stands on the badge; empty: no badge. */
  readonly unread: string;
  readonly colour: string;
  readonly ink: string;
  /** There is a conversation: the next page loads the frame at once, for its unread badge. */
  readonly talking: boolean;
}

/** From the frame to the page: how to look, to hide the frame, or something the page may listen for. */
export type ToPage =
  | readonly [what: "face", about: Face]
  | readonly [what: "show", about: false]
  | readonly [what: "open" | "close" | "started" | "ended" | "unread", about?: number];

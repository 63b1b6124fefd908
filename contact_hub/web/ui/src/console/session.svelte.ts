// Who sits here: asked of the server once, known to every page.
import { HubRefusal } from "$shared/http";
import { get, post, signedOut, whenSessionEnds } from "./api";

export type Role = "agent" | "vendor_manager" | "client_supervisor" | "operator";

export interface Me {
  readonly account: string;
  readonly name: string;
  readonly email: string;
  readonly role: Role;
  readonly agent?: string | null;
  readonly client?: string | null;
  readonly vendor?: string | null;
  readonly workspace: { readonly id: string; readonly name: string };
  readonly rules: number;
  /** The languages these pages can be read in. */
  readonly languages: readonly string[];
}

type Session =
  | { readonly state: "unknown" }
  /** The server could not be asked; it is asked again by itself. */
  | { readonly state: "unreachable" }
  | { readonly state: "out"; readonly because: "never" | "left" | "ended" }
  | { readonly state: "in"; readonly me: Me };

let session = $state.raw<Session>({ state: "unknown" });

export const current = (): Session => session;

/** The person signed in; pages behind the sign-in may rely on it. */
export function me(): Me {
  if (session.state !== "in") throw new Error("nobody is signed in");
  return session.me;
}

/** Where each role begins its day. */
export const HOME: Readonly<Record<Role, string>> = {
  agent: "/",
  vendor_manager: "/floor",
  client_supervisor: "/quality",
  operator: "/floor",
};

/** What each role may open, in the order of the bar; the server decides anew on every request. */
export const PAGES: Readonly<Record<Role, readonly string[]>> = {
  agent: [],
  vendor_manager: ["floor", "quality", "conversations"],
  client_supervisor: ["quality", "conversations"],
  operator: ["floor", "routing", "quality", "conversations", "mail", "jobs", "workspace"],
};

whenSessionEnds(() => {
  if (session.state === "in") session = { state: "out", because: "ended" };
});

export async function ask(): Promise<void> {
  try {
    session = { state: "in", me: await get<Me>("/api/me") };
  } catch (error) {
    // Whoever was at work is told that it ended, and not just shown the door.
    const because = session.state === "in" || (session.state === "out" && session.because === "ended") ? "ended" : "never";
    const answered = signedOut(error) || error instanceof HubRefusal;
    session = answered ? { state: "out", because } : { state: "unreachable" };
    if (!answered) setTimeout(() => void ask(), 2_000);
  }
}

export async function signIn(email: string, password: string): Promise<void> {
  session = { state: "in", me: await post<Me>("/api/sign-in", { email, password }) };
}

/** Leaves this device clean: what was typed and not sent belongs to the next person no more than the session does. */
export async function signOut(): Promise<void> {
  await post("/api/sign-out").catch((error: unknown) => {
    if (!signedOut(error)) throw error;
  });
  forgetWork();
  session = { state: "out", because: "left" };
}

function forgetWork(): void {
  try {
    const keys = Array.from({ length: localStorage.length }, (_, n) => localStorage.key(n) ?? "");
    for (const key of keys) if (key.startsWith("hub.work.")) localStorage.removeItem(key);
  } catch {
    // Storage refused: then nothing was kept.
  }
}

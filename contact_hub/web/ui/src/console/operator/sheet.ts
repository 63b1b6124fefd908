// Sending the workspace file. A file that is refused comes back with every reason; those are an answer to whoever asked, not a failure.
import { HubRefusal, Unreachable } from "$shared/http";
import { get } from "../api";
import type { WorkspaceChange, WorkspaceProblem } from "./changes";

export interface Judged {
  readonly refused: boolean;
  readonly version: number | null;
  readonly problems: readonly WorkspaceProblem[];
  readonly changes: readonly WorkspaceChange[];
}

export async function send(path: string, body: unknown): Promise<Judged> {
  let answer: Response;
  try {
    answer = await fetch(path, {
      method: "POST",
      credentials: "same-origin",
      headers: { "content-type": "application/json", "x-contact-hub": "1" },
      body: JSON.stringify(body),
    });
  } catch (cause) {
    throw new Unreachable(path, { cause });
  }
  const said = ((await answer.json().catch(() => null)) ?? {}) as Partial<Judged & HubRefusal>;
  if (answer.ok || Array.isArray(said.problems)) {
    return { refused: !answer.ok, version: said.version ?? null, problems: said.problems ?? [], changes: said.changes ?? [] };
  }
  // The session is watched where it is asked for; asking is how the shell learns that it is over.
  if (answer.status === 401) await get("/api/me");
  throw new HubRefusal(answer.status, said.code ?? "unavailable", said.sentence ?? "", said.values ?? {});
}

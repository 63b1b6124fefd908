import { afterEach, expect, test, vi } from "vitest";
import { ask, current, signIn } from "./session.svelte";

const answers = (status: number, body: unknown): void =>
  void vi.stubGlobal("fetch", () => Promise.resolve(new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } })));

afterEach(() => vi.unstubAllGlobals());

test("who was at work is told that the session ended; who never was is just asked in", async () => {
  const refusal = { code: "signed_out", message: "Sign in first." };
  answers(401, refusal);
  await ask();
  expect(current()).toEqual({ state: "out", because: "never" });
  answers(200, { account: "a", role: "agent" });
  await signIn("greta@lusora.example", "floor");
  answers(401, refusal);
  await ask();
  expect(current()).toEqual({ state: "out", because: "ended" });
  await ask();
  expect(current()).toEqual({ state: "out", because: "ended" });
});

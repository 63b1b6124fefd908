import { expect, test } from "vitest";
import type { ConversationCard, MailVoice, PublicEntryForStaff } from "$shared/protocol.gen";
import { addressesIn, answering, answerTo, bytes, faults, spokenWarnings, typeName } from "./mailing";

const VOICE: MailVoice = { address: "help@velour.example" };
const CARD = { conversation: "c", customer_email: "anna@a.example" } as ConversationCard;

const mail = (position: number, sender: string, rest: object = {}): PublicEntryForStaff =>
  ({ type: "public_entry", conversation: "c", position, at: "2026-11-22T07:00:00Z", speaker: "customer", mail: { id: `m${position}`, subject: "Vase", sender: { email: sender }, ...rest } }) as PublicEntryForStaff;

test("an answer goes to who wrote, with those they copied in, without ourselves", () => {
  const entries = [mail(1, "anna@a.example", { to: [{ email: "Help+x7@velour.example" }], cc: [{ email: "ben@a.example" }] })];
  expect(answering(CARD, entries, VOICE)).toMatchObject({ to: "anna@a.example", cc: "ben@a.example", subject: "Re: Vase" });
});

test("a stranger in the thread is not answered by accident", () => {
  const entries = [mail(1, "anna@a.example"), mail(2, "eve@e.example", { third_party: true })];
  expect(answering(CARD, entries, VOICE).to).toBe("anna@a.example");
});

test("a chat goes on by mail at the address the customer gave", () => {
  expect(answering(CARD, [], VOICE)).toMatchObject({ to: "anna@a.example", subject: "" });
});

test("a subject is answered once", () => {
  expect(["Vase", "Re: Vase", "AW: Re: Vase", "RE : Vase", "رد: Vase", "Regal", ""].map(answerTo)).toEqual([...Array<string>(5).fill("Re: Vase"), "Re: Regal", ""]);
});

test("addresses are found in what was pasted", () => {
  expect(addressesIn("Anna <anna@a.example>; b@b.example,\n")).toEqual(["anna@a.example", "b@b.example"]);
});

test("repairs are one warning, what matters is said by name", () => {
  expect(spokenWarnings(["charset_guessed", "date_wrong", "sender_unproven"])).toEqual(["sender_unproven", "mended"]);
  expect(spokenWarnings([])).toEqual([]);
});

test("sizes and types are those that people know", () => {
  expect(bytes(12_300, "en")).toBe("12 kB");
  expect(typeName("application/pdf", "bill.pdf")).toBe("PDF");
  expect(typeName("image/png", "picture")).toBe("PNG");
});

test("a head says what keeps it from being sent", () => {
  const head = { to: "", cc: "b@b", bcc: "", subject: "", quote: true, files: [] };
  expect(faults(head)).toEqual({ nobody: true, wrong: ["b@b"] });
});

import { Texts } from "$shared/i18n";
import { expect, test } from "vitest";
import { kindText, shapeOf, type StuckJob, troubleText } from "./jobs";

const texts = new Texts({
  tag: "en",
  dir: "ltr",
  texts: {
    "admin.jobs.kind.mail_send": "Send a mail",
    "admin.jobs.trouble.failed": { one: "Given up after {n} attempt.", other: "Given up after {n} attempts." },
    "admin.jobs.trouble.overdue": "Due since {at}; nobody has begun it.",
    "admin.jobs.unknown": "This version does not know how to do it.",
    "admin.jobs.error": "An unexpected error of the kind {error}.",
    "error.unavailable": "The service cannot do this at the moment.",
  },
});
const job: StuckJob = { id: "job_1", kind: "mail.send", known: true, trouble: "failed", code: "unavailable", error: null, attempts: 8, created_at: null, due_at: "2026-03-02T09:00:00Z" };
const plain = (text: string): string => text.replace(/[\u2068\u2069]/g, "");

test("what was given up says after how many attempts and why", () => {
  expect(kindText("mail.send", texts)).toBe("Send a mail");
  expect(plain(troubleText(job, texts))).toBe("Given up after 8 attempts. The service cannot do this at the moment.");
  expect(shapeOf(job)).toBe("bad");
});

test("an error nobody foresaw shows its class, and a kind without words its id", () => {
  expect(plain(troubleText({ ...job, code: null, error: "KeyError" }, texts))).toBe("Given up after 8 attempts. An unexpected error of the kind KeyError.");
  expect(kindText("new.work", texts)).toBe("new.work");
});

test("what nobody begins says why, where this version does not know the kind", () => {
  const said = plain(troubleText({ ...job, trouble: "overdue", known: false, code: null }, texts));
  expect(said).toContain("nobody has begun it. This version does not know how to do it.");
  expect(shapeOf({ ...job, trouble: "overdue" })).toBe("open");
});

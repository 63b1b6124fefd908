import { expect, it } from "vitest";
import { Texts } from "$shared/i18n";
import { nextOpening } from "./opening";

const TEXTS = {
  "widget.opening.today": "today at {time} ({zone})",
  "widget.opening.tomorrow": "tomorrow at {time} ({zone})",
  "widget.opening.day": "on {day} at {time} ({zone})",
};
const NOW = Date.parse("2026-11-21T22:30:00Z");
const say = (at: string, zone: string) => nextOpening(at, new Texts({ tag: "en-GB", dir: "ltr", texts: TEXTS }), NOW, zone).replace(/[\u2068\u2069]/g, "");

it("says the next opening by the visitor's own calendar", () => {
  expect(say("2026-11-22T08:00:00Z", "Europe/Berlin")).toBe("tomorrow at 09:00 (Central European Time)");
  expect(say("2026-11-22T00:00:00Z", "Asia/Tokyo")).toBe("today at 09:00 (Japan Standard Time)");
  expect(say("2026-11-23T08:00:00Z", "Europe/Berlin")).toBe("on Monday at 09:00 (Central European Time)");
  expect(say("2026-12-24T08:00:00Z", "Europe/Berlin")).toBe("on 24 Dec 2026 at 09:00 (Central European Time)");
});

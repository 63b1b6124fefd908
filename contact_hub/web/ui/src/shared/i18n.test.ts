import { describe, expect, it } from "vitest";
import { clock, daysBetween, duration, languageName, timeOfDay } from "./format";
import { type Catalogue, Texts } from "./i18n";

const catalogue = (tag: string, texts: Catalogue["texts"], dir: "ltr" | "rtl" = "ltr") => new Texts({ tag, dir, texts });
const bare = (text: string) => text.replace(/[\u2068\u2069]/g, "");

describe("texts", () => {
  it("isolate what is put into them", () => {
    const texts = catalogue("ar", { joined: "انضم {name} إلى المحادثة." }, "rtl");
    expect(texts.t("joined", { name: "Camille" })).toBe("انضم \u2068Camille\u2069 إلى المحادثة.");
  });

  it("take the plural form of the language", () => {
    const polish = catalogue("pl", { n: { one: "{n} osoba", few: "{n} osoby", many: "{n} osób", other: "{n} osoby" } });
    expect([1, 3, 5, 22].map((n) => bare(polish.tn("n", n)))).toEqual(["1 osoba", "3 osoby", "5 osób", "22 osoby"]);
    const arabic = catalogue("ar", { n: { zero: "لا أحد", one: "شخص", two: "شخصان", few: "أشخاص", many: "شخصًا", other: "شخص" } }, "rtl");
    expect([0, 2, 3, 11].map((n) => arabic.tn("n", n))).toEqual(["لا أحد", "شخصان", "أشخاص", "شخصًا"]);
  });

  it("take `other` where a text fell back to English", () => {
    const texts = catalogue("pl", { n: { one: "{n} message", other: "{n} messages" } });
    expect(bare(texts.tn("n", 5))).toBe("5 messages");
  });

  it("write numbers as the reader does", () => {
    expect(bare(catalogue("de", { n: "{n} Nachrichten" }).tn("n", 1234))).toBe("1.234 Nachrichten");
  });

  it("show the key of what nobody has written, and nothing of what was not given", () => {
    const texts = catalogue("en", { hello: "Hello {name}!" });
    expect(texts.t("missing")).toBe("missing");
    expect(texts.t("hello")).toBe("Hello !");
  });

  it("let a brand's own words win", () => {
    const texts = new Texts({ tag: "en", dir: "ltr", texts: { greeting: "Hello" } }, { greeting: "Welcome to Velour" });
    expect(texts.t("greeting")).toBe("Welcome to Velour");
  });

  it("speak the pseudo-locale", () => {
    expect(bare(catalogue("en-XA", { n: { one: "⟦{n} öñé⟧", other: "⟦{n} öţĥéŕ⟧" } }).tn("n", 2))).toBe("⟦2 öţĥéŕ⟧");
  });
});

describe("formats", () => {
  it("stand in the zone asked for", () => {
    expect(timeOfDay("2026-11-21T23:30:00Z", "de", "Asia/Tokyo")).toBe("08:30");
  });

  it("count days by the calendar of the zone, also over a change of the clocks", () => {
    expect(daysBetween("2026-03-28T22:30:00Z", "2026-03-29T21:30:00Z", "Europe/Berlin")).toBe(1);
    expect(daysBetween("2026-11-21T22:30:00Z", "2026-11-21T23:30:00Z", "Europe/Berlin")).toBe(1);
    expect(daysBetween("2026-11-21T22:30:00Z", "2026-11-21T23:30:00Z", "UTC")).toBe(0);
  });

  it("say durations and languages in the reader's words", () => {
    expect(clock(3725)).toBe("1:02:05");
    expect(duration(180, "en", "long")).toBe("3 minutes");
    expect(languageName("ar", "ar")).toBe("العربية");
    expect(languageName("not a tag", "en")).toBe("not a tag");
  });
});

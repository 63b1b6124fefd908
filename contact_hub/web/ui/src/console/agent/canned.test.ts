import { describe, expect, test } from "vitest";
import type { BrandVoice } from "$shared/protocol.gen";
import { fill, find, nearness, nextField } from "./canned";

const voice = {
  canned: {
    hello: { fr: "Bonjour {customer}, ici {persona}.", en: "Hello {customer}, {persona} here." },
    parcel: { fr: "Votre colis {?numéro} arrive {?quand}.", de: "Ihr Paket {?Nummer} kommt." },
  },
} as unknown as BrandVoice;

describe("prepared replies", () => {
  test("take the values we know and leave the others to be seen", () => {
    expect(fill("{customer}: {?when} {{x}} {persona}", { persona: "Camille" })).toBe("{customer}: {?when} {x} Camille");
  });

  test("come first in the language of the customer", () => {
    expect(find(voice, "fr-CA", "").map(({ key, tag }) => `${key} ${tag}`)).toEqual(["hello fr", "parcel fr", "hello en", "parcel de"]);
  });

  test("of the customer's variant come before those of another", () => {
    const portuguese = { canned: { hello: { "pt-BR": "Oi!", "pt-PT": "Olá!", en: "Hello!" } } } as unknown as BrandVoice;
    expect(find(portuguese, "pt-PT", "").map(({ tag }) => tag)).toEqual(["pt-PT", "pt-BR", "en"]);
    expect(find(portuguese, "pt", "").map(({ tag }) => tag)).toEqual(["pt-BR", "pt-PT", "en"]);
  });

  test("are not offered as fitting in a script of their own", () => {
    expect(nearness("zh-Hans", "zh-TW")).toBe(0);
    expect(nearness("zh-Hant", "zh-TW")).toBe(4);
    expect(nearness("sr", "sr-Latn")).toBe(1);
    expect(nearness("no", "nb")).toBeGreaterThan(0);
    expect(nearness("pt", "pt-PT")).toBe(3);
    expect(nearness("da", "no")).toBe(0);
    expect(nearness("not a tag", "de")).toBe(0);
    expect(nearness("de", null)).toBe(0);
  });

  test("are found by key and by words", () => {
    expect(find(voice, "de", "paket").map(({ key, tag }) => `${key} ${tag}`)).toEqual(["parcel de"]);
    expect(find(voice, "fr", "par").map(({ key }) => key)[0]).toBe("parcel");
  });

  test("places to fill in follow each other, round the end, both ways", () => {
    const text = "a {?b} c {?d} e";
    expect(nextField(text, 0)).toEqual([2, 6]);
    expect(nextField(text, 6)).toEqual([9, 13]);
    expect(nextField(text, 13)).toEqual([2, 6]);
    expect(nextField(text, 9, true)).toEqual([2, 6]);
    expect(nextField("nothing", 0)).toBeNull();
  });
});

import { describe, expect, test } from "vitest";
import type { BrandVoice } from "$shared/protocol.gen";
import { fill, find, nextField } from "./canned";

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

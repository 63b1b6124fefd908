import { expect, test } from "vitest";
import { byBrand } from "./limits";

test("a brand stands once, whichever of its limits were met, and the most held back comes first", () => {
  const held = [
    { brand: null, name: "", limit: "workspace_messages", refused: 2 },
    { brand: "velour", name: "Velour", limit: "brand_messages", refused: 30 },
    { brand: "noor", name: "Noor", limit: "visitor_messages", refused: 31 },
    { brand: "velour", name: "Velour", limit: "brand_sockets", refused: 4 },
  ];
  expect(byBrand(held)).toEqual([
    { name: "Velour", refused: 34 },
    { name: "Noor", refused: 31 },
    { name: null, refused: 2 },
  ]);
  expect(byBrand([])).toEqual([]);
});

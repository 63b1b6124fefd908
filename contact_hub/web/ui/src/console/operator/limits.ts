// Who is held back by limits, in one line: brands by how much of theirs was refused in the last minute, the most first.

export interface Held {
  /** Null: the workspace as a whole. */
  readonly brand: string | null;
  readonly name: string;
  readonly limit: string;
  readonly refused: number;
}

/** One entry a brand, whichever of its limits were met. */
export function byBrand(held: readonly Held[]): { name: string | null; refused: number }[] {
  const sums = new Map<string | null, { name: string | null; refused: number }>();
  for (const { brand, name, refused } of held) {
    const sum = sums.get(brand) ?? { name: brand === null ? null : name, refused: 0 };
    sums.set(brand, { ...sum, refused: sum.refused + refused });
  }
  return [...sums.values()].sort((a, b) => b.refused - a.refused);
}

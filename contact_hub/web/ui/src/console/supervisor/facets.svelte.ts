// Names of everything the viewer may filter by: asked once, refreshed when a page is opened again after a while.
import { get } from "../api";
import { type Facets, NO_FACETS } from "./labels";

const FRESH_MS = 60_000;

let known = $state.raw<Facets>(NO_FACETS);
let askedAt = 0;

export const facets = (): Facets => known;

export async function refreshFacets(): Promise<void> {
  if (Date.now() - askedAt < FRESH_MS) return;
  askedAt = Date.now();
  try {
    known = await get<Facets>("/api/quality/facets");
  } catch {
    // Ids stand in for names until the next try; the report itself says what is wrong with the connection.
    askedAt = 0;
  }
}

/** The zone a report opens in: the brands' own where they agree, else the reader's. */
export function homeZone(brands: Facets["brands"]): string {
  const zones = new Set(brands.map((brand) => brand.zone));
  const [only] = zones;
  return zones.size === 1 && only ? only : Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}

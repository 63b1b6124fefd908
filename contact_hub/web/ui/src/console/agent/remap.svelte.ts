// Whose hands want other keys: chords chosen by the person win over ours, on this device.
const KEY = "hub.keys";

let chosen = $state.raw<Readonly<Record<string, string>>>(kept());

/** The keys of a command: the person's own, or ours. */
export const keysOf = (id: string, ours: readonly string[]): readonly string[] => (chosen[id] ? [chosen[id]] : ours);

export const remapped = (id: string): boolean => id in chosen;

export function remap(id: string, chord: string | null): void {
  const others = Object.entries(chosen).filter(([other, of]) => other !== id && of !== chord);
  chosen = Object.fromEntries(chord ? [...others, [id, chord]] : others);
  try {
    localStorage.setItem(KEY, JSON.stringify(chosen));
  } catch {
    // Then they hold until the page is left.
  }
}

function kept(): Record<string, string> {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "{}") as Record<string, string>;
  } catch {
    return {};
  }
}

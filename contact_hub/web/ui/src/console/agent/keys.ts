// Keys as words: `Ctrl+K`, `Alt+ArrowDown`, `F2`. Read by position of the letter where the layout types something else, so that a Greek
// keyboard has them too. No single letter anywhere: whoever types must never command.

export const MAC = /mac|iphone|ipad/i.test(navigator.platform);

export interface Pressed {
  readonly key: string;
  readonly code: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}

/** What was pressed as a word; null while only modifiers are down. */
export function spoken(event: Pressed, mac = MAC): string | null {
  if (["Control", "Shift", "Alt", "Meta", "AltGraph", "Dead", "Process"].includes(event.key)) return null;
  const control = mac ? event.metaKey || event.ctrlKey : event.ctrlKey;
  const name = named(event);
  // A shifted sign already says so itself: `?`, not `Shift+?`.
  const shift = event.shiftKey && (name.length > 1 || /[A-Z0-9]/.test(name));
  return [control && "Ctrl", event.altKey && "Alt", shift && "Shift", name].filter(Boolean).join("+");
}

/** AltGr is Ctrl+Alt to a browser, and types letters in half of Europe. */
export const typesText = (event: Pressed & { getModifierState?: (key: string) => boolean }): boolean =>
  event.getModifierState?.("AltGraph") ?? false;

/** As the person's keyboard is labelled. */
export function shown(keys: string, mac = MAC): string {
  const signs: Record<string, string> = { ArrowUp: "↑", ArrowDown: "↓", ArrowLeft: "←", ArrowRight: "→", Enter: "↵", Escape: "Esc" };
  if (mac) Object.assign(signs, { Ctrl: "⌘", Alt: "⌥", Shift: "⇧" });
  return keys
    .split(/\+(?=.)/)
    .map((part) => signs[part] ?? part)
    .join(mac ? "" : "+");
}

/** Whether this chord may be given to a command: it must not be something one types. */
export const commands = (chord: string): boolean => /^(Ctrl|Alt)\+/.test(chord) || /^(Shift\+)?F\d+$/.test(chord);

function named({ key, code, ctrlKey, metaKey, altKey }: Pressed): string {
  const letter = /^Key([A-Z])$|^Digit(\d)$/.exec(code);
  if (letter && (ctrlKey || metaKey || altKey)) return letter[1] ?? letter[2] ?? key;
  if (key === " ") return "Space";
  return key.length === 1 ? key.toUpperCase() : key;
}

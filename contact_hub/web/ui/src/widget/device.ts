// What this device remembers for one brand, and nothing else: the token, the chosen language, what was read. A browser that refuses storage
// (third-party frames in strict modes) gets a chat that lives as long as the page.

export class Device {
  readonly #prefix: string;
  readonly #memory = new Map<string, string>();

  constructor(brand: string) {
    this.#prefix = `hub.${brand}.`;
  }

  get outbox(): { prefix: string; storage: Storage | null } {
    return { prefix: `${this.#prefix}out.`, storage: storage() };
  }

  read(name: string): string | null {
    try {
      return localStorage.getItem(this.#prefix + name) ?? this.#memory.get(name) ?? null;
    } catch {
      return this.#memory.get(name) ?? null;
    }
  }

  write(name: string, value: string | null): void {
    if (value === null) this.#memory.delete(name);
    else this.#memory.set(name, value);
    try {
      if (value === null) localStorage.removeItem(this.#prefix + name);
      else localStorage.setItem(this.#prefix + name, value);
    } catch {
      // Kept in memory.
    }
  }

  /** What is this tab's alone, over reloads. */
  readHere(name: string): string | null {
    try {
      return sessionStorage.getItem(this.#prefix + name);
    } catch {
      return null;
    }
  }

  writeHere(name: string, value: string): void {
    try {
      sessionStorage.setItem(this.#prefix + name, value);
    } catch {
      // It is still in the field.
    }
  }

  /** Calls when another tab wrote this name. */
  watch(name: string, changed: (value: string | null) => void): void {
    addEventListener("storage", (event) => {
      if (event.key === this.#prefix + name) changed(event.newValue);
    });
  }
}

function storage(): Storage | null {
  try {
    return localStorage;
  } catch {
    return null;
  }
}

// Light, dark, or as the system says. The choice is this device's, so it lives in local storage and not in the account.

export type Theme = "auto" | "light" | "dark";

const KEY = "hub.theme";

export function storedTheme(): Theme {
  const stored = read();
  return stored === "light" || stored === "dark" ? stored : "auto";
}

export function setTheme(theme: Theme): void {
  try {
    if (theme === "auto") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch {
    // A browser that refuses storage still shows the theme until the page is left.
  }
  applyTheme(theme);
}

/** Call first thing in a page's entry, so that nothing flashes. */
export function applyTheme(theme: Theme = storedTheme()): void {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

function read(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

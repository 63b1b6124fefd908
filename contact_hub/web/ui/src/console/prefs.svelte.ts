// How this person likes the screen, on this device: language, density, sound. (The theme is `$shared/theme`, which must act before anything is drawn.)
import { useTexts } from "$shared/texts.svelte";
import { setTheme, storedTheme, type Theme } from "$shared/theme";

export type Density = "comfortable" | "compact";

/** Offered before we know who it is, and what the server's `languages` replaces. */
export const LANGUAGES: readonly string[] = ["en", "de", "fr", "es", "ar"];

let language = $state(kept("language") ?? nearest(navigator.languages));
let density = $state<Density>(kept("density") === "compact" ? "compact" : "comfortable");
let theme = $state<Theme>(storedTheme());
let ringing = $state(kept("ringing") !== "off");

export const prefs = {
  get language() {
    return language;
  },
  get density() {
    return density;
  },
  get theme() {
    return theme;
  },
  /** Whether offers ring. */
  get ringing() {
    return ringing;
  },
};

export async function readIn(tag: string): Promise<void> {
  await useTexts("console", regional(tag));
  language = tag;
  keep("language", tag);
}

export function setDensity(wanted: Density): void {
  density = wanted;
  keep("density", wanted);
  applyDensity();
}

export function applyDensity(): void {
  document.documentElement.dataset.density = density;
}

export function chooseTheme(wanted: Theme): void {
  theme = wanted;
  setTheme(wanted);
}

export function setRinging(wanted: boolean): void {
  ringing = wanted;
  keep("ringing", wanted ? "on" : "off");
}

/** The reader's own region of that language, where the browser names one: an English reader in Leeds writes 14:05, not 2:05 PM. */
const regional = (tag: string): string => navigator.languages.find((own) => own.startsWith(`${tag}-`)) ?? tag;

/** The first wish we can meet: the tag itself, or its language. */
function nearest(wishes: readonly string[]): string {
  for (const wish of wishes) {
    const own = LANGUAGES.find((tag) => tag === wish) ?? LANGUAGES.find((tag) => tag.split("-")[0] === wish.split("-")[0]);
    if (own) return own;
  }
  return "en";
}

function kept(name: string): string | null {
  try {
    return localStorage.getItem(`hub.${name}`);
  } catch {
    return null;
  }
}

function keep(name: string, value: string): void {
  try {
    localStorage.setItem(`hub.${name}`, value);
  } catch {
    // Then it holds until the page is left.
  }
}

// How this person likes the screen, on this device: language, density, sound. (The theme is `$shared/theme`, which must act before anything is drawn.)
import { useTexts } from "$shared/texts.svelte";
import { setTheme, storedTheme, type Theme } from "$shared/theme";

export type Density = "comfortable" | "compact";

// The page says which languages it can be read in, and which of them is nearest to this browser's.
const boot = JSON.parse(document.getElementById("boot")?.textContent || "{}") as { languages?: string[]; nearest?: string };
const PSEUDO = "en-XA";

/** What these pages can be read in, English first. */
export const LANGUAGES: readonly string[] = boot.languages ?? ["en"];

const nearest = boot.nearest ?? "en";
let language = $state(offered(kept("language")) ?? nearest);
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

/**
 * The reader's own region of that language, where the browser names one: an English reader in Leeds writes 14:05, not 2:05 PM. For the language
 * that is only the nearest, also another region of it: somebody in Lisbon reads Brazilian texts, with the dates and refusals of Portugal.
 */
function regional(tag: string): string {
  const [language] = tag.split("-");
  return navigator.languages.find((own) => own.startsWith(`${tag}-`) || (tag === nearest && own.startsWith(`${language}-`))) ?? tag;
}

/** What was chosen here before, if it can still be read; the pseudo-locale is for looking at screens. */
function offered(tag: string | null): string | null {
  return tag !== null && (tag === PSEUDO || LANGUAGES.includes(tag)) ? tag : null;
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

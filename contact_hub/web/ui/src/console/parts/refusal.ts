// What to tell a person when something was not done.
import { HubRefusal } from "$shared/http";
import { texts } from "$shared/texts.svelte";

/** The catalogue's sentence for the code; the server's own where the catalogue has none. */
export function sentence(code: string, fallback: string, values: Readonly<Record<string, string>> = {}): string {
  const key = `error.${code}`;
  return texts().has(key) ? texts().t(key, values) : fallback || texts().t("console.error");
}

export const explain = (error: unknown): string =>
  error instanceof HubRefusal ? sentence(error.code, error.sentence, error.values) : texts().t("console.unreachable");

// The query part of the address as state, beside the router's path. Links inside our pages and the shell's navigation both end in
// `history`, so we look again after every click and every step back.
import { go, parts } from "../router.svelte";

let search = $state(location.search);

const look = () => {
  search = location.search;
};
addEventListener("popstate", look);
document.addEventListener("click", () => setTimeout(look));

export const here = (): URLSearchParams => new URLSearchParams(search);

/** Move to an address of ours; `replace` for what should not become a step back (a filter that is being chosen). */
export function move(to: string, options: { replace?: boolean } = {}): void {
  go(to, options);
  look();
}

export { parts };

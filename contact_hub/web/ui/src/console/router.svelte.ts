// Where we are, as state. Links are ordinary anchors; `follow` turns a click into a move without a reload.

let path = $state(location.pathname);
let search = $state(location.search);

addEventListener("popstate", read);

/** The parts of the path: `/conversations/c-7` → `["conversations", "c-7"]`. */
export const parts = (): string[] => path.split("/").filter(Boolean).map(decodeURIComponent);

/** What stands behind the `?`; follows the address. */
export const query = (): URLSearchParams => new URLSearchParams(search);

export function go(to: string, { replace = false } = {}): void {
  if (replace) history.replaceState(null, "", to);
  else history.pushState(null, "", to);
  read();
}

export function follow(event: MouseEvent): void {
  const link = (event.target as Element).closest("a");
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  const leaves = !link || link.target || link.hasAttribute("download") || link.origin !== location.origin || link.pathname.startsWith("/api/");
  const onPage = link?.hash && link.pathname === location.pathname && link.search === location.search;
  if (!plain || leaves || onPage || event.defaultPrevented) return;
  event.preventDefault();
  go(link.pathname + link.search);
}

function read(): void {
  path = location.pathname;
  search = location.search;
}

// Where we are, as state: `/console/<face>/…`. Links are ordinary anchors; `follow` turns a click into a move without a reload.

export const BASE = "/console";

let path = $state(location.pathname);

addEventListener("popstate", () => {
  path = location.pathname;
});

/** The parts after `/console`: `/console/agent/c-7` → `["agent", "c-7"]`. */
export const parts = (): string[] => path.slice(BASE.length).split("/").filter(Boolean).map(decodeURIComponent);

export function go(to: string, { replace = false } = {}): void {
  if (replace) history.replaceState(null, "", to);
  else history.pushState(null, "", to);
  path = location.pathname;
}

export function follow(event: MouseEvent): void {
  const link = (event.target as Element).closest("a");
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!link || !plain || link.target || link.origin !== location.origin || !link.pathname.startsWith(BASE)) return;
  event.preventDefault();
  go(link.pathname + link.search);
}

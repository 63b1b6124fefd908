// Where we are, as state. Links are ordinary anchors; `follow` turns a click into a move without a reload.

let path = $state(location.pathname);

addEventListener("popstate", () => {
  path = location.pathname;
});

/** The parts of the path: `/conversations/c-7` → `["conversations", "c-7"]`. */
export const parts = (): string[] => path.split("/").filter(Boolean).map(decodeURIComponent);

export function go(to: string, { replace = false } = {}): void {
  if (replace) history.replaceState(null, "", to);
  else history.pushState(null, "", to);
  path = location.pathname;
}

export function follow(event: MouseEvent): void {
  const link = (event.target as Element).closest("a");
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  const leaves = !link || link.target || link.origin !== location.origin || link.pathname.startsWith("/api/");
  if (!plain || leaves || event.defaultPrevented) return;
  event.preventDefault();
  go(link.pathname + link.search);
}

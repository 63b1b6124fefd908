// One stop of the Tab key for many small things: the arrows move among the links of a picture. Rows and columns are found by where things are
// drawn, so the same keys work in a chart, a table and a page that reads from the right. Where a row goes on in the next (the hours of days),
// so do the arrows along it.

interface Things {
  /** What the arrows move among. */
  readonly selector?: string;
  /** The end of a row is followed by the beginning of the next. */
  readonly flowing?: boolean;
}

export function roving(node: HTMLElement | SVGElement, { selector = "a", flowing = false }: Things = {}): { update(): void; destroy(): void } {
  const all = () => [...node.querySelectorAll<HTMLElement>(selector)];
  const settle = (current?: HTMLElement) => {
    const items = all();
    const chosen = current ?? items.find((item) => item.tabIndex === 0) ?? items[0];
    for (const item of items) item.setAttribute("tabindex", item === chosen ? "0" : "-1");
  };
  const onkeydown = (event: Event) => {
    const { key } = event as KeyboardEvent;
    const from = (event.target as Element).closest<HTMLElement>(selector);
    if (!from || !(key in TOWARDS || key === "Home" || key === "End")) return;
    event.preventDefault();
    const items = all();
    const to = key === "Home" ? items[0] : key === "End" ? items.at(-1) : beside(from, items, TOWARDS[key] as Direction);
    if (!to) return;
    settle(to);
    to.focus();
  };
  const beside = (from: HTMLElement, items: HTMLElement[], towards: Direction) => {
    if (!flowing || !towards[0]) return nearest(from, items, towards);
    const ahead = getComputedStyle(node).direction === "rtl" ? -towards[0] : towards[0];
    return items[items.indexOf(from) + ahead];
  };
  const onfocusin = (event: Event) => {
    const item = (event.target as Element).closest<HTMLElement>(selector);
    if (item) settle(item);
  };
  node.addEventListener("keydown", onkeydown);
  node.addEventListener("focusin", onfocusin);
  const watcher = new MutationObserver(() => settle());
  watcher.observe(node, { childList: true, subtree: true });
  settle();
  return {
    update: () => settle(),
    destroy() {
      node.removeEventListener("keydown", onkeydown);
      node.removeEventListener("focusin", onfocusin);
      watcher.disconnect();
    },
  };
}

type Direction = readonly [x: -1 | 0 | 1, y: -1 | 0 | 1];
const TOWARDS: Readonly<Record<string, Direction>> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** The closest thing on that side, where being off the line counts thrice. */
function nearest(from: HTMLElement, items: readonly HTMLElement[], [dx, dy]: Direction): HTMLElement | undefined {
  const middle = (item: HTMLElement) => {
    const box = item.getBoundingClientRect();
    return [box.left + box.width / 2, box.top + box.height / 2] as const;
  };
  const [x, y] = middle(from);
  let [best, least]: [HTMLElement | undefined, number] = [undefined, Number.POSITIVE_INFINITY];
  for (const item of items) {
    const [itemX, itemY] = middle(item);
    const [along, off] = dx ? [(itemX - x) * dx, Math.abs(itemY - y)] : [(itemY - y) * dy, Math.abs(itemX - x)];
    const cost = along + off * 3;
    if (item !== from && along > 1 && cost < least) [best, least] = [item, cost];
  }
  return best;
}

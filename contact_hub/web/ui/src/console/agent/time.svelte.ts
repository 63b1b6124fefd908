// The server's time, ticking once a second for everything that counts up or down. Deadlines are the server's, and this machine's clock may be
// wrong by hours: `welcome.now` tells by how much.

let offset = 0;
let now = $state(Date.now());
let running: ReturnType<typeof setInterval> | undefined;

/** Milliseconds, the server's; follows the clock where it is read in a component. */
export const serverNow = (): number => now;

export function setServerTime(at: string): void {
  offset = Date.parse(at) - Date.now();
  now = Date.now() + offset;
}

export function startClock(): () => void {
  running ??= setInterval(() => (now = Date.now() + offset), 1_000);
  return () => {
    clearInterval(running);
    running = undefined;
  };
}

export const secondsSince = (at: string): number => Math.max(0, (now - Date.parse(at)) / 1_000);
export const secondsUntil = (at: string): number => Math.max(0, (Date.parse(at) - now) / 1_000);

// Requests to our own origin. A refusal is a value with the server's stable code, so that screens translate `error.<code>`.

export class HubRefusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly sentence: string,
    readonly values: Readonly<Record<string, string>> = {},
    /** When it makes sense to ask again, where the server says so. */
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(`${code}: ${sentence}`);
  }
}

/** The network failed or the answer made no sense: unknown, so it may be tried again. */
export class Unreachable extends Error {}

/** A foreign page can make a browser send our cookie, but not this header. */
const PROOF = { "x-contact-hub": "1" };

export function request<T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
  if (body === undefined) return send(method, path, undefined, headers);
  return send(method, path, JSON.stringify(body), { "content-type": "application/json", ...headers });
}

/** A body as it is, for instance a file. */
export async function send<T>(method: string, path: string, body?: BodyInit, headers: Record<string, string> = {}): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(path, { method, credentials: "same-origin", headers: { ...(method !== "GET" && PROOF), ...headers }, body });
  } catch (cause) {
    throw new Unreachable(`${method} ${path}`, { cause });
  }
  if (answer.status === 204) return undefined as T;
  const said: unknown = await answer.json().catch(() => null);
  if (answer.ok) return said as T;
  const { code = "", sentence = "", values = {} } = (said ?? {}) as Partial<HubRefusal>;
  if (!code && answer.status >= 500) throw new Unreachable(`${method} ${path}: ${answer.status}`);
  const after = Number.parseInt(answer.headers?.get("retry-after") ?? "", 10);
  throw new HubRefusal(answer.status, code || "unavailable", sentence, values, Number.isNaN(after) ? null : after);
}

export const get = <T>(path: string, headers?: Record<string, string>): Promise<T> => request<T>("GET", path, undefined, headers);
export const post = <T>(path: string, body: unknown = {}, headers?: Record<string, string>): Promise<T> =>
  request<T>("POST", path, body, headers);

// Requests of the staff's pages. What changes something carries the header that no foreign page can set; a session that ended anywhere
// is known everywhere.
import { HubRefusal, request, send } from "$shared/http";

const CHANGES = { "x-contact-hub": "1" };

let ended = (): void => {};

/** Who is told that we are no longer signed in. */
export function whenSessionEnds(listener: () => void): void {
  ended = listener;
}

export const get = <T>(path: string): Promise<T> => watched(request<T>("GET", path));

export const post = <T>(path: string, body: unknown = {}): Promise<T> => watched(request<T>("POST", path, body, CHANGES));

/** A file's bytes as they are. */
export const upload = <T>(path: string, file: Blob): Promise<T> => watched(send<T>("POST", path, file, CHANGES));

export const drop = (path: string): Promise<void> => watched(request<void>("DELETE", path, undefined, CHANGES));

async function watched<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (signedOut(error)) ended();
    throw error;
  }
}

/** Signing in anew is the only way on. A wrong password is a 401 too, and is not this. */
export const signedOut = (error: unknown): boolean =>
  error instanceof HubRefusal && error.status === 401 && error.code !== "sign_in_failed";

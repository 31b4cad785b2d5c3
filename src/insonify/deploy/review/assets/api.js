/** Asking the server: every answer that is not good becomes a `Failure` with a reason. */

class Failure extends Error {
  constructor(why, status = 0) {
    super(why);
    this.status = status;
  }
}

/** The response if it is good; otherwise throws what the server says is wrong. */
export async function checked(response) {
  if (response.ok) return response;
  const body = await response.json().catch(() => null);
  const why = body?.why ?? `The server answered ${response.status}.`;
  throw new Failure(why, response.status);
}

/** What to tell a person of an error. */
export function reason(error) {
  if (error instanceof Failure) return error.message;
  if (error instanceof TypeError) return "The server cannot be reached.";
  return String(error?.message ?? error);
}

/** The addresses of one scan. */
export class Api {
  constructor(base, video) {
    this.base = base.replace(/\/+$/, "");
    this.video = video;
  }

  url(kind, frame) {
    const path = `${this.base}/${kind}/${encodeURIComponent(this.video)}`;
    return frame === undefined ? path : `${path}/${frame}`;
  }

  async get(kind, { signal, query } = {}) {
    const asked = query ? `?${new URLSearchParams(query)}` : "";
    const response = await fetch(this.url(kind) + asked, { signal, cache: "no-cache" });
    return (await checked(response)).json();
  }

  /** Posts are never aborted and outlive the page: a label that was given is kept. */
  async post(kind, body) {
    const response = await fetch(this.url(kind), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      keepalive: true,
    });
    return (await checked(response)).json();
  }
}

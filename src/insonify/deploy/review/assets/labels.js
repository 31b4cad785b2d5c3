/** What people said about a scan: given, taken back, kept by the server. */

export class Labels {
  #api;
  #author;
  #turn = Promise.resolve();
  stretches = [];
  /** Sent and not answered yet: drawn at once. */
  pending = [];
  can_undo = false;
  can_redo = false;

  constructor(api, author) {
    this.#api = api;
    this.#author = author;
  }

  async load(signal) {
    const query = this.#author ? { author: this.#author } : undefined;
    const told = this.#turn.then(() => this.#api.get("labels", { signal, query }));
    this.#turn = told.catch(() => {});
    this.#take(await told);
  }

  /** Label a stretch, or with null remove what is there; `onsent` runs as it is drawn. */
  give(label, start_s, end_s, onsent) {
    const stretch = { label, start_s, end_s };
    this.pending.push(stretch);
    onsent();
    return this.#next("labels", stretch).finally(() => {
      this.pending = this.pending.filter((each) => each !== stretch);
    });
  }

  /** Take the last decision back; resolves to what changed. */
  async undo() {
    return this.#changed("undo");
  }

  async redo() {
    return this.#changed("redo");
  }

  async #changed(kind) {
    let before = [];
    await this.#next(kind, {}, () => (before = this.stretches));
    return {
      gone: missing(before, this.stretches),
      back: missing(this.stretches, before),
    };
  }

  /** One post after another, in the order of the keys pressed. */
  #next(kind, body, first = () => {}) {
    const sent = this.#turn.then(async () => {
      first();
      this.#take(await this.#api.post(kind, { ...body, author: this.#author }));
    });
    this.#turn = sent.catch(() => {});
    return sent;
  }

  #take(told) {
    this.stretches = told.stretches;
    this.can_undo = told.can_undo;
    this.can_redo = told.can_redo;
  }
}

/** Stretches of `these` that are not among `those`. */
function missing(these, those) {
  const key = (each) => `${each.start_s} ${each.end_s} ${each.label}`;
  const known = new Set(those.map(key));
  return these.filter((each) => !known.has(key(each)));
}

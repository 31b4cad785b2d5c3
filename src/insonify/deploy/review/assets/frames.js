/** Decoded pictures by frame number: fetched, prefetched, kept within bounds, closed. */

import { checked } from "./api.js";

const LONGEST_WAIT_MS = 2000; // before a frame that failed is asked for again
const LEAST = 24; // frames, however large they are

export class Frames {
  #url;
  #limits;
  #told;
  #kept = new Map(); // frame number → ImageBitmap, least recently used first
  #flights = new Map(); // frame number → { controller, aimed }, oldest first
  #refused = new Map(); // frame number → when it may be asked for again
  #plan = [];
  #rest = []; // the plan but for its aim
  #target = -1;
  #playing = false;
  #pinned = -1;
  #timer = 0;
  #latency_ms = 30;
  #closed = false;
  counts = { opened: 0, closed: 0, aborted: 0, failed: 0 };

  /**
   * @param url    frame number → address
   * @param told   { arrived(i), failed(i, error) }
   * @param limits { frames, bytes, parallel }
   */
  constructor(url, told, limits) {
    this.#url = url;
    this.#told = told;
    this.#limits = limits;
  }

  get size() {
    return this.#kept.size;
  }

  get bytes() {
    let total = 0;
    for (const each of this.#kept.values()) total += 4 * each.width * each.height;
    return total;
  }

  get under_way() {
    return this.#flights.size;
  }

  /** The picture of a frame if it is here. */
  get(i) {
    const bitmap = this.#kept.get(i);
    if (bitmap) {
      this.#kept.delete(i);
      this.#kept.set(i, bitmap);
    }
    return bitmap;
  }

  /** The frame here that is nearest to `i`, within `reach`; −1 if there is none. */
  nearest(i, reach = Infinity) {
    let found = -1;
    for (const each of this.#kept.keys()) {
      const distance = Math.abs(each - i);
      if (distance <= reach) [found, reach] = [each, distance];
    }
    return found;
  }

  /** Do not let go of this one: it is on the screen. */
  pin(i) {
    this.#pinned = i;
  }

  /** Every how many frames can be fetched in time to show `per_second` of them. */
  stride(per_second) {
    const affordable = (0.8 * this.#limits.parallel * 1000) / this.#latency_ms;
    return Math.max(1, Math.ceil(per_second / Math.min(60, affordable)));
  }

  /**
   * Aim at a frame; `around` are those to fetch next, the most urgent first.
   *
   * The newest aim always gets a place: fetches ahead of an older aim are aborted, and of
   * older aims the second newest, so that the oldest still arrives and something moves
   * while somebody scrubs over a slow line. Unless `playing`, nothing is fetched ahead
   * before the aim is there.
   */
  want(target, around = [], playing = false) {
    const planned = new Set(around);
    this.#target = target;
    this.#playing = playing;
    this.#rest = around;
    this.#plan = playing || this.#kept.has(target) ? [target, ...around] : [target];
    if (!this.#kept.has(target) && !playing) {
      for (const [i, flight] of this.#flights)
        if (!flight.aimed && i !== target && !planned.has(i)) this.#abort(i);
    }
    this.#pump();
  }

  /** Ask again at once for whatever failed. */
  retry() {
    this.#refused.clear();
    this.#pump();
  }

  /** Abort everything and close every picture. */
  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const i of [...this.#flights.keys()]) this.#abort(i);
    for (const i of [...this.#kept.keys()]) this.#drop(i);
  }

  #pump() {
    if (this.#closed) return;
    const now = performance.now();
    const free = (i) =>
      !this.#kept.has(i) && !this.#flights.has(i) && !(this.#refused.get(i) > now);
    const full = this.#flights.size >= this.#limits.parallel;
    if (full && !this.#playing && free(this.#target))
      this.#abort([...this.#flights.keys()].at(-1));
    for (const i of this.#plan) {
      if (this.#flights.size >= this.#limits.parallel) break;
      if (free(i)) this.#fetch(i);
    }
  }

  async #fetch(i) {
    const flight = { controller: new AbortController(), aimed: i === this.#target };
    const { signal } = flight.controller;
    const since = performance.now();
    this.#flights.set(i, flight);
    try {
      const response = await checked(await fetch(this.#url(i), { signal }));
      const bitmap = await createImageBitmap(await response.blob());
      this.counts.opened += 1;
      if (signal.aborted) return this.#shut(bitmap);
      this.#latency_ms += 0.1 * (performance.now() - since - this.#latency_ms);
      this.#keep(i, bitmap);
    } catch (error) {
      if (!signal.aborted) this.#refuse(i, error);
    } finally {
      if (this.#flights.get(i) === flight) this.#flights.delete(i);
      this.#pump();
    }
  }

  #keep(i, bitmap) {
    this.#refused.delete(i);
    this.#kept.set(i, bitmap);
    const { frames, bytes } = this.#limits;
    const fitting = Math.floor(bytes / (4 * bitmap.width * bitmap.height));
    const capacity = Math.max(LEAST, Math.min(frames, fitting));
    for (const each of this.#kept.keys()) {
      if (this.#kept.size <= capacity) break;
      if (each !== this.#pinned && each !== this.#target) this.#drop(each);
    }
    if (i === this.#target) this.#plan = [i, ...this.#rest];
    this.#told.arrived(i);
  }

  #refuse(i, error) {
    this.counts.failed += 1;
    this.#refused.set(i, performance.now() + LONGEST_WAIT_MS);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#pump(), LONGEST_WAIT_MS + 1);
    if (i === this.#target) this.#told.failed(i, error);
  }

  #abort(i) {
    this.#flights.get(i).controller.abort();
    this.#flights.delete(i);
    this.counts.aborted += 1;
  }

  #drop(i) {
    this.#shut(this.#kept.get(i));
    this.#kept.delete(i);
  }

  #shut(bitmap) {
    bitmap.close();
    this.counts.closed += 1;
  }
}

/** Frame numbers to fetch next: `ahead` in the direction of travel, then `behind`. */
export function around(i, step, ahead, behind, count) {
  const found = [];
  for (let k = 1; k <= ahead; k++) found.push(i + k * step);
  for (let k = 1; k <= behind; k++) found.push(i - k * step);
  return found.filter((each) => each >= 0 && each < count);
}

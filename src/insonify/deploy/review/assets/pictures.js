/** What is on the stage: the frame that is due or the nearest there is, and its overlay. */

import { around, Frames } from "./frames.js";
import { remember, remembered } from "./remembered.js";

const FRAMES = { frames: 300, bytes: 400e6, parallel: 4 };
const OVERLAYS = { frames: 64, bytes: 100e6, parallel: 2 };
const AHEAD = { resting: 40, behind: 10, playing_s: 1.5, most: 120 };
const OVERLAY_REACH_S = 0.25; // an overlay so old is still shown while playing
const SEEKS = 200; // of which the times are kept

export class Pictures {
  #stage;
  #told;
  #frames;
  #overlays;
  #scan = null;
  #shown = -1;
  #sought = null; // { frame, at }
  #since = performance.now();
  #opacity = remembered("opacity", 0.6);
  #figures = { first_frame_ms: null, seek_ms: [], shown: 0, missed: 0 };
  muted = remembered("muted", false);

  /** @param told { arrived(i), failed(i, error), blind(error), waiting(now) } */
  constructor(api, stage, told) {
    this.#stage = stage;
    this.#told = told;
    this.#frames = new Frames((i) => api.url("frame", i), told, FRAMES);
    const seen = { arrived: told.arrived, failed: (_, error) => told.blind(error) };
    this.#overlays = new Frames((i) => api.url("saliency", i), seen, OVERLAYS);
  }

  /** Fetch one frame before anything is known of the scan. */
  first(i) {
    this.#frames.want(i);
  }

  begin(scan) {
    this.#scan = scan;
    this.#frames.retry();
  }

  /** Somebody wants to see a frame now: the time until it is there is kept. */
  seek(i) {
    this.#sought = { frame: i, at: performance.now() };
  }

  /** Every how many frames can be shown at this rate. */
  stride(rate) {
    return rate ? this.#frames.stride(Math.abs(rate) / this.#scan.frame_s) : 1;
  }

  /** Fetch a frame, and what comes next in the direction of travel. */
  want(i, direction, rate) {
    const stride = this.stride(rate);
    const a_second = Math.abs(rate) / this.#scan.frame_s / stride;
    const playing = rate !== 0;
    const ahead = playing
      ? Math.min(AHEAD.most, Math.ceil(AHEAD.playing_s * a_second))
      : AHEAD.resting;
    const behind = playing ? 0 : AHEAD.behind;
    const next = around(i, direction * stride, ahead, behind, this.#scan.count);
    this.#frames.want(i, next, playing);
    if (this.#scan.saliency && !this.muted) this.#overlays.want(i);
  }

  retry() {
    this.#frames.retry();
  }

  /** Show or hide where the model looks; `for_good` is remembered. */
  mute(now, for_good) {
    this.muted = now;
    if (for_good) remember("muted", now);
    if (!now) this.#overlays.retry();
  }

  get opacity() {
    return this.#opacity;
  }

  set opacity(share) {
    this.#opacity = share;
    remember("opacity", share);
  }

  /** Draw the frame, or until it is there the nearest; `direction` is 0 at rest. */
  draw(i, direction) {
    const exact = this.#frames.get(i) !== undefined;
    const shown = exact ? i : this.#frames.nearest(i);
    this.#told.waiting(!exact && !direction);
    if (!exact && direction) this.#figures.missed += 1;
    // While it plays, nothing that lies ahead is shown before it is due.
    if (shown < 0 || (shown - i) * direction > 0) return;
    const [saliency, of] = this.#overlay(i, direction);
    const what = {
      key: [shown, of, this.#opacity, this.#scan !== null].join(),
      bitmap: this.#frames.get(shown),
      saliency,
      opacity: this.#opacity,
      mm_per_pixel: this.#scan?.mm_per_pixel ?? null,
    };
    if (!this.#stage.draw(what)) return;
    this.#frames.pin(shown);
    this.#drawn(shown);
  }

  #overlay(i, direction) {
    if (!this.#scan?.saliency || this.muted) return [null, -1];
    const reach = direction ? Math.round(OVERLAY_REACH_S / this.#scan.frame_s) : 0;
    const found = this.#overlays.nearest(i, reach);
    return found < 0 ? [null, -1] : [this.#overlays.get(found), found];
  }

  #drawn(i) {
    const now_ms = performance.now();
    const { seek_ms } = this.#figures;
    if (i !== this.#shown) this.#figures.shown += 1;
    this.#shown = i;
    this.#figures.first_frame_ms ??= now_ms - this.#since;
    if (this.#sought?.frame !== i) return;
    seek_ms.push(now_ms - this.#sought.at);
    seek_ms.splice(0, seek_ms.length - SEEKS);
    this.#sought = null;
  }

  figures() {
    return {
      ...this.#figures,
      ...this.#frames.counts,
      cached: this.#frames.size,
      megabytes: this.#frames.bytes / 1e6,
      under_way: this.#frames.under_way,
      overlays: this.#overlays.counts.opened,
    };
  }

  close() {
    this.#frames.close();
    this.#overlays.close();
  }
}

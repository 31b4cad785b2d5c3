/** Playing: which frame is due, by the clock. Frames are dropped rather than late. */

export const SPEEDS = [0.25, 0.5, 1, 2, 4, 8];

export class Motion {
  speed = 1;
  loop = false;
  #rate = 0; // signed; 0 while it rests
  #time_s = 0;
  #since_ms = 0;

  get rate() {
    return this.#rate;
  }

  get playing() {
    return this.#rate !== 0;
  }

  /** Start, or go on at another rate, from a time of the scan. */
  play(rate, time_s, now_ms) {
    this.#rate = rate;
    this.speed = Math.abs(rate);
    this.#time_s = time_s;
    this.#since_ms = now_ms;
  }

  stop() {
    this.#rate = 0;
  }

  /** J and L: the other way at the usual speed, or twice as fast the same way. */
  faster(direction) {
    const same = Math.sign(this.#rate) === direction;
    const fastest = SPEEDS.at(-1);
    return direction * (same ? Math.min(fastest, 2 * Math.abs(this.#rate)) : 1);
  }

  /** The frame that is due; stops at an end unless it loops, and jumps over gaps. */
  due(scan, now_ms) {
    let time_s = this.#time_s + (this.#rate * (now_ms - this.#since_ms)) / 1000;
    const forward = this.#rate > 0;
    if (forward ? time_s >= scan.end : time_s < scan.start) {
      if (!this.loop) {
        this.stop();
        return forward ? scan.count - 1 : 0;
      }
      time_s = forward ? scan.start : scan.end - scan.frame_s / 2;
      this.play(this.#rate, time_s, now_ms);
    }
    const i = scan.at(time_s);
    const gap_s = i + 1 < scan.count ? scan.times[i + 1] - scan.until(i) : 0;
    if (time_s < scan.until(i) || gap_s <= 0) return i;
    this.play(this.#rate, time_s + (forward ? gap_s : -gap_s), now_ms);
    return scan.at(this.#time_s);
  }
}

/** One scan: when its frames were taken, and how times and spans read. */

// Times come rounded to a millisecond; those of labels need not be.
const TOLERANCE_S = 0.0006;

/** Last place in increasing `values` whose value is at most `value`; −1 if none. */
function lastUntil(values, value) {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

export class Scan {
  constructor(told) {
    const { video, classes, similar, saliency, mm_per_pixel } = told;
    Object.assign(this, { video, classes, similar, saliency, mm_per_pixel });
    this.times = Float64Array.from(told.times_s);
    this.segments = Int32Array.from(told.segments ?? []);
    this.count = this.times.length;
    this.frame_s = usualStep(this.times);
    this.start = this.times[0] ?? 0;
    this.end = (this.times[this.count - 1] ?? 0) + this.frame_s;
    /** Frames after which there is a gap: a segment ends. */
    this.breaks = [];
    for (let i = 0; i + 1 < this.count; i++)
      if (this.segments[i] !== this.segments[i + 1]) this.breaks.push(i);
  }

  clamp(i) {
    return Math.max(0, Math.min(this.count - 1, Math.round(i) || 0));
  }

  /** The frame that is on the screen at a time. */
  at(time_s) {
    return this.clamp(lastUntil(this.times, time_s + TOLERANCE_S));
  }

  /** First and last frame of a stretch whose ends are inclusive, or null. */
  frames(start_s, end_s) {
    const first = lastUntil(this.times, (start_s ?? -Infinity) - TOLERANCE_S) + 1;
    const last = lastUntil(this.times, (end_s ?? Infinity) + TOLERANCE_S);
    return first > last ? null : [first, last];
  }

  /** When a frame leaves the screen: as the next comes, or at the end of its segment. */
  until(i) {
    const next = this.times[i + 1];
    const whole = i + 1 < this.count && this.segments[i] === this.segments[i + 1];
    return whole ? next : Math.min(next ?? Infinity, this.times[i] + this.frame_s);
  }

  /** "3.20–5.60 s" of frames `first` to `last`; one time where they are the same. */
  span(first, last) {
    const [a, b] = [this.times[first], this.times[last]];
    if (first === last) return clock(a, 2);
    return `${clock(a, 2)} – ${clock(b, 2)}`;
  }
}

/** Median time from frame to frame, in seconds. */
function usualStep(times) {
  if (times.length < 2) return 0.04;
  const steps = times.slice(1).map((time, k) => time - times[k]);
  return Math.max(0.001, steps.sort()[steps.length >> 1]);
}

/** "2:05.40" of seconds. */
export function clock(time_s, decimals = 2) {
  const unit = 10 ** decimals;
  const whole = Math.round(Math.abs(time_s) * unit);
  const minutes = Math.floor(whole / (60 * unit));
  const rest = (whole - minutes * 60 * unit) / unit;
  const seconds = rest.toFixed(decimals).padStart(decimals ? decimals + 3 : 2, "0");
  return `${time_s < 0 && whole ? "−" : ""}${minutes}:${seconds}`;
}

/** "1 frame", "73 frames". */
export function frameCount(n) {
  return n === 1 ? "1 frame" : `${n.toLocaleString("en-GB")} frames`;
}

/** The part of a scan that the timeline shows: seconds to pixels, zoom and pan. */

const LEAST_FRAMES = 12;

export class View {
  constructor(scan) {
    this.scan = scan;
    this.fit();
  }

  get span() {
    return this.end - this.start;
  }

  get whole() {
    return this.span >= (this.scan.end - this.scan.start) * 0.9999;
  }

  fit() {
    this.start = this.scan.start;
    this.end = this.scan.end;
  }

  x(time_s, width) {
    return ((time_s - this.start) / this.span) * width;
  }

  time(x, width) {
    return this.start + (x / width) * this.span;
  }

  /** Show `factor` times as much time; what is at `time_s` stays where it is. */
  zoom(factor, time_s) {
    const most = this.scan.end - this.scan.start;
    const least = Math.min(most, LEAST_FRAMES * this.scan.frame_s);
    const span = Math.max(least, Math.min(most, this.span * factor));
    const share = (time_s - this.start) / this.span;
    this.move(time_s - share * span, span);
  }

  /** Put the left edge at a time, as far as the scan goes. */
  move(start, span = this.span) {
    const latest = this.scan.end - span;
    this.start = Math.max(this.scan.start, Math.min(latest, start));
    this.end = this.start + span;
  }

  shows(time_s) {
    return time_s >= this.start && time_s < this.end;
  }

  /** Turn the page if a time is out of sight; in the direction of travel when playing. */
  reveal(time_s, direction = 0) {
    if (this.shows(time_s)) return;
    const share = direction === 0 ? 0.5 : direction > 0 ? 0.08 : 0.92;
    this.move(time_s - share * this.span);
  }
}

/** Mouse, pen and fingers on the timeline: scrub, choose an interval, zoom and pan. */

const SLACK = 4; // pixels that a click may wander
const PATIENCE_MS = 40; // between steps while a drag waits beyond an edge

export class Pointing {
  #canvas;
  #timeline;
  #do;
  #fingers = new Map(); // pointer → x
  #drag = null;
  #timer = 0;

  /**
   * @param does {
   *   seek(i), pause(), hover(x, y), scrolled(), choose(first, last, stretch) or choose(null),
   *   drag(first, last, stretch) while it goes on and settle() after it,
   *   finish(first, last) of the interval as it was before an edge was dragged }
   */
  constructor(canvas, timeline, does) {
    this.#canvas = canvas;
    this.#timeline = timeline;
    this.#do = does;
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    canvas.addEventListener("pointerup", (event) => this.#up(event, true));
    canvas.addEventListener("pointercancel", (event) => this.#up(event, false));
    canvas.addEventListener("pointerleave", () => does.hover(null));
    canvas.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
  }

  /** Whether something is being dragged. */
  get busy() {
    return this.#drag !== null;
  }

  #place(event) {
    const box = this.#canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  #down(event) {
    if (!this.#timeline.scan || event.button > 1) return;
    event.preventDefault();
    const [x, y] = this.#place(event);
    this.#canvas.setPointerCapture(event.pointerId);
    this.#fingers.set(event.pointerId, x);
    this.#stop();
    if (this.#fingers.size === 2) this.#drag = this.#pinch();
    else if (event.button === 1 || event.altKey) this.#drag = this.#pan(x);
    else this.#drag = this.#start(x, y, event);
    this.#timer = setInterval(() => this.#creep(), PATIENCE_MS);
  }

  #move(event) {
    const [x, y] = this.#place(event);
    if (this.#fingers.has(event.pointerId)) this.#fingers.set(event.pointerId, x);
    if (this.#drag) this.#drag.to(x);
    else if (event.pointerType === "mouse") this.#do.hover(x, y);
  }

  #up(event, meant) {
    this.#fingers.delete(event.pointerId);
    this.#drag?.end?.(meant);
    this.#do.settle();
    this.#stop();
  }

  #stop() {
    clearInterval(this.#timer);
    this.#drag = null;
  }

  /** Beyond an edge a drag goes on: the timeline moves under the pointer. */
  #creep() {
    const { width, view } = this.#timeline;
    const x = [...this.#fingers.values()][0];
    if (!this.#drag?.creeps || (x >= 0 && x <= width)) return;
    const beyond = Math.min(80, x < 0 ? -x : x - width) * Math.sign(x);
    view.move(view.start + (beyond / width) * view.span * 0.5);
    this.#do.scrolled();
    this.#drag.to(x < 0 ? 0 : width - 1);
  }

  #start(x, y, event) {
    const timeline = this.#timeline;
    const hit = timeline.hit(x, y, event.pointerType === "touch" ? 18 : undefined);
    if (hit.best !== undefined) {
      this.#do.seek(hit.best);
      return { to() {} };
    }
    if (hit.edge) return this.#resize(hit.edge);
    if (hit.row === "labels" || event.shiftKey) return this.#choose(x, hit);
    const to = (at) => this.#do.seek(timeline.frame(at));
    to(x);
    return { to, creeps: true };
  }

  #choose(x, hit) {
    const from = this.#timeline.frame(x);
    let dragged = false;
    this.#do.pause();
    this.#do.seek(from);
    return {
      creeps: true,
      to: (at) => {
        if (!dragged && Math.abs(at - x) < SLACK) return;
        dragged = true;
        const i = this.#timeline.frame(at);
        this.#do.drag(Math.min(from, i), Math.max(from, i), null);
        this.#do.seek(i);
      },
      end: (meant) => {
        if (dragged || !meant) return;
        const { stretch } = hit;
        const frames =
          stretch && this.#timeline.scan.frames(stretch.start_s, stretch.end_s);
        if (frames) this.#do.choose(...frames, stretch);
        else this.#do.choose(null);
      },
    };
  }

  #resize(edge) {
    const { first, last, stretch } = this.#timeline.selection;
    const fixed = edge === "first" ? last : first;
    this.#do.pause();
    return {
      creeps: true,
      to: (at) => {
        const i = this.#timeline.frame(at);
        this.#do.drag(Math.min(fixed, i), Math.max(fixed, i), stretch);
        this.#do.seek(i);
      },
      end: (meant) => meant && this.#do.finish(first, last),
    };
  }

  #pan(x) {
    const { view, width } = this.#timeline;
    const grip = view.time(x, width);
    const to = (at) => {
      view.move(grip - (at / width) * view.span);
      this.#do.scrolled();
    };
    return { to };
  }

  #pinch() {
    const { view, width } = this.#timeline;
    const [a, b] = [...this.#fingers.values()];
    const apart = Math.max(20, Math.abs(a - b));
    const grip = view.time((a + b) / 2, width);
    const span = view.span;
    const to = () => {
      const [left, right] = [...this.#fingers.values()];
      if (right === undefined) return;
      const wanted = (span * apart) / Math.max(20, Math.abs(left - right));
      view.zoom(wanted / view.span, grip);
      view.move(grip - ((left + right) / 2 / width) * view.span);
      this.#do.scrolled();
    };
    return { to };
  }

  #wheel(event) {
    const { view, width, scan } = this.#timeline;
    if (!scan) return;
    event.preventDefault();
    const [x] = this.#place(event);
    const unit = event.deltaMode === 1 ? 16 : 1;
    const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY))
      view.move(view.start + ((sideways * unit) / width) * view.span);
    else view.zoom(Math.exp(event.deltaY * unit * 0.002), view.time(x, width));
    this.#do.scrolled();
  }
}

/** The scrub bar: the whole scan, what is labelled in it, a thumbnail under the mouse. */

import { clock } from "./scan.js";
import { drawGaps, drawStretches } from "./lanes.js";
import { View } from "./view.js";

export class Scrubber {
  #slider;
  #canvas;
  #preview;
  #still = document.createElement("canvas");
  #stale = true;
  #wanted = -1;
  #loading = false;
  dragging = false;

  /** @param parts { slider, canvas, preview }; @param seek called with a frame number */
  constructor(parts, seek) {
    this.#slider = parts.slider;
    this.#canvas = parts.canvas;
    this.#preview = parts.preview;
    const drag = (event) => {
      if (this.scan) seek(this.#frame(event));
    };
    this.#slider.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      this.#slider.setPointerCapture(event.pointerId);
      this.dragging = true;
      this.#preview.hidden = true;
      drag(event);
    });
    this.#slider.addEventListener("pointermove", (event) => {
      if (this.dragging) drag(event);
      else if (event.pointerType === "mouse") this.#peek(event);
    });
    for (const kind of ["pointerup", "pointercancel"])
      this.#slider.addEventListener(kind, () => (this.dragging = false));
    this.#slider.addEventListener("pointerleave", () => (this.#preview.hidden = true));
    for (const kind of ["load", "error"])
      this.#image.addEventListener(kind, () => {
        this.#loading = false;
        this.#image.classList.toggle("missing", kind === "error");
        this.#load();
      });
  }

  get #image() {
    return this.#preview.querySelector("img");
  }

  show(scan, classes, theme, thumbnail) {
    Object.assign(this, { scan, classes, theme, thumbnail });
    this.view = new View(scan);
    this.#slider.setAttribute("aria-valuemax", scan.count - 1);
    this.#stale = true;
  }

  touch() {
    this.#stale = true;
  }

  resize(width, height, ratio) {
    this.width = Math.max(1, Math.floor(width));
    this.height = height;
    this.ratio = ratio;
    for (const each of [this.#canvas, this.#still]) {
      each.width = this.width * ratio;
      each.height = height * ratio;
    }
    this.#stale = true;
  }

  /** @param shown the part that the timeline shows, a `View` */
  draw(i, stretches, shown) {
    const { scan, view, width, height, theme } = this;
    if (this.#stale) this.#drawStill(stretches);
    const context = this.#canvas.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    context.drawImage(this.#still, 0, 0);
    context.scale(this.ratio, this.ratio);
    const x = view.x(scan.times[i], width);
    if (!shown.whole) {
      const [from, to] = [view.x(shown.start, width), view.x(shown.end, width)];
      context.strokeStyle = theme.accent;
      context.lineWidth = 1.5;
      context.strokeRect(from, 1, Math.max(3, to - from), height - 2);
    }
    context.fillStyle = theme.playhead;
    context.beginPath();
    context.arc(x, height / 2, 7, 0, 2 * Math.PI);
    context.fill();
    const time = clock(scan.times[i]);
    this.#slider.setAttribute("aria-valuenow", i);
    this.#slider.setAttribute("aria-valuetext", `${time}, frame ${i + 1} of ${scan.count}`);
  }

  #drawStill(stretches) {
    const { scan, view, width, height, theme, classes } = this;
    const context = this.#still.getContext("2d");
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const row = { y: height / 2 - 4, height: 8 };
    context.fillStyle = theme.groove;
    context.beginPath();
    context.roundRect(0, row.y, width, row.height, 4);
    context.fill();
    context.save();
    context.clip();
    drawGaps(context, scan, view, width, row, theme);
    drawStretches(context, stretches, scan, view, width, row, classes);
    context.restore();
    this.#stale = false;
  }

  #frame(event) {
    const box = this.#slider.getBoundingClientRect();
    return this.scan.at(this.view.time(event.clientX - box.left, box.width));
  }

  #peek(event) {
    if (!this.scan) return;
    const i = this.#frame(event);
    const box = this.#slider.getBoundingClientRect();
    const half = 84;
    const x = Math.max(half, Math.min(box.width - half, event.clientX - box.left));
    this.#preview.style.left = `${x}px`;
    this.#preview.querySelector("span").textContent = clock(this.scan.times[i]);
    this.#preview.hidden = false;
    this.#wanted = i;
    this.#load();
  }

  /** One thumbnail at a time, always the newest wanted. */
  #load() {
    const source = this.#wanted < 0 ? "" : this.thumbnail(this.#wanted);
    if (this.#loading || !source || this.#image.getAttribute("src") === source) return;
    this.#loading = true;
    this.#image.src = source;
  }
}

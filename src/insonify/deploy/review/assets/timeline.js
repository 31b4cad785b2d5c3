/** The timeline: ruler, a lane a class, labels; drawn once, the playhead over it. */

import {
  drawBest,
  drawFrameTicks,
  drawGaps,
  drawProbabilities,
  drawRuler,
  drawSelection,
  drawStretches,
  pooled,
} from "./lanes.js";

const RULER = 20;
const LABELS = 30;
const ROOM = 168; // for all lanes of classes
const REACH = 9; // pixels from a marker or an edge that still hit it

export class Timeline {
  #canvas;
  #still = document.createElement("canvas"); // everything but playhead and selection
  #stale = true;
  width = 1;
  selection = null; // { first, last, stretch, spent }
  planes = null; // { classes, rows: [Float32Array], best: Map }
  stretches = [];

  constructor(canvas) {
    this.#canvas = canvas;
  }

  /** A scan with its view, and how things look. */
  show(scan, view, classes, theme) {
    Object.assign(this, { scan, view, classes, theme });
    this.touch();
  }

  /** Something that does not move has changed. */
  touch() {
    this.#stale = true;
  }

  get lanes() {
    return this.planes?.classes ?? [];
  }

  /** Where everything is, in pixels from the top. */
  get layout() {
    const each = Math.floor(ROOM / Math.max(1, this.lanes.length));
    const tall = Math.max(13, Math.min(28, each));
    const rows = this.lanes.map((_, n) => ({ y: RULER + n * tall, height: tall }));
    const y = RULER + rows.length * tall + 2;
    const labels = { y, height: LABELS };
    return { ruler: { y: 0, height: RULER }, rows, labels, tall, height: y + LABELS };
  }

  resize(width, ratio) {
    this.width = Math.max(1, Math.floor(width));
    this.ratio = ratio;
    for (const each of [this.#canvas, this.#still]) {
      each.width = this.width * ratio;
      each.height = this.layout.height * ratio;
    }
    this.#canvas.style.height = `${this.layout.height}px`;
    this.touch();
  }

  /** Draw it with the playhead at a frame. */
  draw(i) {
    if (this.#stale) this.#drawStill();
    const context = this.#canvas.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    context.drawImage(this.#still, 0, 0);
    context.scale(this.ratio, this.ratio);
    const { scan, view, width, theme } = this;
    const { ruler, labels, rows, height } = this.layout;
    if (this.selection)
      drawSelection(context, this.selection, scan, view, width, [...rows, labels], theme);
    const x = Math.round(view.x(scan.times[i], width));
    context.fillStyle = theme.playhead;
    context.fillRect(x - 1, ruler.height - 6, 2, height);
    context.beginPath();
    context.moveTo(x - 6, ruler.height - 10);
    context.lineTo(x + 6, ruler.height - 10);
    context.lineTo(x, ruler.height - 1);
    context.fill();
  }

  #drawStill() {
    const { scan, view, width, theme, classes } = this;
    const { ruler, rows, labels, height } = this.layout;
    const context = this.#still.getContext("2d");
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    context.fillStyle = theme.ground;
    for (const row of [...rows, labels])
      context.fillRect(0, row.y, width, row.height - 1);
    drawRuler(context, view, width, ruler, theme);
    const below = { y: ruler.height, height: height - ruler.height };
    drawGaps(context, scan, view, width, below, theme);
    this.lanes.forEach((name, n) => {
      const most = pooled(this.planes.rows[n], scan, view, width);
      drawProbabilities(context, most, rows[n], classes.colour(name));
    });
    drawStretches(context, this.stretches, scan, view, width, labels, classes);
    drawFrameTicks(context, scan, view, width, labels, theme);
    this.lanes.forEach((name, n) => {
      const best = this.planes.best.get(name);
      if (best === undefined) return;
      const x = view.x(scan.times[best], width);
      if (x > -8 && x < width + 8)
        drawBest(context, x, rows[n], classes.colour(name), theme);
    });
    this.#stale = false;
  }

  /** The frame at a pixel. */
  frame(x) {
    return this.scan.at(this.view.time(x, this.width));
  }

  /** What is at a pixel: { row, n, best, edge, stretch }. */
  hit(x, y, reach = REACH) {
    const { rows, labels } = this.layout;
    if (y >= labels.y) return { row: "labels", ...this.#hitLabels(x, reach) };
    const n = rows.findIndex((row) => y >= row.y && y < row.y + row.height);
    if (n < 0) return { row: "ruler" };
    const best = this.planes.best.get(this.lanes[n]);
    const near =
      best !== undefined &&
      Math.abs(this.view.x(this.scan.times[best], this.width) - x) <= reach;
    return { row: "class", n, best: near ? best : undefined };
  }

  #hitLabels(x, reach) {
    const time_s = this.view.time(x, this.width);
    const i = this.scan.at(time_s);
    const stretch = this.stretchAt(i);
    if (!this.selection) return { stretch };
    const { first, last } = this.selection;
    const from = this.view.x(this.scan.times[first], this.width) - x;
    const to = this.view.x(this.scan.until(last), this.width) - x;
    const [left, right] = [Math.abs(from), Math.abs(to)];
    if (Math.min(left, right) > reach) return { stretch };
    return { stretch, edge: left < right ? "first" : "last" };
  }

  /** The label that holds at a frame, what is not answered yet included. */
  stretchAt(i) {
    for (let k = this.stretches.length - 1; k >= 0; k--) {
      const each = this.stretches[k];
      const frames = this.scan.frames(each.start_s, each.end_s);
      if (frames && frames[0] <= i && i <= frames[1])
        return each.label === null ? null : each;
    }
    return null;
  }
}

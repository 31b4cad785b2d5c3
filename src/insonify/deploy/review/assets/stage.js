/** The big picture: letterboxed in true proportions, with what the model looks at. */

const RULE_MM = 10;

export class Stage {
  #canvas;
  #context;
  #shown = "";

  constructor(canvas) {
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d", { alpha: false });
  }

  /** Follow the size of the box on the screen, in device pixels. */
  resize(width, height, ratio) {
    this.#canvas.width = Math.max(1, Math.round(width * ratio));
    this.#canvas.height = Math.max(1, Math.round(height * ratio));
    this.ratio = ratio;
    this.#shown = "";
  }

  clear() {
    this.#context.fillStyle = "#000";
    this.#context.fillRect(0, 0, this.#canvas.width, this.#canvas.height);
    this.#shown = "";
  }

  /**
   * Draw a frame; false if it is what the canvas shows already.
   * @param what { key, bitmap, saliency, opacity, mm_per_pixel } saliency may be null
   */
  draw(what) {
    if (what.key === this.#shown) return false;
    this.clear();
    this.#shown = what.key;
    const box = this.#fit(what.bitmap, what.mm_per_pixel);
    const { x, y, width, height } = box;
    this.#context.imageSmoothingQuality = "high";
    this.#context.drawImage(what.bitmap, x, y, width, height);
    if (what.saliency) {
      this.#context.globalAlpha = what.opacity;
      this.#context.drawImage(what.saliency, x, y, width, height);
      this.#context.globalAlpha = 1;
    }
    if (what.mm_per_pixel) this.#rule(box, what.bitmap.height * what.mm_per_pixel[0]);
    return true;
  }

  #fit(bitmap, mm_per_pixel) {
    const [down, right] = mm_per_pixel ?? [1, 1];
    const { width: room, height: rows } = this.#canvas;
    const [wide, high] = [bitmap.width * right, bitmap.height * down];
    const scale = Math.min(room / wide, rows / high);
    const [width, height] = [Math.round(wide * scale), Math.round(high * scale)];
    return { x: (room - width) >> 1, y: (rows - height) >> 1, width, height };
  }

  /** A tick a centimetre down the right side, a longer one with its number every five. */
  #rule({ x, y, width, height }, depth_mm) {
    const context = this.#context;
    const unit = this.ratio;
    const right = Math.min(this.#canvas.width - 44 * unit, x + width + 4 * unit);
    context.fillStyle = "#9aa3ad";
    context.font = `${11 * unit}px system-ui, sans-serif`;
    context.textBaseline = "middle";
    for (let mm = RULE_MM; mm < depth_mm; mm += RULE_MM) {
      const level = Math.round(y + (mm / depth_mm) * height);
      const long = mm % (5 * RULE_MM) === 0;
      context.fillRect(right, level, (long ? 9 : 5) * unit, Math.max(1, unit));
      const number = mm === 5 * RULE_MM ? `${mm / 10} cm` : `${mm / 10}`;
      if (long) context.fillText(number, right + 12 * unit, level);
    }
  }
}

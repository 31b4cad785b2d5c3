/** How classes look: a colour, a pattern and a key each, never a colour alone. */

// Okabe and Ito's hues, lightened for dark ground and darkened for light.
const DARK = "#56b4e9 #e69f00 #1fbf92 #f0e442 #d790bb #f2763f #7d9bff #b5bcc6";
const LIGHT = "#1f86c4 #b26f00 #00795a #857a00 #a54e7c #bd4700 #3257c5 #5b6470";
export const COLOURS = { dark: DARK.split(" "), light: LIGHT.split(" ") };
const TILE = 8;

/** A key for each class, in their order (`words.KEYS`): letters that do nothing else. */
export const KEYS = "123456789qetyuadghxcvz";

/** Strokes of a tile: none, / \ | — × ·, grid. */
const STROKES = [
  [],
  [[-2, 2, 2, -2], [-1, 9, 9, -1], [6, 10, 10, 6]],
  [[4, 3, 4, 5]],
  [[-2, 6, 2, 10], [-1, -1, 9, 9], [6, -2, 10, 2]],
  [[4, 0, 4, 8]],
  [[0, 4, 8, 4]],
  [[0, 0, 8, 8], [0, 8, 8, 0]],
  [[4, 0, 4, 8], [0, 4, 8, 4]],
];

export class Classes {
  #patterns = new Map();

  /** `names` in the order of their keys. */
  constructor(names, theme) {
    this.names = names;
    this.theme = theme;
  }

  /** As a keyboard shows it; empty where there are too many classes. */
  key(name) {
    return (KEYS[this.names.indexOf(name)] ?? "").toUpperCase();
  }

  colour(name) {
    const n = this.names.indexOf(name);
    const colours = COLOURS[this.theme];
    return n < 0 ? colours.at(-1) : colours[n % colours.length];
  }

  /** Ink that reads on the class's colour. */
  get ink() {
    return this.theme === "dark" ? "#0b0d10" : "#ffffff";
  }

  /** Fill a box with the class's colour and pattern. */
  fill(context, name, x, y, width, height, strength = 1) {
    context.globalAlpha = strength;
    context.fillStyle = this.colour(name);
    context.fillRect(x, y, width, height);
    context.fillStyle = this.#pattern(context, name);
    context.fillRect(x, y, width, height);
    context.globalAlpha = 1;
  }

  /** A square of colour and pattern with the key, for buttons and lanes. */
  badge(name) {
    const badge = document.createElement("span");
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 44;
    const context = canvas.getContext("2d");
    context.scale(2, 2);
    this.fill(context, name, 0, 0, 22, 22);
    const key = document.createElement("b");
    key.textContent = this.key(name) || "·";
    key.style.color = this.ink;
    key.style.background = this.colour(name);
    badge.className = "badge";
    badge.setAttribute("aria-hidden", "true");
    badge.append(canvas, key);
    return badge;
  }

  #pattern(context, name) {
    const n = Math.max(0, this.names.indexOf(name));
    const which = (n + Math.floor(n / STROKES.length)) % STROKES.length;
    if (!this.#patterns.has(which)) {
      const tile = new OffscreenCanvas(TILE, TILE);
      const brush = tile.getContext("2d");
      brush.strokeStyle = this.theme === "dark" ? "#0006" : "#fff7";
      brush.lineWidth = which === 2 ? 2 : 1.4;
      brush.beginPath();
      for (const [a, b, c, d] of STROKES[which]) {
        brush.moveTo(a, b);
        brush.lineTo(c, d);
      }
      brush.stroke();
      this.#patterns.set(which, context.createPattern(tile, "repeat"));
    }
    return this.#patterns.get(which);
  }
}

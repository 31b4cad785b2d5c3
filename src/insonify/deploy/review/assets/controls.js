/** Hands to actions: buttons, sliders, wheel and keys call what the player can do. */

import { action, taken } from "./keys.js";
import { Pointing } from "./pointing.js";

const NOTCH = 40; // of wheel a frame

let active = null; // the player that keys go to

/** Wire a player's parts; keys until the signal. `does` maps actions to functions. */
export function wire(host, screen, does) {
  const { part } = screen;
  const click = (id, ...name) =>
    part(id).addEventListener("click", () => does[name[0]](...name.slice(1)));
  click("toggle", "toggle");
  click("back", "step", -1);
  click("on", "step", 1);
  click("repeat", "repeat");
  click("mute", "mute");
  click("similar", "similar");
  click("full", "fullscreen");
  click("help", "help");
  click("out", "zoom", 2);
  click("in", "zoom", 0.5);
  click("whole", "zoom", Infinity);
  click("undo", "undo");
  click("redo", "redo");
  click("picture", "toggle");
  part("speed").addEventListener("change", (event) => {
    does.pace(Number(event.target.value));
    event.target.blur();
  });
  const opacity = part("opacity");
  opacity.addEventListener("input", () => does.opacity(opacity.value / 100));
  opacity.addEventListener("pointerup", () => opacity.blur());
  const panel = part("panel");
  panel.addEventListener("keydown", (event) => event.key === "?" && panel.close());
  panel.addEventListener("click", (event) => event.target === panel && panel.close());
  part("full").hidden = !document.fullscreenEnabled;
  // A button that was clicked does not keep the keys: Space must go on playing.
  // Nor does a text field elsewhere once somebody reaches for the player.
  host.shadowRoot.addEventListener("pointerdown", (event) => {
    active = host;
    if (document.activeElement !== host) document.activeElement?.blur();
    if (event.target.closest("button") && !event.target.closest("dialog"))
      event.preventDefault();
  });
  wheel(part("stage"), does);
  track(part("track"), screen, does);
  return new Pointing(part("lanes"), screen.timeline, does);
}

/** Keys reach the player from anywhere on the page that has no use for them. */
export function listen(host, does, signal) {
  active ??= host;
  const heard = (event) => {
    if (active !== host || taken(event, host)) return;
    const found = action(event);
    if (!found) return;
    event.preventDefault();
    does[found[0]](found[1]);
  };
  document.addEventListener("keydown", heard, { signal });
  signal.addEventListener("abort", () => {
    if (active === host) active = null;
  });
}

/** The wheel over the picture turns frames, as on a workstation. */
function wheel(stage, does) {
  let turned = 0;
  const turn = (event) => {
    if (event.ctrlKey) return;
    event.preventDefault();
    turned += event.deltaMode === 1 ? event.deltaY * NOTCH : event.deltaY;
    const notches = Math.trunc(turned / NOTCH);
    turned -= notches * NOTCH;
    if (notches) does.step(notches);
  };
  stage.addEventListener("wheel", turn, { passive: false });
}

/** The bar below the lanes moves a timeline that is zoomed in. */
function track(bar, screen, does) {
  let grip = null;
  const time = (event) => {
    const box = bar.getBoundingClientRect();
    const { scan } = screen.timeline;
    return scan.start + ((event.clientX - box.left) / box.width) * (scan.end - scan.start);
  };
  bar.addEventListener("pointerdown", (event) => {
    const { view } = screen.timeline;
    if (!view) return;
    bar.setPointerCapture(event.pointerId);
    const inside = time(event) >= view.start && time(event) < view.end;
    grip = inside ? time(event) - view.start : view.span / 2;
    view.move(time(event) - grip);
    does.scrolled();
  });
  bar.addEventListener("pointermove", (event) => {
    if (grip === null) return;
    screen.timeline.view.move(time(event) - grip);
    does.scrolled();
  });
  for (const kind of ["pointerup", "pointercancel"])
    bar.addEventListener(kind, () => (grip = null));
}

/** Moving the playhead: by hand, by key, by the clock. */

/**
 * Actions that move. `desk` is what the player's parts share: { scan, view, pictures,
 * index, direction, motion, screen, pointing, moved(), redraw() }.
 */
export function moving(desk) {
  const { motion, screen } = desk;

  /** The playhead is on this frame from now on. */
  function go(i) {
    const { timeline } = screen;
    if (i !== desk.index) {
      desk.direction = i > desk.index ? 1 : -1;
      if (timeline.selection?.spent) timeline.selection = null;
    }
    desk.index = i;
    desk.pictures.want(i, desk.direction, motion.rate);
    desk.moved();
    desk.redraw();
  }

  function seek(wanted) {
    if (!desk.pictures) return;
    const i = desk.scan ? desk.scan.clamp(wanted) : Math.max(0, Math.round(wanted) || 0);
    desk.pictures.seek(i);
    if (!desk.scan) {
      desk.index = i;
      desk.pictures.first(i);
      return;
    }
    go(i);
    if (motion.playing) play(motion.rate);
    if (!desk.pointing.busy) reveal(0);
  }

  function reveal(direction) {
    const before = desk.view.start;
    desk.view.reveal(desk.scan.times[desk.index], direction);
    if (desk.view.start !== before) screen.timeline.touch();
  }

  function play(rate) {
    if (!desk.scan) return;
    motion.play(rate, desk.scan.times[desk.index], performance.now());
    desk.redraw();
  }

  function pause() {
    if (!motion.playing) return;
    motion.stop();
    go(desk.index);
  }

  function toggle() {
    if (motion.playing) return pause();
    if (desk.scan && desk.index >= desk.scan.count - 1) go(0);
    return play(motion.speed);
  }

  /** The clock has gone on. */
  function advance(now_ms) {
    const { scan, view, pictures } = desk;
    const seen = view.shows(scan.times[desk.index]);
    const due = motion.due(scan, now_ms);
    const i = motion.playing ? due - (due % pictures.stride(motion.rate)) : due;
    if (i !== desk.index || !motion.playing) go(i);
    // Unless somebody has moved the timeline to look elsewhere meanwhile.
    if (seen) reveal(Math.sign(motion.rate));
  }

  function second(n) {
    if (!desk.scan) return;
    const i = desk.scan.at(desk.scan.times[desk.index] + n);
    seek(i === desk.index ? i + n : i);
  }

  function step(n) {
    pause();
    seek(desk.index + n);
  }

  function best(n) {
    const i = screen.timeline.planes?.best.get(screen.classes.names[n - 1]);
    if (i !== undefined) seek(i);
  }

  function pace(speed) {
    motion.speed = speed;
    if (motion.playing) play(Math.sign(motion.rate) * speed);
  }

  function zoom(factor) {
    if (!desk.scan) return;
    const time_s = desk.scan.times[desk.index];
    if (factor === Infinity) desk.view.fit();
    else {
      desk.view.reveal(time_s);
      desk.view.zoom(factor, time_s);
    }
    screen.timeline.touch();
    desk.redraw();
  }

  return {
    go,
    seek,
    advance,
    toggle,
    pause,
    step,
    second,
    best,
    pace,
    zoom,
    shuttle: (direction) => play(motion.faster(direction)),
    edge: (side) => seek(side < 0 ? 0 : (desk.scan?.count ?? 1) - 1),
  };
}

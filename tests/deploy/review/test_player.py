"""The player in a real browser: it shows, moves, labels, and survives what fails.

Times depend on how busy the machine is: they are logged (``--log-cli-level=INFO``),
and bounds are ten times what is aimed at. T frames, N seeks.
"""

import json
import logging
import time
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pytest

from tests.browser import Page, browser
from tests.deploy.review.player_server import BLOCK, HEIGHT, WIDTH, Site, site

pytestmark = pytest.mark.slow
log = logging.getLogger(__name__)

_PLAYER: Final = "document.querySelector('insonify-player')"
_NUMBER: Final = f"""(() => {{
  const canvas = {_PLAYER}.shadowRoot.getElementById('picture');
  const scale = Math.min(canvas.width / {WIDTH}, canvas.height / {HEIGHT});
  const left = (canvas.width - {WIDTH} * scale) / 2;
  const base = (canvas.height + {HEIGHT} * scale) / 2 - {BLOCK / 2} * scale;
  const brush = (window.scratch ??= new OffscreenCanvas(16, 1)).getContext(
    '2d', {{ willReadFrequently: true }});
  for (let k = 0; k < 16; k++)
    brush.drawImage(
      canvas, left + (k + .5) * {BLOCK} * scale, base, 1, 1, k, 0, 1, 1);
  const levels = brush.getImageData(0, 0, 16, 1).data;
  let number = 0;
  for (let k = 0; k < 16; k++) number += (levels[4 * k] > 127) << k;
  return number;
}})()"""
"""The number of the frame whose picture is on the screen, read off its pixels."""


class Bench:
    """A player in a browser, and hands to use it."""

    def __init__(self, page: Page, served: Site) -> None:
        self.page, self.site = page, served

    def open(
        self,
        video: str = "v-short",
        *,
        size: tuple[int, int] = (960, 640),
        dark: bool = True,
        ready: bool = True,
        before: str = "",
        **attributes: str,
    ) -> None:
        """Open a page with a player; wait until all of it is there."""
        page = self.page
        page.complaints.clear()
        page.resize(*size, dark=dark)
        page.call("Emulation.setTouchEmulationEnabled", enabled=size[0] < 500)
        page.call("Page.navigate", url=self.site.page(video, before, **attributes))
        page.wait(f"{_PLAYER} && !!customElements.get('insonify-player')")
        if ready:
            page.wait(f"{_PLAYER}.figures().first_frame_ms !== null")
            page.wait(f"{self.part('names')}.children.length || !{self.hidden('why')}")
            page.wait(f"{_PLAYER}.figures().under_way === 0")

    def part(self, name: str) -> str:
        return f"{_PLAYER}.shadowRoot.getElementById('{name}')"

    def hidden(self, name: str) -> str:
        return f"{self.part(name)}.hidden"

    def text(self, name: str) -> str:
        return str(self.page.run(f"{self.part(name)}.innerText"))

    def wait_text(self, name: str, words: str) -> None:
        self.page.wait(f"{self.part(name)}.textContent.includes({json.dumps(words)})")

    def figures(self) -> dict[str, Any]:
        found: dict[str, Any] = self.page.run(f"{_PLAYER}.figures()")
        return found

    @property
    def current(self) -> int:
        return int(self.page.run(f"{_PLAYER}.current"))

    def seek(self, i: int) -> None:
        self.page.run(f"{_PLAYER}.seek({i})")
        self.page.wait(f"{_NUMBER} === {i}")

    def heard(self, name: str) -> list[dict[str, Any]]:
        every: list[tuple[str, dict[str, Any]]] = self.page.run("heard")
        return [detail for kind, detail in every if kind == name]

    def box(self, name: str) -> tuple[float, float, float, float]:
        left, top, width, height = self.page.run(
            f"(({{ left, top, width, height }}) => [left, top, width, height])"
            f"({self.part(name)}.getBoundingClientRect())"
        )
        return left, top, width, height

    def click(self, x: float, y: float) -> None:
        self.page.mouse("Moved", x, y)
        self.page.click(x, y)

    def press(self, name: str) -> None:
        left, top, width, height = self.box(name)
        self.click(left + width / 2, top + height / 2)

    @property
    def label_lane(self) -> float:
        """Where the lane of labels is, from the top of the window."""
        _, top, _, height = self.box("lanes")
        return top + height - 12

    def pixel(self, place: float) -> float:
        """Where a place among the frames of ``v-short`` is; 2.5 is amid frame 2."""
        left, _, width, _ = self.box("lanes")
        times_s_T = self.site.scans["v-short"].times_s_T
        ends_s_T = np.append(times_s_T, times_s_T[-1] + 1 / 30)
        time_s = np.interp(place, np.arange(len(ends_s_T)), ends_s_T)
        return left + width * float(time_s / ends_s_T[-1])

    def posted(self, n: int) -> tuple[str, dict[str, Any]]:
        """The nth post, once it is there and answered."""
        end = time.monotonic() + 30
        while len(self.site.posts) <= n:
            assert time.monotonic() < end, "nothing was posted"
            time.sleep(0.02)
        self.page.run("new Promise(done => setTimeout(done, 60))")
        return self.site.posts[n]

    def frames_of(self, body: dict[str, Any], video: str = "v-short") -> list[int]:
        """Frames that a posted decision is about, by the times as they truly are."""
        found = np.flatnonzero(self.site.scans[video].within(body))
        assert (np.diff(found) == 1).all()
        return [int(found[0]), int(found[-1])]


@pytest.fixture(scope="module")
def served() -> Iterator[Site]:
    with site() as one:
        yield one


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with browser() as one:
        yield one


@pytest.fixture
def bench(page: Page, served: Site) -> Iterator[Bench]:
    """A bench; at the end of a test nothing may have complained in the console."""
    served.reset()
    one = Bench(page, served)
    yield one
    refused = "Failed to load resource"
    assert [each for each in page.complaints if refused not in each] == []
    if not served.broken:
        assert page.complaints == []


def test_it_shows_the_first_frame_and_all_there_is_to_know(bench: Bench) -> None:
    bench.open("v-long")
    assert bench.page.run(_NUMBER) == bench.current == 0
    figures = bench.figures()
    log.info("first frame: %.0f ms", figures["first_frame_ms"])
    assert figures["first_frame_ms"] < 10_000
    bench.wait_text("names", ".")
    names = bench.text("names").split()
    assert names[1::3] == ["head", "abdomen", "femur", "background"]
    assert abs(sum(map(float, names[2::3])) - 1) < 0.03
    bench.wait_text("place", "frame 1 of 36,000")
    bench.page.wait(f"{bench.part('lanes')}.ariaLabel.includes('4 labelled stretches')")
    bench.seek(2000)
    bench.wait_text("chips", "1head")
    told = "1:06.67, frame 2001 of 36000"
    bench.page.wait(f"{bench.part('slider')}.ariaValueText === '{told}'")


def test_it_starts_where_it_is_told_to(bench: Bench) -> None:
    bench.open("v-long", frame="31234")
    assert bench.page.run(_NUMBER) == bench.current == 31234
    assert bench.heard("frame")[-1] == {
        "video": "v-long",
        "frame": 31234,
        "time_s": pytest.approx(31234 / 30 + 16, abs=1e-3),
    }


def test_scrubbing_a_long_scan_is_exact_quick_and_bounded(bench: Bench) -> None:
    bench.open("v-long")
    seeks_N = np.random.default_rng(0).integers(0, 36_000, 60).tolist()
    shown_N = bench.page.run(
        f"""(async () => {{
          const player = {_PLAYER}, shown = [];
          for (const i of {seeks_N}) {{
            const before = player.figures().seek_ms.length;
            player.seek(i);
            while (player.figures().seek_ms.length === before)
              await new Promise(requestAnimationFrame);
            shown.push({_NUMBER});
          }}
          return shown;
        }})()"""
    )
    assert shown_N == seeks_N
    figures = bench.figures()
    median, p95 = np.quantile(figures["seek_ms"][-60:], [0.5, 0.95])
    log.info("scrub: median %.0f ms, 95 %% within %.0f ms", median, p95)
    assert p95 < 1000
    bench.page.wait(f"{_PLAYER}.figures().under_way === 0")
    figures = bench.figures()
    assert figures["cached"] <= 300
    assert figures["opened"] - figures["closed"] == figures["cached"]


def test_pictures_are_closed_when_there_are_too_many(bench: Bench) -> None:
    bench.open()
    counts = bench.page.run(
        """(async () => {
          const { around, Frames } = await import('/assets/frames.js');
          const real = window.createImageBitmap, made = [];
          window.createImageBitmap = async (...given) => {
            made.push(await real(...given));
            return made.at(-1);
          };
          const told = { arrived() {}, failed() {} };
          const limits = { frames: 30, bytes: 1e9, parallel: 4 };
          const frames = new Frames((i) => `/api/frame/v-short/${i}`, told, limits);
          const open = () => made.filter((each) => each.width > 0).length;
          frames.pin(0);
          let most = 0;
          for (let i = 0; i < 120; i += 10) {
            frames.want(i, around(i, 1, 12, 0, 240));
            await new Promise((done) => setTimeout(done, 10));
            while (frames.under_way) await new Promise((done) => setTimeout(done, 5));
            most = Math.max(most, open());
          }
          const pinned = frames.get(0) !== undefined, nearest = frames.nearest(123);
          frames.close();
          window.createImageBitmap = real;
          return { made: made.length, most, pinned, nearest, left: open() };
        })()"""
    )
    assert counts["made"] > 100
    assert counts["most"] == 30
    assert counts["pinned"]
    assert counts["nearest"] == 122
    assert counts["left"] == 0


def test_a_slow_server_still_shows_something_while_scrubbing(bench: Bench) -> None:
    bench.open("v-long")
    bench.site.slow_s["frame"] = 0.25
    before = bench.figures()["shown"]
    bench.page.run(
        f"""(async () => {{
          for (let k = 0; k < 60; k++) {{
            {_PLAYER}.seek(20000 + 50 * k);
            await new Promise((done) => setTimeout(done, 25));
          }}
        }})()"""
    )
    assert bench.figures()["shown"] >= before + 2, "oldest requests must arrive"
    bench.page.wait(f"{_NUMBER} === {20000 + 50 * 59}")
    assert bench.figures()["aborted"] > 0


def test_keys_move(bench: Bench) -> None:
    bench.open()
    times_s_T = bench.site.scans["v-short"].times_s_T
    for key, modifiers, there in (
        ("ArrowRight", (), 1),
        ("ArrowRight", (), 2),
        ("ArrowLeft", (), 1),
        ("End", (), 239),
        ("ArrowRight", (), 239),
        ("Home", (), 0),
        ("ArrowLeft", (), 0),
    ):
        bench.page.press(key, *modifiers)
        assert bench.current == there
    bench.seek(100)
    bench.page.press("ArrowRight", "shift")
    second = int(np.searchsorted(times_s_T, times_s_T[100] + 1, "right")) - 1
    assert abs(bench.current - second) <= 1
    bench.page.press("ArrowLeft", "shift")
    assert abs(bench.current - 100) <= 1
    bench.page.wait(f"{_NUMBER} === {_PLAYER}.current")
    bench.page.wait(f"heard.at(-1)[1].frame === {_PLAYER}.current")


def test_keys_play(bench: Bench) -> None:
    bench.open("v-long")
    speed, toggle = bench.part("speed"), bench.part("toggle")
    bench.seek(18_000)
    bench.page.press("l")
    bench.page.wait(f"{_PLAYER}.current > 18000 && {speed}.value === '1'")
    for doubled in ("2", "4", "8", "8"):
        bench.page.press("L")
        bench.page.wait(f"{speed}.value === '{doubled}'")
    bench.page.press("k")
    rests = bench.current
    bench.page.run("new Promise(done => setTimeout(done, 150))")
    assert bench.current == rests
    bench.page.press("j")
    bench.page.wait(f"{_PLAYER}.current < {rests}")
    bench.page.press(" ")
    bench.page.wait(f"{toggle}.ariaLabel === 'Play (Space)'")
    rests = bench.current
    bench.page.press(" ")
    bench.page.wait(f"{_PLAYER}.current > {rests}")
    assert bench.page.run(f"{toggle}.ariaLabel") == "Pause (Space)"
    bench.page.press(" ")
    bench.page.wait(f"{_NUMBER} === {_PLAYER}.current")
    bench.page.wait(f"heard.at(-1)[1].frame === {_PLAYER}.current")


def test_playing_keeps_the_time_and_tells_where_it_is(bench: Bench) -> None:
    bench.open()
    before = bench.figures()["shown"]
    lasted, time_s, told = bench.page.run(
        f"""(async () => {{
          const player = {_PLAYER}, told = heard.length;
          const since = performance.now();
          {bench.part("toggle")}.click();
          await new Promise((done) => setTimeout(done, 3000));
          {bench.part("toggle")}.click();
          const lasted = (performance.now() - since) / 1000;
          await new Promise((done) => setTimeout(done, 250));
          return [lasted, heard.at(-1)[1].time_s, heard.length - told];
        }})()"""
    )
    shown = bench.figures()["shown"] - before
    log.info("played %.2f s: %d frames shown", lasted, shown)
    assert shown >= 8
    assert time_s <= lasted
    assert lasted - time_s < 1, "late frames are dropped, the clock goes on"
    assert told <= 10 * lasted + 2


def test_it_stops_at_the_end_and_repeats_only_if_asked(bench: Bench) -> None:
    bench.open()
    bench.seek(225)
    bench.page.press(" ")
    bench.page.wait(f"{_PLAYER}.current === 239")
    bench.page.wait(f"{bench.part('toggle')}.ariaLabel === 'Play (Space)'")
    bench.seek(225)
    bench.page.press("r")
    assert bench.page.run(f"{_PLAYER}.hasAttribute('loop')")
    bench.page.press(" ")
    bench.page.wait(f"{_PLAYER}.current < 200")


def test_frames_are_due_by_the_clock(bench: Bench) -> None:
    """Against searchsorted, on irregular times with a gap of eight seconds."""
    rng = np.random.default_rng(3)
    steps_T = rng.uniform(0.01, 0.09, 400)
    steps_T[200] = 8.0
    times_s_T = np.cumsum(steps_T).round(3)
    segments_T = np.arange(400) // 200
    told = {"times_s": times_s_T.tolist(), "segments": segments_T.tolist()}
    bench.open()
    steps_T = np.sort(np.diff(times_s_T))
    ends = times_s_T[199] + steps_T[len(steps_T) // 2]
    gap = times_s_T[200] - ends
    played_N = np.arange(0, times_s_T[-1] - times_s_T[0] - gap, 0.037)
    for rate in (0.5, 1, 8):
        due_N = bench.page.run(
            f"""(async () => {{
              const {{ Scan }} = await import('/assets/scan.js');
              const {{ Motion }} = await import('/assets/motion.js');
              const scan = new Scan({json.dumps(told)}), motion = new Motion();
              motion.play({rate}, scan.start, 0);
              return {played_N.tolist()}.map(
                (s) => motion.due(scan, 1000 * s / {rate}));
            }})()"""
        )
        clock_N = played_N + times_s_T[0]
        clock_N += np.where(clock_N >= ends, gap, 0)
        expected_N = np.searchsorted(times_s_T, clock_N + 0.0006, "right") - 1
        assert due_N == expected_N.tolist()


def test_lanes_show_the_greatest_of_many_frames(bench: Bench) -> None:
    """Against a maximum taken pixel by pixel in NumPy."""
    scan = bench.site.scans["v-long"]
    values_T = np.random.default_rng(1).uniform(0, 0.5, 36_000).round(3)
    values_T[[17, 18_000, 35_999]] = 1.0
    told = {
        "times_s": scan.times_s_T.round(3).tolist(),
        "segments": scan.segments_T.tolist(),
    }
    bench.open()
    found = bench.page.run(
        f"""(async () => {{
          const {{ Scan }} = await import('/assets/scan.js');
          const {{ View }} = await import('/assets/view.js');
          const {{ pooled }} = await import('/assets/lanes.js');
          const scan = new Scan({json.dumps(told)}), view = new View(scan);
          const values = Float32Array.from({values_T.tolist()});
          const look = () =>
            [view.start, view.end, [...pooled(values, scan, view, 500)]];
          const whole = look();
          view.zoom(0.02, scan.times[12000]); // about a gap
          const near = look();
          view.zoom(1e-9, scan.times[18000]); // as close as it goes
          return [scan.frame_s, whole, near, look()];
        }})()"""
    )
    frame_s, *views = found
    times_s_T = scan.times_s_T.round(3)
    until_T = np.append(times_s_T[1:], np.inf)
    cut_T = np.append(np.diff(scan.segments_T) > 0, True)
    until_T[cut_T] = times_s_T[cut_T] + frame_s
    for start, end, most in views:
        edges = start + np.arange(501) * ((end - start) / 500)
        for x in range(500):
            on_T = (times_s_T < edges[x + 1] - 1e-9) & (until_T > edges[x] + 1e-9)
            assert most[x] == pytest.approx(values_T[on_T].max(initial=-1), abs=1e-6)
    assert max(views[0][2][:2]) == max(views[0][2][-2:]) == 1.0
    assert -1 in views[1][2]
    assert views[2][1] - views[2][0] == pytest.approx(12 * frame_s)


def test_dragging_an_interval_labels_it_and_undo_takes_it_back(bench: Bench) -> None:
    bench.open()
    start, end = bench.pixel(50.5), bench.pixel(120.5)
    held = {"button": "left", "buttons": 1, "clickCount": 1}
    bench.page.mouse("Pressed", start, bench.label_lane, **held)
    bench.page.mouse("Moved", end, bench.label_lane, **held)
    assert bench.text("span").endswith("71 frames")
    bench.wait_text("what", "Label 71 frames")
    bench.page.mouse("Released", end, bench.label_lane, **held)
    assert bench.page.run(bench.hidden("span"))
    bench.page.press("2")
    kind, body = bench.posted(0)
    assert (kind, body["label"], body["author"]) == ("labels", "abdomen", "Dr Test")
    assert bench.frames_of(body) == [50, 120]
    bench.wait_text("toast", "abdomen · 0:01.")
    assert bench.heard("labelled")[-1]["stretches"][0]["label"] == "abdomen"
    bench.wait_text("chips", "2abdomen")

    bench.page.press("z", "ctrl")
    assert bench.posted(1) == ("undo", {"author": "Dr Test"})
    bench.wait_text("toast", "Undone: took away abdomen · 0:01.")
    assert bench.heard("labelled")[-1]["stretches"] == []
    bench.page.press("Z", "ctrl", "shift")
    assert bench.posted(2)[0] == "redo"
    bench.wait_text("toast", "Redone: brought back abdomen")
    assert len(bench.site.scans["v-short"].log) == 1


def test_a_frame_is_labelled_where_nothing_is_chosen(bench: Bench) -> None:
    bench.open()
    bench.seek(77)
    bench.page.press("&", code="Digit1")  # where a French keyboard has its 1
    bench.seek(78)
    bench.page.press("3")
    assert bench.frames_of(bench.posted(0)[1]) == [77, 77]
    assert bench.frames_of(bench.posted(1)[1]) == [78, 78]
    bench.page.press("9")
    bench.wait_text("toast", "There is no class 9.")
    bench.page.press("Backspace")
    assert bench.posted(2)[1]["label"] is None
    bench.page.wait(f"{_PLAYER}.current === 78 && !heard.at(-1)[1].stretches[1]")
    bench.page.press("0")
    bench.wait_text("toast", "There is no label here.")
    assert len(bench.site.posts) == 3


def test_five_frames_of_twenty_minutes_can_be_chosen(bench: Bench) -> None:
    bench.open("v-long")
    bench.seek(24_500)
    for _ in range(14):
        bench.page.press("+")
    left, top, width, _ = bench.box("lanes")
    for notch in (-400, -400):  # further in, about the pointer
        bench.page.call(
            "Input.dispatchMouseEvent",
            type="mouseWheel",
            x=left + width / 2,
            y=top + 60,
            deltaX=0,
            deltaY=notch,
        )
    bench.page.run("new Promise(done => setTimeout(done, 200))")
    bench.click(left + width / 2, bench.label_lane)
    first = bench.current
    step = width / 12  # twelve frames fill the timeline now
    bench.page.drag(left + width / 2, left + width / 2 + 4 * step, bench.label_lane)
    bench.wait_text("what", "Label 5 frames")
    bench.page.press("1")
    frames = bench.frames_of(bench.posted(0)[1], "v-long")
    assert frames == [first, first + 4]


def test_a_label_is_chosen_and_trimmed_by_its_edges(bench: Bench) -> None:
    bench.open()
    bench.page.drag(
        bench.pixel(60.5),
        bench.pixel(140.5),
        bench.label_lane,
    )
    bench.page.press("1")
    bench.posted(0)
    bench.page.press("Escape")
    bench.click(bench.pixel(100.5), bench.label_lane)
    bench.wait_text("what", "Label 81 frames")
    edge = bench.pixel(141)
    bench.page.drag(edge, bench.pixel(120.5), bench.label_lane)
    _, body = bench.posted(1)
    assert body["label"] is None
    assert bench.frames_of(body) == [121, 140]
    edge = bench.pixel(60)
    bench.page.drag(edge, bench.pixel(40.5), bench.label_lane)
    _, body = bench.posted(2)
    assert (body["label"], bench.frames_of(body)) == ("head", [40, 120])
    bench.page.press("[")
    assert bench.current in {0, 40}
    bench.page.press("]")
    assert bench.current == 120


def test_an_interval_is_made_by_keys_alone(bench: Bench) -> None:
    bench.open()
    bench.seek(30)
    bench.page.press("i")
    bench.seek(45)
    bench.page.press("o")
    bench.wait_text("what", "Label 16 frames")
    bench.page.press("Escape")
    bench.wait_text("what", "Label this frame")
    bench.page.press("i")
    bench.seek(50)
    bench.page.press("o")
    bench.page.press("4")
    assert bench.frames_of(bench.posted(0)[1]) == [45, 50]
    bench.page.press(
        "ArrowRight"
    )  # the interval has served: keys are about the frame again
    bench.page.press("1")
    assert bench.frames_of(bench.posted(1)[1]) == [51, 51]


def test_classes_past_the_ninth_have_letters(bench: Bench) -> None:
    bench.site.scans["v-short"].more = [f"plane {number}" for number in range(5, 12)]
    bench.open()
    bench.seek(30)
    bench.page.press("e")
    assert bench.posted(0)[1]["label"] == "plane 11"
    bench.wait_text("chips", "Eplane 11")
    bench.page.press("z")
    bench.wait_text("toast", "There is no class 22.")
    bench.page.press("E", "shift", code="KeyE")  # a class without a best frame
    assert bench.current == 30
    assert len(bench.site.posts) == 1


def test_best_frames_are_a_click_or_a_key_away(bench: Bench) -> None:
    bench.open()
    best = bench.site.scans["v-short"].planes_told()["best"]
    _, top, _, _ = bench.box("lanes")
    at = bench.pixel(best["abdomen"])
    bench.click(at + 3, top + 20 + 28 * 1.5)
    assert bench.current == best["abdomen"]
    bench.page.press("#", "shift", code="Digit3")
    assert bench.current == best["femur"]
    bench.page.run(f"{bench.part('names')}.children[0].click()")
    assert bench.current == best["head"]


def test_the_scrub_bar_and_the_wheel_move(bench: Bench) -> None:
    bench.open()
    left, top, width, height = bench.box("slider")
    bench.page.mouse("Moved", left + width / 4, top + height / 2)
    bench.page.wait(f"!{bench.hidden('preview')}")
    bench.page.wait(f"{bench.part('preview')}.querySelector('img').naturalWidth > 0")
    bench.page.drag(left + 10, left + width / 2, top + height / 2)
    assert abs(bench.current - 120) < 8
    bench.page.wait(f"{_NUMBER} === {_PLAYER}.current")
    before = bench.current
    left, top, width, height = bench.box("stage")
    at = {"x": left + 300, "y": top + 200}
    bench.page.call(
        "Input.dispatchMouseEvent", type="mouseWheel", **at, deltaX=0, deltaY=120
    )
    bench.page.wait(f"{_PLAYER}.current === {before + 3}")


def test_opacity_changes_the_picture_and_m_hides_it(bench: Bench) -> None:
    bench.open()
    bench.page.wait(f"{_PLAYER}.figures().overlays > 0")
    centre = f"""(() => {{
      const canvas = {bench.part("picture")}, brush = new OffscreenCanvas(40, 8)
        .getContext('2d');
      brush.drawImage(canvas, -canvas.width / 2, -canvas.height * .52);
      const levels = [...brush.getImageData(0, 0, 40, 8).data];
      return levels.filter((_, k) => k % 4 === 0).reduce((a, b) => a + b);
    }})()"""
    slider = bench.part("opacity")

    def redness(share: int) -> int:
        bench.page.run(
            f"{slider}.value = {share}, {slider}.dispatchEvent(new Event('input'))"
        )
        bench.page.run("new Promise(done => setTimeout(done, 150))")
        return int(bench.page.run(centre))

    none, half, full = redness(0), redness(50), redness(100)
    assert none < half < full
    bench.page.press("m")
    bench.page.wait(f"{centre} === {none}")
    assert bench.page.run(f"{bench.part('mute')}.ariaPressed") == "false"
    bench.open()
    assert bench.page.run(f"{bench.part('mute')}.ariaPressed") == "false", "remembered"
    bench.page.press("m")
    bench.page.wait(f"{centre} > {none}")


def test_without_a_model_it_says_why_and_offers_what_works(bench: Bench) -> None:
    bench.open("v-plain")
    assert "No checkpoint was given" in bench.text("why")
    assert bench.page.run(bench.hidden("overlay"))
    assert bench.page.run(bench.hidden("similar"))
    bench.page.press("s")
    bench.page.press("!", "shift", code="Digit1")
    assert bench.heard("similar") == []
    bench.page.press("1")
    assert bench.posted(0)[1]["label"] == "head"


def test_similar_is_asked_for_by_button_and_key(bench: Bench) -> None:
    bench.open()
    bench.seek(12)
    bench.press("similar")
    bench.page.press("s")
    assert bench.heard("similar") == [{"video": "v-short", "frame": 12}] * 2


def test_reloading_planes_and_scan(bench: Bench) -> None:
    bench.open("v-plain")
    bench.site.scans["v-plain"].planes = True
    bench.site.scans["v-plain"].saliency = True
    bench.page.run(f"{_PLAYER}.reload('planes')")
    bench.wait_text("names", ".")
    assert len(bench.text("names").split()) == 12
    assert bench.page.run(bench.hidden("why"))
    bench.page.run(f"{_PLAYER}.reload('scan')")
    assert not bench.page.run(bench.hidden("overlay"))
    bench.page.wait(f"{_PLAYER}.figures().overlays > 0")


@pytest.mark.parametrize("status", [404, 500])
@pytest.mark.parametrize("kind", ["scan", "planes", "labels", "frame"])
def test_what_fails_is_told_and_tried_again(
    bench: Bench, kind: str, status: int
) -> None:
    bench.site.broken[kind] = status
    bench.open(ready=False)
    bench.page.wait(f"!{bench.hidden('strip')}")
    assert f"{kind} is broken on purpose" in bench.text("strip")
    assert bench.heard("failed")[0] == {
        "video": "v-short",
        "why": f"{kind} is broken on purpose",
    }
    if kind != "scan":
        bench.page.press("ArrowRight")
        assert bench.current == 1, "it is not dead"
    del bench.site.broken[kind]
    bench.page.run(f"{bench.part('strip')}.querySelector('button').click()")
    bench.page.wait(f"{bench.hidden('strip')} && {bench.part('names')}.children.length")
    bench.page.wait(f"{_NUMBER} === {_PLAYER}.current")
    bench.site.broken["no such thing"] = 500  # console messages were meant


def test_a_label_that_was_not_saved_is_not_shown_as_saved(bench: Bench) -> None:
    bench.open()
    bench.site.broken["labels"] = 500
    bench.page.press("1")
    bench.page.wait(f"!{bench.hidden('strip')}")
    assert "labels is broken on purpose" in bench.text("strip")
    assert "head" not in bench.text("chips").split("\n")[0]
    assert bench.heard("labelled") == []
    bench.site.broken["labels"] = 0
    bench.page.run(f"{bench.part('strip')}.querySelector('button').click()")
    bench.page.wait("heard.some(([name]) => name === 'labelled')")
    assert bench.page.run(bench.hidden("strip"))
    bench.wait_text("chips", "1head")


def test_nobody_labels_without_a_name(bench: Bench) -> None:
    bench.open(author="")
    bench.page.press("1")
    bench.wait_text("strip", "Say who you are before you label.")
    assert bench.site.posts == []
    bench.page.run(f"{_PLAYER}.setAttribute('author', 'B')")
    bench.page.press("1")
    assert bench.posted(0)[1]["author"] == "B"


def test_another_video_aborts_what_is_under_way(bench: Bench) -> None:
    bench.open("v-long")
    bench.page.run(
        """(() => {
          const real = window.fetch; window.ended = [];
          window.fetch = (...given) => real(...given).catch((error) => {
            ended.push(error.name);
            throw error;
          });
        })()"""
    )
    bench.site.slow_s["frame"] = 1.0
    bench.page.run(f"{_PLAYER}.seek(30000)")
    bench.page.run(f"{_PLAYER}.setAttribute('video', 'v-short')")
    bench.page.wait("ended.includes('AbortError')")
    bench.site.slow_s.clear()
    bench.page.wait(f"{bench.part('place')}.textContent === 'frame 1 of 240'")
    bench.page.wait(f"{_NUMBER} === 0 && {bench.part('names')}.children.length === 4")
    assert bench.heard("failed") == []
    bench.page.run(f"{_PLAYER}.remove()")
    bench.page.press("1")
    assert bench.site.posts == []


def test_keys_belong_to_a_text_field_that_has_the_focus(bench: Bench) -> None:
    bench.open(before="<input id=field><button id=other>Other</button>")
    bench.page.run("document.getElementById('field').focus()")
    for key in ("1", " ", "l"):
        bench.page.press(key)
    assert bench.page.run("document.getElementById('field').value") == "1 l"
    bench.page.press("ArrowRight")
    assert (bench.current, bench.site.posts) == (0, [])
    bench.page.run("document.getElementById('other').focus()")
    bench.page.press("ArrowRight")
    assert bench.current == 1, "a button has no use for arrows"
    bench.page.press(" ")
    bench.page.run("new Promise(done => setTimeout(done, 100))")
    assert bench.page.run(f"{bench.part('toggle')}.ariaLabel") == "Play (Space)"
    bench.press("on")
    bench.page.press("?", "shift")
    assert bench.page.run(f"{bench.part('panel')}.open")
    assert "first frame" in bench.text("figures")
    bench.page.press("1")
    assert bench.site.posts == []
    bench.page.run(f"{bench.part('panel')}.close()")


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
@pytest.mark.parametrize("dark", [True, False])
def test_everything_fits_and_the_theme_is_followed(
    bench: Bench, size: tuple[int, int], dark: bool
) -> None:
    bench.open("v-long", size=size, dark=dark)
    wide, high = bench.page.run(
        "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
    )
    assert wide <= size[0]
    assert high <= size[1]
    _, _, _, picture = bench.box("stage")
    assert picture > 0.45 * size[1], "the picture dominates"
    tone = f"getComputedStyle({bench.part('root')}).backgroundColor.match(/\\d+/g)[0]"
    assert (int(bench.page.run(tone)) < 128) is dark
    bench.page.run(f"{_PLAYER}.setAttribute('theme', '{'light' if dark else 'dark'}')")
    assert (int(bench.page.run(tone)) < 128) is not dark


def test_fingers_choose_and_pinch(bench: Bench) -> None:
    bench.open("v-long", size=(390, 844))
    left, top, width, _ = bench.box("lanes")
    y = bench.label_lane

    def touch(kind: str, *points: tuple[float, float]) -> None:
        at = [{"x": x, "y": y, "id": n} for n, (x, y) in enumerate(points)]
        bench.page.call("Input.dispatchTouchEvent", type=f"touch{kind}", touchPoints=at)

    touch("Start", (left + 60, y))
    for x in (80, 120, 160):
        touch("Move", (left + x, y))
    touch("End")
    bench.wait_text("what", " frames")
    y = top + 60
    middle = left + width / 2
    touch("Start", (middle - 30, y))
    touch("Start", (middle - 30, y), (middle + 30, y))
    for apart in (60, 90, 120):
        touch("Move", (middle - apart, y), (middle + apart, y))
    touch("End")
    bench.page.wait(f"{bench.part('track')}.classList.contains('on')")
    share = bench.page.run(f"parseFloat({bench.part('thumb')}.style.width)")
    assert share == pytest.approx(25, abs=4)

"""A contact sheet of the key frames: an HTML file that opens without a network.

Its pictures lie beside it, so that a thousand scans are no file of a gigabyte.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, StrictUndefined

from insonify.core.files import write_bytes
from insonify.deploy.predict.scan_folder import MOVIE, SCANS

PAGE: Final = "index.html"

_TEMPLATE: Final = """\
{% macro sheet(scan, keys) %}
<div class="sheet">
{% for key in keys | sort(attribute="probability", reverse=true) %}
<figure class="{{ '' if key.most_probable else 'less' }}">
<img loading="lazy" src="{{ key.picture }}" width="{{ scan.columns }}"
 height="{{ scan.rows }}" alt="{{ key.label }} at {{ "%.2f" | format(key.time_s) }} s">
<figcaption><strong>{{ key.label }}</strong>
{{ "%.2f" | format(key.probability) }} at {{ "%.2f" | format(key.time_s) }} s{% if
key.most_probable %}, from {{ "%.2f" | format(key.start_s) }} to
{{ "%.2f" | format(key.end_s) }} s{% endif %}</figcaption>
</figure>
{% endfor %}
</div>
{% endmacro %}
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'; img-src 'self' file:; \
media-src 'self' file:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>insonify predict</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 75rem;
 padding: 1rem; color: #1c1f25; background: #fff; }
.notice { border-left: 4px solid #e69f00; background: #fdf6e3; padding: .6rem 1rem; }
.seen { color: #8a5a00; font-weight: 600; }
.sheet { display: grid; gap: 1rem;
 grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); }
figure { margin: 0; }
figure img { width: 100%; height: 11rem; object-fit: contain; background: #101216; }
figcaption { font-size: 13px; }
summary { cursor: pointer; margin: .8rem 0; }
.less { color: #5c616b; }
.less img { opacity: .6; }
table { border-collapse: collapse; }
td, th { text-align: left; padding: .2rem .8rem .2rem 0; vertical-align: top; }
h2 { font-size: 1.05rem; margin: 2rem 0 .3rem; }
code { font-size: 13px; }
</style>
</head>
<body>
<h1>Which planes do these scans show?</h1>
<p class="notice"><strong>For research use only. Not a medical device.</strong> What is
written here must not guide the care of a patient. Scans are pseudonyms.
<strong>Frames of patients are beside this file:</strong> keep it where the recordings
may be kept.</p>
<p>{{ scans | length }} scans; {{ refused | length }} files of the last run were
refused. {{ about }}
Each picture is the best frame of its class in a scan. Folded away and dimmed: at that
frame another class is more probable, so that the scan may not show this one.</p>
{% for scan in scans %}
<h2 id="{{ scan.scan }}"><code>{{ scan.scan }}</code></h2>
<p>{{ scan.frames }} frames, {{ "%.1f" | format(scan.begin_s) }} to
{{ "%.1f" | format(scan.end_s) }} s.
<span class="{{ '' if scan.unseen else 'seen' }}">{{ scan.seen }}.</span>
{% if scan.saliency %}
<a href="{{ folder }}/{{ scan.scan }}/{{ movie }}">Video with saliency</a>
{% endif %}</p>
{% set likely = scan.key_frames | selectattr("most_probable") | list %}
{% set others = scan.key_frames | rejectattr("most_probable") | list %}
{{ sheet(scan, likely) }}
{% if others %}
<details><summary>Best frames of classes that are not the most probable there
({{ others | length }})</summary>
{{ sheet(scan, others) }}
</details>
{% endif %}
{% endfor %}
{% if refused %}
<h2>Refused</h2>
<table><tr><th>file</th><th>reason</th></tr>
{% for file, reason in refused %}
<tr><td><code>{{ file }}</code></td><td>{{ reason }}</td></tr>
{% endfor %}
</table>
{% endif %}
</body>
</html>
"""


def write_page(
    out: Path,
    scans: Iterable[dict[str, Any]],
    refused: Sequence[tuple[str, str]],
    about: str,
) -> Path:
    """Write the page of an output folder, atomically.

    Args:
        out: The folder.
        scans: What is known of each scan, with pictures relative to the folder.
        refused: Pseudonym and reason of files that were not read.
        about: A sentence on the model.
    """
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    text = environment.from_string(_TEMPLATE).render(
        scans=list(scans), refused=refused, about=about, folder=SCANS, movie=MOVIE
    )
    write_bytes(out / PAGE, text.encode())
    return out / PAGE

"""The page that asks for the password: no script, nothing loaded."""

import html
from typing import Final

LOGIN: Final = "/login"
_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="dark light">
<title>insonify review: password</title>
<style>
:root {{ color-scheme: dark light; --ground: #101216; --panel: #1c1f25;
  --line: #3a4250; --ink: #f0f2f5; --accent: #56b4e9; --warning: #e69f00; }}
@media (prefers-color-scheme: light) {{ :root {{ --ground: #f4f5f7; --panel: #fff;
  --line: #b8bec8; --ink: #16181d; --accent: #0072b2; --warning: #8a5a00; }} }}
* {{ box-sizing: border-box; }}
body {{ margin: 0; min-height: 100vh; display: grid; place-items: center;
  background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }}
form {{ width: min(22rem, 92vw); padding: 2rem; background: var(--panel);
  border: 1px solid var(--line); border-radius: 12px; display: grid; gap: 1rem; }}
h1 {{ margin: 0; font-size: 1.25rem; }}
label {{ display: grid; gap: .35rem; }}
input, button {{ font: inherit; padding: .6rem .75rem; border-radius: 8px;
  border: 1px solid var(--line); color: inherit; background: var(--ground); }}
button {{ background: var(--accent); border-color: var(--accent); color: #06121a;
  font-weight: 600; cursor: pointer; }}
@media (prefers-color-scheme: light) {{ button {{ color: #fff; }} }}
:focus-visible {{ outline: 3px solid var(--accent); outline-offset: 2px; }}
p {{ margin: 0; color: var(--warning); }}
</style>
</head>
<body>
<form method="post" action="/api/login">
<h1>insonify review</h1>
<input name="user" autocomplete="username" value="insonify" hidden>
<label>Password
<input type="password" name="password" autocomplete="current-password" required
  autofocus maxlength="1024"></label>
{said}
<button type="submit">Go in</button>
</form>
</body>
</html>
"""


def login_page(said: str = "") -> bytes:
    """The page, with what went wrong."""
    message = f'<p role="alert">{html.escape(said)}</p>' if said else ""
    return _PAGE.format(said=message).encode()

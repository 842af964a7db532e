"""A model card as Markdown and as one HTML page that loads nothing."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from string import Template

from assay_trainer.finish.card import Card, Section

_PAGE = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>$title</title>
<style>
:root { color: #1c2733; background: #f5f7fa; font: 16px/1.45 system-ui, sans-serif; }
body { margin: 0 auto; padding: 1rem; max-width: 60rem; }
h1 { font-size: 1.5rem; margin: .2rem 0; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 0 0 .5rem; }
section { background: white; border-radius: .6rem; padding: 1rem; margin: 1rem 0; box-shadow: 0 1px 3px #0002; }
p { margin: .3rem 0; overflow-wrap: anywhere; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; margin-top: .5rem; }
th, td { padding: .3rem .7rem; text-align: left; border-bottom: 1px solid #e4e9ef; overflow-wrap: anywhere; }
th { color: #5b6b7c; font-weight: 600; }
</style>
</head>
<body>
<h1>$title</h1>
<p>$summary</p>
$sections
</body>
</html>
""")


def render_html(card: Card) -> str:
    """The page. Names are data in it: no markup in them has an effect."""
    sections = "\n".join(_html(section) for section in card.sections)
    return _PAGE.substitute(title=escape(card.title), summary=escape(card.summary), sections=sections)


def render_markdown(card: Card) -> str:
    """The same as text."""
    parts = [f"# {_plain(card.title)}", _plain(card.summary)]
    for section in card.sections:
        parts += [f"## {_plain(section.title)}", *map(_plain, section.text)]
        if section.points:
            parts.append("\n".join(f"- {_plain(point)}" for point in section.points))
        if section.table:
            parts.append("\n".join(_markdown_rows(section)))
    return "\n\n".join(parts) + "\n"


def _html(section: Section) -> str:
    text = "".join(f"<p>{escape(line)}</p>" for line in section.text)
    points = "".join(f"<li>{escape(point)}</li>" for point in section.points)
    table = ""
    if section.table:
        head, *rows = section.table
        cells = "".join(f"<th>{escape(cell)}</th>" for cell in head)
        body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
        table = f'<div class="wide"><table><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table></div>'
    listed = f"<ul>{points}</ul>" if points else ""
    return f"<section><h2>{escape(section.title)}</h2>{text}{listed}{table}</section>"


def _markdown_rows(section: Section) -> Iterator[str]:
    head, *rows = section.table
    yield f"| {' | '.join(map(_plain, head))} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(map(_plain, row))} |"


def _plain(text: str) -> str:
    """Text that Markdown reads as it is; names come from users."""
    return "".join(f"\\{letter}" if letter in "\\`*_[]<>|#" else letter for letter in text).replace("\n", " ")

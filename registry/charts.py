"""Bars of a chart, measured for an SVG that is drawn without any style of its own."""

from textwrap import wrap

WIDTH = 360
LINE, BAR, GAP = 17, 16, 10
# Characters of a label that fit above a bar, and what is kept free for the number beside it.
LETTERS, BESIDE = 44, 90


def bars(rows):
    """Return a chart of the rows of a table: its height, and each bar in its place.

    A label stands above its bar, on as many lines as it needs, so that none meets another.
    """
    greatest = max((row["bar"] for row in rows), default=0)
    y, drawn = 0, []
    for row in rows:
        value = row["bar"]
        lines = wrap(row["label"], LETTERS) or [""]
        top = y + LINE * len(lines) + 4
        width = round((WIDTH - BESIDE) * float(value) / float(greatest)) if greatest else 0
        drawn.append(
            {
                "lines": [(y + LINE * at, line) for at, line in enumerate(lines, 1)],
                "top": top,
                "width": max(width, 1 if value else 0),
                "height": BAR,
                "number_x": width + 6,
                "number_y": top + BAR - 3,
                "shown": row["shown"],
                "is_written": row.get("is_written", False),
            }
        )
        y = top + BAR + GAP
    return {"width": WIDTH, "height": y, "bars": drawn}

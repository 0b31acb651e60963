"""Plain drawn pictures for the models that are looked at first, stored like uploads.

No place and nobody is in them, and each says on its face that it is a sample.
"""

import io
import random

from django.core.files.base import ContentFile
from PIL import Image, ImageDraw, ImageFont

from registry.files import check_upload
from registry.models import Evidence, PracticeModel, Verdict
from reviews.models import PanelMember, Seminar

REPLICATED, BALLOTS = 3, 3
SIZE = WIDTH, HEIGHT = 960, 640
HORIZON = 300
SKIES = ("#cfe3ee", "#dbe8e4", "#f1e3cc")
GREENS = ("#7d9f5b", "#8aa864", "#6f9460")
FLOWERS = ("#c2452d", "#d9a514", "#b8558a", "#e07b39")
EARTH, ROAD, WALL, ROOF, DARK = "#b08d5b", "#c9c2b4", "#f3ead7", "#a8492f", "#4a4036"


def hang(committee, *, seed):
    """Give each of those models one to three pictures, sent by its unit."""
    rng = random.Random(f"pictures of {seed}")  # noqa: S311
    for model in _looked_at_first():
        by = committee.senders.get(model.organisation_id, committee.clerk)
        for number, (name, scene) in enumerate(rng.sample(SCENES, rng.randint(1, 3)), 1):
            upload = ContentFile(draw(scene, rng), name=f"anh-mau-{number}.png")
            caption = f"Ảnh mẫu: {name}"
            Evidence.store(check_upload(upload), by=by, model=model, caption=caption)


def _looked_at_first():
    """Return the first of the replicated ones that all may see, and those of the ballots that
    members of the open seminar find first.
    """
    sample = PracticeModel.objects.filter(organisation__is_sample=True)
    replicated = sample.running().filter(public=True, verdict=Verdict.REPLICATE)
    found = list(replicated.order_by("sort_key", "pk")[:REPLICATED])
    opened = PanelMember.objects.filter(
        seminar__is_sample=True, seminar__state=Seminar.State.OPEN, user__isnull=False
    )
    for member in opened.order_by("position"):
        ballots = member.ballots.filter(handed_in_at=None).select_related("item__model")
        found += [ballot.item.model for ballot in ballots.order_by("item__position")[:BALLOTS]]
    return list(dict.fromkeys(found))


def draw(scene, rng):
    """Return a picture of a scene, as a PNG of a few kilobytes."""
    picture = Image.new("RGB", SIZE, rng.choice(SKIES))
    canvas = ImageDraw.Draw(picture)
    _hills(canvas, rng)
    scene(canvas, rng)
    _say_sample(canvas)
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def _hills(canvas, rng):
    for colour in ("#a9bfae", "#93b08f"):
        peak, half = rng.randint(100, WIDTH - 100), rng.randint(300, 500)
        top = HORIZON - rng.randint(60, 130)
        canvas.ellipse((peak - half, top, peak + half, 2 * HORIZON - top + 200), fill=colour)
    canvas.rectangle((0, HORIZON, *SIZE), fill=rng.choice(GREENS))


def _road(canvas, rng):
    """A road that comes nearer, with flowers on both sides."""
    far = rng.randint(400, 560)
    canvas.polygon(
        [(far - 14, HORIZON), (far + 14, HORIZON), (760, HEIGHT), (200, HEIGHT)], fill=ROAD
    )
    for step in range(1, 12):
        near = (step / 11) ** 2
        y, size = HORIZON + (HEIGHT - HORIZON - 40) * near, 4 + 20 * near
        for edge in (200, 760):
            x = far + (edge - far) * near + (size + 6) * (1 if edge > far else -1)
            canvas.line((x, y, x, y + 2 * size), fill="#4f7a3e", width=3)
            canvas.ellipse((x - size, y - size, x + size, y + size), fill=rng.choice(FLOWERS))


def _field(canvas, rng):
    """Rows of a field up to the horizon, and a tree at its end."""
    meet = rng.randint(380, 580)
    for number in range(-12, 13):
        x = meet + number * 110
        canvas.polygon(
            [(meet + number * 12, HORIZON), (x - 22, HEIGHT), (x + 22, HEIGHT)],
            fill=EARTH if number % 2 else "#d8c26a",
        )
    x = rng.choice((140, 800))
    canvas.rectangle((x - 9, HORIZON - 70, x + 9, HORIZON + 20), fill=DARK)
    canvas.ellipse((x - 70, HORIZON - 170, x + 70, HORIZON - 40), fill="#5f8650")


def _house(canvas, rng):
    """A house with a yard, and pots of flowers before it."""
    x = rng.randint(240, 380)
    canvas.rectangle((x, 240, x + 360, 460), fill=WALL)
    canvas.polygon([(x - 40, 240), (x + 180, 130), (x + 400, 240)], fill=ROOF)
    canvas.rectangle((x + 150, 320, x + 215, 460), fill=DARK)
    for left in (x + 45, x + 265):
        canvas.rectangle((left, 310, left + 60, 370), fill="#8fb3c4", outline=DARK, width=4)
    canvas.polygon([(x, 460), (x + 360, 460), (760, HEIGHT), (120, HEIGHT)], fill=ROAD)
    for at in range(6):
        left = x + 6 + at * 62
        canvas.rectangle((left, 450, left + 30, 478), fill=EARTH)
        canvas.ellipse((left - 6, 418, left + 36, 456), fill=rng.choice(FLOWERS))


SCENES = (("con đường hoa", _road), ("cánh đồng", _field), ("ngôi nhà và khoảng sân", _house))


def _say_sample(canvas):
    """Write „ảnh mẫu“. The one font that Pillow brings has no such letters: it gives them
    without their marks, which are drawn above.
    """
    canvas.rectangle((24, HEIGHT - 112, 284, HEIGHT - 24), fill="#fffaf0")
    font, x, foot, top = ImageFont.load_default(52), 48, HEIGHT - 42, HEIGHT - 84
    canvas.text((x, foot), "anh mau", font=font, fill=DARK, anchor="ls")
    first = x + font.getlength("a") / 2
    canvas.arc((first - 6, top - 8, first + 6, top + 4), 180, 90, fill=DARK, width=4)
    second = x + font.getlength("anh m") + font.getlength("a") / 2
    hat = [(second - 12, top + 6), (second, top - 4), (second + 12, top + 6)]
    wave = [(second - 13, top - 11), (second - 5, top - 17), (second + 5, top - 11)]
    canvas.line(hat, fill=DARK, width=4)
    canvas.line([*wave, (second + 13, top - 17)], fill=DARK, width=4)

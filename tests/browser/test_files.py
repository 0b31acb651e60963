"""Choosing files: what cannot be taken is said before minutes go into sending it."""

import pytest

from tests import factories
from tests.browser.test_road import sign_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.look]


def test_each_chosen_file_is_named_with_what_is_wrong_with_it(new_context):
    factories.FieldFactory()
    unit = factories.UnitUserFactory()
    page = new_context().new_page()
    sign_in(page, unit)
    page.goto("/models/new/")

    page.set_input_files(
        "[name=photos]",
        [
            {"name": "hoa.jpg", "mimeType": "image/jpeg", "buffer": factories.a_jpeg()},
            {"name": "phim.avi", "mimeType": "video/avi", "buffer": b"RIFF"},
            {"name": "lon.jpg", "mimeType": "image/jpeg", "buffer": b"x" * 16_000_000},
        ],
    )

    lines = page.locator("[name=photos] + ul > li").all_inner_texts()
    assert [line.split(" – ")[0] for line in lines] == ["hoa.jpg", "phim.avi", "lon.jpg"]
    assert [line.count(" – ") for line in lines] == [1, 2, 2]

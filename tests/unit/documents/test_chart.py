"""Values over time: points where they belong, gaps that stay gaps, words of the language, the same in PDF and HTML."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from dothi.processing.documents import html, pdf
from dothi.processing.documents.blocks import Picture, Section
from dothi.processing.documents.chart import Level, Line, Moment, line_chart
from dothi.processing.documents.drawing import Drawing, Label, Shape

from .sample import HOSTILE, frame, texts

DAYS = [date(2024, month, 1) for month in (1, 4, 7, 10)]


def lines_of(drawing: Drawing, colour: str) -> list[Shape]:
    found = [item for item in drawing.items if isinstance(item, Shape)]
    return [shape for shape in found if shape.pen.stroke == colour and not shape.closed and shape.pen.width == 0.45]


def words(drawing: Drawing) -> list[str]:
    return [item.text for item in drawing.items if isinstance(item, Label)]


def test_points_stand_where_their_day_and_value_say():
    drawing = line_chart([Line("Đào", DAYS, [0.0, 10.0, 20.0, 40.0], colour="#0072b2")], "m³", "")
    ring = lines_of(drawing, "#0072b2")[0].rings[0]
    days = [(day - DAYS[0]).days for day in DAYS]
    assert np.allclose((ring[:, 0] - ring[0, 0]) / (ring[-1, 0] - ring[0, 0]), np.array(days) / days[-1])
    assert np.allclose((ring[:, 1] - ring[0, 1]) / (ring[-1, 1] - ring[0, 1]), [0, 0.25, 0.5, 1])
    for item in drawing.items:
        for points in item.rings if isinstance(item, Shape) else ():
            assert (points >= -0.01).all()
            assert (points <= (drawing.width + 0.01, drawing.height + 0.01)).all()


def test_a_gap_breaks_line_and_band():
    values = [1.0, 2.0, float("nan"), 3.0, 4.0]
    days = [date(2024, 1, day) for day in (1, 2, 3, 4, 5)]
    low, high = [v - 1 for v in values], [v + 1 for v in values]
    drawing = line_chart([Line("NDVI", days, values, low, high, "#0072b2")], "", "")
    assert [len(ring) for ring in lines_of(drawing, "#0072b2")[0].rings] == [2, 2]  # the second is the legend
    bands = [item for item in drawing.items if isinstance(item, Shape) and item.pen.opacity < 1]
    assert [len(band.rings[0]) for band in bands] == [4, 4]


def test_one_survey_alone_shows_its_interval_as_a_bar():
    drawing = line_chart([Line("Đào", DAYS[:1], [5.0], [4.0], [6.0], "#0072b2")], "m³", "")
    bars = [item for item in drawing.items if isinstance(item, Shape) and item.pen.width == 0.35]
    assert len(bars) == 3


@pytest.mark.parametrize(
    ("language", "shown"), [("vi", ["1.000.000", "01/2024", "07/2024"]), ("en", ["1,000,000", "2024-01", "2024-07"])]
)
def test_numbers_and_days_as_the_language_writes_them(language, shown):
    drawing = line_chart([Line("V", DAYS, [0, 4e5, 7e5, 1e6])], "m³", "", language=language, width=175)
    assert set(shown) <= set(words(drawing))


@pytest.mark.parametrize(
    ("first", "last", "shown"),
    [
        (date(2024, 1, 1), date(2024, 1, 3), "02/01/2024"),
        (date(2024, 1, 1), date(2024, 12, 31), "07/2024"),
        (date(1987, 5, 1), date(2026, 5, 1), "2005"),
        (date(2000, 1, 1), date(2100, 1, 1), "2050"),
    ],
)
def test_the_time_axis_keeps_room_between_its_words(first, last, shown):
    drawing = line_chart([Line("V", [first, last], [0, 1])], "", "")
    assert shown in words(drawing)
    under = [item for item in drawing.items if isinstance(item, Label) and item.y < 5]
    assert 2 <= len(under) <= 20


def test_nothing_measured_is_an_empty_frame_and_constants_are_shown():
    assert line_chart([Line("V", [], [])], "m", "").items
    assert line_chart([Line("V", DAYS, [float("nan")] * 4)], "m", "", levels=[Level("Cốt", 3.0)]).items
    assert lines_of(line_chart([Line("V", DAYS, [7.0] * 4, colour="#0072b2")], "m", ""), "#0072b2")


@pytest.mark.parametrize(
    "line", [Line("V", DAYS, [1.0]), Line("V", DAYS[::-1], [1.0] * 4), Line("V", DAYS, [1.0] * 4, [1.0])]
)
def test_rows_that_do_not_fit_together_are_refused(line):
    with pytest.raises(ValueError, match="V: "):
        line_chart([line], "m", "")


def test_both_papers_show_it_and_a_hostile_name_stays_a_name(tmp_path):
    made = line_chart(
        [Line("Khối lượng đào", DAYS, [0, 1e4, 3e4, 5e4], [0, 0.8e4, 2.6e4, 4.5e4], [0, 1.2e4, 3.4e4, 5.5e4]),
         Line(HOSTILE, DAYS, [0, 1e4, 2e4, 3e4], joined=False)],
        "m³", "Khối lượng theo thời gian",
        levels=[Level("Trữ lượng cấp phép", 6e4)], moments=[Moment("Cảnh báo", date(2024, 8, 1))], zero=True,
    )  # fmt: skip
    section = Section("Cân đối", (Picture(made, "Khối lượng đào lũy kế"),))
    assert pdf.write(tmp_path / "a.pdf", frame(), [section]) == 1
    told = texts(tmp_path / "a.pdf")[0]
    assert "Khối lượng đào" in told
    assert "Trữ lượng cấp phép" in told
    html.write(tmp_path / "a.html", frame(), [section])
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "Cảnh báo" in page
    assert "<script" not in page

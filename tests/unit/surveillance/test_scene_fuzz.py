"""A few thousand spoiled inputs for each kind of metadata: each is read or refused with a code, none crashes.

``make fuzz`` does the same with 100,000.
"""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dothi.layers.errors import DothiError
from dothi.layers.messages import has

from .metadata_fuzz import NASTY, WAYS, spoiled, targets

TARGETS = targets()
EXAMPLES = {"geotiff": 150, "zip": 200, "note": 100}
SPOILINGS = st.lists(
    st.tuples(
        st.floats(0, 1, exclude_max=True), st.integers(0, WAYS - 1), st.sampled_from(NASTY) | st.binary(max_size=20)
    ),
    min_size=1,
    max_size=6,
)


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.timeout(120)
def test_spoiled_metadata_is_read_or_refused(name, tmp_path):
    target = TARGETS[name]
    (tmp_path / "catalog.json").write_text('{"type": "Catalog", "links": []}')
    seen: Counter[str] = Counter()

    @settings(
        max_examples=EXAMPLES.get(name, 250), derandomize=True, deadline=None, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(SPOILINGS)
    def run(spoilings):
        refused: DothiError | None = None
        try:
            target.run(spoiled(target.seed, spoilings), tmp_path)
        except DothiError as error:
            refused = error
        seen[refused.code if refused else "read"] += 1
        assert refused is None or has(refused.code)

    run()
    assert seen["read"] > 0 or name == "stac_href"


@pytest.mark.parametrize("name", TARGETS)
def test_what_is_not_spoiled_is_read(name, tmp_path):
    (tmp_path / "catalog.json").write_text('{"type": "Catalog", "links": []}')
    TARGETS[name].run(TARGETS[name].seed, tmp_path)

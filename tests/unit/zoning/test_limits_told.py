"""How limits were found is written for many subjects as it is told of one."""

import json
from types import SimpleNamespace
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dothi.processing.zoning.rulebook import packs
from dothi.processing.zoning.rulebook.limits import Table, look_up
from dothi.processing.zoning.verdicts.limits_told import limits_told
from dothi.processing.zoning.verdicts.sentences import joined

TABLES = [rule for rule in packs.load()[0] if isinstance(rule.limit, Table) and len(rule.entries) == 1]
EDGES = [0.0, 90.0, 100.0, 3000.0, 19.0, 22.0, 28.0, 46.0, 1e6]  # on entries, between them, and beyond the ends


@given(st.sampled_from(TABLES), st.lists(st.floats(0, 10_000), min_size=1, max_size=20))
def test_what_is_told_of_many_is_what_is_told_of_each(rule, some):
    values = np.array([*EDGES, *some])
    inputs = {name: np.roll(values, number) for number, name in enumerate(rule.limit.by)}
    found = look_up(rule.limit, inputs, len(values))
    verdicts: Any = SimpleNamespace(rule=rule, entries=[rule], found=found)
    at = np.arange(len(values))[::2]
    told = joined(limits_told(verdicts, verdicts, at), len(at))
    assert [json.loads(one) for one in told] == [{"table": rule.source.table, **found.explain(i)} for i in at.tolist()]

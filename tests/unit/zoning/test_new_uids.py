"""Identifiers of findings are random ones of version 4, made many at once."""

from uuid import RFC_4122, UUID

from dothi.processing.zoning.verdicts.findings import new_uids


def test_identifiers_are_of_version_4_and_in_order() -> None:
    made = new_uids(1_000)
    assert made == sorted(set(made))
    assert all(str(UUID(one)) == one for one in made)
    assert {(UUID(one).version, UUID(one).variant) for one in made} == {(4, RFC_4122)}
    assert new_uids(0) == []

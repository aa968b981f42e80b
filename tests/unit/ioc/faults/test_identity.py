"""What a program does to a file without changing a feature, and a layer that is not where it was."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from dothi.layers.errors import InputError

from .conftest import edited, plan, publish, rebuilt, there, verify


def test_new_numbers_for_every_row_are_no_change(own, centre):
    centre.aim(own)
    everything = sum(publish(own).values())
    before = there(own)
    with edited(own) as database:
        for layer in ("parcel", "hydrant"):
            rebuilt(database, layer, "uid DESC")
            database.execute(f"UPDATE {layer} SET fid = 7000 - fid")
        assert database.execute("SELECT min(fid) FROM parcel").fetchone()[0] > 6000
    told = plan(own)
    assert (told["created"], told["updated"], told["unchanged"]) == (0, 0, everything)
    assert publish(own) == verify(own) == {"unchanged": everything}
    assert centre.held() == before == there(own)


@pytest.mark.parametrize(("layer", "how"), [("parcel", "renamed"), ("hydrant", "gone")])
def test_a_layer_that_is_not_there_is_not_a_deletion(own, centre, layer, how):
    centre.aim(own)
    everything = sum(publish(own).values())
    before = centre.held()
    with edited(own) as database:
        database.execute(f'DELETE FROM "{layer}" WHERE fid > 3')
    publish(own, allow_vanish=True)  # three are left: so few that single deletions would be believed
    left = there(own)
    with edited(own) as database:
        database.execute(
            f"UPDATE gpkg_contents SET table_name = 'lop_cu', identifier = 'x' WHERE table_name = '{layer}'"
        )
        if how == "gone":
            database.execute("DELETE FROM gpkg_contents WHERE table_name = 'lop_cu'")
    with pytest.raises(InputError) as error:
        publish(own)
    assert error.value.code == "ioc.layer_absent"
    assert error.value.arguments["count"] == 3
    assert centre.held() == left
    told = publish(own, allow_vanish=True)
    assert told["deleted"] == 3
    assert len(centre.held()) == len(left) - 3 < len(before)
    assert publish(own) == verify(own) == {"unchanged": len(left) - 3}
    assert everything == len(before)


def test_a_layer_that_is_emptied_asks(own, centre):
    """Also a small one, of which single features are believed to go."""
    with edited(own) as database:
        database.execute("DELETE FROM hydrant WHERE fid > 3")
    centre.aim(own)
    publish(own)
    before = centre.held()
    with edited(own) as database:
        database.execute("DELETE FROM hydrant")
    with pytest.raises(InputError) as error:
        publish(own)
    assert error.value.code == "ioc.many_vanish"
    assert centre.held() == before
    assert publish(own, allow_vanish=True)["deleted"] == 3
    assert centre.held() == {uid: name for uid, name in before.items() if not name.startswith("H-")}


@pytest.mark.parametrize("centre", ["rest"], indirect=True)
def test_a_gateway_that_has_no_word_for_a_layer_any_more_is_not_said_to_have_lost_it(own, centre, tmp_path):
    """What cannot be asked about cannot be deleted, and is never counted as deleted."""
    contract = Path(shutil.copytree(centre.more["contract"], tmp_path / "hợp đồng"))
    narrowed = replace(centre, more={"contract": str(contract)})
    narrowed.aim(own)
    publish(own)
    before = centre.held()
    text = (contract / "mapping.toml").read_text(encoding="utf-8")
    start, end = text.index("[layer.hydrant]"), text.index("# Plain objects in batches")
    (contract / "mapping.toml").write_text(text[:start] + text[end:], encoding="utf-8")
    for more, code in (({}, "ioc.layer_absent"), ({"allow_vanish": True}, "ioc.contract_lacks")):
        with pytest.raises(InputError) as error:
            publish(own, **more)
        assert error.value.code == code
        assert centre.held() == before
    (contract / "mapping.toml").write_text(text, encoding="utf-8")
    assert publish(own) == {"unchanged": len(before)}

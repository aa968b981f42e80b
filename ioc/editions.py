"""Whether a new edition of a folder may take the place of what is there: over our own alone, and never in silence where
much of it would be lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..layers.errors import InputError
from .plan import LayerPlan, require_few
from .state import State
from .targets.drop import Drop
from .targets.folder import Folder

_NOTE = "editions"


def is_ours(drop: Drop, state: State) -> bool:
    """Whether what the folder holds was published from this data set; true where it holds nothing."""
    known, there = state.note(_NOTE), drop.edition
    if known is None and state.layers():  # a state from before editions were remembered
        return True
    return not there or there in (known or ())


def require_ours(drop: Drop, state: State) -> None:
    """Raise :class:`InputError` (``ioc.folder_other``) where somebody else has published into the folder."""
    if not is_ours(drop, state):
        raise InputError("ioc.folder_other", folder=str(drop.folder))


def about_to(drop: Drop, state: State, edition: str) -> None:
    """Remember the new edition before it takes the place of the old one: a run may end between the two."""
    state.remember(**{_NOTE: [one for one in dict.fromkeys((drop.edition, edition)) if one]})


def require_few_lost(plans: Sequence[LayerPlan], made: Folder, held: Mapping[str, int]) -> None:
    """Raise :class:`InputError` where more than is believed without asking would be gone from the folder.

    Gone are features that vanished, and features that cannot leave as they are now. ``held`` (layer → features in the
    folder) is compared where nothing else is remembered.
    """
    for one in plans:
        faulty = made.faulty.get(one.layer, frozenset())
        gone = sum(uid in faulty for uid in (*one.updated, *one.unsure))
        require_few(one.layer, len(one.deleted) + gone, one.known)
    if any(one.known for one in plans):
        return
    for layer, count in held.items():
        if count and layer not in made.uids:
            raise InputError("ioc.layer_absent", layer=layer, count=count)
        require_few(layer, count - len(made.uids.get(layer, ())), count)

"""The same blocks on a cluster of two processes: the same bytes, also when one of them is killed in the middle."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from dothi.layers.errors import EnvironmentTroubleError
from dothi.processing.surveillance.change import blocks
from dothi.processing.surveillance.change.change_map import Settings, change_map

from .scenes import Told, write_pair

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.filterwarnings("ignore")  # Dask's own, at the death of a worker


@pytest.fixture(scope="module")
def local() -> Iterator[Any]:
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, worker_dashboard_address=None
    ) as cluster:
        yield cluster


class Kills(Told):
    """Kills one of the workers when scoring is half done."""

    def __init__(self, cluster: Any) -> None:
        super().__init__()
        self.cluster, self.killed = cluster, 0

    def progress(self, share: float, code: str = "", **arguments: Any) -> None:
        super().progress(share, code, **arguments)
        if code == "change.step_score" and share > 0.5 and not self.killed:
            worker = next(iter(self.cluster.workers.values()))
            self.killed = worker.pid
            os.kill(worker.pid, signal.SIGKILL)


def test_a_cluster_gives_the_same_bytes_and_a_killed_worker_changes_nothing(tmp_path, monkeypatch, local):
    monkeypatch.setattr(blocks, "BLOCK", 96)
    images = write_pair(tmp_path)
    change_map(*images, tmp_path / "here.tif", Settings(), Told())
    there = Settings(cluster=local.scheduler_address)
    told = Kills(local)
    change_map(*images, tmp_path / "there.tif", there, told)
    assert told.killed
    assert (tmp_path / "here.tif").read_bytes() == (tmp_path / "there.tif").read_bytes()


def test_a_cluster_nobody_runs_is_the_machines_trouble(tmp_path, monkeypatch):
    from dothi.processing.surveillance.change import cluster

    monkeypatch.setattr(cluster, "_PATIENCE", 1)
    with pytest.raises(EnvironmentTroubleError) as told:
        change_map(*write_pair(tmp_path), tmp_path / "o.tif", Settings(cluster="tcp://127.0.0.1:9"), Told())
    assert told.value.code == "change.cluster_unreachable"
    assert not (tmp_path / "o.tif").exists()

"""Catalogues of scenes: static in a folder and on a server, an API; what leads out of them; the newest clear scene."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import shapely
from requests.adapters import HTTPAdapter

from dothi.engine.contract import JOBS
from dothi.engine.jobs import scene as jobs
from dothi.layers.errors import DothiError, EnvironmentTroubleError, InputError
from dothi.processing.surveillance.scenes import catalogues, library, stac, web
from dothi.processing.surveillance.scenes.catalogues import Catalogue, Query
from dothi.processing.surveillance.scenes.common_grid import footprint
from dothi.processing.surveillance.scenes.reading import open_scene
from dothi.store import dataset

from .moody_server import serving
from .scenes import Told, landsat, safe

DAYS = ("2026-02-01", "2026-02-11", "2026-02-21")


def item(folder: Path, name: str, product: Path, day: str, cloud: float, **extra: Any) -> dict[str, Any]:
    """An item beside its product, with relative addresses, sizes and checksums."""
    files = sorted(path for path in product.rglob("*") if path.is_file()) if product.is_dir() else [product]
    outline = footprint(open_scene(product).grid)
    assets = {
        f"{number}": {
            "href": "./" + path.relative_to(folder).as_posix(),
            "roles": ["data"],
            "file:size": path.stat().st_size,
            "file:checksum": "1220" + hashlib.sha256(path.read_bytes()).hexdigest(),
        }
        for number, path in enumerate(files)
    }
    made = {
        "type": "Feature",
        "stac_version": "1.0.0",
        "stac_extensions": [],
        "id": name,
        "collection": "sentinel-2-l2a",
        "geometry": shapely.geometry.mapping(outline),
        "bbox": list(outline.bounds),
        "properties": {"datetime": f"{day}T03:15:41Z", "eo:cloud_cover": cloud},
        "links": [],
        "assets": assets,
    } | extra
    read: dict[str, Any] = json.loads(json.dumps(made))
    return read


@pytest.fixture
def root(tmp_path) -> Path:
    """A static catalogue of three Sentinel-2 dates; the newest has a cloud over the north, the second says 90 %."""
    place = tmp_path / "srv" / "cat"
    for day, cloudy in zip(DAYS, (False, False, True), strict=True):
        folder = place / day
        product = safe(folder, cloud=cloudy)
        metadata = product / "MTD_MSIL2A.xml"
        uri = f"S2A_MSIL2A_{day.replace('-', '')}T031541_N0511_R118_T49PAM_20260301T000000.SAFE"
        text = metadata.read_text().replace("2026-02-21T", f"{day}T")
        metadata.write_text(text.replace("<Product_Info>", f"<Product_Info><PRODUCT_URI>{uri}</PRODUCT_URI>"))
        told = item(folder, f"S2A_{day}", product, day, {"2026-02-11": 90.0}.get(day, 5.0))
        (folder / "item.json").write_text(json.dumps(told))
    links = [{"rel": "item", "href": f"./{day}/item.json"} for day in DAYS]
    (place / "collection.json").write_text(json.dumps({"type": "Collection", "links": links}))
    top = [{"rel": "child", "href": "./collection.json"}, {"rel": "self", "href": "https://elsewhere.example/c.json"}]
    (place / "catalog.json").write_text(json.dumps({"type": "Catalog", "id": "c", "links": top}))
    return place


def area(root: Path) -> shapely.Polygon:
    return shapely.box(*footprint(open_scene(next((root / DAYS[2]).glob("*.SAFE"))).grid).bounds)


def found(place: str | Path, told: Told | None = None, **query: Any) -> list[str]:
    with Catalogue(str(place), asset_hosts=query.pop("asset_hosts", ())) as catalogue:
        return [one.id for one in catalogue.search(Query(**query), told or Told())]


def ran(job: str, **values: Any) -> dict[str, Any]:
    given = {name: str(value) if isinstance(value, Path) else value for name, value in values.items()}
    result = getattr(jobs, job)(JOBS[f"scene.{job}"].read(given), Told())
    json.dumps(result, allow_nan=False)
    return result


# ---- searching


def test_a_static_catalogue_is_searched_by_area_days_and_cloud(root):
    assert found(root) == [f"S2A_{day}" for day in reversed(DAYS)]
    assert found(root / "catalog.json", max_cloud=50.0) == ["S2A_2026-02-21", "S2A_2026-02-01"]
    assert found(root, first=date(2026, 2, 11), last=date(2026, 2, 11)) == ["S2A_2026-02-11"]
    assert found(root, area=shapely.box(0, 0, 1, 1)) == []
    assert len(found(root, area=area(root), collections=("sentinel-2-l2a",))) == 3
    assert found(root, collections=("other",)) == []
    with serving(root.parent) as (address, moods):
        assert len(found(f"{address}/cat/catalog.json")) == 3
        assert moods.count == 5


def test_links_in_a_circle_end(root):
    collection = json.loads((root / "collection.json").read_text())
    collection["links"] += [{"rel": "child", "href": "catalog.json"}, {"rel": "child", "href": "./collection.json"}]
    (root / "collection.json").write_text(json.dumps(collection))
    assert len(found(root)) == 3


def test_a_catalogue_without_end_is_ended(root, monkeypatch):
    monkeypatch.setattr(catalogues, "_MOST_DOCUMENTS", 3)
    with pytest.raises(InputError, match=r"scene\.catalogue_wrong"):
        found(root)


@pytest.mark.parametrize(
    "href",
    [
        "../../secret.json",
        "/etc/passwd",
        "file:///etc/passwd",
        "https://other.example/c.json",
        "../cat2/c.json",
        "a\0b",
    ],
)
def test_a_link_out_of_a_static_catalogue_is_refused(root, href):
    (root.parent / "cat2").mkdir()
    for name in (root.parent / "secret.json", root.parent / "cat2" / "c.json"):
        name.write_text('{"type": "Catalog", "links": []}')
    catalogue = {"type": "Catalog", "links": [{"rel": "child", "href": href}]}
    (root / "catalog.json").write_text(json.dumps(catalogue))
    with pytest.raises(InputError) as told:
        found(root)
    assert told.value.code in ("scene.href_refused", "scene.address_wrong", "engine.file_missing")
    with serving(root.parent) as (address, _), pytest.raises(InputError) as told:
        found(f"{address}/cat/catalog.json")
    assert told.value.code in ("scene.href_refused", "scene.address_wrong", "scene.answer_wrong", "scene.host_refused")


def test_a_symbolic_link_out_of_a_static_catalogue_is_refused(root, tmp_path):
    (tmp_path / "secret.json").write_text('{"type": "Catalog", "links": []}')
    (root / "inner.json").symlink_to(tmp_path / "secret.json")
    (root / "catalog.json").write_text('{"type": "Catalog", "links": [{"rel": "child", "href": "inner.json"}]}')
    with pytest.raises(InputError, match=r"scene\.href_refused"):
        found(root)


def test_a_damaged_item_is_told_and_the_others_are_found(root):
    broken = json.loads((root / DAYS[0] / "item.json").read_text()) | {"geometry": {"type": "Polygon"}}
    (root / DAYS[0] / "item.json").write_text(json.dumps(broken))
    told = Told()
    assert len(found(root, told)) == 2
    assert told.codes == ["scene.item_damaged"]


@pytest.mark.parametrize("text", ["", "[", "[]", "null", "[" * 100_000, '{"type": "Catalog", "links": 5}'])
def test_a_damaged_catalogue_is_refused_or_empty(tmp_path, text):
    (tmp_path / "catalog.json").write_text(text)
    try:
        assert found(tmp_path) == []
    except InputError as error:
        assert error.code == "scene.catalogue_wrong"  # noqa: PT017 - either answer is right


def test_what_is_no_catalogue(tmp_path):
    for place in (tmp_path, tmp_path / "none.json", "ftp://host/c.json", "file:///etc/passwd"):
        with pytest.raises(InputError):
            found(place)


def test_a_document_larger_than_any_is_not_read(root, monkeypatch):
    for module in (catalogues, web):
        monkeypatch.setattr(module, "MOST_JSON", 100)
    with pytest.raises(InputError, match=r"scene\.answer_too_large"):
        found(root)
    with serving(root.parent) as (address, _), pytest.raises(InputError, match=r"scene\.answer_too_large"):
        found(f"{address}/cat/catalog.json")


# ---- an API


def api(address: str, items: list[dict[str, Any]], moods: Any, **extra: Any) -> None:
    """Answers of a STAC API with pages of one item; the second page's link is a POST with a body."""
    conforms = ["https://api.stacspec.org/v1.0.0/core", "https://api.stacspec.org/v1.0.0/item-search",
                "https://api.stacspec.org/v1.0.0/item-search#query"]  # fmt: skip
    links = [{"rel": "search", "href": f"{address}/api/search", "type": "application/geo+json", "method": "POST"},
             {"rel": "self", "href": f"{address}/api/"}]  # fmt: skip
    landing = {"type": "Catalog", "id": "api", "stac_version": "1.0.0", "description": "x", "links": links,
               "conformsTo": conforms}  # fmt: skip
    moods.bodies["/api/"] = json.dumps(landing).encode()
    for number, one in enumerate(items):
        path = "/api/search" if number == 0 else f"/api/search/{number}"
        following = extra.get("next", f"{address}/api/search/{number + 1}")
        page = {"type": "FeatureCollection", "features": [one], "links": []}
        if number + 1 < len(items):
            page["links"] = [{"rel": "next", "href": following, "method": "POST", "body": {"token": number}}]
        moods.bodies[path] = json.dumps(page).encode()


@pytest.fixture
def served(root):
    with serving(root.parent) as (address, moods):
        items = []
        for day in DAYS:
            told = json.loads((root / day / "item.json").read_text())
            told["links"] = [{"rel": "self", "href": f"{address}/cat/{day}/item.json"}]
            items.append(told)
        api(address, items, moods)
        yield address, moods, items


def test_an_api_is_asked_page_by_page_and_its_answers_are_looked_at_again(served, root):
    address, moods, _items = served
    days: dict[str, Any] = {"first": date(2026, 2, 5), "last": date(2026, 2, 28)}
    assert found(f"{address}/api/", area=area(root), max_cloud=50.0, **days) == ["S2A_2026-02-21"]
    sent = json.loads(moods.posted[0])
    assert sent["datetime"].startswith("2026-02-05T00:00:00Z/2026-02-28T23:59:59")
    assert sent["query"] == {"eo:cloud_cover": {"lte": 50.0}}
    assert sent["intersects"]["type"] == "Polygon"
    assert len(moods.posted) == 3


@pytest.mark.parametrize("following", ["https://other.example/search", "file:///etc/passwd", "http://127.0.0.1:1/x"])
def test_an_api_that_sends_us_elsewhere_is_refused(served, following):
    address, moods, items = served
    api(address, items, moods, next=following)
    with pytest.raises(DothiError) as told:
        found(f"{address}/api/")
    assert told.value.code in ("scene.host_refused", "scene.address_wrong", "scene.href_refused")


@pytest.mark.parametrize(
    "answer", [b"", b"[]", b"null", b"{", b'{"features": [null, 5, {"type": "Feature"}]}', b'{"features": 7}']
)
def test_an_api_that_answers_nonsense(served, answer):
    address, moods, _ = served
    moods.bodies["/api/search"] = answer
    try:
        assert found(f"{address}/api/") == []
    except DothiError as error:
        assert error.code == "scene.catalogue_wrong"  # noqa: PT017 - either answer is right


def test_a_host_that_is_not_there():
    with Catalogue("http://127.0.0.1:9/api") as catalogue:
        catalogue.session.mount("http://", HTTPAdapter(max_retries=0))
        with pytest.raises(EnvironmentTroubleError) as told:
            catalogue.search(Query())
    assert told.value.code == "scene.network"


# ---- fetching


@pytest.fixture
def data(tmp_path) -> Path:
    return dataset.create(tmp_path / "tỉnh.gpkg", ("concession",), "EPSG:9218", profile="binh_thuan")


def test_a_product_is_fetched_checked_and_added(served, data):
    address, moods, _ = served
    made = ran("fetch", data=data, catalogue=f"{address}/api/", item="S2A_2026-02-21")
    assert made["added"] == ["S2A_20260221T031541_T49PAM"]
    product = Path(made["products"][0])
    assert product.parent == dataset.beside(data) / "products"
    note = json.loads((product / "dothi-fetched.json").read_text())
    assert all(one["checked"] for one in note["came"].values())
    before = moods.count
    assert ran("fetch", data=data, catalogue=f"{address}/api/", item="S2A_2026-02-21")["unchanged"]
    assert not any(path.endswith(".jp2") for _, path, _ in moods.asked[before:])
    with pytest.raises(InputError, match=r"scene\.item_missing"):
        ran("fetch", data=data, catalogue=f"{address}/api/", item="none")


def test_a_fetch_that_breaks_off_leaves_no_product_and_goes_on(served, data, monkeypatch):
    address, moods, _ = served
    real = web.Guarded.get

    def breaking(self, url, **options):
        if "B04" in url:
            raise KeyboardInterrupt
        return real(self, url, **options)

    with monkeypatch.context() as patch:
        patch.setattr(web.Guarded, "get", breaking)
        with pytest.raises(KeyboardInterrupt):
            ran("fetch", data=data, catalogue=f"{address}/api/", item="S2A_2026-02-21")
    folder = dataset.beside(data) / "products"
    assert [path.name for path in folder.iterdir()] == [".fetch-S2A_2026-02-21.SAFE"]
    before = moods.count
    assert ran("fetch", data=data, catalogue=f"{address}/api/", item="S2A_2026-02-21")["added"]
    assert not any("B02" in path for _, path, _ in moods.asked[before:])


def test_a_static_catalogue_on_this_machine_stays_where_it_is(root, data):
    made = ran("fetch", data=data, catalogue=root, item="S2A_2026-02-01")
    assert Path(made["products"][0]).is_relative_to(root)
    assert not (dataset.beside(data) / "products").exists()


def test_files_of_another_host_come_only_from_a_listed_one(served, root, data):
    address, moods, items = served
    with serving(root.parent) as (other, _):
        for asset in items[2]["assets"].values():
            asset["href"] = f"{other}/cat/{DAYS[2]}/" + asset["href"][2:]
        api(address, items, moods)
        with pytest.raises(InputError) as told:
            ran("fetch", data=data, catalogue=f"{address}/api/", item="S2A_2026-02-21")
        assert told.value.code == "scene.item_unknown"  # none of its files may be had
        hosts = other.removeprefix("http://")
        assert ran("fetch", data=data, catalogue=f"{address}/api/", item="S2A_2026-02-21", asset_hosts=hosts)["added"]


def test_a_wrong_checksum_adds_nothing(served, data):
    address, moods, items = served
    for asset in items[2]["assets"].values():
        asset["file:checksum"] = "1220" + "0" * 64
    api(address, items, moods)
    with pytest.raises(InputError, match=r"scene\.checksum_wrong"):
        ran("fetch", data=data, catalogue=f"{address}/api/", item="S2A_2026-02-21")
    assert library.scenes_of(data) == []


def test_the_newest_clear_scene_over_the_area_is_brought(served, root, data):
    address, _moods, _ = served
    outline = footprint(open_scene(next((root / DAYS[2]).glob("*.SAFE"))).grid)
    west, south, east, north = outline.bounds
    # the cloud of the newest lies over rows and columns 20 to 27 of 60: over this corner it is thick
    x, y = west + (east - west) * 24 / 60, north - (north - south) * 24 / 60
    box = ",".join(str(v) for v in (x - 0.0002, y - 0.0002, x + 0.0002, y + 0.0002))
    made = ran("newest", data=data, catalogue=f"{address}/api/", bbox=box)
    assert made["scene"] == "S2A_20260201T031541_T49PAM"  # the second says 90 % of its tile
    assert [one["cloud_pct"] > 50 for one in made["tried"]] == [True, False]
    with rasterio.open(made["cached"]) as copy:
        assert np.all(copy.read(copy.count) == 1)
    with pytest.raises(InputError, match=r"scene\.none_clear"):
        ran("newest", data=data, catalogue=f"{address}/api/", bbox=box, tries=1)
    with pytest.raises(InputError, match=r"scene\.none_clear"):
        ran("newest", data=data, catalogue=f"{address}/api/", **{"from": "2027-01-01"})


def test_search_tells_what_there_is(served, root):
    address, _moods, _ = served
    made = ran("search", catalogue=f"{address}/api/", most=10)
    assert made["count"] == 3
    assert made["items"][0]["acquired_on"] == "2026-02-21"


# ---- which files make a scene


def names_of(told: dict[str, Any], **options: Any) -> list[str]:
    one = stac.read_item(told, "https://host.example/x/item.json", lambda base, href: f"https://host.example/x/{href}")
    return sorted(stac.files_of(one, **options))


def test_a_landsat_item_brings_its_metadata_and_mask(tmp_path):
    product = landsat(tmp_path / "a")
    told = item(product.parent, "LC08", product, "2026-02-20", 1.0)
    assert names_of(told) == ["X_MTL.txt", "X_QA_PIXEL.TIF", "X_SR_B2.TIF", "X_SR_B3.TIF", "X_SR_B4.TIF", "X_SR_B5.TIF"]
    assert names_of(told, bands=("SR_B4",)) == ["X_MTL.txt", "X_QA_PIXEL.TIF", "X_SR_B4.TIF"]


def test_single_cogs_of_sentinel_2_and_bad_names_are_refused(tmp_path):
    product = safe(tmp_path / "a")
    told = item(product.parent, "S2", product, "2026-02-20", 1.0)
    told["assets"] = {name: {"href": f"{name}.tif"} for name in ("B02", "B03", "B04")}
    with pytest.raises(InputError, match=r"scene\.item_unknown"):
        names_of(told)
    told["assets"] = {"one": {"href": "a.zip"}}
    assert names_of(told) == ["a.zip"]
    told["assets"] = {"one": {"href": ".hidden.tif"}}
    with pytest.raises(InputError, match=r"scene\.path_refused"):
        names_of(told)
    told["assets"] = {"m": {"href": "MTD_MSIL2A.xml"}, "i": {"href": "%2e%2e/%2e%2e/etc/T_B02_10m.jp2"}}
    with pytest.raises(InputError, match=r"scene\.(path_refused|asset_missing)"):
        names_of(told, bands=("B02",))

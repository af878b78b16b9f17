"""Labels of a cloud behind the port of access points: data instead of pictures, and passwords from a file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from edge.devices.cloud_labels import DataRenderer, label_cloud
from edge.labels.content import RenderedLabel, ShelfItem
from edge.settings import LabelCloudSettings, SettingsRefused
from protocols.clock import FakeClock
from protocols.labels.article import BLANK, DATA_HARDWARE_TYPE, article_hash, read_article

TEA = ShelfItem("tea", "Tea", 250, 3, "EUR", 2, name_zh="茶", gtin="04006381333931")


class Panels:
    """A renderer that says which panel it drew for."""

    def render(self, item: ShelfItem | None, label_id: str, hardware_type: int) -> RenderedLabel:
        return RenderedLabel(f"{item and item.item_id} {label_id} {hardware_type}".encode(), "panel")


def test_data_for_a_cloud_and_pictures_for_panels() -> None:
    renderer = DataRenderer(Panels())
    assert renderer.render(TEA, "L", 1) == RenderedLabel(b"tea L 1", "panel")
    data = renderer.render(TEA, "L", DATA_HARDWARE_TYPE)
    assert data.image_hash == article_hash(data.picture)
    article = read_article(data.picture)
    assert (article.name, article.name_zh, article.price_minor, article.gtin) == ("Tea", "茶", 250, "04006381333931")
    assert read_article(renderer.render(None, "L", DATA_HARDWARE_TYPE).picture) == BLANK


def test_the_name_of_the_data_changes_with_what_it_says_and_not_with_the_revision() -> None:
    renderer = DataRenderer(Panels())

    def name(item: ShelfItem) -> str:
        return renderer.render(item, "L", DATA_HARDWARE_TYPE).image_hash

    assert name(TEA) == name(replace(TEA, price_revision=9))
    assert name(TEA) != name(replace(TEA, price_minor=251))


def test_the_password_comes_from_a_file_and_travels_sealed(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("secret\n")
    settings = LabelCloudSettings(
        id="cloud", url="https://labels.example", company="c", store="s", username="u", password_file=file
    )
    assert label_cloud(settings, FakeClock()).device_id == "cloud"
    with pytest.raises(SettingsRefused, match="https"):
        label_cloud(LabelCloudSettings(**{**_fields(settings), "url": "http://labels.example"}), FakeClock())
    with pytest.raises(SettingsRefused, match="cloud"):
        label_cloud(LabelCloudSettings(**{**_fields(settings), "password_file": tmp_path / "gone"}), FakeClock())


def _fields(settings: LabelCloudSettings) -> dict[str, object]:
    return {name: getattr(settings, name) for name in settings.__struct_fields__}

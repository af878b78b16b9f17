"""Scenario and store files: what is written comes back, and what is wrong is named with line, column and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulators.scenario.reading import parse_scenario, read_scenario, write_scenario
from simulators.scenario.steps import duration_ms
from simulators.store_file import load_store
from simulators.yaml_source import YamlRefused

HEAD = "scenario: x\nsteps:\n"
BAD_SCENARIOS = [
    ("", "1:1: is empty."),
    ("- a", "1:1: begin with keys, `key: value`."),
    ("a: [", "2:1: is not valid YAML: did not find expected node content."),
    ("scenario: x", "1:1: the key 'steps' is missing."),
    ("scenario: x\nsteps: []", "2:1: there are no steps. Write at least one."),
    ("scenario: x\nsepts: []\nsteps: [{heal: all}]", "2:1: unknown key 'septs'. Did you mean 'steps'?"),
    (HEAD + "  - {about: nothing}", None),
    (HEAD + "  - heal: all\n    wait: 1 s", None),
    (HEAD + "  - wait: soon", "3:5: 'soon' is no time. Write 500 ms, 2.5 s, 10 min, 1 h, 8:30 or 0:01:30."),
    (HEAD + "  - heal: some", "3:5: 'some' cannot be healed. Write heal: all, or a fault with value: off."),
    (HEAD + "  - scan: {code: 1}", "3:5: give either scanner (a device) or till (a code typed there)."),
    (HEAD + "  - scan: {cod: 1, till: 1}", "3:12: unknown key 'cod'. Did you mean 'code'?"),
    (HEAD + "  - weigh: {scale: s, grams: heavy}", "3:23: wrong value for 'grams': expected `int`, got `str`."),
    (HEAD + "  - fault: {fault: silent}", "3:5: give either device or line (the line before a device)."),
    (HEAD + "  - walk: {reader: r}", "3:5: name tags: epcs, or gtin with serials."),
    (HEAD + "  - wait: 1 s\n    times: 3", "4:5: say how far apart: every: 2 s."),
    (HEAD + "  - wait: 1 s\n    times: 0", "4:5: 0 is no count: 1 to 100000."),
    (
        HEAD + "  - {at: 0:02, heal: all}\n  - {at: 0:01, heal: all}",
        "4:6: 0:01 is before the step above it. Steps stand in order of time.",
    ),
    (HEAD + "  - expect: {is: 1}", "3:5: expect something of exactly one of till, device, printer, terminal, get."),
    (HEAD + "  - expect: {till: 1}", "3:5: say what is expected: is, is_not, contains, lacks, at_least or at_most."),
    (
        HEAD + "  - expect: {till: 1, path: a..b, is: 1}",
        "3:23: 'a..b' is no path. Write lines[0].name, devices[id=a].state, lines.length.",
    ),
    (HEAD + "  - scan: {till: 1, code: \"${milk}\"}", "3:21: there is no value 'milk'. Known: none; write them under let:."),
    (HEAD + "  - heal: all\n    heal: all", "4:5: the key 'heal' is there twice. Keep one."),
    (
        "scenario: x\nrest: never\nsteps: [{heal: all}]",
        "2:1: 'never' is no time. Write 500 ms, 2.5 s, 10 min, 1 h, 8:30 or 0:01:30.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "complaint"), BAD_SCENARIOS, ids=range(len(BAD_SCENARIOS)))
def test_a_bad_scenario_is_refused_in_exact_words(text: str, complaint: str | None) -> None:
    with pytest.raises(YamlRefused) as refused:
        parse_scenario("a.yaml", text)
    words = str(refused.value)
    if complaint is None:
        assert words.startswith("a.yaml:3:5: the step has ")
        assert "Give exactly one of scan, weigh" in words
    else:
        assert words == f"a.yaml:{complaint}"


BAD_STORES = [
    ("scales: [{id: a, kin: x}]", "1:18: unknown key 'kin'. Did you mean 'kind'?"),
    ("scales: [{id: a, kind: x}]", "1:18: 'x' is no scale protocol. Known: "),
    ("scales: [{id: a}, {id: a}]", "1:20: the id 'a' is used twice."),
    ("tills: [{id: 1, scale: q}]", "1:17: till '1': there is no scale 'q'."),
    ("scales:\n  - {id: a, tcp_port: 70000}", "2:13: 70000 is no port."),
    ("seed: x", "1:1: wrong value for 'seed': expected `int`, got `str`."),
    ("readers: [{id: r, antennas: 1}]", "1:19: 2 to 16 antennas."),
]


@pytest.mark.parametrize(("text", "complaint"), BAD_STORES, ids=range(len(BAD_STORES)))
def test_a_bad_store_is_refused_in_exact_words(text: str, complaint: str, tmp_path: Path) -> None:
    path = tmp_path / "store.yaml"
    path.write_text(text)
    with pytest.raises(YamlRefused) as refused:
        load_store(path, tmp_path)
    assert str(refused.value).startswith(f"{path}:{complaint}")


def test_a_store_gets_ports_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "store.yaml"
    path.write_text(
        "bad_lines: true\nscales: [{id: a}, {id: b}]\nprinters: [{id: p}, {id: q}]\nreaders: [{id: r, port: 5084}]\n"
    )
    settings = load_store(path, tmp_path)
    ports = [settings.port, *(each.port for each in settings.printers), *(each.proxy_port for each in settings.printers)]
    assert len(set(ports)) == 5
    assert settings.readers[0].port == 5084
    assert [each.port for each in settings.scales] == [tmp_path / "run" / "a", tmp_path / "run" / "b"]
    assert settings.scales[0].place() == str(tmp_path / "run" / "a-line")


def test_digits_and_words_stay_what_is_written() -> None:
    text = (
        "scenario: x\nlet: {milk: 0400}\nsteps:\n"
        '  - scan: {till: 01, code: "${milk}"}\n'
        "  - fault: {device: no, fault: silent, value: on}\n  - {at: 8:30, heal: all}\n"
    )
    scenario = parse_scenario("a.yaml", text)
    assert scenario.steps[0].scan is not None
    assert (scenario.steps[0].scan.code, scenario.steps[0].scan.till) == ("0400", "01")
    assert scenario.steps[1].fault is not None
    assert (scenario.steps[1].fault.device, scenario.steps[1].fault.value) == ("no", "on")
    assert parse_scenario("again", write_scenario(scenario)) == scenario


def test_files_include_files_and_not_themselves(tmp_path: Path) -> None:
    (tmp_path / "inner.yaml").write_text('scenario: inner\nsteps: [{wait: "${long}"}]\n')
    (tmp_path / "outer.yaml").write_text("scenario: outer\nlet: {long: 3 s}\nsteps: [{heal: all}, {include: inner.yaml}]\n")
    assert [step.wait for step in read_scenario(tmp_path / "outer.yaml").steps] == [None, "3 s"]
    (tmp_path / "own.yaml").write_text("scenario: own\nsteps: [{include: own.yaml}]\n")
    with pytest.raises(YamlRefused, match="Does one include itself"):
        read_scenario(tmp_path / "own.yaml")
    with pytest.raises(YamlRefused, match=r"none.yaml:1:1: cannot be read: No such file"):
        read_scenario(tmp_path / "none.yaml")


def test_an_alias_bomb_is_refused() -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    for name, before in zip("bcdefg", "abcdef", strict=True):
        lines.append(f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]")
    with pytest.raises(YamlRefused, match="more than 200000 values"):
        parse_scenario("bomb.yaml", "\n".join(lines))


@pytest.mark.parametrize(
    ("text", "ms"), [("500 ms", 500), ("2.5 s", 2_500), ("10min", 600_000), ("8:30", 30_600_000), ("0:01:30.25", 90_250)]
)
def test_times(text: str, ms: int) -> None:
    assert duration_ms(text) == ms

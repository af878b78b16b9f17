"""Why a store needs somebody, in words: short sentences with their tone, the worst first. Pure."""

from __future__ import annotations

from cloud.console import formats
from cloud.console.glance_answers import GlanceRow
from cloud.locale.catalogue import Words

OLD_FACT_MS = 5 * 60_000
"""A fact that waits longer than this is worth a look."""
CERTIFICATE_SOON_MS = 30 * 86_400_000
CLOCK_OFF_MS = 120_000
Why = tuple[str, str]
"""(sentence, tone: good, warn, bad, plain)."""


def reasons(row: GlanceRow, words: Words, now_ms: int) -> list[Why]:
    """Everything that is wrong with a store, the worst first; one good or plain word when nothing is."""
    found = [*_connection(row, words, now_ms), *_alarms(row, words), *_things(row, words), *_small(row, words, now_ms)]
    if found:
        return found
    return [(words.say("all is well"), "good")] if row.heard_at_ms else [(words.say("never seen"), "plain")]


def _connection(row: GlanceRow, words: Words, now_ms: int) -> list[Why]:
    say = words.say
    found: list[Why] = []
    if row.clone_suspected:
        found.append((say("two boxes claim to be this store"), "bad"))
    if row.offline_since_ms is not None:
        age = formats.age(now_ms - row.offline_since_ms, words)
        found.append((say("silent for {age}", age=age) if row.silent else say("offline for {age}", age=age), "bad"))
    if row.certificate_expires_ms is not None and row.certificate_expires_ms <= now_ms:
        found.append((say("its certificate has ended"), "bad"))
    return found


def _alarms(row: GlanceRow, words: Words) -> list[Why]:
    names = [words.name("alarm", code) for code in (*row.alarms, *row.box_alarms)]
    return [(name, "bad") for name in dict.fromkeys(names)]


def _things(row: GlanceRow, words: Words) -> list[Why]:
    """Facts that wait, devices, labels."""
    say = words.say
    found: list[Why] = []
    if (row.oldest_waiting_ms or 0) >= OLD_FACT_MS:
        found.append((say("facts wait for {age}", age=formats.age(row.oldest_waiting_ms, words)), "warn"))
    if row.devices_down:
        found.append((_devices(words.say_many("{n} device down", "{n} devices down", row.devices_down), row, words), "bad"))
    if row.labels_unshown:
        text = words.say_many("{n} label does not show its price", "{n} labels do not show their price", row.labels_unshown)
        found.append((text, "warn"))
    if row.devices_degraded:
        text = words.say_many("{n} device needs attention", "{n} devices need attention", row.devices_degraded)
        found.append((text if row.devices_down else _devices(text, row, words), "warn"))
    return found


def _devices(text: str, row: GlanceRow, words: Words) -> str:
    names = ", ".join(row.device_names[:3])
    more = row.devices_down + row.devices_degraded > len(row.device_names[:3])
    return words.say("{what}: {names}", what=text, names=names + (" …" if more else ""))


def _small(row: GlanceRow, words: Words, now_ms: int) -> list[Why]:
    say = words.say
    found: list[Why] = []
    if row.heard_at_ms and (row.clock == "unsynced" or abs(row.clock_ahead_ms or 0) > CLOCK_OFF_MS):
        found.append((say("its clock is wrong"), "warn"))
    ends_ms = row.certificate_expires_ms
    if ends_ms is not None and now_ms < ends_ms <= now_ms + CERTIFICATE_SOON_MS:
        found.append((say("its certificate ends in {age}", age=formats.age(ends_ms - now_ms, words)), "warn"))
    if row.heard_at_ms and row.feeds_behind:
        if row.feeds_failed:
            found.append((say("news from headquarters cannot be applied"), "warn"))
        else:
            text = words.say_many("{n} version behind", "{n} versions behind", row.feeds_behind)
            found.append((text, "warn"))
    return found

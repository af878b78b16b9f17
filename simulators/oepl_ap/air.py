"""What passes between labels and radio: check-ins, blocks, "transfer complete", time-outs."""

from __future__ import annotations

from protocols.esl.image import NO_IMAGE_HASH
from protocols.esl.oepl_events import (
    BlockRequested,
    ErrorNews,
    LogNews,
    Upload,
    block_text,
    complete_text,
    timeout_text,
)
from protocols.esl.oepl_leds import PatternRefused, read_pattern
from protocols.esl.oepl_records import (
    HAS_LED,
    NEVER_SECONDS,
    WAKEUP_FIRST_BOOT,
    WAKEUP_NETWORK_SCAN,
    WAKEUP_UNUSUAL_FROM,
    TagRecord,
)
from simulators.oepl_ap.desk import Desk
from simulators.oepl_ap.records import Known, Queued
from simulators.oepl_ap.state import ApState, Block, CheckIn, Drawn
from simulators.oepl_ap.tag import Tag, blank

MORE_IN_QUEUE_MS = 5_000
BLOCK_BYTES = 4_096
LOCK_CLOSED, LOCK_FIRST_BOOT = 1, 2


class Air:
    """Carries out what is on the agenda."""

    def __init__(self, ap: ApState, desk: Desk) -> None:
        self._ap = ap
        self._desk = desk

    def carry(self, what: CheckIn | Block | Drawn) -> None:
        """One thing of the agenda."""
        match what:
            case CheckIn(mac=mac, visit=visit):
                tag = self._ap.tags.get(mac)
                if tag is not None and tag.visit == visit:
                    self._check_in(tag)
            case Block():
                self._block(what)
            case Drawn():
                self._drawn(what)

    def give_up(self) -> None:
        """Labels whose attempts are used up."""
        ap = self._ap
        for mac in ap.radio.expired(ap.mono_ms):
            known = ap.known.get(mac)
            if known is None or not known.queue:
                continue
            if not ap.traps.drops_queue_on_timeout:
                ap.offer(known)
                continue
            ap.say(ErrorNews(text=timeout_text(mac)))
            ap.empty(known)

    def cancel(self, known: Known) -> None:
        """Everything queued for a label is dropped, on the radio too."""
        self._ap.radio.let_go(known.record.mac)
        self._ap.empty(known)

    # Check-ins.

    def _check_in(self, tag: Tag) -> None:
        ap = self._ap
        heard = ap.up and not ap.stopped and not tag.silent
        if heard and not ap.lucky(ap.faults.missed_check_in_percent):
            tag.misses = 0
            wait_ms = self._serve(tag)
            if wait_ms is None:
                return
        else:
            tag.misses += 0 if heard else 1
            wait_ms = tag.lost_wait(ap.settings.check_in_ms) if ap.traps.lost_labels_sleep else ap.settings.check_in_ms
        ap.visit(tag, ap.mono_ms + wait_ms)

    def _serve(self, tag: Tag) -> int | None:
        """A label asks whether there is something for it; returns how long it sleeps then, None for ever."""
        ap = self._ap
        known = self._met(tag)
        check_in_ms = ap.settings.check_in_ms
        if known is None:
            return check_in_ms
        self._note(tag, known)
        held = ap.radio.held_for(tag.mac)
        if held is None or ap.faults.radio_full:
            ap.offer(known)
            return self._rest(known)
        if held.planes is None:
            self._command(tag, held)
            return None if held.command == "deepsleep" else self._soon(known)
        if held.image_hash == tag.stored_hash:
            ap.at(ap.mono_ms + ap.settings.refresh_ms, Drawn(tag.mac, held.image_hash, held.planes, held, tell=False))
            self._complete(tag.mac, held)
        elif ap.radio.free_mono_ms > ap.mono_ms and ap.traps.one_label_at_a_time:
            return check_in_ms  # Sent away: it asks again in its ordinary rhythm.
        else:
            self._begin_transfer(tag, held)
        return self._soon(known)

    def _met(self, tag: Tag) -> Known | None:
        """The label's record; None: it is not let in."""
        ap = self._ap
        known = ap.known.get(tag.mac)
        if known is None:
            lock = ap.number("lock")
            if lock == LOCK_CLOSED or (lock == LOCK_FIRST_BOOT and tag.wakeup_reason != WAKEUP_FIRST_BOOT):
                return None
            known = ap.known[tag.mac] = Known(record=TagRecord(mac=tag.mac))
        return known

    def _note(self, tag: Tag, known: Known) -> None:
        ap, now = self._ap, self._ap.now_seconds
        pending = len(known.queue)
        next_check_in = now + 60
        if known.sleeps_for_ever and not pending:
            next_check_in = NEVER_SECONDS
        known.sleeps_for_ever = False
        fresh = tag.wakeup_reason >= WAKEUP_UNUSUAL_FROM and not pending
        known.change(
            lastseen=now,
            nextcheckin=next_check_in,
            lqi=tag.lqi,
            rssi=tag.rssi,
            temperature=21,
            battery_mv=tag.battery_mv,
            capabilities=HAS_LED,
            hardware_type=tag.kind.hardware_type,
            wakeup_reason=tag.wakeup_reason,
            channel=11,
            version=tag.version,
            pending=pending,
            isexternal=False,
            apip="0.0.0.0",
            hash=NO_IMAGE_HASH if fresh else known.record.hash,
            nextupdate=0 if fresh else known.record.nextupdate,
        )
        if fresh or known.staged is not None:
            self._desk.stage(tag.mac)
        tag.wakeup_reason = 0
        ap.tell(known)

    def _soon(self, known: Known) -> int:
        check_in_ms = self._ap.settings.check_in_ms
        return min(MORE_IN_QUEUE_MS, check_in_ms) if len(known.queue) > 1 else check_in_ms

    def _rest(self, known: Known) -> int:
        """How long a label with nothing to do sleeps: up to `maxsleep` minutes when nobody watches."""
        ap = self._ap
        base = ap.settings.check_in_ms
        if not ap.settings.idle_sleep or known.queue or known.staged is not None:
            return base
        if ap.traps.awake_while_watched and ap.listeners and ap.number("stopsleep") == 1:
            return base
        minutes = min((known.record.nextupdate - ap.now_seconds) // 60, ap.number("maxsleep"))
        if minutes < 1:
            return base
        known.change(nextcheckin=ap.now_seconds + minutes * 60 + 60)
        return max(base, minutes * base * 3 // 2)  # a minute is 1.5 of the real label's rhythm of 40 s

    # Transfers.

    def _command(self, tag: Tag, item: Queued) -> None:
        """A command rides on the answer to the check-in; the label then says "transfer complete" as after an image."""
        ap = self._ap
        if item.command == "led":
            try:
                tag.light = read_pattern(item.light)
            except PatternRefused:
                tag.light = None
            tag.light_since_ms = ap.now_ms
        elif item.command == "scan":
            tag.wakeup_reason = WAKEUP_NETWORK_SCAN
        elif item.command in ("reboot", "reset"):
            self.restart_tag(tag)
        if ap.traps.commands_look_like_images:
            self._complete(tag.mac, item)
            return
        ap.radio.let_go(tag.mac)
        known = ap.known.get(tag.mac)
        if known is not None and item in known.queue:
            known.queue.remove(item)
            ap.offer(known)
            ap.tell(known)

    def restart_tag(self, tag: Tag) -> None:
        """A label is switched on: it forgets its images and shows none."""
        tag.stored_hash = NO_IMAGE_HASH
        tag.wakeup_reason = WAKEUP_FIRST_BOOT
        tag.show(NO_IMAGE_HASH, blank(tag.kind), self._ap.now_ms)

    def _begin_transfer(self, tag: Tag, item: Queued) -> None:
        ap = self._ap
        ap.radio.free_mono_ms = ap.mono_ms + ap.settings.transfer_ms
        if ap.lucky(ap.faults.failed_transfer_percent):
            ap.say(Upload(src=tag.mac, current=1, total=item.blocks))
            return
        ap.at(ap.mono_ms, Block(tag.mac, item, 0))

    def _block(self, block: Block) -> None:
        ap = self._ap
        tag, known, item = ap.tags.get(block.mac), ap.known.get(block.mac), block.item
        if tag is None or tag.silent or not ap.up or ap.stopped or item.planes is None:
            return
        if block.number == item.blocks:
            self._transferred(tag, item)
            return
        if known is None or item not in known.queue:
            if known is not None and known.queue and ap.traps.unknown_block_cancels_all:
                self.cancel(known)
            return
        data = item.file[block.number * BLOCK_BYTES :][:BLOCK_BYTES]
        asked = BlockRequested(
            mac=tag.mac,
            file=f"/current/{tag.mac}_{ap.mono_ms % 1_000_000}.pending",
            number=block.number,
            length=len(data),
            checksum=sum(data) & 0xFFFF,
        )
        ap.say(LogNews(text=block_text(asked)))
        ap.say(Upload(src=tag.mac, current=block.number + 1, total=item.blocks))
        ap.at(ap.mono_ms + ap.settings.transfer_ms // item.blocks, Block(tag.mac, item, block.number + 1))

    def _transferred(self, tag: Tag, item: Queued) -> None:
        """All blocks were served: the label has the image, whatever became of the queue meanwhile."""
        ap = self._ap
        assert item.planes is not None
        tag.stored_hash = item.image_hash
        late = not ap.traps.tells_before_drawn
        drawn = Drawn(tag.mac, item.image_hash, item.planes, item, tell=late)
        ap.at(ap.mono_ms + ap.settings.refresh_ms, drawn)
        if late or ap.lucky(ap.faults.lost_complete_percent):
            return
        self._complete(tag.mac, item)
        if ap.lucky(ap.faults.duplicate_complete_percent):
            self._complete(tag.mac, item)

    def _drawn(self, drawn: Drawn) -> None:
        tag = self._ap.tags.get(drawn.mac)
        if tag is None or tag.stored_hash != drawn.image_hash:
            return
        if tag.shown.image_hash != drawn.image_hash:
            tag.show(drawn.image_hash, drawn.planes, self._ap.now_ms)
        if drawn.tell and self._ap.up:
            self._complete(drawn.mac, drawn.item)

    def _complete(self, mac: str, item: Queued) -> None:
        """A label says "transfer complete"."""
        ap = self._ap
        known = ap.known.get(mac)
        ap.say(LogNews(text=complete_text(mac)))
        if known is None:
            return
        credited = self._credited(known, item)
        if credited is None and not ap.traps.invents_hashes:
            return
        ap.radio.let_go(mac)
        if credited is None:
            # The real device copies memory that was never set.
            image_hash = ap.rng.bytes(8).hex() + "0" * 16
        else:
            image_hash = credited.image_hash
            if credited.planes is not None:
                known.current_file = credited.file
        known.change(
            hash=image_hash,
            updatecount=known.record.updatecount + 1,
            updatelast=ap.now_seconds,
            wakeup_reason=0,
        )
        ap.offer(known)
        ap.tell(known)

    def _credited(self, known: Known, item: Queued) -> Queued | None:
        """Which item of the queue a "transfer complete" is taken for; it leaves the queue."""
        if not known.queue:
            return None
        if self._ap.traps.credits_first_in_queue:
            return known.queue.popleft()
        if item not in known.queue:
            return None
        known.queue.remove(item)
        return item

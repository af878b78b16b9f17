"""SMURF: whether a tag that is read now and then is still there. Pure; time is a number of epochs.

Jeffery, Garofalakis, Franklin, "An Adaptive RFID Middleware" (UCB/EECS-2006-29): a window just long enough that a tag
which is there is read in it with probability 1 - delta, and halved when far fewer reads came than its rate promises (it has
gone, or is going). Where this differs: the rate is estimated from the gaps between the tag's last reads, so that silence
alone does not lower it and lengthen the window; the window is capped; and 2.5 deviations halve it, because the rate is
itself an estimate.
"""

from __future__ import annotations

import math

DELTA = 0.05
WINDOW_MAX = 25
"""Epochs."""
GAPS_MAX = 40
DEVIATIONS = 2.5
_BELIEVED_GAPS, _BELIEVED_EPOCHS = 2, 5.5
"""Before anything is known of a tag: about four reads of eleven epochs."""
_LOG = math.log(1 / DELTA)


class Smurf:
    """One tag at one place. Epochs must not go back."""

    __slots__ = ("_asked", "_gaps", "_gaps_sum", "_reads", "_window", "present")

    def __init__(self) -> None:
        self._window = 1
        self._reads: list[int] = []
        self._gaps: list[int] = []
        self._gaps_sum = 0
        self._asked: int | None = None
        self.present = False

    @property
    def window(self) -> int:
        """Epochs looked back now."""
        return self._window

    def heard(self, epoch: int) -> None:
        """It was read in this epoch, once or often. Then ask `advance` for it."""
        if self._reads and self._reads[-1] >= epoch:
            return
        if self._asked is not None and epoch - 1 > self._asked:
            self.advance(epoch - 1)
        if self._reads:
            self._note_gap(epoch - self._reads[-1])
        self._reads.append(epoch)

    def advance(self, epoch: int) -> bool:
        """Every epoch up to this one is over: whether the tag is there."""
        first = epoch if self._asked is None else self._asked + 1
        for each in range(max(first, epoch - 2 * WINDOW_MAX), epoch + 1):
            self._ask(each)
        self._asked = epoch if self._asked is None else max(epoch, self._asked)
        return self.present

    def _note_gap(self, gap: int) -> None:
        if gap > WINDOW_MAX:
            self._gaps, self._gaps_sum = [], 0
            return
        self._gaps.append(gap)
        self._gaps_sum += gap
        if len(self._gaps) > GAPS_MAX:
            self._gaps_sum -= self._gaps.pop(0)

    def _ask(self, epoch: int) -> None:
        reads = self._reads
        while len(reads) > 1 and reads[0] <= epoch - WINDOW_MAX:
            del reads[0]
        seen = _within(reads, epoch, self._window)
        if not seen:
            self._window, self.present = 1, False
            return
        rate = (len(self._gaps) + _BELIEVED_GAPS) / (self._gaps_sum + _BELIEVED_EPOCHS)
        enough = math.ceil(_LOG / rate)
        wanted = self._window * rate
        if enough > self._window:
            self._window = min(self._window + 2, enough)
        elif wanted - seen > DEVIATIONS * math.sqrt(max(0.0, wanted * (1 - rate))):
            self._window = max(min(self._window // 2, enough), 1)
        else:
            self._window = enough
        self._window = min(self._window, WINDOW_MAX)
        self.present = _within(reads, epoch, self._window) > 0


def _within(reads: list[int], epoch: int, window: int) -> int:
    return sum(1 for each in reads if epoch - window < each <= epoch)

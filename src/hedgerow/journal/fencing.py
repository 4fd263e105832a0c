"""Fencing: a writer that was taken over may still write for a while; readers drop what it writes then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hedgerow.journal import Entry


class Fence:
    """Drops the entries of one resolver-written stream whose epoch is lower than the highest seen in their partition.

    What was dropped depends on the log alone, so every reader that starts with the epochs of its cursor judges alike.
    """

    def __init__(self, epochs: Mapping[int, int] | None = None) -> None:
        self._epochs = dict(epochs or {})

    @property
    def epochs(self) -> dict[int, int]:
        """The highest epoch seen, by partition: what a cursor keeps beside its offsets."""
        return dict(self._epochs)

    def admits(self, entry: Entry) -> bool:
        """Whether the entry counts; raises the partition's epoch to its own."""
        highest = self._epochs.get(entry.partition)
        if highest is not None and entry.epoch < highest:
            return False
        self._epochs[entry.partition] = entry.epoch
        return True

    def passed(self, entries: Iterable[Entry]) -> list[Entry]:
        """The entries that count, in order."""
        return [entry for entry in entries if self.admits(entry)]

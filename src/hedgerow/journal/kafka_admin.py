"""Questions and orders to the brokers that are no records: which topics there are, where they end, what may go."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, Final, NamedTuple, TypeVar

from confluent_kafka import KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import OffsetSpec

from hedgerow.journal import JournalFault
from hedgerow.journal.kafka_client import KafkaSettings, administration

_AGAIN_S: Final = 0.03  # between questions while leaders change
_ATTEMPT_S: Final = 1.0  # for one question, of those that fit into the deadline
_SHORTEST_S: Final = 0.2
_SLACK_S: Final = 0.5  # the client's own deadline comes first: it says why

T = TypeVar("T")
K = TypeVar("K")


class Topic(NamedTuple):
    """What the brokers say about a topic; `topic_id` is another one after it was deleted and made again."""

    topic_id: str
    partitions: int


class _Silence(JournalFault):
    """Nobody answers, at least not in time; the next question may find another broker."""


class Administration:
    """An administrative client; every call ends within the deadline."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._client = AdminClient(administration(settings))

    @property
    def client(self) -> AdminClient:
        return self._client

    async def topics(self, names: Sequence[str]) -> dict[str, Topic | None]:
        """What there is of these topics; `None` for one that is missing. Raises JournalFault."""
        clock = asyncio.get_running_loop().time
        until = clock() + self._settings.deadline_s
        while True:
            asked = self._client.describe_topics(TopicCollection(list(names)), request_timeout=_ATTEMPT_S)
            try:
                answers = await self.answers(asked)
                return {name: _topic(name, answer) for name, answer in answers.items()}
            except _Silence as silence:  # of several brokers, it may have asked one that is dead
                if clock() > until:
                    raise JournalFault(f"{silence}{await asyncio.to_thread(_why, self._settings)}") from silence

    async def ends(self, topics: Mapping[str, int]) -> dict[str, dict[int, int]]:
        """The number of messages ever written to each partition of topics with so many. Raises JournalFault."""
        return await self._marks(topics, OffsetSpec.latest(), "where topics end")  # type: ignore[no-untyped-call]

    async def begins(self, topics: Mapping[str, int]) -> dict[str, dict[int, int]]:
        """The first message that is still kept in each partition of topics with so many. Raises JournalFault."""
        return await self._marks(topics, OffsetSpec.earliest(), "where topics begin")  # type: ignore[no-untyped-call]

    async def _marks(self, topics: Mapping[str, int], which: OffsetSpec, what: str) -> dict[str, dict[int, int]]:
        places = {
            TopicPartition(topic, partition): which
            for topic, partitions in topics.items()
            for partition in range(partitions)
        }

        def ask(within_s: float) -> Mapping[TopicPartition, Future[Any]]:
            return self._client.list_offsets(places, request_timeout=within_s)

        marks: dict[str, dict[int, int]] = {topic: {} for topic in topics}
        for place, mark in (await self._by_leaders(ask, lambda answer: answer.offset, what)).items():
            marks[place.topic][place.partition] = mark
        return marks

    async def give_up(self, topic: str, before: Mapping[int, int]) -> None:
        """Delete the messages before these. Raises JournalFault."""
        places = [TopicPartition(topic, partition, message) for partition, message in before.items()]

        def ask(within_s: float) -> Mapping[TopicPartition, Future[Any]]:
            return self._client.delete_records(places, request_timeout=within_s)

        if places:
            await self._by_leaders(ask, lambda answer: answer.low_watermark, f"to give up records of {topic}")

    async def _by_leaders(
        self, ask: Callable[[float], Mapping[K, Future[T]]], number: Callable[[Any], int], what: str
    ) -> dict[K, int]:
        """The numbers that partitions' leaders answer, asked again while leaders change.

        Where a leader gave no answer in time, librdkafka reports no error but a negative number; and it goes on asking
        a leader that is dead until somebody asks it to look who leads now.
        """
        clock = asyncio.get_running_loop().time
        until = clock() + self._settings.deadline_s
        while (left_s := until - clock()) > 0:
            answers: dict[K, T | KafkaException] = {}
            with suppress(_Silence):
                answers = await self.answers(ask(max(min(left_s, _ATTEMPT_S), _SHORTEST_S)))
            if answers and not any(map(_is_moving, answers.values())):
                numbers = {key: number(good(answer, what)) for key, answer in answers.items()}
                if min(numbers.values()) >= 0:
                    return numbers
            await asyncio.to_thread(self._look_who_leads)
            await asyncio.sleep(_AGAIN_S)
        raise JournalFault(f"Kafka at {self._settings.servers} does not answer: {what}.")

    def _look_who_leads(self) -> None:
        with suppress(KafkaException):  # nobody answers: the next question will say so
            self._client.list_topics(timeout=_SHORTEST_S)

    async def answers(self, asked: Mapping[K, Future[T]]) -> dict[K, T | KafkaException]:
        """What came of several questions at once. Raises JournalFault where there was no answer in time."""
        futures = [asyncio.wrap_future(future) for future in asked.values()]
        try:
            async with asyncio.timeout(self._settings.deadline_s + _SLACK_S):
                answers = await asyncio.gather(*futures, return_exceptions=True)
        except TimeoutError:
            raise _Silence(f"Kafka at {self._settings.servers} does not answer.") from None
        return {key: self._answer(answer) for key, answer in zip(asked, answers, strict=True)}

    def _answer(self, answer: T | BaseException) -> T | KafkaException:
        if isinstance(answer, KafkaException):
            if _code(answer) in _UNREACHABLE:
                told = answer.args[0].str()
                raise _Silence(f"Kafka at {self._settings.servers} does not answer: {told}.") from answer
            return answer
        if isinstance(answer, BaseException):
            raise answer
        return answer


def _why(settings: KafkaSettings) -> str:
    """What connections fail of, in librdkafka's words, as the end of a sentence; blocks for a second.

    Whoever asks hears of a time-out only, and a client that tells more has to be listened to all its life: this one is
    made for the question.
    """
    heard: list[KafkaError] = []
    configuration: dict[str, Any] = {**administration(settings), "error_cb": heard.append}
    client = AdminClient(configuration)
    with suppress(KafkaException):
        client.list_topics(timeout=_ATTEMPT_S)
    client.poll(0)
    heard.sort(key=lambda error: _TELLING.get(error.code(), 1))
    return f" {_AFTER.sub('', heard[0].str())}." if heard else ""


_AFTER: Final = re.compile(r" \(after \d+ms in state \w+.*\)$")
_TELLING: Final = {KafkaError._AUTHENTICATION: 0, KafkaError._SSL: 0, KafkaError._ALL_BROKERS_DOWN: 2}
_UNREACHABLE: Final = frozenset(
    {KafkaError._TIMED_OUT, KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._DESTROY}
)
_MOVING: Final = frozenset(
    {
        KafkaError._NOENT,  # the client found no leader to ask
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.UNKNOWN_LEADER_EPOCH,
        KafkaError.FENCED_LEADER_EPOCH,
        KafkaError.OFFSET_NOT_AVAILABLE,
    }
)
_MISSING: Final = frozenset({KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC})


def _is_missing(answer: object) -> bool:
    """Whether an answer says that there is no such topic."""
    return isinstance(answer, KafkaException) and _code(answer) in _MISSING


def _code(answer: KafkaException) -> int:
    number: int = answer.args[0].code()
    return number


def _is_moving(answer: object) -> bool:
    return isinstance(answer, KafkaException) and _code(answer) in _MOVING


def _topic(name: str, answer: Any) -> Topic | None:
    if _is_missing(answer):
        return None
    found = good(answer, f"the topic {name}")
    return Topic(str(found.topic_id), len(found.partitions))


def good(answer: Any, what: str = "the answer") -> Any:
    """What was answered. Raises JournalFault where that is a refusal, with `what` it was about."""
    if isinstance(answer, KafkaException):
        raise JournalFault(f"Kafka refuses: {what}: {answer.args[0].str()}.") from answer
    return answer

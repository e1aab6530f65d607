"""A server's node and a function, directly and behind each adapter, against one suite."""

from __future__ import annotations

from contextlib import AbstractContextManager

import pytest
from stations import (
    AsgiStation,
    FunctionStation,
    GoogleStation,
    LambdaStation,
    YandexStation,
    function_station,
    server_station,
)

from chainboy.node.policy import Policy
from chainboy.testing.node_conformance import CallsConformance, NodeConformance, Station
from chainboy.testing.node_stage import NodeStage

pytestmark = pytest.mark.chain


class TestServer(NodeConformance):
    """The node of a process that stays."""

    def open(self, stage: NodeStage, policy: Policy) -> AbstractContextManager[Station]:
        """See :class:`NodeConformance`."""
        return server_station(stage, policy)


class TestFunction(NodeConformance):
    """A function without anything around it."""

    def open(self, stage: NodeStage, policy: Policy) -> AbstractContextManager[Station]:
        """See :class:`NodeConformance`."""
        return function_station(FunctionStation, stage, policy)


class TestLambda(CallsConformance):
    """Behind AWS Lambda's events."""

    kind: type[FunctionStation] = LambdaStation

    def open(self, stage: NodeStage, policy: Policy) -> AbstractContextManager[Station]:
        """See :class:`CallsConformance`."""
        return function_station(self.kind, stage, policy)


class TestYandex(TestLambda):
    """Behind the events of Yandex Cloud Functions."""

    kind = YandexStation


class TestGoogle(TestLambda):
    """Behind Google's Functions Framework."""

    kind = GoogleStation


class TestAsgi(TestLambda):
    """Behind uvicorn."""

    kind = AsgiStation

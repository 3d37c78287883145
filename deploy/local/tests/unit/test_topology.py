"""The table that draws the system."""

from graphlib import TopologicalSorter

from local_stack.topology import (
    KAFKA_CONTROLLER_PORT,
    KAFKA_PORT,
    MAIL_PAGE_PORT,
    POSTGRES_PORT,
    SERVICES,
    SMTP_PORT,
)


def test_no_service_asks_one_that_asks_it_back_and_the_asked_come_first() -> None:
    names = [service.name for service in SERVICES]
    list(TopologicalSorter({service.name: service.upstreams for service in SERVICES}).static_order())
    for service in SERVICES:
        assert all(names.index(asked) < names.index(service.name) for asked in service.upstreams)


def test_no_two_processes_want_the_same_port() -> None:
    servers = [KAFKA_CONTROLLER_PORT, KAFKA_PORT, MAIL_PAGE_PORT, POSTGRES_PORT, SMTP_PORT]
    ports = servers + [port for service in SERVICES for _, port in service.commands]
    assert len(set(ports)) == len(ports)
    assert all(port < 32_768 for port in ports)

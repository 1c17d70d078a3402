"""The schema of a city is the union of what its modules contribute; wrong contributions stop the start."""

from __future__ import annotations

import enum
from collections.abc import Callable
from types import ModuleType
from typing import Annotated, Any

import pytest
import strawberry
from graphql import parse
from strawberry.types import get_object_definition

from leancity.core.errors import StartupError
from leancity.core.plugins.gate import ModuleClosed
from leancity.core.plugins.manager import Modules
from leancity.core.tenancy.context import Tenant, enter
from leancity.graphql.api import Connection, Context, Payload, field, mutation
from leancity.graphql.check import check_contributions
from leancity.graphql.schema import Schema, build_schema

Plugin = Callable[..., ModuleType]


@strawberry.type
class ParkingQuery:
    @field(public="test")
    def free(self) -> int:
        return 7


@strawberry.type
class ParkingPayload(Payload):
    place: int | None = None


@strawberry.type
class ParkingMutation:
    @mutation(public="test")
    async def parking_book(self) -> ParkingPayload:
        return ParkingPayload(place=3)


def city(*modules: str) -> Tenant:
    return Tenant(id=1, slug="a", title="A", zone="UTC", locale="en", is_suspended=False, modules=frozenset(modules))


async def run(schema: Schema, query: str, tenant: Tenant) -> Any:
    with enter(tenant):
        return await schema.execute(query, context_value=Context(document=parse(query)))


@pytest.fixture
def parking(plugin: Plugin, example: Any) -> Modules:
    parking = plugin("parking", query=ParkingQuery, mutation=ParkingMutation)
    return Modules({"parking": parking, "other_things": plugin("other_things")})


def fields(schema: Schema, root: str) -> set[str]:
    type_: Any = schema._schema.get_type(root)
    return set(type_.fields) if type_ else set()


def test_a_module_is_one_query_field_and_flat_mutations(example: Any) -> None:
    kernel = build_schema(example.modules, frozenset())
    schema = build_schema(example.modules, frozenset({"city_notes"}))
    assert fields(schema, "Query") - fields(kernel, "Query") == {"cityNotes"}
    assert fields(schema, "Mutation") - fields(kernel, "Mutation") == {"cityNotesAdd", "cityNotesBreak"}


def test_a_module_that_is_not_subscribed_does_not_exist(example: Any) -> None:
    schema = build_schema(example.modules, frozenset())
    assert {"viewer", "city"} <= fields(schema, "Query")
    assert not [name for root in ("Query", "Mutation") for name in fields(schema, root) if name.startswith("cityNotes")]
    assert not [name for name in schema._schema.type_map if name.startswith("CityNotes")]


async def test_the_second_lock_holds_when_the_wrong_schema_is_served(parking: Modules) -> None:
    schema = build_schema(parking, parking.names)
    opened = await run(schema, "{ parking { free } city { slug } }", city("parking"))
    assert opened.data == {"parking": {"free": 7}, "city": {"slug": "a"}}
    closed = await run(schema, "{ parking { free } city { slug } }", city())
    assert closed.data == {"parking": None, "city": {"slug": "a"}}
    assert [type(error.original_error) for error in closed.errors] == [ModuleClosed]
    closed = await run(schema, "mutation { parkingBook { place } }", city())
    assert closed.data == {"parkingBook": None}
    assert [type(error.original_error) for error in closed.errors] == [ModuleClosed]
    opened = await run(schema, "mutation { parkingBook { place errors { code } } }", city("parking"))
    assert opened.data == {"parkingBook": {"place": 3, "errors": []}}


def test_gates_do_not_pile_up_on_the_modules_own_fields(parking: Modules) -> None:
    declared = get_object_definition(ParkingMutation, strict=True).fields[0]
    before = list(declared.extensions)
    for _ in range(3):
        build_schema(parking, parking.names)
    assert declared.extensions == before


def test_what_can_be_refused_is_nullable(example: Any) -> None:
    schema = build_schema(example.modules, example.modules.names)._schema
    query: Any = schema.get_type("Query")
    module: Any = schema.get_type("CityNotesQuery")
    mutations: Any = schema.get_type("Mutation")
    assert str(query.fields["cityNotes"].type) == "CityNotesQuery"
    assert str(module.fields["notes"].type) == "CityNotesNoteConnection"
    assert str(module.fields["hello"].type) == "String!"
    assert str(mutations.fields["cityNotesAdd"].type) == "CityNotesAddPayload"


def test_the_example_passes_the_check(example: Any, parking: Modules) -> None:
    check_contributions(example.modules)
    check_contributions(parking)


# What is refused. The classes stand in the module's scope because annotations are read there.


@strawberry.type
class Report:
    id: int = 1


@strawberry.type
class ParkingWithForeignType:
    @field(public="test")
    def reports(self) -> list[Report]:
        return []


@strawberry.type
class ParkingWithForeignConnection:
    @field(public="test")
    def reports(self) -> Connection[Report]:
        raise NotImplementedError


@strawberry.input
class BadInput:
    text: str


@strawberry.type
class ParkingWithForeignInput:
    @field(public="test")
    def reports(self, input: BadInput) -> int:
        return 1


@strawberry.enum
class Colour(enum.Enum):
    RED = "red"


@strawberry.type
class ParkingWithForeignEnum:
    colour: Colour = Colour.RED


@strawberry.type
class ParkingA:
    a: int = 1


@strawberry.type
class ParkingB:
    b: int = 1


@strawberry.type
class ParkingWithForeignUnion:
    @field(public="test")
    def either(self) -> Annotated[ParkingA | ParkingB, strawberry.union("Either")]:
        return ParkingA()


@strawberry.type(name="ParkinglotZone")
class LowerCaseAfterThePrefix:
    a: int = 1


@strawberry.type(name="ParkingQuery")
class Impostor:
    a: int = 1

    @field(public="test")
    def zone(self) -> LowerCaseAfterThePrefix:
        return LowerCaseAfterThePrefix()


@strawberry.type(name="ParkingTwin")
class First:
    a: int = 1


@strawberry.type(name="ParkingTwin")
class Second:
    a: int = 1


@strawberry.type
class ParkingWithTwins:
    first: First
    second: Second


@strawberry.type
class ParkingUnguarded:
    @strawberry.field
    def free(self) -> int:
        return 7


@strawberry.type
class ParkingNested:
    inner: ParkingUnguarded


@strawberry.type
class ParkingUnknownPermission:
    @field(permission="parking.place.see")
    def free(self) -> int:
        return 7


@strawberry.type
class ParkingNoDefault:
    @field(public="test")
    def free(self, at: int | None) -> int:
        return 7


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (ParkingNoDefault, "ParkingNoDefault.free: at may be left out and needs a default"),
        (ParkingWithForeignType, "parking: the GraphQL type 'Report' must start with 'Parking'"),
        (ParkingWithForeignConnection, "parking: the GraphQL type 'Report"),
        (ParkingWithForeignInput, "parking: the GraphQL type 'BadInput' must start with 'Parking'"),
        (ParkingWithForeignEnum, "parking: the GraphQL type 'Colour' must start with 'Parking'"),
        (ParkingWithForeignUnion, "parking: the GraphQL type 'Either' must start with 'Parking'"),
        (Impostor, "parking: the GraphQL type 'ParkinglotZone' must start with 'Parking'"),
        (ParkingWithTwins, "parking: ParkingTwin is declared twice, first by parking"),
        (ParkingUnguarded, "ParkingUnguarded.free declares neither a permission nor why it is public"),
        (ParkingNested, "ParkingUnguarded.free declares neither a permission nor why it is public"),
        (ParkingUnknownPermission, "no such permission: 'parking.place.see'"),
    ],
)
def test_a_wrong_query_stops_the_start(plugin: Plugin, query: type, message: str) -> None:
    with pytest.raises(StartupError, match=message.replace("(", "\\(")):
        check_contributions(Modules({"parking": plugin("parking", query=query)}))


def test_an_extra_type_is_checked_too(plugin: Plugin) -> None:
    with pytest.raises(StartupError, match="'Report' must start with 'Parking'"):
        check_contributions(Modules({"parking": plugin("parking", query=ParkingQuery, extra=(Report,))}))


def test_two_modules_may_not_share_a_name(plugin: Plugin) -> None:
    plugins = {
        "parking": plugin("parking", query=ParkingQuery),
        "park": plugin("park", query=ParkingQuery),
    }
    with pytest.raises(StartupError, match="park: the GraphQL type 'ParkingQuery' must start with 'Park'"):
        check_contributions(Modules(plugins))
    with pytest.raises(StartupError, match="ParkingQuery is declared twice"):
        check_contributions(
            Modules(
                {
                    "parking": plugin("parking", query=ParkingQuery, extra=(replaced_query(),)),
                }
            )
        )


def replaced_query() -> type:
    @strawberry.type(name="ParkingQuery")
    class Other:
        free: int = 7

    return Other


def test_a_module_may_not_take_the_kernels_field(plugin: Plugin) -> None:
    @strawberry.type
    class CityThings:
        a: int = 1

    with pytest.raises(StartupError, match=r"city: Query\.city is declared twice, first by kernel"):
        check_contributions(Modules({"city": plugin("city", query=CityThings)}))


@strawberry.type
class WithoutPrefix:
    @mutation(public="test")
    async def book(self) -> ParkingPayload:
        return ParkingPayload()


@strawberry.type
class NotOurs:
    @strawberry.mutation
    async def parking_book(self) -> ParkingPayload:
        return ParkingPayload()


@strawberry.type
class NoPayload:
    @mutation(public="test")
    async def parking_book(self) -> int:
        return 1


@strawberry.type
class ParkingStrict(Payload):
    place: int


@strawberry.type
class StrictPayload:
    @mutation(public="test")
    async def parking_book(self) -> ParkingStrict:
        return ParkingStrict(place=1)


@pytest.mark.parametrize(
    ("root", "message"),
    [
        (WithoutPrefix, "parking: the mutation 'book' must start with 'parking_'"),
        (NotOurs, "NotOurs.parking_book declares neither"),
        (NoPayload, "parking: the mutation 'parking_book' must resolve to a subclass of Payload"),
        (StrictPayload, "parking: ParkingStrict.place needs the default None"),
    ],
)
def test_a_wrong_mutation_stops_the_start(plugin: Plugin, root: type, message: str) -> None:
    with pytest.raises(StartupError, match=message):
        check_contributions(Modules({"parking": plugin("parking", mutation=root)}))


@pytest.mark.parametrize("declared", [{}, {"permission": "a.b.c", "public": "everybody"}])
def test_a_field_declares_exactly_one_of_permission_and_public(declared: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="either permission"):
        field(**declared)
    with pytest.raises(ValueError, match="either permission"):
        mutation(**declared)

"""The GraphQL schema of a city as its clients see it: asked over HTTP or on a socket, by introspection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from leancity.core.testing.city import City

if TYPE_CHECKING:  # its client comes with the extra ``dev``
    from leancity.core.testing.socket import Socket

_NAMES = """{ __schema { queryType { fields { name } } mutationType { fields { name } }
  subscriptionType { fields { name } } types { name } } }"""


@dataclass(frozen=True, kw_only=True)
class SchemaSeen:
    """The names in a schema."""

    queries: frozenset[str]
    mutations: frozenset[str]
    subscriptions: frozenset[str]
    types: frozenset[str]

    def of(self, module: str) -> SchemaSeen:
        """Return the names that are the module's by their prefix."""
        field, type_ = camel(module), camel(f"_{module}")
        return SchemaSeen(
            queries=frozenset({field} & self.queries),
            mutations=frozenset(name for name in self.mutations if has_prefix(name, field)),
            subscriptions=frozenset(name for name in self.subscriptions if has_prefix(name, field)),
            types=frozenset(name for name in self.types if has_prefix(name, type_)),
        )


def camel(name: str) -> str:
    """Return ``city_problems`` as ``cityProblems``, ``_city_problems`` as ``CityProblems``."""
    first, *rest = name.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in rest)


def has_prefix(name: str, prefix: str) -> bool:
    """Tell whether ``name`` is the prefix and more words: ``ParkingZone`` is not ``Park``'s."""
    return name.startswith(prefix) and not name[len(prefix) :][:1].islower()


async def schema_seen(city: City) -> SchemaSeen:
    """Return what an account without any permission can ask for in the city."""
    return _seen(await city.data(_NAMES, as_=await city.user()))


async def schema_on(socket: Socket) -> SchemaSeen:
    """Return what can be asked for on a socket."""
    return _seen((await socket.graphql(_NAMES))["data"])


def _seen(data: dict[str, Any]) -> SchemaSeen:
    schema = data["__schema"]
    return SchemaSeen(
        queries=_fields(schema["queryType"]),
        mutations=_fields(schema["mutationType"]),
        subscriptions=_fields(schema["subscriptionType"]),
        types=frozenset(type_["name"] for type_ in schema["types"]),
    )


def _fields(root: dict[str, Any] | None) -> frozenset[str]:
    return frozenset(field["name"] for field in (root or {"fields": ()})["fields"])

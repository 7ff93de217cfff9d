"""The type of a decoded JSON document, as every layer names it."""

type JsonValue = dict[str, JsonValue] | list[JsonValue] | str | int | float | bool | None

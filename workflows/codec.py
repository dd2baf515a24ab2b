"""Temporal's data converter for contracts: msgspec Structs as JSON.

The SDK's default converter cannot encode Structs. Used by worker, relay and tests; workflow
histories hold ids, dates and counts only, never a person.
"""

from typing import Any

import msgspec
from temporalio.api.common.v1 import Payload
from temporalio.converter import (
    CompositePayloadConverter,
    DataConverter,
    DefaultPayloadConverter,
    EncodingPayloadConverter,
)


class _Structs(EncodingPayloadConverter):
    @property
    def encoding(self) -> str:
        return "json/msgspec"

    def to_payload(self, value: Any) -> Payload | None:
        if not isinstance(value, msgspec.Struct):
            return None
        body = msgspec.json.encode(value, order="deterministic")
        return Payload(metadata={"encoding": self.encoding.encode()}, data=body)

    def from_payload(self, payload: Payload, type_hint: type | None = None) -> Any:
        return msgspec.json.decode(payload.data, type=type_hint or Any)


class _Converter(CompositePayloadConverter):
    def __init__(self) -> None:
        others = DefaultPayloadConverter().converters.values()
        super().__init__(_Structs(), *others)


CONVERTER = DataConverter(payload_converter_class=_Converter)

"""OpenAPI as strict as the doors it describes: called by both services' applications.

The framework's plugin says which fields a struct has; that a struct refuses any other it leaves
out, so that a client could believe a misspelt field was taken in. Decides nothing.
"""

import msgspec
from litestar._openapi.schema_generation import SchemaCreator

# Its only home in the pinned release; without it every field of every struct would be told here.
from litestar._openapi.schema_generation.plugins.struct import StructSchemaPlugin
from litestar.openapi.spec import Schema
from litestar.typing import FieldDefinition


class ClosedStructs(StructSchemaPlugin):
    """Structs that forbid unknown fields have no additional properties."""

    def to_openapi_schema(
        self, field_definition: FieldDefinition, schema_creator: SchemaCreator
    ) -> Schema:
        """The struct's schema, closed where decoding it is."""
        schema = super().to_openapi_schema(field_definition, schema_creator)
        kind = field_definition.type_
        if issubclass(kind, msgspec.Struct) and kind.__struct_config__.forbid_unknown_fields:
            schema.additional_properties = False
        return schema

"""Bytes to documents: content encoding, content type, JSON and protobuf, strict and bounded. Pure."""

from beacon_audit.model.json_value import JsonValue
from beacon_audit.wire.content_encoding import decode_content
from beacon_audit.wire.content_type import check_content_type
from beacon_audit.wire.json_body import read_json

__all__ = ["JsonValue", "check_content_type", "decode_content", "read_json"]

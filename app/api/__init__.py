"""JSON for outsiders, version 1: views only. Bearer tokens, problem documents, keyset lists, idempotent POSTs.

Tables: idempotent_calls. Front door: none; the contract is `GET /api/v1/openapi.json`.
"""

"""Texts that break a promise, by the code of what is found. All of them are made up."""

from collections.abc import Mapping

_JWT = (
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0."  # RFC 7519's own kind of example
    "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
)
# Made up, and put together here, so that nobody's scanner takes them for real ones.
SECRETS = (
    "lsv2_" + "pt_" + "0123456789abcdef" * 2 + "_0123456789",
    "lsv2_" + "sk_" + "fedcba9876543210" * 2 + "_abcdef0123",
    "ls__" + "a1B2c3D4e5F6g7H8i9",
    _JWT,
    f"token {_JWT}",
    f"x.{_JWT}",
    "eyJmYWtlIQAA.eyJmYWtl." + _JWT,
    "ewogICJhbGciIDogIkVTMjU2IgogfQ.e30.x-abcdef",
    "-----BEGIN " + "RSA PRIVATE KEY-----",
    "-----BEGIN " + "OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA",
    "-----BEGIN " + "CERTIFICATE-----",
    "AKIA" + "IOSFODNN7EXAMPLE",
    "key=ASIA" + "IOSFODNN7EXAMPLE",
    "aws_secret_access_key = " + "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "AIza" + "SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q",
    "ya29." + "a0AfH6SMBx1y2z3A4B5C6D7E8F",
    "GOCSPX-" + "a1b2c3d4e5f6g7h8i9j0k1l2m3n4",
    "DefaultEndpointsProtocol=https;AccountName=x;AccountKey=" + "Zm9v" * 21 + "Zg==",
    "abc8Q~" + "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7",
    "https://x.blob.core.windows.net/c?sv=2022&sig=" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0%3D",
    "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8",
    "github_pat_" + "11ABCDEFG0a1B2c3D4e5F6_g7H8i9J0",
    "glpat-" + "a1B2c3D4e5F6g7H8i9J0",
    "xoxb-" + "123456789012-abcdefGHIJKL",
    "https://hooks.slack.com/services/" + "T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
    "sk-" + "proj-a1B2c3D4e5F6g7H8i9J0k1L2",
    "sk-" + "ant-api03-a1B2c3D4e5F6g7H8i9J0",
    "sk-" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0u1V2w3X4",
    "gsk_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6",
    "hf_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7",
    "sk_" + "live_a1B2c3D4e5F6g7H8i9J0",
    "npm_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8",
    "SG." + "a1B2c3D4e5F6g7H8i9J0k1" + "." + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0u1V",
    "hvs." + "CAESIJa1B2c3D4e5F6g7H8i9J0k1",
    "dapi" + "0123456789abcdef" * 2,
    "dop_v1_" + "0123456789abcdef" * 4,
    "Authorization: Bearer " + "a1B2c3D4e5F6g7H8",
    "bearer " + "0123456789abcdef0123",
    "Basic " + "dXNlcjpwYXNzd29yZA==",
    "postgresql://langsmith:" + "hunter2@db:5432/langsmith",
    "https://:" + "hunter2hunter2@example.com/",
    "redis://default:" + "p%40ss@redis:6379/0",
    "Server=db;Database=x;User Id=sa;Password=" + "hunter2;",
    "api_key=" + "a1b2c3d4",
)  # fmt: skip
STATEMENTS = (
    "SELECT id, name FROM users WHERE email = 'a'", "select * from runs", "SELECT * FROM runs", "SELECT a FROM b",
    "Failed to execute: SELECT inputs FROM runs WHERE id = 5", "select count(*) from traces where tenant = 1",
    "select/**/name/**/from/**/users/**/where/**/id=1", "SELECT name\nFROM users",
    "Select a, b From t Where x In (1)",
    "INSERT INTO runs (id, inputs) VALUES (1, 'x')", "insert into runs values (1, 'text')",
    "INSERT INTO runs SELECT 1",
    "UPDATE users SET name = 'x' WHERE id = 1", "update users set name='x'", "DELETE FROM users WHERE id = 5",
    "delete from users where id = 5", "CREATE TABLE users (id int)", "drop table if exists users",
    "ALTER TABLE runs ADD x",
    "WITH t AS (SELECT x FROM y) SELECT 1", "COPY runs TO STDOUT", "TRUNCATE TABLE runs", "MERGE INTO runs USING x",
    'SELECT "inputs" FROM "public"."runs"', "explain analyze select id from runs order by id limit 5",
    "select id, tenant_id from users", "select name from public.users", "select r.* from runs r",
    "Select x From t Limit 50",
    "select u.name from users u join runs r on r.user = u.id", "select id from runs where (id = 5)",
)  # fmt: skip
CONNECTIONS = (
    "postgres://db:5432/langsmith", "clickhouse://clickhouse:9000/default", "jdbc:postgresql://db/x",
    "redis://redis:6379",
    "mongodb+srv://cluster0.example.net/x", "postgresql+psycopg://db/x", "host=db port=5432 dbname=x user=y",
    "Server=tcp:x,1433;Initial Catalog=y;", "Data Source=db;Database=x",
)  # fmt: skip
ADDRESSES = (
    "alice@example.com", "Alice <alice.b+tag@mail.example.co.uk>", "user alice@example.com not found",
    "o'neil@example.org",
    "alice%40example.com", "mailto:alice@example.com", "j\u00fcrgen@example.de", "info@b\u00fccher.example",
    "a@b.io,c@d.io",
    "git@github.com", "alice_@example.museum",
)  # fmt: skip
IP_ADDRESSES = (
    "10.0.4.20", "http://10.0.4.20:8080/x", "peer=192.168.1.1", "203.0.113.7,", "[2001:db8::1]:443", "fe80::1",
    "fe80::1%eth0",
    "2001:db8:85a3:0:0:8a2e:370:7334", "::ffff:10.0.4.20", "from 8.8.8.8.", "fd12:3456:789a:1::1", "(172.16.0.1)",
)  # fmt: skip
UUIDS = (
    "3a1c2b6f-4430-4b92-8a5b-79b8b567bbc1", "run 3A1C2B6F-4430-4B92-8A5B-79B8B567BBC1",
    "tenant_3a1c2b6f-4430-4b92-8a5b-79b8b567bbc1",
    "{3a1c2b6f-4430-4b92-8a5b-79b8b567bbc1}",
)  # fmt: skip
PROSE = (
    "Summarise the contract with our largest customer.", "tell me about my illness", "What is the capital of France?",
    "You are a helpful assistant", "Human: hi", "<|im_start|>user", "[INST] write a poem [/INST]", '{"role": "user"}',
    "Please translate this", "Dear Alice,\nthank you for the offer",
    "tell-me-about-my-illness-and-what-to-do-about-it-in-the-next-ten-years",
    "\u8bf7\u544a\u8bc9\u6211\u4eca\u5929\u7684\u5929\u6c14",
    "\u0420\u0430\u0441\u0441\u043a\u0430\u0436\u0438 \u043c\u043d\u0435", "x" * 129,
    "VGVsbCBtZSBhYm91dCBteSBpbGxuZXNzIGFuZCB3aGF0IHRvIGRv",
    "74656c6c206d652061626f7574206d7920696c6c6e65737320616e642074686174",
)  # fmt: skip
NOT_A_ROUTE = (
    "/sessions?user=alice", "/runs/3a1c2b6f-4430-4b92-8a5b-79b8b567bbc1", "/users/alice@example.com",
    "/runs/12345678",
    "sessions", "https://example.com/x", "/a b", "/runs/%7Bid%7D", "/x#y", "/tell-me-about-my-illness-now", "/\u00fc",
    "/a//b",
    "/sessions\n", "/" + "a/" * 80, "/runs/{id}/{", "/../etc",
)  # fmt: skip
NOT_A_METHOD = ("get", "GET ", "POST /x", "FETCH", "", "GETPOST", "alice")

#: What is found in dirty texts, in any place that holds text; and what only in one.
DIRTY: Mapping[str, tuple[str, ...]] = {
    "promise.secret": SECRETS,
    "promise.database-text": STATEMENTS,
    "promise.connection-string": CONNECTIONS,
    "promise.email-address": ADDRESSES,
    "promise.ip-address": IP_ADDRESSES,
    "promise.uuid-value": UUIDS,
}

"""The sync doors over HTTP: the node's transport, signed requests, hostile bytes (targets 4)."""

import json
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import hypothesis
import msgspec
import pytest
from hypothesis import strategies
from litestar.testing import TestClient

from contracts.codec import public_bytes, verify
from contracts.envelopes import pack
from contracts.ids import node_book
from contracts.requests import NONCE, SIGNATURE, sign_request
from contracts.sync import KeyCard
from services.cooperative_node.api import synchronise
from services.cooperative_node.transport import HttpTransport
from services.federation.app import create_app
from services.federation.cases import closing, hand_over
from services.federation.core import Core
from services.federation.settings import Settings
from services.federation.throttle import Throttle
from tests.federation.deliveries import own_key, replica_mode, resealed, sealed
from tests.federation.life import STAFF, Life
from tests.federation.villager import Villager
from tests.support.steady import a_moment


@pytest.fixture
def client(life: Life) -> Iterator[TestClient[Any]]:
    """The county's application over its real database."""
    core = Core(
        engine=life.engine,
        county=life.county,
        settings=Settings(datadir=life.folder, requests_a_minute=200),
        throttle=Throttle(200),
    )
    with TestClient(create_app(core), base_url="http://county.test") as made:
        yield made


def transport(client: TestClient[Any], village: Villager) -> HttpTransport:
    """The node's own transport with the application in place of the network."""
    return HttpTransport(
        client,
        village.name, village.card.key, own_key(village), a_moment, village.node.ports.token,
    )  # fmt: skip


def signed(
    village: Villager,
    method: str,
    target: str,
    body: bytes = b"",
    *,
    key: str = "",
    now: datetime | None = None,
    nonce: str = "",
) -> dict[str, str]:
    """Headers of one request of a node."""
    return sign_request(
        own_key(village), key or village.card.key, method, target, body,
        now=now or a_moment(), nonce=nonce or village.node.ports.token(),
    )  # fmt: skip


def test_a_node_synchronises_over_http(client: TestClient[Any], life: Life) -> None:
    baiguo = life.villages["baiguo"].elected()
    done = synchronise(baiguo.node, transport(client, baiguo))
    assert (done.batches, done.through) == (1, 6)
    assert done.pulled > 0
    told = transport(client, baiguo).state()
    assert (told.seq, told.mode, told.epoch) == (6, "open", 1)
    assert synchronise(baiguo.node, transport(client, baiguo)).batches <= 1


def test_a_refusal_travels_as_problem_json_in_two_languages(
    client: TestClient[Any], life: Life, baiguo: Villager
) -> None:
    body = pack(sealed(baiguo, 3)[0])
    answer = client.post(
        "/sync/baiguo/batches", content=body,
        headers=signed(baiguo, "POST", "/sync/baiguo/batches", body),
    )  # fmt: skip
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert (told["code"], told["facts"]) == ("BATCH_GAP", {"first": "3", "expected": "1"})
    assert "补发" in told["zh"]
    assert "Send what lies between" in told["en"]


def test_what_is_kept_as_evidence_is_kept_although_the_answer_is_a_refusal(
    client: TestClient[Any], life: Life, baiguo: Villager
) -> None:
    body = resealed(baiguo, sealed(baiguo)[0], closing_digest="00" * 32)
    headers = signed(baiguo, "POST", "/sync/baiguo/batches", body)
    answer = client.post("/sync/baiguo/batches", content=body, headers=headers)
    assert answer.json()["code"] == "BATCH_FORK"
    assert replica_mode(life) == "waiting"
    state = client.get("/sync/baiguo/state", headers=signed(baiguo, "GET", "/sync/baiguo/state"))
    assert (state.json()["mode"], state.json()["reason"]) == ("waiting", "BATCH_FORK")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"method": "POST"}, "SIGNATURE_INVALID"),
        ({"target": "/sync/baiguo/acts"}, "SIGNATURE_INVALID"),
        ({"target": "/sync/baiguo/state?x=1"}, "SIGNATURE_INVALID"),
        ({"body": b"other"}, "SIGNATURE_INVALID"),
        ({"key": "nobody"}, "KEY_UNKNOWN"),
        ({"nonce": "short"}, "SIGNATURE_INVALID"),
        ({"now": datetime(2017, 1, 3, 7, tzinfo=UTC)}, "REQUEST_STALE"),
        ({"now": datetime(2017, 1, 3, 9, tzinfo=UTC)}, "REQUEST_STALE"),
    ],
)
def test_a_request_that_is_not_exactly_what_was_signed_is_refused(
    client: TestClient[Any], baiguo: Villager, changes: dict[str, Any], code: str
) -> None:
    asked = {"method": "GET", "target": "/sync/baiguo/state", **changes}
    headers = signed(baiguo, asked.pop("method"), asked.pop("target"), **asked)
    answer = client.get("/sync/baiguo/state", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, code)


def test_a_replayed_request_has_no_effect(client: TestClient[Any], baiguo: Villager) -> None:
    headers = signed(baiguo, "GET", "/sync/baiguo/state")
    assert client.get("/sync/baiguo/state", headers=headers).status_code == 200
    again = client.get("/sync/baiguo/state", headers=headers)
    assert (again.status_code, again.json()["code"]) == (401, "REQUEST_REPLAYED")


def test_a_village_reads_no_other_village(
    client: TestClient[Any], life: Life, baiguo: Villager
) -> None:
    for door in ("state", "acts", "replica", "heads"):
        target = f"/sync/houba/{door}"
        answer = client.get(target, headers=signed(baiguo, "GET", target))
        assert (answer.status_code, answer.json()["code"]) == (401, "KEY_UNKNOWN")
    answer = client.get("/sync/nowhere/state", headers=signed(baiguo, "GET", "/sync/nowhere/state"))
    assert answer.status_code == 404


def test_nobody_without_a_key_learns_anything(client: TestClient[Any]) -> None:
    assert client.get("/sync/baiguo/state").json()["code"] == "KEY_UNKNOWN"
    health = client.get("/health").json()
    assert set(health) == {"county", "business_date", "key"}


@pytest.mark.parametrize("query", ["after=-1", "after=x", "limit=0", "limit=999999", "after=1.5"])
def test_a_wrong_parameter_is_a_problem_and_no_fault(
    client: TestClient[Any], baiguo: Villager, query: str
) -> None:
    target = f"/sync/baiguo/acts?{query}"
    answer = client.get(target, headers=signed(baiguo, "GET", target))
    assert answer.status_code == 400
    assert answer.json()["code"] == "HTTP"


@pytest.mark.parametrize(
    "body",
    [b"", b"\x00" * 40, zlib.compress(b"[" * 100_000), zlib.compress(b'"\xff\xfe"'), b"{}"],
)
def test_hostile_bytes_are_refused_by_name(
    client: TestClient[Any], baiguo: Villager, body: bytes
) -> None:
    headers = signed(baiguo, "POST", "/sync/baiguo/batches", body)
    answer = client.post("/sync/baiguo/batches", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "BATCH_MALFORMED")


def test_a_body_over_the_limit_is_never_read(life: Life, baiguo: Villager) -> None:
    core = Core(
        engine=life.engine, county=life.county, throttle=Throttle(100),
        settings=Settings(datadir=life.folder, delivery_bytes=10_000),
    )  # fmt: skip
    body = b"x" * 20_000
    headers = signed(baiguo, "POST", "/sync/baiguo/batches", body)
    with TestClient(create_app(core), base_url="http://county.test") as client:
        answer = client.post("/sync/baiguo/batches", content=body, headers=headers)
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"


def test_too_many_requests_are_told_how_long_to_wait(life: Life, baiguo: Villager) -> None:
    core = Core(
        engine=life.engine, county=life.county, throttle=Throttle(2),
        settings=Settings(datadir=life.folder),
    )  # fmt: skip
    with TestClient(create_app(core), base_url="http://county.test") as client:
        codes = [
            client.get("/sync/baiguo/state", headers=signed(baiguo, "GET", "/sync/baiguo/state"))
            for _ in range(3)
        ]
    assert [answer.status_code for answer in codes] == [200, 200, 429]
    assert 0 < int(codes[-1].headers["retry-after"]) <= 60
    # Another village is not concerned.
    houba = life.villages["houba"]
    with TestClient(create_app(core), base_url="http://county.test") as client:
        target = "/sync/houba/state"
        assert client.get(target, headers=signed(houba, "GET", target)).status_code == 200


def test_the_throttle_forgets_after_a_minute() -> None:
    throttle, now = Throttle(1), a_moment()
    assert throttle.wait_seconds("a", now) == 0
    assert throttle.wait_seconds("a", now) == 60
    assert throttle.wait_seconds("b", now) == 0
    assert throttle.wait_seconds("a", now + timedelta(minutes=1)) == 0


def test_the_signed_heads_are_handed_out_byte_for_byte(
    client: TestClient[Any], life: Life, baiguo: Villager
) -> None:
    target = "/sync/baiguo/heads"
    assert client.get(target, headers=signed(baiguo, "GET", target)).status_code == 204
    life.night()
    told = client.get(target, headers=signed(baiguo, "GET", target)).json()
    body = json.dumps(told["body"], ensure_ascii=False, separators=(",", ":")).encode()
    public = public_bytes(life.county.keys.signing)
    assert verify(public, closing.HEADS_DOMAIN, body, bytes.fromhex(told["signature"]))


def test_a_new_owner_reads_the_replica_and_the_old_key_opens_nothing(
    client: TestClient[Any], life: Life, baiguo: Villager
) -> None:
    synchronise(baiguo.node, transport(client, baiguo))
    houba = life.villages["houba"]
    card = KeyCard(
        cooperative="baiguo", key="baiguo-new", signing=houba.card.signing, sealing="00" * 32
    )
    with life.engine.begin() as conn:
        hand_over.hand_over(conn, life.county, card, STAFF, "new computer")
    target = "/sync/baiguo/replica?after=0&limit=2000"
    old = client.get(target, headers=signed(baiguo, "GET", target))
    assert (old.status_code, old.json()["code"]) == (401, "KEY_UNKNOWN")
    new = client.get(target, headers=signed(houba, "GET", target, key="baiguo-new"))
    assert new.status_code == 200
    assert node_book("baiguo").encode() in zlib.decompress(new.content)


@hypothesis.settings(
    max_examples=60, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture]
)
@hypothesis.given(data=strategies.binary(max_size=300), packed=strategies.booleans())
def test_no_bytes_ever_make_a_fault(
    client: TestClient[Any], baiguo: Villager, data: bytes, packed: bool
) -> None:
    body = zlib.compress(data) if packed else data
    headers = signed(baiguo, "POST", "/sync/baiguo/batches", body)
    answer = client.post("/sync/baiguo/batches", content=body, headers=headers)
    assert answer.status_code in (400, 401, 429)
    assert msgspec.json.decode(answer.content)["code"] in ("BATCH_MALFORMED", "TOO_MANY_REQUESTS")


@pytest.mark.parametrize("header", [SIGNATURE, NONCE])
def test_a_missing_header_is_no_fault(
    client: TestClient[Any], baiguo: Villager, header: str
) -> None:
    headers = signed(baiguo, "GET", "/sync/baiguo/state")
    headers.pop(header)
    assert client.get("/sync/baiguo/state", headers=headers).status_code == 401

"""What each event does to the world: one function an event, through the doors people use.

Called by a run for every event of a story. Answers with a word for the log: ``done``, a refusal's
code, ``unreachable``, ``stopped``. What may not happen whoever asks raises Found at once; all else
is looked at by the checks after every night.
"""

from contracts.codec import digest, encode
from contracts.envelopes import pack
from contracts.ids import node_book
from contracts.ledger import Actor
from contracts.persons import Person
from journal import heads as journal_heads
from journal.perform import Command, Performed
from kernel.errors import Rejected
from services.cooperative_node import people, queries, set_up
from services.cooperative_node.acting import act
from services.cooperative_node.api import synchronise
from services.cooperative_node.close_day import catch_up
from services.cooperative_node.delivery import Unreachable, seal_range
from services.cooperative_node.take_over import take_over
from services.cooperative_node.usb import take_files
from services.federation.cases import hand_over, intake, ranges
from simulation import desk, events, liars
from simulation.events import FEDERATION, POOL
from simulation.machine import Crashed
from simulation.network import VirtualLine, flipped, over
from simulation.nights import close_night, pass_quietly
from simulation.world import COUNTY, Asked, Found, Villager, World

DONE, STOPPED, UNREACHABLE = "done", "stopped", "unreachable"


def happen(world: World, event: events.AnyEvent) -> str:
    """Let one event happen; the word for the log. Raises Found."""
    world.clock.tick(7)
    try:
        return _happen(world, event)
    except Crashed as crashed:
        world.restart(str(crashed))
        return STOPPED
    finally:
        for machine in world.machines.values():
            machine.arm(None)


def _happen(world: World, event: events.AnyEvent) -> str:
    match event:
        case events.Act():
            return _act(world, event)
        case events.Desk():
            return desk.work(world, event)
        case events.Sync():
            return _sync(world, event)
        case events.Stick():
            return _stick(world, event)
        case events.Arrive():
            return _arrive(world)
        case events.CloseDay():
            return _close_day(world, event)
        case events.Night():
            return close_night(world, event.crash)
        case events.Quiet():
            return pass_quietly(world, event.days)
        case events.Enrol():
            return _enrol(world, event)
        case events.Money():
            return _money(world, event)
        case events.BankFails():
            world.bank.arm(event.fault)
            return DONE
        case events.Lie():
            return liars.lie(world, event)
        case events.HandOver():
            return _hand_over(world, event)


def _enrol(world: World, event: events.Enrol) -> str:
    node = world.node(event.coop)
    with node.engine.begin() as conn:
        people.keep(conn, node, Person(name=event.name, card=event.card), event.person)
    if event.known:
        world.bank.know_cards({event.card: event.name})
    world.outside.villagers[event.person] = Villager(
        coop=event.coop,
        person=event.person,
        name=event.name,
        household=event.household,
        card=event.card,
    )
    return DONE


def _act(world: World, event: events.Act) -> str:
    """Perform a village act; the same id is answered the same way for ever (I7)."""
    command = Command(
        id=event.id,
        process=event.process,
        case=event.case,
        act=event.act,
        actor=Actor(role=event.role, operator=event.operator, persons=event.persons),
        facts=event.facts,
        parties={"coop": event.coop},
        value_date=event.value_date,
    )
    before = world.outside.asked.get((event.coop, event.id))
    world.machines[event.coop].arm(event.crash)
    try:
        done = act(world.node(event.coop), command)
    except Rejected as refused:
        code = world.refused(refused.as_struct())
        if before and before.answer and before.command == command:
            raise Found("I7", f"{event.id} was performed and is now refused: {code}") from refused
        return code
    except Crashed:
        world.outside.asked.setdefault((event.coop, event.id), Asked(command=command, answer=None))
        raise
    _answered_alike(world, event.coop, command, done, before)
    return done.case.state


def _answered_alike(
    world: World, coop: str, command: Command, done: Performed, before: Asked | None
) -> None:
    answer = digest("answer", encode(done.acts))
    if before is not None and before.answer is not None:
        if before.command != command:
            raise Found("I7", f"{command.id} was performed for another request")
        if done.fresh or before.answer != answer:
            raise Found("I7", f"{command.id} was performed twice")
    world.outside.asked[coop, command.id] = Asked(command=command, answer=answer)


def _money(world: World, event: events.Money) -> str:
    account = world.bank.account
    known = {**world.outside.cooperatives, POOL: account.pool, FEDERATION: account.federation}
    number = known.get(event.coop, "62009999999")
    world.bank.money_in(number, event.amount, event.card, event.text, event.reference)
    return DONE


def _close_day(world: World, event: events.CloseDay) -> str:
    until = world.today()
    world.machines[event.coop].arm(event.crash)
    try:
        closed = catch_up(world.node(event.coop), until)
    except Rejected as refused:
        return world.refused(refused.as_struct())
    return f"{len(closed)} days"


def _sync(world: World, event: events.Sync) -> str:
    """Deliver and fetch. A good village on a good line is never refused."""
    node = world.node(event.coop)
    line = VirtualLine(world.gate, event.line, world.outside.late, lambda: world.restart(COUNTY))
    world.skew[event.coop] = event.skew
    world.machines[event.coop].arm(event.crash)
    world.machines[COUNTY].arm(event.county_crash)
    try:
        told = synchronise(node, over(node, line))
    except Unreachable:
        word = UNREACHABLE
    except Rejected as refused:
        word = world.refused(refused.as_struct())
        _only_for_a_reason(world, event, word, line.suffered)
    else:
        word = told.trouble or DONE
        _only_for_a_reason(world, event, told.trouble, line.suffered)
    finally:
        world.skew.clear()
        world.suffered(f"line {fault}" for fault in line.suffered)
        if event.skew:
            world.suffered(["clock wrong"])
    return word


def _only_for_a_reason(world: World, event: events.Sync, trouble: str, suffered: list[str]) -> None:
    honest = event.coop not in world.outside.liars
    if trouble and honest and not suffered and not event.skew:
        raise Found("I16", f"an honest village on a good line was refused: {trouble}")


def _stick(world: World, event: events.Stick) -> str:
    """Carry files by hand, in any order, again and again until nothing new is taken."""
    node = world.node(event.coop)
    files = parts(world, event.coop, max(len(event.order), 1))
    if event.flip and files:
        files[0] = flipped(files[0], event.flip)
        world.suffered(["stick damaged"])
    ordered = [files[n] for n in event.order if n < len(files)] or files
    refused: list[str] = []
    for _ in ordered:
        refused = []
        for body in ordered:
            with world.at_county() as (conn, county):
                answer = intake.deliver(conn, county, event.coop, body)
            if answer.refusal is not None:
                refused.append(world.refused(answer.refusal))
        if not refused:
            break
    if refused and not event.flip and event.coop not in world.outside.liars:
        raise Found("I4", f"files of an honest village on a stick were refused: {refused}")
    with world.at_county() as (conn, county), node.engine.begin() as own:
        after = journal_heads.read(own, node.custody).seq
        envelope = ranges.custody_range(conn, county, event.coop, after)
    if envelope is not None:
        try:
            take_files(node, [pack(envelope)])
        except Rejected as refusal:
            return world.refused(refusal.as_struct())
    return " ".join(refused) or DONE


def parts(world: World, coop: str, count: int) -> list[bytes]:
    """What the county lacks of N(i), as it travels, in at most so many batches."""
    node = world.node(coop)
    with world.reading(COUNTY) as conn:
        held = journal_heads.read(conn, node_book(coop)).seq
    with world.reading(coop) as conn:
        head = journal_heads.read(conn, node.book)
        persons = queries.unsent_persons(conn)
        size = max(-(-(head.seq - held) // count), 1)
        firsts = range(held + 1, head.seq + 1, size)
        return [
            liars.signed(
                conn, node,
                seal_range(
                    conn, node, first, min(first + size - 1, head.seq),
                    persons if first == firsts[0] else (),
                ),
            )
            for first in firsts
        ]  # fmt: skip


def _arrive(world: World) -> str:
    """Requests that were held up arrive, the last one first; nobody hears the answers."""
    late, world.outside.late = world.outside.late, []
    for message in reversed(late):
        world.gate.ask(message)
    return f"{len(late)} messages"


def _hand_over(world: World, event: events.HandOver) -> str:
    """A new computer: new file, new key, the county passes the book, the replica rebuilds it."""
    coop = event.coop
    world.outside.computers[coop] += 1
    liars.new_file(world, coop)
    node = world.node(coop)
    with node.engine.begin() as conn:
        card = set_up.create(
            conn, node, name=coop, county=world.outside.keys.card(), open_date=None
        )
    with world.at_county() as (conn, county):
        hand_over.hand_over(conn, county, card, desk.STAFF, "simulated")
    line = VirtualLine(world.gate, (), [], lambda: world.restart(COUNTY))
    take_over(node, over(node, line), "p-clerk", "simulated")
    world.outside.liars.pop(coop, None)
    # What the county never held is lost with the old computer; it may be asked for again.
    lost = [key for key in world.outside.asked if key[0] == coop]
    for key in lost:
        del world.outside.asked[key]
    return DONE

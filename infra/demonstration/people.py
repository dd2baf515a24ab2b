"""The people of a village as its node registers them: households of the files, holders of posts.

Called by the player when the villages open. A directory that is passed on leaves ID numbers out;
whoever has none gets one that is nobody's.
"""

from contracts.persons import Person
from infra.county_directory import CountyDirectory

_BORN, _WEIGHTS = "19700101", (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"


def people_of(directory: CountyDirectory, cooperative: str) -> dict[str, Person]:
    """Person records by household of a member, and by name of who holds a post without one."""
    found = {
        member.household: Person(
            name=member.person,
            card=member.card_no,
            id_number=member.id_number or _made_up_id(number),
        )
        for number, member in enumerate(directory.members, 1)
        if member.cooperative == cooperative
    }
    for post in directory.posts_of.get(cooperative, ()):
        if not post.household:
            found[post.person] = Person(name=post.person)
    return found


def _made_up_id(number: int) -> str:
    """An ID number nobody has: a bank asks for one of every borrower.

    No place has the code 999999, so it is no person's; the check digit is right (GB 11643).
    """
    body = f"999999{_BORN}{number % 1000:03d}"
    total = sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True))
    return body + _CHECK_DIGITS[total % 11]

"""A workflow that waits for a word, for the tests of the Temporal server."""

from temporalio import workflow


@workflow.defn(name="test.wait_for_word")
class WaitForWord:
    """1. Wait until somebody says a word. 2. Return it."""

    def __init__(self) -> None:
        self._word = ""

    @workflow.run
    async def run(self) -> str:
        """Wait, then return the word."""
        await workflow.wait_condition(lambda: bool(self._word))
        return self._word

    @workflow.query(name="heard")
    def heard(self) -> str:
        """The word so far; an answer means that the workflow has begun to wait."""
        return self._word

    @workflow.signal(name="say")
    def say(self, word: str) -> None:
        """Take the word."""
        self._word = word

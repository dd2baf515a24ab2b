"""The driver of every county case: advance, then sleep until told or until the backstop.

Started by the relay (signal-with-start, workflow id = case id). It decides nothing: a lost or
doubled signal, a restart or a stopped Temporal delays what is due and loses nothing.
"""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows import policies
    from workflows.ports import CASE_WORKFLOW, CaseRef, CaseStep, EffectDone


@workflow.defn(name=CASE_WORKFLOW)
class CaseDriver:
    """The story of one case.

    1. Advance the case: whatever is due happens in the database, in one transaction.
    2. If the case has ended, so does the story.
    3. If something is to be done outside, do it; once it came about, look again.
    4. Else wait to be told (a decision, a deadline that fell due at a close), or a day at most.
    """

    def __init__(self) -> None:
        self._news = 0

    @workflow.signal(name="told")
    def told(self) -> None:
        """Something was decided or fell due."""
        self._news += 1

    @workflow.run
    async def run(self, ref: CaseRef) -> CaseStep:
        """Advance until the case has ended."""
        seen = 0
        while True:
            seen = self._news
            step: CaseStep = await workflow.execute_local_activity(
                "case.advance",
                ref,
                result_type=CaseStep,
                start_to_close_timeout=policies.ADVANCE_TIMEOUT,
                retry_policy=policies.STEP_RETRY,
            )
            if step.ended:
                return step
            if step.effect and await self._effect(step.effect, ref):
                continue
            if self._news >= policies.STORY_LENGTH:
                workflow.continue_as_new(ref)
            await self._news_after(seen)

    async def _effect(self, name: str, ref: CaseRef) -> bool:
        """Whether the effect came about. What could not be done is tried at the next news."""
        done: EffectDone = await workflow.execute_activity(
            name,
            ref,
            result_type=EffectDone,
            start_to_close_timeout=policies.EFFECT_TIMEOUT,
            retry_policy=policies.STEP_RETRY,
        )
        return done.done

    async def _news_after(self, seen: int) -> None:
        try:
            await workflow.wait_condition(lambda: self._news > seen, timeout=policies.BACKSTOP)
        except TimeoutError:
            workflow.logger.info("backstop")

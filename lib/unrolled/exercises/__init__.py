"""Checks that answer a learner with a hint, not with a stack trace.

``check("theory-1", attempt)`` says whether the attempt is right. An attempt that was
not begun gets a friendly line, a wrong one gets a hint about the mistake that was made,
and no answer is ever given away.
"""

from unrolled.exercises.checking import Verdict, check

__all__ = ["Verdict", "check"]

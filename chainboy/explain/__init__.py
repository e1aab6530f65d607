"""What became of a task and why: who answered what, what each node earned and paid, and the run once more."""

from chainboy.explain.explanation import Explanation, explain
from chainboy.explain.gather import gather
from chainboy.explain.told import Told

__all__ = ["Explanation", "Told", "explain", "gather"]

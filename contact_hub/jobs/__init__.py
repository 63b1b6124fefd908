"""Background work: a row written with its cause, done by some worker at least once, and shown to people where it cannot be done.

`jobs.add(tx, Job(…))` is all a service needs to know; what a kind of work does is registered in `contact_hub.app`. Handlers run **at least once**: a worker
may die after the deed and before the row says so. They must be idempotent, or end within the transaction that does the deed (`attempt.finish(tx)`).
"""

from contact_hub.jobs.book import Jobs
from contact_hub.jobs.model import Again, Attempt, GiveUp, Job, JobRow, Kind, Later, LostAttempt

__all__ = ["Again", "Attempt", "GiveUp", "Job", "JobRow", "Jobs", "Kind", "Later", "LostAttempt"]

"""What `decide` may know, what it may answer, and the settings it depends on. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from shared.fit import Look
from shared.models.contract import Posted, Report
from shared.ports import Head, Unreadable
from shared.recipe import Recipe, Trouble
from shared.slot import Slot


class Fact(Enum):
    """What `decide` may ask for. The value names the field of `Facts`."""

    PHOTO = "photo"  # HEAD of the photo
    LOOK = "look"  # its size, format and orientation
    PORTRAIT = "portrait"  # which job the stored portrait names
    HOLDS = "holds"  # what holds all jobs, or all of a model
    RECIPE = "recipe"  # the route's model, template and options
    TURN = "turn"  # the slot, and whether this job is the first in line
    TASK = "task"  # the task's report
    LISTED = "listed"  # candidates for this job in the task list


@dataclass(frozen=True)
class Gone:
    """The photo is not there."""


@dataclass(frozen=True)
class Hold:
    """Something that holds jobs whose photo is not at fault."""

    reason: str
    code: str
    probe_at: float
    """When one job may try again, epoch seconds; infinite: only an operator ends it."""


@dataclass(frozen=True)
class Turn:
    """The slot as read, and whether another job waits longer."""

    slot: Slot
    is_first: bool


@dataclass(frozen=True)
class Candidates:
    """What the task list shows in the window of this job's POST, made by our key."""

    claimed: str = ""
    """The task that this job itself claimed already."""
    ours: tuple[str, ...] = ()
    """Tasks of our key that no job claimed."""
    strangers: int = 0
    """Tasks in the window when it is not known which key is ours."""


@dataclass(frozen=True)
class Stored:
    """The portrait is in the bucket, and HEAD has shown this job's name on it."""

    key: str


@dataclass(frozen=True)
class Stuck:
    """The result could not be copied this time."""

    code: str


@dataclass(frozen=True)
class Facts:
    """What is known so far. None means: not looked at."""

    photo: Head | Gone | None = None
    look: Look | Unreadable | None = None
    portrait: str | None = None
    holds: tuple[Hold, ...] | None = None
    recipe: Recipe | Trouble | None = None
    turn: Turn | None = None
    task: Report | None = None
    listed: Candidates | None = None
    posted: Posted | None = None
    copied: Stored | Stuck | None = None


@dataclass(frozen=True)
class Ask:
    """Look at this first."""

    fact: Fact


@dataclass(frozen=True)
class Post:
    """Take the slot, append `submitting`, POST once; yields `Facts.posted`."""

    recipe: Recipe
    process: str
    """How the photo is fitted."""
    probes: Hold | None = None
    """The hold that this submission tests."""


@dataclass(frozen=True)
class Copy:
    """Fetch the result, verify it, put it into the bucket; yields `Facts.copied`."""


@dataclass(frozen=True)
class Write:
    """Append this line; markers, notes, slot and message follow from the change of state."""

    op: str
    fields: dict[str, Any]


@dataclass(frozen=True)
class Wait:
    """Nothing to do before `until` (epoch seconds; infinite: not before something else happens)."""

    until: float


Action = Ask | Post | Copy | Write | Wait
NEVER = Wait(float("inf"))


@dataclass(frozen=True)
class Policy:
    """The settings that decisions depend on. Times in seconds."""

    grace: float
    """How long a POST may stay unexplained: longest time-out of a function + of the POST + the task list's lag."""
    list_lag: float
    look: float
    """Shortest time between two looks at one task."""
    max_attempts: int
    max_images_per_day: int | None = None
    looks: int = 3
    """How often in a row the task list must say the same."""
    resubmit_expired: bool = False

    def look_again(self, age: float) -> float:
        """Seconds until the next look at a task of `age` seconds: five per cent of its age, at most a minute."""
        return min(60.0, max(self.look, age / 20))

    @property
    def look_spacing(self) -> float:
        """Seconds between two looks at the task list."""
        return self.list_lag / 6
